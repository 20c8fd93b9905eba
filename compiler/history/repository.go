// Package history reads a commit as a file tree, straight from the object database: no checkout, no index and no filters
// stand between, so one commit gives the same bytes on every machine, from a work tree as from a bare repository.
//
//	r, err := history.Open(".", history.Options{})
//	c, err := r.Resolve("main~2")
//	tree, err := r.Tree(c)
//	data, err := fs.ReadFile(tree, "remotes/checkout.yaml")
//
// and a line of commits with what each of them changed:
//
//	for step, err := range r.Steps(c, []string{"remotes", "cohorts"}) { ... }
//
// The layout is that of gitrepository-layout(5), the meaning of a revision that of gitrevisions(7), less all that depends
// on one clone's private memory (see Resolve). What go-git makes of revisions, trees and a repository's place disagrees with
// git in ways that would go unnoticed, so nothing above its storage is used; and packs, which that storage reads too slowly
// for a walk, are read here: mapped into memory, found by their own index, inflated in one go, with the bases of deltas kept
// for a while. A walk finds a folder's changes by comparing ids, and looks only into folders that differ.
//
// Every object is held against its id when it is read, trees and commits of a walk too: the sums that a pack has of its own
// say nothing of an index that points to a neighbour, or of a delta that names another base of the same length. So a damaged
// repository gives an error and never other bytes; what Options.Keep keeps was held against its ids when it was written. Replace
// refs, grafts and the commit-graph are ignored: the first two are one clone's opinion of a commit, and the last may be older than
// they are and keeps the date of a commit in 34 bits.
package history

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Options says how to find a repository.
type Options struct {
	// GitDir is the git folder (or a .git file that names one), relative to the process's current folder; empty means
	// that Open looks for it. It is what git takes from the environment as GIT_DIR, which this package does not read.
	GitDir string

	// Keep are the roots for which long walks are kept, as slash paths below Prefix: what Steps found out below them, and with it what
	// Commits and Serial did. None: nothing is kept, and nothing that was is used.
	Keep []string
}

// Repository is a repository opened for reading. Any number of goroutines may use it and its trees at once: they wait for
// each other where they read the object database. Nothing is ever written to it but what Options.Keep asks for: one file in the
// folder "muster" of the git folder, which may be deleted at any time.
type Repository struct {
	objects *database
	place   place
	prefix  string
	bare    bool
	shallow map[plumbing.Hash]bool // commits whose parents this clone left out
	lineage lineage
	keeper  *keeper // nil: nothing is kept
}

// Open finds the repository that holds the folder dir: the work tree around it, as git does, or a bare repository that is
// dir itself. It fails with ErrNotRepository where there is none, and with another ErrUnusable where there is one that
// can't be read (SHA-256 names, reftable, an unknown extension, borrowed objects that are gone). A clone that lacks a part
// of its history opens: Complete tells.
//
// A bare repository inside another's work tree is refused unless Options.GitDir names one of them: it may be a folder that
// somebody committed, with a history of their own making.
func Open(dir string, o Options) (*Repository, error) {
	dir, err := realPath(dir)
	if err != nil {
		return nil, fmt.Errorf("opening a repository: %w", err)
	}
	p, err := locate(dir, o.GitDir)
	if err != nil {
		return nil, err
	}
	format, err := readFormat(p.common)
	if err != nil {
		return nil, err
	}
	if o.GitDir != "" {
		p.root = p.workTree(format.workTree)
	}
	r, err := open(p, format, p.prefix(dir))
	if err != nil {
		return nil, err
	}
	r.bare = p.git == dir
	if len(o.Keep) > 0 && r.Complete() == nil {
		r.keeper = newKeeper(p.common, r.prefix, o.Keep)
	}
	return r, nil
}

func open(p place, f format, prefix string) (*Repository, error) {
	shallow, err := readShallow(p.common)
	if err != nil {
		return nil, err
	}
	folders, err := objectFolders(filepath.Join(p.common, "objects"))
	if err != nil {
		return nil, err
	}
	missing := incomplete(len(shallow) > 0, f.partial || hasPromises(folders))
	return &Repository{
		objects: openDatabase(folders, missing),
		place:   p,
		prefix:  prefix,
		shallow: shallow,
	}, nil
}

// another is the same repository for one more reader at a time: readers of one wait for each other.
func (r *Repository) another() *Repository {
	return &Repository{objects: r.objects.another(), place: r.place, prefix: r.prefix, bare: r.bare, shallow: r.shallow}
}

// Close releases the open packs. Neither the repository nor its trees may be used afterwards.
func (r *Repository) Close() error { return r.objects.close() }

// Prefix is where the opened folder lies in the repository's work tree, slash-separated: "registry/shop" for a sub-folder,
// "" for the root and for a bare repository. Tree starts there.
func (r *Repository) Prefix() string { return r.prefix }

// Bare reports whether the opened folder is itself the git folder: no files of a work tree can be in it.
func (r *Repository) Bare() bool { return r.bare }

// WorkTree is the top of the work tree, an absolute path; "" if there is none, or if nothing says where it is.
func (r *Repository) WorkTree() string { return r.place.root }

// realPath is the absolute path of a folder, without symbolic links: what git starts from.
func realPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// prefix is the slash path of dir inside the work tree, "" when it is the root or lies elsewhere.
func (p place) prefix(dir string) string {
	if p.root == "" {
		return ""
	}
	rel, err := filepath.Rel(p.root, dir)
	if err != nil || !filepath.IsLocal(rel) || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

// tree is the commit's file tree at the repository's prefix.
func (r *Repository) tree(c Commit) (*tree, error) {
	header, err := r.header(c.ID)
	if err != nil {
		return nil, err
	}
	t := newTree(r.objects, header)
	if r.prefix == "" {
		return t, nil
	}
	at, err := t.find(strings.Split(r.prefix, "/"))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !at.IsDir() {
		return nil, fmt.Errorf("commit %s has no folder %q: %w", c.ID, r.prefix, fs.ErrNotExist)
	} else if err != nil {
		return nil, fmt.Errorf("reading folder %q of commit %s: %w", r.prefix, c.ID, err)
	}
	t.root = at.id
	return t, nil
}

// Tree is the commit's file tree, from Prefix down; fs.ErrNotExist when the commit has no such folder yet. It implements
// fs.ReadDirFS, fs.ReadFileFS and fs.StatFS.
//
// Regular files have mode 0644 or 0755. Symbolic links have fs.ModeSymlink and submodules fs.ModeIrregular, so that a
// caller can name them; neither is followed, and reading one is an error. Names are the commit's bytes: one that is not
// UTF-8 is listed and can't be opened, as with os.DirFS, and a folder with a name that no file system could hold ("..",
// "a/b", the same name twice) can't be listed. Info tells a file's size without its content; a file of more than 16 MiB
// can't be read. ModTime is the commit's time.
//
// A folder may hold one and the same folder many times, and that one again, so that a few objects make billions of paths:
// a caller that walks a tree counts what it meets.
func (r *Repository) Tree(c Commit) (fs.FS, error) {
	t, err := r.tree(c)
	if err != nil {
		return nil, err
	}
	return t, nil
}
