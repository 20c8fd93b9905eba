package storetest

import (
	"testing"

	"muster/compiler/store"
)

// This file tests what one user of a store sees of its objects.

func testMissing(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	missing(t, s, "pointer.json")
	missing(t, s, "manifests/general/0.json")
	create(t, s, object("manifests/general/1.json", "{}"))
	missing(t, s, "manifests/general/0.json")
	missing(t, s, "manifests/general/1.jso")
	if s.String() == "" {
		t.Error("the store says nothing of where it is")
	}
}

func testCreate(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	first := object("log/12.json", `{"serial":12}`)
	create(t, s, first)
	tag := get(t, s, first)
	for _, body := range []string{`{"serial":12}`, `{"serial":13}`, ""} {
		check(t, s.Create(t.Context(), object("log/12.json", body)), store.ErrConflict, Creating, "log/12.json")
		for _, reader := range []store.Store{s, open(t, prefix)} {
			if again := get(t, reader, first); again != tag {
				t.Errorf("the tag was %q and became %q while nothing changed", tag, again)
			}
		}
	}
}

func testSwap(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	o := object("pointer.json", `{"serial":0}`)
	create(t, s, o)
	tags := map[store.Tag]bool{get(t, s, o): true}
	for _, body := range []string{`{"serial":1}`, "", `{"serial":3}`} {
		tag := get(t, s, o)
		o = object("pointer.json", body)
		o.CacheControl = "public, max-age=60" // another than before
		check(t, s.Swap(t.Context(), o, tag), nil, Swapping, o.Path)
		tags[get(t, open(t, prefix), o)] = true
	}
	if len(tags) != 4 {
		t.Errorf("4 states had %d tags: %v", len(tags), tags)
	}
}

func testSwapConflicts(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	o, other := object("pointer.json", `{"serial":1}`), object("other.json", `{"other":1}`)
	create(t, s, object("pointer.json", `{"serial":0}`))
	stale := get(t, s, object("pointer.json", `{"serial":0}`))
	check(t, s.Swap(t.Context(), o, stale), nil, Swapping, o.Path)
	create(t, s, other)
	tag, foreign := get(t, s, o), get(t, s, other)
	// "*" is what HTTP calls any state, and a list of tags is any of them.
	for _, wrong := range []store.Tag{stale, foreign, "", "invented", "*", stale + ", " + tag, `"` + tag + `", "` + stale + `"`, tag + "0"} {
		check(t, s.Swap(t.Context(), object(o.Path, `{"serial":2}`), wrong), store.ErrConflict, Swapping, o.Path)
		if again := get(t, s, o); again != tag {
			t.Errorf("after a swap with tag %q the tag %q became %q", wrong, tag, again)
		}
		check(t, s.Swap(t.Context(), object("missing.json", "{}"), wrong), store.ErrConflict, Swapping, "missing.json")
		missing(t, s, "missing.json")
	}
	check(t, s.Swap(t.Context(), object("missing.json", "{}"), tag), store.ErrConflict, Swapping, "missing.json")
	missing(t, s, "missing.json")
}

// testSameBytes allows a store to give equal states equal tags, but not to lose track when a state comes back.
func testSameBytes(t *testing.T, open Open, prefix string) {
	s := open(t, prefix)
	a, b := object("pointer.json", "a"), object("pointer.json", "b")
	create(t, s, a)
	first := get(t, s, a)
	check(t, s.Swap(t.Context(), a, first), nil, Swapping, a.Path)
	check(t, s.Swap(t.Context(), b, get(t, s, a)), nil, Swapping, b.Path)
	check(t, s.Swap(t.Context(), a, get(t, s, b)), nil, Swapping, a.Path)
	last := get(t, s, a)
	if err := s.Swap(t.Context(), b, first); (err == nil) != (first == last) {
		t.Errorf("the first state had tag %q, the last has %q, and a swap with the first one gave %v", first, last, err)
	}
}
