package contract

import "muster/compiler/diag"

// Rules are the rules about contracts, for `muster explain`.
func Rules() []diag.Rule { return rules }

var rules = []diag.Rule{{
	ID:       "contract/type",
	Summary:  "a contract's type can be read, and something fits it",
	Protects: "A type that nobody can read promises nothing.",
	Bad:      "events: {emits: {\"cart:updated\": {count: integer}}}",
	Good:     "events: {emits: {\"cart:updated\": {count: int}}}",
}, {
	ID:       "contract/provider",
	Summary:  "what a release uses is in the page beside it",
	Protects: "A module of a remote that the page does not have can't be loaded: one that is not pinned, that another host loads, or that has no modules, as a gateway.",
	Bad:      "pins: {cart: \"1.1.0\"}    # cart consumes catalog",
	Good:     "pins: {cart: \"1.1.0\", catalog: \"3.2.1\"}",
	Waivable: true,
}, {
	ID:       "contract/version",
	Summary:  "the release that provides a module is in the consumer's range",
	Protects: "A consumer says which versions it works with; the browser does not ask.",
	Bad:      "consumes: {catalog: {version: ^4.0.0}}    # the cohort pins catalog 3.2.1",
	Good:     "consumes: {catalog: {version: ^3.0.0}}",
	Waivable: true,
}, {
	ID:       "contract/expose",
	Summary:  "the release that provides a module exposes it",
	Protects: "The runtime finds out in the user's browser: \"module ./ProductCard does not exist in container\".",
	Bad:      "consumes: {catalog: {exposes: [./ProductCard]}}    # catalog 3.2.1 exposes ./Card",
	Good:     "consumes: {catalog: {exposes: [./Card]}}",
}, {
	ID:       "contract/props",
	Summary:  "a module takes the props that its consumers pass",
	Protects: "A prop of another type, or one that is not there any more, breaks the widget in the page of somebody else.",
	Bad:      "consumes: {checkout: {exposes: {./CartBadge: {props: {count: string}}}}}    # it takes {count: int}",
	Good:     "consumes: {checkout: {exposes: {./CartBadge: {props: {count: int}}}}}",
	Waivable: true,
}, {
	ID:       "contract/event",
	Summary:  "a listener accepts all that an emitter may send",
	Protects: "Events cross teams without a compiler: a field that was renamed is undefined at the other end, and nobody sees an error.",
	Bad:      "# catalog emits {productId: string, qty: int}\nlistens: {\"product:add\": {productId: string, quantity: int}}",
	Good:     "listens: {\"product:add\": {productId: string, qty: int}}",
	Waivable: true,
}, {
	ID:       "contract/review",
	Summary:  "a contract that can't be judged is looked at",
	Protects: "Some types can't be compared, such as one that CUE finds in a package: then somebody has to look.",
	Bad:      "emits: {\"order:placed\": {at: time.Time}}    # and a listener wants {at: '=~\"^[0-9]{4}-\"'}",
	Good:     "emits: {\"order:placed\": {at: '=~\"^[0-9]{4}-\"'}}",
	Waivable: true,
	Compared: true,
}, {
	ID:       "contract/cycle",
	Summary:  "remotes do not use each other in a circle",
	Protects: "Each has to be built, released and loaded before the other: none can change its contract alone.",
	Bad:      "# cart consumes catalog, and\nconsumes: {cart: {exposes: [./AddButton]}}    # in catalog",
	Good:     "# catalog emits an event that cart listens to",
	Waivable: true,
}, {
	ID:       "contract/api",
	Summary:  "a host or gateway of the cohort provides the services that its releases call",
	Protects: "A frontend that is promoted ahead of its backend calls what is not there.",
	Bad:      "apis: {consumes: {user.v1.UserService: {version: \">=1.2\"}}}    # the gateway provides 1.1.0",
	Good:     "# the gateway's release\napis: {provides: {user.v1.UserService: {version: \"1.2.0\"}}}",
	Waivable: true,
}, {
	ID:       "contract/removed",
	Summary:  "a new release goes on exposing what live consumers use",
	Protects: "The consumer is another team's, and live. Its range says that it can work with the new release.",
	Bad:      "- version: 3.3.0\n  exposes: {./Card: {}}    # ./ProductCard is gone, and cart uses it",
	Good:     "- version: 3.3.0\n  exposes: {./Card: {}, ./ProductCard: {}}",
	Waivable: true,
	Compared: true,
}, {
	ID:       "contract/narrowed",
	Summary:  "a new release goes on taking what live consumers pass",
	Protects: "The consumer is another team's, and live. Its range says that it can work with the new release.",
	Bad:      "./CartBadge: {props: {count: int, currency: string}}    # currency is new, and required",
	Good:     "./CartBadge: {props: {count: int, currency?: string}}",
	Waivable: true,
	Compared: true,
}, {
	ID:       "contract/base",
	Summary:  "what a change is compared with is a registry, and in order",
	Protects: "What the base does not tell, nobody can say that a change takes away.",
	Bad:      "muster check --base v0    # where the registry had errors, or was not there yet",
	Good:     "muster check --base origin/main",
}}
