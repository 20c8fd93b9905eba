package history

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// ErrUnrelated says that two commits have no ancestor in common.
var ErrUnrelated = errors.New("they have no ancestor in common")

// Merged lists the commits that a merge brought into its line: those that its other parents lead to, or are, and that its
// first does not lead to. They are at most limit, the newest by their dates first (by id where dates are equal); more says
// that there were more. A commit that is no merge brought none.
//
// It fails with ErrIncomplete in a shallow clone, where a commit may look brought that had been there before. The first call
// of Merged, MergeBase or IsAncestor walks through the whole history; what it learns is kept for the next.
func (r *Repository) Merged(id ObjectID, limit int) (brought []Commit, more bool, err error) {
	h, err := r.header(id.String())
	if err == nil && len(h.parents) > 1 {
		brought, err = r.commits(r.broughtBy(h))
	}
	if err != nil {
		return nil, false, fmt.Errorf("finding what commit %s merged: %w", id, err)
	}
	if len(brought) > limit {
		return brought[:max(limit, 0)], true, nil
	}
	return brought, false, nil
}

func (r *Repository) broughtBy(merge header) ([]plumbing.Hash, error) {
	l := &r.lineage
	l.mu.Lock()
	defer l.mu.Unlock()
	at, err := l.add(r, merge.id.String())
	if err != nil {
		return nil, err
	}
	s := l.search()
	of := first
	for _, p := range l.kin[at].parents {
		s.reach(p, of)
		of = other
	}
	var found []plumbing.Hash
	for s.waiting[other] > 0 {
		i, of := s.meet()
		if of == other {
			found = append(found, l.kin[i].id)
		}
		s.spread(i, of)
	}
	return found, nil
}

// MergeBase is a best common ancestor of two commits: one that both lead to, or are, and that leads to no other such. Of
// several, which a criss-cross of merges leaves, it is the newest by its date (by id where dates are equal). It fails with
// ErrUnrelated if there is none, and with ErrIncomplete in a shallow clone.
func (r *Repository) MergeBase(a, b Commit) (Commit, error) {
	bases, err := r.commits(r.mergeBases(a, b))
	if err == nil && len(bases) == 0 {
		err = ErrUnrelated
	}
	if err != nil {
		return Commit{}, fmt.Errorf("finding where commits %s and %s part: %w", a.ID, b.ID, err)
	}
	return bases[0], nil
}

func (r *Repository) mergeBases(a, b Commit) ([]plumbing.Hash, error) {
	l := &r.lineage
	l.mu.Lock()
	defer l.mu.Unlock()
	i, err := l.add(r, a.ID)
	if err != nil {
		return nil, err
	}
	j, err := l.add(r, b.ID)
	if err != nil {
		return nil, err
	}
	s := l.search()
	s.reach(i, first)
	s.reach(j, other)
	var found []plumbing.Hash
	for s.waiting[first]+s.waiting[other]+s.waiting[first|other] > 0 {
		i, of := s.meet()
		if of == first|other {
			found = append(found, l.kin[i].id)
			of |= common
		}
		s.spread(i, of)
	}
	return found, nil
}

// IsAncestor reports whether b leads to a, or is a. It fails with ErrIncomplete in a shallow clone.
func (r *Repository) IsAncestor(a, b Commit) (bool, error) {
	l := &r.lineage
	l.mu.Lock()
	defer l.mu.Unlock()
	i, err := l.add(r, a.ID)
	if err != nil {
		return false, fmt.Errorf("finding whether commit %s leads to %s: %w", b.ID, a.ID, err)
	}
	j, err := l.add(r, b.ID)
	if err != nil {
		return false, fmt.Errorf("finding whether commit %s leads to %s: %w", b.ID, a.ID, err)
	}
	s := l.search()
	for s.reach(j, first); s.Len() > 0; {
		j, _ := s.meet()
		if l.kin[j].generation <= l.kin[i].generation {
			return j == i || slices.Contains(s.queue, i), nil
		}
		s.spread(j, first)
	}
	return false, nil
}

// commits reads some commits and puts the newest first.
func (r *Repository) commits(ids []plumbing.Hash, err error) ([]Commit, error) {
	var all []Commit
	for _, id := range ids {
		h, err := r.header(id.String())
		if err != nil {
			return nil, err
		}
		all = append(all, h.commit())
	}
	slices.SortFunc(all, func(a, b Commit) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.ID, b.ID)) })
	return all, err
}
