package federation

import (
	"cmp"
	"slices"
)

const (
	maxBound     = 16        // how many versions are told that an app could get: beyond that, only that it could be refused one
	maxBoundWork = 1_000_000 // how many ranges are asked about versions; what is not asked counts as refused
)

// Bound is everything that could come of a contest whatever the order, and more, without trying any: an app could get any
// version that any of them brings, as far as its declaration lets it. Of very many it tells some, among them one that the
// app refuses, if there is one.
func Bound(c Contest) Reach {
	b := bounder{ranges: cmp.Or(c.Ranges, NewRanges()), providers: map[string][]string{}}
	b.add(c.Host, c.Host.Name)
	for _, g := range c.Remotes {
		b.add(g.App, g.Names...)
	}
	for version, names := range b.providers {
		slices.Sort(names)
		b.providers[version] = slices.Compact(names)
	}
	for _, d := range c.Host.Shared {
		b.certain = b.certain || c.First && !d.NoImport && c.plain()
	}
	reach := Reach{Outcomes: map[Consumer][]Reached{}}
	b.bound(c.Host, c.Host.Name, Host, &reach)
	for n, g := range c.Remotes {
		b.bound(g.App, g.Names[0], n, &reach)
	}
	slices.SortFunc(reach.Apart, compareCopies)
	if reach.Apart = slices.Compact(reach.Apart); len(reach.Apart) < 2 {
		reach.Apart = nil
	}
	return reach
}

type bounder struct {
	ranges    *Ranges
	versions  []string // in the order in which they are declared
	providers map[string][]string
	certain   bool // some copy is always there
	work      int
}

// accepts asks whether a version fits, until too much has been asked.
func (b *bounder) accepts(required Requirement, version string) bool {
	if b.work++; b.work > maxBoundWork {
		return false
	}
	return required.Kind == Anything || required.Range == "*" || b.ranges.asked(version, required.Range)
}

func (b *bounder) add(a App, names ...string) {
	for _, d := range a.Shared {
		if d.NoImport {
			continue
		}
		v := cmp.Or(d.Version, "0")
		if b.providers[v] == nil {
			b.versions = append(b.versions, v)
		}
		b.providers[v] = append(b.providers[v], names...)
	}
}

func (b *bounder) bound(a App, name string, group int, reach *Reach) {
	a.Name = name
	for i, d := range a.Shared {
		all := b.outcomes(a, d)
		reach.Outcomes[Consumer{group, i}] = all
		for _, r := range all {
			for _, provider := range r.Providers {
				if d.Singleton {
					reach.Apart = append(reach.Apart, Copy{r.Copy.Version, provider})
				}
			}
		}
	}
}

func (b *bounder) outcomes(a App, d Declaration) (all []Reached) {
	k := d.alone(a)
	refused := false
	for _, version := range b.versions {
		if len(all) >= maxBound && refused {
			break
		}
		fits := b.accepts(k.config.required, version)
		refused = refused || !fits
		if len(all) < maxBound || !fits {
			all = append(all, b.could(d, k, version, fits)...)
		}
	}
	if d.NoImport {
		return append(all, missing(d, b.certain && !(refused && !d.Singleton))...)
	}
	return append(all, b.own(a, d, k, all)...)
}

// could is what an app makes of one version.
func (b *bounder) could(d Declaration, k ask, version string, fits bool) []Reached {
	copy := Copy{version, b.providers[version][0]}
	out := Outcome{Copy: copy}
	switch {
	case !fits && !k.config.singleton:
		return nil
	case !fits:
		found := mismatch(d.Package, version, &shared{version: version, from: copy.Provider, source: &copy}, k)
		if found.err != "" {
			return []Reached{{Outcome: found.outcome()}}
		}
		out.Warnings, out.Asker = found.warnings, k.from
	}
	return []Reached{{Outcome: out, Providers: b.providers[version]}}
}

// missing is what happens to an import that brings no copy where there is none.
func missing(d Declaration, certain bool) (all []Reached) {
	if !certain {
		all = append(all, Reached{Outcome: Outcome{Err: noGetter}})
	}
	if d.Eager {
		all = append(all, Reached{Outcome: Outcome{Err: noSync}})
	}
	return all
}

// own is how an app can end with a copy that it brings: an eager import waits for nobody, and takes its own where the
// scope's is not there yet, perhaps after a warning; another falls back on it, where it does not satisfy its own range.
func (b *bounder) own(a App, d Declaration, k ask, others []Reached) (all []Reached) {
	own := Copy{cmp.Or(d.Version, "0"), a.Name}
	if d.Eager {
		for _, r := range others {
			if r.Err == "" {
				all = append(all, Reached{Outcome: Outcome{Copy: own, Warnings: r.Warnings}, Providers: b.providers[own.Version]})
			}
		}
		return all
	}
	if !k.config.singleton && !b.accepts(k.config.required, own.Version) {
		all = append(all, Reached{Outcome: Outcome{Copy: own, Own: true}})
	}
	return all
}
