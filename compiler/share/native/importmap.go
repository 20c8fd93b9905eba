package native

import (
	"net/url"
	"slices"
	"strings"
)

// ImportMap is what a runtime hands to the browser. Scopes are keyed by the address that code must begin with. Integrity is nil if
// no document has a hash.
type ImportMap struct {
	Imports   map[string]string
	Scopes    map[string]map[string]string
	Integrity map[string]string

	order []string // of the scopes; of two that are one address, the browser takes the last
}

func newImportMap() ImportMap {
	return ImportMap{Imports: map[string]string{}, Scopes: map[string]map[string]string{}}
}

func (m *ImportMap) addToScope(scope, specifier, address string) {
	m.addScope(scope)[specifier] = address
}

// addScope returns the rules of a scope, which is there from then on.
func (m *ImportMap) addScope(scope string) map[string]string {
	if m.Scopes[scope] == nil {
		m.Scopes[scope] = map[string]string{}
		m.order = append(m.order, scope)
	}
	return m.Scopes[scope]
}

func (m *ImportMap) addIntegrity(address, hash string) {
	if hash == "" {
		return
	}
	if m.Integrity == nil {
		m.Integrity = map[string]string{}
	}
	m.Integrity[address] = hash
}

// pageMap is what the browser makes of the maps of a page: addresses are absolute, "" for one that is no address, and a map that
// comes later only adds rules.
type pageMap struct {
	imports  map[string]string
	scopes   map[string]map[string]string
	prefixes []string // of scopes, the longer before the shorter that it begins with
}

func mergeMaps(maps []ImportMap, base *url.URL) *pageMap {
	p := &pageMap{imports: map[string]string{}, scopes: map[string]map[string]string{}}
	for _, m := range maps {
		addRules(p.imports, m.Imports, base)
		for prefix, rules := range m.absoluteScopes(base) {
			if p.scopes[prefix] == nil {
				p.scopes[prefix] = map[string]string{}
				p.prefixes = append(p.prefixes, prefix)
			}
			addRules(p.scopes[prefix], rules, base)
		}
	}
	slices.Sort(p.prefixes)
	slices.Reverse(p.prefixes)
	return p
}

// absoluteScopes are the scopes that have an address, by address.
func (m ImportMap) absoluteScopes(base *url.URL) map[string]map[string]string {
	scopes := map[string]map[string]string{}
	for _, prefix := range m.order {
		if address, ok := absolute(prefix, base); ok {
			scopes[address] = m.Scopes[prefix]
		}
	}
	return scopes
}

func addRules(into, rules map[string]string, base *url.URL) {
	for specifier, address := range rules {
		if _, known := into[specifier]; known {
			continue
		}
		into[specifier] = ""
		if isAddress(address) {
			into[specifier], _ = absolute(address, base)
		}
	}
}

// rule is what the map says to an import: the address, and whether a scope says it.
type rule struct {
	address string
	scoped  bool
}

func (p *pageMap) resolve(specifier, referrer string) (rule, bool) {
	for _, prefix := range p.prefixes {
		covers := prefix == referrer || strings.HasSuffix(prefix, "/") && strings.HasPrefix(referrer, prefix)
		if !covers {
			continue
		}
		if address, ok := p.scopes[prefix][specifier]; ok {
			return rule{address, true}, true
		}
	}
	address, ok := p.imports[specifier]
	return rule{address, false}, ok
}

// isAddress reports whether an import map takes the text for an address: it begins as a path or has a scheme.
func isAddress(text string) bool {
	for _, prefix := range []string{"/", "./", "../"} {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	u, err := url.Parse(text)
	return err == nil && u.IsAbs()
}

// absolute resolves an address against the page's.
func absolute(text string, base *url.URL) (string, bool) {
	if isNormal(text) {
		return text, true
	}
	u, err := base.Parse(text)
	if err != nil || u.Host == "" && (u.Scheme == "http" || u.Scheme == "https") {
		return "", false
	}
	return u.String(), true
}

// isNormal reports whether the text is sure to be an absolute address in the form that resolving gives, as most are.
func isNormal(text string) bool {
	rest, ok := strings.CutPrefix(text, "https://")
	host, path, hasPath := strings.Cut(rest, "/")
	return ok && hasPath && host != "" && consists(host, "-.") && consists(strings.ToLower(path), "-_./@") && !strings.HasPrefix(path, ".") && !strings.Contains(path, "/.")
}

// consists reports whether the text has only lower case letters, digits and some other characters.
func consists(text, others string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune(others, r)
	})
}

// join puts a path to a folder with one slash between them.
func join(folder, path string) string {
	return strings.TrimSuffix(folder, "/") + "/" + strings.TrimPrefix(path, "/")
}

// homeOf is the folder of an app, by the address of its document. A last part without a dot is taken for a folder.
func homeOf(document string) string {
	if document == "" {
		return ""
	}
	parts := strings.Split(document, "/")
	if last := parts[len(parts)-1]; last == "" || strings.Contains(last, ".") {
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "/") + "/"
}

// tagged adds a query that keeps caches apart.
func tagged(address, key, tag string) string {
	switch {
	case tag == "":
		return address
	case strings.Contains(address, "?"):
		return address + "&" + key + "=" + tag
	}
	return address + "?" + key + "=" + tag
}
