package native

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// TestSmallestVersion has what semver.minVersion of npm's semver 7.8.6 says, "0.0.0" for what it does not say.
func TestSmallestVersion(t *testing.T) {
	t.Parallel()
	for required, want := range map[string]string{
		"": "0.0.0", "*": "0.0.0", "<2": "0.0.0", "latest": "0.0.0", "workspace:*": "0.0.0", ">=0.0.0-0": "0.0.0", "<0.0.0": "0.0.0", "<0.0.0-5": "0.0.0-0", "<0": "0.0.0", ">*": "0.0.0",
		"^18.2.0": "18.2.0", "~1.4": "1.4.0", "18": "18.0.0", "18.x": "18.0.0", "=18.2.0": "18.2.0", "v18.2.0": "18.2.0", "~> 18.2": "18.2.0", "^19.0.0-rc.1": "19.0.0-rc.1",
		">18.2.0": "18.2.1", ">18.2": "18.3.0", ">18": "19.0.0", ">18.2.0-rc.1": "18.2.0-rc.1.0", ">= 16.8 <20": "16.8.0", "16.8 - 18": "16.8.0",
		"^19.0.0 || ^18.0.0": "18.0.0", "<0 || ^3.1.4": "3.1.4", ">=2 <1 || >=3": "0.0.0", "1.2.3 4.5.6": "0.0.0", "^3.x.7": "3.0.0", ">=1.0.0+b7": "1.0.0", ">=1 >=2.1": "2.1.0",
		">99999999999999999999": "0.0.0",
	} {
		if got := smallestVersion(required); got != want {
			t.Errorf("%q: %q, want %q", required, got, want)
		}
	}
}

func TestIsVersion(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]bool{"18.2.0": true, "v18.2.0": true, " 18.2.0 ": true, "1.0.0-rc.1+b7": true, "0.0.0-0": true, "0.0.0": true, "0.0.0--": true,
		"": false, "18": false, "18.2": false, "1.2.3.4": false, "=18.2.0": false, "018.2.0": false, "latest": false, "9007199254740992.0.0": false} {
		if got := isVersion(v); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

// TestCompareNames has names in the order of localeCompare in English.
func TestCompareNames(t *testing.T) {
	t.Parallel()
	sorted := []string{"", "__NF-HOST__", "_a", "-a", "@a_b/x", "@a-b/x", "@a/x", "@ab/x", "10", "2", "a b", "a_b", "a-b", "a.b", "a/b", "ab", "aB", "Ab", "abc", "cart", "Cart", "cart-2", "cart2", "checkout", "host", "mfe1", "zeta", "ä"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got, want := compareNames(a, b), cmp.Compare(i, j); got != want {
				t.Errorf("%q against %q: %d, want %d", a, b, got, want)
			}
		}
	}
	if compareNames("a\x00b", "ab") != 0 {
		t.Error("a control character counts")
	}
	bytes := strings.Split(collation, "")
	slices.Sort(bytes)
	if len(slices.Compact(bytes)) != '~'-' '+1 {
		t.Error("the collation is not that of printable ASCII")
	}
}
