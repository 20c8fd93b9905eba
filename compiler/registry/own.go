package registry

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// ownFile is one of a registry's own schema/*.cue.
type ownFile struct {
	path   string
	text   []byte
	before int // lines of the files before it, where all are taken as one File
}

// LoadSchema reads a registry's own CUE files on top of the built-in shape. The documents are what they set the fields
// registry and policy to, as YAML nodes whose positions are those of the CUE sources; either is nil if it is not set.
func loadSchema(files []ownFile, thorough bool) (s *Schema, registry, policy *yaml.Node, l diag.List) {
	for i := 1; i < len(files); i++ {
		files[i].before = files[i-1].before + bytes.Count(files[i-1].text, []byte("\n")) + 1
	}
	s = &Schema{files: files, thorough: thorough, narrowed: map[string]bool{}}
	s.shapes = newCompiler(s.position)
	s.builtin.files = definitionFiles
	for _, f := range definitionFiles() {
		s.shapes.add(f, true)
	}
	builtin := slices.Collect(maps.Keys(s.shapes.definitions))
	for _, f := range files {
		tree, faults := parseOwn(s, f)
		if l.Add(faults...); tree != nil {
			l.Add(s.addOwn(f, tree, builtin)...)
		}
	}
	if len(l) > 0 {
		return s, nil, nil, l
	}
	s.own.files = s.allFiles
	v, err := buildInstance(s.allFiles())
	if err != nil {
		return s, nil, nil, s.cueFaults(err)
	}
	b := nodeBuilder{schema: s}
	registry, policy = b.field(v, "registry"), b.field(v, "policy")
	return s, registry, policy, b.list
}

// file is the registry's own files taken as one.
func (s *Schema) file() File { return File{Path: "schema", joined: s.files} }

// allFiles are the built-in files and the registry's own, parsed anew.
func (s *Schema) allFiles() []*ast.File {
	all := definitionFiles()
	for _, f := range s.files {
		if tree, err := parser.ParseFile(f.path, f.text); err == nil {
			all = append(all, tree)
		}
	}
	return all
}

// Limits of a registry's own CUE. CUE is a language: what a pull request writes there must not hang a check.
const (
	maxCUESize      = 256 << 10 // bytes of one file
	maxCUEDepth     = 64        // brackets inside brackets
	maxCUEExpansion = 100_000   // values after every reference is written out
)

var cueImports = []string{"list", "math", "net", "regexp", "strings", "struct", "time"}

// costlyCalls are functions whose result can be larger than their arguments by any factor.
var costlyCalls = []string{"list.Range", "list.Repeat", "list.FlattenN", "strings.Repeat", "math.Pow", "list.Combinations", "list.Permutations"}

func parseOwn(s *Schema, f ownFile) (*ast.File, diag.List) {
	if len(f.text) > maxCUESize {
		return nil, diag.List{(File{Path: f.path}).whole("schema/cue", fmt.Sprintf("the file has %d bytes; the limit is %d", len(f.text), maxCUESize), "split it")}
	}
	if !utf8.Valid(f.text) {
		return nil, diag.List{(File{Path: f.path}).whole("yaml/encoding", "the file is not UTF-8", "save the file as UTF-8")}
	}
	if depth := deepest(f.text); depth > maxCUEDepth {
		return nil, diag.List{(File{Path: f.path}).whole("schema/cue", fmt.Sprintf("brackets %d deep; the limit is %d", depth, maxCUEDepth), "flatten it")}
	}
	tree, err := parser.ParseFile(f.path, f.text)
	if err != nil {
		return nil, s.cueFaults(err)
	}
	return tree, nil
}

// deepest counts brackets; those in strings count too, which only makes the limit a little stricter. Signs count as well,
// as a run of them nests in the syntax tree.
func deepest(text []byte) int {
	depth, most, run := 0, 0, 0
	for _, b := range text {
		switch b {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '-', '+', '!', '*', '<', '>', '=':
			if run++; run > maxCUEDepth {
				most = max(most, run)
			}
			continue
		}
		run, most = 0, max(most, depth)
	}
	return most
}

// addOwn takes in one file after refusing what could hang CUE or widen the built-in shape.
func (s *Schema) addOwn(f ownFile, tree *ast.File, builtin []string) (l diag.List) {
	if name := tree.PackageName(); name != "schema" {
		l.Add((File{Path: f.path}).whole("schema/cue", "the file belongs to package "+diag.Quote(name), `begin it with "package schema"`))
	}
	l.Add(s.refuseCostly(tree)...)
	for _, d := range tree.Decls {
		fd, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		name, _, err := ast.LabelName(fd.Label)
		switch {
		case err != nil:
			l.Add(s.faultAt(fd, "schema/cue", "a field whose name is computed", "write the name out"))
		case slices.Contains(builtin, name):
			s.narrowed[name] = true
			l.Add(s.loosens(fd.Value, s.builtinShape(name), name)...)
		case strings.HasPrefix(name, "#"), strings.HasPrefix(name, "_"), name == "registry", name == "policy":
		default:
			l.Add(s.faultAt(fd.Label, "schema/unknown-field", "unknown field "+diag.Quote(name),
				diag.DidYouMean(name, []string{"registry", "policy"}, "the fields here are registry and policy")))
		}
	}
	s.shapes.add(tree, false)
	s.spreadNarrowing(builtin)
	return l
}

// spreadNarrowing marks the definitions that reach a narrowed one, #Remote by #Release say.
func (s *Schema) spreadNarrowing(builtin []string) {
	if len(s.narrowed) > 0 {
		for _, name := range builtin {
			s.narrowed[name] = true
		}
	}
}

// builtinShape is a definition without what the registry adds.
func (s *Schema) builtinShape(name string) *shape {
	c := newCompiler(s.position)
	for _, f := range definitionFiles() {
		c.add(f, true)
	}
	return c.definition(name)
}

func (s *Schema) refuseCostly(tree *ast.File) (l diag.List) {
	for spec := range tree.ImportSpecs() {
		if path, err := literal.Unquote(spec.Path.Value); err != nil || !slices.Contains(cueImports, path) {
			l.Add(s.faultAt(spec, "schema/cue", "import of "+spec.Path.Value, "a policy may import "+strings.Join(cueImports, ", ")))
		}
	}
	ast.Walk(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForClause:
			l.Add(s.faultAt(n, "schema/cue", "a for clause", "write the fields out: a policy is read, not run"))
		case *ast.CallExpr:
			if name := sourceText(n.Fun); slices.Contains(costlyCalls, name) {
				l.Add(s.faultAt(n, "schema/cue", "a call of "+name, "write the value out: a policy is read, not run"))
			}
		case *ast.BinaryExpr:
			if n.Op == token.MUL {
				l.Add(s.faultAt(n, "schema/cue", "a multiplication", "write the value out: a policy is read, not run"))
			}
		}
		return true
	}, nil)
	if size := expansion(tree); size > maxCUEExpansion {
		l.Add(diag.Diagnostic{Pos: s.position(tree.Pos()), Rule: "schema/cue",
			Message: fmt.Sprintf("the references in this file expand to more than %d values", maxCUEExpansion), Help: "write the values out"})
	}
	return l
}

// expansion counts the values of a file when each reference stands for a copy of what it names: the billion-laughs test.
func expansion(tree *ast.File) int {
	named := map[string][]ast.Node{}
	ast.Walk(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			if name, _, err := ast.LabelName(n.Label); err == nil {
				named[name] = append(named[name], n.Value)
			}
		case *ast.LetClause:
			named[n.Ident.Name] = append(named[n.Ident.Name], n.Expr)
		}
		return true
	}, nil)
	sizes := map[string]int{}
	var size func(n ast.Node) int
	size = func(n ast.Node) int {
		total := 1
		ast.Walk(n, func(m ast.Node) bool {
			if total++; total > maxCUEExpansion {
				return false
			}
			id, ok := m.(*ast.Ident)
			if !ok || len(named[id.Name]) == 0 {
				return true
			}
			known, seen := sizes[id.Name]
			if !seen {
				sizes[id.Name] = 1 // on the way: a recursive definition counts once
				for _, v := range named[id.Name] {
					known += size(v)
				}
				sizes[id.Name] = known
			}
			total += known
			return true
		}, nil)
		return min(total, maxCUEExpansion+1)
	}
	return size(tree)
}

// loosens finds what could only be meant to widen a built-in definition: another field, another value, "...".
func (s *Schema) loosens(x ast.Expr, to *shape, about string) (l diag.List) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return s.loosens(x.X, to, about)
	case *ast.BinaryExpr:
		return append(s.loosens(x.X, to, about), s.loosens(x.Y, to, about)...)
	case *ast.UnaryExpr:
		if x.Op == token.MUL {
			return s.loosens(x.X, to, about)
		}
	case *ast.BasicLit:
		if lit := literalShape(x); lit.word != nil && !to.fits(literalNode(x, *lit.word)) {
			l.Add(s.loosening(x, fmt.Sprintf("%s can't be %s: muster/v1 takes %s", about, x.Value, to.describe())))
		}
	case *ast.ListLit:
		for _, item := range x.Elts {
			if rest, ok := item.(*ast.Ellipsis); ok && rest.Type != nil {
				if list := to.list(); list != nil {
					l.Add(s.loosens(rest.Type, list, "an item of "+about)...)
				}
			}
		}
	case *ast.StructLit:
		for _, d := range x.Elts {
			l.Add(s.loosensField(d, to, about)...)
		}
	}
	return l
}

func (s *Schema) loosensField(d ast.Decl, to *shape, about string) (l diag.List) {
	switch d := d.(type) {
	case *ast.Ellipsis:
		l.Add(s.loosening(d, about+" can't be opened with ..."))
	case *ast.EmbedDecl:
		l.Add(s.loosening(d, "an embedding in "+about+" could add fields"))
	case *ast.Comprehension:
		l.Add(s.loosens(d.Value, to, about)...)
	case *ast.Field:
		of := to.structure()
		name, _, err := ast.LabelName(d.Label)
		switch {
		case of == nil:
			l.Add(s.loosening(d.Label, about+" has no fields in muster/v1"))
		case err != nil:
			l.Add(s.loosening(d.Label, "a pattern in "+about+" could add fields"))
		case strings.HasPrefix(name, "_"):
		case of.named[name] != nil:
			l.Add(s.loosens(d.Value, of.named[name].shape, about+"."+name)...)
		case len(of.patterns) > 0 && of.patterns[0].key.fits(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}):
			l.Add(s.loosens(d.Value, of.patterns[0].value, about+"."+name)...)
		default:
			known := slices.Clone(of.order)
			l.Add(s.loosening(d.Label, fmt.Sprintf("%s has no field %s in muster/v1", about, diag.Quote(name)),
				diag.DidYouMean(name, known, "")))
		}
	}
	return l
}

// structure is the struct part of a shape, wherever it stands; nil if there is none.
func (s *shape) structure() *fields {
	if s.fields != nil {
		return s.fields
	}
	for _, part := range slices.Concat(s.all, s.arms) {
		if f := part.structure(); f != nil {
			return f
		}
	}
	return nil
}

func (s *shape) list() *shape {
	if s.item != nil {
		return s.item
	}
	for _, part := range slices.Concat(s.all, s.arms) {
		if f := part.list(); f != nil {
			return f
		}
	}
	return nil
}

func literalNode(x *ast.BasicLit, text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	switch x.Kind {
	case token.STRING:
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	case token.INT:
		n.Tag = "!!int"
	default:
		n.Tag = "!!bool"
	}
	return n
}

func (s *Schema) loosening(at ast.Node, message string, help ...string) diag.Diagnostic {
	cure := "a registry can narrow the built-in rules, never loosen them: remove this"
	if len(help) > 0 && help[0] != "" {
		cure = help[0]
	}
	return s.faultAt(at, "schema/loosened", message, cure)
}

func (s *Schema) faultAt(n ast.Node, rule, message, help string) diag.Diagnostic {
	pos := s.position(n.Pos())
	length := 1
	if end := n.End(); end.IsValid() && end.Line() == n.Pos().Line() {
		length = max(1, end.Column()-n.Pos().Column())
	}
	return diag.Diagnostic{Pos: pos, Length: length, Rule: rule, Message: message, Help: help}
}

// position is a place in one of the registry's own files: CUE counts columns in bytes.
func (s *Schema) position(p token.Pos) diag.Pos {
	if !p.IsValid() {
		return diag.Pos{}
	}
	at := diag.Pos{File: p.Filename(), Line: p.Line(), Column: p.Column()}
	for _, f := range s.files {
		if f.path != at.File {
			continue
		}
		if lines := strings.Split(string(f.text), "\n"); at.Line <= len(lines) {
			line := lines[at.Line-1]
			at.Column = utf8.RuneCountInString(line[:min(len(line), at.Column-1)]) + 1
		}
	}
	return at
}

// ownPosition is where in the registry's own files a CUE error comes from.
func (s *Schema) ownPosition(err errors.Error) (diag.Pos, bool) {
	for _, p := range append([]token.Pos{err.Position()}, err.InputPositions()...) {
		for _, f := range s.files {
			if p.IsValid() && p.Filename() == f.path {
				return s.position(p), true
			}
		}
	}
	return diag.Pos{}, false
}

// cueFaults are errors in the registry's own CUE itself.
func (s *Schema) cueFaults(err error) (l diag.List) {
	for _, e := range errors.Errors(err) {
		format, args := e.Msg()
		pos, ok := s.ownPosition(e)
		if !ok && len(s.files) > 0 {
			pos = diag.Pos{File: s.files[0].path}
		}
		message := fmt.Sprintf(format, args...)
		if path := strings.Join(e.Path(), "."); path != "" {
			message = path + ": " + message
		}
		l.Add(diag.Diagnostic{Pos: pos, Length: 1, Rule: "schema/cue", Message: message, Help: "the file is CUE: `cue vet` may tell more"})
	}
	slices.SortStableFunc(l, func(a, b diag.Diagnostic) int { return cmp.Compare(a.Message, b.Message) })
	return l
}

// nodeBuilder turns concrete CUE values into YAML nodes at the values' positions, so that the policy is checked, explained
// and decoded by the same code as every other document.
type nodeBuilder struct {
	schema *Schema
	list   diag.List
	nodes  int
}

func (b *nodeBuilder) field(v cue.Value, name string) *yaml.Node {
	f := v.LookupPath(cue.ParsePath(name))
	if !f.Exists() {
		return nil
	}
	return b.node(f, 0)
}

func (b *nodeBuilder) node(v cue.Value, depth int) *yaml.Node {
	n := &yaml.Node{Style: yaml.FlowStyle}
	n.Line, n.Column = b.place(v)
	if b.nodes++; b.nodes > maxNodes || depth > maxDepth {
		b.fault(v, "the policy is too large", "drop what no cohort needs")
		return n
	}
	switch v.Kind() {
	case cue.StructKind:
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
		for it, _ := v.Fields(); it.Next(); {
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: it.Selector().Unquoted()}
			key.Line, key.Column = b.label(it.Value())
			n.Content = append(n.Content, key, b.node(it.Value(), depth+1))
		}
	case cue.ListKind:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		for it, _ := v.List(); it.Next(); {
			n.Content = append(n.Content, b.node(it.Value(), depth+1))
		}
	default:
		b.scalar(v, n)
	}
	return n
}

func (b *nodeBuilder) scalar(v cue.Value, n *yaml.Node) {
	n.Kind, n.Style = yaml.ScalarNode, 0
	switch v.Kind() {
	case cue.StringKind:
		n.Value, _ = v.String()
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	case cue.IntKind:
		n.Value, n.Tag = fmt.Sprint(v), "!!int"
	case cue.FloatKind:
		n.Value, n.Tag = fmt.Sprint(v), "!!float"
	case cue.BoolKind:
		n.Value, n.Tag = fmt.Sprint(v), "!!bool"
	case cue.NullKind:
		n.Value, n.Tag = "null", "!!null"
	default:
		b.fault(v, "this is "+v.IncompleteKind().String()+", not a value", "write the value")
	}
}

func (b *nodeBuilder) fault(v cue.Value, message, help string) {
	b.list.Add(diag.Diagnostic{Pos: b.schema.file().pos(b.place(v)), Length: 1, Rule: "schema/cue", Message: message, Help: help})
}

// place is where a value is written; label, where the name of the field that holds it is.
func (b *nodeBuilder) place(v cue.Value) (line, column int) {
	p := v.Pos()
	if f, ok := v.Source().(*ast.Field); ok {
		p = f.Value.Pos()
	}
	return b.joined(p)
}

func (b *nodeBuilder) label(v cue.Value) (line, column int) {
	return b.joined(v.Pos())
}

// joined is a position in the registry's own files taken as one.
func (b *nodeBuilder) joined(p token.Pos) (line, column int) {
	at := b.schema.position(p)
	for _, f := range b.schema.files {
		if f.path == at.File {
			return f.before + at.Line, at.Column
		}
	}
	return 0, 0
}
