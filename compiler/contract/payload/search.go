package payload

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"cuelang.org/go/cue/token"
)

// finding is what a search for a counterexample comes to.
type finding int

const (
	nowhere   finding = iota // there is none
	undecided                // the search was given up
	found
)

// searchWork bounds one search: there may be many in a comparison.
const searchWork = 150_000

// maxText is the characters of the longest string that is searched for: nobody reads a longer one in a message.
const maxText = 10_000

// find looks for a string that is in each of some sets and in none of others: a hint if one will do, or else one of the
// shortest. It follows, character by character, what every test makes of the string, so it is exact: each test is an
// automaton, and there are only so many combinations of their states.
func (w *work) find(in, out []texts, hints ...string) (string, finding) {
	fits := func(s string) bool {
		return !slices.ContainsFunc(in, func(t texts) bool { return !t.contains(s) }) &&
			!slices.ContainsFunc(out, func(t texts) bool { return t.contains(s) })
	}
	for _, t := range in {
		hints = append(hints, t.samples()...)
	}
	w.spend(len(hints) * len(in))
	if i := slices.IndexFunc(hints, fits); i >= 0 {
		return hints[i], found
	}
	for _, t := range in {
		if len(t.forms) == 0 {
			w.spend(len(t.words))
			if i := slices.IndexFunc(t.words, fits); i >= 0 {
				return t.words[i], found
			}
			return "", nowhere
		}
	}
	s := search{work: w, until: w.left - searchWork, known: map[string]int{}}
	for _, t := range in {
		s.in = append(s.in, s.formula(t))
	}
	for _, t := range out {
		s.out = append(s.out, s.formula(t))
	}
	return s.run()
}

// search walks the combined states of machines, breadth first.
type search struct {
	*work
	until    int // what must be left of the work
	machines []machine
	known    map[string]int
	in, out  []formula
	alphabet []rune

	nodes   []node
	states  []int32 // of all machines, node after node
	reached map[string]bool
}

// formula is a set of strings as alternatives, each of which asks that some machines accept.
type formula [][]int

// node is a string: that of another node and one character more.
type node struct {
	from, length int
	char         rune
}

func (s *search) formula(t texts) (f formula) {
	if len(t.words) > 0 {
		f = append(f, []int{s.machine(fmt.Sprintf("words %q", t.words), func() machine { return newVocabulary(t.words) })})
	}
	for _, form := range t.forms {
		all := []int{}
		if form.min > 0 || form.max >= 0 {
			m := length{int32(form.min), int32(form.max)}
			all = append(all, s.machine(fmt.Sprint(m), func() machine { return m }))
		}
		for _, t := range form.tests {
			all = append(all, s.machine(t.op.String()+t.operand, func() machine { return s.machineOf(t) }))
		}
		f = append(f, all)
	}
	return f
}

func (w *work) machineOf(t test) machine {
	if t.regex != nil {
		return newSearcher(w, t.regex.program, t.op == token.MAT)
	}
	return comparison{t.op, []rune(t.operand)}
}

func (s *search) machine(name string, build func() machine) int {
	i, known := s.known[name]
	if !known {
		i = len(s.machines)
		s.known[name] = i
		s.machines = append(s.machines, build())
	}
	return i
}

func (s *search) run() (string, finding) {
	s.alphabet = s.characters()
	s.reached = map[string]bool{}
	s.reach(make([]int32, len(s.machines)), node{})
	next := make([]int32, len(s.machines))
	for i := 0; i < len(s.nodes); i++ {
		here := s.at(i)
		if s.accepted(here) {
			return s.text(i), found
		}
		if s.nodes[i].length == maxText || !s.spend((2+3*len(s.machines))*len(s.alphabet)) || s.left < s.until {
			return "", undecided
		}
		for _, r := range s.alphabet {
			for k, m := range s.machines {
				next[k] = m.step(here[k], r)
			}
			s.reach(next, node{i, s.nodes[i].length + 1, r})
		}
	}
	return "", nowhere
}

func (s *search) at(i int) []int32 { return s.states[i*len(s.machines) : (i+1)*len(s.machines)] }

// reach adds a node unless its states are known, or lead nowhere.
func (s *search) reach(states []int32, n node) {
	if slices.ContainsFunc(s.in, func(f formula) bool { return !s.some(f, func(k int) bool { return !s.machines[k].dead(states[k]) }) }) {
		return
	}
	key := make([]byte, 0, 64)
	for _, state := range states {
		key = binary.AppendUvarint(key, uint64(state))
	}
	if !s.reached[string(key)] {
		s.spend(20)
		s.reached[string(key)] = true
		s.nodes, s.states = append(s.nodes, n), append(s.states, states...)
	}
}

func (s *search) accepted(states []int32) bool {
	accepts := func(k int) bool { return s.machines[k].accepts(states[k]) }
	return !slices.ContainsFunc(s.in, func(f formula) bool { return !s.some(f, accepts) }) &&
		!slices.ContainsFunc(s.out, func(f formula) bool { return s.some(f, accepts) })
}

// some reports whether all machines of an alternative have a property.
func (s *search) some(f formula, has func(k int) bool) bool {
	return slices.ContainsFunc(f, func(all []int) bool { return !slices.ContainsFunc(all, func(k int) bool { return !has(k) }) })
}

func (s *search) text(i int) string {
	chars := make([]rune, s.nodes[i].length)
	for ; s.nodes[i].length > 0; i = s.nodes[i].from {
		chars[s.nodes[i].length-1] = s.nodes[i].char
	}
	return string(chars)
}

// nice is the characters that one would choose for an example.
const nice = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. /:@#+,;!?*=%&()[]{}<>~|'\"`^$\\"

// characters is one of each kind that the machines tell apart, the nicest first.
func (s *search) characters() []rune {
	edges := []rune{0, ' ', 0x7f, 0xa0, 0xd800, 0xe000, unicode.MaxRune + 1}
	for _, m := range s.machines {
		edges = append(edges, m.edges()...)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	kinds := map[string]rune{}
	var seen []byte
	for i, lo := range edges[:len(edges)-1] {
		if lo >= 0xd800 && lo < 0xe000 || lo > unicode.MaxRune { // half a character, which no JSON text holds
			continue
		}
		seen = seen[:0]
		for _, m := range s.machines {
			seen = m.sees(seen, lo)
		}
		if !s.spend(5 + len(seen)) {
			return nil
		}
		r := nicest(lo, edges[i+1])
		if best, known := kinds[string(seen)]; !known || rank(r) < rank(best) {
			kinds[string(seen)] = r
		}
	}
	all := make([]rune, 0, len(kinds))
	for _, r := range kinds {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b rune) int { return rank(a) - rank(b) })
	return all
}

// nicest is the best character from lo up to, but not including, hi.
func nicest(lo, hi rune) rune {
	if i := strings.IndexFunc(nice, func(r rune) bool { return r >= lo && r < hi }); i >= 0 {
		return rune(nice[i])
	}
	for r := lo; r < min(hi, lo+100); r++ {
		if unicode.IsLetter(r) {
			return r
		}
	}
	return lo
}

func rank(r rune) int {
	if i := strings.IndexRune(nice, r); i >= 0 {
		return i
	}
	if unicode.IsPrint(r) {
		return 1000 + int(r)
	}
	return 1000_000_000 + int(r)
}
