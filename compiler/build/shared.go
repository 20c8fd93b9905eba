package build

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// assets are the files that a description names, and for whom.
type assets struct {
	named  map[string]int // how many declarations and modules name a file
	shared [][]string     // those of each shared declaration, in the order of the build's
}

// add takes the files of one declaration or module, and returns them.
func (a *assets) add(owner value) []string {
	var files []string
	for _, kind := range []string{"js", "css"} {
		for _, when := range []string{"sync", "async"} {
			for _, file := range owner.member("assets").member(kind).member(when).items() {
				if name := file.file(); name != "" {
					files = append(files, name)
				}
			}
		}
	}
	files = sorted(files)
	for _, name := range files {
		a.named[name]++
	}
	return files
}

// check warns of files that are not there.
func (a *assets) check(f *folder, base string, b *Build) {
	var absent []string
	for name := range a.named {
		if _, err := f.size(path.Join(base, name)); err != nil {
			absent = append(absent, name)
		}
	}
	b.warn(sorted(absent), "the description names files that are not there: %s")
}

// measure adds up the files that are a package's alone.
func (a *assets) measure(f *folder, base string, b *Build) {
	for i, files := range a.shared {
		var sum int64
		for _, name := range files {
			size, err := f.size(path.Join(base, name))
			if err != nil || a.named[name] > 1 || name == b.Entry.Path {
				sum = 0
				break
			}
			sum += size
		}
		b.Shared[i].Size = sum
	}
}

// size is that of a regular file.
func (f *folder) size(name string) (int64, error) {
	info, err := fs.Stat(f.tree, name)
	switch {
	case err != nil:
		return 0, fmt.Errorf("reading file: %w", err)
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("%q is not a file", name)
	}
	return info.Size(), nil
}

// addShared takes the shared declarations of Module Federation's descriptions, and tells about each what it does not say.
func (b *Build) addShared(list value, says dialect, files *assets) (unsaid []doubt) {
	for _, s := range list.items() {
		d := Shared{Package: s.member("name").required(), Version: s.member("version").text(), Singleton: s.member("singleton").answer(),
			StrictVersion: s.member("strictVersion").answer(), Eager: s.member("eager").answer(), Scopes: s.member("shareScope").scopes(),
			NoImport: s.member("import").raw == false}
		d.RequiredVersion, d.AnyVersion = s.member("requiredVersion").requirement()
		if says.vagueSingleton != "" && d.Singleton == Yes {
			d.Singleton = Unsaid
		}
		if says.vagueRange != "" && d.RequiredVersion == "^"+d.Version {
			d.RequiredVersion = ""
		}
		if d.NoImport {
			d.Version = "" // that of the copy that was installed, and is not in the build
		}
		own := files.add(s)
		files.shared = append(files.shared, own)
		b.Shared = append(b.Shared, d)
		unsaid = append(unsaid, doubt{d, s.member("shareScope").there, len(own) == 0})
	}
	return unsaid
}

// requirement is a requiredVersion: a range, or false for any version. Rspack's null is the latter too: it comes of false, and of
// a package that no range was found for.
func (v value) requirement() (text string, anyVersion bool) {
	if v.there && (v.raw == nil || v.raw == false) {
		return "", true
	}
	return v.text(), false
}

// scopes are those of a shareScope, which is a name or a list of names.
func (v value) scopes() (all []string) {
	if _, ok := v.raw.([]any); !ok {
		if scope := v.text(); scope != "" {
			all = append(all, scope)
		}
		return all
	}
	for _, scope := range v.items() {
		all = append(all, scope.required())
	}
	return all
}

// doubt is a shared declaration and what is known of its description: whether it tells all that the app has set, as webpack's
// mf-stats.json does, and whether it names no file of the package.
type doubt struct {
	Shared
	full, bare bool
}

// questions are what a description may leave open about shared packages, about which of them it does, and why.
var questions = []struct {
	ask  string
	open func(doubt) bool
	why  func(dialect) string // nil: it just has no word for it
}{
	{"whether %s are singletons", func(d doubt) bool { return d.Singleton == Unsaid }, func(says dialect) string { return says.vagueSingleton }},
	{"which versions of %s are accepted (requiredVersion)", func(d doubt) bool { return d.RequiredVersion == "" && !d.AnyVersion },
		func(says dialect) string { return says.vagueRange }},
	// Of packages that are no singletons the federation runtime does not heed it.
	{"whether %s are strict (strictVersion)", func(d doubt) bool { return d.StrictVersion == Unsaid && d.Singleton != No && !d.full }, nil},
	{"whether %s are eager", func(d doubt) bool { return d.Eager == Unsaid }, nil},
	{"the share scopes of %s, where they are not the default one", func(d doubt) bool { return d.Scopes == nil }, nil},
	{"whether the build brings %s at all (import: false)", func(d doubt) bool { return d.bare && !d.full },
		func(dialect) string { return "the description names no file" }},
	{"the versions of %s that the build brings", func(d doubt) bool { return d.Version == "" && !d.bare }, nil},
}

// maxAsked is how many packages a question names.
const maxAsked = 100

// missFederation asks for what a release needs and a description of Module Federation does not say.
func (b *Build) missFederation(top value, says dialect, doubts []doubt) {
	for _, list := range []struct{ field, ask string }{{"shared", "what the build shares"}, {"exposes", "what the build exposes"}} {
		if top.member(list.field).raw == nil {
			b.miss(list.ask)
		}
	}
	for _, q := range questions {
		var about []string
		for _, d := range doubts {
			if q.open(d) {
				about = append(about, d.Package)
			}
		}
		if len(about) == 0 {
			continue
		}
		ask := fmt.Sprintf(q.ask, listed(sorted(about), maxAsked))
		if q.why != nil && q.why(says) != "" {
			ask += ": " + q.why(says)
		}
		b.miss(ask)
	}
	b.miss("the shareStrategy, where it is not version-first")
	if b.Bundler.Federation == "" {
		b.miss("the version of the federation runtime, which is that of @module-federation/runtime")
	}
}

func (b *Build) miss(what string) { b.Missing = append(b.Missing, what) }

// missCommon asks for what every release needs. Nobody loads a host, so its releases have no entry.
func (b *Build) missCommon() {
	if b.Version == "" {
		b.miss("the release's version: pass --version")
	}
	if b.Entry.Path == "" {
		return
	}
	if b.Type == "" {
		b.miss("whether the entry is a module or sets a global")
	}
	if !strings.Contains(b.PublicPath, "://") {
		b.miss("the entry's URL: pass --entry")
	}
}

// sortShared puts the declarations in order, once nothing goes by their places.
func (b *Build) sortShared() {
	slices.SortStableFunc(b.Shared, func(x, y Shared) int { return cmp.Compare(x.Package, y.Package) })
}
