package registry

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// loosens finds what could only be meant to widen a built-in definition: another field, another value, "...".
func (s *Schema) loosens(x ast.Expr, to *shape, about string) (l diag.List) {
	if d, found := s.incompatible(x, to, about); found {
		return diag.List{d}
	}
	switch x := x.(type) {
	case *ast.ParenExpr:
		return s.loosens(x.X, to, about)
	case *ast.CallExpr:
		if sourceText(x.Fun) == "close" {
			l.Add(s.loosening(x, "close() shuts out the fields of "+about, "write the fields' constraints without close()"))
		}
	case *ast.Ident:
		if own := s.named(x.Name); own != nil {
			l.Add(s.loosening(x, x.Name+" shuts out the other fields of "+about, "write its constraints out here"))
		}
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
		l.Add(s.loosening(d, about+` can't be opened with "..."`))
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

// incompatible finds a constraint that no value of the built-in shape can meet, or that can't be read.
func (s *Schema) incompatible(x ast.Expr, to *shape, about string) (diag.Diagnostic, bool) {
	if u, ok := x.(*ast.UnaryExpr); ok && (u.Op == token.MAT || u.Op == token.NMAT) {
		if lit, ok := u.X.(*ast.BasicLit); ok && patternShape(lit, true).opaque {
			return s.faultAt(lit, "schema/cue", lit.Value+" is not a regular expression", "see the RE2 syntax: a literal bracket or dot needs a backslash"), true
		}
	}
	own := expression{compiler: s.shapes, builtin: true}.compile(x)
	if k := own.takes(nil); own.opaque || own.word != nil || k == 0 || k&to.takes(nil) != 0 {
		return diag.Diagnostic{}, false
	}
	return s.loosening(x, fmt.Sprintf("%s can't be %s: muster/v1 takes %s", about, own.describe(), to.describe())), true
}

// named is a struct definition of the registry's own; nil for others.
func (s *Schema) named(name string) *ast.StructLit {
	for _, f := range s.ownTrees {
		for _, d := range f.Decls {
			fd, ok := d.(*ast.Field)
			if !ok {
				continue
			}
			if label, _, err := ast.LabelName(fd.Label); err == nil && label == name {
				lit, _ := fd.Value.(*ast.StructLit)
				return lit
			}
		}
	}
	return nil
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
