package webpack

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"muster/compiler/share/federation"
)

func singleton(version string) []federation.Declaration {
	return []federation.Declaration{{Package: pkg, Version: version, Singleton: true}}
}

func TestRemotesThatLoadEachOther(t *testing.T) {
	t.Parallel()
	p := New(Config{Host: federation.App{Name: "shell"}, Remotes: []federation.App{
		{Name: "cart", Shared: singleton("18.3.1"), Remotes: []string{"promo", "cart"}},
		{Name: "promo", Shared: singleton("18.3.1"), Remotes: []string{"cart"}},
	}})
	for _, name := range []string{"cart", "promo"} {
		want := federation.Outcome{Copy: federation.Copy{Version: "18.3.1", Provider: "promo"}}
		if diff := gocmp.Diff(want, p.Consume(name, pkg, 0)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestConsumeOfNothing(t *testing.T) {
	t.Parallel()
	p := New(Config{Host: federation.App{Name: "shell", Shared: singleton("18.2.0")}, Nested: []string{"far", "a", "b"}, Remotes: []federation.App{
		{Name: "cart"}, {Name: "far"}, {Name: "a", Remotes: []string{"b"}}, {Name: "b", Remotes: []string{"a"}},
	}})
	for _, c := range []struct {
		consumer, pkg string
		index         int
		want          federation.Outcome
	}{
		{"cart", pkg, 0, federation.Outcome{Copy: federation.Copy{Provider: "cart"}, Own: true}},
		{"shell", pkg, 1, federation.Outcome{Copy: federation.Copy{Provider: "shell"}, Own: true}},
		{"shell", pkg, -1, federation.Outcome{Copy: federation.Copy{Provider: "shell"}, Own: true}},
		{"nobody", pkg, 0, federation.Outcome{Err: "nobody loads nobody"}},
		{"far", pkg, 0, federation.Outcome{Err: "nobody loads far"}},
		{"a", pkg, 0, federation.Outcome{Err: "nobody loads a"}},
	} {
		if diff := gocmp.Diff(c.want, p.Consume(c.consumer, c.pkg, c.index)); diff != "" {
			t.Errorf("%s %s %d: -want +got:\n%s", c.consumer, c.pkg, c.index, diff)
		}
	}
}

// TestHostileInput makes pages and contests of whatever fits the types. All that counts is that they come to an end.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(11, 1))
	texts := []string{"", "0", "1.2.3", "-", "+", "1.2.3-", "\xff\xfe", "constructor", "__proto__", "||", " - ", "^*", "~x || ^*", "(", "\u2028", "4294967295", "😀", "default", "shell", "cart"}
	text := func() string { return texts[rnd.IntN(len(texts))] }
	some := func() (all []string) {
		for range rnd.IntN(3) {
			all = append(all, text())
		}
		return all
	}
	app := func() federation.App {
		a := federation.App{Name: text(), Scopes: some(), Remotes: some(), Fails: rnd.IntN(5) == 0}
		for range rnd.IntN(4) {
			a.Shared = append(a.Shared, federation.Declaration{Package: text(), Version: text(), Required: federation.Requirement{Range: text(), Kind: federation.RequirementKind(rnd.IntN(4))},
				Singleton: rnd.IntN(2) == 0, Strict: federation.Strictness(rnd.IntN(4)), Eager: rnd.IntN(2) == 0, NoImport: rnd.IntN(3) == 0, Scopes: some()})
		}
		return a
	}
	for range 3000 {
		config := Config{Host: app(), Nested: some(), Arrival: some()}
		contest := Contest{Host: config.Host, Starts: rnd.IntN(2) == 0, First: rnd.IntN(2) == 0}
		for range rnd.IntN(4) {
			config.Remotes = append(config.Remotes, app())
			contest.Remotes = append(contest.Remotes, federation.Group{App: app(), Names: some()})
		}
		p := New(config)
		for range 8 {
			p.Consume(text(), text(), rnd.IntN(3)-1)
		}
		Judge(contest, rnd.IntN(200))
		Bound(contest)
	}
}

// TestExample is that of the package comment.
func TestExample(t *testing.T) {
	t.Parallel()
	c := Contest{Host: federation.App{Name: "shell", Shared: singleton("16.14.0")}, Starts: true, First: true, Remotes: []federation.Group{
		{App: federation.App{Shared: singleton("18.3.1")}, Names: []string{"checkout"}},
		{App: federation.App{Shared: []federation.Declaration{{Package: pkg, Version: "17.0.2", Required: federation.Requirement{Range: "^17.0.0", Kind: federation.Range}}}}, Names: []string{"promo"}},
	}}
	reach, proof := Judge(c, 100)
	if proof != federation.Tried {
		t.Errorf("the proof is %d", proof)
	}
	if got, want := told(reach), []string{
		"-1: 18.3.1 of [checkout], 1 warnings: [{shell starts} {checkout loads} {promo loads} {shell imports it}]",
		"0: 18.3.1 of [checkout], 0 warnings: [{shell starts} {checkout loads} {promo loads} {shell imports it} {checkout imports it}]",
		"0: 17.0.2 of [promo], 1 warnings: [{shell starts} {promo loads} {checkout loads} {shell imports it} {promo imports it} {checkout imports it}]",
		"1: 17.0.2 of [promo], 0 warnings: [{shell starts} {checkout loads} {promo loads} {shell imports it} {promo imports it}]",
		"apart [{17.0.2 promo} {18.3.1 checkout}]: [{shell starts} {promo loads} {checkout loads} {shell imports it} {promo imports it} {checkout imports it}]",
	}; !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func told(reach federation.Reach) (lines []string) {
	for group := federation.Host; group < len(reach.Outcomes)-1; group++ {
		for _, r := range reach.Outcomes[federation.Consumer{Group: group}] {
			lines = append(lines, fmt.Sprintf("%d: %s of %v, %d warnings: %v", group, r.Copy.Version, r.Providers, len(r.Warnings), r.Order))
		}
	}
	return append(lines, fmt.Sprintf("apart %v: %v", reach.Apart, reach.ApartOrder))
}
