package payload

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// expr is a type as it was written, in the part of CUE that is compared.
type expr struct {
	op  op
	set *set // what fits

	cue      string  // plain: in CUE
	pkg      string  // plain: the package that it calls, if any
	parts    []*expr // either, both: the operands; list: the first elements
	rest     *expr   // list: the type behind "...", if there is one
	fields   []fieldExpr
	patterns []patternExpr
	open     bool // object: it says "..."
	closed   bool // object: it stands in close()
	foreign  bool // plain: only CUE can evaluate it
	barred   bool // plain: and CUE is not to
}

type op int

const (
	plain op = iota // a kind, a literal, a bound or a call
	either
	both
	tuple
	structure
)

type fieldExpr struct {
	name     string
	optional bool
	value    *expr
}

type patternExpr struct{ key, value *expr }

// shape is the set of an expression of which the parts are known.
func (w *work) shape(e *expr) *set {
	switch e.op {
	case either:
		return w.either(sets(e.parts))
	case both:
		s := everything
		for _, p := range e.parts {
			s = w.both(s, p.set)
		}
		return s
	case tuple:
		return w.tuple(e)
	case structure:
		return w.structure(e)
	}
	return e.set
}

func sets(parts []*expr) (all []*set) {
	for _, p := range parts {
		all = append(all, p.set)
	}
	return all
}

func (w *work) tuple(e *expr) *set {
	l := &listArm{prefix: sets(e.parts), min: len(e.parts), max: -1}
	for _, s := range l.prefix {
		if w.vacant(s) {
			return nothing
		}
	}
	if e.rest != nil {
		l.rest = e.rest.set
	}
	return &set{lists: []*listArm{w.trimmed(l)}}
}

func (w *work) structure(e *expr) *set {
	o := &objectArm{open: e.open}
	for _, p := range e.patterns {
		o.patterns = append(o.patterns, pattern{p.key.set.texts, p.key.set.texts.String(), p.value.set})
	}
	declared := map[string]field{}
	for _, f := range e.fields {
		w.spend(20)
		d, twice := declared[f.name]
		if twice {
			d.set, d.optional = w.both(d.set, f.value.set), d.optional && f.optional
		} else {
			d = field{f.name, w.both(f.value.set, w.matching(o.patterns, f.name)), f.optional}
		}
		declared[f.name] = d
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		o.fields = append(o.fields, declared[name])
	}
	if e.closed && !e.open {
		o.closures = []closure{o.closure()}
	}
	if o = w.possible(o); o == nil {
		return nothing
	}
	return &set{objects: []*objectArm{o}}
}

// closure is what close() lets pass of o's fields.
func (o *objectArm) closure() closure {
	c := closure{patterns: o.patterns}
	for _, f := range o.fields {
		c.names = append(c.names, f.name)
	}
	return c
}

// closed is s with the objects at its top closed, as close() does it, unless they say "...".
func (s *set) closed() *set {
	c := *s
	c.any = false
	c.objects = nil
	for _, o := range s.objects {
		if !o.open {
			sealed := *o
			sealed.closures = append(slices.Clone(o.closures), o.closure())
			o = &sealed
		}
		c.objects = append(c.objects, o)
	}
	c.foreign = nil
	for _, f := range s.foreign {
		sealed := *f
		if sealed.closed = !f.tests; f.tests {
			sealed.upper, sealed.beside = f.upper.closed(), f.beside.closed()
		}
		c.foreign = append(c.foreign, &sealed)
	}
	return &c
}

// join puts texts together as long as a message could show them.
func join(a, sign, b string) string {
	if a == "" || a == b {
		return b
	}
	if len(a) > maxShown {
		return a
	}
	return a + sign + b
}

// conjunct is the text of a type as an operand of &.
func conjunct(text string) string {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case c == '|' && depth == 0:
			return "(" + text + ")"
		}
	}
	return text
}

// maxShown is the characters of a type or a value that a message shows.
const maxShown = 80

// short is a text as a message shows it: on one line, and not too long.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= maxShown {
		return text
	}
	return string([]rune(text)[:maxShown-1]) + "…"
}
