package share

import (
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
	"muster/compiler/share/federation"
)

// checkApart reports a singleton of which a page can hold two copies.
func (c *checker) checkApart() {
	if len(c.pkg.Apart) < 2 {
		return
	}
	d := diag.Diagnostic{Rule: "share/two-singletons", Severity: diag.Warning, Help: c.together(),
		Message: fmt.Sprintf("%s is a singleton, and a page can hold %d copies of it: %s", diag.Quote(c.pkg.Name), len(c.pkg.Apart), c.copies(c.pkg.Apart))}
	if c.singleton {
		d.Severity = diag.Error
		d.Notes = []diag.Note{c.n.policy.File.Note(c.rule.Package, "the policy makes it a singleton here")}
	}
	chain := []diag.Note{{Message: fmt.Sprintf("in %s, with %s: %s", c.page.Cohort.Declared.Name, c.page.Title(), c.pkg.Why(c.page))}}
	if len(c.pkg.Order) > 0 && c.pkg.ordered {
		chain = append(chain, diag.Note{Message: "for example in this order: " + c.ordered(c.pkg.Order)})
	}
	u, s := c.culprit()
	c.add(u, atVersion(s), d, chain...)
}

// together is the cure for copies that are apart: what keeps them so, as far as declarations tell.
func (c *checker) together() string {
	var plain []string
	scopes := map[string]bool{}
	for _, g := range c.pkg.Groups {
		for _, d := range g.class.app.Shared {
			scopes[strings.Join(scopesOf(d), " ")] = true
			if !d.Singleton {
				plain = append(plain, remotesOf(g.Uses)...)
			}
		}
	}
	switch {
	case len(plain) > 0:
		slices.Sort(plain)
		return "declare it a singleton in " + listed(slices.Compact(plain)) + " too"
	case len(scopes) > 1:
		return "share it in one scope"
	}
	return "build the apps against versions that satisfy each other"
}

func (c *checker) copies(all []federation.Copy) string {
	var parts []string
	for _, copy := range all {
		parts = append(parts, copy.Version+" of "+c.app(copy.Provider))
	}
	return and(parts)
}

// culprit is the use to point at: one that brings one of the copies and is not a singleton, or that is not the host's.
func (c *checker) culprit() (Use, *registry.Shared) {
	var found []struct {
		Use
		*registry.Shared
	}
	for _, g := range c.pkg.Groups {
		if g.Host {
			continue
		}
		for _, u := range g.Uses {
			for _, s := range u.Declared() {
				if s.Flags&registry.Singleton == 0 {
					return u, s
				}
				if slices.ContainsFunc(c.pkg.Apart, func(copy federation.Copy) bool { return copy.Provider == u.Name() && copy.Version == s.Version.Value }) {
					found = append(found, struct {
						Use
						*registry.Shared
					}{u, s})
				}
			}
		}
	}
	if len(found) == 0 {
		u := c.pkg.Groups[0].Uses[0]
		return u, u.Declared()[0]
	}
	last := found[len(found)-1]
	return last.Use, last.Shared
}

// checkHost reports a policy singleton that remotes share and their host does not.
func (c *checker) checkHost() {
	sharing := map[*resolve.Pin]bool{}
	for _, g := range c.pkg.Groups {
		if g.Host && slices.ContainsFunc(g.class.app.Shared, func(d federation.Declaration) bool { return !d.NoImport }) {
			return
		}
		for _, u := range g.Uses {
			sharing[u.Pin] = !g.Host
		}
	}
	delete(sharing, c.page.Host)
	if !c.singleton || len(sharing) < 2 || c.pkg.Runtime != c.page.Host.Remote.Runtime {
		return
	}
	host := c.page.Host.Remote
	d := diag.Diagnostic{Rule: "singleton/host", Severity: diag.Warning, Help: "share it from " + host.Name.Value + ", as a singleton",
		Message: fmt.Sprintf("%s is a singleton by policy that %d remotes of %s share and %s does not provide: the first to load decides for all", diag.Quote(c.pkg.Name), len(sharing), c.page.Cohort.Declared.Name, c.page.Title()),
		Remote:  host.Name.Value, Notes: []diag.Note{c.n.policy.File.Note(c.rule.Package, "the policy makes it a singleton here")}}
	c.tell(host.File.Fault(c.page.Release.Release.Version, d))
}

// checkImportMaps reports a singleton that a remote of an import map brings into a page of a runtime which shares it too.
func (n *Negotiator) checkImportMaps(page *Page) {
	for _, p := range page.Cohort.Pins {
		if p.Remote.Runtime != registry.ImportMap || !loads(page.Host, p) {
			continue
		}
		for j := range p.Choices {
			uses := n.profile(p.Remote, p.Choices[j].Release).uses
			for k := range uses {
				for _, pkg := range page.Packages {
					if pkg.Name == uses[k].class.name {
						c := checker{n: n, page: page, pkg: pkg}
						c.rule, c.singleton = n.singleton(pkg.Name)
						c.apartFrom(Use{p, &p.Choices[j], &uses[k]}, registry.ImportMap, pkg.Runtime)
					}
				}
			}
		}
	}
}

// checkRuntimes reports a singleton that apps of another runtime in the page share too: no runtime knows of the other's copies.
func (c *checker) checkRuntimes() {
	if c.pkg.Runtime == c.page.Host.Remote.Runtime || !slices.ContainsFunc(c.page.Packages, func(p *Package) bool { return p.Name == c.pkg.Name && p.Runtime != c.pkg.Runtime }) {
		return
	}
	for _, g := range c.pkg.Groups {
		for _, u := range g.Uses {
			c.apartFrom(u, c.pkg.Runtime, c.page.Host.Remote.Runtime)
		}
	}
}

// apartFrom reports the singletons of a use whose runtime knows nothing of another's in the page.
func (c *checker) apartFrom(u Use, runtime, other string) {
	for i, d := range u.shared.class.app.Shared {
		if d.NoImport || !d.Singleton && !c.singleton {
			continue
		}
		finding := diag.Diagnostic{Rule: "share/runtimes", Severity: diag.Warning, Help: "build it for " + other + ", or show it in a frame",
			Message: fmt.Sprintf("%s is a singleton, and %s shares it through %s in a page of %s: these copies never meet", diag.Quote(c.pkg.Name), u.Pin.Remote.Name, runtime, other)}
		if c.singleton {
			finding.Severity = diag.Error
			finding.Notes = []diag.Note{c.n.policy.File.Note(c.rule.Package, "the policy makes it a singleton here")}
		}
		c.add(u, u.Declared()[i].Package, finding)
	}
}

// checkScopes reports apps whose copies of a package can never meet.
func (c *checker) checkScopes() {
	common, there := c.commonScope()
	for _, g := range c.pkg.Groups {
		for i, d := range g.class.app.Shared {
			if slices.Contains(scopesOf(d), common) {
				continue
			}
			for _, u := range g.Uses {
				if len(there) == 1 && there[u.Pin] {
					continue // its other releases do, and are never in the same page
				}
				s := u.Declared()[i]
				at := s.Package
				if len(s.Scopes) > 0 {
					at = s.Scopes[0]
				}
				c.add(u, at, diag.Diagnostic{Rule: "share/scopes", Severity: diag.Warning, Help: "share it in the scope " + diag.Quote(common) + " too, or say nothing of a scope",
					Message: fmt.Sprintf("%s is shared in the scope %s here and in the scope %s elsewhere in the page: these copies never meet", diag.Quote(c.pkg.Name), quoted(scopesOf(d)), diag.Quote(common))})
			}
		}
	}
}

// commonScope is the scope that most remotes and hosts share a package in, of several the first by name; and who they are.
func (c *checker) commonScope() (best string, there map[*resolve.Pin]bool) {
	in := map[string]map[*resolve.Pin]bool{}
	for _, g := range c.pkg.Groups {
		for _, d := range g.class.app.Shared {
			for _, s := range scopesOf(d) {
				if in[s] == nil {
					in[s] = map[*resolve.Pin]bool{}
				}
				for _, u := range g.Uses {
					in[s][u.Pin] = true
				}
			}
		}
	}
	for s, pins := range in {
		if n := len(pins); there == nil || n > len(there) || n == len(there) && s < best {
			best, there = s, pins
		}
	}
	return best, there
}

func quoted(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, diag.Quote(name))
	}
	return and(all)
}

func scopesOf(d federation.Declaration) []string {
	if len(d.Scopes) == 0 {
		return []string{"default"}
	}
	return d.Scopes
}

// checkDuplicates reports an ordinary package that is loaded more than once where one version would do for all.
func (c *checker) checkDuplicates() {
	if c.singleton || c.pkg.Decision == HostsCopy || c.pkg.Decision == Highest {
		return
	}
	got, pins := map[string][]Use{}, map[*resolve.Pin]bool{} // by version; and who is there
	var versions []string
	for _, g := range c.pkg.Groups {
		for i, d := range g.class.app.Shared {
			if d.Singleton {
				return
			}
			for _, u := range g.Uses {
				pins[u.Pin] = true
			}
			for _, r := range g.Outcomes[i] {
				if r.Err != "" {
					return
				}
				if got[r.Copy.Version] == nil {
					versions = append(versions, r.Copy.Version)
				}
				got[r.Copy.Version] = append(got[r.Copy.Version], g.Uses...)
			}
		}
	}
	times := min(len(versions), len(pins)) // of a split only one release is there
	enough := c.enough(versions)
	if times < 2 || enough == "" {
		return
	}
	c.duplicate(versions, times, got, enough)
}

// enough is a version that would do for everybody, the highest of those; "" if there is none.
func (c *checker) enough(versions []string) (best string) {
	for _, v := range versions {
		all := true
		for _, g := range c.pkg.Groups {
			for _, d := range g.class.app.Shared {
				all = all && c.rules.accepts(d.Requires(), v)
			}
		}
		if all && (best == "" || semver.NPM.Supersedes(v, best)) {
			best = v
		}
	}
	return best
}

func (c *checker) duplicate(versions []string, times int, got map[string][]Use, enough string) {
	var parts []string
	cost, known := int64(0), true
	for _, v := range versions {
		parts = append(parts, v+" for "+listed(remotesOf(got[v])))
		if v != enough {
			size := c.size(v)
			cost, known = cost+size, known && size > 0
		}
	}
	message := fmt.Sprintf("%s can be loaded %d times, though %s would do for all", diag.Quote(c.pkg.Name), times, enough)
	if known && cost > 0 {
		message += fmt.Sprintf(": %d bytes too many", cost)
	}
	other := versions[0]
	if other == enough {
		other = versions[1]
	}
	u := got[other][0]
	c.add(u, atVersion(u.Declared()[0]), diag.Diagnostic{Rule: "share/duplicate", Severity: diag.Warning, Message: message, Help: "build against " + enough},
		diag.Note{Message: fmt.Sprintf("in %s, with %s: %s", c.page.Cohort.Declared.Name, c.page.Title(), strings.Join(parts, "; "))})
}

func remotesOf(uses []Use) (names []string) {
	for _, u := range uses {
		names = append(names, u.Pin.Remote.Name.Value)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// size is what a version of the package weighs, as far as anybody says.
func (c *checker) size(version string) (size int64) {
	for _, g := range c.pkg.Groups {
		for _, u := range g.Uses {
			for _, s := range u.Declared() {
				if s.Version.Value == version {
					size = max(size, s.Size)
				}
			}
		}
	}
	return size
}
