package payload

import (
	"slices"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
)

// maxConfirm bounds what CUE is asked: the parts of the types times the values of the payload.
const maxConfirm = 100_000

// confirmed reports whether CUE, too, finds that the producer allows v and the consumer refuses it, though the consumer does
// accept another payload.
//
// CUE is asked about the types as they were written, but for this. A field is required unless it has a "?", as {a: 1} would
// otherwise fill in what the payload lacks. Numbers are written as JSON would. A choice of the consumer's, A | B, is written as
// matchN(>=1, [A, B]): CUE takes a choice of which more than one arm fits for unfinished, and an arm of which required fields
// are missing for one that fits. Of each of the producer's choices the arm is taken that fits the payload; what is left is a
// part of what the producer allows. That no field is sent that is not declared is asked apart, of a definition that holds the
// fields alone: a definition that is [...{a: int}] & list.MaxItems(3), or close({a: {b: int}}), does not close what is within.
func confirmed(producer, consumer Type, v value) bool {
	sent, example := producer.expr.chosen(v), consumer.set.example
	if sent == nil || sent.unasked() || consumer.expr.unasked() || consumer.set.state != inhabited || (sent.size()+consumer.expr.size())*(size(v)+size(example)) > maxConfirm {
		return false
	}
	ctx := cuecontext.New(cuecontext.CUE_DEBUG("opendef=0"))
	payload, control := ctx.CompileString(encode(v, quoteCUE)), ctx.CompileString(encode(example, quoteCUE))
	if !asked(ctx, sent, "T").fits(payload) || !asked(ctx, sent.within(), "#T").fits(payload) {
		return false
	}
	if !consumer.closed {
		t := asked(ctx, consumer.expr, "T")
		return !t.fits(payload) && t.fits(control)
	}
	sound := false
	for _, arm := range consumer.expr.alternatives() {
		t, names := asked(ctx, arm, "T"), asked(ctx, arm.declared(func(*expr) *expr { return anything }), "#T")
		if t.fits(payload) && names.fits(payload) {
			return false
		}
		sound = sound || t.fits(control) && names.fits(control)
	}
	return sound
}

// question is a type as CUE has it.
type question struct{ cue.Value }

// asked gives a type to CUE under a name: as a definition, if it begins with #.
func asked(ctx *cue.Context, e *expr, name string) question {
	return question{ctx.CompileString(source(name, e), cue.InferBuiltins(true)).LookupPath(cue.ParsePath(name))}
}

func (q question) fits(payload cue.Value) bool {
	return q.Unify(payload).Validate(cue.Concrete(true)) == nil
}

// chosen is the part of e that v fits, without any choice: of each choice the first arm that v fits as a producer sends it,
// or else, as another conjunct may declare the fields that are left, the first that it fits at all. It is nil if there is none.
func (e *expr) chosen(v value) *expr {
	switch e.op {
	case either:
		for _, how := range []reading{asProducer, asConsumer} {
			for _, p := range e.parts {
				if !p.set.holds(v, how) {
					continue
				}
				if c := p.chosen(v); c != nil {
					return c
				}
			}
		}
		return nil
	case both:
		return e.chosenTogether(v)
	case tuple:
		l, ok := v.(list)
		if !ok {
			return nil
		}
		return e.chosenList(l)
	case structure:
		o, ok := v.(object)
		if !ok {
			return nil
		}
		return e.chosenObject(o)
	}
	return e
}

// chosenTogether chooses for conjuncts: together they declare the fields of v.
func (e *expr) chosenTogether(v value) *expr {
	together := e
	for _, a := range e.alternatives() {
		if s := (&work{parseWork}).shape(a); s.holds(v, asProducer) {
			together = a
			break
		}
	}
	c := &expr{op: both}
	for _, p := range together.parts {
		part := p.chosen(v)
		if part == nil {
			return nil
		}
		c.parts = append(c.parts, part)
	}
	return c
}

func (e *expr) chosenList(v list) *expr {
	if len(v) < len(e.parts) || len(v) > len(e.parts) && e.rest == nil {
		return nil
	}
	c := &expr{op: tuple}
	for i, element := range v {
		t := e.rest
		if i < len(e.parts) {
			t = e.parts[i]
		}
		p := t.chosen(element)
		if p == nil {
			return nil
		}
		c.parts = append(c.parts, p)
	}
	return c
}

func (e *expr) chosenObject(v object) *expr {
	c := &expr{op: structure, open: e.open, closed: e.closed}
	for _, f := range e.fields {
		element, there := v.get(f.name)
		value := anything
		if there {
			value = f.value.chosen(element)
		}
		if value == nil || !there && !f.optional {
			return nil
		}
		c.fields = append(c.fields, fieldExpr{f.name, f.optional, value})
	}
	for _, p := range e.patterns {
		c.patterns = append(c.patterns, patternExpr{p.key, anything})
		for _, m := range v {
			if !p.key.set.texts.contains(m.name) {
				continue
			}
			value := p.value.chosen(m.value)
			if value == nil {
				return nil
			}
			c.fields = append(c.fields, fieldExpr{m.name, true, value})
		}
	}
	return c
}

var anything = &expr{cue: "_", set: everything}

// maxAlternatives bounds how often CUE is asked about one type.
const maxAlternatives = 64

// alternatives is e without a choice at its top; the choices within stay. There are none if there were too many.
func (e *expr) alternatives() (all []*expr) {
	switch e.op {
	case either:
		for _, p := range e.parts {
			all = append(all, p.alternatives()...)
		}
	case both:
		all = []*expr{{op: both}}
		for _, p := range e.parts {
			var longer []*expr
			for _, a := range all {
				for _, b := range p.alternatives() {
					longer = append(longer, &expr{op: both, parts: slices.Concat(a.parts, b.conjuncts())})
				}
			}
			if all = longer; len(all) > maxAlternatives {
				return nil
			}
		}
	default:
		return []*expr{e}
	}
	if len(all) > maxAlternatives {
		return nil
	}
	return all
}

func (e *expr) conjuncts() []*expr {
	if e.op == both {
		return e.parts
	}
	return []*expr{e}
}

// declared is what e, which has no choices, says of the names of fields at its top, and below what it is told to keep.
func (e *expr) declared(below func(*expr) *expr) *expr {
	c := &expr{op: e.op, open: e.open}
	switch e.op {
	case plain, either:
		if e.foreign {
			return e // it may name fields
		}
		return anything
	case both:
		for _, p := range e.parts {
			if d := p.declared(below); d != anything {
				c.parts = append(c.parts, d)
			}
		}
		if len(c.parts) == 0 {
			return anything
		}
	case tuple:
		for _, p := range e.parts {
			c.parts = append(c.parts, below(p))
		}
		if e.rest != nil {
			c.rest = below(e.rest)
		}
	case structure:
		for _, f := range e.fields {
			c.fields = append(c.fields, fieldExpr{f.name, f.optional, below(f.value)})
		}
		for _, p := range e.patterns {
			c.patterns = append(c.patterns, patternExpr{p.key, below(p.value)})
		}
	}
	return c
}

// within is what e says of the names of fields, all the way down.
func (e *expr) within() *expr { return e.declared((*expr).within) }
