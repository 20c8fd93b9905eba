package registry

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"
)

// bomb is a tree of a thousand folders, each of which holds the same thousand, and so on.
type bomb struct{}

type bombEntry string

func (e bombEntry) Name() string               { return string(e) }
func (e bombEntry) IsDir() bool                { return true }
func (e bombEntry) Type() fs.FileMode          { return fs.ModeDir }
func (e bombEntry) Mode() fs.FileMode          { return fs.ModeDir | 0o755 }
func (e bombEntry) Info() (fs.FileInfo, error) { return e, nil }
func (e bombEntry) Size() int64                { return 0 }
func (e bombEntry) ModTime() time.Time         { return time.Time{} }
func (e bombEntry) Sys() any                   { return nil }

func (bomb) Open(name string) (fs.File, error) { return nil, fs.ErrNotExist }
func (bomb) Stat(name string) (fs.FileInfo, error) {
	return bombEntry(name), nil
}
func (bomb) ReadDir(string) (all []fs.DirEntry, err error) {
	for i := range 1000 {
		all = append(all, bombEntry(fmt.Sprintf("d%d", i)))
	}
	return all, nil
}

func TestScanBomb(t *testing.T) {
	_, l, err := scan(bomb{})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, d := range l {
		if d.Rule == "tree/size" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%d findings say that the tree is too large: %v", count, l)
	}
}

// FuzzScan asks that any path below the registry's folders is either taken or named.
func FuzzScan(f *testing.F) {
	for _, name := range []string{"remotes/a.yaml", "remotes/A.yaml", "cohorts/x/y/z/b.yml", "remotes/.gitkeep", "remotes/\xff.yaml", "schema/x.cue", "remotes/a.yaml.bak"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !fs.ValidPath(name) || len(name) < 10 || (name[:8] != "remotes/" && name[:8] != "cohorts/") {
			return
		}
		files, l, err := scan(fstest.MapFS{name: {}, "schema/policy.cue": {}, "remotes/zz.yaml": {}, "cohorts/zz.yaml": {}})
		if err != nil {
			return
		}
		if taken := len(files["remotes"]) + len(files["cohorts"]); taken < 3 && name != "remotes/zz.yaml" && name != "cohorts/zz.yaml" && len(l) == 0 {
			t.Errorf("%q is neither taken nor named", name)
		}
	})
}
