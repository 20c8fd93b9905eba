package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// format is what a repository's config says about the way it is stored.
type format struct {
	workTree string // core.worktree
	partial  bool   // objects were left out when it was cloned
}

// harmless lists the extensions that don't change how commits are read, with the one value that is known ("" for any).
// An extension that is not here may change anything: that is what git made them for (git-config(1), "extensions.*").
var harmless = map[string]string{
	"compatobjectformat": "",
	"noop":               "",
	"noop-v1":            "",
	"objectformat":       "sha1",
	"partialclone":       "", // told by Complete
	"preciousobjects":    "",
	"refstorage":         "files",
	"relativeworktrees":  "",
	"worktreeconfig":     "", // sparse checkout sets it
}

// extensionCures is what to do about the extensions that are known and not supported.
var extensionCures = map[string]string{
	"objectformat": "muster reads SHA-1 repositories only: use one made with `git init --object-format=sha1`",
	"refstorage":   "run `git refs migrate --ref-format=files`",
}

func readFormat(common string) (format, error) {
	data, err := os.ReadFile(filepath.Join(common, "config"))
	if errors.Is(err, fs.ErrNotExist) {
		return format{}, nil
	}
	var c settings
	if err == nil {
		c, err = parseConfig(string(data))
	}
	if err != nil {
		cure := "`git config --list --local` shows where it breaks"
		return format{}, &unusable{problem: "reading the repository's config", cause: err, cure: cure}
	}
	if err := checkExtensions(c); err != nil {
		return format{}, err
	}
	return format{workTree: c.last("core.worktree"), partial: c.isPartial()}, nil
}

// checkExtensions refuses what changes the meaning of the files. Like git, it takes an unknown extension for a word without
// meaning where the format's version is 0.
func checkExtensions(c settings) error {
	version := c.last("core.repositoryformatversion")
	if version != "" && version != "0" && version != "1" {
		problem := fmt.Sprintf("the repository has format version %q, and muster knows 0 and 1", version)
		return &unusable{problem: problem, cure: "use a newer muster"}
	}
	for _, s := range c {
		name, ok := strings.CutPrefix(s.key, "extensions.")
		value, known := harmless[name]
		if !ok || known && (value == "" || strings.EqualFold(s.value, value)) || !known && version != "1" {
			continue
		}
		cure, ok := extensionCures[name]
		if !ok {
			cure = "use a newer muster, or make a plain clone"
		}
		return &unusable{problem: fmt.Sprintf("the repository uses the extension %s = %q", name, s.value), cure: cure}
	}
	return nil
}

// isPartial reports whether the config tells of a remote that promised objects which are not here.
func (s settings) isPartial() bool {
	return slices.ContainsFunc(s, func(line setting) bool {
		isRemote := strings.HasPrefix(line.key, "remote.") && strings.HasSuffix(line.key, ".promisor")
		value := strings.ToLower(line.value)
		return line.key == "extensions.partialclone" || isRemote && (value == "true" || value == "yes" || value == "on" || value == "1")
	})
}

// hasPromises reports whether any pack came from a clone with --filter.
func hasPromises(folders []string) bool {
	for _, folder := range folders {
		files, err := os.ReadDir(filepath.Join(folder, "pack"))
		for _, f := range files {
			if err == nil && strings.HasSuffix(f.Name(), ".promisor") {
				return true
			}
		}
	}
	return false
}

// readShallow is the list of commits whose parents were left out: one id a line, in the file "shallow".
func readShallow(common string) (map[plumbing.Hash]bool, error) {
	data, err := os.ReadFile(filepath.Join(common, "shallow"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the list of shallow commits: %w", err)
	}
	shallow := map[plumbing.Hash]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		if id := strings.TrimSpace(lines.Text()); plumbing.IsHash(id) {
			shallow[plumbing.NewHash(id)] = true
		}
	}
	return shallow, nil
}

// incomplete is the error for a clone without its full history, nil for a whole one.
func incomplete(shallow, partial bool) error {
	switch {
	case shallow:
		return &unusable{kind: ErrIncomplete, problem: "this is a shallow clone: a part of the history is missing", cure: cureShallow}
	case partial:
		return &unusable{kind: ErrIncomplete, problem: "this is a partial clone: objects are missing", cure: curePartial}
	}
	return nil
}

// Complete is nil when the clone has the whole history, and an ErrIncomplete that tells the cure when it was made without
// a part of it: a shallow clone (--depth) or a partial one (--filter). What is there can still be read.
func (r *Repository) Complete() error { return r.objects.incomplete }
