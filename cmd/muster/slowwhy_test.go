package main

import (
	"slices"

	"muster/compiler"
	"muster/compiler/history"
)

// compareWhy holds why each cohort has what it has, as of the end of the line, against what was served along it.
func (h *randomHistory) compareWhy(repo *history.Repository, line []*servedAt) {
	if len(line) == 0 {
		return
	}
	last := line[len(line)-1]
	at, err := repo.Resolve(last.commit)
	if err != nil {
		h.Fatal(err)
	}
	live, _, err := compiler.At(repo, at)
	if err != nil || live == nil {
		h.Fatalf("%s: nothing is served at %s (%v)", h.Name(), last.commit, err)
	}
	for cohort := range last.ids {
		for remote, has := range last.pinsIn(cohort) {
			why, err := compiler.Why(repo, live, at, cohort, remote)
			if err != nil {
				h.Fatal(err)
			}
			entered, before := cameIn(line, cohort, remote)
			if why.Entered.ID != entered || why.Before != before {
				h.Errorf("%s at %s: %s has %s %s since %s, before it was %q; want since %s, and %q",
					h.Name(), last.commit, cohort, remote, has, why.Entered.ID, why.Before, entered, before)
			}
		}
	}
}

// servedAt is what a commit that compiles serves.
type servedAt struct {
	*served
	commit string
}

// cameIn finds the commit with which a cohort got what it has of a remote, whatever that was called, and what it had before.
func cameIn(line []*servedAt, cohort, remote string) (commit, before string) {
	now := line[len(line)-1]
	has := now.pinsIn(cohort)[remote]
	for _, was := range slices.Backward(line[:len(line)-1]) {
		name := remote
		for old, is := range renamedRemotes(was.served, now.served) {
			_, frozen := now.pinsIn(cohort)[old]
			_, thawed := was.pinsIn(cohort)[remote] // a frozen cohort has remotes by the names of its commit, which may be theirs again
			if is == remote && !frozen && !thawed {
				name = old
			}
		}
		if was.ids[cohort] == "" {
			return now.commit, ""
		}
		if before = was.pinsIn(cohort)[name]; before != has {
			return now.commit, before
		}
		now, remote = was, name
	}
	return now.commit, ""
}
