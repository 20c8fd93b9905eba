package webpack

import (
	"regexp"
	"slices"
	"strings"

	"muster/compiler/semver"
)

// parsed is a range as a build leaves it in the bundle: its arms, and the words of each.
type parsed struct {
	source string
	arms   [][]word
}

// word is a comparison of a range: a sign and a partial version.
type word struct {
	sign string // "" or an operator; betweenSign for both ends of a hyphen range
	partial
	upper partial // of a hyphen range
}

const betweenSign = " - "

// partial is a version without build metadata, and without the wildcards that it ends with.
type partial struct{ numbers, pre []string }

// What JavaScript holds for white space.
const space = `[\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]`

var (
	orSign     = regexp.MustCompile(space + `*\|\|` + space + `*`)
	hyphenSign = regexp.MustCompile(space + `+-` + space + `+`)
	wordEnd    = regexp.MustCompile(`[-0-9A-Za-z]` + space + `+`)
	operator   = regexp.MustCompile(`^(\^|~|<=|<|>=|>|=|v|!)`)
	ends       = regexp.MustCompile(`^` + space + `+|` + space + `+$`)
)

func trim(s string) string { return ends.ReplaceAllString(s, "") }

// parse reads a range. One that webpack throws at has no arms: there is no build with it.
func parse(rng string) parsed {
	p := parsed{source: rng}
	if _, err := semver.WebpackBefore112.Satisfies("0", rng); err != nil {
		return p
	}
	for _, arm := range orSign.Split(rng, -1) {
		p.arms = append(p.arms, parseArm(arm))
	}
	return p
}

func parseArm(arm string) []word {
	if between := hyphenSign.Split(arm, -1); len(between) > 1 {
		return []word{{sign: betweenSign, partial: parsePartial(between[0]), upper: parsePartial(between[1])}}
	}
	arm = trim(arm)
	var words []word
	start := 0
	for _, match := range wordEnd.FindAllStringIndex(arm, -1) {
		words = append(words, parseWord(trim(arm[start:match[0]+1])))
		start = match[0] + 1
	}
	return append(words, parseWord(trim(arm[start:])))
}

func parseWord(source string) word {
	sign := operator.FindString(source)
	return word{sign: sign, partial: parsePartial(trim(source[len(sign):]))}
}

func parsePartial(s string) partial {
	s, _, _ = strings.Cut(s, "+")
	numbers, pre, hasPre := strings.Cut(s, "-")
	var p partial
	if hasPre {
		p.pre = withoutPlaceholders(strings.Split(pre, "."))
	}
	if numbers != "" {
		p.numbers = strings.Split(numbers, ".")
	}
	if len(p.pre) == 0 {
		p.numbers = withoutPlaceholders(p.numbers)
	}
	return p
}

func withoutPlaceholders(parts []string) []string {
	for len(parts) > 0 && slices.Contains([]string{"*", "x", "X"}, parts[len(parts)-1]) {
		parts = parts[:len(parts)-1]
	}
	return parts
}

// fixes is how many parts a caret or tilde fixes.
func (w word) fixes() int {
	switch {
	case w.sign == "^":
		return 1 + w.leadingZeros()
	case w.sign == "~" && w.length() != 1:
		return 2
	case w.sign == "~":
		return 1
	}
	return 0
}

func (w word) leadingZeros() (n int) {
	for n < min(2, len(w.numbers)) && w.numbers[n] == "0" {
		n++
	}
	return n
}

// length counts the parts, with one for the hyphen before a prerelease.
func (p partial) length() int {
	if len(p.pre) == 0 {
		return len(p.numbers)
	}
	return len(p.numbers) + 1 + len(p.pre)
}

// String prints a range as webpack's messages do: from what it has become in the bundle, so "1.x" is "^1" and "<=1.2.3" is
// "<1.2.3 || =1.2.3".
func (p parsed) String() string {
	if len(p.arms) == 0 {
		return p.source
	}
	texts := make([]string, len(p.arms))
	for i, arm := range p.arms {
		words := make([]string, len(arm))
		for j, w := range arm {
			words[j] = w.String()
		}
		texts[i] = bare(strings.Join(words, " "))
	}
	return strings.Join(texts, " || ")
}

func or(a, b string) string { return "(" + bare(a) + " || " + bare(b) + ")" }

func not(a string) string { return "not(" + bare(a) + ")" }

// bare takes off the first and the last parenthesis, whether or not they belong together.
func bare(s string) string {
	if len(s) > 2 && s[0] == '(' && s[len(s)-1] == ')' {
		return s[1 : len(s)-1]
	}
	return s
}

func (w word) String() string {
	switch w.sign {
	case "^", "~":
		return w.print(fixSign(w.fixes()))
	case ">=", "<":
		return w.print(w.sign)
	case ">":
		return w.print(">=") + " " + not(w.exactly())
	case "<=":
		return or(w.print("<"), w.exactly())
	case "!":
		return not(w.exactly())
	case betweenSign:
		return w.print(">=") + " " + or(w.upper.print("<"), w.upper.exactly())
	}
	return w.exactly()
}

// exactly prints what is equal to a version, or begins with it if that is not whole.
func (p partial) exactly() string { return p.print(fixSign(p.length())) }

// fixSign is the sign for a number of fixed parts.
func fixSign(parts int) string {
	switch parts {
	case 1:
		return "^"
	case 2:
		return "~"
	}
	return "="
}

func (p partial) print(sign string) string {
	if p.length() == 0 {
		return "*"
	}
	text := sign + strings.Join(p.numbers, ".")
	if len(p.pre) > 0 {
		text += "-" + strings.Join(p.pre, ".")
	}
	return text
}
