package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"muster/compiler/manifest"
	"muster/compiler/store"
)

// atOnce is how many objects are looked for and sent at a time.
const atOnce = 8

// put makes sure that every object of the release is there. What is there already must be equal.
func (r *run) put(ctx context.Context) error {
	if r.objects {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, o := range r.release.Objects {
		g.Go(func() error {
			body, err := r.create(ctx, o)
			if err == nil && !bytes.Equal(body, o.Body) {
				err = fmt.Errorf("%w: %q is there with other content, %d bytes instead of %d: delete it there and publish again", ErrDrift, o.Path, len(body), len(o.Body))
			}
			return err
		})
	}
	err := g.Wait()
	r.objects = err == nil
	return err
}

// rules writes the rules for static hosts, unless there are those of a later serial. They carry their serial in a comment of
// their first line.
func (r *run) rules(ctx context.Context) error {
	if r.release.Rules.Path == "" || r.Store.KeepsHeaders() {
		return nil
	}
	ours := r.release.Pointer.Serial
	next := r.release.Rules
	next.Body = append(fmt.Appendf(nil, serialLine, ours), next.Body...)
	for range tries {
		there, tag, err := r.Store.Get(ctx, next.Path)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		later, err := r.later(ctx, there.Body)
		if err != nil || later || bytes.Equal(there.Body, next.Body) {
			return err
		}
		if err := r.replace(ctx, next, tag); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return ErrBusy
}

// later reports whether rules are of a later serial than the release's. One that the log does not have was made up: its entry is there
// before its rules.
func (r *run) later(ctx context.Context, rules []byte) (bool, error) {
	serial := 0
	if _, err := fmt.Sscanf(string(rules), serialLine, &serial); err != nil || serial <= r.release.Pointer.Serial {
		return false, nil
	}
	_, _, err := r.Store.Get(ctx, manifest.LogPath(serial))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

const serialLine = "# serial %d\n"

// probe tries whether a store that nothing was published to honours conditions. It leaves a small object behind.
func (r *run) probe(ctx context.Context) error {
	probe := Object(r.Headers, probePath, []byte("1"))
	unsafe := func(what string) error {
		return fmt.Errorf("%w: %s; see that it supports conditional writes (If-Match, If-None-Match)", ErrUnsafe, what)
	}
	if err := r.Store.Create(ctx, probe); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	if err := r.Store.Create(ctx, probe); err == nil {
		return unsafe("it created one object twice")
	} else if !errors.Is(err, store.ErrConflict) {
		return err
	}
	there, stale, err := r.Store.Get(ctx, probePath)
	if err != nil {
		return err
	}
	probe.Body = append(there.Body, '1')
	if len(probe.Body) > 16 {
		probe.Body = []byte("2")
	}
	if err := r.Store.Swap(ctx, probe, stale); err != nil {
		if errors.Is(err, store.ErrConflict) { // another publisher probes at this moment: then the store refused one of us
			return nil
		}
		return err
	}
	probe.Body = append(probe.Body, '1')
	if err := r.Store.Swap(ctx, probe, stale); err == nil {
		return unsafe("it replaced an object that was no longer what the condition asked for")
	} else if !errors.Is(err, store.ErrConflict) {
		return err
	}
	return nil
}

// probePath is an object that only publishers read.
const probePath = "log/probe.json"
