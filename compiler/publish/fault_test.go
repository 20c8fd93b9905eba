package publish

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"muster/compiler/manifest"
	"muster/compiler/store/storetest"
)

// scenarios are what is in a store, and what is published to it then.
var scenarios = []struct {
	name    string
	before  func(*storetest.Memory)
	release Release
}{
	{"an empty store", func(*storetest.Memory) {}, at(5)},
	{"the next serial", published(4), at(5)},
	{"a later serial", published(2), at(6)},
	{"the same serial", published(5), at(5)},
	{"a pointer that was lost", func(m *storetest.Memory) { published(3)(m); m.Delete("pointer.json") }, at(5)},
	{"a log that is ahead", stopped(3, 5), at(7)},
	{"a log that is ahead, from the first run", stopped(0, 5), at(7)},
	{"a log that is ahead by the same serial", stopped(3, 6), at(6)},
}

func published(serial int) func(*storetest.Memory) {
	return func(m *storetest.Memory) {
		if _, err := publisher(m).Publish(context.Background(), at(serial)); err != nil {
			panic(err)
		}
	}
}

// stopped publishes a serial, and then another one as far as its entry in the log.
func stopped(first, second int) func(*storetest.Memory) {
	return func(m *storetest.Memory) {
		if first > 0 {
			published(first)(m)
		}
		f := &storetest.Faulty{Store: m, Before: func(r storetest.Request) error {
			if r.Path == "pointer.json" && r.Op != storetest.Reading {
				return errInjected
			}
			return nil
		}}
		if _, err := publisher(f).Publish(context.Background(), at(second)); !errors.Is(err, errInjected) {
			panic(err)
		}
	}
}

// TestEveryRequestFails fails a run at each of its requests: once or from then on, before the request has an effect or
// after it. What readers are promised must hold after every request; the next run must come to the end.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	points := 0
	for _, s := range scenarios {
		for name, fails := range map[string]func(n, at int) bool{
			"once":            func(n, at int) bool { return n == at },
			"from then on":    func(n, at int) bool { return n >= at },
			"on every second": func(n, at int) bool { return n >= at && (n-at)%2 == 0 },
		} {
			for _, late := range []bool{false, true} {
				for n := 1; failsAt(t, s.before, s.release, fmt.Sprintf("%s, %s, late %t, request %d", s.name, name, late, n), func(r int) bool { return fails(r, n) }, late); n++ {
					points++
				}
			}
		}
	}
	t.Logf("points tried: %d failed requests of publishing", points)
}

// failsAt reports whether there was a request to fail.
func failsAt(t *testing.T, before func(*storetest.Memory), r Release, where string, fails func(n int) bool, late bool) (failed bool) {
	t.Helper()
	w := newWatched(t)
	before(w.Memory)
	w.look()
	hook := func(q storetest.Request) error {
		if fails(q.N) {
			failed = true
			return errInjected
		}
		return nil
	}
	var mu sync.Mutex // requests for objects come from several goroutines
	f := &storetest.Faulty{Store: w.Memory}
	f.Before = func(q storetest.Request) error {
		mu.Lock()
		defer mu.Unlock()
		if late {
			return nil
		}
		return hook(q)
	}
	f.After = func(q storetest.Request) error {
		mu.Lock()
		defer mu.Unlock()
		w.look()
		if late {
			return hook(q)
		}
		return nil
	}
	report, err := publisher(f).Publish(context.Background(), r)
	if failed && !errors.Is(err, errInjected) || !failed && err != nil {
		t.Errorf("%s: got %v, error %v", where, report, err)
	}
	again := publish(t, w.Memory, r)
	if w.look(); w.serial != r.Pointer.Serial || again.Outcome == Superseded {
		t.Errorf("%s: run again, serial %d is live, %s", where, w.serial, again.Outcome)
	}
	return failed
}

// TestTwoPublishers lets a second publisher act between any two requests of the first: to its end, or up to any request of its
// own, to go on when the first has come to its end.
func TestTwoPublishers(t *testing.T) {
	t.Parallel()
	points := 0
	for _, before := range []int{0, 3} {
		for _, pair := range [][2]int{{5, 5}, {5, 6}, {6, 5}, {5, 9}, {9, 5}} {
			for stop := 1; interleave(t, before, pair[0], pair[1], stop, 1<<30); stop++ {
				for pause := 1; interleave(t, before, pair[0], pair[1], stop, pause); pause++ {
					points++
				}
			}
		}
	}
	t.Logf("points tried: %d interleavings of two publishers", points)
}

// interleave reports whether both have got as far as they were to be stopped at; how far the second is to get is not asked
// where pause is very large.
func interleave(t *testing.T, before, first, second, stop, pause int) bool {
	t.Helper()
	w := newWatched(t)
	if before > 0 {
		published(before)(w.Memory)
	}
	resume, paused, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	reached := false
	b := &storetest.Faulty{Store: w.Memory, Before: func(q storetest.Request) error {
		if q.N == pause {
			reached = true
			once.Do(func() { close(paused) })
			<-resume
		}
		return nil
	}}
	started := false
	start := func() {
		started = true
		go func() {
			_, err := publisher(b).Publish(context.Background(), at(second))
			once.Do(func() { close(paused) })
			done <- err
		}()
		<-paused
	}
	var mu sync.Mutex
	a := &storetest.Faulty{Store: w.Memory, Before: func(q storetest.Request) error {
		mu.Lock()
		defer mu.Unlock()
		if q.N == stop {
			start()
		}
		return nil
	}, After: func(storetest.Request) error {
		mu.Lock()
		defer mu.Unlock()
		w.look()
		return nil
	}}
	_, err := publisher(a).Publish(context.Background(), at(first))
	close(resume)
	if started {
		err = errors.Join(err, <-done)
	}
	if w.look(); err != nil || started && w.serial != max(first, second) {
		t.Errorf("serial %d and, at its request %d, %d up to its request %d: serial %d, %v", first, stop, second, pause, w.serial, err)
	}
	return started && (reached || pause == 1<<30)
}

// TestManyPublishers has twenty publishers at once publish the last commits of a line that grows, over and over.
func TestManyPublishers(t *testing.T) {
	t.Parallel()
	const publishers, rounds = 20, 50
	w := newWatched(t)
	var mu sync.Mutex
	for round := range rounds {
		random := rand.New(rand.NewPCG(uint64(round), 1))
		var g sync.WaitGroup
		newest := 0
		for range publishers {
			serial := 10*round + 1 + random.IntN(12)
			newest = max(newest, serial)
			f := &storetest.Faulty{Store: w.Memory, After: func(q storetest.Request) error {
				if q.Path == manifest.PointerPath && q.Op != storetest.Reading {
					mu.Lock()
					defer mu.Unlock()
					w.look()
				}
				return nil
			}}
			g.Go(func() {
				if _, err := publisher(f).Publish(context.Background(), at(serial)); err != nil {
					t.Errorf("round %d, serial %d: %v", round, serial, err)
				}
			})
		}
		g.Wait()
		if w.serial < newest {
			t.Fatalf("round %d: serial %d is live, and %d was published", round, w.serial, newest)
		}
	}
	t.Logf("points tried: %d publishers, %d rounds", publishers, rounds)
}
