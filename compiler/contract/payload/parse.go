package payload

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"
)

// Limits of one type. A type beyond them is not compared.
const (
	maxSource     = 16 << 10 // bytes
	maxDepth      = 48       // brackets inside brackets, and signs or labels in a row
	maxAttributes = 200      // CUE's scanner is slow at attributes that are not closed
	parseWork     = 500_000
)

// Fault is what is wrong with a type. Line and Column say where in the source it is; both are from 1. Column and Length
// count characters, and Length is at least 1. Help is what would be right, such as "write int" for integer; "" if that is not known.
type Fault struct {
	Line, Column, Length int
	Message, Help        string
}

func (f *Fault) Error() string { return fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Message) }

// opaque is an error that says of a part with which nothing is wrong why it is not compared: it "uses a comprehension".
type opaque string

func (o opaque) Error() string { return string(o) }

// limit is an error that says of a type that it is not read at all: it "is too complicated".
type limit string

func (l limit) Error() string { return string(l) }

const tooComplicated = limit("is too complicated")

// Parse reads a type. The error is a *Fault: the source is not CUE, or CUE finds an error in it, or there is no payload that fits.
// It is no error if a part of it is CUE beyond what is compared: then Compare can't tell where it comes to that part. Nor is it
// if the source is too large: whatever such a type is compared with, but itself, the answer is Unknown.
func Parse(source string) (Type, error) {
	e, err := parse(source)
	switch err := err.(type) {
	case nil:
		return Type{source: source, expr: e, set: e.set}, nil
	case limit:
		return Type{source: source, opaque: string(err)}, nil
	}
	return Type{}, err
}

func parse(source string) (*expr, error) {
	r := reader{source: source, work: &work{parseWork}, answers: map[string]answer{}}
	tree, err := r.tree()
	if err != nil {
		return nil, err
	}
	e, err := r.read(tree)
	if err == nil && r.vacant(e.set) { // it is _|_ alone, which may stand within another type
		err = r.wrong(tree, "no value fits "+e.text())
	}
	return e, err
}

// tree is the syntax of the source, if that is not too large.
func (r *reader) tree() (ast.Expr, error) {
	if len(r.source) > maxSource {
		return nil, limit(fmt.Sprintf("is longer than %d bytes", maxSource))
	}
	if strings.Count(r.source, "@") > maxAttributes {
		return nil, limit(fmt.Sprintf("has more than %d @ signs", maxAttributes))
	}
	if err := r.scan(); err != nil {
		return nil, err
	}
	tree, err := parser.ParseExpr("", r.source)
	if err != nil {
		first := errors.Errors(err)[0]
		return nil, r.broken(first.Position().Offset(), inWords(first))
	}
	return tree, nil
}

// scan reads the tokens before the parser does: it stops at the first that is wrong, where the parser goes on and may take
// seconds, and at what would lead the parser too deep.
func (r *reader) scan() (err error) {
	var s scanner.Scanner
	wrong := func(pos token.Pos, format string, args []any) {
		if err == nil {
			err = r.broken(pos.Offset(), fmt.Sprintf(format, args...))
		}
	}
	s.Init(token.NewFile("", -1, len(r.source)), []byte(r.source), wrong, 0)
	var n nesting
	for err == nil {
		pos, tok, _ := s.Scan()
		if tok == token.EOF {
			break
		}
		if n.read(tok); err == nil && n.tooDeep() {
			return limit(fmt.Sprintf("is nested more than %d deep (offset %d)", maxDepth, pos.Offset()))
		}
		if n.resumes(tok) && !strings.HasSuffix(s.ResumeInterpolation(), "(") {
			n.texts = n.texts[:len(n.texts)-1]
		}
	}
	return err
}

// nesting is what leads a parser deep.
type nesting struct {
	brackets, labels, signs, clauses int

	texts []int // the brackets around each text of which an expression is being read
}

func (n *nesting) read(tok token.Token) {
	switch tok {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		n.brackets++
		n.labels = 0
	case token.RPAREN, token.RBRACK, token.RBRACE:
		n.brackets--
	case token.COMMA:
		n.labels = 0
	case token.COLON:
		n.labels++
	case token.FOR, token.IF, token.LET, token.FUNC:
		n.clauses++
	case token.INTERPOLATION:
		n.texts = append(n.texts, n.brackets)
	}
	if n.signs++; !slices.Contains(unaryTokens, tok) {
		n.signs = 0
	}
}

func (n *nesting) tooDeep() bool {
	return max(n.brackets+len(n.texts), n.labels, n.signs, n.clauses) > maxDepth
}

// resumes reports whether a token is the bracket that ends an expression in a text.
func (n *nesting) resumes(tok token.Token) bool {
	return tok == token.RPAREN && len(n.texts) > 0 && n.texts[len(n.texts)-1] == n.brackets
}

var unaryTokens = []token.Token{token.ADD, token.SUB, token.MUL, token.NOT, token.LSS, token.LEQ, token.GTR, token.GEQ, token.NEQ, token.EQL,
	token.MAT, token.NMAT}

// fault is what is wrong with the source from one byte up to another, or at least with the character there.
func (r *reader) fault(from, to int, message string) *Fault {
	from = max(0, min(from, len(r.source)))
	to = max(from, min(to, len(r.source)))
	before := r.source[:from]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	length := utf8.RuneCountInString(r.source[from:to])
	if i := strings.IndexByte(r.source[from:to], '\n'); i >= 0 {
		length = utf8.RuneCountInString(r.source[from : from+i])
	}
	return &Fault{Line: 1 + strings.Count(before, "\n"), Column: 1 + utf8.RuneCountInString(line), Length: max(1, length), Message: message}
}
