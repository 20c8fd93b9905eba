package payload

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/token"
)

// foreign is what stands for a part that is not compared, if CUE itself has nothing against it.
func (r *reader) foreign(x ast.Expr, why string) (*expr, error) {
	text := formatted(x)
	if text == "" {
		text = r.text(x)
	}
	f := &foreign{id: text, beside: everything, upper: everything}
	e := &expr{op: plain, cue: "(" + text + ")", foreign: true, barred: true}
	if r.refersOut(x) {
		f.id = text + "\n" + r.source // the same only within the same
	} else if a := r.ask(x, text); a.fault != "" {
		return nil, r.nonsense(x, a.fault)
	} else {
		f.upper, f.examples, f.tests, e.barred = a.kinds, a.examples, a.tests, !a.asked
	}
	f.conjuncts, f.why = []string{f.id}, notCompared(r.text(x), why, f.upper)
	e.set = &set{foreign: []*foreign{f}}
	return e, nil
}

// notCompared says what to do about a part.
func notCompared(text, why string, kinds *set) string {
	cure := "it " + why
	switch {
	case kinds.any || len(kinds.lists)+len(kinds.objects) > 0:
	case kinds.texts.empty():
		cure = "write a kind such as int, with bounds"
	case kinds.numbers.empty():
		cure = "write string or a =~ pattern"
	}
	return fmt.Sprintf("%s is CUE that muster does not compare; %s", short(text), cure)
}

func formatted(x ast.Expr) string {
	b, err := format.Node(x)
	if err != nil {
		return ""
	}
	return string(b)
}

// refersOut reports whether x may refer to a field of a structure around it.
func (r *reader) refersOut(x ast.Expr) (out bool) {
	ast.Walk(x, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && r.hidden(id.Name) {
			out = true
		}
		return !out
	}, nil)
	return out
}

// ask is what CUE says of a part. It is asked once about each, and about so many at most.
func (r *reader) ask(x ast.Expr, text string) answer {
	a, known := r.answers[text]
	if !known && len(r.answers) < maxAsked {
		a = ask(x, text)
		r.answers[text] = a
	} else if !known {
		a = answer{kinds: everything}
	}
	return a
}

// operation is why an operator that makes no type is not compared, or what is wrong with it.
func (r *reader) operation(x *ast.BinaryExpr) error {
	if !arithmetic[x.Op] || r.refersOut(x) {
		return opaque("uses " + construct(x))
	}
	text := r.text(x)
	if date.FindString(text) == text {
		return r.notQuoted(x.Pos().Offset(), x.End().Offset())
	}
	return r.help(x, short(text)+" is arithmetic and no type", "write the number or the text that it comes to")
}

var arithmetic = map[token.Token]bool{token.ADD: true, token.SUB: true, token.MUL: true, token.QUO: true}

// nonsense is the fault of a part that CUE finds an error in.
func (r *reader) nonsense(x ast.Expr, message string) error {
	switch x := x.(type) {
	case *ast.BinaryExpr:
		if bounds[x.Op] {
			return r.help(x, message, "a bound stands behind &, as in int & >0")
		}
	case *ast.CallExpr:
		for name := range limits {
			if called := r.text(x.Fun); strings.EqualFold(name, called) && name != called {
				return r.help(x, message, "write "+name)
			}
		}
	}
	return r.wrong(x, message)
}
