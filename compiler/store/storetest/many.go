package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"muster/compiler/store"
)

// This file tests what a store does when many want the same at once. Each has opened the store for itself.

const (
	writers = 20
	rounds  = 10
)

// atOnce calls do in as many goroutines as there are writers, and returns what each of them got.
func atOnce(do func(writer int) error) []error {
	errs := make([]error, writers)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

func openMany(t *testing.T, open Open, prefix string) (all []store.Store) {
	for range writers {
		all = append(all, open(t, prefix))
	}
	return all
}

// winner returns the only one of the writers that got no error, and tests that the others met a conflict.
func winner(t *testing.T, errs []error, op, path string) int {
	t.Helper()
	won := -1
	for i, err := range errs {
		switch {
		case err != nil:
			check(t, err, store.ErrConflict, op, path)
		case won >= 0:
			t.Errorf("%s %q: both writer %d and writer %d won", op, path, won, i)
		default:
			won = i
		}
	}
	if won < 0 {
		t.Fatalf("%s %q: nobody won", op, path)
	}
	return won
}

func testManyCreate(t *testing.T, open Open, prefix string) {
	stores := openMany(t, open, prefix)
	for round := range rounds {
		path := fmt.Sprintf("log/%d.json", round)
		by := func(i int) store.Object { return object(path, strings.Repeat(fmt.Sprintf("writer %d ", i), 1000)) }
		won := winner(t, atOnce(func(i int) error { return stores[i].Create(t.Context(), by(i)) }), Creating, path)
		for _, s := range stores {
			get(t, s, by(won))
		}
	}
}

// testManySwap lets all writers read the same state before the first of them swaps it.
func testManySwap(t *testing.T, open Open, prefix string) {
	stores := openMany(t, open, prefix)
	state := object("pointer.json", "before the first round")
	create(t, stores[0], state)
	for round := range rounds {
		var tags []store.Tag
		for _, s := range stores {
			tags = append(tags, get(t, s, state))
		}
		by := func(i int) store.Object { return object(state.Path, fmt.Sprintf("round %d by %d", round, i)) }
		won := winner(t, atOnce(func(i int) error { return stores[i].Swap(t.Context(), by(i), tags[i]) }), Swapping, state.Path)
		state = by(won)
	}
	get(t, stores[0], state)
}

// testCounter lets all writers count up as often as they can: what is there at the end tells of each swap that succeeded.
func testCounter(t *testing.T, open Open, prefix string) {
	stores := openMany(t, open, prefix)
	create(t, stores[0], object("counter", "0 by nobody"))
	counts := make([]int, writers)
	for _, err := range atOnce(func(i int) (err error) {
		counts[i], err = countUp(t, stores[i], i)
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	succeeded := 0
	for _, n := range counts {
		succeeded += n
	}
	o, _, err := stores[0].Get(t.Context(), "counter")
	check(t, err, nil, Reading, "counter")
	if n := count(o); n != succeeded || n == 0 {
		t.Errorf("%d swaps succeeded, and the counter says %q", succeeded, o.Body)
	}
}

// countUp tries rounds times to make the counter one larger, and returns how often that succeeded.
func countUp(t *testing.T, s store.Store, writer int) (succeeded int, err error) {
	for range rounds {
		o, tag, err := s.Get(t.Context(), "counter")
		if err != nil {
			return succeeded, err
		}
		// With the writer's number in it no state ever comes back.
		err = s.Swap(t.Context(), object("counter", fmt.Sprintf("%d by %d", count(o)+1, writer)), tag)
		switch {
		case err == nil:
			succeeded++
		case !errors.Is(err, store.ErrConflict):
			return succeeded, err
		}
	}
	return succeeded, nil
}

func count(o store.Object) (n int) {
	if _, err := fmt.Sscanf(string(o.Body), "%d by", &n); err != nil {
		return -1
	}
	return n
}
