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
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
)

// Checker checks cohorts. What it works out for one is kept for the next. It is not safe for concurrent use.
type Checker struct {
	types    map[string]parsed
	verdicts map[[2]string]payload.Verdict
	within   map[[2]string]bool // by range and version
	sources  map[*registry.Type]string
	sound    map[*registry.Release]bool // whose types can all be read
	found    diag.ByCohort
}

// New returns a checker.
func New() *Checker {
	return &Checker{types: map[string]parsed{}, verdicts: map[[2]string]payload.Verdict{}, within: map[[2]string]bool{},
		sources: map[*registry.Type]string{}, sound: map[*registry.Release]bool{}}
}

// Check finds what does not fit in a cohort that is not frozen; Findings returns it.
func (c *Checker) Check(cohort *resolve.Cohort) {
	m := meeting{Checker: c, cohort: cohort, pins: map[string]*resolve.Pin{}}
	for i := range cohort.Pins {
		m.pins[cohort.Pins[i].Remote.Name.Value] = &cohort.Pins[i]
	}
	m.checkTypes()
	m.checkConsumed()
	m.checkEvents()
	m.checkAPIs()
	m.checkCycles()
}

// Findings are what Check and Compare found so far.
func (c *Checker) Findings() diag.List { return c.found.List() }

// meeting is a cohort whose releases meet.
type meeting struct {
	*Checker
	cohort *resolve.Cohort
	pins   map[string]*resolve.Pin // by remote
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
	for i := range m.cohort.Pins {
		p := &m.cohort.Pins[i]
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

// contains reports whether a version is in a range; a range that can't be read is reference/range's matter. A prerelease is
// where its release will be: which cohorts may have one is not the consumer's affair.
func (c *Checker) contains(rng, version registry.Text) bool {
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

// together reports whether two remotes can be in one page: a host is, with those that it loads, and remotes of a common host are.
func together(a, b *resolve.Pin) bool {
	hosts := func(p *resolve.Pin) []string {
		if p.Remote.Host {
			return []string{p.Remote.Name.Value}
		}
		return p.Hosts
	}
	return slices.ContainsFunc(hosts(a), func(h string) bool { return slices.Contains(hosts(b), h) })
}
