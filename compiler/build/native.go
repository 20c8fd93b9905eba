package build

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// chunkPrefix begins the names of what Native Federation shares that is no package: chunks, which go with the packages that need them.
const chunkPrefix = "@nf-internal/"

// readNative reads Native Federation's remoteEntry.json, of format 3 or 4. It is the entry as well, and its modules are the files.
func (f *folder) readNative(name string, top value) (*Build, error) {
	b := &Build{Kind: Native, Runtime: nativeFederation, Name: top.member("name").required(), Type: Module, Exposes: exposes(top.member("exposes"), "key")}
	shared := externals(top.member("shared"))
	says := promises{hashes: map[string]string{}}
	says.read(top)
	format := formatOf(top)
	if top.doc.fault != nil {
		return nil, top.doc.fault
	}
	entry, err := f.hash(name)
	if err != nil {
		return nil, err
	}
	b.Entry = entry.File
	b.Entry.Path = path.Base(name)
	if err := b.addFiles(f, path.Dir(name), name); err != nil {
		return nil, err
	}
	files := map[string]File{}
	for _, file := range b.Files {
		files[strings.TrimPrefix(file.Path, "./")] = file
	}
	if err := says.check(files, b); err != nil {
		return nil, err
	}
	b.addExternals(shared, files)
	b.sortShared()
	b.missCommon()
	b.miss("the version of @softarc/native-federation, which tells the runtimes apart: the description is of format " + format)
	return b, nil
}

// formatOf is the document's format: 3, which does not say so, or what it says without the v.
func formatOf(top value) string {
	if version := strings.TrimPrefix(top.member("$version").text(), "v"); version != "" {
		return version
	}
	return "3"
}

// promises are the files that a document names, and their hashes by the last part of their names.
type promises struct {
	files  []string
	hashes map[string]string
}

func (p *promises) read(top value) {
	for _, e := range top.member("exposes").items() {
		p.files = append(p.files, e.member("outFileName").file())
	}
	for _, s := range top.member("shared").items() {
		p.files = append(p.files, entryPoints(s)...)
	}
	chunks := top.member("chunks")
	for _, bundle := range chunks.members() {
		for _, chunk := range chunks.member(bundle).items() {
			p.files = append(p.files, chunk.file())
		}
	}
	integrity := top.member("integrity")
	for _, file := range integrity.members() {
		p.hashes[file] = integrity.member(file).text()
	}
	p.files = slices.DeleteFunc(sorted(p.files), func(name string) bool { return name == "" })
}

// check warns of files that are not there, and refuses those that a browser would refuse. Hashes other than sha384, which no version of
// the builder writes, are not looked at.
func (p *promises) check(files map[string]File, b *Build) error {
	var absent, changed []string
	for _, name := range p.files {
		if _, ok := files[name]; !ok {
			absent = append(absent, name)
		}
	}
	for name, file := range files {
		if hash, ok := p.hashes[path.Base(name)]; ok && strings.HasPrefix(hash, "sha384-") && hash != file.Integrity {
			changed = append(changed, name)
		}
	}
	b.warn(absent, "the description names files that are not there: %s")
	if len(changed) > 0 {
		return fmt.Errorf("these are not what the description's integrity says, so that the runtime refuses them: %s; build again, or publish them as they were built", listed(sorted(changed), 5))
	}
	return nil
}

// external is an element of the shared list and the files of its entry points.
type external struct {
	Shared
	files []string
}

// externals are the packages in the shared list. An element of format 4 may stand for several entry points of its package.
func externals(list value) (all []external) {
	for _, s := range list.items() {
		e := external{Shared{Package: s.member("packageName").required(), Version: s.member("version").text(),
			RequiredVersion: s.member("requiredVersion").text(), Singleton: s.member("singleton").answer(),
			StrictVersion: s.member("strictVersion").answer(), Scopes: s.member("shareScope").scopes()}, entryPoints(s)}
		if !strings.HasPrefix(e.Package, chunkPrefix) {
			all = append(all, e)
		}
	}
	return all
}

// entryPoints are the files of an element of the shared list: one in format 3, one for each entry point in format 4.
func entryPoints(s value) (files []string) {
	files = append(files, s.member("outFileName").file())
	entries := s.member("entries")
	for _, specifier := range entries.members() {
		files = append(files, entries.member(specifier).file())
	}
	return sorted(slices.DeleteFunc(files, func(name string) bool { return name == "" }))
}

// addExternals takes each declaration once: two that say the same have entry points in different bundles.
func (b *Build) addExternals(all []external, files map[string]File) {
	places := map[string]int{}
	for _, e := range all {
		key := fmt.Sprintf("%#v", e.Shared)
		i, ok := places[key]
		if !ok {
			i = len(b.Shared)
			places[key] = i
			b.Shared = append(b.Shared, e.Shared)
		}
		for _, name := range e.files {
			b.Shared[i].Size += files[name].Size
		}
	}
}
