package history

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"

	"muster/compiler/recent"
)

// shelf holds the open packs of some object folders, for any number of readers.
//
// Indexes of many packs (multi-pack-index) are not read: git keeps the index of each pack beside them.
type shelf struct {
	folders []string

	mu    sync.Mutex
	known map[string]bool // the paths of the indexes that are open
	packs []*pack
}

// refresh opens the packs that have come since, and lists all. Those that are gone stay open, and are what they were.
func (s *shelf) refresh() []*pack {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, folder := range s.folders {
		files, err := os.ReadDir(filepath.Join(folder, "pack"))
		if err != nil {
			continue // there is none, or go-git says what is wrong
		}
		for _, f := range files {
			path := filepath.Join(folder, "pack", f.Name())
			if s.known[path] || !strings.HasSuffix(path, ".idx") {
				continue
			}
			opened, err := openPack(path)
			if err != nil {
				continue // what go-git makes of it counts
			}
			s.known[path] = true
			s.packs = append(s.packs, opened)
		}
	}
	return slices.Clone(s.packs)
}

func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, pack := range s.packs {
		errs = append(errs, pack.close())
	}
	s.packs = nil
	return errors.Join(errs...)
}

// packs reads the packs of a shelf. It is not safe for concurrent use.
type packs struct {
	shelf *shelf
	all   []*pack // the one that was asked with success last is the first

	inflater inflater
	delta    []byte // room for one
	chain    []link
	bases    *recent.Map[spot, object]
}

func newPacks(s *shelf) *packs {
	return &packs{shelf: s, all: s.refresh(), bases: recent.New[spot](cacheSize, object.weight)}
}

// spot is where an object is.
type spot struct {
	pack  *pack
	place int64
}

// object is an object, or as much as is known of it.
type object struct {
	kind plumbing.ObjectType
	size int64
	data []byte // nil where it was not asked for, and for more than maxObject bytes
}

func (o object) weight() int { return len(o.data) + 100 }

// ask puts a question about an object to the packs that have it, until one answers well. It fails with errMissing if none
// has it.
func (p *packs) ask(id plumbing.Hash, q question) (o object, err error) {
	err = errMissing
	for i, pack := range p.all {
		place, ok := pack.index.find(id)
		if !ok {
			continue
		}
		if o, err = q.packed(p, spot{pack, place}); err == nil {
			err = q.check(id, o)
		}
		if err == nil {
			p.all[0], p.all[i] = pack, p.all[0]
			return o, nil
		}
	}
	return object{}, err
}

// brief reads the type and the size of an object.
func (p *packs) brief(at spot) (object, error) {
	e, err := at.pack.at(at.place)
	if err != nil {
		return object{}, err
	}
	o := object{kind: e.kind, size: e.size}
	if !e.isDelta() {
		return o, nil
	}
	if o.size, err = p.resultSize(e); err != nil {
		return object{}, err
	}
	for range maxChain {
		if e, err = at.pack.at(e.base); err != nil || !e.isDelta() {
			o.kind = e.kind
			return o, err
		}
	}
	return object{}, errChain
}

// resultSize is how many bytes the object has that a delta makes.
func (p *packs) resultSize(delta packed) (int64, error) {
	var start [20 + maxMatch]byte
	n, err := p.inflater.prefix(start[:], delta.stream)
	if err != nil {
		return 0, err
	}
	_, size, _, err := deltaSizes(start[:n])
	return int64(size), err
}

// read reads an object, which is shared.
func (p *packs) read(at spot) (object, error) {
	p.chain = p.chain[:0]
	o, err := p.foot(at)
	for i := len(p.chain) - 1; err == nil && i >= 0; i-- {
		o, err = p.apply(o, p.chain[i], i == 0)
	}
	return o, err
}

// link is one of the deltas that make an object.
type link struct {
	at spot
	packed
}

// foot finds what a chain of deltas starts from, and notes the deltas on the way, the last one first.
func (p *packs) foot(at spot) (object, error) {
	for len(p.chain) <= maxChain {
		if len(p.chain) > 0 { // what was a base before is hardly ever asked for itself
			if o, ok := p.bases.Get(at); ok {
				return o, nil
			}
		}
		e, err := at.pack.at(at.place)
		if err != nil {
			return object{}, err
		}
		if e.isDelta() {
			p.chain = append(p.chain, link{at, e})
			at.place = e.base
			continue
		}
		o := object{kind: e.kind, size: e.size}
		if e.size > maxObject && len(p.chain) == 0 {
			return o, nil
		}
		if o.data, err = p.inflate(nil, e); err != nil {
			return object{}, err
		}
		return p.keep(at, o), nil
	}
	return object{}, errChain
}

// apply takes one step up a chain; the last one makes what was asked for.
func (p *packs) apply(base object, delta link, last bool) (object, error) {
	var err error
	if p.delta, err = p.inflate(p.delta, delta.packed); err != nil {
		return object{}, err
	}
	_, size, _, err := deltaSizes(p.delta)
	if err != nil {
		return object{}, err
	}
	o := object{kind: base.kind, size: int64(size)}
	if last && size > maxObject {
		return o, nil
	}
	if o.data, err = applyDelta(base.data, p.delta); err != nil {
		return object{}, err
	}
	return p.keep(delta.at, o), nil
}

// inflate inflates what a pack has of an object into a buffer if it is large enough, or else a new one.
func (p *packs) inflate(buffer []byte, e packed) ([]byte, error) {
	if e.size > maxBase {
		return nil, errBaseSize
	}
	if e.size/maxInflation > int64(len(e.stream)) {
		return nil, errEntry
	}
	if int64(cap(buffer)) < e.size {
		buffer = make([]byte, e.size)
	}
	buffer = buffer[:e.size]
	return buffer, p.inflater.inflate(buffer, e.stream)
}

// keep keeps what other objects may be deltas to. Commits hardly ever are.
func (p *packs) keep(at spot, o object) object {
	if o.kind != plumbing.CommitObject && o.weight() < p.bases.Limit()/4 {
		p.bases.Put(at, o)
	}
	return o
}
