package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"muster/schema"

	"github.com/gowebpki/jcs"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// jsonSchema is the schema of a file of the output.
func jsonSchema(t testing.TB, file string) *jsonschema.Schema {
	t.Helper()
	compiled := manifestSchema
	switch {
	case file == "pointer.json":
		compiled = pointerSchema
	case file == "log/first.json" || file == "log/probe.json": // for publishers alone
		return nil
	case strings.HasPrefix(file, "log/"):
		compiled = logSchema
	}
	s, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	manifestSchema = sync.OnceValues(func() (*jsonschema.Schema, error) { return compileSchema("manifest") })
	pointerSchema  = sync.OnceValues(func() (*jsonschema.Schema, error) { return compileSchema("pointer") })
	logSchema      = sync.OnceValues(func() (*jsonschema.Schema, error) { return compileSchema("log") })
)

func compileSchema(name string) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	pointer, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Pointer))
	if err == nil {
		err = c.AddResource("urn:muster:pointer:v1", pointer) // others refer to it
	}
	if err != nil {
		return nil, err
	}
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
	named := map[string]bool{"_headers": true, "pointer.json": true, ".muster-lock": true}
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

// checkSchema holds a document against its schema.
func checkSchema(t *testing.T, name string, b []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if s := jsonSchema(t, name); s != nil {
		err = s.Validate(v)
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func checkDocument(t *testing.T, name string, b []byte) {
	t.Helper()
	checkSchema(t, name, b)
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

// checkWithTools asks programs that have nothing to do with muster, as far as they are on PATH.
func checkWithTools(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	documents := slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(name string) bool { return !strings.HasSuffix(name, ".json") })
	here := process{dir: dir}
	if has("sha256sum") {
		list := filepath.Join(t.TempDir(), "sums")
		if err := os.WriteFile(list, []byte(sums(documents)), 0o644); err != nil {
			t.Fatal(err)
		}
		here.must(t, "sha256sum", "--check", "--strict", "--quiet", list)
	}
	if has("node") {
		here.must(t, "node", append([]string{"-e", canonicalise}, documents...)...)
	}
	for _, name := range documents {
		if !has("jq") {
			break
		}
		if got := here.must(t, "jq", "-cjS", ".", name); got != string(files[name]) {
			t.Errorf("%s: jq writes\n%s\nand muster\n%s", name, got, files[name])
		}
	}
}

func has(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// sums is the list of manifests that sha256sum checks: each is named by its sum.
func sums(documents []string) string {
	var b strings.Builder
	for _, name := range documents {
		if strings.HasPrefix(name, "manifests/") {
			fmt.Fprintf(&b, "%s  %s\n", strings.TrimSuffix(path.Base(name), ".json"), name)
		}
	}
	return b.String()
}

// optional are the keys at the top of a pointer that a compile outside a repository, or in a clean one, leaves out.
var optional = []string{"commit", "serial", "time", "unpublishable"}

// TestSchemasRefuse: the schemas that outputs are held against can say no.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	process{dir: filepath.Join(root, "examples", "minimal")}.must(t, "muster", "compile", "--out", dir)
	for name, b := range readFiles(t, dir) {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		var whole map[string]any
		if err := json.Unmarshal(b, &whole); err != nil {
			t.Fatal(err)
		}
		for key := range whole {
			other, less := maps.Clone(whole), maps.Clone(whole)
			other[key] = true
			checkRefused(t, name, fmt.Sprintf("%q of another type", key), other)
			if delete(less, key); !slices.Contains(optional, key) {
				checkRefused(t, name, fmt.Sprintf("no %q", key), less)
			}
		}
		whole["more"] = "x"
		checkRefused(t, name, "a key of its own", whole)
	}
}

func checkRefused(t *testing.T, name, with string, v map[string]any) {
	t.Helper()
	if jsonSchema(t, name).Validate(v) == nil {
		t.Errorf("its schema takes %s with %s", name, with)
	}
}
