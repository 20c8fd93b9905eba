package contract

import (
	"fmt"
	"slices"

	"muster/compiler/contract/payload"
	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Compare holds a registry against the one that it is to replace: a release that is new or changed must go on exposing what
// live consumers use, and taking what they pass, wherever their ranges would let it in. Live is what a cohort of the base
// resolves to and goes on having. Findings returns what it finds.
func (c *Checker) Compare(base, head *resolve.Plan) {
	for _, cohort := range base.Cohorts {
		live := meeting{Checker: c, cohort: cohort, pins: map[string]*resolve.Pin{}}
		for i := range cohort.Pins {
			live.pins[cohort.Pins[i].Remote.Name.Value] = &cohort.Pins[i]
		}
		now := cohortOf(head, cohort.Declared.Name.Value)
		for p := range live.parties {
			if !pins(now, p.pin.Remote, p.release()) {
				continue
			}
			for i := range p.release().Consumes {
				live.comparing(p, &p.release().Consumes[i], head.Registry, now)
			}
		}
		live.comparingEvents(head.Registry)
	}
}

// pins reports whether a cohort, nil if it is gone, has a release.
func pins(c *resolve.Cohort, remote *registry.Remote, release *registry.Release) bool {
	return c != nil && slices.ContainsFunc(c.Pins, func(p resolve.Pin) bool {
		return p.Remote.Name.Value == remote.Name.Value && slices.ContainsFunc(p.Choices, func(choice resolve.Choice) bool {
			return choice.Release.Version.Value == release.Version.Value
		})
	})
}

func cohortOf(plan *resolve.Plan, name string) *resolve.Cohort {
	i := slices.IndexFunc(plan.Cohorts, func(c *resolve.Cohort) bool { return c.Declared.Name.Value == name })
	if i < 0 {
		return nil
	}
	return plan.Cohorts[i]
}

// comparing goes through the releases of a provider that a live consumer could meet next.
func (m *meeting) comparing(p party, consumed *registry.Consumed, head *registry.Registry, now *resolve.Cohort) {
	was := m.pins[consumed.Remote.Value]
	remote := head.Remote(consumed.Remote.Value)
	if was == nil || remote == nil {
		return // nothing is live; or that the remote is gone is reference/remote's matter
	}
	for i := range remote.Releases {
		next := &remote.Releases[i]
		if !next.Status.IsZero() || !m.contains(consumed.Version, next.Version) {
			continue
		}
		for j := range was.Choices {
			before := was.Choices[j].Release
			if old := releaseOf(was.Remote, next.Version.Value); old == nil || !sameExposes(old, next) {
				m.narrowed(p, consumed, before, next, remote, now)
			}
		}
	}
}

func releaseOf(r *registry.Remote, version string) *registry.Release {
	i := slices.IndexFunc(r.Releases, func(rel registry.Release) bool { return rel.Version.Value == version })
	if i < 0 {
		return nil
	}
	return &r.Releases[i]
}

func sameExposes(a, b *registry.Release) bool {
	return slices.EqualFunc(a.Exposes, b.Exposes, func(x, y registry.Exposed) bool {
		return x.Value == y.Value && (x.Props == nil) == (y.Props == nil) && (x.Props == nil || source(x.Props) == source(y.Props))
	})
}

// narrowed reports modules that a release takes away from a live consumer, or takes less for.
// What is said of a release that the cohort has already is left to Check, as far as it can tell.
func (m *meeting) narrowed(p party, consumed *registry.Consumed, before, next *registry.Release, remote *registry.Remote, now *resolve.Cohort) {
	cohort := m.cohort.Declared.Name.Value
	pinned := pins(now, remote, next)
	for i := range consumed.Exposes {
		used := &consumed.Exposes[i]
		had, has := exposedBy(before, used.Value), exposedBy(next, used.Value)
		d := diag.Diagnostic{Remote: remote.Name.Value, Notes: []diag.Note{{Message: fmt.Sprintf("%s is live in %s with %s %s, and its range %s lets %s in", p, cohort, remote.Name, before.Version, rangeText(consumed.Version), next.Version)}}}
		switch {
		case had == nil, pinned && (has == nil || used.Props != nil):
		case has == nil:
			d.Rule, d.Message = "contract/removed", fmt.Sprintf("%s %s no longer exposes %s, which %s uses, and that is live", remote.Name, next.Version, used, p)
			d.Help = fmt.Sprintf("expand and contract: go on exposing %s beside what replaces it, move %s over, and remove it in a later release", used, p.pin.Remote.Name)
			m.found.Add(cohort, remote.File.Fault(next.Version, d))
		default:
			m.takesLess(p, used, had, has, next, remote, d)
		}
	}
}

// takesLess compares the props that a live consumer passes, or may pass as things are, with those that a module will take.
func (m *meeting) takesLess(p party, used, had, has *registry.Exposed, next *registry.Release, remote *registry.Remote, d diag.Diagnostic) {
	passed := used.Props
	if passed == nil {
		passed = had.Props
	}
	if passed == nil || has.Props == nil {
		return
	}
	v, ok := m.compare(passed, has.Props, props)
	if !ok || v.Answer == payload.Compatible {
		return
	}
	cohort := m.cohort.Declared.Name.Value
	d.Rule, d.Message = "contract/narrowed", fmt.Sprintf("%s %s takes less for %s than %s, which is live, may pass: %s", remote.Name, next.Version, used, p, v.Reason)
	d.Help = fmt.Sprintf("expand and contract: take both for a while, move %s over, and take less in a later release", p.pin.Remote.Name)
	d = unsure(witness(d, v, "may be passed and is refused"), v, fmt.Sprintf("whether %s %s still takes all that %s, which is live, may pass %s", remote.Name, next.Version, p, used))
	m.found.Add(cohort, remote.File.Fault(has.Text, d))
}

func rangeText(rng registry.Text) string {
	if rng.IsZero() {
		return "(any version)"
	}
	return rng.Value
}

// comparingEvents holds what new releases emit and listen to against those that are live. It warns: unlike the consumer of a
// module, nobody says which releases go with an event, and where two of them are to meet checkEvents has the last word.
func (m *meeting) comparingEvents(head *registry.Registry) {
	for i := range m.cohort.Pins {
		pin := &m.cohort.Pins[i]
		remote := head.Remote(pin.Remote.Name.Value)
		if remote == nil {
			continue
		}
		for j := range remote.Releases {
			next := &remote.Releases[j]
			if releaseOf(pin.Remote, next.Version.Value) == nil && next.Status.IsZero() && len(next.Emits)+len(next.Listens) > 0 {
				m.nextEvents(pin, remote, next)
			}
		}
	}
}

// nextEvents compares the events of one new release with those of the releases that are live beside its remote.
func (m *meeting) nextEvents(pin *resolve.Pin, remote *registry.Remote, next *registry.Release) {
	for p := range m.parties {
		if p.pin == pin || !together(p.pin, pin) {
			continue
		}
		live := p.release()
		for i := range next.Emits {
			for j := range live.Listens {
				m.nextEvent(p, &next.Emits[i], &live.Listens[j], next, remote, &next.Emits[i])
			}
		}
		for i := range next.Listens {
			for j := range live.Emits {
				m.nextEvent(p, &live.Emits[j], &next.Listens[i], next, remote, &next.Listens[i])
			}
		}
	}
}

// nextEvent compares one event of a new release, which stands at at, with one of a live release p.
func (m *meeting) nextEvent(p party, emits, listens *registry.Event, next *registry.Release, remote *registry.Remote, at *registry.Event) {
	if emits.Name.Value != listens.Name.Value {
		return
	}
	v, ok := m.compare(&emits.Payload, &listens.Payload, event)
	if !ok || v.Answer != payload.Incompatible {
		return
	}
	cohort, verb, other := m.cohort.Declared.Name.Value, "emits", listens
	if at == listens {
		verb, other = "listens to", emits
	}
	d := diag.Diagnostic{Rule: "contract/narrowed", Severity: diag.Warning, Remote: remote.Name.Value,
		Message: fmt.Sprintf("%s %s %s %s in a way that does not go with %s, which is live: %s", remote.Name, next.Version, verb, diag.Quote(at.Name.Value), p, v.Reason),
		Notes:   []diag.Note{{Message: fmt.Sprintf("%s is live in %s", p, cohort)}, p.pin.Remote.File.Note(other.Name, "it says so here")},
		Help:    "expand and contract: let listeners accept both, promote them, then change what is sent"}
	m.found.Add(cohort, remote.File.Fault(at.Name, witness(d, v, "may be sent and is refused")))
}
