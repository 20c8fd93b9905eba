package build

import (
	"cmp"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What a build may come to.
const (
	maxDescription = 4 << 20
	maxFile        = 64 << 20
	maxBytes       = 1 << 30 // of all files that are hashed
	maxEntries     = 10_000  // files and folders
)

// folder is a tree that is read within bounds.
type folder struct {
	tree    fs.FS
	entries int   // how many more files and folders may be listed
	bytes   int64 // how many more may be hashed
}

// list returns what a folder holds, by name.
func (f *folder) list(dir string) ([]fs.DirEntry, error) {
	opened, err := f.tree.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("reading folder: %w", err)
	}
	defer opened.Close()
	d, ok := opened.(fs.ReadDirFile)
	if !ok {
		return nil, fmt.Errorf("%q is not a folder", dir)
	}
	entries, err := d.ReadDir(f.entries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading folder: %w", err)
	}
	if f.entries -= len(entries); f.entries < 0 {
		return nil, fmt.Errorf("there are more than %d files and folders here; name the folder that the bundler wrote", maxEntries)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// walk returns the files of a folder and those below, by path. Links to folders are not followed; a file
// that is a link out of the tree is an error to whoever reads it.
func (f *folder) walk(dir string) (files []string, err error) {
	for pending := []string{dir}; len(pending) > 0; {
		dir := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		entries, err := f.list(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if name := path.Join(dir, e.Name()); e.IsDir() {
				pending = append(pending, name)
			} else {
				files = append(files, name)
			}
		}
	}
	slices.Sort(files)
	return files, nil
}

// open opens a regular file. It asks first what a name stands for: to open a pipe is to wait for its other end.
func (f *folder) open(name string) (fs.File, fs.FileInfo, error) {
	info, err := fs.Stat(f.tree, name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%q is not a file", name)
	}
	opened, err := f.tree.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading file: %w", err)
	}
	return opened, info, nil
}

func tooLarge(name string, limit int64) error {
	return fmt.Errorf("%q is larger than %d MiB", name, limit>>20)
}

// description reads a description, and tells when it was written.
func (f *folder) description(name string) ([]byte, time.Time, error) {
	opened, info, err := f.open(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer opened.Close()
	text, err := io.ReadAll(io.LimitReader(opened, maxDescription+1))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("reading %q: %w", name, err)
	}
	if len(text) > maxDescription {
		return nil, time.Time{}, tooLarge(name, maxDescription)
	}
	return text, info.ModTime(), nil
}

// hashed is a file whose Path is that in the tree.
type hashed struct {
	File
	modified time.Time
	module   bool // it can only be an ES module
}

// hash computes a file's integrity over its bytes as they are served. The error is fs.ErrNotExist if there is no such file.
func (f *folder) hash(name string) (hashed, error) {
	opened, info, err := f.open(name)
	if err != nil {
		return hashed{}, err
	}
	defer opened.Close()
	sum, ends := sha512.New384(), &ends{}
	size, err := io.Copy(io.MultiWriter(sum, ends), io.LimitReader(opened, maxFile+1))
	if err != nil {
		return hashed{}, fmt.Errorf("reading %q: %w", name, err)
	}
	if size > maxFile {
		return hashed{}, tooLarge(name, maxFile)
	}
	if f.bytes -= size; f.bytes < 0 {
		return hashed{}, fmt.Errorf("the build's code is more than %d MiB; name the folder that the bundler wrote", maxBytes>>20)
	}
	integrity := "sha384-" + base64.StdEncoding.EncodeToString(sum.Sum(nil))
	return hashed{File{name, integrity, size}, info.ModTime(), ends.module()}, nil
}

// ends keeps the beginning and the end of what is written to it.
type ends struct{ first, last []byte }

const endBytes = 4096

func (e *ends) Write(p []byte) (int, error) {
	if room := endBytes - len(e.first); room > 0 {
		e.first = append(e.first, p[:min(room, len(p))]...)
	}
	if e.last = append(e.last, p[max(0, len(p)-endBytes):]...); len(e.last) > endBytes {
		e.last = slices.Clone(e.last[len(e.last)-endBytes:])
	}
	return len(p), nil
}

// An import at the start and an export at the end are syntax errors in a script.
var (
	startsAsModule = regexp.MustCompile(`^\s*import(\s*["'{*]|\s+[\w$])`)
	endsAsModule   = regexp.MustCompile(`[;}\s]export\s*\{[\w$\s,]*\}\s*;?\s*(//# sourceMappingURL=\S*\s*)?$`)
)

func (e *ends) module() bool {
	return startsAsModule.Match(e.first) || endsAsModule.Match(e.last)
}

// addFiles adds the modules beside an entry that lies in the build's folder, and warns of what should not be served.
func (b *Build) addFiles(f *folder, dir, entry string) error {
	names, err := f.walk(dir)
	if err != nil {
		return err
	}
	var maps, outside, odd []string
	home := path.Dir(entry) + "/"
	for _, name := range names {
		below, beside := strings.CutPrefix("./"+name, "./"+strings.TrimPrefix(home, "./"))
		switch {
		case strings.HasSuffix(name, ".map"):
			maps = append(maps, name)
		case !isScript(name) || name == entry || b.Type != Module:
		case !beside:
			outside = append(outside, name)
		case strings.ContainsFunc(below, special):
			odd = append(odd, name)
		default:
			file, err := f.hash(name)
			if err != nil {
				return err
			}
			file.Path = "./" + below
			b.Files = append(b.Files, file.File)
		}
	}
	b.warn(maps, "source maps are in the build, and published with it: %s")
	b.warn(outside, "a release names files below its entry's folder only, so these have no integrity: %s")
	b.warn(odd, "a release can't name files whose names mean something else in a URL, so these have no integrity: %s")
	return nil
}

// special are characters that mean something else in a URL, or that a release's files field refuses.
func special(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`\?#:%`, r) }

func (b *Build) warn(names []string, format string) {
	if len(names) > 0 {
		b.Warnings = append(b.Warnings, fmt.Sprintf(format, listed(names, 5)))
	}
}

// listed are the first of some names, and how many there are besides.
func listed(names []string, most int) string {
	quoted := make([]string, 0, most)
	for _, name := range names[:min(most, len(names))] {
		quoted = append(quoted, quote(name))
	}
	text := strings.Join(quoted, ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
