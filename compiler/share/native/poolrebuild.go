package native

import (
	"slices"
	"strings"
)

// islandTorn islands the apps that would still get a mixture of versions; it reports whether there were any.
func (f *family) islandTorn() bool {
	moved, keepOwn := f.moved()
	if moved.size() == 0 {
		return false
	}
	all := builds(f.members, f.islanded, true)
	given := claims(f.members, f.islanded)
	mixtures := newMap[string]()
	for app := range moved.all() {
		shipped, gets := f.tagsOf(app, keepOwn[app], all, given)
		if gets.size() > 0 && !(&build{tags: shipped}).has(gets) && !shippedBySome(gets, all) {
			mixtures.set(app, mixtureText(gets))
		}
	}
	for app, mixture := range mixtures.all() {
		f.islanded.set(app, island{kind: torn, mixture: mixture})
	}
	return mixtures.size() > 0
}

func mixtureText(tags *table[string]) string {
	var parts []string
	for entry, tag := range tags.all() {
		parts = append(parts, entry+"@"+tag)
	}
	return strings.Join(parts, ", ")
}

// moved are the apps to which something else than the top level of the map is given, and which packages each gives itself.
func (f *family) moved() (moved *names, keepOwn map[string]map[string]bool) {
	moved, keepOwn = newMap[struct{}](), map[string]map[string]bool{}
	move := func(app string) {
		if !f.islanded.has(app) && !f.hosts.has(app) {
			moved.set(app, struct{}{})
		}
	}
	for app := range f.served.all() {
		move(app)
	}
	for _, m := range f.members {
		_, published := f.basis[m.name]
		for c, v := range m.external.copies() {
			scoped := v.action == Scope
			if published && !scoped {
				continue
			}
			move(c.app)
			if _, elsewhere := f.served.at(c.app)[m.name]; scoped || !elsewhere {
				if keepOwn[c.app] == nil {
					keepOwn[c.app] = map[string]bool{}
				}
				keepOwn[c.app][m.name] = true
			}
		}
	}
	return moved, keepOwn
}

// tagsOf are the versions that the app ships and those that it would get, by entry point.
func (f *family) tagsOf(app string, keepOwn map[string]bool, all *table[*build], given *table[claim]) (shipped map[string]string, gets *table[string]) {
	shipped, gets = map[string]string{}, newMap[string]()
	for _, m := range f.members {
		c, v := m.external.copyOf(app)
		if c == nil {
			continue
		}
		from, elsewhere := f.served.at(app)[m.name]
		for entry := range c.entries.all() {
			setFirst(shipped, entry, v.tag)
			tag, ok := v.tag, true
			switch {
			case keepOwn[m.name] || elsewhere && from == app:
			case elsewhere:
				tag, ok = all.at(from).tag(entry)
			default:
				var c claim
				c, ok = given.get(entry)
				tag = c.tag
			}
			if ok {
				gets.add(entry, tag)
			}
		}
	}
	return shipped, gets
}

func (b *build) tag(entry string) (string, bool) {
	if b == nil {
		return "", false
	}
	tag, ok := b.tags[entry]
	return tag, ok
}

// copyOf is the app's first copy, nil if it has none.
func (e *external) copyOf(app string) (*appCopy, *version) {
	for c, v := range e.copies() {
		if c.app == app {
			return c, v
		}
	}
	return nil, nil
}

// placed is a copy with what the election made of its version.
type placed struct {
	*appCopy
	tag    string
	host   bool
	action Action
}

// rebuild is the external with the copies of islanded apps scoped and the others served as assigned.
func (f *family) rebuild(m member) *external {
	clean, scoped := f.place(m)
	basis, published := f.basis[m.name]
	if !published {
		scoped = append(scoped, filter(clean, func(p placed) bool { return p.servedBy == "" })...)
		clean = filter(clean, func(p placed) bool { return p.servedBy != "" })
		for i := range clean {
			clean[i].action = Skip
		}
	}
	shared := filter(clean, func(p placed) bool { return p.action == Share })
	e := &external{}
	if len(shared) > 0 {
		first := filter(shared, func(p placed) bool { return published && p.app == basis })
		rest := filter(shared, func(p placed) bool { return !published || p.app != basis })
		shared = append(first, rest...)
		e.versions = append(e.versions, &version{tag: shared[0].tag, host: shared[0].host, action: Share})
		for _, p := range shared {
			e.versions[0].copies = append(e.versions[0].copies, p.appCopy)
		}
	}
	e.versions = append(e.versions, byTag(filter(clean, func(p placed) bool { return p.action == Skip }), Skip)...)
	e.versions = append(e.versions, byTag(scoped, Scope)...)
	e.sort()
	return e
}

func filter(all []placed, ok func(placed) bool) []placed {
	return slices.DeleteFunc(slices.Clone(all), func(p placed) bool { return !ok(p) })
}

// place parts the copies into those that stay shared, with what serves them, and those that are scoped.
func (f *family) place(m member) (clean, scoped []placed) {
	for c, v := range m.external.copies() {
		p := placed{c, v.tag, v.host, v.action}
		if f.islanded.has(c.app) || v.action == Scope {
			scoped = append(scoped, p)
			c.servedBy = ""
			continue
		}
		clean = append(clean, p)
		c.servedBy = f.served.at(c.app)[m.name]
	}
	return clean, scoped
}

func byTag(all []placed, action Action) []*version {
	byTag := newMap[*version]()
	for _, p := range all {
		v := byTag.ensure(p.tag, func() *version { return &version{tag: p.tag, host: p.host, action: action} })
		v.copies = append(v.copies, p.appCopy)
	}
	versions := make([]*version, 0, byTag.size())
	for _, v := range byTag.all() {
		versions = append(versions, v)
	}
	return versions
}
