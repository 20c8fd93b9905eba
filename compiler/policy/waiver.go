package policy

import (
	"fmt"
	"slices"
	"time"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var waiverRule = Rule{Findings: []diag.Rule{{
	ID:       "waiver/unknown-rule",
	Summary:  "a waiver names a rule that exists and may be waived",
	Protects: "A waiver of a misspelt rule waives nothing, and some rules hold the manifest together.",
	Bad:      "waivers: [{rule: \"budget/entry-byte\", ...}]",
	Good:     "waivers: [{rule: \"budget/entry-bytes\", ...}]",
}, {
	ID:       "waiver/broad",
	Summary:  "a waiver names a remote or a cohort",
	Protects: "A waiver for everything switches the rule off.",
	Bad:      "waivers: [{rule: \"budget/entry-bytes\", until: \"2027-01-31\", reason: later}]",
	Good:     "waivers: [{rule: \"budget/entry-bytes\", remote: \"orders\", until: \"2027-01-31\", reason: later}]",
}, {
	ID:       "waiver/expired",
	Summary:  "a waiver's day has not passed",
	Protects: "A waiver is a debt with a date. The day is judged by the commit's time, so that a commit always has one answer.",
	Bad:      "until: \"2024-01-31\"",
	Good:     "until: \"2027-01-31\"",
}, {
	ID:      "waiver/unused",
	Summary: "a waiver waives something",
	Protects: "A waiver that is left behind hides the next fault of its kind. What only `muster check --base` finds is gone once it is merged: " +
		"a waiver of such a rule, contract/removed, contract/narrowed or contract/review, stands until its day.",
	Bad:  "waivers: [{rule: \"budget/entry-bytes\", remote: \"orders\", ...}]    # orders keeps its budget",
	Good: "waivers: []",
}}}

// Waivers are the policy's waivers, at one moment.
type Waivers struct {
	registry *registry.Registry
	policy   *registry.Policy
	rules    []diag.Rule
	waivable []string
	compared []string // rules whose findings a check without a base may not make
	now      time.Time
	used     []bool
}

// NewWaivers holds the policy's waivers against all rules there are, and against now, the commit's time; with the zero
// time none has expired.
func NewWaivers(r *registry.Registry, rules []diag.Rule, now time.Time) *Waivers {
	w := &Waivers{registry: r, policy: r.Policy, rules: rules, now: now, used: make([]bool, len(r.Policy.Waivers))}
	for _, r := range rules {
		if r.Waivable {
			w.waivable = append(w.waivable, r.ID)
		}
		if r.Compared {
			w.compared = append(w.compared, r.ID)
		}
	}
	return w
}

// Apply returns the findings that no waiver excuses, and remembers which waivers did.
func (w *Waivers) Apply(l diag.List) diag.List {
	if len(w.policy.Waivers) == 0 {
		return l
	}
	var left diag.List
	for _, d := range l {
		if len(d.Cohorts) == 0 {
			if !w.covers(d, "") {
				left.Add(d)
			}
			continue
		}
		cohorts := d.Cohorts
		d.Cohorts = nil
		for _, c := range cohorts {
			if !w.covers(d, c) {
				d.Cohorts = append(d.Cohorts, c)
			}
		}
		if len(d.Cohorts) > 0 {
			left.Add(d)
		}
	}
	return left
}

// covers reports whether a waiver excuses d for one cohort ("" for a finding that is about none).
func (w *Waivers) covers(d diag.Diagnostic, cohort string) bool {
	covered := false
	for i, waiver := range w.policy.Waivers {
		if w.excuses(waiver, d.Rule, d.Remote, cohort) {
			w.used[i], covered = true, true
		}
	}
	return covered
}

// excuses reports whether a waiver excuses a finding of a rule about a remote in a cohort, "" where it is about none.
func (w *Waivers) excuses(waiver registry.Waiver, rule, remote, cohort string) bool {
	named := !waiver.Remote.IsZero() || !waiver.Cohort.IsZero()
	return waiver.Rule.Value == rule && slices.Contains(w.waivable, rule) && named && !registry.Over(waiver.Until, w.now) &&
		(waiver.Remote.IsZero() || waiver.Remote.Value == remote) && (waiver.Cohort.IsZero() || waiver.Cohort.Value == cohort)
}

// Excusing is the waiver that would excuse a finding of a rule about a remote in a cohort; false if none does.
func (w *Waivers) Excusing(rule, remote, cohort string) (registry.Waiver, bool) {
	for _, waiver := range w.policy.Waivers {
		if w.excuses(waiver, rule, remote, cohort) {
			return waiver, true
		}
	}
	return registry.Waiver{}, false
}

// named reports whether what a waiver is for exists; or policy.Check says that it does not.
func (w *Waivers) named(waiver registry.Waiver) bool {
	return (waiver.Remote.IsZero() || w.registry.Remote(waiver.Remote.Value) != nil) &&
		(waiver.Cohort.IsZero() || w.registry.Cohort(waiver.Cohort.Value) != nil)
}

// Check finds what is wrong with the waivers themselves. It comes after every Apply. Whether a waiver is used can only be
// told of a registry that was read completely, and of rules whose findings need no base.
func (w *Waivers) Check() (l diag.List) {
	for i, waiver := range w.policy.Waivers {
		report := func(t registry.Text, rule, message, help string) {
			l.Add(policyFault(w.policy, t, rule, message, help))
		}
		switch known := slices.ContainsFunc(w.rules, func(r diag.Rule) bool { return r.ID == waiver.Rule.Value }); {
		case !known:
			report(waiver.Rule, "waiver/unknown-rule", "there is no rule "+diag.Quote(waiver.Rule.Value),
				diag.DidYouMean(waiver.Rule.Value, w.waivable, listing("rules that can be waived", w.waivable)))
		case !slices.Contains(w.waivable, waiver.Rule.Value):
			report(waiver.Rule, "waiver/unknown-rule", waiver.Rule.Value+" can't be waived", listing("rules that can be waived", w.waivable))
		case waiver.Remote.IsZero() && waiver.Cohort.IsZero():
			report(waiver.Rule, "waiver/broad", "this waiver names neither remote nor cohort", "name what it is for")
		case registry.Over(waiver.Until, w.now):
			report(waiver.Until, "waiver/expired", fmt.Sprintf("this waiver of %s expired on %s", waiver.Rule, waiver.Until), "mend what it waives, or ask the platform team to renew it")
		case !w.used[i] && !slices.Contains(w.compared, waiver.Rule.Value) && w.registry.Complete() && w.named(waiver):
			report(waiver.Rule, "waiver/unused", "this waiver waives nothing", "remove it")
		}
	}
	return l
}
