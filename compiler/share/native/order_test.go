package native

import (
	"cmp"
	"iter"
	"slices"
	"testing"
)

// doubted sorts the doubts of a page.
type doubted struct {
	page            bool
	versions, files map[slot]bool
}

func sortDoubts(all []doubt) doubted {
	d := doubted{versions: map[slot]bool{}, files: map[slot]bool{}}
	for _, x := range all {
		switch p := (slot{x.Scope, x.Package}); {
		case x.Package == "":
			d.page = true
		case x.Versions:
			d.versions[p] = true
		default:
			d.files[p] = true
		}
	}
	return d
}

// certain is what of an outcome must be the same in every order.
func (d doubted) certain(all []Got) (certain []Got) {
	for _, g := range all {
		p := slot{g.Scope, g.Package}
		if d.versions[p] {
			continue
		}
		if d.files[p] {
			g.Provider, g.Own = "", false
		}
		certain = append(certain, g)
	}
	slices.SortFunc(certain, compareGot)
	return certain
}

func compareGot(a, b Got) int {
	return cmp.Or(cmp.Compare(a.Consumer, b.Consumer), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Entry, b.Entry),
		cmp.Compare(a.Version, b.Version), cmp.Compare(a.Action, b.Action))
}

// tally counts how pages came out.
type tally struct{ pages, proved, versions, doubted, vary int }

func (n *tally) count(d doubted, varies bool) {
	n.pages++
	switch {
	case d.page || len(d.versions) > 0:
		n.doubted++
		if varies {
			n.vary++
		}
	case len(d.files) > 0:
		n.versions++
	default:
		n.proved++
	}
}

// TestDoubts runs the pages of the vectors in all orders and holds them against what doubtsOf says. A page of more than few apps has
// too many orders.
func TestDoubts(t *testing.T) {
	t.Parallel()
	const few = 4
	counts := map[Runtime]*tally{Orchestrator: {}, Classic: {}}
	for _, v := range loadVectors(t) {
		page := v.In.Pages[0].page()
		if len(page.Remotes)+len(page.Later) > few {
			continue
		}
		d := sortDoubts(doubtsOf(v.In.Runtime, page))
		counts[v.In.Runtime].count(d, checkOrders(t, v, page, d))
	}
	for rt, n := range counts {
		t.Logf("%s: %d pages in all orders: %d proved the same, %d the same but for files, %d doubted of which %d vary", rt, n.pages, n.proved, n.versions, n.doubted, n.vary)
		if n.proved == 0 || n.versions == 0 || n.vary == 0 {
			t.Errorf("%s: the pages leave a case out", rt)
		}
	}
}

// checkOrders reports whether some order has another outcome than the page as it stands.
func checkOrders(t *testing.T, v vector, page Page, d doubted) (varies bool) {
	t.Helper()
	base := Negotiate(v.In.Runtime, page)
	want, all := d.certain(base.Got), doubted{}.certain(base.Got)
	for p := range ordersOf(page) {
		out := Negotiate(v.In.Runtime, p)
		varies = varies || (out.Err == "") != (base.Err == "") || !slices.Equal(all, doubted{}.certain(out.Got))
		if d.page {
			continue
		}
		if (out.Err == "") != (base.Err == "") {
			t.Errorf("%s %d: order decides whether init throws: %q, %q", v.K, v.ID, base.Err, out.Err)
		}
		if got := d.certain(out.Got); !slices.Equal(want, got) {
			t.Errorf("%s %d: no doubt, but orders differ:\n%v\n%v", v.K, v.ID, want, got)
			return varies
		}
	}
	return varies
}

// ordersOf are all orders of a page: of the remotes in the manifest, in which their documents then arrive, and of the later apps. The
// arrival that the page says is dropped. There are n! times m! of them.
func ordersOf(page Page) iter.Seq[Page] {
	return func(yield func(Page) bool) {
		for remotes := range permutations(page.Remotes) {
			for later := range permutations(page.Later) {
				p := page
				p.Remotes, p.Later, p.Arrival = remotes, later, nil
				if !yield(p) {
					return
				}
			}
		}
	}
}

func permutations(apps []App) iter.Seq[[]App] {
	return func(yield func([]App) bool) { permute(slices.Clone(apps), 0, yield) }
}

func permute(apps []App, from int, yield func([]App) bool) bool {
	if from >= len(apps)-1 {
		return yield(slices.Clone(apps))
	}
	for i := from; i < len(apps); i++ {
		apps[from], apps[i] = apps[i], apps[from]
		if !permute(apps, from+1, yield) {
			return false
		}
		apps[from], apps[i] = apps[i], apps[from]
	}
	return true
}
