package webpack

import (
	"slices"

	"muster/compiler/share/federation"
)

// Bound is everything that could come of a contest whatever the order, and more, without trying any. It holds for pages too
// in which some of the remotes are not there: an app could get any version that any of them brings, as far as its
// declaration lets it.
func Bound(c Contest) federation.Reach {
	found := gather()
	for _, r := range c.rooms() {
		b := bounder{room: r, full: r.full()}
		for _, im := range r.imports {
			b.bound(im, found)
		}
		found.apart(b.apart, nil)
	}
	return found.done()
}

type bounder struct {
	*room
	full  versions
	apart []federation.Copy // that singletons could get
}

// bound holds an importer against each version as if it were the only one. That is what it makes of the one that it ends
// up with, or of its own where it falls back on that.
func (b *bounder) bound(im importer, found *gathered) {
	for _, s := range b.candidates(im) {
		out := b.chosen(versions{[]shared{s}}, im.request)
		if b.suits(im) && !fits(out) {
			continue // it has better, and would not take this
		}
		providers := b.providers(s.Version)
		found.add(im.Consumer, out, noOrder, providers...)
		for _, name := range providers {
			if im.Singleton && out.Err == "" && !out.Own {
				b.apart = append(b.apart, federation.Copy{Version: out.Copy.Version, Provider: name})
			}
		}
	}
	if im.NoImport && len(b.start.copies) == 0 {
		found.add(im.Consumer, b.chosen(versions{}, im.request), noOrder)
	}
	if slices.ContainsFunc(b.full.copies, func(s shared) bool { return !b.ranges.readable(s.Version) }) {
		found.add(im.Consumer, federation.Outcome{Err: unreadable}, noOrder)
	}
}

// candidates are the versions that an importer could come by. An eager one comes by others too where it brings no copy, or
// where the host may have taken one before the eager copy of that version came.
func (b *bounder) candidates(im importer) (all []shared) {
	for _, s := range b.full.copies {
		if s.eager || !im.Eager {
			all = append(all, s)
		}
		if im.Eager && (im.NoImport || b.hasty) {
			s.eager = false
			all = append(all, s)
		}
	}
	return all
}

// fits reports whether an outcome is a copy of the scope about which nobody complains.
func fits(out federation.Outcome) bool { return out.Err == "" && !out.Own && len(out.Warnings) == 0 }

// suits reports whether an importer, which is no singleton, accepts the copy that it brings itself.
func (b *bounder) suits(im importer) bool {
	return !im.Singleton && !im.NoImport && !b.hasty && b.ranges.Accepts(requires(im.Declaration), own(im.app, im.Declaration).Version)
}

// providers are those whose copy of a version it may be.
func (b *bounder) providers(version string) (names []string) {
	for _, s := range b.start.copies {
		if s.Version == version {
			names = append(names, s.Provider)
		}
	}
	for _, c := range b.comers {
		if slices.ContainsFunc(c.brings, func(d federation.Declaration) bool { return own(c.name, d).Version == version }) {
			names = append(names, c.names...)
		}
	}
	return names
}
