package webpack

import (
	"slices"
	"strconv"

	"muster/compiler/share/federation"
)

// decisive finds the versions whose order of arrival can matter: if there are singletons, those at which one may stop and
// the one that it else goes on to. A walk stops where somebody has taken a copy, which is what that importer takes when
// nothing is loaded yet; and it only comes by what is above everything that its owner put into the scope. Versions that are
// never taken could hide one of these from a walk, but so can the others. It is nil where all may matter: something is eager,
// or versions are not in one order by rank, or some have their place among the keys whenever they come.
func (r *room) decisive() map[string]bool {
	full := r.full()
	if r.eager || !r.ordered(full) {
		return nil
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
		return map[string]bool{}
	}
	return taken
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
		_, isIndex := federation.ArrayIndex(high.Version)
		if isIndex || slices.ContainsFunc(sorted[:i], func(low shared) bool { return !r.above(high.Version, low.Version) }) {
			return false
		}
	}
	return true
}

// kinds tells importers apart by what they do to a room whatever is in it: the host's each for itself, and others by how they
// choose and what they refuse.
func (r *room) kinds() []string {
	full := r.full()
	all := make([]string, len(r.imports))
	for i, im := range r.imports {
		if im.isHosts() || !im.Singleton {
			all[i] = strconv.Itoa(i)
			continue
		}
		kind := strconv.AppendBool([]byte("singleton "), im.Eager)
		for _, c := range full.copies {
			out := r.chosen(versions{[]shared{c}}, im.request)
			kind = strconv.AppendBool(kind, out.Err == "")
		}
		all[i] = string(kind)
	}
	return all
}
