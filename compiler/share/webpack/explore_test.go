package webpack

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"muster/compiler/share/federation"
)

// TestReachHoldsEveryOrder lets pages run in random orders and holds what happens against what was told to be reachable.
// The pages share other packages too, and their entries arrive in any order.
func TestReachHoldsEveryOrder(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 1))
	ranges := NewRanges()
	proofs := map[federation.Proof]int{}
	for i := range 600 {
		c := randomContest(rnd, ranges)
		reach, proof := Judge(c, 1000)
		proofs[proof]++
		for range 20 {
			c.hold(t, rnd, reach, fmt.Sprintf("contest %d", i))
		}
		if t.Failed() {
			t.Fatalf("contest %d, proof %d: %+v", i, proof, c)
		}
	}
	t.Logf("contests by proof: %v", proofs)
	for _, p := range []federation.Proof{federation.Tried, federation.Highest} {
		if proofs[p] < 100 {
			t.Errorf("only %d contests have proof %d", proofs[p], p)
		}
	}
}

// TestBoundHoldsEveryOrder does the same with the bound alone, and of some pages leaves remotes out.
func TestBoundHoldsEveryOrder(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 1))
	ranges := NewRanges()
	for i := range 500 {
		c := randomContest(rnd, ranges)
		reach := Bound(c)
		for range 10 {
			some := c
			some.Remotes = slices.Clone(c.Remotes)
			for n := range some.Remotes {
				if rnd.IntN(4) == 0 {
					some.Remotes[n].Names = nil
				}
			}
			some.hold(t, rnd, reach, fmt.Sprintf("contest %d", i))
		}
		if t.Failed() {
			t.Fatalf("contest %d: %+v", i, c)
		}
	}
}

// TestOrdersLeadThere runs pages in the orders that are told, and each must come to what it is told for.
func TestOrdersLeadThere(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 1))
	ranges := NewRanges()
	for i := range 1000 {
		c := randomContest(rnd, ranges)
		if !c.once() {
			continue
		}
		reach, ok := Explore(c, 20000)
		if !ok {
			t.Fatalf("contest %d has too many states: %+v", i, c)
		}
		for of, list := range reach.Outcomes {
			for _, r := range list {
				if _, got := c.walk(r.Order); !alike(got, r.Outcome) || r.Err == "" && !r.Own && !slices.Contains(r.Providers, got.Copy.Provider) {
					t.Fatalf("contest %d: %+v: %+v got %+v: %+v", i, of, r, got, c)
				}
			}
		}
		if used, _ := c.walk(reach.ApartOrder); reach.ApartOrder != nil && !within(used, reach.Apart) {
			t.Fatalf("contest %d: %v leads to %v instead of %v: %+v", i, reach.ApartOrder, used, reach.Apart, c)
		}
	}
}

func within(some, all []federation.Copy) bool {
	return len(some) > 1 && !slices.ContainsFunc(some, func(c federation.Copy) bool { return !slices.Contains(all, c) })
}

// TestShortcutsLoseNothing tries all orders, and must find what is found where some are left out or none is tried.
func TestShortcutsLoseNothing(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(9, 1))
	ranges := NewRanges()
	for i := range 600 {
		c := randomContest(rnd, ranges)
		all := gather()
		for _, r := range c.rooms() {
			x := explorer{room: r, found: all}
			for i := range r.imports {
				x.kinds = append(x.kinds, fmt.Sprint(i))
			}
			if !x.run(100000) {
				t.Fatalf("contest %d has too many states: %+v", i, c)
			}
		}
		want := all.done()
		if got, _ := Explore(c, 100000); !same(got, want) {
			t.Fatalf("contest %d: %+v instead of %+v: %+v", i, got, want, c)
		}
		if got, proof := Prove(c); proof != federation.None && !same(got, want) {
			t.Fatalf("contest %d: proved %+v instead of %+v: %+v", i, got, want, c)
		}
	}
}

// same compares what is told, but for the orders that lead there.
func same(a, b federation.Reach) bool {
	for of, list := range a.Outcomes {
		if len(list) != len(b.Outcomes[of]) {
			return false
		}
		for _, r := range list {
			if !slices.ContainsFunc(b.Outcomes[of], func(q federation.Reached) bool {
				return alike(q.Outcome, r.Outcome) && slices.Equal(q.Providers, r.Providers)
			}) {
				return false
			}
		}
	}
	return len(a.Outcomes) == len(b.Outcomes) && len(a.Apart) == len(b.Apart)
}

// TestCrowd has many apps, and all their orders are tried; those of a host that does not wait are too many.
func TestCrowd(t *testing.T) {
	t.Parallel()
	c := crowd(100)
	reach, proof := Judge(c, 1000)
	if proof != federation.Tried || len(reach.Apart) != 2 {
		t.Errorf("the proof is %d, singletons get %v", proof, reach.Apart)
	}
	c.Host.Shared[0].Eager = true
	if _, proof = Judge(c, 1000); proof != federation.None {
		t.Errorf("the proof of a host that does not wait is %d", proof)
	}
}

const (
	pkg   = "react"
	other = "lodash" // which all apps share
	third = "rxjs"   // which the host has in another scope
)

func randomContest(rnd *rand.Rand, ranges *Ranges) Contest {
	odds := randomOdds(rnd)
	c := Contest{Host: odds.app(rnd, "shell"), First: rnd.IntN(4) > 0, Starts: rnd.IntN(5) > 0, Ranges: ranges}
	if rnd.IntN(5) == 0 {
		c.Host.Shared = nil
	}
	names := []string{"account", "cart", "search", "zeta", "alpha", "Beta", "promo", "orders"}
	size := 1 + rnd.IntN(5)
	if rnd.IntN(6) == 0 {
		size = 5 + rnd.IntN(4)
	}
	for _, name := range names[:min(size, len(names))] {
		if rnd.IntN(3) == 0 && len(c.Remotes) > 0 {
			g := &c.Remotes[rnd.IntN(len(c.Remotes))]
			g.Names = append(g.Names, name)
			continue
		}
		a := odds.app(rnd, "")
		if odds.wild && rnd.IntN(8) == 0 {
			a.Scopes = []string{"ui"}
		}
		c.Remotes = append(c.Remotes, federation.Group{App: a, Names: []string{name}})
	}
	return c
}

// odds say what a contest is like.
type odds struct {
	versions    []string
	wild, eager bool
	loose       int // one in so many is no singleton
}

func randomOdds(rnd *rand.Rand) odds {
	plain := []string{"18.2.0", "18.3.1", "19.0.0", "19.1.0", "17.0.2", "19.0.0-rc.1"}
	odd := []string{"18.2.0", "18.02.0", "19", "17", "9", "", "19.0.0+build.7", "latest", "1.2.3-"}
	o := odds{versions: plain[:2+rnd.IntN(5)], wild: rnd.IntN(3) == 0, eager: rnd.IntN(3) == 0, loose: []int{1, 2, 4, 1000}[rnd.IntN(4)]}
	if o.wild && rnd.IntN(2) == 0 {
		o.versions = append(slices.Clone(o.versions[:2]), odd[rnd.IntN(len(odd))], odd[rnd.IntN(len(odd))])
	}
	return o
}

func (o odds) app(rnd *rand.Rand, name string) federation.App {
	a := federation.App{Name: name, Shared: []federation.Declaration{o.declaration(rnd)}}
	if o.wild && rnd.IntN(5) == 0 {
		a.Shared = append(a.Shared, o.declaration(rnd))
	}
	return a
}

func (o odds) declaration(rnd *rand.Rand) federation.Declaration {
	v := o.versions[rnd.IntN(len(o.versions))]
	d := federation.Declaration{Package: pkg, Version: v, Singleton: rnd.IntN(o.loose) > 0}
	switch rnd.IntN(7) {
	case 0:
		d.Required = federation.Requirement{Kind: federation.Anything}
	case 1:
		d.Required = federation.Requirement{Range: ">=17.0.0", Kind: federation.Range}
	case 2:
		d.Required = federation.Requirement{Range: "~" + v, Kind: federation.Range}
	case 3:
		d.Required = federation.Requirement{Range: "^" + o.versions[rnd.IntN(len(o.versions))], Kind: federation.Range}
	}
	d.Strict = []federation.Strictness{federation.StrictUnset, federation.StrictUnset, federation.Strict, federation.Lenient}[rnd.IntN(4)]
	if o.wild && rnd.IntN(8) == 0 {
		d.NoImport, d.Version = true, ""
		d.Required = federation.Requirement{Range: "^18.0.0", Kind: federation.Range}
	}
	if o.wild && rnd.IntN(8) == 0 {
		d.Scopes = []string{"ui"}
	}
	d.Eager = o.eager && rnd.IntN(2) == 0
	return d
}

// page sets a contest up, with other packages beside the one that it is about.
func (c Contest) page() (config Config, groups map[string]int) {
	extra := federation.Declaration{Package: other, Version: "4.17.21", Singleton: true}
	config = Config{Host: c.Host, Ranges: c.Ranges}
	if c.Starts {
		config.Host.Shared = append(slices.Clone(c.Host.Shared), extra, federation.Declaration{Package: third, Version: "7.8.1", Scopes: []string{"ui"}})
	}
	groups = map[string]int{c.Host.Name: federation.Host}
	for n, g := range c.Remotes {
		for _, name := range g.Names {
			r := g.App
			r.Name, r.Shared, groups[name] = name, append(slices.Clone(r.Shared), extra), n
			config.Remotes = append(config.Remotes, r)
			config.Arrival = append(config.Arrival, name)
		}
	}
	return config, groups
}

// act is an app's import of one of its declarations.
type act struct {
	app          string
	group, index int
	declared     federation.Declaration
}

// hold runs a contest once, in a random order. What the host imports eagerly it imports again later.
func (c Contest) hold(t *testing.T, rnd *rand.Rand, reach federation.Reach, what string) {
	t.Helper()
	config, groups := c.page()
	rnd.Shuffle(len(config.Arrival), func(i, j int) { a := config.Arrival; a[i], a[j] = a[j], a[i] })
	var order, again []act
	for _, r := range append(slices.Clone(config.Remotes), config.Host) {
		for i, d := range r.Shared {
			order = append(order, act{r.Name, groups[r.Name], i, d})
			if d.Eager && r.Name == config.Host.Name {
				again = append(again, act{r.Name, federation.Host, i, d})
			}
		}
	}
	rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	if c.First {
		slices.SortStableFunc(order, func(a, b act) int { return number(b.group == federation.Host) - number(a.group == federation.Host) })
	}
	for _, a := range again {
		order = slices.Insert(order, len(order)-rnd.IntN(len(order)/2+1), a)
	}
	c.follow(t, New(config), order, reach, what)
}

func (c Contest) follow(t *testing.T, p *Page, order []act, reach federation.Reach, what string) {
	t.Helper()
	used := map[federation.Copy]bool{}
	for _, o := range order {
		if o.declared.Package != pkg {
			p.Consume(o.app, o.declared.Package, 0)
			continue
		}
		got := p.Consume(o.app, pkg, o.index)
		told := reach.Outcomes[federation.Consumer{Group: o.group, Index: o.index}]
		if !slices.ContainsFunc(told, func(r federation.Reached) bool {
			return alike(r.Outcome, got) && (got.Err != "" || got.Own || slices.Contains(r.Providers, got.Copy.Provider))
		}) {
			t.Fatalf("%s: %v got %+v in the order %v, and only %+v was told", what, o, got, order, told)
		}
		if o.declared.Singleton && got.Err == "" {
			used[got.Copy] = true
		}
	}
	if len(used) > 1 && len(reach.Apart) < len(used) {
		t.Fatalf("%s: singletons got %v in the order %v, and only %v was told", what, used, order, reach.Apart)
	}
}

// walk runs a contest, in which nobody declares the package twice, in an order that was told: the copies that singletons
// got, sorted, and what the last import came to. Who stands for a group imports once; then others of the group do.
func (c Contest) walk(order []federation.Event) (used []federation.Copy, last federation.Outcome) {
	config, groups := c.page()
	var came []string
	for _, e := range order {
		if e.Verb == federation.Arrives {
			came = append(came, e.App)
		}
	}
	config.Arrival = append(came, slices.DeleteFunc(config.Arrival, func(name string) bool { return slices.Contains(came, name) })...)
	p := New(config)
	imports := map[string]int{}
	for _, e := range order {
		switch e.Verb {
		case federation.Starts:
			p.Consume(e.App, other, 0)
			p.Consume(e.App, third, 0)
			continue
		case federation.Arrives:
			continue
		}
		app, declared := e.App, c.Host.Shared
		if n := groups[app]; n != federation.Host {
			g := c.Remotes[n]
			others := slices.DeleteFunc(slices.Clone(g.Names), func(name string) bool { return name == e.App })
			app, declared = append([]string{app}, others...)[imports[app]], g.Shared
			imports[e.App]++
		}
		last = p.Consume(app, pkg, 0)
		if at, known := slices.BinarySearchFunc(used, last.Copy, compareCopies); declared[0].Singleton && last.Err == "" && !known {
			used = slices.Insert(used, at, last.Copy)
		}
	}
	return used, last
}

// once reports whether nobody declares the package twice, the host does not import it eagerly, since a page lets all entries
// come in before the next import, and has something else to start with.
func (c Contest) once() bool {
	return c.Starts && len(c.Host.Shared) < 2 && !slices.ContainsFunc(c.Host.Shared, func(d federation.Declaration) bool { return d.Eager }) &&
		!slices.ContainsFunc(c.Remotes, func(g federation.Group) bool { return len(g.Shared) > 1 })
}
