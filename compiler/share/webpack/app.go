package webpack

import (
	"cmp"
	"slices"

	"muster/compiler/codeunit"
	"muster/compiler/share/federation"
)

// app is a build that runs: the host, or a remote whose entry came in.
type app struct {
	federation.App
	scopes     map[string]*scope
	begun      map[string]*promise // scopes that it initialises; nil: it has
	containers map[string]*promise // of remotes that it asked for
}

func newApp(declared federation.App) *app {
	return &app{App: declared, scopes: map[string]*scope{}, begun: map[string]*promise{}, containers: map[string]*promise{}}
}

// scope is the scope of that name, which is made if there is none.
func (a *app) scope(name string) *scope {
	if a.scopes[name] == nil {
		a.scopes[name] = &scope{packages: map[string]*versions{}}
	}
	return a.scopes[name]
}

// seen are the scopes of apps that a chain of initialisations has come by, so that remotes that load each other do not wait
// for each other.
type seen map[part]bool

type part struct {
	app   *app
	scope string
}

// initialize registers what an app brings for a scope, and has the app's remotes of that scope do the same. It happens once.
// The promise is nil if there is nothing to wait for.
func (p *Page) initialize(a *app, name string, by seen) *promise {
	this := part{a, name}
	if by[this] {
		return nil
	}
	by[this] = true
	if begun, ok := a.begun[name]; ok {
		return begun
	}
	a.register(name)
	a.begun[name] = nil
	var remotes []*promise
	for _, remote := range a.Remotes {
		if p.containerScope(remote) == name {
			remotes = append(remotes, p.initializeRemote(a, remote, name, by))
		}
	}
	if len(remotes) > 0 {
		a.begun[name] = p.then(p.all(remotes), func() (*promise, *failure) {
			a.begun[name] = nil
			return nil, nil
		}, nil)
	}
	return a.begun[name]
}

// initializeRemote initialises a remote's container when its entry has come in. An entry that fails is only warned of; what
// fails in the container is not caught.
func (p *Page) initializeRemote(a *app, remote, name string, by seen) *promise {
	return p.then(p.container(a, remote), func() (*promise, *failure) {
		return p.enter(p.apps[remote], a.scopes[name], by)
	}, func(f *failure) {
		p.warnings = append(p.warnings, "Initialization of sharing external failed: Error: "+f.text)
	})
}

// enter is the init of a container: it adopts a scope of the app that loaded it.
func (p *Page) enter(remote *app, s *scope, by seen) (*promise, *failure) {
	name := scopeOf(remote.Scopes)
	if had := remote.scopes[name]; had != nil && had != s {
		return nil, &failure{"Container initialization failed as it has already been initialized with a different share scope"}
	}
	remote.scopes[name] = s
	return p.initialize(remote, name, by), nil
}

// container loads a remote's entry for an app, once: one that failed stays failed there.
func (p *Page) container(a *app, remote string) *promise {
	if a.containers[remote] == nil {
		a.containers[remote] = p.then(p.network.ask(remote), func() (*promise, *failure) {
			if p.apps[remote] == nil {
				return nil, &failure{"entry " + remote + " unavailable"}
			}
			return nil, nil
		}, nil)
	}
	return a.containers[remote]
}

func (p *Page) containerScope(remote string) string { return scopeOf(p.known[remote].Scopes) }

// register enters what an app brings for a scope. Of one version the eager copy goes before others, and among alike the one
// whose app's name is later, unless a copy is taken already.
func (a *app) register(name string) {
	s := a.scope(name)
	for _, d := range brings(a.App, name) {
		s.versions(d.Package).register(a.Name, d)
	}
}

// brings are the declarations that bring a copy to a scope, those of one package in webpack's order.
func brings(a federation.App, scope string) (all []federation.Declaration) {
	for _, d := range a.Shared {
		if !d.NoImport && scopeOf(d.Scopes) == scope {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(d, e federation.Declaration) int { return codeunit.Compare(d.Version+"|", e.Version+"|") })
	return all
}

// call is an import on its way.
type call struct {
	request
	answered bool // by the handler of the package, rather than by what is before it
	out      federation.Outcome
}

// get imports a package from an app, or from a remote at the end of a path of remotes.
func (p *Page) get(a *app, path []string, c *call) *promise {
	if len(path) == 0 {
		return p.consume(a, c)
	}
	remote := path[0]
	failed := func(f *failure) {
		f.text += "\nwhile loading \"./" + exposed(path[1:], c.Package) + "\" from webpack/container/reference/" + remote
		c.out.Err = f.text
	}
	next := func() (*promise, *failure) { return p.get(p.apps[remote], path[1:], c), nil }
	return p.then(p.container(a, remote), func() (*promise, *failure) {
		if begun := p.initialize(a, p.containerScope(remote), seen{}); begun != nil {
			return p.then(begun, next, failed), nil
		}
		return next()
	}, failed)
}

// exposed is the name of the module that gives a package, or that of a remote further on.
func exposed(path []string, pkg string) (name string) {
	for _, remote := range path {
		name += remote + "/"
	}
	return name + pkg
}

// consume is an app's own import of a shared package. An eager one does not wait.
func (p *Page) consume(a *app, c *call) *promise {
	begun := p.initialize(a, c.scope(), seen{})
	s := a.scopes[c.scope()]
	answer := func() (*promise, *failure) {
		c.answered, c.out = true, p.ranges.choose(s.packages[c.Package], c.request)
		p.warnings = append(p.warnings, c.out.Warnings...)
		return nil, nil
	}
	if begun == nil || c.Eager {
		answer()
		return nil
	}
	return p.then(begun, answer, func(f *failure) { c.answered, c.out.Err = true, f.text })
}

// own is the copy that a declaration brings.
func own(app string, d federation.Declaration) federation.Copy {
	return federation.Copy{Version: cmp.Or(d.Version, "0"), Provider: app}
}
