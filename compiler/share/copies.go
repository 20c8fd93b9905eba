package share

import (
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/semver"
	"muster/compiler/share/federation"
)

// checkApart reports a singleton of which a page can hold two copies.
func (c *checker) checkApart() {
	if len(c.pkg.Apart) < 2 {
		return
	}
	d := diag.Diagnostic{Rule: "share/two-singletons", Severity: diag.Warning, Help: "let every app declare it a singleton, and build them against versions that satisfy each other",
		Message: fmt.Sprintf("%s is a singleton, and a page can hold %d copies of it: %s", diag.Quote(c.pkg.Name), len(c.pkg.Apart), c.copies(c.pkg.Apart))}
	if c.singleton {
		d.Severity = diag.Error
		d.Notes = []diag.Note{c.n.policy.File.Note(c.rule.Package, "the policy makes it a singleton here")}
	}
	chain := []diag.Note{{Message: fmt.Sprintf("in %s, with %s: %s", c.page.Cohort.Declared.Name, c.page.Title(), c.pkg.Why())}}
	if len(c.pkg.Order) > 0 {
		chain = append(chain, diag.Note{Message: "for example in this order: " + c.ordered(c.pkg.Order)})
	}
	u, s := c.culprit()
	c.add(u, atVersion(s), d, chain...)
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
	sharing := 0
	for _, g := range c.pkg.Groups {
		if g.Host && slices.ContainsFunc(g.class.app.Shared, func(d federation.Declaration) bool { return !d.NoImport }) {
			return
		}
		sharing += len(g.Uses)
	}
	if !c.singleton || sharing < 2 || c.pkg.Runtime != c.page.Host.Remote.Runtime {
		return
	}
	host := c.page.Host.Remote
	d := diag.Diagnostic{Rule: "singleton/host", Severity: diag.Warning, Help: "share it from " + host.Name.Value + ", as a singleton",
		Message: fmt.Sprintf("%s is a singleton by policy that %d remotes of %s share and %s does not provide: the first to load decides for all", diag.Quote(c.pkg.Name), sharing, c.page.Cohort.Declared.Name, c.page.Title()),
		Remote:  host.Name.Value, Notes: []diag.Note{c.n.policy.File.Note(c.rule.Package, "the policy makes it a singleton here")}}
	c.n.found.Add(c.page.Cohort.Declared.Name.Value, host.File.Fault(c.page.Host.Choices[0].Release.Version, d))
}

// checkRuntimes reports a singleton that apps of another runtime in the page share too: no runtime knows of the other's copies.
func (c *checker) checkRuntimes() {
	if c.pkg.Runtime == c.page.Host.Remote.Runtime || !slices.ContainsFunc(c.page.Packages, func(p *Package) bool { return p.Name == c.pkg.Name && p.Runtime != c.pkg.Runtime }) {
		return
	}
	for _, g := range c.pkg.Groups {
		for i, d := range g.class.app.Shared {
			if !d.Singleton && !c.singleton {
				continue
			}
			for _, u := range g.Uses {
				finding := diag.Diagnostic{Rule: "share/runtimes", Severity: diag.Warning, Help: "build it for " + c.page.Host.Remote.Runtime + ", or show it in a frame",
					Message: fmt.Sprintf("%s is a singleton, and %s shares it through %s in a page of %s: these copies never meet", diag.Quote(c.pkg.Name), u.Pin.Remote.Name, c.pkg.Runtime, c.page.Host.Remote.Runtime)}
				if c.singleton {
					finding.Severity = diag.Error
					finding.Notes = []diag.Note{c.n.policy.File.Note(c.rule.Package, "the policy makes it a singleton here")}
				}
				c.add(u, u.Declared()[i].Package, finding)
			}
		}
	}
}

// checkScopes reports apps whose copies of a package can never meet.
func (c *checker) checkScopes() {
	common := c.commonScope()
	for _, g := range c.pkg.Groups {
		for i, d := range g.class.app.Shared {
			if slices.Contains(scopesOf(d), common) {
				continue
			}
			for _, u := range g.Uses {
				s := u.Declared()[i]
				at := s.Package
				if len(s.Scopes) > 0 {
					at = s.Scopes[0]
				}
				c.add(u, at, diag.Diagnostic{Rule: "share/scopes", Severity: diag.Warning, Help: "share it in the scope " + common + " too, or say nothing of a scope",
					Message: fmt.Sprintf("%s is shared in the scope %s here and in the scope %s elsewhere in the page: these copies never meet", diag.Quote(c.pkg.Name), strings.Join(scopesOf(d), " and "), common)})
			}
		}
	}
}

// commonScope is the scope that most apps share a package in; of several the first by name.
func (c *checker) commonScope() string {
	count := map[string]int{}
	for _, g := range c.pkg.Groups {
		for _, d := range g.class.app.Shared {
			for _, s := range scopesOf(d) {
				count[s] += len(g.Uses)
			}
		}
	}
	best := ""
	for s, n := range count {
		if n > count[best] || n == count[best] && s < best {
			best = s
		}
	}
	return best
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
	got := map[string][]Use{} // by version
	var versions []string
	for _, g := range c.pkg.Groups {
		for i, d := range g.class.app.Shared {
			if d.Singleton {
				return
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
	enough := c.enough(versions)
	if len(versions) < 2 || enough == "" {
		return
	}
	c.duplicate(versions, got, enough)
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

func (c *checker) duplicate(versions []string, got map[string][]Use, enough string) {
	var parts []string
	cost, known := int64(0), true
	for _, v := range versions {
		parts = append(parts, v+" for "+listed(remotesOf(got[v])))
		if v != enough {
			size := c.size(v)
			cost, known = cost+size, known && size > 0
		}
	}
	message := fmt.Sprintf("%s can be loaded %d times, though %s would do for all", diag.Quote(c.pkg.Name), len(versions), enough)
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
