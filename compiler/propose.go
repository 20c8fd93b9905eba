package compiler

import (
	"slices"

	"muster/compiler/audit"
	"muster/compiler/history"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Tell is what lies between two states, as Log tells it of the commit that leads from one to the other. Before is nil if nothing
// was served.
func Tell(before, after *Live) ([]Told, error) {
	var was *audit.State
	if before != nil {
		was = before.State
	}
	all := []Told{}
	for _, event := range audit.Between(was, after.State) {
		t, err := telling(event, before, after)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// telling adds to an event the manifests of its cohort.
func telling(e audit.Event, before, after *Live) (t Told, err error) {
	t.Event = e
	if e.Cohort == "" {
		return t, nil
	}
	if t.Before, err = before.id(e.Cohort); err == nil {
		t.After, err = after.id(e.Cohort)
	}
	return t, err
}

func (l *Live) id(cohort string) (string, error) {
	if l == nil {
		return "", nil
	}
	id, ok, err := l.ManifestID(cohort)
	if err != nil || !ok {
		return "", err
	}
	return id.String(), nil
}

// Previous finds the nearest commit before one, on its first-parent line, that compiles and has a cohort of which wanted says yes,
// and what it compiles to; nil if there is none. wanted may ask for that cohort only: of commits that can't be meant, no more is
// worked out.
func Previous(repo *history.Repository, from history.Commit, cohort string, wanted func(*Live) (bool, error)) (*Live, history.Commit, error) {
	p := &retreat{repo: repo, loader: newLoader(repo), cohort: cohort, wanted: wanted, encoders: newEncoders()}
	files, err := repo.Files(from, registry.Folders)
	if err != nil {
		return nil, from, err
	}
	for _, f := range files {
		p.loader.Apply([]registry.Change{changeOf(f.Path, f.After)})
	}
	open := false // whether the registry at the commit in hand may be what is wanted
	for step, err := range repo.Steps(from, registry.Folders) {
		if err != nil {
			return nil, from, err
		}
		here := history.Commit{ID: step.ID.String(), Time: step.Time}
		if open {
			live, meant, err := p.look(here)
			if live != nil || err != nil {
				return live, here, err
			}
			open = meant // it does not compile; the same at an earlier date may
		}
		for _, c := range step.Changes {
			p.loader.Apply([]registry.Change{changeOf(c.Path, c.Before)})
		}
		open = open || len(step.Changes) > 0
	}
	return nil, from, nil
}

// retreat goes back in time.
type retreat struct {
	repo     *history.Repository
	loader   *registry.Loader // of the commit in hand
	cohort   string
	wanted   func(*Live) (bool, error)
	encoders *encoders
}

// look returns what a commit compiles to if it does, and is wanted; meant is whether it would be if it compiled.
func (p *retreat) look(c history.Commit) (live *Live, meant bool, err error) {
	r, _, err := p.loader.Load()
	if err != nil || r == nil {
		return nil, false, err
	}
	declared := r.Cohort(p.cohort)
	if declared == nil {
		return nil, false, nil
	}
	if declared.Frozen == nil {
		if meant, err = p.wanted(p.alone(r, declared)); !meant || err != nil {
			return nil, false, err
		}
	}
	if live, err = at(p.repo, c); live == nil || err != nil {
		return nil, true, err
	}
	if meant, err = p.wanted(live); !meant || err != nil {
		return nil, false, err
	}
	return live, true, nil
}

// alone is what a registry would serve one cohort if it compiles.
func (p *retreat) alone(r *registry.Registry, declared *registry.Cohort) *Live {
	resolved, _ := resolve.One(r, declared)
	return liveOf(&audit.State{Registry: r, Cohorts: []*audit.Served{{Declared: declared, Pins: resolved.Pins}}}, nil, p.encoders)
}

// TakenBack are the releases that a cohort loses where it goes back from what it is served now to what it was served then: in
// favour of older ones or of none. Releases that newer ones replace are not among them.
func TakenBack(now, then *audit.Served) (releases []resolve.Change) {
	for i := range now.Pins {
		pin, was := now.Pins[i], then.Pin(now.Pins[i].Remote.Name.Value)
		event, _ := audit.Pin(now, then, pin, was)
		if !slices.Contains([]audit.Kind{audit.RolledBack, audit.Withdrawn, audit.Disabled, audit.SplitChanged}, event.Kind) {
			continue
		}
		for _, c := range pin.Choices {
			if !Has(was, c.Release.Version.Value) {
				releases = append(releases, resolve.Change{Remote: pin.Remote.Name.Value, Asked: c.Release.Version.Value})
			}
		}
	}
	return releases
}

// Has reports whether a pin brings a release; a nil one brings none.
func Has(p *resolve.Pin, version string) bool {
	return p != nil && slices.ContainsFunc(p.Choices, func(c resolve.Choice) bool { return c.Release.Version.Value == version })
}
