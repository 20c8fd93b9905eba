// Package policy holds the rules that a registry's files must keep, one file per rule: those that one can judge without
// knowing which releases a cohort ends up with. (compiler/resolve has the others.) A rule is a value of type Rule in the
// table below: what it protects, for `muster explain`, and a check from registry to findings.
package policy

import (
	"slices"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

// Rule is one concern: a check, and the ids of the findings that it may make.
type Rule struct {
	Findings []diag.Rule
	check    func(*registry.Registry) diag.List
}

// table is every rule of this package. Waivers are judged apart, when all stages have spoken.
var table = []Rule{originRule, integrityRule, urlRule, releaseRule, nameRule, routeRule, ownerRule, budgetRule, referenceRule,
	cycleRule, cohortRule, splitRule, settingsRule, signingRule}

// Check returns what every rule finds.
func Check(r *registry.Registry) (l diag.List) {
	for _, rule := range table {
		l.Add(rule.check(r)...)
	}
	return l
}

// Judges reports whether a rule is one of this package, which knows nothing of what cohorts resolve to.
func Judges(rule string) bool {
	return slices.ContainsFunc(table, func(r Rule) bool {
		return slices.ContainsFunc(r.Findings, func(f diag.Rule) bool { return f.ID == rule })
	})
}

// Rules are the rules of this package, for `muster explain`.
func Rules() (all []diag.Rule) {
	for _, rule := range append(slices.Clone(table), waiverRule) {
		all = append(all, rule.Findings...)
	}
	return all
}

// fault is a finding about a remote, at t.
func fault(r *registry.Remote, t registry.Text, rule, message, help string, notes ...diag.Note) diag.Diagnostic {
	return r.File.Fault(t, diag.Diagnostic{Rule: rule, Remote: r.Name.Value, Message: message, Help: help, Notes: notes})
}

// cohortFault is a finding about a cohort, at t.
func cohortFault(c *registry.Cohort, t registry.Text, rule, message, help string, notes ...diag.Note) diag.Diagnostic {
	return c.File.Fault(t, diag.Diagnostic{Rule: rule, Cohorts: []string{c.Name.Value}, Message: message, Help: help, Notes: notes})
}

// policyFault is a finding about the policy, at t.
func policyFault(p *registry.Policy, t registry.Text, rule, message, help string) diag.Diagnostic {
	return p.File.Fault(t, diag.Diagnostic{Rule: rule, Message: message, Help: help})
}

func names[T any](l []T, name func(T) registry.Text) []string {
	s := make([]string, len(l))
	for i, v := range l {
		s[i] = name(v).Value
	}
	return s
}

func values(l []registry.Text) []string {
	return names(l, func(t registry.Text) registry.Text { return t })
}
