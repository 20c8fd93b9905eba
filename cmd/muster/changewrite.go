package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path"
	"slices"
	"syscall"
	"time"
)

// tryAgainError is an error that another run may not meet.
type tryAgainError struct{ error }

// ending are the signals that ask a run to end.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// atOnce opens the work tree for a run that looks at files and then renames others over them. Between the two nobody else may
// write, and other runs of muster wait for that. The folder itself is locked, so that a run that is killed leaves no lock.
func (c *changer) atOnce(do func(*os.Root) error) error {
	root, err := os.OpenRoot(c.globals.dir)
	if err != nil {
		return fmt.Errorf("writing the change: %w", err)
	}
	defer root.Close()
	folder, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("writing the change: %w", err)
	}
	defer folder.Close() // which unlocks it
	const patience = 10 * time.Second
	for until := time.Now().Add(patience); !tryLock(folder); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			return tryAgainError{fmt.Errorf("writing the change: another run of muster has been writing here for %s; see that it ends, and run the command again", patience)}
		}
	}
	signals := make(chan os.Signal, 1) // they end this run when all is written, or nothing
	signal.Notify(signals, ending...)
	defer signal.Stop(signals)
	return do(root)
}

// write puts files into the work tree: all of them, or none.
func (c *changer) write(files []*workFile) error {
	return c.atOnce(func(root *os.Root) error { return writeIn(root, files) })
}

func writeIn(root *os.Root, files []*workFile) error {
	for _, f := range files {
		if err := f.stillAsRead(root); err != nil {
			return err
		}
	}
	files = slices.DeleteFunc(slices.Clone(files), (*workFile).written)
	defer func() {
		for _, f := range files {
			root.Remove(f.temporary()) // those that were renamed are not there
		}
	}()
	for _, f := range files {
		if err := f.prepare(root, f.Bytes()); err != nil {
			return fmt.Errorf("writing %q: %w", f.path, err)
		}
	}
	for i, f := range files {
		err := f.stillAsRead(root)
		if err == nil {
			err = root.Rename(f.temporary(), f.path)
		}
		if err != nil {
			_, failed := putBack(root, files[:i])
			return errors.Join(err, failed)
		}
	}
	return nil
}

// stillAsRead makes sure that nobody has changed a file meanwhile, and that it is one.
func (w *workFile) stillAsRead(root *os.Root) (err error) {
	if w.info, err = root.Lstat(w.path); err != nil {
		return fmt.Errorf("writing the change: %w", err)
	}
	if !w.info.Mode().IsRegular() {
		return fmt.Errorf("writing the change: %q is no regular file; put the file itself there: links are not followed", w.path)
	}
	now, err := root.ReadFile(w.path)
	if err != nil {
		return fmt.Errorf("writing the change: %w", err)
	}
	if !bytes.Equal(now, w.disk) {
		return tryAgainError{fmt.Errorf("writing the change: %q has been changed since it was read; run the command again", w.path)}
	}
	return nil
}

// temporary is the name of a file beside the one whose place it is to take. registry.Load knows it: a run that is killed leaves it.
func (w *workFile) temporary() string {
	return path.Join(path.Dir(w.path), "."+path.Base(w.path)+".muster")
}

// prepare writes a text, down to the disk, into the temporary file. One that is there is what a run left that was killed: nobody
// else writes now.
func (w *workFile) prepare(root *os.Root, text []byte) error {
	if err := root.Remove(w.temporary()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	mode := w.info.Mode().Perm()
	to, err := root.OpenFile(w.temporary(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = to.Write(text)
	keepOwner(to, w.info)
	return errors.Join(err, to.Chmod(mode), to.Sync(), to.Close()) // the umask has a say in the mode of OpenFile
}

// putBack gives files the text that they had, but for those that are no longer what was written, which are left.
func putBack(root *os.Root, files []*workFile) (left []string, all error) {
	for _, f := range files {
		now, err := root.ReadFile(f.path)
		if err == nil && !bytes.Equal(now, f.Bytes()) || errors.Is(err, fs.ErrNotExist) {
			left = append(left, f.path)
			continue
		}
		if err == nil {
			err = f.prepare(root, f.disk)
		}
		if err == nil {
			err = root.Rename(f.temporary(), f.path)
		}
		if err != nil {
			all = errors.Join(all, fmt.Errorf("putting %q back: %w", f.path, err))
		}
	}
	return left, all
}
