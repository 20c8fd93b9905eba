package native

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ruling is what happens to one package of an app that is added after init.
type ruling struct {
	action   Action
	covered  []string       // the entries that the shared version gives; nil if there is none
	same     bool           // the shared version is of the app's own tag
	override *table[string] // addresses for the app's own scope; nil for none
}

// addition is an app on its way in after init.
type addition struct {
	*document
	rulings map[string]*ruling // by package, whatever its share scope
}

// add is initRemoteEntry. It fails only if the options say that a missing remote is an error; else the console has the fault.
func (s *session) add(app *App) error {
	if before, there := s.now.apps.get(app.Name); there && app.Name != "" && s.skips(before, app.URL) {
		return nil
	}
	err := s.tryAdd(app)
	if err == nil || s.options.Strict.RemoteEntry {
		return err
	}
	s.log = append(s.log, Line{Warn, "Failed to initialize remote entry, continuing anyway."})
	return nil
}

// skips reports whether an app that is in force keeps it so.
func (s *session) skips(before installed, url string) bool {
	return s.options.Override != Always || !s.options.OverrideSameURL && url == join(before.home, "remoteEntry.json")
}

func (s *session) tryAdd(app *App) error {
	d, err := s.receiveLater(app)
	if err != nil {
		s.say(Error, 7, fmt.Sprintf("[%s] Could not fetch remoteEntry from %s.", cmp.Or(app.Name, "unknown"), app.URL), err)
		return failure("[%s] Could not fetch remoteEntry.", cmp.Or(app.Name, app.URL))
	}
	if d.override {
		s.evict(only(d.name))
	}
	a := &addition{d, map[string]*ruling{}}
	err = s.store(8, d, func(arriving *arrival) error { return s.joinLater(a, arriving) })
	s.files = append(s.files, listing{d.name, s.now.apps.at(d.name)})
	if err != nil {
		return err
	}
	s.poolLater(a)
	m, err := s.convert(a)
	if err != nil {
		return err
	}
	s.actions[d.name] = a.rulings
	s.commit(m)
	return nil
}

func (s *session) receiveLater(app *App) (*document, error) {
	if err := fetchError(app, app.URL); err != nil {
		return nil, err
	}
	d := &document{name: cmp.Or(app.Declares, app.Name), url: app.URL, app: app, shared: s.dense(app.Shared)}
	if app.Name != "" && d.name != app.Name {
		text := fmt.Sprintf("Fetched remote '%s' does not match requested '%s'.", d.name, app.Name)
		if s.options.Strict.RemoteEntry {
			s.say(Error, 7, text)
			return nil, failure("Could not fetch remote entry")
		}
		s.say(Warn, 7, text+" Omitting expected name.")
	}
	d.override = s.now.apps.has(d.name)
	return d, nil
}

// joinLater puts a copy among versions that are decided: it takes what is shared, or keeps itself, or is the first to be shared.
func (s *session) joinLater(a *addition, arriving *arrival) error {
	e := arriving.external
	shared := e.with(Share)
	r := &ruling{action: Skip}
	if arriving.scope == strictScope {
		r.action = Share
	}
	if r.action == Skip && shared != nil && arriving.copy.objects(shared.tag) {
		r.action = Scope
		if err := s.reportObjection(arriving, shared); err != nil {
			return err
		}
	}
	var given *table[*appCopy]
	if shared != nil {
		r.same = shared.tag == arriving.tag
		given = shared.given(arriving.declared)
	}
	if r.action == Skip && given != nil && !r.same {
		if err := s.uncoveredLater(r, arriving, given); err != nil {
			return err
		}
	}
	if err := s.putInto(r, arriving, shared); err != nil {
		return err
	}
	a.rulings[arriving.declared.Package] = r
	if r.action == Skip && given != nil {
		s.override(r, arriving, given)
	}
	return nil
}

// given are the entries that the version gives to an app that is added: in a share scope all, else those that a map has given out.
func (v *version) given(declared External) *table[*appCopy] {
	if declared.Scope != "" {
		return v.entries(nil)
	}
	return v.entries(func(c *appCopy) bool { return c.cached })
}

func (s *session) reportObjection(a *arrival, shared *version) error {
	text := fmt.Sprintf("[%s][%s] %s@%s Is not compatible with existing %s@%s requiredRange '%s'",
		a.scope, a.document.name, a.declared.Package, a.declared.version(), a.declared.Package, shared.tag, shared.copies[0].required)
	if s.options.Strict.Compatibility {
		s.say(Error, 8, text)
		return refused(a.document)
	}
	s.say(Warn, 8, text)
	return nil
}

// uncoveredLater treats entries that the shared version lacks: an error, or copies of the app's own, or nothing.
func (s *session) uncoveredLater(r *ruling, a *arrival, given *table[*appCopy]) error {
	uncovered := a.copy.uncovered(given)
	if len(uncovered) == 0 {
		return nil
	}
	if s.options.Strict.Coverage {
		s.say(Error, 8, fmt.Sprintf("[%s][%s][%s] Entrypoints not covered by the shared version: %s.",
			a.scope, a.document.name, a.declared.Package, strings.Join(uncovered, ", ")))
		return refused(a.document)
	}
	if s.options.ScopeUncovered {
		r.action = Scope
	}
	return nil
}

// putInto puts the copy into its version.
func (s *session) putInto(r *ruling, a *arrival, shared *version) error {
	e := a.external
	if r.action == Scope {
		a.copy.cached = true
		if i := slices.IndexFunc(e.versions, func(v *version) bool { return v.tag == a.tag && v.action == Scope }); i >= 0 {
			e.versions[i].copies = append(e.versions[i].copies, a.copy)
		} else {
			e.versions = append(e.versions, &version{tag: a.tag, action: Scope, copies: []*appCopy{a.copy}})
		}
	} else if v := e.find(a.tag); v != nil {
		if err := s.sameRange(8, a, v); err != nil {
			return err
		}
		v.add(a.copy)
	} else {
		if shared == nil {
			r.action = Share
		}
		a.copy.cached = r.action != Skip
		e.versions = append(e.versions, &version{tag: a.tag, action: r.action, copies: []*appCopy{a.copy}})
	}
	s.keep(a)
	return nil
}

// override notes what the app is given instead of its own copy, in a share scope with addresses.
func (s *session) override(r *ruling, a *arrival, given *table[*appCopy]) {
	r.covered = append([]string{}, given.names()...) // not nil, even if the version gives nothing
	if a.declared.Scope == "" {
		return
	}
	r.override = newMap[string]()
	for entry, c := range given.all() {
		r.override.set(entry, join(s.now.apps.at(c.app).home, c.entries.at(entry)))
	}
}

// laterMap makes the import map that an addition brings.
type laterMap struct {
	*session
	*addition
	ImportMap
	bundles *names
}

func (s *session) convert(a *addition) (ImportMap, error) {
	m := &laterMap{s, a, newImportMap(), only("mapping-or-exposed")}
	for _, declared := range a.shared {
		if err := m.addExternal(declared); err != nil {
			return ImportMap{}, err
		}
	}
	for bundle := range m.bundles.all() {
		for _, file := range s.now.chunks.at(a.name)[bundle] {
			m.addToScope(m.home(), chunkImport(file), join(m.home(), file))
			m.addIntegrity(join(m.home(), file), a.app.Integrity[file])
		}
	}
	for _, exposed := range a.app.Exposes {
		url := join(m.home(), exposed.File)
		m.Imports[join(a.name, exposed.Key)] = url
		m.addIntegrity(url, a.app.Integrity[exposed.File])
	}
	return m.ImportMap, nil
}

func (m *laterMap) addExternal(declared External) error {
	r := m.rulings[declared.Package]
	switch {
	case !declared.Singleton:
		m.addOwn(declared)
	case r == nil:
		m.say(Warn, 9, fmt.Sprintf("[%s] No action defined for shared external '%s', skipping.", m.name, declared.Package))
		return nil
	case r.action == Skip:
		return m.addSkipped(declared, r)
	case r.action == Scope || declared.Scope != "":
		m.addOwn(declared)
	default:
		for entry, file := range entriesOf(declared).all() {
			m.Imports[entry] = join(m.home(), file)
			m.addIntegrity(m.Imports[entry], m.app.Integrity[file])
		}
	}
	if declared.Bundle != "" {
		m.bundles.set(declared.Bundle, struct{}{})
	}
	return nil
}

// addOwn maps the entries to the app's own files, for itself.
func (m *laterMap) addOwn(declared External) {
	for entry, file := range entriesOf(declared).all() {
		m.addOwnEntry(entry, file)
	}
}

func (m *laterMap) addOwnEntry(entry, file string) {
	url := join(m.home(), file)
	m.addToScope(m.home(), entry, url)
	m.addIntegrity(url, m.app.Integrity[file])
}

func (m *laterMap) addSkipped(declared External, r *ruling) error {
	switch {
	case r.override != nil:
		for entry, address := range r.override.all() {
			m.addToScope(m.home(), entry, address)
		}
		return m.addUncovered(declared, r)
	case declared.Scope == "" && r.covered != nil:
		return m.addUncovered(declared, r)
	case declared.Scope == "":
		return nil
	}
	m.say(Error, 9, fmt.Sprintf("[%s][%s] shareScope skip has no override.", m.name, declared.Package))
	if m.options.Strict.ImportMap {
		return noMap()
	}
	m.addOwn(declared)
	return nil
}

// addUncovered maps entries that the shared version lacks to the app's own files, unless that is a fault.
func (m *laterMap) addUncovered(declared External, r *ruling) error {
	for entry, file := range entriesOf(declared).all() {
		if slices.Contains(r.covered, entry) {
			continue
		}
		if r.same || !m.options.wantsCoverage() {
			m.addOwnEntry(entry, file)
			continue
		}
		text := fmt.Sprintf("[%s][%s] Entrypoint '%s' is not covered by the override.", m.name, declared.Package, entry)
		if m.options.Strict.Coverage || m.options.Strict.ImportMap {
			m.say(Error, 9, text)
			return noMap()
		}
		m.say(Warn, 9, text)
	}
	return nil
}
