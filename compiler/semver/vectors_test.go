package semver

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vectorFolder holds what the real engines answered: @module-federation/runtime-core 2.9.2, npm's semver 7.8.6 and webpack
// 5.112 (5.110.3 answers 516 lines of "ranges" otherwise). MUSTER_VECTORS names another folder with files of the same names.
func vectorFolder() string {
	if dir := os.Getenv("MUSTER_VECTORS"); dir != "" {
		return dir
	}
	return givenVectors
}

const givenVectors = "testdata/vectors"

// readVectors gives the lines of the folder's <name>.jsonl or <name>.jsonl.gz, each an array of the given length, and skips
// the test if there is neither.
func readVectors(t *testing.T, folder, name string, length int) [][]any {
	t.Helper()
	text, err := readMaybeZipped(filepath.Join(folder, name+".jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("there is no %s.jsonl or %[1]s.jsonl.gz in %s", name, folder)
	}
	if err != nil {
		t.Fatalf("reading vectors: %v", err)
	}
	var lines [][]any
	for text := range bytes.Lines(text) {
		var line []any
		if err := json.Unmarshal(text, &line); err != nil || len(line) != length {
			t.Errorf("line %d of %s is no array of %d: %.200s", len(lines)+1, name, length, text)
		}
		lines = append(lines, line)
	}
	return lines
}

func readMaybeZipped(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	f, err := os.Open(path + ".gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("unpacking %q: %w", path+".gz", err)
	}
	return io.ReadAll(z)
}

// tally counts lines checked and differing, in all and by kind.
type tally struct {
	name             string
	checked, differs map[string]int
	shown            int
}

func newTally(name string) *tally {
	return &tally{name: name, checked: map[string]int{}, differs: map[string]int{}}
}

// count takes one line; difference says what differs, "" if nothing does.
func (y *tally) count(t *testing.T, kind, difference string) {
	t.Helper()
	y.checked[kind]++
	if difference == "" {
		return
	}
	y.differs[kind]++
	if y.shown++; y.shown <= 20 {
		t.Error(difference)
	}
}

func (y *tally) report(t *testing.T) {
	t.Helper()
	checked, differ := 0, 0
	for kind, n := range y.checked {
		checked, differ = checked+n, differ+y.differs[kind]
	}
	t.Logf("%s: %d checked, %d differ", y.name, checked, differ)
	for _, kind := range slices.Sorted(maps.Keys(y.checked)) {
		t.Logf("%s %s: %d checked, %d differ", y.name, kind, y.checked[kind], y.differs[kind])
	}
	if checked == 0 || differ > 0 {
		t.Errorf("%d of %d lines differ", differ, checked)
	}
}

// TestRangeVectors holds the three JavaScript engines' readings against what the engines answered. A line is
// [range, version, module-federation, webpack, npm, kind]; an answer is 1, 0, or "E" where the engine threw.
func TestRangeVectors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ranges", "ranges-natural", "ranges-hostile"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := newTally(name)
			for i, line := range readVectors(t, vectorFolder(), name, 6) {
				if line, ok := parseRangeLine(line); !ok {
					t.Errorf("line %d of %s is malformed", i+1, name)
				} else {
					y.count(t, line.kind, line.difference())
				}
			}
			y.report(t)
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

// TestSupersedesVectors does the same for the engines' order. A line is
// [candidate, current, module-federation, webpack, npm, kind]; an engine that threw replaces nothing.
func TestSupersedesVectors(t *testing.T) {
	t.Parallel()
	y := newTally("supersedes")
	for i, line := range readVectors(t, vectorFolder(), "supersedes", 6) {
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
		y.count(t, l.kind, difference)
	}
	y.report(t)
}
