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
