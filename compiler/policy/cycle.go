package policy

import (
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var cycleRule = Rule{
	Findings: []diag.Rule{{
		ID:       "cohort/extends-cycle",
		Summary:  "no cohort inherits from itself",
		Protects: "A pin that is inherited in a circle has no value.",
		Bad:      "# cohorts/canary.yaml\nextends: staff\n# cohorts/staff.yaml\nextends: canary",
		Good:     "# cohorts/canary.yaml\nextends: general\n# cohorts/staff.yaml\nextends: general",
	}, {
		ID:       "cohort/order-cycle",
		Summary:  "the promotion order has a beginning",
		Protects: "A release that must have been in staff before canary, and in canary before staff, can enter neither.",
		Bad:      "# cohorts/canary.yaml\nafter: [staff]\n# cohorts/staff.yaml\nafter: [canary]",
		Good:     "# cohorts/canary.yaml\nafter: [staff]",
	}},
	check: func(r *registry.Registry) diag.List {
		extends := cycles(r, "cohort/extends-cycle", "extends", func(c *registry.Cohort) []registry.Text {
			if c.Extends.IsZero() {
				return nil
			}
			return []registry.Text{c.Extends}
		})
		return append(extends, cycles(r, "cohort/order-cycle", "comes after", func(c *registry.Cohort) []registry.Text { return c.After })...)
	},
}

// cycles reports each circle once, at the edge that leaves its first cohort by name.
func cycles(r *registry.Registry, rule, verb string, edges func(*registry.Cohort) []registry.Text) (l diag.List) {
	done := map[string]bool{}
	var path []*registry.Cohort
	var walk func(c *registry.Cohort)
	walk = func(c *registry.Cohort) {
		if i := slices.Index(path, c); i >= 0 {
			l.Add(circle(path[i:], rule, verb, edges))
			return
		}
		if done[c.Name.Value] {
			return
		}
		path = append(path, c)
		for _, e := range edges(c) {
			if next := r.Cohort(e.Value); next != nil {
				walk(next)
			}
		}
		path = path[:len(path)-1]
		done[c.Name.Value] = true
	}
	for _, c := range r.Cohorts {
		walk(c)
	}
	return l
}

func circle(path []*registry.Cohort, rule, verb string, edges func(*registry.Cohort) []registry.Text) diag.Diagnostic {
	edge := func(i int) registry.Text {
		next := path[(i+1)%len(path)].Name.Value
		all := edges(path[i])
		return all[slices.IndexFunc(all, func(t registry.Text) bool { return t.Value == next })]
	}
	chain := []string{path[0].Name.Value}
	var notes []diag.Note
	for i := range path {
		chain = append(chain, path[(i+1)%len(path)].Name.Value)
		if i > 0 {
			notes = append(notes, path[i].File.Note(edge(i), path[i].Name.Value+" "+verb+" "+edge(i).Value+" here"))
		}
	}
	return cohortFault(path[0], edge(0), rule, "a circle: "+strings.Join(chain, " "+verb+" "), "remove one of the links", notes...)
}
