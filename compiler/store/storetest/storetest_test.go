package storetest

import (
	"errors"
	"slices"
	"testing"

	"muster/compiler/store"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	var m Memory
	Conformance(t, func(_ *testing.T, prefix string) store.Store { return m.Below(prefix) })
}

// TestFaultyIsAStore shows that without faults nothing is lost on the way.
func TestFaultyIsAStore(t *testing.T) {
	t.Parallel()
	var m Memory
	Conformance(t, func(_ *testing.T, prefix string) store.Store { return &Faulty{Store: m.Below(prefix)} })
}

func TestMemoryFromOutside(t *testing.T) {
	t.Parallel()
	var m Memory
	a := object("a.json", "a")
	m.Put(a)
	tag := get(t, &m, a)
	if got := m.Objects(); len(got) != 1 || string(got["a.json"].Body) != "a" {
		t.Errorf("got objects %v", got)
	}
	m.Delete("a.json")
	missing(t, &m, "a.json")
	check(t, m.Swap(t.Context(), a, tag), store.ErrConflict, Swapping, "a.json")
}

var errBefore, errAfter = errors.New("before"), errors.New("after")

func TestFaulty(t *testing.T) {
	t.Parallel()
	var m Memory
	s := &Faulty{
		Store: &m,
		Before: func(r Request) error {
			if r.N == 1 {
				return errBefore
			}
			return nil
		},
		After: func(r Request) error {
			if r.Op == Swapping || r.N == 2 {
				return errAfter
			}
			return nil
		},
	}
	a, b := object("a.json", "a"), object("a.json", "bb")
	if err := s.Create(t.Context(), a); err != errBefore || len(m.Objects()) != 0 {
		t.Errorf("got error %v and objects %v, want %v and none", err, m.Objects(), errBefore)
	}
	if err := s.Create(t.Context(), a); err != errAfter {
		t.Errorf("got error %v, want %v", err, errAfter)
	}
	if err := s.Swap(t.Context(), b, get(t, s, a)); err != errAfter {
		t.Errorf("got error %v, want %v", err, errAfter)
	}
	get(t, s, b)
	want := []Request{{1, Creating, "a.json", 1}, {2, Creating, "a.json", 1}, {3, Reading, "a.json", 0}, {4, Swapping, "a.json", 2}, {5, Reading, "a.json", 0}}
	if got := s.Requests(); !slices.Equal(got, want) {
		t.Errorf("got requests %v, want %v", got, want)
	}
	if n := s.Count(Reading); n != 2 {
		t.Errorf("got %d reads, want 2", n)
	}
}
