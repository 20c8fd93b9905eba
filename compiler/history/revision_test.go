package history_test

import (
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/compiler/history"
)

// forked is a history with a merge, tags and branches:
//
//	1 ── 2 ─────── 5 ── 6   main, merge 5
//	      └ 3 ── 4 ┘        topic
func forked(t testing.TB) repo {
	r := newRepo(t)
	r.commit("a", "1")
	r.commit("a", "2")
	r.git("checkout", "-q", "-b", "topic")
	r.commit("b", "3")
	r.commit("b", "4")
	r.git("checkout", "-q", "main")
	*r.tick++
	r.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
	r.commit("a", "6")
	r.git("tag", "light", "HEAD~1")
	r.git("tag", "-a", "-m", "annotated", "v1.0", "HEAD~1")
	r.git("tag", "-a", "-m", "tag of a tag", "v1.0-final", "v1.0")
	r.git("branch", "team/feature", "topic~1")
	r.git("update-ref", "refs/remotes/origin/release", "topic")
	r.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release")
	r.git("update-ref", "refs/pull/12/merge", "HEAD^")
	r.git("symbolic-ref", "refs/heads/alias", "refs/heads/topic")
	return r
}

func TestResolve(t *testing.T) {
	t.Parallel()
	r := forked(t)
	head := r.git("rev-parse", "HEAD")
	merge := r.git("rev-parse", "HEAD^")
	revs := []string{
		"HEAD", "main", "topic", "alias", "team/feature", "heads/main", "refs/heads/main", "remotes/origin/release", "origin/release", "origin",
		"origin/HEAD", "light", "v1.0", "v1.0-final", "tags/v1.0", "refs/tags/v1.0", "refs/pull/12/merge", "pull/12/merge",
		head, strings.ToUpper(head), head[:39], head[:12], head[:7], r.git("rev-parse", "v1.0"), r.git("rev-parse", "v1.0")[:12],
		"HEAD~", "HEAD^", "HEAD~0", "HEAD^0", "HEAD~1", "HEAD~3", "HEAD^^", "HEAD^^2", "HEAD~1^2", "HEAD~1^2~1", "HEAD~~~", "main^1^2^0~0^",
		"v1.0~1", "v1.0^2", "v1.0-final^2~1", "origin~1", merge[:10] + "^2", "HEAD~00001",
	}
	packed := forked(t)
	packed.git("gc", "-q", "--prune=now")
	for name, r := range map[string]repo{"loose": r, "packed": packed} {
		t.Run(name, func(t *testing.T) {
			h := r.open()
			for _, rev := range revs {
				c, err := h.Resolve(rev)
				if want := r.git("rev-parse", "--verify", rev+"^{commit}"); err != nil || c.ID != want {
					t.Errorf("%s is %q, %v; want %s", rev, c.ID, err, want)
				}
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	r := forked(t)
	r.git("tag", "both", "HEAD")
	r.git("branch", "both", "HEAD~1")
	r.git("tag", "-a", "-m", "tag of a folder", "folder", "HEAD^{tree}")
	r.git("tag", "file", "HEAD:a")
	h := r.open()
	tests := []struct{ rev, why string }{
		{"", "names no branch, tag or commit"},
		{"@", "no branch, tag or commit has this name"},
		{"-1", "starts with a dash"},
		{"--all", "starts with a dash"},
		{"HEAD@{1}", "known to it alone"},
		{"@{upstream}", "known to it alone"},
		{"main@{yesterday}", "known to it alone"},
		{"@{-1}", "known to it alone"},
		{"HEAD:a", "a path or a search"},
		{":a", "a path or a search"},
		{":/merge", "a path or a search"},
		{"HEAD^{/merge}", "tags are followed"},
		{"v1.0^{commit}", "tags are followed"},
		{"v1.0^{}", "tags are followed"},
		{"main..topic", "a range"},
		{"main...topic", "a range"},
		{"^main", "names no branch, tag or commit"},
		{"~1", "names no branch, tag or commit"},
		{"HEAD^!", "only a number may follow"},
		{"HEAD^@", "only a number may follow"},
		{"HEAD^-", "only a number may follow"},
		{"HEAD~1x", "only a number may follow"},
		{"HEAD~99999999999999999999", "only a number may follow"},
		{"main topic", `no name may hold " "`},
		{"main\n", `no name may hold "\n"`},
		{"ma*", `no name may hold "*"`},
		{`a\b`, `no name may hold "\\"`},
		{"HEAD~5", "has no parent 1"},
		{"HEAD^2", "has no parent 2"},
		{"HEAD~1^3", "has no parent 3"},
		{"release", `no branch, tag or commit has this name; did you mean "origin/release"?`},
		{"nosuch", "no branch, tag or commit has this name"},
		{"team", "no branch, tag or commit has this name"},
		{"main/x", "no branch, tag or commit has this name"},
		{"refs/heads", "no branch, tag or commit has this name"},
		{"refs/../HEAD", "a range"},
		{"./HEAD", "no branch, tag or commit has this name"},
		{"config", "no branch, tag or commit has this name"},
		{"FETCH_HEAD", "no branch, tag or commit has this name"},
		{"v1.0-1-g" + r.git("rev-parse", "--short", "HEAD"), "no branch, tag or commit has this name"},
		{strings.Repeat("e", 40), "no commit has this id"},
		{strings.Repeat("e", 12), "no branch, tag or commit has this name"},
		{"both", "it may be refs/tags/both or refs/heads/both: spell it out"},
		{"folder", "is a tree, not a commit"},
		{"file", "is a blob, not a commit"},
		{r.git("rev-parse", "HEAD^{tree}"), "is a tree, not a commit"},
		{r.git("rev-parse", "HEAD^{tree}")[:20], "no branch, tag or commit has this name"},
	}
	for _, test := range tests {
		c, err := h.Resolve(test.rev)
		if !errors.Is(err, history.ErrUnknownRevision) || errors.Is(err, history.ErrUnusable) || !reflect.DeepEqual(c, history.Commit{}) {
			t.Errorf("%q: got %v, %v", test.rev, c, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "revision ") || !strings.Contains(err.Error(), test.why) {
			t.Errorf("%q: %q does not say %q", test.rev, err, test.why)
		}
	}
}

// TestResolveShortID makes commits until two ids begin with the same four digits.
func TestResolveShortID(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	var stream strings.Builder
	for i := range 700 {
		stream.WriteString("commit refs/heads/main\ncommitter C <c@example.com> " + time.Unix(int64(i), 0).Format("150405") + " +0000\ndata 0\n\n")
	}
	r.gitWith([]byte(stream.String()), "fast-import", "--quiet")
	h := r.open()
	first := map[string]string{}
	refused, found := 0, 0
	for _, id := range strings.Fields(r.git("rev-list", "main")) {
		short := id[:4]
		if other := first[short]; other != "" {
			_, err := h.Resolve(short)
			if !errors.Is(err, history.ErrUnknownRevision) || !strings.Contains(err.Error(), "commits start with it") {
				t.Errorf("%s: got %v", short, err)
			}
			if c, err := h.Resolve(other[:12]); err != nil || c.ID != other {
				t.Errorf("%s is %q, %v", other[:12], c.ID, err)
			}
			refused++
		}
		first[short] = id
	}
	if refused == 0 {
		t.Fatal("no two ids begin alike: make more commits")
	}
	for _, line := range strings.Fields(r.git("rev-list", "--abbrev-commit", "--abbrev=5", "main"))[:50] {
		if c, err := h.Resolve(line); err != nil || !strings.HasPrefix(c.ID, line) {
			t.Errorf("%s is %q, %v", line, c.ID, err)
		}
		found++
	}
	if _, err := h.Resolve("abc"); !errors.Is(err, history.ErrUnknownRevision) {
		t.Errorf("three digits: got %v", err)
	}
}

// TestResolveHiding: a ref hides a short id, and an id hides a ref, as in git.
func TestResolveHiding(t *testing.T) {
	t.Parallel()
	r := forked(t)
	head, other := r.git("rev-parse", "HEAD"), r.git("rev-parse", "HEAD~2")
	r.git("update-ref", "refs/heads/"+head[:6], other)
	r.git("update-ref", "refs/heads/"+head, other)
	h := r.open()
	if c, err := h.Resolve(head[:6]); err != nil || c.ID != other {
		t.Errorf("the short id is %q, %v; want the branch %q", c.ID, err, other)
	}
	if c, err := h.Resolve(head); err != nil || c.ID != head {
		t.Errorf("the id is %q, %v", c.ID, err)
	}
}

func TestResolveUnborn(t *testing.T) {
	t.Parallel()
	h := newRepo(t).open()
	_, err := h.Resolve("HEAD")
	if !errors.Is(err, history.ErrUnknownRevision) || err.Error() != `revision "HEAD": HEAD has no commit yet` {
		t.Errorf("got %v", err)
	}
}

// TestResolveDamagedRef: a torn ref is an error. Its packed line, which go-git falls back on, names an older commit.
func TestResolveDamagedRef(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty": "", "torn": "0123", "garbage": "nonsense\n", "circle": "ref: refs/heads/main\n", "gone": strings.Repeat("1", 40) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := forked(t)
			r.git("pack-refs", "--all")
			if err := os.WriteFile(r.dir+"/.git/refs/heads/main", []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, rev := range []string{"main", "HEAD", "HEAD~1"} {
				if c, err := r.open().Resolve(rev); !errors.Is(err, history.ErrUnusable) || !strings.Contains(err.Error(), "git fsck") {
					t.Errorf("%s: got %v, %v", rev, c.ID, err)
				}
			}
		})
	}
}

func TestCommit(t *testing.T) {
	t.Parallel()
	r := forked(t)
	h := r.open()
	c, err := h.Resolve("v1.0")
	if err != nil {
		t.Fatal(err)
	}
	want := history.Commit{
		ID:      r.git("rev-parse", "v1.0^{}"),
		Time:    time.Unix(1767225600+5*60, 0).UTC(),
		Parents: []string{r.git("rev-parse", "v1.0^1"), r.git("rev-parse", "v1.0^2")},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v, want %+v", c, want)
	}
}

// TestCommitDates agrees with git on dates that make no sense.
func TestCommitDates(t *testing.T) {
	t.Parallel()
	r := forked(t)
	body := "tree " + r.git("rev-parse", "HEAD^{tree}") + "\nauthor A <a@b> 1 +0000\n"
	for _, committer := range []string{
		"committer C <c@d> 1767225600 +0100", "committer C <c@d> 0 +0000", "committer C <c@d> x +0000", "committer C <c@d>",
		"committer C <c@d> 99999999999999999999 +0000", "committer C <c@d>   5 +0000", "committer C 5 <c@d> 7 +0000", "committer", "",
	} {
		id := r.gitWith([]byte(body+committer+"\n\nmessage\n"), "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
		c, err := r.open().Resolve(id)
		if err != nil {
			t.Errorf("%q: %v", committer, err)
			continue
		}
		want := time.Unix(0, 0).UTC() // where git has no number, or one that no date can hold
		if seconds, err := strconv.ParseInt(r.git("log", "-1", "--format=%ct", id), 10, 64); err == nil {
			want = time.Unix(seconds, 0).UTC()
		}
		if c.Time != want {
			t.Errorf("%q: got %s, git says %s", committer, c.Time, want)
		}
	}
}

func TestSerial(t *testing.T) {
	t.Parallel()
	r := forked(t)
	h := r.open()
	for _, rev := range []string{"HEAD", "HEAD~1", "topic", "HEAD~3", "v1.0", "HEAD~1^2~1"} {
		c, err := h.Resolve(rev)
		if err != nil {
			t.Fatal(err)
		}
		n, err := h.Serial(c)
		if want := len(strings.Fields(r.git("rev-list", "--first-parent", rev))); n != want || err != nil {
			t.Errorf("serial of %s is %d, %v; want %d", rev, n, err, want)
		}
	}
	for _, id := range []string{"", "HEAD", strings.Repeat("z", 40), r.git("rev-parse", "HEAD^{tree}")} {
		if _, err := h.Serial(history.Commit{ID: id}); !errors.Is(err, history.ErrUnknownRevision) {
			t.Errorf("serial of %q: got %v", id, err)
		}
		if _, err := h.Tree(history.Commit{ID: id}); !errors.Is(err, history.ErrUnknownRevision) {
			t.Errorf("tree of %q: got %v", id, err)
		}
	}
	_, err := h.Tree(history.Commit{ID: strings.Repeat("e", 40)})
	if !errors.Is(err, history.ErrUnusable) || !strings.Contains(err.Error(), "is missing; `git fsck`") {
		t.Errorf("tree of a missing commit: got %v", err)
	}
}
