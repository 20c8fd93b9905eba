package folder

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"muster/compiler/store"
)

var (
	errNotFile  = errors.New("it is a folder or a symbolic link in place of an object, and nothing is read or written through one")
	errTooLarge = fmt.Errorf("it has more than %d bytes", store.MaxSize)
)

// Open returns the store whose objects are the files in the folder dir. The folder and its parents are made when the first
// object is created.
//
// The tag of an object is the SHA-256 of its body, in lower-case hex. Create and Swap hold the lock that Write holds too, in
// all processes, and wait for it until ctx ends. They write a temporary file in the same folder, fsync and rename it, and
// fsync the folders that hold the new names. So Get, which takes no lock and needs no right to write, sees whole objects only.
// It fsyncs what it returns: a run that was killed may have left it, and whoever finds it in place does not write it again.
// The first Create or Swap in a folder of the root removes the temporary files that runs left there which crashed.
//
// A file of the object's name that anybody put there is the object, whatever it holds. dir itself may be a symbolic link
// to a folder. Below it nothing is read or written through a link: one in place of a folder or an object is an error, as is a
// folder in place of an object. Links are looked for before they could be followed; that doesn't keep out somebody who may
// write into the folder at the same moment.
//
// Errors wrap store.ErrRefused if the user may not do what was asked, and store.ErrUnavailable if the lock was not to be had
// before the deadline of ctx. A file system without locks is an error. On Windows, which can't fsync a folder, Create and
// Swap survive a crash of the program, not of the machine.
func Open(dir string) (store.Store, error) {
	if dir == "" {
		return nil, errNoDir
	}
	return newObjects(folder{filepath.Clean(dir), osDisk()}), nil
}

// objects is a folder as a store.
type objects struct {
	folder
	turn  chan struct{} // full while a goroutine writes: no two poll for the lock
	swept sync.Map      // the first elements of paths below which no stale temporary files are left
	named sync.Map      // the folders whose names are durable; "." if the root is there
}

func newObjects(f folder) *objects { return &objects{folder: f, turn: make(chan struct{}, 1)} }

func (s *objects) KeepsHeaders() bool { return false }

func (s *objects) String() string { return "file:" + filepath.ToSlash(s.dir) }

func (s *objects) Get(ctx context.Context, p string) (store.Object, store.Tag, error) {
	body, err := s.read(ctx, p)
	if err != nil {
		return store.Object{}, "", failed("reading", p, err)
	}
	return store.Object{Path: p, Body: body}, tagOf(body), nil
}

// read returns the content of the file at p when it and its name are durable.
func (s *objects) read(ctx context.Context, p string) ([]byte, error) {
	if err := cmp.Or(ctx.Err(), checkPath(p)); err != nil {
		return nil, err
	}
	body, err := s.load(p)
	if err != nil {
		return nil, err
	}
	if err := s.sync(s.path(p)); err != nil {
		return nil, err
	}
	return body, s.settle(p)
}

func (s *objects) Create(ctx context.Context, o store.Object) error {
	return failed("creating", o.Path, s.alone(ctx, o, func() error {
		switch info, err := s.look(o.Path); {
		case err != nil:
			return err
		case info != nil:
			return store.ErrConflict
		}
		for _, d := range foldersOf(o.Path) {
			if err := s.makeFolder(d); err != nil {
				return fmt.Errorf("making folder %q: %w", d, err)
			}
		}
		return s.put(o)
	}))
}

func (s *objects) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	return failed("swapping", o.Path, s.alone(ctx, o, func() error {
		body, err := s.load(o.Path)
		switch {
		case errors.Is(err, store.ErrNotFound) || err == nil && tagOf(body) != tag:
			return store.ErrConflict
		case err != nil:
			return err
		}
		return s.put(o)
	}))
}

// tagOf is the tag of an object with that body.
func tagOf(body []byte) store.Tag {
	sum := sha256.Sum256(body)
	return store.Tag(hex.EncodeToString(sum[:]))
}

// failed completes an error that p met, and says of which kind it is.
func failed(doing, p string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%w: %w", store.ErrRefused, err)
	}
	return fmt.Errorf("%s %q: %w", doing, p, err)
}

// alone does what changes o while nobody else writes into the folder.
func (s *objects) alone(ctx context.Context, o store.Object, do func() error) error {
	if err := cmp.Or(ctx.Err(), checkPath(o.Path)); err != nil {
		return err
	}
	if len(o.Body) > store.MaxSize {
		return errTooLarge
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := onceIn(&s.named, ".", s.makeRoot); err != nil {
		return err
	}
	return s.locked(ctx, func() error {
		if err := s.sweepFor(o); err != nil {
			return err
		}
		return do()
	})
}

// onceIn does what need not be done again in the life of a store. Two goroutines may both do it.
func onceIn(done *sync.Map, what string, do func() error) error {
	if _, ok := done.Load(what); ok {
		return nil
	}
	err := do()
	if err == nil {
		done.Store(what, nil)
	}
	return err
}

// sweepFor removes the temporary files that are left in the root, and in that folder of the root that o belongs in and all
// folders in it. Under the lock none of them is anybody's.
func (s *objects) sweepFor(o store.Object) error {
	top, _, _ := strings.Cut(o.Path, "/")
	return onceIn(&s.swept, top, func() error { return s.sweep(".", map[string]bool{top: true}) })
}

// look returns what stands at p: a regular file, or nil for nothing.
func (s *objects) look(p string) (fs.FileInfo, error) {
	for _, d := range foldersOf(p) {
		info, err := s.lstat(d)
		switch {
		case info == nil:
			return nil, err
		case !info.IsDir():
			return nil, fmt.Errorf("%q: %w", d, errNotFolder)
		}
	}
	info, err := s.lstat(p)
	if info != nil && !info.Mode().IsRegular() {
		return nil, errNotFile
	}
	return info, err
}

// lstat returns nil for nothing.
func (s *objects) lstat(rel string) (fs.FileInfo, error) {
	info, err := s.disk.lstat(s.path(rel))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return info, nil
}

// load returns the content of the file at p, which need not be durable.
func (s *objects) load(p string) ([]byte, error) {
	info, err := s.look(p)
	switch {
	case err != nil:
		return nil, err
	case info == nil:
		return nil, store.ErrNotFound
	}
	file, err := s.disk.open(s.path(p))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(file, store.MaxSize+1))
	if err == nil && len(body) > store.MaxSize {
		err = errTooLarge
	}
	return body, cmp.Or(err, file.Close())
}

// put writes o and makes it durable.
func (s *objects) put(o store.Object) error {
	if err := s.write(o); err != nil {
		return err
	}
	return s.settle(o.Path)
}

// settle makes the name of p durable, and those of the folders that it is in: a run that was killed may have made any of them.
func (s *objects) settle(p string) error {
	if err := s.sync(filepath.Dir(s.path(p))); err != nil {
		return err
	}
	for _, d := range foldersOf(p) {
		if err := onceIn(&s.named, d, func() error { return s.sync(filepath.Dir(s.path(d))) }); err != nil {
			return err
		}
	}
	return nil
}
