package registry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
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

var indentedByTab = regexp.MustCompile(`(?m)^ *\t`)

// parseDocument reads one YAML file into its top node, which is nil if nothing usable is left. A node without findings
// holds no duplicate keys, aliases, anchors, tags, keys that are not texts, or depth over maxDepth. From a node with
// findings all that is taken out, so that the rest can be explained in the same run, and nothing else.
func parseDocument(f File, text []byte) (*yaml.Node, diag.List) {
	l := guard(f, text)
	switch tabs := !slices.ContainsFunc(l, func(d diag.Diagnostic) bool { return d.Rule != "yaml/tab" }); {
	case len(l) > 0 && (!tabs || indentedByTab.Match(text)):
		return nil, l
	case len(l) > 0: // between and behind values they can be told from nothing but spaces
		text = bytes.ReplaceAll(text, []byte("\t"), []byte(" "))
	}
	top, faults := decodeOne(f, text)
	if l.Add(faults...); top == nil {
		return nil, l
	}
	g := nodeGuard{file: f, rest: string(text), line: 1, list: l}
	g.node(top, 0)
	if g.full {
		return nil, g.list
	}
	return top, g.list
}

// parsePlain is parseDocument for a text of the plain subset of YAML without findings; nil for any other.
func parsePlain(f File, text string) *yaml.Node {
	if len(text) > MaxFileSize {
		return nil
	}
	document := parseSubset(text)
	if document == nil || !plainNodes(f, document.Content[0], 0, text, 1) {
		return nil
	}
	return document.Content[0]
}

// plainNodes reports whether there is nothing to say about a node that is so deep in its document, and stands in some lines of it from
// a line on.
func plainNodes(f File, n *yaml.Node, depth int, lines string, line int) bool {
	g := nodeGuard{file: f, rest: lines, line: line}
	g.node(n, depth)
	return len(g.list) == 0
}

// guard finds what can be said from the bytes alone.
func guard(f File, text []byte) (l diag.List) {
	if len(text) > MaxFileSize {
		return diag.List{f.whole("yaml/size", fmt.Sprintf("the file is too large: the limit is %d bytes", MaxFileSize),
			"split it, or drop releases that no cohort needs any more")}
	}
	line, column, comment := 1, 1, false
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c < 0x7f && c != '#' { // nearly every one
			i, column = i+1, column+1
			continue
		}
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
			report("yaml/tab", "a tab", "use spaces; in double quotes, \\t stands for a tab")
		case r == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			report("yaml/control", "a carriage return that ends no line", "end lines with LF, or with CR and LF")
		case (r < ' ' && r != '\n' && r != '\r' && r != '\t') || r == 0x7f || r >= 0x80 && r < 0xa0 || noncharacter(r):
			report("yaml/control", fmt.Sprintf("a control character, %U", r), "remove it")
		}
		if r == '#' && (i == 0 || strings.IndexByte(" \t\n", text[i-1]) >= 0) {
			comment = true
		}
		i, column = i+n, column+1
		if r == '\n' {
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

// decodeOne returns the top node of the one document that a file may hold.
func decodeOne(f File, text []byte) (top *yaml.Node, l diag.List) {
	if bytes.Contains(text, []byte("?:")) {
		text = optionalKey.ReplaceAll(text, []byte("${1}"+optionalMark+"${2}"))
	}
	first, second, err := parse(text)
	switch {
	case err != nil:
		return nil, diag.List{syntaxError(f, text, err)}
	case second != nil:
		return nil, diag.List{{Pos: f.pos(second.Line, second.Column), Length: 1, Rule: "yaml/documents",
			Message: "a second YAML document begins here", Help: "one file declares one thing: move it into a file of its own"}}
	case len(bytes.TrimSpace(text)) == 0:
		return nil, diag.List{f.whole("yaml/empty", "the file is empty", "fill it in, or delete it")}
	case first == nil, first.Content[0].Kind == yaml.ScalarNode && first.Content[0].ShortTag() == "!!null":
		return nil, diag.List{f.whole("yaml/empty", "the file declares nothing", "fill it in, or delete it")}
	}
	return first.Content[0], nil
}

// parse runs the YAML parser: first and second are the documents, nil where there is none. A panic in the parser is its
// bug and our error.
func parse(text []byte) (first, second *yaml.Node, err error) {
	if first = parseSubset(string(text)); first != nil {
		return first, nil, nil
	}
	return parseYAML(text)
}

// parseYAML is parse by yaml.v3 alone, which is the authority.
func parseYAML(text []byte) (first, second *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the parser gave up: %v", r)
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(text))
	var documents [2]yaml.Node
	for i := range documents {
		switch err := d.Decode(&documents[i]); {
		case errors.Is(err, io.EOF):
			return first, nil, nil
		case err != nil:
			return nil, nil, err
		case i == 0:
			first = &documents[i]
		}
	}
	return first, &documents[1], nil
}

var (
	yamlPrefix   = regexp.MustCompile(`^yaml: (?:line [0-9]+: )?`)
	unknownAlias = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxError places the parser's message on its line. The parser tells no column, and for a line it tells now that of
// the fault, now where the mapping around it begins, and some of them one too low. So the line is the first with which
// the message comes.
func syntaxError(f File, text []byte, err error) diag.Diagnostic {
	lines := bytes.SplitAfter(text, []byte("\n"))
	ends := make([]int, len(lines))
	for i, end := 0, 0; i < len(lines); i++ {
		end += len(lines[i])
		ends[i] = end
	}
	i := sort.Search(len(lines)-1, func(i int) bool {
		_, _, again := parse(text[:ends[i]])
		return again != nil && again.Error() == err.Error()
	})
	line := strings.TrimRight(strings.ReplaceAll(string(lines[i]), optionalMark, "?"), " \r\n")
	problem := strings.ReplaceAll(yamlPrefix.ReplaceAllString(err.Error(), ""), optionalMark, "?")
	if m := unknownAlias.FindStringSubmatch(problem); m != nil {
		column := max(0, strings.Index(line, "*"+m[1]))
		return diag.Diagnostic{Pos: f.pos(i+1, utf8.RuneCountInString(line[:column])+1), Length: 1 + utf8.RuneCountInString(m[1]),
			Rule: "yaml/alias", Message: "an alias, *" + m[1], Help: aliasHelp}
	}
	message, help := yamlWords(problem)
	shown := strings.TrimLeft(line, " ")
	return diag.Diagnostic{Pos: f.pos(i+1, len(line)-len(shown)+1), Length: utf8.RuneCountInString(shown),
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
	{"did not find expected node content", "a value was expected here", "check the commas and brackets"},
	{"did not find expected key", "a field was expected here",
		"check the indentation here and on the line above, and quotation marks within quotes: \\\" in \"...\", '' in '...'"},
	{"could not find expected ':'", "a field without its \":\"", "write \"field: value\", with a space after the colon, or \"- item\" in a list"},
	{"did not find expected '-' indicator", "a list item was expected here", "begin it with \"- \", indented as the others"},
	{"block sequence entries are not allowed", "a list item where none can begin",
		"begin the list on a line of its own, or write it in [...]"},
	{"found unexpected end of stream", "the file ends inside a quoted text", "close the quotes"},
	{"found unexpected document indicator", "a line of --- or ... inside a quoted text", "close the quotes above it"},
	{"found unknown escape character", "a backslash in double quotes that begins no escape",
		"write \\\\ for a backslash, or use single quotes"},
	{"did not find expected hexdecimal number", "a backslash in double quotes that begins no escape",
		"write \\\\ for a backslash, or use single quotes"},
	{"did not find expected comment or line break", "a value that begins with > or |",
		"put the value in quotes: in YAML they begin a text of several lines"},
	{"did not find expected alphabetic or numeric character", "a * or & without a name",
		"put the value in quotes: in YAML they stand for aliases and anchors"},
	{"did not find expected <document start>", "a text behind the end of the document", "remove it, or check the indentation"},
	{"found incompatible YAML document", "a %YAML line for another version", "remove it: muster reads YAML as it comes"},
	{"exceeded max depth", fmt.Sprintf("nesting deeper than %d levels", maxDepth), "flatten it"},
}

// nodeGuard walks a parsed document for what YAML allows and muster does not, and takes it out: an alias, which fits every
// shape, stands for what can't be judged any more.
type nodeGuard struct {
	file  File
	rest  string // of the text, from line onwards: how far goesOn has looked
	line  int
	list  diag.List
	nodes int
	full  bool
}

const aliasHelp = "write the value out: muster takes no anchors or aliases; if * belongs to a text, put it in quotes"

// add keeps a finding, unless there are more than will be shown already.
func (g *nodeGuard) add(d diag.Diagnostic) {
	if len(g.list) <= maxFindings {
		g.list.Add(d)
	}
}

// report adds a finding at n, or at the first characters of it, which say written.
func (g *nodeGuard) report(n *yaml.Node, rule, message, help, written string, notes ...diag.Note) {
	d := g.file.at(n, diag.Diagnostic{Rule: rule, Message: message, Help: help, Notes: notes})
	if written != "" {
		d.Length = utf8.RuneCountInString(written)
	}
	g.add(d)
}

func (g *nodeGuard) node(n *yaml.Node, depth int) {
	if g.nodes++; g.full {
		return
	}
	switch {
	case g.nodes > maxNodes:
		g.full = true
		g.report(n, "yaml/size", fmt.Sprintf("more than %d keys and values in one file", maxNodes), "split the file", "")
		return
	case depth > maxDepth:
		g.full = true
		g.report(n, "yaml/depth", fmt.Sprintf("nesting deeper than %d levels", maxDepth), "flatten it", "")
		return
	case n.Kind == yaml.AliasNode:
		g.report(n, "yaml/alias", "an alias, *"+n.Value, aliasHelp, "*"+n.Value)
		return
	}
	if n.Anchor != "" {
		g.report(n, "yaml/alias", "an anchor, &"+n.Anchor, "remove it: muster takes no anchors or aliases", "&"+n.Anchor)
	}
	if n.Style&yaml.TaggedStyle != 0 {
		g.tagged(n)
	}
	n.Value = strings.ReplaceAll(n.Value, optionalMark, "?")
	switch {
	case n.Kind == yaml.MappingNode:
		g.fields(n, depth)
		return
	case n.Kind == yaml.ScalarNode && g.goesOn(n):
		n.Style = yaml.LiteralStyle // as a text in block style, it has a place and no length
	}
	for _, c := range n.Content {
		g.node(c, depth+1)
	}
}

// goesOn reports whether a text goes on beyond the line on which it begins.
func (g *nodeGuard) goesOn(n *yaml.Node) bool {
	if !strings.ContainsAny(n.Value, " \n") {
		return false
	}
	for ; g.line < n.Line; g.line++ {
		_, g.rest, _ = strings.Cut(g.rest, "\n")
	}
	line, _, _ := strings.Cut(g.rest, "\n")
	return n.Column-1+len(n.Value) > len(line)
}

func (g *nodeGuard) tagged(n *yaml.Node) {
	written := "!"
	if strings.HasPrefix(n.Tag, "!") {
		written = n.Tag
	}
	g.report(n, "yaml/tag", "a tag, "+n.Tag, "remove it: the schema says what type a field has; if ! belongs to a text, put it in quotes", written)
	if n.Kind == yaml.ScalarNode {
		n.Kind = yaml.AliasNode
	}
}

// fields walks a mapping, and takes keys that can't stay out of it.
func (g *nodeGuard) fields(n *yaml.Node, depth int) {
	var seen map[string]*yaml.Node
	if len(n.Content) > 16 {
		seen = make(map[string]*yaml.Node, len(n.Content)/2)
	}
	kept := n.Content[:0]
	for i := 0; i < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			g.report(key, "yaml/alias", "a merge key, <<", "write the fields out: muster takes no anchors or aliases", "")
			n.Kind = yaml.AliasNode // its fields are not all here
			continue
		}
		g.node(key, depth+1)
		g.node(val, depth+1)
		switch {
		case key.Kind == yaml.AliasNode: // reported by node
			n.Kind = yaml.AliasNode
		case g.key(kept, key, seen):
			kept = append(kept, key, val)
		}
	}
	n.Content = kept
}

// key reports whether a key can stay behind those before it, or why it can't.
func (g *nodeGuard) key(before []*yaml.Node, key *yaml.Node, seen map[string]*yaml.Node) bool {
	switch k := kindOf(key); {
	case key.Kind != yaml.ScalarNode:
		g.report(key, "yaml/key", "a key that is not a plain text", "write \"field: value\"", "")
		return false
	case k == kindNull && key.Value == "":
		g.report(key, "yaml/key", "a value without a field", "write \"field: value\"", "")
		return false
	case k != kindString:
		g.report(key, "yaml/key", fmt.Sprintf("YAML reads the key %s as %s", key.Value, yamlReads(key, k)),
			fmt.Sprintf("put it in quotes: %q", key.Value), "")
		return false
	}
	if first := earlier(before, key, seen); first != nil {
		g.report(key, "yaml/duplicate-key", diag.Quote(key.Value)+" is set twice", "keep one of the two", "",
			diag.Note{Pos: g.file.nodePos(first), Message: "the first one is here"})
		return false
	}
	if seen != nil {
		seen[key.Value] = key
	}
	return true
}

// earlier returns the key before one that equals it; small mappings are scanned, large ones have a table.
func earlier(before []*yaml.Node, key *yaml.Node, seen map[string]*yaml.Node) *yaml.Node {
	if seen != nil {
		return seen[key.Value]
	}
	for i := 0; i < len(before); i += 2 {
		if before[i].Value == key.Value {
			return before[i]
		}
	}
	return nil
}
