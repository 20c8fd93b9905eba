package registry

import (
	"slices"

	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// A file with faults of form is decoded all the same, so that the policy can have its say about the rest of it in the same
// run. What the policy then says of a place that is at fault already, or beside a field that is missing or misspelt, would
// be an echo: a release whose entry is misspelt has no entry.

// spoiled are the places of a document at which later findings would be echoes.
type spoiled struct {
	file   File
	faults map[diag.Pos]string // rule by place
	places map[diag.Pos]bool
}

func spoiledBy(f File, top *yaml.Node, l diag.List) map[diag.Pos]bool {
	s := spoiled{f, map[diag.Pos]string{}, map[diag.Pos]bool{{File: f.Path}: true}}
	for _, d := range l {
		s.places[d.Pos] = true
		if old := s.faults[d.Pos]; !beside(old) {
			s.faults[d.Pos] = d.Rule
		}
	}
	s.node(top, false)
	return s.places
}

// beside reports whether a fault of a rule bears on the fields beside it.
func beside(rule string) bool {
	return slices.Contains([]string{"schema/unknown-field", "schema/missing-field", "yaml/duplicate-key"}, rule)
}

// node spoils the fields of a mapping if one of them is missing or misspelt; incomplete says that its key tells so.
func (s spoiled) node(n *yaml.Node, incomplete bool) {
	incomplete = incomplete || beside(s.faults[s.file.nodePos(n)])
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		incomplete = incomplete || beside(s.faults[s.file.nodePos(n.Content[i])])
	}
	for i, c := range n.Content {
		at := s.file.nodePos(c)
		keyed := false
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			key := s.file.nodePos(n.Content[i-1])
			keyed = s.faults[key] != ""
			s.places[key] = s.places[key] || s.faults[at] != ""
		}
		s.places[at] = s.places[at] || incomplete || keyed
		s.node(c, keyed)
	}
}

// Echo reports whether a finding of a later stage follows from a fault of form that has been found already.
func (r *Registry) Echo(d diag.Diagnostic) bool {
	return r.spoiled[d.Pos] || d.Pos.Line == 0 && r.spoiled[diag.Pos{File: d.Pos.File}]
}
