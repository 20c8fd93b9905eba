package webpack

import (
	"slices"

	"muster/compiler/codeunit"
	"muster/compiler/share/federation"
)

// scope is a share scope: its packages. Apps of a page hold the same scope, or one of their own.
type scope struct{ packages map[string]*versions }

// versions are those of a package, which is entered if it is not there.
func (s *scope) versions(pkg string) *versions {
	if s.packages[pkg] == nil {
		s.packages[pkg] = &versions{}
	}
	return s.packages[pkg]
}

// versions are the copies of one package in a scope, one of each version, in the order in which JavaScript walks an object's
// keys: integers ascending, then the rest as they came.
type versions struct{ copies []shared }

// shared is a copy in a scope.
type shared struct {
	federation.Copy
	eager, loaded bool
}

// find is the place of a version, below zero if it is not there.
func (v *versions) find(version string) int {
	return slices.IndexFunc(v.copies, func(s shared) bool { return s.Version == version })
}

// register enters a copy, and reports whether its version is new. A copy that is there gives way if it is not loaded: to an
// eager one, or if that does not part them, to one whose app has the later name.
func (v *versions) register(app string, d federation.Declaration) bool {
	made := shared{Copy: own(app, d), eager: d.Eager}
	at := v.find(made.Version)
	if at < 0 {
		v.copies = slices.Insert(v.copies, v.place(made.Version), made)
		return true
	}
	had := &v.copies[at]
	better := codeunit.Compare(app, had.Provider) > 0
	if made.eager != had.eager {
		better = made.eager
	}
	if !had.loaded && better {
		*had = made
	}
	return false
}

// place is where a new key goes.
func (v *versions) place(key string) int {
	n, isIndex := federation.ArrayIndex(key)
	if !isIndex {
		return len(v.copies)
	}
	for i, s := range v.copies {
		if m, other := federation.ArrayIndex(s.Version); !other || m > n {
			return i
		}
	}
	return len(v.copies)
}
