package native

import (
	"iter"
	"slices"
)

// coverage is how many entry points a copy brings.
func (c *appCopy) coverage() int { return c.entries.size() }

// uncovered are the entry points of c that others do not give.
func (c *appCopy) uncovered(others *table[*appCopy]) []string {
	return slices.DeleteFunc(slices.Clone(c.entries.names()), others.has)
}

// find is the version of a tag, if possible one that is not scoped.
func (e *external) find(tag string) *version {
	var scoped *version
	for _, v := range e.versions {
		switch {
		case v.tag != tag:
		case v.action != Scope:
			return v
		case scoped == nil:
			scoped = v
		}
	}
	return scoped
}

// with is the first version that has the action, nil if there is none.
func (e *external) with(a Action) *version {
	for _, v := range e.versions {
		if v.action == a {
			return v
		}
	}
	return nil
}

// sort puts the highest version first. Versions that differ in build metadata only stay in the order in which they came.
func (e *external) sort() {
	slices.SortStableFunc(e.versions, func(v, w *version) int { return compareVersions(w.tag, v.tag) })
}

// add brings in one more copy. The first copy of a version gives its files before the others: it is the host's, else one that is
// given out already, else the one with the most entry points.
func (v *version) add(c *appCopy) {
	first := v.copies[0]
	better := c.cached && !first.cached || c.cached == first.cached && c.coverage() > first.coverage()
	if !v.host && better {
		v.addFirst(c)
		return
	}
	v.copies = append(v.copies, c)
}

func (v *version) addFirst(c *appCopy) { v.copies = slices.Insert(v.copies, 0, c) }

// entries tells for each entry point of a version the copy that gives it. Copies that are not accepted give nothing; nil accepts all.
func (v *version) entries(accepts func(*appCopy) bool) *table[*appCopy] {
	given := newMap[*appCopy]()
	for _, c := range v.copies {
		if c.servedBy != "" || accepts != nil && !accepts(c) {
			continue
		}
		for entry := range c.entries.all() {
			given.add(entry, c)
		}
	}
	return given
}

// accepted reports whether the ranges of all copies accept the tag.
func (v *version) accepted(tag string) bool {
	return !slices.ContainsFunc(v.copies, func(c *appCopy) bool { return !compatible(tag, c.required) })
}

// objects reports whether the copy insists on another version.
func (c *appCopy) objects(tag string) bool { return c.strict && !compatible(tag, c.required) }

// copies walks all copies of all versions.
func (e *external) copies() iter.Seq2[*appCopy, *version] {
	return func(yield func(*appCopy, *version) bool) {
		for _, v := range e.versions {
			for _, c := range v.copies {
				if !yield(c, v) {
					return
				}
			}
		}
	}
}
