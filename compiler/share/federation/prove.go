package federation

import (
	"cmp"
	"slices"

	"muster/compiler/codeunit"
)

// Judge works a contest out: by proof where the order can't matter, by trying the orders otherwise, and by a bound where
// there are more than limit states to try.
func Judge(c Contest, limit int) (Reach, Proof) {
	c.Ranges = cmp.Or(c.Ranges, NewRanges())
	if reach, proof := Prove(c); proof != None {
		return reach, proof
	}
	if reach, ok := Explore(c, limit); ok {
		return reach, Tried
	}
	return Bound(c), None
}

// Proof says why a verdict holds.
type Proof uint8

// The proofs. Under HostsCopy and Highest every app has one outcome, whatever the order.
const (
	None      Proof = iota // it is a bound: nothing else can happen, and perhaps not all of it can
	Tried                  // every order was tried
	HostsCopy              // the host is loaded-first, has its copy before it loads a remote, and nobody is let off it
	Highest                // the host is version-first, knows every version before it chooses, and nobody is let off the highest
)

// Prove finds a contest whose outcome no order changes. Both proofs need a host that comes first and everybody in one scope;
// then the copy that the host gets is loaded before anyone else asks, and both rules of preference stay with it:
//
//   - loaded-first: the host's version is the only one there when it asks. Later it is the first key and loaded, so no walk
//     leaves it.
//   - version-first: every entry has arrived. If one version supersedes all others and none supersedes it, each walk ends
//     there, in whatever order they came, and once it is loaded no walk leaves it.
//
// Apps that declare a singleton take what the walk finds, and so do others whose range it satisfies. If there is one that
// does not, it loads another version, and what comes after may depend on the order: no proof.
func Prove(c Contest) (Reach, Proof) {
	if !c.First || len(c.Host.Shared) != 1 || c.Host.Shared[0].NoImport || !c.plain() {
		return Reach{}, None
	}
	p := prover{Contest: c, proof: HostsCopy, copy: Copy{c.Host.Shared[0].Version, c.Host.Name}, providers: []string{c.Host.Name}}
	if cmp.Or(c.Host.Strategy, VersionFirst) == VersionFirst {
		p.proof = Highest
		if !p.highest() {
			return Reach{}, None
		}
	}
	reach := Reach{Outcomes: make(map[Consumer][]Reached, len(c.Remotes)+1)}
	if !p.gets(c.Host, p.there(p.copy.Provider), Host, reach) || reach.Outcomes[Consumer{Host, 0}][0].Err != "" {
		return Reach{}, None
	}
	v := p.there(c.Host.Name)
	for n, g := range c.Remotes {
		a := g.App
		if a.Name = g.Names[0]; !p.gets(a, v, n, reach) {
			return Reach{}, None
		}
	}
	return reach, p.proof
}

// plain reports whether everything happens in the default scope, nothing is eager, and the keys are walked as they came.
func (c Contest) plain() bool {
	return c.Host.plain() && !slices.ContainsFunc(c.Remotes, func(g Group) bool { return !g.plain() })
}

func (a App) plain() bool {
	return len(a.Scopes) == 0 && !slices.ContainsFunc(a.Shared, func(d Declaration) bool {
		_, isIndex := ArrayIndex(d.Version)
		return len(d.Scopes) > 0 || d.Eager || isIndex || d.Version == "" && !d.NoImport
	})
}

type prover struct {
	Contest
	proof     Proof
	copy      Copy // that everybody gets
	providers []string
}

// highest looks for the version that supersedes every other.
func (p *prover) highest() bool {
	top := p.copy.Version
	for d := range p.brought {
		if p.Ranges.supersedes(d.Version, top) {
			top = d.Version
		}
	}
	for d := range p.brought {
		if d.Version != top && (!p.Ranges.supersedes(top, d.Version) || p.Ranges.supersedes(d.Version, top)) {
			return false
		}
	}
	p.provide(top)
	return true
}

// brought are the declarations that bring a copy.
func (p *prover) brought(yield func(Declaration) bool) {
	for _, a := range p.apps() {
		for _, d := range a.Shared {
			if !d.NoImport && !yield(d) {
				return
			}
		}
	}
}

func (p *prover) apps() []Group {
	return append([]Group{{App: p.Host, Names: []string{p.Host.Name}}}, p.Remotes...)
}

// provide works out whose copy of a version it is: of version-first apps the last by name, of others that of whoever was first.
func (p *prover) provide(version string) {
	p.providers = nil
	ordered := true
	for _, g := range p.apps() {
		ordered = ordered && cmp.Or(g.Strategy, VersionFirst) == VersionFirst
		if slices.ContainsFunc(g.Shared, func(d Declaration) bool { return !d.NoImport && d.Version == version }) {
			p.providers = append(p.providers, g.Names...)
		}
	}
	if ordered {
		p.providers = []string{slices.MaxFunc(p.providers, codeunit.Compare)}
	}
	slices.Sort(p.providers)
	p.copy = Copy{version, p.providers[0]}
}

// there is the copy as the only one in a scope.
func (p *prover) there(from string) *versions {
	return &versions{keys: []string{p.copy.Version}, entries: map[string]*shared{p.copy.Version: {version: p.copy.Version, from: from, source: &p.copy}}}
}

// gets works out what an app makes of the copy; it is false if the app gets another.
func (p *prover) gets(a App, v *versions, group int, reach Reach) bool {
	for i, d := range a.Shared {
		found := p.Ranges.pick(d.Package, v, d.alone(a))
		if found.entry == nil && found.err == "" {
			return false
		}
		r := Reached{Outcome: found.outcome()}
		if r.Err == "" {
			r.Copy, r.Providers = p.copy, p.providers
		}
		reach.Outcomes[Consumer{group, i}] = []Reached{r}
	}
	return true
}
