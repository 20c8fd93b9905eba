package history_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"muster/compiler/history"
)

// repo is a repository made with the git command line, the judge of what this package says.
type repo struct {
	t    testing.TB
	dir  string
	tick *int // each commit is a minute later than the one before
}

// environment is the same on every machine: no configuration but the repository's own, fixed names and dates.
func environment(tick int) []string {
	date := fmt.Sprintf("%d +0100", 1767225600+60*tick)
	return []string{
		"PATH=" + os.Getenv("PATH"), "GIT_GRAFT_FILE=" + os.DevNull, "HOME=" + os.DevNull, "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com", "GIT_COMMITTER_DATE=" + date,
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=protocol.file.allow", "GIT_CONFIG_VALUE_0=always",
		"GIT_CONFIG_KEY_1=init.defaultBranch", "GIT_CONFIG_VALUE_1=main",
	}
}

// tempDir is a temporary folder by its real path, which on some systems is not the one it is handed out by.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func newRepo(t testing.TB, initArgs ...string) repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH, and these tests compare with it")
	}
	r := repo{t, filepath.Join(tempDir(t), "repo"), new(int)}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.git(append([]string{"init", "-q"}, initArgs...)...)
	return r
}

// at is the same history told from another folder.
func (r repo) at(dir string) repo {
	return repo{r.t, dir, r.tick}
}

// beside is a path next to the repository.
func (r repo) beside(name string) string { return filepath.Join(filepath.Dir(r.dir), name) }

func (r repo) git(args ...string) string {
	r.t.Helper()
	return r.gitWith(nil, args...)
}

func (r repo) gitWith(stdin []byte, args ...string) string {
	r.t.Helper()
	cmd := r.command(args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSuffix(string(out), "\n")
}

func (r repo) command(args ...string) *exec.Cmd {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = r.dir, environment(*r.tick)
	return cmd
}

func (r repo) write(path, content string) {
	r.t.Helper()
	full := filepath.Join(r.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// commit writes files, given as path, content, path, content..., and commits all there is. It returns the commit's id.
func (r repo) commit(files ...string) string {
	r.t.Helper()
	*r.tick++
	for i := 0; i < len(files); i += 2 {
		r.write(files[i], files[i+1])
	}
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", fmt.Sprintf("commit %d", *r.tick))
	return r.git("rev-parse", "HEAD")
}

func (r repo) open() *history.Repository {
	r.t.Helper()
	h, err := history.Open(r.dir, history.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { h.Close() })
	return h
}

// tree is the tree of a revision.
func tree(t testing.TB, h *history.Repository, rev string) fs.FS {
	t.Helper()
	c, err := h.Resolve(rev)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := h.Tree(c)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func read(t testing.TB, fsys fs.FS, path string) string {
	t.Helper()
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
