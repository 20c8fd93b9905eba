package build

import (
	"crypto/sha512"
	"encoding/base64"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// recorded is a build that a real bundler wrote, in memory: times in a checkout mean nothing.
func recorded(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	dir := os.DirFS(filepath.Join("testdata", name))
	err := fs.WalkDir(dir, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(dir, p)
		files[p] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What testdata/apps/federation.js sets, as far as each kind of description says it.
var (
	webpackStats = []Shared{
		{Package: "@preact/signals-core", Version: "1.14.5", Eager: Yes, Scopes: []string{"default"}},
		{Package: "nanoid", Version: "6.0.2", Eager: No, Scopes: []string{"ids"}},
		{Package: "react", Version: "19.3.1", RequiredVersion: "^19.3.0", StrictVersion: Yes, Eager: No, Scopes: []string{"default"}},
		{Package: "rxjs", RequiredVersion: "^7.8.0", Eager: No, NoImport: true, Scopes: []string{"default"}},
		{Package: "zustand", Version: "5.1.0", Singleton: No, StrictVersion: No, Eager: No, Scopes: []string{"default"}},
	}
	webpackManifest = []Shared{
		{Package: "@preact/signals-core", Version: "1.14.5"},
		{Package: "nanoid", Version: "6.0.2"},
		{Package: "react", Version: "19.3.1", RequiredVersion: "^19.3.0"},
		{Package: "rxjs", Version: "7.8.2", RequiredVersion: "^7.8.0"},
		{Package: "zustand", Version: "5.1.0", Singleton: No},
	}
	webpackHostStats = []Shared{webpackStats[1], webpackStats[2], webpackStats[4]} // it has no code that uses the others
	rspackShared     = []Shared{
		{Package: "@preact/signals-core", Version: "1.14.5", AnyVersion: true},
		{Package: "nanoid", Version: "6.0.2", RequiredVersion: "^6.0.0"},
		{Package: "react", Version: "19.3.1", RequiredVersion: "^19.3.0"},
		{Package: "rxjs", RequiredVersion: "^7.8.0"},
		{Package: "zustand", Version: "5.1.0", RequiredVersion: "^5.0.0", Singleton: No},
	}
	viteShared = []Shared{
		{Package: "@preact/signals-core", Version: "1.14.5", AnyVersion: true, Singleton: No},
		{Package: "nanoid", Version: "6.0.2", RequiredVersion: "^6.0.0", Singleton: No},
		{Package: "react", Version: "19.3.1", RequiredVersion: "^19.3.0", Singleton: Yes},
		{Package: "rxjs", Version: "7.8.2", RequiredVersion: "^7.8.0", Singleton: Yes},
		{Package: "zustand", Version: "5.1.0", RequiredVersion: "^5.0.0", Singleton: No},
	}
	nativeShared = []Shared{
		{Package: "@preact/signals-core", Version: "1.14.5", RequiredVersion: "^1.14.0", Singleton: Yes, StrictVersion: No},
		{Package: "nanoid", Version: "6.0.2", RequiredVersion: "^6.0.0", Singleton: No, StrictVersion: No},
		{Package: "react", Version: "19.3.1", RequiredVersion: "^19.3.0", Singleton: Yes, StrictVersion: Yes},
		{Package: "zustand", Version: "5.1.0", RequiredVersion: "^5.0.0", Singleton: Yes, StrictVersion: Yes},
		{Package: "zustand/vanilla", Version: "5.1.0", RequiredVersion: "^5.0.0", Singleton: Yes, StrictVersion: Yes},
	}
)

// sized gives the declarations, in their order, the sizes of their files.
func sized(shared []Shared, sizes ...int64) []Shared {
	shared = slices.Clone(shared)
	for i, size := range sizes {
		shared[i].Size = size
	}
	return shared
}

// scoped puts one package into a scope.
func scoped(shared []Shared, name, scope string) []Shared {
	shared = slices.Clone(shared)
	i := slices.IndexFunc(shared, func(s Shared) bool { return s.Package == name })
	shared[i].Scopes = []string{scope}
	return shared
}

const (
	cdn     = "https://cdn.acme.example/checkout/2.5.0/"
	catalog = "https://cdn.acme.example/catalog/3.3.0/mf-manifest.json"

	noVersion   = "the release's version: pass --version"
	noEntry     = "the entry's URL: pass --entry"
	noStrategy  = "the shareStrategy, where it is not version-first"
	noRxjs      = `whether the build brings "rxjs" at all (import: false): the description names no file`
	noSingleton = `whether "@preact/signals-core", "nanoid", "react", "rxjs" are singletons: the description writes true where nothing is set`
	noStrict    = `whether "@preact/signals-core", "nanoid", "react", "rxjs" are strict (strictVersion)`
	noEager     = `whether "@preact/signals-core", "nanoid", "react", "rxjs", "zustand" are eager`
	noScopes    = `the share scopes of "@preact/signals-core", "nanoid", "react", "rxjs", "zustand", where they are not the default one`
	noRanges    = `which versions of "@preact/signals-core", "nanoid", "zustand" are accepted (requiredVersion): the description writes ^ and the version where the app sets false or nothing`
	noNative    = "the version of @softarc/native-federation, which tells the runtimes apart: the description is of format "
)

var (
	modules = []string{"./Button", "./Routes", "./Total"}
	price   = []Consumed{{Container: "productCatalog", Alias: "catalog", Entry: catalog, Modules: []string{"./Price"}}}

	missingOfManifests = []string{noSingleton, noStrict, noEager, noScopes, noRxjs, noStrategy}
)

// mf is a build of the app checkout with Module Federation.
func mf(kind Kind, entry string, typ Type, shared []Shared) Build {
	return Build{Kind: kind, Runtime: "module-federation", Name: "checkout", Version: "2.5.0", Entry: File{Path: entry}, Type: typ,
		PublicPath: cdn, Exposes: modules, Shared: shared, Consumes: price, Bundler: Bundler{Federation: "2.9.2"}}
}

func native(name string, shared []Shared, format string) Build {
	return Build{Kind: Native, Runtime: "native-federation", Name: name, Entry: File{Path: "remoteEntry.json"}, Type: Module,
		Exposes: []string{"./Button", "./Routes"}, Shared: shared, Missing: []string{noVersion, noEntry, noNative + format}}
}

func (b Build) with(change func(*Build)) Build {
	change(&b)
	return b
}

var outsideEntry = `a release names files below its entry's folder only, so these have no integrity: "237.3e583b35.js", "360.581b3aa6.js", "555.c4daa34f.js", "789.990e5669.js", "979.db098db6.js" and 3 more`

var builds = []struct {
	dir, file string // "." is the whole folder
	want      Build
}{
	{"webpack-5.110.3-script", ".", mf(Stats, "remoteEntry.js", Global, sized(webpackStats, 0, 770, 7912, 0, 1524)).with(func(b *Build) {
		b.PublicPath = "auto"
		b.Missing = []string{noEntry, noSingleton, noRanges, noStrategy}
	})},
	{"webpack-5.110.3-script", "mf-manifest.json", mf(Manifest, "remoteEntry.js", Global, sized(webpackManifest, 0, 770, 7912, 0, 1524)).with(func(b *Build) {
		b.PublicPath = "auto"
		b.Missing = []string{noEntry, noSingleton, noRanges, noStrict, noEager, noScopes, noRxjs, noStrategy}
	})},
	{"webpack-5.110.3-module", ".", mf(Stats, "remoteEntry.4e04276c.js", Module, sized(webpackStats, 0, 802, 7944, 0, 1588)).with(func(b *Build) {
		b.Missing = []string{noSingleton, noRanges, noStrategy}
		b.Warnings = []string{`source maps are in the build, and published with it: "142.96c510bd.js.map", "237.38ef0af5.js.map", "540.aa89e011.js.map", "561.f8915a78.js.map", "618.7b0b56df.js.map" and 4 more`}
	})},
	{"webpack-5.110.3-host", ".", Build{Kind: Stats, Runtime: "module-federation", Name: "shell", Version: "2.5.0",
		Shared: sized(webpackHostStats, 770, 7912, 1524), Consumes: []Consumed{{Container: "productCatalog", Alias: "catalog", Entry: catalog}},
		Bundler: Bundler{Federation: "2.9.2"}, Missing: []string{strings.NewReplacer(`"@preact/signals-core", `, "", `, "rxjs"`, "").Replace(noSingleton),
			strings.Replace(noRanges, `"@preact/signals-core", `, "", 1), noStrategy}}},
	{"webpack-5.110.3-plain", ".", Build{Kind: Bare, Runtime: "module-federation", Entry: File{Path: "remoteEntry.js"}, Missing: []string{
		"the container's name", noVersion, "whether the entry is a module or sets a global", noEntry,
		"what it exposes, shares and consumes: build with manifest: true, or write them yourself", "which bundler built it, and with which federation plugin"}}},
	{"rspack-2.3.2-script", ".", mf(Stats, "remoteEntry.js", Global, sized(rspackShared, 0, 769, 7846, 0, 1476)).with(func(b *Build) {
		b.Bundler.Name, b.Missing = "rspack", missingOfManifests
		b.Warnings = []string{`the container is "checkout" and its global "acmeCheckout": a page finds it only if it is told both`}
	})},
	{"rspack-2.3.2-module", ".", mf(Stats, "static/remoteEntry.js", Module, sized(rspackShared, 0, 755, 7832, 0, 1448)).with(func(b *Build) {
		b.Bundler.Name, b.PublicPath, b.Missing = "rspack", "auto", append([]string{noEntry}, missingOfManifests...)
		b.Consumes = []Consumed{{Container: "catalog", Alias: "catalog", Modules: []string{"./Price"}}} // as it is written there
		b.Warnings = []string{outsideEntry}
	})},
	{"rspack-2.3.2-module", "static/mf-manifest.json", mf(Manifest, "static/remoteEntry.js", Module, sized(rspackShared, 0, 755, 7832, 0, 1448)).with(func(b *Build) {
		b.Bundler.Name, b.PublicPath, b.Missing = "rspack", "auto", append([]string{noEntry}, missingOfManifests...)
		b.Consumes = []Consumed{{Container: "catalog", Alias: "catalog", Modules: []string{"./Price"}}}
		b.Warnings = []string{outsideEntry}
	})},
	{"vite-8.3.8", ".", viteBuild(Stats)},
	{"vite-8.3.8", "mf-manifest.json", viteBuild(Manifest)},
	{"vite-8.3.8", "remoteEntry.js", Build{Kind: Bare, Runtime: "module-federation", Entry: File{Path: "remoteEntry.js"}, Type: Module, Missing: []string{
		"the container's name", noVersion, noEntry,
		"what it exposes, shares and consumes: build with manifest: true, or write them yourself", "which bundler built it, and with which federation plugin"}}},
	{"native-federation-3.5.5", ".", native("checkout", sized(nativeShared, 7766, 974, 10867, 800, 451), "3")},
	{"native-federation-4.7.0-flat", ".", native("@acme/checkout", sized(nativeShared, 5511, 665, 10436, 634, 342), "4")},
	{"native-federation-4.7.0-dense", "remoteEntry.json", native("@acme/checkout", sized(scoped(nativeShared[:4], "nanoid", "ids"), 5511, 665, 10436, 634+342), "4")},
}

func viteBuild(kind Kind) Build {
	return mf(kind, "remoteEntry.js", Module, viteShared).with(func(b *Build) {
		b.Version, b.Bundler = "", Bundler{Name: "vite"}
		b.Consumes = []Consumed{{Container: "productCatalog", Alias: "catalog", Modules: []string{"./Price"}}}
		b.Missing = []string{noVersion, `whether "react", "rxjs" are strict (strictVersion)`, noEager, noScopes, noRxjs, noStrategy,
			"the version of the federation runtime, which is that of @module-federation/runtime"}
	})
}

func TestRecordedBuilds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range builds {
		seen[c.dir] = true
		t.Run(c.dir+"/"+c.file, func(t *testing.T) {
			t.Parallel()
			files := recorded(t, c.dir)
			want := c.want
			want.Entry = served(files, want.Entry.Path, "")
			want.Files = servedModules(files, want)
			got, err := read(files, c.file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
	dirs, err := filepath.Glob("testdata/*-*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no recorded builds", err)
	}
	for _, dir := range dirs {
		if !seen[filepath.Base(dir)] {
			t.Errorf("nothing is expected of %s", dir)
		}
	}
}

// served is a file with its hash, computed in one go.
func served(files fstest.MapFS, name, prefix string) File {
	if name == "" {
		return File{}
	}
	sum := sha512.Sum384(files[name].Data)
	return File{prefix + name, "sha384-" + base64.StdEncoding.EncodeToString(sum[:]), int64(len(files[name].Data))}
}

// servedModules are all the scripts but the entry, where that is a module that has them below its folder.
func servedModules(files fstest.MapFS, b Build) (all []File) {
	for name := range files {
		if b.Type == Module && path.Dir(b.Entry.Path) == "." && strings.HasSuffix(name, ".js") && name != b.Entry.Path {
			all = append(all, served(files, name, "./"))
		}
	}
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// The builder of Native Federation 4 writes hashes of its own.
func TestIntegrityIsTheBuilders(t *testing.T) {
	t.Parallel()
	files := recorded(t, "native-federation-4.7.0-dense")
	top, err := parse("remoteEntry.json", files["remoteEntry.json"].Data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := read(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Files) != 8 {
		t.Fatalf("%d files", len(b.Files))
	}
	for _, f := range b.Files {
		if want := top.member("integrity").member(strings.TrimPrefix(f.Path, "./")).text(); f.Integrity != want {
			t.Errorf("%s has %s; its builder says %s", f.Path, f.Integrity, want)
		}
	}
}
