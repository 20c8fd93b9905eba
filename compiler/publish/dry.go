package publish

import (
	"context"
	"errors"
	"sync"

	"muster/compiler/manifest"
	"muster/compiler/store"
)

// Dry returns a store that reads from s and keeps to itself what is written. What a publisher does to it, and where it
// fails, is what it would do to s, but for what only writing tells: whether it may, and whether conditions hold. It is for one
// publisher.
func Dry(s store.Store) store.Store { return &dry{Store: s, written: map[string]store.Object{}} }

type dry struct {
	store.Store
	mu      sync.Mutex
	written map[string]store.Object
}

func (d *dry) Get(ctx context.Context, path string) (store.Object, store.Tag, error) {
	d.mu.Lock()
	o, ok := d.written[path]
	d.mu.Unlock()
	if ok {
		return o, store.Tag("dry " + manifest.Sum(o.Body).String()), nil
	}
	return d.Store.Get(ctx, path)
}

func (d *dry) Create(ctx context.Context, o store.Object) error {
	_, _, err := d.Get(ctx, o.Path)
	switch {
	case err == nil:
		return store.ErrConflict
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	return d.write(o)
}

func (d *dry) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	_, now, err := d.Get(ctx, o.Path)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && now != tag:
		return store.ErrConflict
	case err != nil:
		return err
	}
	return d.write(o)
}

func (d *dry) write(o store.Object) error {
	if err := store.CheckPath(o.Path); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written[o.Path] = o
	return nil
}
