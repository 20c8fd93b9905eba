package history

import (
	"container/heap"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// lineage is the graph of commits and their parents, as far as it was needed. A commit is in it after all of its ancestors
// and has a higher generation than they, so that a search which takes the highest generation first meets each commit after
// all of its descendants: right whatever dates the commits bear.
type lineage struct {
	mu    sync.Mutex
	index map[plumbing.Hash]int
	kin   []kin
}

type kin struct {
	id         plumbing.Hash
	parents    []int
	generation int // 1 for a root
}

// ascent is a commit whose parents are being added, of which the kin has those that have been.
type ascent struct {
	header
	kin kin
}

// add adds a commit with all of its ancestors, and returns its index. The lock must be held.
func (l *lineage) add(r *Repository, id string) (int, error) {
	if l.index == nil {
		l.index = map[plumbing.Hash]int{}
	}
	h, err := r.header(id)
	if err != nil {
		return 0, err
	}
	for way := []*ascent{{header: h}}; len(way) > 0; {
		top := way[len(way)-1]
		if _, known := l.index[top.id]; known || len(top.kin.parents) == len(top.parents) {
			l.settle(top)
			way = way[:len(way)-1]
			continue
		}
		n := len(top.kin.parents)
		if i, known := l.index[top.parents[n]]; known {
			top.kin.parents = append(top.kin.parents, i)
			top.kin.generation = max(top.kin.generation, l.kin[i].generation)
			continue
		}
		h, err := r.parent(top.header, n+1)
		if err != nil {
			return 0, err
		}
		way = append(way, &ascent{header: h})
	}
	return l.index[h.id], nil
}

// settle adds a commit whose parents are there.
func (l *lineage) settle(a *ascent) {
	if _, known := l.index[a.id]; known {
		return
	}
	a.kin.id = a.id
	a.kin.generation++
	l.index[a.id] = len(l.kin)
	l.kin = append(l.kin, a.kin)
}

// side says which of the commits that a search started from reach a commit.
type side uint8

const (
	first  side = 1 << iota // the first of them does
	other                   // another one does
	common                  // a common ancestor does, which was met before
)

// search meets the ancestors of some commits, each after all of its descendants.
type search struct {
	lineage *lineage
	sides   map[int]side
	queue   []int           // commits yet to be met: a heap, with the highest generation on top
	waiting [common * 2]int // how many of them are on which sides
}

func (l *lineage) search() *search { return &search{lineage: l, sides: map[int]side{}} }

// reach notes that a commit is on a side.
func (s *search) reach(i int, of side) {
	before, known := s.sides[i]
	if known {
		s.waiting[before]--
	} else {
		heap.Push(s, i)
	}
	s.sides[i] = before | of
	s.waiting[before|of]++
}

// meet takes the next commit.
func (s *search) meet() (int, side) {
	i := heap.Pop(s).(int)
	of := s.sides[i]
	s.waiting[of]--
	return i, of
}

// spread puts the parents of a commit on some sides.
func (s *search) spread(i int, of side) {
	for _, p := range s.lineage.kin[i].parents {
		s.reach(p, of)
	}
}

func (s *search) Len() int { return len(s.queue) }
func (s *search) Less(i, j int) bool {
	return s.lineage.kin[s.queue[i]].generation > s.lineage.kin[s.queue[j]].generation
}
func (s *search) Swap(i, j int) { s.queue[i], s.queue[j] = s.queue[j], s.queue[i] }
func (s *search) Push(i any)    { s.queue = append(s.queue, i.(int)) }
func (s *search) Pop() any {
	last := len(s.queue) - 1
	i := s.queue[last]
	s.queue = s.queue[:last]
	return i
}
