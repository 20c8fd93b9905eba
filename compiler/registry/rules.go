package registry

import "muster/compiler/diag"

// Rules are the rules on the form of a registry's files, for `muster explain`.
func Rules() []diag.Rule { return rules }

const minimalPolicy = `// schema/policy.cue
package schema

registry: {name: "acme-shop", baseURL: "https://manifests.acme.example/"}
policy: origins: ["https://cdn.acme.example"]`

var rules = []diag.Rule{{
	ID:       "tree/missing",
	Summary:  "a registry has the folders remotes/ and cohorts/, and a policy",
	Protects: "A wrong folder must not compile to an empty page.",
	Bad:      "# muster -C / compile",
	Good:     minimalPolicy,
}, {
	ID:       "tree/not-regular",
	Summary:  "what is read is a regular file",
	Protects: "A link could lead outside the registry, and differs between a work tree and a commit.",
	Bad:      "remotes/checkout.yaml -> ../../elsewhere.yaml",
	Good:     "remotes/checkout.yaml",
}, {
	ID:       "tree/file-name",
	Summary:  "files are called <name>.yaml, in lower-case letters, digits and dashes",
	Protects: "A declaration that is skipped for its name is lost without a word.",
	Bad:      "remotes/Checkout.yaml",
	Good:     "remotes/checkout.yaml",
}, {
	ID:       "tree/size",
	Summary:  "a registry has at most 100,000 files and folders",
	Protects: "A commit can hold one folder many times over: a check must not walk billions of paths.",
	Bad:      "remotes/ with 200,000 files",
	Good:     "remotes/ with a file for each remote",
}, {
	ID:       "tree/case-clash",
	Summary:  "no two paths differ in letter case alone",
	Protects: "On macOS and Windows they are one file, and one of them is lost.",
	Bad:      "remotes/Team/cart.yaml and remotes/team/cart.yaml",
	Good:     "remotes/team/cart.yaml",
}, {
	ID:       "tree/stray",
	Summary:  "remotes/ and cohorts/ hold declarations and nothing else",
	Protects: "What muster does not read, it says.",
	Bad:      "remotes/notes.txt",
	Good:     "docs/notes.txt",
}, {
	ID:       "yaml/size",
	Summary:  "a file has at most 256 KiB, and 60,000 keys and values",
	Protects: "A huge file would make every check slow, and can't be reviewed.",
	Bad:      "# remotes/checkout.yaml, 10 MB",
	Good:     "# remotes/checkout.yaml, 8 KB",
}, {
	ID:       "yaml/encoding",
	Summary:  "files are UTF-8 without a byte order mark",
	Protects: "Editors and parsers would read different texts.",
	Bad:      "description: Caf\\xe9    # Latin-1",
	Good:     "description: Café",
}, {
	ID:       "yaml/control",
	Summary:  "files hold no control characters",
	Protects: "They hide text from reviewers and disturb terminals.",
	Bad:      "description: \"two\\u0000faced\"    # as a raw byte",
	Good:     "description: plain",
}, {
	ID:       "yaml/tab",
	Summary:  "files hold no tabs",
	Protects: "YAML does not take them for indentation, and what they align is a guess.",
	Bad:      "releases:\n\t- version: \"2.4.0\"",
	Good:     "releases:\n  - version: \"2.4.0\"",
}, {
	ID:       "yaml/syntax",
	Summary:  "files are YAML",
	Protects: "What can't be read can't be checked.",
	Bad:      "hosts: [shell",
	Good:     "hosts: [shell]",
}, {
	ID:       "yaml/empty",
	Summary:  "a file declares something",
	Protects: "An emptied file is more likely an accident than a wish.",
	Bad:      "# nothing but a comment",
	Good:     "apiVersion: muster/v1\nname: checkout",
}, {
	ID:       "yaml/documents",
	Summary:  "a file holds one document",
	Protects: "Most tools read the first one only.",
	Bad:      "name: cart\n---\nname: checkout",
	Good:     "name: cart",
}, {
	ID:       "yaml/duplicate-key",
	Summary:  "a field is set once",
	Protects: "Tools disagree on which of the two counts.",
	Bad:      "pins:\n  checkout: \"2.3.0\"\n  checkout: \"2.4.0\"",
	Good:     "pins:\n  checkout: \"2.4.0\"",
}, {
	ID:       "yaml/alias",
	Summary:  "no anchors, aliases or merge keys",
	Protects: "A reader should see each value where it counts, and a small file must not expand to a huge one.",
	Bad:      "shared: *defaults",
	Good:     "shared: {react: {version: 19.2.0}}",
}, {
	ID:       "yaml/tag",
	Summary:  "no tags",
	Protects: "A tag changes what a value is; the schema says that already.",
	Bad:      "version: !!str 2.4",
	Good:     "version: \"2.4.0\"",
}, {
	ID:       "yaml/key",
	Summary:  "keys are texts",
	Protects: "YAML reads some words as numbers or booleans; as keys they would become another text.",
	Bad:      "claims: {1: [staff]}",
	Good:     "claims: {\"1\": [staff]}",
}, {
	ID:       "yaml/depth",
	Summary:  "values nest at most 64 levels deep",
	Protects: "Deep nesting exhausts parsers.",
	Bad:      "[[[[[[[[...]]]]]]]]",
	Good:     "[a, b]",
}, {
	ID:       "yaml/unquoted",
	Summary:  "a text that looks like a number or a boolean is quoted",
	Protects: "YAML reads 1.10 as the number 1.1 and 0123 as 83: another version, without a word.",
	Bad:      "version: 1.10",
	Good:     "version: \"1.10.0\"",
}, {
	ID:       "yaml/number",
	Summary:  "numbers are written in plain decimal digits",
	Protects: "Tools read 0x1F, 1_000 and 1e3 as different numbers, or as texts.",
	Bad:      "size: 5_312",
	Good:     "size: 5312",
}, {
	ID:       "schema/missing-field",
	Summary:  "required fields are there",
	Protects: "Without them nobody knows what is meant.",
	Bad:      "apiVersion: muster/v1\nname: checkout\nreleases: []",
	Good:     "apiVersion: muster/v1\nname: checkout\nowner: team-commerce\nreleases: []",
}, {
	ID:       "schema/unknown-field",
	Summary:  "only known fields are there",
	Protects: "A misspelt field would be ignored, and its rule with it.",
	Bad:      "ownr: team-commerce",
	Good:     "owner: team-commerce",
}, {
	ID:       "schema/type",
	Summary:  "a field has the right type",
	Protects: "A list where a text belongs has no meaning.",
	Bad:      "hosts: shell",
	Good:     "hosts: [shell]",
}, {
	ID:       "schema/enum",
	Summary:  "a field with fixed values has one of them",
	Protects: "An unknown value would be treated as the default.",
	Bad:      "kind: hots",
	Good:     "kind: host",
}, {
	ID:       "schema/pattern",
	Summary:  "a text has the form that its field asks for, a number is in its bounds",
	Protects: "Names become URLs, file names and identifiers.",
	Bad:      "name: Check Out",
	Good:     "name: check-out",
}, {
	ID:       "schema/constraint",
	Summary:  "the registry's own constraints in schema/*.cue hold",
	Protects: "The platform team's house rules.",
	Bad:      "owner: commerce    # schema/policy.cue has #Remote: owner: =~\"^team-\"",
	Good:     "owner: team-commerce",
}, {
	ID:       "schema/loosened",
	Summary:  "a registry narrows the built-in rules and never loosens them",
	Protects: "A pull request must not switch a rule off from within.",
	Bad:      "#Remote: kind: \"remote\" | \"host\" | \"widget\"",
	Good:     "#Remote: kind: \"remote\"",
}, {
	ID:       "schema/cue",
	Summary:  "schema/*.cue is CUE that says values, and runs no program",
	Protects: "A policy is checked on every pull request: it must not be able to hang the check.",
	Bad:      "policy: origins: [for i in list.Range(0, 1e9, 1) {\"https://\\(i).example\"}]",
	Good:     "policy: origins: [\"https://cdn.acme.example\"]",
}}
