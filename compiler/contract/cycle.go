package contract

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// checkCycles reports remotes that use each other in a circle. Where many do, in more circles than anybody could read, they are
// one finding, with one of the shortest circles through the first of them.
func (m *meeting) checkCycles() {
	c := circles{meeting: m, order: map[*resolve.Pin]int{}, low: map[*resolve.Pin]int{}, group: map[*resolve.Pin]int{}}
	for _, p := range m.cohort.Pins {
		if c.order[p] == 0 {
			c.visit(p)
		}
		for s := range c.steps(p) {
			if s.to == p {
				c.selfish(s)
				break
			}
		}
	}
	for _, g := range c.groups {
		c.report(g)
	}
}

// circles finds the groups of remotes of which each uses each other, if through others, by Tarjan's algorithm.
type circles struct {
	*meeting
	order, low map[*resolve.Pin]int // when a remote was visited, from 1, and the earliest that it leads back to
	open       []*resolve.Pin       // visited, and in no group yet
	group      map[*resolve.Pin]int // from 1, 0 while open; those of one remote count too
	count      int
	groups     [][]*resolve.Pin // of more than one
}

// step is a consumer, where it says what it uses, and the provider.
type step struct {
	party
	consumed *registry.Consumed
	to       *resolve.Pin
}

// steps goes from a consumer to its providers.
func (m *meeting) steps(pin *resolve.Pin) iter.Seq[step] {
	return func(yield func(step) bool) {
		for i := range pin.Choices {
			r := pin.Choices[i].Release
			for j := range r.Consumes {
				if to := m.cohort.Pin(r.Consumes[j].Remote.Value); to != nil && !yield(step{party{pin, &pin.Choices[i]}, &r.Consumes[j], to}) {
					return
				}
			}
		}
	}
}

func (c *circles) visit(p *resolve.Pin) {
	c.order[p] = len(c.order) + 1
	c.low[p] = c.order[p]
	c.open = append(c.open, p)
	for s := range c.steps(p) {
		if c.order[s.to] == 0 {
			c.visit(s.to)
			c.low[p] = min(c.low[p], c.low[s.to])
		} else if c.group[s.to] == 0 {
			c.low[p] = min(c.low[p], c.order[s.to])
		}
	}
	if c.low[p] < c.order[p] {
		return
	}
	from := slices.Index(c.open, p)
	made := slices.Clone(c.open[from:])
	c.open = c.open[:from]
	c.count++
	for _, member := range made {
		c.group[member] = c.count
	}
	if len(made) > 1 {
		c.groups = append(c.groups, made)
	}
}

// circle is a shortest way from a remote back to itself.
func (c *circles) circle(first *resolve.Pin) (way []step) {
	came := map[*resolve.Pin]step{}
	for queue := []*resolve.Pin{first}; came[first].consumed == nil; queue = queue[1:] {
		for s := range c.steps(queue[0]) {
			if _, known := came[s.to]; !known && s.to != queue[0] && c.group[s.to] == c.group[first] {
				came[s.to] = s
				queue = append(queue, s.to)
			}
		}
	}
	for s := came[first]; ; s = came[s.pin] {
		way = append(way, s)
		if s.pin == first {
			slices.Reverse(way)
			return way
		}
	}
}

// longest is how many remotes of a circle are named.
const longest = 20

func (c *circles) report(group []*resolve.Pin) {
	circle := c.circle(slices.MinFunc(group, func(a, b *resolve.Pin) int { return strings.Compare(a.Remote.Name.Value, b.Remote.Name.Value) }))
	var names []string
	for _, s := range circle[:min(len(circle), longest)] {
		names = append(names, s.pin.Remote.Name.Value)
	}
	if len(circle) > longest {
		names = append(names, "and so on")
	}
	first := circle[0]
	way := strings.Join(append(names, first.pin.Remote.Name.Value), " uses ")
	d := diag.Diagnostic{Rule: "contract/cycle", Severity: diag.Warning, Notes: []diag.Note{first.note()}, Help: cure(group),
		Message: "these remotes use each other in a circle: " + way}
	if len(group) > len(circle) {
		d.Message = fmt.Sprintf("%d remotes use each other in circles, such as: %s", len(group), way)
	}
	for _, s := range circle[1:min(len(circle), longest)] {
		d.Notes = append(d.Notes, s.pin.Remote.File.Note(s.consumed.Remote, s.String()+" uses "+s.consumed.Remote.Value+" here"))
	}
	c.add(first.party, first.consumed.Remote, d)
}

// cure is what helps against a circle. Where the host is in it, what comes from the host is the trouble.
func cure(group []*resolve.Pin) string {
	if slices.ContainsFunc(group, func(p *resolve.Pin) bool { return p.Remote.Host }) {
		return "let the host hand over what they need as props, or move it into a remote that uses none of them"
	}
	return "let one of them take what it needs from the host, or through an event"
}

// selfish reports a remote that loads its own modules as if they were another's.
func (c *circles) selfish(s step) {
	c.add(s.party, s.consumed.Remote, diag.Diagnostic{Rule: "contract/cycle", Severity: diag.Warning, Notes: []diag.Note{s.note()},
		Message: s.pin.Remote.Name.Value + " uses its own modules through federation", Help: "import them directly, and leave it out of consumes"})
}
