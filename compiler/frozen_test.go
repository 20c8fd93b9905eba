package compiler_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"muster/compiler"
	"muster/compiler/manifest"
)

// unchanged is a history in which the registry has always been the same.
type unchanged struct {
	files fstest.MapFS
	reads map[string]int // how often a commit's files were asked for
}

func (u unchanged) Snapshot(commit string) (compiler.Snapshot, error) {
	return compiler.Snapshot{ID: commit, Tree: counted{u.files, u.reads, commit}}, nil
}

type counted struct {
	fstest.MapFS
	reads  map[string]int
	commit string
}

func (c counted) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "cohorts" {
		c.reads[c.commit]++
	}
	return c.MapFS.ReadDir(name)
}

// TestFrozenMany: a registry of another commit is read once, however many are frozen there, and of how many commits is
// bounded: a pull request could name every one there is.
func TestFrozenMany(t *testing.T) {
	then, today := baseFiles(t), baseFiles(t)
	for i := range 100 {
		name := fmt.Sprintf("cohort-%03d", i)
		text := "apiVersion: muster/v1\nname: " + name + "\nextends: general\naudience: {percent: 1}\n"
		then["cohorts/"+name+".yaml"] = &fstest.MapFile{Data: []byte(text)}
		today["cohorts/"+name+".yaml"] = &fstest.MapFile{Data: []byte(text + fmt.Sprintf("frozen: {at: %040x, reason: review}\n", i%80))}
	}
	reads := map[string]int{}
	_, found, err := compiler.Check(compiler.Input{Tree: today, History: unchanged{then, reads}, Origin: manifest.Origin{Time: caseTime}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 80-64 {
		t.Errorf("%d findings:\n%s", len(found), renderText(t, today, found))
	}
	for _, d := range found {
		if d.Rule != "frozen/commit" || !strings.Contains(d.Message, "freezes lead to more than 64 commits") {
			t.Errorf("%s [%s]", d.Message, d.Rule)
		}
	}
	if len(reads) != 64 {
		t.Errorf("%d commits were read", len(reads))
	}
	for commit, n := range reads {
		if n != 1 {
			t.Errorf("commit %s was read %d times", commit, n)
		}
	}
}
