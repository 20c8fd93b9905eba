package history

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// node is one entry of a tree as an fs.DirEntry.
type node struct {
	entry
	tree *tree
}

func (n node) Name() string      { return n.name }
func (n node) IsDir() bool       { return n.mode.IsDir() }
func (n node) Type() fs.FileMode { return n.mode.Type() }
func (n node) String() string    { return fs.FormatDirEntry(n) }

// Info describes the entry. The size of a file is read from its object's header.
func (n node) Info() (fs.FileInfo, error) {
	if n.IsDir() || n.mode&fs.ModeIrregular != 0 {
		return info{n, 0}, nil
	}
	size, err := n.tree.objects.size(n.id)
	if err != nil {
		return nil, err
	}
	return info{n, size}, nil
}

// what names the kind of entry in an error.
func (n node) what() string {
	switch {
	case n.IsDir():
		return "a folder"
	case n.mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case n.mode&fs.ModeIrregular != 0:
		return "a submodule"
	}
	return "a file"
}

func (n node) list() ([]fs.DirEntry, error) {
	if !n.IsDir() {
		return nil, fmt.Errorf("it is %s: %w", n.what(), errNotFolder)
	}
	entries, err := n.tree.folder(n.id)
	if err != nil {
		return nil, err
	}
	list := make([]fs.DirEntry, len(entries))
	for i, e := range entries {
		list[i] = node{e, n.tree}
	}
	return list, nil
}

func (n node) read() ([]byte, error) {
	if !n.mode.IsRegular() {
		return nil, fmt.Errorf("it is %s, not a file", n.what())
	}
	return n.tree.objects.blob(n.id)
}

type info struct {
	node
	size int64
}

func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return i.tree.time }
func (i info) Sys() any           { return nil }
func (i info) String() string     { return fs.FormatFileInfo(i) }

// openFile reads its content when it is first asked for it, so that its size can be had without.
type openFile struct {
	node
	path    string
	content *bytes.Reader
	closed  bool
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.Info() }

func (f *openFile) Read(p []byte) (int, error) {
	if f.closed {
		return 0, &fs.PathError{Op: "read", Path: f.path, Err: fs.ErrClosed}
	}
	if f.content == nil {
		data, err := f.read()
		if err != nil {
			return 0, &fs.PathError{Op: "read", Path: f.path, Err: err}
		}
		f.content = bytes.NewReader(data)
	}
	return f.content.Read(p)
}

func (f *openFile) Close() error {
	f.content, f.closed = nil, true
	return nil
}

type openFolder struct {
	node
	path string
	rest []fs.DirEntry
	read bool
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.Info() }

func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.path, Err: fmt.Errorf("it is %s, not a file", f.what())}
}

func (f *openFolder) Close() error { return nil }

// ReadDir lists the next n entries, or with n <= 0 all that are left.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if !f.read {
		all, err := f.list()
		if err != nil {
			return nil, &fs.PathError{Op: "readdir", Path: f.path, Err: err}
		}
		f.rest, f.read = all, true
	}
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(f.rest))
	next := f.rest[:n:n]
	f.rest = f.rest[n:]
	return next, nil
}
