package compiler

import (
	"path"
	"slices"
	"strings"

	"muster/compiler/audit"
	"muster/compiler/history"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Reason tells where it comes from what a cohort has of a remote.
type Reason struct {
	Served *audit.Served // nil: there is no such cohort
	Pin    *resolve.Pin  // nil: it has nothing of the remote
	// Entered is the commit with which users got what the pin comes to, and Before what they had: "" for nothing.
	Entered history.Step
	Before  string
	// Written is the commit with which the deciding line got to say what it says.
	Written history.Step
	// Frozen is the commit that the cohort is frozen at, whose pins these are; the zero Commit if it is not frozen.
	Frozen history.Commit
}

// Why finds out which line, and which commits, give a cohort what it has of a remote, as of a commit that compiles to live.
func Why(repo *history.Repository, live *Live, c history.Commit, cohort, remote string) (why Reason, err error) {
	if why.Served = live.Served(cohort); why.Served == nil {
		return why, nil
	}
	if why.Pin = why.Served.Pin(remote); why.Pin == nil {
		return why, nil
	}
	if f := why.Served.Declared.Frozen; f != nil {
		if why.Frozen, err = repo.Ancestry(c).Find(f.At.Value); err != nil {
			return why, err
		}
		c = why.Frozen
	}
	t, err := newTracer(repo, c, cohort, why.Pin)
	if err != nil {
		return why, err
	}
	return why, t.trace(repo.Steps(c, registry.Folders), &why)
}

// tracer goes back in time with no more of the registry than it takes to resolve one pin: the policy, the cohorts and one remote.
type tracer struct {
	loader *registry.Loader
	cohort string
	pin    *resolve.Pin // as it is
	path   string       // of the remote's file, at the commit in hand
	last   history.Step // the oldest so far after which all was as it is
	sound  bool         // whether the commit in hand can be read

	chain map[string]bool // the files of the cohort and those that it inherits from, at the last commit that was looked at; nil: not known
}

func newTracer(repo *history.Repository, c history.Commit, cohort string, pin *resolve.Pin) (*tracer, error) {
	t := &tracer{loader: newLoader(repo), cohort: cohort, pin: pin, path: pin.Remote.File.Path, sound: true}
	files, err := repo.Files(c, registry.Folders)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if t.follows(f.Path) {
			t.loader.Apply([]registry.Change{changeOf(f.Path, f.After)})
		}
	}
	return t, nil
}

// follows reports whether a file has to do with the pin.
func (t *tracer) follows(file string) bool {
	return !strings.HasPrefix(file, "remotes/") || file == t.path
}

// trace goes back until both commits of the reason are found: at the latest the first.
func (t *tracer) trace(steps func(func(history.Step, error) bool), why *Reason) (err error) {
	entered, written := false, false
	for step, failed := range steps {
		if failed != nil {
			return failed
		}
		if t.last.ID == (history.ObjectID{}) {
			t.last = step
		}
		if !t.undo(step) {
			continue
		}
		pin, sound, failed := t.resolve()
		if failed != nil {
			return failed
		}
		if t.sound = sound; !sound {
			continue
		}
		if !entered && audit.Text(pin) != audit.Text(t.pin) {
			entered, why.Entered, why.Before = true, t.last, audit.Text(pin)
		}
		if !written && (pin == nil || pin.From.Cohort.Name.Value != t.pin.From.Cohort.Name.Value || !pin.From.Pin.Same(t.pin.From.Pin)) {
			written, why.Written = true, t.last
		}
		if entered && written {
			return nil
		}
	}
	if !entered {
		why.Entered = t.last
	}
	if !written {
		why.Written = t.last
	}
	return nil
}

// undo takes back what a commit did to the files that are followed. It reports whether that can matter: what happens in the file of a
// cohort that this one does not inherit from can't.
func (t *tracer) undo(step history.Step) (matters bool) {
	var back []registry.Change
	for _, c := range step.Changes {
		if t.follows(c.Path) {
			back = append(back, changeOf(c.Path, c.Before))
			aside := t.chain != nil && strings.HasPrefix(c.Path, "cohorts/") && !t.chain[c.Path] && c.Before != (history.File{}) && c.After != (history.File{})
			matters = matters || !aside
		}
		if c.Path == t.path && c.Before == (history.File{}) {
			if from := movedFrom(step, t.path); from.Path != "" {
				t.path = from.Path
				back = append(back, changeOf(from.Path, from.Before))
			}
		}
	}
	if matters && t.sound {
		t.last = step
	}
	t.loader.Apply(back)
	return matters
}

// movedFrom finds the file of the same name that a commit took away where it added one.
func movedFrom(step history.Step, to string) history.Change {
	for _, c := range step.Changes {
		if path.Base(c.Path) == path.Base(to) && c.After == (history.File{}) && strings.HasPrefix(c.Path, "remotes/") {
			return c
		}
	}
	return history.Change{}
}

// resolve is what the pin came to; nil if there was none. It is false where that can't be read.
func (t *tracer) resolve() (*resolve.Pin, bool, error) {
	r, _, err := t.loader.Load()
	t.chain = nil
	if err != nil || r == nil {
		return nil, false, err
	}
	declared := r.Cohort(t.cohort)
	if declared == nil {
		return nil, !r.Absent(t.cohort), nil
	}
	if declared.Frozen != nil { // what it had then is another commit's
		return nil, true, nil
	}
	t.chain = map[string]bool{}
	for _, c := range resolve.Chain(r, declared) {
		t.chain[c.File.Path] = true
	}
	resolved, _ := resolve.One(r, declared)
	for i := range resolved.Pins {
		if p := resolved.Pins[i]; p.Remote.Name.Value == t.pin.Remote.Name.Value {
			return p, true, nil
		}
	}
	asked := slices.ContainsFunc(resolve.Sources(r, declared), func(from resolve.Source) bool {
		return from.Pin.Remote.Value == t.pin.Remote.Name.Value
	})
	return nil, !asked, nil // a pin that came to nothing did not compile
}
