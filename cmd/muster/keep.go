package main

import (
	"fmt"
	"slices"

	"muster/compiler"
	"muster/compiler/history"
	"muster/compiler/manifest"
)

// maxKeep is more serials than any history has, and a number that a statement can say.
const maxKeep = 1_000_000_000

// keep adds to what was compiled the manifests of some serials before.
func (s *source) keep(r *compiler.Result, serials int) error {
	if serials == 0 {
		return nil
	}
	if s.repo == nil {
		return fmt.Errorf("looking for earlier serials: %w", history.ErrNotRepository)
	}
	if err := s.repo.Complete(); err != nil {
		return err
	}
	if s.Origin.Commit == "" { // nothing has been committed yet
		return nil
	}
	serials = min(serials, s.Origin.Serial) // there are no more
	if s.Origin.Unpublishable == "" {       // else the work tree differs, and the commit itself is one of those before
		serials++
	}
	all, err := compiler.Keep(s.repo, history.Commit{ID: s.Origin.Commit, Time: s.Origin.Time}, serials)
	if err != nil {
		return err
	}
	r.Kept = slices.DeleteFunc(all, func(m manifest.Manifest) bool {
		return slices.ContainsFunc(r.Manifests, func(now manifest.Manifest) bool { return now.Path() == m.Path() })
	})
	return nil
}
