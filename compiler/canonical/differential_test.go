package canonical

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
)

// reference is v as two other implementations write it, one after the other.
func reference(v any) ([]byte, error) {
	out, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(out)
}

// random makes values that are the same in every run.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 8785))} }

func (r random) text() string {
	var b strings.Builder
	for range r.IntN(12) {
		if r.IntN(3) == 0 {
			b.WriteRune(edges[r.IntN(len(edges))])
		} else {
			b.WriteByte(byte(' ' + r.IntN(95)))
		}
	}
	return b.String()
}

func (r random) integer() int64 { return r.Int64N(2*MaxInteger+1) - MaxInteger }

// tree is any JSON value without fractions.
func (r random) tree(depth int) any {
	switch n := r.IntN(8); {
	case n == 0:
		return nil
	case n == 1:
		return r.IntN(2) == 0
	case n == 2:
		return r.integer() >> r.IntN(53)
	case n < 5 || depth == 0:
		return r.text()
	case n == 5:
		list := make([]any, r.IntN(5))
		for i := range list {
			list[i] = r.tree(depth - 1)
		}
		return list
	}
	return r.object(depth)
}

func (r random) object(depth int) map[string]any {
	object := map[string]any{}
	for range r.IntN(6) {
		object[r.text()] = r.tree(depth - 1)
	}
	return object
}

// fill sets v to a random value; one time in four it leaves it zero, so that fields are omitted.
func (r random) fill(v reflect.Value, depth int) {
	if r.IntN(4) == 0 && v.Kind() != reflect.Struct || depth == 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(r.text())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.integer() >> (64 - min(53, v.Type().Bits()-1)))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - min(53, v.Type().Bits())))
	case reflect.Interface:
		v.Set(reflect.ValueOf(r.object(depth)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.fill(v.Elem(), depth-1)
	default:
		r.fillMany(v, depth)
	}
}

func (r random) fillMany(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			r.fill(v.Field(i), depth-1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			elem := reflect.New(v.Type().Elem()).Elem()
			r.fill(elem, depth-1)
			v.SetMapIndex(reflect.ValueOf(r.text()).Convert(v.Type().Key()), elem)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 8))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			r.fill(v.Index(i), depth-1)
		}
	}
}

type even int

func (e even) IsZero() bool { return e%2 == 0 }

type odd struct{ N int }

func (o *odd) IsZero() bool { return o.N%2 == 1 }

type name string

// everything has a field of every supported type, with every tag that changes what is written.
type everything struct {
	Text     string                       `json:"text"`
	Texts    []string                     `json:"texts"`
	Name     name                         `json:"a-name,omitempty"`
	Bool     bool                         `json:"bool,omitempty"`
	Int      int                          `json:"int,omitzero"`
	Int8     int8                         `json:",omitempty"`
	Int16    int16                        `json:"@acme/int16"`
	Int32    int32                        `json:"int32"`
	Uint     uint                         `json:"uint,omitempty"`
	Uint8    uint8                        `json:"uint8"`
	Uint16   uint16                       `json:"uint16"`
	Uint32   uint32                       `json:"uint32,omitempty,omitzero"`
	Uint64   uint64                       `json:"uint64"`
	Array    [3]int                       `json:"array,omitempty"`
	Zeros    [3]int                       `json:"zeros,omitzero"`
	None     [0]int                       `json:"none,omitempty"`
	Map      map[string]int               `json:"map,omitempty"`
	Maps     map[name]*everything         `json:"maps,omitzero"`
	Nested   map[string]map[string]uint32 `json:"nested"`
	Next     *everything                  `json:"next,omitempty"`
	List     []everything                 `json:"list,omitempty"`
	Pointers []**string                   `json:"pointers,omitzero"`
	Any      any                          `json:"any,omitempty"`
	Anys     []any                        `json:"Ünïcode"`
	Even     even                         `json:"even,omitzero"`
	Evens    *even                        `json:"evens,omitzero"`
	Odd      odd                          `json:"odd,omitzero"`
	Both     even                         `json:"both,omitempty,omitzero"`
	Struct   struct{ A, B string }        `json:"struct,omitempty"`
	Zero     struct{ A bool }             `json:"zero,omitzero"`
	Hidden   func()                       `json:"-"`
	private  float64
}

func TestAgainstJCS(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := newRandom(seed)
		v := everything{private: 1.5, Hidden: t.FailNow}
		r.fill(reflect.ValueOf(&v).Elem(), 5)
		for _, v := range []any{v, &v, r.tree(5)} {
			want, err := reference(v)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := JSON(v); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("seed %d: %v\ngot  %s\nwant %s", seed, err, got, want)
			}
		}
	}
}

// A struct and a map with the same names and values are the same object.
func TestStructIsMap(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		object := newRandom(seed).object(3)
		delete(object, "")
		delete(object, "-")
		var fields []reflect.StructField
		var values []any
		for k, v := range object {
			if strings.Contains(k, ",") {
				delete(object, k)
				continue
			}
			fields = append(fields, reflect.StructField{
				Name: "F" + strconv.Itoa(len(fields)), Type: reflect.TypeFor[any](), Tag: reflect.StructTag("json:" + strconv.Quote(k)),
			})
			values = append(values, v)
		}
		s := reflect.New(reflect.StructOf(fields)).Elem()
		for i, v := range values {
			if v != nil {
				s.Field(i).Set(reflect.ValueOf(v))
			}
		}
		want, err := JSON(object)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := JSON(s.Interface()); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %v\nstruct %s\nmap    %s", seed, err, got, want)
		}
	}
}

// script is RFC 8785 in JavaScript, whose strings and default order are UTF-16. It prints one document a line.
const script = `
const write = v => Array.isArray(v) ? "[" + v.map(write).join() + "]"
	: v === null || typeof v !== "object" ? JSON.stringify(v)
	: "{" + Object.keys(v).sort().map(k => JSON.stringify(k) + ":" + write(v[k])).join() + "}";
for (const v of JSON.parse(require("fs").readFileSync(0, "utf8"))) console.log(write(v));`

func TestAgainstJavaScript(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs node on the PATH: ", err)
	}
	var documents []any
	for seed := range uint64(200) {
		r := newRandom(seed)
		v := everything{}
		r.fill(reflect.ValueOf(&v).Elem(), 5)
		documents = append(documents, v, r.tree(5), r.object(5))
	}
	input, err := json.Marshal(documents)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), node, "-e", script)
	command.Stdin = bytes.NewReader(input)
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(lines) != len(documents) {
		t.Fatalf("%d documents, %d lines", len(documents), len(lines))
	}
	for i, v := range documents {
		if got, err := JSON(v); err != nil || string(got) != lines[i] {
			t.Fatalf("document %d: %v\ngot  %s\nnode %s", i, err, got, lines[i])
		}
	}
}

// integers is v with its numbers as int64, and false if one of them isn't an integer in range.
func integers(v any) (any, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		return n, err == nil && n >= -MaxInteger && n <= MaxInteger
	case []any:
		for i := range v {
			var ok bool
			if v[i], ok = integers(v[i]); !ok {
				return nil, false
			}
		}
	case map[string]any:
		for k := range v {
			var ok bool
			if v[k], ok = integers(v[k]); !ok {
				return nil, false
			}
		}
	}
	return v, true
}

// decode reads JSON text without fractions, and reports false for any other text.
func decode(text []byte) (any, bool) {
	if !json.Valid(text) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, false
	}
	return integers(v)
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"\u20ac":"Euro Sign","\r":"CR","\ufb33":"Dalet","1":"One","\ud83d\ude00":"Emoji","\u0080":"Control","\u00f6":"O"}`,
		`{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
		`[56,{"d":true,"10":null,"1":[]}]`, ` {"":{},"a" : [ -0, 0, -1, 9007199254740991 ], "A": ""} `,
		`{"a":1,"a":2}`, `"\ud800"`, "\"\xff\"", `"\u2028<>&\u007f"`, `1.5`, `1e3`, `9007199254740992`, `{`, ``,
		`"` + strings.Repeat(`x`, 30) + `\u0000"`, strings.Repeat(`[`, 600) + strings.Repeat(`]`, 600),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, ok := decode(text)
		if !ok {
			return
		}
		got, err := JSON(v)
		if err != nil {
			if strings.Contains(err.Error(), "nested") && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) >= maxDepth/2 {
				return
			}
			t.Fatal(err)
		}
		if want, err := reference(v); err != nil || !bytes.Equal(got, want) {
			t.Errorf("got  %s\nwant %s, %v", got, want, err)
		}
		// jcs refuses some texts that encoding/json repairs: keys given twice, lone surrogates, bytes that aren't UTF-8.
		if want, err := jcs.Transform(text); err == nil && !bytes.Equal(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		again, ok := decode(got)
		if !ok {
			t.Fatalf("not JSON: %s", got)
		}
		if twice, err := JSON([]any{again, Raw(got)}); err != nil || string(twice) != fmt.Sprintf("[%s,%s]", got, got) {
			t.Errorf("canonical form changes: %s, %v", twice, err)
		}
	})
}
