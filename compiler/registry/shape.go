package registry

import (
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// shape is a CUE expression compiled to a checker over YAML nodes. Its yes is final: CUE would accept the node too, and a
// test on mutated documents proves it. Its no only sends the document to CUE. A node fits if its kind is in kinds, and it
// passes every test, and one of arms (if there are any), and each of all, and, as a struct or list, fields or item.
type shape struct {
	kinds  kind
	say    string   // completes "must be ..."; "" to describe the kinds
	origin diag.Pos // where a registry's own constraint stands; zero for the built-in shape
	source string   // the constraint as written, for a registry's own
	opaque bool     // outside the compiled subset: only CUE can tell
	tests  []func(value string) bool
	word   *string // a literal: the value's text
	arms   []*shape
	all    []*shape
	fields *fields
	item   *shape // of a list; nil: anything
}

// fields is the shape of a struct.
type fields struct {
	named    map[string]*field
	order    []string // the names as the schema lists them, for messages
	required []string
	patterns []pattern
	open     bool // other fields are let through: a registry's own constraints leave the closing to the built-in shape
}

type field struct {
	shape    *shape
	required bool
}

// pattern is a [key]: value constraint of a struct.
type pattern struct{ key, value *shape }

// fits is the checker: no allocation, no report. An alias, which only a document with findings can hold, fits anything.
func (s *shape) fits(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		return true
	}
	if s.opaque || s.kinds&kindOf(n) == 0 {
		return false
	}
	if s.word != nil && *s.word != n.Value {
		return false
	}
	for _, test := range s.tests {
		if !test(n.Value) {
			return false
		}
	}
	for _, part := range s.all {
		if !part.fits(n) {
			return false
		}
	}
	if len(s.arms) > 0 && !slices.ContainsFunc(s.arms, func(arm *shape) bool { return arm.fits(n) }) {
		return false
	}
	switch {
	case n.Kind == yaml.SequenceNode && s.item != nil:
		for _, c := range n.Content {
			if !s.item.fits(c) {
				return false
			}
		}
	case n.Kind == yaml.MappingNode && s.fields != nil:
		return s.fields.fit(n)
	}
	return true
}

func (f *fields) fit(n *yaml.Node) bool {
	required := 0
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		known := f.open
		if named := f.named[key.Value]; named != nil {
			if !named.shape.fits(value) {
				return false
			}
			if known = true; named.required {
				required++
			}
		}
		for _, p := range f.patterns {
			if p.key.fits(key) {
				if known = true; !p.value.fits(value) {
					return false
				}
			}
		}
		if !known {
			return false
		}
	}
	return required == len(f.required)
}

// value returns the node of a field of a mapping, and nil where it is absent.
func value(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

func matches(re *regexp.Regexp, want bool) func(string) bool {
	return func(v string) bool { return re.MatchString(v) == want }
}

func runes(least, most int) func(string) bool {
	return func(v string) bool {
		n := utf8.RuneCountInString(v)
		return n >= least && n <= most
	}
}

// bound compares numbers that a float64 holds exactly; others fail, which sends them to CUE.
func bound(holds func(v float64) bool) func(string) bool {
	return func(v string) bool {
		x, err := strconv.ParseFloat(v, 64)
		return err == nil && x < 1<<53 && x > -(1<<53) && len(v) < 16 && holds(x)
	}
}
