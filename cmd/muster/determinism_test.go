package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"muster/compiler/generate"
)

// A variant is another way to compile one commit.
type variant struct {
	name  string
	dir   string   // where the process stands
	args  []string // besides --out
	env   []string
	umask string // "" for that of the test
}

var processors = []string{"GOMAXPROCS=1", "GOMAXPROCS=2", "GOMAXPROCS=8"}

// surroundings are what a machine may do to a process.
func surroundings(dir string) []variant {
	var all []variant
	for _, env := range append([]string{"TZ=Pacific/Kiritimati", "TZ=America/St_Johns", "TZ=nonsense", "LC_ALL=C", "LC_ALL=tr_TR.UTF-8",
		"LANG=de_DE.ISO-8859-1", "GOGC=1", "NO_COLOR=1", "HOME=/", "GIT_CONFIG_PARAMETERS='core.autocrlf=true'"}, processors...) {
		all = append(all, variant{name: env, dir: dir, env: []string{env}})
	}
	return append(all, variant{name: "umask 0077", dir: dir, umask: "0077"}, variant{name: "umask 0022", dir: dir, umask: "0022"})
}

// compile returns what a variant writes.
func (v variant) compile(t *testing.T) map[string][]byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	v.compileTo(t, out)
	return readFiles(t, out)
}

func (v variant) compileTo(t *testing.T, out string) {
	t.Helper()
	p := process{v.dir, v.env}
	args := append([]string{"compile", "--out", out}, v.args...)
	if v.umask != "" {
		p.must(t, "sh", append([]string{"-c", "umask " + v.umask + `; exec muster "$@"`, "muster"}, args...)...)
	} else {
		p.must(t, "muster", args...)
	}
}

// TestSameCommitSameBytes: the first invariant of all.
func TestSameCommitSameBytes(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/everything.txtar")
	if err != nil {
		t.Fatal(err)
	}
	atTop, one := twoCommits(t, archive, ".")
	below, other := twoCommits(t, archive, "apps/shop")
	want := variant{dir: atTop.dir}.compile(t)
	checkClean(t, want, one)
	compare(t, want, surroundings(atTop.dir))
	compare(t, want, checkouts(t, atTop, "."))
	compare(t, want, bare(t, atTop))
	// The same registry further down is another commit. Nothing else may differ.
	want["pointer.json"] = bytes.ReplaceAll(want["pointer.json"], []byte(one), []byte(other))
	compare(t, want, checkouts(t, below, "apps/shop"))
}

// TestSameBytesAtOnce: files of a registry are read several at a time.
func TestSameBytesAtOnce(t *testing.T) {
	t.Parallel()
	large := &txtar.Archive{}
	for _, f := range generate.Files(7, generate.Size{Remotes: 40, Cohorts: 5, Releases: 3, Shared: 8}) {
		large.Files = append(large.Files, txtar.File{Name: f.Path, Data: f.Text})
	}
	r, one := twoCommits(t, large, ".")
	want := variant{dir: r.dir}.compile(t)
	checkClean(t, want, one)
	for _, v := range append(bare(t, r), variant{name: "the work tree", dir: r.dir}) {
		var all []variant
		for _, env := range processors {
			all = append(all, variant{name: v.name + ", " + env, dir: v.dir, args: v.args, env: append([]string{env}, v.env...)})
		}
		compare(t, want, all)
	}
}

// twoCommits commits an archive in a folder of a repository, and again with its freezes, and returns the second commit's id.
func twoCommits(t *testing.T, archive *txtar.Archive, folder string) (repository, string) {
	t.Helper()
	moved := &txtar.Archive{}
	for _, f := range archive.Files {
		moved.Files = append(moved.Files, txtar.File{Name: filepath.ToSlash(filepath.Join(folder, f.Name)), Data: f.Data})
	}
	r := newRepository(t)
	r.write(t, moved, "")
	one := r.commit(t)
	r.write(t, moved, one)
	return r, r.commit(t)
}

// checkClean asks for a pointer that may be published: with a reason not to, all others would be as equal.
func checkClean(t *testing.T, files map[string][]byte, commit string) {
	t.Helper()
	p := string(files["pointer.json"])
	if !strings.Contains(p, `"commit":"`+commit+`"`) || !strings.Contains(p, `"serial":2`) || strings.Contains(p, "unpublishable") {
		t.Errorf("the pointer is %s", p)
	}
}

// checkouts are the ways to have a commit at hand; registry is where in the repository it holds one.
func checkouts(t *testing.T, r repository, registry string) []variant {
	t.Helper()
	beside := func(name string) string { return filepath.Join(t.TempDir(), name) }
	clone, packed, linked, way := beside("a clone"), beside("packed"), beside("linked"), beside("way")
	r.must(t, "git", "clone", "-q", r.dir, clone)
	r.must(t, "git", "clone", "-q", r.dir, packed)
	r.must(t, "git", "-C", packed, "gc", "-q", "--prune=now")
	r.must(t, "git", "worktree", "add", "-q", "--detach", linked)
	if err := os.Symlink(r.dir, way); err != nil {
		t.Fatal(err)
	}
	stored(t, r.process, r.dir, "packs: 0")
	stored(t, r.process, packed, "count: 0")
	return []variant{
		{name: "loose", dir: filepath.Join(r.dir, registry)},
		{name: "packed", dir: filepath.Join(packed, registry)},
		{name: "a commit of a packed clone", dir: filepath.Join(packed, registry), args: []string{"--at", "HEAD"}},
		{name: "a clone named from elsewhere", dir: t.TempDir(), args: []string{"-C", filepath.Join(clone, registry)}},
		{name: "a linked work tree", dir: filepath.Join(linked, registry)},
		{name: "through a link", dir: t.TempDir(), args: []string{"-C", filepath.Join(way, registry)}},
		{name: "from a folder of the registry", dir: filepath.Join(clone, registry, "cohorts"), args: []string{"-C", ".."}},
	}
}

// bare are repositories without a work tree, which hold a registry at the top alone.
func bare(t *testing.T, r repository) []variant {
	t.Helper()
	loose, packed := filepath.Join(t.TempDir(), "loose.git"), filepath.Join(t.TempDir(), "packed.git")
	r.must(t, "git", "clone", "-q", "--bare", r.dir, loose)
	r.must(t, "git", "clone", "-q", "--bare", "file://"+r.dir, packed)
	stored(t, r.process, loose, "packs: 0")
	stored(t, r.process, packed, "count: 0")
	return []variant{
		{name: "bare", dir: loose, args: []string{"--at", "main"}},
		{name: "bare and packed", dir: packed, args: []string{"--at", "HEAD"}},
		{name: "by GIT_DIR", dir: t.TempDir(), args: []string{"--at", "main"}, env: []string{"GIT_DIR=" + packed}},
	}
}

// stored asks that objects lie in a repository as the test means them to.
func stored(t *testing.T, p process, dir, want string) {
	t.Helper()
	if got := p.must(t, "git", "-C", dir, "count-objects", "-v"); !strings.Contains(got, want+"\n") {
		t.Fatalf("want %q in %s:\n%s", want, dir, got)
	}
}

func compare(t *testing.T, want map[string][]byte, variants []variant) {
	t.Helper()
	for _, v := range variants {
		got := v.compile(t)
		if diff := gocmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s: other files (-want +got):\n%s", v.name, diff)
		}
		for name := range want {
			if diff := gocmp.Diff(string(want[name]), string(got[name])); diff != "" {
				t.Errorf("%s: %s differs (-want +got):\n%s", v.name, name, diff)
			}
		}
	}
}

// TestOrderOfCreation: some file systems list files in the order in which they were made.
func TestOrderOfCreation(t *testing.T) {
	t.Parallel()
	files := generate.Files(3, generate.Size{Remotes: 30, Cohorts: 4, Releases: 2, Shared: 4})
	first := t.TempDir()
	if err := generate.Write(first, files); err != nil {
		t.Fatal(err)
	}
	want := variant{dir: first}.compile(t)
	slices.Reverse(files)
	second := t.TempDir()
	if err := generate.Write(second, files); err != nil {
		t.Fatal(err)
	}
	compare(t, want, []variant{{name: "the other way round", dir: second}})
}

// TestSameFindings: a check reads many files at once, and says the same however many.
func TestSameFindings(t *testing.T) {
	t.Parallel()
	files := generate.Files(5, generate.Size{Remotes: 40, Cohorts: 6, Releases: 2, Shared: 2})
	mistakes := []struct{ right, wrong string }{
		{"owner:", "ownr:"}, {"kind: remote", "kind: widget"}, {"hosts: [shell]", "hosts: [shell"}, {"integrity: sha384", "integrity: sha1"},
		{"cdn.acme.example", "cdn.acme.exmaple"}, {"version: \"1.", "version: \"01."}, {"  shell: \"5.2.0\"", "  shell: \"5.2.1\""}, {"path: /", "path: "},
	}
	for i := 1; i < len(files); i++ { // the first is the policy: without one there is no more to say
		m := mistakes[i%len(mistakes)]
		files[i].Text = bytes.ReplaceAll(files[i].Text, []byte(m.right), []byte(m.wrong))
	}
	dir := t.TempDir()
	if err := generate.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json"} {
		var first string
		for _, env := range append([]string{"LC_ALL=tr_TR.UTF-8"}, processors...) {
			stdout, stderr, status := process{dir, []string{env}}.run(t, "muster", "check", "-o", format)
			got := fmt.Sprintf("%s%sexit status %d", stdout, stderr, status)
			if first = cmp.Or(first, got); got != first {
				t.Errorf("%s, with %s (-first +got):\n%s", format, env, gocmp.Diff(first, got))
			}
		}
		for _, rule := range []string{"yaml/syntax", "schema/enum", "origin/not-allowed", "pin/no-match"} {
			if !strings.Contains(first, rule) {
				t.Errorf("%s: no finding of %s:\n%s", format, rule, first)
			}
		}
	}
}
