package registry

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"muster/compiler/diag"
)

// Limits of a registry's own CUE. CUE is a language: what a pull request writes there must not hang a check.
const (
	maxCUESize      = 256 << 10 // bytes of one file
	maxCUEDepth     = 64        // brackets inside brackets
	maxCUEExpansion = 100_000   // values after every reference is written out

	maxCUECombinations = 1000 // alternatives of one value: (A | B) & (C | D) has four
)

var cueImports = []string{"list", "math", "net", "regexp", "strings", "struct", "time"}

// costlyCalls are functions whose result can be larger than their arguments by any factor.
var costlyCalls = []string{"list.Range", "list.Repeat", "list.FlattenN", "strings.Repeat", "math.Pow", "list.Combinations", "list.Permutations"}

// deepest counts brackets; those in strings count too, which only makes the limit a little stricter. Signs count as well,
// as a run of them nests in the syntax tree.
func deepest(text []byte) int {
	depth, most, run := 0, 0, 0
	for _, b := range text {
		switch b {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '-', '+', '!', '*', '<', '>', '=':
			if run++; run > maxCUEDepth {
				most = max(most, run)
			}
			continue
		}
		run, most = 0, max(most, depth)
	}
	return most
}

func (s *Schema) refuseCostly(tree *ast.File) (l diag.List) {
	for spec := range tree.ImportSpecs() {
		if path, err := literal.Unquote(spec.Path.Value); err != nil || !slices.Contains(cueImports, path) {
			l.Add(s.faultAt(spec, "schema/cue", "import of "+spec.Path.Value, "a policy may import "+strings.Join(cueImports, ", ")))
		}
	}
	ast.Walk(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForClause:
			l.Add(s.faultAt(n, "schema/cue", "a for clause", "write the fields out: a policy is read, not run"))
		case *ast.CallExpr:
			if name := sourceText(n.Fun); slices.Contains(costlyCalls, name) {
				l.Add(s.faultAt(n, "schema/cue", "a call of "+name, "write the value out: a policy is read, not run"))
			}
		case *ast.BinaryExpr:
			if n.Op == token.MUL {
				l.Add(s.faultAt(n, "schema/cue", "a multiplication", "write the value out: a policy is read, not run"))
			}
		}
		return true
	}, nil)
	c := s.v1.costs.with(tree)
	tooMuch := func(n ast.Node, message string) {
		l.Add(diag.Diagnostic{Pos: s.position(n.Pos()), Length: 1, Rule: "schema/cue", Message: message, Help: "write the values out"})
	}
	if c.size(tree) > maxCUEExpansion {
		tooMuch(tree, fmt.Sprintf("the references in this file expand to more than %d values", maxCUEExpansion))
	}
	for name, declarations := range c.named {
		last, total := declarations[len(declarations)-1], 1
		if last.Pos().Filename() != tree.Filename {
			continue
		}
		for _, d := range declarations {
			total = min(total*c.combinations(d), maxCUECombinations+1)
		}
		if total > maxCUECombinations {
			tooMuch(last, fmt.Sprintf("%s has more than %d combinations of alternatives", name, maxCUECombinations))
		}
	}
	return l
}

// costs measures what CUE would have to work out, before it does.
type costs struct {
	named map[string][]ast.Node // what a name stands for: every declaration of it
	sizes map[string]int
	arms  map[string]int
}

// with measures further files, too.
func (c costs) with(trees ...*ast.File) costs {
	more := costs{make(map[string][]ast.Node, len(c.named)), map[string]int{}, map[string]int{}}
	for name, declarations := range c.named {
		more.named[name] = slices.Clip(declarations)
	}
	for _, tree := range trees {
		ast.Walk(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				if name, _, err := ast.LabelName(n.Label); err == nil {
					more.named[name] = append(more.named[name], n.Value)
				}
			case *ast.LetClause:
				more.named[n.Ident.Name] = append(more.named[n.Ident.Name], n.Expr)
			}
			return true
		}, nil)
	}
	return more
}

// size counts the values below a node when each reference stands for a copy of what it names: the billion-laughs test.
func (c costs) size(n ast.Node) int {
	total := 1
	var count func(m ast.Node) bool
	count = func(m ast.Node) bool {
		if total++; total > maxCUEExpansion {
			return false
		}
		switch m := m.(type) {
		case *ast.Field:
			if _, name := m.Label.(*ast.Ident); name && m.Value != nil { // which refers to nothing
				ast.Walk(m.Value, count, nil)
				return false
			}
		case *ast.Ident:
			total += c.reference(c.sizes, m.Name, func(v ast.Node, known int) int { return known + c.size(v) })
		}
		return true
	}
	ast.Walk(n, count, nil)
	return min(total, maxCUEExpansion+1)
}

// combinations counts the alternatives that CUE would try for a node: arms add up, and conjuncts, also those that stand
// in several declarations of one name, multiply.
func (c costs) combinations(n ast.Node) int {
	total := 1
	switch n := n.(type) {
	case *ast.BinaryExpr:
		x, y := c.combinations(n.X), c.combinations(n.Y)
		if total = x * y; n.Op == token.OR {
			total = x + y
		}
	case *ast.ParenExpr:
		total = c.combinations(n.X)
	case *ast.UnaryExpr:
		total = c.combinations(n.X)
	case *ast.Ident:
		total = max(1, c.reference(c.arms, n.Name, func(v ast.Node, known int) int { return max(1, known) * c.combinations(v) }))
	default:
		ast.Walk(n, func(m ast.Node) bool {
			if f, ok := m.(*ast.Field); ok {
				total = max(total, c.combinations(f.Value)) // its name refers to nothing
				return false
			}
			if _, ok := m.(ast.Expr); ok && m != n {
				total = max(total, c.combinations(m))
				return false
			}
			return true
		}, nil)
	}
	return min(total, maxCUECombinations+1)
}

// reference adds up the declarations of a name, once; on the way a recursive one counts 1.
func (c costs) reference(known map[string]int, name string, add func(v ast.Node, total int) int) int {
	total, seen := known[name]
	if seen || len(c.named[name]) == 0 {
		return total
	}
	known[name] = 1
	for _, v := range c.named[name] {
		total = min(add(v, total), maxCUEExpansion+1)
	}
	known[name] = total
	return total
}
