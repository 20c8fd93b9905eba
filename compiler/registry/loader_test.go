package registry

import (
	"crypto/sha1"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"muster/compiler/generate"
	"muster/compiler/tries"
)

// versions is a registry that changes, as a Loader sees it and as a tree.
type versions struct {
	tree   fstest.MapFS
	blobs  map[FileID][]byte
	loader *Loader
}

func newVersions() *versions {
	v := &versions{tree: fstest.MapFS{}, blobs: map[FileID][]byte{}}
	v.loader = NewLoader(func(id FileID) ([]byte, error) { return v.blobs[id], nil })
	return v
}

// set makes a file what it is to be; a zero mode removes it.
func (v *versions) set(path, text string, mode fs.FileMode) {
	if mode == 0 {
		delete(v.tree, path)
	} else {
		v.tree[path] = &fstest.MapFile{Data: []byte(text), Mode: mode}
	}
	id := FileID(sha1.Sum([]byte(text)))
	v.blobs[id] = []byte(text)
	v.loader.Apply([]Change{{Path: path, Mode: mode, ID: id}})
}

// agree holds the loader against Load of the same files.
func (v *versions) agree(t *testing.T, what string) *Registry {
	t.Helper()
	got, found, err := v.loader.Load()
	if err != nil {
		t.Fatal(what, err)
	}
	want, wanted, err := Load(v.tree, Options{})
	if err != nil {
		t.Fatal(what, err)
	}
	if !reflect.DeepEqual(found, wanted) {
		t.Fatalf("%s: the loader finds\n%v\nLoad finds\n%v", what, found, wanted)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: the loader's registry is another: %s", what, firstDifference(got, want))
	}
	return got
}

// firstDifference names a declaration that two registries do not have in common.
func firstDifference(a, b *Registry) string {
	if a == nil || b == nil || len(a.Remotes) != len(b.Remotes) || len(a.Cohorts) != len(b.Cohorts) {
		return "others are in it"
	}
	for i := range a.Remotes {
		if !reflect.DeepEqual(a.Remotes[i], b.Remotes[i]) {
			return a.Remotes[i].Name.Value
		}
	}
	for i := range a.Cohorts {
		if !reflect.DeepEqual(a.Cohorts[i], b.Cohorts[i]) {
			return a.Cohorts[i].Name.Value
		}
	}
	return "the policy, or what is faulty"
}

// sown is a registry to begin with: generated files, and this repository's own.
func sown(t testing.TB) map[string]string {
	files := map[string]string{}
	for _, f := range generate.Files(5, generate.Size{Remotes: 4, Cohorts: 3, Releases: 4, Shared: 3}) {
		files[f.Path] = string(f.Text)
	}
	names, err := filepath.Glob("../../remotes/*/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("this repository has no remotes", err)
	}
	for _, name := range names[:min(len(names), 3)] {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(filepath.ToSlash(name), "../../")] = string(text)
	}
	return files
}

// TestLoaderIsLoad holds a Loader that follows random changes against Load of what each of them makes. Faults stay for a while.
// MUSTER_MUTANTS sets how many changes there are.
func TestLoaderIsLoad(t *testing.T) {
	t.Parallel()
	changes := tries.Of(t, "MUSTER_MUTANTS", 150)
	start, v := sown(t), newVersions()
	w := wanderer{editor{rand.New(rand.NewPCG(8, 9))}, v, maps.Clone(start)}
	for path, text := range start {
		v.set(path, text, 0o644)
	}
	if !v.agree(t, "start").Complete() {
		t.Fatal("the registry is faulty to begin with")
	}
	clean, usable := 0, 0
	for range changes {
		what := w.step()
		r := v.agree(t, what)
		if r != nil {
			usable++
		}
		if r != nil && r.Complete() {
			clean++
		}
	}
	if usable < changes/2 || clean < changes/10 || clean > changes*9/10 {
		t.Errorf("of %d registries %d were usable and %d clean: the changes are too tame or too wild", changes, usable, clean)
	}
}

// wanderer changes a registry. good is what each file was when it was last as it should be.
type wanderer struct {
	editor
	*versions
	good map[string]string
}

// step makes a change, and says which.
func (w wanderer) step() string {
	paths := slices.Sorted(maps.Keys(w.good))
	if r, _, _ := w.loader.Load(); r == nil || !r.Complete() && w.rand.IntN(3) == 0 {
		for path := range w.tree {
			if _, there := w.good[path]; !there {
				w.set(path, "", 0)
			}
		}
		for _, path := range paths {
			w.set(path, w.good[path], 0o644)
		}
		return "mend all"
	}
	path := paths[w.rand.IntN(len(paths))]
	switch w.rand.IntN(24) {
	case 0:
		w.set(path, "", 0)
		return "remove " + path
	case 1:
		w.set(path, w.good[path], fs.ModeSymlink|0o777)
		return "link " + path
	case 2:
		w.set(strings.Replace(path, ".yaml", "-copy.yaml", 1), w.good[path], 0o644)
		return "copy " + path
	case 3:
		w.set(strings.Replace(path, ".yaml", "-copy.yaml", 1), "", 0)
		return "remove the copy of " + path
	case 4:
		text := policies[w.rand.IntN(len(policies))]
		w.set("schema/policy.cue", text, 0o644)
		return "policy " + text
	}
	text := w.edit(w.good[path])
	w.set(path, text, 0o644)
	if r, _, _ := w.loader.Load(); r != nil && r.Complete() {
		w.good[path] = text
	}
	return "edit " + path + " to\n" + text
}

// policies change values, constraints, and what can't be read.
var policies = func() (all []string) {
	const plain = "package schema\n\nregistry: {name: \"acme\", baseURL: \"https://manifests.acme.example/\"}\npolicy: {\n\torigins: [\"https://cdn.acme.example\"]\n"
	for _, rest := range []string{"}\n", "\twaivers: [{rule: \"budget/entry-bytes\", remote: \"shell\", until: \"2099-12-31\", reason: \"a chunk\"}]\n}\n", "\towners: [\"team-000\"]\n}\n",
		"}\n#Remote: owner: =~\"^team-\"\n", "}\n#Remote: owner: =~\"^team-\"\n// why\n", "}\n#Remote: owner: =~\"^(team|platform)\"\n", "}\n#Cohort: {name: string, if name == \"cohort-01\" {after!: _}}\n",
		"\tbudgets: entryBytes: 1000\n}\n#Release: size?: <policy.budgets.entryBytes\n", "\tbudgets: entryBytes: 90000\n}\n#Release: size?: <policy.budgets.entryBytes\n",
		"\tunknown: 1\n}\n", "", "}\npolicy: budgets: entryBytes: 5 + 6\n", "}\n#Cohort: pins?: shop!: _\n", "}\n#Remote: description?: !~\"number 1\"\n"} {
		all = append(all, plain+rest)
	}
	return all
}()

// TestLoaderShares: what did not change is the same, not alike, so that those who compare registries see it at once.
func TestLoaderShares(t *testing.T) {
	t.Parallel()
	v := newVersions()
	for path, text := range sown(t) {
		v.set(path, text, 0o644)
	}
	const path = "remotes/team-000/remote-00001.yaml"
	before := v.agree(t, "start")
	was, size := before.Remote("remote-00001"), "    size: "
	text := string(v.tree[path].Data)
	last := strings.LastIndex(text, size) + len(size)
	v.set(path, text[:last]+"1"+text[last:], 0o644)
	after := v.agree(t, "a size")
	is := after.Remote("remote-00001")
	if was == is || &was.Routes[0] != &is.Routes[0] || &was.Releases[0].Shared[0] != &is.Releases[0].Shared[0] {
		t.Error("a remote does not share what stayed")
	}
	if &before.Cohorts[0] != &after.Cohorts[0] || before.Policy != after.Policy || before.Remotes[0] != after.Remotes[0] {
		t.Error("a registry does not share what stayed")
	}
	v.set("cohorts/cohort-01.yaml", string(v.tree["cohorts/cohort-01.yaml"].Data)+"  remote-00999: ~1\n", 0o644)
	if next := v.agree(t, "a pin"); &next.Remotes[0] != &after.Remotes[0] || next.Cohorts[0] != after.Cohorts[0] {
		t.Error("a registry does not share what stayed when a pin is added")
	}
}

// TestLoaderFollowsNames: files that declare another name than before change places, among others of that name or not. Registries
// that were loaded stay what they were.
func TestLoaderFollowsNames(t *testing.T) {
	t.Parallel()
	v := newVersions()
	for path, text := range sown(t) {
		v.set(path, text, 0o644)
	}
	const path = "remotes/team-000/remote-00001.yaml"
	text := string(v.tree[path].Data)
	var loaded []*Registry
	var said []string
	for _, name := range []string{"remote-00001", "remote-99999", "aaa", "remote-00002", "remote-00001", "remote-00000"} {
		v.set(path, strings.Replace(text, "name: remote-00001", "name: "+name, 1), 0o644)
		loaded = append(loaded, v.agree(t, name))
		said = append(said, contents(loaded[len(loaded)-1]))
		v.set(path, strings.Replace(string(v.tree[path].Data), "size: ", "size: 1", 1), 0o644)
		loaded = append(loaded, v.agree(t, name+" of another size"))
		said = append(said, contents(loaded[len(loaded)-1]))
	}
	for i, r := range loaded {
		if now := contents(r); now != said[i] {
			t.Errorf("a registry became another:\n%s\nwas\n%s", now, said[i])
		}
	}
}

// contents tells registries apart by their remotes.
func contents(r *Registry) string {
	var b strings.Builder
	for _, remote := range r.Remotes {
		fmt.Fprintf(&b, "%s %s", remote.File.Path, remote.Name)
		for _, release := range remote.Releases {
			fmt.Fprintf(&b, " %s %d %v", release.Version, release.Size, release.Version.Mark)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestWrittenIsCUE holds policies that are read from their syntax against CUE's values of them.
func TestWrittenIsCUE(t *testing.T) {
	t.Parallel()
	e, written := editor{rand.New(rand.NewPCG(10, 11))}, 0
	texts := slices.Concat(policies, writtenPolicies)
	for _, f := range generate.Files(5, generate.Size{Remotes: 1, Cohorts: 1, Releases: 1, Shared: 1}) {
		if f.Path == "schema/policy.cue" {
			texts = append(texts, string(f.Text))
		}
	}
	edits := tries.Of(t, "MUSTER_MUTANTS", 200)
	for i := range edits {
		text := texts[i%len(texts)]
		for range min(i/len(texts), 1+e.rand.IntN(2)) {
			text = e.edit(text)
		}
		written += writtenAgrees(t, text)
	}
	if written < edits/10 {
		t.Errorf("only %d policies were read from their syntax", written)
	}
}

// writtenPolicies are ways to write a policy out, or nearly.
var writtenPolicies = []string{
	"package schema\n\n// c\nregistry: {name: \"acme\" // d\n\tbaseURL: \"https://m.acme.example/\", ttl: \"5s\"}\npolicy: {origins: [], singletons: {z: {strict: true}, \"@a/b\": {window: \"^1.0.0\", strict: false}, a: {}}}\n",
	"package schema\nregistry: name: \"acme\"\npolicy: origins: [\"a\", \"b\",\n\t\"c\"]\n",
	"package schema\nregistry: name: \"acme\"\nregistry: baseURL: \"https://m.acme.example/\"\npolicy: origins: []\n",
	"package schema\n\"registry\": {\"name\": \"acme\", baseURL: #\"https://m.acme.example/\"#}\npolicy: {origins: [\"é\"], budgets: entryBytes: 0o17}\n",
	"package schema\nregistry: {name: \"acme\", baseURL: \"\"\"\n\thttps://m.acme.example/\n\t\"\"\"}\npolicy: {origins: [...], budgets: entryBytes: 1_000}\n",
	"package schema\nregistry: {name: \"ac\\u006de\", baseURL: \"x\"}\npolicy: {origins: [\"x\\(registry.name)\"], budgets: entryBytes: -1}\n",
	"package schema\nregistry: {name: \"a\", baseURL: registry.name}\npolicy: {origins: [null, 1.5, 2, true], owners: [\"x\", {a: 1}, [[]]], budgets: entryBytes: *1 | int}\n",
	"package schema\nregistry: {name: \"a\", name: \"a\", baseURL: 'x'}\npolicy: {origins: [], #x: 1, _y: 2, \"#z\": 3, string: \"x\", if: \"y\"}\n",
	"package schema\nlet x = 1\nregistry: {name: \"a\", baseURL: \"x\", @foo(bar)}\npolicy: {origins: [] @foo(bar), \"a b\": 007}\n",
	"package schema\nregistry: {name: \"a\", baseURL: \"x\"}\npolicy: {origins: [], freezes: [{from: \"2026-01-01\", to: \"2026-01-02\", reason: \"r\"}, {reason: \"q\", to: \"2026-01-04\", from: \"2026-01-03\"}]}\n",
}

func writtenAgrees(t *testing.T, text string) (written int) {
	t.Helper()
	files := func() []ownFile { return []ownFile{{path: "schema/policy.cue", text: []byte(text)}} }
	s, registry, policy, l := loadSchema(files(), false)
	_, wantRegistry, wantPolicy, wanted := loadSchema(files(), true)
	if !reflect.DeepEqual(l, wanted) || !reflect.DeepEqual(registry, wantRegistry) || !reflect.DeepEqual(policy, wantPolicy) {
		t.Fatalf("the syntax says\n%s%s%v\nCUE says\n%s%s%v\nof\n%s", encodeAny(registry), encodeAny(policy), l, encodeAny(wantRegistry), encodeAny(wantPolicy), wanted, text)
	}
	if _, _, ok := s.written(); ok && len(l) == 0 {
		written = 1
	}
	return written
}

func FuzzWritten(f *testing.F) {
	for _, text := range slices.Concat(policies, writtenPolicies) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { writtenAgrees(t, text) })
}

func encodeAny(n *yaml.Node) string {
	if n == nil {
		return "nothing\n"
	}
	return encode(n)
}
