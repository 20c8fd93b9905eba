package history

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// keptLine is what walks have found out about a line of first parents down to its root, as a file holds it: the newest commit
// first, since that is how a line is walked, with what is looked for (ids) apart from what is read on.
//
//	"muster line 1\n"
//	scope    string: the prefix and the roots of the changes
//	commits  number, at least one
//	first    number: the changes are told of the commits from this one on, counted from 0
//	end      number: and of those before this one
//	paths    number, and each a string
//	ids      of the commits, 20 bytes each
//	records  of the commits
//	sum      SHA-256 of all before it
//
// A record is the time (a number, in seconds), the number of further parents and their ids, and if its changes are told, their
// number and for each the path's index, a byte of two kinds (16 before + after) and the ids of the blobs that are not noFile. The
// first parent is the next commit. A number is a varint of encoding/binary, a string its length and its bytes.
type keptLine struct {
	ids []plumbing.Hash
	span
	paths   []string
	records []byte

	indexed sync.Once
	index   map[plumbing.Hash]int // of ids
}

// span are the places in a line from first on and before end. Those of the commits whose changes are told come one after another.
type span struct{ first, end int }

func (s span) tells(at int) bool { return s.first <= at && at < s.end }

const (
	keptMagic = "muster line 1\n"

	// maxKept is how large a file is read or written, in bytes. 83,000 commits of 300 remotes take four million.
	maxKept = 64 << 20

	// lastSecond is the latest time of a commit: see lastDate.
	lastSecond = 253_402_300_799
)

// kinds are the modes of files, in the order in which a file numbers them.
var kinds = []fs.FileMode{noFile: 0, 1: 0o644, 2: 0o755, 3: fs.ModeSymlink | 0o777, 4: fs.ModeIrregular}

const noFile = 0

// keptCommit is one commit of a line. Its header has no tree.
type keptCommit struct {
	header
	told    bool
	changes []byte // encoded
	number  int    // of changes
}

// parseLine reads the bytes of a file. It is nil for any that are not those of a line of that scope, whatever is the matter: all that
// the methods below rely on is checked here, so that they can't fail.
func parseLine(data []byte, scope string) *keptLine {
	body := len(data) - sha256.Size
	if body < 0 {
		return nil
	}
	if sum := sha256.Sum256(data[:body]); !bytes.Equal(sum[:], data[body:]) {
		return nil
	}
	r := keptReader{rest: data[:body]}
	if string(r.take(len(keptMagic))) != keptMagic || r.text() != scope {
		return nil
	}
	commits := r.number(len(r.rest) / len(plumbing.Hash{}))
	k := &keptLine{span: span{r.number(commits), r.number(commits)}, paths: make([]string, r.number(min(maxMet, len(r.rest))))}
	for i := range k.paths {
		k.paths[i] = r.text()
	}
	k.ids = r.ids(commits)
	k.records = r.rest
	for at := range k.ids {
		k.record(&r, at)
	}
	if r.bad || len(r.rest) > 0 || commits == 0 || k.first > k.end {
		return nil
	}
	return k
}

// find is the place of a commit in the line.
func (k *keptLine) find(id plumbing.Hash) (at int, ok bool) {
	if k.ids[0] == id { // mostly nothing has been committed since
		return 0, true
	}
	k.indexed.Do(func() {
		k.index = make(map[plumbing.Hash]int, len(k.ids))
		for i, id := range k.ids {
			k.index[id] = i
		}
	})
	at, ok = k.index[id]
	return at, ok
}

// from yields the commits from a place down to the root.
func (k *keptLine) from(at int) iter.Seq[keptCommit] {
	return func(yield func(keptCommit) bool) {
		r := keptReader{rest: k.records}
		for i := range k.ids {
			if c := k.record(&r, i); i >= at && !yield(c) {
				return
			}
		}
	}
}

// record reads the next record, of the commit at a place.
func (k *keptLine) record(r *keptReader, at int) keptCommit {
	c := keptCommit{told: k.tells(at)}
	c.id = k.ids[at]
	c.time = time.Unix(int64(r.uvarint(lastSecond)), 0).UTC()
	c.parents = k.ids[at+1 : min(at+2, len(k.ids)) : min(at+2, len(k.ids))]
	if others := r.number(len(r.rest) / len(c.id)); others > 0 {
		c.parents = append(c.parents, r.ids(others)...)
		r.bad = r.bad || at == len(k.ids)-1 // a root has no further parents either
	}
	if c.told {
		c.number = r.number(maxMet)
		start := r.rest
		for range c.number {
			if r.change(k.paths); r.bad {
				break
			}
		}
		c.changes = start[:len(start)-len(r.rest)]
	}
	return c
}

// changesOf decodes the changes of a commit, nil for none.
func (k *keptLine) changesOf(c keptCommit) []Change {
	if c.number == 0 {
		return nil
	}
	r := keptReader{rest: c.changes}
	changes := make([]Change, c.number)
	for i := range changes {
		changes[i] = r.change(k.paths)
	}
	return changes
}

// keptReader takes a file apart. Once anything makes no sense it is bad, and all that it reads is zero.
type keptReader struct {
	rest []byte
	bad  bool
}

func (r *keptReader) take(n int) []byte {
	if r.bad = r.bad || n > len(r.rest); r.bad {
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

// uvarint reads a number of at most limit.
func (r *keptReader) uvarint(limit uint64) uint64 {
	n, length := binary.Uvarint(r.rest)
	if r.bad = r.bad || length <= 0 || n > limit; r.bad {
		return 0
	}
	r.rest = r.rest[length:]
	return n
}

// number reads how many there are of something, or of bytes.
func (r *keptReader) number(limit int) int { return int(r.uvarint(uint64(limit))) }

func (r *keptReader) text() string { return string(r.take(r.number(len(r.rest)))) }

func (r *keptReader) id() (id plumbing.Hash) {
	copy(id[:], r.take(len(id)))
	return id
}

func (r *keptReader) ids(n int) []plumbing.Hash {
	raw := r.take(n * len(plumbing.Hash{}))
	ids := make([]plumbing.Hash, 0, len(raw)/len(plumbing.Hash{}))
	for chunk := range slices.Chunk(raw, len(plumbing.Hash{})) {
		ids = append(ids, plumbing.Hash(chunk))
	}
	return ids
}

func (r *keptReader) change(paths []string) (c Change) {
	path := r.number(len(paths))
	both := r.take(1)
	if r.bad = r.bad || path == len(paths); r.bad {
		return Change{}
	}
	c.Path, c.Before, c.After = paths[path], r.file(int(both[0]>>4)), r.file(int(both[0]&15))
	r.bad = r.bad || c.Before == c.After
	return c
}

func (r *keptReader) file(kind int) File {
	if r.bad = r.bad || kind >= len(kinds); r.bad || kind == noFile {
		return File{}
	}
	return File{ObjectID(r.id()), kinds[kind]}
}

// keptWriter makes a file of the commits of a line, the newest first.
type keptWriter struct {
	ids, records []byte
	span
	paths []string
	index map[string]int // of paths
}

// len is how many commits have been added.
func (w *keptWriter) len() int { return len(w.ids) / len(plumbing.Hash{}) }

// add adds a commit. Between two that tell their changes there must be none that does not.
func (w *keptWriter) add(h header, told bool, changes []Change) {
	if told && w.end == 0 {
		w.first = w.len()
	}
	w.ids = append(w.ids, h.id[:]...)
	others := h.parents[min(1, len(h.parents)):]
	w.records = binary.AppendUvarint(w.records, uint64(h.time.Unix()))
	w.records = binary.AppendUvarint(w.records, uint64(len(others)))
	for _, id := range others {
		w.records = append(w.records, id[:]...)
	}
	if !told {
		return
	}
	w.end = w.len()
	w.records = binary.AppendUvarint(w.records, uint64(len(changes)))
	for _, c := range changes {
		w.change(c)
	}
}

func (w *keptWriter) change(c Change) {
	path, known := w.index[c.Path]
	if !known {
		if w.index == nil {
			w.index = map[string]int{}
		}
		path = len(w.paths)
		w.index[c.Path] = path
		w.paths = append(w.paths, c.Path)
	}
	before, after := slices.Index(kinds, c.Before.Mode), slices.Index(kinds, c.After.Mode)
	w.records = binary.AppendUvarint(w.records, uint64(path))
	w.records = append(w.records, byte(before<<4|after))
	if before != noFile {
		w.records = append(w.records, c.Before.Blob[:]...)
	}
	if after != noFile {
		w.records = append(w.records, c.After.Blob[:]...)
	}
}

// bytes is the file.
func (w *keptWriter) bytes(scope string) []byte {
	data := appendText([]byte(keptMagic), scope)
	data = binary.AppendUvarint(data, uint64(w.len()))
	data = binary.AppendUvarint(data, uint64(w.first))
	data = binary.AppendUvarint(data, uint64(w.end))
	data = binary.AppendUvarint(data, uint64(len(w.paths)))
	for _, path := range w.paths {
		data = appendText(data, path)
	}
	data = append(append(data, w.ids...), w.records...)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

func appendText(data []byte, text string) []byte {
	return append(binary.AppendUvarint(data, uint64(len(text))), text...)
}
