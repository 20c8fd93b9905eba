package native

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// doubt is a part of an outcome that may change with the order of the apps.
type doubt struct {
	Scope   string // the share scope; "" under the classic runtime, which knows none
	Package string // "": the page as a whole
	// Versions tells that who gets which version may change, or whether init throws. Otherwise only whose file it is may change.
	Versions bool
	Reason   string
}

// doubtsOf tells what may change with order, by the rules of the package comment, which TestDoubts thereby holds to what the runtimes
// do. In a page without a doubt as a whole, a package without a doubt comes out in all of ordersOf as Negotiate says; one whose doubts are not about versions has the same versions, actions and faults in all of them. Texts in the
// log may differ in any case. That there is a doubt does not prove that orders differ.
func doubtsOf(rt Runtime, page Page) []doubt {
	d := &doubts{page: page}
	d.ofManifest()
	if rt == Classic {
		d.ofClassic()
	} else {
		d.ofOrchestrator()
	}
	slices.SortFunc(d.found, func(a, b doubt) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.Compact(d.found)
}

type doubts struct {
	page  Page
	found []doubt
}

func (d *doubts) ofPage(format string, args ...any) {
	d.found = append(d.found, doubt{Versions: true, Reason: fmt.Sprintf(format, args...)})
}

func (d *doubts) ofVersions(p slot, format string, args ...any) {
	d.found = append(d.found, doubt{p.scope, p.name, true, fmt.Sprintf(format, args...)})
}

func (d *doubts) ofFile(p slot, format string, args ...any) {
	d.found = append(d.found, doubt{p.scope, p.name, false, fmt.Sprintf(format, args...)})
}

// ofManifest doubts remotes of one name, of which the last counts.
func (d *doubts) ofManifest() {
	seen := map[string]bool{}
	for _, app := range d.page.Remotes {
		if seen[app.Name] {
			d.ofPage("two remotes of the manifest have one name, %q", app.Name)
		}
		seen[app.Name] = true
	}
}

func (d *doubts) ofOrchestrator() {
	if d.page.Stored.kept != nil {
		d.ofPage("the page starts from what earlier pages have stored")
	}
	s := newSession(d.page)
	documents, err := s.fetch(d.page)
	later := laterDocuments(s, d.page)
	all := slices.Concat(documents, later)
	d.ofPlaces(all)
	d.ofRequests(all, later)
	d.ofFiles(listings(all))
	d.ofRanges(all)
	d.ofVersionless(all)
	d.ofTwins(all)
	d.ofEntries(all)
	if err == nil && s.settle(documents) == nil {
		d.ofShared(s)
		d.ofLater(s, later)
	}
	for _, p := range s.chosen {
		d.ofVersions(p, "its pool is a mixture of builds, and which build serves whom goes by order")
	}
	d.spread(s)
	d.ofStrictness()
}

// spread doubts pools as a whole.
func (d *doubts) spread(s *session) {
	doubted := map[slot]bool{}
	for _, x := range d.found {
		doubted[slot{x.Scope, x.Package}] = doubted[slot{x.Scope, x.Package}] || x.Versions
	}
	for scope, externals := range s.now.shared.all() {
		if !s.poolable(scope) {
			continue
		}
		for _, p := range s.pools(externals, func(string) {}) {
			if !slices.ContainsFunc(p.members, func(m member) bool { return doubted[slot{scope, m.name}] }) {
				continue
			}
			for _, m := range p.members {
				d.ofVersions(slot{scope, m.name}, "a package of its pool goes by order")
			}
		}
	}
}

// ofStrictness doubts the page if an error goes by order.
func (d *doubts) ofStrictness() {
	strict := d.page.Options.Strict
	if (strict.Compatibility || strict.SameVersion || strict.Coverage || strict.ImportMap) && slices.ContainsFunc(d.found, func(x doubt) bool { return x.Versions }) {
		d.ofPage("a package whose versions go by order may make an app fail, with all it brings")
	}
}

// laterDocuments are those of the later apps as far as there are any.
func laterDocuments(s *session, page Page) (all []*document) {
	for i := range page.Later {
		if app := &page.Later[i]; app.Fails == "" {
			all = append(all, &document{name: cmp.Or(app.Declares, app.Name), url: app.URL, app: app, shared: s.dense(app.Shared)})
		}
	}
	return all
}

func listings(documents []*document) (all []listing) {
	for _, doc := range documents {
		all = append(all, listing{doc.name, installed{doc.home(), doc.app, doc.shared}})
	}
	return all
}

// ofPlaces doubts apps that take each other's place.
func (d *doubts) ofPlaces(documents []*document) {
	names, homes := map[string]bool{}, map[string]bool{}
	for _, doc := range documents {
		home := d.absoluteHome(doc)
		if names[doc.name] {
			d.ofPage("two documents are of one name, %q", doc.name)
		}
		if homes[home] {
			d.ofPage("two apps are in one folder, %q", home)
		}
		if !isAddress(doc.home()) {
			d.ofPage("files in the folder %q have no address for an import map", doc.home())
		}
		names[doc.name], homes[home] = true, true
	}
}

// ofRequests doubts later apps that are asked for by another's name: if that one is there, they are not asked for at all.
func (d *doubts) ofRequests(all, later []*document) {
	for _, doc := range later {
		for _, other := range all {
			if other != doc && doc.app.Name == other.name {
				d.ofPage("%q is asked for by the name of another, %q", doc.name, other.name)
			}
		}
	}
}

// ofFiles doubts files that documents list for different apps or versions: whose they are can't be told.
func (d *doubts) ofFiles(listed []listing) {
	first := map[string]file{}
	for _, l := range listed {
		for _, e := range l.shared {
			for _, path := range entriesOf(e).all() {
				address, _ := absolute(l.home+path, baseOf(d.page.Base))
				f := file{l.name, e.Version}
				if before, there := first[address]; there && before != f {
					d.ofPage("%q is listed for %s %q and %s %q", address, before.app, before.version, f.app, f.version)
				}
				first[address] = f
			}
		}
	}
}

func (d *doubts) absoluteHome(doc *document) string {
	home, _ := absolute(doc.home(), baseOf(d.page.Base))
	return home
}

// ofRanges doubts ranges that only their order makes an error.
func (d *doubts) ofRanges(documents []*document) {
	if !d.page.Options.Strict.SameVersion {
		return
	}
	ranges := map[[3]string]string{}
	for _, doc := range documents {
		for _, e := range doc.shared {
			at := [3]string{e.scope(), e.Package, e.Version}
			if before, there := ranges[at]; there && before != e.RequiredVersion {
				d.ofPage("%s %s is there with two ranges, and the first to come is the measure", e.Package, e.Version)
			}
			ranges[at] = e.RequiredVersion
		}
	}
}

// ofVersionless doubts packages of which nobody knows what version they are: the orchestrator passes them over, or takes them for the
// lowest version of the range that comes with them.
func (d *doubts) ofVersionless(documents []*document) {
	for _, doc := range documents {
		for _, e := range doc.shared {
			if !isVersion(e.Version) {
				d.ofVersions(slotOf(e), "%s brings it as version %q, which is none", doc.name, e.Version)
			}
		}
	}
}

// ofTwins doubts packages that one app brings twice, and versions of which neither is the higher.
func (d *doubts) ofTwins(documents []*document) {
	type bringer struct {
		slot
		app string
	}
	brought := map[bringer]bool{}
	versions := map[slot][]string{}
	for _, doc := range documents {
		for _, e := range doc.shared {
			p := slotOf(e)
			if brought[bringer{p, doc.name}] {
				d.ofVersions(p, "%s brings it twice", doc.name)
			}
			brought[bringer{p, doc.name}] = true
			for _, v := range versions[p] {
				if v != e.Version && compareVersions(v, e.Version) == 0 {
					d.ofVersions(p, "neither of the versions %q and %q is the higher", min(v, e.Version), max(v, e.Version))
				}
			}
			versions[p] = append(versions[p], e.Version)
		}
	}
}

// slotOf is where an external counts; what is no singleton has no share scope.
func slotOf(e External) slot {
	if !e.Singleton {
		return slot{"", e.Package}
	}
	return slot{e.scope(), e.Package}
}

// claimant is who maps an entry point: a share scope, or an app for itself. "" is everybody, where apps lie within others.
type claimant struct{ who, entry string }

// ofEntries doubts entry points that two externals have: one maps them, by order.
func (d *doubts) ofEntries(documents []*document) {
	entries := map[slot]*names{}
	for _, doc := range documents {
		for _, e := range doc.shared {
			p := slotOf(e)
			if entries[p] == nil {
				entries[p] = newMap[struct{}]()
			}
			for entry := range entriesOf(e).all() {
				entries[p].set(entry, struct{}{})
			}
		}
	}
	nested := d.nestedHomes(documents)
	first := map[claimant]slot{}
	for _, doc := range documents {
		for _, e := range doc.shared {
			p := slotOf(e)
			for entry := range entries[p].all() {
				d.claim(first, claimant{"app " + doc.name, entry}, p)
				if e.Singleton {
					d.claim(first, claimant{"scope " + p.scope, entry}, p)
				}
				if nested {
					d.claim(first, claimant{"", entry}, p)
				}
			}
		}
	}
}

func (d *doubts) claim(first map[claimant]slot, c claimant, p slot) {
	q, taken := first[c]
	if !taken {
		first[c] = p
	} else if q != p {
		d.ofVersions(p, "%q is an entry point of %s too", c.entry, q.name)
		d.ofVersions(q, "%q is an entry point of %s too", c.entry, p.name)
	}
}

// nestedHomes reports whether the rules for one app's code apply to another's.
func (d *doubts) nestedHomes(documents []*document) bool {
	for i, a := range documents {
		for j, b := range documents {
			if i != j && strings.HasPrefix(d.absoluteHome(b), d.absoluteHome(a)) {
				return true
			}
		}
	}
	return false
}

// ofShared doubts what goes by order in the state that init has left.
func (d *doubts) ofShared(s *session) {
	for scope, externals := range s.now.shared.all() {
		for name, e := range externals.all() {
			d.ofGivers(slot{scope, name}, e)
		}
	}
}

// ofGivers doubts entry points that several apps bring of a version that is given out.
func (d *doubts) ofGivers(p slot, e *external) {
	covered := newMap[*appCopy]()
	if shared := e.with(Share); shared != nil {
		covered = shared.entries(nil)
	}
	for _, v := range e.versions {
		if v.action == Scope {
			continue
		}
		for entry, c := range v.entries(nil).all() {
			if v.action == Skip && covered.has(entry) {
				continue
			}
			if other := e.rival(v, c, entry); other != "" {
				d.ofFile(p, "%s and %s both bring %s %s", min(c.app, other), max(c.app, other), entry, v.tag)
			}
		}
	}
}

// rival is an app that would give the entry if it came before c's, "" if there is none: c is the host's, or the only copy, or the
// only one with the most entry points.
func (e *external) rival(v *version, c *appCopy, entry string) string {
	if v.host && c == v.copies[0] {
		return ""
	}
	rival, most := "", !v.host
	for other, w := range e.copies() {
		if other == c || w.tag != v.tag {
			continue
		}
		most = most && c.coverage() > other.coverage()
		if w == v && other.entries.has(entry) {
			rival = other.app
		}
	}
	if most {
		return ""
	}
	return rival
}

// ofLater doubts what several later apps bring, unless init has decided it.
func (d *doubts) ofLater(s *session, later []*document) {
	brought := map[slot]map[string]bool{}
	covered := map[slot]bool{}
	for _, doc := range later {
		for _, e := range doc.shared {
			p := slotOf(e)
			if brought[p] == nil {
				brought[p], covered[p] = map[string]bool{}, true
			}
			brought[p][doc.name] = true
			covered[p] = covered[p] && s.gives(p, e)
		}
	}
	for p, apps := range brought {
		if len(apps) > 1 && p.scope != "" && p.scope != strictScope && !covered[p] {
			d.ofVersions(p, "several later apps bring it, and the first of them is given to the others")
		}
	}
	for i := range d.page.Later {
		_ = s.add(&d.page.Later[i]) // what it throws is part of the outcome, and the rest of the apps come all the same
	}
	d.ofLaterPools(s, later)
}

// gives reports whether init has decided what apps that come later get: there is a shared version, and in a share scope of its own
// it has all the entry points.
func (s *session) gives(p slot, e External) bool {
	ext := s.now.shared.at(p.scope).at(p.name)
	if ext == nil || ext.with(Share) == nil {
		return false
	}
	given := ext.with(Share).entries(nil)
	return p.scope == GlobalScope || !slices.ContainsFunc(entriesOf(e).names(), func(entry string) bool { return !given.has(entry) })
}

// ofLaterPools doubts the pools that several later apps have packages of.
func (d *doubts) ofLaterPools(s *session, later []*document) {
	for scope, externals := range s.now.shared.all() {
		if !s.poolable(scope) {
			continue
		}
		for _, pool := range s.pools(externals, func(string) {}) {
			for _, m := range pool.members {
				if pool.broughtBy(later) > 1 {
					d.ofVersions(slot{scope, m.name}, "several later apps bring packages of its pool")
				}
			}
		}
	}
}

// broughtBy counts the documents that have packages of the pool.
func (p *pool) broughtBy(documents []*document) int {
	n := 0
	for _, doc := range documents {
		if slices.ContainsFunc(p.members, func(m member) bool { c, _ := m.external.copyOf(doc.name); return c != nil }) {
			n++
		}
	}
	return n
}
