package compiler

import (
	"bytes"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/registry"
)

// written finds the commit of the first-parent line up to c with which a declaration in a cohort's file came to say what it says
// there: of the one before, same is false. Only the file is looked at, whatever else its cohort was used for.
func written(repo *history.Repository, c history.Commit, pos diag.Pos, same func(*registry.Cohort) bool) (history.Commit, error) {
	w := &writer{repo: repo, loader: newLoader(repo), path: pos.File, same: same}
	files, err := repo.Files(c, registry.Folders)
	if err != nil {
		return history.Commit{}, err
	}
	for _, f := range files {
		switch {
		case f.Path == w.path:
			if w.line, err = w.lineOf(f.After, pos.Line); err != nil {
				return history.Commit{}, err
			}
		case strings.HasPrefix(f.Path, "schema/"):
			w.loader.Apply([]registry.Change{changeOf(f.Path, f.After)})
		}
	}
	var last history.Commit
	for step, err := range repo.Steps(c, registry.Folders) {
		if err != nil {
			return history.Commit{}, err
		}
		last = commitOf(step)
		if stays, err := w.back(step); !stays || err != nil {
			return last, err
		}
	}
	return last, nil
}

// writer goes back through the versions of a cohort's file, which it reads by the registry's schema of its start.
type writer struct {
	repo   *history.Repository
	loader *registry.Loader
	path   string // at the commit in hand
	same   func(*registry.Cohort) bool
	line   []byte // that says it
}

// back takes a step back. It reports whether the file said the same before.
func (w *writer) back(step history.Step) (bool, error) {
	for _, c := range step.Changes {
		if c.Path != w.path {
			continue
		}
		if c.Before != (history.File{}) {
			return w.says(c.Path, c.Before)
		}
		for _, from := range step.Changes { // it may have had another name
			if from.After != (history.File{}) || !strings.HasPrefix(from.Path, "cohorts/") {
				continue
			}
			if stays, err := w.says(from.Path, from.Before); stays || err != nil {
				w.path = from.Path
				return stays, err
			}
		}
		return false, nil
	}
	return true, nil
}

// says reports whether a version of a cohort's file says the same. Of one that can't be read the line is compared.
func (w *writer) says(path string, f history.File) (bool, error) {
	if !f.Mode.IsRegular() {
		return false, nil
	}
	w.loader.Apply([]registry.Change{changeOf(path, f)})
	r, _, err := w.loader.Load()
	w.loader.Apply([]registry.Change{{Path: path}})
	if err != nil {
		return false, err
	}
	if r != nil && len(r.Cohorts) == 1 {
		return w.same(r.Cohorts[0]), nil
	}
	text, err := w.repo.Blob(f.Blob)
	for line := range bytes.Lines(text) {
		if len(w.line) > 0 && bytes.Equal(bytes.TrimSpace(line), w.line) {
			return true, err
		}
	}
	return false, err
}

// lineOf is a line of a file without the space around it; nil if it has none of that number.
func (w *writer) lineOf(f history.File, number int) ([]byte, error) {
	text, err := w.repo.Blob(f.Blob)
	if err != nil {
		return nil, err
	}
	lines := bytes.Split(text, []byte("\n"))
	if number < 1 || number > len(lines) {
		return nil, nil
	}
	return bytes.TrimSpace(lines[number-1]), nil
}
