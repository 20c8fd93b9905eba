package history

import (
	"fmt"
	"io/fs"
	"iter"
	"time"

	"muster/compiler/ahead"
)

// Step is one commit of a line of first parents, and what it changed.
type Step struct {
	ID ObjectID

	// Time is when it was committed: that of Commit.Time.
	Time time.Time

	// Merge says that it has several parents.
	Merge bool

	// Changes are the files at or under the roots in which it differs from its first parent, or all of them for a root
	// commit: by path, in the order of its bytes; each path once; nil for none. Nothing is taken for a renaming.
	Changes []Change
}

// Change is one file that a commit added, removed or replaced.
type Change struct {
	Path          string // slash-separated, below Prefix; the commit's bytes, so not always UTF-8
	Before, After File   // the zero File: it was, or is, not there
}

// File is any entry of a folder that is no folder itself.
type File struct {
	Blob ObjectID    // for a submodule, its commit
	Mode fs.FileMode // 0644, 0755, fs.ModeSymlink|0777, or fs.ModeIrregular for a submodule: as in a Tree
}

// Commits yields the line of first parents from tip to the root, the newest first, without a look at any tree.
//
// The last thing that it yields may be an error with the zero Commit: an ErrIncomplete where a shallow clone ends, an
// ErrUnknownRevision where tip is no commit, or another ErrUnusable. The iteration may be stopped at any time, and be run
// again.
func (r *Repository) Commits(tip Commit) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		rec := r.keeper.record()
		for h, err := range r.line(tip) {
			if err != nil {
				yield(Commit{}, fmt.Errorf("reading the history of commit %s: %w", tip.ID, err))
				return
			}
			if at, ok := rec.joins(h); ok {
				for c := range rec.line.from(at) {
					if !yield(c.commit(), nil) {
						return
					}
				}
				rec.finish(at)
				return
			}
			rec.add(h, nil)
			if !yield(h.commit(), nil) {
				return
			}
		}
		rec.finish(rec.past())
	}
}

// line is Commits before anything is spelt out, and as the objects tell it.
func (r *Repository) line(tip Commit) iter.Seq2[header, error] {
	return func(yield func(header, error) bool) {
		for h, err := r.header(tip.ID); ; h, err = r.parent(h, 1) {
			if err != nil {
				yield(header{}, err)
				return
			}
			if !yield(h, nil) || len(h.parents) == 0 {
				return
			}
		}
	}
}

// Steps yields the same line as Commits with what each commit changed at or under the roots, which are slash paths below
// Prefix, such as "remotes"; "." is all of it. A root that is a symbolic link or a submodule is itself a changed file;
// a folder above a root that is one holds nothing, and neither does a Prefix that a commit lacks.
//
// It costs no more than the steps that are taken. It ends with an error as Commits does, also for a root that is no valid
// path (fs.ErrInvalid). A commit whose parent is not here has no step, because what it changed can't be known; nor has one
// that is too much to compare: with maxMet entries in the folders that it touches, or paths of maxPaths bytes.
func (r *Repository) Steps(tip Commit, roots []string) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		scope, err := newScope(r.prefix, roots)
		if err != nil {
			yield(Step{}, err)
			return
		}
		w := stepper{repo: r, scope: scope, yield: yield, recording: r.keeper.recordBelow(roots),
			comparer: comparer{folders: newFolderCache(r.objects), prefix: len(r.prefix)}}
		for next, more := tip, true; more; {
			if next, more, err = w.walk(next); err != nil {
				yield(Step{}, fmt.Errorf("reading the history of commit %s: %w", tip.ID, err))
			}
		}
	}
}

// stepper is where a walk of Steps has got to.
type stepper struct {
	repo      *Repository
	scope     *scope
	yield     func(Step, error) bool
	recording *recording
	comparer
}

// walk takes steps as the objects tell them and, from where they are known, those that are. more says that the walk goes on
// from another commit behind them.
func (w *stepper) walk(tip Commit) (next Commit, more bool, err error) {
	var last *header // of the commit whose parent comes next
	for h, err := range ahead.Of(w.repo.another().line(tip)) {
		if err != nil {
			return next, false, err
		}
		if last != nil && !w.take(*last, h) {
			w.recording.stop(h)
			return next, false, nil
		}
		if at, ok := w.recording.joins(h); ok {
			return w.recall(at)
		}
		last = &h
	}
	if w.take(*last, header{}) {
		w.recording.finish(w.recording.past())
	}
	return next, false, nil
}

// take compares a commit with its parent and yields that step. It is false if the walk ends with it. A walk that fails is not kept:
// it lacks a commit.
func (w *stepper) take(h, parent header) bool {
	s, err := w.step(h, parent, w.scope)
	if err != nil {
		w.recording = nil
		w.yield(Step{}, err)
		return false
	}
	w.recording.add(h, s.Changes)
	return w.yield(s, nil)
}

// recall yields the steps that are known from a place on.
func (w *stepper) recall(at int) (next Commit, more bool, err error) {
	for s := range w.recording.steps(at) {
		if !w.yield(s, nil) {
			w.recording.finish(at)
			return next, false, nil
		}
	}
	next, more = w.recording.resume(at)
	if !more {
		w.recording.finish(at)
	}
	return next, more, nil
}
