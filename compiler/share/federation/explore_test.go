package federation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"muster/compiler/tries"
)

// TestReachHoldsEveryOrder lets pages run in random orders and holds what happens against what was told to be reachable.
// The pages share a second package, whose imports register everything again, and their entries arrive in any order.
func TestReachHoldsEveryOrder(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 1))
	ranges := NewRanges()
	proofs := map[Proof]int{}
	for i := range 250 / tries.Fewer {
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
	for _, p := range []Proof{Tried, HostsCopy, Highest} {
		if proofs[p] < 10/tries.Fewer {
			t.Errorf("only %d contests have proof %d", proofs[p], p)
		}
	}
}

const pkg, other = "react", "lodash"

func randomContest(rnd *rand.Rand, ranges *Ranges) Contest {
	versions := []string{"18.2.0", "18.3.1", "19.0.0", "19.1.0", "17.0.2", "19.0.0-rc.1"}[:2+rnd.IntN(5)]
	wild := rnd.IntN(3) == 0
	app := func(name string) App {
		v := versions[rnd.IntN(len(versions))]
		d := Declaration{Package: pkg, Version: v, Singleton: !wild || rnd.IntN(3) > 0}
		switch rnd.IntN(6) {
		case 0:
			d.Required = Requirement{Kind: Anything}
		case 1:
			d.Required = Requirement{Range: ">=17.0.0", Kind: Range}
		case 2:
			d.Required = Requirement{Range: "~" + v, Kind: Range}
		case 3:
			d.Required = Requirement{Range: "^" + versions[rnd.IntN(len(versions))], Kind: Range}
		}
		if rnd.IntN(6) == 0 {
			d.Strict = Strict
		}
		if wild && rnd.IntN(8) == 0 {
			d.NoImport, d.Version = true, ""
			d.Required = Requirement{Range: "^18.0.0", Kind: Range}
		}
		if wild && rnd.IntN(10) == 0 {
			d.Eager = true
		}
		if wild && rnd.IntN(10) == 0 {
			d.Scopes = []string{"ui", "default"}[:1+rnd.IntN(2)]
		}
		return App{Name: name, Shared: []Declaration{d}}
	}
	names := []string{"account", "cart", "search", "zeta", "alpha", "Beta", "promo", "orders"}
	c := Contest{Host: app("shell"), First: rnd.IntN(4) > 0, Starts: true, Ranges: ranges}
	if rnd.IntN(5) == 0 {
		c.Host.Shared = nil
	}
	strategies := []Strategy{VersionFirst, LoadedFirst}
	all := strategies[rnd.IntN(2)]
	size := 1 + rnd.IntN(5)
	if rnd.IntN(6) == 0 {
		size = 5 + rnd.IntN(4)
	}
	for _, name := range names[:min(size, len(names))] {
		if size > 4 && rnd.IntN(2) == 0 && len(c.Remotes) > 0 {
			g := &c.Remotes[rnd.IntN(len(c.Remotes))]
			g.Names = append(g.Names, name)
			continue
		}
		a := app("")
		if a.Strategy = all; rnd.IntN(8) == 0 {
			a.Strategy = strategies[rnd.IntN(2)]
		}
		c.Remotes = append(c.Remotes, Group{a, []string{name}})
	}
	c.Host.Strategy = all
	return c
}

// hold runs a contest once, in a random order.
func (c Contest) hold(t *testing.T, rnd *rand.Rand, reach Reach, what string) {
	t.Helper()
	config, order := c.shuffled(rnd)
	c.follow(t, New(config), order, reach, what)
}

// shuffled is the page of a contest, in which every app shares a second package too, and an order in which everybody imports
// everything once: the host first, if it is.
func (c Contest) shuffled(rnd *rand.Rand) (Config, []act) {
	config := Config{Host: c.Host, Ranges: c.Ranges}
	extra := Declaration{Package: other, Version: "4.17.21", Singleton: true}
	config.Host.Shared = append(slices.Clone(c.Host.Shared), extra)
	groups := map[string]int{c.Host.Name: Host}
	for n, g := range c.Remotes {
		for _, name := range g.Names {
			r := g.App
			r.Name, r.Shared, groups[name] = name, append(slices.Clone(r.Shared), extra), n
			config.Remotes = append(config.Remotes, r)
			config.Arrival = append(config.Arrival, name)
		}
	}
	rnd.Shuffle(len(config.Arrival), func(i, j int) { a := config.Arrival; a[i], a[j] = a[j], a[i] })
	var order []act
	for _, r := range append(slices.Clone(config.Remotes), config.Host) {
		for i, d := range r.Shared {
			order = append(order, act{r.Name, groups[r.Name], i, d})
		}
	}
	rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	if c.First {
		slices.SortStableFunc(order, func(a, b act) int { return boolean(b.group == Host) - boolean(a.group == Host) })
	}
	return config, order
}

// act is an app's import of one of its declarations.
type act struct {
	app          string
	group, index int
	declared     Declaration
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c Contest) follow(t *testing.T, p *Page, order []act, reach Reach, what string) {
	t.Helper()
	used := map[Copy]bool{}
	for _, o := range order {
		if o.group != Host {
			p.Load(o.app)
		}
		if o.declared.Package == other {
			p.Consume(o.app, other, 0)
			continue
		}
		got := p.Consume(o.app, pkg, o.index)
		told := reach.Outcomes[Consumer{o.group, o.index}]
		if !slices.ContainsFunc(told, func(r Reached) bool {
			return r.Same(got) && (got.Err != "" || got.Own || slices.Contains(r.Providers, got.Copy.Provider))
		}) {
			t.Fatalf("%s: %v got %+v in the order %v, and only %+v was told", what, o, got, order, told)
		}
		if o.declared.Singleton && got.Err == "" {
			used[got.Copy] = true
		}
	}
	if len(used) > 1 && len(reach.Apart) < 2 {
		t.Fatalf("%s: singletons got %v in the order %v, and that was not told", what, used, order)
	}
}
