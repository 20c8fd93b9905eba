package history_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"muster/compiler/history"
)

// TestMergedAgreesWithGit holds each merge of random histories against `git rev-list`.
func TestMergedAgreesWithGit(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRepo(t).packed(winding(seed, 150))
			h := r.open()
			merges := strings.Fields(r.git("rev-list", "--all", "--merges"))
			if len(merges) < 5 {
				t.Fatal("hardly any merges")
			}
			for _, id := range append(merges, r.git("rev-list", "--max-parents=1", "-n", "1", "main")) {
				mergedAgrees(t, r, h, id)
			}
		})
	}
}

func mergedAgrees(t *testing.T, r repo, h *history.Repository, merge string) {
	t.Helper()
	id, err := history.ParseID(merge)
	if err != nil {
		t.Fatal(err)
	}
	all, more, err := h.Merged(id, math.MaxInt)
	if err != nil || more {
		t.Fatal(more, err)
	}
	var got []string
	for _, c := range all {
		got = append(got, c.ID)
	}
	var want []string
	if strings.Contains(r.git("log", "-1", "--format=%P", merge), " ") {
		// `git rev-list A ^B` stops early where the dates make it think that it may, so the difference is taken here.
		before := strings.Fields(r.git("rev-list", merge+"^1"))
		want = slices.DeleteFunc(strings.Fields(r.git("rev-list", merge+"^@")), func(id string) bool { return slices.Contains(before, id) })
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: got\n%q\ngit says\n%q", merge, got, want)
	}
	if !slices.IsSortedFunc(all, func(a, b history.Commit) int { return b.Time.Compare(a.Time) }) {
		t.Errorf("%s: not the newest first: %v", merge, all)
	}
	for _, limit := range []int{-1, 0, 1, len(all) - 1, len(all)} {
		some, more, err := h.Merged(id, limit)
		if err != nil || more != (limit < len(all)) || len(some) != min(max(limit, 0), len(all)) {
			t.Errorf("%s, at most %d of %d: got %d, %v, %v", merge, limit, len(all), len(some), more, err)
		}
		for i := range some {
			if some[i].ID != all[i].ID {
				t.Errorf("%s, at most %d: number %d differs", merge, limit, i)
			}
		}
	}
}

// TestMergeBaseAgreesWithGit takes pairs of commits of random histories, whose dates make no sense.
func TestMergeBaseAgreesWithGit(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRepo(t).packed(winding(seed, 120))
			h := r.open()
			ids := strings.Fields(r.git("rev-list", "--all"))
			rng := rand.New(rand.NewPCG(seed, 3))
			answers := map[string]int{}
			for range 60 {
				a, b := ids[rng.IntN(len(ids))], ids[rng.IntN(len(ids))]
				answers[mergeBaseAgrees(t, r, h, a, b)]++
			}
			answers[mergeBaseAgrees(t, r, h, ids[0], ids[0])]++
			for _, kind := range []string{"ancestor", "fork", "none"} {
				if answers[kind] == 0 {
					t.Errorf("no pair has the answer %q", kind)
				}
			}
		})
	}
}

// mergeBaseAgrees returns what kind of an answer it is.
func mergeBaseAgrees(t *testing.T, r repo, h *history.Repository, a, b string) string {
	t.Helper()
	bases := strings.Fields(r.gitOr("", "merge-base", "--all", a, b))
	got, err := h.MergeBase(history.Commit{ID: a}, history.Commit{ID: b})
	switch {
	case len(bases) == 0:
		if !errors.Is(err, history.ErrUnrelated) {
			t.Errorf("%s and %s: got %v, %v; git finds none", a, b, got, err)
		}
	case err != nil || !slices.Contains(bases, got.ID):
		t.Errorf("%s and %s: got %v, %v; git says %q", a, b, got, err, bases)
	}
	isAncestor := slices.Contains(bases, a)
	if got, err := h.IsAncestor(history.Commit{ID: a}, history.Commit{ID: b}); got != isAncestor || err != nil {
		t.Errorf("%s is an ancestor of %s: got %v, %v", a, b, got, err)
	}
	switch {
	case len(bases) == 0:
		return "none"
	case isAncestor:
		return "ancestor"
	}
	return "fork"
}

// gitOr is what git says, or an answer of its own where git exits with 1.
func (r repo) gitOr(otherwise string, args ...string) string {
	r.t.Helper()
	out, err := r.command(args...).Output()
	if err != nil && err.Error() != "exit status 1" {
		r.t.Fatal(err)
	}
	if err != nil {
		return otherwise
	}
	return string(out)
}

// TestMergeBaseOfMany is a criss-cross: two merges of the same two commits.
func TestMergeBaseOfMany(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	stream := ""
	for i, parents := range []string{"", "from :1\n", "from :1\n", "from :2\nmerge :3\n", "from :3\nmerge :2\n"} {
		stream += fmt.Sprintf("commit refs/heads/c%d\nmark :%d\ncommitter C <c@d> %d +0000\ndata 1\nx\n%s\n", i+1, i+1, []int{9, 5, 7, 1, 1}[i], parents)
	}
	r.gitWith([]byte(stream), "fast-import", "--quiet")
	got, err := r.open().MergeBase(history.Commit{ID: r.git("rev-parse", "c4")}, history.Commit{ID: r.git("rev-parse", "c5")})
	if want := r.git("rev-parse", "c3"); got.ID != want || err != nil {
		t.Errorf("got %v, %v; want the newer of two, %s", got, err, want)
	}
}

// TestCutOff asks a shallow clone and a partial one for what they lack.
func TestCutOff(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	root := r.commit("remotes/a.yaml", "one")
	r.git("checkout", "-q", "-b", "side")
	r.commit("remotes/b.yaml", "two")
	r.git("checkout", "-q", "main")
	r.commit("remotes/a.yaml", "three")
	r.git("merge", "-q", "--no-ff", "-m", "merge", "side")
	r.commit("remotes/a.yaml", "four")
	r.commit("remotes/a.yaml", "five")
	r.git("config", "uploadpack.allowFilter", "true")

	shallow := r.at(r.beside("shallow"))
	r.git("clone", "-q", "--depth=3", "file://"+r.dir, shallow.dir)
	h := shallow.open()
	tip, err := h.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := count(h.Steps(tip, roots)); n != 2 {
		t.Errorf("got %d steps; want those whose parents are here", n)
	} else {
		isIncomplete(t, err, "fetch-depth: 0")
	}
	if n, err := count(h.Commits(tip)); n != 3 {
		t.Errorf("got %d commits, want all that are here", n)
	} else {
		isIncomplete(t, err, "fetch-depth: 0")
	}
	merge, err := h.Resolve("HEAD~2")
	if err != nil {
		t.Fatal(err)
	}
	id, err := history.ParseID(merge.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = h.Merged(id, 10)
	isIncomplete(t, err, "finding what commit "+merge.ID, "fetch-depth: 0")
	_, err = h.MergeBase(tip, merge)
	isIncomplete(t, err, "fetch-depth: 0")
	_, err = h.IsAncestor(merge, tip)
	isIncomplete(t, err, "fetch-depth: 0")
	lost, err := history.ParseID(root)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Record(lost)
	isIncomplete(t, err, "fetch-depth: 0")

	partial := r.at(r.beside("partial"))
	r.git("clone", "-q", "--filter=tree:0", "--no-checkout", "file://"+r.dir, partial.dir)
	h = partial.open()
	if _, err := count(h.Steps(tip, roots)); true {
		isIncomplete(t, err, "without --filter")
	}
	if n, err := count(h.Commits(tip)); n != 5 || err != nil {
		t.Errorf("got %d commits, %v: they are all there", n, err)
	}
	if all, _, err := h.Merged(id, 10); len(all) != 1 || err != nil {
		t.Errorf("got %v, %v: the commits are all there", all, err)
	}
	_, err = h.Blob(history.ObjectID{1})
	isIncomplete(t, err, "without --filter")
}

// count counts what an iteration yields before it ends, well or with an error.
func count[T any](all func(yield func(T, error) bool)) (n int, err error) {
	for _, err = range all {
		if err == nil {
			n++
		}
	}
	return n, err
}
