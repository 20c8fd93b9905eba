package webpack

import (
	"slices"

	"muster/compiler/share/federation"
)

// Prove finds a contest that ends in the same way in every order, because all who take a copy from the scope take the same
// version: the proof is Highest.
//
// Everybody meets in one scope, and no import is eager, so all versions are there before the first is taken. One of them
// supersedes every other, and none supersedes it: a walk over any of them in any order ends there, if it is among them.
// Whose range does not accept it must find nothing that it does accept, and is left with its own copy, a warning or an
// error. Then this is the only version that is ever loaded, so no singleton's walk ends before it either. The name rule
// leaves one copy of it. If somebody takes another version, singletons may stop there: no proof.
func Prove(c Contest) (federation.Reach, federation.Proof) {
	rooms := c.rooms()
	if len(rooms) != 1 || rooms[0].eager {
		return federation.Reach{}, federation.None
	}
	r, full := rooms[0], rooms[0].full()
	top := slices.IndexFunc(full.copies, func(s shared) bool { return r.tops(full, s.Version) })
	if top < 0 {
		return federation.Reach{}, federation.None
	}
	found := gather()
	for _, im := range r.imports {
		out := r.chosen(full, im.request)
		if out.Err == "" && !out.Own && out.Copy != full.copies[top].Copy {
			return federation.Reach{}, federation.None
		}
		found.add(im.Consumer, out, noOrder, out.Copy.Provider)
	}
	return found.done(), federation.Highest
}

func noOrder() []federation.Event { return nil }

// tops reports whether a version supersedes all others, and none supersedes it.
func (r *room) tops(v versions, version string) bool {
	return !slices.ContainsFunc(v.copies, func(s shared) bool { return s.Version != version && !r.above(version, s.Version) })
}

// above reports whether a version is higher than another, and not the other way round too.
func (r *room) above(version, than string) bool {
	return r.ranges.supersedes(version, than) && !r.ranges.supersedes(than, version)
}

// decisive finds the versions whose order of arrival can matter: if there are singletons, those at which one may stop and
// the one that it else goes on to. A walk stops where somebody has taken a copy, which is what that importer takes when
// nothing is loaded yet; and it only comes by what is above everything that its owner put into the scope. Versions that are
// never taken could hide one of these from a walk, but so can the others. Where something is eager, or versions are not
// in one order by rank or some have their place among the keys whenever they come, all may matter.
func (r *room) decisive() func(version string) bool {
	full := r.full()
	if r.eager || !r.ordered(full) {
		return func(string) bool { return true }
	}
	taken := map[string]bool{}
	singletons := false
	for _, im := range r.imports {
		out := r.chosen(full, im.request)
		singletons = singletons || im.Singleton
		for _, c := range []federation.Copy{out.Copy, out.Refused} {
			if c.Version != "" && !out.Own && r.tops(r.start, c.Version) {
				taken[c.Version] = true
			}
		}
	}
	if !singletons || len(taken) < 2 {
		return func(string) bool { return false }
	}
	return func(version string) bool { return taken[version] }
}

// ordered reports whether versions are walked in the order in which they came, and of any two one is above the other.
func (r *room) ordered(v versions) bool {
	sorted := slices.Clone(v.copies)
	slices.SortFunc(sorted, func(a, b shared) int {
		if r.ranges.supersedes(a.Version, b.Version) {
			return 1
		}
		return -1
	})
	for i, high := range sorted {
		_, isIndex := index(high.Version)
		if isIndex || slices.ContainsFunc(sorted[:i], func(low shared) bool { return !r.above(high.Version, low.Version) }) {
			return false
		}
	}
	return true
}
