// Package audit tells from the states of a registry along its history what happened to whom: which release came into which
// cohort, or was taken back, what was switched off, frozen, given to more users; and what happened to the rules.
//
//	staff   checkout  2.3.0 → 2.4.0   promoted, by its pin in cohorts/staff.yaml
//	canary  search    3.1.4 → 3.1.5   promoted, caught by the range ~3.1 of general
//
// A state is what cohorts resolve to: ranges, inheritance and freezes are seen through. Everything here is a function from two
// states to what lies between; walking a history, and taking only states that compile, is the caller's.
package audit

import (
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Kind says what happened.
type Kind string

// The kinds of events.
const (
	Promoted        Kind = "promoted"         // a cohort got a newer release, or its first
	RolledBack      Kind = "rolled-back"      // a cohort got an older release
	Withdrawn       Kind = "withdrawn"        // a cohort no longer has the remote
	Disabled        Kind = "disabled"         // a cohort's kill switch was thrown
	Enabled         Kind = "enabled"          // and taken back
	SplitChanged    Kind = "split-changed"    // a cohort's users are spread over releases in another way
	Altered         Kind = "altered"          // a cohort gets something else under the numbers of its releases: other files, packages, settings
	AudienceChanged Kind = "audience-changed" // a cohort is for other users
	Frozen          Kind = "frozen"           // a cohort is served the manifest of another commit
	Thawed          Kind = "thawed"
	Held            Kind = "held" // a release may not come into a cohort
	HoldLifted      Kind = "hold-lifted"
	CohortAdded     Kind = "cohort-added"
	CohortRemoved   Kind = "cohort-removed"
	CohortChanged   Kind = "cohort-changed" // its other fields
	RemoteAdded     Kind = "remote-added"
	RemoteRemoved   Kind = "remote-removed"
	RemoteRenamed   Kind = "remote-renamed"
	RemoteChanged   Kind = "remote-changed" // its other fields
	OwnerChanged    Kind = "owner-changed"
	Released        Kind = "released"        // a remote got a release
	ReleaseDropped  Kind = "release-dropped" // a release is no longer declared
	ReleaseChanged  Kind = "release-changed" // a release was changed in place
	Deprecated      Kind = "deprecated"
	Revoked         Kind = "revoked"
	Reinstated      Kind = "reinstated" // neither any more
	EvidenceAdded   Kind = "evidence-added"
	PolicyChanged   Kind = "policy-changed"
	WaiverGranted   Kind = "waiver-granted"
	WaiverEnded     Kind = "waiver-ended" // it was removed
	WaiverExpired   Kind = "waiver-expired"
	Broken          Kind = "broken"          // the registry does not compile: what was served before goes on
	Mended          Kind = "mended"          // it compiles again
	ClockBackwards  Kind = "clock-backwards" // the commit's date is before that of its first parent
)

// Kinds are all kinds, in the order of the list above.
var Kinds = []Kind{Promoted, RolledBack, Withdrawn, Disabled, Enabled, SplitChanged, Altered, AudienceChanged, Frozen, Thawed, Held, HoldLifted,
	CohortAdded, CohortRemoved, CohortChanged, RemoteAdded, RemoteRemoved, RemoteRenamed, RemoteChanged, OwnerChanged, Released,
	ReleaseDropped, ReleaseChanged, Deprecated, Revoked, Reinstated, EvidenceAdded, PolicyChanged, WaiverGranted, WaiverEnded,
	WaiverExpired, Broken, Mended, ClockBackwards}

// Via says how a release came into a cohort.
type Via string

// The ways in.
const (
	ByPin         Via = "pin"         // the cohort's own pin says so
	ByInheritance Via = "inheritance" // the pin of a cohort that it extends does
	ByRange       Via = "range"       // the pin is what it was, and its range chose another release
	ByFreeze      Via = "freeze"      // it is what the cohort had at the commit it is frozen at
	ByThaw        Via = "thaw"        // the freeze ended
)

// Event is one thing that happened.
type Event struct {
	Kind   Kind
	Cohort string   // "" if it is about none
	Remote string   // likewise
	Owner  string   // of the remote
	From   string   // what was: a release, a split, an owner, an audience ...; "" for nothing
	To     string   // what is; likewise
	Via    Via      // how it came about that a cohort is served this; "" for an event that is about no pin
	Reason string   // as the registry gives it
	Moved  *Moved   // nil if it can't be told
	Pos    diag.Pos // the line that says so, in the state after; before, where something is gone
}

// State is what a registry serves.
type State struct {
	Registry *registry.Registry
	Cohorts  []*Served // by name
}

// Served is what a cohort is served.
type Served struct {
	Declared *registry.Cohort
	Pins     []*resolve.Pin // by remote; of a frozen cohort those of its commit
}

func (s *Served) name() string { return s.Declared.Name.Value }

// Pin is what the cohort has of a remote, nil for nothing.
func (s *Served) Pin(remote string) *resolve.Pin { return resolve.Find(s.Pins, remote) }

// Cohort is what the cohort of that name is served, nil if there is none.
func (s *State) Cohort(name string) *Served {
	i, ok := slices.BinarySearchFunc(s.Cohorts, name, func(c *Served, name string) int { return strings.Compare(c.name(), name) })
	if !ok {
		return nil
	}
	return s.Cohorts[i]
}

// Between tells what lies between two states; before is nil for the first of a history. Events come in a fixed order: the
// policy, remotes by name, cohorts by name.
func Between(before, after *State) (events []Event) {
	if before == nil {
		before = &State{Registry: &registry.Registry{Policy: after.Registry.Policy}}
	}
	events = append(events, policies(before.Registry.Policy, after.Registry.Policy)...)
	more, renamed := remotes(before.Registry, after.Registry)
	events = append(events, more...)
	both(before.Cohorts, after.Cohorts, (*Served).name, func(was, is *Served) {
		switch {
		case is == nil:
			events = append(events, Event{Kind: CohortRemoved, Cohort: was.name(), Pos: was.Declared.File.Pos(was.Declared.Name.Mark)})
		case was == nil:
			events = append(events, added(is, renamed)...)
		default:
			more := Cohort(was, is, renamed)
			reach(more, before.Registry, after.Registry, is.name())
			reordered(more, before.Registry, after.Registry)
			events = append(events, more...)
		}
	})
	for i := range events {
		events[i].own(before.Registry, after.Registry)
	}
	return events
}

// own fills in who owns the remote that an event is about.
func (e *Event) own(before, after *registry.Registry) {
	for _, r := range []*registry.Registry{after, before} {
		if remote := r.Remote(e.Remote); remote != nil && e.Owner == "" {
			e.Owner = remote.Owner.Value
		}
	}
}

func added(c *Served, renamed Renamed) []Event {
	event := Event{Kind: CohortAdded, Cohort: c.name(), To: Audience(c.Declared.Audience), Pos: c.Declared.File.Pos(c.Declared.Name.Mark)}
	empty := &Served{Declared: &registry.Cohort{File: c.Declared.File, Name: c.Declared.Name, Audience: c.Declared.Audience, Extends: c.Declared.Extends,
		After: c.Declared.After, Soak: c.Declared.Soak, Requires: c.Declared.Requires, Capabilities: c.Declared.Capabilities, Routes: c.Declared.Routes}}
	return append([]Event{event}, Cohort(empty, c, renamed)...)
}

// Renamed are remotes that go by another name: the new by the old.
type Renamed map[string]string

// was is the old name of a remote, or its name.
func (r Renamed) was(name string) string {
	for old, now := range r {
		if now == name {
			return old
		}
	}
	return name
}

// FormerName is the name by which a cohort had, in the state before, what is a remote in the state after: another one if the remote
// was renamed between the two, as Between tells it.
func FormerName(before, after *State, cohort, remote string) string {
	if before.Registry.Remote(remote) != nil || before.Cohort(cohort).Pin(remote) != nil {
		return remote
	}
	_, renamed := remotes(before.Registry, after.Registry)
	old := renamed.was(remote)
	if is := after.Cohort(cohort); is == nil || is.Pin(old) != nil {
		return remote
	}
	return old
}

// remotes compares the remotes of two registries.
func remotes(before, after *registry.Registry) (events []Event, renamed Renamed) {
	renamed = renames(before, after)
	both(before.Remotes, after.Remotes, func(r *registry.Remote) string { return r.Name.Value }, func(was, is *registry.Remote) {
		switch {
		case was == is:
		case is == nil:
			if renamed[was.Name.Value] == "" {
				events = append(events, Event{Kind: RemoteRemoved, Remote: was.Name.Value, Pos: was.File.Pos(was.Name.Mark)})
			}
		case was == nil:
			if old := renamed.was(is.Name.Value); old != is.Name.Value {
				events = append(events, Event{Kind: RemoteRenamed, Remote: is.Name.Value, From: old, To: is.Name.Value, Pos: is.File.Pos(is.Name.Mark)})
				events = append(events, Remote(before.Remote(old), is)...)
				return
			}
			events = append(events, Event{Kind: RemoteAdded, Remote: is.Name.Value, Pos: is.File.Pos(is.Name.Mark)})
			events = append(events, Remote(&registry.Remote{}, is)...)
		default:
			events = append(events, Remote(was, is)...)
		}
	})
	return events, renamed
}

// renames finds the remotes that go by another name.
func renames(before, after *registry.Registry) Renamed {
	var gone, come []*registry.Remote
	both(before.Remotes, after.Remotes, func(r *registry.Remote) string { return r.Name.Value }, func(was, is *registry.Remote) {
		switch {
		case is == nil:
			gone = append(gone, was)
		case was == nil:
			come = append(come, is)
		}
	})
	return pair(gone, come)
}

// pair finds out which of the remotes that came is one that went: the one with which it has most builds in common.
func pair(gone, come []*registry.Remote) Renamed {
	renamed := Renamed{}
	for _, is := range come {
		best, most := "", 0
		for _, was := range gone {
			if n := inCommon(was, is); n > most && renamed[was.Name.Value] == "" {
				best, most = was.Name.Value, n
			}
		}
		if most > 0 {
			renamed[best] = is.Name.Value
		}
	}
	return renamed
}

func inCommon(a, b *registry.Remote) (n int) {
	for i := range a.Releases {
		for j := range b.Releases {
			x, y := &a.Releases[i], &b.Releases[j]
			if x.Version.Value == y.Version.Value && x.SameBuild(y) && (!x.Entry.IsZero() || a.Host && b.Host && x.SameSharing(y) && x.SameContract(y)) {
				n++
			}
		}
	}
	return n
}

// both goes through two lists that are sorted by name; was or is is nil where only one of them has the name.
func both[T any](before, after []*T, name func(*T) string, each func(was, is *T)) {
	for len(before) > 0 || len(after) > 0 {
		order := 0
		switch {
		case len(before) > 0 && len(after) > 0 && before[0] == after[0]: // as are most
			before, after = before[1:], after[1:]
			continue
		case len(before) == 0:
			order = 1
		case len(after) == 0:
			order = -1
		default:
			order = strings.Compare(name(before[0]), name(after[0]))
		}
		switch {
		case order < 0:
			each(before[0], nil)
			before = before[1:]
		case order > 0:
			each(nil, after[0])
			after = after[1:]
		default:
			each(before[0], after[0])
			before, after = before[1:], after[1:]
		}
	}
}

// Remote compares two declarations of one remote.
func Remote(was, is *registry.Remote) (events []Event) {
	add := func(k Kind, at registry.Text, e Event) {
		file := is.File
		if e.To == "" && k == ReleaseDropped {
			file = was.File
		}
		e.Kind, e.Remote, e.Owner, e.Pos = k, is.Name.Value, is.Owner.Value, file.Pos(at.Mark)
		events = append(events, e)
	}
	if !was.Name.IsZero() {
		fields := was.Differences(is)
		if slices.Contains(fields, "owner") {
			add(OwnerChanged, is.Owner, Event{From: was.Owner.Value, To: is.Owner.Value})
		}
		if others := slices.DeleteFunc(fields, func(f string) bool { return f == "owner" }); len(others) > 0 {
			add(RemoteChanged, is.Name, Event{To: strings.Join(others, ", ")})
		}
	}
	for i := range is.Releases {
		release := &is.Releases[i]
		old := was.Release(release.Version.Value)
		if old == nil {
			add(Released, release.Version, Event{To: release.Version.Value})
			old = &registry.Release{Evidence: release.Evidence} // what it came with is part of it
		} else if changed := inPlace(old, release); len(changed) > 0 {
			add(ReleaseChanged, release.Version, Event{To: release.Version.Value, Reason: strings.Join(changed, ", ")})
		}
		if !old.SameState(release) {
			state := Event{To: release.Version.Value, Reason: release.Reason.Value}
			switch release.Status.Value {
			case registry.Deprecated:
				add(Deprecated, release.Status, state)
			case registry.Revoked:
				add(Revoked, release.Status, state)
			default:
				add(Reinstated, release.Version, state)
			}
		}
		for _, p := range release.Evidence {
			if !slices.ContainsFunc(old.Evidence, p.Same) {
				add(EvidenceAdded, p.Kind, Event{To: release.Version.Value, Reason: p.Kind.Value + " " + p.Status.Value})
			}
		}
	}
	for i := range was.Releases {
		if v := was.Releases[i].Version; is.Release(v.Value) == nil {
			add(ReleaseDropped, v, Event{From: v.Value})
		}
	}
	return events
}

// contracts are what releases promise each other: of no concern to a browser.
const contracts = "contract"

// inPlace names what of a release is another than it was.
func inPlace(was, is *registry.Release) (what []string) {
	for _, part := range []struct {
		name string
		same bool
	}{{"build", was.SameBuild(is)}, {"shared packages", was.SameSharing(is)}, {contracts, was.SameContract(is)}} {
		if !part.same {
			what = append(what, part.name)
		}
	}
	return what
}

// Expired is the event of a waiver whose day has come.
func Expired(p *registry.Policy, w registry.Waiver) Event {
	return Event{Kind: WaiverExpired, Cohort: w.Cohort.Value, Remote: w.Remote.Value, From: w.Rule.Value + " until " + w.Until.Value,
		Reason: w.Reason.Value, Pos: p.File.Pos(w.Until.Mark)}
}

// policies compares the rules.
func policies(was, is *registry.Policy) (events []Event) {
	if was == is {
		return nil
	}
	add := func(k Kind, p *registry.Policy, at registry.Text, e Event) {
		e.Kind, e.Pos = k, p.File.Pos(at.Mark)
		events = append(events, e)
	}
	if fields := was.Differences(is); len(fields) > 0 {
		add(PolicyChanged, is, is.Name, Event{To: strings.Join(fields, ", ")})
	}
	for _, w := range is.Waivers {
		if !slices.ContainsFunc(was.Waivers, w.Same) {
			add(WaiverGranted, is, w.Rule, Event{Cohort: w.Cohort.Value, Remote: w.Remote.Value, To: w.Rule.Value + " until " + w.Until.Value, Reason: w.Reason.Value})
		}
	}
	for _, w := range was.Waivers {
		if !slices.ContainsFunc(is.Waivers, w.Same) {
			add(WaiverEnded, was, w.Rule, Event{Cohort: w.Cohort.Value, Remote: w.Remote.Value, From: w.Rule.Value + " until " + w.Until.Value, Reason: w.Reason.Value})
		}
	}
	return events
}
