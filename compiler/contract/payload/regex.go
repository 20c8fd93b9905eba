package payload

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// regex is a regular expression, and the program that searches its language.
type regex struct {
	*regexp.Regexp
	program *syntax.Prog
	sample  string // that is likely to match
}

// Limits of one pattern: what it costs to search grows with both.
const (
	maxPattern = 1000 // bytes
	maxProgram = 2000 // instructions, after a{20} is written out
	maxRanges  = 5000 // ranges of characters: \pL alone has hundreds
)

// newRegex compiles a pattern. A pattern that is too large is nil without an error.
func newRegex(pattern string) (*regex, error) {
	if len(pattern) > maxPattern {
		return nil, nil
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if instructions(tree) > maxProgram || ranges(tree) > maxRanges {
		return nil, nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	return &regex{re, program, sample(tree)}, nil
}

// instructions estimates the size of a compiled pattern before it is compiled.
func instructions(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += instructions(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return min(n, maxProgram+1)
}

func ranges(re *syntax.Regexp) int {
	n := len(re.Rune) / 2
	for _, sub := range re.Sub {
		n += ranges(sub)
	}
	return n
}

// sample is a short string that matches, unless ^, $ or \b have a say in it.
func sample(re *syntax.Regexp) string {
	var b strings.Builder
	times := 1
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			return string(nicest(re.Rune[0], re.Rune[1]+1))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "a"
	case syntax.OpAlternate:
		return sample(re.Sub[0])
	case syntax.OpStar, syntax.OpQuest:
		times = 0
	case syntax.OpRepeat:
		times = re.Min
	}
	for range min(times, maxProgram) {
		for _, sub := range re.Sub {
			b.WriteString(sample(sub))
		}
	}
	return b.String()
}

// searcher is the machine of a regular expression, which like regexp looks for it anywhere in the string. Its states are
// the sets of instructions that read the next character, together with the last character as far as ^, $ and \b look at it.
type searcher struct {
	*work
	program *syntax.Prog
	want    bool           // what a match means
	sets    []*syntax.Inst // one of each set of characters that is read
	looks   syntax.EmptyOp // what the expression asks of its surroundings

	threads [][]uint32
	last    []rune
	states  map[string]int32
	steps   map[uint64]int32
	visited []bool // of closure
}

// Characters that stand for all that ^, $ and \b can't tell apart.
const (
	noRune    = -1
	lineBreak = '\n'
	wordRune  = 'a'
	otherRune = ' '
)

const (
	aroundLines = syntax.EmptyBeginLine | syntax.EmptyEndLine
	aroundWords = syntax.EmptyWordBoundary | syntax.EmptyNoWordBoundary
)

// matched is the state after a match: what follows does not matter.
const matched = 1

// newSearcher is the machine of =~, or of !~ if a match is not wanted.
func newSearcher(w *work, program *syntax.Prog, want bool) *searcher {
	m := &searcher{work: w, program: program, want: want, states: map[string]int32{}, steps: map[uint64]int32{}, visited: make([]bool, len(program.Inst))}
	m.state(nil, noRune)
	m.threads, m.last = append(m.threads, nil), append(m.last, noRune)
	for i := range program.Inst {
		switch inst := &program.Inst[i]; inst.Op {
		case syntax.InstEmptyWidth:
			m.looks |= syntax.EmptyOp(inst.Arg)
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAnyNotNL:
			if !slices.ContainsFunc(m.sets, func(set *syntax.Inst) bool { return sameRunes(set, inst) }) {
				m.sets = append(m.sets, inst)
			}
		}
	}
	return m
}

// sameRunes reports whether two instructions read the same characters; of some that do it may say no.
func sameRunes(a, b *syntax.Inst) bool {
	return a.Op == b.Op && a.Arg == b.Arg && slices.Equal(a.Rune, b.Rune)
}

func (m *searcher) state(threads []uint32, last rune) int32 {
	key := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+4*len(threads)), uint32(last))
	for _, pc := range threads {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	if s, known := m.states[string(key)]; known {
		return s
	}
	s := int32(len(m.threads))
	m.states[string(key)] = s
	m.threads, m.last = append(m.threads, threads), append(m.last, last)
	return s
}

func (m *searcher) step(state int32, r rune) int32 {
	if state == matched {
		return state
	}
	key := uint64(state)<<32 | uint64(r)
	next, known := m.steps[key]
	if !known {
		next = m.read(state, r)
		m.steps[key] = next
	}
	return next
}

func (m *searcher) read(state int32, r rune) int32 {
	readers, match := m.closure(state, r)
	if match {
		return matched
	}
	var next []uint32
	for _, pc := range readers {
		if inst := &m.program.Inst[pc]; inst.MatchRune(r) {
			next = append(next, inst.Out)
		}
	}
	m.spend(20 + 4*len(next))
	slices.Sort(next)
	return m.state(slices.Compact(next), m.surrounding(r))
}

// surrounding is what the expression can see of the character before a place.
func (m *searcher) surrounding(r rune) rune {
	switch {
	case m.looks&aroundLines != 0 && r == '\n':
		return lineBreak
	case m.looks&aroundWords != 0 && syntax.IsWordChar(r):
		return wordRune
	}
	return otherRune
}

// closure follows the instructions that read nothing up to those that read r, and reports whether one is a match.
func (m *searcher) closure(state int32, r rune) (readers []uint32, match bool) {
	clear(m.visited)
	context := syntax.EmptyOpContext(m.last[state], r)
	stack := append(slices.Clone(m.threads[state]), uint32(m.program.Start))
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if m.visited[pc] {
			continue
		}
		m.visited[pc] = true
		m.spend(1)
		switch inst := &m.program.Inst[pc]; inst.Op {
		case syntax.InstMatch:
			return nil, true
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, inst.Out, inst.Arg)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&^context == 0 {
				stack = append(stack, inst.Out)
			}
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, inst.Out)
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			readers = append(readers, pc)
		}
	}
	return readers, false
}

func (m *searcher) accepts(state int32) bool {
	if state == matched {
		return m.want
	}
	_, match := m.closure(state, noRune)
	return match == m.want
}

func (m *searcher) dead(state int32) bool {
	if state == matched {
		return !m.want
	}
	anchored := m.program.StartCond()&syntax.EmptyBeginText != 0
	return m.want && anchored && len(m.threads[state]) == 0 && m.last[state] != noRune
}

func (m *searcher) edges() (all []rune) {
	if m.looks&(aroundLines|aroundWords) != 0 {
		all = append(all, '\n', '\n'+1, '0', '9'+1, 'A', 'Z'+1, '_', '_'+1, 'a', 'z'+1)
	}
	for _, inst := range m.sets {
		switch {
		case inst.Op == syntax.InstRuneAnyNotNL:
			all = append(all, '\n', '\n'+1)
		case len(inst.Rune) == 1: // perhaps with its other cases
			all = append(all, inst.Rune[0], inst.Rune[0]+1)
			for r := unicode.SimpleFold(inst.Rune[0]); r != inst.Rune[0]; r = unicode.SimpleFold(r) {
				all = append(all, r, r+1)
			}
		default:
			for i := 0; i+1 < len(inst.Rune); i += 2 {
				all = append(all, inst.Rune[i], inst.Rune[i+1]+1)
			}
		}
	}
	return all
}

func (m *searcher) sees(seen []byte, r rune) []byte {
	for _, inst := range m.sets {
		bit := byte('0')
		if inst.MatchRune(r) {
			bit = '1'
		}
		seen = append(seen, bit)
	}
	return append(seen, byte(m.surrounding(r)))
}
