package payload_test

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
	"cuelang.org/go/encoding/json"
)

// oracle asks CUE alone, from the sources, whether payloads fit a producer and a consumer. It shares no code with the package.
//
// A consumer is one value: choices become matchN, and fields without a "?" become required. A producer is two for each arm of
// the choice at its top, and a payload must fit both: the same value, which says that nothing is missing and nothing has the
// wrong type, and a definition with the choices left as they are, which says that there is no field that is not declared. So is
// a consumer whose top level is closed; in its definition everything below is open.
type oracle struct {
	ctx      *cue.Context
	sent     [][2]cue.Value
	accepted [][2]cue.Value
}

func newOracle(tb testing.TB, producer, consumer string, closed bool) *oracle {
	tb.Helper()
	o := &oracle{ctx: cuecontext.New(cuecontext.CUE_DEBUG("opendef=0"))}
	for i := range arms(parse(tb, producer)) {
		arm := func(rules ...rule) ast.Expr { return apply(tb, arms(parse(tb, producer))[i], rules...) }
		o.sent = append(o.sent, [2]cue.Value{
			o.compile(tb, "T", arm(required, numbers, unmarked, matched)),
			o.compile(tb, "#T", arm(required, numbers, unmarked, unlimited)),
		})
	}
	o.sound(tb, producer, o.sent)
	if !closed {
		v := o.compile(tb, "T", apply(tb, parse(tb, consumer), required, numbers, unmarked, matched))
		o.accepted = [][2]cue.Value{{v, v}}
		o.sound(tb, consumer, o.accepted)
		return o
	}
	for i := range arms(parse(tb, consumer)) {
		arm := func(rules ...rule) ast.Expr { return apply(tb, arms(parse(tb, consumer))[i], rules...) }
		top := arm(required, numbers, unmarked, unlimited, matched)
		openBelow(top)
		o.accepted = append(o.accepted, [2]cue.Value{o.compile(tb, "T", arm(required, numbers, unmarked, matched)), o.compile(tb, "#T", top)})
	}
	o.sound(tb, consumer, o.accepted)
	return o
}

func formatted(tb testing.TB, x ast.Expr) string {
	tb.Helper()
	b, err := format.Node(x)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// sound checks that CUE has nothing against one of the arms of a type, other than that there is no payload yet. Where a part is
// CUE's alone, it may be that nothing fits, and that is not known to muster.
func (o *oracle) sound(tb testing.TB, source string, all [][2]cue.Value) {
	tb.Helper()
	fine := func(v cue.Value) bool {
		return v.Err() == nil || strings.Contains(v.Err().Error(), "does not satisfy") || strings.Contains(v.Err().Error(), "not present")
	}
	if !isForeign(source) && !slices.ContainsFunc(all, func(arm [2]cue.Value) bool { return fine(arm[0]) && fine(arm[1]) }) {
		tb.Fatalf("CUE can't take %s for a type: %v", source, all[0][0].Err())
	}
}

func (o *oracle) compile(tb testing.TB, name string, x ast.Expr) cue.Value {
	tb.Helper()
	return o.ctx.CompileString(name+": "+formatted(tb, x), cue.InferBuiltins(true)).LookupPath(cue.ParsePath(name))
}

func (o *oracle) payload(tb testing.TB, src string) cue.Value {
	tb.Helper()
	x, err := json.Extract("payload", []byte(src))
	if err != nil {
		tb.Fatalf("payload %s: %v", src, err)
	}
	return o.ctx.BuildExpr(x)
}

// sends reports whether the producer may send a payload.
func (o *oracle) sends(v cue.Value) bool {
	for _, arm := range o.sent {
		if arm[0].Unify(v).Validate(cue.Concrete(true)) == nil && arm[1].Unify(v).Validate() == nil {
			return true
		}
	}
	return false
}

// accepts reports whether the consumer accepts a payload.
func (o *oracle) accepts(v cue.Value) bool {
	for _, arm := range o.accepted {
		if arm[0].Unify(v).Validate(cue.Concrete(true)) == nil && arm[1].Unify(v).Validate(cue.Concrete(true)) == nil {
			return true
		}
	}
	return false
}

func parse(tb testing.TB, src string) ast.Expr {
	tb.Helper()
	x, err := parser.ParseExpr("", src)
	if err != nil {
		tb.Fatalf("%s: %v", src, err)
	}
	return x
}

// rule is how a node is written for CUE, nil if as it is.
type rule func(ast.Node) ast.Node

// apply rewrites from the leaves up, except for patterns for names.
func apply(tb testing.TB, x ast.Expr, rules ...rule) ast.Expr {
	tb.Helper()
	labels := 0 // how many there are around
	before := func(c astutil.Cursor) bool {
		if isLabel(c) {
			labels++
		}
		return true
	}
	after := func(c astutil.Cursor) bool {
		if isLabel(c) {
			labels--
			return true
		}
		for _, rule := range rules {
			if n := rule(c.Node()); n != nil && labels == 0 {
				c.Replace(n)
				return true
			}
		}
		return true
	}
	return astutil.Apply(x, before, after).(ast.Expr)
}

func isLabel(c astutil.Cursor) bool {
	if c.Parent() == nil {
		return false
	}
	f, ok := c.Parent().Node().(*ast.Field)
	return ok && f.Label == c.Node()
}

// required marks fields, under quoted names, which hide no kind.
func required(n ast.Node) ast.Node {
	f, ok := n.(*ast.Field)
	if !ok {
		return nil
	}
	if id, ok := f.Label.(*ast.Ident); ok {
		f.Label = ast.NewString(id.Name)
	}
	if _, pattern := f.Label.(*ast.ListLit); !pattern && f.Constraint == token.ILLEGAL {
		f.Constraint = token.NOT
	}
	return nil
}

// numbers writes numbers as JSON knows them.
func numbers(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.UnaryExpr:
		if n.Op == token.SUB { // or "< -1" is formatted as an arrow
			return &ast.ParenExpr{X: &ast.BinaryExpr{X: ast.NewLit(token.INT, "0"), Op: token.SUB, Y: n.X}}
		}
	case *ast.Ident:
		if n.Name == "float" || n.Name == "float64" {
			return ast.NewIdent("number")
		}
	case *ast.BasicLit:
		if n.Kind == token.FLOAT {
			if r, ok := new(big.Rat).SetString(strings.ReplaceAll(n.Value, "_", "")); ok && r.IsInt() {
				return ast.NewLit(token.INT, r.Num().String())
			}
		}
	}
	return nil
}

func unmarked(n ast.Node) ast.Node {
	if u, ok := n.(*ast.UnaryExpr); ok && u.Op == token.MUL {
		return u.X
	}
	return nil
}

func matched(n ast.Node) ast.Node {
	b, ok := n.(*ast.BinaryExpr)
	if !ok || b.Op != token.OR {
		return nil
	}
	return ast.NewCall(ast.NewIdent("matchN"), &ast.UnaryExpr{Op: token.GEQ, X: ast.NewLit(token.INT, "1")}, ast.NewList(b.X, b.Y))
}

// unlimited is without limits and bounds beside structures, and without close(): either takes from a definition that it closes
// what is within. What a limit says of a list is said by lists.
func unlimited(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "close" {
			return n.Args[0]
		}
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok && limitsLists(sel.Sel.(*ast.Ident).Name) {
			return lengths(sel.Sel.(*ast.Ident).Name, n.Args[0].(*ast.BasicLit).Value)
		}
	case *ast.BinaryExpr:
		switch {
		case n.Op != token.AND || structured(n.X) == structured(n.Y):
		case structured(n.X):
			return n.X
		default:
			return n.Y
		}
	}
	return nil
}

func limitsLists(name string) bool { return name == "MinItems" || name == "MaxItems" }

// lengths is list.MinItems or list.MaxItems written out, if it is not too long.
func lengths(limit, number string) ast.Expr {
	n, _ := strconv.Atoi(number)
	if n > 10 {
		return ast.NewList(&ast.Ellipsis{})
	}
	var all []ast.Expr
	for range n {
		all = append(all, ast.NewIdent("_"))
	}
	if limit == "MinItems" {
		return ast.NewList(append(all, &ast.Ellipsis{})...)
	}
	var x ast.Expr = ast.NewList()
	for i := range n {
		x = ast.NewBinExpr(token.OR, x, ast.NewList(all[:i+1]...))
	}
	return &ast.ParenExpr{X: x}
}

// structured reports whether x holds a structure or a list.
func structured(x ast.Node) (found bool) {
	ast.Walk(x, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.StructLit, *ast.ListLit:
			found = true
		}
		return true
	}, nil)
	return found
}

// arms is x as a choice: (A | B) & C is the arms A & C and B & C. Those of too many stay together.
func arms(x ast.Expr) []ast.Expr {
	switch y := x.(type) {
	case *ast.ParenExpr:
		return arms(y.X)
	case *ast.UnaryExpr:
		if y.Op == token.MUL {
			return arms(y.X)
		}
	case *ast.BinaryExpr:
		left, right := arms(y.X), arms(y.Y)
		if y.Op == token.OR {
			return append(left, right...)
		}
		if y.Op != token.AND || len(left)*len(right) == 1 || len(left)*len(right) > 50 {
			break
		}
		var all []ast.Expr
		for _, l := range left {
			for _, r := range right {
				all = append(all, &ast.BinaryExpr{X: l, Op: token.AND, Y: r})
			}
		}
		return all
	}
	return []ast.Expr{x}
}

// openBelow opens every structure but those at the top, and those that close() closes.
func openBelow(x ast.Node) {
	top, sealed := map[ast.Node]bool{}, map[ast.Node]bool{}
	var mark func(x ast.Expr)
	mark = func(x ast.Expr) {
		switch x := x.(type) {
		case *ast.StructLit:
			top[x] = true
		case *ast.ParenExpr:
			mark(x.X)
		case *ast.BinaryExpr:
			mark(x.X)
			mark(x.Y)
		case *ast.CallExpr:
			if len(x.Args) == 1 {
				mark(x.Args[0])
			}
		}
	}
	mark(x.(ast.Expr))
	ast.Walk(x, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 1 {
			sealed[call.Args[0]] = true
		}
		if s, ok := n.(*ast.StructLit); ok && !top[s] && !sealed[s] {
			s.Elts = append(s.Elts, &ast.Ellipsis{})
		}
		return true
	}, nil)
}
