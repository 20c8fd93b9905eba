package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"muster/compiler/store"
)

func publish(t *testing.T, dir string, out Output) {
	t.Helper()
	if err := Write(t.Context(), dir, out); err != nil {
		t.Fatal(err)
	}
}

func filesIn(t *testing.T, dir string) files {
	t.Helper()
	list, err := readFiles(osDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func writeFile(t *testing.T, name, body string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(body), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "site", "dist")
	all := files{}
	for n := range 4 {
		publish(t, dir, generation(n))
		for _, o := range generation(n).objects() {
			all[o.Path] = string(o.Body)
		}
		if got := filesIn(t, dir); !maps.Equal(got, all) {
			t.Errorf("after generation %d: %q, want %q", n, got, all)
		}
	}
	publish(t, dir, generation(1)) // a rollback
	if err := filesIn(t, dir).complete(generation(1)); err != nil {
		t.Error(err)
	}
}

func TestFolderRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"dist", "./a/b/../c/", "."} {
		publish(t, dir, current())
		if err := filesIn(t, filepath.Clean(dir)).complete(current()); err != nil {
			t.Errorf("%q: %v", dir, err)
		}
	}
}

// TestModes compares with files and folders made in the usual way: a web server that runs as another user can read them.
func TestModes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	publish(t, dir, current())
	writeFile(t, filepath.Join(dir, "usual", "file"), "")
	for name, usual := range map[string]string{"manifests": "usual", "manifests/general": "usual", "pointer.json": "usual/file"} {
		if got, want := mode(t, filepath.Join(dir, name)), mode(t, filepath.Join(dir, usual)); got != want {
			t.Errorf("%q has mode %v, want %v", name, got, want)
		}
	}
}

func mode(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func TestFolderRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		paths []string
		want  error
	}{
		{[]string{""}, store.ErrPath},
		{[]string{"."}, store.ErrPath},
		{[]string{"/etc/passwd"}, store.ErrPath},
		{[]string{"../pointer.json"}, store.ErrPath},
		{[]string{"manifests/../../pointer.json"}, store.ErrPath},
		{[]string{"manifests/.."}, store.ErrPath},
		{[]string{"manifests//a.json"}, store.ErrPath},
		{[]string{"./pointer.json"}, store.ErrPath},
		{[]string{"manifests/"}, store.ErrPath},
		{[]string{`manifests\a.json`}, store.ErrPath},
		{[]string{"a\xff.json"}, store.ErrPath},
		{[]string{".muster-tmp-1"}, errTempName},
		{[]string{".muster-tmp-1/a.json"}, errTempName},
		{[]string{".muster-lock"}, errLockName},
		{[]string{"a.json", "b.json", "a.json"}, errTwice},
	} {
		dir := filepath.Join(t.TempDir(), "dist")
		last := tt.paths[len(tt.paths)-1]
		for i := range tt.paths { // the last may be of either kind
			var out Output
			for _, p := range tt.paths[:i] {
				out.Immutable = append(out.Immutable, store.Object{Path: p})
			}
			for _, p := range tt.paths[i:] {
				out.Mutable = append(out.Mutable, store.Object{Path: p})
			}
			err := Write(t.Context(), dir, out)
			if !errors.Is(err, tt.want) || !strings.HasPrefix(err.Error(), fmt.Sprintf("writing %q: ", last)) {
				t.Errorf("%q: got error %v, want %v", tt.paths, err, tt.want)
			}
		}
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: the folder has been touched: %v", tt.paths, err)
		}
	}
	if err := Write(t.Context(), "", current()); !errors.Is(err, errNoDir) {
		t.Errorf("without a folder: got error %v", err)
	}
	if err := Write(t.Context(), t.TempDir(), Output{Mutable: []store.Object{{Path: "a\x00b"}}}); err == nil {
		t.Error("NUL in a name: got no error")
	}
}

// TestEqualLeftAlone: an output that is there already changes nothing, so that what looks at modification times, as rsync
// and the ETags of nginx do, sees no change.
func TestEqualLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	publish(t, dir, current())
	long := time.Unix(1_000_000_000, 0)
	for _, o := range current().objects() {
		if err := os.Chtimes(filepath.Join(dir, o.Path), long, long); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, dir, current())
	for _, o := range current().objects() {
		if info, err := os.Stat(filepath.Join(dir, o.Path)); err != nil || !info.ModTime().Equal(long) {
			t.Errorf("%q was written again (%v)", o.Path, err)
		}
	}
}

// TestDamaged damages an object of several buffers' length in every way that keeps its name.
func TestDamaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	body := strings.Repeat("0123456789abcdef", 10_000)
	o := store.Object{Path: "manifests/general/" + hashOf(body) + ".json", Body: []byte(body)}
	for _, damage := range []string{"", body[:len(body)-1], body + "x", body[:len(body)-1] + "x", "x" + body[1:]} {
		writeFile(t, filepath.Join(dir, o.Path), damage)
		publish(t, dir, Output{Immutable: []store.Object{o}})
		if got := filesIn(t, dir); got[o.Path] != body || len(got) != 1 {
			t.Errorf("after damage of length %d: there are %d files", len(damage), len(got))
		}
	}
}

// TestTaken: what is created once under a name that says nothing about its content isn't replaced.
func TestTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "serials/12.json"), "first")
	out := Output{[]store.Object{{Path: "serials/12.json", Body: []byte("second")}}, []store.Object{{Path: "pointer.json", Body: []byte("12")}}}
	err := Write(t.Context(), dir, out)
	const want = `writing "serials/12.json": the file exists with other content, and its name is not the hash of its content`
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	if got := filesIn(t, dir); !maps.Equal(got, files{"serials/12.json": "first"}) {
		t.Errorf("there is %q", got)
	}
	out.Immutable[0].Body = []byte("first")
	publish(t, dir, out)
}

func TestLinkedFile(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	writeFile(t, outside, "not ours")
	for _, o := range []store.Object{current().Immutable[0], current().pointer()} {
		link := filepath.Join(dir, o.Path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(outside, link)); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, dir, current())
	if err := filesIn(t, dir).complete(current()); err != nil {
		t.Error(err)
	}
	if !mode(t, filepath.Join(dir, "pointer.json")).IsRegular() {
		t.Error("the pointer is still a link")
	}
	if body, err := os.ReadFile(outside); string(body) != "not ours" {
		t.Errorf("the link was followed: %q, %v", body, err)
	}
}

func TestLinkedFolder(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	stale := filepath.Join(outside, tempPrefix+"1")
	writeFile(t, stale, "not ours")
	if err := os.Symlink(outside, filepath.Join(dir, "manifests")); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), dir, current()); !errors.Is(err, errNotFolder) {
		t.Errorf("got error %v, want %v", err, errNotFolder)
	}
	if got := filesIn(t, outside); !maps.Equal(got, files{filepath.Base(stale): "not ours"}) {
		t.Errorf("the link was followed: %q", got)
	}
}

func TestLinkedRoot(t *testing.T) {
	t.Parallel()
	dir, link := t.TempDir(), filepath.Join(t.TempDir(), "dist")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	publish(t, link, current())
	if err := filesIn(t, dir).complete(current()); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), link, current()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nowhere: got error %v", err)
	}
}

// TestSweep: only files, only of our kind, and only where the output goes.
func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stay := []string{"other/" + tempPrefix + "1", "manifests/" + tempPrefix + "folder/file", "manifests/general/notes.txt"}
	for _, p := range slices.Concat(stay, []string{tempPrefix + "2", "manifests/gone/deep/" + tempPrefix + "3"}) {
		writeFile(t, filepath.Join(dir, p), p)
	}
	publish(t, dir, current())
	want := files{}
	for _, p := range stay {
		want[p] = p
	}
	for _, o := range current().objects() {
		want[o.Path] = string(o.Body)
	}
	if got := filesIn(t, dir); !maps.Equal(got, want) {
		t.Errorf("there is %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// TestForgiven: what a file system can't do is no error where nothing more can be done about it.
func TestForgiven(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		step string // what fails, every time
		err  error
		want error
	}{
		{"fsync .", syscall.EINVAL, nil},
		{"fsync manifests", syscall.ENOTSUP, nil},
		{"fsync manifests", syscall.EIO, syscall.EIO},
		{"fsync " + tempPrefix + "*", syscall.EINVAL, syscall.EINVAL},
		{"open ..", syscall.EACCES, nil}, // the folder that holds dir, made by somebody else
		{"open .", syscall.EACCES, syscall.EACCES},
		{"remove " + tempPrefix + "*", fs.ErrNotExist, nil}, // another run was quicker
	} {
		p := scenarios[2].inMemory(t)
		log := &tap{}
		log.fail = func(n int) error {
			if log.log[n] == tt.step {
				return tt.err
			}
			return nil
		}
		if err := p.apply(log); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v: got error %v, want %v", tt.step, tt.err, err, tt.want)
		}
	}
}

// TestUnfinishedRemoved: a run that can't finish a file doesn't leave it to the next run, least of all on a full disk.
func TestUnfinishedRemoved(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"write ", "fsync ", "close ", "rename "} {
		p := scenarios[1].inMemory(t)
		log := &tap{}
		log.fail = func(n int) error {
			if n > 0 && strings.HasPrefix(log.log[n], kind) && strings.Contains(log.log[n-1], tempPrefix) {
				return syscall.ENOSPC
			}
			return nil
		}
		if err := p.apply(log); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: got error %v", kind, err)
		}
		if got := p.files(t); len(got) > 0 {
			t.Errorf("%s: %q is left", kind, got)
		}
	}
}

// TestManyAtOnce publishes several generations into one folder at the same time. None fails, and readers never see a pointer
// that names what isn't there.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	publish(t, dir, generation(0))
	var publishers sync.WaitGroup
	for n := range 4 {
		publishers.Go(func() {
			for range 20 {
				if err := Write(t.Context(), dir, generation(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { publishers.Wait(); close(done) }()
	looks := 0
	for running := true; running; looks++ {
		select {
		case <-done:
			running = false
		default:
		}
		if err := namedOnDisk(dir); err != nil {
			t.Error(err)
		}
	}
	publish(t, dir, generation(1))
	if err := filesIn(t, dir).complete(generation(1)); err != nil {
		t.Error(err)
	}
	t.Logf("%d looks", looks)
}

// namedOnDisk reads like a browser: the pointer first, then what it names.
func namedOnDisk(dir string) error {
	pointer, err := readFile(osDisk(), filepath.Join(dir, "pointer.json"))
	if err != nil {
		return err
	}
	found := files{}
	for n := range 4 {
		for _, o := range generation(n).Immutable {
			if body, err := readFile(osDisk(), filepath.Join(dir, o.Path)); err == nil {
				found[o.Path] = body
			}
		}
	}
	return found.named(pointer)
}

// BenchmarkFolder publishes 20 manifests of 5 MB, or 100 objects of 30 KB, into an empty folder and once more.
func BenchmarkWrite(b *testing.B) {
	for _, size := range []struct{ count, bytes int }{{20, 5 << 20}, {100, 30 << 10}} {
		var out Output
		for i := range size.count {
			body := strings.Repeat(fmt.Sprintf("%08d", i), size.bytes/8)
			path := fmt.Sprintf("manifests/cohort-%02d/%s.json", i%20, hashOf(body))
			out.Immutable = append(out.Immutable, store.Object{Path: path, Body: []byte(body)})
		}
		out.Mutable = []store.Object{{Path: "pointer.json", Body: []byte("{}")}}
		for _, again := range []string{"empty", "same"} {
			b.Run(fmt.Sprintf("%dx%dKB/%s", size.count, size.bytes>>10, again), func(b *testing.B) {
				dir := b.TempDir()
				for b.Loop() {
					if again == "empty" {
						b.StopTimer()
						dir = b.TempDir()
						b.StartTimer()
					}
					if err := Write(b.Context(), dir, out); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
