package payload

import (
	"cmp"
	"fmt"
	"slices"
)

// arms weighs one alternative of a producer's objects, or lists, against all alternatives of the consumer's: none of them
// takes all of it, but they may do so together, as {kind: "a"} | {kind: "b"} takes {kind: "a" | "b"}.
type arms struct {
	*work
	consumer *set
	misses   [][]miss // by the consumer's alternatives: why each does not take all
	example  func(put ...assignment) (value, bool)
	sent     func(at coordinate) *set
	accepted func(j int, at coordinate) *set
	narrowed func(at coordinate, s *set, may func(j int) bool) gap // what decide says of the part that has s there, of some alternatives
}

func (a *arms) decide() gap {
	if a.exhausted() {
		return gap{finding: undecided}
	}
	if v, ok := a.refused(); ok {
		return gap{finding: found, value: v}
	}
	if a.covered() {
		return gap{}
	}
	if g, ok := a.split(); ok {
		return g
	}
	g := gap{finding: undecided, why: "can't tell whether each value fits one of " + short(a.consumer.text)}
	if len(a.misses) == 1 {
		for _, m := range a.misses[0] {
			if m.found.finding == undecided {
				return gap{finding: undecided, path: m.at.path() + m.found.path, why: m.found.why}
			}
		}
		if g.why = "can't make up an example of what is sent"; len(a.misses[0]) > 0 {
			g.path = a.misses[0][0].at.path()
		}
	}
	return g
}

// refused looks for an example that no alternative takes: one that has what a single alternative misses, or a miss for each.
func (a *arms) refused() (value, bool) {
	try := func(put ...assignment) (value, bool) {
		v, ok := a.example(put...)
		return v, ok && a.spend(a.consumer.breadth()+20*size(v)) && !a.consumer.contains(v)
	}
	if len(a.misses) == 0 {
		return try()
	}
	tried := map[string]bool{} // many alternatives miss the same
	for _, misses := range a.misses {
		for _, m := range misses {
			what := fmt.Sprint(m.at, encode(m.found.value, quoteJSON))
			if a.spend(30); m.found.finding != found || tried[what] {
				continue
			}
			tried[what] = true
			if v, ok := try(assignment{m.at, m.found.value}); ok {
				return v, true
			}
		}
	}
	if len(a.misses) == 1 {
		return nil, false
	}
	return try(a.jointly()...)
}

// jointly chooses a miss for each alternative, each in a part of its own.
func (a *arms) jointly() (put []assignment) {
	for j, misses := range a.misses {
		if slices.ContainsFunc(put, func(p assignment) bool { return !a.accepted(j, p.at).contains(p.value) }) {
			continue
		}
		for _, m := range misses {
			if p, ok := a.apart(m, put); ok {
				put = append(put, p)
				break
			}
		}
	}
	return put
}

// apart puts what was found at a miss where nothing is put yet: one of many parts can stand for another.
func (a *arms) apart(m miss, put []assignment) (assignment, bool) {
	p := assignment{m.at, m.found.value}
	taken := func() bool { return slices.ContainsFunc(put, func(q assignment) bool { return q.at == p.at }) }
	for n := 2; taken() && m.many && n < 2+len(put); n++ {
		if p.at = elementAt(m.at.index + n - 1); m.at.part == fieldPart {
			p.at = fieldNamed(fmt.Sprint(m.at.name, n))
		}
	}
	return p, m.found.finding == found && !taken() && a.sent(p.at).contains(p.value)
}

// covered reports whether some alternatives that miss nothing but one and the same part take it all together.
func (a *arms) covered() bool {
	for _, at := range a.missed() {
		var takers []*set
		for j, misses := range a.misses {
			if !slices.ContainsFunc(misses, func(m miss) bool { return m.many || m.at != at }) {
				takers = append(takers, a.accepted(j, at))
			}
		}
		if len(takers) > 1 && a.beyond(a.sent(at), a.either(takers)).finding == nowhere {
			return true
		}
	}
	return false
}

// missed is the parts in which any alternative misses something, but for those that stand for many.
func (a *arms) missed() (all []coordinate) {
	for _, misses := range a.misses {
		for _, m := range misses {
			if a.spend(1 + len(all)); !m.many && !slices.Contains(all, m.at) {
				all = append(all, m.at)
			}
		}
	}
	return all
}

// split takes the alternative apart in a part on which the consumer's alternatives differ, so that each piece fits one or
// fits none. ok is false if there is no such part.
func (a *arms) split() (g gap, ok bool) {
	if len(a.misses) < 2 {
		return g, false
	}
	for _, at := range a.missed() {
		pieces := a.pieces(a.sent(at), at)
		if len(pieces) < 2 {
			continue
		}
		for _, piece := range pieces {
			may := func(j int) bool { return a.meet(piece, a.accepted(j, at)) }
			if g.add(a.narrowed(at, piece, may)); g.finding == found {
				break
			}
		}
		return g, true
	}
	return g, false
}

// meet reports whether two sets may have a value in common. It is quick, and may be wrong if it says so.
func (w *work) meet(a, b *set) bool {
	w.spend(20 + len(a.texts.words)*(1+len(b.texts.forms)) + len(b.texts.words)*(1+len(a.texts.forms)))
	switch {
	case a.absent && b.absent, a.null && b.null, a.false && b.false, a.true && b.true, len(a.foreign)+len(b.foreign) > 0,
		len(a.lists) > 0 && len(b.lists) > 0, len(a.objects) > 0 && len(b.objects) > 0, len(a.texts.forms) > 0 && len(b.texts.forms) > 0:
		return true
	}
	return slices.ContainsFunc(a.texts.words, b.texts.contains) || slices.ContainsFunc(b.texts.words, a.texts.contains) ||
		!a.numbers.intersect(b.numbers).empty()
}

// breadth is about what it costs to look for a value in s.
func (s *set) breadth() int {
	n := 10
	for _, l := range s.lists {
		n += 10 + 4*len(l.prefix)
	}
	for _, o := range s.objects {
		n += 10 + 4*(len(o.fields)+len(o.patterns))
	}
	return n
}

// narrowed is o with a field that has another type.
func (o *objectArm) narrowed(name string, s *set) *objectArm {
	c := *o
	f := field{name, s, false}
	if s.absent {
		f = field{name, nothing, true}
	}
	i, found := slices.BinarySearchFunc(o.fields, f, func(f, g field) int { return cmp.Compare(f.name, g.name) })
	c.fields = slices.Clone(o.fields)
	if found {
		c.fields[i] = f
	} else {
		c.fields = slices.Insert(c.fields, i, f)
	}
	return &c
}

// pieces takes s apart: by kind, or else into what an alternative takes and what it does not take.
func (a *arms) pieces(s *set, at coordinate) []*set {
	kinds := s.kinds()
	if len(kinds) > 1 {
		return kinds
	}
	for j := range a.misses {
		other := a.accepted(j, at)
		in, out := &set{text: s.text}, &set{text: s.text}
		in.numbers, out.numbers = s.numbers.intersect(other.numbers), s.numbers.minus(other.numbers)
		if !s.texts.empty() {
			var ok bool
			if in.texts, out.texts, ok = a.work.split(s.texts, other.texts); !ok {
				continue
			}
		}
		if !a.vacant(in) && !a.vacant(out) && a.spend(10) {
			return []*set{in, out}
		}
	}
	return kinds
}

// kinds is s apart by kind, and by alternative.
func (s *set) kinds() (all []*set) {
	add := func(there bool, k set) {
		if there {
			k.text = s.text
			all = append(all, &k)
		}
	}
	add(s.absent, set{absent: true})
	add(s.null, set{null: true})
	add(s.false, set{false: true})
	add(s.true, set{true: true})
	add(!s.numbers.empty(), set{numbers: s.numbers})
	add(!s.texts.empty(), set{texts: s.texts})
	for _, l := range s.lists {
		add(true, set{lists: []*listArm{l}})
	}
	for _, o := range s.objects {
		add(true, set{objects: []*objectArm{o}})
	}
	for _, f := range s.foreign {
		add(true, set{foreign: []*foreign{f}})
	}
	return all
}
