package federation

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// state is a page on the way through an order of events. Only page and what is copied with it change.
type state struct {
	contest   *Contest
	page      *Page
	consumers []consumer // the host's first
	started   bool       // the host has
	flights   []flight
	apart     []Copy // the copies that singletons' consumers got, sorted
	parent    *state
	last      move
}

// consumer is an import that may happen: the index-th of an app's declarations.
type consumer struct {
	app   string
	index int
	many  bool // others like it may do the same
	done  bool
}

// flight is a copy that some consumer waits for.
type flight struct {
	fetch
	app string
}

// move is what led to a state: an event, and of an import whose it was and what came of it.
type move struct {
	event   Event
	app     string
	index   int
	outcome *Outcome
}

// step is an event that a state allows, and what it is about.
type step struct {
	Event
	index int // of the consumer or the flight
}

func (s *state) events() []step {
	if s.contest.First && !s.hostDone() {
		return s.hostEvents()
	}
	var all []step
	if !s.contest.First {
		all = s.hostEvents()
	} else {
		all = s.arrivals()
	}
	for name := range s.page.known {
		if s.page.apps[name] == nil && !s.page.network.awaits(name) {
			all = append(all, step{Event: Event{name, Arrives}})
		}
	}
	slices.SortFunc(all, func(a, b step) int { return cmp.Compare(a.App, b.App) })
	for i, c := range s.consumers {
		if c.app != s.page.host.Name && (!c.done || c.many) && s.page.apps[c.app] != nil {
			all = append(all, step{Event{c.app, Imports}, i})
		}
	}
	for i, f := range s.flights {
		all = append(all, step{Event{f.app, Finishes}, i})
	}
	return all
}

// hostDone reports whether the host has what it imports.
func (s *state) hostDone() bool {
	if !s.hostStarts() {
		return true
	}
	return s.started && len(s.page.network.loading) == 0 && s.hostFlight() < 0 && s.hostNext() < 0
}

func (s *state) hostStarts() bool { return s.contest.Starts || len(s.contest.Host.Shared) > 0 }

func (s *state) hostNext() int {
	return slices.IndexFunc(s.consumers, func(c consumer) bool { return !c.done && c.app == s.page.host.Name })
}

func (s *state) hostFlight() int {
	return slices.IndexFunc(s.flights, func(f flight) bool { return f.app == s.page.host.Name })
}

// hostEvents are what the host can do next: start, wait for every entry that it asked for, and import; an eager import does
// not wait.
func (s *state) hostEvents() []step {
	host, next := s.page.host.Name, s.hostNext()
	imports := step{Event{host, Imports}, next}
	switch {
	case !s.started && s.hostStarts():
		return []step{{Event: Event{host, Starts}}}
	case len(s.page.network.loading) > 0 && next >= 0 && s.page.host.Shared[s.consumers[next].index].Eager:
		return append(s.arrivals(), imports)
	case len(s.page.network.loading) > 0:
		return s.arrivals()
	case s.started && next >= 0:
		return []step{imports}
	case s.contest.First && s.hostFlight() >= 0:
		return []step{{Event{host, Finishes}, s.hostFlight()}}
	}
	return nil
}

func (s *state) arrivals() (all []step) {
	for _, r := range s.page.network.loading {
		all = append(all, step{Event: Event{r.remote, Arrives}})
	}
	return all
}

func (n *network) awaits(remote string) bool {
	return slices.ContainsFunc(n.loading, func(r *request) bool { return r.remote == remote })
}

// after is the state that an event leads to.
func (s *state) after(e step) *state {
	n := s.clone()
	n.last = move{event: e.Event}
	switch e.Verb {
	case Starts:
		n.start()
	case Arrives:
		n.page.arrive(e.App)
	case Imports:
		n.imports(e.index)
	case Finishes:
		n.flights[e.index].finish()
		n.flights = slices.Delete(n.flights, e.index, e.index+1)
	}
	return n
}

// start registers the host in the scopes that it uses, and asks for entries where its strategy does.
func (s *state) start() {
	s.started = true
	host := s.page.host
	scopes := host.used()
	if s.contest.Starts && !slices.Contains(scopes, defaultScope) {
		scopes = append(scopes, defaultScope)
	}
	for _, name := range scopes {
		s.page.initialize(host, name, host.strategy)
	}
}

// used are the scopes of an app's declarations.
func (a App) used() (scopes []string) {
	for _, d := range a.Shared {
		for _, name := range d.scopes() {
			if !slices.Contains(scopes, name) {
				scopes = append(scopes, name)
			}
		}
	}
	return scopes
}

// arrive lets one entry come in, whoever waits for it, or for the host, which asks for it now.
func (p *Page) arrive(remote string) {
	n := &p.network
	i := slices.IndexFunc(n.loading, func(r *request) bool { return r.remote == remote })
	if i < 0 {
		p.ask(p.host, remote)
		i = slices.IndexFunc(n.loading, func(r *request) bool { return r.remote == remote })
	}
	by := n.loading[i].by
	n.loading = slices.Delete(n.loading, i, i+1)
	p.construct(p.known[remote])
	for _, a := range by {
		p.enter(a, remote)
	}
}

func (s *state) imports(index int) {
	c := &s.consumers[index]
	c.done = true
	a := s.page.apps[c.app]
	d := a.Shared[c.index]
	k := s.page.asking(a, d)
	for _, name := range k.scopes {
		a.register(name)
	}
	var out Outcome
	if d.Eager {
		out = s.page.consumeNow(a, d, k)
	} else {
		var begun fetch
		if out, begun = s.page.consume(a, d, k); begun.entry != nil && !s.flies(begun) {
			s.flights = append(s.flights, flight{begun, c.app})
		}
	}
	s.last.app, s.last.index, s.last.outcome = c.app, c.index, &out
	if at, known := slices.BinarySearchFunc(s.apart, out.Copy, compareCopies); d.Singleton && out.Err == "" && !known {
		s.apart = slices.Insert(slices.Clone(s.apart), at, out.Copy)
	}
}

func (s *state) flies(f fetch) bool {
	return slices.ContainsFunc(s.flights, func(have flight) bool { return have.entry == f.entry })
}

func compareCopies(a, b Copy) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Provider, b.Provider))
}

// order is the way to a state.
func (s *state) order() (events []Event) {
	for ; s.parent != nil; s = s.parent {
		events = append(events, s.last.event)
	}
	slices.Reverse(events)
	return events
}

// key tells states apart by everything that decides what can still happen.
func (s *state) key() string {
	k := keyer{objects: map[*shared]int{}, scopes: map[*scope]int{}}
	for _, c := range s.consumers {
		k.flag(c.done)
	}
	k.flag(s.started)
	for _, name := range s.names() {
		k.app(s.page.apps[name])
	}
	for _, r := range s.page.network.loading {
		k.text(r.remote)
	}
	for _, f := range s.flights {
		k.object(f.entry)
	}
	for _, c := range s.apart {
		k.text(c.Version)
		k.text(c.Provider)
	}
	return string(k.b)
}

// names are the apps of the page that may run, in an order of their own.
func (s *state) names() (names []string) {
	for _, c := range s.consumers {
		if c.index == 0 {
			names = append(names, c.app)
		}
	}
	return names
}

// keyer writes a state down; an object or a scope that came before is written as its number.
type keyer struct {
	b       []byte
	objects map[*shared]int
	scopes  map[*scope]int
}

func (k *keyer) text(s string) { k.b = append(append(k.b, s...), 0) }

func (k *keyer) number(n int) { k.b = append(strconv.AppendInt(k.b, int64(n), 36), 1) }

func (k *keyer) flag(f bool) {
	c := byte(2)
	if f {
		c++
	}
	k.b = append(k.b, c)
}

func (k *keyer) app(a *app) {
	if a == nil {
		k.flag(false)
		return
	}
	for _, pkg := range a.packages {
		for _, s := range a.shared[pkg] {
			k.object(s)
		}
	}
	for _, name := range sortedKeys(a.scopes) {
		k.text(name)
		k.scope(a.scopes[name])
	}
}

func (k *keyer) scope(s *scope) {
	n, known := k.scopes[s]
	if known {
		k.number(n)
		return
	}
	k.scopes[s] = len(k.scopes)
	for _, pkg := range sortedKeys(s.packages) {
		for _, key := range s.packages[pkg].keys {
			k.text(key)
			k.object(s.packages[pkg].entries[key])
		}
	}
	k.flag(true)
}

func (k *keyer) object(s *shared) {
	n, known := k.objects[s]
	if known {
		k.number(n)
		return
	}
	k.objects[s] = len(k.objects)
	k.text(s.version)
	k.text(s.from)
	for _, c := range []*Copy{s.source, s.lib} {
		if k.flag(c != nil); c != nil {
			k.text(c.Provider)
		}
	}
	k.flag(s.loaded)
	if k.flag(s.loading != nil); s.loading != nil {
		k.text(s.loading.copy.Provider)
		k.text(s.loading.err)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
