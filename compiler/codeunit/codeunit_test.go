package codeunit

import (
	"slices"
	"testing"
	"unicode/utf16"
)

// edges are the characters where the order changes.
var edges = []rune("\x00\x1f !\"\\~\x7f\u0080\u07ff\u0800\u20ac\u2028\ud7ff\ue000\ufb33\ufeff\ufffd\uffff\U00010000\U0001F600\U000fffff\U0010ffff")

func TestCompare(t *testing.T) {
	t.Parallel()
	keys := []string{""}
	for _, a := range edges {
		keys = append(keys, string(a))
		for _, b := range edges {
			keys = append(keys, string([]rune{a, b}))
		}
	}
	for _, a := range keys {
		for _, b := range keys {
			want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
			if got := Compare(a, b); got != want {
				t.Fatalf("%q, %q: got %d, want %d", a, b, got, want)
			}
		}
	}
}
