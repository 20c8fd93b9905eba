package registry

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"muster/compiler/generate"
	"muster/compiler/tries"
)

// ownConstraints are of the kinds that a registry's own schema adds, within the compiled subset and outside it.
const ownConstraints = `package schema

import "strings"

registry: {name: "acme", baseURL: "https://manifests.acme.example/"}
policy: origins: ["https://cdn.acme.example"]

#Remote: owner: =~"^team-" @say("a team, such as team-commerce")
#Remote: description?: !~"(?i)todo"
#Remote: load?: timeout!: _
#Release: size?: <100000
#Release: bundler?: name?: "webpack" | "rspack"
#Shared: requiredVersion?: strings.MaxRunes(40) | false
#Cohort: name: !="production"
#Cohort: {
	name: string
	if name == "canary" {audience!: _}
}
`

// seedDocuments are valid and use every field of the schema.
var seedDocuments = map[string][]string{
	"#Remote": {string(generated("remotes/team-000/remote-00001.yaml")), `apiVersion: muster/v1
name: checkout
owner: team-commerce
description: Cart and payment steps
kind: remote
runtime: module-federation
container: checkout
hosts: [shell]
routes: [{path: /checkout, expose: ./Routes}, {path: /pay}]
capabilities: {cart.badge: ./CartBadge}
load: {timeout: 4s, retries: 2, prefetch: route, fallback: {redirect: /cart, message: "closed"}}
releases:
  - version: "2.4.0"
    entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js
    type: module
    integrity: sha384-x
    size: 5312
    files: {./chunk-A1B2.js: sha384-y}
    status: deprecated
    reason: old
    bundler: {name: webpack, version: "5", federation: 2.9.2, shareStrategy: loaded-first}
    source: {repository: https://git.acme.example/checkout, commit: 9f1c2ab}
    exposes: {./Routes: {}, ./CartBadge: {props: {count: int, currency: string}}}
    consumes: {catalog: {version: ^3.0.0, exposes: [./ProductCard]}}
    events:
      emits: {"cart:updated": {count: int, "total?": number, tags: ["string", 1, 2.5, true, null]}}
      listens: {"product:add": {productId: string}}
    evidence: {e2e: {status: passed, url: "https://ci.acme.example/1", commit: 9f1c2ab}}
    shared:
      react: {version: 19.2.0, requiredVersion: false, singleton: true, strictVersion: false, eager: true, import: false, shareScope: [a, b], size: 12}
      rxjs: [{version: 7.8.1, requiredVersion: ^7.8.0, shareScope: default}, {import: react}]
`},
	"#Cohort": {string(generated("cohorts/cohort-01.yaml")), `apiVersion: muster/v1
name: canary
description: five percent
extends: general
audience: {percent: 5, claims: {group: [staff]}}
after: [staff]
soak: 24h
requires: [e2e]
capabilities: {home.banner: promo}
routes: {/cart: checkout}
pins:
  shell: "5.2.0"
  search: ~3.1
  promo: {disabled: INC-4711}
  pricing: {split: [{version: "1.9.0", percent: 90.5}, {version: "2.0.0", percent: 9.5, variant: new}]}
frozen: {at: 3f2c91ab, reason: sprint review, until: 2026-12-01}
`},
}

func generated(path string) []byte {
	for _, f := range generate.Files(7, generate.Size{Remotes: 8, Cohorts: 2, Releases: 2, Shared: 3}) {
		if f.Path == path {
			return f.Text
		}
	}
	panic(path)
}

func loadOwn(t testing.TB, text string) *Schema {
	s, _, _, l := loadSchema([]ownFile{{path: "schema/policy.cue", text: []byte(text)}}, false)
	if len(l) > 0 {
		t.Fatalf("loading the schema: %+v", l)
	}
	return s
}

// TestCheckerAgreesWithCUE mutates valid documents. Where the checker says yes, CUE must too; where CUE says no, the walk
// must have something to say. MUSTER_MUTANTS sets how many documents are tried.
func TestCheckerAgreesWithCUE(t *testing.T) {
	mutants := tries.Of(t, "MUSTER_MUTANTS", 1500)
	const plainPolicy = "package schema\n\nregistry: {name: \"acme\", baseURL: \"https://m.acme.example/\"}\npolicy: origins: []\n"
	schemas := []*Schema{loadOwn(t, plainPolicy), loadOwn(t, ownConstraints)}
	m := mutator{rand: rand.New(rand.NewPCG(1, 2))}
	counts := map[string]int{}
	for i := range mutants {
		s := schemas[i%2]
		definition := []string{"#Remote", "#Cohort"}[i/2%2]
		seed := seedDocuments[definition][i/4%2]
		top, l := parseDocument(File{Path: "x.yaml"}, []byte(seed))
		if top == nil {
			t.Fatal(l)
		}
		for range m.rand.IntN(4) {
			m.mutate(top)
		}
		yes := s.shapes.definition(definition).fits(top)
		faults := s.builtin.faults(definition, plain(top))
		builtinNo := len(faults) > 0
		if !builtinNo {
			faults = s.own.faults(definition, plain(top))
		}
		switch {
		case yes && len(faults) > 0:
			t.Errorf("mutant %d: the checker says yes, CUE says %v:\n%s", i, faults[0], encode(top))
		case !yes && len(faults) == 0:
			if counts["no/yes"]++; i%2 == 0 && !m.odd(top) {
				t.Errorf("mutant %d: the checker says no, CUE says yes:\n%s", i, encode(top))
			}
		case yes:
			counts["yes/yes"]++
		default:
			counts["no/no"]++
			if l := s.check(definition, File{Path: "x.yaml"}, top); len(l) == 0 {
				t.Errorf("mutant %d: CUE says %v, and the walk nothing:\n%s", i, faults[0], encode(top))
			}
		}
	}
	t.Logf("checker/CUE: %v", counts)
	if counts["yes/yes"] < mutants/20 || counts["no/no"] < mutants/4 {
		t.Errorf("the mutants are too tame or too wild: %v", counts)
	}
}

func encode(n *yaml.Node) string {
	b, err := yaml.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// mutator changes one node of a document.
type mutator struct{ rand *rand.Rand }

var mutantScalars = []struct {
	value, tag string
	style      yaml.Style
}{
	{"", "!!null", 0}, {"null", "!!null", 0}, {"true", "!!bool", 0}, {"false", "!!bool", 0}, {"0", "!!int", 0}, {"-1", "!!int", 0},
	{"11", "!!int", 0}, {"5", "!!int", 0}, {"999999999999999999", "!!int", 0}, {"1.5", "!!float", 0}, {"100.0", "!!float", 0}, {"2", "!!int", 0},
	{"", "!!str", yaml.DoubleQuotedStyle}, {"webpack", "!!str", 0}, {"host", "!!str", 0}, {"remote", "!!str", 0}, {"hots", "!!str", 0}, {"module", "!!str", 0},
	{"1.2.3", "!!str", 0}, {"1.2", "!!str", yaml.DoubleQuotedStyle}, {"./A", "!!str", 0}, {"/a b", "!!str", 0}, {"team-x", "!!str", 0},
	{"production", "!!str", 0}, {"todo", "!!str", 0}, {"24h", "!!str", 0}, {"2026-12-01", "!!timestamp", 0}, {"passed", "!!str", 0},
	{"é\u0301漢字", "!!str", 0}, {"X", "!!str", 0}, {"x y", "!!str", 0}, {strings.Repeat("x", 501), "!!str", 0}, {strings.Repeat("y", 41), "!!str", 0},
	{"0x1F", "!!int", 0}, {"1e3", "!!float", 0},
}

var mutantKeys = []string{"name", "owner", "extra", "version", "./X", "x y", "percent", "size", "bundler", "timeout", "audience", "split", "disabled", "React", "", "a.b"}

func (m mutator) scalar() *yaml.Node {
	s := mutantScalars[m.rand.IntN(len(mutantScalars))]
	return &yaml.Node{Kind: yaml.ScalarNode, Value: s.value, Tag: s.tag, Style: s.style, Line: 1, Column: 1}
}

// odd reports whether a document holds a number that the checker leaves to CUE.
func (m mutator) odd(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (kindOf(n) == kindOdd || len(n.Value) > 15 && kindOf(n) == kindInt) || slices.ContainsFunc(n.Content, m.odd)
}

func (m mutator) mutate(top *yaml.Node) {
	var all []*yaml.Node
	var collect func(n *yaml.Node)
	collect = func(n *yaml.Node) {
		all = append(all, n)
		for i, c := range n.Content {
			if n.Kind != yaml.MappingNode || i%2 == 1 {
				collect(c)
			}
		}
	}
	collect(top)
	n := all[m.rand.IntN(len(all))]
	switch op := m.rand.IntN(6); {
	case op == 0 && n != top:
		*n = *m.scalar()
	case op == 1 && n != top:
		inner := *n
		*n = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{&inner}, Line: 1, Column: 1}
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		m.mutateMapping(n, op)
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0 && op%2 == 0:
		n.Content = n.Content[1:]
	case n.Kind == yaml.SequenceNode:
		n.Content = append(n.Content, m.scalar())
	case n != top:
		*n = *m.scalar()
	}
}

func (m mutator) mutateMapping(n *yaml.Node, op int) {
	i := m.rand.IntN(len(n.Content)/2) * 2
	key := mutantKeys[m.rand.IntN(len(mutantKeys))]
	taken := value(n, key) != nil
	switch {
	case op < 3:
		n.Content = slices.Delete(n.Content, i, i+2)
	case op == 3 && !taken:
		k := *n.Content[i]
		k.Value = key
		n.Content[i] = &k
	case op == 4 && !taken:
		k := m.scalar()
		k.Value, k.Tag = key, "!!str"
		n.Content = append(n.Content, k, m.scalar())
	default:
		n.Content[i+1] = m.scalar()
	}
}
