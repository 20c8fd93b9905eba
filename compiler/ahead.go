package compiler

import (
	"sync"

	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/registry"
)

// loading is what came of reading a registry: as Loader.Load returns it.
type loading struct {
	registry *registry.Registry
	found    diag.List
	err      error
	bug      any // what a panic was about
}

// pace reads the registry of every step of a line that changes any of it. next returns one after another; stop has to be called
// when no more are asked for.
type pace func(repo *history.Repository, line []history.Step) (next func() loading, stop func())

// inTurn reads a registry when it is asked for.
func inTurn(repo *history.Repository, line []history.Step) (next func() loading, stop func()) {
	loader := newLoader(repo)
	next = func() loading {
		for len(line[0].Changes) == 0 {
			line = line[1:]
		}
		loader.Apply(changesOf(line[0]))
		line = line[1:]
		r, found, err := loader.Load()
		return loading{registry: r, found: found, err: err}
	}
	return next, func() {}
}

// maxAhead is how many registries are read ahead. They have most of what they hold in common.
const maxAhead = 64

// ahead reads registries while those before them are judged, which takes about as long: BenchmarkReplay tells what that saves with
// two processors. Errors and panics come when it is their registry's turn.
func ahead(repo *history.Repository, line []history.Step) (next func() loading, stop func()) {
	read, done := make(chan loading, maxAhead), make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(read)
		one, _ := inTurn(repo, line)
		for _, step := range line {
			if len(step.Changes) == 0 {
				continue
			}
			l := guarded(one)
			select {
			case read <- l:
			case <-done:
				return
			}
			if l.err != nil || l.bug != nil {
				return
			}
		}
	})
	next = func() loading {
		l := <-read
		if l.bug != nil {
			panic(l.bug)
		}
		return l
	}
	return next, func() { close(done); reader.Wait() }
}

// guarded lets a panic wait for its turn.
func guarded(one func() loading) (l loading) {
	defer func() {
		if bug := recover(); bug != nil {
			l.bug = bug
		}
	}()
	return one()
}

func newLoader(repo *history.Repository) *registry.Loader {
	return registry.NewLoader(func(id registry.FileID) ([]byte, error) { return repo.Blob(history.ObjectID(id)) })
}

func changesOf(step history.Step) []registry.Change {
	changes := make([]registry.Change, len(step.Changes))
	for i, c := range step.Changes {
		changes[i] = changeOf(c.Path, c.After)
	}
	return changes
}

func changeOf(path string, f history.File) registry.Change {
	return registry.Change{Path: path, Mode: f.Mode, ID: registry.FileID(f.Blob)}
}
