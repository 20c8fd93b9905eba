package history

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	// maxMet is how many entries of folders the comparison of two commits may meet. A few objects can make billions of
	// paths, and a registry of 10,000 remotes has a hundredth of this.
	maxMet = 1_000_000

	// maxPaths is how many bytes the paths of a commit's changes may have together.
	maxPaths = 64 << 20
)

// scope says which entries of a folder count.
type scope struct {
	whole bool // all of them, with all that is in them
	file  bool // what the folder's own name stands for counts too when it is no folder
	names map[string]*scope
}

// everything is the scope of a folder inside a root.
var everything = &scope{whole: true, file: true}

// newScope is the scope of a commit's top folder for some roots below a prefix.
func newScope(prefix string, roots []string) (*scope, error) {
	top := &scope{}
	for _, root := range roots {
		if !fs.ValidPath(root) {
			return nil, &fs.PathError{Op: "compare", Path: root, Err: fs.ErrInvalid}
		}
		at := top
		for _, path := range []string{prefix, root} {
			if path != "" && path != "." {
				at = at.within(strings.Split(path, "/"))
			}
		}
		at.whole, at.file = true, at.file || root != "."
	}
	return top, nil
}

func (s *scope) within(names []string) *scope {
	for _, name := range names {
		next, ok := s.names[name]
		if !ok {
			next = &scope{}
			if s.names == nil {
				s.names = map[string]*scope{}
			}
			s.names[name] = next
		}
		s = next
	}
	return s
}

// of is the scope of an entry by its name; nil if the entry does not count.
func (s *scope) of(name string) *scope {
	if s.whole {
		return everything
	}
	return s.names[name]
}

// comparer finds what commits changed, one after another.
type comparer struct {
	folders folderCache
	prefix  int // length of the prefix that paths are told without

	path    []byte // of the folder in hand, with a slash at its end
	depth   int
	met     int
	paths   int
	changes []Change
}

// step compares a commit with its first parent, or with nothing if that is the zero header.
func (c *comparer) step(h, parent header, s *scope) (Step, error) {
	c.path, c.depth, c.met, c.paths, c.changes = c.path[:0], 0, 0, 0, nil
	if err := c.compare(parent.tree, h.tree, s); err != nil {
		return Step{}, fmt.Errorf("finding what commit %s changed: %w", h.id, err)
	}
	byPath := func(a, b Change) int { return strings.Compare(a.Path, b.Path) }
	if !slices.IsSortedFunc(c.changes, byPath) { // a folder "a" is compared before a file "a.b"
		slices.SortFunc(c.changes, byPath)
	}
	return Step{ID: ObjectID(h.id), Time: h.time, Merge: len(h.parents) > 1, Changes: c.changes}, nil
}

// compare merges two folders by name; the zero id stands for one that is not there.
func (c *comparer) compare(before, after plumbing.Hash, s *scope) error {
	if before == after {
		return nil
	}
	if c.depth > maxDepth {
		return damaged("comparing folders", errTooDeep)
	}
	old, err := c.folders.load(before)
	if err != nil {
		return err
	}
	new, err := c.folders.load(after)
	if err != nil {
		return err
	}
	if err := c.meet(len(old)+len(new), 0); err != nil {
		return err
	}
	c.depth++
	defer func() { c.depth-- }()
	for len(old) > 0 || len(new) > 0 {
		var o, n entry
		order := 0
		switch {
		case len(old) == 0:
			order = 1
		case len(new) == 0:
			order = -1
		default:
			order = strings.Compare(old[0].name, new[0].name)
		}
		if order <= 0 {
			o, old = old[0], old[1:]
		}
		if order >= 0 {
			n, new = new[0], new[1:]
		}
		if o.id == n.id && o.mode == n.mode {
			continue
		}
		if err := c.entry(max(o.name, n.name), o, n, s); err != nil {
			return err
		}
	}
	return nil
}

// entry notes a name that stands for something else than before; a zero entry is not there.
func (c *comparer) entry(name string, before, after entry, s *scope) error {
	s = s.of(name)
	if s == nil {
		return nil
	}
	outer := len(c.path)
	c.path = append(c.path, name...)
	if change := (Change{Before: before.file(), After: after.file()}); s.file && change != (Change{}) {
		change.Path = string(c.path[min(c.below(), len(c.path)):])
		if err := c.meet(0, len(change.Path)); err != nil {
			return err
		}
		c.changes = append(c.changes, change)
	}
	c.path = append(c.path, '/')
	err := c.compare(before.folder(), after.folder(), s)
	c.path = c.path[:outer]
	return err
}

// below is where a path below the prefix starts.
func (c *comparer) below() int {
	if c.prefix == 0 {
		return 0
	}
	return c.prefix + 1
}

// meet counts the work of one comparison.
func (c *comparer) meet(entries, path int) error {
	c.met, c.paths = c.met+entries, c.paths+path
	if c.met <= maxMet && c.paths <= maxPaths {
		return nil
	}
	return &unusable{
		problem: fmt.Sprintf("the folders that differ have more than %d entries, or the paths more than %d bytes", maxMet, maxPaths),
		cure:    "keep a registry in folders of its own",
	}
}

// file is what an entry says of a file; the zero File for a folder.
func (e entry) file() File {
	if e.mode.IsDir() {
		return File{}
	}
	return File{ObjectID(e.id), e.mode}
}

// folder is the id of a folder, the zero id for anything else.
func (e entry) folder() plumbing.Hash {
	if e.mode.IsDir() {
		return e.id
	}
	return plumbing.ZeroHash
}
