package native

import (
	"fmt"
	"slices"
	"strings"
)

// member is an external as part of a pool: packages of one family, which an app should get from one build.
type member struct {
	name     string
	external *external
}

// pool is named after its first member.
type pool struct {
	name    string
	members []member
}

// node is what pools grow from: a package, an app's pool tag, or an npm scope within an app.
type node struct{ kind, app, name string }

// graph joins nodes into components.
type graph map[node]node

func (g graph) root(n node) node {
	for {
		parent, known := g[n]
		if !known || parent == n {
			return n
		}
		n = parent
	}
}

func (g graph) join(a, b node) { g[g.root(a)] = g.root(b) }

func packageNode(name string) node { return node{kind: "package", name: name} }

// pools groups the packages of a share scope: those that one app gives one pool tag; with auto those of one npm scope in one app,
// unless the app tags some of that scope itself; and a secondary entry point with its package. warn hears of tags without effect.
func (s *session) pools(externals *table[*external], warn func(string)) []pool {
	g := graph{}
	pooled := newMap[struct{}]() // packages that something but their own name has joined
	tagged := newMap[struct{}]()
	s.joinByTag(g, externals, func(name string) {
		pooled.set(name, struct{}{})
		tagged.set(name, struct{}{})
	})
	if s.options.AutoPool {
		joinByScope(g, externals, func(name string) { pooled.set(name, struct{}{}) })
	}
	for name := range externals.all() {
		if owner := owningPackage(name); owner != "" && externals.has(owner) {
			g.join(packageNode(name), packageNode(owner))
		}
	}
	var pools []pool
	for _, p := range components(g, externals) {
		switch isPool := slices.ContainsFunc(p.members, func(m member) bool { return pooled.has(m.name) }); {
		case isPool && len(p.members) > 1:
			pools = append(pools, p)
		case isPool && tagged.has(p.name):
			warn(fmt.Sprintf("[%s] declares a 'pool' tag but no other external joined its pool; likely a typo or a missing sibling.", p.name))
		}
	}
	slices.SortStableFunc(pools, func(p, q pool) int { return compareNames(p.name, q.name) })
	return pools
}

func (s *session) joinByTag(g graph, externals *table[*external], joined func(string)) {
	for name, e := range externals.all() {
		for c := range e.copies() {
			if tag := strings.TrimSpace(c.pool); tag != "" {
				g.join(packageNode(name), node{"tag", c.app, tag})
				joined(name)
			}
		}
	}
}

func joinByScope(g graph, externals *table[*external], joined func(string)) {
	tagged := map[node]bool{}
	for name, e := range externals.all() {
		for c := range e.copies() {
			if strings.TrimSpace(c.pool) != "" {
				tagged[node{"scope", c.app, npmScope(name)}] = true
			}
		}
	}
	for name, e := range externals.all() {
		scope := npmScope(name)
		for c := range e.copies() {
			if n := (node{"scope", c.app, scope}); scope != "" && !tagged[n] {
				g.join(packageNode(name), n)
				joined(name)
			}
		}
	}
}

// npmScope is "angular" for "@angular/core", "" for a package without a scope.
func npmScope(name string) string {
	scope, _, ok := strings.Cut(strings.TrimPrefix(name, "@"), "/")
	if !ok || !strings.HasPrefix(name, "@") {
		return ""
	}
	return scope
}

// owningPackage is "rxjs" for "rxjs/operators", "@angular/core" for "@angular/core/testing", "" for a package's own name.
func owningPackage(name string) string {
	parts := 1
	if strings.HasPrefix(name, "@") {
		parts = 2
	}
	if all := strings.SplitN(name, "/", parts+1); len(all) > parts {
		return strings.Join(all[:parts], "/")
	}
	return ""
}

// components lists the externals by component, each sorted by name.
func components(g graph, externals *table[*external]) []pool {
	at := map[node]int{}
	var pools []pool
	for name, e := range externals.all() {
		root := g.root(packageNode(name))
		if _, known := at[root]; !known {
			at[root] = len(pools)
			pools = append(pools, pool{})
		}
		p := &pools[at[root]]
		p.members = append(p.members, member{name, e})
	}
	for i := range pools {
		slices.SortStableFunc(pools[i].members, func(a, b member) int { return compareNames(a.name, b.name) })
		pools[i].name = pools[i].members[0].name
	}
	return pools
}

// poolable reports whether a share scope may hold pools.
func (s *session) poolable(scope string) bool {
	return scope != strictScope && (s.options.AutoPool || s.hasTag(scope))
}

func (s *session) hasTag(scope string) bool {
	for _, e := range s.now.shared.at(scope).all() {
		for c := range e.copies() {
			if strings.TrimSpace(c.pool) != "" {
				return true
			}
		}
	}
	return false
}

// markPools has a pool decided anew as a whole if one of its members is.
func (s *session) markPools() {
	for scope, externals := range s.now.shared.all() {
		if !s.poolable(scope) {
			continue
		}
		for _, p := range s.pools(externals, func(string) {}) {
			if slices.ContainsFunc(p.members, func(m member) bool { return m.external.dirty }) {
				for _, m := range p.members {
					m.external.dirty = true
				}
			}
		}
	}
}
