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
	Remote   *registry.Remote
	Expose   registry.Text // zero for pages and frames
	Hosts    []string      // the hosts in which it holds; nil: the cohort pins no host
	Declared registry.Text // the path, where the remote declares it
}

// Capability is a place and the remote that fills it.
type Capability struct {
	Remote   *registry.Remote
	Expose   registry.Text
	Hosts    []string
	Declared registry.Text
}

// claim is a remote that asks for a path or a place.
type claim struct {
	pin    *Pin
	what   registry.Text
	expose registry.Text
}

// overlap reports whether some host would see both claims.
func (a claim) overlap(b claim) bool {
	if len(a.pin.Hosts) == 0 && len(b.pin.Hosts) == 0 {
		return true
	}
	return slices.ContainsFunc(a.pin.Hosts, func(h string) bool { return slices.Contains(b.pin.Hosts, h) })
}

func (v *resolver) routes(c *Cohort) {
	claims := map[policy.Route][]claim{}
	for i := range c.Pins {
		p := &c.Pins[i]
		for _, route := range p.Remote.Routes {
			if parsed, err := policy.ParseRoute(route.Path.Value); err == nil && len(p.Choices) > 0 {
				claims[parsed] = append(claims[parsed], claim{p, route.Path, route.Expose})
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
	for route, all := range claims {
		for _, won := range v.settle(c, "route", all, chosen[route]) {
			c.Routes = append(c.Routes, Route{route, won.pin.Remote, won.expose, won.pin.Hosts, won.what})
		}
	}
	for route, choice := range chosen {
		v.checkChoice(c, "route", choice, claims[route])
	}
	slices.SortFunc(c.Routes, compareRoutes)
}

// compareRoutes puts the longest path first, counted in segments, and the exact "/" before the catch-all.
func compareRoutes(a, b Route) int {
	return cmp.Or(cmp.Compare(segments(b.Path), segments(a.Path)), cmp.Compare(exactFirst(a), exactFirst(b)),
		strings.Compare(a.Path, b.Path), strings.Compare(a.Remote.Name.Value, b.Remote.Name.Value))
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
		for _, place := range p.Remote.Capabilities {
			if len(p.Choices) > 0 {
				claims[place.Place.Value] = append(claims[place.Place.Value], claim{p, place.Place, place.Expose})
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
	for place, all := range claims {
		for _, won := range v.settle(c, "capability", all, chosen[place]) {
			c.Capabilities = append(c.Capabilities, Capability{won.pin.Remote, won.expose, won.pin.Hosts, won.what})
		}
	}
	for place, choice := range chosen {
		v.checkChoice(c, "capability", choice, claims[place])
	}
	slices.SortFunc(c.Capabilities, func(a, b Capability) int {
		return cmp.Or(strings.Compare(a.Declared.Value, b.Declared.Value), strings.Compare(a.Remote.Name.Value, b.Remote.Name.Value))
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
	v.found.add(c.Declared, c.Declared.File.Fault(c.Declared.Name, diag.Diagnostic{Rule: kind + "/contested",
		Message: fmt.Sprintf("%s and %s both take %s in %s", a.pin.Remote.Name, b.pin.Remote.Name, diag.Quote(a.what.Value), c.Declared.Name),
		Notes: []diag.Note{a.pin.Remote.File.Note(a.what, a.pin.Remote.Name.Value+" takes it here"),
			b.pin.Remote.File.Note(b.what, b.pin.Remote.Name.Value+" takes it here")},
		Help: fmt.Sprintf("say which one: %s: {%s: %s}", field, a.what.Value, a.pin.Remote.Name)}))
}

// checkChoice reports a choice of the cohort's own that picks a remote which does not ask for the path or place.
func (v *resolver) checkChoice(c *Cohort, kind string, choice chosenBy, all []claim) {
	picked := choice.choice.Remote.Value
	if choice.cohort != c.Declared || slices.ContainsFunc(all, func(a claim) bool { return a.pin.Remote.Name.Value == picked }) {
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
		help = "choose among " + strings.Join(there, ", ")
	}
	v.found.add(c.Declared, c.Declared.File.Fault(choice.choice.Remote, diag.Diagnostic{Rule: kind + "/choice", Remote: picked,
		Message: fmt.Sprintf("%s does not take %s in %s", picked, diag.Quote(choice.choice.What.Value), c.Declared.Name), Help: help}))
}
