package history

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/objfile"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

const (
	// maxObject is the largest object that is read, in bytes: an eighth of it would be a folder of 50,000 files. It bounds
	// what a small pack can be blown up to.
	maxObject = 16 << 20

	// cacheSize holds the bases of deltas; more of it reads no faster.
	cacheSize = 8 << 20
)

// database is the object database: the repository's own objects and the borrowed ones.
type database struct {
	incomplete error // why an object may be missing by design; nil for a full clone

	mu     sync.Mutex // go-git's storage serves one caller at a time
	stores []store
}

type store struct {
	folder  billy.Filesystem
	objects *filesystem.ObjectStorage
}

func openDatabase(folders []string, incomplete error) *database {
	d := &database{incomplete: incomplete}
	shared := cache.NewObjectLRU(cacheSize)
	options := filesystem.Options{KeepDescriptors: true, LargeObjectThreshold: maxObject}
	for _, folder := range folders {
		at := objectFolder(folder).billy()
		d.stores = append(d.stores, store{at, filesystem.NewObjectStorageWithOptions(dotgit.New(at), shared, options)})
	}
	return d
}

func (d *database) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, s := range d.stores {
		errs = append(errs, s.objects.Close())
	}
	return errors.Join(errs...)
}

// ask puts a question about an object to one store after another until one knows the answer. If none does, all are asked
// once more with a fresh look at their folders: git may have repacked in the meantime.
func (d *database) ask(id plumbing.Hash, question func(store) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var trouble error
	for range 2 {
		trouble = nil
		for _, s := range d.stores {
			err := guarded(func() error { return question(s) })
			if err == nil {
				return nil
			}
			if !errors.Is(err, plumbing.ErrObjectNotFound) && trouble == nil {
				trouble = err
			}
		}
		for _, s := range d.stores {
			s.objects.Reindex()
		}
	}
	return d.unanswered(id, trouble)
}

func (d *database) unanswered(id plumbing.Hash, trouble error) error {
	switch {
	case trouble != nil:
		return damaged(fmt.Sprintf("reading object %s", id), trouble)
	case d.incomplete != nil:
		return fmt.Errorf("object %s is not here: %w", id, d.incomplete)
	}
	return &unusable{kind: errMissing, problem: fmt.Sprintf("object %s is missing", id), cure: cureDamaged}
}

// guarded turns a panic into an error: what is read says how much of it there is, and a damaged file says nonsense.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it makes no sense (%v)", p)
		}
	}()
	return f()
}

// kind is an object's type.
func (d *database) kind(id plumbing.Hash) (kind plumbing.ObjectType, err error) {
	err = d.ask(id, func(s store) error {
		o, err := s.objects.EncodedObject(plumbing.AnyObject, id)
		if err == nil {
			kind = o.Type()
		}
		return err
	})
	return kind, err
}

// size is the length of an object's content in bytes, without reading the content.
func (d *database) size(id plumbing.Hash) (n int64, err error) {
	err = d.ask(id, func(s store) error {
		n, err = s.looseSize(id)
		if errors.Is(err, fs.ErrNotExist) {
			n, err = s.objects.EncodedObjectSize(id)
		}
		if err == nil && n < 0 {
			err = errors.New("its size is negative")
		}
		return err
	})
	return n, err
}

// looseSize reads the header of an object in a file of its own. go-git's EncodedObjectSize would, and leaves the file open.
func (s store) looseSize(id plumbing.Hash) (int64, error) {
	name := id.String()
	f, err := s.folder.Open(s.folder.Join("objects", name[:2], name[2:]))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r, err := objfile.NewReader(f)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	_, n, err := r.Header()
	return n, err
}

// read is an object's type and content; the content is the caller's.
func (d *database) read(id plumbing.Hash) (kind plumbing.ObjectType, data []byte, err error) {
	var size int64
	err = d.ask(id, func(s store) error {
		o, err := s.objects.EncodedObject(plumbing.AnyObject, id)
		if err != nil {
			return err
		}
		kind, size = o.Type(), o.Size()
		if size > maxObject {
			return nil
		}
		data, err = content(o, id)
		return err
	})
	if err == nil && size > maxObject {
		err = &unusable{
			problem: fmt.Sprintf("object %s has %d bytes, and muster reads at most %d", id, size, maxObject),
			cure:    "keep files of that size out of the registry",
		}
	}
	return kind, data, err
}

// content reads an object and holds it against its id, which go-git does not.
func content(o plumbing.EncodedObject, id plumbing.Hash) ([]byte, error) {
	r, err := o.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data := make([]byte, o.Size())
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	if actual := plumbing.ComputeHash(o.Type(), data); actual != id {
		return nil, fmt.Errorf("its content is that of %s", actual)
	}
	return data, nil
}

// startingWith lists the objects whose ids start with some hexadecimal digits, in order. Some of them may not exist.
func (d *database) startingWith(digits string) ([]plumbing.Hash, error) {
	whole, err := hex.DecodeString(digits[:len(digits)&^1]) // go-git compares bytes
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []plumbing.Hash
	for _, s := range d.stores {
		err := guarded(func() error {
			ids, err := s.objects.HashesWithPrefix(whole)
			found = append(found, ids...)
			return err
		})
		if err != nil {
			return nil, damaged(fmt.Sprintf("listing the objects that start with %q", digits), err)
		}
	}
	found = slices.DeleteFunc(found, func(h plumbing.Hash) bool { return !strings.HasPrefix(h.String(), digits) })
	plumbing.HashesSort(found)
	return slices.Compact(found), nil
}
