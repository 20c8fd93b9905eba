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

// Chain is a cohort and those it inherits from, the nearest first.
func Chain(r *registry.Registry, c *registry.Cohort) []*registry.Cohort {
	return (&resolver{registry: r}).chain(c)
}

// Sources are the pins of a cohort, its own before those it inherits, by remote.
func Sources(r *registry.Registry, c *registry.Cohort) []Source {
	return (&resolver{registry: r}).inherited(c)
}

// Chooser resolves parts of cohorts again, of one registry after another of which each has most in common with the one before. It is
// not safe for concurrent use.
type Chooser struct{ resolver *resolver } // of the registry that was asked about last

// NewChooser returns a chooser.
func NewChooser() *Chooser {
	return &Chooser{&resolver{ranges: ranges{}, candidates: map[*registry.Remote]candidates{}}}
}

// at is a resolver of a registry, which goes on with what is known of remotes and cohorts that are in it, too.
func (c *Chooser) at(r *registry.Registry) *resolver {
	before := c.resolver
	if before.registry == r {
		return before
	}
	c.resolver = &resolver{registry: r, ranges: before.ranges, candidates: before.candidates, own: before.own,
		judged: map[*registry.Release]verdict{}, pins: map[asking]answer{}}
	if len(before.candidates) > 2*len(r.Remotes) { // most are of remotes that are no more
		c.resolver.candidates = map[*registry.Remote]candidates{}
	}
	if len(before.own) > 2*len(r.Cohorts) {
		c.resolver.own = nil
	}
	return c.resolver
}

// Pin is what a pin comes to in a cohort, but for the hosts that load the remote. It is false if there would be anything to say
// against it.
func (c *Chooser) Pin(r *registry.Registry, cohort *registry.Cohort, from Source) (Pin, bool) {
	v := c.at(r)
	pin, ok := v.pin(cohort, from)
	if !ok {
		return pin, false
	}
	for _, choice := range pin.Choices {
		known := v.judge(pin.Remote, choice.Release)
		if !choice.Release.Status.IsZero() || known.prerelease && !r.Policy.MayPrerelease(cohort.Name.Value) || len(known.missing) > 0 {
			return pin, false
		}
	}
	return pin, true
}

// Sources is Sources.
func (c *Chooser) Sources(r *registry.Registry, cohort *registry.Cohort) []Source {
	return c.at(r).inherited(cohort)
}

// LoadedBy are the hosts among a cohort's pins that load a remote, by name; nil for a host.
func LoadedBy(r *registry.Remote, pins []*Pin) []string {
	if !r.Loaded() {
		return nil
	}
	return loadedBy(r, hostsAmong(pins))
}

// Settle works out who takes which path and fills which place in a cohort whose pins are known.
func (c *Chooser) Settle(r *registry.Registry, declared *registry.Cohort, pins []*Pin) (*Cohort, diag.List) {
	v := c.at(r)
	v.index()
	v.found = diag.ByCohort{}
	resolved := &Cohort{Declared: declared, Pins: pins}
	v.settleAll(resolved)
	return resolved, v.found.List()
}
