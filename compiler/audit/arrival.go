package audit

import (
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Arrival is a release that comes into a cohort, or to more of its users than before.
type Arrival struct {
	Place
	Former   string            // the name that its remote had before
	Release  *registry.Release // as it comes in
	Share    int               // of the cohort's users, in hundredths of a percent
	Was, Is  *resolve.Pin      // what the cohort had of the remote and gets of it; nil for nothing
	ByFreeze bool              // it is what the cohort had at the commit that it is to be frozen at
}

// Arrivals are the releases that cohorts get between two states and did not have, or that more of their users get. A release is a build:
// one that was changed in place is another. What a remote or a cohort had by another name it has had.
func Arrivals(before, after *State) (all []Arrival) {
	former, heirs := FormerNames(before.Registry, after.Registry), Heirs(before.Registry, after.Registry)
	for _, s := range after.Cohorts {
		was := before.Cohort(heirs.of(s.name()))
		for _, pin := range s.Pins {
			a := Arrival{Place: Place{Cohort: s.name(), Remote: pin.Remote.Name.Value}, Former: pin.Remote.Name.Value, Is: pin, ByFreeze: s.Declared.Frozen != nil}
			if was != nil {
				a.had(was, former)
			}
			seen := map[string]bool{}
			for _, c := range pin.Choices {
				a.Version, a.Release, a.Share = c.Release.Version.Value, c.Release, shareOf(pin, c.Release)
				if !seen[a.Version] && a.Share > shareOf(a.Was, c.Release) {
					all = append(all, a)
				}
				seen[a.Version] = true
			}
		}
	}
	return all
}

// had fills in what the cohort had of the remote, by whichever name it has: a frozen cohort goes on with the one of its time.
func (a *Arrival) had(was *Served, former Former) {
	for _, name := range former.names(a.Remote) {
		if pin := was.Pin(name); pin != nil {
			a.Was, a.Former = pin, name
			return
		}
	}
	if old, ok := former[a.Remote]; ok {
		a.Former = old
	}
}

// Promotion is the arrival of a release that a cohort would be given by name; false if all of the cohort has it.
func Promotion(now *State, p Place) (Arrival, bool) {
	a := Arrival{Place: p, Former: p.Remote, Release: now.Registry.Remote(p.Remote).Release(p.Version), Share: 10000, Was: now.Cohort(p.Cohort).Pin(p.Remote)}
	return a, shareOf(a.Was, a.Release) < a.Share
}

// StepsBack reports whether the cohort goes back to what it had, by what is known of its past in a place of the timeline: to what a kill
// switch took away, from a newer release to one that it has beside it, or from nothing but newer ones to one that it had once.
func (a *Arrival) StepsBack(t *Timeline, in Place) bool {
	had := shareOf(a.Was, a.Release)
	switch {
	case off(a.Was):
		return t.SwitchedOff(in) >= a.Share
	case had > 0:
		return a.Share-had <= a.yielded()
	case a.Was == nil || !t.Been(in):
		return false
	}
	for _, c := range a.Was.Choices {
		if !isOlder(a.Version, c.Release.Version.Value) {
			return false
		}
	}
	return true
}

// yielded is the share of the cohort's users whom releases lose that are newer than this one.
func (a *Arrival) yielded() (lost int) {
	seen := map[string]bool{}
	for _, c := range a.Was.Choices {
		version := c.Release.Version.Value
		if !seen[version] && isOlder(a.Version, version) {
			lost += max(0, versionShare(a.Was, version)-versionShare(a.Is, version))
		}
		seen[version] = true
	}
	return lost
}

// FormerNames are the names that the remotes of a registry had in the one before.
func FormerNames(before, after *registry.Registry) Former {
	former := Former{}
	for old, now := range renames(before, after) {
		former[now] = old
	}
	return former
}

// Taken are the cohorts that a change adds in the place of others, by their names: those that are gone and were for the same audience.
type Taken map[string]*registry.Cohort

// Heirs finds out which of the cohorts that are new take the place of one that is gone. Gates and holds go with the audience, whatever
// the cohort is called.
func Heirs(before, after *registry.Registry) Taken {
	t := Taken{}
	for _, is := range after.Cohorts {
		if before.Cohort(is.Name.Value) != nil {
			continue
		}
		for _, was := range before.Cohorts {
			if after.Cohort(was.Name.Value) == nil && (was.Audience == nil) == (is.Audience == nil) && Audience(was.Audience) == Audience(is.Audience) {
				t[is.Name.Value] = was
				break
			}
		}
	}
	return t
}

// of is the name that a cohort had.
func (t Taken) of(name string) string {
	if was := t[name]; was != nil {
		return was.Name.Value
	}
	return name
}
