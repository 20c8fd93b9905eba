package contract

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"muster/compiler/contract/payload"
	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
)

// Compare holds a registry against the one that it is to replace: a release that is new, changed or active again must go on
// exposing what live consumers use, and taking what they pass, wherever their ranges would let it in. Live is what a cohort of
// the base resolves to and goes on having. Findings returns what it finds.
func (c *Checker) Compare(base, head *resolve.Plan) {
	now := make([]*meeting, len(head.Cohorts))
	for i, cohort := range head.Cohorts {
		now[i] = c.meeting(head.Registry, cohort)
	}
	for _, cohort := range base.Cohorts {
		m := comparison{meeting: c.meeting(base.Registry, cohort), head: head.Registry, now: now}
		m.findLive()
		for _, p := range m.live {
			for i := range p.release().Consumes {
				m.comparing(p, &p.release().Consumes[i])
			}
		}
		m.comparingEvents()
	}
}

// comparison is a cohort of the base that is held against the head.
type comparison struct {
	*meeting
	head *registry.Registry
	now  []*meeting // the cohorts of the head
	live []live
}

// live is a release that users have and go on having.
type live struct {
	party
	in          []string // cohorts of the head
	prereleases bool     // whether one of those may have prereleases
}

// findLive finds what goes on in the cohort of the same name. One that is gone may have been renamed, or may be part of
// another now: then it counts what any has.
func (m *comparison) findLive() {
	heirs := m.now
	if i := slices.IndexFunc(m.now, func(h *meeting) bool { return h.name() == m.name() }); i >= 0 {
		heirs = m.now[i : i+1]
	}
	for p := range m.parties {
		found := live{party: p}
		for _, h := range heirs {
			if h.has(p.pin.Remote, p.release()) {
				found.in = append(found.in, h.name())
				found.prereleases = found.prereleases || m.head.Policy.MayPrerelease(h.name())
			}
		}
		if len(found.in) > 0 {
			m.live = append(m.live, found)
		}
	}
}

func (m *meeting) name() string { return m.cohort.Declared.Name.Value }

// has reports whether a cohort has a release; the remote and the release may be another registry's.
func (m *meeting) has(remote *registry.Remote, release *registry.Release) bool {
	pin := m.cohort.Pin(remote.Name.Value)
	return pin != nil && slices.ContainsFunc(pin.Choices, func(c resolve.Choice) bool { return c.Release.Version.Value == release.Version.Value })
}

// paired reports whether the head has a live release and another in one cohort: what is to be said of the two, Check says.
func (m *comparison) paired(p live, remote *registry.Remote, next *registry.Release) bool {
	return slices.ContainsFunc(m.now, func(h *meeting) bool { return h.has(p.pin.Remote, p.release()) && h.has(remote, next) })
}

// next is a release of the head that may come into a cohort, and what it is in the base.
type next struct {
	*registry.Release
	remote *registry.Remote
	old    *registry.Release // nil: it is new, or could not come before
	live   bool              // whether it is what the cohort has, changed in place
}

func (n next) String() string { return n.remote.Name.Value + " " + n.Version.Value }

// coming goes through the active releases of a remote that the cohort pins.
func (m *comparison) coming(was *resolve.Pin) iter.Seq[next] {
	remote := m.head.Remote(was.Remote.Name.Value)
	return func(yield func(next) bool) {
		if remote == nil {
			return // that it is gone is reference/remote's matter
		}
		for i := range remote.Releases {
			n := next{Release: &remote.Releases[i], remote: remote, old: was.Remote.Release(remote.Releases[i].Version.Value)}
			n.live = m.has(remote, n.Release)
			if n.old != nil && !n.old.Status.IsZero() && !n.live {
				n.old = nil
			}
			if n.Status.IsZero() && !yield(n) {
				return
			}
		}
	}
}

// comparing goes through the releases of a provider that a live consumer could meet next.
func (m *comparison) comparing(p live, consumed *registry.Consumed) {
	was := m.cohort.Pin(consumed.Remote.Value)
	if was == nil {
		return
	}
	for n := range m.coming(was) {
		if !m.lets(p, consumed.Version, n.Version) {
			continue
		}
		for i := range was.Choices {
			m.narrowed(p, consumed, was.Choices[i].Release, n)
		}
	}
}

// lets reports whether a release may come to a live consumer with a range, zero for any. A prerelease may where the range
// names one, as for a pin, or where the cohort may have prereleases.
func (m *comparison) lets(p live, rng, version registry.Text) bool {
	v, err := semver.ParseVersion(version.Value)
	if err != nil || !v.Prerelease() || p.prereleases {
		return m.Contains(rng, version)
	}
	r, err := semver.ParseRange(rng.Value)
	return !rng.IsZero() && err == nil && r.Contains(v)
}

// narrowed reports modules that a release takes away from a live consumer, or takes less for. What Check can tell is left to it.
func (m *comparison) narrowed(p live, consumed *registry.Consumed, before *registry.Release, n next) {
	paired := m.paired(p, n.remote, n.Release)
	var removed []string
	for i := range consumed.Exposes {
		used := &consumed.Exposes[i]
		had, has := exposedBy(before, used.Value), exposedBy(n.Release, used.Value)
		switch {
		case had == nil, paired && (has == nil || used.Props != nil), n.old != nil && m.same(exposedBy(n.old, used.Value), has):
		case has == nil:
			removed = append(removed, used.Value)
		default:
			m.takesLess(p, used, had, has, n, m.comes(p, consumed, before, n))
		}
	}
	if removed != nil {
		m.report(p, n, n.Version, diag.Diagnostic{Rule: "contract/removed", Notes: []diag.Note{m.comes(p, consumed, before, n)},
			Message: fmt.Sprintf("%s no longer exposes %s, which %s uses, and that is live", n, several(removed), p),
			Help: n.cure(fmt.Sprintf("expand and contract: go on exposing %s beside what replaces %s, move %s over, and remove %[2]s in a later release",
				several(removed), pronoun(removed), p.pin.Remote.Name))})
	}
}

// several names a few of many modules.
func several(names []string) string {
	const most = 5
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

func pronoun(names []string) string {
	if len(names) == 1 {
		return "it"
	}
	return "them"
}

// same reports whether a module is exposed as it was.
func (m *comparison) same(was, is *registry.Exposed) bool {
	if was == nil || is == nil || was.Props == nil || is.Props == nil {
		return was == is || was != nil && is != nil && was.Props == is.Props
	}
	return m.text(was.Props) == m.text(is.Props)
}

// comes notes how a release comes to a live consumer.
func (m *comparison) comes(p live, consumed *registry.Consumed, before *registry.Release, n next) diag.Note {
	why := fmt.Sprintf("its range %s lets %s in", consumed.Version, n.Version)
	switch {
	case n.live:
		return diag.Note{Message: fmt.Sprintf("%s was changed in place, and is live in %s, as is %s", n, m.name(), p)}
	case consumed.Version.IsZero():
		why = fmt.Sprintf("it names no range, so %s may come next", n.Version)
	}
	return diag.Note{Message: fmt.Sprintf("%s is live in %s with %s %s, and %s", p, m.name(), n.remote.Name, before.Version, why)}
}

// cure is what helps: of a release that users have already, only another one.
func (n next) cure(otherwise string) string {
	if n.live {
		return "publish a new release, and leave " + n.String() + " as it was"
	}
	return otherwise
}

// report adds a finding about a release of the head, for the cohorts that have what it breaks.
func (m *comparison) report(p live, n next, at registry.Text, d diag.Diagnostic) {
	d.Remote = n.remote.Name.Value
	for _, cohort := range p.in {
		m.found.Add(cohort, n.remote.File.Fault(at, d))
	}
}

// takesLess compares the props that a live consumer passes, or may pass as things are, with those that a module will take.
func (m *comparison) takesLess(p live, used, had, has *registry.Exposed, n next, comes diag.Note) {
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
	d := diag.Diagnostic{Rule: "contract/narrowed", Notes: []diag.Note{comes},
		Message: fmt.Sprintf("%s takes less for %s than %s, which is live, may pass: %s", n, used, p, v.Reason),
		Help:    n.cure(fmt.Sprintf("expand and contract: take both for a while, move %s over, and take less in a later release", p.pin.Remote.Name))}
	m.report(p, n, has.Text, unsure(witness(d, v, "may be passed and is refused"), v,
		fmt.Sprintf("whether %s still takes all that %s, which is live, may pass %s", n, p, used)))
}
