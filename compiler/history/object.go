package history

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"slices"
	"strconv"
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

	mu    sync.Mutex
	packs *packs
	rest  *rest
}

// rest is what is not in a pack, or in one that only go-git can read. It serves one caller at a time.
type rest struct {
	mu     sync.Mutex
	stores []store
}

// store is one object folder.
type store struct {
	folder  billy.Filesystem
	objects *filesystem.ObjectStorage // opens a pack when it is asked for one
}

func openDatabase(folders []string, incomplete error) *database {
	shelf := &shelf{folders: folders, known: map[string]bool{}}
	d := &database{incomplete: incomplete, packs: newPacks(shelf), rest: &rest{}}
	shared := cache.NewObjectLRU(cacheSize)
	options := filesystem.Options{KeepDescriptors: true, LargeObjectThreshold: maxObject}
	for _, folder := range folders {
		at := objectFolder(folder).billy()
		d.rest.stores = append(d.rest.stores, store{at, filesystem.NewObjectStorageWithOptions(dotgit.New(at), shared, options)})
	}
	return d
}

// another is the same database for one more reader at a time. It must not be closed.
func (d *database) another() *database {
	return &database{incomplete: d.incomplete, packs: newPacks(d.packs.shelf), rest: d.rest}
}

func (d *database) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rest.mu.Lock()
	defer d.rest.mu.Unlock()
	errs := []error{d.packs.shelf.close()}
	for _, s := range d.rest.stores {
		errs = append(errs, s.objects.Close())
	}
	d.packs.all, d.rest.stores = nil, nil
	return errors.Join(errs...)
}

// question is one question about an object, for each way in which it may be stored.
type question struct {
	packed func(*packs, spot) (object, error)
	loose  func(*objfile.Reader) (object, error)
	other  func(plumbing.EncodedObject) (object, error)
	check  func(plumbing.Hash, object) error // the answer
}

var (
	// brief asks for the type and the size, without the content.
	brief = question{(*packs).brief, briefLoose, briefOther, func(plumbing.Hash, object) error { return nil }}

	// whole asks for all of it, held against its id.
	whole = question{(*packs).read, readLoose, readOther, verify}
)

// ask looks for an object in the packs, in files of their own, and in packs of old formats. If it is nowhere, all are asked
// once more with a fresh look at their folders: git may have repacked in the meantime.
func (d *database) ask(id plumbing.Hash, q question) (object, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o, err := d.askOnce(id, q)
	if errors.Is(err, errMissing) {
		d.packs.all = d.packs.shelf.refresh()
		d.rest.refresh()
		o, err = d.askOnce(id, q)
	}
	if err != nil {
		return object{}, d.unanswered(id, err)
	}
	return o, nil
}

// askOnce fails with errMissing where the object is nowhere, and otherwise with what is wrong with it.
func (d *database) askOnce(id plumbing.Hash, q question) (o object, trouble error) {
	trouble = guarded(func() (err error) {
		o, err = d.packs.ask(id, q)
		return err
	})
	if trouble == nil {
		return o, nil
	}
	return d.rest.ask(id, q, trouble)
}

// ask tries one way after another to read an object that is in no pack, or in one that can't be read, which is the trouble.
// Such a pack is not given to go-git, which follows a circle of deltas for ever.
func (r *rest) ask(id plumbing.Hash, q question, trouble error) (o object, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, read := range []func(store, plumbing.Hash, question) (object, error){store.loose, store.other} {
		for _, s := range r.stores {
			err := guarded(func() (err error) {
				o, err = read(s, id, q)
				return err
			})
			if err == nil {
				return o, nil
			}
			if errors.Is(trouble, errMissing) {
				trouble = err
			}
		}
		if !errors.Is(trouble, errMissing) {
			break
		}
	}
	return object{}, trouble
}

func (r *rest) refresh() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.stores {
		s.objects.Reindex()
	}
}

// verify holds an object against its id.
func verify(id plumbing.Hash, o object) error {
	if o.size > maxObject {
		return nil // and it is not read
	}
	var room [40]byte
	header := append(append(room[:0], o.kind.Bytes()...), ' ')
	header = append(strconv.AppendInt(header, o.size, 10), 0)
	h := sha1.New()
	h.Write(header)
	h.Write(o.data)
	if actual := plumbing.Hash(h.Sum(room[:0])); actual != id {
		return fmt.Errorf("its content is that of %s", actual)
	}
	return nil
}

func (d *database) unanswered(id plumbing.Hash, trouble error) error {
	switch {
	case !errors.Is(trouble, errMissing):
		return damaged(fmt.Sprintf("reading object %s", id), trouble)
	case d.incomplete != nil:
		return fmt.Errorf("object %s is not here: %w", id, d.incomplete)
	}
	return &unusable{kind: errMissing, problem: fmt.Sprintf("object %s is missing", id), cure: cureDamaged}
}

// guarded turns a panic into an error: what is read says how much of it there is, and a damaged file says nonsense. A file
// that shrinks while it is mapped is a fault.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it makes no sense (%v)", p)
		}
	}()
	return f()
}

// loose asks about an object in a file of its own.
func (s store) loose(id plumbing.Hash, q question) (object, error) {
	name := id.String()
	f, err := s.folder.Open(s.folder.Join("objects", name[:2], name[2:]))
	if errors.Is(err, fs.ErrNotExist) {
		return object{}, errMissing
	}
	if err != nil {
		return object{}, err
	}
	defer f.Close()
	r, err := objfile.NewReader(f)
	if err != nil {
		return object{}, err
	}
	defer r.Close()
	o, err := q.loose(r)
	if err == nil {
		err = q.check(id, o)
	}
	return o, err
}

func briefLoose(r *objfile.Reader) (o object, err error) {
	o.kind, o.size, err = r.Header()
	if err == nil && o.size < 0 {
		err = errors.New("its size is negative")
	}
	return o, err
}

func readLoose(r *objfile.Reader) (object, error) {
	o, err := briefLoose(r)
	if err == nil && o.size <= maxObject {
		o.data, err = content(r, o.size)
	}
	return o, err
}

// other asks go-git.
func (s store) other(id plumbing.Hash, q question) (object, error) {
	e, err := s.objects.EncodedObject(plumbing.AnyObject, id)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return object{}, errMissing
	}
	var o object
	if err == nil {
		o, err = q.other(e)
	}
	if err == nil {
		err = q.check(id, o)
	}
	return o, err
}

func briefOther(o plumbing.EncodedObject) (object, error) {
	return object{kind: o.Type(), size: o.Size()}, nil
}

func readOther(e plumbing.EncodedObject) (object, error) {
	o := object{kind: e.Type(), size: e.Size()}
	if o.size > maxObject {
		return o, nil
	}
	r, err := e.Reader()
	if err != nil {
		return object{}, err
	}
	defer r.Close()
	o.data, err = content(r, o.size)
	return o, err
}

// content reads so many bytes, which must be all there are.
func content(r io.Reader, size int64) ([]byte, error) {
	var data bytes.Buffer
	n, err := io.Copy(&data, io.LimitReader(r, size+1))
	if err == nil && n != size {
		err = fmt.Errorf("it has not the %d bytes that it says", size)
	}
	return data.Bytes(), err
}

// kind is an object's type.
func (d *database) kind(id plumbing.Hash) (plumbing.ObjectType, error) {
	o, err := d.ask(id, brief)
	return o.kind, err
}

// size is the length of an object's content in bytes, without reading the content.
func (d *database) size(id plumbing.Hash) (int64, error) {
	o, err := d.ask(id, brief)
	return o.size, err
}

// read is an object's type and content, which is shared.
func (d *database) read(id plumbing.Hash) (plumbing.ObjectType, []byte, error) {
	o, err := d.ask(id, whole)
	if err == nil && o.size > maxObject {
		err = &unusable{
			problem: fmt.Sprintf("object %s has %d bytes, and muster reads at most %d", id, o.size, maxObject),
			cure:    "keep files of that size out of the registry",
		}
	}
	return o.kind, o.data, err
}

// blob is the content of a file, which is the caller's.
func (d *database) blob(id plumbing.Hash) ([]byte, error) {
	kind, data, err := d.read(id)
	if err == nil && kind != plumbing.BlobObject {
		err = damaged(fmt.Sprintf("reading file %s", id), fmt.Errorf("it is a %s", kind))
	}
	if err != nil {
		return nil, err
	}
	return bytes.Clone(data), nil
}

// startingWith lists the objects whose ids start with some hexadecimal digits, in order. Some of them may not exist.
func (d *database) startingWith(digits string) ([]plumbing.Hash, error) {
	whole, err := hex.DecodeString(digits[:len(digits)&^1]) // go-git compares bytes
	if err != nil {
		return nil, err
	}
	d.rest.mu.Lock()
	defer d.rest.mu.Unlock()
	var found []plumbing.Hash
	for _, s := range d.rest.stores {
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
