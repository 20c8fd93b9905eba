package compiler

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Live is what a registry serves.
type Live struct {
	State    *audit.State
	frozen   map[string]frozen // by cohort
	encoders *encoders
	ids      map[string]*identity // by cohort
	settled  map[string]*settled  // likewise
}

// settled is who takes which path and fills which place in a cohort; nil as long as nobody asked. What is served one after another
// shares it as long as it says the same, so that its pins may be those of what was served before.
type settled struct{ cohort *resolve.Cohort }

func newLive(c *Checked, e *encoders) *Live { return liveOf(c.state(), c.frozen, e) }

func liveOf(s *audit.State, frozen map[string]frozen, e *encoders) *Live {
	l := &Live{State: s, frozen: frozen, encoders: e, ids: make(map[string]*identity, len(s.Cohorts)), settled: make(map[string]*settled, len(s.Cohorts))}
	for _, c := range s.Cohorts {
		l.ids[c.Declared.Name.Value], l.settled[c.Declared.Name.Value] = &identity{}, &settled{}
	}
	return l
}

// state is what each cohort is served: of a frozen one, what it was at its commit.
func (c *Checked) state() *audit.State {
	s := &audit.State{Registry: c.Plan.Registry}
	for _, cohort := range c.Plan.Cohorts {
		pins := cohort.Pins
		if f, ok := c.frozen[cohort.Declared.Name.Value]; ok {
			pins = f.cohort.Pins
		}
		s.Cohorts = append(s.Cohorts, &audit.Served{Declared: cohort.Declared, Pins: pins})
	}
	return s
}

// ManifestID is the id of a cohort's manifest; false if there is no such cohort.
func (l *Live) ManifestID(cohort string) (manifest.ID, bool, error) {
	one := l.ids[cohort]
	if one == nil {
		return manifest.ID{}, false, nil
	}
	l.identify(cohort, one, l.encoders)
	return one.id, one.err == nil, one.err
}

func (l *Live) identify(cohort string, one *identity, e *encoders) {
	if !one.known {
		m, err := l.manifest(l.State.Registry.Cohort(cohort), e)
		one.id, one.err, one.known = m.ID, err, true
	}
}

// Manifest encodes a cohort's manifest; false if there is no such cohort.
func (l *Live) Manifest(cohort string) (manifest.Manifest, bool, error) {
	declared := l.State.Registry.Cohort(cohort)
	if declared == nil {
		return manifest.Manifest{}, false, nil
	}
	m, err := l.manifest(declared, l.encoders)
	return m, err == nil, err
}

func (l *Live) manifest(declared *registry.Cohort, e *encoders) (manifest.Manifest, error) {
	if declared.Frozen == nil {
		return e.encode(l.resolved(declared), l.State.Registry.Policy)
	}
	then := l.frozen[declared.Name.Value]
	return e.encode(then.cohort, then.policy)
}

// resolved is a cohort that is not frozen, resolved.
func (l *Live) resolved(declared *registry.Cohort) *resolve.Cohort {
	name := declared.Name.Value
	known := l.settled[name]
	if known.cohort == nil {
		known.cohort, _ = resolve.One(l.State.Registry, declared)
		return known.cohort
	}
	return &resolve.Cohort{Declared: declared, Pins: l.Served(name).Pins, Routes: known.cohort.Routes, Capabilities: known.cohort.Capabilities}
}

// Serve checks a registry and returns what it serves; nil if any finding is an error. An error other than findings is one of
// reading the tree.
func Serve(in Input) (*Live, diag.List, error) {
	live, _, found, err := serve(in)
	return live, found, err
}

// serve is Serve, and returns the registry too, as far as it could be read.
func serve(in Input) (*Live, *registry.Registry, diag.List, error) {
	r, found, err := load(in.Tree, in.Thorough)
	if err != nil || r == nil {
		return nil, nil, found.Sorted(), err
	}
	s := newStages(r.Policy)
	checked, found, err := judge(in, r, found, s)
	if checked == nil || err != nil {
		return nil, r, found, err
	}
	return newLive(checked, encodersOf(r.Policy, s.share)), r, found, nil
}

// At is what was served as of a commit: what it compiles to or, if it does not compile, what the nearest commit before it on the
// first-parent line does, which is returned too. Live is nil if none does.
func At(repo *history.Repository, c history.Commit) (*Live, history.Commit, error) {
	a := attempts{repo: repo}
	live, err := a.at(c)
	if live != nil || err != nil {
		return live, c, err
	}
	for step, err := range repo.Steps(c, registry.Folders) {
		if err != nil {
			return nil, c, err
		}
		here := commitOf(step)
		if live, err := a.step(step); live != nil || err != nil {
			return live, here, err
		}
	}
	return nil, c, nil
}

func commitOf(step history.Step) history.Commit {
	return history.Commit{ID: step.ID.String(), Time: step.Time}
}

// at is what one commit compiles to, nil if it does not.
func at(repo *history.Repository, c history.Commit) (*Live, error) {
	return (&attempts{repo: repo}).at(c)
}

// attempts compiles one commit after another, each a step from the one before, and spares those that can come to nothing else: commits
// with one registry compile alike unless a waiver's day lies between them.
type attempts struct {
	repo    *history.Repository
	waivers []registry.Waiver // of the registry at hand
	tried   map[string]bool   // by which of the waivers are over; nil: the registry was not looked at
	freeze  bool              // whether a freeze was among what is wrong
}

// step compiles a commit and lets the one before it be next; nil if it does not compile, or if that is plain.
func (a *attempts) step(s history.Step) (live *Live, err error) {
	if !a.tried[over(a.waivers, s.Time)] || a.freeze && len(s.Changes) > 0 {
		live, err = a.at(commitOf(s))
	}
	if len(s.Changes) > 0 {
		a.next() // the commit before has another registry
	}
	return live, err
}

// next says that another registry comes next.
func (a *attempts) next() { a.tried, a.waivers, a.freeze = nil, nil, false }

// over says which of some waivers are over at a moment.
func over(waivers []registry.Waiver, now time.Time) string {
	marks := make([]byte, len(waivers))
	for i, w := range waivers {
		if marks[i] = '-'; registry.Over(w.Until, now) {
			marks[i] = '+'
		}
	}
	return string(marks)
}

// frozenAmiss reports whether a freeze is among what is wrong: what its commit comes to depends on what led there.
func frozenAmiss(found diag.List) bool {
	return slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Severity == diag.Error && d.Rule == "frozen/commit" })
}

// at is what one commit compiles to, nil if it does not.
func (a *attempts) at(c history.Commit) (*Live, error) {
	in, err := inputAt(a.repo, c)
	if errors.Is(err, fs.ErrNotExist) { // the registry's folder was not there yet
		a.tried = map[string]bool{"": true}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	live, r, found, err := serve(in)
	if err != nil {
		return nil, err
	}
	if r != nil {
		a.waivers = r.Policy.Waivers
	}
	if a.tried == nil {
		a.tried = map[string]bool{}
	}
	a.tried[over(a.waivers, c.Time)] = true
	a.freeze = frozenAmiss(found)
	return live, nil
}

// Served is what a cohort is served; nil if there is no such cohort.
func (l *Live) Served(cohort string) *audit.Served { return l.State.Cohort(cohort) }

// Dated is a commit of a line and what is known of its date.
type Dated struct {
	Commit history.Commit
	Serial int // the root has 1
	// Doubtful are the commits that could have been the last at that time if some date lies: dates of the line run backwards
	// around it. Nil if none do.
	Doubtful []history.Commit
}

// ErrNoCommit says that no commit is as old as asked for.
var ErrNoCommit = errors.New("the history begins later")

// LastBefore finds the last commit of the first-parent line up to tip that was there at a moment. Dates can lie: the answer is the
// last commit that is dated then or before, and where a commit before it claims to be later, all between the two are doubtful.
func LastBefore(repo *history.Repository, tip history.Commit, moment time.Time) (Dated, error) {
	var line []history.Commit // the newest first
	for c, err := range repo.Commits(tip) {
		if err != nil {
			return Dated{}, err
		}
		line = append(line, c)
	}
	last, first := -1, len(line) // of those dated then or before the last; of those dated later the first
	for i, c := range line {
		if c.Time.After(moment) {
			first = i
		} else if last < 0 {
			last = i
		}
	}
	if last < 0 {
		return Dated{}, fmt.Errorf("%w than %s: its first commit is dated %s", ErrNoCommit, moment.Format(time.RFC3339), line[len(line)-1].Time.Format(time.RFC3339))
	}
	d := Dated{Commit: line[last], Serial: len(line) - last}
	if first < len(line) && first > last {
		d.Doubtful = line[last:min(first+2, len(line))]
	}
	return d, nil
}
