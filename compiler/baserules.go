package compiler

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"muster/compiler/diag"
)

// underBase finds what is wrong with a change by the rules of the base, if it changes the rules, and was not wrong before.
func underBase(in Input) (diag.List, error) {
	head, err := schemaOf(in.Tree)
	if err != nil {
		return nil, err
	}
	base, err := schemaOf(in.Base)
	if err != nil || slices.EqualFunc(head, base, func(a, b schemaFile) bool { return a.name == b.name && bytes.Equal(a.text, b.text) }) {
		return nil, err
	}
	mixed := Input{Tree: overlay{in.Tree, in.Base}, Origin: in.Origin, History: in.History, Thorough: in.Thorough}
	_, after, err := Check(mixed)
	if err != nil {
		return nil, err
	}
	_, before, err := Check(Input{Tree: in.Base, Origin: in.Origin, History: in.History, Thorough: in.Thorough})
	if err != nil {
		return nil, err
	}
	var l diag.List
	for _, d := range after {
		known := slices.ContainsFunc(before, func(o diag.Diagnostic) bool {
			return o.Rule == d.Rule && o.Pos.File == d.Pos.File && o.Message == d.Message
		})
		ofRules := strings.HasPrefix(d.Rule, "waiver/") || strings.HasPrefix(d.Pos.File, "schema") // the base's own, which the change replaces
		if d.Severity != diag.Error || known || ofRules {
			continue
		}
		d.Notes = append(slices.Clip(d.Notes), diag.Note{Message: "this is judged by the rules of the base: a change to the rules has to be there before what needs it"})
		l.Add(d)
	}
	return l, nil
}

type schemaFile struct {
	name string
	text []byte
}

// schemaOf are the files of a registry's own schema.
func schemaOf(tree fs.FS) (files []schemaFile, err error) {
	names, err := fs.Glob(tree, "schema/*.cue")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, err)
		}
		files = append(files, schemaFile{name, text})
	}
	return files, nil
}

// overlay is a registry with the schema of another.
type overlay struct {
	fs.FS
	schema fs.FS
}

// Open opens a file of the one or the other.
func (o overlay) Open(name string) (fs.File, error) { return o.of(name).Open(name) }

func (o overlay) of(name string) fs.FS {
	if name == "schema" || strings.HasPrefix(name, "schema/") {
		return o.schema
	}
	return o.FS
}

// ReadDir, Stat and Lstat do likewise.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.of(name), name) }

func (o overlay) Stat(name string) (fs.FileInfo, error) { return fs.Stat(o.of(name), name) }

func (o overlay) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(o.of(name), name) }

func (o overlay) ReadLink(name string) (string, error) { return fs.ReadLink(o.of(name), name) }
