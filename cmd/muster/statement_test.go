package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestStatement: one commit gives one statement, wherever and from whatever it is compiled, and what it is about is the output:
// every file, and nothing else.
func TestStatement(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/everything.txtar")
	if err != nil {
		t.Fatal(err)
	}
	r, _ := twoCommits(t, archive, ".")
	want, files := variant{dir: r.dir}.stated(t)
	var s struct {
		Subject []struct {
			Name   string
			Digest map[string]string
		}
	}
	if err := json.Unmarshal(want, &s); err != nil {
		t.Fatal(err)
	}
	about, there := map[string]string{}, map[string]string{}
	for _, subject := range s.Subject {
		about[subject.Name] = subject.Digest["sha256"]
	}
	delete(files, ".muster-lock") // the folder's, not the output's
	for name, b := range files {
		there[name] = fmt.Sprintf("%x", sha256.Sum256(b))
	}
	if diff := gocmp.Diff(there, about); diff != "" || len(s.Subject) != len(files) {
		t.Errorf("-files +subjects:\n%s", diff)
	}
	for _, v := range slices.Concat(surroundings(r.dir), checkouts(t, r, "."), bare(t, r)) {
		if got, _ := v.stated(t); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant:\n%s", v.name, got, want)
		}
	}
}

// stated returns the statement that stands beside what a variant writes, and the files of that.
func (v variant) stated(t *testing.T) ([]byte, map[string][]byte) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	v.compileTo(t, out)
	b, err := os.ReadFile(out + ".intoto.json")
	if err != nil {
		t.Fatal(err)
	}
	return b, readFiles(t, out)
}
