package registry

import (
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
	"gopkg.in/yaml.v3"
)

// written returns what the registry's own files set registry and policy to, if they do nothing but write values out: no reference,
// definition, import, or field that is set twice. To ask CUE what they come to takes much longer (BenchmarkLoader). It is false where CUE
// has to be asked, for an odd literal too.
func (s *Schema) written() (registry, policy *yaml.Node, ok bool) {
	w := writtenValues{nodeBuilder{schema: s}}
	var top []ast.Decl
	for _, tree := range s.ownTrees {
		for _, d := range tree.Decls {
			if _, pkg := d.(*ast.Package); !pkg {
				top = append(top, d)
			}
		}
	}
	fields := &yaml.Node{Kind: yaml.MappingNode}
	if !w.fields(fields, top, 0) {
		return nil, nil, false
	}
	return value(fields, "registry"), value(fields, "policy"), true
}

// writtenValues makes nodes of CUE's syntax, as nodeBuilder does of CUE's values.
type writtenValues struct{ nodeBuilder }

// value is nil for what is not written out, or for too much of it.
func (w *writtenValues) value(x ast.Expr, depth int) *yaml.Node {
	n := &yaml.Node{Style: yaml.FlowStyle}
	n.Line, n.Column = w.joined(x.Pos())
	if w.nodes++; w.nodes > maxNodes || depth > maxDepth {
		return nil
	}
	switch x := x.(type) {
	case *ast.StructLit:
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
		if !w.fields(n, x.Elts, depth+1) {
			return nil
		}
	case *ast.ListLit:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		for _, x := range x.Elts {
			item := w.value(x, depth+1)
			if item == nil {
				return nil
			}
			n.Content = append(n.Content, item)
		}
	case *ast.BasicLit:
		return writtenScalar(x, n)
	default:
		return nil
	}
	return n
}

// fields adds what declarations set, and reports whether they set plain fields, each of them once.
func (w *writtenValues) fields(n *yaml.Node, declarations []ast.Decl, depth int) bool {
	names := make(map[string]bool, len(declarations))
	for _, d := range declarations {
		if _, comment := d.(*ast.CommentGroup); comment {
			continue
		}
		fd, ok := d.(*ast.Field)
		if !ok || fd.Constraint != token.ILLEGAL || len(fd.Attrs) > 0 || fd.Alias != nil {
			return false
		}
		key := w.key(fd.Label)
		if key == nil || names[key.Value] {
			return false
		}
		names[key.Value] = true
		v := w.value(fd.Value, depth)
		if v == nil {
			return false
		}
		n.Content = append(n.Content, key, v)
	}
	return true
}

func (w *writtenValues) key(label ast.Label) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"}
	n.Line, n.Column = w.joined(label.Pos())
	switch label := label.(type) {
	case *ast.Ident:
		if n.Value = label.Name; strings.Trim(n.Value, "#_") != n.Value {
			return nil
		}
	case *ast.BasicLit:
		text, ok := plainQuoted(label)
		if !ok {
			return nil
		}
		n.Value = text
	default:
		return nil
	}
	return n
}

func writtenScalar(x *ast.BasicLit, n *yaml.Node) *yaml.Node {
	n.Kind, n.Style = yaml.ScalarNode, 0
	switch x.Kind {
	case token.STRING:
		text, ok := plainQuoted(x)
		if !ok {
			return nil
		}
		n.Value, n.Tag, n.Style = text, "!!str", yaml.DoubleQuotedStyle
	case token.INT:
		if !plainInt.MatchString(x.Value) {
			return nil
		}
		n.Value, n.Tag = x.Value, "!!int"
	case token.TRUE, token.FALSE:
		n.Value, n.Tag = x.Value, "!!bool"
	default:
		return nil
	}
	return n
}

// plainQuoted is the text of a literal in double quotes, in ASCII, without escapes.
func plainQuoted(x *ast.BasicLit) (text string, ok bool) {
	n := len(x.Value)
	if x.Kind != token.STRING || n < 2 || x.Value[0] != '"' || x.Value[n-1] != '"' {
		return "", false
	}
	text = x.Value[1 : n-1]
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return "", false
		}
	}
	return text, true
}
