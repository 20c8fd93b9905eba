package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/edit"
)

// workFile is a file of the work tree, to be edited.
type workFile struct {
	*edit.File
	path  string      // slash-separated, below the registry's root
	was   []byte      // what is edited: with --commit what HEAD has, if the file says something else than that
	disk  []byte      // what the work tree had when it was read
	info  fs.FileInfo // as it is on disk; set when it is written
	added bool        // whether git does not know it yet; set when it is to be committed
}

func (w *workFile) changed() bool { return !bytes.Equal(w.was, w.Bytes()) }

// uncommitted reports whether the work tree's file says something else than what is edited.
func (w *workFile) uncommitted() bool { return !bytes.Equal(w.was, w.disk) }

// written reports whether the work tree had the change before it was asked for.
func (w *workFile) written() bool { return bytes.Equal(w.disk, w.Bytes()) }

// file returns a file of the registry, to be edited: for one path the same each time.
func (c *changer) file(path string) (*workFile, error) {
	for _, f := range c.files {
		if f.path == path {
			return f, nil
		}
	}
	f := &workFile{path: path}
	if err := f.read(c); err != nil {
		return nil, fmt.Errorf("reading the registry: %w", err)
	}
	var err error
	if f.File, err = edit.Parse(path, f.was); err != nil {
		return nil, c.unreadable(path, err)
	}
	c.files = append(c.files, f)
	return f, nil
}

// read finds out what is edited. Of a file that the work tree has as git would check it out, that is the work tree's: its lines
// may end in another way than those of the commit.
func (w *workFile) read(c *changer) (err error) {
	w.disk, err = fs.ReadFile(c.work, w.path)
	w.was = w.disk
	if !c.flags.commit {
		return err
	}
	head, unknown := fs.ReadFile(c.Base, w.path)
	switch {
	case errors.Is(unknown, fs.ErrNotExist):
		return err
	case unknown != nil:
		return unknown
	case err != nil: // git status says below what has become of it
		w.disk, w.was = nil, head
		return nil
	case bytes.Equal(w.disk, head):
		return nil
	}
	same, err := c.sameForGit(w.path)
	if !same {
		w.was = head
	}
	return err
}

// sameForGit reports whether a commit of the file that is in the work tree would change nothing. The file itself is looked at:
// git status believes dates, and is told by some (--assume-unchanged) to believe.
func (c *changer) sameForGit(path string) (bool, error) {
	there, ok, err := c.ask("hash-object", "--", path)
	if err != nil || !ok {
		return false, err
	}
	committed, ok, err := c.ask("rev-parse", c.head.ID+":./"+path)
	return ok && there == committed, err
}

// unreadable is the error for a file that can't be edited: what check finds in it, if that is it.
func (c *changer) unreadable(path string, err error) error {
	found := slices.DeleteFunc(slices.Clone(c.form), func(d diag.Diagnostic) bool { return d.Pos.File != path || d.Severity != diag.Error })
	var invalid *edit.InvalidError
	if len(found) == 0 && errors.As(err, &invalid) {
		found = invalid.Findings
	}
	if len(found) == 0 {
		return err
	}
	return c.refuse(nil, found.Sorted())
}

// headFirst is the tree of HEAD, with the files of the work tree that HEAD does not have.
type headFirst struct{ head, work fs.FS }

func (h headFirst) Open(name string) (fs.File, error) {
	f, err := h.head.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return h.work.Open(name)
	}
	return f, err
}

func (h headFirst) Lstat(name string) (fs.FileInfo, error) {
	info, err := fs.Lstat(h.head, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fs.Lstat(h.work, name)
	}
	return info, err
}

func (h headFirst) ReadLink(name string) (string, error) {
	target, err := fs.ReadLink(h.head, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ReadLink(h.work, name)
	}
	return target, err
}

func (h headFirst) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(h.head, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return entries, err
	}
	more, missing := fs.ReadDir(h.work, name)
	if err != nil {
		return more, missing
	}
	for _, e := range more { // where the work tree has no such folder, HEAD's is all there is
		if !slices.ContainsFunc(entries, func(o fs.DirEntry) bool { return o.Name() == e.Name() }) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}
