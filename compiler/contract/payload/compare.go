package payload

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// gap is how far one set reaches beyond another.
type gap struct {
	finding
	value value  // found: in the one and not in the other
	path  string // undecided: where
	why   string // undecided: a sentence
}

// coordinate is one of the parts that an object or a list is made of.
type coordinate struct {
	part  part
	name  string // of a field
	index int    // of an element
}

type part int

const (
	fieldPart part = iota
	elementPart
	lengthPart // of a list: a number
	otherPart  // fields that no type names
)

func fieldNamed(name string) coordinate { return coordinate{part: fieldPart, name: name} }
func elementAt(index int) coordinate    { return coordinate{part: elementPart, index: index} }

func (c coordinate) path() string {
	switch c.part {
	case fieldPart:
		return fieldStep(c.name)
	case elementPart:
		return fmt.Sprintf("[%d]", c.index)
	}
	return ""
}

// assignment puts a value into a place of an example: absent leaves a field out, and a length is a number.
type assignment struct {
	at    coordinate
	value value
}

// miss is a part in which an arm of the producer reaches beyond an arm of the consumer.
type miss struct {
	at    coordinate
	many  bool // at is one of many such parts
	found gap
}

// beyond finds a payload that is in p and not in c. Where none is found, "nowhere" is a proof that there is none.
func (w *work) beyond(p, c *set) gap {
	if !w.spend(1) || c.any && (c.absent || !p.absent) || p == c {
		return gap{}
	}
	if !c.any && len(p.foreign)+len(c.foreign) > 0 {
		return w.beyondForeign(p, c)
	}
	switch {
	case p.absent && !c.absent:
		return gap{finding: found, value: absent{}}
	case c.any:
		return gap{}
	case p.null && !c.null:
		return gap{finding: found, value: nil}
	case p.false && !c.false:
		return gap{finding: found, value: false}
	case p.true && !c.true:
		return gap{finding: found, value: true}
	}
	w.spend(len(p.numbers.whole) + len(p.numbers.broken) + len(c.numbers.whole) + len(c.numbers.broken))
	if !p.numbers.subset(c.numbers) {
		return gap{finding: found, value: p.numbers.minus(c.numbers).pick()}
	}
	text, result := w.lacking(p.texts, c.texts)
	if result == found {
		return gap{finding: found, value: text}
	}
	g := gap{finding: result}
	if result == undecided {
		g.why = fmt.Sprintf("can't tell whether each text that fits %s also fits %s", short(p.text), short(c.text))
	}
	for i := 0; i < len(p.lists) && g.finding != found; i++ {
		g.add(w.beyondLists(p.lists[i], c))
	}
	for i := 0; i < len(p.objects) && g.finding != found; i++ {
		g.add(w.beyondObjects(p.objects[i], c))
	}
	return g
}

// add takes the more telling of two gaps.
func (g *gap) add(other gap) {
	if other.finding > g.finding {
		*g = other
	}
}

func (w *work) beyondLists(p *listArm, c *set) gap {
	misses := make([][]miss, len(c.lists))
	for j, l := range c.lists {
		if misses[j] = w.listMisses(p, l); len(misses[j]) == 0 && w.spend(10) {
			return gap{}
		}
	}
	a := arms{work: w, consumer: c, misses: misses}
	a.example = func(put ...assignment) (value, bool) { return w.listOf(p, put...) }
	a.sent = func(at coordinate) *set { return p.part(at) }
	a.accepted = func(j int, at coordinate) *set { return c.lists[j].part(at) }
	a.narrowed = func(at coordinate, s *set, may func(j int) bool) (g gap) {
		some := *c
		some.lists = chosen(c.lists, may)
		for _, l := range p.narrowed(at, s) {
			g.add(w.beyondLists(l, &some))
		}
		return g
	}
	return a.decide()
}

// part is the set of what may be at a coordinate.
func (l *listArm) part(at coordinate) *set {
	if at.part == lengthPart {
		s := span{lo: big.NewRat(int64(l.min), 1)}
		if l.max >= 0 {
			s.hi = big.NewRat(int64(l.max), 1)
		}
		return &set{numbers: numbers{whole: []span{s}}}
	}
	if s := l.at(at.index); s != nil {
		return s
	}
	return nothing
}

// narrowed is l with something else at a coordinate; a length may fall into several spans.
func (l *listArm) narrowed(at coordinate, s *set) (all []*listArm) {
	if at.part != lengthPart {
		c := *l
		c.prefix = slices.Clone(l.prefix)
		for len(c.prefix) <= at.index {
			c.prefix = append(c.prefix, l.rest)
		}
		c.prefix[at.index] = s
		return []*listArm{&c}
	}
	for _, span := range s.numbers.whole {
		c := *l
		c.min, c.max = int(span.lo.Num().Int64()), -1
		if span.hi != nil {
			c.max = int(span.hi.Num().Int64())
		}
		all = append(all, &c)
	}
	return all
}

// listMisses is where p reaches beyond c.
func (w *work) listMisses(p, c *listArm) (all []miss) {
	length := coordinate{part: lengthPart}
	if p.min < c.min || c.max >= 0 && (p.max < 0 || p.max > c.max) {
		all = append(all, miss{at: length, found: w.beyond(p.part(length), c.part(length))})
	}
	fixed := max(len(p.prefix), len(c.prefix))
	for i := 0; i <= fixed && (p.max < 0 || i < p.max); i++ {
		have, want := p.at(i), c.at(i)
		if want == nil {
			break // too long for c anyway
		}
		if g := w.beyond(have, want); g.finding != nowhere {
			all = append(all, miss{at: elementAt(i), many: i >= p.min || i == fixed, found: g})
		}
	}
	return all
}

func (w *work) beyondObjects(p *objectArm, c *set) gap {
	misses := make([][]miss, len(c.objects))
	for j, o := range c.objects {
		if misses[j] = w.objectMisses(p, o); len(misses[j]) == 0 && w.spend(10) {
			return gap{}
		}
	}
	a := arms{work: w, consumer: c, misses: misses}
	a.example = func(put ...assignment) (value, bool) { return w.objectOf(p, put...) }
	a.sent = func(at coordinate) *set { return optionally(w.sent(p, at.name), p.field(at.name)) }
	a.accepted = func(j int, at coordinate) *set {
		return optionally(w.accepted(c.objects[j], at.name), c.objects[j].field(at.name))
	}
	a.narrowed = func(at coordinate, s *set, may func(j int) bool) gap {
		some := *c
		some.objects = chosen(c.objects, may)
		return w.beyondObjects(p.narrowed(at.name, s), &some)
	}
	return a.decide()
}

// chosen is some of the alternatives.
func chosen[T any](all []*T, may func(j int) bool) (some []*T) {
	for j, a := range all {
		if may(j) {
			some = append(some, a)
		}
	}
	return some
}

// optionally is s, or that there is no field.
func optionally(s *set, f *field) *set {
	if f != nil && !f.optional {
		return s
	}
	with := *s
	with.absent = true
	return &with
}

// objectMisses is where p reaches beyond c.
func (w *work) objectMisses(p, c *objectArm) (all []miss) {
	check := func(name string, have, want *set) {
		if want == everything || w.vacant(have) {
			return
		}
		if g := w.beyond(have, want); g.finding != nowhere {
			all = append(all, miss{at: fieldNamed(name), found: g})
		}
	}
	missing := func(name string) {
		all = append(all, miss{at: fieldNamed(name), found: gap{finding: found, value: absent{}}})
	}
	alongside(p.fields, c.fields, func(have, want *field) {
		if want != nil && !want.optional && (have == nil || have.optional) {
			missing(want.name)
		}
		switch {
		case want == nil:
			check(have.name, have.set, w.accepted(c, have.name))
		case have == nil:
			check(want.name, w.sent(p, want.name), want.set)
		default:
			check(have.name, have.set, want.set)
		}
	})
	if (p.open || len(p.patterns) > 0) && len(c.patterns)+len(c.closures) > 0 {
		all = append(all, w.otherMisses(p, c)...)
	}
	return all
}

// maxPatterns bounds the patterns of two objects that are weighed against each other: n of them tell apart 2ⁿ kinds of names.
const maxPatterns = 5

// otherMisses is where p reaches beyond c in fields that neither names: for each choice of patterns, the names that match
// exactly these have one type on either side.
func (w *work) otherMisses(p, c *objectArm) (all []miss) {
	doubt := func(why string) {
		all = append(all, miss{at: coordinate{part: otherPart}, many: true, found: gap{finding: undecided, why: why}})
	}
	keys := distinct(p, c)
	if len(keys) > maxPatterns {
		doubt(fmt.Sprintf("can't compare more than %d patterns for names", maxPatterns))
		return all
	}
	named := texts{words: names(p, c)}
	for choice := range 1 << len(keys) {
		in, out := []texts{}, []texts{named}
		for i, k := range keys {
			if choice>>i&1 == 1 {
				in = append(in, k.keys)
			} else {
				out = append(out, k.keys)
			}
		}
		if len(in) == 0 && !p.open {
			continue
		}
		name, result := w.anyName(in, out)
		if result == undecided {
			doubt("can't tell whether any field's name matches some patterns and not others")
		}
		if have := w.sent(p, name); result == found && !w.vacant(have) {
			if g := w.beyond(have, w.accepted(c, name)); g.finding != nowhere {
				all = append(all, miss{at: fieldNamed(name), many: true, found: g})
			}
		}
	}
	return all
}

// anyName is a name that is in each of some sets and in none of others, if possible one that can be seen.
func (w *work) anyName(in, out []texts) (string, finding) {
	name, result := w.find(append(in, texts{forms: []form{{min: 1, max: -1}}}), out, "other", "another", "x-other")
	if result == nowhere {
		name, result = w.find(in, out)
	}
	return name, result
}

// distinct is the patterns of both, each once.
func distinct(p, c *objectArm) (all []pattern) {
	add := func(patterns []pattern) {
		for _, k := range patterns {
			if !slices.ContainsFunc(all, func(q pattern) bool { return q.id == k.id }) {
				all = append(all, k)
			}
		}
	}
	for _, o := range []*objectArm{p, c} {
		add(o.patterns)
		for _, l := range o.closures {
			add(l.patterns)
		}
	}
	return all
}

// names is the fields that either names.
func names(p, c *objectArm) (all []string) {
	for _, o := range []*objectArm{p, c} {
		for _, f := range o.fields {
			all = append(all, f.name)
		}
		for _, l := range o.closures {
			all = append(all, l.names...)
		}
	}
	return words(all...).words
}

// fieldStep is a step of a path down to a field.
func fieldStep(name string) string {
	plain := func(r rune) bool {
		return r == '_' || r == '$' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if name == "" || strings.IndexFunc(name, func(r rune) bool { return !plain(r) }) >= 0 || name[0] >= '0' && name[0] <= '9' {
		return "[" + quoteJSON(name) + "]"
	}
	return "." + name
}
