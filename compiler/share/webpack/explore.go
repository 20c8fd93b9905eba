package webpack

import (
	"slices"
	"strconv"

	"muster/compiler/share/federation"
)

// Explore tries the load orders of a contest: every order in which entries can arrive and apps can import the package, one
// scope after the other. Orders that can't differ in anything are tried once. It is false if there are more than limit
// states in a scope.
func Explore(c Contest, limit int) (federation.Reach, bool) {
	found := gather()
	for _, r := range c.rooms() {
		x := explorer{room: r, decisive: r.decisive(), found: found}
		if !x.run(limit) {
			return federation.Reach{}, false
		}
	}
	return found.done(), true
}

// explorer goes through the states of a room.
type explorer struct {
	*room
	decisive func(version string) bool
	found    *gathered
	farthest *state // in which singletons got the most copies
}

// state is a room on the way through an order of events.
type state struct {
	versions
	came   []bool            // by comer
	done   []int             // by importer, how often it imported, as far as that matters
	apart  []federation.Copy // that singletons got, sorted
	parent *state
	event  federation.Event
}

func (x *explorer) run(limit int) bool {
	first := &state{versions: x.start, came: make([]bool, len(x.comers)), done: make([]int, len(x.imports))}
	queue, seen := []*state{first}, map[string]bool{first.key(): true}
	x.farthest = first
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, next := range x.next(s) {
			if key := next.key(); !seen[key] {
				if seen[key] = true; len(seen) > limit {
					return false
				}
				queue = append(queue, next)
			}
		}
	}
	x.found.apart(x.farthest.apart, x.order(x.farthest))
	return true
}

// next are the states that an event leads to.
func (x *explorer) next(s *state) (all []*state) {
	for _, i := range x.arrivals(s) {
		all = append(all, x.arrive(s, i))
	}
	for i := range x.imports {
		if x.may(s, i) {
			all = append(all, x.imported(s, i))
		}
	}
	return all
}

// arrivals are the entries that may come in next. If nothing is chosen before all are there, the order of those that bring
// no decisive version does not matter: they come when the others have.
func (x *explorer) arrivals(s *state) []int {
	if !x.early && !x.hostDone(s, 1) {
		return nil
	}
	var waiting, decisive []int
	for i, c := range x.comers {
		if s.came[i] {
			continue
		}
		waiting = append(waiting, i)
		if slices.ContainsFunc(c.brings, func(d federation.Declaration) bool {
			v := own(c.name, d).Version
			return x.decisive(v) && s.find(v) < 0
		}) {
			decisive = append(decisive, i)
		}
	}
	switch {
	case x.hasty || len(waiting) < 2:
		return waiting
	case len(decisive) == 0:
		return waiting[:1]
	}
	return decisive
}

// hostDone reports whether the host has made so many of its imports.
func (x *explorer) hostDone(s *state, least int) bool {
	for i, im := range x.imports {
		if im.isHosts() && s.done[i] > 0 {
			least--
		}
	}
	return least <= 0
}

// may reports whether an importer may import. The host's eager ones may at any time, and each time ask anew; all others wait
// until every entry is there.
func (x *explorer) may(s *state, i int) bool {
	im := x.imports[i]
	switch {
	case im.initial:
		return true
	case slices.Contains(s.came, false):
		return false
	case im.isHosts():
		return s.done[i] == 0
	}
	return (!x.first || x.hostDone(s, x.hosts())) && s.done[i] < im.names
}

func (x *explorer) hosts() (n int) {
	for _, im := range x.imports {
		if im.isHosts() {
			n++
		}
	}
	return n
}

func (s *state) after(e federation.Event) *state {
	return &state{versions: s.clone(), came: s.came, done: s.done, apart: s.apart, parent: s, event: e}
}

func (x *explorer) arrive(s *state, i int) *state {
	n := s.after(federation.Event{App: x.comers[i].name, Verb: federation.Arrives})
	n.came = slices.Clone(s.came)
	n.came[i] = true
	n.admit(x.comers[i])
	return n
}

func (x *explorer) imported(s *state, i int) *state {
	im := x.imports[i]
	n := s.after(federation.Event{App: im.app, Verb: federation.Imports})
	out := x.ranges.choose(&n.versions, im.request)
	if at, known := slices.BinarySearchFunc(s.apart, out.Copy, compareCopies); im.Singleton && out.Err == "" && !known {
		n.apart = slices.Insert(slices.Clone(s.apart), at, out.Copy)
	}
	changed := len(n.apart) > len(s.apart) || !slices.Equal(n.copies, s.copies)
	if im.isHosts() && s.done[i] == 0 || changed && im.Singleton && im.names < len(n.copies) {
		n.done = slices.Clone(s.done)
		n.done[i]++
	}
	x.note(n, im, out)
	return n
}

// note keeps what an import brought.
func (x *explorer) note(s *state, im importer, out federation.Outcome) {
	if len(s.apart) > len(x.farthest.apart) {
		x.farthest = s
	}
	providers := []string{out.Copy.Provider}
	if i := slices.IndexFunc(x.comers, func(c comer) bool { return c.name == out.Copy.Provider }); x.hasty && i >= 0 {
		providers = x.comers[i].names // each of them may have been the first
	}
	x.found.add(im.Consumer, out, func() []federation.Event { return x.order(s) }, providers...)
}

// order is the way to a state.
func (x *explorer) order(s *state) (events []federation.Event) {
	for ; s.parent != nil; s = s.parent {
		events = append(events, s.event)
	}
	slices.Reverse(events)
	return slices.Concat(x.opening, events)
}

// key tells states apart by everything that decides what can still happen.
func (s *state) key() string {
	var b []byte
	for _, came := range s.came {
		b = strconv.AppendBool(b, came)
	}
	for _, n := range s.done {
		b = append(strconv.AppendInt(b, int64(n), 10), ' ')
	}
	for _, c := range s.copies {
		b = append(append(append(append(b, c.Version...), 0), c.Provider...), 0)
		b = strconv.AppendBool(strconv.AppendBool(b, c.loaded), c.eager)
	}
	for _, c := range s.apart {
		b = append(append(append(append(b, c.Version...), 0), c.Provider...), 0)
	}
	return string(b)
}
