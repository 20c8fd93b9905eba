package history

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// maxDepth is how many folders deep a path may go, as in git (core.maxTreeDepth).
const maxDepth = 2048

// tree is a commit's file tree as an fs.FS. It keeps the folders it has read: a path is looked up from the top each time,
// and a folder of n files would otherwise be parsed n times.
type tree struct {
	objects *database
	root    plumbing.Hash // the zero id stands for an empty tree
	time    time.Time

	mu      sync.Mutex
	folders map[plumbing.Hash][]entry
}

// entry is one line of a folder.
type entry struct {
	name string
	mode fs.FileMode
	id   plumbing.Hash
}

func newTree(objects *database, h header) *tree {
	return &tree{objects: objects, root: h.tree, time: h.time, folders: map[plumbing.Hash][]entry{{}: {}}}
}

// folder lists a folder by its id, sorted by name. The result is shared.
func (t *tree) folder(id plumbing.Hash) ([]entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if entries, ok := t.folders[id]; ok {
		return entries, nil
	}
	entries, err := t.objects.folder(id)
	if err != nil {
		return nil, err
	}
	t.folders[id] = entries
	return entries, nil
}

// parseFolder reads a tree object, which is any number of
//
//	100644 checkout.yaml\0<20 bytes of id>
//
// and sorts it by name: git's own order counts a folder's name as ending in a slash.
func parseFolder(data []byte) ([]entry, error) {
	const typical = 40 // bytes of an entry
	entries, sorted := make([]entry, 0, len(data)/typical+1), true
	for rest := string(data); rest != ""; {
		var e entry
		name := strings.IndexByte(rest, ' ') + 1
		bits, ok := parseOctal(rest[:max(name-1, 0)])
		end := strings.IndexByte(rest[name:], 0) + name
		if !ok || end < name || len(rest)-end-1 < len(e.id) {
			return nil, errors.New("it is cut off, or no folder at all")
		}
		e.name, e.mode = rest[name:end], fileMode(bits)
		rest = rest[end+1+copy(e.id[:], rest[end+1:]):]
		if e.name == "" || e.name == "." || e.name == ".." || strings.IndexByte(e.name, '/') >= 0 {
			return nil, fmt.Errorf("it has an entry named %q", e.name)
		}
		if e.id == plumbing.ZeroHash {
			return nil, fmt.Errorf("its entry %q has no id", e.name)
		}
		sorted = sorted && (len(entries) == 0 || entries[len(entries)-1].name < e.name)
		entries = append(entries, e)
	}
	if sorted {
		return entries, nil
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(entries); i++ {
		if entries[i].name == entries[i-1].name {
			return nil, fmt.Errorf("it has two entries named %q", entries[i].name)
		}
	}
	return entries, nil
}

// parseOctal reads a mode, of 32 bits at most.
func parseOctal(digits string) (n uint64, ok bool) {
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 7 || n >= 1<<29 {
			return 0, false
		}
		n = n<<3 | uint64(d)
	}
	return n, digits != ""
}

// fileMode is what git makes of a mode (canon_mode in its cache.h).
func fileMode(bits uint64) fs.FileMode {
	switch bits & 0o170000 {
	case 0o100000:
		if bits&0o100 != 0 {
			return 0o755
		}
		return 0o644
	case 0o120000:
		return fs.ModeSymlink | 0o777
	case 0o040000:
		return fs.ModeDir | 0o755
	}
	return fs.ModeIrregular
}

var (
	errNotFolder = errors.New("not a folder")
	errTooDeep   = fmt.Errorf("more than %d folders deep", maxDepth)
)

// find walks down from the root by name.
func (t *tree) find(names []string) (node, error) {
	at := node{entry{name: ".", mode: fs.ModeDir | 0o755, id: t.root}, t}
	if len(names) > maxDepth {
		return at, errTooDeep
	}
	for _, name := range names {
		if !at.IsDir() {
			return at, fmt.Errorf("%q is %s: %w", at.name, at.what(), errNotFolder)
		}
		entries, err := t.folder(at.id)
		if err != nil {
			return at, err
		}
		i, ok := slices.BinarySearchFunc(entries, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
		if !ok {
			return at, fs.ErrNotExist
		}
		at.entry = entries[i]
	}
	return at, nil
}

// lookup finds what a path of io/fs names.
func (t *tree) lookup(op, path string) (node, error) {
	if !fs.ValidPath(path) {
		return node{}, &fs.PathError{Op: op, Path: path, Err: fs.ErrInvalid}
	}
	var names []string
	if path != "." {
		names = strings.Split(path, "/")
	}
	n, err := t.find(names)
	if err != nil {
		return node{}, &fs.PathError{Op: op, Path: path, Err: err}
	}
	return n, nil
}

// Open opens a file or a folder for reading.
func (t *tree) Open(path string) (fs.File, error) {
	n, err := t.lookup("open", path)
	if err != nil {
		return nil, err
	}
	if n.IsDir() {
		return &openFolder{node: n, path: path}, nil
	}
	return &openFile{node: n, path: path}, nil
}

// Stat describes what a path names; symbolic links are not followed.
func (t *tree) Stat(path string) (fs.FileInfo, error) {
	n, err := t.lookup("stat", path)
	if err != nil {
		return nil, err
	}
	info, err := n.Info()
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return info, nil
}

// ReadDir lists a folder by name.
func (t *tree) ReadDir(path string) ([]fs.DirEntry, error) {
	n, err := t.lookup("readdir", path)
	if err != nil {
		return nil, err
	}
	entries, err := n.list()
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: path, Err: err}
	}
	return entries, nil
}

// ReadFile reads a regular file.
func (t *tree) ReadFile(path string) ([]byte, error) {
	n, err := t.lookup("open", path)
	if err != nil {
		return nil, err
	}
	data, err := n.read()
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return data, nil
}
