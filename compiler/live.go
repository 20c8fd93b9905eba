package compiler

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"muster/compiler/audit"
	"muster/compiler/history"
	"muster/compiler/registry"
)

// At is what was served as of a commit: what it compiles to or, if it does not compile, what the nearest commit before it on the
// first-parent line does, which is returned too. Live is nil if none does.
func At(repo *history.Repository, c history.Commit) (*Live, history.Commit, error) {
	live, err := at(repo, c)
	if live != nil || err != nil {
		return live, c, err
	}
	touched := false
	for step, err := range repo.Steps(c, registry.Folders) {
		if err != nil {
			return nil, c, err
		}
		here := history.Commit{ID: step.ID.String(), Time: step.Time}
		if touched {
			if live, err := at(repo, here); live != nil || err != nil {
				return live, here, err
			}
		}
		touched = len(step.Changes) > 0 // or the commit before it is no other
	}
	return nil, c, nil
}

// at is what one commit compiles to, nil if it does not.
func at(repo *history.Repository, c history.Commit) (*Live, error) {
	in, err := inputAt(repo, c)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the registry's folder was not there yet
	}
	if err != nil {
		return nil, err
	}
	checked, _, err := Check(in)
	if checked == nil || err != nil {
		return nil, err
	}
	return newLive(checked, newStages(checked.Plan.Registry.Policy)), nil
}

// Served is what a cohort is served; nil if there is no such cohort.
func (l *Live) Served(cohort string) *audit.Served {
	for _, s := range l.State.Cohorts {
		if s.Declared.Name.Value == cohort {
			return s
		}
	}
	return nil
}

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
