package semver

import (
	"regexp"
	"strconv"
	"strings"
)

// What Masterminds reads at most, and what a lint asks about at most.
const (
	maxBytes  = 512
	maxArms   = 32
	maxBounds = 64
	maxDigits = 15 // so that a number and the next are exact to JavaScript
)

// parseSafe gives the versions in a range of the safe grammar that LintRange describes; false for any other text.
func parseSafe(rng string) (partials []partial, ok bool) {
	if len(rng) > maxBytes || strings.Trim(rng, " ") != rng || strings.Count(rng, "||") >= maxArms {
		return nil, false
	}
	for arm := range strings.SplitSeq(rng, "||") {
		bounds, ok := parseSafeArm(strings.Trim(arm, " "))
		if !ok || len(partials)+len(bounds) > maxBounds {
			return nil, false
		}
		partials = append(partials, bounds...)
	}
	return partials, true
}

func parseSafeArm(arm string) (partials []partial, ok bool) {
	if arm == "*" || arm == "x" || arm == "X" {
		return nil, true
	}
	if from, to, ok := strings.Cut(arm, " - "); ok {
		return parseSafeWords([]string{from, to}, "")
	}
	first := strings.TrimLeft(arm, "^~<>=")
	operator := arm[:len(arm)-len(first)]
	words := strings.FieldsFunc(first, func(r rune) bool { return r == ' ' })
	if len(words) == 0 {
		return nil, false
	}
	words[0] = operator + words[0]
	return parseSafeWords(words, "^~<>=")
}

// parseSafeWords reads bounds whose operators are made of the given characters.
func parseSafeWords(words []string, operators string) (partials []partial, ok bool) {
	for _, word := range words {
		version := strings.TrimLeft(word, operators)
		var p partial
		if !p.parse(version) || !isSafeOperator(word[:len(word)-len(version)]) || !p.isSafe() || len(words) > 1 && strings.Contains(word, "*") {
			return nil, false
		}
		partials = append(partials, p)
	}
	return partials, true
}

func isSafeOperator(operator string) bool {
	switch operator {
	case "", "^", "~", ">=", ">", "<=", "<", "=":
		return true
	}
	return false
}

func (p *partial) isSafe() bool {
	return p.known() > 0 && p.isOrdered() && p.prefix+p.pre+p.build == "" && p.fits(runLimits{digits: maxDigits - 1})
}

var partialText = regexp.MustCompile(`[0-9]+(\.[0-9]+(\.[0-9]+)?)?`)

// findPartials gives what looks like a version in a text outside the safe grammar, and one that there always is. Of a long
// text it looks at the first few only: each one found is a round of questions about the whole.
func findPartials(rng string) []partial {
	var found []partial
	for _, text := range partialText.FindAllString(rng, atMost(maxBounds+1, rng)) {
		var p partial
		if p.parse(text) && p.isSafe() {
			found = append(found, p)
		}
	}
	return append(found, partial{parts: [3]string{"1"}})
}

// atMost is n, and little for a long text.
func atMost(n int, rng string) int {
	if len(rng) > maxBytes {
		return min(n, 2)
	}
	return n
}

// boundaries gives release versions, one at least in every interval that bounds on the given versions can part. What an
// engine takes begins and ends at a version, or where its patch, minor or major number grows by one, or at 0.0.0; so versions
// there tell all. The ones further from zero come first: they make the better examples.
func boundaries(partials []partial) []string {
	versions := make([]string, 0, 4*len(partials)+1)
	for i := range partials {
		major, minor, patch := partials[i].integers()
		versions = append(versions, dotted(major+1, 0, 0), dotted(major, minor+1, 0), dotted(major, minor, patch+1), dotted(major, minor, patch))
	}
	return append(versions, dotted(0, 0, 0))
}

func dotted(major, minor, patch int) string {
	return strconv.Itoa(major) + "." + strconv.Itoa(minor) + "." + strconv.Itoa(patch)
}

// integers gives the numbers of a safe partial version, 0 for a missing one.
func (p *partial) integers() (major, minor, patch int) {
	n := p.floor().numbers
	return int(n[0].value), int(n[1].value), int(n[2].value)
}

var prereleaseText = regexp.MustCompile(`([0-9]+\.[0-9]+)\.([0-9]+)-([0-9A-Za-z.-]*[0-9A-Za-z])`)

// prereleases gives prereleases near the first of those that the range names.
func prereleases(rng string) []string {
	var versions []string
	for _, m := range prereleaseText.FindAllStringSubmatch(rng, atMost(8, rng)) {
		if len(m[0]) > npmLength/2 {
			continue
		}
		named := m[0]
		versions = append(versions, named, named+".1", m[1]+"."+m[2]+"-0", m[1]+"."+m[2]+"-zz")
		var p partial
		if p.parse(m[1]+"."+m[2]) && p.isSafe() {
			major, minor, patch := p.integers()
			versions = append(versions, dotted(major, minor, patch+1)+"-rc.1", dotted(major, minor+1, 0)+"-rc.1", dotted(major+1, 0, 0)+"-rc.1")
		}
	}
	return versions
}

// respell writes a range in the safe grammar so that npm takes the same versions for it, releases and those prereleases near
// which the range names any; "" if that fails.
func respell(rng string) string {
	if len(rng) > maxBytes {
		return ""
	}
	var arms []string
	for arm := range strings.SplitSeq(collapseSpace(trimSpace(rng)), "||") {
		spelled, ok := respellArm(arm)
		if !ok {
			return ""
		}
		if spelled == "*" { // the other arms add nothing
			arms = nil
			break
		}
		arms = append(arms, spelled)
	}
	spelled := "*"
	if len(arms) > 0 {
		spelled = strings.Join(arms, " || ")
	}
	if !isAgreed(spelled) || !sameToNPM(rng, spelled) {
		return ""
	}
	return spelled
}

func sameToNPM(rng, spelled string) bool {
	before, after := newEngine(NPM).open(rng), newEngine(NPM).open(spelled)
	took := false
	for _, version := range append(boundaries(append(findPartials(rng), findPartials(spelled)...)), prereleases(rng)...) {
		if before(version) != after(version) {
			return false
		}
		took = took || before(version) == takes
	}
	return took // what takes nothing is likelier a mistake
}

// respellArm follows npm's reading of an arm word by word.
func respellArm(arm string) (string, bool) {
	arm = npmRewriting.apply(withoutBuild(trimSpace(arm)))
	var words []string
	for word, rest := cutField(arm); word != ""; word, rest = cutField(rest) {
		p, ok := parsePiece(word)
		if !ok {
			return "", false
		}
		spelled, ok := p.respell()
		if !ok {
			return "", false
		}
		if spelled != "" {
			words = append(words, spelled)
		}
	}
	if len(words) == 0 {
		return "*", true
	}
	return strings.Join(words, " "), true
}

// respell drops what adds nothing: prefixes, bounds that are met by all, wildcards, and the -0 after an upper bound.
func (p *piece) respell() (spelled string, ok bool) {
	if p.pre != "" && (p.sign != "<" || p.pre != "0") {
		return "", false
	}
	var r reading
	if !p.read(&r) {
		return "", false
	}
	known := p.known()
	zeros := strings.Repeat("0", known) == strings.Join(p.parts[:known], "")
	switch {
	case r.n == 0 || r.n == 1 && r.bounds[0].isFloor():
		return "", true
	case p.sign == "^" && zeros && known < 3, p.sign == "~" && zeros && known == 3: // the forms on which engines part
		return strings.Repeat("0.", min(2, known)) + "x", true
	}
	return p.sign + strings.Join(p.parts[:known], "."), true
}
