package resolve

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/policy"
	"muster/compiler/registry"
)

// Route is a path and the remote that takes it.
type Route struct {
	policy.Route
	Pin      *Pin            // of the remote; the route holds in the hosts that load it
	Declared *registry.Route // where the remote asks for it
}

// Capability is a place and the remote that fills it.
type Capability struct {
	Pin      *Pin
	Declared *registry.Capability
}

// claim is a remote that asks for a path or a place: for the one of its routes or capabilities at index.
type claim struct {
	pin   *Pin
	what  registry.Text
	index int
}

// overlap reports whether some host would see both claims.
func (a claim) overlap(b claim) bool {
	if len(a.pin.Hosts) == 0 && len(b.pin.Hosts) == 0 {
		return true
	}
	return slices.ContainsFunc(a.pin.Hosts, func(h string) bool { return slices.Contains(b.pin.Hosts, h) })
}

// wish is a route or a place that a remote asks for in every cohort.
type wish[K comparable] struct {
	key    K
	remote int // in registry.Remotes
	what   registry.Text
	index  int // in the remote's routes or capabilities
}

// routeWishes are the routes of all remotes, in the order in which a shell tries them.
func routeWishes(r *registry.Registry) (all []wish[policy.Route]) {
	for i, remote := range r.Remotes {
		for j, route := range remote.Routes {
			if parsed, err := policy.ParseRoute(route.Path.Value); err == nil { // or route/path has said so
				all = append(all, wish[policy.Route]{parsed, i, route.Path, j})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b wish[policy.Route]) int {
		return cmp.Or(compareRoutes(a.key, b.key), cmp.Compare(a.remote, b.remote))
	})
	return all
}

// placeWishes are the places that remotes can fill, by name.
func placeWishes(r *registry.Registry) (all []wish[string]) {
	for i, remote := range r.Remotes {
		for j, place := range remote.Capabilities {
			all = append(all, wish[string]{place.Place.Value, i, place.Place, j})
		}
	}
	slices.SortStableFunc(all, func(a, b wish[string]) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.remote, b.remote))
	})
	return all
}

// settleAll works out which remote takes each path and fills each place.
func (v *resolver) settleAll(c *Cohort) {
	pins := make([]*Pin, len(v.registry.Remotes)) // that are not switched off, by the remotes' ordinals
	for i := range c.Pins {
		if p := c.Pins[i]; len(p.Choices) > 0 {
			pins[v.ordinals[p.Remote]] = p
		}
	}
	routes := map[policy.Route]chosenBy{}
	places := map[string]chosenBy{}
	for _, from := range v.chain(c.Declared) {
		for _, choice := range from.Routes {
			if parsed, err := policy.ParseRoute(choice.What.Value); err == nil && routes[parsed].cohort == nil {
				routes[parsed] = chosenBy{from, choice}
			}
		}
		for _, choice := range from.Capabilities {
			if places[choice.What.Value].cohort == nil {
				places[choice.What.Value] = chosenBy{from, choice}
			}
		}
	}
	s := settling{resolver: v, cohort: c, pins: pins}
	c.Routes = make([]Route, 0, len(v.routes))
	for route, won := range settle(s, "route", v.routes, routes) {
		c.Routes = append(c.Routes, Route{route, won.pin, &won.pin.Remote.Routes[won.index]})
	}
	c.Capabilities = make([]Capability, 0, len(v.places))
	for _, won := range settle(s, "capability", v.places, places) {
		c.Capabilities = append(c.Capabilities, Capability{won.pin, &won.pin.Remote.Capabilities[won.index]})
	}
}

// settling is one cohort's claims being settled.
type settling struct {
	*resolver
	cohort *Cohort
	pins   []*Pin // by the remotes' ordinals; nil for those that are not there
}

// settle goes through the claims that hold, in the order of the wishes. It empties chosen.
func settle[K comparable](s settling, kind string, wishes []wish[K], chosen map[K]chosenBy) iter.Seq2[K, claim] {
	return func(yield func(K, claim) bool) {
		var all []claim
		for len(wishes) > 0 {
			key := wishes[0].key
			all = all[:0]
			for ; len(wishes) > 0 && wishes[0].key == key; wishes = wishes[1:] {
				if w := &wishes[0]; s.pins[w.remote] != nil {
					all = append(all, claim{s.pins[w.remote], w.what, w.index})
				}
			}
			choice, picked := chosen[key]
			if picked {
				s.checkChoice(s.cohort, kind, choice, all)
				delete(chosen, key)
			}
			for _, won := range s.hold(s.cohort, kind, all, choice) {
				if !yield(key, won) {
					return
				}
			}
		}
		for _, choice := range chosen { // nobody asks for these
			s.checkChoice(s.cohort, kind, choice, nil)
		}
	}
}

// compareRoutes puts the longest path first, counted in segments, and the exact "/" before the catch-all.
func compareRoutes(a, b policy.Route) int {
	return cmp.Or(cmp.Compare(segments(b.Path), segments(a.Path)), cmp.Compare(exactFirst(a), exactFirst(b)), strings.Compare(a.Path, b.Path))
}

func segments(path string) int {
	if path == "/" {
		return 0
	}
	return strings.Count(path, "/")
}

func exactFirst(r policy.Route) int {
	if r.Prefix {
		return 1
	}
	return 0
}

// chosenBy is a cohort's choice among several remotes; a nil cohort means none was made.
type chosenBy struct {
	cohort *registry.Cohort
	choice registry.Choice
}

// hold returns the claims that hold: in each host one, which the cohort's choice picks where there are several.
func (v *resolver) hold(c *Cohort, kind string, all []claim, choice chosenBy) (won []claim) {
	if len(all) == 1 {
		return all
	}
	for _, a := range all {
		if choice.cohort != nil && choice.choice.Remote.Value == a.pin.Remote.Name.Value {
			won = append(won, a)
		}
	}
	for _, a := range all {
		rival := slices.IndexFunc(won, a.overlap)
		switch {
		case rival < 0:
			won = append(won, a)
		case won[rival].pin.Remote == a.pin.Remote, choice.cohort != nil && won[rival].pin.Remote.Name.Value == choice.choice.Remote.Value:
		default:
			v.contested(c, kind, won[rival], a)
		}
	}
	return won
}

func (v *resolver) contested(c *Cohort, kind string, a, b claim) {
	field := map[string]string{"route": "routes", "capability": "capabilities"}[kind]
	from := b.pin.From
	v.found.Add(c.Declared.Name.Value, from.Cohort.File.Fault(from.Pin.Remote, diag.Diagnostic{Rule: kind + "/contested",
		Message: fmt.Sprintf("%s and %s both take %s", a.pin.Remote.Name, b.pin.Remote.Name, diag.Quote(a.what.Value)),
		Notes: []diag.Note{a.pin.Remote.File.Note(a.what, a.pin.Remote.Name.Value+" takes it here"),
			b.pin.Remote.File.Note(b.what, b.pin.Remote.Name.Value+" takes it here")},
		Help: fmt.Sprintf("let %s say which one: %s: {%s: %s}", from.Cohort.Name, field, a.what.Value, a.pin.Remote.Name)}))
}

// checkChoice reports a choice of the cohort's own that picks a remote which does not ask for the path or place.
func (v *resolver) checkChoice(c *Cohort, kind string, choice chosenBy, all []claim) {
	picked := choice.choice.Remote.Value
	named := v.registry.Remote(picked) != nil // or reference/remote says so
	if choice.cohort != c.Declared || !named || !v.registry.Complete() || slices.ContainsFunc(all, func(a claim) bool { return a.pin.Remote.Name.Value == picked }) {
		return
	}
	for i := range c.Pins {
		if c.Pins[i].Remote.Name.Value == picked && len(c.Pins[i].Choices) == 0 {
			return // switched off for now
		}
	}
	var there []string
	for _, a := range all {
		there = append(there, a.pin.Remote.Name.Value)
	}
	help := "no remote of this cohort takes it: remove the choice"
	if len(there) > 0 {
		help = "it is taken by " + strings.Join(there, " and by ")
	}
	v.found.Add(c.Declared.Name.Value, c.Declared.File.Fault(choice.choice.Remote, diag.Diagnostic{Rule: kind + "/choice", Remote: picked,
		Message: fmt.Sprintf("%s does not take %s here", picked, diag.Quote(choice.choice.What.Value)), Help: help}))
}
