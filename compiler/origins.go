package compiler

import (
	"fmt"

	"muster/compiler/history"
	"muster/compiler/manifest"
)

// line is a line of first parents, walked back from its tip as far as somebody has asked.
type line struct {
	repo    *history.Repository
	tip     history.Commit
	serial  int              // of the tip
	commits []history.Commit // from the tip back
}

// origin returns the commit of a serial.
func (l *line) origin(serial int) (manifest.Origin, error) {
	back := l.serial - serial
	if serial < 1 || back < 0 {
		return manifest.Origin{}, fmt.Errorf("serial %d is not on the line of commit %s, which is serial %d", serial, l.tip.ID, l.serial)
	}
	if back >= len(l.commits) {
		if err := l.walk(2*back + 1); err != nil {
			return manifest.Origin{}, err
		}
	}
	if back >= len(l.commits) {
		return manifest.Origin{}, fmt.Errorf("commit %s has %d commits on its line, not %d", l.tip.ID, len(l.commits), l.serial)
	}
	c := l.commits[back]
	return manifest.Origin{Commit: c.ID, Time: c.Time, Serial: serial}, nil
}

// walk walks again from the tip, n commits at the most.
func (l *line) walk(n int) error {
	l.commits = l.commits[:0]
	for c, err := range l.repo.Commits(l.tip) {
		if err != nil {
			return err
		}
		if l.commits = append(l.commits, c); len(l.commits) == n {
			break
		}
	}
	return nil
}
