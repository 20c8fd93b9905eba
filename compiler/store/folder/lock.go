package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// lockName is the file in the root that whoever writes holds a lock on. It is never removed: two runs could then hold locks on
// two files of this name. The leading dot keeps it out of what static hosts serve and upload by default.
const lockName = ".muster-lock"

var (
	errLockFile = errors.New("the file " + lockName + " is a folder or a symbolic link; remove it")
	errNoLocks  = errors.New("its file system has no locks, so that two runs could spoil each other's work; take a folder on another one")
)

// locked does what nobody else may do at the same time: neither another process nor another goroutine. The root is there. A
// process that is killed holds no lock.
func (f folder) locked(ctx context.Context, do func() error) error {
	if err := f.lockable(); err != nil {
		return fmt.Errorf("locking folder %q: %w", f.dir, err)
	}
	held, err := f.disk.lock(ctx, f.path(lockName))
	if errors.Is(err, syscall.ENOLCK) || errors.Is(err, errors.ErrUnsupported) {
		err = fmt.Errorf("%w: %w", errNoLocks, err)
	}
	if err != nil {
		return fmt.Errorf("locking folder %q: %w", f.dir, err)
	}
	err = do()
	if stays := held.Close(); stays != nil { // even a conflict is less to know than that nobody can write any more
		return fmt.Errorf("unlocking folder %q: %w", f.dir, stays)
	}
	return err
}

// lockable returns an error if what is locked would lie behind a link.
func (f folder) lockable() error {
	info, err := f.disk.lstat(f.path(lockName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !info.Mode().IsRegular():
		return errLockFile
	}
	return err
}
