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

// update stores an object if may says so of what is at its path, and reports whether it did.
func (m *Memory) update(o store.Object, may func(old store.Object, there bool) bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, there := m.objects[o.Path]
	if !may(old, there) {
		return false
	}
	m.put(o)
	return true
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

func (b below) write(ctx context.Context, op string, o store.Object, may func(old store.Object, there bool) bool) error {
	err := cmp.Or(ctx.Err(), o.Check())
	if err == nil && len(o.Body) > store.MaxSize {
		err = errTooLarge
	}
	if err == nil {
		full := o
		full.Path = path.Join(b.prefix, o.Path)
		if !b.update(full, may) {
			err = store.ErrConflict
		}
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", op, o.Path, err)
	}
	return nil
}

func tagOf(o store.Object) store.Tag {
	sum := sha256.Sum256(o.Body)
	return store.Tag(hex.EncodeToString(sum[:]))
}
