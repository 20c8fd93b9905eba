package history

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/helper/polyfill"
)

// objectFolder is an object folder as go-git wants to see it: a git folder with nothing else in it, as a read-only file
// system. Symbolic links are followed wherever they lead (the `repo` tool and git-new-workdir make such), which go-git's
// own file systems refuse.
type objectFolder string

// billy completes the file system with the methods that reading does not need; they fail.
func (o objectFolder) billy() billy.Filesystem { return polyfill.New(o) }

// path is where a name of go-git's lies on disk. Alternates are hidden: objectFolders has read them already, and go-git
// would look for them again at each object it does not find.
func (o objectFolder) path(name string) (string, error) {
	if filepath.IsAbs(name) { // the Name of a file that was opened here
		return name, nil
	}
	slash := filepath.ToSlash(filepath.Clean(name))
	rest, ok := strings.CutPrefix(slash, "objects")
	if !ok || rest == "/info/alternates" {
		return "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return filepath.Join(string(o), filepath.FromSlash(rest)), nil
}

func (o objectFolder) Open(name string) (billy.File, error) {
	path, err := o.path(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

func (o objectFolder) Stat(name string) (os.FileInfo, error) {
	path, err := o.path(name)
	if err != nil {
		return nil, err
	}
	return os.Stat(path)
}

// ReadDir lists a folder. go-git asks for infos, so what is removed meanwhile is left out.
func (o objectFolder) ReadDir(name string) ([]os.FileInfo, error) {
	path, err := o.path(name)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	infos := make([]os.FileInfo, 0, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			infos = append(infos, info)
		}
	}
	return infos, err
}

func (objectFolder) Join(elem ...string) string { return filepath.Join(elem...) }

func (objectFolder) Create(string) (billy.File, error) { return nil, billy.ErrReadOnly }
func (objectFolder) OpenFile(string, int, os.FileMode) (billy.File, error) {
	return nil, billy.ErrReadOnly
}
func (objectFolder) Rename(string, string) error        { return billy.ErrReadOnly }
func (objectFolder) Remove(string) error                { return billy.ErrReadOnly }
func (objectFolder) MkdirAll(string, os.FileMode) error { return billy.ErrReadOnly }

// file is an open file; go-git wants to be able to lock it, and never does so to read.
type file struct{ *os.File }

func (file) Lock() error   { return billy.ErrReadOnly }
func (file) Unlock() error { return billy.ErrReadOnly }
