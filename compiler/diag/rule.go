package diag

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Rule is what `muster explain` tells about the findings that carry its id. Stages declare their rules in tables; the
// tables together are all there are.
type Rule struct {
	ID       string `json:"id"`       // "group/name"
	Summary  string `json:"summary"`  // one line: what the rule asks for
	Protects string `json:"protects"` // what goes wrong in production without it, in a sentence or three
	Bad      string `json:"bad"`      // a fragment that breaks it
	Good     string `json:"good"`     // the same fragment, mended
	Waivable bool   `json:"waivable"` // whether a waiver may excuse its findings
	Compared bool   `json:"compared"` // whether a comparison with a base can make its findings: a waiver of it is no idle one, even if a check alone finds nothing
}

// Nearest returns the candidate that s is most likely a misspelling of, for a "did you mean": at most two edits away,
// and fewer for short words, letter case aside; two letters that changed places are one edit. "" when none is near. Among equally near ones the first in sorted order
// wins.
func Nearest(s string, candidates []string) string {
	best, distance := "", max(1, min(2, len([]rune(s))/3))+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if diff := len(c) - len(s); diff > 8 || diff < -8 {
			continue
		}
		if d := edits(strings.ToLower(s), strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	return best
}

func edits(a, b string) int {
	for i := 1; i < min(len(a), len(b)); i++ {
		if a[i-1] == b[i] && a[i] == b[i-1] && a[i-1] != a[i] && a[:i-1] == b[:i-1] && a[i+1:] == b[i+1:] {
			return 1
		}
	}
	return levenshtein.Distance(a, b, nil)
}

// DidYouMean is `did you mean "x"?` for the nearest candidate, or otherwise when none is near.
func DidYouMean(s string, candidates []string, otherwise string) string {
	if n := Nearest(s, candidates); n != "" {
		return "did you mean " + quote(n) + "?"
	}
	return otherwise
}
