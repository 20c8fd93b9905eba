package share

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/tries"
)

// TestFatesAreThoseOfEveryPage holds what a negotiator tells of a page whose packages it knows from another one, where they stand
// elsewhere, against what one that knows nothing tells.
func TestFatesAreThoseOfEveryPage(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(19, 1))
	policy := &registry.Policy{}
	known := New(policy)
	for i := range 60 {
		s := shop{rnd: rnd, runtime: registry.ModuleFederation, federation: []string{"2.9.2", "0.20.0"}, splits: 1 + i%6, remotes: 1 + i%2}
		s.open(t)
		known = known.Next(policy)
		known.Check(s.again(t, ""))
		for range 2 { // the second time its findings, or that there are none, are known too
			c := s.again(t, "# moved\n")
			known, fresh := known.Next(policy), New(policy)
			got, want := known.Check(c), fresh.Check(c)
			if !reflect.DeepEqual(known.Findings(), fresh.Findings()) {
				t.Fatalf("it finds\n%v\nwant\n%v\n%s", known.Findings(), fresh.Findings(), s.text())
			}
			if a, b := rowsOf(got), rowsOf(want); !reflect.DeepEqual(a, b) {
				t.Fatalf("the rows are\n%+v\nwant\n%+v\n%s", a, b, s.text())
			}
		}
	}
}

// TestSoundIsSound holds what is plainly sound against what Check finds, in shops most of whose apps go together.
func TestSoundIsSound(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(23, 1))
	strict := &registry.Policy{Singletons: []registry.SingletonRule{{Package: registry.Text{Value: "react"}, Strict: true}}}
	sound, faulty := 0, 0
	for i := range 400 / tries.Fewer {
		s := shop{rnd: rnd, runtime: registry.ModuleFederation, files: fstest.MapFS{}}
		s.peaceful()
		n := New([]*registry.Policy{{}, strict}[i%2])
		c := s.again(t, "")
		isSound := n.Sound(c)
		n.Check(c)
		switch errors := n.Findings().HasErrors(); {
		case isSound && errors:
			t.Fatalf("it is taken for sound: %v\n%s", n.Findings(), s.text())
		case isSound:
			sound++
		case errors:
			faulty++
		}
	}
	if min(sound, faulty) < 50/tries.Fewer {
		t.Errorf("%d cohorts are sound and %d faulty", sound, faulty)
	}
}

// peaceful fills the shop with a host and up to four remotes, which seldom disagree.
func (s *shop) peaceful() {
	s.file("schema/policy.cue", "package schema\nregistry: {name: \"acme\", baseURL: \"https://manifests.acme.example/\"}\npolicy: origins: [\"https://cdn.acme.example\"]\n")
	pins := ""
	for i, name := range []string{"shell", "account", "cart", "promo", "search"}[:2+s.rnd.IntN(4)] {
		kind := []string{"host", "remote"}[min(i, 1)]
		text := "apiVersion: muster/v1\nname: " + name + "\nowner: team-a\nkind: " + kind + "\nreleases:\n"
		for _, version := range []string{"2.0.0", "1.0.0"} {
			text += "  - version: \"" + version + "\"\n    bundler: {name: webpack, federation: 2.9.2, shareStrategy: " + s.seldom("loaded-first", "version-first") + "}\n"
			if i > 0 {
				text += "    entry: https://cdn.acme.example/" + name + "/" + version + "/remoteEntry.js\n"
			}
			text += "    shared:\n"
			for _, pkg := range []string{"react", s.seldom("lodash", "lodash/")} {
				text += "      " + pkg + ": {version: " + s.seldom(s.oneOf("19.0.0", "19.1.0"), "18.2.0") + ", requiredVersion: " + s.seldom(s.oneOf("^19.0.0", "\"*\""), "^18.0.0") +
					", singleton: " + s.seldom("true", "false") + ", strictVersion: true" + s.seldom("", s.oneOf(", eager: true", ", import: false", ", shareScope: other")) + "}\n"
			}
		}
		s.file("remotes/"+name+".yaml", text)
		pins += "  " + name + ": " + s.oneOf("\"1.0.0\"", "\"2.0.0\"", "{split: [{version: \"1.0.0\", percent: 50, variant: a}, {version: \"2.0.0\", percent: 50, variant: b}]}") + "\n"
	}
	s.file("cohorts/general.yaml", "apiVersion: muster/v1\nname: general\npins:\n"+pins)
}

// seldom is mostly one text.
func (s *shop) seldom(mostly, other string) string {
	if s.rnd.IntN(25) == 0 {
		return other
	}
	return mostly
}

// again reads the shop once more, with something in front of each declaration.
func (s *shop) again(t *testing.T, front string) *resolve.Cohort {
	t.Helper()
	for name, f := range s.files {
		if strings.HasPrefix(name, "remotes/") {
			f.Data = append([]byte(front), f.Data...)
		}
	}
	r, _, err := registry.Load(s.files, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := resolve.One(r, r.Cohorts[0])
	return c
}

func rowsOf(pages []*Page) (rows [][]Row) {
	for _, page := range pages {
		for _, pkg := range page.Packages {
			rows = append(rows, pkg.Rows(page.Names()))
		}
	}
	return rows
}
