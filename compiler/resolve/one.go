package resolve

import (
	"muster/compiler/diag"
	"muster/compiler/registry"
)

// One resolves one cohort of a registry, as Resolve does.
func One(r *registry.Registry, c *registry.Cohort) (*Cohort, diag.List) {
	resolved, found := Some(r, []*registry.Cohort{c})
	return resolved[0], found
}

// Some resolves some cohorts of a registry, as Resolve does.
func Some(r *registry.Registry, cohorts []*registry.Cohort) ([]*Cohort, diag.List) {
	v := newResolver(r)
	resolved := make([]*Cohort, len(cohorts))
	for i, c := range cohorts {
		resolved[i] = v.cohort(c)
	}
	return resolved, v.found.List()
}

// Chooser resolves single pins again, where a remote or a pin has changed and all else of a cohort has not. It is not safe for
// concurrent use.
type Chooser struct{ ranges ranges }

// NewChooser returns a chooser.
func NewChooser() *Chooser { return &Chooser{ranges{}} }

// Pin is what a pin comes to in a cohort, where it came to something: the hosts that load the remote are as they were. It is false
// if there would be anything to say against it.
func (c *Chooser) Pin(r *registry.Registry, cohort *registry.Cohort, from Source, was *Pin) (Pin, bool) {
	v := &resolver{registry: r, candidates: map[*registry.Remote]candidates{}, ranges: c.ranges, judged: map[*registry.Release]verdict{}}
	prereleases := r.Policy.MayPrerelease(cohort.Name.Value)
	pin, ok := v.resolve(from, prereleases)
	if !ok {
		return pin, false
	}
	pin.Hosts = was.Hosts
	for _, choice := range pin.Choices {
		known := v.judge(pin.Remote, choice.Release)
		if !choice.Release.Status.IsZero() || known.prerelease && !prereleases || len(known.missing) > 0 {
			return pin, false
		}
	}
	return pin, true
}

// Chain is a cohort and those it inherits from, the nearest first.
func Chain(r *registry.Registry, c *registry.Cohort) []*registry.Cohort {
	return (&resolver{registry: r}).chain(c)
}

// Sources are the pins of a cohort, its own before those it inherits, by remote.
func Sources(r *registry.Registry, c *registry.Cohort) []Source {
	return (&resolver{registry: r}).inherited(c)
}
