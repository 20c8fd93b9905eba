package folder

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"muster/compiler/store"
)

// hold calls do while somebody else holds the lock on dir.
func hold(t *testing.T, dir string, do func()) {
	t.Helper()
	if err := (folder{dir, osDisk()}).locked(t.Context(), func() error { do(); return nil }); err != nil {
		t.Fatal(err)
	}
}

// soon calls do with a context that has a deadline. The clock is not the real one, so that nobody waits for it.
func soon(t *testing.T, do func(context.Context) error) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = do(ctx)
	})
	return err
}

// writing are the ways to write into a folder, each by a run of its own.
var writing = map[string]func(context.Context, folder) error{
	"compiling": func(ctx context.Context, f folder) error { return f.apply(ctx, current()) },
	"creating":  func(ctx context.Context, f folder) error { return newObjects(f).Create(ctx, store.Object{Path: "a"}) },
	"swapping": func(ctx context.Context, f folder) error {
		return newObjects(f).Swap(ctx, store.Object{Path: "counter"}, tagOf([]byte("0")))
	},
}

// TestLockWaits: whoever writes waits for the lock, until the context ends, and goes on when it is let go. Who reads doesn't.
func TestLockWaits(t *testing.T) {
	t.Parallel()
	for doing, write := range writing {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "counter"), "0")
		at := folder{dir, osDisk()}
		hold(t, dir, func() {
			err := soon(t, func(ctx context.Context) error { return write(ctx, at) })
			if !errors.Is(err, context.DeadlineExceeded) || doing != "compiling" && !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: got error %v, want one of the deadline", doing, err)
			}
			err = soon(t, func(ctx context.Context) error {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(time.Second/2, cancel)
				return write(ctx, at)
			})
			if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: got error %v, want one of the cancellation", doing, err)
			}
			if _, _, err := open(t, dir).Get(t.Context(), "counter"); err != nil {
				t.Error(err)
			}
			if got := filesIn(t, dir); !maps.Equal(got, files{"counter": "0"}) {
				t.Errorf("%s: there is %q", doing, got)
			}
		})
		if err := lockedFor(t, time.Second, at, write); err != nil {
			t.Errorf("%s after the lock was let go: %v", doing, err)
		}
	}
}

// lockedFor calls write while the folder is locked, and lets it go after a time.
func lockedFor(t *testing.T, long time.Duration, f folder, write func(context.Context, folder) error) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		begin, locked := time.Now(), make(chan struct{})
		go f.locked(t.Context(), func() error { close(locked); time.Sleep(long); return nil })
		<-locked
		err = write(t.Context(), f)
		if waited := time.Since(begin); waited < long {
			t.Errorf("it has waited for %v, want %v", waited, long)
		}
	})
	return err
}

// TestTurn: goroutines with one store wait for each other no longer than they want to.
func TestTurn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := soon(t, func(ctx context.Context) error {
		s := newObjects(folder{dir, osDisk()})
		s.turn <- struct{}{}
		err := s.Create(ctx, store.Object{Path: "a"})
		<-s.turn
		if err := s.Create(context.WithoutCancel(ctx), store.Object{Path: "a"}); err != nil {
			t.Error(err)
		}
		return err
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got error %v", err)
	}
}

// TestNoLocks: a file system without locks is refused, not used without.
func TestNoLocks(t *testing.T) {
	t.Parallel()
	for doing, write := range writing {
		for _, cause := range []error{syscall.ENOLCK, syscall.ENOTSUP, syscall.ENOSYS} {
			p := scenarios[1].inMemory(t)
			log := &tap{dir: p.dir}
			log.fail = func(n int) error {
				if strings.HasPrefix(log.log[n], "lock ") {
					return cause
				}
				return nil
			}
			if err := write(t.Context(), folder{p.dir, log.tapped(p.disk)}); !errors.Is(err, errNoLocks) || !errors.Is(err, cause) {
				t.Errorf("%s: got error %v, want %v", doing, err, errNoLocks)
			}
			if got := p.files(t); len(got) > 0 {
				t.Errorf("%s: there is %q", doing, got)
			}
		}
	}
}

// TestWrittenUnderLock: no step that changes anything below the root is taken without the lock, least of all the removal of
// what may be somebody else's.
func TestWrittenUnderLock(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		locked, written := false, 0
		for _, step := range s.steps(t) {
			kind, name, _ := strings.Cut(step, " ")
			switch {
			case kind == "lock" || kind == "unlock":
				locked = kind == "lock"
			case slices.Contains([]string{"create", "write", "rename", "mkdir", "remove"}, kind) && name != "." && !strings.HasPrefix(name, ".."):
				if written++; !locked {
					t.Errorf("%s: %q without the lock", s.name, step)
				}
			}
		}
		if locked || written == 0 && s.name != "same generation" {
			t.Errorf("%s: %d changes; still locked: %t", s.name, written, locked)
		}
	}
}

// TestPublishedRefusesCompile: an unsigned pointer never takes the place of one that was published.
func TestPublishedRefusesCompile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := publishTo(t.Context(), open(t, dir), published()); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir)
	err := Write(t.Context(), dir, current())
	if !errors.Is(err, errPublished) || !strings.HasPrefix(err.Error(), "writing into folder ") {
		t.Errorf("got error %v, want %v", err, errPublished)
	}
	if got := filesIn(t, dir); !maps.Equal(got, before) {
		t.Errorf("there was %q and is %q", before, got)
	}
	other := t.TempDir()
	writeFile(t, filepath.Join(other, "log"), "a file of somebody else")
	publish(t, other, current())
}
