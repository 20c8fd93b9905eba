// Package vectors reads, for tests, the answers of real engines: files of JSON lines, packed or not, in a package's testdata or
// in the folder that the environment variable MUSTER_VECTORS names; and it counts how many are reproduced.
package vectors

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Lines are the lines of name.jsonl or name.jsonl.gz in a folder, or in the one that MUSTER_VECTORS names instead. Of that
// one any file may be absent, which skips the test.
func Lines(t testing.TB, folder, name string) iter.Seq[[]byte] {
	t.Helper()
	other, given := os.LookupEnv("MUSTER_VECTORS")
	if given {
		folder = other
	}
	text, err := read(filepath.Join(folder, name+".jsonl"))
	if given && errors.Is(err, fs.ErrNotExist) {
		t.Skipf("there is no %s.jsonl or %[1]s.jsonl.gz in %s, which MUSTER_VECTORS names", name, folder)
	}
	return lines(t, text, err)
}

// Step is one import in a case of share negotiation, and what came of it.
type Step struct {
	Consumer string   `json:"w"`
	Package  string   `json:"p"`
	Version  string   `json:"v,omitempty"`
	From     string   `json:"f,omitempty"`   // whose copy it is
	Own      int      `json:"own,omitempty"` // 1: its own, beside the share scope
	Warnings []string `json:"warn,omitempty"`
	Err      string   `json:"err,omitempty"`
	Log      []string `json:"log,omitempty"`
}

// Own are the lines of a file in a folder of the project, whatever MUSTER_VECTORS says.
func Own(t testing.TB, folder, name string) iter.Seq[[]byte] {
	t.Helper()
	text, err := read(filepath.Join(folder, name+".jsonl"))
	return lines(t, text, err)
}

func lines(t testing.TB, text []byte, err error) iter.Seq[[]byte] {
	t.Helper()
	if err != nil {
		t.Fatalf("reading vectors: %v", err)
	}
	return bytes.Lines(text)
}

func read(file string) ([]byte, error) {
	if text, err := os.ReadFile(file); !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	f, err := os.Open(file + ".gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("unpacking %q: %w", f.Name(), err)
	}
	return io.ReadAll(z)
}

// Decode reads a line into v, whose fields are all that it may have.
func Decode(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// Tally counts cases that were checked and that differ, in all and by kind. It is not safe for concurrent use.
type Tally struct {
	name            string
	checked, differ map[string]int
	shown           int
}

// NewTally returns a tally of a file of vectors.
func NewTally(name string) *Tally {
	return &Tally{name: name, checked: map[string]int{}, differ: map[string]int{}}
}

// mostShown is how many differences are shown.
const mostShown = 10

// Count takes one case; difference says what differs, "" if nothing does.
func (y *Tally) Count(t testing.TB, kind, difference string) {
	t.Helper()
	y.checked[kind]++
	if difference == "" {
		return
	}
	y.differ[kind]++
	if y.shown++; y.shown <= mostShown {
		t.Errorf("%s %s: %s", y.name, kind, difference)
	}
}

// Report tells the counts, and fails the test if a case differs or there was none.
func (y *Tally) Report(t testing.TB) {
	t.Helper()
	checked, differ := 0, 0
	for kind, n := range y.checked {
		checked, differ = checked+n, differ+y.differ[kind]
	}
	t.Logf("%s: %d checked, %d differ", y.name, checked, differ)
	for _, kind := range slices.Sorted(maps.Keys(y.checked)) {
		t.Logf("%s %s: %d checked, %d differ", y.name, kind, y.checked[kind], y.differ[kind])
	}
	if checked == 0 || differ > 0 {
		t.Errorf("%s: %d checked, %d differ", y.name, checked, differ)
	}
}
