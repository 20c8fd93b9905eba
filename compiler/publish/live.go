package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"muster/compiler/manifest"
	"muster/compiler/store"
)

// live is the pointer that a store holds.
type live struct {
	document []byte
	pointer  *manifest.Pointer // nil if there is none
	unproved error             // why nobody should believe it
	tag      store.Tag
}

func (r *run) pointer(ctx context.Context) (live, error) {
	o, tag, err := r.Store.Get(ctx, manifest.PointerPath)
	if errors.Is(err, store.ErrNotFound) {
		return live{}, nil
	}
	if err != nil {
		return live{}, err
	}
	l := live{document: o.Body, tag: tag}
	if l.pointer, l.unproved, err = r.parse(o.Body); err != nil && !r.Repair {
		return l, fmt.Errorf("%w: %q: %w; %s", ErrDrift, manifest.PointerPath, err, seeRepair)
	}
	if r.attempt == 0 {
		r.report.Before, r.report.Unproved = l.pointer, l.unproved
	}
	return l, nil
}

const seeRepair = "`muster verify` tells more, and --repair replaces it"

func (r *run) parse(document []byte) (p *manifest.Pointer, unproved, err error) {
	text, unproved := r.Read(document)
	if text == nil {
		return nil, nil, unproved
	}
	p, err = manifest.ParsePointer(text)
	if err == nil && p.Issued == "" {
		err = errors.New("it was never published, but copied here from a compile")
	}
	if err != nil {
		return nil, nil, err
	}
	return p, unproved, nil
}

// work is what there is to do.
type work uint8

const (
	everything work = iota
	complete        // the pointer is right; what it names may be missing
	nothing
)

// judge decides by the live pointer what there is to do. A pointer that is to be repaired it forgets.
func (r *run) judge(ctx context.Context, l *live) (work, error) {
	if l.pointer == nil {
		return everything, nil
	}
	err := r.doubt(ctx, *l)
	if err != nil && r.Repair && l.pointer.Registry == r.release.Pointer.Registry && !r.signedLater(*l) {
		l.pointer = nil
		return everything, nil
	}
	if err != nil {
		return nothing, err
	}
	switch ours := r.release.Pointer; {
	case l.pointer.Serial > ours.Serial:
		r.report.Outcome = Superseded
		return nothing, nil
	case l.pointer.Serial < ours.Serial:
		return everything, nil
	}
	return r.same(*l), nil
}

// signedLater reports whether the live pointer is of a later serial and signed: whatever else is amiss, that is not to be taken
// back.
func (r *run) signedLater(l live) bool {
	return r.Sign != nil && l.unproved == nil && l.pointer.Serial > r.release.Pointer.Serial
}

// doubt is why the live pointer can't be what was published before the release or after it.
func (r *run) doubt(ctx context.Context, l live) error {
	ours := r.release.Pointer
	switch {
	case l.pointer.Registry != ours.Registry:
		return fmt.Errorf("%w: the store holds the registry %q, and this is %q; publish to a place of its own", ErrDrift, l.pointer.Registry, ours.Registry)
	case l.pointer.Serial <= ours.Serial:
		if err := r.onLine(l.pointer); err != nil {
			return err
		}
		return r.proved(l)
	case l.unproved != nil:
		return fmt.Errorf("%w: the pointer there claims the later serial %d, and must not be believed: %w; if a commit since this one has changed the keys, publish that; otherwise %s", ErrDrift, l.pointer.Serial, l.unproved, seeRepair)
	}
	return r.entered(ctx, l.pointer)
}

// proved is an error if the live pointer has not even the signatures that its own commit asks for. What is signed next has the
// hash of its entry in it, and so of all entries before: nobody is to sign what somebody without a key has written.
func (r *run) proved(l live) error {
	if l.unproved == nil || r.Proved == nil {
		return nil
	}
	if err := r.Proved(l.pointer.Commit, l.document); err != nil {
		return fmt.Errorf("%w: the pointer there must not be believed: %w; what it says may be forged, and the log with it: %s", ErrDrift, err, seeRepair)
	}
	r.report.Unproved = nil
	return nil
}

// entered is an error if the log lacks the pointer's entry, which is there before any pointer.
func (r *run) entered(ctx context.Context, p *manifest.Pointer) error {
	_, _, err := r.Store.Get(ctx, manifest.LogPath(p.Serial))
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: the pointer there claims the later serial %d, and the log has no entry of it; %s", ErrDrift, p.Serial, seeRepair)
	}
	return err
}

// onLine is an error if a pointer or an entry claims another commit than the line has at its serial.
func (r *run) onLine(p *manifest.Pointer) error {
	o, err := r.release.Origin(p.Serial)
	if err != nil {
		return err
	}
	if o.Commit != p.Commit {
		return fmt.Errorf("%w: serial %d is published from commit %[4]s, and on the line of this commit it is %[3]s: history was rewritten, or this is another branch or one that was merged. "+
			"Only a commit that has %[4]s on its line of first parents can follow here. If what was published was the mistake, make one with the content of this branch, and publish that: "+
			"git merge --ff-only $(git commit-tree -p %[4]s -p HEAD -m \"go on from what was published\" HEAD^{tree}). Any other branch needs a destination of its own",
			ErrDrift, p.Serial, short(o.Commit), short(p.Commit))
	}
	return nil
}

// same decides what there is to do if the live pointer is of the release itself.
func (r *run) same(l live) work {
	switch {
	case bytes.Equal(l.document, r.written): // this run has put it there, and the answer got lost
		r.succeed(l.pointer)
		return nothing
	case l.unproved != nil, r.expired(l.pointer), r.Refresh && r.written == nil:
		return everything
	}
	r.report.Outcome = Unchanged // or refreshed by somebody else while this run was at it
	return complete
}

func (r *run) expired(p *manifest.Pointer) bool {
	at, err := manifest.Moment(p.Expires)
	return err != nil || p.Expires != "" && !r.Now().Before(at)
}

func short(commit string) string { return commit[:min(12, len(commit))] }
