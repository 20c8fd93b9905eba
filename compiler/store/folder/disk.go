package folder

import (
	"context"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// disk is all that is asked of the operating system. Each function is one step that can fail or be the last one
// before a crash; none of them does a second thing on the side.
type disk struct {
	stat    func(name string) (fs.FileInfo, error) // follows symbolic links
	lstat   func(name string) (fs.FileInfo, error) // doesn't
	readDir func(name string) ([]fs.DirEntry, error)
	mkdir   func(name string) error
	open    func(name string) (handle, error) // a file or a folder, for reading and for Sync
	create  func(name string) (handle, error) // a file that must not exist yet, for writing
	rename  func(from, to string) error       // replaces to, in one step
	remove  func(name string) error
	// lock makes the file if need be, waits until nobody else in any process holds it, or until ctx ends, and holds it until
	// what it returns is closed or the process ends.
	lock func(ctx context.Context, name string) (io.Closer, error)
}

// handle is an open file or folder.
type handle interface {
	io.ReadWriteCloser
	Sync() error // returns when the content, or the names in the folder, will survive a loss of power
}

// osDisk is the real one. Modes are the usual ones, less the umask: a web server often runs as another user.
func osDisk() disk {
	return disk{
		stat:    os.Stat,
		lstat:   os.Lstat,
		readDir: os.ReadDir,
		mkdir:   func(name string) error { return os.Mkdir(name, 0o755) },
		open: func(name string) (handle, error) {
			f, err := os.Open(name)
			return readOnly{f}, err
		},
		create: func(name string) (handle, error) {
			return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		},
		rename: os.Rename,
		remove: os.Remove,
		lock:   lockFile,
	}
}

// lockFile asks again and again: operating systems wait for a lock, but not for a context beside it.
func lockFile(ctx context.Context, name string) (io.Closer, error) {
	const pause = 5 * time.Millisecond
	l := flock.New(name, flock.SetPermissions(0o644))
	if _, err := l.TryLockContext(ctx, pause); err != nil {
		return nil, err
	}
	return l, nil
}

type readOnly struct{ *os.File }

// Sync does nothing on Windows, which flushes only what is open for writing, and never a folder.
func (f readOnly) Sync() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return f.File.Sync()
}
