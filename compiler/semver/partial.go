package semver

import "strings"

// The grammar that npm's ranges have, and Module Federation's, which descend from them: partial versions ("1", "1.2",
// "1.x"), and the carets, tildes and operators before them. Its source is npm's documented range grammar
// (https://github.com/npm/node-semver#range-grammar) and what both implementations do with text beyond it.

// partial is a version of which the minor and patch numbers may be missing or any number.
type partial struct {
	prefix     string    // the run of v, = and white space before it
	parts      [3]string // digits without leading zeros, "x", "X", "*"; "" for a missing one
	pre, build string    // what follows - and + after a patch
}

func isAny(part string) bool {
	return part == "" || part == "*" || part == "x" || part == "X"
}

// known counts the numbers before the first that may be any.
func (p *partial) known() int {
	for i, part := range p.parts {
		if isAny(part) {
			return i
		}
	}
	return len(p.parts)
}

// scan reads the longest partial version at s[i:] into p and gives the place after it; false if there is none.
func (p *partial) scan(s string, i int) (end int, ok bool) {
	start := i
	i = skipPrefix(s, i)
	p.prefix = s[start:i]
	for n := range p.parts {
		if n > 0 && (i >= len(s) || s[i] != '.') {
			return i, true
		}
		end := scanPart(s, i+min(n, 1))
		if end < 0 {
			return i, n > 0
		}
		p.parts[n], i = s[i+min(n, 1):end], end
	}
	p.pre, i = scanTail(s, i, '-', isPrerelease)
	p.build, i = scanTail(s, i, '+', isBuild)
	return i, true
}

// parse reads s as a partial version and nothing else.
func (p *partial) parse(s string) bool {
	end, ok := p.scan(s, 0)
	return ok && end == len(s)
}

// skipPrefix skips v, = and white space.
func skipPrefix(s string, i int) int {
	for i < len(s) {
		n := spaceAt(s, i)
		if s[i] == 'v' || s[i] == '=' {
			n = 1
		}
		if n == 0 {
			break
		}
		i += n
	}
	return i
}

// scanPart is the place after a number without leading zeros, or after a wildcard; -1 if there is none.
func scanPart(s string, i int) int {
	if i >= len(s) {
		return -1
	}
	switch c := s[i]; {
	case c >= '1' && c <= '9':
		return skipDigits(s, i)
	case c == '0' || c == 'x' || c == 'X' || c == '*':
		return i + 1
	}
	return -1
}

// scanTail reads the mark and, up to the first that is none, the identifiers after it with single dots between them. It gives
// them without the mark, and the place after them.
func scanTail(s string, i int, mark byte, isIdentifier func(string) bool) (tail string, end int) {
	if i >= len(s) || s[i] != mark {
		return "", i
	}
	if end = skipIdentifiers(s, i+1, isIdentifier); end > i+1 {
		return s[i+1 : end], end
	}
	return "", i
}

// skipIdentifiers skips identifiers with single dots between them.
func skipIdentifiers(s string, i int, isIdentifier func(string) bool) int {
	for end := i; ; i = end + 1 {
		word := i
		for word < len(s) && isWord(s[word]) {
			word++
		}
		if !isIdentifier(s[i:word]) {
			return end
		}
		if end = word; end == len(s) || s[end] != '.' {
			return end
		}
	}
}

// isWord reports whether c may be in an identifier.
func isWord(c byte) bool {
	return isDigit(c) || c == '-' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func isNumeric(identifier string) bool {
	return identifier != "" && skipDigits(identifier, 0) == len(identifier)
}

// isBuild reports whether a word is an identifier of build metadata.
func isBuild(word string) bool { return word != "" }

// isPrerelease reports whether a word is a prerelease identifier: if it is a number, one without leading zeros.
func isPrerelease(word string) bool {
	return word != "" && (len(word) == 1 || word[0] != '0' || !isNumeric(word))
}

// parseComparator reads an operator and a full version with at most one v before it. White space may stand between them.
func parseComparator(c *comparator, s string) bool {
	var p partial
	operator := leadingOperator(s)
	return p.parse(s[skipSpace(s, len(operator), unlimited):]) && p.comparator(c, operator)
}

// leadingOperator is "", "=", "<", ">", "<=" or ">=".
func leadingOperator(s string) string {
	n := 0
	if s != "" && (s[0] == '<' || s[0] == '>') {
		n = 1
	}
	if n < len(s) && s[n] == '=' {
		n++
	}
	return s[:n]
}

// comparator is the bound that a full version makes; false for a partial one and for other prefixes than a single v.
func (p *partial) comparator(c *comparator, operator string) bool {
	if p.known() < len(p.parts) || p.prefix != "" && p.prefix != "v" {
		return false
	}
	*c = comparator{operator, p.floor(), len(p.prefix)}
	if p.build != "" {
		c.extra += 1 + len(p.build)
	}
	return true
}

// floor is the lowest version that p is a part of.
func (p *partial) floor() release {
	known := p.known()
	r := release{numbers: [3]number{zero, zero, zero}}
	for i := range known {
		r.numbers[i] = parseNumber(p.parts[i])
	}
	if known == len(p.parts) {
		r.pre = p.pre
	}
	return r
}

// fits reports whether no run in p is longer than the limits.
func (p *partial) fits(runs runLimits) bool {
	if max(len(p.parts[0]), len(p.parts[1]), len(p.parts[2]))-1 > runs.digits {
		return false
	}
	for rest, more := p.pre, p.pre != ""; more; {
		var id string
		id, rest, more = strings.Cut(rest, ".")
		digits := skipDigits(id, 0)
		if digits == len(id) {
			digits--
		}
		if digits > runs.digits || len(id)-digits-1 > runs.tail {
			return false
		}
	}
	return true
}
