package native

import "slices"

// What pooling asks of the members of a pool. Several of these keep an order, because the orchestrator lets the first of equals win.

// build is what one app ships of a pool.
type build struct {
	files    map[string]string // by entry point
	tags     map[string]string // version by entry point
	versions map[string]string // by package
}

// builds are the apps that ship something of the pool and are not islanded. Live ones ship what is not scoped.
func builds(members []member, islanded *table[island], live bool) *table[*build] {
	all := newMap[*build]()
	for _, m := range members {
		for c, v := range m.external.copies() {
			if live && v.action == Scope || islanded.has(c.app) {
				continue
			}
			all.ensure(c.app, newBuild).ship(m.name, v.tag, c)
		}
	}
	return all
}

func newBuild() *build { return &build{map[string]string{}, map[string]string{}, map[string]string{}} }

func (b *build) ship(name, tag string, c *appCopy) {
	setFirst(b.versions, name, tag)
	for entry, file := range c.entries.all() {
		b.files[entry] = file
		setFirst(b.tags, entry, tag)
	}
}

func setFirst(m map[string]string, key, value string) {
	if _, set := m[key]; !set {
		m[key] = value
	}
}

func (b *build) covers(entries *names) bool {
	return !slices.ContainsFunc(entries.names(), func(entry string) bool { _, ok := b.files[entry]; return !ok })
}

// has reports whether the build ships just these versions.
func (b *build) has(tags *table[string]) bool {
	for entry, tag := range tags.all() {
		if b.tags[entry] != tag {
			return false
		}
	}
	return true
}

// claim is a copy that the top level of the import map takes an entry point from.
type claim struct {
	tag  string
	copy *appCopy
}

// claims tells for each entry point what the top level of the import map will give: the shared version first, then what others
// add to it.
func claims(members []member, islanded *table[island]) *table[claim] {
	all := newMap[claim]()
	claimAll := func(v *version) {
		for entry, c := range v.entries(func(c *appCopy) bool { return !islanded.has(c.app) }).all() {
			all.add(entry, claim{v.tag, c})
		}
	}
	for _, m := range members {
		if shared := m.external.with(Share); shared != nil {
			claimAll(shared)
		}
		for _, v := range m.external.versions {
			if v.action == Skip {
				claimAll(v)
			}
		}
	}
	return all
}

// consumption is what an app imports of a pool.
type consumption struct {
	packages []string
	entries  *names
}

func newConsumption() *consumption { return &consumption{entries: newMap[struct{}]()} }

func consumptions(members []member) *table[*consumption] {
	all := newMap[*consumption]()
	for _, m := range members {
		for c := range m.external.copies() {
			mine := all.ensure(c.app, newConsumption)
			if n := len(mine.packages); n == 0 || mine.packages[n-1] != m.name {
				mine.packages = append(mine.packages, m.name)
			}
			for entry := range c.entries.all() {
				mine.entries.set(entry, struct{}{})
			}
		}
	}
	return all
}

// acceptance tells for each app and package which tags its range accepts. If an app has several copies, the first one's counts.
type acceptance map[[2]string]map[string]bool

func accepting(members []member) acceptance {
	all := acceptance{}
	for _, m := range members {
		for c := range m.external.copies() {
			key := [2]string{c.app, m.name}
			if all[key] != nil {
				continue
			}
			all[key] = map[string]bool{}
			for _, v := range m.external.versions {
				all[key][v.tag] = compatible(v.tag, c.required)
			}
		}
	}
	return all
}

func (a acceptance) acceptsAll(b *build, app string, packages []string) bool {
	return !slices.ContainsFunc(packages, func(name string) bool { return !a[[2]string{app, name}][b.versions[name]] })
}

// hosts are the apps that are the host.
func hosts(members []member) *names {
	all := newMap[struct{}]()
	for _, m := range members {
		for _, v := range m.external.versions {
			if v.host && len(v.copies) > 0 {
				all.set(v.copies[0].app, struct{}{})
			}
		}
	}
	return all
}

// arrivals numbers the apps in the order in which the pool names them.
func arrivals(members []member) map[string]int {
	at := map[string]int{}
	for _, m := range members {
		for c := range m.external.copies() {
			if _, known := at[c.app]; !known {
				at[c.app] = len(at)
			}
		}
	}
	return at
}

// bases tells for each package the app whose copy the shared version gives first, of those that count.
func bases(members []member, counts func(app string) bool) map[string]string {
	all := map[string]string{}
	for _, m := range members {
		shared := m.external.with(Share)
		if shared == nil {
			continue
		}
		if i := slices.IndexFunc(shared.copies, func(c *appCopy) bool { return counts(c.app) }); i >= 0 {
			all[m.name] = shared.copies[i].app
		}
	}
	return all
}

// witnessed reports whether some build ships all the entries at just the versions that the map gives.
func witnessed(entries *names, given *table[claim], all *table[*build]) bool {
	tags := newMap[string]()
	for entry := range entries.all() {
		c, ok := given.get(entry)
		if !ok {
			return false
		}
		tags.set(entry, c.tag)
	}
	return shippedBySome(tags, all)
}

func shippedBySome(tags *table[string], all *table[*build]) bool {
	return slices.ContainsFunc(all.names(), func(app string) bool { return all.at(app).has(tags) })
}

// gap says why no build serves the app: what the closest lacks. The closest lacks the fewest entry points; one that lacks none
// has a version that the app does not accept.
func gap(app string, wants *consumption, all *table[*build], accepts acceptance) (lacks, closest string) {
	if len(wants.packages) > 0 {
		lacks = wants.packages[0]
	}
	fewest := -1
	for name, b := range all.all() {
		if name == app {
			continue
		}
		missing := slices.DeleteFunc(slices.Clone(wants.entries.names()), func(entry string) bool { _, ok := b.files[entry]; return ok })
		if fewest >= 0 && len(missing) >= fewest {
			continue
		}
		fewest, closest = len(missing), name
		if len(missing) > 0 {
			lacks = missing[0]
		} else if rejected := accepts.rejected(b, app, wants.packages); rejected != "" {
			lacks = rejected
		}
	}
	return lacks, closest
}

// rejected is the first package of the build that the app does not accept.
func (a acceptance) rejected(b *build, app string, packages []string) string {
	for _, name := range packages {
		tag, offered := b.versions[name]
		switch {
		case !offered:
			return name
		case !a[[2]string{app, name}][tag]:
			return name + "@" + tag
		}
	}
	return ""
}
