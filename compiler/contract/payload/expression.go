package payload

import (
	"fmt"
	"regexp"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
)

// Expression is a text that somebody wrote as one type, such as "int\n" or "string // ISO date", without what does not belong to
// the type, so that it can stand as the value of a field, or an element of a list, of a larger one. As an operand of & or | it
// needs parentheses. The error is a *Fault, and its place is one in text: there is no expression or more than one, or the text
// is larger than what Parse reads. That an expression is a type is for Parse to say.
func Expression(text string) (string, error) {
	r := reader{source: text}
	if strings.TrimSpace(text) == "" {
		return "", r.fault(0, 0, "the type is empty")
	}
	tree, err := r.tree()
	if why, ok := err.(limit); ok {
		return "", r.fault(0, 0, "a type that "+string(why)+" is too large to stand in another")
	}
	if err != nil {
		return "", err
	}
	b, err := format.Node(bare(tree))
	if err != nil {
		return "", r.wrong(tree, err.Error())
	}
	if word := clause.Find(b); word != nil {
		return "", r.wrong(tree, "there is no type "+string(word))
	}
	return string(b), nil
}

// clause is a word that has a meaning of its own at the beginning of a list's element.
var clause = regexp.MustCompile(`^(for|if|let|func|try)\b`)

// bare is x without parentheses around all of it, and without comments.
func bare(x ast.Expr) ast.Expr {
	x = unparen(x)
	ast.Walk(x, func(n ast.Node) bool { ast.SetComments(n, nil); return true }, nil)
	return x
}

// broken is the fault of a source that can't be read, or that is more than one expression. CUE's words for the end of the
// source may speak of what is not in it.
func (r *reader) broken(at int, message string) *Fault {
	for _, m := range date.FindAllStringIndex(r.source, 10) {
		if at >= m[0] && at <= m[1] {
			return r.notQuoted(m[0], m[1])
		}
	}
	rest := strings.TrimSpace(r.source[max(0, min(at, len(r.source))):])
	switch {
	case rest == "" && strings.HasPrefix(message, "expected "):
		message = "the type ends too early"
	case strings.HasPrefix(message, "expected 'EOF', found"):
		message = "the type ends before " + short(rest)
	}
	f := r.fault(at, 0, message)
	if m := otherList.FindStringSubmatch(r.source); m != nil {
		f.Help = fmt.Sprintf("a list of any length is written %q", "[..."+strings.Join(m[1:], "")+"]")
	}
	return f
}

// otherList is a list as other languages have it.
var otherList = regexp.MustCompile(`\bArray<(\w+)>|\b(\w+)\[\]|\[\](\w+)`)

var date = regexp.MustCompile(`\b[0-9]{4} ?- ?[0-9]{1,2} ?- ?[0-9]{1,2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?`)

// notQuoted is the fault of a date as YAML has it. In CUE it is arithmetic.
func (r *reader) notQuoted(from, to int) *Fault {
	text := r.source[from:to]
	f := r.fault(from, to, text+" is a date and no type")
	f.Help = fmt.Sprintf("a date needs quotes inside the text: '%q'", text)
	return f
}

// help is a fault with a hint.
func (r *reader) help(x ast.Node, message, hint string) error {
	f := r.fault(x.Pos().Offset(), x.End().Offset(), message)
	f.Help = hint
	return f
}
