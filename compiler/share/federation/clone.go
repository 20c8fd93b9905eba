package federation

import (
	"maps"
	"slices"
)

// cloner copies a page so that what was one object stays one.
type cloner struct {
	objects map[*shared]*shared
	scopes  map[*scope]*scope
	apps    map[*app]*app
}

func (s *state) clone() *state {
	c := cloner{objects: map[*shared]*shared{}, scopes: map[*scope]*scope{}, apps: map[*app]*app{}}
	n := *s
	n.parent = s
	n.page = c.page(s.page)
	n.consumers = slices.Clone(s.consumers)
	n.flights = make([]flight, len(s.flights), len(s.flights)+1)
	for i, f := range s.flights {
		n.flights[i] = flight{fetch{c.object(f.entry), f.copy}, f.app}
	}
	return &n
}

func (c cloner) page(p *Page) *Page {
	n := *p
	n.apps = make(map[string]*app, len(p.apps)+1)
	for name, a := range p.apps {
		n.apps[name] = c.app(a)
	}
	n.host = n.apps[p.host.Name]
	n.network.loading = make([]*request, len(p.network.loading))
	for i, r := range p.network.loading {
		by := make([]*app, len(r.by))
		for j, a := range r.by {
			by[j] = c.app(a)
		}
		n.network.loading[i] = &request{r.remote, r.due, by}
	}
	return &n
}

func (c cloner) app(a *app) *app {
	if made := c.apps[a]; made != nil {
		return made
	}
	n := *a
	n.shared = make(map[string][]*shared, len(a.shared))
	for pkg, list := range a.shared {
		n.shared[pkg] = make([]*shared, len(list))
		for i, s := range list {
			n.shared[pkg][i] = c.object(s)
		}
	}
	n.scopes = make(map[string]*scope, len(a.scopes))
	for name, s := range a.scopes {
		n.scopes[name] = c.scope(s)
	}
	n.remotes = slices.Clip(a.remotes)
	n.entered, n.begun = maps.Clone(a.entered), maps.Clone(a.begun)
	c.apps[a] = &n
	return &n
}

func (c cloner) scope(s *scope) *scope {
	if made := c.scopes[s]; made != nil {
		return made
	}
	n := &scope{packages: make(map[string]*versions, len(s.packages))}
	for pkg, v := range s.packages {
		made := &versions{keys: slices.Clone(v.keys), entries: make(map[string]*shared, len(v.entries)+1)}
		for key, entry := range v.entries {
			made.entries[key] = c.object(entry)
		}
		n.packages[pkg] = made
	}
	c.scopes[s] = n
	return n
}

func (c cloner) object(s *shared) *shared {
	made := c.objects[s]
	if made == nil {
		n := *s
		made = &n
		c.objects[s] = made
	}
	return made
}
