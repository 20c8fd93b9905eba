package native

import (
	"cmp"
	"slices"
	"strings"
)

func (e External) scope() string { return cmp.Or(e.Scope, GlobalScope) }

// version is the external's version as messages print it.
func (e External) version() string { return cmp.Or(e.Version, "undefined") }

// entriesOf are the files by entry point, in the order of the document.
func entriesOf(e External) *table[string] {
	entries := newObject[string]()
	if e.Entries == nil {
		entries.set(e.Package, e.File)
	}
	for _, entry := range e.Entries {
		entries.set(entry.Specifier, entry.File)
	}
	return entries
}

// dense gives every external its entries. By default an entry point that a document of format 3 lists by itself stays an external by
// itself; with Options.Flat it joins its package.
func (s *session) dense(shared []External) []External {
	if !s.options.Flat {
		return shared
	}
	type signature struct {
		name, version, required, scope string
		singleton, strict              bool
	}
	at := map[signature]int{}
	var dense []External
	for _, e := range shared {
		if e.Entries != nil || strings.HasPrefix(e.Package, "@nf-internal") {
			dense = append(dense, e)
			continue
		}
		entry := Entry{e.Package, e.File}
		e.Package = cmp.Or(owningPackage(e.Package), e.Package)
		sign := signature{e.Package, e.Version, e.RequiredVersion, e.Scope, e.Singleton, e.Strict}
		if i, known := at[sign]; known {
			dense[i].Entries = append(slices.Clip(dense[i].Entries), entry)
			continue
		}
		at[sign] = len(dense)
		e.Entries, e.File = []Entry{entry}, ""
		dense = append(dense, e)
	}
	return dense
}
