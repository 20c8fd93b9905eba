package edit

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"
)

// FuzzEdit makes one change at a place that a number chooses, to any text that a registry takes.
func FuzzEdit(f *testing.F) {
	names, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for place := range uint(12) {
			f.Add(archive.Files[0].Data, place*7, place, "2.5.0")
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, place, sample uint, name string) {
		file, err := Parse("file.yaml", text)
		if err != nil {
			return
		}
		paths := pathsOf(file.tree, nil)
		if len(paths) == 0 || !utf8.ValidString(name) {
			return
		}
		path := paths[place%uint(len(paths))]
		value := samples[sample%uint(len(samples))]
		changes := []func(*File) error{
			func(g *File) error { return g.Set(value, path...) },
			func(g *File) error { return g.Set(Text(name), path...) },
			func(g *File) error { return g.Set(value, append(path, name)...) },
			func(g *File) error { return g.Delete(path...) },
			func(g *File) error { return g.Append(value, path...) },
			func(g *File) error { return g.Prepend(value, path...) },
		}
		for i, change := range changes {
			g := mustParse(t, text)
			if err := change(g); err != nil {
				if !bytes.Equal(g.text, text) {
					t.Fatalf("change %d: an error, and another text:\n%s", i, g.text)
				}
				continue
			}
			if again, err := Parse("file.yaml", g.text); err != nil || !equal(again.tree, g.tree) {
				t.Fatalf("change %d: %v\n%s", i, err, g.text)
			}
		}
		replaced(t, file, path, name)
	})
}

// replaced sets a text, and compares what the YAML parser makes of it, by itself, with what it made of the text before.
func replaced(t *testing.T, f *File, path []string, name string) {
	g := mustParse(t, f.text)
	if g.Set(Text(name), path...) != nil {
		return
	}
	var before, after any
	if yaml.Unmarshal(f.text, &before) != nil || !textKeys(before) { // fields such as "total?:", and dates
		return
	}
	if err := yaml.Unmarshal(g.text, &after); err != nil {
		t.Fatal(err)
	}
	if want := put(before, path, name); !reflect.DeepEqual(after, want) {
		t.Fatalf("%q set to %q: got %v, want %v\n%s\nwas\n%s", path, name, after, want, g.text, f.text)
	}
}

// textKeys reports whether the YAML parser by itself takes all keys for texts.
func textKeys(v any) bool {
	switch v := v.(type) {
	case map[any]any:
		return false
	case map[string]any:
		for _, item := range v {
			if !textKeys(item) {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !textKeys(item) })
	}
	return true
}

// put sets a text in what the YAML parser made of a file.
func put(v any, path []string, text string) any {
	if len(path) == 0 {
		return text
	}
	switch v := v.(type) {
	case map[string]any:
		v[path[0]] = put(v[path[0]], path[1:], text)
	case []any:
		i, _ := strconv.Atoi(path[0])
		v[i] = put(v[i], path[1:], text)
	}
	return v
}

// FuzzText writes any text in every kind of quotes, and reads it again.
func FuzzText(f *testing.F) {
	for _, s := range tricky {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0xFDD0) {
			return
		}
		for _, before := range quotings {
			g := mustParse(t, []byte(before))
			if err := g.Set(Text(s), "a"); err != nil {
				t.Fatal(err)
			}
			if err := g.Set(Text(s), "b", "c"); err != nil {
				t.Fatal(err)
			}
			name := "k" + strings.Repeat(s, min(1, 100/(len(s)+1))) // YAML has a limit of 1024 characters for keys
			if err := g.Set(Text("x"), "b", name); err != nil {
				t.Fatal(err)
			}
			var got struct {
				A any
				B map[string]any
			}
			if err := yaml.Unmarshal(g.text, &got); err != nil {
				t.Fatalf("%v\n%s", err, g.text)
			}
			if got.A != s || got.B["c"] != s || got.B[name] != "x" {
				t.Fatalf("%q: got %+v\n%s", s, got, g.text)
			}
		}
	})
}

var quotings = []string{"a: x\nb: {c: y}\n", "a: \"x\"\nb: {c: \"y\"}\n", "a: 'x'\nb:\n  c: 'y'\n", "a: |\n  x\nb:\n  c: >\n    y\n"}

// tricky are texts that YAML 1.1 or 1.2, as one program or another reads it, takes for something else without quotes.
var tricky = []string{"", "~", "null", "Null", "yes", "No", "ON", "off", "y", "N", "true", "False", "1", "-1", "+1", "0x1F", "0X00", "0o17", "017", "0b1010",
	"1_000", "1e3", "12e03", ".5", "5.", "1.2", "1.2.3", "190:20:30", "12:30", ".inf", "-.INF", ".NaN", "2026-12-01", "2026-12-01T10:00:00Z", "2001-1-1 1:1:1",
	"=", "<<", "-", "--- a", "...", "- a", "? a", "a?", "a: b", "a:", "a #b", "a#b", "#a", "[a]", "{a}", "a, b", "*", "&a", "!a", "%a", "@a", "`a", "|", ">", "'a'",
	"\"a\"", " a", "a ", "a\nb", "a\tb", "a\u0085b", "a\u2028b", "\ufeff", "größe", "日本", "😀", "\\", "a\\nb", "https://a.example/b?c=d#e", "./Routes", "^1.2.0 || ^2.0.0",
	"int & >0", "sha384-a+b/c==", "3f2c91ab", "123e456", "24h", "1.2.3-rc.1", "a\u00a0b", "\x00", "\x7f"}

// TestOtherReaders lets PyYAML, which follows YAML 1.1 closely, read what was written for every tricky text.
func TestOtherReaders(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import yaml").Run() != nil {
		t.Skip("python3 with PyYAML is not installed: what YAML 1.1 makes of texts goes untested")
	}
	g := mustParse(t, []byte("block: {}\nflow: [x]\nlist:\n  - x\n"))
	for _, s := range tricky {
		for _, err := range []error{g.Append(Text(s), "flow"), g.Append(Text(s), "list"), g.Set(Text(s), "block", "k"+s)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, s := range tricky {
		if err := g.Set(Text(s), "key"+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	const script = `import sys, yaml
bad = []
def walk(v):
    if isinstance(v, dict):
        for k, x in v.items(): walk(k); walk(x)
    elif isinstance(v, list):
        for x in v: walk(x)
    elif not isinstance(v, str): bad.append(v)
d = yaml.safe_load(sys.stdin.buffer.read().decode())
walk(d)
assert d["flow"] == d["list"] and d["flow"][1:] == [d["key%d" % i] for i in range(len(d["flow"]) - 1)]
assert not bad, bad
`
	command := exec.Command(python, "-c", script)
	command.Stdin = bytes.NewReader(g.text)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, g.text)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "f.yaml: the file is empty; fill it in, or delete it",
		"a: &x 1\n":                  "f.yaml:1:4: an anchor, &x; remove it: muster takes no anchors or aliases",
		"a: 1\na: 2\n":               `f.yaml:2:1: "a" is set twice; keep one of the two`,
		"a:\tb\n":                    "f.yaml:1:3: a tab; use spaces; in double quotes, \\t stands for a tab",
		"a: 1\n---\nb: 2\n":          "f.yaml:2:1: a second YAML document begins here; one file declares one thing: move it into a file of its own",
		"a: 1\nb: !x 1\nc: &y 1\n\n": "f.yaml:2:4: a tag, !x; remove it: the schema says what type a field has; if ! belongs to a text, put it in quotes (and 1 more)",
		"- a\n":                      `f.yaml: the file is no mapping of fields; write "field: value"`,
		"a\n":                        `f.yaml: the file is no mapping of fields; write "field: value"`,
	} {
		if _, err := Parse("f.yaml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	var invalid *InvalidError
	if _, err := Parse("f.yaml", []byte("a: *b\n")); !errors.As(err, &invalid) || invalid.Findings[0].Rule != "yaml/alias" {
		t.Errorf("got %v, want a finding of yaml/alias", err)
	}
}
