package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"muster/compiler/generate"
)

// TestGeneratedHistory imports a generated history with git, and checks its registry at the tip and at ten commits before,
// on side branches too.
func TestGeneratedHistory(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH, and it imports the history")
	}
	size := generate.HistorySize{Remotes: 25, Cohorts: 5, Others: 20, Commits: 400, Merges: 0.1, Touching: 0.9}
	var stream bytes.Buffer
	if err := generate.History(&stream, 3, size); err != nil {
		t.Fatal(err)
	}
	p := process{dir: t.TempDir()}
	p.must(t, "git", "init", "-q")
	load := exec.Command("git", "fast-import", "--quiet")
	load.Dir, load.Stdin = p.dir, &stream
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	commits := strings.Fields(p.must(t, "git", "rev-list", "--topo-order", "main"))
	if len(commits) != size.Commits {
		t.Fatalf("%d commits", len(commits))
	}
	for i := range 11 {
		id := commits[i*(len(commits)-1)/10]
		if stdout, stderr, status := p.run(t, "muster", "check", "--at", id); status != 0 {
			t.Errorf("commit %d, %s: exit status %d\n%s%s", i, id, status, stdout, stderr)
		}
	}
	subjects := p.must(t, "git", "log", "--format=%s", "main")
	for _, kind := range []string{"Release", "Promote", "Roll", "Disable", "Enable", "Try", "Give", "Add", "Remove", "Freeze", "Let", "Merge pull request"} {
		if !strings.Contains(subjects, "\n"+kind+" ") {
			t.Errorf("nobody did this: %q", kind)
		}
	}
	for option, least := range map[string]int{"--merges": 30, "--first-parent": 250} {
		if n := strings.Count(p.must(t, "git", "rev-list", option, "main"), "\n"); n < least {
			t.Errorf("%s: %d", option, n)
		}
	}
}
