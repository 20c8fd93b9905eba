package compiler

import (
	"iter"

	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/policy"
)

// Entries goes along the first-parent line up to a commit, the root first, and yields for each commit the log entry that publishing it
// makes, but for the hash of the entry before; nil for one that does not compile, and could not be published.
func Entries(repo *history.Repository, tip history.Commit) iter.Seq2[*manifest.Pointer, error] {
	return func(yield func(*manifest.Pointer, error) bool) {
		line, err := lineUpTo(repo, tip)
		if err != nil {
			yield(nil, err)
			return
		}
		served := map[string]encoded{}
		for m, err := range newReplayer(repo).along(line, 0) {
			if err != nil {
				yield(nil, err)
				return
			}
			e, err := m.entry(served)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// encoded is the manifest that a cohort was served last.
type encoded struct {
	of *identity
	manifest.Manifest
}

// entry is the log entry of a commit; nil if it does not compile. It goes by what was encoded for the commits before, and adds to it.
func (m *Moment) entry(served map[string]encoded) (*manifest.Pointer, error) {
	if m.After == nil || m.broken {
		return nil, nil
	}
	r := m.After.State.Registry
	var all []manifest.Manifest
	for _, c := range r.Cohorts {
		name := c.Name.Value
		if served[name].of != m.After.ids[name] {
			one, _, err := m.After.Manifest(name)
			if err != nil {
				return nil, err
			}
			served[name] = encoded{m.After.ids[name], one}
		}
		all = append(all, served[name].Manifest)
	}
	origin := manifest.Origin{Commit: m.Step.ID.String(), Time: m.Step.Time, Serial: m.Serial}
	return manifest.NewPointer(r.Policy, policy.PromiseOf(r.Policy), origin, r.Cohorts, all).Entry(), nil
}
