package native

import (
	"cmp"
	"net/url"
)

// listing is an app whose document lists files, at the address they had when it was in force.
type listing struct {
	name string
	installed
}

// file is what an address holds.
type file struct{ app, version string }

// view answers what the code of an app gets, by the maps of its page.
type view struct {
	base  *url.URL
	maps  *pageMap
	files map[string]file
}

func newView(base string, maps []ImportMap, listed []listing) *view {
	v := &view{base: baseOf(base), files: map[string]file{}}
	v.maps = mergeMaps(maps, v.base)
	for _, l := range listed {
		for _, e := range l.shared {
			for _, f := range entriesOf(e).all() {
				if address, ok := absolute(l.home+f, v.base); ok {
					v.files[address] = file{l.name, e.Version}
				}
			}
		}
	}
	return v
}

// baseOf is the page's address; one that can't be read is none.
func baseOf(base string) *url.URL {
	u, err := url.Parse(cmp.Or(base, defaultBase))
	if err != nil {
		return &url.URL{}
	}
	return u
}

// got lists what an app gets for all it imports. describe adds what the runtime thinks of it.
func (v *view) got(l listing, describe func(*Got, External)) (all []Got) {
	referrer, _ := absolute(l.home+"main.js", v.base)
	for _, e := range l.shared {
		for entry := range entriesOf(e).all() {
			g := Got{Consumer: l.name, Package: e.Package, Entry: entry}
			v.resolve(&g, referrer)
			describe(&g, e)
			all = append(all, g)
		}
	}
	return all
}

func (v *view) resolve(g *Got, referrer string) {
	r, ok := v.maps.resolve(g.Entry, referrer)
	f, known := v.files[r.address]
	switch {
	case !ok:
		g.Err = "unmapped"
	case r.address == "":
		g.Err = "void"
	case !known:
		g.Err = "unknown " + r.address
	default:
		g.Version, g.Provider, g.Own = f.version, f.app, r.scoped && f.app == g.Consumer
	}
}

// decision is what has become of an entry of an app within a share scope: the version that its copy is in, and the package.
type decision struct {
	name    string
	version *version
	copy    *appCopy
}

type decisionKey struct{ scope, app, entry string }

func (s *session) decisions() map[decisionKey]decision {
	all := map[decisionKey]decision{}
	for scope, externals := range s.now.shared.all() {
		for name, e := range externals.all() {
			for c, v := range e.copies() {
				for entry := range c.entries.all() {
					if k := (decisionKey{scope, c.app, entry}); all[k].copy == nil {
						all[k] = decision{name, v, c}
					}
				}
			}
		}
	}
	return all
}

func (s *session) got(base string) (all []Got) {
	v := newView(base, s.maps, s.files)
	decisions := s.decisions()
	for name, a := range s.now.apps.all() {
		all = append(all, v.got(listing{name, a}, func(g *Got, e External) {
			if !e.Singleton {
				g.Action = s.privateAction(g)
				return
			}
			g.Scope = e.scope()
			g.Action = s.action(decisions[decisionKey{g.Scope, name, g.Entry}])
		})...)
	}
	return all
}

func (s *session) privateAction(g *Got) Action {
	for _, c := range s.now.private.at(g.Consumer).all() {
		if c.entries.has(g.Entry) {
			return Private
		}
	}
	return ""
}

// action is what the orchestrator calls it, "" if it passed the entry over.
func (s *session) action(d decision) Action {
	if d.copy == nil {
		return ""
	}
	r := s.actions[d.copy.app][d.name]
	switch {
	case r != nil && r.override != nil:
		return Override
	case r != nil:
		return r.action
	case d.copy.servedBy != "":
		return Served
	}
	return d.version.action
}
