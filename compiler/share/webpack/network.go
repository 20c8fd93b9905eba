package webpack

import "slices"

// network is the entries of remotes. Time is counted in ticks, and stands still while nothing is on its way.
type network struct {
	now     int
	delay   map[string]int // ticks until an entry comes in, counted from when it is asked for
	latest  int            // the delay of those that have none there
	entries map[string]*entry
	loading []*entry // by when they come in
}

// entry is a remote's entry, for the whole page.
type entry struct {
	remote string
	due    int
	came   promise
}

func newNetwork(c Config) network {
	n := network{delay: make(map[string]int, len(c.Arrival)), latest: len(c.Arrival) + 1, entries: map[string]*entry{}}
	for i, name := range c.Arrival {
		n.delay[name] = i + 1
	}
	return n
}

// ask requests an entry, unless it is there or on its way.
func (n *network) ask(remote string) *promise {
	e := n.entries[remote]
	if e == nil {
		delay, ok := n.delay[remote]
		if !ok {
			delay = n.latest
		}
		e = &entry{remote: remote, due: n.now + delay}
		n.entries[remote] = e
		n.send(e)
	}
	return &e.came
}

func (n *network) send(e *entry) {
	at := len(n.loading)
	for at > 0 && n.loading[at-1].due > e.due {
		at--
	}
	n.loading = slices.Insert(n.loading, at, e)
}

// await lets everything happen that can, and entries come in until none is left.
func (p *Page) await() {
	n := &p.network
	for p.run(); len(n.loading) > 0; p.run() {
		e := n.loading[0]
		n.loading, n.now = n.loading[1:], e.due
		if r, ok := p.known[e.remote]; ok && !r.Fails {
			p.apps[e.remote] = newApp(r)
		} else {
			delete(n.entries, e.remote) // the next app that asks, asks anew
		}
		p.settle(&e.came, nil)
	}
}
