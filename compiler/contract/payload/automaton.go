package payload

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/token"
)

// machine reads a string character by character, and says whether the whole is within a set. States are small numbers;
// the first is 0.
type machine interface {
	step(state int32, r rune) int32
	accepts(state int32) bool
	dead(state int32) bool           // no string that begins so is accepted
	edges() []rune                   // where the machine may tell a character from the one below it
	sees(seen []byte, r rune) []byte // appends what tells r from other characters
}

// length counts characters up to one more than it has to know.
type length struct{ min, max int32 }

func (m length) step(state int32, _ rune) int32  { return min(state+1, max(m.min, m.max+1)) }
func (m length) accepts(state int32) bool        { return state >= m.min && (m.max < 0 || state <= m.max) }
func (m length) dead(state int32) bool           { return m.max >= 0 && state > m.max }
func (m length) edges() []rune                   { return nil }
func (m length) sees(seen []byte, _ rune) []byte { return seen }

// comparison orders strings against an operand. Its states are how many characters were the same so far, or two more once
// the order is settled.
type comparison struct {
	op      token.Token
	operand []rune
}

func (m comparison) step(state int32, r rune) int32 {
	before, after := int32(len(m.operand)+1), int32(len(m.operand)+2)
	switch {
	case state >= before:
		return state
	case state == before-1 || r > m.operand[state]:
		return after
	case r < m.operand[state]:
		return before
	}
	return state + 1
}

func (m comparison) accepts(state int32) bool {
	same := int32(len(m.operand))
	switch m.op {
	case token.LSS:
		return state != same && state != same+2
	case token.LEQ:
		return state != same+2
	case token.GTR:
		return state == same+2
	case token.GEQ:
		return state == same || state == same+2
	}
	return state != same
}

func (m comparison) dead(state int32) bool { return state > int32(len(m.operand)) && !m.accepts(state) }
func (m comparison) edges() []rune         { return around(m.operand) }

func (m comparison) sees(seen []byte, r rune) []byte {
	for _, o := range m.operand {
		switch {
		case r < o:
			seen = append(seen, '<')
		case r > o:
			seen = append(seen, '>')
		default:
			seen = append(seen, '=')
		}
	}
	return seen
}

// vocabulary accepts some words. Its states are the beginnings of words that were met, and strange for any other.
type vocabulary struct {
	words    []string
	prefixes []string
	states   map[string]int32
}

const strange = 1

func newVocabulary(words []string) *vocabulary {
	return &vocabulary{words, []string{"", ""}, map[string]int32{"": 0}}
}

func (m *vocabulary) step(state int32, r rune) int32 {
	if state == strange {
		return strange
	}
	prefix := m.prefixes[state] + string(r)
	next, known := m.states[prefix]
	if known {
		return next
	}
	next = strange
	if i, _ := slices.BinarySearch(m.words, prefix); i < len(m.words) && strings.HasPrefix(m.words[i], prefix) {
		next = int32(len(m.prefixes))
		m.prefixes = append(m.prefixes, prefix)
	}
	m.states[prefix] = next
	return next
}

func (m *vocabulary) accepts(state int32) bool {
	_, spelt := slices.BinarySearch(m.words, m.prefixes[state])
	return spelt && state != strange
}

func (m *vocabulary) dead(state int32) bool { return state == strange }

func (m *vocabulary) edges() (all []rune) {
	for _, s := range m.words {
		all = append(all, around([]rune(s))...)
	}
	return all
}

func (m *vocabulary) sees(seen []byte, r rune) []byte {
	if slices.ContainsFunc(m.words, func(s string) bool { return strings.ContainsRune(s, r) }) {
		return append(seen, string(r)...)
	}
	return append(seen, 0xff)
}

// around is the edges of single characters.
func around(runes []rune) (all []rune) {
	for _, r := range runes {
		all = append(all, r, r+1)
	}
	return all
}
