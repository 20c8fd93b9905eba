package edit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Value is what stands in a file: Text, Number, Bool, Null, List or Map. A nil Value stands for none.
type Value interface{ isValue() }

// Text is a string, without the quotes of the file.
type Text string

// Number is a number as it is written. Set takes what every reader of YAML and JSON reads alike: "5", "-1", "12.5".
type Number string

// Bool is true or false.
type Bool bool

// Null is a field or an item that is left empty, or says null. A file may hold it, and Set replaces it as if it were not
// there; it can't be set, since no field of a registry takes it.
type Null struct{}

// List is a list; nil is an empty one.
type List []Value

// Map is a mapping in the order of its text; nil is an empty one.
type Map []Field

// Field is one entry of a Map.
type Field struct {
	Key   string
	Value Value
}

func (Text) isValue()   {}
func (Number) isValue() {}
func (Bool) isValue()   {}
func (Null) isValue()   {}
func (List) isValue()   {}
func (Map) isValue()    {}

// Get returns the value of a field, nil if m has none of that name.
func (m Map) Get(key string) Value {
	if i := m.index(key); i >= 0 {
		return m[i].Value
	}
	return nil
}

func (m Map) index(key string) int {
	return slices.IndexFunc(m, func(f Field) bool { return f.Key == key })
}

// entries is how many fields or items v has; a scalar has none.
func entries(v Value) int {
	switch v := v.(type) {
	case Map:
		return len(v)
	case List:
		return len(v)
	}
	return 0
}

var number = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$`)

// check refuses what no file can hold.
func check(v Value) error {
	switch v := v.(type) {
	case Text:
		if !utf8.ValidString(string(v)) {
			return fmt.Errorf("%q is not UTF-8", string(v))
		}
	case Number:
		if !number.MatchString(string(v)) {
			return fmt.Errorf("%q is no number; write it with digits and at most one point", string(v))
		}
	case Bool:
	case List:
		for _, item := range v {
			if err := check(item); err != nil {
				return err
			}
		}
	case Map:
		return checkFields(v)
	default:
		return fmt.Errorf("a value is missing")
	}
	return nil
}

func checkFields(m Map) error {
	for i, f := range m {
		if err := check(Text(f.Key)); err != nil {
			return err
		}
		if m.index(f.Key) < i {
			return fmt.Errorf("%q is set twice", f.Key)
		}
		if err := check(f.Value); err != nil {
			return err
		}
	}
	return nil
}

// equal compares values field by field, in their order.
func equal(a, b Value) bool {
	switch a := a.(type) {
	case List:
		b, ok := b.(List)
		return ok && slices.EqualFunc(a, b, equal)
	case Map:
		b, ok := b.(Map)
		return ok && slices.EqualFunc(a, b, func(x, y Field) bool { return x.Key == y.Key && equal(x.Value, y.Value) })
	}
	switch b.(type) {
	case List, Map: // can't be compared by ==
		return false
	}
	return a == b
}

// at returns the value at a path, nil if there is none.
func at(v Value, path []string) Value {
	for _, name := range path {
		switch in := v.(type) {
		case Map:
			v = in.Get(name)
		case List:
			i, err := index(in, name)
			if err != nil {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// with returns v with the value at path set, and leaves v as it is. Mappings that are missing on the way are made.
func with(v Value, path []string, set Value) (Value, error) {
	if len(path) == 0 {
		return set, nil
	}
	switch in := v.(type) {
	case nil, Null:
		made, err := with(nil, path[1:], set)
		return Map{{path[0], made}}, err
	case Map:
		made, err := with(in.Get(path[0]), path[1:], set)
		in = slices.Clone(in)
		if i := in.index(path[0]); i >= 0 {
			in[i].Value = made
			return in, err
		}
		return append(in, Field{path[0], made}), err
	case List:
		i, err := index(in, path[0])
		if err != nil {
			return nil, err
		}
		in = slices.Clone(in)
		in[i], err = with(in[i], path[1:], set)
		return in, err
	}
	return nil, fmt.Errorf("there is no field %q in %s", path[0], flow(v))
}

// without returns v without the entry at path, and leaves v as it is. What becomes empty goes too: the result may be nil.
func without(v Value, path []string) (Value, error) {
	switch in := v.(type) {
	case Map:
		if i := in.index(path[0]); i >= 0 {
			rest, err := remainder(in[i].Value, path[1:])
			if in = slices.Clone(in); rest == nil {
				in = slices.Delete(in, i, i+1)
			} else {
				in[i].Value = rest
			}
			if len(in) == 0 {
				return nil, err
			}
			return in, err
		}
	case List:
		i, err := index(in, path[0])
		if err != nil {
			return nil, err
		}
		rest, err := remainder(in[i], path[1:])
		if in = slices.Clone(in); rest == nil {
			in = slices.Delete(in, i, i+1)
		} else {
			in[i] = rest
		}
		if len(in) == 0 {
			return nil, err
		}
		return in, err
	}
	return nil, fmt.Errorf("there is no %q", path[0])
}

func remainder(v Value, path []string) (Value, error) {
	if len(path) == 0 {
		return nil, nil
	}
	return without(v, path)
}

// index reads a path's element as a place in a list, from 0.
func index(l List, name string) (int, error) {
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i >= len(l) {
		return 0, fmt.Errorf("there is no item %q in a list of %d, counted from 0", name, len(l))
	}
	return i, nil
}
