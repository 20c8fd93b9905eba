package native

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// The orchestrator sorts the names of packages and apps with localeCompare, and where several builds could serve a consumer
// equally well this order decides. Printable ASCII in the order of the root collation, which English and most other languages use:
const collation = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ"

// compareNames is a.localeCompare(b) for names in ASCII. Other characters come after them, by code point; control characters
// do not count.
func compareNames(a, b string) int {
	return cmp.Or(compareWeights(a, b, primary), compareWeights(a, b, tertiary))
}

func compareWeights(a, b string, weight func(rune) int) int {
	for {
		x, restA := firstWeight(a, weight)
		y, restB := firstWeight(b, weight)
		if x != y || x == 0 {
			return cmp.Compare(x, y)
		}
		a, b = restA, restB
	}
}

// firstWeight is the weight of the first character that has one, 0 at the end.
func firstWeight(s string, weight func(rune) int) (w int, rest string) {
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		if r >= ' ' && r != 0x7f {
			return weight(r), s
		}
	}
	return 0, ""
}

// primary does not tell upper from lower case, tertiary does.
func primary(r rune) int {
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	return tertiary(r)
}

func tertiary(r rune) int {
	if i := strings.IndexRune(collation, r); r < utf8.RuneSelf && i >= 0 {
		return i + 1
	}
	return int(r) + len(collation)
}
