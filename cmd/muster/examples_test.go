package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"muster/compiler/generate"
	"muster/compiler/history"
)

// TestExamples: the examples to start from are in order, and compile.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, name := range folders(t, filepath.Join(root, "examples")) {
		if name == "mistakes" || name == "conflicts" || name == "ci" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(root, "examples", name)
			checkOrder(t, dir)
			checkCompile(t, dir)
		})
	}
}

// folders are the names of the folders in a folder, of which there is at least one.
func folders(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		t.Fatalf("there is no folder in %s: %v", dir, err)
	}
	return names
}

// files are the files of a pattern, of which there is at least one.
func files(t *testing.T, pattern ...string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(pattern...))
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no %s: %v", filepath.Join(pattern...), err)
	}
	return found
}

// checkOrder asks for not so much as a warning.
func checkOrder(t *testing.T, dir string) {
	t.Helper()
	stdout, stderr, status := process{dir: dir}.run(t, "muster", "check")
	if stdout != "" || stderr != "the registry is in order\n" || status != 0 {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
}

// checkCompile compiles a registry, and checks what comes out.
func checkCompile(t *testing.T, dir string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	process{dir: dir}.must(t, "muster", "compile", "--out", out)
	checkOutput(t, out, len(files(t, dir, "cohorts", "*.yaml")))
}

// TestMistakes: each of the folders shows one class of mistake, and in expected.txt what a check says to it. They are
// checked in a commit of a fixed day, by which waivers are judged.
func TestMistakes(t *testing.T) {
	t.Parallel()
	mistakes := filepath.Join("examples", "mistakes")
	classes := folders(t, filepath.Join(root, mistakes))
	r := newRepository(t)
	if err := os.CopyFS(filepath.Join(r.dir, mistakes), os.DirFS(filepath.Join(root, mistakes))); err != nil {
		t.Fatal(err)
	}
	r.commit(t)
	for _, class := range classes {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			checkMistake(t, r, filepath.Join(mistakes, class))
		})
	}
}

// TestConflicts: each of the folders is a conflict between releases that are in order by themselves, and in expected.txt what
// a check says to it. The folder base, if there is one, is what it is compared with.
func TestConflicts(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	conflicts := filepath.Join(root, "examples", "conflicts")
	for _, name := range folders(t, conflicts) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkConflict(t, filepath.Join(conflicts, name))
		})
	}
}

func checkConflict(t *testing.T, dir string) {
	r := newRepository(t)
	args := []string{"check"}
	base := filepath.Join(dir, "base")
	if _, err := os.Stat(base); err == nil {
		if err := os.CopyFS(r.dir, os.DirFS(base)); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--base", r.commit(t))
		if err := os.RemoveAll(filepath.Join(r.dir, "remotes")); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"schema", "remotes", "cohorts"} {
		to := filepath.Join(r.dir, part)
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(to, os.DirFS(filepath.Join(dir, part))); err != nil {
			t.Fatal(err)
		}
	}
	r.commit(t)
	got, stderr, status := r.run(t, "muster", args...)
	if status != 1 {
		t.Errorf("exit status %d\n%s%s", status, got, stderr)
	}
	compareFile(t, filepath.Join(dir, "expected.txt"), got)
}

func checkMistake(t *testing.T, r repository, dir string) {
	t.Helper()
	got, stderr, status := r.run(t, "muster", "check", "-C", dir)
	if warnings := strings.HasPrefix(stderr, "0 errors, "); got == "" || status > 1 || status == 0 && !warnings {
		t.Errorf("exit status %d\n%s%s", status, got, stderr)
	}
	compareFile(t, filepath.Join(root, dir, "expected.txt"), got)
}

// compareFile holds a text against a file, or rewrites the file.
func compareFile(t *testing.T, name, got string) {
	t.Helper()
	if update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("findings differ (-%s +got):\n%s", filepath.Base(name), diff)
	}
}

// TestOwnRegistry: this repository is a registry too. Where it is no clone, or not a whole one, its frozen cohort has no
// commit to be frozen at; then a copy without the freeze has to do.
func TestOwnRegistry(t *testing.T) {
	t.Parallel()
	dir := root
	repo, err := history.Open(root, history.Options{})
	if err == nil {
		err = repo.Complete()
		defer repo.Close()
	}
	if err != nil {
		dir = withoutFreezes(t)
	}
	checkOrder(t, dir)
	checkCompile(t, dir)
	t.Run("frozen", func(t *testing.T) {
		if err != nil {
			t.Skipf("the frozen cohort was left out: %v", err)
		}
		checkFrozen(t)
	})
}

var frozenLine = regexp.MustCompile(`(?m)^frozen: .*\n`)

func withoutFreezes(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"remotes", "cohorts", "schema"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range files(t, dir, "cohorts", "*.yaml") {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, frozenLine.ReplaceAll(text, nil), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// checkFrozen compiles the commit that uat is frozen at, and compares.
func checkFrozen(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "cohorts", "uat.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`(?m)^frozen: \{at: ([0-9a-f]+),`).FindSubmatch(text)
	if at == nil {
		t.Skip("uat is not frozen at present")
	}
	out := t.TempDir()
	now, then := filepath.Join(out, "now"), filepath.Join(out, "then")
	process{dir: root}.must(t, "muster", "compile", "--out", now)
	process{dir: root}.must(t, "muster", "compile", "--out", then, "--at", string(at[1]))
	if diff := cmp.Diff(string(manifestOf(t, then, "uat")), string(manifestOf(t, now, "uat"))); diff != "" {
		t.Errorf("uat's manifest is not that of %s (-then +now):\n%s", at[1], diff)
	}
}

func manifestOf(t *testing.T, dir, cohort string) []byte {
	t.Helper()
	p, err := readPointer(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.manifest(dir, cohort)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestGenerated checks what comes of registries of other shapes.
func TestGenerated(t *testing.T) {
	t.Parallel()
	for i, size := range []generate.Size{
		{Remotes: 0, Cohorts: 1, Releases: 1, Shared: 1}, {Remotes: 3, Cohorts: 2, Releases: 1, Shared: 1}, {Remotes: 60, Cohorts: 8, Releases: 4, Shared: 8},
	} {
		t.Run(fmt.Sprintf("%d remotes", size.Remotes), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := generate.Write(dir, generate.Files(uint64(i), size)); err != nil {
				t.Fatal(err)
			}
			checkOrder(t, dir)
			checkCompile(t, dir)
		})
	}
}

// TestEverything compiles a registry that uses every field there is, and asks that the output does so too.
func TestEverything(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/everything.txtar")
	if err != nil {
		t.Fatal(err)
	}
	checkFields(t, archive)
	r := newRepository(t)
	r.write(t, archive, "")
	first := r.commit(t)
	r.write(t, archive, first)
	r.commit(t)
	checkCompile(t, r.dir)
	site := t.TempDir()
	r.env = append(r.env, "FIRST=PRIVATE+KEY+everything-2026+dbde7015+AVic17aaOiQRmkwSmYL/rL5IdKLEOxE/ejwWX49Q90il", "SECOND=PRIVATE+KEY+everything-2027+08e8b8e7+AVpPJMm/5v9NAelfUAtNr/RmMasDY3FS9QNxbVzdAoq2")
	for range 2 { // so that an entry of the log has one before it
		r.commit(t)
		r.must(t, "muster", "publish", "file:"+site, "--key", "env:FIRST", "--key", "env:SECOND")
	}
	checkPublished(t, site)
	checkProperties(t, site)
}

// checkPublished holds every document of a store against its schema, and asks that each but the signed one is canonical.
func checkPublished(t *testing.T, site string) {
	t.Helper()
	for name, b := range readFiles(t, site) {
		switch {
		case name == "pointer.json":
			checkSchema(t, name, b)
		case strings.HasSuffix(name, ".json"):
			checkDocument(t, name, b)
		}
	}
}

var schemaField = regexp.MustCompile(`(?m)^\s*([A-Za-z]+)[!?]:`)

// checkFields looks for each field of the schema in the archive.
func checkFields(t *testing.T, archive *txtar.Archive) {
	text := string(txtar.Format(archive))
	seen := 0
	for _, name := range files(t, root, "schema", "v1", "*.cue") {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range schemaField.FindAllStringSubmatch(string(source), -1) {
			seen++
			if !regexp.MustCompile(`\b` + field[1] + `\b:`).MatchString(text) {
				t.Errorf("testdata/everything.txtar does not use the field %s of %s", field[1], filepath.Base(name))
			}
		}
	}
	if seen < 80 {
		t.Errorf("schema/v1 has %d fields, by the way in which this test looks for them", seen)
	}
}

// checkProperties looks for each property of the JSON Schemas in what is published.
func checkProperties(t *testing.T, site string) {
	var written []string
	for name, b := range readFiles(t, site) {
		if strings.HasSuffix(name, ".json") {
			written = append(written, keys(t, b, false)...)
		}
	}
	for _, name := range files(t, root, "schema", "*.schema.json") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, property := range keys(t, b, true) {
			if property != "unpublishable" && !slices.Contains(written, property) {
				t.Errorf("no output has the property %s of %s", property, filepath.Base(name))
			}
		}
	}
}

// keys lists the keys of all objects in a JSON document; or of those only that are called "properties".
func keys(t *testing.T, b []byte, properties bool) (all []string) {
	var top any
	if err := json.Unmarshal(b, &top); err != nil {
		t.Fatal(err)
	}
	var walk func(v any, called string)
	walk = func(v any, called string) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e, "")
			}
		case map[string]any:
			for key, e := range v {
				if !properties || called == "properties" {
					all = append(all, key)
				}
				walk(e, key)
			}
		}
	}
	walk(top, "")
	return all
}

// repository is a registry in a git repository.
type repository struct{ process }

func newRepository(t *testing.T) repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	date := []string{"GIT_AUTHOR_DATE=2026-11-01T12:00:00Z", "GIT_COMMITTER_DATE=2026-11-01T12:00:00Z"}
	r := repository{process{t.TempDir(), slices.Concat(gitEnvironment, date)}}
	r.must(t, "git", "init", "-q")
	return r
}

// write puts an archive's files in the work tree, with $one for the id of a commit. Without an id, what needs one is left
// out.
func (r repository) write(t *testing.T, archive *txtar.Archive, one string) {
	t.Helper()
	var files []generate.File
	for _, f := range archive.Files {
		text := strings.ReplaceAll(string(f.Data), "$one", one)
		if one == "" {
			text = frozenLine.ReplaceAllString(string(f.Data), "")
		}
		files = append(files, generate.File{Path: f.Name, Text: []byte(text)})
	}
	if err := generate.Write(r.dir, files); err != nil {
		t.Fatal(err)
	}
}

// commit commits the work tree, and returns the id.
func (r repository) commit(t *testing.T) string {
	t.Helper()
	r.must(t, "git", "add", "-A")
	r.must(t, "git", "commit", "-q", "--allow-empty", "-m", "a commit")
	return strings.TrimSpace(r.must(t, "git", "rev-parse", "HEAD"))
}
