package folder

import (
	"context"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// tap counts the steps that are taken on a disk, writes them down, and makes them fail.
type tap struct {
	log  []string          // "rename pointer.json", relative to dir; a temporary file's name is ".muster-tmp-*"
	fail func(n int) error // of the n-th step, from 0; may be nil
	late bool              // a step that is to fail does its work and fails then
	dir  string
}

func (t *tap) step(kind, name string, do func() error) error {
	rel, err := filepath.Rel(t.dir, name)
	if err != nil {
		rel = name
	}
	if dir, base := path.Split(filepath.ToSlash(rel)); strings.HasPrefix(base, tempPrefix) {
		rel = dir + tempPrefix + "*"
	}
	t.log = append(t.log, kind+" "+rel)
	if t.fail != nil {
		err = t.fail(len(t.log) - 1)
	}
	if err == nil {
		return do()
	}
	if t.late {
		_ = do()
	}
	return err
}

// tapped returns d with t on it.
func (t *tap) tapped(d disk) disk {
	return disk{
		stat: func(name string) (i fs.FileInfo, err error) {
			err = t.step("stat", name, func() error { i, err = d.stat(name); return err })
			return i, err
		},
		lstat: func(name string) (i fs.FileInfo, err error) {
			err = t.step("lstat", name, func() error { i, err = d.lstat(name); return err })
			return i, err
		},
		readDir: func(name string) (l []fs.DirEntry, err error) {
			err = t.step("readdir", name, func() error { l, err = d.readDir(name); return err })
			return l, err
		},
		mkdir: func(name string) error { return t.step("mkdir", name, func() error { return d.mkdir(name) }) },
		open: func(name string) (h handle, err error) {
			err = t.step("open", name, func() error { h, err = d.open(name); return err })
			return &tappedHandle{h, t, name}, err
		},
		create: func(name string) (h handle, err error) {
			err = t.step("create", name, func() error { h, err = d.create(name); return err })
			return &tappedHandle{h, t, name}, err
		},
		rename: func(from, to string) error {
			return t.step("rename", to, func() error { return d.rename(from, to) })
		},
		remove: func(name string) error { return t.step("remove", name, func() error { return d.remove(name) }) },
		lock: func(ctx context.Context, name string) (c io.Closer, err error) {
			err = t.step("lock", name, func() error { c, err = d.lock(ctx, name); return err })
			if err != nil && c != nil {
				_ = c.Close()
			}
			return &tappedLock{c, t, name}, err
		},
	}
}

type tappedLock struct {
	io.Closer
	t    *tap
	name string
}

// Close always unlocks, as the end of a process does.
func (l *tappedLock) Close() error { return l.t.closing("unlock", l.name, l.Closer.Close) }

type tappedHandle struct {
	handle
	t    *tap
	name string
}

func (h *tappedHandle) Read(p []byte) (n int, err error) {
	err = h.t.step("read", h.name, func() error { n, err = h.handle.Read(p); return err })
	return n, err
}

// Write writes half of p if it is to fail.
func (h *tappedHandle) Write(p []byte) (n int, err error) {
	err = h.t.step("write", h.name, func() error { n, err = h.handle.Write(p); return err })
	if err != nil && n == 0 {
		n, _ = h.handle.Write(p[:len(p)/2])
	}
	return n, err
}

func (h *tappedHandle) Sync() error { return h.t.step("fsync", h.name, h.handle.Sync) }

// Close always closes, so that no test runs out of files.
func (h *tappedHandle) Close() error { return h.t.closing("close", h.name, h.handle.Close) }

// closing is a step that is done even if it is to fail.
func (t *tap) closing(kind, name string, do func() error) error {
	done := false
	err := t.step(kind, name, func() error { done = true; return do() })
	if !done {
		_ = do()
	}
	return err
}

// dropping returns d without those fsyncs that drop says, by the name of what is synced.
func dropping(d disk, drop func(name string) bool) disk {
	wrap := func(open func(string) (handle, error)) func(string) (handle, error) {
		return func(name string) (handle, error) {
			h, err := open(name)
			return &droppingHandle{h, name, drop}, err
		}
	}
	d.open, d.create = wrap(d.open), wrap(d.create)
	return d
}

func always(string) bool { return true }

type droppingHandle struct {
	handle
	name string
	drop func(name string) bool
}

func (h *droppingHandle) Sync() error {
	if h.drop(h.name) {
		return nil
	}
	return h.handle.Sync()
}
