package payload_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// node is a type that was made up: it can be written, changed, and can make up payloads.
type node struct {
	op    string // leaf, or, and, list, object
	leaf  leaf
	parts []*node // or, and, list
	rest  *node   // list
	keys  []key   // object
	open  bool    // object
	close bool    // object
}

type key struct {
	name    string // or the pattern for names
	pattern bool
	mark    string // "", "?" or "!"
	value   *node
}

// leaf is a kind, a literal, a bound or a limit.
type leaf struct {
	source string
	fits   func(v any) bool
}

type maker struct{ *rand.Rand }

func (m maker) chance(percent int) bool { return m.IntN(100) < percent }

func pick[T any](m maker, all []T) T { return all[m.IntN(len(all))] }

var names = []string{"a", "b", "kind", "qty", "x-id"}

var literals = []string{"0", "1", "-1", "2", "3", "10", "1.5", "-0.5", "2.0", "100", "1_000", "0x10", "1e2"}

var spellings = []string{"", "a", "ab", "abc", "b", "xyz", "EUR", "EU", "USD", "12", "2026-01", "foo bar", "é", "A1", "a\nb", "foo", "abab"}

var patterns = []string{
	`^[a-z]+$`, `^[a-z0-9]+$`, `^a`, `b$`, `^[A-Z]{3}$`, `^[A-Z]{2,3}$`, `^(EUR|USD)$`, `^\d{4}-\d{2}$`, `^[0-9-]+$`, `a`, `(?i)^eur$`, `^.*$`,
	`\bfoo\b`, `^$`, `^[^a-z]*$`, `(?m)^b`, `^(ab)+$`, `^(ab)*$`, `..`,
}

func number(v any) *big.Rat {
	n, ok := v.(json.Number)
	if !ok {
		return nil
	}
	return rational(string(n))
}

func rational(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

func isText(v any) bool { _, ok := v.(string); return ok }

var kinds = []leaf{
	{"int", func(v any) bool { n := number(v); return n != nil && n.IsInt() }},
	{"number", func(v any) bool { return number(v) != nil }},
	{"float", func(v any) bool { return number(v) != nil }},
	{"uint", func(v any) bool { n := number(v); return n != nil && n.IsInt() && n.Sign() >= 0 }},
	{"int8", func(v any) bool {
		n := number(v)
		return n != nil && n.IsInt() && n.Cmp(rational("-128")) >= 0 && n.Cmp(rational("127")) <= 0
	}},
	{"string", isText},
	{"bool", func(v any) bool { _, ok := v.(bool); return ok }},
	{"null", func(v any) bool { return v == nil }},
	{"true", func(v any) bool { return v == true }},
	{"false", func(v any) bool { return v == false }},
	{"_", func(any) bool { return true }},
	{"!=null", func(v any) bool { return v != nil }},
}

func compares(op string, order int) bool {
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "!=":
		return order != 0
	}
	return order == 0
}

var operators = []string{"<", "<=", ">", ">=", "!="}

func numeric(op, lit string) leaf {
	limit := rational(lit)
	return leaf{strings.ReplaceAll(op+lit, "<-", "< -"), func(v any) bool { n := number(v); return n != nil && compares(op, n.Cmp(limit)) }}
}

func textual(op, s string) leaf {
	return leaf{op + fmt.Sprintf("%q", s), func(v any) bool { t, ok := v.(string); return ok && compares(op, strings.Compare(t, s)) }}
}

func matching(op, pattern string) leaf {
	re := regexp.MustCompile(pattern)
	return leaf{op + fmt.Sprintf("%q", pattern), func(v any) bool { s, ok := v.(string); return ok && re.MatchString(s) == (op == "=~") }}
}

func limit(name string, n int) leaf {
	return leaf{fmt.Sprintf("%s(%d)", name, n), func(v any) bool {
		size := -1
		if s, ok := v.(string); ok && strings.HasPrefix(name, "strings.") {
			size = utf8.RuneCountInString(s)
		}
		if l, ok := v.([]any); ok && strings.HasPrefix(name, "list.") {
			size = len(l)
		}
		return size >= 0 && (size >= n && strings.Contains(name, "Min") || size <= n && strings.Contains(name, "Max"))
	}}
}

// foreign is a test of texts that only CUE knows.
func foreign(name, part string) leaf {
	test := map[string]func(s, part string) bool{"strings.HasPrefix": strings.HasPrefix, "strings.HasSuffix": strings.HasSuffix, "strings.Contains": strings.Contains}[name]
	return leaf{fmt.Sprintf("%s(%q)", name, part), func(v any) bool { s, ok := v.(string); return ok && test(s, part) }}
}

// unique is a test of lists that only CUE knows.
var unique = leaf{"list.UniqueItems()", func(v any) bool {
	l, ok := v.([]any)
	for i, e := range l {
		ok = ok && !slices.ContainsFunc(l[:i], func(x any) bool { return reflect.DeepEqual(x, e) })
	}
	return ok
}}

// isForeign reports whether only CUE can evaluate a part of a source.
func isForeign(source string) bool { return foreignPart.MatchString(source) }

var foreignPart = regexp.MustCompile(`strings\.Has|strings\.Contains|UniqueItems`)

func (m maker) leafOf(kind string) leaf {
	switch kind {
	case "number":
		switch m.IntN(4) {
		case 0:
			return kinds[m.IntN(5)]
		case 1:
			return numeric("", pick(m, literals))
		}
		return numeric(pick(m, operators), pick(m, literals))
	case "text":
		if m.chance(3) {
			return foreign(pick(m, []string{"strings.HasPrefix", "strings.HasSuffix", "strings.Contains"}), pick(m, []string{"a", "b", "ab", "E"}))
		}
		switch m.IntN(6) {
		case 0:
			return kinds[5]
		case 1, 2:
			return textual("", pick(m, spellings))
		case 3:
			return matching(pick(m, []string{"=~", "=~", "=~", "!~"}), pick(m, patterns))
		case 4:
			return limit(pick(m, []string{"strings.MinRunes", "strings.MaxRunes"}), m.IntN(5))
		}
		return textual(pick(m, operators), pick(m, spellings))
	}
	return pick(m, kinds)
}

// scalar is a kind with bounds, or a choice of literals.
func (m maker) scalar() *node {
	kind := pick(m, []string{"number", "number", "text", "text", "other"})
	n := &node{op: "leaf", leaf: m.leafOf(kind)}
	for m.chance(35) {
		n = &node{op: pick(m, []string{"or", "and"}), parts: []*node{n, {op: "leaf", leaf: m.leafOf(kind)}}}
	}
	if m.chance(10) {
		n = &node{op: "or", parts: []*node{n, {op: "leaf", leaf: kinds[7]}}}
	}
	return n
}

func (m maker) any(depth int) *node {
	switch {
	case depth == 0 || m.chance(45):
		return m.scalar()
	case m.chance(20):
		return m.list(depth)
	case m.chance(25):
		return m.structures(depth)
	}
	return m.object(depth)
}

// structures puts structures together. Among those that are to fit together, some are a choice with what says nothing of fields.
func (m maker) structures(depth int) *node {
	n := &node{op: pick(m, []string{"or", "or", "or", "and"})}
	for range 2 + m.IntN(2) {
		part := m.object(depth)
		if m.chance(20) {
			vague := &node{op: "leaf", leaf: pick(m, kinds[len(kinds)-2:])}
			part = &node{op: "or", parts: []*node{part, vague}}
			m.Shuffle(2, func(i, j int) { part.parts[i], part.parts[j] = part.parts[j], part.parts[i] })
		}
		n.parts = append(n.parts, part)
	}
	return n
}

func (m maker) list(depth int) *node {
	n := &node{op: "list"}
	for m.chance(30) {
		n.parts = append(n.parts, m.any(depth-1))
	}
	if len(n.parts) == 0 || m.chance(40) {
		n.rest = m.any(depth - 1)
	}
	if m.chance(25) {
		n = &node{op: "and", parts: []*node{n, {op: "leaf", leaf: limit(pick(m, []string{"list.MinItems", "list.MaxItems"}), m.IntN(4))}}}
	}
	if m.chance(5) {
		n = &node{op: "and", parts: []*node{n, {op: "leaf", leaf: unique}}}
	}
	return n
}

func (m maker) object(depth int) *node {
	n := &node{op: "object", open: m.chance(15), close: m.chance(10)}
	for _, name := range names {
		if m.chance(45) {
			n.keys = append(n.keys, key{name: name, mark: pick(m, []string{"", "", "?", "!"}), value: m.any(depth - 1)})
		}
	}
	if m.chance(20) {
		n.keys = append(n.keys, m.patternKey(depth))
	}
	return n
}

func (m maker) patternKey(depth int) key {
	return key{name: pick(m, []string{"string", `=~"^a"`, `=~"a"`, `=~"^x-"`, `"a" | "b"`, `!="kind"`}), pattern: true, value: m.any(depth - 1)}
}

// String writes the type, in one of several ways.
func (n *node) write(m maker) string {
	switch n.op {
	case "leaf":
		return n.leaf.source
	case "or", "and":
		sign := map[string]string{"or": " | ", "and": " & "}[n.op]
		all := []string{}
		for i, p := range n.parts {
			s := p.write(m)
			if p.op == "or" || p.op == "and" || m.chance(5) {
				s = "(" + s + ")"
			}
			if n.op == "or" && i == 0 && m.chance(15) {
				s = "*" + s
			}
			all = append(all, s)
		}
		return strings.Join(all, sign)
	case "list":
		all := []string{}
		for _, p := range n.parts {
			all = append(all, p.write(m))
		}
		if n.rest != nil {
			all = append(all, "..."+n.rest.write(m))
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	return n.writeObject(m)
}

func (n *node) writeObject(m maker) string {
	all := []string{}
	for _, k := range n.keys {
		switch {
		case k.pattern:
			all = append(all, "["+k.name+"]: "+k.value.write(m))
		case k.name == "x-id" || m.chance(10):
			all = append(all, fmt.Sprintf("%q%s: %s", k.name, k.mark, k.value.write(m)))
		default:
			all = append(all, k.name+k.mark+": "+k.value.write(m))
		}
	}
	if n.open {
		all = append(all, "...")
	}
	s := "{" + strings.Join(all, ", ") + "}"
	if n.close {
		return "close(" + s + ")"
	}
	return s
}

func (n *node) clone() *node {
	if n == nil {
		return nil
	}
	c := *n
	c.parts, c.keys = nil, slices.Clone(n.keys)
	for _, p := range n.parts {
		c.parts = append(c.parts, p.clone())
	}
	c.rest = n.rest.clone()
	for i := range c.keys {
		c.keys[i].value = c.keys[i].value.clone()
	}
	return &c
}

// all is n and every type within.
func (n *node) all() (all []*node) {
	if n == nil {
		return nil
	}
	all = append(all, n)
	for _, p := range n.parts {
		all = append(all, p.all()...)
	}
	all = append(all, n.rest.all()...)
	for _, k := range n.keys {
		all = append(all, k.value.all()...)
	}
	return all
}

// mutated is n with a change somewhere: often one that makes it wider or narrower by a little.
func (m maker) mutated(n *node) *node {
	root := n.clone()
	at := pick(m, root.all())
	switch at.op {
	case "leaf":
		m.mutateLeaf(at)
	case "or", "and":
		m.mutateParts(at)
	case "list":
		m.mutateList(at)
	case "object":
		m.mutateObject(at)
	}
	return root
}

func (m maker) mutateLeaf(at *node) {
	old := &node{op: "leaf", leaf: at.leaf}
	kind := "text"
	if at.leaf.fits(json.Number("1")) || at.leaf.fits(json.Number("-7")) {
		kind = "number"
	}
	other := &node{op: "leaf", leaf: m.leafOf(kind)}
	switch m.IntN(4) {
	case 0:
		*at = node{op: "or", parts: []*node{old, other}}
	case 1:
		*at = node{op: "and", parts: []*node{old, other}}
	case 2:
		*at = *other
	case 3:
		*at = node{op: "or", parts: []*node{old, {op: "leaf", leaf: pick(m, kinds)}}}
	}
}

func (m maker) mutateParts(at *node) {
	switch m.IntN(3) {
	case 0:
		*at = *pick(m, at.parts)
	case 1:
		at.parts = append(at.parts, m.any(1))
	case 2:
		m.Shuffle(len(at.parts), func(i, j int) { at.parts[i], at.parts[j] = at.parts[j], at.parts[i] })
	}
}

func (m maker) mutateList(at *node) {
	switch {
	case m.chance(40) && len(at.parts) > 0:
		at.rest = &node{op: "or", parts: append(slices.Clone(at.parts), m.scalar())}
		at.parts = nil
	case m.chance(30):
		at.parts = append(at.parts, m.scalar())
	case m.chance(40):
		at.rest = m.scalar()
	default:
		old := *at
		*at = node{op: "and", parts: []*node{&old, {op: "leaf", leaf: limit(pick(m, []string{"list.MinItems", "list.MaxItems"}), m.IntN(4))}}}
	}
}

func (m maker) mutateObject(at *node) {
	switch m.IntN(8) {
	case 0:
		at.open = !at.open
	case 1:
		at.close = !at.close
	case 2:
		name := pick(m, names)
		if !slices.ContainsFunc(at.keys, func(k key) bool { return k.name == name }) {
			at.keys = append(at.keys, key{name: name, mark: pick(m, []string{"", "?", "?"}), value: m.any(1)})
		}
	case 3, 4:
		if len(at.keys) > 0 {
			k := &at.keys[m.IntN(len(at.keys))]
			if !k.pattern {
				k.mark = pick(m, []string{"", "?", "?"})
			}
		}
	case 5:
		if len(at.keys) > 0 {
			i := m.IntN(len(at.keys))
			at.keys = slices.Delete(at.keys, i, i+1)
		}
	case 6:
		at.keys = append(at.keys, m.patternKey(1))
	case 7:
		*at = *m.apart(at)
	}
}

// apart writes a field that is a choice as a choice of structures: {a: 1 | 2} as {a: 1} | {a: 2}.
func (m maker) apart(at *node) *node {
	for i, k := range at.keys {
		if k.value.op == "or" && !k.pattern {
			n := &node{op: "or"}
			for _, p := range k.value.parts {
				arm := at.clone()
				arm.keys[i].value = p.clone()
				n.parts = append(n.parts, arm)
			}
			return n
		}
	}
	return at.clone()
}
