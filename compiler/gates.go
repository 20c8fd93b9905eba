package compiler

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/policy"
	"muster/compiler/registry"
)

// Past is the history that a change is judged against: that of the commit whose registry it is to replace.
type Past struct {
	Repo   *history.Repository
	Commit history.Commit
	Head   history.Commit // that holds the change, or that it is made upon
	// Parted is where the change left the line, if that went on since: the change is what lies between Parted and Head, and is judged
	// by Commit. Zero: it is what lies between Commit and Head.
	Parted history.Commit
}

// from is the commit with which the head is compared.
func (p *Past) from() history.Commit {
	if p.Parted.ID != "" {
		return p.Parted
	}
	return p.Commit
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
	j, err := in.Past.judging(c.state(), in.Origin.Time)
	if err != nil {
		return nil, err
	}
	was := &registry.Registry{}
	if j != nil {
		was = j.tip.Registry
	}
	frozen, err := c.newFreezes(in, was)
	line.Add(frozen...)
	if j == nil || err != nil {
		return line, err
	}
	found := j.lifted()
	asked, err := j.admissions()
	if err != nil {
		return nil, err
	}
	for _, e := range asked {
		gate := e.Ask()
		for _, condition := range gate.Conditions {
			if condition.Verdict != audit.Open {
				found.Add(barred(e, gate, condition, j.after.Cohort(e.Cohort).Declared))
			}
		}
	}
	reused, err := urls(in.Past, j.from.Registry, j.after.Registry)
	found.Add(reused...)
	if err != nil {
		return nil, err
	}
	waivers, err := j.waivers()
	return append(waivers.Apply(found), line...), err
}

// judging is a change that is judged.
type judging struct {
	past  *Past
	tip   *audit.State // what is live
	from  *audit.State // what is changed
	after *audit.State // what it is changed to
	now   time.Time    // the date of the change, as it claims
}

// judging gathers what a change is judged by; nil if nothing is live yet.
func (p *Past) judging(after *audit.State, now time.Time) (*judging, error) {
	tip, _, err := At(p.Repo, p.Commit)
	if tip == nil || err != nil {
		return nil, err
	}
	from := tip
	if p.from().ID != p.Commit.ID {
		if from, _, err = At(p.Repo, p.from()); from == nil || err != nil {
			return nil, err
		}
	}
	return &judging{p, tip.State, from.State, after, now}, nil
}

// waivers are those of the base. A change that claims to be older than what it follows revives none.
func (j *judging) waivers() (*policy.Waivers, error) {
	now, err := j.past.now(j.now)
	return policy.NewWaivers(j.tip.Registry, Rules(), now), err
}

// now is the later of a date and the latest on the line.
func (p *Past) now(claimed time.Time) (time.Time, error) {
	for c, err := range p.Repo.Commits(p.Commit) {
		if err != nil {
			return claimed, err
		}
		if c.Time.After(claimed) {
			claimed = c.Time
		}
	}
	return claimed, nil
}

// barred is the finding of a condition that is not met, at the pin that brings the release in, or the freeze that does.
func barred(e *audit.Admission, gate audit.Gate, c audit.Condition, declared *registry.Cohort) diag.Diagnostic {
	file, at := e.Is.From.Cohort.File, e.Is.From.Pin.Remote
	for _, choice := range e.Is.Choices {
		if choice.Release.Version.Value == e.Version {
			at = choice.Asked
		}
	}
	if e.ByFreeze {
		file, at = declared.File, declared.Frozen.At
	}
	message := fmt.Sprintf("%s %s may not come into %s: %s", e.Remote, e.Version, e.Cohort, c.Text)
	if c.Verdict == audit.Pending {
		message = fmt.Sprintf("%s %s may not come into %s yet: %s", e.Remote, e.Version, e.Cohort, c.Text)
		c.Help = "a commit made at " + gate.Opens.UTC().Format(time.RFC3339) + " or later passes"
		if gate.Verdict == audit.Refused {
			c.Help = "this passes at " + c.Opens.UTC().Format(time.RFC3339)
		}
	}
	return file.Fault(at, diag.Diagnostic{Rule: c.Rule, Remote: e.Remote, Cohorts: []string{e.Cohort}, Message: message, Help: c.Help, Notes: c.Notes})
}

// admissions are the releases that come into cohorts with a change, ready to be asked about: not those that are live by now.
func (j *judging) admissions() ([]*audit.Admission, error) {
	brought := audit.Arrivals(j.from, j.after)
	arrivals := brought
	if j.from != j.tip {
		arrivals = slices.DeleteFunc(audit.Arrivals(j.tip, j.after), func(a audit.Arrival) bool {
			return !slices.ContainsFunc(brought, func(b audit.Arrival) bool { return b.Place == a.Place })
		})
	}
	all, err := j.ask(arrivals)
	for _, e := range all {
		own := j.after.Registry.Cohort(e.Cohort)
		e.Explicit = !e.ByFreeze && own.Names(e.Remote, e.Version) && !own.Bars(e.Remote, e.Version) && !j.staysHeld(e)
	}
	return all, err
}

// staysHeld reports whether a release is held since the change left the line: the change does not lift that.
func (j *judging) staysHeld(e *audit.Admission) bool {
	then := j.from.Registry.Cohort(e.Asks.Name.Value)
	return e.Asks.Bars(e.Former, e.Version) && then != nil && !then.Bars(e.Former, e.Version)
}

// ask gathers from the history what gates ask of releases in cohorts.
func (j *judging) ask(arrivals []audit.Arrival) (all []*audit.Admission, err error) {
	if len(arrivals) == 0 {
		return nil, nil
	}
	waivers, err := j.waivers()
	if err != nil {
		return nil, err
	}
	heirs := audit.Heirs(j.tip.Registry, j.after.Registry)
	watched := map[audit.Place]*registry.Release{}
	for _, arrival := range arrivals {
		e := &audit.Admission{Arrival: arrival, Before: j.tip.Registry, Now: j.now, Excused: func(rule string) string {
			w, ok := waivers.Excusing(rule, arrival.Remote, arrival.Cohort)
			if !ok {
				return ""
			}
			return fmt.Sprintf("waived until %s: %s", w.Until, w.Reason)
		}}
		e.Asks = cmp.Or(j.tip.Registry.Cohort(e.Cohort), heirs[e.Cohort], j.after.Registry.Cohort(e.Cohort))
		all = append(all, e)
		if e.ByFreeze { // it is not asked where that has been
			continue
		}
		watched[releaseIn(e, e.Asks.Name)] = e.Release
		for _, cohort := range e.Asks.After {
			watched[releaseIn(e, cohort)] = e.Release
		}
	}
	timeline, err := j.past.timeline(watched, audit.FormerNames(j.tip.Registry, j.after.Registry))
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		e.Timeline = timeline
		e.Back = !e.ByFreeze && e.StepsBack(timeline, releaseIn(e, e.Asks.Name))
	}
	return all, nil
}

func releaseIn(e *audit.Admission, cohort registry.Text) audit.Place {
	return audit.Place{Cohort: cohort.Value, Remote: e.Remote, Version: e.Version}
}

// Ask asks whether a release may come into a cohort, if somebody promoted it by name at a moment; false if all of the cohort has it. The
// registry must declare all three.
func (p *Past) Ask(live *Live, place audit.Place, now time.Time) (audit.Gate, bool, error) {
	arrival, comes := audit.Promotion(live.State, place)
	if !comes {
		return audit.Gate{Place: place}, false, nil
	}
	all, err := (&judging{p, live.State, live.State, live.State, now}).ask([]audit.Arrival{arrival})
	if err != nil {
		return audit.Gate{}, false, err
	}
	all[0].Explicit, all[0].ByName = true, true
	return all[0].Ask(), true, nil
}

// timeline replays the history for the stays of some releases. Where it turns out that one of their remotes went by another name once,
// it does so again.
func (p *Past) timeline(watched map[audit.Place]*registry.Release, former audit.Former) (*audit.Timeline, error) {
	for {
		timeline := audit.NewTimeline(former)
		for place, release := range watched {
			timeline.Watch(place, release)
		}
		known := len(former)
		if err := p.replay(timeline, former); err != nil || len(former) == known {
			return timeline, err
		}
	}
}

// replay shows a timeline the history, and takes down what its remotes were called before.
func (p *Past) replay(timeline *audit.Timeline, former audit.Former) error {
	var dates []time.Time // the newest first
	for c, err := range p.Repo.Commits(p.Commit) {
		if err != nil {
			return err
		}
		dates = append(dates, c.Time)
	}
	seen := 0
	date := func(upTo int) {
		for ; seen < upTo; seen++ {
			timeline.Date(dates[len(dates)-1-seen])
		}
	}
	names := timeline.Remotes()
	for m, err := range Replay(p.Repo, p.Commit) {
		if err != nil {
			return err
		}
		date(m.Serial)
		if m.After != nil && m.After != m.Before {
			timeline.See(m.Step.ID.String(), m.Step.Time, m.After.State)
		}
		for _, e := range m.Events {
			if _, known := former[e.To]; e.Kind == audit.RemoteRenamed && slices.Contains(names, e.To) && !known {
				former[e.To] = e.From
			}
		}
	}
	date(len(dates))
	return nil
}

// lifted finds holds after a rollback that a change takes away without promoting what they hold. They go with the remote, and with the
// cohort; the one that takes a cohort's place takes over its holds.
func (j *judging) lifted() (l diag.List) {
	former, heirs := audit.FormerNames(j.from.Registry, j.after.Registry), audit.Heirs(j.from.Registry, j.after.Registry)
	for _, is := range j.after.Registry.Cohorts {
		was := cmp.Or(heirs[is.Name.Value], j.from.Registry.Cohort(is.Name.Value))
		if was == nil {
			continue
		}
		for _, h := range was.Holds {
			name := former.Now(h.Remote.Value)
			if h.Because.Value != registry.HeldByRollback || j.after.Registry.Remote(name) == nil || heldBack(is, name, h.Version.Value) || j.promoted(is, name, h.Version.Value) {
				continue
			}
			l.Add(is.File.Fault(is.Name, diag.Diagnostic{Rule: "gate/lifted", Remote: name, Cohorts: []string{is.Name.Value},
				Message: fmt.Sprintf("the hold of %s %s in %s is gone, and it is not promoted: %s", name, h.Version, is.Name, h.Reason),
				Help:    fmt.Sprintf("put it back; muster promote %s@%s --to %s lifts it", name, h.Version, is.Name)}))
		}
	}
	return l
}

// heldBack reports whether a cohort holds a release because of a rollback.
func heldBack(c *registry.Cohort, remote, version string) bool {
	return slices.ContainsFunc(c.Holds, func(h registry.Hold) bool { return h.Of(remote, version) && h.Because.Value == registry.HeldByRollback })
}

// promoted reports whether a cohort's own pin names a release, and is what the cohort is served.
func (j *judging) promoted(c *registry.Cohort, remote, version string) bool {
	pin := j.after.Cohort(c.Name.Value).Pin(remote)
	return c.Frozen == nil && c.Names(remote, version) && pin != nil && len(pin.Choices) == 1 && pin.Choices[0].Release.Version.Value == version
}
