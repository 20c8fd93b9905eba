package payload

import "slices"

// foreign is a part of a type that only CUE can evaluate, such as time.Time. What fits it is known in part: nothing outside
// upper does, and the examples do.
type foreign struct {
	id        string   // the same for what is the same; "" if it was put together
	conjuncts []string // the ids of what must all fit, sorted
	upper     *set     // without foreign parts at its top; it says nothing of what is within objects and lists, but for tests
	beside    *set     // what must fit as well, everything if there is no such thing
	tests     bool     // it only refuses: what stands beside it declares the fields
	closed    bool     // Type.Closed applies to it
	examples  []value
	why       string // a sentence without its subject
}

// known is s without its foreign parts.
func (s *set) known() *set {
	if len(s.foreign) == 0 {
		return s
	}
	c := *s
	c.foreign, c.state, c.example = nil, unseen, nil
	return &c
}

// upper holds all that is in s, and more if s has foreign parts.
func (w *work) upper(s *set) *set {
	all := []*set{s.known()}
	for _, f := range s.foreign {
		all = append(all, f.upper)
	}
	return w.either(all)
}

// outline is s without what it says of the insides of objects and lists: what stands beside it may declare more fields.
func (s *set) outline() *set {
	if s.any {
		return everything
	}
	c := &set{null: s.null, false: s.false, true: s.true, numbers: s.numbers, texts: s.texts}
	if len(s.lists) > 0 {
		c.lists = everything.lists
	}
	if len(s.objects) > 0 {
		c.objects = everything.objects
	}
	return c
}

// bothForeign is the foreign parts of what is in a and in b.
func (w *work) bothForeign(a, b *set) (all []*foreign) {
	if len(a.foreign)+len(b.foreign) == 0 {
		return nil
	}
	add := func(f *foreign) {
		if w.spend(50*(1+len(f.conjuncts))) && !w.vacant(f.upper) {
			all = append(all, f)
		}
	}
	for _, f := range a.foreign {
		add(w.bounded(f, b.known()))
		for _, g := range b.foreign {
			add(w.together(f, g))
		}
	}
	for _, g := range b.foreign {
		add(w.bounded(g, a.known()))
	}
	return all
}

// bounded is what is in f and in s.
func (w *work) bounded(f *foreign, s *set) *foreign {
	b := &foreign{conjuncts: f.conjuncts, beside: w.both(f.beside, s), tests: f.tests, closed: f.closed, why: f.why}
	if b.upper = w.both(f.upper, s.outline()); f.tests {
		b.upper = w.both(f.upper, s)
	}
	for _, v := range f.examples {
		if s.contains(v) {
			b.examples = append(b.examples, v)
		}
	}
	return b
}

// together is what is in f and in g.
func (w *work) together(f, g *foreign) *foreign {
	b := &foreign{conjuncts: slices.Concat(f.conjuncts, g.conjuncts), beside: w.both(f.beside, g.beside), tests: f.tests && g.tests,
		closed: f.closed || g.closed, why: f.why}
	slices.Sort(b.conjuncts)
	b.conjuncts = slices.Compact(b.conjuncts)
	if b.upper = w.both(f.upper.outline(), g.upper.outline()); b.tests {
		b.upper = w.both(f.upper, g.upper)
	}
	for _, v := range f.examples {
		if slices.ContainsFunc(g.examples, func(u value) bool { return same(u, v) }) {
			b.examples = append(b.examples, v)
		}
	}
	return b
}

func same(a, b value) bool { return encode(a, quoteJSON) == encode(b, quoteJSON) }

// beyondForeign is beyond for sets of which one has foreign parts. It finds only what is beyond all that the consumer's might
// take, and there is a proof only where the foreign parts do not matter or are the same.
func (w *work) beyondForeign(p, c *set) gap {
	sent, most := p.known(), w.upper(c)
	g := w.beyond(sent, most)
	if g.finding == found {
		return g
	}
	if len(c.foreign) > 0 {
		g = w.beyond(sent, c.known())
		if g.finding != nowhere {
			g = gap{finding: undecided, why: c.foreign[0].why}
		}
	}
	for _, f := range p.foreign {
		if w.takesForeign(c, f) {
			continue
		}
		for _, v := range f.examples {
			if w.spend(10*size(v)) && !most.contains(v) {
				return gap{finding: found, value: v}
			}
		}
		g.add(gap{finding: undecided, why: f.why})
	}
	return g
}

// takesForeign reports whether c is sure to take all that fits a foreign part.
func (w *work) takesForeign(c *set, f *foreign) bool {
	for _, g := range c.foreign {
		if f.id != "" && f.id == g.id {
			return true
		}
		apart := slices.ContainsFunc(g.conjuncts, func(id string) bool { return !slices.Contains(f.conjuncts, id) })
		if w.spend(10*(1+len(g.conjuncts))) && !apart && !g.closed && w.beyond(f.upper, g.beside).finding == nowhere {
			return true
		}
	}
	return w.beyond(f.upper, c.known()).finding == nowhere
}
