package native

import (
	"fmt"
	"slices"
	"strings"
)

// document is a remoteEntry.json as the orchestrator takes it in.
type document struct {
	name     string // under which its app will be known
	url      string
	app      *App
	shared   []External // as the options have them count
	host     bool
	override bool // an app of this name is there already
}

func (d *document) home() string { return homeOf(d.url) }

// arrival is a singleton of a document on its way into the share scope.
type arrival struct {
	document *document
	declared External
	scope    string
	tag      string
	copy     *appCopy
	external *external // what the share scope holds of the package
}

// evict forgets apps and their copies, before new documents of theirs come in.
func (s *session) evict(gone *names) {
	if gone.size() == 0 {
		return
	}
	for name := range gone.all() {
		s.changed.apps = s.changed.apps || s.now.apps.has(name)
		s.changed.private = s.changed.private || s.now.private.has(name)
		s.changed.chunks = s.changed.chunks || s.now.chunks.has(name)
		s.now.apps.drop(name)
		s.now.private.drop(name)
		s.now.chunks.drop(name)
	}
	for _, scope := range s.now.shared.all() {
		for name, e := range scope.all() {
			if s.evictCopies(e, gone) && len(e.versions) == 0 {
				scope.drop(name)
			}
		}
	}
}

// evictCopies reports whether the external had copies of the apps that go. It is then decided anew at the next init, even in
// the strict scope, where nothing is ever decided otherwise.
func (s *session) evictCopies(e *external, gone *names) bool {
	removed := false
	for _, v := range e.versions {
		if slices.ContainsFunc(v.copies, func(c *appCopy) bool { return gone.has(c.app) }) {
			removed = true
			v.host = v.host && !gone.has(v.copies[0].app)
			v.copies = slices.DeleteFunc(slices.Clone(v.copies), func(c *appCopy) bool { return gone.has(c.app) })
		}
	}
	if removed {
		e.dirty = true
		s.changed.shared = true
		e.versions = slices.DeleteFunc(slices.Clone(e.versions), func(v *version) bool { return len(v.copies) == 0 })
	}
	return removed
}

// store takes a document in. What happens to a singleton differs between init and later, hence place.
func (s *session) store(step int, d *document, place func(*arrival) error) error {
	s.now.apps.set(d.name, installed{d.home(), d.app, d.shared})
	s.changed.apps = true
	for _, declared := range d.shared {
		tag, ok, err := s.tagOf(step, d, declared)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if !declared.Singleton {
			s.storePrivate(d, declared)
			continue
		}
		if err := place(s.arrivalOf(d, declared, tag)); err != nil {
			return err
		}
	}
	s.storeChunks(d)
	return nil
}

func (s *session) storePrivate(d *document, declared External) {
	s.now.private.ensure(d.name, newObject[ownCopy]).set(declared.Package, ownCopy{declared.Bundle, entriesOf(declared)})
	s.changed.private = true
}

func (s *session) storeChunks(d *document) {
	if len(d.app.Chunks) == 0 {
		return
	}
	bundles := map[string][]string{}
	for bundle, files := range s.now.chunks.at(d.name) {
		bundles[bundle] = files
	}
	for bundle, files := range d.app.Chunks {
		bundles[bundle] = files
	}
	s.now.chunks.set(d.name, bundles)
	s.changed.chunks = true
}

// tagOf is the version that an external counts as; false if it is passed over.
func (s *session) tagOf(step int, d *document, declared External) (string, bool, error) {
	if declared.Version != "" && isVersion(declared.Version) {
		return declared.Version, true, nil
	}
	text := fmt.Sprintf("[%s][%s] Version '%s' is not a valid version.", d.name, declared.Package, declared.version())
	switch {
	case s.options.Strict.Version:
		s.say(Error, step, text)
		return "", false, refused(d)
	case s.options.SkipInvalidVersions:
		s.say(Warn, step, text+" Skipping external.")
		return "", false, nil
	}
	s.say(Warn, step, text)
	return smallestVersion(declared.RequiredVersion), true, nil
}

func refused(d *document) error { return failure("Could not process remote '%s'", d.name) }

func (s *session) arrivalOf(d *document, declared External, tag string) *arrival {
	a := &arrival{document: d, declared: declared, scope: declared.scope(), tag: tag}
	a.copy = &appCopy{app: d.name, required: declared.RequiredVersion, strict: declared.Strict, bundle: declared.Bundle, entries: entriesOf(declared)}
	if a.scope == strictScope || a.copy.required == "" {
		a.copy.required = tag
	}
	if strings.TrimSpace(declared.Pool) != "" {
		a.copy.pool = declared.Pool
	}
	a.external = s.now.shared.at(a.scope).at(declared.Package)
	if a.external == nil {
		a.external = &external{}
	}
	return a
}

// sameRange looks at a copy that insists on a range other than that of the first copy of its version.
func (s *session) sameRange(step int, a *arrival, v *version) error {
	if !a.copy.strict || v.copies[0].required == a.copy.required {
		return nil
	}
	text := fmt.Sprintf("[%s][%s@%s] Required version-range '%s' does not match cached version-range '%s'",
		a.document.name, a.declared.Package, a.declared.version(), a.copy.required, v.copies[0].required)
	if s.options.Strict.SameVersion {
		s.say(Error, step, text)
		return refused(a.document)
	}
	s.say(Warn, step, text)
	return nil
}

// keep puts the external with its new copy into the share scope.
func (s *session) keep(a *arrival) {
	a.external.sort()
	s.now.shared.ensure(a.scope, newObject[*external]).set(a.declared.Package, a.external)
	s.changed.shared = true
}
