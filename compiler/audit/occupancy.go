package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/compiler/policy"
	"muster/compiler/resolve"
)

// Place is a release in a cohort.
type Place struct{ Cohort, Remote, Version string }

// Stay is a time during which a cohort had a release without a break. Commits that change nothing of it do not end it.
type Stay struct {
	From, To string // the commits with which it began and ended; To is "" if it goes on
	// Begun is the latest date of any commit up to the one with which it began, and Ended the earliest of any from the one with which
	// it ended: a date that lies can make a stay look shorter, never longer. Ended is zero if it goes on.
	Begun, Ended time.Time
	Percent      string // of the cohort's users at the least, where it was an arm of a split; "" for all of them
	Back         bool   // it ended with a step back: to an older release, to none, or by the kill switch
}

// For is how long a stay has lasted at a moment; never less than nothing.
func (s Stay) For(now time.Time) time.Duration {
	end := now
	if s.To != "" && s.Ended.Before(now) {
		end = s.Ended
	}
	return max(0, end.Sub(s.Begun))
}

// Timeline keeps the stays of some releases in some cohorts along a history.
type Timeline struct {
	stays  map[Place][]Stay
	shares map[Place]int // the least share of a stay that goes on, in hundredths of a percent
	latest time.Time
	open   []ended
}

// ended is a stay whose end may still turn out to be earlier than its commit claims.
type ended struct {
	place Place
	index int
}

// NewTimeline keeps an eye on some places.
func NewTimeline(places []Place) *Timeline {
	t := &Timeline{stays: map[Place][]Stay{}, shares: map[Place]int{}}
	for _, p := range places {
		t.stays[p] = nil
	}
	return t
}

// Date takes in the date of every commit of the line, in its order, before what happened with it.
func (t *Timeline) Date(at time.Time) {
	if at.After(t.latest) {
		t.latest = at
	}
	for _, e := range t.open {
		if s := &t.stays[e.place][e.index]; at.Before(s.Ended) {
			s.Ended = at
		}
	}
}

// See takes in what is served as of a commit.
func (t *Timeline) See(commit string, at time.Time, s *State) {
	for _, p := range t.Places() {
		var pin *resolve.Pin
		if c := s.Cohort(p.Cohort); c != nil {
			pin = c.Pin(p.Remote)
		}
		t.see(p, commit, at, pin)
	}
}

// Places are the places that the timeline keeps an eye on, sorted.
func (t *Timeline) Places() (all []Place) {
	for p := range t.stays {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Place) int {
		return cmp.Or(strings.Compare(a.Cohort, b.Cohort), strings.Compare(a.Remote, b.Remote), strings.Compare(a.Version, b.Version))
	})
	return all
}

func (t *Timeline) see(p Place, commit string, at time.Time, pin *resolve.Pin) {
	stays := t.stays[p]
	going := len(stays) > 0 && stays[len(stays)-1].To == ""
	percent := shareOf(pin, p.Version)
	switch {
	case going && percent > 0:
		if percent < t.shares[p] {
			t.shares[p] = percent
			stays[len(stays)-1].Percent = policy.FormatPercent(percent)
		}
	case going:
		s := &stays[len(stays)-1]
		s.To, s.Ended, s.Back = commit, at, steppedBack(pin, p.Version)
		t.open = append(t.open, ended{p, len(stays) - 1})
	case percent > 0:
		s := Stay{From: commit, Begun: t.latest}
		if t.shares[p] = percent; percent < 10000 {
			s.Percent = policy.FormatPercent(percent)
		}
		t.stays[p] = append(stays, s)
	}
}

// shareOf is the share of a cohort's users who get a release, in hundredths of a percent.
func shareOf(pin *resolve.Pin, version string) (share int) {
	if pin == nil {
		return 0
	}
	for _, c := range pin.Choices {
		if c.Release.Version.Value == version {
			share += c.Hundredths
		}
	}
	return share
}

// steppedBack reports whether a cohort that no longer has a release was taken back: only a newer one in its place is a step on.
func steppedBack(pin *resolve.Pin, version string) bool {
	if pin == nil || len(pin.Choices) == 0 {
		return true
	}
	return slices.ContainsFunc(pin.Choices, func(c resolve.Choice) bool { return isOlder(c.Release.Version.Value, version) })
}

// Stays are the times during which a cohort had a release, the oldest first.
func (t *Timeline) Stays(p Place) []Stay { return t.stays[p] }

// Best is the stay that counts for those who come after: the longest since the last that ended with a step back. It is false if there
// is none.
func (t *Timeline) Best(p Place, now time.Time) (best Stay, ok bool) {
	for _, s := range t.stays[p] {
		switch {
		case s.Back:
			best, ok = Stay{}, false
		case !ok || s.For(now) > best.For(now):
			best, ok = s, true
		}
	}
	return best, ok
}
