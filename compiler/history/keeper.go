package history

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"
)

const (
	// keptFolder is where lines are kept, in the git folder that all work trees share. Git leaves folders that it does not know alone.
	keptFolder = "muster"

	// worthKeeping is from how many new commits on a line is written. With fewer a walk is soon done, and the file is written as a whole.
	worthKeeping = 1000

	// abandoned is the age from which on a file that somebody began to write is taken for left over.
	abandoned = time.Hour
)

// keeper keeps what walks along lines of first parents find out, in memory and in a file of the repository, so that the next
// walk reads only the commits that are new. All of it follows from the ids of commits, so it can't become wrong: not by a
// rewritten branch, and not by replace refs and grafts, which are ignored without it too. A file that is damaged, or
// is anything else, is no file; without one all answers are the same, but for the time.
//
// What comes from the file was held against the ids of its objects when it was written, and has but its own sum since: who may
// write into the git folder could make it lie, as they could git's own commit-graph. An object that is lost since is not missed.
//
// A clone that lacks a part of the history keeps nothing, so that it is refused as ever. The nil keeper keeps nothing.
type keeper struct {
	folder string   // the git folder
	prefix string   // of the repository
	roots  []string // the changes below them are kept
	worth  int      // from how many new commits on a line is kept

	mu   sync.Mutex
	read bool
	line *keptLine // nil: none
}

func newKeeper(folder, prefix string, roots []string) *keeper {
	return &keeper{folder: folder, prefix: prefix, roots: roots, worth: worthKeeping}
}

// scope is what the changes of a line depend on besides its commits.
func (k *keeper) scope() string { return fmt.Sprintf("%q below %q", k.roots, k.prefix) }

// file is the name of the file of the scope.
func (k *keeper) file() string {
	sum := sha256.Sum256([]byte(k.scope()))
	return fmt.Sprintf("%s/line-%x", keptFolder, sum[:8])
}

// known is the line that is kept, nil for none.
func (k *keeper) known() *keptLine {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.read {
		k.read = true
		if data, err := k.load(); err == nil {
			k.line = parseLine(data, k.scope())
		}
	}
	return k.line
}

// open opens the git folder; what leads out of it by a symbolic link is not there.
func (k *keeper) open() (*os.Root, error) {
	git, err := os.OpenRoot(k.folder)
	if err != nil {
		return nil, err
	}
	if info, err := git.Lstat(keptFolder); err == nil && !info.IsDir() {
		git.Close()
		return nil, &fs.PathError{Op: "open", Path: keptFolder, Err: fs.ErrInvalid}
	}
	return git, nil
}

// load reads the file.
func (k *keeper) load() ([]byte, error) {
	git, err := k.open()
	if err != nil {
		return nil, err
	}
	defer git.Close()
	info, err := git.Lstat(k.file())
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxKept { // a pipe would keep us waiting
		return nil, &fs.PathError{Op: "read", Path: k.file(), Err: fs.ErrInvalid}
	}
	f, err := git.Open(k.file())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, info.Size())
	_, err = io.ReadFull(f, data)
	return data, err
}

// keep takes a line for what is known from now on, and writes its file. Where that can't be done, as in a repository that
// may only be read, the next process has to walk again; that is not worth a word.
func (k *keeper) keep(data []byte) {
	if len(data) > maxKept {
		return
	}
	if line := parseLine(data, k.scope()); line != nil {
		k.mu.Lock()
		k.line, k.read = line, true
		k.mu.Unlock()
		_ = k.store(data)
	}
}

// store writes the file under another name first, so that nobody meets a part of it.
func (k *keeper) store(data []byte) error {
	git, err := k.open()
	if err != nil {
		return err
	}
	defer git.Close()
	if err := git.Mkdir(keptFolder, 0o777); err != nil && !os.IsExist(err) {
		return err
	}
	k.sweep(git)
	unfinished := k.file() + "." + rand.Text() + ".tmp"
	f, err := git.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = git.Rename(unfinished, k.file())
	}
	if err != nil {
		_ = git.Remove(unfinished)
	}
	return err
}

// sweep removes what writers left that were killed.
func (k *keeper) sweep(git *os.Root) {
	files, err := fs.Glob(git.FS(), k.file()+".*.tmp")
	for _, name := range files {
		if info, statErr := git.Lstat(name); err == nil && statErr == nil && time.Since(info.ModTime()) > abandoned {
			_ = git.Remove(name)
		}
	}
}
