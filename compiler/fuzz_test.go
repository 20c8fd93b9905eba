package compiler_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
	"golang.org/x/tools/txtar"

	"muster/compiler"
	"muster/compiler/diag"
	"muster/compiler/manifest"
)

// FuzzCompile lays one file of any content over the base registry. Whatever it is: nothing crashes, the answer is the same
// twice, every finding points into a file that is there, and what compiles is canonical JSON under its own hash.
func FuzzCompile(f *testing.F) {
	seedFromCases(f)
	base := baseFiles(f)
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if !filepath.IsLocal(name) || !strings.Contains(name, "/") || len(text) > 64<<10 {
			return
		}
		files := fstest.MapFS{}
		for path, file := range base {
			files[path] = file
		}
		files[name] = &fstest.MapFile{Data: text, Mode: 0o644}
		in := compiler.Input{Tree: files, Origin: manifest.Origin{Time: caseTime}}
		result, found, err := compiler.Compile(in)
		if err != nil {
			return // a name that no file system would have
		}
		for _, d := range found {
			checkInside(t, files, d)
		}
		if (result == nil) != found.HasErrors() {
			t.Fatalf("result %v with findings %v", result != nil, found)
		}
		again, foundAgain, _ := compiler.Compile(in)
		if renderText(t, files, found) != renderText(t, files, foundAgain) {
			t.Fatal("the findings differ from one run to the next")
		}
		if result != nil {
			checkResult(t, result, again)
		}
	})
}

func seedFromCases(f *testing.F) {
	names, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name != "want" && !strings.HasSuffix(file.Name, ".hex") {
				f.Add(file.Name, file.Data)
			}
		}
	}
	for path, file := range baseFiles(f) {
		f.Add(path, file.Data)
	}
}

func checkInside(t *testing.T, files fstest.MapFS, d diag.Diagnostic) {
	checkFindings(t, diag.List{d})
	if d.Pos.Line == 0 {
		return
	}
	file := files[d.Pos.File]
	if file == nil {
		t.Fatalf("%q is at %q, which is no file", d.Message, d.Pos.File)
	}
	lines := bytes.Split(bytes.ReplaceAll(file.Data, []byte("\r\n"), []byte("\n")), []byte("\n"))
	if d.Pos.Line > len(lines) || d.Pos.Column > utf8.RuneCount(lines[d.Pos.Line-1])+1 {
		t.Fatalf("%q is at %d:%d, outside the file", d.Message, d.Pos.Line, d.Pos.Column)
	}
}

func checkResult(t *testing.T, result, again *compiler.Result) {
	for i, m := range result.Manifests {
		if m.ID != again.Manifests[i].ID || m.ID != manifest.Sum(m.Bytes) {
			t.Fatalf("the manifest of %s is not its own", m.Cohort)
		}
		canonical, err := jcs.Transform(m.Bytes)
		if err != nil || !bytes.Equal(canonical, m.Bytes) {
			t.Fatalf("the manifest of %s is not canonical: %v", m.Cohort, err)
		}
	}
	pointer, err := result.Pointer.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := again.Pointer.Encode(); !bytes.Equal(pointer, second) {
		t.Fatal("the pointer differs from one run to the next")
	}
	if _, err := manifest.ParsePointer(pointer); err != nil {
		t.Fatalf("the pointer can't be read again: %v", err)
	}
}
