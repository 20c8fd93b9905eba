package native

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// island is why an app keeps all its own copies of a pool.
type island struct {
	kind    islandKind
	member  string // incompatible: the package and tag that the election has scoped
	mixture string // torn: the versions it would have got together
	lacks   string // uncovered: what the closest build lacks
	closest string // uncovered: that build, "" if there is none
}

type islandKind uint8

const (
	incompatible islandKind = iota
	torn
	uncovered
)

// serving tells which build serves an app; those that the map serves well are not in it.
type serving = table[string]

// family is a pool while it is decided.
type family struct {
	*pool
	wants    *table[*consumption]
	hosts    *names
	islanded *table[island]
	accepts  func() acceptance

	serving *serving
	chosen  bool                      // it was not clear from the start that every app gets what one build ships
	basis   map[string]string         // by package: the app whose copy the map gives
	served  *table[map[string]string] // by app and package: the app that serves it, where that is not the basis
}

// poolShared has the apps of each pool get it from builds that ship it as a whole. decided are the externals of this init.
func (s *session) poolShared(decided map[string]*names) error {
	for scope, externals := range s.now.shared.all() {
		if !s.poolable(scope) || decided[scope] == nil {
			continue
		}
		warn := func(text string) { s.say(Warn, 3, text) }
		for _, p := range s.pools(externals, warn) {
			if !slices.ContainsFunc(p.members, func(m member) bool { return decided[scope].has(m.name) }) {
				continue
			}
			if err := s.poolFamily(scope, &p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *session) poolFamily(scope string, p *pool) error {
	f := &family{pool: p, wants: consumptions(p.members), hosts: hosts(p.members), islanded: islandedByElection(p.members)}
	if f.wants.size() < 2 {
		return nil
	}
	f.accepts = sync.OnceValue(func() acceptance { return accepting(p.members) })
	f.assign()
	if f.islanded.size() == 0 && f.serving.size() == 0 && !p.anyServed() {
		return nil
	}
	for f.islandTorn() {
		f.assign()
	}
	if f.chosen {
		s.choose(scope, p)
	}
	if err := s.reportIslands(scope, f); err != nil {
		return err
	}
	for _, m := range p.members {
		before := m.external.with(Share)
		rebuilt := f.rebuild(m)
		s.warnIfScopedOnly(scope, f, m.name, before, rebuilt)
		s.now.shared.at(scope).set(m.name, rebuilt)
		s.changed.shared = true
	}
	return nil
}

// choose notes that order may have decided on the pool.
func (s *session) choose(scope string, p *pool) {
	for _, m := range p.members {
		s.chosen = append(s.chosen, slot{scope, m.name})
	}
}

// islandedByElection are the apps of which the election has scoped a copy.
func islandedByElection(members []member) *table[island] {
	all := newMap[island]()
	for _, m := range members {
		for c, v := range m.external.copies() {
			if v.action == Scope {
				all.add(c.app, island{kind: incompatible, member: m.name + "@" + v.tag})
			}
		}
	}
	return all
}

func (p *pool) anyServed() bool {
	for _, m := range p.members {
		for c := range m.external.copies() {
			if c.servedBy != "" {
				return true
			}
		}
	}
	return false
}

// assign decides who serves whom, islands those whom nobody can serve, and draws the consequences.
func (f *family) assign() {
	for f.serving = nil; f.serving == nil; {
		f.serving = f.tryAssign()
	}
	f.basis = bases(f.members, func(app string) bool {
		by, ok := f.serving.get(app)
		return !f.islanded.has(app) && (!ok || by == app)
	})
	f.served = newMap[map[string]string]()
	for app, by := range f.serving.all() {
		served := map[string]string{}
		for _, name := range f.wants.at(app).packages {
			if f.basis[name] != by {
				served[name] = by
			}
		}
		if len(served) > 0 {
			f.served.set(app, served)
		}
	}
}

// tryAssign returns nil if it had to island an app, which changes what there is to choose from.
func (f *family) tryAssign() *serving {
	if f.soleBuild() {
		return newMap[string]()
	}
	all := builds(f.members, f.islanded, true)
	needs := f.needs(all)
	if needs.size() == 0 {
		return newMap[string]()
	}
	f.chosen = true
	a := &anchoring{builds: all, accepts: f.accepts(), needs: needs, hosts: f.hosts, arrived: arrivals(f.members)}
	return f.answer(a, a.assign())
}

// answer turns what anchoring has found into who serves whom, nil if it has islanded an app. by says who serves an app, "" for itself.
func (f *family) answer(a *anchoring, by map[string]string) *serving {
	anchors := map[string]bool{}
	for _, anchor := range by {
		anchors[anchor] = true
	}
	result, complete := newMap[string](), true
	for app, wants := range a.needs.all() {
		switch {
		case by[app] != "":
			result.set(app, by[app])
		case anchors[app] || f.hosts.has(app):
			result.set(app, app)
		default:
			lacks, closest := gap(app, wants, a.builds, a.accepts)
			f.islanded.set(app, island{kind: uncovered, lacks: lacks, closest: closest})
			complete = false
		}
	}
	if !complete {
		return nil
	}
	return result
}

// soleBuild reports whether one app gives every package and has every entry point that the others import.
func (f *family) soleBuild() bool {
	firsts := bases(f.members, func(app string) bool { return !f.islanded.has(app) })
	sole := firsts[f.members[0].name]
	for _, m := range f.members {
		if by, ok := firsts[m.name]; !ok || by != sole {
			return false
		}
	}
	mine := f.wants.at(sole).entries
	for app, wants := range f.wants.all() {
		if !f.islanded.has(app) && slices.ContainsFunc(wants.entries.names(), func(entry string) bool { return !mine.has(entry) }) {
			return false
		}
	}
	return true
}

// needs are the apps that the map would give versions which no build ships together.
func (f *family) needs(all *table[*build]) *table[*consumption] {
	given := claims(f.members, f.islanded)
	needs := newMap[*consumption]()
	for app, wants := range f.wants.all() {
		if !f.islanded.has(app) && !witnessed(wants.entries, given, all) {
			needs.set(app, wants)
		}
	}
	return needs
}

// reportIslands warns of every app that keeps its own family. Where incompatibility is an error, it throws.
func (s *session) reportIslands(scope string, f *family) error {
	var strict []string
	for app, why := range f.islanded.all() {
		if why.kind == incompatible {
			strict = append(strict, app)
		}
	}
	prefix := fmt.Sprintf("[%s][pool:%s] ", scope, f.name)
	if len(strict) > 0 && s.options.Strict.Compatibility {
		s.say(Error, 3, prefix+"version-incompatible remotes cannot be pooled: {"+strings.Join(strict, ", ")+"}.")
		return failure("Could not pool '%s' in scope %s.", f.name, scope)
	}
	for app, why := range f.islanded.all() {
		s.say(Warn, 3, prefix+why.text(app, len(f.wants.at(app).packages)))
	}
	return nil
}

func (w island) text(app string, n int) string {
	switch w.kind {
	case incompatible:
		return fmt.Sprintf("'%s' is islanded: the resolver scoped its '%s', so all %d members it imports are scoped for it.", app, w.member, n)
	case torn:
		return fmt.Sprintf("'%s' serves its own family: the mapping would have handed it %s, which no build shipped together, so all %d members it imports are scoped for it.", app, w.mixture, n)
	}
	closest := "no other build in the pool serves any of it"
	if w.closest != "" {
		closest = fmt.Sprintf("closest is '%s'", w.closest)
	}
	return fmt.Sprintf("'%s' serves its own family: no shared build offers every entrypoint it imports at a version it accepts — '%s' is the gap, %s. All %d members it imports are scoped for it.",
		app, w.lacks, closest, n)
}

// warnIfScopedOnly tells that several apps load a package each for itself, unless that follows from an island.
func (s *session) warnIfScopedOnly(scope string, f *family, name string, before *version, rebuilt *external) {
	if rebuilt.with(Share) != nil {
		return
	}
	consumers := newMap[struct{}]()
	for c, v := range rebuilt.copies() {
		if v.action == Scope {
			consumers.set(c.app, struct{}{})
		}
	}
	if consumers.size() < 2 || before != nil && slices.ContainsFunc(before.copies, func(c *appCopy) bool { return f.islanded.has(c.app) }) {
		return
	}
	s.say(Warn, 3, fmt.Sprintf("[%s][pool:%s] '%s' is scoped-only — no coherent shared build provides it; %d remotes download their own copy.",
		scope, f.name, name, consumers.size()))
}
