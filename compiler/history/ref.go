package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// maxLinks is how many symbolic refs are followed, as in git (SYMREF_MAXDEPTH in its refs.h).
const maxLinks = 5

// refRules is where a short name is looked for, as in git (ref_rev_parse_rules in its refs.c).
var refRules = []string{"refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"}

var errNoRef = errors.New("no such ref")

// suggestion helps where a branch was fetched and never checked out, as in most CI.
func (r *Repository) suggestion(base string) string {
	if _, err := r.follow("refs/remotes/origin/" + base); err == nil {
		return fmt.Sprintf("; did you mean %q?", "origin/"+base)
	}
	return ""
}

// ref finds what a ref names; the zero id when there is no such ref.
func (r *Repository) ref(rev, base string) (id plumbing.Hash, err error) {
	if base == "HEAD" {
		if id, err = r.follow(base); errors.Is(err, errNoRef) {
			err = &revisionError{rev, "HEAD has no commit yet"}
		}
		return id, err
	}
	rules := refRules
	if strings.HasPrefix(base, "refs/") {
		rules = []string{"%s"}
	}
	found := ""
	for _, rule := range rules {
		name := fmt.Sprintf(rule, base)
		at, err := r.follow(name)
		if errors.Is(err, errNoRef) {
			continue
		}
		if err != nil {
			return at, err
		}
		if found != "" {
			return at, &revisionError{rev, fmt.Sprintf("it may be %s or %s: spell it out", found, name)}
		}
		found, id = name, at
	}
	return id, nil
}

// follow reads a ref, and the ref that it points to if it is a symbolic one.
func (r *Repository) follow(name string) (plumbing.Hash, error) {
	for range maxLinks {
		value, err := r.place.ref(name)
		if errors.Is(err, errNoRef) {
			return plumbing.ZeroHash, err
		}
		if err != nil {
			return plumbing.ZeroHash, fmt.Errorf("reading ref %q: %w", name, err)
		}
		if plumbing.IsHash(value) {
			return plumbing.NewHash(value), nil
		}
		target, ok := strings.CutPrefix(value, "ref:")
		if !ok {
			return plumbing.ZeroHash, damaged(fmt.Sprintf("reading ref %q", name), fmt.Errorf("%q is neither an id nor a ref", value))
		}
		name = strings.TrimSpace(target)
	}
	return plumbing.ZeroHash, damaged(fmt.Sprintf("reading ref %q", name), errors.New("it leads in a circle"))
}

// ref is what a ref's file holds, or failing that its line in packed-refs. A file that is there counts even if it is
// empty or torn: the packed line may be years old.
func (p place) ref(name string) (string, error) {
	folder := p.common
	if name == "HEAD" {
		folder = p.git
	} else if !strings.HasPrefix(name, "refs/") || !plumbing.ReferenceName(name).IsSafe() {
		return "", errNoRef
	}
	path := filepath.Join(folder, filepath.FromSlash(name))
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrPermission) {
		return "", err
	}
	if err != nil || info.IsDir() {
		return p.packedRef(name)
	}
	data, err := os.ReadFile(path)
	return strings.TrimSpace(string(data)), err
}

// packedRef looks a ref up in packed-refs, which has a line "<id> <name>" for each.
func (p place) packedRef(name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(p.common, "packed-refs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if id, ref, _ := strings.Cut(strings.TrimRight(line, "\n"), " "); ref == name {
			return id, nil
		}
	}
	return "", errNoRef
}
