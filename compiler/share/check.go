package share

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/share/federation"
)

// check reports what is wrong with a page.
func (n *Negotiator) check(page *Page) {
	if page.Host.Remote.Runtime == registry.ModuleFederation {
		n.checkBuilds(page)
		n.checkStrategy(page)
	}
	n.checkImportMaps(page)
	names := page.Names()
	for _, pkg := range page.Packages {
		if pkg.fate != nil && pkg.fate.clean {
			continue
		}
		told := n.told
		c := checker{n: n, page: page, pkg: pkg, names: names, rules: n.engine(page, pkg.Runtime)}
		c.rule, c.singleton = n.singleton(pkg.Name)
		c.checkOutcomes()
		c.checkHost()
		c.checkScopes()
		c.checkRuntimes()
		if pkg.readable() {
			c.checkApart()
			c.checkDuplicates()
		}
		if pkg.fate != nil {
			pkg.fate.clean = n.told == told
		}
	}
}

// checker looks at one package of a page.
type checker struct {
	n         *Negotiator
	page      *Page
	pkg       *Package
	rule      registry.SingletonRule
	singleton bool // by policy
	names     map[string]string
	rules     engine
}

// add reports a finding about a use, with the chain that leads to it.
func (c *checker) add(u Use, at registry.Text, d diag.Diagnostic, chain ...diag.Note) {
	d.Remote, d.Hosts = u.Pin.Remote.Name.Value, c.page.hosts()
	d.Notes = slices.Concat([]diag.Note{broughtBy(u.Pin, u.Choice)}, d.Notes, chain)
	c.tell(u.Pin.Remote.File.Fault(at, d))
}

func (c *checker) tell(d diag.Diagnostic) {
	c.n.told++
	c.n.found.Add(c.page.Cohort.Declared.Name.Value, d)
}

// hosts is the page's host as findings name it.
func (p *Page) hosts() []string {
	return []string{p.Host.Remote.Name.Value + " " + p.Release.Release.Version.Value}
}

// readable reports whether all that the package's apps declare of it can be replayed.
func (p *Package) readable() bool {
	return !slices.ContainsFunc(p.Groups, func(g *Group) bool {
		return slices.ContainsFunc(g.class.problems, func(p problem) bool { return p.unreadable })
	})
}

// checkOutcomes reports apps that throw, or would be warned of: for each kind of trouble the outcome that was met first.
func (c *checker) checkOutcomes() {
	for _, g := range c.pkg.Groups {
		for i, outcomes := range g.Outcomes {
			if g.class.unreadable(i) {
				continue // that is a finding of its own, and what a browser would do with it helps nobody
			}
			for _, kind := range kinds {
				c.outcomes(g, i, ofKind(outcomes, kind), c.moodOf(outcomes))
			}
			if g.Late != nil && len(g.Late[i]) > 0 {
				c.late(g, i, g.Late[i][0])
			}
		}
	}
}

// kinds are the kinds of trouble.
var kinds = []func(federation.Reached) bool{
	func(r federation.Reached) bool { return r.Missing() },
	func(r federation.Reached) bool { return r.Err != "" && !r.Missing() },
	func(r federation.Reached) bool { return r.Err == "" && len(r.Warnings) > 0 },
}

func ofKind(all []federation.Reached, kind func(federation.Reached) bool) (some []federation.Reached) {
	for _, r := range all {
		if kind(r) {
			some = append(some, r)
		}
	}
	return some
}

// outcomes reports the first of outcomes of one kind for every app of a group, and names the others.
func (c *checker) outcomes(g *Group, i int, all []federation.Reached, m mood) {
	if len(all) == 0 {
		return
	}
	var also []diag.Note
	if len(all) > 1 {
		var versions []string
		for _, r := range all[1:] {
			versions = append(versions, offered(r).Version)
		}
		also = []diag.Note{{Message: "it can be " + listed(versions) + " too"}}
	}
	if titles := g.onlyWith(i, all[0]); len(titles) > 0 {
		also = append(also, diag.Note{Message: "this is so where the splits give " + listed(titles)})
	}
	for _, u := range g.Uses {
		said := g.said(u, all[0])
		c.add(u, atRequired(u.Declared()[i]), c.complaint(u, needs(g, i), said, m), slices.Concat(c.chain(said), also)...)
	}
}

// onlyWith is what splits gave where an outcome was met first; nil if it is met in any case.
func (g *Group) onlyWith(i int, r federation.Reached) []string {
	if g.fates == nil {
		return nil
	}
	met := g.fates[i][slices.IndexFunc(g.Outcomes[i], func(o federation.Reached) bool { return o.Same(r.Outcome) })]
	if met.times == g.seated {
		return nil
	}
	return met.titles
}

// offered is the copy that an outcome is about.
func offered(r federation.Reached) federation.Copy {
	if r.Err != "" {
		return r.Refused
	}
	return r.Copy
}

// mood is how an outcome is told of.
type mood struct{ gets, starts, absent string }

var (
	certain  = mood{"gets", "does not start", "nobody else in the page does"}
	possible = mood{"can get", "can fail to start", "in some load orders nobody else has brought one yet"}
	divided  = mood{"can get", "can fail to start", "with some releases of the splits nobody else does"}
)

// moodOf tells one of several outcomes as a possible one.
func (c *checker) moodOf(outcomes []federation.Reached) mood {
	switch {
	case len(outcomes) < 2:
		return certain
	case c.pkg.splits && !c.pkg.ordered:
		return divided
	}
	return possible
}

// complaint is what is wrong with an outcome.
func (c *checker) complaint(u Use, wanted string, r federation.Reached, m mood) diag.Diagnostic {
	app, name := u.Pin.Remote.Name.Value, diag.Quote(c.pkg.Name)
	d := diag.Diagnostic{Rule: "share/mismatch", Severity: diag.Warning, Help: c.help(app, offered(r).Version),
		Message: fmt.Sprintf("%s %s %s %s of %s, which does not satisfy %s", app, m.gets, name, r.Copy.Version, c.app(r.Copy.Provider), wanted)}
	switch {
	case r.Missing():
		return diag.Diagnostic{Rule: "share/no-provider", Help: "share it from the host, or let this build bring a copy",
			Message: fmt.Sprintf("%s brings no %s of its own, and %s", app, name, m.absent)}
	case r.Err != "":
		return diag.Diagnostic{Rule: "share/strict-mismatch", Help: d.Help,
			Message: fmt.Sprintf("%s %s of %s does not satisfy %s, and %s is strict about it: it %s", name, r.Refused.Version, c.app(r.Refused.Provider), wanted, app, m.starts)}
	}
	if r.Copy.Provider == u.Name() && u.shared.class.brings(r.Copy.Version) {
		d.Message, d.Help = fmt.Sprintf("%s brings %s %s, which its own requiredVersion %s refuses", app, name, r.Copy.Version, wanted), "one of the two is a slip: write what it was built with"
	}
	if c.singleton && c.rule.Strict {
		d.Severity = diag.Error
		d.Notes = []diag.Note{c.n.policy.File.Note(c.rule.Package, "the policy is strict about it here")}
	}
	return d
}

// said is an outcome of a group as the console says it of one of its apps.
func (g *Group) said(u Use, r federation.Reached) federation.Reached {
	if r.Copy.Provider == u.Name() && len(r.Providers) > 0 && !g.class.brings(r.Copy.Version) { // its other release is not there
		if i := slices.IndexFunc(r.Providers, func(p string) bool { return p != u.Name() }); i >= 0 {
			r.Copy.Provider = r.Providers[i]
		}
	}
	if r.Asker == u.Name() || !slices.ContainsFunc(g.Uses, func(other Use) bool { return other.Name() == r.Asker }) {
		return r
	}
	name := func(text string) string {
		return strings.Replace(text, "the requirement of "+r.Asker+" which", "the requirement of "+u.Name()+" which", 1)
	}
	r.Err, r.Warnings, r.Order = name(r.Err), slices.Clone(r.Warnings), slices.Clone(r.Order)
	for i := range r.Warnings {
		r.Warnings[i] = name(r.Warnings[i])
	}
	for i := range r.Order {
		if r.Order[i].App == r.Asker {
			r.Order[i].App = u.Name()
		}
	}
	return r
}

// needs is the range of a declaration, as the runtime has it.
func needs(g *Group, i int) string {
	return g.class.app.Shared[i].Requires().Range
}

func (c *checker) help(app, version string) string {
	return fmt.Sprintf("build %s for %s %s, pin releases that agree, or widen its requiredVersion", app, c.pkg.Name, version)
}

// app names who is behind a container's name.
func (c *checker) app(container string) string { return cmp.Or(c.names[container], container) }

// late reports what breaks if the host comes after a remote.
func (c *checker) late(g *Group, i int, r federation.Reached) {
	host := c.page.Host.Remote.Name.Value
	why := "nobody has brought a copy yet"
	if !r.Missing() {
		why = "it is given " + r.Refused.Version + " of " + c.app(r.Refused.Provider)
	}
	for _, u := range g.Uses {
		c.add(u, atRequired(u.Declared()[i]), diag.Diagnostic{Rule: "share/late-host", Severity: diag.Warning,
			Help:    "import it in the bootstrap chunk of " + host + ", or let the ranges agree",
			Message: fmt.Sprintf("if %s imports %s only after a remote, %s can fail to start: %s", host, diag.Quote(c.pkg.Name), u.Pin.Remote.Name, why)}, c.console(g.said(u, r))...)
	}
}

// chain tells who brings what, who wins and why, and what the console would say.
func (c *checker) chain(r federation.Reached) []diag.Note {
	notes := []diag.Note{{Message: fmt.Sprintf("in %s, with %s: %s", c.page.Cohort.Declared.Name, c.page.Title(), c.pkg.Why(c.page))}}
	return slices.Concat(notes, c.provider(r), c.console(r))
}

// Title is the host and its release, with the share of subjects that get it if that is not all.
func (p *Page) Title() string {
	title := p.Host.Remote.Name.Value + " " + p.Release.Release.Version.Value
	if len(p.Host.Choices) > 1 {
		title += " (" + p.Percent() + " %)"
	}
	return title
}

// Percent is how many of the cohort's subjects get the host's release.
func (p *Page) Percent() string { return policy.FormatPercent(p.Release.Hundredths) }

// Title is the package's name, with the runtime if that is not the host's.
func (p *Package) Title(page *Page) string {
	if p.Runtime == page.Host.Remote.Runtime {
		return p.Name
	}
	return p.Name + " (" + p.Runtime + ")"
}

// Why says how it is decided who gets which copy.
func (p *Package) Why(page *Page) string {
	switch p.Decision {
	case Alone:
		if p.Runtime != page.Host.Remote.Runtime {
			return "nobody else shares it through " + p.Runtime
		}
		return "nobody else shares it"
	case HostsCopy:
		return "the host has its copy before it loads a remote, and it is everybody's"
	case ByRule:
		return "the runtime knows all versions before it chooses, and shares the host's, or the one that saves most downloads"
	case ByVersion:
		return "the runtime compares no versions: every app gets the one that it brings, from the host or from whoever came first with it"
	case Highest:
		return "every version is known before one is chosen, and the highest is everybody's"
	case EveryOrder:
		switch {
		case p.settled():
			return "every load order was tried, and all come to the same"
		case p.splits && !p.ordered:
			return "who gets which copy depends on which releases the splits give; every load order was tried"
		}
		return "who gets which copy depends on the order in which apps load; every order was tried"
	}
	if p.splits {
		return "there are too many combinations of splits and load orders to try; this is among what they could lead to"
	}
	return "there are too many load orders to try; this is among what they could lead to"
}

// settled reports whether every app can only get one thing.
func (p *Package) settled() bool {
	return !slices.ContainsFunc(p.Groups, func(g *Group) bool {
		return slices.ContainsFunc(g.Outcomes, func(all []federation.Reached) bool { return len(all) > 1 })
	})
}

// provider points at where the copy that decides is declared.
func (c *checker) provider(r federation.Reached) (notes []diag.Note) {
	copy := offered(r)
	for _, g := range c.pkg.Groups {
		for _, u := range g.Uses {
			for i, s := range u.Declared() {
				if u.Name() == copy.Provider && g.class.app.Shared[i].Version == copy.Version {
					return []diag.Note{u.Pin.Remote.File.Note(atVersion(s), fmt.Sprintf("%s %s brings %s", u.Pin.Remote.Name, u.Choice.Release.Version, copy.Version))}
				}
			}
		}
	}
	return nil
}

// console is what the browser would say, and how it gets there if not every order leads there.
func (c *checker) console(r federation.Reached) (notes []diag.Note) {
	if len(r.Order) > 0 && c.pkg.ordered {
		notes = append(notes, diag.Note{Message: "for example in this order: " + c.ordered(r.Order)})
	}
	if r.Err != "" {
		return append(notes, diag.Note{Message: "the browser would throw: " + c.rules.prefix + r.Err})
	}
	for _, w := range r.Warnings {
		if w == silent {
			notes = append(notes, diag.Note{Message: "the console says nothing of it"})
		} else {
			notes = append(notes, diag.Note{Message: "the console would say: " + c.rules.prefix + w})
		}
	}
	return notes
}

func (c *checker) ordered(events []federation.Event) string {
	var parts []string
	for _, e := range events {
		parts = append(parts, c.app(e.App)+" "+e.Verb.String())
	}
	return strings.Join(parts, ", ")
}
