package history_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/compiler/history"
)

var roots = []string{"remotes", "cohorts", "schema/policy.cue"}

// winding writes a history for git-fast-import: side branches that fork anywhere and are merged by twos and threes or never,
// several roots, commits that change nothing, dates in any order, and files, folders, links and submodules that take each
// other's places, in "remotes" as in "shop/remotes", and that very name too.
func winding(seed uint64, commits int) []byte {
	w := winder{rng: rand.New(rand.NewPCG(seed, 7))}
	for w.mark < commits {
		switch at := w.rng.IntN(20); {
		case w.mark == 0 || at == 0: // a root
			w.sides = append(w.sides, w.commit())
		case at < 4 && len(w.sides) > 0: // a merge
			var parents []int
			for range 1 + w.rng.IntN(2) {
				parents = append(parents, w.sides[w.rng.IntN(len(w.sides))])
			}
			w.main = w.commit(append([]int{max(w.main, 1)}, parents...)...)
		case at < 7: // a fork
			w.sides = append(w.sides, w.commit(1+w.rng.IntN(w.mark)))
		case at < 12: // a commit on a side
			i := w.rng.IntN(len(w.sides))
			w.sides[i] = w.commit(w.sides[i])
		default:
			w.main = w.commit(max(w.main, 1))
		}
	}
	fmt.Fprintf(&w.out, "reset refs/heads/main\nfrom :%d\n\n", max(w.main, 1))
	return []byte(w.out.String())
}

type winder struct {
	rng        *rand.Rand
	out        strings.Builder
	mark, main int
	sides      []int
}

func (w *winder) commit(parents ...int) int {
	w.mark++
	fmt.Fprintf(&w.out, "commit refs/heads/side-%d\nmark :%d\nauthor Ä <a@b> %d -0330\ncommitter C O <c@d> %d +0100\ndata 5\nwords\n",
		w.mark, w.mark, w.rng.IntN(2e9), 1e9+w.rng.IntN(100))
	for i, p := range slices.Compact(parents) {
		fmt.Fprintf(&w.out, "%s :%d\n", []string{"from", "merge"}[min(i, 1)], p)
	}
	for range w.rng.IntN(5) {
		path := w.path()
		switch w.rng.IntN(8) {
		case 0:
			fmt.Fprintf(&w.out, "D %s\n", path)
		case 1:
			fmt.Fprintf(&w.out, "M 160000 %s %s\n", strings.Repeat("57", 20), path)
		default:
			mode := []string{"100644", "100644", "100644", "100755", "120000"}[w.rng.IntN(5)]
			text := strings.Repeat(fmt.Sprintf("line %d\n", w.rng.IntN(30)), 1+w.rng.IntN(20))
			fmt.Fprintf(&w.out, "M %s inline %s\ndata %d\n%s\n", mode, path, len(text), text)
		}
	}
	w.out.WriteByte('\n')
	return w.mark
}

// path is mostly that of a file in a root, and at times that of a folder around one.
func (w *winder) path() string {
	names := []string{"remotes", "cohorts", "schema", "remotes.d", "policy.cue", "a", "a.b", "a-b", "a0", "ü"}
	path := []string{"shop", ""}[w.rng.IntN(2)]
	for range 1 + w.rng.IntN(4) {
		name := names[w.rng.IntN(len(names))]
		if path == "" || path == "shop" {
			name = names[w.rng.IntN(4)]
			if w.rng.IntN(20) > 0 {
				name += "/" + names[4+w.rng.IntN(len(names)-4)]
			}
		}
		path = strings.TrimPrefix(path+"/"+name, "/")
	}
	if w.rng.IntN(40) == 0 {
		path, _, _ = strings.Cut(path, "/")
	}
	return path
}

// storages are the ways to keep one and the same history. Each returns the repository to read.
var storages = []struct {
	name  string
	store func(r repo, stream []byte) repo
}{
	{"loose", func(r repo, stream []byte) repo {
		r.git("config", "fastimport.unpackLimit", "1000000")
		r.gitWith(stream, "fast-import", "--quiet")
		return r
	}},
	{"one pack and a commit-graph", func(r repo, stream []byte) repo { return r.packed(stream) }},
	{"long chains of deltas", func(r repo, stream []byte) repo {
		r.packed(stream).git("repack", "-q", "-a", "-d", "-f", "--depth=500", "--window=100")
		return r
	}},
	{"deltas by id", func(r repo, stream []byte) repo {
		pack := filepath.Join(r.dir, ".git/objects/pack/pack-1.pack")
		data := r.packed(stream).gitWith([]byte(r.git("rev-list", "--objects", "--all")+"\n"), "-c", "pack.compression=1", "pack-objects", "-q", "--stdout", "--no-delta-base-offset")
		r.git("repack", "-q", "-a", "-d")
		for _, old := range r.glob(".git/objects/pack/*") {
			os.Remove(old)
		}
		if err := os.WriteFile(pack, []byte(data), 0o644); err != nil {
			r.t.Fatal(err)
		}
		r.git("index-pack", pack)
		return r
	}},
	{"places beyond 2 GiB", func(r repo, stream []byte) repo {
		pack := strings.TrimSuffix(r.packed(stream).glob(".git/objects/pack/*.idx")[0], ".idx")
		os.Remove(pack + ".idx")
		r.git("index-pack", "--index-version=2,0x400", pack+".pack")
		return r
	}},
	{"an index of version 1", func(r repo, stream []byte) repo {
		pack := strings.TrimSuffix(r.packed(stream).glob(".git/objects/pack/*.idx")[0], ".idx")
		os.Remove(pack + ".idx")
		os.Remove(pack + ".rev")
		r.git("index-pack", "--index-version=1", pack+".pack")
		return r
	}},
	{"several packs, loose objects, an index of many packs", func(r repo, stream []byte) repo {
		r.git("config", "fastimport.unpackLimit", "1000000")
		r.gitWith(stream, "fast-import", "--quiet")
		for _, branch := range []string{"side-20", "side-50", "side-90"} {
			ids := r.git("rev-list", "--objects", "--no-object-names", branch)
			r.gitWith([]byte(ids+"\n"), "pack-objects", "-q", ".git/objects/pack/pack")
			r.git("prune-packed", "-q")
		}
		r.git("multi-pack-index", "write")
		if len(r.glob(".git/objects/pack/*.pack")) < 3 || len(r.glob(".git/objects/??")) == 0 {
			r.t.Fatal("not several packs and loose objects")
		}
		return r
	}},
	{"packs that were joined under an index of many", func(r repo, stream []byte) repo {
		r.gitWith(stream, "fast-import", "--quiet")
		r.git("config", "core.multiPackIndex", "true")
		r.git("repack", "-q", "-a", "-d", "--write-midx", "--write-bitmap-index")
		return r
	}},
	{"alternates", func(r repo, stream []byte) repo {
		r.packed(stream).git("clone", "-q", "--shared", "--no-checkout", r.dir, r.beside("shared"))
		return r.at(r.beside("shared"))
	}},
	{"linked work tree", func(r repo, stream []byte) repo {
		r.packed(stream).git("worktree", "add", "-q", "--no-checkout", "--detach", r.beside("linked"), "main")
		return r.at(r.beside("linked"))
	}},
	{"bare", func(r repo, stream []byte) repo {
		bare := r.at(r.beside("bare.git"))
		r.git("init", "-q", "--bare", bare.dir)
		bare.gitWith(stream, "fast-import", "--quiet")
		bare.git("gc", "-q")
		return bare
	}},
	{"a commit-graph of a part", func(r repo, stream []byte) repo {
		r.gitWith(stream, "fast-import", "--quiet")
		r.gitWith([]byte(r.git("rev-parse", "side-60")+"\n"), "commit-graph", "write", "--stdin-commits")
		return r
	}},
	{"a commit-graph that is damaged", func(r repo, stream []byte) repo {
		path := r.packed(stream).glob(".git/objects/info/commit-graph")[0]
		data, err := os.ReadFile(path)
		if err != nil {
			r.t.Fatal(err)
		}
		for i := len(data) / 2; i < len(data); i += 7 {
			data[i] ^= 0x55
		}
		os.Remove(path)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			r.t.Fatal(err)
		}
		r.git("config", "core.commitGraph", "false")
		return r
	}},
	{"grafts and replaced commits, which are ignored", func(r repo, stream []byte) repo {
		r.packed(stream)
		id := r.git("rev-parse", "main~3")
		r.git("replace", "main~2", "side-2")
		r.git("replace", "main^{tree}", "side-3^{tree}")
		if err := os.WriteFile(r.dir+"/.git/info/grafts", []byte(id+"\n"), 0o644); err != nil {
			r.t.Fatal(err)
		}
		return r
	}},
}

// packed imports a history and packs it.
func (r repo) packed(stream []byte) repo {
	r.t.Helper()
	r.gitWith(stream, "fast-import", "--quiet")
	r.git("gc", "-q", "--prune=now")
	return r
}

func (r repo) glob(pattern string) []string {
	r.t.Helper()
	found, err := filepath.Glob(filepath.Join(r.dir, pattern))
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

func TestSteps(t *testing.T) {
	t.Parallel()
	for _, storage := range storages {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%s %d", storage.name, seed), func(t *testing.T) {
				t.Parallel()
				r := storage.store(newRepo(t), winding(seed, 150))
				stepsAgree(t, r, "", roots)
				if r.git("rev-parse", "--is-bare-repository") == "true" {
					return
				}
				if err := os.MkdirAll(r.dir+"/shop", 0o755); err != nil {
					t.Fatal(err)
				}
				stepsAgree(t, r, "shop", roots)
				stepsAgree(t, r, "shop", []string{"."})
				stepsAgree(t, r, "shop", []string{"remotes/a", "remotes", "remotes/a.b"})
			})
		}
	}
}

// stepsAgree compares the steps from main with `git log`, and the commits with `git rev-list`.
func stepsAgree(t *testing.T, r repo, prefix string, roots []string) {
	t.Helper()
	h := r.at(r.dir + "/" + prefix).open()
	tip, err := h.Resolve("main")
	if err != nil {
		t.Fatal(err)
	}
	var ids, commits []string
	said := map[string]string{}
	for s, err := range h.Steps(tip, roots) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, fmt.Sprint(s.ID, " ", s.Time.Unix(), " ", s.Merge))
		if len(s.Changes) > 0 {
			said[s.ID.String()] = changesText(s.Changes)
		}
	}
	for c, err := range h.Commits(tip) {
		if err != nil {
			t.Fatal(err)
		}
		commits = append(commits, fmt.Sprint(c.ID, " ", c.Time.Unix(), " ", len(c.Parents) > 1))
	}
	want := lineByGit(r)
	if !slices.Equal(ids, want) || !slices.Equal(commits, want) {
		t.Fatalf("steps\n%q\ncommits\n%q\ngit says\n%q", ids, commits, want)
	}
	git := changesByGit(r, prefix, roots)
	for id, got := range said {
		if got != git[id] {
			t.Errorf("%s below %q: got\n%s\ngit says\n%s", id, prefix, got, git[id])
		}
	}
	if len(git) == 0 || len(said) != len(git) {
		t.Errorf("below %q: got %d commits with changes, git has %d", prefix, len(said), len(git))
	}
}

// lineByGit is the line of first parents of main: id, time, and whether it is a merge.
func lineByGit(r repo) (want []string) {
	for line := range strings.SplitSeq(r.git("--no-replace-objects", "log", "--first-parent", "--format=%H %ct %P", "main"), "\n") {
		words := strings.Fields(line)
		want = append(want, fmt.Sprint(words[0], " ", words[1], " ", len(words) > 3))
	}
	return want
}

// changesText is a line for each change: modes, ids, path.
func changesText(changes []history.Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s %s %s %q\n", rawMode(c.Before), rawMode(c.After), c.Before.Blob, c.After.Blob, c.Path)
	}
	return b.String()
}

func rawMode(f history.File) string {
	if f == (history.File{}) {
		return "000000"
	}
	return gitMode(f.Mode)
}

// changesByGit is what `git log --raw` says, in the same form, for each commit with changes.
func changesByGit(r repo, prefix string, roots []string) map[string]string {
	args := []string{"--no-replace-objects", "log", "--first-parent", "--diff-merges=first-parent", "--raw", "-z", "--no-renames", "--no-abbrev", "--format=%x01%H%x02", "main", "--"}
	for _, root := range roots {
		args = append(args, strings.Trim(prefix+"/"+strings.TrimPrefix(root, "."), "/"))
		if args[len(args)-1] == "" {
			args[len(args)-1] = "."
		} else if root == "." {
			args[len(args)-1] += "/"
		}
	}
	said := map[string]string{}
	for chunk := range strings.SplitSeq(r.git(args...), "\x01") {
		id, rest, ok := strings.Cut(chunk, "\x02")
		if !ok {
			continue
		}
		var b strings.Builder
		words := strings.Split(rest, "\x00")
		for i := 0; i+1 < len(words); i++ {
			meta, ok := strings.CutPrefix(strings.TrimLeft(words[i], "\n"), ":")
			if !ok {
				continue
			}
			f := strings.Fields(meta)
			i++
			if words[i] != prefix { // for git, a submodule matches "shop/" too
				fmt.Fprintf(&b, "%s %s %s %s %q\n", f[0], f[1], f[2], f[3], strings.TrimPrefix(strings.TrimPrefix(words[i], prefix), "/"))
			}
		}
		if b.Len() > 0 {
			said[id] = b.String()
		}
	}
	return said
}

func TestStepsRefuse(t *testing.T) {
	t.Parallel()
	r := shop(t)
	h := r.open()
	tip, err := h.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{"", "/sub", "../repo", "sub/"} {
		if got := failure(h.Steps(tip, []string{root})); !errors.Is(got, fs.ErrInvalid) {
			t.Errorf("%q: got %v", root, got)
		}
	}
	for _, id := range []string{"", "x", strings.Repeat("e", 39)} {
		if got := failure(h.Steps(history.Commit{ID: id}, nil)); !errors.Is(got, history.ErrUnknownRevision) {
			t.Errorf("%q: got %v", id, got)
		}
	}
}

// failure is the error that ends an iteration; nil if it ends well.
func failure[T any](all func(yield func(T, error) bool)) (last error) {
	for _, err := range all {
		last = err
	}
	return last
}
