package registry

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
	"muster/schema"
)

// Schema is the built-in shape and what a registry's own schema/*.cue adds to it. It may be used by several goroutines.
type Schema struct {
	builtin, own cueDefinitions
	narrowed     bool // whether the registry's own files take part
	shapes       *compiler
	files        []ownFile
	v1           *builtinSchema
	ownTrees     []*ast.File // the syntax of the registry's own files, to read; what CUE builds of is parsed anew
	thorough     bool
}

// cueDefinitions asks CUE about a document. Its context is built when the first document needs it, and used by one
// goroutine at a time.
type cueDefinitions struct {
	mu    sync.Mutex
	files func() []*ast.File // fresh syntax trees: building an instance changes them
	value cue.Value
	built bool
}

// builtinSchema is what every Schema has in common. It must not be changed.
type builtinSchema struct {
	shapes *compiler
	names  []string // of the definitions, sorted
	costs  costs
}

// builtin is made once: a history holds many versions of a registry's own files.
var builtin = sync.OnceValue(func() *builtinSchema {
	b := &builtinSchema{shapes: newCompiler(nil)}
	trees := definitionFiles()
	for _, f := range trees {
		b.shapes.add(f, true)
	}
	b.names, b.costs = slices.Sorted(maps.Keys(b.shapes.definitions)), costs{}.with(trees...)
	for _, name := range b.names {
		b.shapes.definition(name)
	}
	return b
})

// definitionFiles are the embedded CUE files, without v1/root.cue, which a Schema's own documents are checked against
// definition by definition instead: so every fault in them is found, and found at its place.
func definitionFiles() []*ast.File {
	var files []*ast.File
	names, _ := fs.Glob(schema.V1, "v1/*.cue")
	for _, name := range names {
		if name == "v1/root.cue" {
			continue
		}
		text, err := schema.V1.ReadFile(name)
		if err != nil {
			panic(err) // the file is part of the program
		}
		f, err := parser.ParseFile(name, text)
		if err != nil {
			panic(err)
		}
		files = append(files, f)
	}
	return files
}

// newContext overrides the environment's CUE_DEBUG, which could switch closedness off.
func newContext() *cue.Context { return cuecontext.New(cuecontext.CUE_DEBUG("opendef=0")) }

// buildInstance makes one CUE instance of files.
func buildInstance(files []*ast.File) (cue.Value, error) {
	ctx := newContext()
	instance := build.NewContext().NewInstance("", nil)
	for _, f := range files {
		if err := instance.AddSyntax(f); err != nil {
			return cue.Value{}, err
		}
	}
	v := ctx.BuildInstance(instance)
	if err := v.Validate(); err != nil {
		return v, err
	}
	return v, v.Err()
}

func (d *cueDefinitions) get() cue.Value {
	if !d.built {
		d.value, _ = buildInstance(d.files()) // LoadSchema has built the same files without error
		d.built = true
	}
	return d.value
}

// faults returns CUE's errors for a document, nil if it fits the definition.
func (d *cueDefinitions) faults(definition string, document any) []errors.Error {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.get()
	u := v.LookupPath(cue.ParsePath(definition)).Unify(newContext().Encode(document))
	return errors.Errors(u.Validate(cue.Concrete(true)))
}

// document reads and checks a file: its top node, and everything that is wrong with it. What is no good as YAML is not
// shown to CUE, which could only speak of what is left of it.
func (s *Schema) document(definition string, f File, text []byte) (*yaml.Node, diag.List) {
	top, l := parseDocument(f, text)
	switch {
	case top == nil:
		return nil, l
	case len(l) == 0:
		return top, s.check(definition, f, top)
	}
	e := explainer{file: f}
	for _, d := range l {
		e.add(d)
	}
	e.explain(s.shapes.definition(definition), top, subject{})
	return top, e.list
}

// plain is document for a text of the plain subset of YAML that the checker says yes to; nil for any other.
func (s *Schema) plain(definition string, f File, text string) *yaml.Node {
	if s.thorough {
		return nil
	}
	top := parsePlain(f, text)
	if top == nil || !s.shapes.definition(definition).fits(top) {
		return nil
	}
	return top
}

// maxConfirmed is how many faults of one document CUE is asked to confirm: its time grows with their square.
const maxConfirmed = 1000

// check returns everything that is wrong with a document of a definition such as "#Remote". The checker's yes is final;
// its no is CUE's to confirm, by the built-in shape alone (so that no trick of a registry's can widen it), and with the
// registry's own constraints.
func (s *Schema) check(definition string, f File, top *yaml.Node) diag.List {
	shape := s.shapes.definition(definition)
	if !s.thorough && shape.fits(top) {
		return nil
	}
	e := explainer{file: f}
	e.explain(shape, top, subject{})
	if len(e.list) > maxConfirmed {
		return e.list
	}
	document := plain(top)
	faults := s.builtin.faults(definition, document)
	explained := len(faults) > 0 && len(e.list) > 0 // the walk knows the built-in shape in full
	if s.narrowed {
		faults = append(faults, s.own.faults(definition, document)...)
	}
	if len(faults) == 0 {
		return nil
	}
	c := coverageOf(f, e.list)
	for _, fault := range faults {
		if _, ours := s.ownPosition(fault); explained && !ours {
			continue
		}
		if d, ok := s.unexplained(c, top, fault); ok {
			e.list.Add(d)
		}
	}
	return e.list
}

// coverage remembers which nodes of a document a walk has found fault with.
type coverage struct {
	file  File
	found map[diag.Pos]bool
	below map[*yaml.Node]bool
}

func coverageOf(f File, l diag.List) coverage {
	c := coverage{f, map[diag.Pos]bool{}, map[*yaml.Node]bool{}}
	for _, d := range l {
		c.found[d.Pos] = true
	}
	return c
}

// at reports whether a finding stands at a node or its key. A mapping without braces has no place of its own: it begins
// with its first key.
func (c coverage) at(n, key *yaml.Node) bool {
	placed := n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0
	return placed && c.found[c.file.nodePos(n)] || key != nil && c.found[c.file.nodePos(key)]
}

// within reports whether a finding stands anywhere inside n.
func (c coverage) within(n *yaml.Node) bool {
	known, ok := c.below[n]
	if ok {
		return known
	}
	for _, part := range n.Content {
		known = known || c.found[c.file.nodePos(part)] || c.within(part)
	}
	c.below[n] = known
	return known
}

// unexplained is a fault that CUE found where the walk found none at, above or below its path: a constraint outside the
// compiled subset.
func (s *Schema) unexplained(c coverage, top *yaml.Node, fault errors.Error) (d diag.Diagnostic, ok bool) {
	path := fault.Path()
	if len(path) > 0 && strings.HasPrefix(path[0], "#") {
		path = path[1:]
	}
	at, key := top, (*yaml.Node)(nil)
	for _, name := range path {
		next, k := child(at, name)
		if next == nil {
			break
		}
		if at, key = next, k; c.at(at, key) {
			return d, false
		}
	}
	if c.at(at, key) || c.within(at) {
		return d, false
	}
	d = diag.Diagnostic{Rule: "schema/constraint", Message: "this does not satisfy the registry's own schema"}
	pos, ok := s.ownPosition(fault)
	if ok {
		d.Notes = []diag.Note{{Pos: pos, Message: "the constraint is set here"}}
	}
	if source := s.sourceAt(pos); source != "" && at.Kind != yaml.ScalarNode { // CUE would write the list or struct out
		d.Notes[0].Message = "this registry asks for it here: " + source
	} else {
		format, args := fault.Msg()
		d.Message += ": " + fmt.Sprintf(format, args...)
	}
	if at.Kind != yaml.ScalarNode && key != nil {
		at = key
	}
	return c.file.at(at, d), true
}

// sourceAt is the expression that stands at a place in the registry's own files, "" if there is none.
func (s *Schema) sourceAt(pos diag.Pos) (source string) {
	for _, tree := range s.ownTrees {
		ast.Walk(tree, func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok && source == "" && s.position(x.Pos()) == pos {
				source = sourceText(x)
			}
			return source == ""
		}, nil)
	}
	return source
}

// plain is a document as Go values, for CUE: ints and floats as such, everything else that is scalar as text.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		l := make([]any, len(n.Content))
		for i, c := range n.Content {
			l[i] = plain(c)
		}
		return l
	}
	return plainScalar(n)
}

// plainScalar keeps the notation that the checker lets through; an odd number becomes a text, which CUE refuses where a
// number belongs.
func plainScalar(n *yaml.Node) any {
	switch kindOf(n) {
	case kindNull:
		return nil
	case kindBool:
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case kindInt:
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i
		}
	case kindFloat:
		if x, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return x
		}
	}
	return n.Value
}

// child is the node one step below n on a CUE path: a field's value and its key, or an item of a list.
func child(n *yaml.Node, step string) (val, key *yaml.Node) {
	if unquoted, err := literal.Unquote(step); err == nil {
		step = unquoted
	}
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], nil
		}
		return nil, nil
	}
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i].Value == step {
			return n.Content[i+1], n.Content[i]
		}
	}
	return nil, nil
}
