package history

import (
	"iter"
	"slices"
	"strings"
)

// recording is one walk, with what was known before it and what there will be to keep after it. The nil recording is of a walk for
// which nothing is kept.
type recording struct {
	keeper *keeper
	line   *keptLine // nil: nothing is known
	told   bool      // whether the walk finds out the changes
	only   []string  // the roots that are asked for; nil: all that are kept
	fresh  int       // commits of which anything was found out
	writer keptWriter
}

// record begins a walk that finds out no changes.
func (k *keeper) record() *recording {
	if k == nil {
		return nil
	}
	return &recording{keeper: k, line: k.known()}
}

// recordBelow begins a walk that finds out the changes below some roots. Below a part of the roots that are kept they are known too,
// and there is nothing to keep.
func (k *keeper) recordBelow(roots []string) *recording {
	if k == nil || !covers(k.roots, roots) {
		return nil
	}
	r := k.record()
	r.told = true
	if !covers(roots, k.roots) {
		r.only = roots
	}
	return r
}

// covers reports whether all inner paths are at or under outer ones.
func covers(outer, inner []string) bool {
	return !slices.ContainsFunc(inner, func(path string) bool { return !under(path, outer) })
}

func under(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		rest, ok := strings.CutPrefix(path, root)
		return ok && (rest == "" || rest[0] == '/')
	})
}

// add notes a commit of which something was found out.
func (r *recording) add(h header, changes []Change) {
	if r != nil && r.only == nil {
		r.fresh++
		r.writer.add(h, r.told, changes)
	}
}

// joins is the place of a commit of which all is known that the walk asks for.
func (r *recording) joins(h header) (at int, ok bool) {
	if r == nil || r.line == nil {
		return 0, false
	}
	at, ok = r.line.find(h.id)
	return at, ok && (!r.told || r.line.tells(at))
}

// steps are those that are known from a place on.
func (r *recording) steps(at int) iter.Seq[Step] {
	return func(yield func(Step) bool) {
		for c := range r.line.from(at) {
			if !c.told || !yield(Step{ID: ObjectID(c.id), Time: c.time, Merge: len(c.parents) > 1, Changes: r.changesOf(c)}) {
				return
			}
		}
	}
}

// changesOf are the changes of a commit below the roots that are asked for.
func (r *recording) changesOf(c keptCommit) []Change {
	changes := r.line.changesOf(c)
	if r.only != nil {
		changes = slices.DeleteFunc(changes, func(c Change) bool { return !under(c.Path, r.only) })
	}
	if len(changes) == 0 {
		return nil
	}
	return changes
}

// resume goes on behind the steps that were known from a place on. It is the commit from which the objects have to be asked
// again; false if there is none.
func (r *recording) resume(at int) (next Commit, ok bool) {
	if r.line.end == len(r.line.ids) {
		return Commit{}, false
	}
	if r.only == nil {
		for c := range r.line.from(at) {
			if !c.told {
				break
			}
			r.writer.add(c.header, true, r.line.changesOf(c))
		}
	}
	return Commit{ID: r.line.ids[r.line.end].String()}, true
}

// past is the place behind a line that was known.
func (r *recording) past() int {
	if r == nil || r.line == nil {
		return 0
	}
	return len(r.line.ids)
}

// stop ends a walk before a commit.
func (r *recording) stop(before header) {
	if r != nil && r.line != nil {
		if at, ok := r.line.find(before.id); ok {
			r.finish(at)
		}
	}
}

// finish ends a walk where the rest of the line, from a place on, was known or is nothing. It keeps what was found out if that
// is worth it, and more than what would be lost: of another line, or because changes are told of one span only.
func (r *recording) finish(rest int) {
	if r == nil || r.only != nil || r.fresh < r.keeper.worth {
		return
	}
	if r.line != nil {
		tell := !r.told || r.line.tells(rest)
		left := 0
		if tell {
			left = max(0, r.line.end-max(rest, r.line.first))
		}
		if was, is := r.line.end-r.line.first, r.writer.end-r.writer.first+left; was-is > r.fresh {
			return
		}
		for c := range r.line.from(rest) {
			r.writer.add(c.header, c.told && tell, r.line.changesOf(c))
		}
	}
	r.keeper.keep(r.writer.bytes(r.keeper.scope()))
}
