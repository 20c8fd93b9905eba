package native

import (
	"cmp"
	"slices"
)

// anchoring chooses which builds of a pool serve those consumers whom the top level of the import map would give a mixture.
type anchoring struct {
	builds  *table[*build]
	accepts acceptance
	needs   *table[*consumption] // by consumer
	hosts   *names
	arrived map[string]int

	pending *names            // consumers without an answer yet
	served  map[string]bool   // consumers that an anchor serves
	by      map[string]string // the answers: the build that serves an app, "" for itself
}

// assign answers for every consumer. Hosts choose first; then, again and again, the build that can serve the most of the rest, the
// earlier to arrive if several can. A build that serves others serves itself.
func (a *anchoring) assign() map[string]string {
	a.served, a.by = map[string]bool{}, map[string]string{}
	a.pending = newMap[struct{}]()
	for _, app := range a.sorted(a.needs.names()) {
		a.pending.set(app, struct{}{})
	}
	for _, host := range a.sorted(a.hosts.names()) {
		a.elect(host, a.servable(host))
	}
	candidates := a.sorted(a.builds.names())
	for {
		best, serves := a.best(candidates)
		if len(serves) == 0 {
			return a.by
		}
		a.elect(best, serves)
	}
}

func (a *anchoring) sorted(apps []string) []string {
	return slices.SortedFunc(slices.Values(apps), func(x, y string) int {
		return cmp.Or(cmp.Compare(a.arrived[x], a.arrived[y]), compareNames(x, y))
	})
}

func (a *anchoring) best(candidates []string) (best string, serves []string) {
	for _, candidate := range candidates {
		if a.served[candidate] {
			continue
		}
		if s := a.servable(candidate); len(s) > len(serves) {
			best, serves = candidate, s
		}
	}
	return best, serves
}

// servable are the pending consumers that find all they import in the build, at versions they accept.
func (a *anchoring) servable(candidate string) []string {
	b := a.builds.at(candidate)
	if b == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.pending.names()), func(consumer string) bool {
		wants := a.needs.at(consumer)
		return consumer == candidate || !b.covers(wants.entries) || !a.accepts.acceptsAll(b, consumer, wants.packages)
	})
}

func (a *anchoring) elect(anchor string, serves []string) {
	a.pending.drop(anchor)
	a.by[anchor] = ""
	for _, consumer := range serves {
		a.pending.drop(consumer)
		a.served[consumer] = true
		a.by[consumer] = anchor
	}
}
