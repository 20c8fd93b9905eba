package payload

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"
)

// Limits of what CUE is asked about one part of a type: it must not take long, whatever somebody proposes in a pull request.
const (
	maxAsked   = 20   // parts of a type, each once
	maxAsking  = 300  // bytes of a part that is evaluated
	maxLookup  = 4000 // bytes of a part of which CUE looks only at what it refers to
	maxChoices = 10   // of | in a part
	maxNumber  = 20   // characters of a number in a part
)

// answer is what CUE says of a part of a type that muster does not compare.
type answer struct {
	fault    string // what is wrong with it
	kinds    *set   // what it may be, by kind
	examples []value
	tests    bool // it is a validator, such as list.UniqueItems(), and no value itself
	asked    bool // whether CUE evaluated it: it would, then, take part in a confirmation
}

// ask is what CUE says of a part that refers to nothing around it. Types have many of them in common.
func ask(x ast.Expr, text string) answer {
	w := witnesses.Get().(*witness)
	defer witnesses.Put(w)
	w.renew()
	a, known := w.parts[text]
	if !known {
		a = w.evaluate(x, text)
		w.parts[text] = a
	}
	return a
}

// evaluate has CUE evaluate a part. What might take long is not evaluated, but what it refers to must exist all the same.
func (w *witness) evaluate(x ast.Expr, text string) answer {
	if len(text) > maxLookup {
		return answer{kinds: everything}
	}
	if !harmless(x, text) {
		v := w.ctx.CompileString(`if false {"T": `+text+"}", cue.InferBuiltins(true))
		return answer{fault: inWords(v.Err()), kinds: everything}
	}
	file := w.ctx.CompileString(`"T": `+text, cue.InferBuiltins(true))
	v := file.LookupPath(cue.ParsePath("T"))
	if !v.Exists() && file.Err() != nil {
		v = file
	}
	if err := v.Err(); err != nil {
		return answer{fault: inWords(err)}
	}
	a := answer{kinds: kindsOf(v.IncompleteKind()), tests: !v.IsConcrete(), asked: true}
	if (&work{1000}).vacant(a.kinds) {
		a.fault = fmt.Sprintf("%s is no value that can be sent", short(text))
		return a
	}
	for _, e := range candidates(x) {
		if payload := w.ctx.CompileString(encode(e, quoteCUE)); a.kinds.contains(e) && fits(v, payload) {
			a.examples = append(a.examples, e)
		}
	}
	return a
}

// inWords is the first error in CUE's words, without where it is.
func inWords(err error) string {
	if err == nil {
		return ""
	}
	format, args := errors.Errors(err)[0].Msg()
	return fmt.Sprintf(format, args...)
}

// kindsOf is all values of some kinds.
func kindsOf(k cue.Kind) *set {
	s := &set{null: k&cue.NullKind != 0, false: k&cue.BoolKind != 0, true: k&cue.BoolKind != 0}
	if k&cue.NumberKind != 0 {
		s.numbers = allNumbers
	}
	if k&cue.StringKind != 0 {
		s.texts = allTexts
	}
	if k&cue.ListKind != 0 {
		s.lists = everything.lists
	}
	if k&cue.StructKind != 0 {
		s.objects = everything.objects
	}
	return s
}

// likely is texts that are a value of one of CUE's validators.
var likely = []string{"", "a", "2006-01-02T15:04:05Z", "2006-01-02", "15:04:05", "1s", "127.0.0.1", "::1", "127.0.0.1:80", "10.0.0.0/8", "example.com",
	"https://example.com/", "00000000-0000-4000-8000-000000000000", "a@example.com", "AA==", "{}"}

// candidates is values to try: those that stand in the part, and such as fit often.
func candidates(x ast.Expr) (all []value) {
	ast.Walk(x, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok {
			return true
		}
		switch lit.Kind {
		case token.STRING:
			if s, err := literal.Unquote(lit.Value); err == nil && !strings.HasPrefix(lit.Value, "'") {
				all = append(all, s)
			}
		case token.INT:
			if n := ratio(lit.Value); n != nil {
				all = append(all, n)
			}
		}
		return true
	}, nil)
	slices.Reverse(all)
	for _, s := range likely {
		all = append(all, s)
	}
	return append(all, ratio("0"), one, true, false, nil, list{}, object{})
}

// harmless reports whether CUE can evaluate x in no time: there is no loop in it, nothing calls what makes much out of little,
// nor another call, and it is short.
func harmless(x ast.Expr, text string) bool {
	ok := len(text) <= maxAsking && strings.Count(text, "|") <= maxChoices
	calls := 0
	ast.Walk(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructLit, *ast.Comprehension, *ast.Interpolation, *ast.Func:
			ok = false
		case *ast.BinaryExpr:
			ok = ok && n.Op != token.MUL
		case *ast.BasicLit:
			ok = ok && (n.Kind == token.STRING || len(n.Value) <= maxNumber && !strings.ContainsAny(n.Value, "eE"))
		case *ast.CallExpr:
			calls++
			ok = ok && calls == 1 && cheap(n.Fun)
		}
		return ok
	}, func(n ast.Node) {
		if _, call := n.(*ast.CallExpr); call {
			calls--
		}
	})
	return ok
}

// cheapPackages is those of CUE's of which no function takes long, but for some.
var cheapPackages = []string{"list", "net", "regexp", "strings", "struct", "time", "uuid"}

var costly = []string{"Repeat", "Range"}

func cheap(f ast.Expr) bool {
	switch f := f.(type) {
	case *ast.Ident:
		return true // a builtin that needs no package
	case *ast.SelectorExpr:
		pkg, ok := f.X.(*ast.Ident)
		name, plain := f.Sel.(*ast.Ident)
		if !ok || !plain {
			return false
		}
		return slices.Contains(cheapPackages, pkg.Name) && !slices.Contains(costly, name.Name) || pkg.Name == "math" && name.Name == "MultipleOf"
	}
	return false
}
