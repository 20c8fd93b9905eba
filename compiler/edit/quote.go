package edit

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

var (
	// version is an exact version. Most readers take 2.4.0 for a text, all take 2.4 for a number, and the pattern of floats
	// in YAML 1.1 fits both; so versions are quoted, also 2.4.0-rc.1.
	version = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+([-+].*)?$`)

	// numeric is whatever begins like a number, a time or a date of YAML 1.1 or 1.2, and a little more.
	numeric = regexp.MustCompile(`^[-+.]?(0[xXoObB][0-9a-fA-F_]*|[0-9][0-9_.,:]*([eE][-+]?[0-9]*)?|[0-9]{4}-[0-9]{1,2}-[0-9].*)$`)

	// word is what YAML 1.1 or 1.2 reads as true, false or nothing, in any mixture of capitals.
	word = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null|~|\.inf|\.nan)$`)
)

// surroundings say which characters end a text without quotes.
type surroundings uint8

const (
	inBlock surroundings = iota
	inFlow               // between {} or []
)

// quoted writes a text that stands in no quotes of its own yet.
func quoted(s string, around surroundings) string {
	if version.MatchString(s) || !plain(s, around) {
		return doubleQuoted(s)
	}
	return s
}

// requoted writes s in the place of an old scalar, in its quotes where they can hold s.
func requoted(s string, old *node, around surroundings) string {
	switch {
	case old.form == doubleForm:
		return doubleQuoted(s)
	case old.form == singleForm && oneLine(s):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return quoted(s, around)
}

// plain reports whether s can stand without quotes, and no reader of YAML 1.1 or 1.2 takes it for anything else than this
// text.
func plain(s string, around surroundings) bool {
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case s == "", strings.Trim(s, " ") != s, !oneLine(s), word.MatchString(s), numeric.MatchString(s):
		return false
	case (&yaml.Node{Kind: yaml.ScalarNode, Value: s}).ShortTag() != "!!str": // as our own reader has it
		return false
	case !unicode.IsLetter(first) && !unicode.IsDigit(first) && !strings.ContainsRune("./^~_$", first), strings.HasPrefix(s, "..."):
		return false
	case strings.Contains(s, " #"), strings.Contains(s, ": "), strings.HasSuffix(s, ":"), strings.HasSuffix(s, "?"):
		return false
	case around == inFlow:
		return !strings.ContainsAny(s, ",[]{}?\"'#") && !strings.Contains(strings.ReplaceAll(s, "://", ""), ":")
	}
	return true
}

// oneLine reports whether s holds only characters that can stand in a file as they are, on one line.
func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !raw(r) })
}

// raw reports whether r can stand in a file as it is.
func raw(r rune) bool { return unicode.IsPrint(r) && r != utf8.RuneError }

func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case raw(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// key writes the name of a field, alike in all surroundings.
func key(s string) string {
	if plain(s, inFlow) {
		return s
	}
	return doubleQuoted(s)
}
