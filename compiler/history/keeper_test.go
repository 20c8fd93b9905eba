package history_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/compiler/history"
)

// keeping opens the repository so that lines of any length are kept.
func (r repo) keeping() *history.Repository {
	r.t.Helper()
	h, err := history.Open(r.dir, history.Options{Keep: roots})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { h.Close() })
	if h.KeptFile() != "" {
		h.KeepFrom(1)
	}
	return h
}

// kept is the path of the file.
func (r repo) kept() string {
	r.t.Helper()
	return filepath.Join(r.git("rev-parse", "--path-format=absolute", "--git-common-dir"), r.keeping().KeptFile())
}

// told is what a walk says, up to a number of commits.
type told struct {
	steps   []history.Step
	commits []history.Commit
	serial  int
	err     string
}

// ask walks in one of the ways there are.
func ask(h *history.Repository, way int, tip history.Commit, roots []string, limit int) (t told) {
	var err error
	switch way {
	case 0:
		t.serial, err = h.Serial(tip)
	case 1:
		for c, failed := range h.Commits(tip) {
			if t.commits, err = append(t.commits, c), failed; len(t.commits) == limit {
				break
			}
		}
	default:
		for s, failed := range h.Steps(tip, roots) {
			if t.steps, err = append(t.steps, s), failed; len(t.steps) == limit {
				break
			}
		}
	}
	t.err = fmt.Sprint(err)
	return t
}

// TestKept asks for lines of all kinds, in random order, of a repository that keeps what it finds out, and of one that does not.
func TestKept(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 1))
			r := newRepo(t).packed(winding(seed, 300))
			if seed%2 == 1 {
				r.write("shop/x", "")
				r = r.at(r.dir + "/shop")
			}
			commits := strings.Fields(r.git("rev-list", "--branches"))
			main := strings.Fields(r.git("rev-list", "--first-parent", "main"))
			plain, keeping, path := r.open(), r.keeping(), r.kept()
			joined := 0
			for i := range 200 {
				line := commits
				if rng.IntN(2) == 0 { // what is asked for mostly
					line = main[:min(len(main), 20)]
				}
				tip := history.Commit{ID: line[rng.IntN(len(line))]}
				below := [][]string{roots, roots, roots, {"remotes"}, {"schema/policy.cue", "cohorts", "remotes"}, {"remotes/a", "cohorts/a.b"}, {"schema"}, {"."}}[rng.IntN(8)]
				way, limit := rng.IntN(4), []int{0, 0, 1, 3, 40, rng.IntN(300)}[rng.IntN(6)]
				if rng.IntN(3) == 0 {
					keeping = r.keeping()
					keeping.KeepFrom([]int{1, 1, 5, 50}[rng.IntN(4)])
				}
				if rng.IntN(50) == 0 {
					os.Remove(path)
				}
				if _, err := os.Stat(path); err == nil {
					joined++
				}
				want, got := ask(plain, way, tip, below, limit), ask(keeping, way, tip, below, limit)
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("ask %d, way %d, %s below %q, %d at most: got\n%v\nwant\n%v", i, way, tip.ID, below, limit, got, want)
				}
			}
			if joined < 150 {
				t.Errorf("only %d asks had anything that was kept", joined)
			}
		})
	}
}

// TestKeptServes takes the objects away: all that is asked for must come from the file, but for the tip.
func TestKeptServes(t *testing.T) {
	t.Parallel()
	r := newRepo(t).packed(winding(3, 200))
	tip := history.Commit{ID: r.git("rev-parse", "main")}
	top := strings.Fields(r.git("rev-list", "--objects", "--no-object-names", "main", "^main^"))
	middle := strings.Fields(r.git("rev-list", "--first-parent", "main"))[50]
	first := r.keeping()
	stopped := ask(first, 2, tip, roots, 30)
	if len(stopped.steps) != 30 {
		t.Fatalf("got %d steps", len(stopped.steps))
	}
	if _, err := os.Stat(r.kept()); err == nil {
		t.Error("a walk was kept that never saw the root")
	}
	var want []told
	for way := range 3 {
		want = append(want, ask(first, way, tip, roots, 0))
	}
	packs := r.glob(".git/objects/pack/*.pack")
	r.gitWith([]byte(strings.Join(append(top, middle), "\n")), "pack-objects", "-q", filepath.Join(filepath.Dir(r.dir), "pack"))
	for _, old := range append(packs, r.glob(".git/objects/pack/*.idx")...) {
		os.Remove(old)
	}
	few, _ := filepath.Glob(r.beside("pack-*"))
	for _, f := range few {
		if err := os.Rename(f, filepath.Join(r.dir, ".git/objects/pack", filepath.Base(f))); err != nil {
			t.Fatal(err)
		}
	}
	for way := range 3 {
		if got := ask(r.keeping(), way, tip, roots, 0); !reflect.DeepEqual(got, want[way]) {
			t.Errorf("way %d: got %v, want %v", way, got, want[way])
		}
		if got := ask(r.open(), way, tip, roots, 0); !strings.Contains(got.err, "missing") {
			t.Errorf("way %d without what is kept: got %s", way, got.err)
		}
		got := ask(r.keeping(), way, history.Commit{ID: middle}, roots, 0)
		if got.serial != 0 && got.serial != want[0].serial-50 || got.steps != nil && !reflect.DeepEqual(got.steps, want[2].steps[50:]) {
			t.Errorf("way %d from the middle: got %v", way, got)
		}
		if got := ask(r.keeping(), way, history.Commit{ID: want[1].commits[70].ID}, roots, 0); !strings.Contains(got.err, "missing") {
			t.Errorf("way %d from a tip that is not here: got %s", way, got.err)
		}
	}
}

// TestKeptDamaged puts all kinds of things in the file's place: none is taken for a line, and no answer changes.
func TestKeptDamaged(t *testing.T) {
	t.Parallel()
	r := newRepo(t).packed(winding(4, 60))
	tip := history.Commit{ID: r.git("rev-parse", "main")}
	plain := r.open()
	ask(r.keeping(), 2, tip, roots, 0)
	path := r.kept()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	agree := func(t *testing.T, what string) {
		t.Helper()
		for way := range 3 {
			if got, want := ask(r.keeping(), way, tip, roots, 0), ask(plain, way, tip, roots, 0); !reflect.DeepEqual(got, want) {
				t.Errorf("%s, way %d: got %v, want %v", what, way, got, want)
			}
		}
	}
	put := func(data []byte) {
		os.RemoveAll(path)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []int{0, 3, 20, 100, len(whole) / 2, len(whole) - 40, len(whole) - 1} {
		bad := slices.Clone(whole)
		bad[at] ^= 0x10
		put(bad)
		agree(t, fmt.Sprintf("byte %d", at))
		put(whole[:at])
		agree(t, fmt.Sprintf("%d bytes", at))
	}
	elsewhere := r.beside("elsewhere")
	for _, c := range []struct {
		what    string
		place   func() error
		mending bool // a good file takes its place
	}{
		{"a link", func() error { return errors.Join(os.WriteFile(elsewhere, nil, 0o644), os.Symlink(elsewhere, path)) }, true},
		{"a folder", func() error { return os.MkdirAll(path+"/x", 0o755) }, false},
		{"a pipe", func() error { return exec.Command("mkfifo", path).Run() }, true},
		{"a huge file", func() error { put(whole); return os.Truncate(path, 1<<40) }, true},
		{"nothing", func() error { return nil }, true},
		{"no permission", func() error { put(whole); return os.Chmod(path, 0) }, true},
		{"a link for the folder", func() error {
			return errors.Join(os.RemoveAll(filepath.Dir(path)), os.Mkdir(elsewhere+".d", 0o755), os.Symlink(elsewhere+".d", filepath.Dir(path)))
		}, false},
		{"a file for the folder", func() error {
			return errors.Join(os.RemoveAll(filepath.Dir(path)), os.WriteFile(filepath.Dir(path), nil, 0o644))
		}, false},
	} {
		os.RemoveAll(path)
		if err := c.place(); err != nil {
			t.Fatal(c.what, err)
		}
		agree(t, c.what)
		if data, err := os.ReadFile(path); (err == nil && string(data) == string(whole)) != c.mending {
			t.Errorf("%s: is there a good file now? got %v", c.what, !c.mending)
		}
	}
	if left, _ := os.ReadDir(elsewhere + ".d"); len(left) > 0 {
		t.Errorf("a link out of the git folder was followed: %v", left)
	}
	if data, _ := os.ReadFile(elsewhere); len(data) > 0 {
		t.Error("a link was written through")
	}
}

// TestKeptIncomplete has a clone become shallow after its line was kept: it is refused all the same.
func TestKeptIncomplete(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"shallow", "partial"} {
		r := newRepo(t).packed(winding(5, 100))
		tip := history.Commit{ID: r.git("rev-parse", "main")}
		ask(r.keeping(), 2, tip, roots, 0)
		if _, err := os.Stat(r.kept()); err != nil {
			t.Fatal(err)
		}
		cut := r.git("rev-parse", "main~5")
		if kind == "shallow" {
			if err := os.WriteFile(r.dir+"/.git/shallow", []byte(cut+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		} else {
			r.git("config", "remote.origin.promisor", "true")
		}
		for way := range 3 {
			got, want := ask(r.keeping(), way, tip, roots, 0), ask(r.open(), way, tip, roots, 0)
			if !reflect.DeepEqual(got, want) || kind == "shallow" && !strings.Contains(got.err, "shallow") {
				t.Errorf("%s, way %d: got %v, want %v", kind, way, got, want)
			}
		}
		if r.keeping().KeptFile() != "" {
			t.Errorf("%s: something is kept", kind)
		}
	}
}

// TestKeptWhen has the file written only where it is worth it.
func TestKeptWhen(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	grow := func(from, to int) history.Commit {
		var stream strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 1\nx\n", i)
			if i == from && from > 0 {
				stream.WriteString("from refs/heads/main^0\n")
			}
			fmt.Fprintf(&stream, "M 100644 inline remotes/a\ndata %d\n%d\n\n", len(fmt.Sprint(i)), i)
		}
		r.gitWith([]byte(stream.String()), "fast-import", "--quiet")
		return history.Commit{ID: r.git("rev-parse", "main")}
	}
	size := func() int64 {
		info, err := os.Stat(r.kept())
		if err != nil {
			return 0
		}
		return info.Size()
	}
	open := func(keep ...string) *history.Repository {
		h, err := history.Open(r.dir, history.Options{Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { h.Close() })
		return h
	}
	walk := func(way int, tip history.Commit, limit int) {
		t.Helper()
		if got, want := ask(open(roots...), way, tip, roots, limit), ask(open(), way, tip, roots, limit); !reflect.DeepEqual(got, want) {
			t.Error("the answers differ")
		}
	}
	tip := grow(0, 999)
	walk(2, tip, 0)
	if size() > 0 {
		t.Error("999 commits were kept")
	}
	tip = grow(999, 2500)
	walk(2, tip, 1200)
	if size() > 0 {
		t.Error("a line was kept whose end nobody saw")
	}
	walk(0, tip, 0)
	bare := size()
	walk(2, tip, 999)
	if bare == 0 || size() != bare {
		t.Errorf("after Serial got %d bytes, after 999 steps %d", bare, size())
	}
	walk(2, tip, 1200)
	part := size()
	walk(2, tip, 2300)
	most := size()
	walk(2, tip, 0)
	if part <= bare+1200*23 || most <= part+1000*23 || size() != most {
		t.Errorf("got %d bytes without changes, %d with some, %d with most, %d in the end", bare, part, most, size())
	}
	r.git("checkout", "-q", "--orphan", "other")
	walk(2, history.Commit{ID: r.commit("remotes/b", "b")}, 0)
	walk(0, grow(2500, 3600), 0)
	longer := size()
	if longer <= most {
		t.Errorf("got %d bytes for a line that is longer, and %d before", longer, most)
	}
	old := r.kept() + ".KILLED.tmp"
	if err := errors.Join(os.WriteFile(old, nil, 0o644), os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour))); err != nil {
		t.Fatal(err)
	}
	walk(2, grow(3600, 3601), 0)
	files, _ := filepath.Glob(filepath.Dir(r.kept()) + "/*")
	if len(files) != 1 || size() <= longer+1000*23 {
		t.Errorf("got %d bytes and %d after steps, in %q", longer, size(), files)
	}
}

// TestKeptShared has linked work trees share one file, and folders of registries not.
func TestKeptShared(t *testing.T) {
	t.Parallel()
	r := newRepo(t).packed(winding(6, 60))
	r.git("worktree", "add", "-q", "--no-checkout", "--detach", r.beside("linked"), "main")
	if err := os.Mkdir(r.dir+"/shop", 0o755); err != nil {
		t.Fatal(err)
	}
	shop := r.at(r.dir + "/shop")
	if linked := r.at(r.beside("linked")); linked.kept() != r.kept() || shop.kept() == r.kept() {
		t.Errorf("got %q, for a linked work tree %q, for a folder %q", r.kept(), linked.kept(), shop.kept())
	}
}

// TestKeptAtOnce has many walks at once, of one open repository and of several, while the file goes and comes.
func TestKeptAtOnce(t *testing.T) {
	t.Parallel()
	r := newRepo(t).packed(winding(7, 80))
	tips := strings.Fields(r.git("rev-list", "--first-parent", "main"))[:10]
	plain, shared, path := r.open(), r.keeping(), r.kept()
	want := make([][3]told, len(tips))
	for i, tip := range tips {
		for way := range 3 {
			want[i][way] = ask(plain, way, history.Commit{ID: tip}, roots, 0)
		}
	}
	var walks sync.WaitGroup
	for n := range 4 {
		walks.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(n), 9))
			for range 12 {
				h := shared
				if rng.IntN(2) == 0 {
					h = r.keeping()
				}
				if rng.IntN(5) == 0 {
					os.Remove(path)
				}
				i, way := rng.IntN(len(tips)), rng.IntN(3)
				if got := ask(h, way, history.Commit{ID: tips[i]}, roots, 0); !reflect.DeepEqual(got, want[i][way]) {
					t.Errorf("way %d from %s: got %v", way, tips[i], got)
				}
			}
		})
	}
	walks.Wait()
}
