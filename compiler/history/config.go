package history

import (
	"errors"
	"fmt"
	"strings"
)

// setting is one line of a repository's config: "remote.Origin.url", with the section and the variable in lower case.
type setting struct{ key, value string }

// settings are all lines in order. Where a key occurs more than once, the last one counts.
type settings []setting

func (s settings) last(key string) string {
	value := ""
	for _, line := range s {
		if line.key == key {
			value = line.value
		}
	}
	return value
}

// configReader reads the syntax of git-config(1), by the rules of git's own config.c. The reader that go-git brings refuses
// what git takes: a byte order mark, [section.sub], and a variable on the line of its section.
type configReader struct {
	rest    string
	section string
}

var (
	errSection  = errors.New("a section is not of the form [name] or [name \"part\"]")
	errVariable = errors.New("a variable is not of the form name = value")
	errValue    = errors.New("a value has an open quote or an unknown escape")
)

// parseConfig reads a config. A variable without a value is "true", as it is for git.
func parseConfig(data string) (settings, error) {
	whole := strings.ReplaceAll(strings.TrimPrefix(data, "\ufeff"), "\r\n", "\n")
	r := configReader{rest: whole}
	var all settings
	for r.rest != "" {
		var err error
		before := len(r.rest)
		switch c := r.next(); {
		case isSpace(c):
		case c == '#' || c == ';':
			_, r.rest, _ = strings.Cut(r.rest, "\n")
		case c == '[':
			r.section, err = r.header()
		default:
			var s setting
			if s, err = r.variable(c); err == nil {
				all = append(all, s)
			}
		}
		if err != nil {
			line := 1 + strings.Count(whole[:len(whole)-before], "\n")
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	return all, nil
}

// next takes one character; after the end it is a line's end.
func (r *configReader) next() byte {
	if r.rest == "" {
		return '\n'
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

// header reads what follows the bracket of [name], [name.part] or [name "part"]. A part in quotes keeps its case.
func (r *configReader) header() (string, error) {
	var name strings.Builder
	for {
		c := r.next()
		switch {
		case c == ']' && name.Len() > 0:
			return strings.ToLower(name.String()) + ".", nil
		case isSpace(c) && c != '\n':
			part, err := r.part()
			return strings.ToLower(name.String()) + "." + part + ".", err
		case !isAlnum(c) && c != '.':
			return "", errSection
		}
		name.WriteByte(c)
	}
}

func (r *configReader) part() (string, error) {
	r.rest = strings.TrimLeft(r.rest, " \t\r")
	if r.next() != '"' {
		return "", errSection
	}
	var part strings.Builder
	for {
		c := r.next()
		if c == '"' {
			break
		}
		if c == '\\' {
			c = r.next()
		}
		if c == '\n' {
			return "", errSection
		}
		part.WriteByte(c)
	}
	if r.next() != ']' {
		return "", errSection
	}
	return part.String(), nil
}

// variable reads "name = value", or "name" alone, whose first character is c.
func (r *configReader) variable(c byte) (setting, error) {
	if !isAlnum(c) || c == '-' || '0' <= c && c <= '9' {
		return setting{}, errVariable
	}
	name := string(c)
	for c = r.next(); isAlnum(c); c = r.next() {
		name += string(c)
	}
	for c == ' ' || c == '\t' {
		c = r.next()
	}
	s := setting{r.section + strings.ToLower(name), "true"}
	switch c {
	case '\n':
		return s, nil
	case '=':
		var err error
		s.value, err = r.value()
		return s, err
	}
	return s, errVariable
}

// value reads to the end of the line, or further where a backslash precedes it.
func (r *configReader) value() (string, error) {
	var value []byte
	end := 0 // of the value without the spaces that may turn out to be trailing
	for quoted := false; ; {
		c := r.next()
		switch {
		case c == '\n' && quoted:
			return "", errValue
		case c == '\n':
			return string(value[:end]), nil
		case isSpace(c) && !quoted:
			if end > 0 {
				value = append(value, ' ')
			}
			continue
		case (c == '#' || c == ';') && !quoted:
			_, r.rest, _ = strings.Cut(r.rest, "\n")
			return string(value[:end]), nil
		case c == '"':
			quoted = !quoted
			continue
		case c == '\\':
			escape := r.next()
			if escape == '\n' {
				continue
			}
			i := strings.IndexByte(`tbn\"`, escape)
			if i < 0 {
				return "", errValue
			}
			c = "\t\b\n\\\""[i]
		}
		value = append(value, c)
		end = len(value)
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isAlnum reports whether a name may hold c.
func isAlnum(c byte) bool {
	return c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
