package compiler

import (
	"slices"

	"muster/compiler/audit"
	"muster/compiler/diag"
)

// Serve checks a registry and returns what it serves; nil if any finding is an error. An error other than findings is one of
// reading the tree.
func Serve(in Input) (*Live, diag.List, error) {
	checked, found, err := Check(in)
	if checked == nil || err != nil {
		return nil, found, err
	}
	return newLive(checked, newStages(checked.Plan.Registry.Policy)), found, nil
}

// Tell is what lies between two states, as Log tells it of the commit that leads from one to the other. Before is nil if nothing
// was served.
func Tell(before, after *Live) ([]Told, error) {
	var was *audit.State
	if before != nil {
		was = before.State
	}
	told := []Told{}
	for _, event := range audit.Between(was, after.State) {
		t := Told{Event: event}
		if event.Cohort != "" {
			var err error
			if t.Before, err = before.id(event.Cohort); err != nil {
				return nil, err
			}
			if t.After, err = after.id(event.Cohort); err != nil {
				return nil, err
			}
		}
		told = append(told, t)
	}
	return slices.Clip(told), nil
}
