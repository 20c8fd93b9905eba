package compiler

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"muster/compiler/ahead"
	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Moment is a commit of the first-parent line at which anything happened, with what was served before and is served after it:
// nil as long as nothing has compiled.
type Moment struct {
	Step          history.Step
	Serial        int // of the commit: the root has 1
	Events        []audit.Event
	Before, After *Live

	signers [2]registry.FileID // the files of SSH and OpenPGP keys that the policy trusted before it; zero: none
	named   bool               // whether the policy named any
	broken  bool               // whether its own registry, as far as there is one, does not compile
}

// Replay goes along the first-parent line up to a commit, the oldest commit first, and yields the commits at which anything
// happened. Where a registry does not compile, nothing of it is served: that is an event, what was served goes on to be, and
// what changed happens with the first commit that compiles again.
func Replay(repo *history.Repository, tip history.Commit) iter.Seq2[*Moment, error] {
	return newReplayer(repo).replay(tip)
}

func (r *replayer) replay(tip history.Commit) iter.Seq2[*Moment, error] {
	return func(yield func(*Moment, error) bool) {
		line, err := lineUpTo(r.repo, tip)
		if err != nil {
			yield(nil, err)
			return
		}
		for m, err := range r.along(line, 0) {
			if (err != nil || len(m.Events) > 0) && !yield(m, err) {
				return
			}
		}
	}
}

// along goes along a line, of which some serials lie before its first commit, and yields every commit of it.
func (r *replayer) along(line []history.Step, before int) iter.Seq2[*Moment, error] {
	return func(yield func(*Moment, error) bool) {
		all := loadings(r.repo, line)
		if !r.inTurn { // reading takes about as long as judging: BenchmarkReplay tells what that saves with two processors
			all = ahead.Of(all)
		}
		load, stop := iter.Pull2(all)
		defer stop()
		r.load = load
		for i, step := range line {
			m, err := r.step(before+i+1, step)
			if err != nil {
				yield(nil, fmt.Errorf("replaying commit %s: %w", step.ID, err))
				return
			}
			if m.broken = r.broken; !yield(m, nil) {
				return
			}
		}
	}
}

// lineUpTo is the first-parent line up to a commit, the oldest commit first.
func lineUpTo(repo *history.Repository, tip history.Commit) (line []history.Step, err error) {
	for step, err := range repo.Steps(tip, registry.Folders) {
		if err != nil {
			return nil, err
		}
		line = append(line, step)
	}
	slices.Reverse(line)
	return line, nil
}

// replayer is where a replay has got to.
type replayer struct {
	repo      *history.Repository
	inTurn    bool // a registry is read when it is asked for; for tests and measurements
	depth     depth
	load      func() (loading, error, bool)
	files     map[string]registry.Change // of the registry, by path
	loading   loading
	unread    error // in place of loading
	stages    stages
	snapshots map[string]*snapshot
	encoders  *encoders // for those who ask what is served
	live      *Live     // what is served
	broken    bool      // whether the last registry that was judged does not compile
	hope      hope      // for a broken one that stays what it is
	expired   []registry.Waiver
	increment increment
	whole     int       // how many registries were judged as a whole
	last      time.Time // the date of the commit before
}

// depth is how much of a registry is judged where only some of it changed.
type depth uint8

const (
	whatChanged depth = iota
	everything        // for tests: all else must come to the same
)

func newReplayer(repo *history.Repository) *replayer {
	return &replayer{repo: repo, files: map[string]registry.Change{}, snapshots: map[string]*snapshot{}, encoders: newEncoders(),
		increment: increment{chooser: resolve.NewChooser(), rules: Rules()}}
}

func (r *replayer) step(serial int, step history.Step) (*Moment, error) {
	m := &Moment{Step: step, Serial: serial, Before: r.live, After: r.live}
	r.clock(m)
	if r.live != nil {
		p := r.live.State.Registry.Policy
		m.signers = [2]registry.FileID{r.file(p.SSHSigners.Value), r.file(p.GPGSigners.Value)}
		m.named = !p.SSHSigners.IsZero() || !p.GPGSigners.IsZero()
	}
	for _, c := range changesOf(step) {
		if r.files[c.Path] = c; c.Mode == 0 {
			delete(r.files, c.Path)
		}
	}
	if len(step.Changes) > 0 {
		r.loading, r.unread, _ = r.load()
	}
	known := m.Events
	stays := !r.expire(m) && len(step.Changes) == 0
	if stays && !(r.broken && r.hope.of(step)) || len(r.files) == 0 && r.live == nil {
		return m, nil
	}
	err := r.judge(m)
	if stays && r.broken { // which has been told
		m.Events = known
	}
	return m, err
}

// hope is what could let a registry compile that did not, though nothing in it changes: a merge that brings the commit at which a cohort
// is frozen, or a date before the day of a waiver.
type hope struct {
	freeze  bool
	waivers []registry.Waiver
	over    string // which of them were
}

func hopeOf(r *registry.Registry, found diag.List, now time.Time) hope {
	h := hope{freeze: frozenAmiss(found)}
	if r != nil {
		h.waivers, h.over = r.Policy.Waivers, over(r.Policy.Waivers, now)
	}
	return h
}

func (h hope) of(s history.Step) bool {
	return h.freeze && s.Merge || over(h.waivers, s.Time) != h.over
}

// file is the content of a regular file as it is now; the zero id if there is none.
func (r *replayer) file(path string) registry.FileID {
	if c := r.files[path]; c.Mode.IsRegular() {
		return c.ID
	}
	return registry.FileID{}
}

// clock notes a date that runs backwards.
func (r *replayer) clock(m *Moment) {
	if late := r.last.Sub(m.Step.Time); late > 0 {
		m.Events = append(m.Events, audit.Event{Kind: audit.ClockBackwards, To: late.String()})
	}
	r.last = m.Step.Time
}

// expire notes the waivers whose day has come since the last commit. It reports whether any has, or is to come again because
// the date runs backwards.
func (r *replayer) expire(m *Moment) bool {
	if r.live == nil {
		return false
	}
	var over []registry.Waiver
	for _, w := range r.live.State.Registry.Policy.Waivers {
		if !registry.Over(w.Until, m.Step.Time) {
			continue
		}
		if over = append(over, w); !slices.ContainsFunc(r.expired, w.Same) {
			m.Events = append(m.Events, audit.Expired(r.live.State.Registry.Policy, w))
		}
	}
	before := r.expired
	r.expired = over
	return !slices.EqualFunc(before, over, registry.Waiver.Same)
}

// judge works out what is served as of a moment.
func (r *replayer) judge(m *Moment) error {
	loaded, found, err := r.loading.registry, r.loading.found, r.unread
	if err != nil {
		return err
	}
	if loaded != nil && r.live != nil && !r.broken && !found.HasErrors() && r.depth == whatChanged {
		if next := r.advance(loaded, m.Step.Time); next != nil {
			r.serve(m, next)
			return nil
		}
	}
	r.increment.addresses, r.increment.sound = nil, map[string]bool{}
	r.whole++
	var checked *Checked
	if loaded != nil {
		r.stages = r.stages.next(loaded.Policy)
		in := Input{Origin: manifest.Origin{Time: m.Step.Time}, History: NewHistory(r.repo, history.Commit{ID: m.Step.ID.String()}), snapshots: r.snapshots}
		if checked, found, err = judge(in, loaded, found, r.stages); err != nil {
			return err
		}
	}
	if checked == nil {
		r.broken, r.hope = true, hopeOf(loaded, found, m.Step.Time)
		m.Events = append(m.Events, broken(found.Sorted()))
		return nil
	}
	if r.broken {
		m.Events = append(m.Events, audit.Event{Kind: audit.Mended})
	}
	r.broken = false
	r.serve(m, newLive(checked, r.encoders))
	return nil
}

// serve takes in what is served as of a moment.
func (r *replayer) serve(m *Moment, next *Live) {
	var before *audit.State
	if r.live != nil {
		before = r.live.State
	}
	r.live, m.After = next, next
	m.Events = append(m.Events, audit.Between(before, next.State)...)
}

// broken is the event of a registry that does not compile, told by its first error: of files that can't be read, which the others may
// come from, and last of what refers to something that is not there.
func broken(found diag.List) audit.Event {
	rank := func(d diag.Diagnostic) int {
		stage, _, _ := strings.Cut(d.Rule, "/")
		return cmp.Or(map[string]int{"tree": 1, "yaml": 2, "schema": 2, "reference": 4}[stage], 3)
	}
	errors := slices.DeleteFunc(slices.Clone(found), func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
	first := slices.MinFunc(errors, func(a, b diag.Diagnostic) int { return cmp.Compare(rank(a), rank(b)) })
	return audit.Event{Kind: audit.Broken, Pos: first.Pos, Remote: first.Remote, To: first.Rule, Reason: first.Message}
}
