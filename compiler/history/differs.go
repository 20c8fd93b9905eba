package history

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Differs reports whether a work tree says something else than a commit: whether, at or under any of the roots (slash
// paths below Prefix, such as "remotes"), one of them has a file that the other lacks, or another content. Ignored and
// untracked files count, because a compile of the work tree would read them; empty folders and the executable bit don't.
//
// Contents are compared by their id, as git does. A file that is the committed one with CRLF for LF is the same: that is
// how autocrlf checks out. A symbolic link is compared by what it points to; a submodule always differs. work is read
// where it has to be, each file at most once, with one small buffer.
func (r *Repository) Differs(c Commit, work fs.FS, roots []string) (bool, error) {
	t, err := r.tree(c)
	if errors.Is(err, fs.ErrNotExist) {
		t, err = newTree(r.objects, header{}), nil
	}
	if err != nil {
		return false, err
	}
	for _, root := range roots {
		if differs, err := (comparison{t, work}).root(root); differs || err != nil {
			return differs, err
		}
	}
	return false, nil
}

type comparison struct {
	tree *tree
	work fs.FS
}

func (c comparison) root(path string) (bool, error) {
	committed, err := c.tree.lookup("stat", path)
	inTree := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNotFolder) {
		return false, err
	}
	info, err := fs.Lstat(c.work, path)
	if errors.Is(err, fs.ErrNotExist) {
		return inTree, nil
	}
	if err != nil {
		return false, fmt.Errorf("comparing the work tree: %w", err)
	}
	there := fs.FileInfoToDirEntry(info)
	if !inTree {
		return c.holdsFiles(path, there)
	}
	return c.entry(path, committed, there)
}

// entry compares what both have under one path.
func (c comparison) entry(path string, committed node, there fs.DirEntry) (bool, error) {
	switch {
	case committed.Type() != there.Type() || !fs.ValidPath(path):
		return true, nil
	case committed.IsDir():
		return c.folder(path, committed)
	case committed.mode.IsRegular():
		return c.file(path, committed, there)
	case committed.mode&fs.ModeSymlink != 0:
		target, err := fs.ReadLink(c.work, path)
		return err != nil || plumbing.ComputeHash(plumbing.BlobObject, []byte(target)) != committed.id, nil
	}
	return true, nil
}

// folder compares two folders entry by entry. One that only the commit has is a difference, whatever is in it: git keeps
// no empty folders.
func (c comparison) folder(at string, committed node) (bool, error) {
	mine, err := c.tree.folder(committed.id)
	if err != nil {
		return false, err
	}
	theirs, err := fs.ReadDir(c.work, at)
	if err != nil {
		return false, fmt.Errorf("comparing the work tree: %w", err)
	}
	for _, there := range theirs {
		order := -1
		if len(mine) > 0 {
			order = cmp.Compare(there.Name(), mine[0].name)
		}
		var differs bool
		var err error
		switch p := path.Join(at, there.Name()); {
		case order > 0:
			return true, nil
		case order < 0:
			differs, err = c.holdsFiles(p, there)
		default:
			differs, err = c.entry(p, node{mine[0], c.tree}, there)
			mine = mine[1:]
		}
		if differs || err != nil {
			return differs, err
		}
	}
	return len(mine) > 0, nil
}

// holdsFiles reports whether anything but folders is at or under a path of the work tree.
func (c comparison) holdsFiles(at string, there fs.DirEntry) (bool, error) {
	if !there.IsDir() || !fs.ValidPath(at) {
		return true, nil
	}
	entries, err := fs.ReadDir(c.work, at)
	if err != nil {
		return false, fmt.Errorf("comparing the work tree: %w", err)
	}
	for _, e := range entries {
		if holds, err := c.holdsFiles(path.Join(at, e.Name()), e); holds || err != nil {
			return holds, err
		}
	}
	return false, nil
}

// file compares contents. An id begins with the content's size, so the sizes say how a file has to be read to match: as it
// is when they are equal, without its carriage returns when it is larger, by at most one for each byte.
func (c comparison) file(path string, committed node, there fs.DirEntry) (bool, error) {
	size, err := c.tree.objects.size(committed.id)
	if err != nil {
		return false, err
	}
	info, err := there.Info()
	if err != nil {
		return false, fmt.Errorf("comparing the work tree: %w", err)
	}
	if info.Size() < size || info.Size() > 2*size {
		return true, nil
	}
	f, err := c.work.Open(path)
	if err != nil {
		return false, fmt.Errorf("comparing the work tree: %w", err)
	}
	defer f.Close()
	id := plumbing.NewHasher(plumbing.BlobObject, size)
	read := io.Reader(io.LimitReader(f, info.Size()+1)) // one more, to see it grow
	if info.Size() > size {
		read = &unixLines{bufio.NewReader(read)}
	}
	if _, err := io.Copy(id, read); err != nil {
		return false, fmt.Errorf("comparing %q: %w", path, err)
	}
	return id.Sum() != committed.id, nil
}

// unixLines reads a text with LF for CRLF.
type unixLines struct{ text *bufio.Reader }

func (u *unixLines) Read(p []byte) (int, error) {
	for i := range p {
		b, err := u.text.ReadByte()
		if b == '\r' {
			if next, _ := u.text.Peek(1); strings.HasPrefix(string(next), "\n") {
				b, err = u.text.ReadByte()
			}
		}
		if err != nil {
			return i, err
		}
		p[i] = b
	}
	return len(p), nil
}
