package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// bare is a store that keeps no header fields, such as a folder.
type bare struct{ store.Store }

func (bare) KeepsHeaders() bool { return false }

func (b bare) Create(ctx context.Context, o store.Object) error {
	return b.Store.Create(ctx, kept(o))
}

func (b bare) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	return b.Store.Swap(ctx, kept(o), tag)
}

// kept is an object as the store below wants it.
func kept(o store.Object) store.Object {
	o.CacheControl, o.ContentType = "no-cache", "text/plain"
	return o
}

// TestRules looks at the rules for static hosts: they are of the last serial that was published, and come back.
func TestRules(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	look := func(serial int, when string) {
		t.Helper()
		if got, want := string(m.Objects()["_headers"].Body), fmt.Sprintf("# serial %d\n/*\n", serial); got != want {
			t.Errorf("%s: the rules are %q, want %q", when, got, want)
		}
	}
	expect(t, bare{m}, at(5), Published)
	look(5, "the first")
	f := &storetest.Faulty{Store: m}
	expect(t, bare{f}, at(5), Unchanged)
	if n := f.Count(storetest.Creating) + f.Count(storetest.Swapping); n > 0 {
		t.Errorf("the same again took %d writes", n)
	}
	m.Delete("_headers")
	expect(t, bare{m}, at(5), Unchanged)
	look(5, "they were lost")
	m.Put(kept(store.Object{Path: "_headers", Body: []byte("# serial 9\n/*\n")}))
	expect(t, bare{m}, at(6), Published)
	look(6, "somebody has made up a serial")
	m.Put(kept(store.Object{Path: "_headers", Body: []byte("# serial 9\n/*\n")}))
	m.Put(kept(store.Object{Path: "log/9.json"}))
	expect(t, bare{m}, at(7), Published)
	look(9, "a later publisher was quicker")
	m.Delete("log/9.json")
	expect(t, bare{m}, at(10), Published)
	look(10, "the next")
	m.Put(kept(store.Object{Path: "_headers", Body: []byte("/nothing\n")}))
	expect(t, bare{m}, at(11), Published)
	look(11, "somebody has written others")
	other := &storetest.Memory{}
	expect(t, other, at(5), Published)
	if _, ok := other.Objects()["_headers"]; ok {
		t.Error("a store that keeps header fields got rules for hosts that don't")
	}
}

// TestRulesFirst shows that the rules are there before the pointer that needs them, and that a publisher which was slower at them
// reads them again.
func TestRulesFirst(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	f := &storetest.Faulty{Store: m, Before: func(q storetest.Request) error {
		if q.Path == "_headers" && q.Op != storetest.Reading {
			return errInjected
		}
		return nil
	}}
	if _, err := publisher(bare{f}).Publish(context.Background(), at(1)); !errors.Is(err, errInjected) {
		t.Errorf("got error %v", err)
	}
	if _, ok := m.Objects()["pointer.json"]; ok {
		t.Error("there is a pointer, and no rules")
	}
	once := true
	f.Before = func(q storetest.Request) error {
		if q.Path == "_headers" && q.Op != storetest.Reading && once {
			once = false
			m.Put(kept(store.Object{Path: "_headers", Body: []byte("# serial 0\n/*\n")}))
		}
		return nil
	}
	expect(t, bare{f}, at(1), Published)
	if got := string(m.Objects()["_headers"].Body); !strings.HasPrefix(got, "# serial 1\n") {
		t.Errorf("the rules are %q", got)
	}
}
