package payload

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
// count characters, and Length is at least 1.
type Fault struct {
	Line, Column, Length int
	Message              string
}

func (f *Fault) Error() string { return fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Message) }

// opaque is an error that says of a type with which nothing is wrong why it is not compared: it "uses a reference".
type opaque string

func (o opaque) Error() string { return string(o) }

const tooComplicated = opaque("is too complicated")

// Parse reads a type. The error is a *Fault: the source is not CUE, or there is no payload that fits. It is no error if the
// source is CUE beyond what is compared, or is too large: whatever such a type is compared with, the answer is Unknown.
func Parse(source string) (Type, error) {
	e, err := parse(source)
	switch err := err.(type) {
	case nil:
		return Type{expr: e, set: e.set}, nil
	case opaque:
		return Type{opaque: string(err)}, nil
	}
	return Type{}, err
}

func parse(source string) (*expr, error) {
	if len(source) > maxSource {
		return nil, opaque(fmt.Sprintf("is longer than %d bytes", maxSource))
	}
	if strings.Count(source, "@") > maxAttributes {
		return nil, opaque(fmt.Sprintf("has more than %d @ signs", maxAttributes))
	}
	r := reader{source: source, work: &work{parseWork}}
	if err := r.scan(); err != nil {
		return nil, err
	}
	tree, err := parser.ParseExpr("", source)
	if err != nil {
		first := errors.Errors(err)[0]
		format, args := first.Msg()
		return nil, r.fault(first.Position().Offset(), 0, fmt.Sprintf(format, args...))
	}
	e, err := r.read(tree)
	if err == nil && r.vacant(e.set) { // it is _|_ alone, which may stand within another type
		err = r.wrong(tree, "no value fits "+r.text(tree))
	}
	return e, err
}

// scan reads the tokens before the parser does: it stops at the first that is wrong, where the parser goes on and may take
// seconds, and at what would lead the parser too deep.
func (r *reader) scan() (err error) {
	var s scanner.Scanner
	wrong := func(pos token.Pos, format string, args []any) {
		if err == nil {
			err = r.fault(pos.Offset(), 0, fmt.Sprintf(format, args...))
		}
	}
	s.Init(token.NewFile("", -1, len(r.source)), []byte(r.source), wrong, 0)
	depth, labels, signs, clause := 0, 0, 0, ""
	for err == nil {
		pos, tok, _ := s.Scan()
		if tok == token.EOF {
			break
		}
		if clause != "" && tok != token.COLON && tok != token.OPTION && tok != token.NOT {
			return opaque("uses " + clause)
		}
		clause = ""
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
			labels = 0
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.COMMA:
			labels = 0
		case token.COLON:
			labels++
		case token.FOR, token.IF, token.LET, token.FUNC:
			clause = map[token.Token]string{token.FOR: "a for clause", token.IF: "a condition", token.LET: "let", token.FUNC: "a function"}[tok]
		case token.INTERPOLATION:
			return opaque("uses interpolation")
		}
		if signs++; !slices.Contains(unaryTokens, tok) {
			signs = 0
		}
		if err == nil && max(depth, labels, signs) > maxDepth {
			return opaque(fmt.Sprintf("is nested more than %d deep (offset %d)", maxDepth, pos.Offset()))
		}
	}
	return err
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
