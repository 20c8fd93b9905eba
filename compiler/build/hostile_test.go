package build

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree is files by name.
func tree(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// described is a script build whose manifest says this besides.
func described(more string) map[string]string {
	return map[string]string{"remoteEntry.js": "var a;", "mf-manifest.json": `{"name": "a", "metaData": {"type": "app", "publicPath": "auto",
"remoteEntry": {"name": "remoteEntry.js", "type": "global"}, "pluginVersion": "2.9.2"}` + more + "}"}
}

func manifest(text string) map[string]string {
	return map[string]string{"remoteEntry.js": "var a;", "mf-manifest.json": text}
}

func remoteEntry(text string) map[string]string { return map[string]string{"remoteEntry.json": text} }

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		files map[string]string
		read  string // "": the folder
		want  string
	}{
		{"nothing", map[string]string{"index.html": ""}, "", "there is no build here: looked for mf-stats.json, mf-manifest.json, remoteEntry.json, remoteEntry.js, remoteEntry.mjs, at the top and 2 levels below; build with manifest: true, or name the description"},
		{"too deep", map[string]string{"a/b/c/remoteEntry.js": ""}, "", "there is no build here: looked for mf-stats.json, mf-manifest.json, remoteEntry.json, remoteEntry.js, remoteEntry.mjs, at the top and 2 levels below; build with manifest: true, or name the description"},
		{"dependencies", map[string]string{"node_modules/a/remoteEntry.js": "", ".cache/remoteEntry.js": ""}, "", "there is no build here: looked for mf-stats.json, mf-manifest.json, remoteEntry.json, remoteEntry.js, remoteEntry.mjs, at the top and 2 levels below; build with manifest: true, or name the description"},
		{"two", map[string]string{"a/remoteEntry.js": "another", "b/remoteEntry.js": "", "b/mf-manifest.json": described("")["mf-manifest.json"]}, "", `there is more than one build here: "a/remoteEntry.js", "b/mf-manifest.json"; name the one to read`},
		{"two kinds", map[string]string{"remoteEntry.json": "", "mf-manifest.json": "", "mf-stats.json": ""}, "", `there is more than one build here: "mf-stats.json", "remoteEntry.json"; name the one to read`},
		{"two scripts", map[string]string{"a/remoteEntry.js": "", "b/remoteEntry.mjs": ""}, "", `there is more than one build here: "a/remoteEntry.js", "b/remoteEntry.mjs"; name the one to read`},
		{"a script and another build", map[string]string{"remoteEntry.js": "another", "a/remoteEntry.js": "", "a/mf-manifest.json": described("")["mf-manifest.json"]}, "", `there is more than one build here: "remoteEntry.js", "a/mf-manifest.json"; name the one to read`},
		{"another JSON", map[string]string{"package.json": `{"name": "a"}`}, "package.json", "package.json: describes no build: it has neither metaData, as mf-manifest.json and mf-stats.json do, nor exposes or shared, as Native Federation's remoteEntry.json does"},
		{"absent script", nil, "remoteEntry.js", `there is no "remoteEntry.js"`},

		{"empty", manifest(""), "", "mf-manifest.json:1: is not JSON: unexpected end of JSON input"},
		{"syntax", manifest("{\n\"name\": \"a\",\n}"), "", "mf-manifest.json:3: is not JSON: invalid character '}' looking for beginning of object key string"},
		{"two documents", manifest("{}\n{}"), "", "mf-manifest.json:2: is not JSON: invalid character '{' after top-level value"},
		{"list", manifest("[]"), "", "mf-manifest.json: is a list, not an object"},
		{"Latin-1", manifest("{\"name\": \"caf\xe9\"}"), "", "mf-manifest.json: is not UTF-8"},
		{"duplicate", described(`, "shared": [{"name": "a", "singleton": true, "singleton": false}]`), "", "mf-manifest.json: shared[0].singleton is there twice"},
		{"escaped duplicate", manifest(`{"name": "a", "n\u0061me": "b"}`), "", "mf-manifest.json: name is there twice"},
		{"nested", described(`, "x": ` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), "", "mf-manifest.json: x" + strings.Repeat("[0]", 16) + " is more than 16 levels deep"},
		{"nested beyond the parser", described(`, "x": ` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000)), "", "mf-manifest.json:2: is not JSON: invalid character '[' exceeded max depth"},
		{"many values", described(`, "x": [` + strings.Repeat("0,", 250_000) + "0]"), "", "mf-manifest.json: x[249990] is where more than 250000 values have been read"},
		{"long name", described(`, "` + strings.Repeat("x", 513) + `": 0`), "", `mf-manifest.json: ` + strings.Repeat("x", 513) + ` has a name of more than 512 bytes`},
		{"large", manifest(strings.Repeat(" ", 4<<20) + "{}"), "", `"mf-manifest.json" is larger than 4 MiB`},

		{"changed since", map[string]string{"remoteEntry.json": `{"name": "a", "exposes": [{"key": "./A", "outFileName": "a.js"}], "integrity": {"a.js": "sha384-AAAA"}}`, "a.js": ""}, "",
			`these are not what the description's integrity says, so that the runtime refuses them: "a.js"; build again, or publish them as they were built`},
		{"no name", manifest(`{"metaData": {}}`), "", "mf-manifest.json: name is missing"},
		{"name is a number", manifest(`{"name": 1, "metaData": {}}`), "", "mf-manifest.json: name is a number, not a text"},
		{"metaData is a list", manifest(`{"name": "a", "metaData": []}`), "", "mf-manifest.json: metaData is a list, not an object"},
		{"no entry", manifest(`{"name": "a", "metaData": {}, "exposes": [{"path": "./A"}]}`), "", "mf-manifest.json: metaData.remoteEntry.name is missing, and something is exposed"},
		{"absent entry", manifest(`{"name": "a", "metaData": {"remoteEntry": {"name": "x.js"}}}`), "", `mf-manifest.json: metaData.remoteEntry: there is no "x.js" in its folder or one above; name the folder that the bundler wrote`},
		{"entry above", manifest(`{"name": "a", "metaData": {"remoteEntry": {"name": "../x.js"}}}`), "", `mf-manifest.json: metaData.remoteEntry.name "../x.js" leads out of the build`},
		{"entry above by its path", manifest(`{"name": "a", "metaData": {"remoteEntry": {"path": "a/../..", "name": "x.js"}}}`), "", `mf-manifest.json: metaData.remoteEntry.name "a/../../x.js" leads out of the build`},
		{"entry is the folder above", manifest(`{"name": "a", "metaData": {"remoteEntry": {"name": ".."}}}`), "", `mf-manifest.json: metaData.remoteEntry.name ".." leads out of the build`},
		{"absolute entry", manifest(`{"name": "a", "metaData": {"remoteEntry": {"name": "/etc/passwd"}}}`), "", `mf-manifest.json: metaData.remoteEntry.name "/etc/passwd" leads out of the build`},
		{"entry elsewhere", manifest(`{"name": "a", "metaData": {"remoteEntry": {"path": "", "name": "https://a.example/x.js"}}}`), "", `mf-manifest.json: metaData.remoteEntry.name "https://a.example/x.js" leads out of the build`},
		{"entry with backslashes", manifest(`{"name": "a", "metaData": {"remoteEntry": {"name": "..\\x.js"}}}`), "", `mf-manifest.json: metaData.remoteEntry.name "..\\x.js" leads out of the build`},
		{"entry is the folder", manifest(`{"name": "a", "metaData": {"remoteEntry": {"name": "x/.."}}}`), "", `mf-manifest.json: metaData.remoteEntry.name "x/.." is not the name of a file`},
		{"entry with a null byte", manifest(`{"name": "a", "metaData": {"remoteEntry": {"name": "x\u0000.js"}}}`), "", `mf-manifest.json: metaData.remoteEntry.name "x\x00.js" is not the name of a file`},
		{"entry is a folder", map[string]string{"x.js/y": "", "mf-manifest.json": `{"name": "a", "metaData": {"remoteEntry": {"name": "x.js"}}}`}, "", `"x.js" is not a file`},
		{"asset above", described(`, "exposes": [{"path": "./A", "assets": {"js": {"sync": ["a.js", "../../b.js"]}}}]`), "", `mf-manifest.json: exposes[0].assets.js.sync[1] "../../b.js" leads out of the build`},
		{"long asset", described(`, "exposes": [{"path": "./A", "assets": {"js": {"sync": ["/` + strings.Repeat("é", 200) + `"]}}}]`), "", `mf-manifest.json: exposes[0].assets.js.sync[0] "/` + strings.Repeat("é", 99) + `"... leads out of the build`},
		{"singleton is a text", described(`, "shared": [{"name": "react", "singleton": "true"}]`), "", "mf-manifest.json: shared[0].singleton is a text, not true or false"},
		{"requiredVersion is true", described(`, "shared": [{"name": "react", "requiredVersion": true}]`), "", "mf-manifest.json: shared[0].requiredVersion is true, not a text"},
		{"shared is an object", described(`, "shared": {"react": {}}`), "", "mf-manifest.json: shared is an object, not a list"},
		{"package without name", described(`, "shared": [{}]`), "", "mf-manifest.json: shared[0].name is missing"},
		{"scope is a number", described(`, "shared": [{"name": "react", "shareScope": [1]}]`), "", "mf-manifest.json: shared[0].shareScope[0] is a number, not a text"},
		{"remote without name", described(`, "remotes": [{"alias": "b"}]`), "", "mf-manifest.json: remotes[0].federationContainerName is missing"},
		{"expose without path", described(`, "exposes": [{"name": "A"}]`), "", "mf-manifest.json: exposes[0].path is missing"},

		{"native without name", remoteEntry(`{"exposes": []}`), "", "remoteEntry.json: name is missing"},
		{"native file above", remoteEntry(`{"name": "a", "exposes": [{"key": "./A", "outFileName": "../a.js"}]}`), "", `remoteEntry.json: exposes[0].outFileName "../a.js" leads out of the build`},
		{"native entry point above", remoteEntry(`{"name": "a", "shared": [{"packageName": "b", "entries": {"b/c": "/b.js"}}]}`), "", `remoteEntry.json: shared[0].entries["b/c"] "/b.js" leads out of the build`},
		{"native chunk above", remoteEntry(`{"name": "a", "shared": [], "chunks": {"b": ["../b.js"]}}`), "", `remoteEntry.json: chunks.b[0] "../b.js" leads out of the build`},
		{"native chunks are a list", remoteEntry(`{"name": "a", "shared": [], "chunks": ["b.js"]}`), "", "remoteEntry.json: chunks is a list, not an object"},
		{"native hash is a number", remoteEntry(`{"name": "a", "shared": [], "integrity": {"b.js": 1}}`), "", `remoteEntry.json: integrity["b.js"] is a number, not a text`},
		{"native format is a number", remoteEntry(`{"name": "a", "shared": [], "$version": 4}`), "", "remoteEntry.json: $version is a number, not a text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := c.read
			if name == "" {
				name = "."
			}
			b, err := read(tree(c.files), name)
			if err == nil || err.Error() != c.want || b != nil {
				t.Errorf("error %v, build %v; want %s", err, b, c.want)
			}
		})
	}
}

func TestWarned(t *testing.T) {
	t.Parallel()
	module := `{"name": "a", "metaData": {"type": "app", "remoteEntry": {"path": "e", "name": "r.js", "type": "module"}}`
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"nothing", described(""), nil},
		{"absent files", described(`, "shared": [{"name": "react", "assets": {"js": {"sync": ["a.js"]}, "css": {"async": ["b.css?v=1"]}}}],
			"exposes": [{"path": "./A", "assets": {"js": {"async": ["a.js", "remoteEntry.js"]}}}]`),
			[]string{`the description names files that are not there: "a.js", "b.css"`}},
		{"no script", map[string]string{"remoteEntry.js": "let a=1;export{a as get};\n", "mf-manifest.json": described("")["mf-manifest.json"]},
			[]string{`"remoteEntry.js" is an ES module, and described as a script`}},
		{"evaluates its address", manifest(`{"name": "a", "metaData": {"type": "app", "getPublicPath": "return 1", "remoteEntry": {"name": "remoteEntry.js"}}}`),
			[]string{"the build works its own address out (getPublicPath): the runtime evaluates text for that, which a content security policy forbids"}},
		{"files that can't be named", map[string]string{"mf-manifest.json": module + "}", "e/r.js": "", "e/b.js": "", "e/a%2fb.js": "", "e/a#.js": "", "a.js": "", "e2/a.js": "", "e/r.css": ""},
			[]string{`a release names files below its entry's folder only, so these have no integrity: "a.js", "e2/a.js"`,
				`a release can't name files whose names mean something else in a URL, so these have no integrity: "e/a#.js", "e/a%2fb.js"`}},
		{"native files that are not there", map[string]string{"remoteEntry.json": `{"name": "a", "exposes": [{"key": "./A", "outFileName": "a.js"}, {"key": "./B", "outFileName": "b.js"}],
			"integrity": {"b.js": "sha384-AAAA", "c.js": "sha512-AAAA"}}`, "a.js": "", "c.js": ""},
			[]string{`the description names files that are not there: "b.js"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, err := read(tree(c.files), ".")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(b.Warnings, c.want) {
				t.Errorf("warnings %q; want %q", b.Warnings, c.want)
			}
		})
	}
}

func TestStaleDescription(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration][]string{
		time.Minute:     nil,
		2 * time.Minute: {`"remoteEntry.js" is newer than its description, which may be of an earlier build`},
	} {
		files := tree(described(""))
		files["mf-manifest.json"].ModTime = time.Unix(1e9, 0)
		files["remoteEntry.js"].ModTime = time.Unix(1e9, 0).Add(age)
		b, err := read(files, ".")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.Warnings, want) {
			t.Errorf("%v: warnings %q; want %q", age, b.Warnings, want)
		}
	}
}

// What describes the build nearest to the top is read, whole, in preference to what says less.
func TestFound(t *testing.T) {
	t.Parallel()
	text := described("")["mf-manifest.json"]
	for _, c := range []struct {
		files []string
		entry string
		kind  Kind
	}{
		{[]string{"remoteEntry.js"}, "remoteEntry.js", Bare},
		{[]string{"remoteEntry.js", "mf-manifest.json"}, "remoteEntry.js", Manifest},
		{[]string{"remoteEntry.js", "mf-manifest.json", "mf-stats.json"}, "remoteEntry.js", Stats},
		{[]string{"checkout/browser/remoteEntry.js", "checkout/browser/mf-manifest.json", "checkout/3rdparty/x.js"}, "remoteEntry.js", Manifest},
		{[]string{"remoteEntry.js", "assets/remoteEntry.js"}, "remoteEntry.js", Bare},
		{[]string{"remoteEntry.js", "a/remoteEntry.js", "b/remoteEntry.js"}, "remoteEntry.js", Bare},
		{[]string{"remoteEntry.js", "static/mf-manifest.json"}, "remoteEntry.js", Manifest},
		{[]string{"static/mf-manifest.json", "static/remoteEntry.js"}, "remoteEntry.js", Manifest},
		{[]string{"node_modules/a/remoteEntry.js", ".x/remoteEntry.js", "a/remoteEntry.mjs"}, "remoteEntry.mjs", Bare},
	} {
		files := fstest.MapFS{}
		for _, name := range c.files {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		b, err := read(files, ".")
		if err != nil || b.Entry.Path != c.entry || b.Kind != c.kind {
			t.Errorf("%v: %+v, error %v; want %s of kind %s", c.files, b, err, c.entry, c.kind)
		}
	}
}

// What the recorded builds have no example of.
func TestSaid(t *testing.T) {
	t.Parallel()
	b, err := read(tree(described(`, "shared": [{"name": "react", "assets": {"js": {"sync": ["remoteEntry.js"]}}}],
		"remotes": [{"federationContainerName": "b", "moduleName": "."}, {"federationContainerName": "b", "moduleName": "X"}, {"federationContainerName": "a", "alias": "a"}]`)), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"what the build exposes", `the versions of "react" that the build brings`} {
		if !slices.Contains(b.Missing, want) {
			t.Errorf("missing %q; want %q among it", b.Missing, want)
		}
	}
	want := []Consumed{{Container: "a", Alias: "a"}, {Container: "b", Modules: []string{".", "./X"}}}
	if d := cmp.Diff(want, b.Consumes); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	// Only webpack's plugin makes such ranges up.
	b, err = read(tree(manifest(`{"name": "a", "metaData": {"remoteEntry": {"name": "remoteEntry.js"}}, "shared": [{"name": "react", "version": "19.3.1", "requiredVersion": "^19.3.1"}]}`)), ".")
	if err != nil || b.Bundler.Name != "rspack" || b.Shared[0].RequiredVersion != "^19.3.1" {
		t.Errorf("%+v, error %v", b, err)
	}
	b, err = read(tree(described(`, "exposes": []`)), ".")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(b.Missing, "what the build shares") || slices.Contains(b.Missing, "what the build exposes") {
		t.Errorf("missing %q", b.Missing)
	}
}

func TestEntryTypes(t *testing.T) {
	t.Parallel()
	for library, want := range map[string]Type{"": Global, "var": Global, "window": Global, "umd": Global, "global": Global, "module": Module, "esm": Module,
		"system": "", "commonjs-module": "", "amd": ""} {
		b, err := read(tree(manifest(fmt.Sprintf(`{"name": "a", "metaData": {"remoteEntry": {"name": "remoteEntry.js", "type": %q}}}`, library))), ".")
		if err != nil {
			t.Fatal(err)
		}
		asked := slices.Contains(b.Missing, "whether the entry is a module or sets a global")
		if b.Type != want || asked != (want == "") {
			t.Errorf("%q: type %q, missing %q; want %q", library, b.Type, b.Missing, want)
		}
	}
}

func TestModuleByItsText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x();", 10_000)
	for text, want := range map[string]bool{
		`import{a}from"b";` + long:                              true,
		"import * as a from 'b';":                               true,
		`import"a"`:                                             true,
		"\nimport a, {b} from 'c'":                              true,
		long + "export{a as get,b as init};":                    true,
		long + "export { a as get };\n//# sourceMappingURL=x\n": true,
		"":                            false,
		`import("a")`:                 false,
		"importScripts('a')":          false,
		"import.meta":                 false,
		long:                          false,
		"var x='export{a}'":           false,
		"var x;x='//export{a};'":      false,
		"var notexport={a};" + long:   false,
		"var x=()=>{};\nnotexport{a}": false,
	} {
		e := &ends{}
		for part := range slices.Chunk([]byte(text), 1000) {
			_, _ = e.Write(part)
		}
		if got := e.module(); got != want {
			t.Errorf("%.40q: module %v", text, got)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	many := tree(described(""))
	for i := range maxEntries {
		many[fmt.Sprintf("f%d.css", i)] = &fstest.MapFile{}
	}
	large := tree(described(""))
	large["remoteEntry.js"].Data = make([]byte, maxFile+1)
	for want, files := range map[string]fstest.MapFS{
		"there are more than 10000 files and folders here; name the folder that the bundler wrote": many,
		`"remoteEntry.js" is larger than 64 MiB`:                                                   large,
	} {
		if _, err := read(files, "."); err == nil || err.Error() != want {
			t.Errorf("error %v; want %s", err, want)
		}
	}
	delete(many, slices.Sorted(maps.Keys(many))[0])
	delete(many, slices.Sorted(maps.Keys(many))[0])
	if _, err := read(many, "."); err != nil {
		t.Errorf("%d files: %v", len(many), err)
	}
	f := &folder{tree: tree(map[string]string{"a": "12345", "b": "1"}), bytes: 5}
	if _, err := f.hash("a"); err != nil {
		t.Error(err)
	}
	if _, err := f.hash("b"); err == nil || !strings.HasPrefix(err.Error(), "the build's code is more than 1024 MiB") {
		t.Errorf("error %v", err)
	}
}

// write writes files below a folder on disk.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadFromDisk(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"checkout/browser/remoteEntry.json": `{"name": "a", "exposes": [{"key": "./A", "outFileName": "a.js"}]}`, "checkout/browser/a.js": "a"})
	for _, name := range []string{"", "/", "/checkout", "/checkout/browser/", "/checkout/browser/remoteEntry.json"} {
		b, err := Read(dir + name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if b.Kind != Native || b.Name != "a" || len(b.Files) != 1 || b.Files[0].Path != "./a.js" || b.Warnings != nil {
			t.Errorf("%q: %+v", name, b)
		}
	}
	if _, err := Read(filepath.Join(dir, "absent")); err == nil || !strings.HasPrefix(err.Error(), "reading build: stat ") {
		t.Errorf("error %v", err)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on Windows")
	}
	secret := filepath.Join(write(t, map[string]string{"secret.js": "a secret"}), "secret.js")
	text := `{"name": "a", "exposes": [{"key": "./A", "outFileName": "a.js"}]}`
	for _, c := range []struct {
		name, link, to string
		wantErr        string // part of it; "": none
		wantFiles      int
	}{
		{"inside", "b.js", "a.js", "", 2},
		{"folder inside", "b", ".", "", 1},
		{"to itself", "b.js", "b.js", "b.js", 0},
		{"cycle of folders", "b/c", "../b", "", 1},
		{"out, absolute", "b.js", secret, "escapes", 0},
		{"out, relative", "b.js", "../../../../../../../../../../../../.." + secret, "escapes", 0},
		{"folder out", "b", filepath.Dir(secret), "", 1},
		{"dangling", "b.js", "c.js", "no such file", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := write(t, map[string]string{"remoteEntry.json": text, "a.js": "a", "b/x.css": ""})
			link := filepath.Join(dir, c.link)
			if c.link == "b" {
				if err := os.RemoveAll(link); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(c.to, link); err != nil {
				t.Fatal(err)
			}
			b, err := Read(dir)
			switch {
			case c.wantErr == "" && err != nil, c.wantErr != "" && (err == nil || !strings.Contains(err.Error(), c.wantErr)):
				t.Errorf("error %v; want %q", err, c.wantErr)
			case err == nil && len(b.Files) != c.wantFiles:
				t.Errorf("files %v; want %d", b.Files, c.wantFiles)
			}
		})
	}
	dir := write(t, nil)
	if err := os.Symlink(secret, filepath.Join(dir, "remoteEntry.js")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, filepath.Join(dir, "remoteEntry.js")} {
		if b, err := Read(name); err == nil || !strings.Contains(err.Error(), "escapes") {
			t.Errorf("%s: %+v, error %v", name, b, err)
		}
	}
}

// A pipe must not be opened: nobody writes to it.
func TestPipe(t *testing.T) {
	t.Parallel()
	f := &folder{tree: fstest.MapFS{"p.js": {Mode: fs.ModeNamedPipe}}, bytes: 1}
	if _, err := f.hash("p.js"); err == nil || err.Error() != `"p.js" is not a file` {
		t.Errorf("error %v", err)
	}
}
