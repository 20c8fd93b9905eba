package share

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/share/federation"
	"muster/compiler/share/native"
	"muster/compiler/tries"
)

// TestPagesHoldEveryVisit makes random registries with splits of hosts and remotes, lets visitors come to their pages, each with
// the releases that the splits give, loading in an order of their own, and holds what each app gets against what its page was
// told to hold.
func TestPagesHoldEveryVisit(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(13, 1))
	decided := map[Decision]int{}
	for i := range 40 / tries.Fewer {
		s := shop{rnd: rnd, runtime: registry.ModuleFederation, federation: []string{"2.9.2"}, splits: 1 + i%6, remotes: 2 + i%7}
		s.welcome(t, decided, 12, visit)
	}
	t.Log(decided)
	for _, d := range []Decision{HostsCopy, Highest, EveryOrder, Bounded} {
		if decided[d] < 5/tries.Fewer {
			t.Errorf("only %d packages are decided by %q", decided[d], d)
		}
	}
}

// TestNativePagesHoldEveryVisit does the same for Native Federation, where the combinations are few and where they are many.
func TestNativePagesHoldEveryVisit(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(17, 1))
	decided := map[Decision]int{}
	for i := range 30 / tries.Fewer {
		s := shop{rnd: rnd, runtime: registry.NativeFederation, federation: []string{"4.6.1", "3.5.5"}, splits: 1, remotes: 9}
		if i%3 > 0 {
			s.remotes = 4
		}
		s.welcome(t, decided, 30, visitNatively)
	}
	t.Log(decided)
	for _, d := range []Decision{ByRule, ByVersion, Bounded} {
		if decided[d] < 5/tries.Fewer {
			t.Errorf("only %d packages are decided by %q", decided[d], d)
		}
	}
}

// shop is a random registry of one host.
type shop struct {
	rnd        *rand.Rand
	runtime    string
	federation []string // one of these builds a release
	splits     int      // a remote of so many is split
	remotes    int
	files      fstest.MapFS
}

// welcome opens the shop and lets a number of visitors come to each of its pages. It counts how the pages' packages are decided.
func (s *shop) welcome(t *testing.T, decided map[Decision]int, visitors int, visit func(*testing.T, *rand.Rand, *Page)) {
	t.Helper()
	c, policy := s.open(t)
	for _, page := range New(policy).Pages(c) {
		for _, pkg := range page.Packages {
			decided[pkg.Decision]++
		}
		for range visitors {
			visit(t, s.rnd, page)
		}
	}
	if t.Failed() {
		t.Fatal(s.text())
	}
}

func (s *shop) open(t *testing.T) (*resolve.Cohort, *registry.Policy) {
	t.Helper()
	s.files = fstest.MapFS{}
	s.file("schema/policy.cue", "package schema\nregistry: {name: \"acme\", baseURL: \"https://manifests.acme.example/\"}\npolicy: origins: [\"https://cdn.acme.example\"]\n")
	pins := s.remote("shell", "host", 1+s.rnd.IntN(2))
	for _, name := range []string{"account", "cart", "zeta", "search", "alpha", "promo", "orders", "reviews", "wishlist"}[:s.remotes] {
		releases := 1
		if s.rnd.IntN(s.splits) == 0 {
			releases = 2
		}
		pins += s.remote(name, "remote", releases)
	}
	s.file("cohorts/general.yaml", "apiVersion: muster/v1\nname: general\npins:\n"+pins)
	r, found, err := registry.Load(s.files, registry.Options{})
	if err != nil || found.HasErrors() {
		t.Fatal(err, found)
	}
	plan, found := resolve.Resolve(r)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return plan.Cohorts[0], r.Policy
}

func (s *shop) text() (all string) {
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		all += "-- " + name + " --\n" + string(s.files[name].Data)
	}
	return all
}

func (s *shop) file(name, text string) { s.files[name] = &fstest.MapFile{Data: []byte(text)} }

// remote writes a remote or host, and returns the pin that brings its releases in.
func (s *shop) remote(name, kind string, releases int) string {
	text := fmt.Sprintf("apiVersion: muster/v1\nname: %s\nowner: team-a\nkind: %s\nruntime: %s\nreleases:\n", name, kind, s.runtime)
	var variants []string
	for i := range releases {
		text += fmt.Sprintf("  - version: \"%d.0.0\"\n    bundler: {name: webpack, federation: %s, shareStrategy: %s}\n", releases-i, s.oneOf(s.federation...), s.oneOf("version-first", "loaded-first"))
		if kind == "remote" {
			text += fmt.Sprintf("    entry: https://cdn.acme.example/%s/%d/remoteEntry.js\n    integrity: sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC\n", name, releases-i)
		}
		text += s.shared()
		variants = append(variants, fmt.Sprintf("{version: \"%d.0.0\", percent: %d, variant: v%d}", releases-i, 100/releases, i))
	}
	s.file("remotes/"+name+".yaml", text)
	if releases == 1 {
		return "  " + name + ": \"1.0.0\"\n"
	}
	return "  " + name + ": {split: [" + strings.Join(variants, ", ") + "]}\n"
}

func (s *shop) oneOf(texts ...string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	return texts[s.rnd.IntN(len(texts))]
}

func (s *shop) shared() string {
	text := ""
	for _, pkg := range []string{"react", "lodash"} {
		if s.rnd.IntN(4) == 0 {
			continue
		}
		flags := s.oneOf("", ", singleton: true", ", singleton: true", ", singleton: true, strictVersion: true", ", strictVersion: false", ", singleton: true, eager: true")
		if s.runtime == registry.ModuleFederation && s.rnd.IntN(12) == 0 {
			flags += ", import: false"
		}
		text += fmt.Sprintf("      %s: {version: %s, requiredVersion: %s%s}\n", pkg, s.oneOf("18.2.0", "18.3.1", "19.0.0", "19.1.0"),
			s.oneOf("^18.0.0", "^19.0.0", "~18.3.0", "\">=17.0.0\"", "\">=17.0.0\"", "\"*\""), flags)
	}
	if text == "" {
		return ""
	}
	return "    shared:\n" + text
}

// visit is one visitor of a page.
func visit(t *testing.T, rnd *rand.Rand, page *Page) {
	t.Helper()
	n := New(&registry.Policy{})
	var config federation.Config
	var imports []Use
	for _, p := range page.Cohort.Pins {
		choice := &p.Choices[rnd.IntN(len(p.Choices))]
		if p == page.Host {
			choice = page.Release
		}
		profile := n.profile(p.Remote, choice.Release)
		app := federation.App{Name: p.Remote.Container.Value, Strategy: strategyOf(choice.Release)}
		for j := range profile.uses {
			app.Shared = append(app.Shared, profile.uses[j].class.app.Shared...)
			imports = append(imports, Use{p, choice, &profile.uses[j]})
		}
		if p == page.Host {
			config.Host = app
			continue
		}
		config.Remotes = append(config.Remotes, app)
		config.Arrival = append(config.Arrival, app.Name)
	}
	rnd.Shuffle(len(config.Arrival), func(i, j int) { a := config.Arrival; a[i], a[j] = a[j], a[i] })
	rnd.Shuffle(len(imports), func(i, j int) { imports[i], imports[j] = imports[j], imports[i] })
	isRemote := func(u Use) int { return int(flag(u.Pin != page.Host)) }
	slices.SortStableFunc(imports, func(a, b Use) int { return isRemote(a) - isRemote(b) }) // a host imports what it shares before it loads a remote
	running := federation.New(config)
	for _, u := range imports {
		if u.Pin != page.Host {
			running.Load(u.Name())
		}
		got := running.Consume(u.Name(), u.shared.class.name, 0)
		hold(t, page, u, got, func(r federation.Reached) bool {
			return r.Same(got) && (got.Own || got.Err != "" || slices.Contains(r.Providers, got.Copy.Provider))
		})
	}
}

// hold looks for an outcome among those that a page was told to hold.
func hold(t *testing.T, page *Page, u Use, got federation.Outcome, same func(federation.Reached) bool) {
	t.Helper()
	for _, pkg := range page.Packages {
		for _, g := range pkg.Groups {
			if pkg.Name != u.shared.class.name || !slices.ContainsFunc(g.Uses, func(have Use) bool { return have.Pin == u.Pin && have.Choice.Release == u.Choice.Release }) {
				continue
			}
			if !slices.ContainsFunc(g.Outcomes[0], same) {
				t.Errorf("with %s, %s %s gets %+v of %s (%s), which is not among %+v", page.Title(), u.Name(), u.Choice.Release.Version, got, pkg.Name, pkg.Decision, g.Outcomes[0])
			}
			return
		}
	}
	t.Errorf("with %s, nothing is told of %s of %s %s", page.Title(), u.shared.class.name, u.Name(), u.Choice.Release.Version)
}

// visitNatively is one visitor of a page of Native Federation.
func visitNatively(t *testing.T, rnd *rand.Rand, page *Page) {
	t.Helper()
	n := New(&registry.Policy{})
	var pins []*resolve.Pin
	var choices []int
	for _, p := range page.Cohort.Pins {
		choice := rnd.IntN(len(p.Choices))
		if p == page.Host {
			choice = slices.IndexFunc(p.Choices, func(c resolve.Choice) bool { return c.Release == page.Release.Release })
		}
		pins, choices = append(pins, p), append(choices, choice)
	}
	p, rt := nativePage(page, pins, choices)
	for _, r := range p.Remotes {
		p.Arrival = append(p.Arrival, r.Name)
	}
	rnd.Shuffle(len(p.Arrival), func(i, j int) { a := p.Arrival; a[i], a[j] = a[j], a[i] })
	for _, o := range native.Negotiate(rt, p).Got {
		at := slices.IndexFunc(pins, func(p *resolve.Pin) bool { return p.Remote.Container.Value == o.Consumer })
		choice := &pins[at].Choices[choices[at]]
		uses := n.profile(pins[at].Remote, choice.Release).uses
		for j := range uses {
			if uses[j].class.name == o.Package && o.Entry == o.Package {
				u := Use{pins[at], choice, &uses[j]}
				got := reachedNative(o, []string{o.Provider}, uses[j].class.app.Shared[0]).Outcome
				hold(t, page, u, got, func(r federation.Reached) bool { // its own copy is its own, whether or not others get it too
					mine := r.Own && o.Provider == o.Consumer || slices.Contains(r.Providers, o.Provider)
					return mine && r.Copy.Version == o.Version && len(r.Warnings) == len(got.Warnings)
				})
			}
		}
	}
}
