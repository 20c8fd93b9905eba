package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// inFolder is a changer of a folder with one file, and that file, with another text to be written.
func inFolder(t *testing.T) (*changer, *workFile, string) {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "a.yaml")
	if err := os.WriteFile(name, []byte("name: a\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	return &changer{globals: &globals{dir: dir}}, testFile(t, "a.yaml", "name: a\n"), name
}

func textOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWriteAtOnce: between the look at a file and its replacement nobody else comes in.
func TestWriteAtOnce(t *testing.T) {
	if folder, err := os.Open(t.TempDir()); err != nil || tryLock(folder) && tryLockAgain(t, folder.Name()) {
		t.Skip("folders can't be locked here")
	}
	c, w, name := inFolder(t)
	done := make(chan error)
	err := c.atOnce(func(root *os.Root) error {
		go func() { done <- c.write([]*workFile{w}) }()
		time.Sleep(100 * time.Millisecond) // time enough for it to do what it must not
		if got := textOf(t, name); got != "name: a\n" {
			t.Errorf("somebody has written %q meanwhile", got)
		}
		return root.WriteFile("a.yaml", []byte("name: b\n"), 0o640)
	})
	if err != nil {
		t.Fatal(err)
	}
	var again tryAgainError
	if err := <-done; !errors.As(err, &again) {
		t.Errorf("writing over a file that has been changed: %v, want an error to try again", err)
	}
	if got := textOf(t, name); got != "name: b\n" {
		t.Errorf("the file has %q, want what came first", got)
	}
}

func tryLockAgain(t *testing.T, dir string) bool {
	t.Helper()
	folder, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	return tryLock(folder)
}

// TestWriteAfterKill: what a run left that was killed is in nobody's way.
func TestWriteAfterKill(t *testing.T) {
	c, w, name := inFolder(t)
	left := filepath.Join(filepath.Dir(name), w.temporary())
	if err := os.WriteFile(left, []byte("name: ch"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.write([]*workFile{w}); err != nil {
		t.Fatal(err)
	}
	if got := textOf(t, name); got != "name: changed\n" {
		t.Errorf("the file has %q", got)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file's mode is %v, %v; want that which it had", info.Mode(), err)
	}
	if _, err := os.Lstat(left); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", left, err)
	}
}
