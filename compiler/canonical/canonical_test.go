package canonical

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// tagged is a struct of one integer, 0, with the json tag given.
func tagged(tag string) any {
	tag = "json:" + strconv.Quote(tag)
	field := reflect.StructField{Name: "A", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(tag)}
	return reflect.Zero(reflect.StructOf([]reflect.StructField{field})).Interface()
}

func TestJSON(t *testing.T) {
	type route struct {
		Path   string `json:"path"`
		Expose string `json:"expose,omitempty"`
	}
	type list struct {
		Next *list `json:"next"`
	}
	two := 2
	for name, test := range map[string]struct {
		value any
		want  string
	}{
		"RFC 8785, 3.2.2": {
			map[string]any{
				"numbers":  Raw(`[333333333.3333333,1e+30,4.5,0.002,1e-27]`),
				"string":   "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
				"literals": []any{nil, true, false},
			},
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		},
		"RFC 8785, 3.2.3": {
			map[string]string{
				"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
				"\U0001F600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis",
			},
			`{"\r":"Carriage Return","1":"One","` + "\u0080" + `":"Control","ö":"Latin Small Letter O With Diaeresis",` +
				`"€":"Euro Sign","😀":"Emoji: Grinning Face","` + "\ufb33" + `":"Hebrew Letter Dalet With Dagesh"}`,
		},
		"short escapes":      {"\b\t\n\f\r\"\\", `"\b\t\n\f\r\"\\"`},
		"long escapes":       {"\x00\x07\v\x0e\x1b\x1f", `"\u0000\u0007\u000b\u000e\u001b\u001f"`},
		"literal characters": {"<>&/'\x7f\u0080\u2028\u2029\ufffd\uffff\U0010ffff", "\"<>&/'\x7f\u0080\u2028\u2029\ufffd\uffff\U0010ffff\""},
		"doc comment":        {map[string]any{"version": "2.4.0", "entry": "https://cdn.acme.example/café.js", "size": 5312}, `{"entry":"https://cdn.acme.example/café.js","size":5312,"version":"2.4.0"}`},
		"integers":           {[]any{0, int8(-128), int64(-MaxInteger), uint64(MaxInteger), uint8(255)}, `[0,-128,-9007199254740991,9007199254740991,255]`},
		"durations":          {4 * time.Second, `4000000000`},
		"null":               {[]any{nil, (*int)(nil), []string(nil), map[string]int(nil), list{}}, `[null,null,null,null,{"next":null}]`},
		"empty":              {[]any{"", []string{}, map[string]int{}, struct{}{}, [0]int{}}, `["",[],{},{},[]]`},
		"pointers":           {&two, `2`},
		"arrays":             {[2]*int{&two}, `[2,null]`},
		"structs":            {[]route{{"/checkout", "./Routes"}, {Path: "/"}}, `[{"expose":"./Routes","path":"/checkout"},{"path":"/"}]`},
		"recursive":          {list{&list{}}, `{"next":{"next":null}}`},
		"raw":                {map[string]Raw{"b": Raw(`{"as":"it is"}`), "a": Raw(`1`)}, `{"a":1,"b":{"as":"it is"}}`},
		"raw, omitted": {struct {
			R Raw `json:",omitempty"`
		}{}, `{}`},
		"Go names":           {struct{ B, A, c int }{1, 2, 3}, `{"A":2,"B":1}`},
		"a name of one dash": {tagged(`-,`), `{"-":0}`},
		"a field left out":   {tagged(`-`), `{}`},
		"names with escapes": {tagged("\"\n"), `{"\"\n":0}`},
		"fields, UTF-16 order": {struct {
			A int "json:\"\ufb33\""
			B int "json:\"\U0001F600\""
			C int "json:\"\u20ac\""
		}{}, "{\"€\":0,\"😀\":0,\"\ufb33\":0}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := JSON(test.value)
			if err != nil || string(got) != test.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

type (
	stamp   struct{ At time.Time }
	marshal struct{}
	text    struct{}
	key     string
	cycle   struct{ Self *cycle }
	base    struct{ A int }
)

func (marshal) MarshalJSON() ([]byte, error) { return []byte(`1`), nil }
func (*text) MarshalText() ([]byte, error)   { return []byte(`1`), nil }
func (key) MarshalText() ([]byte, error)     { return []byte(`1`), nil }

func TestRefused(t *testing.T) {
	self := &cycle{}
	self.Self = self
	endless := map[string]any{}
	endless["a"] = []any{endless}
	type weighted struct {
		Weights map[string][]float64 `json:"weights,omitempty"`
	}
	own := ": its own JSON form would be passed over; write it as a string or as Raw"
	for name, test := range map[string]struct {
		value any
		want  string
	}{
		"float":             {1.5, `$: float64 is not supported`},
		"a type, unused":    {struct{ R []weighted }{}, `$.R[*].weights[*][*]: float64 is not supported`},
		"below any":         {map[string]any{"a b": []any{1, weighted{}}}, `$["a b"][1].weights[*][*]: float64 is not supported`},
		"below pointers":    {struct{ P **chan int }{}, `$.P: chan int is not supported`},
		"func":              {[]func(){nil}, `$[*]: func() is not supported`},
		"complex":           {map[string]complex64{}, `$[*]: complex64 is not supported`},
		"uintptr":           {uintptr(1), `$: uintptr is not supported`},
		"interface":         {struct{ S fmt.Stringer }{}, `$.S: fmt.Stringer is not supported: of the interfaces, only any is`},
		"bytes":             {struct{ B []byte }{}, `$.B: []uint8 is not supported: write bytes as a string or as Raw`},
		"hash":              {struct{ Hash [32]byte }{}, `$.Hash: [32]uint8 is not supported: write bytes as a string or as Raw`},
		"map key":           {map[int]string{}, `$: map[int]string is not supported: keys must be plain strings`},
		"map key, own form": {map[key]int{}, `$: map[canonical.key]int is not supported: keys must be plain strings`},
		"time":              {stamp{}, `$.At: time.Time is not supported` + own},
		"MarshalJSON":       {[]marshal{}, `$[*]: canonical.marshal is not supported` + own},
		"MarshalText":       {[]*text{}, `$[*]: canonical.text is not supported` + own},
		"json.RawMessage":   {json.RawMessage(`1`), `$: json.RawMessage is not supported: write bytes as a string or as Raw`},
		"json.Number":       {json.Number("1"), `$: json.Number is not supported` + own},
		"embedded":          {struct{ base }{}, `$.base: embedded fields are not supported`},
		"embedded, named": {struct {
			base `json:"x"`
		}{}, `$.base: embedded fields are not supported`},
		"same name": {struct {
			A int
			B int `json:"A"`
		}{}, "$.A: two fields of struct { A int; B int \"json:\\\"A\\\"\" } have this name"},
		"tag option": {struct {
			A int `json:",string"`
		}{}, `$.A: json tag option "string" is not supported`},
		"tag not UTF-8":      {tagged("\xff"), `$["\xff"]: "\xff" is not valid UTF-8`},
		"too large":          {map[string]int64{"n": MaxInteger + 1}, `$.n: 9007199254740992 is outside ±9007199254740991, the integers that every JSON reader keeps as they are`},
		"too small":          {[]int64{0, -MaxInteger - 1}, `$[1]: -9007199254740992 is outside ±9007199254740991, the integers that every JSON reader keeps as they are`},
		"too large unsigned": {[1]uint64{1 << 63}, `$[0]: 9223372036854775808 is outside ±9007199254740991, the integers that every JSON reader keeps as they are`},
		"not UTF-8": {struct {
			Remotes []any `json:"remotes"`
		}{[]any{0, map[string]string{"entry": "x\xff"}}}, `$.remotes[1].entry: "x\xff" is not valid UTF-8`},
		"surrogate":         {"\xed\xa0\x80", `$: "\xed\xa0\x80" is not valid UTF-8`},
		"key not UTF-8":     {map[string]int{"\xff": 1}, `$["\xff"]: "\xff" is not valid UTF-8`},
		"the first key":     {map[string]any{"c": 1.5, "b": 2.5, "a": 0, "d": 'x', "e": 1i}, `$.b: float64 is not supported`},
		"empty raw":         {[]Raw{nil}, `$[0]: an empty Raw is not a JSON value`},
		"cycle of pointers": {self, `$` + strings.Repeat(`.Self`, maxSteps) + `...: value is nested more than 1000 deep, or contains itself`},
		"cycle through any": {endless, `$` + strings.Repeat(`.a[0]`, maxSteps/2) + `...: value is nested more than 1000 deep, or contains itself`},
		"long":              {map[string]string{strings.Repeat("k", 200): strings.Repeat("v", 200) + "\xff"}, `$["` + strings.Repeat("k", maxName) + `"]: "` + strings.Repeat("v", 40) + `" is not valid UTF-8`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 3 { // what was refused once is refused again
				if got, err := JSON(test.value); err == nil || err.Error() != test.want || got != nil {
					t.Fatalf("got  %s, %v\nwant %s", got, err, test.want)
				}
			}
		})
	}
}

// A list of lists takes two steps a level: the slice, and the any that holds it.
func TestDepth(t *testing.T) {
	nest := func(levels int) any {
		v := []any{}
		for range levels - 1 {
			v = []any{v}
		}
		return v
	}
	if _, err := JSON(nest(maxDepth / 2)); err != nil {
		t.Error(err)
	}
	if _, err := JSON(nest(maxDepth/2 + 1)); err == nil {
		t.Error("one more level is accepted")
	}
}

// A plan is made once, for the types below as well, and what it keeps for reuse holds on to nothing.
func TestPlanIsKept(t *testing.T) {
	type below map[string]*int
	type above struct{ M []below }
	if _, err := JSON(above{}); err != nil {
		t.Fatal(err)
	}
	kept, ok := plans.Load(reflect.TypeFor[below]())
	p, bad := planOf(reflect.TypeFor[below]())
	if !ok || bad != nil || kept != p {
		t.Fatalf("made again: %v, %v", kept, bad)
	}
	m := p.read(reflect.ValueOf(below{"a": new(int), "b": new(int)}))
	p.release(m)
	for i, e := range m.entries[:2] {
		if e != (entry{}) || !m.values.Index(i).IsNil() || m.key.String() != "" {
			t.Errorf("holds %q, %v, %q", e.key, m.values.Index(i), m.key)
		}
	}
}

func TestAppend(t *testing.T) {
	dst := append(make([]byte, 0, 64), "kept"...)
	if got, err := Append(dst, []int{1}); err != nil || string(got) != "kept[1]" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := Append(dst, []any{1, 1.5}); err == nil || string(got) != "kept" {
		t.Errorf("after an error: got %q, %v", got, err)
	}
}

// What JSON returned must not change when its scratch memory is used again.
func TestResultIsOwned(t *testing.T) {
	first, _ := JSON("first")
	for range 10 {
		if _, err := JSON("other"); err != nil {
			t.Fatal(err)
		}
	}
	if string(first) != `"first"` {
		t.Errorf("overwritten: %s", first)
	}
}

// Every byte at every place of the eight that are looked at together, and of the rest.
func TestEscapeAtEveryPlace(t *testing.T) {
	t.Parallel()
	for length := range 18 {
		for at := range length {
			for c := range 0x80 {
				s := []byte(strings.Repeat("x", length))
				s[at] = byte(c)
				want, err := reference(string(s))
				if err != nil {
					t.Fatal(err)
				}
				if got, err := JSON(string(s)); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%q: got %s, %v, want %s", s, got, err, want)
				}
			}
		}
	}
	for c := 0x80; c < 0x100; c++ {
		if isPlain(strings.Repeat("x", 7)+string([]byte{byte(c)})) || isPlain(string([]byte{byte(c)})) {
			t.Errorf("byte %x is taken for ASCII", c)
		}
	}
}

// edges are the characters where an order or an escape changes.
var edges = []rune("\x00\x1f !\"\\~\x7f\u0080\u07ff\u0800\u20ac\u2028\ud7ff\ue000\ufb33\ufeff\ufffd\uffff\U00010000\U0001F600\U000fffff\U0010ffff")

// The first use of a type from many goroutines at once, of types that contain each other.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	type leaf struct {
		Up map[string]any
		N  []int
	}
	type tree struct {
		Left, Right *leaf
		Down        map[string]leaf
	}
	v := tree{Left: &leaf{N: []int{1}}, Down: map[string]leaf{"b": {}, "a": {Up: map[string]any{"x": leaf{}}}}}
	want, err := reference(v)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 50 {
				if got, err := JSON(v); err != nil || !bytes.Equal(got, want) {
					t.Errorf("got %s, %v, want %s", got, err, want)
				}
			}
		})
	}
	group.Wait()
}
