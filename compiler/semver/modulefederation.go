package semver

import (
	"math"
	"strings"
)

// federationRewriting is Module Federation's: its regular expressions carry no global flag, so only the first operator with
// white space after it is joined, and the second one of ">= 1.0.0 < 2.0.0" is left a word by itself that nothing satisfies.
var federationRewriting = rewriting{spaces: unlimited, matches: 1, runs: runLimits{unlimited, unlimited}}

// federationSatisfies is the satisfy of @module-federation/runtime-core 2.9.2, dist/utils/semver. It never throws.
func federationSatisfies(version, rng string) bool {
	var v comparator
	if !parseComparator(&v, version) { // the version is read as a bound, so ">=1.2.3" passes for one
		return false
	}
	for more := true; more; {
		var arm string
		arm, rng, more = strings.Cut(rng, "||")
		if federationArm(trimSpace(arm), &v.release) {
			return true
		}
	}
	return false
}

func federationArm(arm string, v *release) bool {
	if arm == "*" || arm == "x" {
		return true
	}
	if hasSpace(arm) {
		arm = federationRewriting.apply(arm)
	}
	var r reading
	floors, bounds := 0, 0
	for word, rest := cutField(arm); word != ""; word, rest = cutField(rest) {
		if !federationWord(&r, word) {
			return false
		}
		for i := range r.n {
			if r.bounds[i].isFloor() {
				floors++
				continue
			}
			bounds++
			if !federationMeets(&r.bounds[i], v) {
				return false
			}
		}
	}
	return bounds > 0 || floors == 0 // ">=0.0.0" is dropped, and an arm left with no bound is skipped
}

// federationWord reads one word of an arm. A word in no known form loses its first star and must then be a full version.
func federationWord(r *reading, word string) bool {
	if p, ok := parsePiece(word); ok {
		return p.read(r)
	}
	word = withoutStar(word)
	if looksLikeFloor(word) {
		word = ">=0.0.0"
	}
	r.n = 1
	return parseComparator(&r.bounds[0], word)
}

// withoutStar takes the first star out of the word, and the operator before it.
func withoutStar(word string) string {
	star := strings.IndexByte(word, '*')
	if star < 0 {
		return word
	}
	from := star
	if from > 0 && word[from-1] == '=' {
		from--
	}
	if from > 0 && (word[from-1] == '<' || word[from-1] == '>') {
		from--
	}
	return word[:from] + word[star+1:]
}

// looksLikeFloor reports whether the word is ">=0.0.0" with any two characters for the dots, which the engine's regular
// expression does not escape.
func looksLikeFloor(word string) bool {
	rest, ok := strings.CutPrefix(word, ">=")
	if !ok || unitLength(rest) != 5 {
		return false
	}
	r := []rune(rest)
	return len(r) == 5 && r[0] == '0' && r[2] == '0' && r[4] == '0'
}

// federationMeets reports whether v is within the bound. Equality is one of texts, order one of numbers.
func federationMeets(c *comparator, v *release) bool {
	switch c.operator {
	case "", "=":
		return c.sameText(v)
	case ">":
		return federationCompare(&c.release, v) < 0
	case ">=":
		return c.sameText(v) || federationCompare(&c.release, v) < 0
	case "<":
		return federationCompare(&c.release, v) > 0
	}
	return c.sameText(v) || federationCompare(&c.release, v) > 0
}

func federationCompare(bound, v *release) int {
	if c := bound.compareNumbers(v); c != 0 {
		return c
	}
	switch {
	case bound.pre == "" && v.pre == "":
		return 0
	case bound.pre == "":
		return 1
	case v.pre == "":
		return -1
	}
	return federationComparePrereleases(bound.pre, v.pre)
}

// federationComparePrereleases finds a bound with fewer identifiers the greater one, against semver.org's rule 11.4.4.
func federationComparePrereleases(bound, v string) int {
	for bound != "" && v != "" {
		var a, b string
		a, bound, _ = strings.Cut(bound, ".")
		b, v, _ = strings.Cut(v, ".")
		if a != b {
			return federationCompareIdentifiers(a, b)
		}
	}
	switch {
	case bound == "" && v == "":
		return 0
	case bound == "":
		return 1
	}
	return -1
}

// federationCompareIdentifiers compares what are numbers to JavaScript, but for zero, as numbers, and texts as texts. Of a
// number and a text the first is the lesser one, whichever it is, unless the text is a zero.
func federationCompareIdentifiers(a, b string) int {
	x, y := toNumber(a), toNumber(b)
	xIsText, yIsText := x == 0 || math.IsNaN(x), y == 0 || math.IsNaN(y)
	switch {
	case xIsText && yIsText:
		return strings.Compare(a, b)
	case x > y:
		return 1
	case x == y && !xIsText && !yIsText:
		return 0
	}
	return -1
}

// federationSupersedes is the versionLt of dist/utils/share: it asks whether current satisfies "<=candidate", so a version
// supersedes its equal, and one that is no version neither supersedes nor is superseded.
func federationSupersedes(candidate, current string) bool {
	return federationSatisfies(padVersion(current), "<="+padVersion(candidate))
}

// padVersion makes three numbers of "18" and "18.2", and of nothing else but what JavaScript takes for a number.
func padVersion(version string) string {
	if math.IsNaN(toNumber(version)) {
		return version
	}
	for dots := strings.Count(version, "."); dots < 2; dots++ {
		version += ".0"
	}
	return version
}
