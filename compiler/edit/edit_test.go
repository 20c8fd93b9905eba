package edit

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// update rewrites the expectations: MUSTER_UPDATE=1 go test ./...
var update = os.Getenv("MUSTER_UPDATE") != ""

// A case is a txtar archive: the section "before" is a file, and each other one what becomes of it by the change that is the
// section's name, or the error. A change is written
//
//	set pins checkout: "2.5.0"      append, prepend: verb, path, and the value in YAML
//	delete pins checkout
func TestCases(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(archive.Files) < 2 || archive.Files[0].Name != "before" {
			t.Fatalf("%s: wants a section before, and one for each change", name)
		}
		if update {
			rewrite(t, name, archive)
		}
		for _, section := range archive.Files[1:] {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar")+"/"+section.Name, func(t *testing.T) {
				t.Parallel()
				for _, v := range variants {
					before, want := v.of(string(archive.Files[0].Data)), string(section.Data)
					if !strings.HasPrefix(want, "error: ") {
						want = v.of(want)
					}
					if diff := cmp.Diff(want, outcome(t, before, section.Name)); diff != "" {
						t.Errorf("%s (-want +got):\n%s", v.name, diff)
					}
				}
			})
		}
	}
}

// variants are the ways in which every case must come out alike.
var variants = []struct {
	name string
	of   func(string) string
}{
	{"as written", func(s string) string { return s }},
	{"CRLF", crlf},
	{"no last line break", func(s string) string { return strings.TrimSuffix(s, "\n") }},
	{"CRLF, no last line break", func(s string) string { return strings.TrimSuffix(crlf(s), "\r\n") }},
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// outcome is the text after a change, or the error.
func outcome(t *testing.T, before, change string) string {
	f, err := Parse("file.yaml", []byte(before))
	if err == nil {
		err = perform(t, f, change)
	}
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return string(f.Bytes())
}

func perform(t *testing.T, f *File, change string) error {
	t.Helper()
	command, written, _ := strings.Cut(change, ": ")
	words := strings.Fields(command)
	path := words[1:]
	if words[0] == "delete" {
		return f.Delete(path...)
	}
	value := Value(Text(""))
	if written != "" {
		v, err := Parse("value", []byte("value: "+written))
		if err != nil {
			t.Fatalf("%s: %v", change, err)
		}
		value = v.Get("value")
	}
	switch words[0] {
	case "set":
		return f.Set(value, path...)
	case "append":
		return f.Append(value, path...)
	case "prepend":
		return f.Prepend(value, path...)
	}
	t.Fatalf("no such change: %s", change)
	return nil
}

func rewrite(t *testing.T, name string, archive *txtar.Archive) {
	t.Helper()
	for i := range archive.Files[1:] {
		section := &archive.Files[i+1]
		section.Data = []byte(outcome(t, string(archive.Files[0].Data), section.Name))
	}
	if text := txtar.Format(archive); !bytes.Equal(text, mustRead(t, name)) {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestMeant makes changes whose text would be valid and say something else.
func TestMeant(t *testing.T) {
	t.Parallel()
	const text = "a: |\n  x" // a line break behind it would become a part of it
	f := mustParse(t, []byte(text))
	err := f.Set(Text("y"), "b")
	if want := `file.yaml: this file's layout can't be edited in place; change it by hand: set "b" to "y"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if string(f.Bytes()) != text {
		t.Errorf("the text is another: %s", f.Bytes())
	}
}

// TestValues refuses what no file can hold, and paths that name nothing.
func TestValues(t *testing.T) {
	t.Parallel()
	f := mustParse(t, []byte("a: {b: [c]}\n"))
	for want, err := range map[string]error{
		`"\xff" is not UTF-8`: f.Set(Text("\xff"), "a"),
		`"1e3" is no number; write it with digits and at most one point`: f.Set(List{Number("1e3")}, "a"),
		`"x" is set twice`:          f.Set(Map{{"x", Bool(true)}, {"x", Bool(true)}}, "a"),
		"a value is missing":        f.Set(Map{{"x", nil}}, "a"),
		"no field is named":         f.Set(Text("x")),
		"no list is named":          f.Append(Text("x")),
		`file.yaml: "a" is no list`: f.Prepend(Text("x"), "a"),
		`file.yaml: nothing would be left without "a"; delete the file`:                   f.Delete("a"),
		`file.yaml: nothing would be left without "a.b.0"; delete the file`:               f.Delete("a", "b", "0"),
		`file.yaml: setting "a.b.1": there is no item "1" in a list of 1, counted from 0`: f.Set(Text("x"), "a", "b", "1"),
		`file.yaml: setting "a.b.0.d": there is no field "d" in c`:                        f.Set(Text("x"), "a", "b", "0", "d"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if got := f.Get("a", "b", "0"); got != Text("c") {
		t.Errorf("got %v, want c", got)
	}
	for _, path := range [][]string{{"x"}, {"a", "x"}, {"a", "b", "1"}, {"a", "b", "-1"}, {"a", "b", "0", "x"}} {
		if got := f.Get(path...); got != nil {
			t.Errorf("%q: got %v, want nothing", path, got)
		}
	}
}
