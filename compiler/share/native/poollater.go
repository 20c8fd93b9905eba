package native

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// poolLater has an app that is added get each pool from one build, or from itself. What others get does not change.
func (s *session) poolLater(a *addition) {
	for scope, mine := range a.singletons().all() {
		if !s.options.AutoPool && !s.hasTag(scope) {
			continue
		}
		for _, p := range s.pools(s.now.shared.at(scope), func(string) {}) {
			s.poolAddition(scope, a, &p, mine)
		}
	}
}

// singletons are the packages by share scope that may be pooled.
func (a *addition) singletons() *table[*names] {
	byScope := newMap[*names]()
	for _, declared := range a.shared {
		if !declared.Singleton || a.rulings[declared.Package] == nil || declared.Scope == strictScope {
			continue
		}
		byScope.ensure(declared.scope(), newMap[struct{}]).set(declared.Package, struct{}{})
	}
	return byScope
}

func (s *session) poolAddition(scope string, a *addition, p *pool, declared *names) {
	var mine []*ruling
	for _, m := range p.members {
		if declared.has(m.name) {
			mine = append(mine, a.rulings[m.name])
		}
	}
	if len(mine) == 0 {
		return
	}
	if slices.ContainsFunc(mine, func(r *ruling) bool { return r.action == Scope }) {
		keepOwn(mine)
		return
	}
	g := newGate(a.name, p)
	if g.witnessed() {
		return
	}
	s.choose(scope, p)
	if anchor := g.anchor(); anchor != "" {
		s.redirectTo(anchor, a, g)
		return
	}
	s.warnNoBuild(scope, g, len(mine))
	keepOwn(mine)
}

func (s *session) warnNoBuild(scope string, g *gate, n int) {
	lacks, closest := gap(g.app, g.wants, g.builds, g.accepts())
	reason := "no committed build serves any of it"
	if closest != "" {
		reason = fmt.Sprintf("closest is '%s'", closest)
	}
	s.say(Warn, 8, fmt.Sprintf("[%s] '%s' serves its own family: no committed build offers every entrypoint it imports at a version it accepts — '%s' is the gap, %s. All %d members it imports are scoped for it.",
		scope, g.app, lacks, reason, n))
}

func keepOwn(mine []*ruling) {
	for _, r := range mine {
		r.action = Scope
		r.override = nil
	}
}

// gate is a pool as an app that is added finds it.
type gate struct {
	*pool
	app     string
	builds  *table[*build] // what each app ships, scoped or not
	given   *table[claim]
	wants   *consumption
	accepts func() acceptance
}

func newGate(app string, p *pool) *gate {
	g := &gate{pool: p, app: app, builds: builds(p.members, nil, false), given: claims(p.members, nil)}
	g.wants = consumptions(p.members).at(app)
	if g.wants == nil {
		g.wants = newConsumption()
	}
	g.accepts = sync.OnceValue(func() acceptance { return accepting(p.members) })
	return g
}

func (g *gate) witnessed() bool { return witnessed(g.wants.entries, g.given, g.builds) }

// anchor is the build to send the app to: of those that have all it imports at versions it accepts and that get their own family
// themselves, one that the map uses already, else a host, else the first by name.
func (g *gate) anchor() string {
	firsts := bases(g.members, func(string) bool { return true })
	for _, name := range g.candidates() {
		b := g.builds.at(name)
		if name != g.app && g.getsItsOwn(name, firsts) && b.covers(g.wants.entries) && g.accepts().acceptsAll(b, g.app, g.wants.packages) {
			return name
		}
	}
	return ""
}

func (g *gate) candidates() []string {
	hosts := hosts(g.members)
	used := map[string]bool{}
	for _, c := range g.given.all() {
		used[c.copy.app] = true
	}
	rank := func(name string) int {
		switch {
		case used[name]:
			return 0
		case hosts.has(name):
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(g.builds.names()), func(x, y string) int {
		return cmp.Or(rank(x)-rank(y), compareNames(x, y))
	})
}

// getsItsOwn reports whether all copies of the build are the shared ones, or all are scoped.
func (g *gate) getsItsOwn(name string, firsts map[string]string) bool {
	ships, winsAll, allScoped := false, true, true
	for _, m := range g.members {
		for _, v := range m.external.versions {
			i := slices.IndexFunc(v.copies, func(c *appCopy) bool { return c.app == name })
			if i < 0 {
				continue
			}
			if v.copies[i].servedBy != "" {
				return false
			}
			ships = true
			allScoped = allScoped && v.action == Scope
			winsAll = winsAll && firsts[m.name] == name
		}
	}
	return ships && (winsAll || allScoped)
}

// redirectTo gives the app the anchor's files for all that it would skip.
func (s *session) redirectTo(anchor string, a *addition, g *gate) {
	home := s.now.apps.at(anchor).home
	for _, m := range g.members {
		r := a.rulings[m.name]
		if r == nil || r.action != Skip {
			continue
		}
		own, _ := m.external.copyOf(a.name)
		if own == nil || own.coverage() == 0 {
			continue
		}
		override := newMap[string]()
		for entry := range own.entries.all() {
			file, ships := g.builds.at(anchor).files[entry]
			if c, ok := g.given.get(entry); ships && !(ok && c.copy.app == anchor) {
				override.set(entry, join(home, file))
			}
		}
		r.covered = own.entries.names()
		if override.size() > 0 {
			r.override = override
		}
	}
}
