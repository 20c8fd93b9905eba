package share

import "muster/compiler/diag"

// Rules are the rules about shared packages, for `muster explain`.
func Rules() []diag.Rule { return rules }

var rules = []diag.Rule{{
	ID:       "singleton/window",
	Summary:  "a shared singleton's version is in the policy's window",
	Protects: "A page holds one copy of a singleton. One remote far ahead or behind makes everybody run against a version they were not built for.",
	Bad:      "shared: {\"@angular/core\": {version: 18.2.0}}    # the window is >=21.0.0 <23.0.0",
	Good:     "shared: {\"@angular/core\": {version: 22.2.6}}",
	Waivable: true,
}, {
	ID:       "singleton/missing",
	Summary:  "a policy singleton is shared as a singleton",
	Protects: "An app that does not say singleton: true brings a second copy into the page whenever the one that is there does not satisfy it. Two Reacts break hooks, two Angulars break injection, and others can be drawn to the second copy too.",
	Bad:      "shared: {react: {version: 19.1.0, requiredVersion: ^19.0.0}}",
	Good:     "shared: {react: {version: 19.1.0, requiredVersion: ^19.0.0, singleton: true}}",
	Waivable: true,
}, {
	ID:       "singleton/strict",
	Summary:  "where the policy is strict, so is the build",
	Protects: "Without strictVersion the runtime only warns in a console that nobody reads, and runs the app against a version that it was not built for.",
	Bad:      "shared: {\"@angular/core\": {version: 22.2.6, singleton: true}}    # the policy says strict: true",
	Good:     "shared: {\"@angular/core\": {version: 22.2.6, singleton: true, strictVersion: true}}",
	Waivable: true,
}, {
	ID:       "singleton/host",
	Summary:  "a host provides the policy singletons that its remotes share",
	Protects: "If the host does not bring a singleton, whichever remote loads first decides which version everybody gets.",
	Bad:      "# the shell shares no react, cart and search do\nshared: {}",
	Good:     "# shell\nshared: {react: {version: 19.1.0, requiredVersion: ^19.0.0, singleton: true}}",
	Waivable: true,
}, {
	ID:       "share/strict-mismatch",
	Summary:  "no app throws over the version that it is given",
	Protects: "With singleton and strictVersion the runtime throws where the page's copy does not satisfy the app's range: the app does not start.",
	Bad:      "# the shell's react is 18.2.0\nshared: {react: {version: 19.1.0, requiredVersion: ^19.0.0, singleton: true, strictVersion: true}}",
	Good:     "shared: {react: {version: 18.3.1, requiredVersion: ^18.0.0, singleton: true, strictVersion: true}}",
	Waivable: true,
}, {
	ID:       "share/mismatch",
	Summary:  "every app is given a version that satisfies it",
	Protects: "The runtime warns in the console and goes on: the app runs against a version that it was not built for. An error where the policy is strict about the package, a warning otherwise.",
	Bad:      "# the shell's react is 18.2.0\nshared: {react: {version: 19.1.0, requiredVersion: ^19.0.0, singleton: true}}",
	Good:     "shared: {react: {version: 18.3.1, requiredVersion: ^18.0.0, singleton: true}}",
	Waivable: true,
}, {
	ID:       "share/two-singletons",
	Summary:  "a singleton is loaded once",
	Protects: "In some load orders the page holds two copies of what everybody calls a singleton: state, context and injection fall apart. An error for a policy singleton, a warning otherwise.",
	Bad:      "# catalog does not declare it a singleton and loads its own 19.0.0; who comes next is drawn to that copy",
	Good:     "shared: {react: {version: 19.1.0, requiredVersion: ^19.0.0, singleton: true}}    # everywhere",
	Waivable: true,
}, {
	ID:       "share/duplicate",
	Summary:  "a package is not loaded twice where once would do",
	Protects: "Every user downloads and parses the second copy, though one of the versions satisfies everybody.",
	Bad:      "# the shell brings lodash-es 4.17.20, and cart needs ^4.17.21",
	Good:     "# the shell brings lodash-es 4.17.21",
	Waivable: true,
}, {
	ID:       "share/no-provider",
	Summary:  "an app that brings no copy finds one",
	Protects: "import: false without anybody to provide the package ends in RUNTIME-012, \"The getter for the shared module is not a function\", and the app does not start.",
	Bad:      "shared: {react: {import: false, requiredVersion: ^19.0.0}}    # and the host shares no react",
	Good:     "# the host shares it\nshared: {react: {version: 19.1.0, requiredVersion: ^19.0.0, singleton: true}}",
	Waivable: true,
}, {
	ID:       "share/late-host",
	Summary:  "nothing breaks if the host imports a package late",
	Protects: "Verdicts take it that the host imports what it shares before it loads a remote. A package that only a later chunk of the host imports can be decided by a remote.",
	Bad:      "# the shell needs ~4.17.20 strictly, and search brings 4.18.0",
	Good:     "# the shell imports the package in its bootstrap chunk, or accepts ^4.17.20",
	Waivable: true,
}, {
	ID:       "share/scopes",
	Summary:  "apps that share a package share it in the same scope",
	Protects: "Copies in different share scopes never meet: each scope loads its own, singleton or not.",
	Bad:      "shared: {react: {version: 19.1.0, singleton: true, shareScope: ui}}    # everybody else uses the default scope",
	Good:     "shared: {react: {version: 19.1.0, singleton: true}}",
	Waivable: true,
}, {
	ID:       "share/required-version",
	Summary:  "a required version is a range",
	Protects: "What package managers understand, a tag or workspace:*, is no range to a browser: builds put \"\" in its place, which accepts any version. With false or \"\" nobody is told of a mismatch.",
	Bad:      "shared: {react: {version: 19.1.0, requiredVersion: \"workspace:*\"}}",
	Good:     "shared: {react: {version: 19.1.0, requiredVersion: ^19.0.0}}",
	Waivable: true,
}, {
	ID:       "share/unsafe-range",
	Summary:  "a range means the same to every runtime",
	Protects: "Module Federation, webpack and npm read odd ranges differently: \">=0.0.0\" accepts nothing in the one and everything in the others.",
	Bad:      "shared: {react: {version: 19.1.0, requiredVersion: \">= 19.0.0 < 20.0.0\"}}",
	Good:     "shared: {react: {version: 19.1.0, requiredVersion: \">=19.0.0 <20.0.0\"}}",
	Waivable: true,
}, {
	ID:       "share/version",
	Summary:  "a shared version is a full release",
	Protects: "Runtimes compare what is no version of three numbers in ways of their own, and disagree.",
	Bad:      "shared: {react: {version: \"19.1\"}}",
	Good:     "shared: {react: {version: 19.1.0}}",
	Waivable: true,
}, {
	ID:       "share/prerelease",
	Summary:  "prereleases of shared packages stay in the cohorts that may have them",
	Protects: "To Module Federation 19.2.0-canary satisfies ^19.0.0 and is higher than 19.1.0: one remote's experiment becomes everybody's copy. An error for a singleton, a warning otherwise.",
	Bad:      "# cohorts/general.yaml pins a cart with\nshared: {react: {version: 19.2.0-canary-1, singleton: true}}",
	Good:     "shared: {react: {version: 19.1.0, singleton: true}}",
	Waivable: true,
}, {
	ID:       "share/version-first",
	Summary:  "a host with many remotes is loaded-first",
	Protects: "A version-first host, and that is the default, loads every remote's entry before it gets its first shared package: its start waits for the slowest, and an mf-manifest.json that can't be loaded takes the host's own packages with it.",
	Bad:      "bundler: {name: webpack, federation: 2.9.2, shareStrategy: version-first}",
	Good:     "bundler: {name: webpack, federation: 2.9.2, shareStrategy: loaded-first}",
	Waivable: true,
}, {
	ID:       "share/old-runtime",
	Summary:  "a build's federation runtime chooses as today's does",
	Protects: "A remote brings the runtime that it was built with. Older ones read ranges and choose versions differently, so what muster foretells may not be what they do.",
	Bad:      "bundler: {name: webpack, federation: 0.14.3}",
	Good:     "bundler: {name: webpack, federation: 2.9.2}",
	Waivable: true,
}}
