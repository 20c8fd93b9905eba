package budget

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// piece is a part of a query: text as it is sent, then a value. The last piece has none.
type piece struct {
	text  string
	value func(Subject) string
	in    literal // what the value stands in
}

// literal is a string of PromQL: its quote, and whether it is a regular expression.
type literal struct {
	quote   rune
	pattern bool
}

var values = map[string]func(Subject) string{
	"remote":  func(s Subject) string { return s.Remote },
	"version": func(s Subject) string { return s.Version },
	"cohort":  func(s Subject) string { return s.Cohort },
}

// expand puts the values of a subject into a query.
func expand(pieces []piece, s Subject) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
		if p.value != nil {
			b.WriteString(p.in.escape(p.value(s)))
		}
	}
	return b.String()
}

// queryParser knows as much of PromQL's lexer as it takes to tell strings and comments from the rest
// (https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals).
type queryParser struct {
	rest    string
	text    []byte // what has been read since the last value
	pieces  []piece
	within  byte // a quote in a string, # in a comment, 0 elsewhere
	pattern bool // whether the string is a regular expression
}

func parseQuery(query string) ([]piece, error) {
	if strings.TrimSpace(query) == "" {
		return nil, errors.New("it is empty")
	}
	p := queryParser{rest: query}
	for p.rest != "" {
		if err := p.step(); err != nil {
			return nil, err
		}
	}
	if p.within != 0 && p.within != '#' {
		return nil, fmt.Errorf("a string is not closed; add the %c at its end", p.within)
	}
	return append(p.pieces, piece{text: string(p.text)}), nil
}

func (p *queryParser) step() error {
	c := p.rest[0]
	switch {
	case strings.HasPrefix(p.rest, "${"):
		return p.placeholder()
	case strings.HasPrefix(p.rest, "$$"):
		p.rest = p.rest[1:]
	case p.within == 0 && strings.IndexByte("\"'`#", c) >= 0:
		p.within, p.pattern = c, p.afterMatch()
	case p.within == c && c != '#', p.within == '#' && c == '\n':
		p.within = 0
	case (p.within == '"' || p.within == '\'') && c == '\\' && len(p.rest) > 1:
		p.take()
	}
	p.take()
	return nil
}

func (p *queryParser) take() {
	p.text, p.rest = append(p.text, p.rest[0]), p.rest[1:]
}

// afterMatch reports whether what comes next is the right side of =~ or !~.
func (p *queryParser) afterMatch() bool {
	before := bytes.TrimRightFunc(p.text, unicode.IsSpace)
	return bytes.HasSuffix(before, []byte("=~")) || bytes.HasSuffix(before, []byte("!~"))
}

func (p *queryParser) placeholder() error {
	name, rest, ok := strings.Cut(p.rest[len("${"):], "}")
	if !ok {
		return errors.New("a ${ is not closed; add the }, or write $${ for the text itself")
	}
	value, known := values[name]
	switch {
	case !known:
		return fmt.Errorf("there is no %q; there are ${remote}, ${version} and ${cohort}, and $${ is the text itself", "${"+name+"}")
	case p.within == '`':
		return fmt.Errorf("${%s} stands in backquotes, where nothing can be escaped; use double quotes", name)
	case p.within != '"' && p.within != '\'':
		return fmt.Errorf("${%s} stands outside a string; put it in double quotes", name)
	}
	p.pieces = append(p.pieces, piece{string(p.text), value, literal{rune(p.within), p.pattern}})
	p.text, p.rest = nil, rest
	return nil
}

// escape writes a value as the inside of the literal. PromQL's escapes are those of Go, \' in single quotes included.
func (l literal) escape(value string) string {
	if l.pattern {
		value = regexp.QuoteMeta(value)
	}
	var b strings.Builder
	for _, r := range value {
		switch {
		case r == l.quote || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}
