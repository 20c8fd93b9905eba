package folder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

func open(t *testing.T, dir string) store.Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "site")
	storetest.Conformance(t, func(t *testing.T, prefix string) store.Store {
		return open(t, filepath.Join(dir, filepath.FromSlash(prefix)))
	})
}

// TestStore: where it is and what it holds, as people and other programs see it.
func TestStore(t *testing.T) {
	t.Parallel()
	if _, err := Open(""); !errors.Is(err, errNoDir) {
		t.Errorf("without a folder: got error %v", err)
	}
	dir := filepath.Join(t.TempDir(), "site", "dist")
	s := open(t, dir+"/./")
	if got, want := s.String(), "file:"+filepath.ToSlash(dir); got != want || s.KeepsHeaders() {
		t.Errorf("got %q, keeps headers %t; want %q, false", got, s.KeepsHeaders(), want)
	}
	if _, _, err := s.Get(t.Context(), "pointer.json"); !errors.Is(err, store.ErrNotFound) || fileExists(dir) {
		t.Errorf("got error %v; is the folder there? %t", err, fileExists(dir))
	}
	all := files{}
	for n := range 3 {
		if err := publishTo(t.Context(), s, publication(n)); err != nil {
			t.Fatal(err)
		}
		for _, o := range publication(n).objects() {
			all[o.Path] = string(o.Body)
		}
		if got := filesIn(t, dir); !maps.Equal(got, all) {
			t.Errorf("after serial %d: %q, want %q", n, got, all)
		}
	}
	if m := mode(t, filepath.Join(dir, lockName)); !m.IsRegular() {
		t.Errorf("the file that is locked has mode %v", m)
	}
}

// TestStoreRemembers: what is durable or swept already costs nothing for the next object, however many there are.
func TestStoreRemembers(t *testing.T) {
	t.Parallel()
	log := &tap{dir: "/"}
	s := newObjects(folder{"/", log.tapped(newMemDisk().disk())})
	for n := range 2 {
		log.log = nil
		if err := s.Create(t.Context(), store.Object{Path: fmt.Sprintf("manifests/general/%d.json", n)}); err != nil {
			t.Fatal(err)
		}
	}
	slow := slices.DeleteFunc(log.log, func(step string) bool {
		return !strings.HasPrefix(step, "fsync ") && !strings.HasPrefix(step, "readdir ")
	})
	if want := []string{"fsync manifests/general/" + tempPrefix + "*", "fsync manifests/general"}; !slices.Equal(slow, want) {
		t.Errorf("the second object took %q, want %q", slow, want)
	}
}

func fileExists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// everything is done to s and the object at p. It returns the errors, by what was done.
func everything(ctx context.Context, s store.Store, p string) map[string]error {
	o := store.Object{Path: p, Body: []byte("new")}
	_, _, err := s.Get(ctx, p)
	return map[string]error{"reading": err, "creating": s.Create(ctx, o), "swapping": s.Swap(ctx, o, tagOf([]byte("not ours")))}
}

// TestStoreRefuses: links in the place of folders, objects and the file that is locked, folders in the place of objects,
// files in the place of folders, and names that are kept.
func TestStoreRefuses(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(outside, "file"), "not ours")
	writeFile(t, filepath.Join(outside, tempPrefix+"1"), "not ours")
	writeFile(t, filepath.Join(dir, "log", "1.json"), "{}")
	for link, to := range map[string]string{"folder": outside, "file": filepath.Join(outside, "file"), "nowhere": filepath.Join(outside, "none"), "inside": "log"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	before := filesIn(t, outside)
	for p, want := range map[string]error{
		"folder/file":       errNotFolder,
		"folder/new":        errNotFolder,
		"inside/1.json":     errNotFolder,
		"nowhere/a":         errNotFolder,
		"log/1.json/a":      errNotFolder,
		"file":              errNotFile,
		"nowhere":           errNotFile,
		"folder":            errNotFile,
		"log":               errNotFile,
		lockName:            errLockName,
		tempPrefix + "1":    errTempName,
		"log/" + tempPrefix: errTempName,
	} {
		for doing, err := range everything(t.Context(), open(t, dir), p) {
			if !errors.Is(err, want) || !strings.HasPrefix(err.Error(), fmt.Sprintf("%s %q: ", doing, p)) {
				t.Errorf("%s %q: got error %v, want %v", doing, p, err, want)
			}
		}
	}
	if got := filesIn(t, outside); !maps.Equal(got, before) {
		t.Errorf("outside there was %q and is %q", before, got)
	}
}

// TestStoreLockIsLink: nothing is made through it.
func TestStoreLockIsLink(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "file")
	if err := os.Symlink(outside, filepath.Join(dir, lockName)); err != nil {
		t.Fatal(err)
	}
	errs := everything(t.Context(), open(t, dir), "a")
	delete(errs, "reading")
	errs["compiling"] = Write(t.Context(), dir, current())
	for doing, err := range errs {
		if !errors.Is(err, errLockFile) {
			t.Errorf("%s: got error %v, want %v", doing, err, errLockFile)
		}
	}
	if fileExists(outside) {
		t.Error("the link was followed")
	}
}

// TestStoreRootIsLink: the folder may be known by two names.
func TestStoreRootIsLink(t *testing.T) {
	t.Parallel()
	dir, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := publishTo(t.Context(), open(t, link), published()); err != nil {
		t.Fatal(err)
	}
	if err := filesIn(t, dir).complete(published()); err != nil {
		t.Error(err)
	}
	hold(t, dir, func() {
		if err := soon(t, func(ctx context.Context) error { return open(t, link).Create(ctx, store.Object{Path: "a"}) }); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("while the folder was locked by its other name: got error %v", err)
		}
	})
}

func TestStoreTooLarge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a"), "")
	for size, want := range map[int64]error{store.MaxSize + 1: errTooLarge, store.MaxSize: nil} {
		if err := os.Truncate(filepath.Join(dir, "a"), size); err != nil {
			t.Fatal(err)
		}
		if _, _, err := open(t, dir).Get(t.Context(), "a"); !errors.Is(err, want) {
			t.Errorf("%d bytes: got error %v, want %v", size, err, want)
		}
	}
}

// TestStoreErrors: what an operating system says, and what a publisher is told.
func TestStoreErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		step string // what fails, every time
		err  error
		want error
		does string
	}{
		{"lock " + lockName, syscall.EACCES, store.ErrRefused, "creating"},
		{"unlock " + lockName, syscall.EIO, syscall.EIO, "creating"},
		{"create " + tempPrefix + "*", syscall.EPERM, store.ErrRefused, "swapping"},
		{"open pointer.json", syscall.EACCES, store.ErrRefused, "reading"},
		{"read pointer.json", syscall.EIO, syscall.EIO, "swapping"},
		{"fsync pointer.json", syscall.EIO, syscall.EIO, "reading"},
		{"fsync pointer.json", syscall.EROFS, nil, "reading"},
		{"fsync .", syscall.EINVAL, nil, "reading"},
	} {
		m := newMemDisk()
		log := &tap{dir: "/"}
		s := newObjects(folder{"/", log.tapped(m.disk())})
		o := store.Object{Path: "pointer.json"}
		if err := s.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		log.fail = func(n int) error {
			if log.log[n] == tt.step {
				return tt.err
			}
			return nil
		}
		_, _, err := s.Get(t.Context(), o.Path)
		errs := map[string]error{"reading": err, "swapping": s.Swap(t.Context(), o, tagOf(nil)), "creating": s.Create(t.Context(), store.Object{Path: "a"})}
		if err := errs[tt.does]; !errors.Is(err, tt.want) || err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%s: %v: %s: got error %v, want %v", tt.step, tt.err, tt.does, err, tt.want)
		}
	}
}
