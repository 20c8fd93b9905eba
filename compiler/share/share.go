// Package share foretells, for every cohort and host, what the browser's module federation runtime will do with shared
// packages: which copy each app of the page gets, what the console will say, and in which order of loading.
//
//	cohort general, host shell 5.2.0 (loaded-first)
//	react   shell brings 19.1.0; cart needs ^19.0.0 and takes it; promo needs ^18.2.0, takes it, and the console warns
//
// The rules are the runtimes' own: compiler/share/federation for Module Federation 2.x, compiler/share/webpack for
// containers of webpack itself, compiler/share/native for Native Federation. What is added here is the page: which
// releases meet in it, through pins, splits and hosts.
//
// Two things are assumed, and said where they matter. A host imports what it shares before it loads a remote, as a
// bootstrap chunk does; what changes if it does not is a finding of its own (share/late-host). And a remote all of whose
// declarations name one scope was built with that scope as its own.
//
// A split puts one of several releases into a page. Each release of a host makes pages of its own. Of its remotes, every
// combination of the splits that differ in a package is looked at, up to maxCombinations of them and maxExplored whose outcome
// is not proved; beyond that, everything that any of them brings is taken to be there at once, which can only add outcomes.
//
// A name that ends in a slash stands for every module below it. Which of them a build shares is not declared, so an app is taken
// to share in the same way what others name below it.
package share

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/recent"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
	"muster/compiler/share/federation"
)

const (
	maxCombinations = 256
	maxExplored     = 64
	maxStates       = 1000   // that are tried for a combination whose outcome depends on the load order
	maxAllStates    = 4000   // that are tried for all combinations of a package in a page
	maxQuestions    = 20_000 // that are asked to find out whether it matters when the host comes
)

// Page is a release of a host of a cohort, with the remotes that it loads.
type Page struct {
	Cohort   *resolve.Cohort
	Host     *resolve.Pin
	Release  *resolve.Choice // of the host
	Packages []*Package      // by name
	names    map[string]string
}

// Names are the names of the page's apps, by those of their containers.
func (p *Page) Names() map[string]string {
	if p.names == nil {
		p.names = make(map[string]string, len(p.Cohort.Pins))
		for i := range p.Cohort.Pins {
			r := p.Cohort.Pins[i].Remote
			p.names[r.Container.Value] = r.Name.Value
		}
	}
	return p.names
}

// Package is a shared package in a page.
type Package struct {
	Name     string
	Runtime  string   // whose rules decide: a constant of the registry
	Groups   []*Group // the host's first
	Decision Decision
	splits   bool // of remotes decide who gets which copy
	ordered  bool // the order does, in some combination
	// Apart is a set of copies that apps which take the package for a singleton get in one page; nil if they always get the same.
	Apart []federation.Copy
	Order []federation.Event // that leads to Apart
	fate  *Fate              // nil: judged for this page alone
}

// Group is the uses of a package that fare alike: the same declarations, of several apps or of several releases that a
// cohort splits its subjects among.
type Group struct {
	Uses     []Use // in the order of the pins
	Host     bool
	Outcomes [][]federation.Reached // for each declaration what it may get: one outcome, unless something decides that muster can't know
	Late     [][]federation.Reached // what else could go wrong if the host came after a remote

	fates  [][]fate // of Outcomes
	seated int      // in how many combinations of splits it is there
	class  *class
}

// Use is one release's declarations of a package.
type Use struct {
	Pin    *resolve.Pin
	Choice *resolve.Choice
	shared *profiled
}

// Declared are the declarations: several if the release shares several versions.
func (u Use) Declared() []*registry.Shared { return u.shared.declared }

// Name is what the page calls the app: its container's name.
func (u Use) Name() string { return u.Pin.Remote.Container.Value }

// Decision says why an app gets the copy that it gets.
type Decision string

// The decisions, from certain to uncertain.
const (
	Alone      Decision = "alone"   // nobody else shares the package
	HostsCopy  Decision = "host"    // the host has its copy before it loads a remote, and nobody is let off it
	Highest    Decision = "highest" // every version is known before one is chosen, and nobody is let off the highest
	ByRule     Decision = "rule"    // the runtime decides by a rule that knows no order
	ByVersion  Decision = "version" // everybody gets the version that it brings
	EveryOrder Decision = "orders"  // every load order was tried
	Bounded    Decision = "bound"   // there are too many orders to try: what is told is all that could happen, and more
)

// Negotiator works pages out. Most cohorts serve most releases alike: what is known of one is kept for the next. It is not
// safe for concurrent use.
type Negotiator struct {
	policy   *registry.Policy
	engines  map[build]engine
	profiles *recent.Map[*registry.Release, *profile]
	classes  map[string]*class
	judged   map[string]judged
	vintages map[vintage]string        // what runtimes do differently
	doubts   map[string][]semver.Doubt // by range
	fates    *recent.Map[fateKey, *Fate]
	pairings map[pairing]bool
	apps     map[[2]string]uint32 // by name and container
	sharings map[string]uint32    // by the ids of classes
	keys     []byte               // scratch
	found    diag.ByCohort
	told     int // findings so far, each time that one was made
}

// New returns a negotiator for pages under a policy.
func New(p *registry.Policy) *Negotiator {
	return &Negotiator{policy: p, engines: newEngines(), profiles: recent.New[*registry.Release, *profile](0, nil),
		classes: map[string]*class{}, judged: map[string]judged{}, vintages: map[vintage]string{}, doubts: map[string][]semver.Doubt{},
		fates: recent.New[fateKey](0, func(f *Fate) int { return len(f.groups) }), pairings: map[pairing]bool{}, apps: map[[2]string]uint32{}, sharings: map[string]uint32{}}
}

// maxProfiles is how many releases a negotiator remembers. Each holds on to all of the file that declared it.
const maxProfiles = 2000

// Age forgets what was not needed lately, if there is much of it. What is needed until the next time stays.
func (n *Negotiator) Age() {
	n.profiles.Age(maxProfiles)
	n.fates.Age(maxGroups)
}

// Next is a negotiator for another registry: nothing is found yet, and what is known goes on to be known if the policy asks the same
// of singletons.
func (n *Negotiator) Next(p *registry.Policy) *Negotiator {
	if !n.policy.SameSingletons(p) {
		return New(p)
	}
	n.Age()
	next := *n
	next.policy, next.found = p, diag.ByCohort{}
	return &next
}

// PagesOf are the pages of a cohort that is not frozen, by the hosts' names, and of one host in the order of its releases. Their packages
// are to be negotiated.
func PagesOf(c *resolve.Cohort) (pages []*Page) {
	for _, p := range c.Pins {
		for j := range p.Choices {
			if p.Remote.Host {
				pages = append(pages, &Page{Cohort: c, Host: p, Release: &p.Choices[j]})
			}
		}
	}
	return pages
}

// Pages works out the pages of a cohort.
func (n *Negotiator) Pages(c *resolve.Cohort) []*Page {
	pages := PagesOf(c)
	for _, p := range pages {
		n.Negotiate(p)
	}
	return pages
}

// Selection is what of a cohort is asked for: the pages of a host, a package; "" is all.
type Selection struct{ Host, Package string }

// Check works out the pages of a cohort and what is wrong with them, which Findings returns.
func (n *Negotiator) Check(c *resolve.Cohort) []*Page { return n.CheckOnly(c, Selection{}) }

// CheckOnly is Check for a part of a cohort: the pages and packages that are selected, and what is wrong with those.
func (n *Negotiator) CheckOnly(c *resolve.Cohort, only Selection) []*Page {
	n.checkReleases(c, only)
	pages := slices.DeleteFunc(n.Pages(c), func(p *Page) bool { return only.Host != "" && p.Host.Remote.Name.Value != only.Host })
	for _, page := range pages {
		if only.Package != "" {
			page.Packages = slices.DeleteFunc(page.Packages, func(p *Package) bool { return p.Name != only.Package })
		}
		n.check(page)
	}
	if only.Package != "" {
		pages = slices.DeleteFunc(pages, func(p *Page) bool { return len(p.Packages) == 0 })
	}
	return pages
}

// Findings are what Check found so far.
func (n *Negotiator) Findings() diag.List { return n.found.List() }

// Negotiate works out the packages of a page. Remotes of import maps share nothing that anybody negotiates.
func (n *Negotiator) Negotiate(page *Page) {
	page.Packages = slices.Concat(n.federatedPackages(page), n.nativePackages(page))
	slices.SortFunc(page.Packages, func(a, b *Package) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Runtime, b.Runtime))
	})
}

// federatedPackages works out what is shared through Module Federation's share scopes.
func (n *Negotiator) federatedPackages(page *Page) []*Package {
	if page.Host.Remote.Runtime != registry.ModuleFederation {
		return nil
	}
	g := newGatherer(page)
	g.add(n, page.Host)
	for i := range page.Cohort.Pins {
		if p := page.Cohort.Pins[i]; p.Remote.Runtime == registry.ModuleFederation && loads(page.Host, p) {
			g.add(n, p)
		}
	}
	g.addBelow(n)
	for _, pkg := range g.found {
		pkg.Runtime = registry.ModuleFederation
		n.judgeOnce(page, pkg)
	}
	return g.found
}

// loads reports whether a host loads a remote.
func loads(host, p *resolve.Pin) bool { return slices.Contains(p.Hosts, host.Remote.Name.Value) }

// gatherer sorts a page's apps by what they share.
type gatherer struct {
	page     *Page
	found    []*Package
	packages map[string]*Package
	groups   []*Group // by class, without the host's
	hosts    map[*class]*Group
}

func newGatherer(page *Page) *gatherer {
	return &gatherer{page: page, packages: map[string]*Package{}, hosts: map[*class]*Group{}}
}

// add takes in what a pin's releases share; of the host, what the page's does.
func (g *gatherer) add(n *Negotiator, p *resolve.Pin) {
	for i := range p.Choices {
		choice := &p.Choices[i]
		if p.Remote.Host && choice != g.page.Release {
			continue
		}
		uses := n.profile(p.Remote, choice.Release).uses
		for j := range uses {
			group := g.group(uses[j].class, p.Remote.Host)
			group.Uses = append(group.Uses, Use{p, choice, &uses[j]})
		}
	}
}

// addBelow lets apps that share all below a name share what others name there.
func (g *gatherer) addBelow(n *Negotiator) {
	for _, above := range g.found {
		if !strings.HasSuffix(above.Name, "/") {
			continue
		}
		for _, below := range g.found {
			if len(below.Name) > len(above.Name) && strings.HasPrefix(below.Name, above.Name) {
				g.addTo(n, below, above)
			}
		}
	}
}

func (g *gatherer) addTo(n *Negotiator, below, above *Package) {
	for _, group := range above.Groups {
		for _, u := range group.Uses {
			profile := n.profile(u.Pin.Remote, u.Choice.Release)
			if slices.ContainsFunc(profile.uses, func(p profiled) bool { return covers(p.class.name, below.Name, above.Name) }) {
				continue // it says better
			}
			shared := &profiled{n.class(below.Name, u.shared.declared, group.class.app.Strategy, group.class.app.Scopes), u.shared.declared}
			to := g.group(shared.class, group.Host)
			to.Uses = append(to.Uses, Use{u.Pin, u.Choice, shared})
		}
	}
}

// covers reports whether a name that an app shares is a module's, or stands for it better than above does.
func covers(name, module, above string) bool {
	return name == module || len(name) > len(above) && strings.HasSuffix(name, "/") && strings.HasPrefix(module, name)
}

func (g *gatherer) group(c *class, host bool) *Group {
	if len(g.groups) <= c.id {
		g.groups = append(g.groups, make([]*Group, c.id+1-len(g.groups))...)
	}
	known := g.groups[c.id]
	if host {
		known = g.hosts[c]
	}
	if known != nil {
		return known
	}
	pkg := g.packages[c.name]
	if pkg == nil {
		pkg = &Package{Name: c.name}
		g.packages[c.name] = pkg
		g.found = append(g.found, pkg)
	}
	made := &Group{Host: host, class: c}
	pkg.Groups = append(pkg.Groups, made)
	if host {
		g.hosts[c] = made
	} else {
		g.groups[c.id] = made
	}
	return made
}

// profile is what a release shares.
type profile struct {
	uses    []profiled
	sharing uint32 // the number of its classes, one after another
	differs string // what its runtime does differently
}

type profiled struct {
	class    *class
	declared []*registry.Shared
}

// class is declarations of a package that mean the same, whoever makes them.
type class struct {
	id       int
	name     string // of the package
	app      federation.App
	problems []problem
}

// unreadable reports whether a declaration says nothing that could be replayed: no version of the copy that it brings, or a
// required version that is no range.
func (c *class) unreadable(i int) bool {
	return slices.ContainsFunc(c.problems, func(p problem) bool { return p.index == i && p.unreadable })
}

func (n *Negotiator) profile(r *registry.Remote, release *registry.Release) *profile {
	if known, ok := n.profiles.Get(release); ok {
		return known
	}
	made := &profile{}
	n.profiles.Put(release, made)
	if !r.Code() {
		return made // what a frame or a page of its own shares, nobody else meets
	}
	if r.Runtime == registry.ModuleFederation {
		made.differs = n.outdated(release)
	}
	scopes := containerScopes(release)
	for i := range release.Shared {
		s := &release.Shared[i]
		at := slices.IndexFunc(made.uses, func(p profiled) bool { return p.declared[0].Package.Value == s.Package.Value })
		if at < 0 {
			at, made.uses = len(made.uses), append(made.uses, profiled{})
		}
		made.uses[at].declared = append(made.uses[at].declared, s)
	}
	for i := range made.uses {
		declared := made.uses[i].declared
		made.uses[i].class = n.class(declared[0].Package.Value, declared, strategyOf(release), scopes)
	}
	made.sharing = n.sharing(made.uses)
	return made
}

// sharing numbers what releases share, which is the same for those that share alike.
func (n *Negotiator) sharing(uses []profiled) uint32 {
	var ids []byte
	for _, u := range uses {
		ids = binary.AppendUvarint(ids, uint64(u.class.id))
	}
	number, known := n.sharings[string(ids)]
	if !known {
		number = uint32(len(n.sharings)) + 1 // 0 is nothing
		n.sharings[string(ids)] = number
	}
	return number
}

// containerScopes are the scopes that a release's container is initialised with, as far as its declarations tell.
func containerScopes(release *registry.Release) []string {
	one := ""
	for _, s := range release.Shared {
		if len(s.Scopes) != 1 || one != "" && s.Scopes[0].Value != one {
			return nil
		}
		one = s.Scopes[0].Value
	}
	if one == "" || one == "default" {
		return nil
	}
	return []string{one}
}

func strategyOf(release *registry.Release) federation.Strategy {
	return cmp.Or(federation.Strategy(release.Bundler.ShareStrategy.Value), federation.VersionFirst)
}

// class is the one of declarations of a package, or of a module below it.
func (n *Negotiator) class(name string, declared []*registry.Shared, strategy federation.Strategy, scopes []string) *class {
	var key strings.Builder
	key.WriteString(name + "\x00" + string(strategy) + "\x00" + strings.Join(scopes, " "))
	for _, s := range declared {
		key.WriteString("\x00" + s.Version.Value + "\x00" + s.RequiredVersion.Value + "\x00" + string(rune(s.Flags)))
		for _, scope := range s.Scopes {
			key.WriteString("\x01" + scope.Value)
		}
		if s.Scopes != nil && len(s.Scopes) == 0 {
			key.WriteByte('\x03')
		}
		if s.RequiredVersion.IsZero() {
			key.WriteByte('\x02')
		}
	}
	c := n.classes[key.String()]
	if c == nil {
		c = &class{id: len(n.classes), name: name, app: federation.App{Strategy: strategy, Scopes: scopes}}
		for _, s := range declared {
			c.app.Shared = append(c.app.Shared, declaration(name, s))
		}
		n.classes[key.String()] = c
		c.problems = n.problems(declared)
	}
	return c
}

// declaration is a shared declaration as the runtime takes it.
func declaration(name string, s *registry.Shared) federation.Declaration {
	d := federation.Declaration{Package: name, Version: s.Version.Value, Singleton: s.Flags&registry.Singleton != 0,
		Eager: s.Flags&registry.Eager != 0, NoImport: s.Flags&registry.NoImport != 0}
	switch {
	case s.Flags&registry.StrictVersion != 0:
		d.Strict = federation.Strict
	case s.Flags&registry.StrictVersionSet != 0:
		d.Strict = federation.Lenient
	}
	switch {
	case s.Flags&registry.AnyVersion != 0:
		d.Required.Kind = federation.Anything
	case !s.RequiredVersion.IsZero():
		d.Required = federation.Requirement{Range: s.RequiredVersion.Value, Kind: federation.Range}
	}
	for _, scope := range s.Scopes {
		d.Scopes = append(d.Scopes, scope.Value)
	}
	return d
}
