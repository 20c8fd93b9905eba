package canonical

import (
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"

	"muster/compiler/codeunit"
)

// plan is how values of one type are written. Plans are worked out by reflection once per type and never change after.
type plan struct {
	write  writer
	fields []field      // of a struct, in the order they are written
	elem   *plan        // of a pointer, slice, array or map
	column reflect.Type // of a map: the slice type that holds its values while the keys are sorted
	unused sync.Pool    // of a map: *contents
}

type field struct {
	index int
	name  string
	key   string                   // `,"name":`, ready to be copied
	omit  func(reflect.Value) bool // nil: never
	plan  *plan
}

// writer appends v, whose type is the one p was made for.
type writer func(p *plan, dst []byte, v reflect.Value, depth int) ([]byte, *fault)

func (p *plan) append(dst []byte, v reflect.Value, depth int) ([]byte, *fault) {
	if depth > maxDepth {
		return dst, faultf("value is nested more than %d deep, or contains itself", maxDepth)
	}
	return p.write(p, dst, v, depth)
}

var plans sync.Map // reflect.Type to *plan, complete ones only

// planOf returns the plan of t, or why values of t can't be written.
func planOf(t reflect.Type) (*plan, *fault) {
	if p, ok := plans.Load(t); ok {
		return p.(*plan), nil
	}
	made := planner{}
	p, bad := made.plan(t)
	if bad != nil {
		return nil, bad
	}
	for t, p := range made { // only now is each complete: types may contain each other
		plans.Store(t, p)
	}
	return p, nil
}

// planner holds the plans under way, by which a type that contains itself finds its own.
type planner map[reflect.Type]*plan

func (pl planner) plan(t reflect.Type) (*plan, *fault) {
	if p, ok := pl[t]; ok {
		return p, nil
	}
	p := &plan{}
	pl[t] = p
	if t == reflect.TypeFor[Raw]() {
		p.write = appendRaw
		return p, nil
	}
	if bad := twofold(t); bad != nil {
		return nil, bad
	}
	if p.write = scalar(t.Kind()); p.write != nil {
		return p, nil
	}
	return p, pl.compose(p, t)
}

// twofold refuses types that have another JSON form than their kind suggests: to pick one would surprise somebody.
func twofold(t reflect.Type) *fault {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return faultf("%s is not supported: write bytes as a string or as Raw", t)
		}
	case reflect.Pointer, reflect.Interface:
		return nil // what it leads to is looked at itself
	}
	p := reflect.PointerTo(t)
	if p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]()) ||
		t == reflect.TypeFor[json.Number]() {
		return faultf("%s is not supported: its own JSON form would be passed over; write it as a string or as Raw", t)
	}
	return nil
}

// scalar returns how a value of kind k is written that holds no other, or nil.
func scalar(k reflect.Kind) writer {
	switch k {
	case reflect.String:
		return appendText
	case reflect.Bool:
		return appendBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return appendUint
	}
	return nil
}

// compose fills in the plan of a type that holds others.
func (pl planner) compose(p *plan, t reflect.Type) (bad *fault) {
	switch t.Kind() {
	case reflect.Struct:
		p.write = appendStruct
		p.fields, bad = pl.fields(t)
		return bad
	case reflect.Pointer:
		p.write = appendPointer
		p.elem, bad = pl.plan(t.Elem())
		return bad
	case reflect.Interface:
		if p.write = appendAny; t.NumMethod() > 0 {
			return faultf("%s is not supported: of the interfaces, only any is", t)
		}
		return nil
	}
	return pl.collect(p, t)
}

// collect is compose for types that hold any number of values of one type.
func (pl planner) collect(p *plan, t reflect.Type) (bad *fault) {
	switch t.Kind() {
	case reflect.Map:
		if t.Key().Kind() != reflect.String || twofold(t.Key()) != nil {
			return faultf("%s is not supported: keys must be plain strings", t)
		}
		p.write, p.column = appendMap, reflect.SliceOf(t.Elem())
	case reflect.Slice:
		p.write = appendSlice
	case reflect.Array:
		p.write = appendArray
	default:
		return faultf("%s is not supported", t)
	}
	p.elem, bad = pl.plan(t.Elem())
	return bad.in("[*]")
}

func (pl planner) fields(t reflect.Type) ([]field, *fault) {
	var fields []field
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := sf.Tag.Get("json")
		if tag == "-" || !sf.IsExported() && !sf.Anonymous {
			continue
		}
		f, bad := pl.field(sf, tag)
		if bad != nil {
			return nil, bad
		}
		fields = append(fields, f)
	}
	slices.SortFunc(fields, func(a, b field) int { return codeunit.Compare(a.name, b.name) })
	for i := 1; i < len(fields); i++ {
		if fields[i].name == fields[i-1].name {
			return nil, faultf("two fields of %s have this name", t).in(member(fields[i].name))
		}
	}
	return fields, nil
}

func (pl planner) field(sf reflect.StructField, tag string) (field, *fault) {
	name, options, _ := strings.Cut(tag, ",")
	f := field{index: sf.Index[0], name: cmp.Or(name, sf.Name)}
	if sf.Anonymous {
		return f, faultf("embedded fields are not supported").in(member(sf.Name))
	}
	key, bad := appendString([]byte(","), f.name)
	f.key = string(append(key, ':'))
	if bad == nil {
		f.omit, bad = omission(sf.Type, options)
	}
	if bad == nil {
		f.plan, bad = pl.plan(sf.Type)
	}
	return f, bad.in(member(f.name))
}

// omission returns the test by which a field of type t is left out, or nil if it never is.
func omission(t reflect.Type, options string) (func(reflect.Value) bool, *fault) {
	var empty, zero func(reflect.Value) bool
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "omitempty":
			empty = isEmpty
		case "omitzero":
			zero = isZero(t)
		default:
			return nil, faultf("json tag option %q is not supported", option)
		}
	}
	if empty != nil && zero != nil {
		return func(v reflect.Value) bool { return empty(v) || zero(v) }, nil
	}
	if empty != nil {
		return empty, nil
	}
	return zero, nil
}

// isEmpty is encoding/json's rule for omitempty: false, 0, nil, and whatever has length 0; a struct never.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isZero is encoding/json's rule for omitzero: the type's own IsZero method decides if there is one.
func isZero(t reflect.Type) func(reflect.Value) bool {
	type zeroer interface{ IsZero() bool }
	method := reflect.TypeFor[zeroer]()
	switch {
	case t.Implements(method) && t.Kind() == reflect.Pointer:
		return func(v reflect.Value) bool { return v.IsNil() || v.Interface().(zeroer).IsZero() }
	case reflect.PointerTo(t).Implements(method):
		return func(v reflect.Value) bool {
			p := reflect.New(t) // a copy, because a method of *T needs an address and v may have none
			p.Elem().Set(v)
			return p.Interface().(zeroer).IsZero()
		}
	}
	return reflect.Value.IsZero
}
