package share

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// TestFatesAreThoseOfEveryPage holds what a negotiator tells of a page whose packages it knows from another one, where they stand
// elsewhere, against what one that knows nothing tells; and what is plainly sound against what Check finds.
func TestFatesAreThoseOfEveryPage(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(19, 1))
	policy := &registry.Policy{}
	known := New(policy)
	sound, unsound := 0, 0
	for i := range 240 {
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
			switch errors := fresh.Findings().HasErrors(); {
			case known.Sound(c) && errors:
				t.Fatalf("it is taken for sound: %v\n%s", fresh.Findings(), s.text())
			case known.Sound(c):
				sound++
			case errors:
				unsound++
			}
		}
	}
	if t.Log(sound, unsound); sound < 5 || unsound < 20 {
		t.Errorf("%d cohorts are sound and %d are not", sound, unsound)
	}
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
