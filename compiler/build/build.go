// Package build reads what a bundler wrote: a remote's entry, its chunks, and the description beside them. It takes what the build
// says, computes what can be computed from the files, and names what a release needs and no file tells.
//
//	dist/mf-manifest.json       {"name": "checkout", "metaData": {"remoteEntry": {"name": "remoteEntry.js", "type": "module"}, ...}, ...}
//	dist/remoteEntry.js         5312 bytes
//	dist/142.js
//
// is the container checkout with the entry remoteEntry.js, an ES module of 5312 bytes and this integrity, and one further file. Whether
// its packages are strict about versions is in Missing: the manifest has no word for it.
//
// # Who says what
//
// There are three descriptions. mf-manifest.json and mf-stats.json are Module Federation's, and who wrote one decides how far it can be
// believed. remoteEntry.json is Native Federation's, and is itself the entry. Measured on the builds in testdata, which real bundlers
// wrote of one app:
//
//	                     webpack    webpack   rspack    vite      Native
//	                     manifest   stats     both      both      Federation
//	version              yes        yes       yes       yes       yes
//	requiredVersion      (1)        (1)       yes       yes       yes
//	singleton            (2)        (2)       (2)       yes       yes
//	strictVersion        no         if set    no        no        yes
//	eager                no         yes       no        no        has none
//	shareScope           no         yes       no        no        if set
//	import: false        no         yes       no        no        has none
//	the release          yes        yes       yes       (3)       no
//	the plugin           yes        yes       yes       (4)       the format
//	shareStrategy        no         no        no        no        has none
//	integrity            no         no        no        no        if set
//
// (1) ^ and the version where the app sets false or nothing, whatever its package.json asks for. (2) true where nothing is set, so that
// only false says something. (3) "1.0.0" unless MF_BUILD_VERSION is set. (4) That of @module-federation/vite, whose numbers are not
// those of the federation runtime.
//
// mf-stats.json has besides which source file is exposed and who uses what, which no release holds.
package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Build is what a bundler wrote. Lists are sorted, so that one build always reads the same.
type Build struct {
	Kind       Kind
	Runtime    string // module-federation or native-federation, as in a remote's runtime field
	Name       string // the container's, as the runtime knows it; "" if the build does not say
	Version    string // as the build says, which need not be a semantic version; "" if it does not
	Entry      File   // zero for a host, which is loaded by nobody
	Type       Type
	Files      []File     // every other ES module, by path; nil where a global script is the entry: import maps don't reach its chunks
	PublicPath string     // the URL of the folder that Entry.Path starts from; "auto" or "" if the build can be served from anywhere
	Exposes    []string   // "./Routes"
	Shared     []Shared   // by package; one may be declared several times
	Consumes   []Consumed // by container and alias
	Bundler    Bundler
	Missing    []string // what a release needs and the build does not say, with how to tell it; nil: nothing
	Warnings   []string // what is odd about the build, without keeping it from being released
}

// Kind is what described a build.
type Kind string

// The kinds of descriptions.
const (
	Manifest Kind = "mf-manifest"
	Stats    Kind = "mf-stats"
	Native   Kind = "native-federation"
	Bare     Kind = "files" // nothing: there is the entry itself
)

// Type is how a page loads an entry, as in a release's type field.
type Type string

// The types of entries. "" is one that the build does not tell, or that no release can name.
const (
	Module Type = "module"
	Global Type = "global"
)

// File is a file of a build as it is served.
type File struct {
	Path      string // of the entry: from the build's folder. Of others: from the entry's, with "./" before it, as a release's files field has it
	Integrity string // sha384-...
	Size      int64  // bytes
}

// Shared is one shared declaration, in Module Federation's terms.
type Shared struct {
	Package         string
	Version         string // of the copy that the build brings; "" if it does not say, or brings none
	RequiredVersion string // "": not said
	AnyVersion      bool   // requiredVersion: false
	Singleton       Answer
	StrictVersion   Answer
	Eager           Answer
	NoImport        bool     // import: false: the build brings no copy
	Scopes          []string // nil: not said
	Size            int64    // bytes of the files that the build names for this package alone; 0 if it names none
}

// Answer is what a build says to a question. Unsaid is also one that says what its author may not have set.
type Answer uint8

// The answers.
const (
	Unsaid Answer = iota
	Yes
	No
)

// Consumed is a remote that the build loads modules of.
type Consumed struct {
	Container string   // the runtime's name for the remote
	Alias     string   // the consumer's name for it
	Entry     string   // its URL, or what the build wrote instead; "" if the build leaves it to the page
	Modules   []string // "./Price"; nil if the build does not say which
}

// Bundler is what built the build, as far as it says. Federation is the version of the plugin whose runtime the build brings.
type Bundler struct{ Name, Version, Federation string }

// The runtimes that load what a bundler writes, as a remote's runtime field names them.
const (
	moduleFederation = "module-federation"
	nativeFederation = "native-federation"
)

// Read reads a build: a folder, which holds one of the descriptions, or else remoteEntry.js alone, at its top or up to two levels
// below (as in dist/<app>/browser); or the description itself, whose folder then is the build. Links that lead out of the folder are
// not followed. An error says what is wrong with which file, and at which field of a description.
func Read(name string) (*Build, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("reading build: %w", err)
	}
	file := "."
	if !info.IsDir() {
		name, file = filepath.Split(name)
	}
	root, err := os.OpenRoot(filepath.Clean(name))
	if err != nil {
		return nil, fmt.Errorf("reading build: %w", err)
	}
	defer root.Close()
	return read(root.FS(), file)
}

// read reads the build that lies in a tree, or that one of its files describes.
func read(tree fs.FS, name string) (*Build, error) {
	f := &folder{tree: tree, entries: maxEntries, bytes: maxBytes}
	if name != "." {
		return f.read(name)
	}
	name, script, err := f.find()
	if err != nil {
		return nil, err
	}
	f.entries = maxEntries
	b, err := f.read(name)
	if err != nil || script == "" {
		return b, err
	}
	// A description may lie in a folder below its entry's, or be that of another build.
	if entry, err := f.hash(script); err != nil || entry.Integrity != b.Entry.Integrity {
		return nil, several([]string{script, name})
	}
	return b, nil
}

func (f *folder) read(name string) (*Build, error) {
	if isScript(name) {
		return f.readBare(name)
	}
	text, modified, err := f.description(name)
	if err != nil {
		return nil, err
	}
	top, err := parse(name, text)
	switch {
	case err != nil:
		return nil, err
	case top.member("metaData").there:
		return f.readFederation(name, top, modified)
	case top.member("exposes").there || top.member("shared").there:
		return f.readNative(name, top)
	}
	return nil, fmt.Errorf("%s: describes no build: it has neither metaData, as mf-manifest.json and mf-stats.json do, nor exposes or shared, as Native Federation's remoteEntry.json does", name)
}

// descriptions are what a folder is searched for, and scripts where there are none. The first in a folder tells most of the build.
var (
	descriptions = []string{"mf-stats.json", "mf-manifest.json", "remoteEntry.json"}
	scripts      = []string{"remoteEntry.js", "remoteEntry.mjs"}
)

// searchedLevels is how far below the top a description is looked for: Angular writes dist/<app>/browser.
const searchedLevels = 2

// find returns the description nearest to the top, and an entry that is as near and that it may not be about; or, if there is no
// description, the nearest entry.
func (f *folder) find() (description, script string, err error) {
	level := []string{"."}
	for depth := 0; depth <= searchedLevels && len(level) > 0; depth++ {
		found, bare, below, err := f.search(level)
		if err != nil {
			return "", "", err
		}
		if script != "" {
			bare = nil
		}
		if len(found) > 1 || len(bare) > 1 {
			return "", "", several(append(found, bare...))
		}
		if len(bare) == 1 {
			script = bare[0]
		}
		if len(found) == 1 {
			return found[0], script, nil
		}
		level = below
	}
	if script != "" {
		return script, "", nil
	}
	return "", "", fmt.Errorf("there is no build here: looked for %s, at the top and %d levels below; build with manifest: true, or name the description",
		strings.Join(slices.Concat(descriptions, scripts), ", "), searchedLevels)
}

func several(names []string) error {
	return fmt.Errorf("there is more than one build here: %s; name the one to read", listed(names, 5))
}

// search lists some folders: the descriptions in them, the entries that nothing beside them describes, and the folders below.
func (f *folder) search(folders []string) (found, bare, below []string, err error) {
	for _, dir := range folders {
		entries, err := f.list(dir)
		if err != nil {
			return nil, nil, nil, err
		}
		files := map[string]bool{}
		for _, e := range entries {
			files[e.Name()] = !e.IsDir()
			if e.IsDir() && e.Name() != "node_modules" && !strings.HasPrefix(e.Name(), ".") {
				below = append(below, path.Join(dir, e.Name()))
			}
		}
		described := false
		for _, name := range descriptions {
			// mf-stats.json and mf-manifest.json are of one build, Native Federation's remoteEntry.json is of another.
			if files[name] && (!described || name == "remoteEntry.json") {
				found, described = append(found, path.Join(dir, name)), true
			}
		}
		for _, name := range scripts {
			if files[name] && !described {
				bare = append(bare, path.Join(dir, name))
			}
		}
	}
	return found, bare, below, nil
}

func isScript(name string) bool {
	return strings.HasSuffix(name, ".js") || strings.HasSuffix(name, ".mjs")
}

// readBare reads a build that nothing describes.
func (f *folder) readBare(name string) (*Build, error) {
	b := &Build{Kind: Bare, Runtime: moduleFederation}
	entry, err := f.hash(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %q", name)
	}
	if err != nil {
		return nil, err
	}
	if entry.module {
		b.Type = Module
	}
	b.Entry = entry.File
	b.Entry.Path = path.Base(name)
	if err := b.addFiles(f, path.Dir(name), name); err != nil {
		return nil, err
	}
	b.miss("the container's name")
	b.missCommon()
	b.miss("what it exposes, shares and consumes: build with manifest: true, or write them yourself")
	b.miss("which bundler built it, and with which federation plugin")
	return b, nil
}
