package folder

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"muster/compiler/store"
)

var (
	errNoDir     = errors.New("the folder has no name")
	errNotFolder = errors.New("it is a file or a symbolic link in place of a folder, and nothing is read or written through one")
	errPublished = errors.New("it has been published to (it holds a folder \"log\"), and a compile would replace the published pointer; compile elsewhere with --out")
)

// Write writes out into the folder dir, making it and its parents if need be. If it returns nil, all of out is there
// and survives a loss of power. If it returns an error, or never returns, a pointer in dir is whole, old or new, and
// names nothing that is missing or different; calling Write again finishes the work and removes what was left over.
//
// The steps, in this order:
//
//   - paths are checked, and refused before anything is touched;
//   - the folder is locked against other runs, for as long as this one takes; Write waits for that until ctx ends;
//   - a folder that holds a folder "log" is refused: something has been published there, and what Write puts out is unsigned;
//   - temporary files of a run that crashed are removed, in dir and in the folders that out's paths begin with;
//   - immutable objects are written: temporary file in the same folder, write, fsync, close, rename;
//   - every folder that holds them is fsynced, up to dir, once per folder; the folder that holds dir, and those that hold
//     parents that Write had to make, have been already;
//   - mutable objects follow one by one, written the same way, each folder fsynced before the next object's turn.
//
// A file that has the right bytes already is fsynced and otherwise left alone, so that an equal output changes nothing,
// not even a modification time. Other files are never touched. dir itself may be a symbolic link to a folder; below it
// a link in place of a folder is an error, and one in place of a file is replaced, not followed.
//
// Errors name the object, `writing "manifests/…": …`, or the folder, and wrap the cause. Two runs at once on one dir, or on
// two names of it, come one after the other. Windows can't fsync a folder: there the promise covers crashes of the program,
// not of the machine.
func Write(ctx context.Context, dir string, out Output) error {
	if dir == "" {
		return errNoDir
	}
	return folder{filepath.Clean(dir), osDisk()}.apply(ctx, out)
}

// folder is an output folder on a disk.
type folder struct {
	dir  string
	disk disk
}

// path returns where the file or folder of that relative, slash-separated path is.
func (f folder) path(rel string) string { return filepath.Join(f.dir, filepath.FromSlash(rel)) }

func (f folder) apply(ctx context.Context, out Output) error {
	if err := out.check(); err != nil {
		return err
	}
	if err := f.makeRoot(); err != nil {
		return err
	}
	return f.locked(ctx, func() error { return f.replace(out) })
}

// replace puts out in the place of an earlier output. The folder is there, and locked.
func (f folder) replace(out Output) error {
	if err := f.unpublished(); err != nil {
		return fmt.Errorf("writing into folder %q: %w", f.dir, err)
	}
	if err := f.prepare(out); err != nil {
		return err
	}
	for _, o := range out.Immutable {
		if err := f.create(o); err != nil {
			return fmt.Errorf("writing %q: %w", o.Path, err)
		}
	}
	if err := f.syncFolders(out.folders()); err != nil {
		return err
	}
	for _, o := range out.Mutable {
		if err := f.update(o); err != nil {
			return fmt.Errorf("writing %q: %w", o.Path, err)
		}
	}
	return nil
}

// unpublished returns errPublished if there is a log: its first entry is in its place before the first pointer that is published.
func (f folder) unpublished() error {
	info, err := f.disk.lstat(f.path("log"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && info.IsDir():
		return errPublished
	}
	return err
}

// prepare removes what a crashed run left, which may be what fills the disk, and makes every folder that out needs.
func (f folder) prepare(out Output) error {
	ours := map[string]bool{}
	for _, d := range out.folders() {
		ours[d] = true
	}
	if err := f.sweep(".", ours); err != nil {
		return err
	}
	for _, d := range out.folders() {
		if err := f.makeFolder(d); err != nil {
			return fmt.Errorf("making folder %q: %w", f.path(d), err)
		}
	}
	return nil
}

// makeRoot makes the output folder and its missing parents. Each one's name is durable before the next is made; so if a
// run crashes here, only the last one that exists is in doubt when the next run comes, and is synced again.
func (f folder) makeRoot() error {
	var missing []string // deepest first
	at := f.dir
	for {
		_, err := f.disk.stat(at)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(at) == at {
			return fmt.Errorf("making folder %q: %w", f.dir, err)
		}
		missing = append(missing, at)
		at = filepath.Dir(at)
	}
	// A folder whose parent may not be read has as a rule been put there by somebody else, long ago.
	if err := f.syncHolder(at); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := f.disk.mkdir(missing[i]); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("making folder %q: %w", f.dir, err)
		}
		if err := f.syncHolder(missing[i]); err != nil {
			return err
		}
	}
	return nil
}

// makeFolder makes one folder below the root, whose parent exists. Its name is not durable before syncFolders.
func (f folder) makeFolder(rel string) error {
	err := f.disk.mkdir(f.path(rel))
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := f.disk.lstat(f.path(rel))
	if err == nil && !info.IsDir() {
		err = errNotFolder
	}
	return err
}

// sweep removes temporary files from the folder rel and the folders in it. Of those in the root it enters only ours: the
// rest of an output folder can be anybody's, and large. It does enter folders that this output no longer writes to, such
// as that of a cohort that is gone.
func (f folder) sweep(rel string, ours map[string]bool) error {
	entries, err := f.disk.readDir(f.path(rel))
	if err != nil {
		return fmt.Errorf("reading folder %q: %w", f.path(rel), err)
	}
	for _, e := range entries {
		p := path.Join(rel, e.Name())
		switch {
		case e.IsDir() && (rel != "." || ours[p]):
			err = f.sweep(p, ours)
		case e.Type().IsRegular() && strings.HasPrefix(e.Name(), tempPrefix):
			err = f.removeTemp(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f folder) removeTemp(rel string) error {
	err := f.disk.remove(f.path(rel))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // somebody who tidies up was quicker
		return fmt.Errorf("removing %q: %w", rel, err)
	}
	return nil
}

// create puts an immutable object in its place. Its content is durable then, its name only after syncFolders.
func (f folder) create(o store.Object) error {
	found, err := f.find(o)
	switch {
	case err != nil || found == whole:
		return err
	case found == different && !namedByContent(o):
		return errTaken
	}
	return f.write(o)
}

// update puts a mutable object in its place, durably.
func (f folder) update(o store.Object) error {
	found, err := f.find(o)
	if err == nil && found != whole {
		err = f.write(o)
	}
	if err != nil {
		return err
	}
	return f.sync(filepath.Dir(f.path(o.Path)))
}

// presence is what stands where an object belongs.
type presence uint8

const (
	absent    presence = iota
	whole              // a file with the object's bytes
	different          // anything else
)

// find looks for o. Content that is whole is also made durable: somebody may have copied the file here a moment ago.
func (f folder) find(o store.Object) (presence, error) {
	name := f.path(o.Path)
	info, err := f.disk.lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return absent, err
	case !info.Mode().IsRegular() || info.Size() != int64(len(o.Body)):
		return different, nil
	}
	file, err := f.disk.open(name)
	if err != nil {
		return absent, err
	}
	found := different
	same, err := equal(file, o.Body)
	if same {
		found, err = whole, file.Sync()
	}
	return found, cmp.Or(err, file.Close())
}

// equal reports whether r holds exactly the bytes of body.
func equal(r io.Reader, body []byte) (bool, error) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		if err != nil && err != io.EOF {
			return false, err
		}
		if !bytes.HasPrefix(body, buf[:n]) {
			return false, nil
		}
		body = body[n:]
		if err == io.EOF {
			return len(body) == 0, nil
		}
	}
}

// write replaces whatever stands where o belongs, in one step: readers see the old content or the new.
func (f folder) write(o store.Object) error {
	target := f.path(o.Path)
	temp := filepath.Join(filepath.Dir(target), tempPrefix+rand.Text())
	file, err := f.disk.create(temp)
	if err != nil {
		return err
	}
	_, err = file.Write(o.Body)
	if err == nil {
		err = file.Sync() // before the rename, or a crash could leave the name without the content
	}
	err = cmp.Or(err, file.Close())
	if err == nil {
		err = f.disk.rename(temp, target)
	}
	if err != nil {
		_ = f.disk.remove(temp) // the first error is the one to report; what stays here the next run removes
	}
	return err
}

// syncFolders makes the names in those folders durable, and the names in the root. It doesn't matter which of them this
// run has made: an earlier one may have crashed before it came to this point.
func (f folder) syncFolders(rels []string) error {
	for _, rel := range rels {
		if err := f.sync(f.path(rel)); err != nil {
			return err
		}
	}
	return f.sync(f.dir)
}

// syncHolder makes the name of a folder durable, in the folder that really holds it: ".." isn't cleaned away, because
// name may be a symbolic link.
func (f folder) syncHolder(name string) error {
	return f.sync(name + string(filepath.Separator) + "..")
}

// sync makes durable the names in a folder, or the content of a file.
func (f folder) sync(name string) error {
	d, err := f.disk.open(name)
	if err == nil {
		err = cmp.Or(flush(d), d.Close())
	}
	if err != nil {
		return fmt.Errorf("syncing %q: %w", name, err)
	}
	return nil
}

// flush does so through a handle. File systems that can't do so say EINVAL or that they don't
// support it, or that they are read-only; there is nothing more to be done on those.
func flush(h handle) error {
	err := h.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EROFS) {
		return nil
	}
	return err
}
