package payload

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue/token"
)

// texts is a set of strings: some words, and all that fit one of the forms.
type texts struct {
	words []string // sorted, each once
	forms []form
}

// form is the strings that have a length and pass every test.
type form struct {
	min, max int    // characters; a max below zero is no limit
	tests    []test // by operator and operand, each once
}

// test is a bound on strings such as >="b", !="x" or =~"^a".
type test struct {
	op      token.Token
	operand string
	regex   *regex // of =~ and !~
}

var allTexts = texts{forms: []form{{max: -1}}}

func words(w ...string) texts {
	slices.Sort(w)
	return texts{words: slices.Compact(w)}
}

func tested(t test) texts { return texts{forms: []form{{max: -1, tests: []test{t}}}} }

func (t texts) empty() bool { return len(t.words) == 0 && len(t.forms) == 0 }

func (t texts) contains(s string) bool {
	if _, found := slices.BinarySearch(t.words, s); found {
		return true
	}
	return slices.ContainsFunc(t.forms, func(f form) bool { return f.contains(s) })
}

func (f form) contains(s string) bool {
	if f.min > 0 || f.max >= 0 {
		if n := utf8.RuneCountInString(s); n < f.min || f.max >= 0 && n > f.max {
			return false
		}
	}
	return !slices.ContainsFunc(f.tests, func(t test) bool { return !t.passes(s) })
}

func (t test) passes(s string) bool {
	switch t.op {
	case token.MAT:
		return t.regex.MatchString(s)
	case token.NMAT:
		return !t.regex.MatchString(s)
	case token.LSS:
		return s < t.operand
	case token.LEQ:
		return s <= t.operand
	case token.GTR:
		return s > t.operand
	case token.GEQ:
		return s >= t.operand
	}
	return s != t.operand
}

func (t test) compare(u test) int {
	return cmp.Or(cmp.Compare(t.op, u.op), strings.Compare(t.operand, u.operand))
}

// implies reports whether each string of f is one of g's, as far as that can be seen from the tests alone.
func (f form) implies(g form) bool {
	if f.min < g.min || g.max >= 0 && (f.max < 0 || f.max > g.max) {
		return false
	}
	for _, t := range g.tests {
		if _, found := slices.BinarySearchFunc(f.tests, t, test.compare); !found {
			return false
		}
	}
	return true
}

func (f form) and(g form) (form, bool) {
	both := form{min: max(f.min, g.min), max: f.max, tests: slices.Concat(f.tests, g.tests)}
	if g.max >= 0 && (f.max < 0 || g.max < f.max) {
		both.max = g.max
	}
	slices.SortFunc(both.tests, test.compare)
	both.tests = slices.CompactFunc(both.tests, func(t, u test) bool { return t.compare(u) == 0 })
	return both, both.max < 0 || both.min <= both.max
}

func (w *work) intersectTexts(t, u texts) texts {
	if !w.spend(len(t.words)*(1+len(u.forms)) + len(u.words)*(1+len(t.forms)) + len(t.forms)*len(u.forms)) {
		return texts{}
	}
	var both texts
	for _, s := range t.words {
		if u.contains(s) {
			both.words = append(both.words, s)
		}
	}
	for _, s := range u.words {
		if t.contains(s) {
			both.words = append(both.words, s)
		}
	}
	slices.Sort(both.words)
	both.words = slices.Compact(both.words)
	for _, f := range t.forms {
		for _, g := range u.forms {
			w.spend(10 + 5*(len(f.tests)+len(g.tests)))
			if h, ok := f.and(g); ok {
				both.forms = append(both.forms, h)
			}
		}
	}
	return both
}

// uniteTexts is what is in any of the parts. Forms that others imply, and words that forms hold, are dropped.
func (w *work) uniteTexts(parts []texts) texts {
	var all texts
	var spelt []string
	for _, p := range parts {
		spelt = append(spelt, p.words...)
		for _, f := range p.forms {
			if w.spend(1 + len(all.forms)); !slices.ContainsFunc(all.forms, f.implies) {
				all.forms = append(all.forms, f)
			}
		}
	}
	w.spend(len(spelt) * len(all.forms))
	spelt = slices.DeleteFunc(spelt, func(s string) bool { return slices.ContainsFunc(all.forms, func(f form) bool { return f.contains(s) }) })
	all.words = words(spelt...).words
	return all
}

// lacking finds a string that is in t and not in u.
func (w *work) lacking(t, u texts) (string, finding) {
	w.spend(len(t.words) * (1 + len(u.forms)))
	for _, s := range t.words {
		if !u.contains(s) {
			return s, found
		}
	}
	result := nowhere
	for _, f := range t.forms {
		if slices.ContainsFunc(u.forms, func(g form) bool { return f.implies(g) || w.proves(f, g) }) {
			continue
		}
		s, got := w.find([]texts{{forms: []form{f}}}, []texts{u}, f.lengths(u)...)
		if got == found {
			return s, found
		}
		result = max(result, got)
	}
	return "", result
}

// proves reports whether each string of f is one of g's, as far as lengths and other tests can be looked at apart: counting
// up to a limit makes a search so much longer.
func (w *work) proves(f, g form) bool {
	if f.min < g.min || g.max >= 0 && (f.max < 0 || f.max > g.max) || f.min <= 0 && f.max < 0 {
		return false
	}
	_, got := w.find([]texts{{forms: []form{{max: -1, tests: f.tests}}}}, []texts{{forms: []form{{max: -1, tests: g.tests}}}})
	return got == nowhere
}

// lengths is strings of f that are a little too short or too long for u, if f is about nothing but length.
func (f form) lengths(u texts) (all []string) {
	if len(f.tests) > 0 {
		return nil
	}
	for _, g := range u.forms {
		for _, n := range []int{f.min, g.max + 1} {
			if n <= maxText && n >= f.min && (f.max < 0 || n <= f.max) {
				all = append(all, strings.Repeat("a", n))
			}
		}
	}
	return all
}

// split is the texts of t that are in u, and those that aren't; ok is false if that can't be written as texts.
func (w *work) split(t, u texts) (in, out texts, ok bool) {
	if len(t.forms) == 0 {
		for _, s := range t.words {
			if u.contains(s) {
				in.words = append(in.words, s)
			} else {
				out.words = append(out.words, s)
			}
		}
		return in, out, true
	}
	if len(u.forms) > 1 || len(u.words) > 8 {
		return in, out, false
	}
	out = t
	for _, s := range u.words {
		out = w.intersectTexts(out, tested(test{op: token.NEQ, operand: s}))
	}
	for _, f := range u.forms {
		out = w.intersectTexts(out, f.others())
	}
	return w.intersectTexts(t, u), out, true
}

// others is every string that f does not hold.
func (f form) others() texts {
	var all texts
	if f.min > 0 {
		all.forms = append(all.forms, form{max: f.min - 1})
	}
	if f.max >= 0 {
		all.forms = append(all.forms, form{min: f.max + 1, max: -1})
	}
	for _, t := range f.tests {
		if op, ok := opposite[t.op]; ok {
			all.forms = append(all.forms, form{max: -1, tests: []test{{op, t.operand, t.regex}}})
		} else {
			all.words = append(all.words, t.operand)
		}
	}
	return texts{words(all.words...).words, all.forms}
}

var opposite = map[token.Token]token.Token{token.MAT: token.NMAT, token.NMAT: token.MAT, token.LSS: token.GEQ, token.GEQ: token.LSS,
	token.GTR: token.LEQ, token.LEQ: token.GTR}

// samples is some strings that are likely to be in t.
func (t texts) samples() (all []string) {
	for _, f := range t.forms {
		for _, t := range f.tests {
			if t.op == token.MAT && len(all) < 20 {
				all = append(all, t.regex.sample)
			}
		}
	}
	return all
}

// String identifies a set: two that are written alike are the same.
func (t texts) String() string {
	var b strings.Builder
	for _, s := range t.words {
		fmt.Fprintf(&b, "%q ", s)
	}
	for _, f := range t.forms {
		fmt.Fprintf(&b, "%d-%d", f.min, f.max)
		for _, t := range f.tests {
			fmt.Fprintf(&b, "%s%q", t.op, t.operand)
		}
		b.WriteByte(' ')
	}
	return b.String()
}
