package payload

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// value is a JSON value: nil, bool, *big.Rat (a decimal), string, list or object. It is not changed once made.
type value any

type list []value

type object []member // by name, each name once

type member struct {
	name  string
	value value
}

// absent is the value of a field that is not there: it stands only beside others, while a type is taken apart.
type absent struct{}

func (o object) get(name string) (value, bool) {
	i, ok := slices.BinarySearchFunc(o, name, func(m member, name string) int { return strings.Compare(m.name, name) })
	if !ok {
		return nil, false
	}
	return o[i].value, true
}

// with is o in which name is v, or without it if v is absent.
func (o object) with(name string, v value) object {
	i, found := slices.BinarySearchFunc(o, name, func(m member, name string) int { return strings.Compare(m.name, name) })
	rest := o[i:]
	if found {
		rest = o[i+1:]
	}
	changed := append(object{}, o[:i]...)
	if v != (value(absent{})) {
		changed = append(changed, member{name, v})
	}
	return append(changed, rest...)
}

// maxSize bounds the payloads that are made up as examples.
const maxSize = 1000

// size counts the values within v, itself included; a long text counts as several.
func size(v value) int {
	n := 1
	switch v := v.(type) {
	case string:
		n += len(v) / 50
	case list:
		for _, e := range v {
			n += size(e)
		}
	case object:
		for _, m := range v {
			n += len(m.name)/50 + size(m.value)
		}
	}
	return n
}

// encode writes v in a notation that differs only in how it quotes: JSON or CUE.
func encode(v value, quote func(string) string) string {
	var b strings.Builder
	encodeTo(&b, v, quote)
	return b.String()
}

func encodeTo(b *strings.Builder, v value, quote func(string) string) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		fmt.Fprint(b, v)
	case *big.Rat:
		b.WriteString(decimal(v))
	case string:
		b.WriteString(quote(v))
	case list:
		for i, e := range v {
			b.WriteString(opening(i, "["))
			encodeTo(b, e, quote)
		}
		b.WriteString(closing(len(v), "[", "]"))
	case object:
		for i, m := range v {
			b.WriteString(opening(i, "{") + quote(m.name) + ":")
			encodeTo(b, m.value, quote)
		}
		b.WriteString(closing(len(v), "{", "}"))
	}
}

func opening(i int, bracket string) string {
	if i == 0 {
		return bracket
	}
	return ","
}

func closing(n int, open, end string) string {
	if n == 0 {
		return open + end
	}
	return end
}

// decimal writes a decimal number out: JSON knows one kind of number, and JSON.stringify(1.0) is "1".
func decimal(r *big.Rat) string {
	places, _ := r.FloatPrec()
	return r.FloatString(places)
}

// quoteJSON quotes as JSON; what can't be seen is escaped.
func quoteJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch i := strings.IndexRune("\n\t\r", r); {
		case i >= 0:
			b.WriteString(`\` + "ntr"[i:i+1])
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}
