package registry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// Limits of one file. They bound time and memory on hostile input, and are far above what a registry needs: a remote
// with ten releases of forty shared packages is about 60 KiB.
const (
	MaxFileSize = 256 << 10 // bytes
	maxDepth    = 64        // levels of nesting
	maxNodes    = 60_000    // keys and values
)

// optionalMark stands in for the "?" of an optional field ("total?: number") while YAML is parsed: yaml.v3 follows YAML
// 1.1, where a "?" ends a plain key inside {...}. It is a Unicode noncharacter, which no file may contain, and one
// character like the "?", so that columns stay right.
const optionalMark = "\uFDD0"

var optionalKey = regexp.MustCompile(`([\pL\pN_$-])\?(:(?:[ \r\n]|$))`)

// parseDocument reads one YAML file into its top node, which is nil if nothing usable is left. It never answers with a
// node and an error both: what comes back without errors holds no duplicate keys, aliases, anchors, tags, keys that are
// not strings, or depth over maxDepth.
func parseDocument(f File, text []byte) (*yaml.Node, diag.List) {
	if l := guard(f, text); len(l) > 0 {
		return nil, l
	}
	top, l := decodeOne(f, text)
	if top == nil || len(l) > 0 {
		return nil, l
	}
	g := nodeGuard{file: f}
	g.node(top, 0)
	if len(g.list) > 0 {
		return nil, g.list
	}
	return top, nil
}

// guard finds what can be said from the bytes alone.
func guard(f File, text []byte) (l diag.List) {
	if len(text) > MaxFileSize {
		return diag.List{f.whole("yaml/size", fmt.Sprintf("the file has %d bytes; the limit is %d", len(text), MaxFileSize),
			"split it, or drop releases that no cohort needs any more")}
	}
	line, column, comment := 1, 1, false
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		report := func(rule, message, help string) {
			l.Add(diag.Diagnostic{Pos: f.pos(line, column), Length: 1, Rule: rule, Message: message, Help: help})
		}
		switch {
		case r == utf8.RuneError && n == 1:
			report("yaml/encoding", fmt.Sprintf("byte 0x%02x is not UTF-8", text[i]), "save the file as UTF-8")
			return l
		case r == '\uFEFF':
			report("yaml/encoding", "the file holds a byte order mark", "save the file as UTF-8 without a byte order mark")
		case r == '\t' && !comment:
			report("yaml/tab", "a tab", "use spaces: YAML does not take tabs for indentation")
		case (r < ' ' && r != '\n' && r != '\r' && r != '\t') || r == 0x7f || r >= 0x80 && r < 0xa0 || noncharacter(r):
			report("yaml/control", fmt.Sprintf("a control character, %U", r), "remove it")
		}
		if r == '#' && (i == 0 || strings.IndexByte(" \t\n", text[i-1]) >= 0) {
			comment = true
		}
		i, column = i+n, column+1
		if r == '\n' || r == '\r' && (i == len(text) || text[i] != '\n') {
			line, column, comment = line+1, 1, false
		}
	}
	return l
}

// noncharacter reports code points that Unicode reserves for a program's own use, and the line separators that YAML 1.1
// and editors count differently.
func noncharacter(r rune) bool {
	return r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE || r == 0x2028 || r == 0x2029
}

// decodeOne runs the YAML parser. A panic in it is its bug and our diagnostic.
func decodeOne(f File, text []byte) (top *yaml.Node, l diag.List) {
	defer func() {
		if r := recover(); r != nil {
			top, l = nil, diag.List{f.whole("yaml/syntax", fmt.Sprintf("the YAML parser gave up: %v", r),
				"simplify the file's layout")}
		}
	}()
	if bytes.Contains(text, []byte("?:")) {
		text = optionalKey.ReplaceAll(text, []byte("${1}"+optionalMark+"${2}"))
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := d.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, diag.List{f.whole("yaml/empty", "the file is empty", "fill it in, or delete it")}
		}
		return nil, diag.List{syntaxError(f, text, err)}
	}
	switch err := d.Decode(&second); {
	case err == nil:
		pos := f.pos(second.Line, second.Column)
		return nil, diag.List{{Pos: pos, Length: 1, Rule: "yaml/documents",
			Message: "a second YAML document begins here", Help: "one file declares one thing: move it into a file of its own"}}
	case !errors.Is(err, io.EOF):
		return nil, diag.List{syntaxError(f, text, err)}
	}
	top = document.Content[0]
	if top.Kind == yaml.ScalarNode && top.ShortTag() == "!!null" {
		return nil, diag.List{f.whole("yaml/empty", "the file declares nothing", "fill it in, or delete it")}
	}
	return top, nil
}

var yamlErrorLine = regexp.MustCompile(`(?s)^yaml: (?:line ([0-9]+): )?(.*)$`)

// syntaxError places the parser's message, which has a line and no column, on the first character of that line.
func syntaxError(f File, text []byte, err error) diag.Diagnostic {
	m := yamlErrorLine.FindStringSubmatch(strings.ReplaceAll(err.Error(), optionalMark, "?"))
	if m == nil {
		return f.whole("yaml/syntax", err.Error(), "")
	}
	message, help := yamlWords(m[2])
	lines := strings.Split(string(text), "\n")
	line, _ := strconv.Atoi(m[1])
	if line > len(lines) {
		line = len(lines)
	}
	if line < 1 {
		return f.whole("yaml/syntax", message, help)
	}
	trimmed := strings.TrimLeft(lines[line-1], " ")
	column := len(lines[line-1]) - len(trimmed) + 1
	return diag.Diagnostic{Pos: f.pos(line, column), Length: utf8.RuneCountInString(strings.TrimRight(trimmed, " \r")),
		Rule: "yaml/syntax", Message: message, Help: help}
}

// yamlWords says the parser's messages in words that lead to the cure.
func yamlWords(s string) (message, help string) {
	for _, w := range yamlPhrases {
		if strings.Contains(s, w.has) {
			return w.message, w.help
		}
	}
	return "not YAML: " + s, "check the quotes, brackets and indentation here and on the line above"
}

var yamlPhrases = []struct{ has, message, help string }{
	{"mapping values are not allowed", "a \": \" where no new field can begin",
		"put the text in quotes if the colon belongs to it; otherwise check the indentation"},
	{"found character that cannot start any token", "a character that cannot begin a value",
		"put the value in quotes"},
	{"did not find expected ',' or '}'", "a {...} that is not closed, or a comma is missing in it",
		"close it, or put keys and values with special characters in quotes"},
	{"did not find expected ',' or ']'", "a [...] that is not closed, or a comma is missing in it",
		"close it, or put values with special characters in quotes"},
	{"did not find expected key", "a field was expected here", "check the indentation here and on the line above"},
	{"could not find expected ':'", "a field without its \":\"", "write \"field: value\", with a space after the colon"},
	{"did not find expected '-' indicator", "a list item was expected here", "begin it with \"- \", indented as the others"},
	{"found unexpected end of stream", "the file ends inside a quoted text", "close the quotes"},
	{"unknown anchor", "an alias of an anchor that is not there", "muster takes no anchors or aliases: write the value out"},
	{"exceeded max depth", fmt.Sprintf("nesting deeper than %d levels", maxDepth), "flatten it"},
}

// nodeGuard walks a parsed document for what YAML allows and muster does not.
type nodeGuard struct {
	file  File
	list  diag.List
	nodes int
	full  bool
}

func (g *nodeGuard) report(n *yaml.Node, rule, message, help string) {
	g.list.Add(g.file.at(n, diag.Diagnostic{Rule: rule, Message: message, Help: help}))
}

func (g *nodeGuard) node(n *yaml.Node, depth int) {
	if g.nodes++; g.full {
		return
	}
	switch {
	case g.nodes > maxNodes:
		g.full = true
		g.report(n, "yaml/size", fmt.Sprintf("more than %d keys and values in one file", maxNodes), "split the file")
		return
	case depth > maxDepth:
		g.full = true
		g.report(n, "yaml/depth", fmt.Sprintf("nesting deeper than %d levels", maxDepth), "flatten it")
		return
	case n.Kind == yaml.AliasNode:
		g.report(n, "yaml/alias", "an alias, *"+n.Value, "write the value out: muster takes no anchors or aliases")
		return
	case n.Anchor != "":
		g.report(n, "yaml/alias", "an anchor, &"+n.Anchor, "remove it: muster takes no anchors or aliases")
	case n.Style&yaml.TaggedStyle != 0:
		g.report(n, "yaml/tag", "a tag, "+n.Tag, "remove it: the schema says what type a field has")
	}
	n.Value = strings.ReplaceAll(n.Value, optionalMark, "?")
	if n.Kind == yaml.MappingNode {
		g.keys(n)
	}
	for _, c := range n.Content {
		g.node(c, depth+1)
	}
}

func (g *nodeGuard) keys(n *yaml.Node) {
	var seen map[string]*yaml.Node
	if len(n.Content) > 16 {
		seen = make(map[string]*yaml.Node, len(n.Content)/2)
	}
	for i := 0; i < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind == yaml.AliasNode: // reported by node
		case k.Kind != yaml.ScalarNode:
			g.report(k, "yaml/key", "a key that is not a plain text", "write \"field: value\"")
		case k.ShortTag() == "!!merge":
			g.report(k, "yaml/alias", "a merge key, <<", "write the fields out: muster takes no anchors or aliases")
		case kindOf(k) != kindString:
			g.report(k, "yaml/key", fmt.Sprintf("YAML reads the key %s as %s", k.Value, kindOf(k)),
				fmt.Sprintf("put it in quotes: %q", k.Value))
		default:
			if first := earlier(n, i, seen); first != nil {
				name := strings.ReplaceAll(k.Value, optionalMark, "?")
				g.list.Add(g.file.at(k, diag.Diagnostic{Rule: "yaml/duplicate-key",
					Message: fmt.Sprintf("%s is set twice", diag.Quote(name)),
					Notes:   []diag.Note{{Pos: g.file.nodePos(first), Message: "the first one is here"}},
					Help:    "keep one of the two"}))
			} else if seen != nil {
				seen[k.Value] = k
			}
		}
	}
}

// earlier returns the key before index i that equals it; small mappings are scanned, large ones have a table.
func earlier(n *yaml.Node, i int, seen map[string]*yaml.Node) *yaml.Node {
	if seen != nil {
		return seen[n.Content[i].Value]
	}
	for j := 0; j < i; j += 2 {
		if n.Content[j].Kind == yaml.ScalarNode && n.Content[j].Value == n.Content[i].Value {
			return n.Content[j]
		}
	}
	return nil
}
