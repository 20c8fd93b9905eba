package webpack

import (
	"slices"
	"testing"

	"muster/compiler/share/federation"
)

// TestRanges holds ranges against what webpack 5.110.3 prints of them and takes for them.
func TestRanges(t *testing.T) {
	t.Parallel()
	ranges := NewRanges()
	versions := []string{"0", "0.0.3", "0.1.0", "1.2.3", "1.2.3-rc.1", "1.4.0", "2.0.0"}
	for _, c := range []struct {
		rng, text string
		takes     []string
	}{
		{"^1.2.3", "^1.2.3", []string{"1.2.3", "1.4.0"}},
		{"~1.2", "~1.2", []string{"1.2.3"}},
		{"~1", "^1", []string{"1.2.3", "1.4.0"}},
		{"1.x", "^1", []string{"1.2.3", "1.4.0"}},
		{"=1.2.3", "=1.2.3", []string{"1.2.3"}},
		{">1.2.3", ">=1.2.3 not(=1.2.3)", []string{"1.4.0", "2.0.0"}},
		{"<=1.2.3", "<1.2.3 || =1.2.3", []string{"0", "0.0.3", "0.1.0", "1.2.3"}},
		{"<=1.2.3 >0.1.0", "<1.2.3 || =1.2.3) >=0.1.0 not(=0.1.0", []string{"1.2.3"}}, // these parentheses are no pair
		{"0.1.0 - 1.2.3", ">=0.1.0 (<1.2.3 || =1.2.3)", []string{"0.1.0", "1.2.3"}},
		{"!1.2.3", "not(=1.2.3)", []string{"0", "0.0.3", "0.1.0", "1.2.3-rc.1", "1.4.0", "2.0.0"}},
		{"^1.2.3-rc.1", "^1.2.3-rc.1", []string{"1.2.3", "1.2.3-rc.1", "1.4.0"}},
		{"^0.0.3 || >= 2", "=0.0.3 || >=2", []string{"0.0.3", "2.0.0"}},
		{"^0.1.0", "~0.1.0", []string{"0.1.0"}},
		{"*", "*", []string{"0", "0.0.3", "0.1.0", "1.2.3", "1.4.0", "2.0.0"}},
		{"", "*", []string{"0", "0.0.3", "0.1.0", "1.2.3", "1.4.0", "2.0.0"}},
		{"^0", "~0", []string{"0"}}, // two numbers are fixed, and only one is there
		{"^0.0", "=0.0", nil},
		{"^*", "*", nil},
		{"~* || 1.2.3", "* || =1.2.3", nil}, // the arm of nothing is an operator
		{"^* || 1.2.3", "* || =1.2.3", []string{"1.2.3"}},
		{"1.2.3+build.7", "=1.2.3", []string{"1.2.3"}},
		{"^1.2.3-", "^1.2.3-", nil}, // there is no build with it
	} {
		if got := parse(c.rng).String(); got != c.text {
			t.Errorf("%q prints as %q, want %q", c.rng, got, c.text)
		}
		got := slices.DeleteFunc(slices.Clone(versions), func(v string) bool {
			return !ranges.Accepts(federation.Requirement{Kind: federation.Range, Range: c.rng}, v)
		})
		if !slices.Equal(got, c.takes) {
			t.Errorf("%q takes %v, want %v", c.rng, got, c.takes)
		}
	}
}
