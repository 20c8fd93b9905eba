package folder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"muster/compiler/store"
)

// named is a line of the test's pointer.
type named struct{ Path, SHA256 string }

// generation returns the output of the n-th compile of a little registry. canary changes with every generation, general
// with every second one, and the loader never. The pointer names every immutable object.
func generation(n int) Output {
	var out Output
	var names []named
	add := func(format, body string) {
		id := hashOf(body)
		o := store.Object{Path: fmt.Sprintf(format, id), Body: []byte(body)}
		out.Immutable = append(out.Immutable, o)
		names = append(names, named{o.Path, id})
	}
	add("manifests/canary/%s.json", fmt.Sprintf(`{"cohort":"canary","pin":"2.%d.0"}`, n))
	add("manifests/general/%s.json", fmt.Sprintf(`{"cohort":"general","pin":"1.%d.0"}`, n/2))
	add("loader/muster-%s.js", "export const load = () => {}\n")
	pointer, err := json.Marshal(names)
	if err != nil {
		panic(err)
	}
	out.Mutable = []store.Object{
		{Path: "_headers", Body: fmt.Appendf(nil, "/manifests/* generation %d\n", n)},
		{Path: "pointer.json", Body: pointer},
	}
	return out
}

func (out Output) pointer() store.Object { return out.Mutable[len(out.Mutable)-1] }

// old and current are the generations that the scenarios know: they share two of their three immutable objects.
var (
	old     = sync.OnceValue(func() Output { return generation(2) })
	current = sync.OnceValue(func() Output { return generation(3) })
)

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// files is a folder's content by slash-separated path, without the file that is locked.
type files map[string]string

// readFiles returns what is in dir, and nothing if there is no such folder.
func readFiles(d disk, dir string) (files, error) {
	list := files{}
	entries, err := d.readDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return list, nil
	}
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		sub, err := files{}, error(nil)
		if e.IsDir() {
			sub, err = readFiles(d, filepath.Join(dir, e.Name()))
		} else {
			sub[""], err = readFile(d, filepath.Join(dir, e.Name()))
		}
		if err != nil {
			return nil, err
		}
		for p, body := range sub {
			list[path.Join(e.Name(), p)] = body
		}
	}
	return list, err
}

func readFile(d disk, name string) (string, error) {
	h, err := d.open(name)
	if err != nil {
		return "", err
	}
	defer h.Close()
	body, err := io.ReadAll(h)
	return string(body), err
}

// promise returns how f breaks what Write promises at every instant, after those generations have been published in
// that order, the last one perhaps not to its end: a pointer is whole, and so is all that it names; and what is written
// before the pointer isn't older than the pointer.
func (f files) promise(generations ...Output) error {
	pointer, ok := f["pointer.json"]
	if !ok {
		return nil
	}
	i := slices.IndexFunc(generations, func(g Output) bool { return string(g.pointer().Body) == pointer })
	if i < 0 {
		return fmt.Errorf("the pointer is torn: %q", pointer)
	}
	for _, o := range generations[i].Mutable {
		if !slices.ContainsFunc(generations[i:], func(g Output) bool { return g.has(o.Path, f[o.Path]) }) {
			return fmt.Errorf("the pointer is of generation %d, and %q is %q", i, o.Path, f[o.Path])
		}
	}
	return f.named(pointer)
}

func (out Output) has(path, body string) bool {
	return slices.ContainsFunc(out.objects(), func(o store.Object) bool { return o.Path == path && string(o.Body) == body })
}

// named returns which of the objects that a pointer names is missing or different.
func (f files) named(pointer string) error {
	var names []named
	if err := json.Unmarshal([]byte(pointer), &names); err != nil {
		return err
	}
	for _, n := range names {
		body, ok := f[n.Path]
		if !ok || hashOf(body) != n.SHA256 {
			return fmt.Errorf("the pointer names %q, which is %q (%t)", n.Path, body, ok)
		}
	}
	return nil
}

// holds returns what of out isn't in f.
func (f files) holds(out Output) error {
	for _, o := range out.objects() {
		if body, ok := f[o.Path]; !ok || body != string(o.Body) {
			return fmt.Errorf("%q is %q (%t)", o.Path, body, ok)
		}
	}
	return nil
}

// complete returns what of out isn't in f, or what is left over.
func (f files) complete(out Output) error {
	for p := range f {
		if strings.Contains(p, tempPrefix) {
			return fmt.Errorf("%q is left over", p)
		}
	}
	return f.holds(out)
}

// keeps returns which file of before, other than those that out writes, is gone or changed.
func (f files) keeps(before files, out Output) error {
	for _, o := range out.objects() {
		delete(before, o.Path)
	}
	for p, body := range before {
		if f[p] != body && !strings.Contains(p, tempPrefix) {
			return fmt.Errorf("%q was %q and is %q", p, body, f[p])
		}
	}
	return nil
}

// pointerAlone is current with nothing but the pointer to be replaced.
func pointerAlone() Output { return Output{current().Immutable, []store.Object{current().pointer()}} }

// work is a way to put an output into a folder: a compile, or publishing.
type work struct {
	name string
	do   func(f folder, out Output) error
	old  func() Output // what earlier runs put there
}

var compiling = work{"a compile", func(f folder, out Output) error { return f.apply(context.Background(), out) }, old}

// scenario is a state of the disk, and what is to be done there.
type scenario struct {
	name  string
	work  work
	out   func() Output
	setup func(d disk, parent, dir string) error // parent exists; dir lies two levels below it and doesn't
	// unsettled says that what setup left is not durable yet.
	unsettled bool
}

var scenarios = []scenario{
	{"no folder", compiling, current, nothing, false},
	{"empty folder", compiling, current, makeDir, false},
	{"previous generation", compiling, current, func(d disk, parent, dir string) error {
		return errors.Join(makeDir(d, parent, dir), compiling.do(folder{dir, d}, old()),
			put(d, dir, "notes.txt", "not ours"),
			put(d, dir, tempPrefix+"A", "stale"), put(d, dir, "manifests/canary/"+tempPrefix+"B", "stale"),
			d.mkdir(filepath.Join(dir, "manifests", "gone")), put(d, dir, "manifests/gone/"+tempPrefix+"C", "stale"))
	}, false},
	{"damaged manifest", compiling, current, func(d disk, parent, dir string) error {
		torn := current()
		return errors.Join(makeDir(d, parent, dir), compiling.do(folder{dir, d}, old()),
			put(d, dir, torn.Immutable[0].Path, string(torn.Immutable[0].Body[:9])))
	}, false},
	{"same generation", compiling, current, func(d disk, parent, dir string) error {
		return errors.Join(makeDir(d, parent, dir), compiling.do(folder{dir, d}, current()))
	}, false},
	{"pointer alone", compiling, pointerAlone, makeDir, false},
	{"objects copied here and not synced", compiling, current, func(d disk, parent, dir string) error {
		return errors.Join(makeDir(d, parent, dir), folder{parent, d}.syncFolders(nil), copied(d, dir, current().Immutable, current()))
	}, true},
	{"publish, no folder", publishing, published, nothing, false},
	{"publish, previous generation", publishing, published, func(d disk, parent, dir string) error {
		return errors.Join(makeDir(d, parent, dir), publishing.do(folder{dir, d}, publishedBefore()),
			put(d, dir, tempPrefix+"A", "stale"), put(d, dir, "log/"+tempPrefix+"B", "stale"),
			d.mkdir(filepath.Join(dir, "manifests", "gone")), put(d, dir, "manifests/gone/"+tempPrefix+"C", "stale"))
	}, false},
	{"publish, one object", publishing, oneObject, nothing, false},
}

func nothing(disk, string, string) error { return nil }

// copied puts list, objects of out, where it belongs, as a careless program does.
func copied(d disk, dir string, list []store.Object, out Output) error {
	var errs []error
	for _, rel := range out.folders() {
		errs = append(errs, d.mkdir(filepath.Join(dir, rel)))
	}
	for _, o := range list {
		errs = append(errs, put(d, dir, o.Path, string(o.Body)))
	}
	return errors.Join(errs...)
}

func makeDir(d disk, _, dir string) error {
	return errors.Join(d.mkdir(filepath.Dir(dir)), d.mkdir(dir))
}

// put writes a file as a careless program does, without any fsync.
func put(d disk, dir, rel, body string) error {
	h, err := d.create(filepath.Join(dir, filepath.FromSlash(rel)))
	if err != nil {
		return err
	}
	_, err = io.Copy(h, bytes.NewBufferString(body))
	return errors.Join(err, h.Close())
}

// place is a fresh disk with a scenario on it.
type place struct {
	work work
	disk disk
	mem  *memDisk // nil on a real disk
	dir  string
	out  Output
}

// onDisk is without fsync, which only costs time where no power is lost.
func (s scenario) onDisk(t *testing.T) place {
	t.Helper()
	parent := t.TempDir()
	return s.at(t, place{s.work, dropping(osDisk(), always), nil, filepath.Join(parent, "site", "dist"), s.out()}, parent)
}

func (s scenario) inMemory(t *testing.T) place {
	t.Helper()
	m := newMemDisk()
	if err := m.disk().mkdir("/srv"); err != nil {
		t.Fatal(err)
	}
	m.root.settle()
	p := s.at(t, place{s.work, m.disk(), m, "/srv/site/dist", s.out()}, "/srv")
	if !s.unsettled {
		m.root.settle()
	}
	return p
}

func (s scenario) at(t *testing.T, p place, parent string) place {
	t.Helper()
	if err := s.setup(p.disk, parent, p.dir); err != nil {
		t.Fatal(err)
	}
	return p
}

// steps returns the steps of the work if nothing fails.
func (s scenario) steps(t *testing.T) []string {
	t.Helper()
	counted := &tap{}
	if err := s.inMemory(t).apply(counted); err != nil {
		t.Fatal(err)
	}
	return counted.log
}

// apply does the work with t on the disk.
func (p place) apply(t *tap) error {
	t.dir = p.dir
	return p.work.do(folder{p.dir, t.tapped(p.disk)}, p.out)
}

func (p place) files(t *testing.T) files {
	t.Helper()
	list, err := readFiles(p.disk, p.dir)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
