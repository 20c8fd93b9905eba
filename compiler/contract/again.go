package contract

import (
	"cmp"
	"slices"

	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Repinned is a pin of a cohort as it was and as it is; nil where there is none.
type Repinned struct{ Was, Is *resolve.Pin }

func (p Repinned) either() *resolve.Pin { return cmp.Or(p.Is, p.Was) }

// promisesElse reports whether it may bring or ask for something that it did not.
func (p Repinned) promisesElse() bool {
	return p.Was == nil || p.Is == nil || !slices.EqualFunc(p.Was.Choices, p.Is.Choices, func(b, a resolve.Choice) bool { return b.Release.SameContract(a.Release) })
}

// CheckAgain finds every error that CheckCohort does in a cohort that had none before some of its pins changed. Warnings it may leave
// out.
func (c *Checker) CheckAgain(r *registry.Registry, cohort *resolve.Cohort, changed []Repinned) {
	if slices.ContainsFunc(changed, func(p Repinned) bool { return p.either().Remote.Host }) {
		c.CheckCohort(r, cohort) // who meets whom is another matter now
		return
	}
	m := again{meeting: c.meeting(r, cohort), changed: changed}
	for _, p := range changed {
		m.names = append(m.names, p.either().Remote.Name.Value)
	}
	m.checkConsumed()
	if m.sends() {
		m.checkEvents()
	}
	if m.serves() {
		m.checkAPIs()
	}
}

// again is a cohort of which some pins changed.
type again struct {
	*meeting
	changed []Repinned
	names   []string // of the remotes
}

// checkConsumed is meeting.checkConsumed where either side changed.
func (m again) checkConsumed() {
	for p := range m.parties {
		r, changed := p.release(), slices.Contains(m.names, p.pin.Remote.Name.Value)
		for i := range r.Consumes {
			if changed || slices.Contains(m.names, r.Consumes[i].Remote.Value) {
				m.consumed(p, &r.Consumes[i])
			}
		}
	}
}

// sends reports whether any that promises something else sends or hears anything.
func (m again) sends() bool {
	return slices.ContainsFunc(m.changed, func(p Repinned) bool {
		return p.promisesElse() && brings(p.Is, func(r *registry.Release) bool { return len(r.Emits)+len(r.Listens) > 0 })
	})
}

// serves reports whether any that promises something else calls services, or is or was one that provides them.
func (m again) serves() bool {
	serves := func(r *registry.Release) bool { return len(r.Calls)+len(r.Provides) > 0 }
	return slices.ContainsFunc(m.changed, func(p Repinned) bool { return p.promisesElse() && (brings(p.Was, serves) || brings(p.Is, serves)) })
}

func brings(p *resolve.Pin, what func(*registry.Release) bool) bool {
	return p != nil && slices.ContainsFunc(p.Choices, func(c resolve.Choice) bool { return what(c.Release) })
}
