// Package ahead lets an iteration run beside who takes its elements: with several processors, what makes them and what uses them
// take the time of the slower, not of both.
package ahead

import (
	"fmt"
	"iter"
	"runtime/debug"
)

// maxBatch is how many elements are handed over at once, when as many have been taken.
const maxBatch = 64

// Of runs an iteration in a goroutine of its own, ahead of who takes its elements: by a few times as many as have been taken, and
// three batches of maxBatch at most. Errors and panics come when it is their turn. The goroutine has ended when the iteration has.
func Of[T any](all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r := runner[T]{batches: make(chan []result[T], 1), stop: make(chan struct{}), batch: make([]result[T], 0, 1)}
		go r.run(all)
		defer func() {
			close(r.stop)
			for range r.batches {
			}
		}()
		for batch := range r.batches {
			for _, e := range batch {
				if e.bug != "" {
					panic(e.bug)
				}
				if !yield(e.element, e.err) {
					return
				}
			}
		}
	}
}

type result[T any] struct {
	element T
	err     error
	bug     string // what a panic was about, and where
}

type runner[T any] struct {
	batches chan []result[T]
	stop    chan struct{}
	batch   []result[T]
}

func (r *runner[T]) run(all iter.Seq2[T, error]) {
	defer close(r.batches)
	bug := Guarded(func() {
		for element, err := range all {
			if r.batch = append(r.batch, result[T]{element: element, err: err}); len(r.batch) == cap(r.batch) && !r.send() {
				return
			}
		}
	})
	if bug != "" {
		r.batch = append(r.batch, result[T]{bug: bug})
	}
	r.send()
}

// Guarded does something in a goroutine whose panics are for another to tell. It returns what a panic was about, and where; "" for none.
func Guarded(do func()) (bug string) {
	defer func() {
		if v := recover(); v != nil {
			bug = fmt.Sprintf("%v\n\n%s", v, debug.Stack())
		}
	}()
	do()
	return ""
}

// send hands over what there is. It is false if nobody takes more.
func (r *runner[T]) send() bool {
	select {
	case r.batches <- r.batch:
		r.batch = make([]result[T], 0, min(2*cap(r.batch), maxBatch))
		return true
	case <-r.stop:
		return false
	}
}
