package compiler

import (
	"hash/maphash"
	"runtime"
	"sync"

	"muster/compiler/ahead"
	"muster/compiler/manifest"
)

// identifier works out the ids of manifests while more is asked for: those of one cohort in the order in which they were, those of
// several beside each other.
type identifier struct {
	queues  []chan question
	workers sync.WaitGroup
	seed    maphash.Seed
	bugs    chan string // what panics were about, and where
}

type question struct {
	live   *Live
	cohort string
	answer *identity
}

// identity is the id of a manifest. What is served one after another shares it as long as the manifest is the same, so that it is worked
// out once, if anybody asks.
type identity struct {
	asked bool // an identifier was
	known bool
	id    manifest.ID
	err   error
}

// text is the id, which has been worked out; "" for the nil identity.
func (i *identity) text() (string, error) {
	switch {
	case i == nil:
		return "", nil
	case i.err != nil:
		return "", i.err
	}
	return i.id.String(), nil
}

const (
	// maxIdentifiers is how many work at once: each remembers what remotes and packages come to.
	maxIdentifiers = 4

	// maxQuestions is how many wait for each: they hold on to what was served.
	maxQuestions = 32
)

func newIdentifier() *identifier {
	n := min(runtime.GOMAXPROCS(0), maxIdentifiers)
	i := &identifier{seed: maphash.MakeSeed(), bugs: make(chan string, n)}
	for range n {
		queue := make(chan question, maxQuestions)
		i.queues = append(i.queues, queue)
		i.workers.Go(func() { i.work(queue) })
	}
	return i
}

// ask returns what will be the id of a cohort's manifest when finish has been called; nil if there is no such cohort.
func (i *identifier) ask(l *Live, cohort string) *identity {
	if l == nil || l.ids[cohort] == nil {
		return nil
	}
	answer := l.ids[cohort]
	if !answer.asked {
		answer.asked = true
		i.queues[maphash.String(i.seed, cohort)%uint64(len(i.queues))] <- question{l, cohort, answer}
	}
	return answer
}

// finish waits until everything is answered. Nothing may be asked afterwards.
func (i *identifier) finish() {
	for _, queue := range i.queues {
		close(queue)
	}
	i.workers.Wait()
	select {
	case bug := <-i.bugs:
		panic(bug)
	default:
	}
}

func (i *identifier) work(queue chan question) {
	bug := ahead.Guarded(func() {
		e := newEncoders()
		for q := range queue {
			q.live.identify(q.cohort, q.answer, e)
		}
	})
	if bug != "" {
		i.bugs <- bug
		for range queue { // who asks must not wait for ever
		}
	}
}
