package registry

import (
	"fmt"
	"strings"
	"testing"

	"cuelang.org/go/cue/parser"
)

// TestCostIsOfReferences asks that a long policy is no costly one: the names of its fields refer to nothing, however often they
// are there, and what does is counted.
func TestCostIsOfReferences(t *testing.T) {
	waivers := func(n int, rule string) string {
		return "package schema\npolicy: waivers: [" + strings.Repeat(fmt.Sprintf("{rule: %s, remote: \"orders\", until: \"2027-01-01\", reason: \"later\"},\n", rule), n) + "]\n"
	}
	for _, c := range []struct {
		name, text   string
		least, under int
	}{
		{"a thousand waivers", waivers(1000, `"budget/entry-bytes"`), 1000, 20_000},
		{"a reference in each", waivers(1000, "big") + "big: [" + strings.Repeat("1, ", 200) + "]\n", maxCUEExpansion, maxCUEExpansion + 2},
		{"a computed name", "(big): 1\nbig: [" + strings.Repeat("1, ", 200) + "]\n", 400, 500},
	} {
		tree, err := parser.ParseFile("schema/policy.cue", c.text)
		if err != nil {
			t.Fatal(err)
		}
		if n := (costs{}).with(tree).size(tree); n < c.least || n >= c.under {
			t.Errorf("%s: the size is %d, want from %d to %d", c.name, n, c.least, c.under)
		}
	}
}
