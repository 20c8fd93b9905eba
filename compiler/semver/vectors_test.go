package semver

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"muster/compiler/vectors"
)

// givenVectors holds what the real engines answered: @module-federation/runtime-core 2.9.2, npm's semver 7.8.6 and webpack
// 5.112, and 5.110.3 in "before".
const givenVectors = "testdata/vectors"

// arrays are lines of a file, each an array of the given length.
func arrays(t *testing.T, texts iter.Seq[[]byte], name string, length int) (lines [][]any) {
	t.Helper()
	for text := range texts {
		var line []any
		if err := vectors.Decode(text, &line); err != nil || len(line) != length {
			t.Errorf("line %d of %s is no array of %d: %.200s", len(lines)+1, name, length, text)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestRangeVectors holds the three JavaScript engines' readings against what the engines answered. A line is
// [range, version, module-federation, webpack, npm, kind]; an answer is 1, 0, or "E" where the engine threw.
func TestRangeVectors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ranges", "ranges-natural", "ranges-hostile"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := vectors.NewTally(name)
			for i, line := range arrays(t, vectors.Lines(t, givenVectors, name), name, 6) {
				if line, ok := parseRangeLine(line); !ok {
					t.Errorf("line %d of %s is malformed", i+1, name)
				} else {
					y.Count(t, line.kind, line.difference())
				}
			}
			y.Report(t)
		})
	}
}

type rangeLine struct {
	rng, version, kind string
	answers            [3]string // of the JavaScript engines, in the order of their dialects
}

func parseRangeLine(line []any) (l rangeLine, ok bool) {
	if len(line) != 6 {
		return l, false
	}
	var okRange, okVersion, okKind bool
	l.rng, okRange = line[0].(string)
	l.version, okVersion = line[1].(string)
	l.kind, okKind = line[5].(string)
	for i := range l.answers {
		l.answers[i] = fmt.Sprint(line[2+i])
		if !slices.Contains([]string{"0", "1", "E"}, l.answers[i]) {
			return l, false
		}
	}
	return l, okRange && okVersion && okKind
}

func (l rangeLine) difference() string {
	var wrong []string
	for i, want := range l.answers {
		if got := answer(Dialect(i), l.version, l.rng); got != want {
			wrong = append(wrong, fmt.Sprintf("%v answers %s here and %s there", Dialect(i), got, want))
		}
	}
	if wrong == nil {
		return ""
	}
	return fmt.Sprintf("range %q, version %q: %s", l.rng, l.version, strings.Join(wrong, ", "))
}

func answer(d Dialect, version, rng string) string {
	switch ok, err := d.Satisfies(version, rng); {
	case err != nil:
		return "E"
	case ok:
		return "1"
	}
	return "0"
}

// TestWebpackBeforeVectors does the same for webpack before 5.112. A line is [range, version, answer, kind].
func TestWebpackBeforeVectors(t *testing.T) {
	t.Parallel()
	y := vectors.NewTally("before")
	for _, line := range arrays(t, vectors.Lines(t, givenVectors, "before"), "before", 4) {
		difference := ""
		rng, version, want := fmt.Sprint(line[0]), fmt.Sprint(line[1]), fmt.Sprint(line[2])
		if got := answer(WebpackBefore112, version, rng); got != want {
			difference = fmt.Sprintf("range %q, version %q: %s here and %s there", rng, version, got, want)
		}
		y.Count(t, fmt.Sprint(line[3]), difference)
	}
	y.Report(t)
}

// TestSupersedesVectors does the same for the engines' order. A line is
// [candidate, current, module-federation, webpack, npm, kind]; an engine that threw replaces nothing.
func TestSupersedesVectors(t *testing.T) {
	t.Parallel()
	y := vectors.NewTally("supersedes")
	for i, line := range arrays(t, vectors.Lines(t, givenVectors, "supersedes"), "supersedes", 6) {
		l, ok := parseRangeLine(line)
		if !ok {
			t.Errorf("line %d of supersedes is malformed", i+1)
			continue
		}
		difference := ""
		for i, want := range l.answers {
			if got := Dialect(i).Supersedes(l.rng, l.version); got != (want == "1") {
				difference += fmt.Sprintf("%v on %q for %q: %v here and %s there. ", Dialect(i), l.rng, l.version, got, want)
			}
		}
		y.Count(t, l.kind, difference)
	}
	y.Report(t)
}
