package webpack

import (
	"cmp"
	"slices"

	"muster/compiler/codeunit"
	"muster/compiler/share/federation"
)

// Contest is one package and the apps of a page that share it: what to explore load orders of. The apps' declarations are
// those of the package alone. Every entry comes in; remotes that only other remotes load are taken for the host's.
type Contest struct {
	Host    federation.App
	Remotes []federation.Group
	Starts  bool    // the host shares something else in these scopes, so entries may come before it imports this package
	First   bool    // the host imports the package before it loads a remote's module
	Ranges  *Ranges // nil: one of its own
}

// Judge works a contest out: by proof where the order can't matter, by trying the orders otherwise, and by a bound where
// there are more than limit states of a scope to try.
func Judge(c Contest, limit int) (federation.Reach, federation.Proof) {
	c.Ranges = cmp.Or(c.Ranges, NewRanges())
	if reach, proof := Prove(c); proof != federation.None {
		return reach, proof
	}
	if reach, ok := Explore(c, limit); ok {
		return reach, federation.Tried
	}
	return Bound(c), federation.None
}

// room is a share scope of a contest with those who meet in it: the host's of that name, or a remote's own. What happens in
// one room is nothing to another.
type room struct {
	ranges  *Ranges
	first   bool // the host's imports come before the others'
	early   bool // entries may come in before the host imports anything here
	hasty   bool // an import of the host does not wait for entries
	eager   bool // something is eager
	opening []federation.Event
	start   versions // what is there from the beginning, because whoever owns the scope registers first
	comers  []comer
	imports []importer
	hosts   int // how many of the imports are the host's
}

// comer stands for a group of remotes whose entries come in: by the last of their names, which is the one that decides.
type comer struct {
	name   string
	names  []string
	brings []federation.Declaration
}

// importer is a declaration that asks for a copy.
type importer struct {
	federation.Consumer
	request
	names int // how many apps there are that may do so
}

func (i importer) isHosts() bool { return i.Group == federation.Host }

// rooms are the scopes in which anybody shares the package.
func (c Contest) rooms() (all []*room) {
	c.Ranges = cmp.Or(c.Ranges, NewRanges())
	shared := map[string]*room{}
	enter := func(scope string) *room {
		if shared[scope] == nil {
			shared[scope] = c.room(scope)
			all = append(all, shared[scope])
		}
		return shared[scope]
	}
	for _, d := range c.Host.Shared {
		enter(scopeOf(d.Scopes))
	}
	for n, g := range c.Remotes {
		for _, scope := range scopesOf(g.Shared) {
			switch {
			case len(g.Names) == 0:
			case scope == scopeOf(g.Scopes):
				enter(scope).admit(n, g)
			default:
				for _, name := range g.Names {
					all = append(all, c.ownRoom(n, g.App, name, scope))
				}
			}
		}
	}
	return all
}

func scopesOf(declared []federation.Declaration) (scopes []string) {
	for _, d := range declared {
		if s := scopeOf(d.Scopes); !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// room is a scope of the host.
func (c Contest) room(scope string) *room {
	r := &room{ranges: c.Ranges, first: c.First, early: c.Starts || !c.First,
		opening: []federation.Event{{App: c.Host.Name, Verb: federation.Starts}}}
	r.occupy(c.Host, scope)
	r.ask(federation.Host, c.Host, 1, scope)
	r.hosts = len(r.imports)
	// An import that waits begins with asking for the entries, and so does the loading of a remote.
	waits := slices.ContainsFunc(r.imports, func(i importer) bool { return !i.initial })
	r.early = r.early || waits || r.hosts == 0
	return r
}

// ownRoom is a scope that a remote has for itself, because its container is initialised with another.
func (c Contest) ownRoom(group int, a federation.App, name, scope string) *room {
	a.Name = name
	r := &room{ranges: c.Ranges,
		opening: []federation.Event{{App: c.Host.Name, Verb: federation.Starts}, {App: name, Verb: federation.Arrives}}}
	r.occupy(a, scope)
	r.ask(group, a, 1, scope)
	return r
}

// occupy registers what the owner of a scope brings.
func (r *room) occupy(a federation.App, scope string) {
	for _, d := range brings(a, scope) {
		r.start.register(a.Name, d)
	}
}

func (r *room) admit(group int, g federation.Group) {
	scope := scopeOf(g.Scopes)
	a := g.App
	a.Name = slices.MaxFunc(g.Names, codeunit.Compare)
	if brought := brings(a, scope); len(brought) > 0 {
		r.comers = append(r.comers, comer{a.Name, g.Names, brought})
	}
	r.ask(group, a, len(g.Names), scope)
}

func (r *room) ask(group int, a federation.App, names int, scope string) {
	for i, d := range a.Shared {
		if scopeOf(d.Scopes) == scope {
			q := request{Declaration: d, app: a.Name, initial: d.Eager && group == federation.Host}
			r.imports = append(r.imports, importer{federation.Consumer{Group: group, Index: i}, q, names})
			r.hasty, r.eager = r.hasty || q.initial, r.eager || d.Eager
		}
	}
}

// full are the versions when everybody has come, in one of the orders.
func (r *room) full() versions {
	v := r.start.clone()
	for _, c := range r.comers {
		v.admit(c)
	}
	return v
}

func (v *versions) admit(c comer) {
	for _, d := range c.brings {
		v.register(c.name, d)
	}
}

func (v *versions) clone() versions { return versions{slices.Clone(v.copies)} }

// chosen is what an import makes of versions, which stay as they are.
func (r *room) chosen(v versions, q request) federation.Outcome {
	v = v.clone()
	return r.ranges.choose(&v, q)
}

// gathered is what came of a contest so far.
type gathered struct {
	federation.Reach
	most int // of the copies in Apart, those that ApartOrder leads to
}

func gather() *gathered {
	return &gathered{Reach: federation.Reach{Outcomes: map[federation.Consumer][]federation.Reached{}}}
}

// add keeps an outcome with those that may have provided the copy.
func (g *gathered) add(of federation.Consumer, out federation.Outcome, order func() []federation.Event, providers ...string) {
	list := g.Outcomes[of]
	i := slices.IndexFunc(list, func(r federation.Reached) bool { return alike(r.Outcome, out) })
	if i < 0 {
		i, list = len(list), append(list, federation.Reached{Outcome: out, Order: order()})
	}
	if out.Own || out.Err != "" {
		providers = nil
	}
	for _, name := range providers {
		if at, known := slices.BinarySearch(list[i].Providers, name); !known {
			list[i].Providers = slices.Insert(list[i].Providers, at, name)
		}
	}
	g.Outcomes[of] = list
}

// alike reports whether two outcomes are told as one: the same version and the same kind of complaint. The Same of package
// federation knows the texts of the other runtime only.
func alike(o, p federation.Outcome) bool {
	if o.Err != "" || p.Err != "" {
		return (o.Err == "") == (p.Err == "") && (o.Refused == federation.Copy{}) == (p.Refused == federation.Copy{})
	}
	return o.Copy.Version == p.Copy.Version && o.Own == p.Own && len(o.Warnings) == len(p.Warnings)
}

// apart adds the copies that singletons of one room get in a page, and the way there.
func (g *gathered) apart(copies []federation.Copy, order []federation.Event) {
	for _, c := range copies {
		if at, known := slices.BinarySearchFunc(g.Apart, c, compareCopies); !known {
			g.Apart = slices.Insert(g.Apart, at, c)
		}
	}
	if len(copies) > max(1, g.most) {
		g.most, g.ApartOrder = len(copies), order
	}
}

// news counts the copies that are not in Apart yet.
func (g *gathered) news(copies []federation.Copy) (n int) {
	for _, c := range copies {
		if !slices.Contains(g.Apart, c) {
			n++
		}
	}
	return n
}

// done is what was gathered: copies are only apart from others.
func (g *gathered) done() federation.Reach {
	if len(g.Apart) < 2 {
		g.Apart = nil
	}
	return g.Reach
}

func compareCopies(a, b federation.Copy) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Provider, b.Provider))
}
