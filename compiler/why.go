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
	Entered history.Commit
	Before  string
	// Written is the commit with which the deciding line got to say what it says, of the first-parent line of the commit in which it
	// stands.
	Written history.Commit
	// Freeze is what brings the pin here if the cohort is frozen; nil if it is not.
	Freeze *Freeze
}

// Freeze is a cohort's being frozen.
type Freeze struct {
	Declared *registry.Frozen
	Written  history.Commit // with which the line came to say so
	Commit   history.Commit // in which the pins stand: the one that is named or, where the cohort was frozen there too, the last one
}

// Why finds out which line, and which commits, give a cohort what it has of a remote, as of a commit that compiles to live.
func Why(repo *history.Repository, live *Live, c history.Commit, cohort, remote string) (why Reason, err error) {
	if why.Served = live.Served(cohort); why.Served == nil {
		return why, nil
	}
	if why.Pin = why.Served.Pin(remote); why.Pin == nil {
		return why, nil
	}
	stands := c
	if declared := why.Served.Declared; declared.Frozen != nil {
		why.Freeze = &Freeze{Declared: declared.Frozen}
		if why.Freeze.Commit, err = repo.Ancestry(c).Find(live.frozen[cohort].commit); err != nil {
			return why, err
		}
		same := func(then *registry.Cohort) bool { return declared.Frozen.Same(then.Frozen) }
		if why.Freeze.Written, err = written(repo, c, declared.File.Pos(declared.Frozen.At.Mark), same); err != nil {
			return why, err
		}
		stands = why.Freeze.Commit
	}
	pin := why.Pin.From.Pin
	why.Written, err = written(repo, stands, audit.Position(why.Pin), func(then *registry.Cohort) bool {
		return slices.ContainsFunc(then.Pins, func(p registry.Pin) bool { return p.Same(pin) })
	})
	if err != nil {
		return why, err
	}
	return why, why.enter(repo, live, c, remote)
}

// enter finds the commit with which users got what the pin comes to. Going back in time with no more than can matter to the pin, it
// takes a commit that has something else for what was served then only once the whole registry proves to have compiled.
func (why *Reason) enter(repo *history.Repository, live *Live, c history.Commit, remote string) error {
	for {
		t, err := newTracer(repo, live, c, why.Served.Declared.Name.Value, remote)
		if err != nil {
			return err
		}
		past, err := t.trace()
		if err != nil {
			return err
		}
		after, entered, err := t.first(live, c)
		if err != nil {
			return err
		}
		why.Entered, why.Before = entered, ""
		if past.ID == "" {
			return nil
		}
		if live, c, err = At(repo, past); err != nil || live == nil {
			return err
		}
		was := live.Served(t.cohort)
		if was == nil {
			return nil
		}
		if remote = audit.FormerName(live.State, after.State, t.cohort, remote); audit.Text(was.Pin(remote)) != t.text {
			why.Before = audit.Text(was.Pin(remote))
			return nil
		}
	}
}

// tracer goes back in time with no more of the registry than it takes to resolve one pin: the policy, the cohorts and one remote.
type tracer struct {
	repo           *history.Repository
	loader         *registry.Loader
	start          history.Commit
	cohort, remote string
	text           string  // what users have
	path           string  // of the remote's file, at the commit in hand
	passed         []visit // the newest first

	stable    bool            // whether the remote had no prerelease at the last commit that was looked at, so that the policy has no say in the choice
	chain     map[string]bool // the files of the cohort and those that it inherits from, at the last commit that was looked at; nil: not known
	snapshots map[string]*snapshot
	thawed    map[string]frozen // by the commit that a freeze names; the zero frozen if it leads nowhere
}

// visit is a commit that a tracer went past.
type visit struct {
	commit  history.Commit
	touched bool // whether it changed the registry
	sound   bool // false: it is plain that it does not compile
}

func newTracer(repo *history.Repository, live *Live, c history.Commit, cohort, remote string) (*tracer, error) {
	pin := live.Served(cohort).Pin(remote)
	t := &tracer{repo: repo, loader: newLoader(repo), start: c, cohort: cohort, remote: remote, text: audit.Text(pin), path: pin.Remote.File.Path,
		snapshots: map[string]*snapshot{}, thawed: map[string]frozen{}}
	if today := live.State.Registry.Remote(remote); today != nil {
		t.path = today.File.Path // a frozen cohort may have it from another place
	}
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

// trace goes back to the first commit that would serve something else if it compiled; the zero Commit if there is none.
func (t *tracer) trace() (history.Commit, error) {
	matters, sound := false, true
	for step, err := range t.repo.Steps(t.start, registry.Folders) {
		if err != nil {
			return history.Commit{}, err
		}
		if matters {
			var text string
			if text, sound, err = t.serves(commitOf(step)); err != nil {
				return history.Commit{}, err
			}
			if sound && text != t.text {
				return commitOf(step), nil
			}
		}
		t.passed = append(t.passed, visit{commitOf(step), len(step.Changes) > 0, sound})
		matters = t.undo(step)
	}
	return history.Commit{}, nil
}

// first finds the oldest commit that was passed and compiles, and what it compiles to. The newest does, to live.
func (t *tracer) first(live *Live, c history.Commit) (*Live, history.Commit, error) {
	a := attempts{repo: t.repo}
	for i := len(t.passed) - 1; i > 0; i-- {
		v := t.passed[i]
		if v.touched {
			a.next()
		}
		if !v.sound || a.tried[over(a.waivers, v.commit.Time)] {
			continue
		}
		if live, err := a.at(v.commit); live != nil || err != nil {
			return live, v.commit, err
		}
	}
	return live, c, nil
}

// undo takes back what a commit did to the files that are followed. It reports whether that can matter: what happens in the file of a
// cohort that this one does not inherit from can't, nor a policy where there is no prerelease to allow; whether either lets the registry
// compile is asked of the whole.
func (t *tracer) undo(step history.Step) (matters bool) {
	var back []registry.Change
	for _, c := range step.Changes {
		if t.follows(c.Path) {
			back = append(back, changeOf(c.Path, c.Before))
			stays := c.Before != (history.File{}) && c.After != (history.File{})
			aside := t.chain != nil && strings.HasPrefix(c.Path, "cohorts/") && !t.chain[c.Path] && stays
			rules := t.stable && strings.HasPrefix(c.Path, "schema/") && stays
			matters = matters || !aside && !rules
		}
		if c.Path == t.path && c.Before == (history.File{}) {
			if from := movedFrom(step, t.path); from.Path != "" {
				t.path = from.Path
				back = append(back, changeOf(from.Path, from.Before))
			}
		}
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

// serves is what the cohort has of the remote at a commit, in words, if that compiles. It is false where it is plain that it does not.
func (t *tracer) serves(c history.Commit) (string, bool, error) {
	r, _, err := t.loader.Load()
	t.chain, t.stable = nil, false
	if err != nil || r == nil {
		return "", false, err
	}
	declared := r.Cohort(t.cohort)
	if declared == nil {
		return "", !r.Absent(t.cohort), nil
	}
	if declared.Frozen != nil {
		f, err := t.thaw(c, declared)
		if err != nil || f.cohort == nil {
			return "", false, err
		}
		return audit.Text(resolve.Find(f.cohort.Pins, t.remote)), true, nil
	}
	t.chain = map[string]bool{}
	for _, c := range resolve.Chain(r, declared) {
		t.chain[c.File.Path] = true
	}
	if remote := r.Remote(t.remote); remote != nil {
		t.stable = !slices.ContainsFunc(remote.Releases, func(rel registry.Release) bool { return strings.Contains(rel.Version.Value, "-") })
	}
	resolved, _ := resolve.One(r, declared)
	if p := resolve.Find(resolved.Pins, t.remote); p != nil {
		return audit.Text(p), true, nil
	}
	asked := slices.ContainsFunc(resolve.Sources(r, declared), func(from resolve.Source) bool { return from.Pin.Remote.Value == t.remote })
	return "", !asked, nil // a pin that came to nothing did not compile
}

// thaw is the cohort as it is frozen at a commit. A freeze means the same commit wherever it stands on the line, but where a short id
// is no longer that of one commit only.
func (t *tracer) thaw(c history.Commit, declared *registry.Cohort) (frozen, error) {
	at := declared.Frozen.At.Value
	f, known := t.thawed[at]
	if known {
		return f, nil
	}
	for _, of := range []history.Commit{t.start, c} {
		thawer := thawer{in: Input{History: NewHistory(t.repo, of)}, snapshots: t.snapshots, read: map[string]bool{}}
		var err error
		if f, _, err = thawer.cohort(declared); f.cohort != nil || err != nil {
			t.thawed[at] = f
			return f, err
		}
	}
	t.thawed[at] = f
	return f, nil
}
