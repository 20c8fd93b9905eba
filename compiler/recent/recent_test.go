package recent_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"muster/compiler/recent"
)

// TestMap uses keys at random, some much more often: each half never holds more than its limit, what is there is what was put last,
// and what was used within so many others is there.
func TestMap(t *testing.T) {
	const limit, keys = 40, 300
	rnd := rand.New(rand.NewPCG(1, 2))
	m := recent.New[int](limit, func(v int) int { return 1 + v%4 })
	last, used := map[int]int{}, []int{}
	for range 20_000 {
		key := rnd.IntN(keys)
		if rnd.IntN(2) == 0 {
			key %= 5
		}
		value, ok := m.Get(key)
		if ok && value != last[key] {
			t.Fatalf("key %d has %d, though %d was put last", key, value, last[key])
		}
		lately := used[max(0, len(used)-limit/4):] // as many of the heaviest fill one half
		if !ok && slices.Contains(lately, key) {
			t.Fatalf("key %d is forgotten, though it was used among the last %d", key, len(lately))
		}
		if !ok || rnd.IntN(10) == 0 {
			last[key] = rnd.IntN(1000)
			m.Put(key, last[key])
		}
		used = append(used, key)
	}
	held := 0
	for key := range keys {
		if _, ok := m.Get(key); ok {
			held++
		}
	}
	if held == 0 || held > 2*limit {
		t.Errorf("it holds %d values, of a weight of at least 1 each, in two halves of %d", held, limit)
	}
}

func TestMapKeepsWhatIsTooHeavy(t *testing.T) {
	m := recent.New[string](3, func(v int) int { return v })
	m.Put("a", 100)
	m.Put("b", 100)
	if _, ok := m.Get("b"); !ok {
		t.Error("the last value is not there")
	}
	if _, ok := m.Get("c"); ok {
		t.Error("there is what nobody put there")
	}
}

func TestMapDeleteFunc(t *testing.T) {
	m := recent.New[int, int](8, nil)
	for i := range 16 { // each stands in both halves
		m.Put(i%8, i%8)
	}
	m.DeleteFunc(func(_, v int) bool { return v%2 == 0 })
	for i := range 8 {
		if _, ok := m.Get(i); ok != (i%2 == 1) {
			t.Errorf("%d: there: %t", i, ok)
		}
	}
}

func TestMapAge(t *testing.T) {
	m := recent.New[int, int](0, nil)
	there := func() (n int) {
		for i := range 1000 {
			if _, ok := m.Get(i); ok {
				n++
			}
		}
		return n
	}
	for i := range 1000 {
		m.Put(i, i)
	}
	if m.Age(1000); there() != 1000 {
		t.Error("it forgets though it holds no more than it may")
	}
	if m.Age(999); there() != 1000 {
		t.Error("it forgets what was used just before")
	}
	m.Age(999)
	for range 10 {
		m.Get(7)
	}
	m.Age(0)
	if n := there(); n != 1 {
		t.Errorf("%d are there, and one was used", n)
	}
}
