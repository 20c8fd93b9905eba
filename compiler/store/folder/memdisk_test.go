package folder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// memDisk is a disk in memory that knows, for every file and folder, what a loss of power would leave of it. File content
// survives once the file is fsynced; until then it is empty, half or whole. Names (of a file or a folder: made, renamed or
// removed) survive once the folder that holds them is fsynced; until then any of the changes may be lost, each by itself,
// even the two halves of a rename.
type memDisk struct{ root *inode }

type inode struct {
	// Files.
	data    []byte
	durable bool // data has been fsynced
	locked  bool

	// Folders: the names as programs see them, those on the medium, and the way from there to here.
	names, kept map[string]*inode
	pending     []change
}

// change is a name given to a file or folder, or taken away if to is nil.
type change struct {
	name string
	to   *inode
}

func newFolderInode() *inode { return &inode{names: map[string]*inode{}, kept: map[string]*inode{}} }

func newMemDisk() *memDisk { return &memDisk{newFolderInode()} }

func (n *inode) isFolder() bool { return n.names != nil }

func (n *inode) set(name string, to *inode) {
	if to == nil {
		delete(n.names, name)
	} else {
		n.names[name] = to
	}
	n.pending = append(n.pending, change{name, to})
}

func (n *inode) sync() {
	n.durable, n.kept, n.pending = true, maps.Clone(n.names), nil
}

// settle makes everything durable, as the passing of time does.
func (n *inode) settle() {
	n.sync()
	for _, child := range n.names {
		child.settle()
	}
}

func (m *memDisk) find(name string) (*inode, error) {
	at := m.root
	for element := range strings.SplitSeq(strings.Trim(path.Clean(filepath.ToSlash(name)), "/"), "/") {
		if element == "" {
			continue
		}
		if !at.isFolder() {
			return nil, &fs.PathError{Op: "find", Path: name, Err: syscall.ENOTDIR}
		}
		if at = at.names[element]; at == nil {
			return nil, &fs.PathError{Op: "find", Path: name, Err: fs.ErrNotExist}
		}
	}
	return at, nil
}

// parent returns the folder that holds name, and the last element of it.
func (m *memDisk) parent(name string) (*inode, string, error) {
	name = path.Clean(filepath.ToSlash(name))
	dir, err := m.find(path.Dir(name))
	if err == nil && !dir.isFolder() {
		err = &fs.PathError{Op: "find", Path: name, Err: syscall.ENOTDIR}
	}
	return dir, path.Base(name), err
}

func (m *memDisk) add(name string, n *inode) error {
	dir, base, err := m.parent(name)
	if err == nil && dir.names[base] != nil {
		err = &fs.PathError{Op: "add", Path: name, Err: fs.ErrExist}
	}
	if err == nil {
		dir.set(base, n)
	}
	return err
}

func (m *memDisk) disk() disk {
	stat := func(name string) (fs.FileInfo, error) {
		n, err := m.find(name)
		return memInfo{path.Base(name), n}, err
	}
	return disk{
		stat:    stat,
		lstat:   stat,
		readDir: m.readDir,
		mkdir:   func(name string) error { return m.add(name, newFolderInode()) },
		open: func(name string) (handle, error) {
			n, err := m.find(name)
			return &memHandle{inode: n}, err
		},
		create: func(name string) (handle, error) {
			n := &inode{}
			return &memHandle{inode: n}, m.add(name, n)
		},
		rename: m.rename,
		remove: m.remove,
		lock:   m.lock,
	}
}

// lock fails where another one is held: nobody is there who could let it go. A loss of power never loses the file that is
// locked: it would make no difference, and there are states enough.
func (m *memDisk) lock(_ context.Context, name string) (io.Closer, error) {
	n, err := m.find(name)
	if errors.Is(err, fs.ErrNotExist) {
		n = &inode{durable: true}
		if err = m.add(name, n); err == nil {
			m.keep(name)
		}
	}
	if err == nil && n.locked {
		err = &fs.PathError{Op: "lock", Path: name, Err: errors.New("it is locked")}
	}
	if err != nil {
		return nil, err
	}
	n.locked = true
	return memLock{n}, nil
}

// keep makes the last change durable, which has given name to something.
func (m *memDisk) keep(name string) {
	dir, base, _ := m.parent(name)
	dir.pending = dir.pending[:len(dir.pending)-1]
	dir.kept[base] = dir.names[base]
}

type memLock struct{ *inode }

func (l memLock) Close() error { l.locked = false; return nil }

func (m *memDisk) readDir(name string) ([]fs.DirEntry, error) {
	n, err := m.find(name)
	if err != nil {
		return nil, err
	}
	var list []fs.DirEntry
	for _, base := range slices.Sorted(maps.Keys(n.names)) {
		list = append(list, fs.FileInfoToDirEntry(memInfo{base, n.names[base]}))
	}
	return list, nil
}

func (m *memDisk) rename(from, to string) error {
	n, err := m.find(from)
	if err != nil {
		return err
	}
	source, sourceBase, _ := m.parent(from)
	target, targetBase, err := m.parent(to)
	if err == nil && target.names[targetBase] != nil && target.names[targetBase].isFolder() {
		err = &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	}
	if err == nil {
		target.set(targetBase, n)
		source.set(sourceBase, nil)
	}
	return err
}

func (m *memDisk) remove(name string) error {
	if _, err := m.find(name); err != nil {
		return err
	}
	dir, base, err := m.parent(name)
	if err == nil {
		dir.set(base, nil)
	}
	return err
}

type memHandle struct {
	*inode
	at int
}

func (h *memHandle) Read(p []byte) (int, error) {
	if h.at == len(h.data) {
		return 0, io.EOF
	}
	n := copy(p, h.data[h.at:])
	h.at += n
	return n, nil
}

func (h *memHandle) Write(p []byte) (int, error) {
	if h.durable {
		return 0, errors.New("the model knows no second write after an fsync")
	}
	h.data = append(h.data, p...)
	return len(p), nil
}

func (h *memHandle) Sync() error  { h.sync(); return nil }
func (h *memHandle) Close() error { return nil }

type memInfo struct {
	name string
	*inode
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return int64(len(i.data)) }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.isFolder() }
func (i memInfo) Sys() any           { return nil }
func (i memInfo) Mode() fs.FileMode {
	if i.IsDir() {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
