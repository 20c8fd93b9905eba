package compiler

import (
	"cmp"
	"fmt"
	"time"

	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

var lineRules = []diag.Rule{{
	ID:       "history/line",
	Summary:  "the base is on the first-parent line of what replaces it",
	Protects: "That line is the audit log. A merge the wrong way round (of the main line into a branch, which then becomes the main line) hides from it who promoted what.",
	Bad:      "git checkout feature && git merge main && git push origin feature:main",
	Good:     "git checkout main && git merge --no-ff feature && git push",
	Compared: true,
}}

// Past is the history that a change is judged against: that of the commit whose registry it is to replace.
type Past struct {
	Repo   *history.Repository
	Commit history.Commit
	Head   history.Commit // that holds the change, or that it is made upon
}

// gates asks whether what a change brings to whom may come in.
func (c *Checked) gates(in Input) (diag.List, error) {
	if in.Past == nil {
		return nil, nil
	}
	line, err := onLine(in.Past)
	if err != nil {
		return nil, err
	}
	before, _, err := At(in.Past.Repo, in.Past.Commit)
	if before == nil || err != nil {
		return line, err
	}
	after := c.state()
	found := lifted(before.State, after)
	asked, err := in.Past.admissions(before.State, after, in.Origin.Time)
	if err != nil {
		return nil, err
	}
	for _, e := range asked {
		pin := after.Cohort(e.Cohort).Pin(e.Remote)
		for _, condition := range e.Ask().Conditions {
			if condition.Verdict != audit.Open {
				found.Add(barred(e.Place, pin, condition))
			}
		}
	}
	reused, err := urls(in.Past, before.State.Registry, after.Registry)
	found.Add(reused...)
	return append(policy.NewWaivers(before.State.Registry, Rules(), in.Origin.Time).Apply(found), line...), err
}

// onLine finds a base that what replaces it leaves off its line.
func onLine(past *Past) (diag.List, error) {
	if past.Head.ID == "" {
		return nil, nil
	}
	for c, err := range past.Repo.Commits(past.Head) {
		if err != nil {
			return nil, err
		}
		if c.ID == past.Commit.ID {
			return nil, nil
		}
	}
	ancestor, err := past.Repo.IsAncestor(past.Commit, past.Head)
	if err != nil {
		return nil, err
	}
	d := diag.Diagnostic{Rule: "history/line", Message: fmt.Sprintf("the base %s is not on the first-parent line of %s, but was merged into it: pushed as it is, the log would lose the base's commits", diag.ShortID(past.Commit.ID), diag.ShortID(past.Head.ID)),
		Help: "rebase onto the base, or check the result of the merge, whose first parent is the base"}
	if !ancestor {
		d.Severity = diag.Warning
		d.Message = fmt.Sprintf("the base %s has commits that %s lacks: what they changed looks undone", diag.ShortID(past.Commit.ID), diag.ShortID(past.Head.ID))
		d.Help = "rebase onto the base, or check the result of the merge"
	}
	return diag.List{d}, nil
}

// barred is the finding of a condition that is not met, at the pin that brings the release in.
func barred(p audit.Place, pin *resolve.Pin, c audit.Condition) diag.Diagnostic {
	at := pin.From.Pin.Remote
	for _, choice := range pin.Choices {
		if choice.Release.Version.Value == p.Version {
			at = choice.Asked
		}
	}
	message := fmt.Sprintf("%s %s may not come into %s yet: %s", p.Remote, p.Version, p.Cohort, c.Text)
	if c.Verdict == audit.Refused {
		message = fmt.Sprintf("%s %s may not come into %s: %s", p.Remote, p.Version, p.Cohort, c.Text)
	}
	return pin.From.Cohort.File.Fault(at, diag.Diagnostic{Rule: c.Rule, Remote: p.Remote, Cohorts: []string{p.Cohort}, Message: message, Help: c.Help, Notes: c.Notes})
}

// admissions are the releases that come into cohorts with a change, ready to be asked about.
func (p *Past) admissions(before, after *audit.State, now time.Time) ([]*audit.Admission, error) {
	arrivals := audit.Arrivals(before, after)
	places := make([]audit.Place, len(arrivals))
	for i, a := range arrivals {
		places[i] = a.Place
	}
	all, err := p.at(places, before, after, now)
	for i, a := range all {
		a.Back = arrivals[i].Back && len(a.Timeline.Stays(a.Place)) > 0
	}
	return all, err
}

// at gathers from the history what gates ask of releases in cohorts.
func (p *Past) at(places []audit.Place, before, after *audit.State, now time.Time) (all []*audit.Admission, err error) {
	var watched []audit.Place
	for _, place := range places {
		declared := after.Registry.Cohort(place.Cohort)
		a := &audit.Admission{Place: place, Asks: cmp.Or(before.Registry.Cohort(place.Cohort), declared), Before: before.Registry, Now: now,
			Release:  after.Registry.Remote(place.Remote).Release(place.Version),
			Explicit: declared.Names(place.Remote, place.Version) && !declared.Bars(place.Remote, place.Version)}
		watched = append(watched, place)
		for _, cohort := range a.Asks.After {
			watched = append(watched, audit.Place{Cohort: cohort.Value, Remote: place.Remote, Version: place.Version})
		}
		all = append(all, a)
	}
	if len(all) == 0 {
		return nil, nil
	}
	timeline, err := p.timeline(watched)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		a.Timeline = timeline
	}
	return all, nil
}

// Ask asks whether a release may come into a cohort, if somebody promoted it by name at a moment. The registry of the past must declare
// all three.
func (p *Past) Ask(live *Live, place audit.Place, now time.Time) (audit.Gate, error) {
	all, err := p.at([]audit.Place{place}, live.State, live.State, now)
	if err != nil {
		return audit.Gate{}, err
	}
	all[0].Explicit = true
	return all[0].Ask(), nil
}

// timeline replays the history for the stays of some releases.
func (p *Past) timeline(places []audit.Place) (*audit.Timeline, error) {
	timeline := audit.NewTimeline(places)
	var dates []time.Time // the newest first
	for c, err := range p.Repo.Commits(p.Commit) {
		if err != nil {
			return nil, err
		}
		dates = append(dates, c.Time)
	}
	seen := 0
	date := func(upTo int) {
		for ; seen < upTo; seen++ {
			timeline.Date(dates[len(dates)-1-seen])
		}
	}
	for m, err := range Replay(p.Repo, p.Commit) {
		if err != nil {
			return nil, err
		}
		date(m.Serial)
		if m.After != nil && m.After != m.Before {
			timeline.See(m.Step.ID.String(), m.Step.Time, m.After.State)
		}
	}
	date(len(dates))
	return timeline, nil
}

// lifted finds holds after a rollback that a change takes away without promoting what they hold.
func lifted(before, after *audit.State) (l diag.List) {
	for _, was := range before.Registry.Cohorts {
		is := after.Registry.Cohort(was.Name.Value)
		if is == nil {
			continue
		}
		for _, h := range was.Holds {
			remote, version := after.Registry.Remote(h.Remote.Value), h.Version.Value
			gone := remote == nil || remote.Release(version) == nil
			if h.Because.Value != registry.HeldByRollback || gone || is.Bars(h.Remote.Value, version) || is.Names(h.Remote.Value, version) {
				continue
			}
			l.Add(is.File.Fault(is.Name, diag.Diagnostic{Rule: "gate/lifted", Remote: h.Remote.Value, Cohorts: []string{is.Name.Value},
				Message: fmt.Sprintf("the hold of %s %s in %s is gone, and it is not promoted: %s", h.Remote, h.Version, is.Name, h.Reason),
				Help:    fmt.Sprintf("put it back; muster promote %s@%s --to %s lifts it", h.Remote, h.Version, is.Name)}))
		}
	}
	return l
}
