package resolve

import "muster/compiler/diag"

// Rules are the rules that need to know which releases a cohort ends up with, for `muster explain`.
func Rules() []diag.Rule { return rules }

var rules = []diag.Rule{{
	ID:       "pin/version",
	Summary:  "a pin is a version or a range",
	Protects: "A pin that can't be read would pin nothing.",
	Bad:      "pins: {checkout: latest}",
	Good:     "pins: {checkout: \"*\"}",
}, {
	ID:       "pin/no-match",
	Summary:  "a pin finds a release",
	Protects: "A promotion of a release that is not declared would serve nothing, or the old one.",
	Bad:      "pins: {checkout: \"2.4.9\"}    # the newest release is 2.4.0",
	Good:     "pins: {checkout: \"2.4.0\"}",
}, {
	ID:       "pin/no-host",
	Summary:  "some host of the cohort loads each remote that it pins",
	Protects: "A remote that no shell loads is dead without a word.",
	Bad:      "pins: {shell: \"5.2.0\", calendar: \"1.0.0\"}    # calendar has hosts: [backoffice]",
	Good:     "pins: {shell: \"5.2.0\", backoffice: \"1.1.0\", calendar: \"1.0.0\"}",
}, {
	ID:       "cohort/empty",
	Summary:  "a cohort pins something",
	Protects: "Its users would be served an empty page.",
	Bad:      "pins: {}",
	Good:     "extends: general",
}, {
	ID:       "release/revoked",
	Summary:  "no cohort is served a revoked release",
	Protects: "A release is revoked because it does harm. A frozen cohort is held to it too.",
	Bad:      "pins: {checkout: \"2.3.0\"}    # 2.3.0 has status: revoked",
	Good:     "pins: {checkout: \"2.4.0\"}",
}, {
	ID:       "release/deprecated",
	Summary:  "cohorts move off a deprecated release",
	Protects: "A deprecated release will go; a range already passes it over.",
	Bad:      "pins: {checkout: \"2.2.0\"}    # 2.2.0 has status: deprecated",
	Good:     "pins: {checkout: \"2.4.0\"}",
	Waivable: true,
}, {
	ID:       "release/expose",
	Summary:  "the pinned release exposes what the remote's routes and capabilities name",
	Protects: "The page would ask the container for a module that it does not have.",
	Bad:      "pins: {checkout: \"1.9.0\"}    # 1.9.0 does not expose ./Routes yet",
	Good:     "pins: {checkout: \"2.4.0\"}",
}, {
	ID:       "prerelease/cohort",
	Summary:  "only the cohorts that the policy lists pin a prerelease",
	Protects: "A prerelease is for those who asked for it; and runtimes disagree on which ranges it satisfies.",
	Bad:      "# cohorts/general.yaml\npins: {checkout: \"2.5.0-rc.1\"}",
	Good:     "# cohorts/staff.yaml\npins: {checkout: \"2.5.0-rc.1\"}",
	Waivable: true,
}, {
	ID:       "route/contested",
	Summary:  "one remote takes a path, or the cohort says which",
	Protects: "Two remotes for one path: a shell could only guess.",
	Bad:      "# cart and checkout both declare\nroutes: [{path: /cart, expose: ./Cart}]",
	Good:     "# and the cohort says\nroutes: {/cart: checkout}",
}, {
	ID:       "route/choice",
	Summary:  "a cohort chooses among the remotes that take the path",
	Protects: "A choice of a remote that does not have the path would leave the path to nobody.",
	Bad:      "routes: {/cart: search}",
	Good:     "routes: {/cart: checkout}",
}, {
	ID:       "capability/contested",
	Summary:  "one remote fills a place, or the cohort says which",
	Protects: "Two remotes for one place: a shell could only guess.",
	Bad:      "# promo and recommendations both declare\ncapabilities: {home.banner: ./Banner}",
	Good:     "# and the cohort says\ncapabilities: {home.banner: promo}",
}, {
	ID:       "capability/choice",
	Summary:  "a cohort chooses among the remotes that can fill the place",
	Protects: "A choice of a remote that can't fill the place would leave it empty.",
	Bad:      "capabilities: {home.banner: search}",
	Good:     "capabilities: {home.banner: promo}",
}, {
	ID:      "release/evidence",
	Summary: "a release comes into a cohort with the evidence that the cohort requires",
	Protects: "Evidence counts that is there, passed, and of the commit that the release was built from: a green run of another commit proves nothing. " +
		"For what a cohort has already it is a warning.",
	Bad:      "# cohorts/canary.yaml\nrequires: [e2e]\npins: {checkout: \"2.4.0\"}    # whose e2e failed",
	Good:     "# remotes/checkout.yaml\nevidence: {e2e: {status: passed, url: \"https://ci.acme.example/runs/8812\", commit: 9f1c2e77}}",
	Waivable: true,
	Compared: true,
}}
