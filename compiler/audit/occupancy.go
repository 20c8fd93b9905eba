package audit

import (
	"cmp"
	"slices"
	"time"

	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Place is a release in a cohort.
type Place struct{ Cohort, Remote, Version string }

// Stay is a time during which a cohort had a release without a break. Commits that change nothing of it do not end it.
type Stay struct {
	From, To string // the commits with which it began and ended; To is "" if it goes on
	// Begun is the latest date of any commit up to the one with which it began, and Ended the earliest of any from the one with which
	// it ended: among dates that do not lie, one that does can make a stay look longer by no more than its neighbours leave it. Ended is
	// zero if it goes on.
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

// worth orders stays by what they are worth to those who come after: one that was long enough, one that will be, any other.
func (s Stay) worth(soak time.Duration, now time.Time) int {
	switch {
	case s.For(now) >= soak:
		return 2
	case s.To == "":
		return 1
	}
	return 0
}

// better reports whether a stay counts more than another: by what it is worth, then by its length.
func (s Stay) better(o Stay, soak time.Duration, now time.Time) bool {
	return cmp.Or(cmp.Compare(s.worth(soak, now), o.worth(soak, now)), cmp.Compare(s.For(now), o.For(now))) > 0
}

// Timeline keeps the stays of some releases in some cohorts along a history. A release is a build: what had its version and was another
// build was not there.
type Timeline struct {
	former  Former
	watched map[Place]*watched
	latest  time.Time
	open    []*Stay // whose end may still turn out to be earlier than its commit claims
}

type watched struct {
	release *registry.Release
	stays   []*Stay
	share   int  // of the stay that goes on: the least, in hundredths of a percent
	last    int  // of the last stay: what it ended with
	off     bool // the last stay ended by the kill switch, and since then there was nothing else
	rebuilt bool // another build was there by this version
}

// Former are the names that remotes had before they were renamed, by the names that they got.
type Former map[string]string

// names are a remote's name and those that it had before, the latest first.
func (f Former) names(remote string) []string {
	all := []string{remote}
	for {
		old, ok := f[all[len(all)-1]]
		if !ok || slices.Contains(all, old) {
			return all
		}
		all = append(all, old)
	}
}

// Now is the name that a remote got, or its name.
func (f Former) Now(remote string) string {
	for now, old := range f {
		if old == remote {
			return now
		}
	}
	return remote
}

// NewTimeline keeps an eye on nothing yet. Under the former names of its remote a release is the same.
func NewTimeline(former Former) *Timeline {
	return &Timeline{former: former, watched: map[Place]*watched{}}
}

// Watch keeps an eye on a release in a cohort. It comes before the first Date.
func (t *Timeline) Watch(p Place, release *registry.Release) {
	t.watched[p] = &watched{release: release}
}

// Date takes in the date of every commit of the line, in its order, before what happened with it.
func (t *Timeline) Date(at time.Time) {
	if at.After(t.latest) {
		t.latest = at
	}
	for _, s := range t.open {
		if at.Before(s.Ended) {
			s.Ended = at
		}
	}
}

// Latest is the latest date of the line.
func (t *Timeline) Latest() time.Time { return t.latest }

// See takes in what is served as of a commit.
func (t *Timeline) See(commit string, at time.Time, s *State) {
	for p, w := range t.watched {
		var pin *resolve.Pin
		if c := s.Cohort(p.Cohort); c != nil {
			pin = t.pin(c, p.Remote)
		}
		if ended := w.see(commit, at, t.latest, pin); ended != nil {
			t.open = append(t.open, ended)
		}
	}
}

// pin is what a cohort has of a remote under the latest name that it knows it by.
func (t *Timeline) pin(c *Served, remote string) *resolve.Pin {
	for _, name := range t.former.names(remote) {
		if pin := c.Pin(name); pin != nil {
			return pin
		}
	}
	return nil
}

// Remotes are the names of the remotes that the timeline keeps an eye on, and those that they had before.
func (t *Timeline) Remotes() (names []string) {
	for p := range t.watched {
		names = append(names, t.former.names(p.Remote)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// see takes in what a cohort has of the remote as of a commit, and returns a stay that ended with it.
func (w *watched) see(commit string, at, latest time.Time, pin *resolve.Pin) (ended *Stay) {
	going := len(w.stays) > 0 && w.stays[len(w.stays)-1].To == ""
	percent := shareOf(pin, w.release)
	switch {
	case going && percent > 0:
		w.last = percent
		if percent < w.share {
			w.share = percent
			w.stays[len(w.stays)-1].Percent = policy.FormatPercent(percent)
		}
	case going:
		ended = w.stays[len(w.stays)-1]
		ended.To, ended.Ended, ended.Back = commit, at, steppedBack(pin, w.release.Version.Value)
		w.off = off(pin)
	case percent > 0:
		s := &Stay{From: commit, Begun: latest}
		if percent < 10000 {
			s.Percent = policy.FormatPercent(percent)
		}
		w.stays, w.share, w.last, w.off = append(w.stays, s), percent, percent, false
	default:
		w.off = w.off && off(pin)
	}
	w.rebuilt = w.rebuilt || percent == 0 && versionShare(pin, w.release.Version.Value) > 0
	return ended
}

// shareOf is the share of a cohort's users who get a build, in hundredths of a percent.
func shareOf(pin *resolve.Pin, release *registry.Release) (share int) {
	if pin == nil {
		return 0
	}
	for _, c := range pin.Choices {
		if c.Release.Version.Value == release.Version.Value && sameBuild(c.Release, release) {
			share += c.Hundredths
		}
	}
	return share
}

// sameBuild reports whether two releases are the same files, whatever sizes they declare.
func sameBuild(a, b *registry.Release) bool {
	if a == b {
		return true
	}
	sized := *b
	sized.Size = a.Size
	return a.SameBuild(&sized)
}

// versionShare is the share of those who get a version, whatever its build.
func versionShare(pin *resolve.Pin, version string) (share int) {
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

// Been reports whether a cohort ever had a release.
func (t *Timeline) Been(p Place) bool { return t.watched[p] != nil && len(t.watched[p].stays) > 0 }

// Rebuilt reports whether a cohort ever had another build of that version.
func (t *Timeline) Rebuilt(p Place) bool { return t.watched[p] != nil && t.watched[p].rebuilt }

// SwitchedOff is the share of a cohort's users, in hundredths of a percent, whom the kill switch took a release from that is off now and
// has been since; 0 if it took it from nobody.
func (t *Timeline) SwitchedOff(p Place) int {
	if w := t.watched[p]; w != nil && w.off {
		return w.last
	}
	return 0
}

// Best is the stay that counts for those who come after and ask for some time, among those since the last that ended with a step back: one
// that was long enough, or one that goes on, before any other. It is false if there is none.
func (t *Timeline) Best(p Place, soak time.Duration, now time.Time) (best Stay, ok bool) {
	if t.watched[p] == nil {
		return Stay{}, false
	}
	for _, s := range t.watched[p].stays {
		switch {
		case s.Back:
			best, ok = Stay{}, false
		case !ok || s.better(best, soak, now):
			best, ok = *s, true
		}
	}
	return best, ok
}
