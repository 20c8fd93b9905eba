package native

import "fmt"

// redirection is an entry of an app that another app of its pool serves.
type redirection struct {
	home, entry, servedBy string
	from                  *appCopy
}

// addGlobal maps what is in no share scope of its own: at the top level of the map what is shared, in an app's scope what is not.
func (m *mapMaker) addGlobal(externals *table[*external]) error {
	index := servedIndex(externals)
	before := map[string]string{}
	var redirections []redirection
	for name, e := range externals.all() {
		before[name] = e.fingerprint()
		for _, v := range e.versions {
			if index != nil && v.action != Scope {
				redirections = append(redirections, m.redirections(name, v, index)...)
			}
			if err := m.addGlobalVersion(name, v); err != nil {
				return err
			}
		}
		if err := m.fill(name, e); err != nil {
			return err
		}
	}
	for _, r := range redirections {
		m.redirect(r)
	}
	for name, e := range externals.all() {
		m.changed.shared = m.changed.shared || e.fingerprint() != before[name]
	}
	return nil
}

func (m *mapMaker) addGlobalVersion(name string, v *version) error {
	switch {
	case v.action == Skip:
	case v.action == Scope:
		m.addScoped(v)
	case m.Imports[name] == "":
		m.publish(v)
	case m.options.Strict.ImportMap:
		m.say(Error, 4, fmt.Sprintf("[%s] Shared external has multiple shared versions.", name))
		return noMap()
	default:
		m.say(Warn, 4, fmt.Sprintf("Singleton external %s has multiple shared versions.", name))
	}
	return nil
}

// publish maps the entries of the shared version at the top level. What another package has mapped already stays. If an app has several
// copies of the version, only the first counts as given out.
func (m *mapMaker) publish(v *version) {
	seen := map[string]bool{}
	for entry, c := range v.entries(nil).all() {
		if m.Imports[entry] != "" {
			continue
		}
		if !seen[c.app] {
			seen[c.app] = true
			m.giveOut(c)
		}
		m.publishEntry(entry, c)
	}
}

func (m *mapMaker) giveOut(c *appCopy) {
	m.need(c.app, c.bundle)
	c.cached = true
}

func (m *mapMaker) publishEntry(entry string, c *appCopy) {
	file := c.entries.at(entry)
	m.Imports[entry] = join(m.home(c.app), file)
	m.secure(m.Imports[entry], c.app, file)
}

// fill maps entries that the shared version lacks to the file of the first app that brings them, whatever its version.
func (m *mapMaker) fill(name string, e *external) error {
	for c, v := range e.copies() {
		if v.action != Skip || c.servedBy != "" {
			continue
		}
		for entry := range c.entries.all() {
			if m.Imports[entry] != "" {
				continue
			}
			if !m.options.wantsCoverage() {
				m.giveOut(c)
				m.publishEntry(entry, c)
				continue
			}
			if err := m.warnUncovered(GlobalScope, name, c.app, entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// redirections are the entries of a version that others of the pool serve.
func (m *mapMaker) redirections(name string, v *version, index servedFiles) (all []redirection) {
	for _, c := range v.copies {
		if c.servedBy == "" {
			continue
		}
		for entry := range c.entries.all() {
			from := index[c.servedBy][entry]
			if from == nil {
				m.say(Warn, 4, fmt.Sprintf("[%s][%s][%s] '%s' does not serve '%s'.", GlobalScope, name, c.app, c.servedBy, entry))
				continue
			}
			all = append(all, redirection{m.home(c.app), entry, c.servedBy, from})
		}
	}
	return all
}

// redirect maps the entry in the app's scope, unless the top level says the same.
func (m *mapMaker) redirect(r redirection) {
	file := r.from.entries.at(r.entry)
	url := join(m.home(r.servedBy), file)
	if m.Imports[r.entry] == url {
		return
	}
	m.addToScope(r.home, r.entry, url)
	m.secure(url, r.servedBy, file)
	m.need(r.servedBy, r.from.bundle)
	r.from.cached = true
}
