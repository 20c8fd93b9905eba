package payload_test

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"muster/compiler/contract/payload"
	"muster/compiler/tries"
)

// The tests of this file make up types over so small a world that all its payloads can be tried. There the answer must be
// right, and never Unknown. MUSTER_PAIRS sets how many pairs are tried, and MUSTER_SEED which.

// TestNumbersExactly tries every quarter from -5 to 5 against bounds that are halves from -3 to 3.
func TestNumbersExactly(t *testing.T) {
	t.Parallel()
	var world []any
	for i := -20; i <= 20; i++ {
		world = append(world, big.NewRat(int64(i), 4))
	}
	m := maker{rand.New(rand.NewPCG(seed(t), 1))}
	for range tries.Of(t, "MUSTER_PAIRS", 3000) {
		p, c := m.numbers(2), m.numbers(2)
		tryAll(t, p.source, c.source, world, p.fits, c.fits)
	}
}

func (m maker) numbers(depth int) leaf {
	if depth == 0 || m.chance(25) {
		op, limit := pick(m, []string{"", "< ", "<=", "> ", ">=", "!="}), big.NewRat(int64(m.IntN(13)-6), 2)
		if m.chance(30) {
			return leaf{"int", func(v any) bool { return v.(*big.Rat).IsInt() }}
		}
		return leaf{op + limit.FloatString(1), func(v any) bool { return compares(strings.TrimSpace(op), v.(*big.Rat).Cmp(limit)) }}
	}
	return m.combined(m.numbers(depth-1), m.numbers(depth-1))
}

func (m maker) combined(a, b leaf) leaf {
	if m.chance(50) {
		return leaf{"(" + a.source + ") & (" + b.source + ")", func(v any) bool { return a.fits(v) && b.fits(v) }}
	}
	return leaf{"(" + a.source + ") | (" + b.source + ")", func(v any) bool { return a.fits(v) || b.fits(v) }}
}

// tryAll checks an answer, or a fault, against a whole world of payloads.
func tryAll(t *testing.T, sent, accepted string, world []any, sends, accepts func(any) bool) {
	t.Helper()
	producer, err1 := payload.Parse(sent)
	consumer, err2 := payload.Parse(accepted)
	for _, side := range []struct {
		source string
		err    error
		fits   func(any) bool
	}{{sent, err1, sends}, {accepted, err2, accepts}} {
		if !slices.ContainsFunc(world, side.fits) && side.err == nil {
			t.Errorf("nothing fits %s, and that is no fault", side.source)
		}
		if side.err != nil && emptyAltogether(side.err, side.source) && slices.ContainsFunc(world, side.fits) {
			t.Errorf("%s: %v", side.source, side.err)
		}
	}
	if err1 != nil || err2 != nil {
		return
	}
	want := payload.Compatible
	if slices.ContainsFunc(world, func(v any) bool { return sends(v) && !accepts(v) }) {
		want = payload.Incompatible
	}
	if v := payload.Compare(producer, consumer); v.Answer != want {
		t.Errorf("%s into %s is %v: %+v", sent, accepted, want, v)
	}
}

// emptyAltogether reports whether a fault says of all of a source that nothing fits it.
func emptyAltogether(err error, source string) bool {
	var fault *payload.Fault
	return errors.As(err, &fault) && strings.HasPrefix(fault.Message, "no value fits ") && fault.Column == 1 && fault.Length == utf8.RuneCountInString(source)
}

// TestPatternsExactly tries every string of up to four characters against patterns that look no further.
func TestPatternsExactly(t *testing.T) {
	t.Parallel()
	world := []any{""}
	for i := 0; i < len(world) && len([]rune(world[i].(string))) < 4; i++ {
		for _, r := range "abB_ \né" {
			world = append(world, world[i].(string)+string(r))
		}
	}
	m := maker{rand.New(rand.NewPCG(seed(t), 2))}
	for range tries.Of(t, "MUSTER_PAIRS", 3000) / 10 {
		p, c := m.pattern(3), m.pattern(3)
		short := "strings.MaxRunes(4) & !~\"[^abB_ \\né]\" & "
		sent, accepted := short+`=~"`+p+`"`, short+`=~"`+c+`"`
		re1, re2 := mustRegexp(t, p), mustRegexp(t, c)
		tryAll(t, sent, accepted, world, func(v any) bool { return re1.MatchString(v.(string)) }, func(v any) bool { return re2.MatchString(v.(string)) })
	}
}

func mustRegexp(t *testing.T, quoted string) *regexp.Regexp {
	t.Helper()
	s, err := strconv.Unquote(`"` + quoted + `"`)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(s)
}

// pattern makes up a regular expression as it stands in quotes.
func (m maker) pattern(depth int) string {
	if depth == 0 {
		return pick(m, []string{"a", "b", "B", "_", " ", "é", ".", "[ab]", "[^a]",
			`\\w`, `\\s`, `\\b`, `\\B`, "^", "$", "(?m:^)", "(?m:$)", "(?i:b)", "(?s:.)", `\\n`, ""})
	}
	a := m.pattern(depth - 1)
	switch m.IntN(7) {
	case 0:
		return a + "|" + m.pattern(depth-1)
	case 1:
		return "(?:" + a + ")" + pick(m, []string{"*", "+", "?", "{2}", "{1,3}", "*?"})
	case 2:
		return "^(?:" + a + ")$"
	case 3:
		return "^" + a
	case 4:
		return "(?:" + a + ")$"
	}
	return a + m.pattern(depth-1)
}

// small is an object of a small world: by field name a number, a text, or nothing.
type small map[string]string

var smallValues = []string{"", "1", "2", "3", `"x"`, `"y"`, "null"} // "" is that there is no field; 3, "y" and null stand for the rest

// smallType is a choice of structures.
type smallType []smallArm

type smallArm struct {
	fields map[string]smallField
	open   bool
	closed bool
}

type smallField struct {
	source   string
	values   []string
	optional bool
}

func (a smallArm) takes(v small, producer bool) bool {
	for _, name := range []string{"a", "b", "c", "d"} {
		f, declared := a.fields[name]
		switch {
		case !declared && v[name] != "" && (producer && !a.open || a.closed && !a.open):
			return false
		case declared && v[name] == "" && !f.optional, declared && v[name] != "" && !slices.Contains(f.values, v[name]):
			return false
		}
	}
	return true
}

func (m maker) smallType(arms int) (s smallType, source string) {
	var all []string
	for range 1 + m.IntN(arms) {
		a := smallArm{fields: map[string]smallField{}, open: m.chance(15), closed: m.chance(20)}
		var fields []string
		for _, name := range []string{"a", "b", "c"}[:2+m.IntN(2)] {
			if f := m.smallField(); m.chance(75) {
				a.fields[name] = f
				fields = append(fields, fmt.Sprintf("%s%s: %s", name, map[bool]string{true: "?"}[f.optional], f.source))
			}
		}
		if a.open {
			fields = append(fields, "...")
		}
		text := "{" + strings.Join(fields, ", ") + "}"
		if a.closed {
			text = "close(" + text + ")"
		}
		s, all = append(s, a), append(all, text)
	}
	return s, strings.Join(all, " | ")
}

func (m maker) smallField() smallField {
	f := pick(m, []smallField{
		{source: "_", values: smallValues[1:]}, {source: "int", values: smallValues[1:4]}, {source: "string", values: smallValues[4:6]},
		{source: "1", values: smallValues[1:2]}, {source: "2", values: smallValues[2:3]}, {source: "1 | 2", values: smallValues[1:3]},
		{source: `"x"`, values: smallValues[4:5]},
		{source: `1 | "x"`, values: []string{"1", `"x"`}}, {source: "int & !=1", values: smallValues[2:4]}, {source: `!="x"`, values: smallValues[5:6]},
		{source: `2 | !="x"`, values: []string{"2", `"y"`}}, {source: "int | string", values: smallValues[1:6]},
	})
	f.optional = m.chance(40)
	return f
}

func (s smallType) takes(v any, producer bool) bool {
	return slices.ContainsFunc(s, func(a smallArm) bool { return a.takes(v.(small), producer) })
}

// TestChoicesExactly tries all objects of three fields, and perhaps one that no type names, against choices of structures.
func TestChoicesExactly(t *testing.T) {
	t.Parallel()
	var world []any
	for _, a := range smallValues {
		for _, b := range smallValues {
			for _, c := range smallValues {
				world = append(world, small{"a": a, "b": b, "c": c}, small{"a": a, "b": b, "c": c, "d": "1"})
			}
		}
	}
	m := maker{rand.New(rand.NewPCG(seed(t), 3))}
	for range tries.Of(t, "MUSTER_PAIRS", 3000) / 2 {
		p, sent := m.smallType(2)
		c, accepted := m.smallType(5)
		tryAll(t, sent, accepted, world, func(v any) bool { return p.takes(v, true) }, func(v any) bool { return c.takes(v, false) })
	}
}

// TestShared compares the same types in several goroutines, for the race detector.
func TestShared(t *testing.T) {
	t.Parallel()
	var types []payload.Type
	for _, source := range []string{emitted, listened, "_", `{a: =~"^a" | int, b?: [...{c: string}]} | {b: null}`, `{[=~"^a"]: [int, ...string]}`} {
		types = append(types, mustParse(t, source))
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, p := range types {
				for _, c := range types {
					payload.Compare(p, c)
					payload.Compare(p, c.Closed())
				}
			}
		})
	}
	group.Wait()
}
