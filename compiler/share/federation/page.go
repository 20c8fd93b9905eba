package federation

import (
	"cmp"
	"slices"
)

// API is the way in which apps ask for a shared package.
type API uint8

// The two ways: imports that the bundler wires up, with the app's own copy to fall back on, or calls of the runtime's
// loadShare.
const (
	Bundler API = iota
	Runtime
)

// Config says how a page is set up.
type Config struct {
	Host     App
	Remotes  []App
	Nested   []string // remotes that the host does not know, only other remotes
	Dynamic  []string // remotes that the host registers only when it first needs them
	Arrival  []string // the order in which entries come in where several are loaded at once; those missing come last
	Strategy Strategy // of apps that have none of their own
	API      API
	Ranges   *Ranges // nil: one of its own
}

// Page is a running page: a host, and the remotes it can load. It is not safe for concurrent use.
type Page struct {
	host     *app
	apps     map[string]*app // that run: the host, and remotes whose entry came in
	known    map[string]App  // the remotes by name
	delay    map[string]int  // ticks until a remote's entry comes in
	strategy Strategy
	api      API
	ranges   *Ranges
	network  network
}

// New sets a page up: the host registers what it shares, and nothing is loaded.
func New(c Config) *Page {
	p := &Page{apps: map[string]*app{}, known: make(map[string]App, len(c.Remotes)), delay: make(map[string]int, len(c.Remotes)),
		strategy: c.Strategy, api: c.API, ranges: c.Ranges}
	if p.ranges == nil {
		p.ranges = NewRanges()
	}
	host := c.Host
	host.Remotes = nil
	for _, r := range c.Remotes {
		p.known[r.Name], p.delay[r.Name] = r, len(c.Arrival)+1
		if !slices.Contains(c.Nested, r.Name) && !slices.Contains(c.Dynamic, r.Name) {
			host.Remotes = append(host.Remotes, r.Name)
		}
	}
	for i, name := range c.Arrival {
		p.delay[name] = i + 1
	}
	p.host = p.construct(host)
	return p
}

// Load lets the host load a remote's module, by a call of loadRemote; the text is what that throws, "" if nothing.
func (p *Page) Load(remote string) string { return p.LoadFrom(p.host.Name, remote) }

// LoadFrom is Load by another app, which runs already.
func (p *Page) LoadFrom(loader, remote string) string {
	a := p.apps[loader]
	if !slices.Contains(a.remotes, remote) {
		a.remotes = append(a.remotes, remote)
	}
	if !a.entered[remote] {
		p.ask(a, remote)
		p.settle()
	}
	if p.known[remote].Fails {
		return "entry " + remote + " unavailable"
	}
	return ""
}

// network is the entries on their way. Time is counted in ticks, and stands still while nothing is.
type network struct {
	now     int
	loading []*request // by when they come in
}

// request is an entry on its way, and who waits for it.
type request struct {
	remote string
	due    int
	by     []*app
}

// ask requests an entry for an app, once for the whole page.
func (p *Page) ask(a *app, remote string) {
	a.entered[remote] = true
	if p.apps[remote] != nil {
		p.enter(a, remote)
		return
	}
	n := &p.network
	for _, r := range n.loading {
		if r.remote == remote {
			r.by = append(r.by, a)
			return
		}
	}
	due := n.now + p.delay[remote]
	at := len(n.loading)
	for at > 0 && n.loading[at-1].due > due {
		at--
	}
	n.loading = slices.Insert(n.loading, at, &request{remote: remote, due: due, by: []*app{a}})
}

// settle lets entries come in until none is left. Each runs to its end, and may ask for others.
func (p *Page) settle() {
	n := &p.network
	for len(n.loading) > 0 {
		r := n.loading[0]
		n.loading, n.now = n.loading[1:], r.due
		if p.known[r.remote].Fails {
			for _, a := range r.by {
				delete(a.entered, r.remote) // it is asked for again
			}
			continue
		}
		p.construct(p.known[r.remote])
		for _, a := range r.by {
			p.enter(a, r.remote)
		}
	}
}

// enter initialises a remote, whose entry is there, with scopes of the app that loaded it.
func (p *Page) enter(loader *app, name string) {
	remote := p.apps[name]
	for _, s := range remote.containerScopes() {
		remote.scopes[s] = loader.scope(s)
	}
	for _, s := range remote.containerScopes() {
		if !remote.begun[s] {
			remote.begun[s] = true
			p.initialize(remote, s, remote.strategy)
		}
	}
}

// initialize registers an app in a scope and, under version-first, asks for the entries of its remotes there.
func (p *Page) initialize(a *app, scope string, strategy Strategy) {
	a.register(scope)
	if a.strategy != VersionFirst && strategy != VersionFirst {
		return
	}
	for _, remote := range a.remotes {
		if r := p.known[remote]; !a.entered[remote] && !r.ByList && r.containerScopes()[0] == scope {
			p.ask(a, remote)
		}
	}
}

// app is an app that runs: its instance of the runtime.
type app struct {
	App
	strategy Strategy
	shared   map[string][]*shared // what it registers, by package
	packages []string             // those packages as declared
	remotes  []string
	scopes   map[string]*scope
	entered  map[string]bool // remotes that it has asked for
	begun    map[string]bool // scopes that its container has begun to initialise
	imports  map[imported]Outcome
}

// construct starts an app: its instance registers the first version of each package that it brings.
func (p *Page) construct(declared App) *app {
	a := &app{App: declared, strategy: cmp.Or(declared.Strategy, p.strategy, VersionFirst), shared: map[string][]*shared{},
		remotes: declared.Remotes, scopes: map[string]*scope{}, entered: map[string]bool{}, begun: map[string]bool{}, imports: map[imported]Outcome{}}
	for _, d := range declared.Shared {
		if d.NoImport {
			continue
		}
		if a.shared[d.Package] == nil {
			a.packages = append(a.packages, d.Package)
		}
		a.shared[d.Package] = append(a.shared[d.Package], a.format(d))
	}
	for _, pkg := range a.packages {
		for _, s := range a.shared[pkg] {
			for _, name := range s.scopes {
				if a.held(name, pkg) == nil {
					a.put(pkg, s, change{from: a.Name})
				}
			}
		}
	}
	p.apps[a.Name] = a
	return a
}

const defaultScope = "default"

var defaultScopes = []string{defaultScope}

func (a App) containerScopes() []string {
	if len(a.Scopes) == 0 {
		return defaultScopes
	}
	return a.Scopes
}

func (d Declaration) scopes() []string {
	if len(d.Scopes) == 0 {
		return defaultScopes
	}
	return d.Scopes
}
