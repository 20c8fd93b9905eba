// Package contract holds what releases promise each other against what they ask for: exposed modules and the props they
// take, events and their payloads, the services that backends provide.
//
//	checkout  emits    "product:add": {productId: string, qty: int}
//	cart      listens  "product:add": {productId: string, quantity: "int & >0"}
//
// Wherever a cohort puts both into one page, that is an error, with a payload that shows it: {"productId":"","qty":0} may be
// sent, and the listener needs quantity. compiler/contract/payload compares the types.
//
// A contract is only held against those who meet: the releases that a cohort resolves to, and, when a change is judged against
// its base, the releases that a live consumer's range lets in.
package contract

import (
	"slices"
	"strings"

	"muster/compiler/contract/payload"
	"muster/compiler/diag"
	"muster/compiler/recent"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
)

// Checker checks registries. What it works out for one cohort is kept for the next. It is not safe for concurrent use.
type Checker struct {
	types    map[string]parsed
	verdicts map[[2]string]payload.Verdict
	within   map[[2]string]bool // by range and version
	sources  *recent.Map[*registry.Type, string]
	written  map[string]string // sources by their text, so that each stands in memory once
	scratch  []byte            // of source

	expressions map[string]expression
	faults      diag.List // that concern no cohort
	found       diag.ByCohort
}

// New returns a checker.
func New() *Checker {
	return &Checker{types: map[string]parsed{}, verdicts: map[[2]string]payload.Verdict{}, within: map[[2]string]bool{},
		sources: recent.New[*registry.Type, string](0, nil), written: map[string]string{}, expressions: map[string]expression{}}
}

// maxSources is how many types a checker remembers from one registry to the next, and those that it met in between.
const maxSources = 20_000

// Next is a checker for another registry: nothing is found yet, and what is known goes on to be known.
func (c *Checker) Next() *Checker {
	c.sources.Age(maxSources)
	next := *c
	next.faults, next.found = nil, diag.ByCohort{}
	return &next
}

// Check finds types that are none, and what does not fit in the cohorts that are not frozen; Findings returns it.
func (c *Checker) Check(plan *resolve.Plan) {
	c.checkTypes(plan.Registry)
	for _, cohort := range plan.Cohorts {
		c.CheckCohort(plan.Registry, cohort)
	}
}

// CheckCohort is Check for one cohort, whose types are none of its business.
func (c *Checker) CheckCohort(r *registry.Registry, cohort *resolve.Cohort) {
	m := c.meeting(r, cohort)
	m.checkConsumed()
	m.checkEvents()
	m.checkAPIs()
	m.checkCycles()
}

// Findings are what Check and Compare found so far.
func (c *Checker) Findings() diag.List { return slices.Concat(c.faults, c.found.List()) }

// meeting is a cohort whose releases meet.
type meeting struct {
	*Checker
	registry *registry.Registry
	cohort   *resolve.Cohort
	hosted   bool // whether it pins a host, be it one that is switched off
}

func (c *Checker) meeting(r *registry.Registry, cohort *resolve.Cohort) *meeting {
	hosted := slices.ContainsFunc(cohort.Pins, func(p *resolve.Pin) bool { return p.Remote.Host })
	return &meeting{c, r, cohort, hosted}
}

// asks reports whether a cohort has a pin of a remote, or may have: what it inherits from a cohort that can't be read, nobody
// can tell. A pin that came to nothing is a finding of its own.
func (m *meeting) asks(remote string) bool {
	c := m.cohort.Declared
	for range m.registry.Cohorts {
		if slices.ContainsFunc(c.Pins, func(p registry.Pin) bool { return p.Remote.Value == remote }) {
			return true
		}
		if c.Extends.IsZero() {
			return false
		}
		if c = m.registry.Cohort(c.Extends.Value); c == nil {
			return true
		}
	}
	return true // the inheritance is a circle
}

// party is a release of a cohort.
type party struct {
	pin    *resolve.Pin
	choice *resolve.Choice
}

func (p party) release() *registry.Release { return p.choice.Release }

// String is "cart 1.1.0".
func (p party) String() string {
	return p.pin.Remote.Name.Value + " " + p.choice.Release.Version.Value
}

// parties goes through the releases of a cohort.
func (m *meeting) parties(yield func(party) bool) {
	for _, p := range m.cohort.Pins {
		for j := range p.Choices {
			if !yield(party{p, &p.Choices[j]}) {
				return
			}
		}
	}
}

// note points at the pin that brings a party into the cohort.
func (p party) note() diag.Note {
	return p.pin.From.Cohort.File.Note(p.choice.Asked, "this pin brings "+p.String()+" in")
}

// add reports a finding about a party, at a place in its file.
func (m *meeting) add(p party, at registry.Text, d diag.Diagnostic) {
	d.Remote = p.pin.Remote.Name.Value
	m.found.Add(m.cohort.Declared.Name.Value, p.pin.Remote.File.Fault(at, d))
}

// Contains reports whether a version is in a range; a range that can't be read is reference/range's matter. A prerelease is
// where its release will be: which cohorts may have one is not the consumer's affair.
func (c *Checker) Contains(rng, version registry.Text) bool {
	if rng.IsZero() {
		return true
	}
	key := [2]string{rng.Value, version.Value}
	within, known := c.within[key]
	if !known {
		r, unreadable := semver.ParseRange(rng.Value)
		v, err := semver.ParseVersion(version.Value)
		release, _, _ := strings.Cut(version.Value, "-")
		core, _ := semver.ParseVersion(release)
		within = unreadable != nil || err != nil || r.Contains(v) || v.Prerelease() && r.Contains(core)
		c.within[key] = within
	}
	return within
}

// together reports whether two remotes can be in one page: a host is, with those that it loads, and remotes of a common host
// are. Where no host is pinned, all remotes are for one page, but for those that name different hosts.
func (m *meeting) together(a, b *resolve.Pin) bool {
	if !m.hosted && (!a.Remote.Loaded() || !b.Remote.Loaded()) {
		return false
	}
	one, other := m.hosts(a), m.hosts(b)
	if !m.hosted && (one == nil || other == nil) {
		return true
	}
	return slices.ContainsFunc(one, func(h string) bool { return slices.Contains(other, h) })
}

// hosts are the hosts in whose pages a remote can be; where none is pinned, those that it names, nil if it names none.
func (m *meeting) hosts(p *resolve.Pin) (names []string) {
	switch {
	case p.Remote.Host:
		return []string{p.Remote.Name.Value}
	case m.hosted:
		return p.Hosts
	}
	for _, h := range p.Remote.Hosts {
		names = append(names, h.Value)
	}
	return names
}
