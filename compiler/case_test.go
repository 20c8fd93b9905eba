package compiler_test

import (
	"bytes"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"muster/compiler"
	"muster/compiler/diag"
	"muster/compiler/manifest"
)

// update rewrites the expectations: MUSTER_UPDATE=1 go test ./...
var update = os.Getenv("MUSTER_UPDATE") != ""

// caseTime is the time of the commit that every case is judged at.
var caseTime = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// A case is a txtar archive: files laid over testdata/base.txtar (an empty one removes it), and what a check then says,
// in the section "want". A file named *.hex holds bytes that a text can't, in hexadecimal digits, for the file without the
// ending.
func TestCases(t *testing.T) {
	names, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	seen := map[string]bool{}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			runCase(t, name, seen)
		})
	}
	if flag.Lookup("test.run").Value.String() != "" {
		return // a part of the cases can't have met every rule
	}
	for _, r := range compiler.Rules() {
		if !seen[r.ID] && !slices.Contains(elsewhere, r.ID) {
			t.Errorf("no case makes a finding of the rule %s", r.ID)
		}
	}
}

// elsewhere are rules that need more than files: a file system with links, or a git history.
var elsewhere = []string{"tree/size", "tree/not-regular", "tree/case-clash", "frozen/commit", "frozen/until",
	"gate/after", "gate/soak", "gate/freeze", "gate/hold", "gate/lifted", "history/line", "release/url-changed"}

func runCase(t *testing.T, name string, seen map[string]bool) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files, want := layOver(t, archive)
	in := compiler.Input{Tree: files, Base: baseOf(files), Origin: manifest.Origin{Time: caseTime}}
	_, found, err := compiler.Check(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		seen[d.Rule] = true
		checkDiagnostic(t, files, d)
	}
	got := renderText(t, files, found)
	if update {
		setSection(archive, "want", got)
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings differ (-want +got):\n%s", diff)
	}
	in.Thorough = true
	_, thorough, err := compiler.Check(in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, renderText(t, files, thorough)); diff != "" {
		t.Errorf("with every document sent through CUE, findings differ (-checker +CUE):\n%s", diff)
	}
}

// baseFiles is the registry that cases start from.
func baseFiles(t testing.TB) fstest.MapFS {
	base, err := txtar.ParseFile("testdata/base.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range base.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
	}
	return files
}

// baseOf is the registry that a case is compared with: the case's own with the files below base/ in their places; nil if it has
// none of those.
func baseOf(files fstest.MapFS) fs.FS {
	base := maps.Clone(files)
	found := false
	for name, f := range files {
		if inner, ok := strings.CutPrefix(name, "base/"); ok {
			base[inner], found = f, true
		}
	}
	if !found {
		return nil
	}
	return base
}

func layOver(t testing.TB, archive *txtar.Archive) (files fstest.MapFS, want string) {
	files = baseFiles(t)
	for _, f := range archive.Files {
		name, isHex := strings.CutSuffix(f.Name, ".hex")
		repeated, isTimes := strings.CutSuffix(f.Name, ".times")
		switch {
		case f.Name == "want":
			want = string(f.Data)
		case len(bytes.TrimSpace(f.Data)) == 0 && files[f.Name] != nil:
			delete(files, f.Name)
		case isHex:
			files[name] = &fstest.MapFile{Data: unhex(t, f.Data), Mode: 0o644}
		case isTimes:
			files[repeated] = &fstest.MapFile{Data: times(t, f.Data), Mode: 0o644}
		default:
			files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
		}
	}
	return files, want
}

func times(t testing.TB, text []byte) []byte {
	number, rest, _ := bytes.Cut(text, []byte("\n"))
	n, err := strconv.Atoi(string(number))
	if err != nil {
		t.Fatalf("a file named *.times begins with a number: %v", err)
	}
	return bytes.Repeat(rest, n)
}

func unhex(t testing.TB, text []byte) (data []byte) {
	for _, pair := range strings.Fields(string(text)) {
		var b byte
		for _, digit := range strings.ToLower(pair) {
			i := strings.IndexRune("0123456789abcdef", digit)
			if i < 0 || len(pair) != 2 {
				t.Fatalf("%q is not a byte in hexadecimal", pair)
			}
			b = b<<4 | byte(i)
		}
		data = append(data, b)
	}
	return data
}

// checkDiagnostic holds a finding against what every finding must be.
func checkDiagnostic(t *testing.T, files fstest.MapFS, d diag.Diagnostic) {
	t.Helper()
	if !slices.ContainsFunc(compiler.Rules(), func(r diag.Rule) bool { return r.ID == d.Rule }) {
		t.Errorf("%q is a finding of %q, which explain does not know", d.Message, d.Rule)
	}
	if d.Message == "" || strings.HasSuffix(d.Message, ".") {
		t.Errorf("%s: message %q", d.Rule, d.Message)
	}
	checkToken(t, files, d.Pos, d.Length, d.Message)
	for _, n := range d.Notes {
		checkToken(t, files, n.Pos, 1, n.Message)
	}
}

// checkToken asks that a position is the beginning of a token, and the token ends on its line.
func checkToken(t *testing.T, files fstest.MapFS, p diag.Pos, length int, what string) {
	t.Helper()
	if p.Line == 0 {
		return
	}
	if files[p.File] == nil {
		t.Errorf("%q is at %s, which is no file", what, p.File)
		return
	}
	lines := strings.Split(strings.ReplaceAll(string(files[p.File].Data), "\r\n", "\n"), "\n")
	if p.Line > len(lines) || !utf8.ValidString(lines[p.Line-1]) {
		if p.Line > len(lines) {
			t.Errorf("%q is at line %d of %s, which has %d", what, p.Line, p.File, len(lines))
		}
		return
	}
	line := []rune(lines[p.Line-1])
	switch {
	case p.Column < 1 || p.Column > max(1, len(line)):
		t.Errorf("%q is at column %d of a line of %d: %q", what, p.Column, len(line), string(line))
	case len(line) > 0 && line[p.Column-1] == ' ':
		t.Errorf("%q is at a space, column %d of %q", what, p.Column, string(line))
	case p.Column-1+length > max(1, len(line)) && length < 80:
		t.Errorf("%q has %d characters from column %d of %q", what, length, p.Column, string(line))
	}
}

func renderText(t testing.TB, files fstest.MapFS, l diag.List) string {
	t.Helper()
	var b bytes.Buffer
	source := func(name string) ([]byte, bool) {
		f, ok := files[name]
		if !ok {
			return nil, false
		}
		return f.Data, true
	}
	if err := diag.Renderers["text"](&b, l, diag.RenderOptions{Source: source}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func setSection(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}
