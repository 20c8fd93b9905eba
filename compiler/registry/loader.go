package registry

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"cuelang.org/go/cue/ast"

	"muster/compiler/diag"
)

// FileID names the content of a file: equal ids, equal bytes.
type FileID [20]byte

// Change is what became of a path: it now is a thing of that mode and content, or with the zero Mode it is gone.
type Change struct {
	Path string
	Mode fs.FileMode // as in fs.FileInfo
	ID   FileID
}

// Loader reads one registry after another where most files stay what they were, as along a history: each version of a file
// is read and judged once, by what changed in it if that will do, and registries share what they have in common. What it loads is what Load does of the same files.
// It is not safe for concurrent use; the registries must not be changed.
type Loader struct {
	read    func(FileID) ([]byte, error)
	tree    entries
	listed  map[string][]string // the files of each folder
	strays  diag.List           // of the scan
	own     ownSchema
	remotes kept[Remote, Release]
	cohorts kept[Cohort, Pin]

	structure, schemaChanged bool // whether the list of paths, or the registry's own schema, is another since the last Load
	last                     *Registry
	found                    diag.List
}

// ownSchema is the registry's own schema/*.cue, read.
type ownSchema struct {
	schema   *Schema
	policy   *Policy // nil if it can't be used
	findings diag.List
	shape    string // what of it bears on the shape of documents
}

// NewLoader returns a loader of an empty registry. read returns a file's content; at most MaxFileSize and one byte of it are
// looked at.
func NewLoader(read func(FileID) ([]byte, error)) *Loader {
	return &Loader{read: read, tree: entries{}, structure: true, schemaChanged: true,
		remotes: kept[Remote, Release]{documents: remoteDocuments, list: &releasesOf}, cohorts: kept[Cohort, Pin]{documents: cohortDocuments, list: &pinsOf}}
}

// Apply takes in changes.
func (l *Loader) Apply(changes []Change) {
	for _, c := range changes {
		old, there := l.tree[c.Path]
		switch {
		case c.Mode == 0:
			delete(l.tree, c.Path)
		default:
			l.tree[c.Path] = c
		}
		l.structure = l.structure || !there || c.Mode == 0 || old.Mode.Type() != c.Mode.Type()
		l.schemaChanged = l.schemaChanged || strings.HasPrefix(c.Path, schemaFolder+"/") && strings.HasSuffix(c.Path, ".cue")
		l.remotes.touch(c.Path)
		l.cohorts.touch(c.Path)
	}
	if len(changes) > 0 {
		l.last = nil
	}
}

// Load is Load of the files as they are now.
func (l *Loader) Load() (*Registry, diag.List, error) {
	if l.last != nil {
		return l.last, l.found, nil
	}
	if l.structure {
		var err error
		if l.listed, l.strays, err = scan(l.tree.list()); err != nil {
			return nil, nil, err
		}
	}
	if err := l.loadOwn(); err != nil {
		return nil, nil, err
	}
	if err := l.remotes.load(l, l.listed[remotesFolder]); err != nil {
		return nil, nil, err
	}
	if err := l.cohorts.load(l, l.listed[cohortsFolder]); err != nil {
		return nil, nil, err
	}
	l.structure = false
	l.found = slices.Concat(l.strays, l.own.findings, l.remotes.loaded.findings, l.cohorts.loaded.findings)
	if l.own.policy == nil {
		return nil, l.found, nil
	}
	l.last = newRegistry(l.own.policy, l.remotes.loaded, l.cohorts.loaded, l.found)
	return l.last, l.found, nil
}

// loadOwn reads the registry's own schema. Verdicts on documents stand as long as nothing in it bears on their shape: most
// changes to it are of values, such as a waiver.
func (l *Loader) loadOwn() error {
	if !l.schemaChanged {
		return nil
	}
	var own []ownFile
	for _, name := range l.listed[schemaFolder] {
		text, err := l.text(name)
		if err != nil {
			return err
		}
		own = append(own, ownFile{path: name, text: text[:min(len(text), maxCUESize+1)]})
	}
	before := l.own.shape
	l.own = readOwn(own, false)
	if l.own.shape == before { // what is wrong with a document may be told with a place in the schema
		l.remotes.forgetFaulty()
		l.cohorts.forgetFaulty()
	} else {
		l.remotes.forgetAll(l.own.schema)
		l.cohorts.forgetAll(l.own.schema)
	}
	l.schemaChanged = false
	return nil
}

func (l *Loader) text(path string) ([]byte, error) {
	text, err := l.read(l.tree[path].ID)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", path, err)
	}
	return text, nil
}

// readOwn reads a registry's own schema/*.cue.
func readOwn(files []ownFile, thorough bool) (o ownSchema) {
	s, registryNode, policyNode, l := loadSchema(files, thorough)
	if len(l) == 0 {
		l = s.checkOwn(registryNode, policyNode)
	}
	o.schema, o.findings = s, l
	if !l.HasErrors() {
		o.policy = decodePolicy(s.file(), registryNode, policyNode)
		o.policy.Constraints = s.constraints()
	}
	o.shape = s.shapeKey()
	return o
}

// ownDefinitions goes through the declarations of the registry's own files but for registry and policy.
func (s *Schema) ownDefinitions(yield func(*ownFile, ast.Decl) bool) {
	for _, tree := range s.ownTrees {
		for _, d := range tree.Decls {
			if fd, ok := d.(*ast.Field); ok {
				if name, _, err := ast.LabelName(fd.Label); err == nil && (name == "registry" || name == "policy") {
					continue
				}
			}
			i := slices.IndexFunc(s.files, func(f ownFile) bool { return f.path == d.Pos().Filename() })
			if i >= 0 && !yield(&s.files[i], d) {
				return
			}
		}
	}
}

func (f *ownFile) source(d ast.Decl) []byte {
	return f.text[d.Pos().Offset():min(len(f.text), d.End().Offset())]
}

// constraints are the registry's own definitions, as they are written.
func (s *Schema) constraints() string {
	var b strings.Builder
	for f, d := range s.ownDefinitions {
		b.Write(f.source(d))
		b.WriteByte('\n')
	}
	return b.String()
}

// shapeKey tells schemas apart by what bears on the shape of documents: equal keys, equal verdicts. The values of registry and
// policy do not, unless something refers to them.
func (s *Schema) shapeKey() string {
	var key strings.Builder
	refers := false
	fmt.Fprint(&key, s.narrowed)
	for f, d := range s.ownDefinitions {
		ast.Walk(d, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			refers = refers || ok && (id.Name == "registry" || id.Name == "policy")
			return true
		}, nil)
		fmt.Fprintf(&key, "\x00%s\x00%s", f.path, f.source(d))
	}
	for _, f := range s.files {
		if refers {
			fmt.Fprintf(&key, "\x00%s\x00%s", f.path, f.text)
		}
	}
	return key.String()
}

// entries are files by their paths.
type entries map[string]Change

// listing are entries by the folders that they lie in, each by name.
type listing struct {
	entries
	folders map[string][]fs.DirEntry
}

func (e entries) list() listing {
	l := listing{e, map[string][]fs.DirEntry{}}
	for _, c := range e {
		l.add(c)
	}
	for _, folder := range l.folders {
		slices.SortFunc(folder, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	}
	return l
}

func (l listing) add(c Change) {
	i := strings.LastIndexByte(c.Path, '/')
	if i < 0 {
		return
	}
	folder := c.Path[:i]
	others, known := l.folders[folder]
	l.folders[folder] = append(others, fs.FileInfoToDirEntry(entryInfo{c}))
	if !known {
		l.add(Change{Path: folder, Mode: fs.ModeDir | 0o755})
	}
}

// Open is there to make a listing an fs.FS: only its folders are read here, and contents by their ids.
func (l listing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

// Stat describes an entry, or a folder that entries lie in.
func (l listing) Stat(name string) (fs.FileInfo, error) {
	if c, ok := l.entries[name]; ok {
		return entryInfo{c}, nil
	}
	if _, ok := l.folders[name]; ok {
		return entryInfo{Change{Path: name, Mode: fs.ModeDir | 0o755}}, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

// ReadDir lists a folder by name.
func (l listing) ReadDir(name string) ([]fs.DirEntry, error) { return l.folders[name], nil }

// ReadLink and Lstat make fs.Lstat see links for what they are.
func (l listing) ReadLink(name string) (string, error) {
	return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
}

// Lstat is Stat: nothing is followed.
func (l listing) Lstat(name string) (fs.FileInfo, error) { return l.Stat(name) }

type entryInfo struct{ Change }

func (i entryInfo) Name() string       { return i.Path[strings.LastIndexByte(i.Path, '/')+1:] }
func (i entryInfo) Size() int64        { return 0 }
func (i entryInfo) Mode() fs.FileMode  { return i.Change.Mode }
func (i entryInfo) ModTime() time.Time { return time.Time{} }
func (i entryInfo) IsDir() bool        { return i.Change.Mode.IsDir() }
func (i entryInfo) Sys() any           { return nil }
