package storetest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"sync"

	"muster/compiler/store"
)

var errTooLarge = errors.New("it is too large")

// Memory is a store in memory. It is as weak as package store allows: equal bytes have equal tags, whatever their header
// fields and however often something else stood between them. The zero value is an empty store; it must not be copied.
type Memory struct {
	mu      sync.Mutex
	objects map[string]store.Object
}

// Objects returns what is in the store now, by path. The bodies are shared and must not be changed.
func (m *Memory) Objects() map[string]store.Object {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.objects)
}

// Put stores an object whatever is there, as somebody would who is no publisher.
func (m *Memory) Put(o store.Object) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(o)
}

// Delete removes an object, as somebody would who is no publisher.
func (m *Memory) Delete(path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, path)
}

func (m *Memory) put(o store.Object) {
	if m.objects == nil {
		m.objects = map[string]store.Object{}
	}
	o.Body = bytes.Clone(o.Body)
	m.objects[o.Path] = o
}

// Below returns a store whose root is the folder prefix of m.
func (m *Memory) Below(prefix string) store.Store { return below{m, prefix} }

func (m *Memory) Get(ctx context.Context, p string) (store.Object, store.Tag, error) {
	return m.Below("").Get(ctx, p)
}

func (m *Memory) Create(ctx context.Context, o store.Object) error { return m.Below("").Create(ctx, o) }

func (m *Memory) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	return m.Below("").Swap(ctx, o, tag)
}

func (m *Memory) KeepsHeaders() bool { return true }

func (m *Memory) String() string { return "memory:" }

// below is the part of a Memory below a prefix.
type below struct {
	*Memory
	prefix string
}

func (b below) String() string { return "memory:" + b.prefix }

func (b below) Get(ctx context.Context, p string) (store.Object, store.Tag, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[path.Join(b.prefix, p)]
	err := cmp.Or(ctx.Err(), store.CheckPath(p))
	if err == nil && !ok {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Object{}, "", fmt.Errorf("%s %q: %w", Reading, p, err)
	}
	o.Path, o.Body = p, bytes.Clone(o.Body)
	return o, tagOf(o), nil
}

func (b below) Create(ctx context.Context, o store.Object) error {
	return b.write(ctx, Creating, o, func(_ store.Object, there bool) bool { return !there })
}

func (b below) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	return b.write(ctx, Swapping, o, func(old store.Object, there bool) bool { return there && tagOf(old) == tag })
}

// write stores o if may says so of what is there.
func (b below) write(ctx context.Context, op string, o store.Object, may func(old store.Object, there bool) bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	full := path.Join(b.prefix, o.Path)
	old, there := b.objects[full]
	err := cmp.Or(ctx.Err(), o.Check())
	switch {
	case err != nil:
	case len(o.Body) > store.MaxSize:
		err = errTooLarge
	case !may(old, there):
		err = store.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", op, o.Path, err)
	}
	o.Path = full
	b.put(o)
	return nil
}

func tagOf(o store.Object) store.Tag {
	sum := sha256.Sum256(o.Body)
	return store.Tag(hex.EncodeToString(sum[:]))
}
