package registry

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// undecoded are the fields of the schema that no stage reads yet: they are checked, and left in the file.
var undecoded = []string{"apiVersion", "description"}

// TestDecodeKnowsTheSchema holds the names in decode.go against those in the schema, so that a new field is either read
// or said not to be.
func TestDecodeKnowsTheSchema(t *testing.T) {
	inSchema := map[string]bool{}
	for _, d := range builtin().names {
		builtin().shapes.definition(d).collect(inSchema, map[*shape]bool{})
	}
	decoded := casesOf(t, "decode.go")
	maps.Copy(decoded, casesOf(t, "decodepolicy.go"))
	maps.Copy(decoded, casesOf(t, "contract.go"))
	for _, name := range undecoded {
		if decoded[name] || !inSchema[name] {
			t.Errorf("%q is listed as not decoded: decoded %v, in the schema %v", name, decoded[name], inSchema[name])
		}
		delete(inSchema, name)
	}
	for _, name := range []string{"budgets", "entryBytes"} { // one budget so far: whatever stands there is it
		decoded[name] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(inSchema)), slices.Sorted(maps.Keys(decoded))); diff != "" {
		t.Errorf("fields (-schema +decode.go):\n%s", diff)
	}
}

func (s *shape) collect(names map[string]bool, seen map[*shape]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	if s.fields != nil {
		for name, f := range s.fields.named {
			names[name] = true
			f.shape.collect(names, seen)
		}
		for _, p := range s.fields.patterns {
			p.value.collect(names, seen)
		}
	}
	s.item.collect(names, seen)
	for _, part := range slices.Concat(s.all, s.arms) {
		part.collect(names, seen)
	}
}

// casesOf are the texts that a file's switches name.
func casesOf(t *testing.T, name string) map[string]bool {
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CaseClause); ok {
			for _, e := range c.List {
				if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, _ := strconv.Unquote(lit.Value)
					found[text] = true
				}
			}
		}
		return true
	})
	return found
}
