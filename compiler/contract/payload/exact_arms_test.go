package payload_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"muster/compiler/tries"
)

// tuple is a list of a small world, by its elements as they are written.
type tuple []string

var elements = []string{"1", "2", `"x"`, "null"}

type elementType struct {
	source string
	values []string
}

var elementTypes = []elementType{
	{`1 | 2 | "x" | null`, elements}, {"1 | 2", elements[:2]}, {"1", elements[:1]}, {"2", elements[1:2]}, {`1 | "x"`, []string{"1", `"x"`}},
	{"1 | 2 | null", []string{"1", "2", "null"}},
}

// tupleType is a choice of lists.
type tupleType struct {
	source string
	fits   func(v any) bool
}

func (m maker) tupleArm() tupleType {
	var prefix []elementType
	var all []string
	for m.chance(45) && len(prefix) < 3 {
		prefix = append(prefix, pick(m, elementTypes))
		all = append(all, prefix[len(prefix)-1].source)
	}
	rest := elementType{}
	if m.chance(60) {
		rest = pick(m, elementTypes)
		all = append(all, "..."+rest.source)
	}
	least, most := 0, 4
	source := "[" + strings.Join(all, ", ") + "]"
	if m.chance(25) && len(prefix) < 3 {
		least = len(prefix) + m.IntN(2)
		source += fmt.Sprintf(" & list.MinItems(%d)", least)
	}
	if m.chance(25) {
		most = max(least, len(prefix)) + m.IntN(2)
		source += fmt.Sprintf(" & list.MaxItems(%d)", most)
	}
	return tupleType{"(" + source + ")", func(v any) bool {
		l := v.(tuple)
		if len(l) < max(least, len(prefix)) || len(l) > most {
			return false
		}
		for i, e := range l {
			t := rest
			if i < len(prefix) {
				t = prefix[i]
			}
			if !slices.Contains(t.values, e) {
				return false
			}
		}
		return true
	}}
}

func (m maker) tuples(arms int) tupleType {
	var all []tupleType
	var sources []string
	for range 1 + m.IntN(arms) {
		all = append(all, m.tupleArm())
		sources = append(sources, all[len(all)-1].source)
	}
	return tupleType{"(" + strings.Join(sources, " | ") + ") & list.MaxItems(4)", func(v any) bool {
		return slices.ContainsFunc(all, func(t tupleType) bool { return t.fits(v) })
	}}
}

// TestListsExactly tries all lists of up to four elements against choices of lists.
func TestListsExactly(t *testing.T) {
	t.Parallel()
	world := []any{tuple{}}
	for i := 0; i < len(world) && len(world[i].(tuple)) < 4; i++ {
		for _, e := range elements {
			world = append(world, append(slices.Clone(world[i].(tuple)), e))
		}
	}
	m := maker{rand.New(rand.NewPCG(seed(t), 4))}
	for range tries.Of(t, "MUSTER_PAIRS", 3000) / 3 {
		p, c := m.tuples(2), m.tuples(4)
		tryAll(t, p.source, c.source, world, p.fits, c.fits)
	}
}

// mapType is a structure with patterns for names.
type mapType struct {
	source string
	fits   func(v any, producer bool) bool
}

var mapNames = []string{"a", "b", "ab", "ax", "bb", "z"} // of each kind that keyPatterns tell apart

var mapValues = []elementType{{`1 | "x"`, []string{"1", `"x"`}}, {"1", []string{"1"}}, {`"x"`, []string{`"x"`}}}

var keyPatterns = []struct {
	source  string
	matches []string
}{{"string", mapNames}, {`=~"a"`, []string{"a", "ab", "ax"}}, {`=~"b$"`, []string{"b", "ab", "bb"}}, {`"a" | "b"`, []string{"a", "b"}},
	{`!~"a"`, []string{"b", "bb", "z"}}}

func (m maker) maps() mapType {
	type rule struct {
		names    []string
		values   []string
		required bool
	}
	var rules []rule
	var all []string
	for _, name := range mapNames[:2] {
		if m.chance(40) {
			e, mark := pick(m, mapValues), pick(m, []string{"", "?"})
			rules = append(rules, rule{[]string{name}, e.values, mark == ""})
			all = append(all, name+mark+": "+e.source)
		}
	}
	for m.chance(50) && len(rules) < 4 {
		k, e := pick(m, keyPatterns), pick(m, mapValues)
		rules = append(rules, rule{k.matches, e.values, false})
		all = append(all, "["+k.source+"]: "+e.source)
	}
	open, closed := m.chance(20), m.chance(40)
	if open {
		all = append(all, "...")
	}
	source := "{" + strings.Join(all, ", ") + "}"
	if closed {
		source = "close(" + source + ")"
	}
	return mapType{source, func(v any, producer bool) bool {
		for _, name := range mapNames {
			value, there := v.(map[string]string)[name]
			declared := open || !producer && !closed
			for _, r := range rules {
				if !slices.Contains(r.names, name) {
					continue
				}
				declared = true
				if !there && r.required || there && !slices.Contains(r.values, value) {
					return false
				}
			}
			if there && !declared {
				return false
			}
		}
		return true
	}}
}

// TestMapsExactly tries objects of all kinds of names against structures with patterns, of which any two are compared.
func TestMapsExactly(t *testing.T) {
	t.Parallel()
	world := []any{map[string]string{}}
	for _, name := range mapNames {
		for _, v := range slices.Clone(world) {
			for _, e := range []string{"1", `"x"`, "null"} { // null comes only by way of "..."
				o := map[string]string{name: e}
				for n, x := range v.(map[string]string) {
					o[n] = x
				}
				world = append(world, o)
			}
		}
	}
	m := maker{rand.New(rand.NewPCG(seed(t), 5))}
	for range tries.Of(t, "MUSTER_PAIRS", 3000) / 6 {
		p, c := m.maps(), m.maps()
		tryAll(t, p.source, c.source, world, func(v any) bool { return p.fits(v, true) }, func(v any) bool { return c.fits(v, false) })
	}
}
