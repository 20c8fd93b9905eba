package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// Sparse is an ErrUnusable if a sparse checkout keeps files at or under the roots (slash paths below Prefix) out of the work tree: a
// reader of the work tree would take them for deleted. What commits hold can be read all the same.
func (r *Repository) Sparse(roots []string) error {
	sparse, err := r.place.sparse()
	if err != nil || !sparse {
		return err
	}
	f, err := os.Open(filepath.Join(r.place.git, "index"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the index: %w", err)
	}
	defer f.Close()
	var i index.Index
	if err := guarded(func() error { return index.NewDecoder(f).Decode(&i) }); err != nil {
		return hidden("perhaps a part of the registry", err)
	}
	for _, e := range i.Entries {
		path, below := strings.CutPrefix(e.Name, r.prefix)
		path = strings.TrimPrefix(path, "/")
		for _, root := range roots {
			if below && e.SkipWorktree && (path == root || strings.HasPrefix(path, root+"/")) {
				return hidden(fmt.Sprintf("%q", path), nil)
			}
		}
	}
	return nil
}

func hidden(what string, cause error) error {
	return &unusable{kind: ErrSparse, problem: "this is a sparse checkout, which keeps " + what + " out of the work tree", cause: cause,
		cure: "run `git sparse-checkout disable`"}
}

// sparse reports whether the work tree is a sparse checkout, by the settings of the repository and of this work tree.
func (p place) sparse() (bool, error) {
	value := ""
	for _, name := range []string{filepath.Join(p.common, "config"), filepath.Join(p.git, "config.worktree")} {
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("reading the repository's config: %w", err)
		}
		c, err := parseConfig(string(data))
		if err != nil {
			return false, fmt.Errorf("reading the repository's config: %w", err)
		}
		if set := c.last("core.sparsecheckout"); set != "" {
			value = strings.ToLower(set)
		}
	}
	return value == "true" || value == "yes" || value == "on" || value == "1", nil
}
