package build

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// FuzzRead reads any description beside real files. What is refused names the description; what is read always reads the same, is
// sorted, says no more than the description, and names files of the build alone.
func FuzzRead(f *testing.F) {
	descriptions, err := filepath.Glob("testdata/*-*/*.json")
	if err != nil || len(descriptions) == 0 {
		f.Fatal("no descriptions", err)
	}
	for _, name := range descriptions {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range described(`, "shared": [{"name": "react", "requiredVersion": null}], "remotes": [{"federationContainerName": "b", "moduleName": "."}]`) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		files := fstest.MapFS{"b/d.json": {Data: text}, "b/remoteEntry.js": {Data: []byte("var a;")}, "b/a.js": {Data: []byte("a")}, "c.js": {Data: []byte("c")}}
		b, err := read(files, "b/d.json")
		if err != nil {
			if b != nil || !strings.HasPrefix(err.Error(), "b/d.json:") && !strings.HasPrefix(err.Error(), `"b`) {
				t.Fatalf("build %v, error %v", b, err)
			}
			if len(err.Error()) > 20_000 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if again, err := read(files, "b/d.json"); err != nil || !cmp.Equal(b, again) {
			t.Fatalf("read twice: %v\n%s", err, cmp.Diff(b, again))
		}
		checkBuild(t, b, files, text)
	})
}

func checkBuild(t *testing.T, b *Build, files fstest.MapFS, text []byte) {
	t.Helper()
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatalf("not JSON, and read: %v", err)
	}
	shared, _ := plain["shared"].([]any)
	exposed, _ := plain["exposes"].([]any)
	if b.Name == "" || b.Name != plain["name"] || len(b.Shared) > len(shared) || len(b.Exposes) > len(exposed) {
		t.Fatalf("not what the description says: %+v", b)
	}
	if !slices.IsSorted(b.Exposes) || !slices.IsSortedFunc(b.Shared, func(x, y Shared) int { return strings.Compare(x.Package, y.Package) }) {
		t.Fatalf("not sorted: %+v", b)
	}
	for _, file := range append(b.Files, b.Entry) {
		// The build is the description's folder, or the one above if the entry is there.
		if file.Path != "" && files[path.Join("b", file.Path)] == nil && files[path.Clean(file.Path)] == nil {
			t.Fatalf("there is no %q", file.Path)
		}
	}
	for _, s := range b.Shared {
		if s.Package == "" || s.AnyVersion && s.RequiredVersion != "" || s.NoImport && s.Version != "" || s.Size < 0 {
			t.Fatalf("contradicts itself: %+v", s)
		}
	}
}
