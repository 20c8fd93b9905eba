package registry

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// Options of a Load.
type Options struct {
	// Thorough asks CUE about every document, also those that the checker says yes to. The answers are the same, and come
	// some fifty times slower.
	Thorough bool
}

// Load reads a registry from the root of a tree, and finds everything that is wrong with its form. What is in order is in
// the registry all the same, so that later stages can have their say in the same run; only without a usable policy is the
// registry nil. An error other than findings is one of reading the tree, which is read by several goroutines.
func Load(tree fs.FS, o Options) (*Registry, diag.List, error) {
	files, found, err := scan(tree)
	if err != nil {
		return nil, nil, err
	}
	own, err := readAll(tree, files[schemaFolder])
	if err != nil {
		return nil, nil, err
	}
	schema := readOwn(own, o.Thorough)
	found.Add(schema.findings...)
	remotes, err := loadFiles(tree, files[remotesFolder], schema.schema, remoteDocuments)
	if err != nil {
		return nil, nil, err
	}
	cohorts, err := loadFiles(tree, files[cohortsFolder], schema.schema, cohortDocuments)
	if err != nil {
		return nil, nil, err
	}
	found = slices.Concat(found, remotes.findings, cohorts.findings)
	if schema.policy == nil {
		return nil, found, nil
	}
	return newRegistry(schema.policy, remotes, cohorts, found), found, nil
}

// checkOwn checks what the registry's own CUE files set.
func (s *Schema) checkOwn(registry, policy *yaml.Node) (l diag.List) {
	if len(s.files) == 0 {
		return diag.List{File{Path: schemaFolder + "/policy.cue"}.whole("tree/missing", "the registry has no policy",
			"write schema/policy.cue: it says who the registry is and what it allows; `muster explain tree/missing` shows one")}
	}
	for _, d := range []struct {
		name, definition string
		node             *yaml.Node
	}{{"registry", "#Registry", registry}, {"policy", "#Policy", policy}} {
		if d.node == nil {
			l.Add(File{Path: s.files[0].path}.whole("schema/missing-field", diag.Quote(d.name)+" is missing",
				"set it here; `muster explain tree/missing` shows a policy"))
			continue
		}
		l.Add(s.check(d.definition, s.file(), d.node)...)
	}
	return l
}

func readAll(tree fs.FS, names []string) ([]ownFile, error) {
	var own []ownFile
	for _, name := range names {
		text, err := readFile(tree, name, maxCUESize)
		if err != nil {
			return nil, err
		}
		own = append(own, ownFile{path: name, text: text})
	}
	return own, nil
}

// loadFiles checks and decodes the files of one folder, several at a time; the result is in the order of names.
func loadFiles[T any](tree fs.FS, names []string, s *Schema, d documents[T]) (loaded[T], error) {
	read, failures := make([]*readFileOf[T], len(names)), make([]error, len(names))
	s.shapes.definition(d.definition) // compiled before it is shared
	var next atomic.Int64
	var workers sync.WaitGroup
	var bug atomic.Pointer[any] // a panic in a worker is passed on to the caller, who may recover it
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		workers.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					bug.Store(&r)
				}
			}()
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				f := File{Path: names[i]}
				text, err := readFile(tree, f.Path, MaxFileSize)
				if err != nil {
					failures[i] = err
					continue
				}
				read[i], _ = d.read(s, f, string(text))
			}
		})
	}
	workers.Wait()
	if r := bug.Load(); r != nil {
		panic(*r)
	}
	if err := errors.Join(failures...); err != nil {
		return loaded[T]{}, err
	}
	return d.gather(read), nil
}

// documents are the files of one folder.
type documents[T any] struct {
	definition string
	decode     func(File, *yaml.Node) *T
	file       func(*T) File
	name       func(*T) string
}

var (
	remoteDocuments = documents[Remote]{"#Remote", decodeRemote, func(r *Remote) File { return r.File }, (*Remote).name}
	cohortDocuments = documents[Cohort]{"#Cohort", decodeCohort, func(c *Cohort) File { return c.File }, (*Cohort).name}
)

// readFileOf is one version of a file, read.
type readFileOf[T any] struct {
	value    *T // nil if nothing could be taken of it
	findings diag.List
	spoiled  map[diag.Pos]bool
}

// read checks and decodes a file. plain is its top node if it is in the plain subset of YAML, and without fault.
func (d *documents[T]) read(s *Schema, f File, text string) (read *readFileOf[T], plain *yaml.Node) {
	if plain = s.plain(d.definition, f, text); plain != nil {
		return &readFileOf[T]{value: d.decode(f, plain)}, plain
	}
	top, l := s.document(d.definition, f, []byte(text))
	read = &readFileOf[T]{findings: bounded(f, l)}
	if top == nil || top.Kind != yaml.MappingNode {
		return read, nil
	}
	if read.value = d.decode(f, top); len(l) > 0 {
		read.spoiled = spoiledBy(f, top, l)
	}
	return read, nil
}

// loaded is what came of the files of one folder.
type loaded[T any] struct {
	values   []*T     // by name
	misnamed []string // the names that files should have declared
	findings diag.List
	spoiled  map[diag.Pos]bool
}

// gather is what came of files.
func (d *documents[T]) gather(files []*readFileOf[T]) loaded[T] {
	all := loaded[T]{values: make([]*T, 0, len(files)), spoiled: map[diag.Pos]bool{}}
	for _, f := range files {
		if f.value != nil {
			all.values = append(all.values, f.value)
			if s := stem(d.file(f.value).Path); s != d.name(f.value) {
				all.misnamed = append(all.misnamed, s)
			}
		}
		all.findings.Add(f.findings...)
		maps.Copy(all.spoiled, f.spoiled)
	}
	slices.SortStableFunc(all.values, func(a, b *T) int { return cmp.Compare(d.name(a), d.name(b)) })
	return all
}

// newRegistry puts together what was read.
func newRegistry(p *Policy, remotes loaded[Remote], cohorts loaded[Cohort], found diag.List) *Registry {
	r := &Registry{Remotes: remotes.values, Cohorts: cohorts.values, Policy: p, faulty: map[string]bool{}, spoiled: map[diag.Pos]bool{}}
	maps.Copy(r.spoiled, remotes.spoiled)
	maps.Copy(r.spoiled, cohorts.spoiled)
	for _, d := range found {
		if d.Severity == diag.Error {
			r.faulty[stem(d.Pos.File)] = true
		}
	}
	for _, name := range slices.Concat(remotes.misnamed, cohorts.misnamed) {
		r.faulty[name] = true
	}
	return r
}

// maxFindings is how many findings of one file are kept: a hostile file could hold a hundred thousand.
const maxFindings = 1000

// bounded keeps the first findings of a file, and says that there are more.
func bounded(f File, l diag.List) diag.List {
	if len(l) <= maxFindings {
		return l
	}
	return append(l.Sorted()[:maxFindings:maxFindings], f.whole("yaml/size",
		fmt.Sprintf("more than %d findings in this file; only the first are shown", maxFindings), "mend these first"))
}

// readFile reads at most a little more than limit bytes, so that a huge file costs no memory before it is refused.
func readFile(tree fs.FS, name string, limit int) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	defer f.Close()
	var text bytes.Buffer
	if info, err := f.Stat(); err == nil { // a size that lies costs time, no more
		text.Grow(int(min(max(0, info.Size()), int64(limit))) + bytes.MinRead)
	}
	if _, err := text.ReadFrom(io.LimitReader(f, int64(limit)+1)); err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, err)
	}
	return text.Bytes(), nil
}

// stem is the name that a file should declare.
func stem(file string) string {
	base := path.Base(file)
	return strings.TrimSuffix(base, path.Ext(base))
}
