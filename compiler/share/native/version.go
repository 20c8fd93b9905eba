package native

import (
	"regexp"
	"strconv"
	"strings"

	"muster/compiler/semver"
)

// compatible is semver.satisfies.
func compatible(version, required string) bool {
	ok, _ := semver.NPM.Satisfies(version, required) // npm's does not throw
	return ok
}

// compareVersions is semver.compare of two versions that are valid.
func compareVersions(a, b string) int {
	switch {
	case semver.NPM.Supersedes(a, b):
		return 1
	case semver.NPM.Supersedes(b, a):
		return -1
	}
	return 0
}

// isVersion is semver.valid: what is no version is neither above the least of all versions nor below the next.
func isVersion(v string) bool {
	return semver.NPM.Supersedes(v, "0.0.0-0") || semver.NPM.Supersedes("0.0.0-1", v)
}

// smallestVersion is semver.minVersion of a range, "0.0.0" where it has none: the version the orchestrator puts in the place
// of one that is missing or malformed.
func smallestVersion(required string) string {
	for _, v := range []string{"0.0.0", "0.0.0-0"} {
		if compatible(v, required) {
			return v
		}
	}
	smallest := ""
	for arm := range strings.SplitSeq(required, "||") {
		if v := lowerBound(arm); v != "" && (smallest == "" || compareVersions(smallest, v) > 0) {
			smallest = v
		}
	}
	if smallest != "" && compatible(smallest, required) {
		return smallest
	}
	return "0.0.0"
}

var (
	hyphenated = regexp.MustCompile(`^(\S+)\s+-\s+\S+$`)
	operatorAt = regexp.MustCompile(`([<>=^~]+)\s+`)
	partialOf  = regexp.MustCompile(`^(\^|~>?|[<>]?=?)[v=]*(\d+|[xX*])(?:\.(\d+|[xX*])(?:\.(\d+|[xX*])(?:-([0-9A-Za-z.-]+))?(?:\+\S*)?)?)?$`)
)

// lowerBound is the highest of the versions below which an arm of a range has nothing, "" if it has no such bound or fits nothing.
func lowerBound(arm string) string {
	arm = strings.TrimSpace(arm)
	if m := hyphenated.FindStringSubmatch(arm); m != nil {
		arm = ">=" + m[1]
	}
	highest := ""
	for _, text := range strings.Fields(operatorAt.ReplaceAllString(arm, "$1")) {
		m := partialOf.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		w := word{m[1], m[2:5], m[5]}
		if w.isNothing() {
			return ""
		}
		if v := w.lowerBound(); v != "" && (highest == "" || compareVersions(v, highest) > 0) {
			highest = v
		}
	}
	return highest
}

// word is an operator, three numbers or wildcards, and a prerelease.
type word struct {
	operator string
	numbers  []string
	pre      string
}

// isNothing reports whether npm reads the word as what nothing satisfies: "<0" and "<0.0", "<*" and ">*". Such an arm is left out.
func (w word) isNothing() bool {
	switch {
	case w.operator != "<" && w.operator != ">":
		return false
	case isAny(w.numbers[0]):
		return true
	}
	zero := w.numbers[0] == "0" && (isAny(w.numbers[1]) || w.numbers[1] == "0")
	return w.operator == "<" && zero && (!w.isFull() || w.numbers[2] == "0" && w.pre == "0")
}

func (w word) isFull() bool { return !isAny(w.numbers[1]) && !isAny(w.numbers[2]) }

// lowerBound is the lowest version that the word lets through, "" if it has no bound below.
func (w word) lowerBound() string {
	if strings.HasPrefix(w.operator, "<") || isAny(w.numbers[0]) {
		return ""
	}
	if isAny(w.numbers[1]) {
		w.numbers[2] = ""
	}
	switch {
	case !w.isFull():
		w.pre = ""
		if w.operator == ">" {
			bump(w.numbers)
		}
	case w.operator == ">" && w.pre == "":
		w.numbers[2] = next(w.numbers[2])
	case w.operator == ">":
		w.pre += ".0"
	}
	for i, n := range w.numbers {
		if isAny(n) {
			w.numbers[i] = "0"
		}
	}
	bound := strings.Join(w.numbers, ".")
	if w.pre != "" {
		bound += "-" + w.pre
	}
	return bound
}

// bump raises the last number that a partial version has.
func bump(numbers []string) {
	at := 0
	if !isAny(numbers[1]) {
		at = 1
	}
	numbers[at] = next(numbers[at])
	numbers[2] = "0"
}

func next(number string) string {
	n, _ := strconv.ParseUint(number, 10, 64) // what is out of range makes no version, and so no bound
	return strconv.FormatUint(n+1, 10)
}

func isAny(number string) bool { return number == "" || strings.Contains("xX*", number) }
