package payload

import (
	"slices"
	"sync"

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
	sent, example := producer.expr.sending(v), consumer.set.example
	if sent == nil || sent.unasked() || consumer.expr.unasked() || consumer.set.state != inhabited ||
		(sent.size()+consumer.expr.size())*(size(v)+size(example)) > maxConfirm {
		return false
	}
	w := witnesses.Get().(*witness)
	defer witnesses.Put(w)
	sends, takes := question{sent, sender}, question{consumer.expr, taker}
	if consumer.closed {
		takes.role = closedTaker
	}
	return w.fits(sends, v) && !w.fits(takes, v) && w.fits(takes, example)
}

// witness is CUE, that confirms what muster found. It keeps what it was asked, as the same types meet many others: that takes
// a fifth of the time (BenchmarkMany).
type witness struct {
	ctx     *cue.Context
	types   map[question][][]cue.Value // a payload fits if it fits all values of an arm
	values  map[string]cue.Value       // payloads, as they are written
	answers map[occasion]bool
	parts   map[string]answer
}

// witnesses is those that nobody talks to.
var witnesses = sync.Pool{New: func() any { return new(witness) }}

// maxAnswers is after how many answers a witness forgets everything: CUE keeps all that it was ever given.
const maxAnswers = 1000

// question is whether a payload fits a type as somebody sends or takes it.
type question struct {
	e *expr
	role
}

type role int

const (
	sender role = iota
	taker
	closedTaker
)

type occasion struct {
	question
	payload string
}

func (w *witness) fits(q question, v value) bool {
	w.renew()
	o := occasion{q, encode(v, quoteCUE)}
	answer, known := w.answers[o]
	if !known {
		payload, met := w.values[o.payload]
		if !met {
			payload = w.ctx.CompileString(o.payload)
			w.values[o.payload] = payload
		}
		answer = slices.ContainsFunc(w.arms(q), func(arm []cue.Value) bool {
			return !slices.ContainsFunc(arm, func(t cue.Value) bool { return !fits(t, payload) })
		})
		w.answers[o] = answer
	}
	return answer
}

// renew has a witness that knows too much forget everything.
func (w *witness) renew() {
	if w.ctx == nil || len(w.answers)+len(w.parts) >= maxAnswers {
		*w = witness{cuecontext.New(cuecontext.CUE_DEBUG("opendef=0")), map[question][][]cue.Value{}, map[string]cue.Value{}, map[occasion]bool{},
			map[string]answer{}}
	}
}

func fits(t, payload cue.Value) bool { return t.Unify(payload).Validate(cue.Concrete(true)) == nil }

// arms gives a type to CUE.
func (w *witness) arms(q question) [][]cue.Value {
	all, known := w.types[q]
	if known {
		return all
	}
	switch q.role {
	case sender:
		all = [][]cue.Value{{w.compile(q.e, "T"), w.compile(q.e.within(), "#T")}}
	case taker:
		all = [][]cue.Value{{w.compile(q.e, "T")}}
	case closedTaker:
		for _, arm := range q.e.alternatives() {
			names := arm.declared(func(*expr) *expr { return anything })
			all = append(all, []cue.Value{w.compile(arm, "T"), w.compile(names, "#T")})
		}
	}
	w.types[q] = all
	return all
}

// compile gives a type to CUE under a name: as a definition, if it begins with #.
func (w *witness) compile(e *expr, name string) cue.Value {
	return w.ctx.CompileString(source(name, e), cue.InferBuiltins(true)).LookupPath(cue.ParsePath(name))
}

// sending is the part of e that v fits, all of it if there is no choice in it.
func (e *expr) sending(v value) *expr {
	if e.choice() {
		return e.chosen(v)
	}
	return e
}

// choice reports whether there is a choice anywhere in e.
func (e *expr) choice() bool {
	is := e.op == either
	e.children(func(p *expr) { is = is || p.choice() })
	return is
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
		if e.foreign && !e.set.foreign[0].tests {
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
