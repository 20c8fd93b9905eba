package edit

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// form is how a node is written.
type form uint8

const (
	absentForm form = iota // nothing stands behind the colon or the dash
	plainForm
	singleForm
	doubleForm
	linesForm // | and >
	blockMap
	blockList
	flowMap
	flowList
	pairForm // a field in [...] without braces: [a: b]
)

// node is a YAML node with the place of its text. A nil node is one that is not there.
type node struct {
	form       form
	start, end int     // bytes of the text; of an absent node, where it could stand
	column     int     // of a block collection's fields or dashes, from 0
	around     int     // the column of the block collection around it, -1 at the top
	entries    []entry // of a mapping or list
	scalar     Value   // of a scalar
}

// entry is one field of a mapping or one item of a list.
type entry struct {
	key   *node // nil in a list
	start int   // its first byte: of the key, of a block list's dash, of a flow list's item
	mark  int   // behind the colon or dash; -1 for a key without a colon; the start in a flow list
	comma int   // of the "," behind it; -1 for none
	value *node
}

func (n *node) is(f form) bool { return n != nil && n.form == f }

func (n *node) isBlock() bool { return n.is(blockMap) || n.is(blockList) }

// isBlockOf reports whether n is in block style and holds what v holds, fields or items.
func (n *node) isBlockOf(v Value) bool {
	switch v.(type) {
	case Map:
		return n.is(blockMap)
	case List:
		return n.is(blockList)
	}
	return false
}

func (n *node) isFlow() bool { return n.is(flowMap) || n.is(flowList) || n.is(pairForm) }

// child returns the value of a block mapping's field, nil for none.
func (n *node) child(key string) *node {
	if n.is(blockMap) {
		for _, e := range n.entries {
			if e.key.scalar == Text(key) {
				return e.value
			}
		}
	}
	return nil
}

// hasInFlow reports whether n is a mapping in {} with all the fields of m.
func (n *node) hasInFlow(m Map) bool {
	if !n.is(flowMap) {
		return false
	}
	for _, f := range m {
		if n.place(f.Key) < 0 {
			return false
		}
	}
	return true
}

// walk visits n and the values in it.
func (n *node) walk(visit func(*node)) {
	if n == nil {
		return
	}
	visit(n)
	for _, e := range n.entries {
		e.value.walk(visit)
	}
}

// value is n without its layout.
func (n *node) value() Value {
	switch n.form {
	case blockMap, flowMap, pairForm:
		m := make(Map, len(n.entries))
		for i, e := range n.entries {
			m[i] = Field{string(e.key.scalar.(Text)), e.value.value()}
		}
		return m
	case blockList, flowList:
		l := make(List, len(n.entries))
		for i, e := range n.entries {
			l[i] = e.value.value()
		}
		return l
	}
	return n.scalar
}

// surveyor finds the end of each node, of which the YAML parser only says where it begins.
type surveyor struct {
	text  []byte
	lines []int // where each line begins
	// The place found last: nodes come in the order of the text, so that a long line is walked once, not once for each.
	line, column, offset int
}

// survey returns the layout of a document.
func survey(text []byte, top *yaml.Node) (*node, error) {
	s := &surveyor{text: text, lines: []int{0}, line: 1, column: 1}
	for i, c := range text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s.node(top, 0, -1)
}

// find returns the byte at which n begins.
func (s *surveyor) find(n *yaml.Node) (int, error) {
	if n.Line < 1 || n.Line > len(s.lines) {
		return 0, misread(n)
	}
	if n.Line != s.line || n.Column < s.column {
		s.line, s.column, s.offset = n.Line, 1, s.lines[n.Line-1]
	}
	for ; s.column < n.Column && s.offset < len(s.text); s.column++ {
		_, size := utf8.DecodeRune(s.text[s.offset:])
		s.offset += size
	}
	if s.offset >= len(s.text) {
		return 0, misread(n)
	}
	return s.offset, nil
}

func misread(n *yaml.Node) error {
	return fmt.Errorf("line %d: what stands here can't be edited in place; write it in a simpler way", n.Line)
}

// node surveys n, which begins at from or behind it, in a block collection at the column around.
func (s *surveyor) node(n *yaml.Node, from, around int) (*node, error) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" && n.Value == "" {
		return &node{start: from, end: from, around: around, scalar: Null{}}, nil
	}
	start, err := s.find(n)
	if err != nil || start < from {
		return nil, misread(n)
	}
	l := &node{start: start, end: start, column: n.Column - 1, around: around}
	switch n.Kind {
	case yaml.MappingNode:
		err = s.mapping(l, n)
	case yaml.SequenceNode:
		err = s.list(l, n)
	case yaml.ScalarNode:
		if l.form, l.end = s.scalar(n, start, around); l.end < 0 {
			err = misread(n)
		}
		l.scalar = read(n, l.form)
	default:
		err = misread(n)
	}
	return l, err
}

// read is the value of a scalar. Dates are texts, as a registry reads them.
func read(n *yaml.Node, f form) Value {
	tag := n.ShortTag()
	switch {
	case f != plainForm:
	case tag == "!!null":
		return Null{}
	case tag == "!!bool":
		return Bool(strings.EqualFold(n.Value, "true"))
	case tag == "!!int", tag == "!!float":
		return Number(n.Value)
	}
	return Text(n.Value)
}

func (s *surveyor) mapping(l *node, n *yaml.Node) (err error) {
	p := l.start
	switch flow := n.Style&yaml.FlowStyle != 0; {
	case flow && s.text[p] == '{':
		l.form, p = flowMap, p+1
	case flow:
		l.form = pairForm
	default:
		l.form = blockMap
	}
	around := l.inner()
	for i := 0; i+1 < len(n.Content); i += 2 {
		e := entry{mark: -1, comma: -1}
		if e.key, err = s.node(n.Content[i], p, around); err != nil {
			return err
		}
		if _, ok := e.key.scalar.(Text); !ok {
			return misread(n.Content[i])
		}
		e.start, p = e.key.start, e.key.end
		if colon := s.blank(p); s.has(colon, ':') {
			e.mark, p = colon+1, colon+1
		}
		if e.value, err = s.node(n.Content[i+1], p, around); err != nil {
			return err
		}
		p = s.comma(l, &e)
		l.entries = append(l.entries, e)
	}
	return s.close(l, n, p, '}')
}

func (s *surveyor) list(l *node, n *yaml.Node) (err error) {
	p := l.start
	if l.form = blockList; s.text[p] == '[' {
		l.form, p = flowList, p+1
	}
	around := l.inner()
	for _, c := range n.Content {
		e := entry{comma: -1}
		if l.form == blockList {
			if e.start = s.blank(p); !s.has(e.start, '-') {
				return misread(c)
			}
			p = e.start + 1
		}
		if e.value, err = s.node(c, p, around); err != nil {
			return err
		}
		if e.mark = p; l.form == flowList {
			e.start, e.mark = e.value.start, e.value.start
		}
		p = s.comma(l, &e)
		l.entries = append(l.entries, e)
	}
	return s.close(l, n, p, ']')
}

// inner is the column of the block collection around what stands in n.
func (n *node) inner() int {
	if n.isBlock() {
		return n.column
	}
	return n.around
}

// comma finds the "," behind an entry of l, and returns where to read on.
func (s *surveyor) comma(l *node, e *entry) int {
	if !l.is(flowMap) && !l.is(flowList) {
		return e.value.end
	}
	if p := s.blank(e.value.end); s.has(p, ',') {
		e.comma = p
		return p + 1
	}
	return e.value.end
}

func (s *surveyor) close(l *node, n *yaml.Node, p int, bracket byte) error {
	if l.end = p; l.form != flowMap && l.form != flowList {
		return nil
	}
	if p = s.blank(p); !s.has(p, bracket) {
		return misread(n)
	}
	l.end = p + 1
	return nil
}

func (s *surveyor) has(p int, c byte) bool { return p < len(s.text) && s.text[p] == c }

// blank returns the first byte from p on that is neither space nor comment.
func (s *surveyor) blank(p int) int {
	for p < len(s.text) {
		switch s.text[p] {
		case ' ', '\r', '\n':
			p++
		case '#':
			p += lineLength(s.text[p:])
		default:
			return p
		}
	}
	return p
}

// lineLength is how much of text stands before the end of its first line.
func lineLength(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return len(bytes.TrimSuffix(text, []byte("\r")))
}

// scalar returns how the scalar at start is written, and its end; -1 if that can't be told.
func (s *surveyor) scalar(n *yaml.Node, start, around int) (form, int) {
	switch s.text[start] {
	case '"':
		for p := start + 1; p < len(s.text); p++ {
			switch s.text[p] {
			case '\\':
				p++
			case '"':
				return doubleForm, p + 1
			}
		}
		return doubleForm, -1
	case '\'':
		for p := start + 1; p < len(s.text); p++ {
			if s.text[p] == '\'' {
				if !s.has(p+1, '\'') {
					return singleForm, p + 1
				}
				p++
			}
		}
		return singleForm, -1
	case '|', '>':
		return linesForm, s.linesEnd(start, around)
	}
	return plainForm, s.plainEnd(start, n.Value)
}

// plainEnd follows a text without quotes to its end. A line break in it is read as a space, and n of them as n-1 breaks.
func (s *surveyor) plainEnd(p int, value string) int {
	for i := 0; i < len(value); {
		next, breaks := s.fold(p)
		read := s.text[p:next]
		switch {
		case breaks == 1:
			read = []byte(" ")
		case breaks > 1:
			read = bytes.Repeat([]byte("\n"), breaks-1)
		case next == p:
			next = min(p+1, len(s.text))
			read = s.text[p:next]
		}
		if len(read) == 0 || !strings.HasPrefix(value[i:], string(read)) {
			return -1
		}
		p, i = next, i+len(read)
	}
	return p
}

// fold returns how many line breaks stand before the next character behind p that is no space, and where that stands.
func (s *surveyor) fold(p int) (next, breaks int) {
	for ; p < len(s.text); p++ {
		switch s.text[p] {
		case '\n':
			breaks++
		case ' ', '\r':
		default:
			return p, breaks
		}
	}
	return p, breaks
}

// linesEnd is the end of a text that begins with | or >: behind its last line, without the line break.
func (s *surveyor) linesEnd(start, around int) int {
	end := start + lineLength(s.text[start:])
	header, _, _ := strings.Cut(string(s.text[start:end]), "#")
	indent, keep := -1, strings.Contains(header, "+")
	if i := strings.IndexAny(header, "123456789"); i >= 0 {
		indent = max(0, around) + int(header[i]-'0')
	}
	for p := nextLine(s.text, end); p < len(s.text); p = nextLine(s.text, p) {
		line := s.text[p : p+lineLength(s.text[p:])]
		spaces := len(line) - len(bytes.TrimLeft(line, " "))
		switch blank := spaces == len(line); {
		case !blank && indent < 0 && spaces > around:
			indent = spaces
			end = p + len(line)
		case !blank && (indent < 0 || spaces < indent):
			return end
		case !blank, keep, indent >= 0 && spaces > indent:
			end = p + len(line)
		}
	}
	return end
}

// nextLine is where the line behind p begins; the text's end if p is on the last line.
func nextLine(text []byte, p int) int {
	if i := bytes.IndexByte(text[p:], '\n'); i >= 0 {
		return p + i + 1
	}
	return len(text)
}
