package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// The README shows commands in blocks of two kinds: "console" ones with the output that follows each "$ command", run here
// one after the other in one shell session, and the two that a newcomer starts with, in a block marked "sh".
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("start", func(t *testing.T) { checkStart(t, string(text)) })
	t.Run("walk", func(t *testing.T) { checkWalk(t, string(text)) })
}

var block = regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)^```$")

// checkStart runs the first command in a clone; the second one is the one that runs this test.
func checkStart(t *testing.T, text string) {
	var commands []string
	for _, b := range block.FindAllStringSubmatch(text, -1) {
		if b[1] == "sh" {
			commands = append(commands, strings.Split(strings.TrimSpace(b[2]), "\n")...)
		}
	}
	if diff := cmp.Diff([]string{"go run ./cmd/muster compile", "go test ./..."}, commands); diff != "" {
		t.Fatalf("the README's first commands (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("this is no clone, and the repository's own registry has a frozen cohort")
	}
	clone := filepath.Join(t.TempDir(), "clone")
	shell(t, root, "git clone -q . "+clone)
	out := shell(t, clone, commands[0])
	if !strings.Contains(out, "pointer.json") {
		t.Errorf("%s says:\n%s", commands[0], out)
	}
	if _, err := os.Stat(filepath.Join(clone, "dist", "pointer.json")); err != nil {
		t.Error(err)
	}
}

// checkWalk runs every "$ command" and compares what it prints.
func checkWalk(t *testing.T, text string) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(root, "examples"))); err != nil {
		t.Fatal(err)
	}
	rewritten := block.ReplaceAllStringFunc(text, func(b string) string {
		parts := block.FindStringSubmatch(b)
		if parts[1] != "console" {
			return b
		}
		got := "```console\n" + session(t, dir, parts[2]) + "```"
		if diff := cmp.Diff(b, got); diff != "" && os.Getenv("MUSTER_UPDATE") == "" {
			t.Errorf("what the README shows differs from what happens (-README +now):\n%s", diff)
		}
		return got
	})
	if os.Getenv("MUSTER_UPDATE") != "" {
		if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(rewritten), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// session runs the commands of a block, each in the folder that the one before left, and returns the block as it should
// stand in the README.
func session(t *testing.T, dir, block string) string {
	state := filepath.Join(dir, ".cwd")
	var out strings.Builder
	for _, line := range strings.Split(block, "\n") {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		script := "cd \"$(cat " + state + " 2>/dev/null || echo .)\"; " + command + "\npwd > " + state
		out.WriteString(line + "\n" + shell(t, dir, script))
	}
	return out.String()
}

// shell runs a command with this program as muster, and the same people and dates every time.
func shell(t *testing.T, dir, command string) string {
	t.Helper()
	c := exec.Command("sh", "-c", command)
	c.Dir = dir
	c.Env = append(os.Environ(), detector, "PATH="+binFolder(t)+":"+os.Getenv("PATH"),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=init.defaultBranch", "GIT_CONFIG_VALUE_0=main",
		"GIT_AUTHOR_NAME=Riley", "GIT_AUTHOR_EMAIL=riley@corner.example", "GIT_AUTHOR_DATE=2026-11-02T09:00:00Z",
		"GIT_COMMITTER_NAME=Riley", "GIT_COMMITTER_EMAIL=riley@corner.example", "GIT_COMMITTER_DATE=2026-11-02T09:00:00Z")
	b, err := c.CombinedOutput()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatal(err)
	}
	return string(b)
}

// binFolder holds this test binary under the name muster; TestMain runs the program when it is called so.
func binFolder(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(exe, filepath.Join(dir, "muster")); err != nil {
		t.Fatal(err)
	}
	return dir
}
