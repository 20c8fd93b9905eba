package contract

import (
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// checkCycles reports remotes that use each other in a circle.
func (m *meeting) checkCycles() {
	c := circles{meeting: m, done: map[*resolve.Pin]bool{}}
	for i := range m.cohort.Pins {
		c.visit(&m.cohort.Pins[i])
	}
}

// circles walks from consumers to providers.
type circles struct {
	*meeting
	way  []step // that the walk has come
	done map[*resolve.Pin]bool
}

// step is a consumer, and where it says what it uses.
type step struct {
	party
	consumed *registry.Consumed
}

func (c *circles) visit(pin *resolve.Pin) {
	if c.done[pin] {
		return
	}
	if from := slices.IndexFunc(c.way, func(s step) bool { return s.pin == pin }); from >= 0 {
		c.report(c.way[from:])
		return
	}
	for i := range pin.Choices {
		r := pin.Choices[i].Release
		for j := range r.Consumes {
			if next := c.pins[r.Consumes[j].Remote.Value]; next != nil {
				c.way = append(c.way, step{party{pin, &pin.Choices[i]}, &r.Consumes[j]})
				c.visit(next)
				c.way = c.way[:len(c.way)-1]
			}
		}
	}
	c.done[pin] = true
}

// longest is how many remotes of a circle are named.
const longest = 20

func (c *circles) report(circle []step) {
	var names []string
	for _, s := range circle[:min(len(circle), longest)] {
		names = append(names, s.pin.Remote.Name.Value)
	}
	if len(circle) > longest {
		names = append(names, "and so on")
	}
	first := circle[0]
	d := diag.Diagnostic{Rule: "contract/cycle", Severity: diag.Warning, Notes: []diag.Note{first.note()},
		Message: "these remotes use each other in a circle: " + strings.Join(append(names, first.pin.Remote.Name.Value), " uses "),
		Help:    "let one of them take what it needs from the host, or through an event"}
	for _, s := range circle[1:min(len(circle), longest)] {
		d.Notes = append(d.Notes, s.pin.Remote.File.Note(s.consumed.Remote, s.String()+" uses "+s.consumed.Remote.Value+" here"))
	}
	c.add(first.party, first.consumed.Remote, d)
}
