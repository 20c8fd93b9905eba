package payload

import (
	"math/big"
	"slices"
)

// set is the payloads that fit a type, apart by kind. What a type says of objects and lists is kept as alternatives, each
// without any further choice at its top: (A | B) & C is A & C or B & C. A set is not changed once it is made, but for its
// example, which is looked for before the type leaves Parse.
type set struct {
	any               bool // all payloads; the alternatives then say which fields a producer may declare
	absent            bool // also that there is none: only while a type is taken apart
	null, false, true bool
	numbers           numbers
	texts             texts
	lists             []*listArm
	objects           []*objectArm
	foreign           []*foreign

	text    string // the type as written, for messages
	state   state
	example value
}

// state is what is known of whether a set is empty.
type state int

const (
	unseen state = iota
	inhabited
	empty
	doubtful // the search for an example was given up
)

// everything is all payloads. Of objects and lists it says nothing, so what stands beside it decides alone.
var everything = &set{any: true, null: true, false: true, true: true, numbers: allNumbers, texts: allTexts, objects: []*objectArm{{open: true, free: true}},
	text: "_", state: inhabited}

// plain reports whether s is all payloads and says nothing of objects and lists, so that what stands beside it decides alone.
// {a: int} | _ says more: beside {v: int} it may send a.
func (s *set) plain() bool {
	return s.any && len(s.objects) == 1 && len(s.lists) == 1 && len(s.foreign) == 0
}

var nothing = &set{text: "nothing", state: empty}

func init() { everything.lists = []*listArm{{rest: everything, max: -1}} }

// work is what one Parse or Compare may still cost. A unit is some ten nanoseconds.
type work struct{ left int }

// spend reports whether there is enough left. When there is not, what is worked out is not to be believed.
func (w *work) spend(units int) bool {
	w.left -= units
	return w.left >= 0
}

func (w *work) exhausted() bool { return w.left < 0 }

// labelled is s under the text that a message shows for it.
func (s *set) labelled(text string) *set {
	if s.text == text {
		return s
	}
	c := *s
	c.text = text
	return &c
}

// both is what is in a and in b.
func (w *work) both(a, b *set) *set {
	switch {
	case a == b || b.plain() || !w.spend(20):
		return a
	case a.plain():
		return b
	}
	s := &set{any: a.any && b.any, null: a.null && b.null, false: a.false && b.false, true: a.true && b.true, text: join(conjunct(a.text), " & ", conjunct(b.text))}
	if w.spend(len(a.numbers.whole) + len(a.numbers.broken) + len(b.numbers.whole) + len(b.numbers.broken)) {
		s.numbers = a.numbers.intersect(b.numbers)
	}
	s.texts = w.intersectTexts(a.texts, b.texts)
	for _, x := range a.lists {
		for _, y := range b.lists {
			if m := w.bothLists(x, y); m != nil {
				s.lists = append(s.lists, m)
			}
		}
	}
	for _, x := range a.objects {
		for _, y := range b.objects {
			if m := w.bothObjects(x, y); m != nil {
				s.objects = append(s.objects, m)
			}
		}
	}
	s.foreign = w.bothForeign(a, b)
	return s
}

// either is what is in any of the parts.
func (w *work) either(parts []*set) *set {
	if len(parts) == 1 {
		return parts[0]
	}
	s := &set{}
	all := make([]numbers, len(parts))
	inTexts := make([]texts, len(parts))
	for i, p := range parts {
		w.spend(1)
		s.any, s.absent = s.any || p.any, s.absent || p.absent
		s.null, s.false, s.true = s.null || p.null, s.false || p.false, s.true || p.true
		s.addArms(p)
		all[i], inTexts[i] = p.numbers, p.texts
		s.text = join(s.text, " | ", p.text)
	}
	if s.any {
		c := *everything
		c.absent, c.lists, c.objects, c.foreign = s.absent, s.lists, s.objects, s.foreign
		return &c
	}
	s.numbers = unite(all)
	s.texts = w.uniteTexts(inTexts)
	return s
}

// addArms adds the alternatives of another set. Of those that say nothing, one is enough.
func (s *set) addArms(p *set) {
	s.foreign = append(s.foreign, p.foreign...)
	for _, l := range p.lists {
		if !l.free() || !slices.ContainsFunc(s.lists, (*listArm).free) {
			s.lists = append(s.lists, l)
		}
	}
	for _, o := range p.objects {
		if !o.free || !slices.ContainsFunc(s.objects, func(o *objectArm) bool { return o.free }) {
			s.objects = append(s.objects, o)
		}
	}
}

// sample is an example of s: a plain one of its first kind. ok is false if s is empty, or no example was found.
func (w *work) sample(s *set) (value, bool) {
	if s.state == unseen {
		s.example, s.state = w.look(s)
	}
	return s.example, s.state == inhabited
}

// vacant reports whether s is known to be empty.
func (w *work) vacant(s *set) bool {
	w.sample(s)
	return s.state == empty
}

func (w *work) look(s *set) (value, state) {
	switch {
	case s.true || s.false:
		return s.true, inhabited
	case !s.numbers.empty():
		return s.numbers.pick(), inhabited
	}
	result := empty
	if !s.texts.empty() {
		text, got := w.find([]texts{s.texts}, nil)
		if got == found {
			return text, inhabited
		}
		if got == undecided {
			result = doubtful
		}
	}
	for _, f := range s.foreign {
		if len(f.examples) > 0 {
			return f.examples[0], inhabited
		}
		if v, ok := w.sample(f.upper); ok && f.tests { // which CUE may refuse: then it confirms no witness
			return v, inhabited
		}
		result = doubtful
	}
	for _, l := range s.lists {
		if v, ok := w.listOf(l); ok {
			return v, inhabited
		}
		result = doubtful
	}
	for _, o := range s.objects {
		if v, ok := w.objectOf(o); ok {
			return v, inhabited
		}
		result = doubtful
	}
	if s.null {
		return nil, inhabited
	}
	return nil, result
}

// reading is how fields are taken that a type does not name.
type reading int

const (
	asConsumer reading = iota // they do no harm
	asProducer                // they are not sent, but for "..." and patterns that match
)

// contains reports whether a consumer takes v, or may take it if that is for CUE to say.
func (s *set) contains(v value) bool { return s.holds(v, asConsumer) }

// holds reports whether v is, or may be, in s as it is read.
func (s *set) holds(v value, how reading) bool {
	return s.knows(v, how) || v != value(absent{}) && slices.ContainsFunc(s.foreign, func(f *foreign) bool { return f.upper.knows(v, how) })
}

func (s *set) knows(v value, how reading) bool {
	switch v := v.(type) {
	case absent:
		return s.absent
	case nil:
		return s.null
	case bool:
		return v && s.true || !v && s.false
	case *big.Rat:
		return s.numbers.contains(v)
	case string:
		return s.texts.contains(v)
	case list:
		return s.any || slices.ContainsFunc(s.lists, func(l *listArm) bool { return l.holds(v, how) })
	case object:
		return s.any || slices.ContainsFunc(s.objects, func(o *objectArm) bool { return o.holds(v, how) })
	}
	return false
}
