package semver

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestToNumber(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, tt := range []struct {
		text string
		want float64
	}{
		{"", 0}, {" \t\u00a0\ufeff", 0}, {"0", 0}, {"-0", 0}, {"18", 18}, {" 18\n", 18}, {"018", 18}, {"+1", 1}, {"-1", -1}, {"1.5", 1.5}, {".5", .5}, {"5.", 5},
		{".", nan}, {"1e3", 1000}, {"1E-7", 1e-7}, {"1e", nan}, {"e1", nan}, {"1e+", nan}, {"1e400", math.Inf(1)}, {"1e-400", 0}, {"Infinity", math.Inf(1)},
		{"-Infinity", math.Inf(-1)}, {"infinity", nan}, {"NaN", nan}, {"0x1F", 31}, {"0X1f", 31}, {"0x", nan}, {"0xg", nan}, {"-0x1", nan}, {"0b101", 5}, {"0b2", nan}, {"0o17", 15},
		{"0o8", nan}, {"1_000", nan}, {"1n", nan}, {"1 2", nan}, {"٣", nan}, {"9007199254740993", 9007199254740992}, {"0x20000000000001", 9007199254740992},
		{"0x20000000000003", 9007199254740996}, {"0x200000000000010", 144115188075855888}, {"0x2000000000000010001", 0x2000000000000010001},
		{"0x" + strings.Repeat("f", 300), math.Inf(1)}, {"0x" + strings.Repeat("0", 300) + "1", 1},
	} {
		if got := toNumber(tt.text); got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
			t.Errorf("Number(%q) = %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestFormatNumber(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		number float64
		want   string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {18, "18"}, {-18, "-18"}, {1e20, "100000000000000000000"}, {1e21, "1e+21"}, {1.5e300, "1.5e+300"}, {5e-300, "5e-300"}, {1e-10, "1e-10"}, {1e-6, "0.000001"},
		{1e-7, "1e-7"}, {5e-324, "5e-324"}, {-1e-9, "-1e-9"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"}, {1 << 53, "9007199254740992"},
	} {
		if got := formatNumber(tt.number); got != tt.want {
			t.Errorf("String(%v) = %s, want %s", tt.number, got, tt.want)
		}
	}
}

// TestIsSpace lists what ECMA-262 counts as white space or line terminator.
func TestIsSpace(t *testing.T) {
	t.Parallel()
	const spaces = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if got, want := isSpace(r), strings.ContainsRune(spaces, r) && r != utf8.RuneError; got != want {
			t.Errorf("%+q: %v", r, got)
		}
	}
	if text := "x" + spaces + "y" + spaces; trimSpace(spaces+text) != "x"+spaces+"y" || !hasSpace("x\u3000") || hasSpace("xé\u0085\u200b") {
		t.Error("trimSpace or hasSpace does not go by isSpace")
	}
}
