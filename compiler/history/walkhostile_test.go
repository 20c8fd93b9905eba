package history_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/compiler/history"
)

// folder writes a tree object of entries "mode name" with one id for all, without git, which would take its time for many.
func (r repo) folder(id string, entries ...string) string {
	r.t.Helper()
	raw, err := hex.DecodeString(id)
	if err != nil {
		r.t.Fatal(err)
	}
	var tree, object bytes.Buffer
	for _, e := range entries {
		tree.WriteString(e + "\x00" + string(raw))
	}
	whole := fmt.Appendf(nil, "tree %d\x00%s", tree.Len(), tree.Bytes())
	z := zlib.NewWriter(&object)
	z.Write(whole)
	z.Close()
	name := fmt.Sprintf("%x", sha1.Sum(whole))
	path := filepath.Join(r.dir, ".git/objects", name[:2], name[2:])
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, object.Bytes(), 0o644); err != nil {
		r.t.Fatal(err)
	}
	return name
}

// TestStepsHostile has trees that no git would write.
func TestStepsHostile(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	file := r.gitWith([]byte("x"), "hash-object", "-w", "--stdin")
	many := func(mode, form string, n int) (entries []string) {
		for i := range n {
			entries = append(entries, fmt.Sprintf(mode+" "+form, i))
		}
		return entries
	}
	bomb := r.folder(file, many("100644", "f%02d", 30)...)
	for range 6 {
		bomb = r.folder(bomb, many("40000", "d%02d", 30)...)
	}
	long := strings.Repeat("n", 200) + "%03d"
	wordy := r.folder(r.folder(file, many("100644", long, 450)...), many("40000", long, 450)...)
	deep := r.folder(file, "100644 a")
	for range 2100 {
		deep = r.folder(deep, "40000 a")
	}
	h := r.open()
	for name, c := range map[string]struct{ folder, want string }{
		"a folder in itself, so to say": {bomb, "more than 1000000 entries"},
		"long paths":                    {wordy, "more than 1000000 entries, or the paths more than 67108864 bytes"},
		"deep":                          {deep, "more than 2048 folders deep"},
		"names twice":                   {r.folder(file, "100644 a", "100644 a"), `two entries named "a"`},
		"a file and a folder":           {r.folder(file, "100644 a", "100644 a.b", "40000 a"), `two entries named "a"`},
		"the folder above":              {r.folder(file, "100644 .."), `an entry named ".."`},
		"a path":                        {r.folder(file, "100644 a/b"), `an entry named "a/b"`},
		"no id":                         {r.folder(strings.Repeat("0", 40), "100644 a"), `its entry "a" has no id`},
		"a file for a folder":           {r.folder(file, "40000 a"), "it is a blob"},
		"a folder that is missing":      {r.folder(strings.Repeat("5", 40), "40000 a"), "is missing"},
	} {
		bad := history.Commit{ID: r.git("commit-tree", "-m", "x", r.folder(c.folder, "40000 remotes"))}
		err := failure(h.Steps(bad, roots))
		if !errors.Is(err, history.ErrUnusable) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), bad.ID) {
			t.Errorf("%s: got %v", name, err)
		}
		// It does no harm outside the roots.
		elsewhere := history.Commit{ID: r.git("commit-tree", "-m", "x", r.folder(c.folder, "40000 src"))}
		if err := failure(h.Steps(elsewhere, roots)); err != nil {
			t.Errorf("%s, elsewhere: got %v", name, err)
		}
	}
}

// TestStepsEmptyFolder: git knows the empty folder without having it stored.
func TestStepsEmptyFolder(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	const empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	top := r.folder(empty, "40000 remotes")
	for name, folder := range map[string]string{"as the top": empty, "below": top} {
		object := "tree " + folder + "\nauthor A <a@b> 1 +0000\ncommitter C <c@d> 1 +0000\n\nx\n"
		id := r.gitWith([]byte(object), "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
		h := r.open()
		for s, err := range h.Steps(history.Commit{ID: id}, roots) {
			if err != nil || s.Changes != nil {
				t.Errorf("%s: got %v, %v", name, s, err)
			}
		}
		if entries, err := tree(t, h, id).(interface {
			ReadFile(string) ([]byte, error)
		}).ReadFile("remotes/a"); err == nil {
			t.Errorf("%s: got %q", name, entries)
		}
	}
}

// TestStepsMeanwhile lets git move and remove what is being read.
func TestStepsMeanwhile(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(r repo){
		"gc":             func(r repo) { r.git("gc", "-q", "--prune=now") },
		"a new pack":     func(r repo) { r.git("repack", "-q", "-a", "-d", "-f", "--window=50") },
		"unpack":         unpack,
		"packs of parts": func(r repo) { r.git("repack", "-q", "-a", "-d", "-f", "--max-pack-size=1m") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			r.git("config", "fastimport.unpackLimit", "1000000")
			r.gitWith(winding(5, 200), "fast-import", "--quiet")
			if name != "gc" {
				r.git("repack", "-q", "-a", "-d")
			}
			want := changesByGit(r, "", roots)
			h := r.open()
			tip, err := h.Resolve("main")
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for s, err := range h.Steps(tip, roots) {
				if n++; n == 3 {
					disturb(r)
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := changesText(s.Changes); got != want[s.ID.String()] {
					t.Errorf("step %d: got %s, git says %s", n, got, want[s.ID.String()])
				}
			}
			if n < 10 {
				t.Errorf("only %d steps", n)
			}
		})
	}
}

// unpack turns all packs into loose objects.
func unpack(r repo) {
	for _, pack := range r.glob(".git/objects/pack/*.pack") {
		data, err := os.ReadFile(pack)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, path := range r.glob(".git/objects/pack/*") {
			os.Remove(path)
		}
		r.gitWith(data, "unpack-objects", "-q")
	}
}

// TestStepsTruncated cuts a pack off while it is open: what was behind its end can't be read, and nothing crashes.
func TestStepsTruncated(t *testing.T) {
	t.Parallel()
	for _, extension := range []string{".pack", ".idx"} {
		r := newRepo(t).packed(winding(5, 100))
		h := r.open()
		tip, err := h.Resolve("main")
		if err != nil {
			t.Fatal(err)
		}
		path := pack(t, r, extension)
		os.Chmod(path, 0o644)
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		if err := failure(h.Steps(tip, roots)); !errors.Is(err, history.ErrUnusable) {
			t.Errorf("%s: got %v", extension, err)
		}
	}
}
