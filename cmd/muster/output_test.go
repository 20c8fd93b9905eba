package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gowebpki/jcs"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// jsonSchema compiles a schema of this repository once.
func jsonSchema(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonSchemas(name)()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func jsonSchemas(name string) func() (*jsonschema.Schema, error) {
	return map[string]func() (*jsonschema.Schema, error){"manifest": manifestSchema, "pointer": pointerSchema}[name]
}

var (
	manifestSchema = sync.OnceValues(func() (*jsonschema.Schema, error) { return compileSchema("manifest") })
	pointerSchema  = sync.OnceValues(func() (*jsonschema.Schema, error) { return compileSchema("pointer") })
)

func compileSchema(name string) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile(filepath.Join(root, "schema", name+".schema.json"))
}

// readFiles is the content of every file below a folder, by slash path.
func readFiles(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(tree, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// checkOutput holds a compiled folder against all that is promised of one: it holds what the pointer names, under the
// names that the pointer says, and nothing else; each document fits its schema, and is written in the one canonical way.
func checkOutput(t *testing.T, dir string, cohorts int) {
	t.Helper()
	p, err := readPointer(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Cohorts) != cohorts {
		t.Errorf("the pointer names %d cohorts, want %d", len(p.Cohorts), cohorts)
	}
	files := readFiles(t, dir)
	named := map[string]bool{"_headers": true, "pointer.json": true}
	for _, c := range p.Cohorts {
		if _, err := p.manifest(dir, c.Name); err != nil {
			t.Error(err)
		}
		named["manifests/"+c.Name+"/"+c.SHA256+".json"] = true
	}
	if got, want := slices.Sorted(maps.Keys(files)), slices.Sorted(maps.Keys(named)); !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
	for name, b := range files {
		if strings.HasSuffix(name, ".json") {
			checkDocument(t, name, b)
		}
	}
	checkWithTools(t, dir, files)
}

func checkDocument(t *testing.T, name string, b []byte) {
	t.Helper()
	kind := "manifest"
	if name == "pointer.json" {
		kind = "pointer"
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := jsonSchema(t, kind).Validate(v); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if canonical, err := jcs.Transform(b); err != nil || !bytes.Equal(canonical, b) {
		t.Errorf("%s is not canonical: %v\n%s\nthe other implementation writes\n%s", name, err, b, canonical)
	}
}

// canonicalise is RFC 8785 in the language that it is made for: a JSON document in, the same bytes out.
const canonicalise = `
const write = v => v === null || typeof v !== "object" ? JSON.stringify(v)
  : Array.isArray(v) ? "[" + v.map(write).join(",") + "]"
  : "{" + Object.keys(v).sort().map(k => JSON.stringify(k) + ":" + write(v[k])).join(",") + "}";
const fs = require("fs");
for (const file of process.argv.slice(1)) {
  const text = fs.readFileSync(file, "utf8");
  if (write(JSON.parse(text)) !== text) { console.error(file + " is not canonical"); process.exitCode = 1; }
}`

// checkWithTools asks programs that have nothing to do with muster.
func checkWithTools(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	var documents []string
	var sums strings.Builder
	for name := range files {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		documents = append(documents, name)
		if sum, ok := strings.CutPrefix(name, "manifests/"); ok {
			_, sum, _ = strings.Cut(sum, "/")
			fmt.Fprintf(&sums, "%s  %s\n", strings.TrimSuffix(sum, ".json"), name)
		}
	}
	here := process{dir: dir}
	if _, err := exec.LookPath("sha256sum"); err == nil {
		list := filepath.Join(t.TempDir(), "sums")
		if err := os.WriteFile(list, []byte(sums.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		here.must(t, "sha256sum", "--check", "--strict", "--quiet", list)
	}
	if _, err := exec.LookPath("node"); err == nil {
		here.must(t, "node", append([]string{"-e", canonicalise}, documents...)...)
	}
	if _, err := exec.LookPath("jq"); err == nil {
		for _, name := range documents {
			if got := here.must(t, "jq", "-cjS", ".", name); got != string(files[name]) {
				t.Errorf("%s: jq writes\n%s\nand muster\n%s", name, got, files[name])
			}
		}
	}
}

// TestCheckDocument: the schemas and the checks above can say no.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	process{dir: filepath.Join(root, "examples", "minimal")}.must(t, "muster", "compile", "--out", dir)
	for name, b := range readFiles(t, dir) {
		kind := "manifest"
		if name == "_headers" {
			continue
		} else if name == "pointer.json" {
			kind = "pointer"
		}
		var whole map[string]any
		if err := json.Unmarshal(b, &whole); err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(whole)) {
			if key == "unpublishable" {
				continue
			}
			wrong, less := maps.Clone(whole), maps.Clone(whole)
			wrong[key] = true
			delete(less, key)
			for how, v := range map[string]map[string]any{"of another type": wrong, "missing": less} {
				if jsonSchema(t, kind).Validate(v) == nil {
					t.Errorf("the schema takes a %s with %q %s", kind, key, how)
				}
			}
		}
		whole["more"] = "x"
		if jsonSchema(t, kind).Validate(whole) == nil {
			t.Errorf("the schema takes a %s with a key of its own", kind)
		}
	}
}
