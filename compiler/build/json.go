package build

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a description may hold. Those that bundlers write go 6 deep, and their longest names are those of files.
const (
	maxDepth  = 16
	maxValues = 250_000
	maxName   = 512 // bytes
)

// document is a description that is being read. It keeps the first fault, so that whoever reads it need not look after each field.
type document struct {
	name   string
	values int    // how many it holds
	place  []step // where the parser is; written out for a fault only
	fault  error
}

// step is one level of a place: a member of an object, or an item of a list.
type step struct {
	name string
	item int // -1: it is a member
}

// value is a value in a document: an object, a list, a text, a number, true, false or null. The zero value, and those below one that
// is not there or of another type, are not there.
type value struct {
	doc   *document
	path  string // as errors name it: shared[2].version; "" at the top
	raw   any    // map[string]any, []any, string, json.Number, bool or nil
	there bool
}

// parse reads a description whole. It refuses what encoding/json lets pass: one name twice in an object, of which readers choose
// differently, and text that is not UTF-8.
func parse(name string, text []byte) (value, error) {
	if !utf8.Valid(text) {
		return value{}, fmt.Errorf("%s: is not UTF-8", name)
	}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			line := 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
			return value{}, fmt.Errorf("%s:%d: is not JSON: %w", name, line, err)
		}
		return value{}, fmt.Errorf("%s: is not JSON: %w", name, err)
	}
	doc := &document{name: name}
	tokens := json.NewDecoder(bytes.NewReader(text))
	tokens.UseNumber()
	raw := doc.read(tokens)
	top := value{doc, "", raw, true}
	if _, ok := raw.(map[string]any); !ok && doc.fault == nil {
		top.fail("is %s, not an object", describe(raw))
	}
	return top, doc.fault
}

// read reads the next value. The text is known to be JSON, so a token can't be an error.
func (d *document) read(tokens *json.Decoder) any {
	if d.values++; d.values > maxValues {
		d.failHere("is where more than %d values have been read", maxValues)
	}
	if len(d.place) > maxDepth {
		d.failHere("is more than %d levels deep", maxDepth)
	}
	token, err := tokens.Token()
	if err != nil || d.fault != nil {
		return nil
	}
	switch token {
	case json.Delim('{'):
		return d.readObject(tokens)
	case json.Delim('['):
		return d.readList(tokens)
	}
	return token
}

func (d *document) readObject(tokens *json.Decoder) any {
	object := map[string]any{}
	for tokens.More() && d.fault == nil {
		token, _ := tokens.Token()
		name, _ := token.(string)
		d.place = append(d.place, step{name, -1})
		if len(name) > maxName {
			d.failHere("has a name of more than %d bytes", maxName)
		}
		if _, ok := object[name]; ok {
			d.failHere("is there twice")
		}
		object[name] = d.read(tokens)
		d.place = d.place[:len(d.place)-1]
	}
	_, _ = tokens.Token() // its end
	return object
}

func (d *document) readList(tokens *json.Decoder) any {
	list := []any{}
	for tokens.More() && d.fault == nil {
		d.place = append(d.place, step{item: len(list)})
		list = append(list, d.read(tokens))
		d.place = d.place[:len(d.place)-1]
	}
	_, _ = tokens.Token()
	return list
}

func (d *document) failHere(format string, args ...any) {
	path := ""
	for _, s := range d.place {
		if s.item < 0 {
			path = member(path, s.name)
		} else {
			path = item(path, s.item)
		}
	}
	d.fail(path, format, args...)
}

func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// member is the path of an object's member, quoted where it is no name of a field: a file or a package.
func member(path, name string) string {
	plain := name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '$'
	})
	switch {
	case !plain:
		return path + "[" + quote(name) + "]"
	case path == "":
		return name
	}
	return path + "." + name
}

func describe(raw any) string {
	switch raw.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case nil:
		return "null"
	}
	return fmt.Sprint(raw)
}

func (d *document) fail(path, format string, args ...any) {
	if d.fault == nil {
		d.fault = fmt.Errorf("%s: %s", d.name, strings.TrimSpace(path+" "+fmt.Sprintf(format, args...)))
	}
}

func (v value) fail(format string, args ...any) { v.doc.fail(v.path, format, args...) }

// as is a value of a type; the type's zero if it is not there or null, and a fault if it is another.
func as[T any](v value, want string) (raw T) {
	if v.raw == nil {
		return raw
	}
	raw, ok := v.raw.(T)
	if !ok {
		v.fail("is %s, not %s", describe(v.raw), want)
	}
	return raw
}

func (v value) member(name string) value {
	raw, there := as[map[string]any](v, "an object")[name]
	return value{v.doc, member(v.path, name), raw, there}
}

// members are the names in an object, sorted.
func (v value) members() []string {
	return slices.Sorted(maps.Keys(as[map[string]any](v, "an object")))
}

func (v value) items() []value {
	list := as[[]any](v, "a list")
	all := make([]value, len(list))
	for i, raw := range list {
		all[i] = value{v.doc, item(v.path, i), raw, true}
	}
	return all
}

func (v value) text() string { return as[string](v, "a text") }

// required is a text without which there is no build.
func (v value) required() string {
	text := v.text()
	if text == "" {
		v.fail("is missing")
	}
	return text
}

func (v value) answer() Answer {
	switch {
	case v.raw == nil:
		return Unsaid
	case as[bool](v, "true or false"):
		return Yes
	}
	return No
}

// file is the path of a file in the build, cleaned, without the query that a bundler may add against caches; "" if it is not there.
func (v value) file() string { return v.inside(v.text()) }

// inside cleans a path that the value has a part in.
func (v value) inside(text string) string {
	if text == "" {
		return ""
	}
	name, _, _ := strings.Cut(text, "?")
	clean := path.Clean(name)
	switch {
	case clean == ".." || strings.HasPrefix(clean, "../") || path.IsAbs(clean) || strings.Contains(clean, "\\") || strings.Contains(name, "://"):
		v.fail("%s leads out of the build", quote(text))
		return ""
	case clean == "." || strings.ContainsFunc(clean, func(r rune) bool { return r < ' ' || r == 0x7f }):
		v.fail("%s is not the name of a file", quote(text))
		return ""
	}
	return clean
}

// sorted returns the list without what is in it twice, nil if it is empty.
func sorted[T cmp.Ordered](list []T) []T {
	slices.Sort(list)
	if list = slices.Compact(list); len(list) == 0 {
		return nil
	}
	return list
}

// quote quotes a text from a description, cut where it is too long for a message.
func quote(text string) string {
	const most = 200
	if len(text) > most {
		return strconv.Quote(strings.ToValidUTF8(text[:most], "")) + "..."
	}
	return strconv.Quote(text)
}
