package history_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"muster/compiler/history"
)

// TestAncestry asks for every commit of a forked history from every other, with git as the judge.
func TestAncestry(t *testing.T) {
	t.Parallel()
	r := forked(t)
	h := r.open()
	all := strings.Fields(r.git("rev-list", "--all"))
	for _, of := range all {
		led := strings.Fields(r.git("rev-list", of))
		ancestry := h.Ancestry(history.Commit{ID: of})
		for _, id := range all {
			for _, asked := range []string{id, id[:12]} {
				c, err := ancestry.Find(asked)
				if slices.Contains(led, id) && (err != nil || c.ID != id) {
					t.Errorf("%s up to %s is %q, %v", asked, of, c.ID, err)
				} else if !slices.Contains(led, id) && !errors.Is(err, history.ErrUnknownRevision) {
					t.Errorf("%s, which %s does not build on: got %q, %v", asked, of, c.ID, err)
				}
			}
		}
	}
}

// TestAncestryIsNoName: whatever one clone calls its branches and tags, an id is an id.
func TestAncestryIsNoName(t *testing.T) {
	t.Parallel()
	r := forked(t)
	head, root := r.git("rev-parse", "HEAD"), r.git("rev-parse", "HEAD~3")
	r.git("update-ref", "refs/heads/"+root[:6], head)
	r.git("update-ref", "refs/heads/abcdef", head)
	h := r.open()
	if c, err := h.Ancestry(history.Commit{ID: head}).Find(root[:6]); err != nil || c.ID != root {
		t.Errorf("beside a branch of that name: %q, %v; want %q", c.ID, err, root)
	}
	for _, id := range []string{"abcdef", "main", "HEAD", "HEAD~1", "v1.0", "", "abc", root[:3], head + "00", r.git("rev-parse", "v1.0"), r.git("rev-parse", "HEAD^{tree}")} {
		if c, err := h.Ancestry(history.Commit{ID: head}).Find(id); !errors.Is(err, history.ErrUnknownRevision) {
			t.Errorf("%q: got %q, %v", id, c.ID, err)
		}
	}
	if _, err := h.Ancestry(history.Commit{}).Find(head); !errors.Is(err, history.ErrUnknownRevision) || !strings.Contains(err.Error(), "nothing has been committed yet") {
		t.Errorf("before the first commit: got %v", err)
	}
}

// TestAncestryAmbiguous: a short id is held against this history alone, where it must name one commit.
func TestAncestryAmbiguous(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	var stream strings.Builder
	for range 700 {
		stream.WriteString("commit refs/heads/main\ncommitter C <c@example.com> 0 +0000\ndata 0\n\n")
	}
	r.gitWith([]byte(stream.String()), "fast-import", "--quiet")
	h, head := r.open(), history.Commit{ID: r.git("rev-parse", "main")}
	known := map[string]int{}
	for _, id := range strings.Fields(r.git("rev-list", "main")) {
		known[id[:4]]++
	}
	maps.DeleteFunc(known, func(_ string, n int) bool { return n == 1 })
	for short, n := range known {
		_, err := h.Ancestry(head).Find(short)
		if !errors.Is(err, history.ErrUnknownRevision) || !strings.Contains(err.Error(), "commits start with it") {
			t.Errorf("%s, which begins %d ids: got %v", short, n, err)
		}
	}
	if len(known) == 0 {
		t.Fatal("no two ids begin alike: make more commits")
	}
}

func TestAncestryShallow(t *testing.T) {
	t.Parallel()
	r := forked(t)
	clone := r.at(r.beside("clone"))
	r.git("clone", "-q", "--depth=2", "file://"+r.dir, clone.dir)
	h := clone.open()
	ancestry := h.Ancestry(history.Commit{ID: r.git("rev-parse", "HEAD")})
	if c, err := ancestry.Find(r.git("rev-parse", "HEAD~1")); err != nil || c.ID != r.git("rev-parse", "HEAD~1") {
		t.Errorf("a commit that is here: %q, %v", c.ID, err)
	}
	for _, id := range []string{r.git("rev-parse", "HEAD~3"), strings.Repeat("e", 40), "eeee"} {
		_, err := ancestry.Find(id)
		isIncomplete(t, err, "looking for commit "+id, "fetch-depth: 0")
	}
}

func TestBare(t *testing.T) {
	t.Parallel()
	r := shop(t)
	bare := r.at(r.beside("bare.git"))
	r.git("clone", "-q", "--bare", r.dir, bare.dir)
	for _, c := range []struct {
		dir, gitDir string
		want        bool
	}{{r.dir, "", false}, {r.dir + "/sub", "", false}, {r.dir + "/.git", "", true}, {bare.dir, "", true}, {bare.dir, bare.dir, true}, {r.dir, bare.dir, false}} {
		h, err := history.Open(c.dir, history.Options{GitDir: c.gitDir})
		if err != nil {
			t.Fatal(err)
		}
		if h.Bare() != c.want {
			t.Errorf("%s with git folder %q: bare is %t", c.dir, c.gitDir, h.Bare())
		}
		h.Close()
	}
}
