package federation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"muster/compiler/codeunit"
)

// shared is a declaration as the runtime holds it. The very same object may stand in several scopes, and in the app that
// declares it, so what happens to one happens to all.
type shared struct {
	version  string
	scopes   []string
	from     string // first the app that declares it, then whoever consumed it first
	config   config
	strategy Strategy
	source   *Copy // what its getter yields; nil: it has none
	loaded   bool
	lib      *Copy
	loading  *loading
}

// config is what a declaration asks for.
type config struct {
	required                 Requirement
	singleton, strict, eager bool
}

// loading is a getter's promise. One that failed stays failed.
type loading struct {
	copy Copy
	err  string
}

func (s *shared) isLoaded() bool { return s.loaded || s.lib != nil }
func (s *shared) busy() bool     { return s.isLoaded() || s.loading != nil }

// format gives a declaration the runtime's defaults.
func (a *app) format(d Declaration) *shared {
	s := &shared{version: cmp.Or(d.Version, "0"), scopes: d.scopes(), from: a.Name, strategy: a.strategy,
		config: config{required: d.Required, singleton: d.Singleton, strict: d.Strict == Strict, eager: d.Eager}}
	if d.Required.Kind == Unset {
		s.config.required = Requirement{Range: "^" + cmp.Or(d.Version, "undefined"), Kind: Range}
	}
	s.source = &Copy{Version: s.version, Provider: a.Name}
	return s
}

// scope is a share scope: its packages. Apps of a page hold the same scope, or one of their own.
type scope struct{ packages map[string]*versions }

// versions are the copies of one package in a scope, in the order in which JavaScript walks an object's keys: integers
// ascending, then the rest as they came.
type versions struct {
	keys    []string
	entries map[string]*shared
}

// scope is the scope of that name, which is made if there is none.
func (a *app) scope(name string) *scope {
	s := a.scopes[name]
	if s == nil {
		s = &scope{packages: map[string]*versions{}}
		a.scopes[name] = s
	}
	return s
}

// held are the versions of a package in a scope, nil if the scope is not there or does not have it.
func (a *app) held(scope, pkg string) *versions {
	s := a.scopes[scope]
	if s == nil {
		return nil
	}
	return s.packages[pkg]
}

// versions are those of a package, which is entered if it is not there.
func (s *scope) versions(pkg string) *versions {
	v := s.packages[pkg]
	if v == nil {
		v = &versions{entries: map[string]*shared{}}
		s.packages[pkg] = v
	}
	return v
}

func (v *versions) set(s *shared) {
	if _, known := v.entries[s.version]; !known {
		v.keys = slices.Insert(v.keys, v.place(s.version), s.version)
	}
	v.entries[s.version] = s
}

func (v *versions) place(key string) int {
	n, isIndex := ArrayIndex(key)
	if !isIndex {
		return len(v.keys)
	}
	for i, k := range v.keys {
		if m, other := ArrayIndex(k); !other || m > n {
			return i
		}
	}
	return len(v.keys)
}

// ArrayIndex reads an array index as ECMAScript defines it: a canonical integer below 2^32 - 1.
func ArrayIndex(key string) (uint64, bool) {
	digit := func(c rune) bool { return '0' <= c && c <= '9' }
	if key == "" || len(key) > 1 && key[0] == '0' || strings.ContainsFunc(key, func(c rune) bool { return !digit(c) }) {
		return 0, false // before ParseUint makes an error of it: most keys are versions
	}
	n, err := strconv.ParseUint(key, 10, 32)
	return n, err == nil && n < 1<<32-1
}

// change is what putting a declaration into a scope does to the entry there, over what it has.
type change struct {
	from    string
	loaded  bool
	lib     *Copy
	loading *loading
}

// put enters a declaration in its scopes, as a copy where its version is new there.
func (a *app) put(pkg string, s *shared, c change) {
	for _, name := range s.scopes {
		versions := a.scope(name).versions(pkg)
		entry := versions.entries[s.version]
		if entry == nil {
			made := *s
			made.scopes, made.lib = []string{name}, c.lib
			entry = &made
			versions.set(entry)
		}
		entry.loaded = entry.loaded || c.loaded
		entry.loading = cmp.Or(entry.loading, c.loading)
		entry.lib = cmp.Or(entry.lib, c.lib)
		entry.from = c.from
	}
}

// register enters what an app brings for a scope, as it does whenever it imports anything.
func (a *app) register(name string) {
	scope := a.scope(name)
	for _, pkg := range a.packages {
		for _, s := range a.shared[pkg] {
			if !slices.Contains(s.scopes, name) {
				continue
			}
			versions := scope.versions(pkg)
			if present := versions.entries[s.version]; present == nil || a.replaces(present) {
				versions.set(s)
			}
		}
	}
}

// replaces reports whether an app's declaration takes the place of one of the same version: of two names the later one's.
func (a *app) replaces(present *shared) bool {
	return present.strategy != LoadedFirst && !present.loaded && !present.config.eager && codeunit.Compare(a.Name, present.from) > 0
}
