// Package storetest is what tests of stores and of publishing share. Conformance is the test that every store passes. Memory
// is a store without a disk or a network, and Faulty a store that fails where a test wants it to and counts what was asked.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"muster/compiler/store"
)

// Open opens a store whose root is the folder prefix of some place, which was empty when the test began: two stores with one
// prefix hold the same objects. The prefix is slash-separated and clean, and "" is the place itself.
type Open func(t *testing.T, prefix string) store.Store

// Conformance tests what package store promises. Its parts run in parallel and each works below a prefix of its own, so that
// one empty bucket or folder serves all of them.
func Conformance(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, open Open, prefix string)
	}{
		{"missing", testMissing},
		{"create", testCreate},
		{"swap", testSwap},
		{"swap-conflicts", testSwapConflicts},
		{"same-bytes-again", testSameBytes},
		{"many-create", testManyCreate},
		{"many-swap", testManySwap},
		{"counter", testCounter},
		{"bodies", testBodies},
		{"too-large", testTooLarge},
		{"own-copy", testOwnCopy},
		{"paths", testPaths},
		{"hostile-paths", testHostilePaths},
		{"headers", testHeaders},
		{"cancelled", testCancelled},
		{"prefixes", testPrefixes},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, open, part.name)
		})
	}
}

// AlwaysFails tests that each operation of s returns an error that wraps want and contains none of the secrets: the store is
// not there, say, or the credentials are wrong.
func AlwaysFails(t *testing.T, s store.Store, want error, secrets ...string) {
	t.Helper()
	for op, err := range operations(t.Context(), s, object("pointer.json", "{}"), "tag") {
		check(t, err, want, op, "pointer.json")
		for _, secret := range secrets {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows a secret: %v", op, err)
			}
		}
	}
}

// The words that errors begin with.
const (
	Reading  = "reading"
	Creating = "creating"
	Swapping = "swapping"
)

// operations are the errors of one Get, one Create and one Swap of o, by the word that errors begin with.
func operations(ctx context.Context, s store.Store, o store.Object, tag store.Tag) map[string]error {
	_, _, err := s.Get(ctx, o.Path)
	return map[string]error{Reading: err, Creating: s.Create(ctx, o), Swapping: s.Swap(ctx, o, tag)}
}

// object is an object with the header fields of one that is read often.
func object(path, body string) store.Object {
	return store.Object{Path: path, Body: []byte(body), CacheControl: "public, max-age=5, stale-while-revalidate=10", ContentType: "application/json"}
}

// check tests that err wraps want and none of the other errors that callers tell apart, and that it names the operation and
// the object. A want of nil stands for no error.
func check(t *testing.T, err, want error, op, path string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s %q: got error %v, want %v", op, path, err, want)
		return
	}
	if err == nil {
		return
	}
	for _, other := range []error{store.ErrNotFound, store.ErrConflict, store.ErrUnavailable, store.ErrRefused, store.ErrPath} {
		if errors.Is(err, other) && !errors.Is(want, other) {
			t.Errorf("%s %q: the error %v wraps %q as well", op, path, err, other)
		}
	}
	if prefix := fmt.Sprintf("%s %q: ", op, path); !strings.HasPrefix(err.Error(), prefix) {
		t.Errorf("got error %q, want one that begins with %q", err, prefix)
	}
}

func create(t *testing.T, s store.Store, o store.Object) {
	t.Helper()
	check(t, s.Create(t.Context(), o), nil, Creating, o.Path)
}

// get returns the tag of the object at o's path after it has been compared with o.
func get(t *testing.T, s store.Store, o store.Object) store.Tag {
	t.Helper()
	got, tag, err := s.Get(t.Context(), o.Path)
	check(t, err, nil, Reading, o.Path)
	if err != nil {
		return ""
	}
	if !s.KeepsHeaders() {
		o.CacheControl, o.ContentType = "", ""
	}
	if got.Path != o.Path || got.CacheControl != o.CacheControl || got.ContentType != o.ContentType {
		t.Errorf("%q: got path %q, Cache-Control %q, Content-Type %q; want %q, %q", o.Path, got.Path, got.CacheControl, got.ContentType, o.CacheControl, o.ContentType)
	}
	if !bytes.Equal(got.Body, o.Body) {
		t.Errorf("%q: got %d bytes, want %d: %.60q, want %.60q", o.Path, len(got.Body), len(o.Body), got.Body, o.Body)
	}
	if tag == "" {
		t.Errorf("%q: got an empty tag", o.Path)
	}
	return tag
}

// missing tests that there is no object at path.
func missing(t *testing.T, s store.Store, path string) {
	t.Helper()
	o, tag, err := s.Get(t.Context(), path)
	check(t, err, store.ErrNotFound, Reading, path)
	if tag != "" || o.Body != nil {
		t.Errorf("%q is missing, and got tag %q and %d bytes", path, tag, len(o.Body))
	}
}
