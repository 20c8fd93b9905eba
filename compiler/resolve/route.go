package resolve

import (
	"cmp"
	"fmt"
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

func (v *resolver) routes(c *Cohort) {
	claims := make(map[policy.Route][]claim, len(c.Pins))
	for i := range c.Pins {
		p := &c.Pins[i]
		if len(p.Choices) == 0 {
			continue
		}
		for j, route := range v.parsed(p.Remote) {
			if route.Path != "" {
				claims[route] = append(claims[route], claim{p, p.Remote.Routes[j].Path, j})
			}
		}
	}
	chosen := map[policy.Route]chosenBy{}
	for _, from := range v.chain(c.Declared) {
		for _, choice := range from.Routes {
			if parsed, err := policy.ParseRoute(choice.What.Value); err == nil && chosen[parsed].cohort == nil {
				chosen[parsed] = chosenBy{from, choice}
			}
		}
	}
	c.Routes = make([]Route, 0, len(claims))
	for route, all := range claims {
		for _, won := range v.settle(c, "route", all, chosen[route]) {
			c.Routes = append(c.Routes, Route{route, won.pin, &won.pin.Remote.Routes[won.index]})
		}
	}
	for route, choice := range chosen {
		v.checkChoice(c, "route", choice, claims[route])
	}
	slices.SortFunc(c.Routes, compareRoutes)
}

// parsed are a remote's routes, parsed once; the zero Route stands for one that can't be read.
func (v *resolver) parsed(r *registry.Remote) []policy.Route {
	routes, ok := v.routesOf[r]
	if !ok {
		for _, route := range r.Routes {
			parsed, _ := policy.ParseRoute(route.Path.Value) // route/path has said so
			routes = append(routes, parsed)
		}
		v.routesOf[r] = routes
	}
	return routes
}

// compareRoutes puts the longest path first, counted in segments, and the exact "/" before the catch-all.
func compareRoutes(a, b Route) int {
	return cmp.Or(cmp.Compare(segments(b.Path), segments(a.Path)), cmp.Compare(exactFirst(a), exactFirst(b)),
		strings.Compare(a.Path, b.Path), strings.Compare(a.Pin.Remote.Name.Value, b.Pin.Remote.Name.Value))
}

func segments(path string) int {
	if path == "/" {
		return 0
	}
	return strings.Count(path, "/")
}

func exactFirst(r Route) int {
	if r.Prefix {
		return 1
	}
	return 0
}

func (v *resolver) capabilities(c *Cohort) {
	claims, chosen := map[string][]claim{}, map[string]chosenBy{}
	for i := range c.Pins {
		p := &c.Pins[i]
		for j, place := range p.Remote.Capabilities {
			if len(p.Choices) > 0 {
				claims[place.Place.Value] = append(claims[place.Place.Value], claim{p, place.Place, j})
			}
		}
	}
	for _, from := range v.chain(c.Declared) {
		for _, choice := range from.Capabilities {
			if chosen[choice.What.Value].cohort == nil {
				chosen[choice.What.Value] = chosenBy{from, choice}
			}
		}
	}
	c.Capabilities = make([]Capability, 0, len(claims))
	for place, all := range claims {
		for _, won := range v.settle(c, "capability", all, chosen[place]) {
			c.Capabilities = append(c.Capabilities, Capability{won.pin, &won.pin.Remote.Capabilities[won.index]})
		}
	}
	for place, choice := range chosen {
		v.checkChoice(c, "capability", choice, claims[place])
	}
	slices.SortFunc(c.Capabilities, func(a, b Capability) int {
		return cmp.Or(strings.Compare(a.Declared.Place.Value, b.Declared.Place.Value), strings.Compare(a.Pin.Remote.Name.Value, b.Pin.Remote.Name.Value))
	})
}

// chosenBy is a cohort's choice among several remotes; a nil cohort means none was made.
type chosenBy struct {
	cohort *registry.Cohort
	choice registry.Choice
}

// settle returns the claims that hold: in each host one, which the cohort's choice picks where there are several.
func (v *resolver) settle(c *Cohort, kind string, all []claim, choice chosenBy) (won []claim) {
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
