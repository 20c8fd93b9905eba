package build

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// dialect is who wrote a description, as far as it decides what the same words mean.
type dialect struct {
	bundler        string
	federation     bool   // pluginVersion is a version of the federation runtime
	vagueSingleton string // why singleton: true says nothing; "" if it does
	vagueRange     string // why ^ and the version says nothing as a requiredVersion; "" if it does
	versionDefault string // what stands for a version that nobody gave
}

const alwaysTrue = "the description writes true where nothing is set"

// The dialects. Webpack's is also that of rspack before it had a plugin of its own, so it names no bundler.
var (
	ofWebpack = dialect{federation: true, vagueSingleton: alwaysTrue, versionDefault: "local",
		vagueRange: "the description writes ^ and the version where the app sets false or nothing"}
	ofRspack = dialect{bundler: "rspack", federation: true, vagueSingleton: alwaysTrue, versionDefault: "local"}
	ofVite   = dialect{bundler: "vite", versionDefault: "1.0.0"}
)

// dialectOf tells dialects apart: only @module-federation/vite names an entry for servers, since its 1.0, and only rspack's own plugin
// leaves the type out.
func dialectOf(meta value) dialect {
	switch {
	case meta.member("ssrRemoteEntry").there:
		return ofVite
	case !meta.member("type").there:
		return ofRspack
	}
	return ofWebpack
}

// readFederation reads mf-manifest.json or mf-stats.json, under whatever name.
func (f *folder) readFederation(name string, top value, modified time.Time) (*Build, error) {
	meta := top.member("metaData")
	says := dialectOf(meta)
	b := &Build{Kind: Manifest, Runtime: moduleFederation, Exposes: exposes(top.member("exposes"), "path"), Consumes: consumes(top.member("remotes"))}
	if strings.HasSuffix(strings.TrimSuffix(path.Base(name), ".json"), "-stats") {
		b.Kind = Stats
	}
	b.addMeta(top.member("name").required(), meta, says)
	files := &assets{named: map[string]int{}}
	doubts := b.addShared(top.member("shared"), says, files)
	for _, e := range top.member("exposes").items() {
		files.add(e)
	}
	entry := entryOf(meta.member("remoteEntry"))
	if top.doc.fault != nil {
		return nil, top.doc.fault
	}
	base, err := b.addEntry(f, name, entry, modified)
	if err != nil {
		return nil, err
	}
	files.check(f, base, b)
	files.measure(f, base, b)
	b.sortShared()
	b.missCommon()
	b.missFederation(top, says, doubts)
	return b, nil
}

// addMeta takes what metaData says of the build as a whole.
func (b *Build) addMeta(name string, meta value, says dialect) {
	b.Name, b.Bundler.Name, b.Type = name, says.bundler, typeOf(meta.member("remoteEntry").member("type"))
	if version := meta.member("buildInfo").member("buildVersion").text(); version != says.versionDefault {
		b.Version = version
	}
	if says.federation {
		b.Bundler.Federation = meta.member("pluginVersion").text()
	}
	// A path without a host depends on the page, and so says nothing.
	if at := meta.member("publicPath").text(); at == "auto" || strings.HasPrefix(at, "https://") || strings.HasPrefix(at, "http://") {
		b.PublicPath = at
	}
	if meta.member("getPublicPath").there {
		b.Warnings = append(b.Warnings, "the build works its own address out (getPublicPath): the runtime evaluates text for that, which a content security policy forbids")
	}
	if global := meta.member("globalName").text(); b.Type == Global && global != "" && global != name {
		b.Warnings = append(b.Warnings, fmt.Sprintf("the container is %s and its global %s: a page finds it only if it is told both", quote(name), quote(global)))
	}
}

// entryOf is the entry's path, which webpack's plugin splits in two and rspack's does not; "" for a build that has none.
func entryOf(remote value) string {
	dir, name := remote.member("path").text(), remote.member("name")
	if dir == "" || name.text() == "" {
		return name.file()
	}
	return name.inside(dir + "/" + name.text())
}

// typeOf is how the federation runtime loads an entry of a library type: import() for two of them, SystemJS for one, and a script that
// must set a global for the rest, of which those for servers and AMD loaders set none.
func typeOf(library value) Type {
	switch t := library.text(); {
	case t == "module" || t == "esm":
		return Module
	case t == "system" || strings.HasPrefix(t, "commonjs") || strings.HasPrefix(t, "amd"):
		return ""
	}
	return Global
}

// addEntry finds the entry and the files beside it, and returns the build's folder: a description may lie deeper than what it describes,
// as with rspack's manifest.filePath.
func (b *Build) addEntry(f *folder, description, entry string, modified time.Time) (base string, err error) {
	base = path.Dir(description)
	if entry == "" {
		if len(b.Exposes) > 0 {
			return "", fmt.Errorf("%s: metaData.remoteEntry.name is missing, and something is exposed", description)
		}
		b.Type = ""
		return base, b.addFiles(f, base, description)
	}
	for at := base; ; at = path.Dir(at) {
		found, err := f.hash(path.Join(at, entry))
		switch {
		case err == nil:
			b.take(found, entry, modified)
			return at, b.addFiles(f, at, path.Join(at, entry))
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		case at == ".":
			return "", fmt.Errorf("%s: metaData.remoteEntry: there is no %s in its folder or one above; name the folder that the bundler wrote", description, quote(entry))
		}
	}
}

// slack is how much later than its description an entry may be written in one run of a bundler.
const slack = time.Minute

func (b *Build) take(entry hashed, name string, described time.Time) {
	b.Entry = entry.File
	b.Entry.Path = name
	if entry.module && b.Type == Global {
		b.Type = Module
		b.Warnings = append(b.Warnings, fmt.Sprintf("%q is an ES module, and described as a script", name))
	}
	if entry.modified.Sub(described) > slack {
		b.Warnings = append(b.Warnings, fmt.Sprintf("%q is newer than its description, which may be of an earlier build", name))
	}
}

// exposes are the modules in a list, each named by a field.
func exposes(list value, field string) (all []string) {
	for _, e := range list.items() {
		if key := e.member(field).required(); key != "" {
			all = append(all, key)
		}
	}
	return sorted(all)
}

// consumes groups a list that has an item for each module.
func consumes(list value) (all []Consumed) {
	places := map[[3]string]int{}
	for _, r := range list.items() {
		c := Consumed{Container: r.member("federationContainerName").required(), Alias: r.member("alias").text(), Entry: r.member("entry").text()}
		if c.Entry == "*" { // what @module-federation/vite writes for all
			c.Entry = ""
		}
		key := [3]string{c.Container, c.Alias, c.Entry}
		i, ok := places[key]
		if !ok {
			i = len(all)
			places[key] = i
			all = append(all, c)
		}
		switch module := r.member("moduleName").text(); module {
		case "", "UNKNOWN": // declared, and not imported
		case ".":
			all[i].Modules = append(all[i].Modules, module)
		default:
			all[i].Modules = append(all[i].Modules, "./"+module)
		}
	}
	for i := range all {
		all[i].Modules = sorted(all[i].Modules)
	}
	slices.SortFunc(all, func(a, b Consumed) int {
		return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Alias, b.Alias), cmp.Compare(a.Entry, b.Entry))
	})
	return all
}
