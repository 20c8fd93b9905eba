package payload

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

// reader turns the syntax tree of a type into an expr and works out its set on the way.
type reader struct {
	*work
	source string
	scopes []map[string]bool // fields of the structures around: their names hide those of kinds and packages

	answers map[string]answer // of CUE, on parts that muster does not compare
}

// read reads an expression. The error is a *Fault or a limit.
func (r *reader) read(x ast.Expr) (*expr, error) {
	x = unparen(x)
	if r.exhausted() {
		return nil, tooComplicated
	}
	e, err := r.compared(x)
	if why, ok := err.(opaque); ok {
		e, err = r.foreign(x, string(why))
	}
	if err != nil || e.set == nothing {
		return e, err
	}
	text := r.written(x, e)
	e.set = r.shape(e).labelled(text)
	switch vacant := r.vacant(e.set); {
	case r.exhausted():
		return nil, tooComplicated
	case vacant:
		return nil, r.wrong(x, "no value fits "+text)
	}
	return e, nil
}

// compared reads an expression that is compared. The error is a *Fault, a limit or opaque.
func (r *reader) compared(x ast.Expr) (*expr, error) {
	switch x := x.(type) {
	case *ast.Ident:
		return r.ident(x)
	case *ast.BasicLit:
		return r.literal(x, 1)
	case *ast.BottomLit:
		return &expr{cue: "_|_", set: nothing}, nil
	case *ast.UnaryExpr:
		return r.unary(x)
	case *ast.BinaryExpr:
		return r.binary(x)
	case *ast.ListLit:
		return r.list(x)
	case *ast.StructLit:
		return r.structure(x)
	case *ast.CallExpr:
		return r.call(x)
	case *ast.PostfixExpr:
		return nil, r.wrong(x, fmt.Sprintf("%s is no type: the mark of an optional field stands behind its name, as in note?: string", r.text(x)))
	}
	return nil, opaque("uses " + construct(x))
}

func construct(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.SelectorExpr, *ast.IndexExpr, *ast.SliceExpr:
		return "a reference"
	case *ast.Interpolation:
		return "interpolation"
	case *ast.BinaryExpr:
		return "the operator " + x.Op.String()
	case *ast.UnaryExpr:
		return "the operator " + x.Op.String()
	}
	return "a construct that only CUE can evaluate"
}

// text is an expression as written.
func (r *reader) text(x ast.Node) string {
	if _, bottom := x.(*ast.BottomLit); bottom {
		return "_|_" // of which CUE places the end wrongly
	}
	from, to := x.Pos().Offset(), x.End().Offset()
	return r.source[max(0, min(from, len(r.source))):max(0, from, min(to, len(r.source)))]
}

func (r *reader) wrong(x ast.Node, message string) error {
	return r.fault(x.Pos().Offset(), x.End().Offset(), message)
}

// hidden reports whether a name is that of a field in a structure around, so that it does not mean what it usually does.
func (r *reader) hidden(name string) bool {
	return slices.ContainsFunc(r.scopes, func(names map[string]bool) bool { return names[name] })
}

func (r *reader) ident(x *ast.Ident) (*expr, error) {
	if r.hidden(x.Name) {
		return nil, opaque(fmt.Sprintf("refers to its own field %q", x.Name))
	}
	if x.Name == "bytes" {
		return nil, r.wrong(x, noBytes)
	}
	k, ok := kinds[x.Name]
	if !ok {
		return nil, r.unknownType(x) // and there is nothing that it could refer to
	}
	return &k, nil
}

func (r *reader) unary(x *ast.UnaryExpr) (*expr, error) {
	lit, ok := unparen(x.X).(*ast.BasicLit)
	switch {
	case x.Op == token.MUL:
		return nil, r.wrong(x, "a default stands only beside other values, as in *1 | int")
	case !ok && bounds[x.Op] && isMinus(unparen(x.X)):
		minus := unparen(x.X).(*ast.UnaryExpr)
		return r.bound(x.Op, unparen(minus.X).(*ast.BasicLit), signs[minus.Op])
	case !ok:
		return nil, opaque("uses " + construct(x))
	case signs[x.Op] != 0 && (lit.Kind == token.INT || lit.Kind == token.FLOAT):
		return r.literal(lit, signs[x.Op])
	case x.Op == token.MAT || x.Op == token.NMAT:
		return r.pattern(x.Op, lit)
	case bounds[x.Op]:
		return r.bound(x.Op, lit, 1)
	}
	return nil, opaque("uses " + construct(x))
}

var signs = map[token.Token]int{token.ADD: 1, token.SUB: -1}

var bounds = map[token.Token]bool{token.LSS: true, token.LEQ: true, token.GTR: true, token.GEQ: true, token.NEQ: true}

// isMinus reports whether x is a number with a sign.
func isMinus(x ast.Expr) bool {
	u, ok := x.(*ast.UnaryExpr)
	if !ok || signs[u.Op] == 0 {
		return false
	}
	lit, ok := unparen(u.X).(*ast.BasicLit)
	return ok && (lit.Kind == token.INT || lit.Kind == token.FLOAT)
}

func unparen(x ast.Expr) ast.Expr {
	for {
		p, ok := x.(*ast.ParenExpr)
		if !ok {
			return x
		}
		x = p.X
	}
}

func (r *reader) binary(x *ast.BinaryExpr) (*expr, error) {
	e := &expr{op: both}
	switch x.Op {
	case token.OR:
		e.op = either
	case token.AND:
	default:
		return nil, r.operation(x)
	}
	for _, operand := range operands(x, x.Op) {
		if u, ok := operand.(*ast.UnaryExpr); ok && u.Op == token.MUL && x.Op == token.OR {
			operand = u.X
		}
		p, err := r.read(operand)
		if err != nil {
			return nil, err
		}
		e.parts = append(e.parts, p)
	}
	return e, nil
}

// operands is the operands of a chain of one operator, which nests to the left.
func operands(x ast.Expr, op token.Token) (all []ast.Expr) {
	for {
		b, ok := x.(*ast.BinaryExpr)
		if !ok || b.Op != op {
			all = append(all, x)
			slices.Reverse(all)
			return all
		}
		all = append(all, b.Y)
		x = b.X
	}
}

func (r *reader) list(x *ast.ListLit) (*expr, error) {
	e := &expr{op: tuple}
	for _, el := range x.Elts {
		if c, ok := el.(*ast.Comprehension); ok {
			return nil, opaque(comprehension(c))
		}
		rest, ok := el.(*ast.Ellipsis)
		if !ok {
			p, err := r.read(el)
			if err != nil {
				return nil, err
			}
			e.parts = append(e.parts, p)
			continue
		}
		e.rest = &expr{cue: "_", set: everything}
		if rest.Type != nil {
			var err error
			if e.rest, err = r.read(rest.Type); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

func (r *reader) structure(x *ast.StructLit) (*expr, error) {
	r.scopes = append(r.scopes, identifiers(x))
	defer func() { r.scopes = r.scopes[:len(r.scopes)-1] }()
	for _, d := range x.Elts {
		if why := beyondFields(d); why != "" {
			return nil, opaque(why)
		}
	}
	e := &expr{op: structure}
	for _, d := range x.Elts {
		switch d := d.(type) {
		case *ast.Field:
			if err := r.field(e, d); err != nil {
				return nil, err
			}
		case *ast.Ellipsis:
			e.open = true
		}
	}
	return e, nil
}

// beyondFields is why a structure with d is not compared, "" if it is.
func beyondFields(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.Field:
		return unusual(d)
	case *ast.Ellipsis, *ast.CommentGroup, *ast.Attribute:
		return ""
	case *ast.EmbedDecl:
		return "embeds a value in a structure"
	case *ast.LetClause:
		return "uses let"
	case *ast.Comprehension:
		return comprehension(d)
	}
	return "uses a comprehension"
}

func comprehension(x *ast.Comprehension) string {
	if _, loop := x.Clauses[0].(*ast.ForClause); loop {
		return "uses a for clause"
	}
	return "uses a condition"
}

// unusual is why a structure with a field such as d is not compared, "" if it is.
func unusual(d *ast.Field) string {
	if d.Alias != nil {
		return "uses an alias"
	}
	switch label := d.Label.(type) {
	case *ast.Ident:
		if strings.HasPrefix(label.Name, "_") || strings.HasPrefix(label.Name, "#") {
			return fmt.Sprintf("has a field %s, which CUE does not export: quote it if it is sent", label.Name)
		}
	case *ast.ListLit:
		if len(label.Elts) != 1 || d.Constraint != token.ILLEGAL {
			return "has a pattern for names that is written in an unusual way"
		}
	case *ast.BasicLit:
	case *ast.Alias:
		return "uses an alias"
	default:
		return "has a field whose name is computed"
	}
	return ""
}

// identifiers is the fields of a structure to which an expression inside can refer: those without quotes.
func identifiers(x *ast.StructLit) map[string]bool {
	names := map[string]bool{}
	for _, d := range x.Elts {
		if f, ok := d.(*ast.Field); ok {
			if id, ok := f.Label.(*ast.Ident); ok {
				names[id.Name] = true
			}
		}
	}
	return names
}

func (r *reader) field(e *expr, d *ast.Field) error {
	var name string
	switch label := d.Label.(type) {
	case *ast.ListLit:
		return r.patternField(e, d, label)
	case *ast.Ident:
		name = label.Name
	case *ast.BasicLit:
		var err error
		if name, err = r.label(label); err != nil {
			return err
		}
	}
	value, err := r.read(d.Value)
	if err != nil {
		return err
	}
	e.fields = append(e.fields, fieldExpr{name, d.Constraint == token.OPTION, value})
	return nil
}

func (r *reader) label(x *ast.BasicLit) (string, error) {
	if x.Kind == token.STRING {
		return r.unquoted(x, "name")
	}
	return x.Value, nil // true, false and null
}

func (r *reader) patternField(e *expr, d *ast.Field, key *ast.ListLit) error {
	k, err := r.read(key.Elts[0])
	if err != nil {
		return err
	}
	if len(k.set.foreign) > 0 {
		return opaque("has a pattern for names that only CUE can evaluate")
	}
	if k.set.texts.empty() {
		return r.wrong(key, "no field's name fits "+k.set.text)
	}
	value, err := r.read(d.Value)
	if err != nil {
		return err
	}
	e.patterns = append(e.patterns, patternExpr{k, value})
	return nil
}
