package compiler

import (
	"iter"

	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/registry"
)

// loading is what came of reading a registry.
type loading struct {
	registry *registry.Registry
	found    diag.List
}

// loadings reads the registry of every step of a line that changes any of it. It goes on behind one that can't be read: not all are
// asked for.
func loadings(repo *history.Repository, line []history.Step) iter.Seq2[loading, error] {
	return func(yield func(loading, error) bool) {
		loader := newLoader(repo)
		for _, step := range line {
			if len(step.Changes) == 0 {
				continue
			}
			loader.Apply(changesOf(step))
			r, found, err := loader.Load()
			if !yield(loading{r, found}, err) {
				return
			}
		}
	}
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
