package payload

import (
	"slices"
	"strings"
)

// objectArm is one alternative of what an object may be.
type objectArm struct {
	fields   []field // by name; their types include those of the patterns that match the name
	patterns []pattern
	open     bool      // "...": a producer may send more
	free     bool      // any object, from a type that says nothing of fields: _ or !=null
	closures []closure // from close()
}

type field struct {
	name     string
	set      *set
	optional bool
}

// pattern is [=~"^x"]: T.
type pattern struct {
	keys texts
	id   string // the same for the same keys
	set  *set
}

// closure is the fields that one close() lets pass.
type closure struct {
	names    []string // sorted
	patterns []pattern
}

func (c closure) admits(name string) bool {
	if _, found := slices.BinarySearch(c.names, name); found {
		return true
	}
	return slices.ContainsFunc(c.patterns, func(p pattern) bool { return p.keys.contains(name) })
}

func (o *objectArm) field(name string) *field {
	i, found := slices.BinarySearchFunc(o.fields, name, func(f field, name string) int { return strings.Compare(f.name, name) })
	if !found {
		return nil
	}
	return &o.fields[i]
}

func (o *objectArm) admits(name string) bool {
	return !slices.ContainsFunc(o.closures, func(c closure) bool { return !c.admits(name) })
}

// matching is the type that the patterns give to a name; everything if none matches.
func (w *work) matching(patterns []pattern, name string) *set {
	s := everything
	if !w.spend(20 * len(patterns)) {
		return s
	}
	for _, p := range patterns {
		if p.keys.contains(name) {
			s = w.both(s, p.set)
		}
	}
	return s
}

// accepted is the type that a consumer wants of a field: nothing if it refuses it, everything if it ignores it.
func (w *work) accepted(o *objectArm, name string) *set {
	if f := o.field(name); f != nil {
		return f.set
	}
	if !o.admits(name) {
		return nothing
	}
	return w.matching(o.patterns, name)
}

// sent is the type that a producer gives to a field: nothing if it never sends it.
func (w *work) sent(o *objectArm, name string) *set {
	if f := o.field(name); f != nil {
		return f.set
	}
	declared := o.open || slices.ContainsFunc(o.patterns, func(p pattern) bool { return p.keys.contains(name) })
	if !declared || !o.admits(name) {
		return nothing
	}
	return w.matching(o.patterns, name)
}

func (o *objectArm) holds(v object, how reading) bool {
	for _, f := range o.fields {
		if _, there := v.get(f.name); !there && !f.optional {
			return false
		}
	}
	return !slices.ContainsFunc(v, func(m member) bool { return !o.takes(m, how) })
}

// takes reports whether a field may be as it is.
func (o *objectArm) takes(m member, how reading) bool {
	if f := o.field(m.name); f != nil {
		return f.set.holds(m.value, how)
	}
	declared := o.open || how == asConsumer
	for _, p := range o.patterns {
		if p.keys.contains(m.name) {
			if declared = true; !p.set.holds(m.value, how) {
				return false
			}
		}
	}
	return declared && o.admits(m.name)
}

// bothObjects is what fits both arms, nil if nothing does.
func (w *work) bothObjects(a, b *objectArm) *objectArm {
	switch {
	case a.free || a == b:
		return b
	case b.free:
		return a
	}
	w.spend(50)
	o := &objectArm{open: a.open || b.open, closures: slices.Concat(a.closures, b.closures), patterns: slices.Clone(a.patterns)}
	for _, p := range b.patterns {
		if !slices.ContainsFunc(o.patterns, func(q pattern) bool { return q.id == p.id && q.set == p.set }) {
			o.patterns = append(o.patterns, p)
		}
	}
	alongside(a.fields, b.fields, func(x, y *field) {
		if !w.spend(20) {
			return
		}
		switch {
		case y == nil:
			o.fields = append(o.fields, field{x.name, w.both(x.set, w.matching(b.patterns, x.name)), x.optional})
		case x == nil:
			o.fields = append(o.fields, field{y.name, w.both(w.matching(a.patterns, y.name), y.set), y.optional})
		default:
			o.fields = append(o.fields, field{x.name, w.both(x.set, y.set), x.optional && y.optional})
		}
	})
	return w.possible(o)
}

// alongside goes through the fields of two objects by name; of a name that only one has the other field is nil.
func alongside(a, b []field, visit func(x, y *field)) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].name < b[0].name:
			visit(&a[0], nil)
			a = a[1:]
		case len(a) == 0 || a[0].name > b[0].name:
			visit(nil, &b[0])
			b = b[1:]
		default:
			visit(&a[0], &b[0])
			a, b = a[1:], b[1:]
		}
	}
}

// possible is o, with fields that can never be there marked so; nil if such a field is required.
func (w *work) possible(o *objectArm) *objectArm {
	for i := range o.fields {
		f := &o.fields[i]
		if !o.admits(f.name) {
			f.set = nothing
		}
		if w.vacant(f.set) && !f.optional {
			return nil
		}
	}
	for _, p := range o.patterns {
		w.sample(p.set)
	}
	return o
}

// objectOf is the smallest object that fits o and has what is put into it in place.
func (w *work) objectOf(o *objectArm, put ...assignment) (value, bool) {
	if !w.spend(5 * len(o.fields)) {
		return nil, false
	}
	all := object{}
	for _, f := range o.fields {
		if f.optional || slices.ContainsFunc(put, func(a assignment) bool { return a.at.name == f.name }) {
			continue
		}
		v, ok := w.sample(f.set)
		if !ok {
			return nil, false
		}
		all = append(all, member{f.name, v})
	}
	for _, p := range put {
		all = all.with(p.at.name, p.value)
	}
	return all, w.small(all)
}
