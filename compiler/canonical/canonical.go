// Package canonical writes and checks JSON that has one spelling (RFC 8785), so that equal values are equal bytes, whose hash
// or signature anybody can recompute in any language.
package canonical

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"muster/compiler/codeunit"
)

const (
	// MaxInteger is 2^53-1: beyond it a JavaScript reader, or any other that holds numbers as IEEE doubles, may round.
	MaxInteger = 1<<53 - 1

	// maxDepth bounds how deep values nest, pointers and interfaces included, so that a value that contains itself is
	// an error and not an endless loop. A manifest nests less than ten deep.
	maxDepth = 1000

	// maxSteps and maxName bound what an error shows of a path: steps, and bytes of one name.
	maxSteps, maxName = 16, 100
)

// Raw is a JSON value that is already canonical, such as what JSON returned for a part of a larger value. It is
// copied as it is and not looked into: what is wrong in it is wrong in the result. An empty Raw is no JSON value and
// therefore an error, unless its field is omitted when empty.
type Raw []byte

// UnmarshalJSON keeps the value as it is written.
func (r *Raw) UnmarshalJSON(b []byte) error {
	*r = append((*r)[:0], b...)
	return nil
}

// JSON returns v as RFC 8785 JSON: no white space, the keys of every object in the order of their UTF-16 code units,
// and one spelling per value. Equal values give equal bytes, on every machine and in every language.
//
//	in   {"version": "2.4.0", "entry": "https://cdn.acme.example/caf\u00e9.js", "size": 5312}
//	out  {"entry":"https://cdn.acme.example/café.js","size":5312,"version":"2.4.0"}
//
// It writes what encoding/json would write, with the keys sorted and the escapes of RFC 8785, for:
//   - strings (valid UTF-8), bools, and integers within ±(2^53-1);
//   - structs, with the json tags omitempty, omitzero and "-"; a name in a tag is taken as it is, a field without one
//     keeps its Go name, and unexported fields are left out;
//   - maps with string keys, slices and arrays, of any supported type; nil maps and slices are null, empty ones {} and [];
//   - pointers, nil being null, and any, holding nothing (null) or a value of a supported type;
//   - Raw, copied as it is.
//
// Everything else is an error that starts with the place as a JSONPath: $.remotes[3].entry for a value, or
// $.remotes[*].weight for a type that can't be written, whatever it holds. Refused are floats, channels, functions, other
// interfaces; []byte and [n]byte; json.Number and types with MarshalJSON or MarshalText;
// embedded fields, two fields of one name, and unknown options in a json tag, "string" among them. Values nested more
// than 1000 deep are refused as well; pointers and interfaces count.
//
// v is only read, and the result is the caller's. JSON may be called from several goroutines.
func JSON(v any) ([]byte, error) {
	scratch, _ := scratches.Get().(*[]byte)
	if scratch == nil {
		scratch = new([]byte)
	}
	defer scratches.Put(scratch)
	out, err := Append((*scratch)[:0], v)
	*scratch = out
	if err != nil {
		return nil, err
	}
	return slices.Clone(out), nil
}

// scratches holds *[]byte. A manifest is written into one and then copied: to grow a fresh slice by append to 5 MB takes
// up to twice the time and five times the memory (BenchmarkJSON).
var scratches sync.Pool

// Append appends v to dst as JSON writes it and returns the extended slice. After an error it returns dst
// with the length it had; what lies between that and its capacity may be overwritten. dst must not share memory with v.
func Append(dst []byte, v any) ([]byte, error) {
	out, bad := appendAny(nil, dst, reflect.ValueOf(&v).Elem(), 0)
	if bad != nil {
		return dst, bad
	}
	return out, nil
}

func appendStruct(p *plan, dst []byte, v reflect.Value, depth int) ([]byte, *fault) {
	dst = append(dst, '{')
	first := len(dst)
	for i := range p.fields {
		f := &p.fields[i]
		value := v.Field(f.index)
		if f.omit != nil && f.omit(value) {
			continue
		}
		key := f.key
		if len(dst) == first {
			key = key[1:] // without the comma
		}
		var bad *fault
		if dst, bad = f.plan.append(append(dst, key...), value, depth+1); bad != nil {
			return dst, bad.in(member(f.name))
		}
	}
	return append(dst, '}'), nil
}

func appendMap(p *plan, dst []byte, v reflect.Value, depth int) ([]byte, *fault) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	m := p.read(v)
	dst = append(dst, '{')
	for i, e := range m.entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		var bad *fault
		if dst, bad = appendString(dst, e.key); bad == nil {
			dst, bad = p.elem.append(append(dst, ':'), m.values.Index(e.value), depth+1)
		}
		if bad != nil {
			return dst, bad.in(member(e.key))
		}
	}
	p.release(m)
	return append(dst, '}'), nil
}

// contents is a map laid out for sorting. Plans keep them for reuse, because a manifest has a small map or two in each
// of thousands of remotes, and reflection would allocate for each of them.
type contents struct {
	entries []entry
	values  reflect.Value // a slice with room for at least as many values
	iter    reflect.MapIter
	key     reflect.Value // where iter puts its key
}

type entry struct {
	key   string
	value int // its place in values
}

// read returns the contents of map v, in canonical order.
func (p *plan) read(v reflect.Value) *contents {
	m, _ := p.unused.Get().(*contents)
	if m == nil {
		m = &contents{key: reflect.New(v.Type().Key()).Elem(), values: reflect.MakeSlice(p.column, 4, 4)}
	}
	if n := v.Len(); n > m.values.Len() {
		m.values = reflect.MakeSlice(p.column, n, n)
	}
	order := strings.Compare // as good for ASCII, and faster
	m.iter.Reset(v)
	for m.iter.Next() {
		m.key.SetIterKey(&m.iter)
		m.values.Index(len(m.entries)).SetIterValue(&m.iter)
		key := m.key.String()
		m.entries = append(m.entries, entry{key, len(m.entries)})
		if !isPlain(key) {
			order = codeunit.Compare
		}
	}
	slices.SortFunc(m.entries, func(a, b entry) int { return order(a.key, b.key) })
	return m
}

// release gives m back, holding on to nothing that was in the map.
func (p *plan) release(m *contents) {
	for i := range m.entries {
		m.values.Index(i).SetZero()
	}
	clear(m.entries)
	m.entries = m.entries[:0]
	m.key.SetZero()
	m.iter.Reset(reflect.Value{})
	p.unused.Put(m)
}

func appendSlice(p *plan, dst []byte, v reflect.Value, depth int) ([]byte, *fault) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	return appendArray(p, dst, v, depth)
}

func appendArray(p *plan, dst []byte, v reflect.Value, depth int) ([]byte, *fault) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var bad *fault
		if dst, bad = p.elem.append(dst, v.Index(i), depth+1); bad != nil {
			return dst, bad.in("[" + strconv.Itoa(i) + "]")
		}
	}
	return append(dst, ']'), nil
}

func appendPointer(p *plan, dst []byte, v reflect.Value, depth int) ([]byte, *fault) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	return p.elem.append(dst, v.Elem(), depth+1)
}

func appendAny(_ *plan, dst []byte, v reflect.Value, depth int) ([]byte, *fault) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	held := v.Elem()
	p, bad := planOf(held.Type())
	if bad != nil {
		return dst, bad
	}
	return p.append(dst, held, depth+1)
}

func appendRaw(_ *plan, dst []byte, v reflect.Value, _ int) ([]byte, *fault) {
	if v.Len() == 0 {
		return dst, faultf("an empty Raw is not a JSON value")
	}
	return append(dst, v.Bytes()...), nil
}

func appendBool(_ *plan, dst []byte, v reflect.Value, _ int) ([]byte, *fault) {
	return strconv.AppendBool(dst, v.Bool()), nil
}

func appendInt(_ *plan, dst []byte, v reflect.Value, _ int) ([]byte, *fault) {
	n := v.Int()
	if n < -MaxInteger || n > MaxInteger {
		return dst, faultf("%d is outside ±%d, the integers that every JSON reader keeps as they are", n, MaxInteger)
	}
	return strconv.AppendInt(dst, n, 10), nil
}

func appendUint(_ *plan, dst []byte, v reflect.Value, _ int) ([]byte, *fault) {
	n := v.Uint()
	if n > MaxInteger {
		return dst, faultf("%d is outside ±%d, the integers that every JSON reader keeps as they are", n, MaxInteger)
	}
	return strconv.AppendUint(dst, n, 10), nil
}

func appendText(_ *plan, dst []byte, v reflect.Value, _ int) ([]byte, *fault) {
	return appendString(dst, v.String())
}

// appendString writes s with the escapes of RFC 8785, section 3.2.2.2: as few and as short as JSON allows.
func appendString(dst []byte, s string) ([]byte, *fault) {
	if isPlain(s) {
		dst = append(append(dst, '"'), s...)
		return append(dst, '"'), nil
	}
	if !utf8.ValidString(s) {
		return dst, faultf("%.40q is not valid UTF-8", s)
	}
	dst = append(dst, '"')
	plain := 0 // start of the run that needs no escape
	for i := 0; i < len(s); i++ {
		if needsEscape(s[i]) {
			dst = appendEscape(append(dst, s[plain:i]...), s[i])
			plain = i + 1
		}
	}
	dst = append(dst, s[plain:]...)
	return append(dst, '"'), nil
}

// isPlain reports whether s is ASCII that needs no escape, as nearly every string is. It looks at eight bytes at a time:
// the high bit of a byte is set by subtraction where the byte is too small, and where it equals the quote or backslash.
func isPlain(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if (w|(w-ones*' ')|((w^ones*'"')-ones)|((w^ones*'\\')-ones))&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if needsEscape(s[i]) || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func needsEscape(c byte) bool { return c < ' ' || c == '"' || c == '\\' }

func appendEscape(dst []byte, c byte) []byte {
	const short, hex = "btn\x00fr", "0123456789abcdef" // \b is 8 and \r is 13; 11 has no short form
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c >= '\b' && c <= '\r' && c != '\v':
		return append(dst, '\\', short[c-'\b'])
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// fault is why a value can't be written, and where. The nil fault is none.
type fault struct {
	path   []string // innermost step first: each level adds its own on the way up
	reason string
}

func faultf(format string, args ...any) *fault { return &fault{reason: fmt.Sprintf(format, args...)} }

func (f *fault) in(step string) *fault {
	if f != nil {
		f.path = append(f.path, step)
	}
	return f
}

// Error is the path, as a JSONPath, and the reason: `$.remotes[3].entry: "\xff" is not valid UTF-8`.
func (f *fault) Error() string {
	steps, more := slices.Clone(f.path), ""
	slices.Reverse(steps)
	if len(steps) > maxSteps {
		steps, more = steps[:maxSteps], "..."
	}
	return "$" + strings.Join(steps, "") + more + ": " + f.reason
}

// member is the step of a path that leads to a field or key.
func member(name string) string {
	plain := func(r rune) bool { return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' }
	if name == "" || len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
		return fmt.Sprintf("[%.*q]", maxName, name)
	}
	return "." + name
}
