package compiler

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/manifest"
)

// Plan is what a change does to whom.
type Plan struct {
	Base, Head history.Commit // what was compared: Base may be an ancestor of the one asked for
	Events     []audit.Event
	Cohorts    []PlannedCohort // those whose manifest changes, by name
	Findings   diag.List       // of the head, with what only the comparison can tell
	Compiles   bool            // whether the head by itself does
}

// PlannedCohort is a cohort whose manifest changes; Before or After is nil if it is added or removed.
type PlannedCohort struct {
	Cohort        string
	Declared      *audit.Served // after the change, or before it if the cohort is removed
	Before, After *manifest.Manifest
}

// Changes reports whether anything changes at all.
func (p *Plan) Changes() bool { return len(p.Events) > 0 || len(p.Cohorts) > 0 }

// PlanOf compares two commits, whose registries are read from the object database: what is served as of the base with what would be
// as of the head. Where the base has commits that the head lacks, the head is compared with the commit where the two parted; gates,
// holds, freezes and waivers are those of the base all the same.
func PlanOf(repo *history.Repository, base, head history.Commit) (*Plan, error) {
	parted, err := repo.MergeBase(base, head)
	if err != nil {
		return nil, err
	}
	p := &Plan{Base: parted, Head: head}
	before, _, err := At(repo, parted)
	if err != nil {
		return nil, err
	}
	in, err := inputAt(repo, head)
	if err != nil {
		return nil, err
	}
	checked, found, err := Check(in)
	if err != nil {
		return nil, err
	}
	p.Findings, p.Compiles = found, checked != nil
	if before == nil || checked == nil {
		return p, nil
	}
	after := newLive(checked, newEncoders())
	p.Events = audit.Between(before.State, after.State)
	if p.Cohorts, err = planned(before, after); err != nil {
		return nil, err
	}
	in.Past = &Past{Repo: repo, Commit: base, Head: head, Parted: parted}
	if in.Base, err = repo.Tree(parted); errors.Is(err, fs.ErrNotExist) {
		return p, nil
	} else if err != nil {
		return nil, err
	}
	_, p.Findings, err = Check(in)
	return p, err
}

// inputAt is what a compile of a commit depends on.
func inputAt(repo *history.Repository, c history.Commit) (Input, error) {
	tree, err := repo.Tree(c)
	return Input{Tree: tree, Origin: manifest.Origin{Commit: c.ID, Time: c.Time}, History: NewHistory(repo, c)}, err
}

// planned are the cohorts whose manifests differ.
func planned(before, after *Live) (all []PlannedCohort, err error) {
	add := func(name string, s *audit.Served) error {
		c := PlannedCohort{Cohort: name, Declared: s}
		for live, to := range map[*Live]**manifest.Manifest{before: &c.Before, after: &c.After} {
			m, ok, err := live.Manifest(name)
			if err != nil {
				return fmt.Errorf("encoding the manifest of %q: %w", name, err)
			}
			if ok {
				*to = &m
			}
		}
		if c.Before == nil || c.After == nil || c.Before.ID != c.After.ID {
			all = append(all, c)
		}
		return nil
	}
	declared := map[string]*audit.Served{} // after the change, if it is there then
	for _, s := range slices.Concat(before.State.Cohorts, after.State.Cohorts) {
		declared[s.Declared.Name.Value] = s
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if err := add(name, declared[name]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
