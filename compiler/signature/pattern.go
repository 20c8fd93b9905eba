package signature

import "strings"

// matchList reports whether a list of patterns, with commas between them, lets a name in: one pattern must match, and
// none that begins with "!" may. That is match_pattern_list of OpenSSH's match.c.
func matchList(name, patterns string) bool {
	found := false
	for pattern := range strings.SplitSeq(patterns, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		switch {
		case !match(name, pattern):
		case negated:
			return false
		default:
			found = true
		}
	}
	return found
}

// match reports whether a pattern covers the whole name: "*" is any text, "?" any one byte. It goes back to the last star
// only, so its cost is at most the product of the lengths.
func match(name, pattern string) bool {
	n, p, star, from := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			n++
			p++
		case star >= 0:
			from++
			n, p = from, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
