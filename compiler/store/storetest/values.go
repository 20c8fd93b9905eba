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

// This file tests which paths, bodies and header fields a store takes, and what it refuses.

func testBodies(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	for i, body := range [][]byte{
		nil,
		{},
		{0},
		[]byte("\r\n"),
		[]byte(`{"a":"é"}` + "\n"),
		all,
		bytes.Repeat(all, 17<<12+1), // 17 MiB: more than client libraries send in one part, unless told so
	} {
		o := object(fmt.Sprintf("%d.bin", i), string(body))
		create(t, s, o)
		tag := get(t, s, o)
		o.Body = append([]byte("more than "), body...)
		check(t, s.Swap(t.Context(), o, tag), nil, Swapping, o.Path)
		get(t, s, o)
	}
}

func testTooLarge(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	small := object("small.json", "{}")
	create(t, s, small)
	tag := get(t, s, small)
	large := object("large.json", "")
	large.Body = make([]byte, store.MaxSize+1)
	refuse(t, s.Create(t.Context(), large), Creating, large.Path)
	missing(t, s, large.Path)
	large.Path = small.Path
	refuse(t, s.Swap(t.Context(), large, tag), Swapping, small.Path)
	get(t, s, small)
}

// refuse tests that err is an error which is none of those that another try or another reader could mend.
func refuse(t *testing.T, err error, op, path string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s %q: got no error", op, path)
		return
	}
	check(t, err, err, op, path)
	for _, other := range []error{store.ErrNotFound, store.ErrConflict, store.ErrUnavailable, store.ErrRefused} {
		if errors.Is(err, other) {
			t.Errorf("%s %q: got error %v, which wraps %q", op, path, err, other)
		}
	}
}

// testOwnCopy changes what it gave to the store, and what the store gave.
func testOwnCopy(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	o := object("a.json", "first")
	create(t, s, o)
	copy(o.Body, "XXXXX")
	want := object("a.json", "first")
	tag := get(t, s, want)
	got, _, err := s.Get(t.Context(), "a.json")
	check(t, err, nil, Reading, "a.json")
	copy(got.Body, "XXXXX")
	get(t, s, want)
	o = object("a.json", "second")
	check(t, s.Swap(t.Context(), o, tag), nil, Swapping, o.Path)
	copy(o.Body, "XXXXXX")
	get(t, s, object("a.json", "second"))
}

func testPaths(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	var all []store.Object
	for _, path := range []string{
		"pointer.json",
		"log/12.json",
		"manifests/general/" + strings.Repeat("0123456789abcdef", 4) + ".json",
		"manifests/a-b.c_d~e/f..g.json",
		".well-known/x",
		strings.Repeat("deep/", 20) + "er.json",
		"special/a b.json", // as it is, not as an address spells it
		"special/a+b.json",
		"special/a%20b.json",
		"special/a%2Fb.json",
		"special/a?b=c&d#e.json",
		"special/é=ü,名;'(!)*@$.json",
	} {
		o := object(path, "at "+path)
		create(t, s, o)
		all = append(all, o)
	}
	for _, o := range all {
		tag := get(t, s, o)
		o.Body = append(o.Body, " again"...)
		check(t, s.Swap(t.Context(), o, tag), nil, Swapping, o.Path)
		get(t, s, o)
	}
}

func testHostilePaths(t *testing.T, open Open, prefix string) {
	below, root := open(t, prefix+"/below"), open(t, prefix)
	for _, path := range []string{
		"", ".", "..", "/", "/pointer.json", "../pointer.json", "a/../pointer.json", "a/../../pointer.json", "./pointer.json", "a//pointer.json",
		"a/", "a/.", "a/..", `a\pointer.json`, `..\pointer.json`, "a\x00b", "a\nb", "a\x7fb", "a\xff",
	} {
		for op, err := range operations(t.Context(), below, object(path, "{}"), "tag") {
			check(t, err, store.ErrPath, op, path)
		}
	}
	for _, path := range []string{"pointer.json", "below/pointer.json", "below/a/pointer.json"} {
		missing(t, root, path)
	}
}

func testHeaders(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	o := store.Object{Path: "a.json", Body: []byte("{}"), CacheControl: "public, max-age=31536000, immutable", ContentType: "application/json; charset=utf-8"}
	create(t, s, o)
	tag := get(t, s, o)
	if !s.KeepsHeaders() {
		return
	}
	for _, path := range []string{"b.json", o.Path} {
		noCache, noType := object(path, "without"), object(path, "without")
		noCache.CacheControl, noType.ContentType = "", ""
		for _, bare := range []store.Object{noCache, noType} {
			refuse(t, s.Create(t.Context(), bare), Creating, path)
			refuse(t, s.Swap(t.Context(), bare, tag), Swapping, path)
		}
	}
	missing(t, s, "b.json")
	get(t, s, o)
}

func testCancelled(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	o := object("a.json", "{}")
	create(t, s, o)
	tag := get(t, s, o)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.Get(ctx, o.Path)
	cancelled(t, err, Reading, o.Path)
	cancelled(t, s.Swap(ctx, object(o.Path, "new"), tag), Swapping, o.Path)
	cancelled(t, s.Create(ctx, object("b.json", "new")), Creating, "b.json")
	get(t, s, o)
	missing(t, s, "b.json")
}

// cancelled tests that err is the context's own, which a caller tells apart from a store that does not answer.
func cancelled(t *testing.T, err error, op, path string) {
	t.Helper()
	check(t, err, context.Canceled, op, path)
}

func testPrefixes(t *testing.T, open Open, prefix string) {
	a, ab, deep, root := open(t, prefix+"/a"), open(t, prefix+"/ab"), open(t, prefix+"/a/c"), open(t, prefix)
	at := map[string]store.Store{"a": a, "ab": ab, "a/c": deep}
	for name, s := range at {
		create(t, s, object("pointer.json", "below "+name))
	}
	for name, s := range at {
		get(t, s, object("pointer.json", "below "+name))
		get(t, root, object(name+"/pointer.json", "below "+name))
	}
	missing(t, root, "pointer.json")
	missing(t, a, "b/pointer.json")
	missing(t, a, "ab/pointer.json")
}
