package history_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestDiffers(t *testing.T) {
	t.Parallel()
	const text = "apiVersion: muster/v1\nname: a\n"
	setUp := func(t *testing.T) repo {
		r := newRepo(t)
		symlink(t, "team/b.yaml", r.dir+"/link")
		r.write("remotes/a.yaml", text)
		r.write("remotes/team/b.yaml", "b\n")
		r.write("remotes/empty.yaml", "")
		r.write("remotes/dos.yaml", "a\r\nb\r\n")
		r.write("cohorts/g.yaml", "g\n")
		r.write("other/x", "x\n")
		if err := os.Rename(r.dir+"/link", r.dir+"/remotes/link.yaml"); err != nil {
			t.Fatal(err)
		}
		r.commit()
		return r
	}
	must := func(t testing.TB, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		change func(r repo)
		want   bool
	}{
		{"nothing", func(r repo) {}, false},
		{"nothing, with packed objects", func(r repo) { r.git("gc", "-q", "--prune=now") }, false},
		{"outside the roots", func(r repo) { r.write("other/x", "y\n"); r.write("new", "n") }, false},
		{"content", func(r repo) { r.write("remotes/a.yaml", strings.Replace(text, "name", "mane", 1)) }, true},
		{"one byte more", func(r repo) { r.write("remotes/a.yaml", text+"\n") }, true},
		{"one byte less", func(r repo) { r.write("remotes/a.yaml", text[1:]) }, true},
		{"much more", func(r repo) { r.write("remotes/a.yaml", text+text+text) }, true},
		{"no longer empty", func(r repo) { r.write("remotes/empty.yaml", "x") }, true},
		{"CRLF for LF", func(r repo) { r.write("remotes/a.yaml", strings.ReplaceAll(text, "\n", "\r\n")) }, false},
		{"CRLF for some LF", func(r repo) { r.write("remotes/a.yaml", strings.Replace(text, "\n", "\r\n", 1)) }, false},
		{"CRLF and a change of content", func(r repo) {
			r.write("remotes/a.yaml", strings.ReplaceAll(strings.Replace(text, "name", "mane", 1), "\n", "\r\n"))
		}, true},
		{"a lone CR more", func(r repo) { r.write("remotes/a.yaml", text+"\r") }, true},
		{"CR CR LF", func(r repo) { r.write("remotes/a.yaml", strings.ReplaceAll(text, "\n", "\r\r\n")) }, true},
		{"LF for a committed CRLF", func(r repo) { r.write("remotes/dos.yaml", "a\nb\n") }, true},
		{"CR for a committed LF", func(r repo) { r.write("remotes/a.yaml", strings.ReplaceAll(text, "\n", "\r")) }, true},
		{"autocrlf", func(r repo) {
			r.git("config", "core.autocrlf", "true")
			must(r.t, os.Remove(r.dir+"/remotes/a.yaml"))
			r.git("checkout", "-q", "--", ".")
			if data, _ := os.ReadFile(r.dir + "/remotes/a.yaml"); !strings.Contains(string(data), "\r\n") {
				r.t.Fatal("git has not checked out CRLF")
			}
		}, false},
		{"executable bit", func(r repo) { must(r.t, os.Chmod(r.dir+"/remotes/a.yaml", 0o755)) }, false},
		{"touched", func(r repo) { r.write("remotes/a.yaml", text) }, false},
		{"untracked", func(r repo) { r.write("remotes/new.yaml", "n") }, true},
		{"untracked at the end", func(r repo) { r.write("remotes/zzz.yaml", "n") }, true},
		{"untracked in a new folder", func(r repo) { r.write("remotes/new/team/n.yaml", "n") }, true},
		{"ignored", func(r repo) { r.write(".git/info/exclude", "*.tmp\n"); r.write("remotes/x.tmp", "n") }, true},
		{"empty folders", func(r repo) { must(r.t, os.MkdirAll(r.dir+"/remotes/new/team", 0o755)) }, false},
		{"deleted", func(r repo) { must(r.t, os.Remove(r.dir+"/remotes/a.yaml")) }, true},
		{"deleted folder", func(r repo) { must(r.t, os.RemoveAll(r.dir+"/remotes/team")) }, true},
		{"deleted root", func(r repo) { must(r.t, os.RemoveAll(r.dir+"/cohorts")) }, true},
		{"renamed", func(r repo) { must(r.t, os.Rename(r.dir+"/remotes/a.yaml", r.dir+"/remotes/c.yaml")) }, true},
		{"a root that the commit lacks", func(r repo) { r.write("schema/policy.cue", "x") }, true},
		{"an empty root that the commit lacks", func(r repo) { must(r.t, os.MkdirAll(r.dir+"/schema", 0o755)) }, false},
		{"staged", func(r repo) { r.write("remotes/a.yaml", "x"); r.git("add", "-A") }, true},
		{"staged only", func(r repo) { r.write("remotes/a.yaml", "x"); r.git("add", "-A"); r.write("remotes/a.yaml", text) }, false},
		{"a file for a folder", func(r repo) { must(r.t, os.RemoveAll(r.dir+"/remotes/team")); r.write("remotes/team", "b\n") }, true},
		{"an empty folder for a file", func(r repo) {
			must(r.t, os.Remove(r.dir+"/remotes/a.yaml"))
			must(r.t, os.Mkdir(r.dir+"/remotes/a.yaml", 0o755))
		}, true},
		{"a link for a file", func(r repo) {
			must(r.t, os.Rename(r.dir+"/remotes/a.yaml", r.dir+"/other/a.yaml"))
			symlink(r.t, "../other/a.yaml", r.dir+"/remotes/a.yaml")
		}, true},
		{"a link for a root", func(r repo) {
			must(r.t, os.Rename(r.dir+"/cohorts", r.dir+"/moved"))
			symlink(r.t, "moved", r.dir+"/cohorts")
		}, true},
		{"a link to elsewhere", func(r repo) {
			must(r.t, os.Remove(r.dir+"/remotes/link.yaml"))
			symlink(r.t, "a.yaml", r.dir+"/remotes/link.yaml")
		}, true},
		{"a name that is not UTF-8", func(r repo) {
			if err := os.WriteFile(r.dir+"/remotes/caf\xe9", []byte("x"), 0o644); err != nil {
				r.t.Skip("the file system has no such names")
			}
			r.commit()
		}, true},
		{"a submodule", func(r repo) {
			r.git("submodule", "--quiet", "add", r.dir, "remotes/module")
			r.git("commit", "-q", "-m", "submodule")
		}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := setUp(t)
			test.change(r)
			differs(t, r, test.want)
		})
	}
}

func differs(t *testing.T, r repo, want bool) {
	t.Helper()
	h := r.open()
	c, err := h.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Differs(c, os.DirFS(r.dir), []string{"remotes", "cohorts", "schema"})
	if got != want || err != nil {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestDiffersPrefix(t *testing.T) {
	t.Parallel()
	r := shop(t)
	h := r.at(r.dir + "/sub").open()
	for rev, want := range map[string]bool{"HEAD": false, "HEAD~1": true} {
		c, err := h.Resolve(rev)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.Differs(c, os.DirFS(r.dir+"/sub"), []string{"remotes", "cohorts"})
		if got != want || err != nil {
			t.Errorf("%s: got %v, %v", rev, got, err)
		}
	}
	// A registry that is not committed yet.
	r.write("new/remotes/a.yaml", "a")
	h = r.at(r.dir + "/new").open()
	c, err := h.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for root, want := range map[string]bool{"remotes": true, "cohorts": false, ".": true} {
		got, err := h.Differs(c, os.DirFS(r.dir+"/new"), []string{root})
		if got != want || err != nil {
			t.Errorf("not committed, %s: got %v, %v", root, got, err)
		}
	}
}

func TestDiffersRoots(t *testing.T) {
	t.Parallel()
	r := shop(t)
	h := r.open()
	c, err := h.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	work := os.DirFS(r.dir)
	for root, want := range map[string]bool{"README.md": false, "sub/remotes": false, "none": false, ".": true} { // "." has .git
		if got, err := h.Differs(c, work, []string{root}); got != want || err != nil {
			t.Errorf("%s: got %v, %v", root, got, err)
		}
	}
	for _, root := range []string{"", "/sub", "../repo", "sub/"} {
		if _, err := h.Differs(c, work, []string{root}); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: got %v", root, err)
		}
	}
	if _, err := h.Differs(c, broken{work}, []string{"sub"}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "comparing the work tree") {
		t.Errorf("a file that can't be read: got %v", err)
	}
	if got, err := h.Differs(c, fstest.MapFS{"README.md": {Data: []byte("shop")}}, []string{"README.md"}); got || err != nil {
		t.Errorf("a work tree in memory: got %v, %v", got, err)
	}
}

// broken is a work tree whose files can't be opened.
type broken struct{ fs.FS }

func (b broken) Open(path string) (fs.File, error) {
	if filepath.Ext(path) != "" {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	}
	return b.FS.Open(path)
}

// TestDiffersReadsOnce counts the bytes that are read of a work tree.
func TestDiffersReadsOnce(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	text := strings.Repeat("line\n", 1000)
	r.commit("remotes/same", text, "remotes/dos", text, "remotes/larger", text, "remotes/smaller", text)
	h := r.open()
	c, err := h.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	dos := strings.ReplaceAll(text, "\n", "\r\n")
	work := fstest.MapFS{"remotes/same": {Data: []byte(text)}, "remotes/dos": {Data: []byte(dos)}, "remotes/larger": {Data: []byte(text + text + "x")}, "remotes/smaller": {Data: []byte("line\n")}}
	for name, want := range map[string]int{"same": len(text), "dos": len(dos), "larger": 0, "smaller": 0} {
		counted := &counting{MapFS: work}
		differs, err := h.Differs(c, counted, []string{"remotes/" + name})
		if err != nil || differs != (want == 0) || counted.bytes != want {
			t.Errorf("%s: got %v, %v, %d bytes; want %d", name, differs, err, counted.bytes, want)
		}
	}
}

type counting struct {
	fstest.MapFS
	bytes int
}

func (c *counting) Open(path string) (fs.File, error) {
	f, err := c.MapFS.Open(path)
	return countingFile{f, &c.bytes}, err
}

type countingFile struct {
	fs.File
	bytes *int
}

func (f countingFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	*f.bytes += n
	return n, err
}
