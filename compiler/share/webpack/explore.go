package webpack

import (
	"slices"
	"strconv"

	"muster/compiler/share/federation"
)

// Explore tries the load orders of a contest: every order in which entries can arrive and apps can import the package, one
// scope after the other. Orders that can't differ in anything are tried once. Apart is put together from all scopes, and its
// order leads to the most that come from one. It is false if there are more than limit states in a scope.
func Explore(c Contest, limit int) (federation.Reach, bool) {
	found := gather()
	rooms := c.rooms()
	slices.SortStableFunc(rooms, func(a, b *room) int { return len(a.imports) - len(b.imports) })
	for _, r := range rooms {
		x := explorer{room: r, decisive: r.decisive(), kinds: r.kinds(), found: found}
		if !x.run(limit) {
			return federation.Reach{}, false
		}
	}
	return found.done(), true
}

// explorer goes through the states of a room.
type explorer struct {
	*room
	decisive map[string]bool // versions; nil: everything is
	kinds    []string        // of importers: those of one kind do the same to the room
	found    *gathered
	farthest *state // in which singletons got the most copies that they get in no room before
}

// state is a room on the way through an order of events.
type state struct {
	versions
	came   []bool            // by comer
	done   []int             // by importer, how often it imported, as far as that matters
	apart  []federation.Copy // that singletons got, sorted
	parent *state
	events []federation.Event // that lead here from there
}

func (x *explorer) run(limit int) bool {
	first := &state{events: x.opening, versions: x.start, came: make([]bool, len(x.comers)), done: make([]int, len(x.imports))}
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
	for _, comers := range x.arrivals(s) {
		all = append(all, x.arrive(s, comers))
	}
	for i := range x.imports {
		if !x.may(s, i) {
			continue
		}
		if n := x.consume(s, i); n.done[i] == s.done[i] || x.before(s, i) < 2 {
			all = append(all, n)
		}
	}
	return all
}

// before counts the apps like an importer, and before it, that are still to import. It makes no difference which of them
// does, but for what the others can still get: with a choice of two, each has its turn later.
func (x *explorer) before(s *state, i int) (n int) {
	for j, im := range x.imports[:i] {
		if x.kinds[j] == x.kinds[i] {
			n += im.names - s.done[j]
		}
	}
	return n
}

// arrivals are the entries that may come in next, one or several. If nothing is chosen before all are there, it only matters
// which decisive versions come first, and not with whom: the others come when these have.
func (x *explorer) arrivals(s *state) (all [][]int) {
	if !x.early && x.left(s) == x.hosts {
		return nil
	}
	var waiting []int
	var brought [][]string
	for i := range x.comers {
		if s.came[i] {
			continue
		}
		waiting = append(waiting, i)
		news := x.decides(s, i)
		if x.decisive == nil || len(news) > 0 && !slices.ContainsFunc(brought, func(b []string) bool { return slices.Equal(b, news) }) {
			all, brought = append(all, []int{i}), append(brought, news)
		}
	}
	if len(all) == 0 && len(waiting) > 0 {
		return [][]int{waiting}
	}
	return all
}

// decides are the decisive versions that would come with an entry.
func (x *explorer) decides(s *state, i int) (versions []string) {
	for _, d := range x.comers[i].brings {
		if v := own(x.comers[i].name, d).Version; x.decisive[v] && s.find(v) < 0 {
			versions = append(versions, v)
		}
	}
	return versions
}

// left counts the host's imports that are still to come.
func (x *explorer) left(s *state) (n int) {
	for i, im := range x.imports {
		if im.isHosts() && s.done[i] == 0 {
			n++
		}
	}
	return n
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
	return (!x.first || x.left(s) == 0) && s.done[i] < im.names
}

func (x *explorer) arrive(s *state, comers []int) *state {
	n := s.after()
	n.came = slices.Clone(s.came)
	for _, i := range comers {
		n.came[i] = true
		n.admit(x.comers[i])
		n.events = append(n.events, federation.Event{App: x.comers[i].name, Verb: federation.Arrives})
	}
	return n
}

func (s *state) after() *state {
	return &state{versions: s.clone(), came: s.came, done: s.done, apart: s.apart, parent: s}
}

func (x *explorer) consume(s *state, i int) *state {
	im := x.imports[i]
	n := s.after()
	n.events = []federation.Event{{App: im.app, Verb: federation.Imports}}
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
	if x.found.news(s.apart) > x.found.news(x.farthest.apart) {
		x.farthest = s
	}
	providers := []string{out.Copy.Provider}
	if i := slices.IndexFunc(x.comers, func(c comer) bool { return c.name == out.Copy.Provider }); x.hasty && i >= 0 {
		providers = x.comers[i].names // each of them may have been the first
	}
	x.found.add(im.Consumer, out, func() []federation.Event { return x.order(s) }, providers...)
}

// order is the way to a state.
func (x *explorer) order(s *state) []federation.Event {
	parts := [][]federation.Event{}
	for ; s != nil; s = s.parent {
		parts = append(parts, s.events)
	}
	slices.Reverse(parts)
	return slices.Concat(parts...)
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
