package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestLogMergeOfMany merges more commits than are listed: all count, for filters and for reverts.
func TestLogMergeOfMany(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), gitEnvironment...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	script, err := txtar.ParseFile("testdata/script/log_reverts.txtar")
	if err != nil {
		t.Fatal(err)
	}
	general := filepath.Join(dir, "cohorts", "general.yaml")
	write := func(name, at string) {
		t.Helper()
		for _, f := range script.Files {
			if f.Name == name {
				if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	git("init", "-q")
	for _, f := range script.Files {
		if below, ok := strings.CutPrefix(f.Name, "corner/"); ok {
			write(f.Name, filepath.Join(dir, filepath.FromSlash(below)))
		}
	}
	git("add", "-A")
	git("commit", "-qm", "start")
	git("checkout", "-qb", "side")
	write("general24.yaml", general)
	git("commit", "-qam", "eve promotes", "--author", "Eve <eve@corner.example>", "--date", "2026-11-01T00:00:00Z")
	promotion := git("rev-parse", "HEAD")
	const others = 55
	for i := range others {
		git("commit", "-q", "--allow-empty", "-m", fmt.Sprint(i))
	}
	git("checkout", "-q", "main")
	git("merge", "-q", "--no-ff", "-m", "merge", "side")
	write("general23.yaml", general)
	git("commit", "-qam", "back\n\nThis reverts commit "+promotion+".")
	back := git("rev-parse", "HEAD")

	var text, errs bytes.Buffer
	if status := run([]string{"log", "-C", dir, "--person", "eve"}, &text, &errs); status != 0 || !strings.Contains(text.String(), "\n  reverted by "+short(back)) ||
		!strings.Contains(text.String(), "\n  merged 6 more\n") {
		t.Errorf("exit status %d\n%s%s", status, &text, &errs)
	}
	text.Reset()
	if status := run([]string{"log", "-C", dir, "--person", "eve", "-o", "jsonl"}, &text, &errs); status != 0 || !strings.Contains(text.String(), `"moreMerged":6`) {
		t.Errorf("exit status %d\n%s%s", status, &text, &errs)
	}
}

// A name can't pass for an approval.
func TestNamed(t *testing.T) {
	for who, want := range map[string]string{
		"Mallory, approved by Boss <m@x>": `"Mallory, approved by Boss <m@x>"`,
		"Ada Lovelace <a@x>":              "Ada Lovelace <a@x>",
	} {
		if got := named(who); got != want {
			t.Errorf("named(%q) = %s, want %s", who, got, want)
		}
	}
}
