package policy

import (
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var cohortRule = Rule{
	Findings: []diag.Rule{{
		ID:       "cohort/default",
		Summary:  "exactly one cohort has no audience: it is everybody else's",
		Protects: "With none, a user whom no audience fits gets no page; with two, nobody knows which.",
		Bad:      "# two files under cohorts/ without audience:",
		Good:     "# one file under cohorts/ without audience:",
	}, {
		ID:       "cohort/audience",
		Summary:  "an audience names claims, a percentage with at most two decimals, or both",
		Protects: "An empty audience looks like nobody and would be everybody. Assignment counts in hundredths of a percent.",
		Bad:      "audience: {percent: 0.125}",
		Good:     "audience: {percent: 0.13}",
	}, {
		ID:       "cohort/soak",
		Summary:  "a soak says how long, and after says where",
		Protects: "A soak without cohorts that come before asks for nothing: whoever wrote it believes that something is waited for.",
		Bad:      "# cohorts/general.yaml, without after:\nsoak: 24h",
		Good:     "after: [canary]\nsoak: 24h",
	}},
	check: checkCohorts,
}

func checkCohorts(r *registry.Registry) (l diag.List) {
	var byDefault *registry.Cohort
	for _, c := range r.Cohorts {
		if !c.Soak.IsZero() && len(c.After) == 0 {
			d := cohortFault(c, c.Soak, "cohort/soak", "nothing is waited for: "+c.Name.Value+" comes after no cohort", "name in after: the cohorts in which a release is live first, or remove the soak")
			d.Severity = diag.Warning
			l.Add(d)
		}
		if c.Audience != nil {
			l.Add(checkAudience(c)...)
			continue
		}
		if c.Name.IsZero() || byDefault != nil && byDefault.Name.Value == c.Name.Value {
			continue // schema/missing-field or name/duplicate says so
		}
		if byDefault != nil {
			l.Add(cohortFault(c, c.Name, "cohort/default", byDefault.Name.Value+" and "+c.Name.Value+" both have no audience",
				"give one of them an audience: exactly one cohort is the default", byDefault.File.Note(byDefault.Name, "the other one is here")))
			continue
		}
		byDefault = c
	}
	if byDefault == nil && r.Complete() {
		l.Add(diag.Diagnostic{Pos: diag.Pos{File: "cohorts"}, Rule: "cohort/default", Message: "every cohort has an audience, so nobody serves the rest",
			Help: "leave the audience out of one cohort: it is the default"})
	}
	return l
}

func checkAudience(c *registry.Cohort) (l diag.List) {
	a := c.Audience
	if a.Percent.IsZero() && len(a.Claims) == 0 {
		l.Add(cohortFault(c, a.At, "cohort/audience", "the audience is empty", "add percent or claims, or leave audience out for the default cohort"))
	}
	if _, ok := Hundredths(a.Percent.Value); !ok && !a.Percent.IsZero() {
		l.Add(cohortFault(c, a.Percent, "cohort/audience", a.Percent.Value+" percent has more than two decimals", "round it to hundredths"))
	}
	for _, claim := range a.Claims {
		if len(claim.Values) == 0 {
			l.Add(cohortFault(c, claim.Name, "cohort/audience", "the claim "+diag.Quote(claim.Name.Value)+" lists no value, so nobody has it", "list the values that count"))
		}
	}
	return l
}

// Hundredths reads a percentage as hundredths of a percent, 0 to 10000: what assignment counts in. It refuses more than
// two decimals.
func Hundredths(percent string) (int, bool) {
	whole, decimals, _ := strings.Cut(percent, ".")
	decimals = strings.TrimRight(decimals, "0")
	if len(decimals) > 2 || len(whole) > 3 || whole == "" {
		return 0, false
	}
	n := 0
	for _, digit := range whole + (decimals + "00")[:2] {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		n = n*10 + int(digit-'0')
	}
	return n, n <= 10000
}
