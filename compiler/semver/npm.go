package semver

import (
	"math"
	"strings"
)

// npmRewriting is npm's: every operator is joined, over a single space since runs of white space were made one before.
var npmRewriting = rewriting{spaces: 1, matches: unlimited, runs: runLimits{digits: 256, tail: 250}}

// npmLength is the most characters of a version.
const npmLength = 256

// npmSatisfies is semver.satisfies of npm's semver 7.8.6 without options. It never throws: a range or version it cannot read
// is one that nothing satisfies.
func npmSatisfies(version, rng string) bool {
	var v comparator
	if !parseNPM(&v, version) {
		return false
	}
	rng = collapseSpace(trimSpace(rng))
	satisfied, anything := false, false
	for more := true; more; {
		var arm string
		arm, rng, more = strings.Cut(rng, "||")
		a, ok := readNPMArm(arm, &v.release)
		if !ok {
			return false
		}
		satisfied = satisfied || a.satisfied
		anything = anything || a.anything
	}
	if anything { // the other arms are dropped, and with them the prereleases they name
		return v.pre == ""
	}
	return satisfied
}

// collapseSpace makes every run of white space one space.
func collapseSpace(s string) string {
	if isCollapsed(s) {
		return s
	}
	var b strings.Builder
	for word, rest := cutField(s); word != ""; word, rest = cutField(rest) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}

func isCollapsed(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isInk(s[i]) && spaceAt(s, i) > 0 && (s[i] != ' ' || spaceAt(s, i+1) > 0) {
			return false
		}
	}
	return true
}

// npmArm is what a version meets in one arm of a range.
type npmArm struct {
	satisfied bool
	anything  bool // the arm has no bounds
}

// readNPMArm holds v against each bound of an arm; false if the arm cannot be read, which spoils the whole range.
func readNPMArm(arm string, v *release) (npmArm, bool) {
	arm = withoutBuild(trimSpace(arm))
	if strings.Contains(arm, " ") {
		arm = npmRewriting.apply(arm)
	}
	a := npmArm{satisfied: true, anything: true}
	var r reading
	named := v.pre == "" // whether a bound names a prerelease of v's own numbers, or none needs to
	for word, rest := cutField(arm); word != ""; word, rest = cutField(rest) {
		if !readNPMWord(&r, word) {
			return a, false
		}
		for i := range r.n {
			b := &r.bounds[i]
			if !fitsNPMVersion(b) {
				return a, false
			}
			if b.isFloor() {
				continue
			}
			a.anything = false
			a.satisfied = a.satisfied && npmMeets(b, v)
			named = named || b.pre != "" && b.compareNumbers(v) == 0
		}
	}
	a.satisfied = a.satisfied && named
	return a, true
}

// withoutBuild takes all build metadata out of the text, wherever it stands.
func withoutBuild(s string) string {
	plus := strings.IndexByte(s, '+')
	if plus < 0 {
		return s
	}
	var b strings.Builder
	for ; plus >= 0; plus = strings.IndexByte(s, '+') {
		end := skipIdentifiers(s, plus+1, isBuild)
		if end == plus+1 { // a plus by itself
			b.WriteString(s[:end])
		} else {
			b.WriteString(s[:plus])
		}
		s = s[end:]
	}
	return b.String() + s
}

// readNPMWord reads one word of an arm.
func readNPMWord(r *reading, word string) bool {
	p, ok := parsePiece(word)
	if ok && p.fits(npmRewriting.runs) && (p.sign == "^" || p.sign == "~" || p.isOrdered()) {
		return p.read(r)
	}
	r.n = 1
	return parseComparator(&r.bounds[0], withoutStar(word))
}

// isOrdered reports whether no number follows a wildcard.
func (p *partial) isOrdered() bool {
	for _, part := range p.parts[p.known():] {
		if !isAny(part) {
			return false
		}
	}
	return true
}

// parseNPM reads a version: three numbers that JavaScript holds exactly, of at most 256 characters.
func parseNPM(v *comparator, version string) bool {
	if len(version) > npmLength && unitLength(version) > npmLength {
		return false
	}
	var p partial
	return p.parse(trimSpace(version)) && p.comparator(v, "") && fitsNPMVersion(v)
}

func fitsNPMVersion(c *comparator) bool {
	n := &c.numbers
	if max(n[0].value, n[1].value, n[2].value) > maxSafe {
		return false
	}
	return c.pre == "" || len("..-")+len(n[0].digits)+len(n[1].digits)+len(n[2].digits)+len(c.pre)+c.extra <= npmLength
}

func npmMeets(c *comparator, v *release) bool {
	order := npmCompare(v, &c.release)
	switch c.operator {
	case "", "=":
		return order == 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	}
	return order <= 0
}

func npmCompare(a, b *release) int {
	if c := a.compareNumbers(b); c != 0 {
		return c
	}
	switch {
	case a.pre == b.pre:
		return 0
	case a.pre == "":
		return 1
	case b.pre == "":
		return -1
	}
	return npmComparePrereleases(a.pre, b.pre)
}

func npmComparePrereleases(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		if x != y {
			return npmCompareIdentifiers(x, y)
		}
	}
	return len(a) - len(b)
}

// npmCompareIdentifiers puts numbers before words. Numbers that are one to a float64 end the comparison as equals.
func npmCompareIdentifiers(a, b string) int {
	x, y := math.NaN(), math.NaN()
	if isNumeric(a) {
		x = toNumber(a)
	}
	if isNumeric(b) {
		y = toNumber(b)
	}
	switch {
	case math.IsNaN(x) && math.IsNaN(y):
		return strings.Compare(a, b)
	case math.IsNaN(y):
		return -1
	case math.IsNaN(x):
		return 1
	}
	return compareFloats(x, y)
}

// npmSupersedes is semver.gt, false where it throws.
func npmSupersedes(candidate, current string) bool {
	var a, b comparator
	return parseNPM(&a, candidate) && parseNPM(&b, current) && npmCompare(&a.release, &b.release) > 0
}
