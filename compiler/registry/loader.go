package registry

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"cuelang.org/go/cue/ast"
	"gopkg.in/yaml.v3"

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
// is read and judged once, and registries share what they have in common. What it loads is what Load does of the same files.
// It is not safe for concurrent use; the registries must not be changed.
type Loader struct {
	read    func(FileID) ([]byte, error)
	tree    entries
	listed  map[string][]string // the files of each folder
	strays  diag.List           // of the scan
	own     ownSchema
	remotes kept[Remote]
	cohorts kept[Cohort]

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
		remotes: kept[Remote]{definition: "#Remote", decode: decodeRemote}, cohorts: kept[Cohort]{definition: "#Cohort", decode: decodeCohort}}
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
		if l.listed, l.strays, err = scan(l.tree); err != nil {
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
	before := l.own
	l.own = readOwn(own, false)
	if l.own.shape == before.shape { // what is wrong with a document may be told with a place in the schema
		l.own.schema.adopt(before.schema)
		l.remotes.forgetFaulty()
		l.cohorts.forgetFaulty()
	} else {
		l.remotes.forgetAll()
		l.cohorts.forgetAll()
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

// adopt takes over what was compiled of a schema of the same shape, if that is all built in: it holds no places in the registry's
// own files.
func (s *Schema) adopt(o *Schema) {
	if s.constraints() == "" {
		s.shapes = o.shapes
	}
}

// kept are the files of one folder as they were last read.
type kept[T any] struct {
	definition string
	decode     func(File, *yaml.Node) *T
	files      map[string]*readFileOf[T] // by path; nil entries are to be read
	paths      []string
	known      generations[T]
	loaded     loaded[T]
	dirty      bool
}

// readFileOf is one version of a file, read.
type readFileOf[T any] struct {
	value    *T // nil if nothing could be taken of it
	findings diag.List
	spoiled  map[diag.Pos]bool
}

// versionOf is a version of a file at its path, which is part of what is said of it.
type versionOf struct {
	path string
	id   FileID
}

// generations keep the versions that were read lately: a history goes back to some of them, and all would be too many.
type generations[T any] struct {
	young, old map[versionOf]*readFileOf[T]
}

// maxYoung is how many versions a generation holds: a few megabytes of declarations.
const maxYoung = 1000

func (g *generations[T]) get(v versionOf) *readFileOf[T] {
	if f := g.young[v]; f != nil {
		return f
	}
	f := g.old[v]
	if f != nil {
		g.put(v, f)
	}
	return f
}

func (g *generations[T]) put(v versionOf, f *readFileOf[T]) {
	if len(g.young) >= maxYoung || g.young == nil {
		g.young, g.old = map[versionOf]*readFileOf[T]{}, g.young
	}
	g.young[v] = f
}

func (k *kept[T]) touch(path string) {
	if _, there := k.files[path]; there {
		k.files[path], k.dirty = nil, true
	}
}

// forgetAll drops every verdict; forgetFaulty those that name faults.
func (k *kept[T]) forgetAll() { k.known, k.files = generations[T]{}, nil }

func (k *kept[T]) forgetFaulty() {
	faulty := func(_ versionOf, f *readFileOf[T]) bool { return f != nil && len(f.findings) > 0 }
	maps.DeleteFunc(k.known.young, faulty)
	maps.DeleteFunc(k.known.old, faulty)
	for path, f := range k.files {
		if faulty(versionOf{}, f) {
			k.files[path], k.dirty = nil, true
		}
	}
}

func (k *kept[T]) load(l *Loader, paths []string) error {
	if k.files == nil || l.structure {
		old := k.files
		k.files, k.paths, k.dirty = make(map[string]*readFileOf[T], len(paths)), paths, true
		for _, p := range paths {
			k.files[p] = old[p]
		}
	}
	if !k.dirty {
		return nil
	}
	files := make([]*readFileOf[T], len(paths))
	for i, p := range paths {
		f := k.files[p]
		if f == nil {
			var err error
			if f, err = k.file(l, p); err != nil {
				return err
			}
			k.files[p] = f
		}
		files[i] = f
	}
	k.loaded, k.dirty = gather(files), false
	return nil
}

func (k *kept[T]) file(l *Loader, path string) (*readFileOf[T], error) {
	version := versionOf{path, l.tree[path].ID}
	if f := k.known.get(version); f != nil {
		return f, nil
	}
	text, err := l.text(path)
	if err != nil {
		return nil, err
	}
	f := readDocument(l.own.schema, k.definition, File{Path: path}, text[:min(len(text), MaxFileSize+1)], k.decode)
	k.known.put(version, f)
	return f, nil
}

// readDocument checks and decodes a file.
func readDocument[T any](s *Schema, definition string, f File, text []byte, decode func(File, *yaml.Node) *T) *readFileOf[T] {
	top, l := s.document(definition, f, text)
	read := &readFileOf[T]{findings: bounded(f, l)}
	if top == nil || top.Kind != yaml.MappingNode {
		return read
	}
	if read.value = decode(f, top); len(l) > 0 {
		read.spoiled = spoiledBy(f, top, l)
	}
	return read
}

// newRegistry puts together what was read.
func newRegistry(p *Policy, remotes loaded[Remote], cohorts loaded[Cohort], found diag.List) *Registry {
	r := &Registry{Remotes: slices.Clone(remotes.values), Cohorts: slices.Clone(cohorts.values), Policy: p,
		faulty: map[string]bool{}, spoiled: map[diag.Pos]bool{}}
	maps.Copy(r.spoiled, remotes.spoiled)
	maps.Copy(r.spoiled, cohorts.spoiled)
	for _, d := range found {
		if d.Severity == diag.Error {
			r.faulty[stem(d.Pos.File)] = true
		}
	}
	for _, remote := range r.Remotes {
		r.misnamed(remote.File, remote.Name)
	}
	for _, c := range r.Cohorts {
		r.misnamed(c.File, c.Name)
	}
	slices.SortStableFunc(r.Remotes, func(a, b *Remote) int { return cmp.Compare(a.Name.Value, b.Name.Value) })
	slices.SortStableFunc(r.Cohorts, func(a, b *Cohort) int { return cmp.Compare(a.Name.Value, b.Name.Value) })
	return r
}

// entries are a tree by paths.
type entries map[string]Change

// Open is there to make entries an fs.FS: only its folders are read here, and contents by their ids.
func (e entries) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

// Stat describes an entry, or the folder that entries lie in.
func (e entries) Stat(name string) (fs.FileInfo, error) {
	if c, ok := e[name]; ok {
		return entryInfo{c}, nil
	}
	for path := range e {
		if strings.HasPrefix(path, name+"/") {
			return entryInfo{Change{Path: name, Mode: fs.ModeDir | 0o755}}, nil
		}
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

// ReadDir lists a folder by name.
func (e entries) ReadDir(name string) ([]fs.DirEntry, error) {
	children := map[string]Change{}
	for path, c := range e {
		below, ok := strings.CutPrefix(path, name+"/")
		if !ok {
			continue
		}
		if child, _, deeper := strings.Cut(below, "/"); deeper {
			children[child] = Change{Path: name + "/" + child, Mode: fs.ModeDir | 0o755}
		} else {
			children[child] = c
		}
	}
	list := make([]fs.DirEntry, 0, len(children))
	for _, child := range slices.Sorted(maps.Keys(children)) {
		list = append(list, fs.FileInfoToDirEntry(entryInfo{children[child]}))
	}
	return list, nil
}

// ReadLink and Lstat make fs.Lstat see links for what they are.
func (e entries) ReadLink(name string) (string, error) {
	return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
}

// Lstat is Stat: nothing is followed.
func (e entries) Lstat(name string) (fs.FileInfo, error) { return e.Stat(name) }

type entryInfo struct{ Change }

func (i entryInfo) Name() string       { return i.Path[strings.LastIndexByte(i.Path, '/')+1:] }
func (i entryInfo) Size() int64        { return 0 }
func (i entryInfo) Mode() fs.FileMode  { return i.Change.Mode }
func (i entryInfo) ModTime() time.Time { return time.Time{} }
func (i entryInfo) IsDir() bool        { return i.Change.Mode.IsDir() }
func (i entryInfo) Sys() any           { return nil }
