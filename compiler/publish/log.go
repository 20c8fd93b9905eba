package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"muster/compiler/canonical"
	"muster/compiler/manifest"
	"muster/compiler/store"
)

// enter makes sure that the log has an entry for every serial up to the release's. It returns the hash of the entry before
// the release's, or that it comes too late: a later commit has passed it over.
func (r *run) enter(ctx context.Context, live live) (previous string, late bool, err error) {
	from, previous, err := r.head(ctx, live)
	ours := r.release.Pointer
	if err != nil || from > ours.Serial {
		return "", true, err
	}
	for serial := from; serial < ours.Serial; serial++ {
		o, err := r.release.Origin(serial)
		if err != nil {
			return "", false, err
		}
		_, body, err := r.entry(ctx, manifest.PassedOver(ours.Registry, o, previous))
		if err != nil {
			return "", false, err
		}
		previous = manifest.Sum(body).String()
	}
	own := *ours
	own.Previous = previous
	there, _, err := r.entry(ctx, own.Entry())
	if err != nil {
		return "", false, err
	}
	return previous, len(there.Cohorts) == 0, nil
}

// head returns the serial from which on entries may be missing, and the hash of the entry before it.
func (r *run) head(ctx context.Context, live live) (from int, previous string, err error) {
	if live.pointer == nil {
		return r.begin(ctx)
	}
	if err := r.restoreFirst(ctx, live.pointer); err != nil {
		return 0, "", err
	}
	if live.pointer.Serial == r.release.Pointer.Serial {
		return live.pointer.Serial, live.pointer.Previous, r.compiled(live.pointer)
	}
	entry, body, err := r.entry(ctx, live.pointer.Entry())
	if errors.Is(err, errContent) {
		err = fmt.Errorf("%w: %q and %q contradict each other about serial %d; `muster verify` tells which of them was changed: delete that one there, and publish again", ErrDrift, manifest.PointerPath, manifest.LogPath(live.pointer.Serial), live.pointer.Serial)
	}
	if err == nil && len(entry.Cohorts) == 0 {
		err = fmt.Errorf("%w: the pointer is of serial %d, and the log says that it was passed over", ErrDrift, entry.Serial)
	}
	if err != nil {
		return 0, "", err
	}
	return entry.Serial + 1, manifest.Sum(body).String(), nil
}

// compiled is an error if a pointer of the release's serial says something else than the release.
func (r *run) compiled(p *manifest.Pointer) error {
	own := *r.release.Pointer
	own.Previous = p.Previous
	ours, err := own.Entry().Encode()
	if err != nil {
		return err
	}
	if theirs, err := p.Entry().Encode(); err != nil || !bytes.Equal(ours, theirs) {
		return otherContent(p.Serial)
	}
	return nil
}

// errContent is wrapped by otherContent.
var errContent = errors.New("from the same commit, with other content")

// otherContent is the error where a commit was compiled to something else before.
func otherContent(serial int) error {
	return fmt.Errorf("%w: serial %d is published %w; "+
		"if another version of muster did that, publish a new commit: an empty one will do", ErrDrift, serial, errContent)
}

// begin is head where there is no pointer: nothing was published yet, or the first runs have not come to their end, or
// somebody has deleted the pointer.
func (r *run) begin(ctx context.Context) (from int, previous string, err error) {
	ours := r.release.Pointer
	start, err := r.first(ctx, ours.Serial)
	if err != nil {
		return 0, "", err
	}
	if start.Serial > ours.Serial {
		return start.Serial, "", nil
	}
	last, body, err := r.last(ctx, start.Serial)
	if err != nil || last < start.Serial {
		return start.Serial, "", err
	}
	entry, err := r.read(last, body)
	if err != nil {
		return 0, "", err
	}
	if last == ours.Serial {
		return last, entry.Previous, nil
	}
	return last + 1, manifest.Sum(body).String(), nil
}

// first makes sure that it is said where the log begins: at a serial, unless it is said already. It returns what is said.
func (r *run) first(ctx context.Context, serial int) (start manifest.First, err error) {
	registry := r.release.Pointer.Registry
	b, err := canonical.JSON(manifest.First{Schema: manifest.FirstName, Registry: registry, Serial: serial})
	if err != nil {
		return start, err
	}
	if b, err = r.create(ctx, Object(r.Headers, manifest.FirstPath, b)); err != nil {
		return start, err
	}
	if start, err = manifest.ParseFirst(b); err != nil || start.Registry != registry {
		return start, fmt.Errorf("%w: %q is not of the registry %q: %.200q; if somebody has damaged it, delete it there and publish again with --repair", ErrDrift, manifest.FirstPath, registry, b)
	}
	return start, nil
}

// restoreFirst brings back what says where the log begins, if that is asked for and it was lost: the log is walked back to the
// entry that has none before it.
func (r *run) restoreFirst(ctx context.Context, live *manifest.Pointer) error {
	if !r.Repair {
		return nil
	}
	begin := live
	if _, _, err := r.Store.Get(ctx, manifest.FirstPath); errors.Is(err, store.ErrNotFound) {
		for begin.Previous != "" {
			serial := begin.Serial - 1
			o, _, err := r.Store.Get(ctx, manifest.LogPath(serial))
			if err != nil {
				return err
			}
			if begin, err = r.read(serial, o.Body); err != nil {
				return err
			}
		}
	} else if err != nil {
		return err
	}
	_, err := r.first(ctx, begin.Serial)
	return err
}

// last finds the last entry of a log without gaps that begins at a serial, by looking ever further ahead and then closing
// in. It looks no further than the release's own serial and the one after it, and returns begin-1 if there is none.
func (r *run) last(ctx context.Context, begin int) (serial int, body []byte, err error) {
	there, missing := begin-1, r.release.Pointer.Serial+2
	for step := 1; there+1 < missing; step *= 2 {
		at := there + step
		if at >= missing {
			step = 1
			at = there + (missing-there)/2
		}
		o, _, err := r.Store.Get(ctx, manifest.LogPath(at))
		switch {
		case err == nil:
			there, body = at, o.Body
		case errors.Is(err, store.ErrNotFound):
			missing, step = at, 1
		default:
			return 0, nil, err
		}
	}
	return there, body, nil
}

// entry makes sure that the log has the entry, or one that another publisher was first with: of the same commit, with the
// same predecessor, and one of the two passed over. It returns the one that is there.
func (r *run) entry(ctx context.Context, want *manifest.Pointer) (*manifest.Pointer, []byte, error) {
	b, err := want.Encode()
	if err != nil {
		return nil, nil, err
	}
	path := manifest.LogPath(want.Serial)
	told := r.told[path]
	body, err := r.create(ctx, Object(r.Headers, path, b))
	if err != nil {
		return nil, nil, err
	}
	if bytes.Equal(body, b) {
		if len(want.Cohorts) == 0 && !told {
			r.report.PassedOver = append(r.report.PassedOver, want.Serial)
		}
		return want, body, nil
	}
	there, err := r.read(want.Serial, body)
	switch {
	case err != nil:
		return nil, nil, err
	case there.Previous != want.Previous:
		err = fmt.Errorf("%w: %q names %.12q as the entry before it, which is %.12q", ErrDrift, path, there.Previous, want.Previous)
	case len(there.Cohorts) > 0 && len(want.Cohorts) > 0:
		err = otherContent(want.Serial)
	}
	return there, body, err
}

// read reads an entry that somebody else has written.
func (r *run) read(serial int, body []byte) (*manifest.Pointer, error) {
	e, err := manifest.ParseEntry(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrDrift, manifest.LogPath(serial), err)
	}
	if e.Serial != serial || e.Registry != r.release.Pointer.Registry {
		return nil, fmt.Errorf("%w: %q is of serial %d of the registry %q", ErrDrift, manifest.LogPath(serial), e.Serial, e.Registry)
	}
	if serial > r.release.Pointer.Serial { // of a commit that this clone need not have
		return e, nil
	}
	return e, r.onLine(e)
}
