package registry

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// parseSubset reads what nearly every declaration is written in: block mappings and lists, flow collections that end on their
// line, and texts of one line, plain or in quotes without escapes, all in ASCII. The node is what yaml.v3 makes of the text but
// for comments, which nobody reads, and with each optionalMark as the "?" that it stands for; a differential test holds the two against each other. It is nil where the text holds anything
// else, right or wrong, which is yaml.v3's to tell. It takes a quarter of the time, which a history of versions is mostly spent on.
func parseSubset(text string) *yaml.Node {
	p, ok := newSubsetParser(text)
	if !ok || !p.nextLine() || p.indent != 0 {
		return nil
	}
	top := p.block(0)
	if top == nil || p.at < len(p.text) {
		return nil
	}
	return &yaml.Node{Kind: yaml.DocumentNode, Line: top.Line, Column: top.Column, Content: []*yaml.Node{top}}
}

// parseSubsetBlock reads lines out of the middle of a text as parseSubset reads them there: a block mapping or list, or some entries
// of one, on the first of the lines, that far indented, and so many collections deep. What comes behind them in the text must not be
// deeper indented.
func parseSubsetBlock(lines string, line, indent, depth int) *yaml.Node {
	p, ok := newSubsetParser(lines)
	if !ok {
		return nil
	}
	p.at, p.line, p.indent, p.depth = indent, line, indent, depth
	n := p.block(indent)
	if n == nil || p.at < len(p.text) {
		return nil
	}
	return n
}

func newSubsetParser(text string) (p subsetParser, ok bool) {
	if !plainCharacters(text) {
		return p, false
	}
	return subsetParser{text: text, nodes: make([]yaml.Node, 0, 4+len(text)/12)}, true
}

// plainCharacters reports whether a text holds no characters but those of the subset.
func plainCharacters(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < ' ' || c > '~') && c != '\n' {
			return false
		}
	}
	return true
}

// subsetParser stands at a place of a text. What it reads is nil, and where it stands then means nothing, if that is not in the
// subset.
type subsetParser struct {
	text   string
	at     int // offset
	line   int // 1-based
	start  int // where the line begins
	indent int // of the line, in front of which at stands after nextLine; -1 at the end of the text

	nodes []yaml.Node  // room for nodes: one allocation instead of hundreds
	open  []*yaml.Node // of the collections that are being read
	depth int
}

// maxSubsetKey is how long a key may be: YAML ends the search for its colon at 1024 characters.
const maxSubsetKey = 500

func (p *subsetParser) node(kind yaml.Kind, at int) *yaml.Node {
	if len(p.nodes) == cap(p.nodes) {
		p.nodes = make([]yaml.Node, 0, 64)
	}
	p.nodes = append(p.nodes, yaml.Node{Kind: kind, Line: p.line, Column: at - p.start + 1})
	return &p.nodes[len(p.nodes)-1]
}

// collection makes a node of all that was opened since.
func (p *subsetParser) collection(n *yaml.Node, since int) *yaml.Node {
	n.Content = append([]*yaml.Node(nil), p.open[since:]...)
	p.open = p.open[:since]
	return n
}

// nextLine goes to the first character of the next line that holds more than blanks and a comment. It is false if the rest of this
// line does.
func (p *subsetParser) nextLine() bool {
	if !p.blankRest() {
		return false
	}
	for p.at < len(p.text) {
		p.line, p.start = p.line+1, p.at
		for p.at < len(p.text) && p.text[p.at] == ' ' {
			p.at++
		}
		if p.indent = p.at - p.start; p.at < len(p.text) && p.text[p.at] != '\n' && p.text[p.at] != '#' {
			return true
		}
		p.skipLine()
	}
	p.indent = -1
	return true
}

// blankRest goes to the start of the next line, if the rest of this one is blank or a comment.
func (p *subsetParser) blankRest() bool {
	if p.line == 0 {
		return true // no line has begun
	}
	p.spaces()
	if p.at < len(p.text) && p.text[p.at] != '\n' && (p.text[p.at] != '#' || p.text[p.at-1] != ' ') {
		return false
	}
	p.skipLine()
	return true
}

func (p *subsetParser) skipLine() {
	if n := strings.IndexByte(p.text[p.at:], '\n'); n >= 0 {
		p.at += n + 1
	} else {
		p.at = len(p.text)
	}
}

func (p *subsetParser) spaces() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// peek is the character some places ahead, a line feed at the end of the text.
func (p *subsetParser) peek(ahead int) byte {
	if p.at+ahead < len(p.text) {
		return p.text[p.at+ahead]
	}
	return '\n'
}

// entry reports whether an entry of a block list begins here.
func (p *subsetParser) entry() bool { return p.peek(0) == '-' && p.peek(1) == ' ' }

// block reads a mapping or list whose keys or dashes stand in the column that it stands in.
func (p *subsetParser) block(indent int) *yaml.Node {
	if p.depth++; p.depth > maxDepth {
		return nil
	}
	defer func() { p.depth-- }()
	if p.entry() {
		return p.list(indent)
	}
	return p.mapping(indent)
}

func (p *subsetParser) list(indent int) *yaml.Node {
	n, since := p.node(yaml.SequenceNode, p.at), len(p.open)
	n.Tag = "!!seq"
	for p.indent == indent && p.entry() {
		p.at++
		p.spaces()
		var item *yaml.Node
		if column := p.at - p.start; p.keyAhead() {
			p.indent = column
			item = p.block(column)
		} else {
			item = p.value(indent)
		}
		if item == nil || p.indent > indent {
			return nil
		}
		p.open = append(p.open, item)
	}
	return p.collection(n, since)
}

func (p *subsetParser) mapping(indent int) *yaml.Node {
	n, since := p.node(yaml.MappingNode, p.at), len(p.open)
	n.Tag = "!!map"
	for p.indent == indent && !p.entry() {
		key := p.key()
		if key == nil {
			return nil
		}
		var value *yaml.Node
		if rest := p.at; p.blankRest() {
			p.at = rest
			value = p.below(indent)
		} else {
			p.spaces()
			value = p.value(indent)
		}
		if value == nil || p.indent > indent {
			return nil
		}
		p.open = append(p.open, key, value)
	}
	return p.collection(n, since)
}

// below reads what stands below a key: it is deeper, or a list that is as deep.
func (p *subsetParser) below(indent int) *yaml.Node {
	if !p.nextLine() || p.indent < indent || p.indent == indent && !p.entry() {
		return nil
	}
	return p.block(p.indent)
}

// keyAhead reports whether a key and its colon begin here.
func (p *subsetParser) keyAhead() bool {
	at, nodes := p.at, p.nodes
	defer func() { p.at, p.nodes = at, nodes }()
	return p.key() != nil
}

// key reads a key and its colon.
func (p *subsetParser) key() *yaml.Node {
	from := p.at
	n := p.scalar(blockKey)
	if n == nil || p.peek(0) != ':' || p.peek(1) != ' ' && p.peek(1) != '\n' || p.at-from > maxSubsetKey {
		return nil
	}
	p.at++
	return n
}

// value reads a value that ends on the line, and goes to the next one.
func (p *subsetParser) value(indent int) *yaml.Node {
	var n *yaml.Node
	switch p.peek(0) {
	case '{', '[':
		n = p.flow()
	default:
		n = p.scalar(blockValue)
	}
	if n == nil || !p.nextLine() || p.indent > indent {
		return nil // a text that goes on, if not worse
	}
	return n
}

// flow reads a collection in brackets.
func (p *subsetParser) flow() *yaml.Node {
	if p.depth++; p.depth > maxDepth {
		return nil
	}
	defer func() { p.depth-- }()
	kind, tag, end := yaml.SequenceNode, "!!seq", byte(']')
	if p.peek(0) == '{' {
		kind, tag, end = yaml.MappingNode, "!!map", '}'
	}
	n, since := p.node(kind, p.at), len(p.open)
	n.Tag, n.Style = tag, yaml.FlowStyle
	for p.at++; ; p.at++ {
		p.spaces()
		if p.peek(0) == end && len(p.open) == since {
			break
		}
		if !p.flowEntry(kind) {
			return nil
		}
		if p.spaces(); p.peek(0) == end {
			break
		}
		if p.peek(0) != ',' {
			return nil
		}
	}
	p.at++
	return p.collection(n, since)
}

// flowEntry reads an item, or a key and its value.
func (p *subsetParser) flowEntry(of yaml.Kind) bool {
	if of == yaml.MappingNode {
		key := p.scalar(flowKey)
		if key == nil || p.peek(0) != ':' || p.peek(1) != ' ' {
			return false
		}
		p.at++
		p.spaces()
		p.open = append(p.open, key)
	}
	var value *yaml.Node
	if p.peek(0) == '{' || p.peek(0) == '[' {
		value = p.flow()
	} else {
		value = p.scalar(flowValue)
	}
	p.open = append(p.open, value)
	return value != nil
}

// role is where a text stands, which decides where it ends.
type role uint8

const (
	blockKey role = iota
	blockValue
	flowKey
	flowValue
)

// scalar reads a text of one line.
func (p *subsetParser) scalar(as role) *yaml.Node {
	n := p.node(yaml.ScalarNode, p.at)
	switch quote := p.peek(0); quote {
	case '"', '\'':
		rest := p.text[p.at+1:]
		end := strings.IndexByte(rest, quote)
		if end < 0 || end+1 < len(rest) && rest[end+1] == quote || strings.ContainsAny(rest[:end], "\\\n") {
			return nil
		}
		n.Value, n.Tag, n.Style = rest[:end], "!!str", yaml.DoubleQuotedStyle
		if quote == '\'' {
			n.Style = yaml.SingleQuotedStyle
		}
		p.at += end + 2
		return n
	}
	from := p.at
	if p.plain(as); p.at == from {
		return nil
	}
	n.Value = strings.TrimRight(p.text[from:p.at], " ")
	if n.Value == "<<" {
		return nil
	}
	n.Tag = plainTag(n)
	return n
}

// plain goes to the end of a plain text. It stays where it is if none begins here.
func (p *subsetParser) plain(as role) {
	if !beginsPlain(p.peek(0)) {
		return
	}
	for ; ; p.at++ {
		switch c := p.peek(0); c {
		case '\n':
			return
		case ':':
			if next := p.peek(1); next == ' ' || next == '\n' || as >= flowKey && strings.IndexByte(",[]{}", next) >= 0 {
				return
			}
		case '#':
			if p.text[p.at-1] == ' ' {
				return
			}
		case ',', '[', ']', '{', '}':
			if as >= flowKey {
				return
			}
		case '?':
			if as == flowValue || as == flowKey && !p.optional() {
				return
			}
		}
	}
}

// optional reports whether the "?" here is that of an optional field, which may stand in {...} here: see optionalMark.
func (p *subsetParser) optional() bool {
	before := p.text[p.at-1]
	word := before >= 'a' && before <= 'z' || before >= 'A' && before <= 'Z' || before >= '0' && before <= '9' || strings.IndexByte("_$-", before) >= 0
	return word && p.peek(1) == ':' && p.peek(2) == ' '
}

// beginsPlain reports whether a plain text may begin with a character, whatever follows.
func beginsPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("./^~<=$_+(", c) >= 0
}

// plainTag is what YAML takes a plain text for.
func plainTag(n *yaml.Node) string {
	dots := 0
	for i := range len(n.Value) {
		switch c := n.Value[i]; {
		case c == '.':
			dots++
		case c < '0' || c > '9':
			return n.ShortTag()
		}
	}
	if dots > 1 && n.Value[0] != '.' {
		return "!!str" // a version: to try all kinds of numbers on it would take longest
	}
	return n.ShortTag()
}
