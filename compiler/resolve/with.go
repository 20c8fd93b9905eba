package resolve

import (
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

// Change is another pin for a remote: what a cohort would be if it had that line.
type Change struct {
	Remote string
	Asked  string // a version, a range or "*"
}

// ParseChange reads "checkout@2.5.0"; ok is false if it is nothing like that.
func ParseChange(s string) (c Change, ok bool) {
	c.Remote, c.Asked, ok = strings.Cut(s, "@")
	return c, ok && c.Remote != "" && c.Asked != ""
}

// String is the change as ParseChange reads it.
func (c Change) String() string { return c.Remote + "@" + c.Asked }

// With resolves a cohort that is not frozen as it would be with other pins. Those have no place in its file: findings about
// them are at its name, and that they bring something in is noted at "--with". The findings are all of the changed cohort's.
func (p *Plan) With(c *Cohort, changes []Change) (*Cohort, diag.List) {
	declared := *c.Declared
	declared.Pins = slices.Clone(declared.Pins)
	for _, change := range changes {
		at := declared.Name.Mark
		pin := registry.Pin{Remote: registry.Text{Value: change.Remote, Mark: at}, Range: registry.Text{Value: change.Asked, Mark: at}}
		same := func(have registry.Pin) bool { return have.Remote.Value == change.Remote }
		declared.Pins = append(slices.DeleteFunc(declared.Pins, same), pin)
	}
	v := newResolver(p.Registry)
	resolved := v.cohort(&declared)
	nowhere := declared
	nowhere.File = registry.File{Path: "--with"}
	for i := range resolved.Pins {
		if p := resolved.Pins[i]; slices.ContainsFunc(changes, func(c Change) bool { return c.Remote == p.Remote.Name.Value }) {
			p.From.Cohort, p.Choices = &nowhere, slices.Clone(p.Choices)
			for j := range p.Choices {
				p.Choices[j].Asked.Mark = registry.Mark{}
			}
		}
	}
	return resolved, v.found.List()
}
