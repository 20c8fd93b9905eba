package history

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Ancestry is a commit and all that led to it, by any parent. Branches, tags and whatever else a clone holds don't matter,
// so that every full clone gives the same answers. It is not safe for concurrent use.
type Ancestry struct {
	repo *Repository
	of   Commit

	// The walk, which goes as far as it is asked to, and no step twice: the commits in the order in which they were met, the
	// near ones first; where each of them is; and how many of them have had their parents looked at.
	met     []header
	index   map[plumbing.Hash]int
	visited int
}

// Ancestry returns the ancestry of a commit; that of the zero Commit is empty.
func (r *Repository) Ancestry(of Commit) *Ancestry {
	return &Ancestry{repo: r, of: of, index: map[plumbing.Hash]int{}}
}

// Find finds the commit with an id, in full or by 4 of its first digits or more, in lower case. It fails with
// ErrUnknownRevision where there is none or, for a short id, more than one, and with ErrIncomplete where the clone cuts
// the search off. A short id takes a walk through the whole history.
func (a *Ancestry) Find(id string) (Commit, error) {
	if a.of.ID == "" {
		return Commit{}, &revisionError{id, "nothing has been committed yet"}
	}
	for {
		if i, ok := a.index[plumbing.NewHash(id)]; ok && plumbing.IsHash(id) {
			return a.met[i].commit(), nil
		}
		more, err := a.step()
		if err != nil {
			return Commit{}, fmt.Errorf("looking for commit %s: %w", id, err)
		}
		if !more {
			return a.short(id)
		}
	}
}

// short finds a commit by its first digits, when all have been met.
func (a *Ancestry) short(digits string) (Commit, error) {
	var found []Commit
	for _, h := range a.met {
		if len(digits) >= 4 && strings.HasPrefix(h.id.String(), digits) {
			found = append(found, h.commit())
		}
	}
	switch len(found) {
	case 0:
		return Commit{}, &revisionError{digits, fmt.Sprintf("no commit up to %s has this id", a.of.ID)}
	case 1:
		return found[0], nil
	}
	why := fmt.Sprintf("%d commits start with it, such as %s and %s: write more digits", len(found), found[0].ID, found[1].ID)
	return Commit{}, &revisionError{digits, why}
}

// step looks at the parents of one more commit. It reports whether there was one left.
func (a *Ancestry) step() (more bool, err error) {
	if len(a.met) == 0 {
		h, err := a.repo.header(a.of.ID)
		if err == nil {
			a.meet(h)
		}
		return true, err
	}
	if a.visited == len(a.met) {
		return false, nil
	}
	at := a.met[a.visited]
	for i, id := range at.parents {
		if _, known := a.index[id]; known {
			continue
		}
		h, err := a.repo.parent(at, i+1)
		if err != nil {
			return true, err
		}
		a.meet(h)
	}
	a.visited++
	return true, nil
}

func (a *Ancestry) meet(h header) {
	a.index[h.id] = len(a.met)
	a.met = append(a.met, h)
}
