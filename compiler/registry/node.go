package registry

import (
	"fmt"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// nodeBuilder turns concrete CUE values into YAML nodes at the values' positions, so that the policy is checked, explained
// and decoded by the same code as every other document.
type nodeBuilder struct {
	schema *Schema
	list   diag.List
	nodes  int
}

func (b *nodeBuilder) field(v cue.Value, name string) *yaml.Node {
	f := v.LookupPath(cue.ParsePath(name))
	if !f.Exists() {
		return nil
	}
	return b.node(f, 0)
}

func (b *nodeBuilder) node(v cue.Value, depth int) *yaml.Node {
	if chosen, ok := v.Default(); ok {
		v = chosen
	}
	n := &yaml.Node{Style: yaml.FlowStyle}
	n.Line, n.Column = b.place(v)
	if b.nodes++; b.nodes > maxNodes || depth > maxDepth {
		b.fault(v, "the policy is too large", "drop what no cohort needs")
		return n
	}
	switch v.Kind() {
	case cue.StructKind:
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
		for it, _ := v.Fields(); it.Next(); {
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: it.Selector().Unquoted()}
			key.Line, key.Column = b.label(it.Value())
			n.Content = append(n.Content, key, b.node(it.Value(), depth+1))
		}
	case cue.ListKind:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		for it, _ := v.List(); it.Next(); {
			n.Content = append(n.Content, b.node(it.Value(), depth+1))
		}
	default:
		b.scalar(v, n)
	}
	return n
}

func (b *nodeBuilder) scalar(v cue.Value, n *yaml.Node) {
	n.Kind, n.Style = yaml.ScalarNode, 0
	switch v.Kind() {
	case cue.StringKind:
		n.Value, _ = v.String()
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	case cue.IntKind:
		n.Value, n.Tag = fmt.Sprint(v), "!!int"
	case cue.FloatKind:
		n.Value, n.Tag = fmt.Sprint(v), "!!float"
	case cue.BoolKind:
		n.Value, n.Tag = fmt.Sprint(v), "!!bool"
	case cue.NullKind:
		n.Value, n.Tag = "null", "!!null"
	case cue.BytesKind:
		b.fault(v, "bytes, where a text belongs", "use double quotes")
	default:
		b.fault(v, unsettled(v), "write the value")
	}
}

// unsettled says why v is no value yet.
func unsettled(v cue.Value) string {
	switch k := v.IncompleteKind(); {
	case k == cue.StringKind:
		return "this leaves open which text is meant"
	case k != cue.BottomKind && k&^cue.NumberKind == 0:
		return "this leaves open which number is meant"
	case k == cue.TopKind, k == cue.BottomKind:
		return "this comes to no value; does it refer to itself?"
	}
	return "this leaves open which value is meant"
}

func (b *nodeBuilder) fault(v cue.Value, message, help string) {
	b.list.Add(diag.Diagnostic{Pos: b.schema.file().pos(b.place(v)), Length: 1, Rule: "schema/cue", Message: message, Help: help})
}

// place is where a value is written; label, where the name of the field that holds it is.
func (b *nodeBuilder) place(v cue.Value) (line, column int) {
	p := v.Pos()
	if f, ok := v.Source().(*ast.Field); ok {
		p = f.Value.Pos()
	}
	return b.joined(p)
}

func (b *nodeBuilder) label(v cue.Value) (line, column int) {
	return b.joined(v.Pos())
}

// joined is a position in the registry's own files taken as one.
func (b *nodeBuilder) joined(p token.Pos) (line, column int) {
	at := b.schema.position(p)
	for _, f := range b.schema.files {
		if f.path == at.File {
			return f.before + at.Line, at.Column
		}
	}
	return 0, 0
}
