package history

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// refused lists what gitrevisions(7) has and Resolve has not, with the reason. No name of a branch or tag may hold any of
// it, so nothing that could be meant otherwise is lost.
var refused = []struct{ part, why string }{
	{"..", "a range names many commits, and one is wanted"},
	{"@{", "what this clone was at some time, or follows, is known to it alone: name a branch, a tag or an id"},
	{"^{", "tags are followed to their commit as they are: leave out what begins with ^{"},
	{":", "a path or a search names no commit: name a branch, a tag or an id"},
}

// revisionError is an ErrUnknownRevision with the revision and the reason.
type revisionError struct{ rev, why string }

func (e *revisionError) Error() string { return fmt.Sprintf("revision %q: %s", e.rev, e.why) }

func (e *revisionError) Is(target error) bool { return target == ErrUnknownRevision }

// step is one move from a commit: "~n" n times to the first parent, "^n" to the n-th parent, "^0" nowhere.
type step struct {
	sign byte
	n    int
}

// parseRevision splits "main~2^2" into "main" and its steps.
func parseRevision(rev string) (base string, steps []step, err error) {
	refuse := func(why string) (string, []step, error) { return "", nil, &revisionError{rev, why} }
	if strings.HasPrefix(rev, "-") {
		return refuse("it starts with a dash, as options do")
	}
	for _, r := range refused {
		if strings.Contains(rev, r.part) {
			return refuse(r.why)
		}
	}
	end := strings.IndexAny(rev, "~^")
	if end < 0 {
		end = len(rev)
	}
	base, rest := rev[:end], rev[end:]
	if base == "" {
		return refuse("it names no branch, tag or commit")
	}
	if i := strings.IndexFunc(base, notInNames); i >= 0 {
		return refuse(fmt.Sprintf("no name may hold %q", base[i:i+1]))
	}
	for rest != "" {
		s := step{sign: rest[0], n: 1}
		digits := rest[1:]
		digits = digits[:len(digits)-len(strings.TrimLeft(digits, "0123456789"))]
		rest = rest[1+len(digits):]
		if digits != "" {
			s.n, err = strconv.Atoi(digits)
		}
		if err != nil || rest != "" && rest[0] != '~' && rest[0] != '^' {
			return refuse("only a number may follow ~ and ^")
		}
		steps = append(steps, s)
	}
	return base, steps, nil
}

// notInNames is what no ref's name may hold, as in git-check-ref-format(1), less what parseRevision has dealt with.
func notInNames(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(`?*[\`, c) }

// Resolve finds the commit that a revision names: HEAD, a branch ("main", "origin/main"), a tag, any ref spelt out
// ("refs/pull/12/merge"), or an id of 4 to 40 digits; each may be followed by any number of ~n and ^n. A tag stands for
// the commit it was put on.
//
// All else is refused, because it means something else in another clone or no commit at all: HEAD@{1}, @{upstream},
// HEAD:path, :/text, a range. So is a name that is a tag and a branch at once, and a short id of several commits. Such
// errors are an ErrUnknownRevision; one about a commit that a shallow clone lacks is an ErrIncomplete.
func (r *Repository) Resolve(rev string) (Commit, error) {
	base, steps, err := parseRevision(rev)
	if err != nil {
		return Commit{}, err
	}
	id, err := r.named(rev, base)
	if err != nil {
		return Commit{}, err
	}
	h, err := r.peel(rev, id)
	for i := 0; i < len(steps) && err == nil; i++ {
		h, err = r.walk(rev, h, steps[i])
	}
	if err != nil {
		return Commit{}, err
	}
	return h.commit(), nil
}

// named finds the object that a name stands for. As in git, a full id is an id, and a ref hides a short one.
func (r *Repository) named(rev, base string) (plumbing.Hash, error) {
	if plumbing.IsHash(base) {
		id := plumbing.NewHash(base)
		_, err := r.objects.kind(id)
		if errors.Is(err, errMissing) {
			return id, &revisionError{rev, "no commit has this id"}
		} else if err != nil {
			return id, fmt.Errorf("revision %q: %w", rev, err)
		}
		return id, nil
	}
	id, err := r.ref(rev, base)
	if err != nil || id != plumbing.ZeroHash {
		return id, err
	}
	if digits := strings.ToLower(base); len(digits) >= 4 && strings.Trim(digits, "0123456789abcdef") == "" {
		id, err = r.shortID(rev, digits)
	}
	if err == nil && id == plumbing.ZeroHash {
		err = &revisionError{rev, "no branch, tag or commit has this name" + r.suggestion(base)}
	}
	return id, err
}

// shortID finds the one commit or tag whose id starts with some digits; the zero id when there is none.
func (r *Repository) shortID(rev, digits string) (plumbing.Hash, error) {
	ids, err := r.objects.startingWith(digits)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	var found []plumbing.Hash
	for _, id := range ids {
		kind, err := r.objects.kind(id)
		if err == nil && (kind == plumbing.CommitObject || kind == plumbing.TagObject) {
			found = append(found, id)
		} else if err != nil && !errors.Is(err, errMissing) && !errors.Is(err, ErrIncomplete) {
			return plumbing.ZeroHash, err
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		why := fmt.Sprintf("%d commits start with it, such as %s and %s: write more digits", len(found), found[0], found[1])
		return plumbing.ZeroHash, &revisionError{rev, why}
	case r.Complete() != nil:
		return plumbing.ZeroHash, fmt.Errorf("revision %q: no commit that is here has this name: %w", rev, r.Complete())
	}
	return plumbing.ZeroHash, nil
}

// peel follows tags to the commit they were put on.
func (r *Repository) peel(rev string, id plumbing.Hash) (header, error) {
	for {
		kind, data, err := r.objects.read(id)
		if err != nil {
			return header{}, fmt.Errorf("revision %q: %w", rev, err)
		}
		if kind == plumbing.CommitObject {
			return r.header(id.String())
		}
		if kind != plumbing.TagObject {
			return header{}, &revisionError{rev, fmt.Sprintf("%s is a %s, not a commit", id, kind)}
		}
		target, _, ok := idLine(data, "object ")
		if !ok {
			return header{}, damaged(fmt.Sprintf("reading tag %s", id), errors.New("it does not say what it was put on"))
		}
		id = target
	}
}

// walk takes one step from a commit.
func (r *Repository) walk(rev string, h header, s step) (header, error) {
	var err error
	if s.sign == '^' {
		if s.n == 0 {
			return h, nil
		}
		return r.nth(rev, h, s.n)
	}
	for i := 0; i < s.n && err == nil; i++ {
		h, err = r.nth(rev, h, 1)
	}
	return h, err
}

func (r *Repository) nth(rev string, h header, n int) (header, error) {
	if n > len(h.parents) {
		return header{}, &revisionError{rev, fmt.Sprintf("commit %s has no parent %d", h.id, n)}
	}
	h, err := r.parent(h, n)
	if err != nil {
		return header{}, fmt.Errorf("revision %q: %w", rev, err)
	}
	return h, nil
}
