package compiler

import (
	"cmp"
	"slices"
	"time"

	"muster/compiler/audit"
	"muster/compiler/contract"
	"muster/compiler/diag"
	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// increment is a registry that compiles, and what it takes to see that the next one does without judging all of it again. Of
// most changes that is plain: a release is added that nobody has yet; a cohort gets a release that promises and needs just what
// the one before did; a waiver is granted for what exceeds a budget. What is not plain is left to the whole check.
type increment struct {
	chooser   *resolve.Chooser
	rules     []diag.Rule
	addresses policy.Addresses // nil: to be gathered
	sound     map[string]bool  // cohorts of which it is plain that what they share goes together; the others are to be looked at
}

// advance works out what is served after a change to what was, as of a moment. It is nil if the change is not plain.
func (r *replayer) advance(next *registry.Registry, now time.Time) *Live {
	was := r.live.State
	a := advance{replayer: r, next: next, now: now, served: slices.Clone(was.Cohorts), judged: make([]judgement, len(was.Cohorts)),
		settled: map[int]*resolve.Cohort{}, made: map[*registry.Pin][]*resolve.Pin{}, shown: map[contract.Repinned]bool{}}
	if !a.policy() || !a.remotes() || !a.cohorts() || !a.waivers() || !a.alone() || !a.together() || !a.judge() {
		r.increment.addresses = nil // they may hold what is not to be
		return nil
	}
	return a.result()
}

// result is what is served after the change. It goes on with what is known of what was, where that stays what it is.
func (a *advance) result() *Live {
	was := a.live
	live := liveOf(&audit.State{Registry: a.next, Cohorts: a.served}, was.frozen, was.encoders)
	for i, s := range a.served {
		name := s.Declared.Name.Value
		if a.unseen(a.judged[i]) {
			live.ids[name] = was.ids[name]
		}
		if live.settled[name] = was.settled[name]; a.settled[i] != nil {
			live.settled[name] = &settled{a.settled[i]}
		}
	}
	return live
}

// unseen reports whether nothing of what changed in a cohort is in its manifest.
func (a *advance) unseen(j judgement) bool {
	return !j.anew && !j.settle && len(j.pins) == 0 && !slices.ContainsFunc(j.alike, a.shows)
}

// shows reports whether manifests differ by a pin that brings what it did.
func (a *advance) shows(p contract.Repinned) bool {
	shows, known := a.shown[p]
	if !known {
		shows = !manifest.Same(p.Was, p.Is)
		a.shown[p] = shows
	}
	return shows
}

// advance is one change being looked at.
type advance struct {
	*replayer
	next    *registry.Registry
	now     time.Time
	changed []remotePair // was is nil for one that was added, is for one that was removed
	edited  []*registry.Cohort
	excused []string // remotes whose waivers have to be judged again, those which judgedAlone knows
	served  []*audit.Served
	settled map[int]*resolve.Cohort          // by place, where that was worked out again
	judged  []judgement                      // of the cohorts, by their places in served
	made    map[*registry.Pin][]*resolve.Pin // that a line came to, which heirs may have in common
	shown   map[contract.Repinned]bool       // in manifests
}

// judgement is what of a cohort has to be judged again.
type judgement struct {
	pins   []contract.Repinned // those whose releases are to be held against the others
	alike  []contract.Repinned // those that bring what they did, of a remote that is declared in another way
	settle bool                // paths and places: what asks for some came or went
	anew   bool                // all of it
}

type remotePair struct{ was, is *registry.Remote }

func (p remotePair) name() string { return cmp.Or(p.is, p.was).Name.Value }

// policy reports whether the policy asks for what it did, but for waivers and what is judged by itself.
func (a *advance) policy() bool {
	was, is := a.live.State.Registry.Policy, a.next.Policy
	return was == is || !slices.ContainsFunc(was.Differences(is), func(field string) bool {
		return field != "freezes" && field != "ttl" && field != "cdn" && field != "signing" && field != "signers"
	})
}

// remotes finds the remotes that changed, if they changed plainly.
func (a *advance) remotes() bool {
	was, is := a.live.State.Registry.Remotes, a.next.Remotes
	for len(was) > 0 || len(is) > 0 {
		var p remotePair
		switch {
		case len(was) > 0 && len(is) > 0 && was[0] == is[0]:
			was, is = was[1:], is[1:]
			continue
		case len(is) == 0 || len(was) > 0 && was[0].Name.Value < is[0].Name.Value:
			p, was = remotePair{was[0], nil}, was[1:]
		case len(was) == 0 || is[0].Name.Value < was[0].Name.Value:
			p, is = remotePair{nil, is[0]}, is[1:]
		default:
			p, was, is = remotePair{was[0], is[0]}, was[1:], is[1:]
		}
		if p.was != nil && p.is != nil && !plainly(p.was, p.is) || p.was == nil && !untouched(p.is) {
			return false
		}
		a.changed = append(a.changed, p)
	}
	return true
}

// untouched reports whether a remote that was added has no release that is revoked or deprecated: a frozen cohort may have had
// it once.
func untouched(r *registry.Remote) bool {
	return !slices.ContainsFunc(r.Releases, func(rel registry.Release) bool { return !rel.Status.IsZero() })
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
		old := was.Release(release.Version.Value)
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
		for _, h := range is.Holds {
			if a.next.Remote(h.Remote.Value) == nil {
				return false
			}
		}
		a.edited = append(a.edited, is)
	}
	return true
}

// waivers reports whether all waivers stand, and none can be about what changed but those whose findings can be judged here: of
// one remote, by itself. Others could excuse something new, or be of no use any more.
func (a *advance) waivers() bool {
	was, is := a.live.State.Registry.Policy, a.next.Policy
	for _, w := range is.Waivers {
		if !a.waived(w, !registry.Over(w.Until, a.now) && (was == is || slices.ContainsFunc(was.Waivers, w.Same))) {
			return false
		}
	}
	for _, w := range was.Waivers {
		if was != is && !slices.ContainsFunc(is.Waivers, w.Same) && !a.waived(w, false) {
			return false
		}
	}
	slices.Sort(a.excused)
	a.excused = slices.Compact(a.excused)
	return true
}

// waived takes in a waiver, which may stay what it was.
func (a *advance) waived(w registry.Waiver, stays bool) bool {
	about := slices.ContainsFunc(a.changed, func(p remotePair) bool { return p.name() == w.Remote.Value })
	switch {
	case judgedAlone(w) && (about || !stays):
		a.excused = append(a.excused, w.Remote.Value)
	case w.Remote.IsZero() || !stays || about || len(a.edited) > 0 && !w.Cohort.IsZero():
		return false
	}
	return true
}

func judgedAlone(w registry.Waiver) bool {
	return w.Cohort.IsZero() && !w.Remote.IsZero() && policy.JudgesAlone(w.Rule.Value)
}

// alone reports whether what changed is right by itself, or excused.
func (a *advance) alone() bool {
	if a.increment.addresses == nil {
		a.increment.addresses = policy.NewAddresses(a.live.State.Registry)
	}
	var remotes []*registry.Remote
	for _, p := range a.changed {
		if p.is != nil {
			remotes = append(remotes, p.is)
		}
		if !a.increment.addresses.Replace(cmp.Or(p.was, &registry.Remote{}), cmp.Or(p.is, &registry.Remote{})) {
			return false
		}
	}
	for _, name := range a.excused {
		r := a.next.Remote(name)
		switch {
		case r == nil && slices.ContainsFunc(a.next.Policy.Waivers, func(w registry.Waiver) bool { return w.Remote.Value == name }):
			return false
		case r != nil && !slices.Contains(remotes, r):
			remotes = append(remotes, r)
		}
	}
	found := policy.Alone(a.next.Policy, remotes, a.edited)
	if a.next.Policy != a.live.State.Registry.Policy {
		found.Add(policy.Settings(a.next.Policy)...)
	}
	if len(a.excused) == 0 {
		return !found.HasErrors()
	}
	rules, excusing := *a.next.Policy, *a.next
	rules.Waivers = slices.DeleteFunc(slices.Clone(rules.Waivers), func(w registry.Waiver) bool { return !slices.Contains(a.excused, w.Remote.Value) || !judgedAlone(w) })
	excusing.Policy = &rules
	waivers := policy.NewWaivers(&excusing, a.increment.rules, a.now)
	return !waivers.Apply(found).HasErrors() && !waivers.Check().HasErrors()
}

// together reports whether what remotes and cohorts say of each other is right, where names came or went.
func (a *advance) together() bool {
	named := func(p remotePair) bool { return p.was == nil || p.is == nil }
	return !slices.ContainsFunc(a.changed, named) || !policy.Together(a.next).HasErrors()
}

// judge judges the cohorts again of which it is not plain that they go on compiling.
func (a *advance) judge() bool {
	a.pins()
	a.stages = a.stages.next(a.next.Policy)
	if added := a.added(); len(added) > 0 {
		a.stages.contract.Check(&resolve.Plan{Registry: &registry.Registry{Policy: a.next.Policy, Remotes: added}})
	}
	waived := slices.ContainsFunc(a.next.Policy.Waivers, func(w registry.Waiver) bool { return !policy.Judges(w.Rule.Value) })
	for i, j := range a.judged {
		switch {
		case !j.anew && !j.settle && len(j.pins) == 0:
		case waived && a.accepted(i, j):
		case waived: // the waiver may be of no use any more
			return false
		case j.anew && !a.resolve(i), !j.anew && j.settle && !a.settle(i):
			return false
		default:
			a.meet(i, j)
		}
	}
	return !a.stages.share.Findings().HasErrors() && !a.stages.contract.Findings().HasErrors()
}

// resolve resolves a cohort anew.
func (a *advance) resolve(place int) bool {
	resolved, found := resolve.One(a.next, a.served[place].Declared)
	a.served[place].Pins = resolved.Pins
	a.settled[place] = resolved
	return !found.HasErrors()
}

// settle works out who takes which path and fills which place.
func (a *advance) settle(place int) bool {
	resolved, found := a.increment.chooser.Settle(a.next, a.served[place].Declared, a.served[place].Pins)
	a.settled[place] = resolved
	return !found.HasErrors()
}

// meet holds the releases of a cohort against each other, as far as some may be at odds now.
func (a *advance) meet(place int, j judgement) {
	s := a.served[place]
	cohort := &resolve.Cohort{Declared: s.Declared, Pins: s.Pins}
	name := s.Declared.Name.Value
	var pins []*resolve.Pin
	for _, p := range j.pins {
		if p.Is != nil {
			pins = append(pins, p.Is)
		}
	}
	sound := a.increment.sound[name]
	if sound && !j.anew {
		sound = a.stages.share.SoundStill(cohort, pins)
	} else {
		sound = a.stages.share.Sound(cohort)
	}
	if a.increment.sound[name] = sound; !sound {
		a.stages.share.Check(cohort)
	}
	if j.anew {
		a.stages.contract.CheckCohort(a.next, cohort)
	} else {
		a.stages.contract.CheckAgain(a.next, cohort, j.pins)
	}
}

// added are the remotes that were not there before.
func (a *advance) added() (added []*registry.Remote) {
	for _, p := range a.changed {
		if p.was == nil {
			added = append(added, p.is)
		}
	}
	return added
}

// alike reports whether a pin brings the same releases.
func alike(was, is *resolve.Pin) bool { return audit.Text(was) == audit.Text(is) && sameArms(was, is) }

// sameArms reports whether two pins bring equally many releases that share, promise and need the same, one by one.
func sameArms(was, is *resolve.Pin) bool {
	return slices.EqualFunc(was.Choices, is.Choices, func(b, a resolve.Choice) bool {
		return b.Release == a.Release || b.Release.SameSharing(a.Release) && b.Release.SameContract(a.Release)
	})
}

// accepted reports whether a cohort goes on as it was with other pins, be it waived: its releases are like those before, and every
// release of the cohort that names a range for one of them takes their versions, and took them.
func (a *advance) accepted(place int, j judgement) bool {
	return !j.anew && !j.settle && !slices.ContainsFunc(j.pins, func(p contract.Repinned) bool {
		return p.Was == nil || p.Is == nil || !sameArms(p.Was, p.Is) || len(p.Is.Choices) == 0 || !a.inRange(a.served[place], p)
	})
}

// inRange reports whether the ranges that a cohort's releases name for a remote take its versions, and took those before.
func (a *advance) inRange(s *audit.Served, p contract.Repinned) bool {
	for _, pin := range s.Pins {
		for _, choice := range pin.Choices {
			for _, consumed := range choice.Release.Consumes {
				if consumed.Remote.Value != p.Is.Remote.Name.Value {
					continue
				}
				for _, c := range slices.Concat(p.Was.Choices, p.Is.Choices) {
					if !a.stages.contract.Contains(consumed.Version, c.Release.Version) {
						return false
					}
				}
			}
		}
	}
	return true
}
