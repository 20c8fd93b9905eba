package compiler

import (
	"strings"

	"muster/compiler/ahead"
	"muster/compiler/audit"
	"muster/compiler/history"
	"muster/compiler/manifest"
)

// Reign is a time during which a cohort was served a manifest.
type Reign struct {
	Cohort string
	ID     manifest.ID
	From   *Moment
	Events []audit.Event // of that moment, those that are about the cohort, about its remotes, or about the rules
	Before []byte        // the manifest before; nil if there was none
	After  []byte
	Until  *Moment // nil: to the end of the history
}

// Show finds when a manifest was served, by its id or the first digits of it, along the first-parent line up to a commit: the oldest
// time first. Digits may fit several manifests.
func Show(repo *history.Repository, tip history.Commit, digits string) ([]*Reign, error) {
	var reigns []*Reign
	current := map[string]*Reign{} // by cohort
	for m, err := range ahead.Of(Replay(repo, tip)) {
		if err != nil {
			return nil, err
		}
		if m.After == nil {
			continue
		}
		for _, cohort := range m.changed() {
			made, err := m.reign(cohort, digits)
			if err != nil {
				return nil, err
			}
			was := current[cohort]
			if was != nil && made != nil && was.ID == made.ID {
				continue
			}
			if was != nil {
				was.Until = m
			}
			if current[cohort] = made; made != nil {
				reigns = append(reigns, made)
			}
		}
	}
	return reigns, nil
}

// changed are the cohorts that may be served another manifest than before.
func (m *Moment) changed() (names []string) {
	if m.After == m.Before {
		return nil
	}
	was := map[string]*audit.Served{}
	if m.Before != nil && m.Before.State.Registry.Policy == m.After.State.Registry.Policy {
		for _, s := range m.Before.State.Cohorts {
			was[s.Declared.Name.Value] = s
		}
	}
	for _, s := range m.After.State.Cohorts {
		if was[s.Declared.Name.Value] != s {
			names = append(names, s.Declared.Name.Value)
		}
	}
	if m.Before != nil {
		for _, s := range m.Before.State.Cohorts {
			if m.After.Served(s.Declared.Name.Value) == nil {
				names = append(names, s.Declared.Name.Value)
			}
		}
	}
	return names
}

// reign is what begins with a moment for a cohort; nil if that is no manifest with those digits.
func (m *Moment) reign(cohort, digits string) (*Reign, error) {
	id, ok, err := m.After.ManifestID(cohort)
	if err != nil || !ok || !strings.HasPrefix(id.String(), digits) {
		return nil, err
	}
	made, _, err := m.After.Manifest(cohort)
	if err != nil {
		return nil, err
	}
	r := &Reign{Cohort: cohort, ID: made.ID, From: m, After: made.Bytes}
	if m.Before != nil {
		before, _, err := m.Before.Manifest(cohort)
		if err != nil {
			return nil, err
		}
		r.Before = before.Bytes
	}
	for _, e := range m.Events {
		if e.Cohort == cohort || e.Cohort == "" {
			r.Events = append(r.Events, e)
		}
	}
	return r, nil
}
