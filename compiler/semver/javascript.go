package semver

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What JavaScript does to text, where Go's library does otherwise. The rules are ECMA-262's: WhiteSpace and LineTerminator,
// StringToNumber, Number::toString and IsLessThan.

// isSpace reports what `\s` and trim() hold for white space. unicode.IsSpace adds U+0085 to it and lacks U+FEFF.
func isSpace(r rune) bool {
	switch {
	case r < 0xa0:
		return r == ' ' || r >= '\t' && r <= '\r'
	case r >= 0x2000 && r <= 0x200a:
		return true
	}
	switch r {
	case 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff:
		return true
	}
	return false
}

// spaceAt is the length of the white space character at s[i:], 0 if there is none.
func spaceAt(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	if s[i] < utf8.RuneSelf {
		if isSpace(rune(s[i])) {
			return 1
		}
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s[i:]); isSpace(r) {
		return n
	}
	return 0
}

// skipSpace is the place after at most limit white space characters from s[i:] on.
func skipSpace(s string, i, limit int) int {
	for ; limit > 0; limit-- {
		n := spaceAt(s, i)
		if n == 0 {
			break
		}
		i += n
	}
	return i
}

func hasSpace(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= utf8.RuneSelf {
			return strings.ContainsFunc(s[i:], isSpace)
		}
	}
	return false
}

func trimSpace(s string) string {
	if s == "" || isInk(s[0]) && isInk(s[len(s)-1]) {
		return s
	}
	return strings.TrimFunc(s, isSpace)
}

// isInk reports whether the byte is a character by itself and no white space.
func isInk(c byte) bool { return c > ' ' && c < utf8.RuneSelf }

// cutField takes the first run of text without white space off s. The field is empty only where nothing is left.
func cutField(s string) (field, rest string) {
	s = s[skipSpace(s, 0, len(s)):]
	for i := 0; i < len(s); i++ {
		if !isInk(s[i]) && spaceAt(s, i) > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// unitLength is a text's length in JavaScript.
func unitLength(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// toNumber is Number(s): NaN for what is no number, 0 for nothing but white space.
func toNumber(s string) float64 {
	if n, ok := shortInteger(s); ok {
		return n
	}
	s = trimSpace(s)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' && bitsPerDigit(s[1]) > 0 {
		return binaryNumber(s[2:], bitsPerDigit(s[1]))
	}
	unsigned := s
	if s[0] == '+' || s[0] == '-' {
		unsigned = s[1:]
	}
	if unsigned != "Infinity" && !isDecimal(unsigned) {
		return math.NaN()
	}
	n, _ := strconv.ParseFloat(s, 64) // beyond the range it is infinite or zero, as in JavaScript
	return n
}

// shortInteger reads up to 15 digits, which a float64 holds exactly.
func shortInteger(s string) (float64, bool) {
	if s == "" || len(s) > 15 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return float64(n), true
}

// isDecimal reports whether s is an unsigned decimal literal: "1", "1.", ".5", "1e-7".
func isDecimal(s string) bool {
	whole := skipDigits(s, 0)
	i, digits := whole, whole
	if i < len(s) && s[i] == '.' {
		i = skipDigits(s, i+1)
		digits = i - 1
	}
	if digits == 0 {
		return false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start := i
		if i = skipDigits(s, i); i == start {
			return false
		}
	}
	return i == len(s)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func skipDigits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// bitsPerDigit tells 0x, 0o and 0b numbers by their second letter; 0 is any other.
func bitsPerDigit(letter byte) int {
	switch letter | 0x20 {
	case 'x':
		return 4
	case 'o':
		return 3
	case 'b':
		return 1
	}
	return 0
}

// binaryNumber reads digits of the given width. It keeps the first 64 bits and notes in the last whether any lost one was
// set, which is all that rounding to the nearest float64 needs.
func binaryNumber(digits string, width int) float64 {
	var kept uint64
	shift := 0
	for i := range len(digits) {
		d := hexDigit(digits[i])
		if d >= 1<<width {
			return math.NaN()
		}
		for bit := width - 1; bit >= 0; bit-- {
			b := uint64(d>>bit) & 1
			if kept>>63 == 0 {
				kept = kept<<1 | b
			} else {
				kept |= b
				shift++
			}
		}
	}
	return math.Ldexp(float64(kept), shift)
}

// hexDigit is the digit's value, 16 for what is none.
func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}

// formatNumber is String(n).
func formatNumber(n float64) string {
	abs := math.Abs(n)
	switch {
	case n == 0:
		return "0"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	case abs >= 1e-6 && abs < 1e21:
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	s := strconv.FormatFloat(n, 'e', -1, 64)
	if cut := len(s) - 2; s[cut] == '0' && !isDigit(s[cut-1]) { // Go writes 1e-07
		s = s[:cut] + s[cut+1:]
	}
	return s
}
