package storetest

import (
	"context"
	"slices"
	"sync"

	"muster/compiler/store"
)

// Request is one call of a store's Get, Create or Swap.
type Request struct {
	N    int    // 1 for the first of all requests
	Op   string // Reading, Creating or Swapping
	Path string
	Size int // of the body that is written, in bytes; 0 for Reading
}

// Faulty is a store that fails where it is told to, and remembers what was asked of it. Before and After must be set before
// the first request; they may be called by several goroutines at once, and may use the store beneath, so that a test can
// let somebody else act at exactly that point.
type Faulty struct {
	store.Store
	// Before is called before a request has an effect. If it returns an error, the request has none and returns it.
	// Nil is a function that returns nil.
	Before func(Request) error
	// After is called after a request had its effect, whatever the answer. If it returns an error, that is returned in place
	// of the answer, which is lost. Nil is a function that returns nil.
	After func(Request) error

	mu       sync.Mutex
	requests []Request
}

// Requests are all requests so far, in the order in which they began.
func (f *Faulty) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// Count returns how many requests of that kind there were so far.
func (f *Faulty) Count(op string) (n int) {
	for _, r := range f.Requests() {
		if r.Op == op {
			n++
		}
	}
	return n
}

func (f *Faulty) Get(ctx context.Context, path string) (store.Object, store.Tag, error) {
	var o store.Object
	var tag store.Tag
	err := f.do(Request{Op: Reading, Path: path}, func() (err error) {
		o, tag, err = f.Store.Get(ctx, path)
		return err
	})
	if err != nil {
		return store.Object{}, "", err
	}
	return o, tag, nil
}

func (f *Faulty) Create(ctx context.Context, o store.Object) error {
	return f.do(Request{Op: Creating, Path: o.Path, Size: len(o.Body)}, func() error { return f.Store.Create(ctx, o) })
}

func (f *Faulty) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	return f.do(Request{Op: Swapping, Path: o.Path, Size: len(o.Body)}, func() error { return f.Store.Swap(ctx, o, tag) })
}

func (f *Faulty) do(r Request, request func() error) error {
	f.mu.Lock()
	r.N = len(f.requests) + 1
	f.requests = append(f.requests, r)
	f.mu.Unlock()
	if err := ask(f.Before, r); err != nil {
		return err
	}
	err := request()
	if lost := ask(f.After, r); lost != nil {
		return lost
	}
	return err
}

func ask(hook func(Request) error, r Request) error {
	if hook == nil {
		return nil
	}
	return hook(r)
}
