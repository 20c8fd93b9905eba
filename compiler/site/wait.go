package site

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/compiler/manifest"
	"muster/compiler/note"
)

// ErrNotServed wraps what Wait saw last when it gave up.
var ErrNotServed = errors.New("it is not served yet")

// Clock is the time by which a wait goes.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error // returns early, with an error, when ctx ends
}

// WallClock is the machine's.
func WallClock() Clock { return Clock{time.Now, sleep} }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const pause = time.Second // between two looks at the pointer

// Wait asks for the pointer once a second until it is of a serial, or of a later one, and returns how long that took. What can't
// be read or does not answer meanwhile is asked again. After the limit it gives up, with an error that wraps ErrNotServed and
// the error of the last answer, if that was one. Signatures are not looked at: that is for package verify.
func (s *Site) Wait(ctx context.Context, serial int, limit time.Duration, c Clock) (took time.Duration, err error) {
	start := c.Now()
	for {
		there, err := s.serial(ctx)
		took = c.Now().Sub(start)
		switch {
		case ctx.Err() != nil:
			return took, ctx.Err()
		case err == nil && there >= serial:
			return took, nil
		case took >= limit && err != nil:
			return took, fmt.Errorf("%w after %s: reading %q: %w", ErrNotServed, limit, manifest.PointerPath, err)
		case took >= limit:
			return took, fmt.Errorf("%w after %s: the pointer is still of serial %d, not %d", ErrNotServed, limit, there, serial)
		}
		if err := c.Sleep(ctx, pause); err != nil {
			return took, err
		}
	}
}

// serial is that of the pointer that is served now.
func (s *Site) serial(ctx context.Context) (int, error) {
	a, err := s.GetFresh(ctx, manifest.PointerPath, note.MaxSize)
	if err != nil {
		return 0, err
	}
	p, err := ReadPointer(a.Body)
	if err != nil {
		return 0, err
	}
	return p.Serial, nil
}

// ReadPointer reads a pointer, signed or not; its signatures, if any, are not looked at.
func ReadPointer(document []byte) (*manifest.Pointer, error) {
	text, _, err := note.Split(document)
	if err != nil {
		return nil, err
	}
	return manifest.ParsePointer(text[:len(text)-1]) // without the newline
}
