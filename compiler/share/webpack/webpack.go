// Package webpack replays what webpack's own containers (ModuleFederationPlugin of webpack 5.110.3, without Module
// Federation's enhanced plugin) do with shared packages in one page: which copy each app of the page gets, what the console
// says, and what the share scope holds in the end.
//
//	shell    react 16.14.0, a singleton
//	checkout react 18.3.1, a singleton
//	promo    react 17.0.2, needs ^17.0.0, no singleton
//
// The shell's first import of a shared package has the entries of all its remotes loaded, and is answered when they have
// come in. The scope then has the keys 16.14.0 and, in the order in which the entries came, 17.0.2 and 18.3.1. A singleton
// walks the keys from each to the next that is higher, and stops at one that is loaded. So the shell gets checkout's 18.3.1.
// checkout gets it too, unless promo has taken its 17.0.2 before, and its entry came in before checkout's: then checkout
// stops there. promo, which is no singleton, gets the highest version that satisfies it, whatever the order.
//
// What depends on the order of loading is little:
//
//   - Which versions there are: nothing, as whoever asks waits for every entry of the scope. Nested remotes of the same scope
//     are waited for too, and register after those that name them. Only eager imports do not wait. In a remote that makes no
//     difference, because the host has waited before it gives control; the host's own choose among what has come.
//   - Whose copy of a version it is: nothing. The eager one goes before others, and of two alike that of the later name. A
//     copy that is taken stays, but only an eager import of the host can take one while others may come.
//   - What somebody gets who is no singleton: nothing, unless versions rank alike, such as 18.2.0 and 18.02.0: then the one
//     that came first.
//   - What a singleton gets: its walk ends at the highest version, or before that at one that is loaded. Which are loaded
//     depends on who asked before, and which it comes by, on the order in which entries came. The host's are always first.
//   - A remote's declarations in another scope than its container's: nothing. They meet nobody, in a scope of its own.
//
// A host's remotes are those that its build imports from. A container that a page loads and initialises by hand is none, and
// is not replayed. The rules are those of ShareRuntimeModule, ConsumeSharedRuntimeModule, RemoteRuntimeModule and
// ContainerEntryModule; the values are those of package federation. Of an app's scopes only the first counts, and strategies
// do not exist.
package webpack

import (
	"cmp"
	"slices"

	"muster/compiler/share/federation"
)

// Config says how a page is set up.
type Config struct {
	Host    federation.App
	Remotes []federation.App
	Nested  []string // remotes that the host does not know, only other remotes
	Arrival []string // the order in which entries come in where several are loaded at once; those missing come last
	Ranges  *Ranges  // nil: one of its own
}

// Page is a running page: a host, and the remotes it can load. It is not safe for concurrent use.
type Page struct {
	host     *app
	apps     map[string]*app           // remotes whose entry came in
	known    map[string]federation.App // the remotes by name
	paths    map[string][]string       // to the remotes, through those that load them
	imports  map[imported]federation.Outcome
	ranges   *Ranges
	warnings []string // of the import that is going on
	network  network
	jobs
}

// imported is an import that webpack remembers: it asks once.
type imported struct {
	app, pkg string
	index    int
}

// New sets a page up: nothing is registered and nothing is loaded.
func New(c Config) *Page {
	p := &Page{apps: map[string]*app{}, known: make(map[string]federation.App, len(c.Remotes)), paths: make(map[string][]string, len(c.Remotes)),
		imports: map[imported]federation.Outcome{}, ranges: cmp.Or(c.Ranges, NewRanges()), network: newNetwork(c)}
	host := c.Host
	host.Remotes = nil
	for _, r := range c.Remotes {
		p.known[r.Name], p.paths[r.Name] = r, c.path(r.Name)
		if !slices.Contains(c.Nested, r.Name) {
			host.Remotes = append(host.Remotes, r.Name)
		}
	}
	p.host = newApp(host)
	return p
}

// path is the way to a remote from the host, through the first that names each nested one; nil if there is none.
func (c Config) path(name string) []string {
	path := []string{name}
	for slices.Contains(c.Nested, path[0]) {
		i := slices.IndexFunc(c.Remotes, func(r federation.App) bool { return slices.Contains(r.Remotes, path[0]) })
		if i < 0 || slices.Contains(path, c.Remotes[i].Name) {
			return nil
		}
		path = slices.Insert(path, 0, c.Remotes[i].Name)
	}
	return path
}

// Consume lets an app import a package that it declares: the index-th of its declarations of it. A remote is loaded for
// that, and the import is of a module with the package's name. What an app does not declare is not shared: it is its own.
func (p *Page) Consume(consumer, pkg string, index int) federation.Outcome {
	this := imported{consumer, pkg, index}
	if had, ok := p.imports[this]; ok {
		return had
	}
	a, path := p.find(consumer)
	if a == nil {
		return federation.Outcome{Err: "nobody loads " + consumer}
	}
	d, declared := declaration(a, pkg, index)
	if !declared {
		return federation.Outcome{Copy: federation.Copy{Provider: consumer}, Own: true}
	}
	c := &call{request: request{Declaration: d, app: consumer, initial: d.Eager && len(path) == 0}}
	p.get(p.host, path, c)
	p.await()
	c.out.Warnings, p.warnings = p.warnings, nil
	if c.answered && !c.initial {
		again := c.out
		again.Warnings = nil
		p.imports[this] = again
	}
	return c.out
}

// find is an app and the path that leads to it, nil if it is none of the page's.
func (p *Page) find(name string) (*federation.App, []string) {
	if name == p.host.Name {
		return &p.host.App, nil
	}
	if p.paths[name] == nil {
		return nil, nil
	}
	a := p.known[name]
	return &a, p.paths[name]
}

// declaration is the index-th of what an app declares of a package.
func declaration(a *federation.App, pkg string, index int) (federation.Declaration, bool) {
	for _, d := range a.Shared {
		if d.Package == pkg {
			if index == 0 {
				return d, true
			}
			index--
		}
	}
	return federation.Declaration{}, false
}

const defaultScope = "default"

// scopeOf is the one scope of a container or a declaration.
func scopeOf(scopes []string) string {
	if len(scopes) == 0 {
		return defaultScope
	}
	return scopes[0]
}
