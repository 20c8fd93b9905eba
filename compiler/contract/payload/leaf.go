package payload

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"
)

// kinds is the types that have names. JSON has one type of number, so float and float64 are number: what JavaScript writes
// for 1.0 is 1.
var kinds = map[string]expr{
	"_":       {cue: "_", set: everything},
	"string":  {cue: "string", set: &set{texts: allTexts}},
	"bool":    {cue: "bool", set: &set{false: true, true: true}},
	"number":  {cue: "number", set: &set{numbers: allNumbers}},
	"float":   {cue: "number", set: &set{numbers: allNumbers}},
	"float64": {cue: "number", set: &set{numbers: allNumbers}},
	"float32": {cue: "float32", set: &set{numbers: within(span{lo: ratio("-" + maxFloat32), hi: ratio(maxFloat32)})}},
	"int":     {cue: "int", set: &set{numbers: allWhole}},
	"uint":    {cue: "uint", set: &set{numbers: allWhole.intersect(bounded(token.GEQ, new(big.Rat)))}},
	"rune":    {cue: "rune", set: ranged("0", "1114111")},
	"int8":    {cue: "int8", set: ranged("-128", "127")},
	"int16":   {cue: "int16", set: ranged("-32768", "32767")},
	"int32":   {cue: "int32", set: ranged("-2147483648", "2147483647")},
	"int64":   {cue: "int64", set: ranged("-9223372036854775808", "9223372036854775807")},
	"int128":  {cue: "int128", set: ranged("-170141183460469231731687303715884105728", "170141183460469231731687303715884105727")},
	"uint8":   {cue: "uint8", set: ranged("0", "255")},
	"uint16":  {cue: "uint16", set: ranged("0", "65535")},
	"uint32":  {cue: "uint32", set: ranged("0", "4294967295")},
	"uint64":  {cue: "uint64", set: ranged("0", "18446744073709551615")},
	"uint128": {cue: "uint128", set: ranged("0", "340282366920938463463374607431768211455")},
}

const maxFloat32 = "340282346638528859811704183484516925440"

func ranged(lo, hi string) *set {
	return &set{numbers: allWhole.intersect(within(span{lo: ratio(lo), hi: ratio(hi)}))}
}

func ratio(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s)
	return r
}

// literal reads a literal; sign is -1 behind a minus.
func (r *reader) literal(x *ast.BasicLit, sign int) (*expr, error) {
	switch x.Kind {
	case token.NULL:
		return &expr{cue: "null", set: &set{null: true}}, nil
	case token.TRUE:
		return &expr{cue: "true", set: &set{true: true}}, nil
	case token.FALSE:
		return &expr{cue: "false", set: &set{false: true}}, nil
	case token.INT, token.FLOAT:
		n, err := r.number(x, sign)
		if err != nil {
			return nil, err
		}
		return &expr{cue: decimal(n), set: &set{numbers: bounded(token.EQL, n)}}, nil
	}
	s, err := r.unquoted(x, "a type")
	if err != nil {
		return nil, err
	}
	return &expr{cue: quoteCUE(s), set: &set{texts: words(s)}}, nil
}

// quoteCUE quotes as CUE.
func quoteCUE(s string) string { return literal.String.Quote(s) }

// unquoted is the text of a literal, for what it is to be.
func (r *reader) unquoted(x *ast.BasicLit, purpose string) (string, error) {
	if x.Kind != token.STRING {
		return "", r.wrong(x, fmt.Sprintf("%s is no %s", x.Value, purpose))
	}
	if strings.HasPrefix(strings.TrimLeft(x.Value, "#"), "'") {
		return "", r.wrong(x, noBytes)
	}
	s, err := literal.Unquote(x.Value)
	if err != nil {
		return "", r.wrong(x, err.Error())
	}
	if !utf8.ValidString(s) {
		return "", r.wrong(x, "half a character can't be sent")
	}
	return s, nil
}

const noBytes = "bytes can't be sent: a payload is JSON"

// maxDigits bounds numbers: digits of a literal, and zeros that its exponent stands for.
const maxDigits = 400

func (r *reader) number(x *ast.BasicLit, sign int) (*big.Rat, error) {
	var info literal.NumInfo
	if err := literal.ParseNum(x.Value, &info); err != nil {
		return nil, r.wrong(x, "a number that CUE can't read")
	}
	text := strings.ReplaceAll(x.Value, "_", "")
	digits, factor := multiplied(text)
	if len(text) > maxDigits || exponent(digits) > maxDigits {
		return nil, opaque(fmt.Sprintf("has a number of more than %d digits", maxDigits))
	}
	n, ok := new(big.Rat).SetString(digits)
	if !ok {
		return nil, opaque("has a number that is written in an unusual way")
	}
	if n.Mul(n, factor); factor != one && !n.IsInt() {
		return nil, r.wrong(x, "a number with a multiplier must be whole")
	}
	return n.Mul(n, big.NewRat(int64(sign), 1)), nil
}

// exponent is how many places an exponent moves the point.
func exponent(digits string) int {
	lower := strings.ToLower(digits)
	_, text, found := strings.Cut(lower, "e")
	if !found || strings.HasPrefix(lower, "0x") {
		return 0
	}
	e, err := strconv.Atoi(text)
	if err != nil {
		return maxDigits + 1
	}
	return max(e, -e)
}

// multiplied takes the multiplier off a number such as 1.5K or 2Mi.
func multiplied(text string) (digits string, factor *big.Rat) {
	i := strings.IndexAny(text, "KMGTP")
	if i < 0 {
		return text, one
	}
	base := big.NewInt(1000)
	if strings.HasSuffix(text, "i") {
		base = big.NewInt(1024)
	}
	power := int64(1 + strings.IndexByte("KMGTP", text[i]))
	return text[:i], new(big.Rat).SetInt(base.Exp(base, big.NewInt(power), nil))
}

func (r *reader) bound(op token.Token, x *ast.BasicLit, sign int) (*expr, error) {
	switch {
	case x.Kind == token.INT || x.Kind == token.FLOAT:
		n, err := r.number(x, sign)
		if err != nil {
			return nil, err
		}
		return &expr{cue: op.String() + " " + decimal(n), set: &set{numbers: bounded(op, n)}}, nil // "<-1" would be an arrow
	case x.Kind == token.NULL && op == token.NEQ:
		s := *everything
		s.any, s.null, s.state = false, false, unseen
		return &expr{cue: "!=null", set: &s}, nil
	}
	s, err := r.unquoted(x, "bound")
	if err != nil {
		return nil, err
	}
	return &expr{cue: op.String() + quoteCUE(s), set: &set{texts: tested(test{op: op, operand: s})}}, nil
}

func (r *reader) pattern(op token.Token, x *ast.BasicLit) (*expr, error) {
	s, err := r.unquoted(x, "pattern")
	if err != nil {
		return nil, err
	}
	re, err := newRegex(s)
	if err != nil {
		return nil, r.wrong(x, err.Error())
	}
	if re == nil || !r.spend(len(re.program.Inst)) {
		return nil, opaque("has a pattern that is too large")
	}
	return &expr{cue: op.String() + quoteCUE(s), set: &set{texts: tested(test{op, s, re})}}, nil
}

// call reads close() and the functions that bound a length.
func (r *reader) call(x *ast.CallExpr) (*expr, error) {
	name := r.text(x.Fun)
	pkg, _, _ := strings.Cut(name, ".")
	switch {
	case r.hidden(pkg) || len(x.Args) != 1:
	case name == "close":
		s, ok := unparen(x.Args[0]).(*ast.StructLit)
		if !ok {
			return nil, opaque("closes what is not written out as a structure")
		}
		e, err := r.structure(s)
		if err == nil {
			e.closed = true
		}
		return e, err
	case limits[name] != nil:
		return r.limit(name, unparen(x.Args[0]))
	}
	return nil, opaque("calls " + short(name))
}

func (r *reader) limit(name string, x ast.Expr) (*expr, error) {
	lit, ok := x.(*ast.BasicLit)
	if !ok {
		return nil, opaque("calls " + name + " with what is no plain number")
	}
	if lit.Kind != token.INT {
		return nil, r.wrong(lit, name+" needs a whole number")
	}
	n, err := r.number(lit, 1)
	if err != nil {
		return nil, err
	}
	limit := maxLimit
	if n.Num().IsInt64() {
		limit = int(min(n.Num().Int64(), maxLimit))
	}
	pkg, _, _ := strings.Cut(name, ".")
	return &expr{cue: name + "(" + decimal(n) + ")", pkg: pkg, set: limits[name](limit)}, nil
}

// maxLimit stands for all limits above it: no list and no text is so long.
const maxLimit = 1 << 30

// limits is the functions that bound a length.
var limits = map[string]func(n int) *set{
	"strings.MinRunes": func(n int) *set { return &set{texts: texts{forms: []form{{min: n, max: -1}}}} },
	"strings.MaxRunes": func(n int) *set { return &set{texts: texts{forms: []form{{max: n}}}} },
	"list.MinItems":    func(n int) *set { return &set{lists: []*listArm{{rest: everything, min: n, max: -1}}} },
	"list.MaxItems":    func(n int) *set { return &set{lists: []*listArm{{rest: everything, max: n}}} },
}
