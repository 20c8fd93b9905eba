package registry

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"muster/compiler/diag"
)

// compiler turns the syntax trees of CUE definitions into shapes. It knows a whitelisted subset: literals, string, int,
// number, bool and null, =~, !~ and bounds, strings.MinRunes and MaxRunes, & and |, lists, structs with named, optional,
// required and pattern fields, and references to definitions. All else becomes an opaque shape, which CUE decides.
type compiler struct {
	definitions map[string][]declaration
	compiled    map[string]*shape
	open        map[string]bool          // definitions that are being compiled, down from the last list or struct
	position    func(token.Pos) diag.Pos // of a registry's own files
}

// declaration is one conjunct of a definition: muster's own, or one that a registry adds.
type declaration struct {
	expr    ast.Expr
	attrs   []*ast.Attribute
	builtin bool
}

func newCompiler(position func(token.Pos) diag.Pos) *compiler {
	return &compiler{definitions: map[string][]declaration{}, compiled: map[string]*shape{}, open: map[string]bool{}, position: position}
}

// extensible is a compiler that knows what c knows, and can be told more; c stays what it is.
func (c *compiler) extensible(position func(token.Pos) diag.Pos) *compiler {
	return &compiler{definitions: maps.Clone(c.definitions), compiled: maps.Clone(c.compiled), open: map[string]bool{}, position: position}
}

// add gathers the definitions of a file; registry and policy are none. What was compiled without it is forgotten.
func (c *compiler) add(f *ast.File, builtin bool) {
	for _, d := range f.Decls {
		fd, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		if name, bare, err := ast.LabelName(fd.Label); err == nil && bare && name != "registry" && name != "policy" {
			c.definitions[name] = append(slices.Clip(c.definitions[name]), declaration{fd.Value, fd.Attrs, builtin})
			clear(c.compiled)
		}
	}
}

// definition is the shape of a name such as "#Remote"; an unknown one is opaque.
func (c *compiler) definition(name string) *shape {
	if s := c.compiled[name]; s != nil {
		return s
	}
	s := &shape{}
	c.compiled[name] = s // before its parts: definitions may be recursive
	c.open[name] = true
	defer delete(c.open, name)
	declarations := c.definitions[name]
	switch len(declarations) {
	case 0:
		*s = shape{opaque: true}
	case 1:
		*s = *c.declared(declarations[0])
	default:
		parts := []*shape{}
		for _, d := range declarations {
			parts = append(parts, c.declared(d))
		}
		*s = *conjunction(parts)
	}
	return s
}

func (c *compiler) declared(d declaration) *shape {
	e := expression{compiler: c, builtin: d.builtin}
	return e.withSentence(e.compile(d.expr), d.attrs)
}

// expression compiles the expressions of one declaration.
type expression struct {
	*compiler
	builtin bool
}

func (e expression) compile(x ast.Expr) *shape {
	s := e.plain(x)
	if !e.builtin && s.origin.Line == 0 {
		own := *s
		own.origin, own.source = e.position(x.Pos()), sourceText(x)
		return &own
	}
	return s
}

func (e expression) plain(x ast.Expr) *shape {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return e.compile(x.X)
	case *ast.Ident:
		return e.ident(x)
	case *ast.BasicLit:
		return literalShape(x)
	case *ast.UnaryExpr:
		return e.unary(x)
	case *ast.BinaryExpr:
		return e.binary(x)
	case *ast.ListLit:
		return e.list(x)
	case *ast.StructLit:
		return e.structure(x)
	case *ast.CallExpr:
		return e.call(x)
	}
	return &shape{opaque: true}
}

var basicKinds = map[string]kind{"string": kindString, "int": kindInt, "number": kindNumber, "bool": kindBool, "_": kindAny}

func (e expression) ident(x *ast.Ident) *shape {
	if k, ok := basicKinds[x.Name]; ok && len(e.definitions[x.Name]) == 0 {
		return &shape{kinds: k}
	}
	if strings.HasPrefix(x.Name, "#") && !e.open[x.Name] { // or it comes back to itself without a step down
		return &shape{kinds: kindAny, all: []*shape{e.definition(x.Name)}}
	}
	return &shape{opaque: true}
}

func literalShape(x *ast.BasicLit) *shape {
	text, k := x.Value, kind(0)
	switch x.Kind {
	case token.STRING:
		s, err := literal.Unquote(x.Value)
		if err != nil {
			return &shape{opaque: true}
		}
		text, k = s, kindString
	case token.INT:
		k = kindInt
	case token.TRUE, token.FALSE:
		k = kindBool
	case token.NULL:
		return &shape{kinds: kindNull}
	default:
		return &shape{opaque: true}
	}
	return &shape{kinds: k, word: &text}
}

func (e expression) unary(x *ast.UnaryExpr) *shape {
	if x.Op == token.MUL { // the mark of a default: what may stand there is the same
		return e.compile(x.X)
	}
	lit, ok := x.X.(*ast.BasicLit)
	if !ok {
		return &shape{opaque: true}
	}
	if x.Op == token.MAT || x.Op == token.NMAT {
		return patternShape(lit, x.Op == token.MAT)
	}
	limit, err := strconv.ParseFloat(lit.Value, 64)
	holds := comparisons[x.Op]
	if err != nil || holds == nil {
		return &shape{opaque: true}
	}
	return &shape{kinds: kindNumber, tests: []func(string) bool{bound(func(v float64) bool { return holds(v, limit) })}}
}

var comparisons = map[token.Token]func(v, limit float64) bool{
	token.GEQ: func(v, limit float64) bool { return v >= limit },
	token.GTR: func(v, limit float64) bool { return v > limit },
	token.LEQ: func(v, limit float64) bool { return v <= limit },
	token.LSS: func(v, limit float64) bool { return v < limit },
}

func patternShape(lit *ast.BasicLit, want bool) *shape {
	text, err := literal.Unquote(lit.Value)
	if err != nil || lit.Kind != token.STRING {
		return &shape{opaque: true}
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return &shape{opaque: true}
	}
	return &shape{kinds: kindString, tests: []func(string) bool{matches(re, want)}}
}

func (e expression) binary(x *ast.BinaryExpr) *shape {
	switch a, b := e.compile(x.X), e.compile(x.Y); x.Op {
	case token.AND:
		return conjunction([]*shape{a, b})
	case token.OR:
		return disjunction([]*shape{a, b})
	}
	return &shape{opaque: true}
}

// conjunction is what fits every part. A registry's own parts keep their place behind the built-in ones.
func conjunction(parts []*shape) *shape {
	s := &shape{kinds: kindAny, all: parts}
	for _, p := range parts {
		if s.say == "" && p.origin.Line == 0 {
			s.say = p.say
		}
	}
	return s
}

// disjunction is what fits one arm. Two arms that both take structs, or lists, are left to CUE: which one was meant, and
// whether the result is ambiguous, is more than a look at the node can tell.
func disjunction(arms []*shape) *shape {
	s := &shape{}
	for _, a := range arms {
		if len(a.arms) > 0 && len(a.all) == 0 && a.say == "" && a.fields == nil {
			s.arms = append(s.arms, a.arms...)
		} else {
			s.arms = append(s.arms, a)
		}
	}
	for _, a := range s.arms {
		k := a.takes(nil)
		s.opaque = s.opaque || a.opaque || s.kinds&k&(kindStruct|kindList) != 0
		s.kinds |= k
	}
	return s
}

// takes is the kinds that s might fit, references followed; those on the way are not followed twice.
func (s *shape) takes(seen []*shape) kind {
	k := s.kinds
	if s.opaque || slices.Contains(seen, s) {
		return kindAny
	}
	for _, part := range s.all {
		k &= part.takes(append(seen, s))
	}
	return k
}

// below is e one level down, in a list or a struct, where a definition may come back to itself.
func (e expression) below() expression {
	c := *e.compiler
	c.open = map[string]bool{}
	e.compiler = &c
	return e
}

func (e expression) list(x *ast.ListLit) *shape {
	s := &shape{kinds: kindList}
	switch {
	case len(x.Elts) == 0:
		return &shape{opaque: true}
	case len(x.Elts) == 1:
		rest, ok := x.Elts[0].(*ast.Ellipsis)
		if !ok {
			return &shape{opaque: true}
		}
		if rest.Type != nil {
			s.item = e.below().compile(rest.Type)
		}
		return s
	}
	return &shape{opaque: true}
}

func (e expression) structure(x *ast.StructLit) *shape {
	s := &shape{kinds: kindStruct, fields: &fields{named: map[string]*field{}, open: !e.builtin}}
	for _, d := range x.Elts {
		switch d := d.(type) {
		case *ast.Field:
			if !e.field(s.fields, d) {
				return &shape{opaque: true}
			}
		case *ast.CommentGroup:
		default:
			return &shape{opaque: true}
		}
	}
	return s
}

// field adds one field of a struct, and reports whether it is within the subset.
func (e expression) field(f *fields, d *ast.Field) bool {
	value := e.withSentence(e.below().compile(d.Value), d.Attrs)
	if key, ok := d.Label.(*ast.ListLit); ok {
		if len(key.Elts) != 1 {
			return false
		}
		f.patterns = append(f.patterns, pattern{e.compile(key.Elts[0]), value})
		return true
	}
	name, isIdent, err := ast.LabelName(d.Label)
	if err != nil || isIdent && (strings.HasPrefix(name, "_") || strings.HasPrefix(name, "#")) || f.named[name] != nil {
		return false
	}
	required := d.Constraint == token.NOT
	if d.Constraint == token.ILLEGAL { // a regular field: CUE fills in a literal, and asks for anything else
		if required = value.word == nil; value.takes(nil)&(kindStruct|kindList) != 0 {
			return false
		}
	}
	f.named[name] = &field{value, required}
	f.order = append(f.order, name)
	if required {
		f.required = append(f.required, name)
	}
	return true
}

func (e expression) call(x *ast.CallExpr) *shape {
	sel, ok := x.Fun.(*ast.SelectorExpr)
	if !ok || len(x.Args) != 1 {
		return &shape{opaque: true}
	}
	pkg, ok := sel.X.(*ast.Ident)
	name, _, err := ast.LabelName(sel.Sel)
	lit, isLit := x.Args[0].(*ast.BasicLit)
	if !ok || err != nil || !isLit || pkg.Name != "strings" {
		return &shape{opaque: true}
	}
	n, err := strconv.Atoi(lit.Value)
	if err != nil {
		return &shape{opaque: true}
	}
	switch name {
	case "MinRunes":
		return &shape{kinds: kindString, tests: []func(string) bool{runes(n, math.MaxInt)}}
	case "MaxRunes":
		return &shape{kinds: kindString, tests: []func(string) bool{runes(0, n)}}
	}
	return &shape{opaque: true}
}

// withSentence is s with the sentence of its @say attribute.
func (e expression) withSentence(s *shape, attrs []*ast.Attribute) *shape {
	for _, a := range attrs {
		if key, body := a.Split(); key == "say" {
			if text, err := literal.Unquote(body); err == nil {
				said := *s
				said.say = text
				return &said
			}
		}
	}
	return s
}

func sourceText(x ast.Expr) string {
	b, err := format.Node(x)
	if err != nil {
		return "a constraint"
	}
	return strings.Join(strings.Fields(string(b)), " ")
}
