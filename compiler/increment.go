package compiler

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/compiler/audit"
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
}

// advance works out what is served after a change to what was, as of a moment. It is nil if the change is not plain.
func (r *replayer) advance(next *registry.Registry, now time.Time) *Live {
	was := r.live.State
	a := advance{replayer: r, next: next, now: now, served: slices.Clone(was.Cohorts)}
	if !a.policy() || !a.remotes() || !a.cohorts() || !a.waivers() || !a.alone() || !a.together() || !a.pins() || !a.judge() {
		r.increment.addresses = nil // they may hold what is not to be
		return nil
	}
	return a.result()
}

// result is what is served after the change. It goes on with what is known of what was, where that stays what it is.
func (a *advance) result() *Live {
	was, policy := a.live, a.next.Policy
	live := &Live{State: &audit.State{Registry: a.next, Cohorts: a.served}, frozen: was.frozen,
		ids: map[string]manifest.ID{}, settled: make(map[string]*settled, len(a.served)), encoders: maps.Clone(was.encoders)}
	delete(live.encoders, was.State.Registry.Policy)
	live.encoders[policy] = &encoder{was.encoders[was.State.Registry.Policy].manifest.Next(policy), a.stages.share}
	for i, s := range a.served {
		name := s.Declared.Name.Value
		if id, known := was.ids[name]; known && s == was.State.Cohorts[i] {
			live.ids[name] = id
		}
		if live.settled[name] = was.settled[name]; slices.Contains(a.anew, i) {
			live.settled[name] = &settled{}
		}
	}
	return live
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
	again   []int // cohorts that have to be judged again, by their places in served
	anew    []int // cohorts that have to be resolved again, too
}

type remotePair struct{ was, is *registry.Remote }

func (p remotePair) name() string { return cmp.Or(p.is, p.was).Name.Value }

// policy reports whether the policy asks for what it did, but for waivers and what is judged by itself.
func (a *advance) policy() bool {
	was, is := a.live.State.Registry.Policy, a.next.Policy
	return was == is || !slices.ContainsFunc(was.Differences(is), func(field string) bool { return field != "freezes" && field != "ttl" && field != "signers" })
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
	was, is := a.live.State.Registry.Policy.Waivers, a.next.Policy.Waivers
	for _, w := range slices.Concat(was, is) {
		about := slices.ContainsFunc(a.changed, func(p remotePair) bool { return p.name() == w.Remote.Value })
		stays := !registry.Over(w.Until, a.now) && slices.ContainsFunc(was, w.Same) && slices.ContainsFunc(is, w.Same)
		switch {
		case judgedAlone(w) && (about || !stays):
			a.excused = append(a.excused, w.Remote.Value)
		case w.Remote.IsZero() || !stays || about || len(a.edited) > 0 && !w.Cohort.IsZero():
			return false
		}
	}
	slices.Sort(a.excused)
	a.excused = slices.Compact(a.excused)
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

// pins works out the pins of every cohort again that depend on what changed.
func (a *advance) pins() bool {
	for i, s := range a.served {
		declared := a.next.Cohort(s.Declared.Name.Value)
		switch {
		case declared.Frozen != nil && declared != s.Declared:
			a.served[i] = &audit.Served{Declared: declared, Pins: s.Pins}
		case declared.Frozen != nil:
		case a.inherits(declared):
			a.repin(i, declared, resolve.Sources(a.next, declared))
		default:
			a.rechoose(i)
		}
	}
	return true
}

// inherits reports whether a cohort has pins of one that was edited.
func (a *advance) inherits(c *registry.Cohort) bool {
	return len(a.edited) > 0 && slices.ContainsFunc(resolve.Chain(a.next, c), func(from *registry.Cohort) bool { return slices.Contains(a.edited, from) })
}

// rechoose looks at the pins of a cohort whose remotes changed, and nothing else.
func (a *advance) rechoose(place int) {
	var next *audit.Served
	s := a.served[place]
	for _, p := range a.changed {
		i, pinned := slices.BinarySearchFunc(s.Pins, p.name(), func(pin resolve.Pin, name string) int { return strings.Compare(pin.Remote.Name.Value, name) })
		if !pinned {
			continue
		}
		if next == nil {
			next = &audit.Served{Declared: s.Declared, Pins: slices.Clone(s.Pins)}
			a.served[place] = next
		}
		a.pin(place, i, &s.Pins[i], s.Pins[i].From)
	}
}

// repin looks at all pins of a cohort, which is declared in another way or inherits from one that is.
func (a *advance) repin(place int, declared *registry.Cohort, sources []resolve.Source) {
	s := a.served[place]
	next := &audit.Served{Declared: declared, Pins: slices.Clone(s.Pins)}
	a.served[place] = next
	if !slices.EqualFunc(sources, s.Pins, func(from resolve.Source, p resolve.Pin) bool { return from.Pin.Remote.Value == p.Remote.Name.Value }) {
		a.anew = append(a.anew, place)
		return
	}
	for i, from := range sources {
		was := &s.Pins[i]
		switch remote := a.next.Remote(from.Pin.Remote.Value); {
		case remote == was.Remote && from == was.From:
		case remote == was.Remote && from.Pin.Same(was.From.Pin):
			next.Pins[i] = asked(was, from)
		default:
			a.pin(place, i, was, from)
		}
	}
}

// asked is a pin that another line asks for in the same words.
func asked(p *resolve.Pin, from resolve.Source) resolve.Pin {
	next := *p
	next.From, next.Choices = from, slices.Clone(p.Choices)
	for i := range next.Choices {
		if from.Pin.Split != nil {
			next.Choices[i].Asked = from.Pin.Split[i].Version
		} else {
			next.Choices[i].Asked = from.Pin.Range
		}
	}
	return next
}

// pin works out a pin of a cohort, and notes if it is not plain that the cohort goes on compiling with it.
func (a *advance) pin(place, i int, was *resolve.Pin, from resolve.Source) {
	next := a.served[place]
	if a.next.Remote(from.Pin.Remote.Value) == nil {
		a.anew = append(a.anew, place)
		return
	}
	pin, ok := a.increment.chooser.Pin(a.next, next.Declared, from, was)
	switch {
	case !ok, len(pin.Choices) == 0 != (len(was.Choices) == 0):
		a.anew = append(a.anew, place)
	case !alike(was, &pin) && !a.accepted(next, was, &pin):
		a.again = append(a.again, place)
	}
	next.Pins[i] = pin
}

// judge judges the cohorts again of which it is not plain that they go on compiling.
func (a *advance) judge() bool {
	a.stages = a.stages.next(a.next.Policy)
	if added := a.added(); len(added) > 0 {
		a.stages.contract.Check(&resolve.Plan{Registry: &registry.Registry{Policy: a.next.Policy, Remotes: added}})
	}
	if len(a.again)+len(a.anew) > 0 && slices.ContainsFunc(a.next.Policy.Waivers, func(w registry.Waiver) bool { return !policy.Judges(w.Rule.Value) }) {
		return false // it may be of no use any more
	}
	if !a.resolve() {
		return false
	}
	for i, s := range a.served {
		if !slices.Contains(a.again, i) {
			continue
		}
		cohort := &resolve.Cohort{Declared: s.Declared, Pins: s.Pins}
		if !a.stages.share.Sound(cohort) {
			a.stages.share.Check(cohort)
		}
		a.stages.contract.CheckCohort(a.next, cohort)
	}
	return !a.stages.share.Findings().HasErrors() && !a.stages.contract.Findings().HasErrors()
}

// resolve resolves the cohorts anew of which that has to be, and leaves it to be judged what they come to.
func (a *advance) resolve() bool {
	if len(a.anew) == 0 {
		return true
	}
	slices.Sort(a.anew)
	a.anew = slices.Compact(a.anew)
	var declared []*registry.Cohort
	for _, i := range a.anew {
		declared = append(declared, a.served[i].Declared)
	}
	resolved, found := resolve.Some(a.next, declared)
	for at, i := range a.anew {
		a.served[i].Pins = resolved[at].Pins
	}
	a.again = append(a.again, a.anew...)
	return !found.HasErrors()
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
