package compiler

import (
	"slices"

	"muster/compiler/diag"
	"muster/compiler/policy"
	"muster/compiler/resolve"
	"muster/compiler/share"
)

// Negotiation is what browsers do with the shared packages of a registry's cohorts.
type Negotiation struct {
	// Hidden is how many errors there are that may leave out what they are about, or say that it can't be.
	Hidden int

	plan    *resolve.Plan
	frozen  map[string]frozen
	waivers *policy.Waivers
}

// Negotiate resolves a registry for questions about what is shared. It is nil if the registry can't be read; the findings say
// why. Findings of other kinds stand in nobody's way: they are Check's, and only counted here.
func Negotiate(in Input) (*Negotiation, diag.List, error) {
	r, found, err := load(in.Tree, in.Thorough)
	if err != nil || r == nil {
		return nil, found.Sorted(), err
	}
	plan, unresolved := resolve.Resolve(r)
	checked := &Checked{Plan: plan}
	if _, err := checked.thaw(in); err != nil {
		return nil, nil, err
	}
	waivers := policy.NewWaivers(r, Rules(), in.Origin.Time)
	hidden, _ := waivers.Apply(slices.Concat(found, policy.Check(r), unresolved)).Sorted().Count()
	return &Negotiation{hidden, plan, checked.frozen, waivers}, nil, nil
}

// Cohorts are the names of the cohorts.
func (n *Negotiation) Cohorts() (names []string) {
	for _, c := range n.plan.Cohorts {
		names = append(names, c.Declared.Name.Value)
	}
	return names
}

// Remotes are the names of the remotes and hosts.
func (n *Negotiation) Remotes() (names []string) {
	for _, r := range n.plan.Registry.Remotes {
		names = append(names, r.Name.Value)
	}
	return names
}

// Frozen reports whether a cohort is frozen, so that its pins can't be others.
func (n *Negotiation) Frozen(cohort string) bool {
	c := find(n.plan, cohort)
	return c != nil && c.Declared.Frozen != nil
}

// Pages works out the pages of a cohort that are asked for, with other pins than its own if there are changes, and what is wrong
// with them. A frozen cohort is the one of its commit, and takes no changes.
func (n *Negotiation) Pages(cohort string, changes []resolve.Change, only share.Selection) ([]*share.Page, diag.List) {
	c, rules := find(n.plan, cohort), n.plan.Registry.Policy
	var found diag.List
	if f, ok := n.frozen[cohort]; ok {
		c, rules = f.cohort, f.policy
	} else if len(changes) > 0 {
		c, found = n.plan.With(c, changes)
	}
	negotiator := share.New(rules)
	pages := negotiator.CheckOnly(c, only)
	found.Add(negotiator.Findings()...)
	return pages, n.waivers.Apply(found).Sorted()
}
