package history_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"muster/compiler/history"
)

// gitMode is what `git ls-tree` calls an entry's mode.
func gitMode(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "040000"
	case m&fs.ModeSymlink != 0:
		return "120000"
	case m&fs.ModeIrregular != 0:
		return "160000"
	case m&0o100 != 0:
		return "100755"
	}
	return "100644"
}

// TestTreeAgreesWithGit compares random histories, folder by folder and byte by byte, loose and packed.
func TestTreeAgreesWithGit(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := random(t, seed)
			agrees(t, r)
			r.git("gc", "-q", "--prune=now")
			agrees(t, r)
		})
	}
}

// random is a repository of eight commits that add, change, extend and remove files of all kinds.
func random(t testing.TB, seed uint64) repo {
	r := newRepo(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	names := []string{"a", "a.b", "a-b", "a0", "B", "ü", "日本", "x y", "remotes", "cohorts", "z\nz", `q"q`}
	var paths []string
	for range 8 {
		for range 20 {
			path := names[rng.IntN(len(names))]
			for rng.IntN(3) > 0 {
				path += ".d/" + names[rng.IntN(len(names))]
			}
			content := make([]byte, rng.IntN(200)*rng.IntN(300))
			for i := range content {
				content[i] = "muster\r\n\x00\xff"[rng.IntN(10)]
			}
			os.Remove(r.dir + "/" + path) // it may be a link
			r.write(path, string(content))
			paths = append(paths, path)
			switch rng.IntN(10) {
			case 0:
				if err := os.Chmod(r.dir+"/"+path, 0o755); err != nil {
					t.Fatal(err)
				}
			case 1:
				os.Remove(r.dir + "/" + path)
				symlink(t, "somewhere/"+path, r.dir+"/"+path)
			}
		}
		for range 5 {
			path := r.dir + "/" + paths[rng.IntN(len(paths))]
			if old, err := os.ReadFile(path); err == nil { // an extension, to be stored as a delta
				if err := os.WriteFile(path, append(old, "more"...), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			os.Remove(r.dir + "/" + paths[rng.IntN(len(paths))])
		}
		r.git("add", "-A")
		r.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("5", 40)+",module")
		*r.tick++
		r.git("commit", "-q", "-m", "random")
	}
	return r
}

func agrees(t *testing.T, r repo) {
	t.Helper()
	h := r.open()
	for _, id := range strings.Fields(r.git("rev-list", "HEAD")) {
		files := tree(t, h, id)
		var list, batch []string
		var names, contents strings.Builder
		err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == "." {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			size := fmt.Sprint(info.Size())
			if d.IsDir() || d.Type()&fs.ModeIrregular != 0 {
				size = "-"
			}
			list = append(list, gitMode(info.Mode())+" "+size+" "+path)
			if d.Type().IsRegular() && !strings.Contains(path, "\n") {
				batch = append(batch, path)
				names.WriteString(id + ":" + path + "\n")
				contents.WriteString("\x01" + size + "\n" + read(t, files, path) + "\n")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range strings.SplitSeq(strings.TrimSuffix(r.git("ls-tree", "-r", "-t", "-l", "-z", id), "\x00"), "\x00") {
			meta, path, _ := strings.Cut(line, "\t")
			words := strings.Fields(meta)
			want = append(want, words[0]+" "+words[3]+" "+path)
		}
		slices.Sort(list)
		slices.Sort(want)
		if !slices.Equal(list, want) {
			t.Fatalf("%s: got\n%q\ngit says\n%q", id, list, want)
		}
		if git := r.gitWith([]byte(names.String()), "cat-file", "--batch=\x01%(objectsize)"); git+"\n" != contents.String() {
			t.Errorf("%s: one of these differs from git: %q", id, batch)
		}
	}
}

// kinds is a repository with an entry of every kind.
func kinds(t testing.TB) repo {
	r := newRepo(t)
	r.write("run.sh", "#!/bin/sh\n")
	r.write("empty", "")
	r.write("remotes/team/a.yaml", "a: 1\n")
	r.write("large", strings.Repeat("0123456789", 100_000))
	symlink(t, "remotes/team", r.dir+"/link")
	symlink(t, "/etc/passwd", r.dir+"/outside")
	if err := os.Chmod(r.dir+"/run.sh", 0o755); err != nil {
		t.Fatal(err)
	}
	r.commit()
	r.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("5", 40)+",module")
	r.git("commit", "-q", "-m", "with a submodule")
	return r
}

func TestTree(t *testing.T) {
	t.Parallel()
	files := tree(t, kinds(t).open(), "HEAD")
	modes := map[string]fs.FileMode{
		".": fs.ModeDir | 0o755, "run.sh": 0o755, "empty": 0o644, "remotes": fs.ModeDir | 0o755, "remotes/team/a.yaml": 0o644, "large": 0o644,
		"link": fs.ModeSymlink | 0o777, "outside": fs.ModeSymlink | 0o777, "module": fs.ModeIrregular,
	}
	sizes := map[string]int64{"run.sh": 10, "remotes/team/a.yaml": 5, "large": 1_000_000, "link": 12, "outside": 11}
	for path, mode := range modes {
		info, err := fs.Stat(files, path)
		if err != nil || info.Mode() != mode || info.Size() != sizes[path] || info.ModTime().Unix() != 1767225660 {
			t.Errorf("%s: got %v, %v", path, info, err)
		}
	}
}

// TestTreeAsFS holds a tree against the rules of io/fs. They want every irregular file to be readable, so it is one
// without a submodule.
func TestTreeAsFS(t *testing.T) {
	t.Parallel()
	files := tree(t, kinds(t).open(), "HEAD~1")
	if err := fstest.TestFS(files, "run.sh", "empty", "remotes/team/a.yaml", "large", "link"); err != nil {
		t.Error(err)
	}
}

func TestTreeErrors(t *testing.T) {
	t.Parallel()
	files := tree(t, kinds(t).open(), "HEAD")
	tests := []struct {
		path     string
		stat     string // part of the error; "" for none
		readFile string
		readDir  string
	}{
		{"none", "file does not exist", "file does not exist", "file does not exist"},
		{"remotes/none/a", "file does not exist", "file does not exist", "file does not exist"},
		{"../x", "invalid", "invalid", "invalid"},
		{"/run.sh", "invalid", "invalid", "invalid"},
		{"", "invalid", "invalid", "invalid"},
		{"run.sh", "", "", "it is a file: not a folder"},
		{"run.sh/x", `"run.sh" is a file: not a folder`, "not a folder", "not a folder"},
		{"remotes", "", "it is a folder, not a file", ""},
		{"link", "", "it is a symbolic link, not a file", "it is a symbolic link: not a folder"},
		{"link/a.yaml", `"link" is a symbolic link: not a folder`, "not a folder", "not a folder"},
		{"module", "", "it is a submodule, not a file", "it is a submodule: not a folder"},
		{"module/x", `"module" is a submodule: not a folder`, "not a folder", "not a folder"},
		{strings.Repeat("d/", 3000) + "x", "more than 2048 folders deep", "more than", "more than"},
	}
	for _, test := range tests {
		_, stat := fs.Stat(files, test.path)
		_, open := files.Open(test.path)
		_, readFile := fs.ReadFile(files, test.path)
		_, readDir := fs.ReadDir(files, test.path)
		for op, e := range map[string]struct {
			err  error
			want string
		}{"stat": {stat, test.stat}, "open": {open, test.stat}, "read": {readFile, test.readFile}, "readdir": {readDir, test.readDir}} {
			if (e.err == nil) != (e.want == "") || e.err != nil && !strings.Contains(e.err.Error(), e.want) {
				t.Errorf("%s %q: got %v, want %q", op, test.path, e.err, e.want)
			}
			var pathError *fs.PathError
			if e.err != nil && (!errors.As(e.err, &pathError) || pathError.Path != test.path) {
				t.Errorf("%s %q: %v is not about the path", op, test.path, e.err)
			}
			if e.err != nil && errors.Is(e.err, fs.ErrNotExist) != strings.Contains(e.err.Error(), "does not exist") {
				t.Errorf("%s %q: %v looks like a missing file", op, test.path, e.err)
			}
		}
	}
}

func TestTreeFile(t *testing.T) {
	t.Parallel()
	files := tree(t, kinds(t).open(), "HEAD")
	f, err := files.Open("large")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != 1_000_000 {
		t.Errorf("got %v, %v", info, err)
	}
	if data, err := io.ReadAll(f); len(data) != 1_000_000 || err != nil {
		t.Errorf("read %d bytes, %v", len(data), err)
	}
	f.Close()
	if _, err := f.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	data, err := fs.ReadFile(files, "run.sh")
	if err != nil {
		t.Fatal(err)
	}
	clear(data) // it is the caller's
	if got := read(t, files, "run.sh"); got != "#!/bin/sh\n" {
		t.Errorf("got %q", got)
	}
}

func TestTreePrefix(t *testing.T) {
	t.Parallel()
	r := shop(t)
	before := r.git("rev-parse", "HEAD~1")
	symlink(t, "sub", r.dir+"/later")
	r.commit()
	h := r.at(r.dir + "/sub/cohorts").open()
	if got := read(t, tree(t, h, "HEAD"), "g.yaml"); got != "g" {
		t.Errorf("got %q", got)
	}
	_, err := h.Tree(history.Commit{ID: before})
	if want := "commit " + before + ` has no folder "sub/cohorts": file does not exist`; !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// mktree writes a folder object with any entries at all, and a commit of it.
func (r repo) mktree(entries ...string) string {
	r.t.Helper()
	id, err := hex.DecodeString(r.gitWith([]byte("x"), "hash-object", "-w", "--stdin"))
	if err != nil {
		r.t.Fatal(err)
	}
	var object bytes.Buffer
	for _, e := range entries {
		object.WriteString(e + "\x00")
		object.Write(id)
	}
	folder := r.gitWith(object.Bytes(), "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
	return r.git("commit-tree", "-m", "odd", folder)
}

func TestTreeOddNames(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	h := r.open()
	listed := tree(t, h, r.mktree("100644 caf\xe9", "100664 old", "100600 private", "40000 dir", "140000 socket", `100644 a\b`, "100644 c:", "100644 A", "100644 a"))
	entries, err := fs.ReadDir(listed, ".")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%s %q", e.Type(), e.Name()))
	}
	want := []string{`---------- "A"`, `---------- "a"`, `---------- "a\\b"`, `---------- "c:"`, `---------- "caf\xe9"`, `d--------- "dir"`,
		`---------- "old"`, `---------- "private"`, `?--------- "socket"`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := fs.ReadFile(listed, "caf\xe9"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("a name that is not UTF-8: got %v", err)
	}
	if _, err := fs.ReadDir(listed, "dir"); !errors.Is(err, history.ErrUnusable) {
		t.Errorf("a file for a folder: got %v", err)
	}

	refused := map[string]string{
		"100644 ":               `an entry named ""`,
		"100644 .":              `an entry named "."`,
		"100644 ..":             `an entry named ".."`,
		"100644 a/b":            `an entry named "a/b"`,
		"100644 ../../x":        `an entry named "../../x"`,
		"100644 a\x00\x00":      "cut off", // an id that is too short
		"100648 a":              "cut off",
		"nonsense":              "cut off",
		"-100644 a":             "cut off",
		"7777777777777777777 a": "cut off",
	}
	for entry, part := range refused {
		_, err := fs.ReadDir(tree(t, h, r.mktree("100644 good", entry)), ".")
		if !errors.Is(err, history.ErrUnusable) || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: got %v", entry, err)
		}
	}
	for _, pair := range [][]string{{"100644 a", "100644 a"}, {"100644 a", "100644 a.b", "40000 a"}} {
		_, err := fs.ReadDir(tree(t, h, r.mktree(pair...)), ".")
		if !errors.Is(err, history.ErrUnusable) || !strings.Contains(err.Error(), `two entries named "a"`) {
			t.Errorf("%q: got %v", pair, err)
		}
	}
}

// TestTreeHugeFile: the size of a file can be had at no cost, and its content only up to a limit.
func TestTreeHugeFile(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.commit("huge", strings.Repeat("muster\n", 3<<20), "small", "x")
	for _, packed := range []bool{false, true} {
		if packed {
			r.git("gc", "-q", "--prune=now")
		}
		files := tree(t, r.open(), "HEAD")
		info, err := fs.Stat(files, "huge")
		if err != nil || info.Size() != 7*(3<<20) {
			t.Errorf("got %v, %v", info, err)
		}
		if _, err := fs.ReadFile(files, "huge"); !errors.Is(err, history.ErrUnusable) || !strings.Contains(err.Error(), "has 22020096 bytes, and muster reads at most 16777216") {
			t.Errorf("got %v", err)
		}
		if got := read(t, files, "small"); got != "x" {
			t.Errorf("got %q", got)
		}
	}
}

// TestSizeLeavesNoFileOpen: go-git's own way of asking for a size leaves a file open for each loose object.
func TestSizeLeavesNoFileOpen(t *testing.T) {
	r := newRepo(t)
	open := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("the system does not list open files")
		}
		return len(fds)
	}
	var files []string
	for i := range 50 {
		files = append(files, fmt.Sprintf("f%d", i), fmt.Sprint(i))
	}
	r.commit(files...)
	h := r.open()
	top := tree(t, h, "HEAD")
	before := open()
	for i := range 50 {
		if _, err := fs.Stat(top, fmt.Sprintf("f%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if after := open(); after > before+10 {
		t.Errorf("%d files were open, now %d", before, after)
	}
}

// TestConcurrentUse is for the race detector, and compares what two readers get.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	r := random(t, 9)
	r.git("gc", "-q", "--prune=now")
	h := r.open()
	ids := strings.Fields(r.git("rev-list", "HEAD"))
	want := make([]string, len(ids))
	var wait sync.WaitGroup
	for round := range 3 {
		for i, id := range ids {
			files := tree(t, h, id)
			if round == 0 {
				want[i] = digest(t, files)
				continue
			}
			for range 2 {
				wait.Go(func() {
					if got := digest(t, files); got != want[i] {
						t.Errorf("%s reads differently", id)
					}
					if _, err := h.Resolve(id[:20]); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wait.Wait()
	}
}

// digest is the whole of a tree as one text.
func digest(t testing.TB, files fs.FS) string {
	var all strings.Builder
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "%s %q\n", d.Type(), path)
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := fs.ReadFile(files, path)
		fmt.Fprintf(&all, "%d %s\n", len(data), data)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return all.String()
}
