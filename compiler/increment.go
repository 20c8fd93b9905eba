package compiler

import (
	"slices"

	"muster/compiler/audit"
	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// increment is a registry that compiles, and what it takes to see that the next one does without judging all of it again. Of
// most changes that is plain: a release is added that nobody has yet; a cohort gets a release that shares, promises and needs
// just what the one before did. What is not plain is left to the whole check.
type increment struct {
	chooser   *resolve.Chooser
	addresses policy.Addresses // nil: to be gathered
}

// advance works out what is served after a change to what was, with the same policy. It is nil if the change is not plain.
func (r *replayer) advance(next *registry.Registry) *Live {
	was := r.live.State
	if next.Policy != was.Registry.Policy {
		return nil
	}
	a := advance{replayer: r, next: next, served: slices.Clone(was.Cohorts)}
	if !a.remotes() || !a.cohorts() || !a.waivers() || !a.alone() || !a.pins() || !a.judge() {
		r.increment.addresses = nil // they may hold what is not to be
		return nil
	}
	live := &Live{State: &audit.State{Registry: next, Cohorts: a.served}, frozen: r.live.frozen, encoders: r.live.encoders, ids: map[string]manifest.ID{}}
	for i, s := range a.served {
		if id, known := r.live.ids[s.Declared.Name.Value]; known && s == was.Cohorts[i] {
			live.ids[s.Declared.Name.Value] = id
		}
	}
	return live
}

// advance is one change being looked at.
type advance struct {
	*replayer
	next    *registry.Registry
	changed []remotePair
	edited  []cohortPair
	served  []*audit.Served
	again   []int // cohorts that have to be judged again, by their places in served
}

type remotePair struct{ was, is *registry.Remote }

type cohortPair struct{ was, is *registry.Cohort }

// remotes finds the remotes that changed, if they changed plainly.
func (a *advance) remotes() bool {
	was := a.live.State.Registry.Remotes
	if len(was) != len(a.next.Remotes) {
		return false
	}
	for i, is := range a.next.Remotes {
		if was[i] == is {
			continue
		}
		if was[i].Name.Value != is.Name.Value || !plainly(was[i], is) {
			return false
		}
		a.changed = append(a.changed, remotePair{was[i], is})
	}
	return true
}

// plainly reports whether a remote changed in nothing that others could depend on but its releases' versions and files.
func plainly(was, is *registry.Remote) bool {
	for _, field := range was.Differences(is) {
		if field != "owner" && field != "load" {
			return false
		}
	}
	if len(was.Releases) == 0 || len(is.Releases) == 0 {
		return false
	}
	for i := range is.Releases {
		release := &is.Releases[i]
		old := releaseOf(was, release.Version.Value)
		if old == nil && !release.Status.IsZero() || old != nil && !old.SameState(release) {
			return false
		}
		if old != nil && old.SameContract(release) {
			continue
		}
		if !slices.ContainsFunc(was.Releases, func(o registry.Release) bool { return o.SameContract(release) }) {
			return false
		}
	}
	for i := range was.Releases { // what is dropped may have been the last to expose something
		for _, e := range was.Releases[i].Exposes {
			if !slices.ContainsFunc(is.Releases, func(rel registry.Release) bool {
				return slices.ContainsFunc(rel.Exposes, func(x registry.Exposed) bool { return x.Value == e.Value })
			}) {
				return false
			}
		}
	}
	return true
}

func releaseOf(r *registry.Remote, version string) *registry.Release {
	for i := range r.Releases {
		if r.Releases[i].Version.Value == version {
			return &r.Releases[i]
		}
	}
	return nil
}

// cohorts finds the cohorts that changed, if they changed in nothing but pins, holds and who is in them.
func (a *advance) cohorts() bool {
	was := a.live.State.Registry.Cohorts
	if len(was) != len(a.next.Cohorts) {
		return false
	}
	for i, is := range a.next.Cohorts {
		if was[i] == is {
			continue
		}
		if was[i].Name.Value != is.Name.Value || len(was[i].Differences(is)) > 0 || !was[i].Frozen.Same(is.Frozen) || (was[i].Audience == nil) != (is.Audience == nil) {
			return false
		}
		for _, p := range is.Pins {
			if a.next.Remote(p.Remote.Value) == nil {
				return false
			}
		}
		a.edited = append(a.edited, cohortPair{was[i], is})
	}
	return true
}

// waivers reports whether no waiver can be about what changed: it could excuse something new, or be of no use any more.
func (a *advance) waivers() bool {
	for _, w := range a.next.Policy.Waivers {
		if w.Remote.IsZero() || slices.ContainsFunc(a.changed, func(p remotePair) bool { return p.is.Name.Value == w.Remote.Value }) ||
			len(a.edited) > 0 && !w.Cohort.IsZero() {
			return false
		}
	}
	return true
}

// alone reports whether what changed is right by itself.
func (a *advance) alone() bool {
	var remotes []*registry.Remote
	var cohorts []*registry.Cohort
	if a.increment.addresses == nil {
		a.increment.addresses = policy.NewAddresses(a.live.State.Registry)
	}
	for _, p := range a.changed {
		remotes = append(remotes, p.is)
		if !a.increment.addresses.Replace(p.was, p.is) {
			return false
		}
	}
	for _, p := range a.edited {
		cohorts = append(cohorts, p.is)
	}
	return !policy.Alone(a.next.Policy, remotes, cohorts).HasErrors()
}

// pins works out the pins of every cohort again that depend on what changed.
func (a *advance) pins() bool {
	for i, s := range a.served {
		declared := a.next.Cohort(s.Declared.Name.Value)
		switch {
		case declared == s.Declared && (declared.Frozen != nil || len(a.edited) == 0 && len(a.changed) == 0):
		case declared.Frozen != nil:
			a.served[i] = &audit.Served{Declared: declared, Pins: s.Pins}
		default:
			next, plain := a.cohort(s, declared)
			if a.served[i] = next; !plain {
				a.again = append(a.again, i)
			}
		}
	}
	return true
}

// cohort is what a cohort is served after the change; it is s if nothing of it changed. It is false if that is not plain.
func (a *advance) cohort(s *audit.Served, declared *registry.Cohort) (*audit.Served, bool) {
	next := &audit.Served{Declared: declared, Pins: s.Pins}
	sources, same := a.sources(s, declared)
	if !same {
		return next, false
	}
	cloned := false
	for i, from := range sources {
		p := &s.Pins[i]
		if from.Pin == p.From.Pin && a.next.Remote(from.Pin.Remote.Value) == p.Remote {
			continue
		}
		pin, ok := a.increment.chooser.Pin(a.next, declared, from, p)
		if !ok || !alike(p, &pin) && !a.accepted(s, p, &pin) {
			return next, false
		}
		if !cloned {
			cloned, next.Pins = true, slices.Clone(s.Pins)
		}
		next.Pins[i] = pin
	}
	if !cloned && declared == s.Declared {
		return s, true
	}
	return next, true
}

// sources are the pins of a cohort after the change, in the order of what it is served. It is false if it has others than before.
func (a *advance) sources(s *audit.Served, declared *registry.Cohort) ([]resolve.Source, bool) {
	if len(a.edited) == 0 {
		sources := make([]resolve.Source, len(s.Pins))
		for i := range s.Pins {
			sources[i] = s.Pins[i].From
		}
		return sources, true
	}
	sources := resolve.Sources(a.next, declared)
	return sources, slices.EqualFunc(sources, s.Pins, func(from resolve.Source, p resolve.Pin) bool {
		return from.Pin.Remote.Value == p.Remote.Name.Value
	})
}

// judge judges the cohorts again of which it is not plain that they go on compiling.
func (a *advance) judge() bool {
	if len(a.again) == 0 {
		return true
	}
	if slices.ContainsFunc(a.next.Policy.Waivers, func(w registry.Waiver) bool { return !policy.Judges(w.Rule.Value) }) {
		return false // it may be of no use any more
	}
	a.stages = a.stages.next(a.next.Policy)
	for _, i := range a.again {
		cohort, found := resolve.One(a.next, a.served[i].Declared)
		a.stages.share.Check(cohort)
		a.stages.contract.CheckCohort(a.next, cohort)
		if found.HasErrors() {
			return false
		}
		a.served[i].Pins = cohort.Pins
	}
	return !a.stages.share.Findings().HasErrors() && !a.stages.contract.Findings().HasErrors()
}

// alike reports whether a pin brings the same releases.
func alike(was, is *resolve.Pin) bool { return audit.Text(was) == audit.Text(is) && sameArms(was, is) }

// sameArms reports whether the releases of two pins share, promise and need the same, one by one; where one has a single release,
// each of the other's is held against that.
func sameArms(was, is *resolve.Pin) bool {
	if len(was.Choices) == 0 || len(is.Choices) == 0 || len(was.Choices) != len(is.Choices) {
		return len(was.Choices) == len(is.Choices)
	}
	for i := range is.Choices {
		b, a := was.Choices[i].Release, is.Choices[i].Release
		if b != a && (!b.SameSharing(a) || !b.SameContract(a)) {
			return false
		}
	}
	return true
}

// accepted reports whether a cohort goes on compiling with another pin: its releases are like those before, and every release of the
// cohort that names a range for the remote takes their versions.
func (a *advance) accepted(s *audit.Served, was, is *resolve.Pin) bool {
	if !sameArms(was, is) || len(is.Choices) == 0 {
		return false
	}
	for i := range s.Pins {
		for _, choice := range s.Pins[i].Choices {
			for _, consumed := range choice.Release.Consumes {
				if consumed.Remote.Value != is.Remote.Name.Value {
					continue
				}
				for _, c := range slices.Concat(was.Choices, is.Choices) { // what was waived must not become right either
					if !a.stages.contract.Contains(consumed.Version, c.Release.Version) {
						return false
					}
				}
			}
		}
	}
	return true
}
