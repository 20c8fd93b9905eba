package native

import (
	"fmt"
	"regexp"
	"strings"
)

// mapMaker makes the import map of an init.
type mapMaker struct {
	*session
	ImportMap
	bundles *table[*names] // of which chunks are needed, by app
}

// generate makes the import map of all that is in force.
func (s *session) generate() (ImportMap, error) {
	m := &mapMaker{session: s, ImportMap: newImportMap(), bundles: newObject[*names]()}
	for app, packages := range s.now.private.all() {
		m.addPrivate(app, packages)
	}
	for scope, externals := range s.now.shared.all() {
		if scope == GlobalScope {
			continue
		}
		if err := m.addScope(scope, externals); err != nil {
			return ImportMap{}, err
		}
	}
	if err := m.addGlobal(s.now.shared.at(GlobalScope)); err != nil {
		return ImportMap{}, err
	}
	for name, a := range s.now.apps.all() {
		m.addExposed(name, a)
		m.need(name, "mapping-or-exposed")
	}
	m.addChunks()
	return m.ImportMap, nil
}

func (m *mapMaker) home(app string) string { return m.now.apps.at(app).home }

// need notes that the chunks of a bundle are needed.
func (m *mapMaker) need(app, bundle string) {
	if bundle != "" {
		m.bundles.ensure(app, newMap[struct{}]).set(bundle, struct{}{})
	}
}

// secure copies the hash of an app's file, if its document has one.
func (m *mapMaker) secure(url, app, file string) {
	if a, ok := m.now.apps.get(app); ok {
		m.addIntegrity(url, a.app.Integrity[file])
	}
}

func (m *mapMaker) addPrivate(app string, packages *table[ownCopy]) {
	home := m.home(app)
	for _, c := range packages.all() {
		m.addFiles(home, app, c.entries)
		m.need(app, c.bundle)
	}
}

// addFiles maps an app's entries to its own files.
func (m *mapMaker) addFiles(home, app string, entries *table[string]) {
	for entry, file := range entries.all() {
		url := join(home, file)
		m.addToScope(home, entry, url)
		m.secure(url, app, file)
	}
}

// addScoped maps what has no version in common with others.
func (m *mapMaker) addScoped(v *version) {
	for _, c := range v.copies {
		m.addFiles(m.home(c.app), c.app, c.entries)
		m.need(c.app, c.bundle)
		c.cached = true
	}
}

func (m *mapMaker) addScope(scope string, externals *table[*external]) error {
	index := servedIndex(externals)
	for name, e := range externals.all() {
		before := e.fingerprint()
		if err := m.addScopeExternal(scope, name, e, index); err != nil {
			return err
		}
		m.changed.shared = m.changed.shared || e.fingerprint() != before
	}
	return nil
}

// fingerprint tells which copies are given out.
func (e *external) fingerprint() string {
	var b strings.Builder
	for _, v := range e.versions {
		for _, c := range v.copies {
			if c.cached {
				b.WriteByte('1')
			} else {
				b.WriteByte('0')
			}
		}
		b.WriteByte('|')
	}
	return b.String()
}

func (m *mapMaker) addScopeExternal(scope, name string, e *external, index servedFiles) error {
	var override *version
	searched := false
	for _, v := range e.versions {
		if v.action == Scope {
			m.addScoped(v)
			continue
		}
		v.copies[0].cached = true
		giver := v
		if v.action == Skip {
			if !searched {
				var err error
				if override, err = m.override(scope, name, e); err != nil {
					return err
				}
				searched = true
			}
			if override != nil {
				giver = override
				v.copies[0].cached = false
			}
		}
		if err := m.addScopeVersion(scope, name, v, giver, index); err != nil {
			return err
		}
	}
	return nil
}

// override is the version that the others of a share scope are sent to, nil if there is none.
func (m *mapMaker) override(scope, name string, e *external) (*version, error) {
	shared := 0
	for _, v := range e.versions {
		if v.action == Share {
			shared++
		}
	}
	strict := m.options.Strict.ImportMap
	switch {
	case shared > 1 && strict:
		m.say(Error, 4, fmt.Sprintf("[%s.%s] ShareScope external has multiple shared versions.", scope, name))
		return nil, noMap()
	case shared > 1:
		m.say(Warn, 4, fmt.Sprintf("ShareScope external %s.%s has multiple shared versions.", scope, name))
	case shared == 0 && strict:
		m.say(Error, 4, fmt.Sprintf("[%s][%s] shareScope has no override version.", scope, name))
		return nil, noMap()
	}
	return e.with(Share), nil
}

func noMap() error { return failure("Could not create ImportMap.") }

// addScopeVersion maps the entries of a version's apps to the copies of giver, each app in its own scope.
func (m *mapMaker) addScopeVersion(scope, name string, v, giver *version, index servedFiles) error {
	given := giver.entries(nil)
	for _, c := range given.all() {
		c.cached = true
		if v.action == Share {
			m.need(c.app, c.bundle)
		}
	}
	for _, c := range v.copies {
		home := m.home(c.app)
		if index != nil && c.servedBy != "" {
			m.addServed(home, c, index)
			continue
		}
		for entry, from := range given.all() {
			m.addToScope(home, entry, join(m.home(from.app), from.entries.at(entry)))
		}
		if err := m.addUncovered(scope, name, c, given); err != nil {
			return err
		}
	}
	for entry, from := range given.all() {
		file := from.entries.at(entry)
		m.secure(join(m.home(from.app), file), from.app, file)
	}
	return nil
}

// addServed maps the entries of a copy to those of the app that serves it.
func (m *mapMaker) addServed(home string, c *appCopy, index servedFiles) {
	for entry := range c.entries.all() {
		from := index[c.servedBy][entry]
		if from == nil {
			continue
		}
		file := from.entries.at(entry)
		url := join(m.home(c.servedBy), file)
		m.addToScope(home, entry, url)
		m.secure(url, c.servedBy, file)
		m.need(c.servedBy, from.bundle)
		from.cached = true
	}
}

// addUncovered maps what the shared version lacks to the app's own files, unless that is a fault.
func (m *mapMaker) addUncovered(scope, name string, c *appCopy, given *table[*appCopy]) error {
	home := m.home(c.app)
	for entry, file := range c.entries.all() {
		if given.has(entry) {
			continue
		}
		if m.options.wantsCoverage() {
			if err := m.warnUncovered(scope, name, c.app, entry); err != nil {
				return err
			}
			continue
		}
		url := join(home, file)
		m.addToScope(home, entry, url)
		m.secure(url, c.app, file)
		c.cached = true
	}
	return nil
}

func (m *mapMaker) warnUncovered(scope, name, app, entry string) error {
	text := fmt.Sprintf("[%s][%s][%s] Entrypoint '%s' is not covered by the shared version.", scope, name, app, entry)
	if m.options.Strict.Coverage || m.options.Strict.ImportMap {
		m.say(Error, 4, text)
		return noMap()
	}
	m.say(Warn, 4, text)
	return nil
}

// servedFiles tells by app and entry point the copy that brings it.
type servedFiles map[string]map[string]*appCopy

// servedIndex is nil if no app is served by another.
func servedIndex(externals *table[*external]) servedFiles {
	served := false
	index := servedFiles{}
	for _, e := range externals.all() {
		for c := range e.copies() {
			served = served || c.servedBy != ""
			if index[c.app] == nil {
				index[c.app] = map[string]*appCopy{}
			}
			for entry := range c.entries.all() {
				if index[c.app][entry] == nil {
					index[c.app][entry] = c
				}
			}
		}
	}
	if !served {
		return nil
	}
	return index
}

func (m *mapMaker) addExposed(name string, a installed) {
	for _, exposed := range a.app.Exposes {
		url := join(a.home, exposed.File)
		m.Imports[join(name, exposed.Key)] = url
		m.secure(url, name, exposed.File)
	}
}

func (m *mapMaker) addChunks() {
	for app, bundles := range m.bundles.all() {
		for bundle := range bundles.all() {
			for _, file := range m.now.chunks.at(app)[bundle] {
				url := join(m.home(app), file)
				m.addToScope(m.home(app), chunkImport(file), url)
				m.secure(url, app, file)
			}
		}
	}
}

var chunkExtension = regexp.MustCompile(`.(m|c)?js$`)

// chunkImport is the name under which code imports a chunk of its own app.
func chunkImport(file string) string {
	file = strings.TrimPrefix(file, "./")
	if at := chunkExtension.FindStringIndex(file); at != nil {
		file = file[:at[0]]
	}
	return "@nf-internal/" + file
}
