package contract

import (
	"errors"
	"iter"
	"strings"

	"muster/compiler/contract/payload"
	"muster/compiler/diag"
	"muster/compiler/registry"
)

// parsed is a type, or why it is none.
type parsed struct {
	payload.Type
	err error
}

func (c *Checker) parse(source string) parsed {
	known, ok := c.types[source]
	if !ok {
		known.Type, known.err = payload.Parse(source)
		c.types[source] = known
	}
	return known
}

// unwritten is the source of a type that can't be written as one CUE expression: unreadable says why.
const unwritten = ""

// source is a type as one CUE expression. A list of one type is any number of it.
func (c *Checker) source(t *registry.Type) string {
	if t.Form == registry.Expression {
		return t.Text.Value
	}
	b, ok := c.appendType(c.scratch[:0], t)
	c.scratch = b
	if !ok {
		return unwritten
	}
	if known, seen := c.written[string(b)]; seen {
		return known
	}
	s := string(b)
	c.written[s] = s
	return s
}

// expression is a text as one CUE expression that can stand within another. The texts are few, and stand in many places.
func (c *Checker) expression(text string) (string, error) {
	known, seen := c.expressions[text]
	if !seen {
		known.text, known.err = payload.Expression(text)
		c.expressions[text] = known
	}
	return known.text, known.err
}

// expression is a text as CUE has it, or why it is none.
type expression struct {
	text string
	err  error
}

func (c *Checker) appendType(b []byte, t *registry.Type) ([]byte, bool) {
	switch t.Form {
	case registry.Literal:
		return append(b, literal(t.Text.Value)...), true
	case registry.List:
		return c.appendList(b, t.Items)
	case registry.Structure:
		return c.appendStructure(b, t.Fields)
	}
	s, err := c.expression(t.Text.Value)
	return append(b, s...), err == nil
}

func (c *Checker) appendList(b []byte, items []registry.Type) (_ []byte, ok bool) {
	b = append(b, '[')
	if len(items) == 1 {
		b = append(b, "..."...)
	}
	for i := range items {
		if b, ok = c.appendType(separated(b, i), &items[i]); !ok {
			return b, false
		}
	}
	return append(b, ']'), true
}

func (c *Checker) appendStructure(b []byte, fields []registry.Field) (_ []byte, ok bool) {
	b = append(b, '{')
	for i := range fields {
		f := &fields[i]
		if message, _ := c.misnamed(f); message != "" {
			return b, false
		}
		if b = separated(b, i); f.Name.Value == rest {
			b = append(b, rest...)
			continue
		}
		if b, ok = c.appendType(append(c.appendName(b, f), ": "...), &f.Type); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

// separated appends what stands before the i-th part of a list or a structure.
func separated(b []byte, i int) []byte {
	if i == 0 {
		return b
	}
	return append(b, ", "...)
}

// literal is a YAML scalar that is no text as CUE writes it.
func literal(yaml string) string {
	switch lower := strings.ToLower(yaml); lower {
	case "", "~", "null":
		return "null"
	case "true", "false":
		return lower
	}
	return yaml
}

// text is source, worked out once for each place.
func (c *Checker) text(t *registry.Type) string {
	s, known := c.sources.Get(t)
	if !known {
		s = c.source(t)
		c.sources.Put(t, s)
	}
	return s
}

// checkTypes reports types that can't be read, or that nothing fits, be their releases pinned or not: a release is written
// once, and pinned by somebody else.
func (c *Checker) checkTypes(r *registry.Registry) {
	for _, remote := range r.Remotes {
		for i := range remote.Releases {
			for t := range typesOf(&remote.Releases[i]) {
				if t == nil {
					continue
				}
				if c.parse(c.source(t)).err != nil {
					c.unreadable(remote, t, c.inside(t))
				}
			}
		}
	}
}

// typesOf goes through the types of a release; nil where none is declared.
func typesOf(r *registry.Release) iter.Seq[*registry.Type] {
	return func(yield func(*registry.Type) bool) {
		for i := range r.Emits {
			if !yield(&r.Emits[i].Payload) {
				return
			}
		}
		for i := range r.Listens {
			if !yield(&r.Listens[i].Payload) {
				return
			}
		}
		for i := range r.Exposes {
			if !yield(r.Exposes[i].Props) {
				return
			}
		}
		for _, consumed := range r.Consumes {
			for i := range consumed.Exposes {
				if !yield(consumed.Exposes[i].Props) {
					return
				}
			}
		}
	}
}

// unreadable reports the parts of a type that are at fault by themselves, or all of it.
func (c *Checker) unreadable(r *registry.Remote, t *registry.Type, err error) {
	whole := true
	for part := range partsOf(t) {
		if err := c.inside(part); err != nil {
			whole = false
			c.unreadable(r, part, err)
		}
	}
	for i := range t.Fields {
		if message, help := c.misnamed(&t.Fields[i]); message != "" {
			whole = false
			c.faults.Add(r.File.Fault(t.Fields[i].Name, diag.Diagnostic{Rule: "contract/type", Remote: r.Name.Value, Message: message, Help: help}))
		}
	}
	if whole {
		message, help := said(err)
		c.faults.Add(r.File.Fault(t.Text, diag.Diagnostic{Rule: "contract/type", Remote: r.Name.Value, Message: "this is no type that a payload can have: " + message, Help: help}))
	}
}

// inside is what is wrong with a type that stands in another.
func (c *Checker) inside(t *registry.Type) error {
	if t.Form == registry.Expression {
		if _, err := c.expression(t.Text.Value); err != nil {
			return err
		}
	}
	return c.parse(c.source(t)).err
}

// said is what is wrong with a type, and the cure, without the place within its source: that is not what the user wrote.
func said(err error) (message, help string) {
	message, help = err.Error(), "write a CUE type such as int, \"int & >0\", [string] or {productId: string}"
	var fault *payload.Fault
	if !errors.As(err, &fault) {
		return message, help
	}
	if fault.Help != "" {
		help = fault.Help
	}
	if name, ok := strings.CutPrefix(fault.Message, "there is no type "); ok {
		help = diag.DidYouMean(name, []string{"bool", "float", "int", "null", "number", "string"}, help)
	}
	return fault.Message, help
}

// partsOf goes through the types that a list or a structure is made of.
func partsOf(t *registry.Type) iter.Seq[*registry.Type] {
	return func(yield func(*registry.Type) bool) {
		for i := range t.Items {
			if !yield(&t.Items[i]) {
				return
			}
		}
		for i := range t.Fields {
			if t.Fields[i].Name.Value != rest && !yield(&t.Fields[i].Type) {
				return
			}
		}
	}
}

// compare says whether a consumer accepts all that a producer may send. It is false where either can't be read, which
// checkTypes reports.
func (c *Checker) compare(producer, consumer *registry.Type, side side) (payload.Verdict, bool) {
	sent, taken := c.text(producer), c.text(consumer)
	key := [2]string{sent, string(side) + taken}
	if v, known := c.verdicts[key]; known {
		return v, true
	}
	from, to := c.parse(sent), c.parse(taken)
	if from.err != nil || to.err != nil {
		return payload.Verdict{}, false
	}
	if side == props {
		to.Type = to.Type.Closed()
	}
	v := payload.Compare(from.Type, to.Type)
	c.verdicts[key] = v
	return v, true
}

// side says what is compared.
type side string

const (
	event side = "event" // a listener ignores fields that it does not name
	props side = "props" // a module takes only the props that it names
)
