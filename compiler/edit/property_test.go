package edit

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"muster/compiler/generate"
)

// documents are the YAML files of this repository that a registry would read, and some that were generated.
func documents(t testing.TB) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, folder := range []string{"remotes", "cohorts", "examples"} {
		before := len(found)
		err := filepath.WalkDir(filepath.Join("../..", folder), func(name string, d fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(name) == ".yaml" {
				found[name], err = os.ReadFile(name)
			}
			return err
		})
		if err != nil || len(found) == before {
			t.Fatalf("no YAML files in %s: %v", folder, err)
		}
	}
	for _, f := range generate.Files(1, generate.Size{Remotes: 2, Cohorts: 2, Releases: 2, Shared: 3}) {
		if strings.HasSuffix(f.Path, ".yaml") {
			found["generated "+f.Path] = f.Text
		}
	}
	return found
}

// refused are the documents that show what a registry refuses.
const refused = "examples/mistakes/yaml/"

// TestDocuments changes real files at every path, and never is a layout refused.
func TestDocuments(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		if _, err := Parse(name, text); err != nil {
			if !strings.Contains(filepath.ToSlash(name), refused) {
				t.Error(err)
			}
			continue
		}
		for seed, v := range variants {
			t.Run(name+"/"+v.name, func(t *testing.T) {
				t.Parallel()
				f := mustParse(t, []byte(v.of(string(text))))
				random := rand.New(rand.NewPCG(uint64(seed), 0))
				paths := pathsOf(f.tree, nil)
				random.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
				for _, path := range paths[:min(len(paths), 3)] {
					setAndBack(t, f, path, samples[random.IntN(len(samples))])
					addAndDelete(t, f, path, samples[random.IntN(len(samples))])
					deleteOne(t, f, path)
				}
			})
		}
	}
}

var samples = []Value{
	Text("2.5.0"), Text("~3.1"), Text("it's: a \"text\", with # and {braces}"), Text("größer → schöner"), Text("no"), Text("two\nlines"), Text(""),
	Number("12.5"), Bool(true), List{}, Map{}, List{Text("a"), Text("1e3")},
	Map{{"disabled", Text("INC-4711, layout shift")}},
	Map{{"split", List{Map{{"version", Text("1.9.0")}, {"percent", Number("90")}}, Map{{"version", Text("2.0.0")}, {"percent", Number("10")}}}}},
	Map{{"version", Text("2.5.0")}, {"entry", Text("https://cdn.acme.example/checkout/2.5.0/remoteEntry.js")},
		{"exposes", Map{{"./Routes", Map{}}, {"./CartBadge", Map{{"props", Map{{"total?", Text("number")}}}}}}}, {"hosts", List{Text("shell")}},
		{"events", Map{{"emits", Map{{"cart:updated", Map{{"count", Text("int")}, {"currency", Text("string")}, {"why", Text(strings.Repeat("x", 80))}}}}}}}},
}

func mustParse(t *testing.T, text []byte) *File {
	t.Helper()
	f, err := Parse("file.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// pathsOf are the paths of everything in v.
func pathsOf(v Value, path []string) (all [][]string) {
	add := func(name string, v Value) {
		below := append(slices.Clone(path), name)
		all = append(append(all, below), pathsOf(v, below)...)
	}
	switch v := v.(type) {
	case Map:
		for _, f := range v {
			add(f.Key, f.Value)
		}
	case List:
		for i, item := range v {
			add(strconv.Itoa(i), item)
		}
	}
	return all
}

// setAndBack sets a value that is there to another one and back.
func setAndBack(t *testing.T, f *File, path []string, v Value) {
	t.Helper()
	old := f.Get(path...)
	g := mustParse(t, f.text)
	first, last := extent(t, f.text, path)
	if err := g.Set(v, path...); err != nil {
		t.Fatalf("%q: %v", path, err)
	}
	if got := g.Get(path...); !equal(got, v) {
		t.Fatalf("%q: set to %v, read as %v", path, v, got)
	}
	outside(t, f.text, g.text, path, first, last)
	changed, _ := g.locate(path)
	was, _ := f.locate(path)
	again := mustParse(t, g.text)
	if err := again.Set(old, path...); err != nil {
		t.Fatalf("%q: setting it back: %v", path, err)
	}
	if !equal(again.tree, f.tree) {
		t.Fatalf("%q: set and set back, the file says something else:\n%s", path, again.text)
	}
	if quotedAlike(was, changed) && f.column(was.start) == g.column(changed.start) && !bytes.Equal(again.text, f.text) {
		t.Fatalf("%q: set to %v and back, the text is another:\n%s\nwas\n%s", path, v, again.text, f.text)
	}
}

// quotedAlike reports whether two scalars are in the same quotes.
func quotedAlike(a, b *node) bool {
	return a.form == b.form && (a.form == doubleForm || a.form == singleForm)
}

// extent returns the first line of the entry at a path, and the first line behind it that holds another: by the YAML
// parser's lines alone.
func extent(t *testing.T, text []byte, path []string) (first, behind int) {
	t.Helper()
	var document yaml.Node
	text = bytes.ReplaceAll(text, []byte("?:"), []byte("x:"))
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	n, behind := document.Content[0], bytes.Count(text, []byte("\n"))+2
	for _, name := range path {
		step, at := 1, 0
		if n.Kind == yaml.MappingNode {
			for step = 2; strings.ReplaceAll(name, "?", "x") != strings.ReplaceAll(n.Content[at].Value, "?", "x"); {
				at += 2
			}
		} else {
			at, _ = strconv.Atoi(name)
		}
		if first = n.Content[at].Line; at+step < len(n.Content) {
			behind = n.Content[at+step].Line
		}
		n = n.Content[at+step-1]
	}
	return first, max(behind, first+1)
}

// outside checks that the lines before first, and those from behind on, are as they were.
func outside(t *testing.T, before, after []byte, path []string, first, behind int) {
	t.Helper()
	was, is := strings.SplitAfter(string(before), "\n"), strings.SplitAfter(string(after), "\n")
	tail := max(0, len(was)-behind+1)
	if len(is) < first-1+tail {
		t.Fatalf("%q: of %d lines, %d are left:\n%s", path, len(was), len(is), after)
	}
	if !slices.Equal(was[:first-1], is[:first-1]) || !slices.Equal(was[len(was)-tail:], is[len(is)-tail:]) {
		t.Fatalf("%q: a line other than %d to %d changed:\n%s\nwas\n%s", path, first, behind-1, after, before)
	}
}

// addAndDelete adds a field to the mapping at path and takes it away again; the text is as it was.
func addAndDelete(t *testing.T, f *File, path []string, v Value) {
	t.Helper()
	m, ok := f.Get(path...).(Map)
	if !ok || len(m) == 0 {
		return
	}
	for _, path := range [][]string{append(slices.Clone(path), "new field"), {"new field"}, append(slices.Clone(path), "new", "nested")} {
		g := mustParse(t, f.text)
		if err := g.Set(v, path...); err != nil {
			t.Fatalf("%q: %v", path, err)
		}
		if got := g.Get(path...); !equal(got, v) {
			t.Fatalf("%q: set to %v, read as %v", path, v, got)
		}
		if err := g.Delete(path...); err != nil {
			t.Fatalf("%q: %v\n%s", path, err, g.text)
		}
		if !bytes.Equal(g.text, f.text) {
			t.Fatalf("%q: set to %v and deleted, the text is another:\n%s\nwas\n%s", path, v, g.text, f.text)
		}
	}
}

// deleteOne takes the entry at path away, and nothing else.
func deleteOne(t *testing.T, f *File, path []string) {
	t.Helper()
	g := mustParse(t, f.text)
	if err := g.Delete(path...); err != nil {
		if strings.Contains(err.Error(), "nothing would be left") {
			return
		}
		t.Fatalf("%q: %v\n%s", path, err, f.text)
	}
	for entries(f.Get(path[:len(path)-1]...)) == 1 {
		path = path[:len(path)-1]
	}
	if f.Get(path...) == nil || len(pathsOf(g.tree, nil)) != len(pathsOf(f.tree, nil))-len(pathsOf(f.Get(path...), nil))-1 {
		t.Fatalf("%q: not one entry is gone:\n%s\nwas\n%s", path, g.text, f.text)
	}
	if n, i := f.parent(path); n.isBlock() && f.leads(n.entries[i].start) {
		first, behind := extent(t, f.text, path)
		if behind > bytes.Count(f.text, []byte("\n"))+1 {
			return // the last line break may go with it
		}
		outside(t, f.text, g.text, path, first, behind)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		f, err := Parse(name, text)
		if err != nil {
			continue // TestDocuments says which may be refused
		}
		random := rand.New(rand.NewPCG(uint64(len(text)), 0))
		for _, path := range pathsOf(f.tree, nil) {
			list, ok := f.Get(path...).(List)
			if !ok || len(list) == 0 {
				continue
			}
			for range 2 {
				v := samples[random.IntN(len(samples))]
				g := mustParse(t, text)
				if err := g.Prepend(v, path...); err != nil {
					t.Fatalf("%s: %q: %v", name, path, err)
				}
				if err := g.Append(v, path...); err != nil {
					t.Fatalf("%s: %q: %v", name, path, err)
				}
				if want := slices.Concat(List{v}, list, List{v}); !equal(g.Get(path...), want) {
					t.Fatalf("%s: %q: got %v", name, path, g.Get(path...))
				}
				if err := g.Delete(append(slices.Clone(path), fmt.Sprint(len(list)+1))...); err != nil {
					t.Fatalf("%s: %q: %v", name, path, err)
				}
				if err := g.Delete(append(slices.Clone(path), "0")...); err != nil {
					t.Fatalf("%s: %q: %v", name, path, err)
				}
				if got := noBlankLines(g.text); got != noBlankLines(text) {
					t.Fatalf("%s: %q: after adding %v and deleting it:\n%s", name, path, v, g.text)
				}
			}
		}
	}
}

// noBlankLines leaves those lines out: the ones that separate a new item from the old stay when it is deleted.
func noBlankLines(text []byte) string {
	lines := strings.SplitAfter(string(text), "\n")
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return strings.TrimSpace(s) == "" }), "")
}
