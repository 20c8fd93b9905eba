package audit

import "muster/compiler/diag"

// Rules are the rules of this package, for `muster explain`. They compare: nothing of them can be found in a registry alone.
func Rules() []diag.Rule {
	rules := []diag.Rule{{
		ID:       "gate/after",
		Summary:  "a release was live in an earlier cohort before it comes into a later one",
		Protects: "The order of promotion is there so that few users meet a fault before many do. Who was taken back has not been through.",
		Bad:      "# cohorts/general.yaml: after: [canary]\npins: {checkout: \"2.4.0\"}    # which canary never had",
		Good:     "# cohorts/canary.yaml first, then general\npins: {checkout: \"2.4.0\"}",
	}, {
		ID:       "gate/soak",
		Summary:  "and it was live there for as long as the later cohort asks",
		Protects: "Some faults take a day to show. Time counts by the commits of the first-parent line, without a break; dates that run backwards never shorten it.",
		Bad:      "# cohorts/general.yaml: after: [canary], soak: 24h\npins: {checkout: \"2.4.0\"}    # live in canary for an hour",
		Good:     "# a day later: muster gate checkout@2.4.0 --to general tells when",
	}, {
		ID:       "gate/freeze",
		Summary:  "nothing is promoted while the policy says so",
		Protects: "On some days nobody is there to look. Rollbacks and kill switches are always free.",
		Bad:      "# within freezes: [{from: \"2026-12-24T00:00:00Z\", to: \"2026-12-27T00:00:00Z\", reason: \"holiday trading\"}]\npins: {checkout: \"2.4.0\"}",
		Good:     "# when it is over",
	}, {
		ID:       "gate/hold",
		Summary:  "a release that is held comes in only if it is promoted by name",
		Protects: "What was taken back must not return by a range or by inheritance, nor go on to those who come later.",
		Bad:      "holds: [{remote: checkout, version: \"2.4.0\", because: rollback, reason: INC-4711}]\npins: {checkout: ~2.4}",
		Good:     "# muster promote checkout@2.4.0 --to canary removes the hold\npins: {checkout: \"2.4.0\"}",
	}, {
		ID:       "gate/lifted",
		Summary:  "a hold after a rollback goes only with the promotion of the same version",
		Protects: "A hold that can be deleted by the way holds nothing.",
		Bad:      "# a change that removes it and promotes nothing\nholds: []",
		Good:     "# muster promote checkout@2.4.0 --to canary",
	}}
	for i := range rules {
		rules[i].Waivable, rules[i].Compared = true, true
	}
	return rules
}
