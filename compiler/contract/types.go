package contract

import (
	"errors"
	"iter"
	"strconv"
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

// source is a type as one CUE expression. A list of one type is any number of it; a field named "..." lets a structure hold
// more, and one named "[string]" says what the fields are that have no name.
func source(t *registry.Type) string {
	switch t.Form {
	case registry.Literal:
		return literal(t.Text.Value)
	case registry.List:
		items := make([]string, len(t.Items))
		for i := range t.Items {
			items[i] = source(&t.Items[i])
		}
		if len(items) == 1 {
			items[0] = "..." + items[0]
		}
		return "[" + strings.Join(items, ", ") + "]"
	case registry.Structure:
		fields := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = field(f)
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return "(" + t.Text.Value + ")"
}

func field(f registry.Field) string {
	switch f.Name.Value {
	case "...":
		return "..."
	case "[string]":
		return "[string]: " + source(&f.Type)
	}
	mark := ": "
	if f.Optional {
		mark = "?: "
	}
	return strconv.Quote(f.Name.Value) + mark + source(&f.Type)
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
	s, known := c.sources[t]
	if !known {
		s = source(t)
		c.sources[t] = s
	}
	return s
}

// checkTypes reports types that can't be read, or that nothing fits.
func (m *meeting) checkTypes() {
	for p := range m.parties {
		if m.sound[p.release()] {
			continue
		}
		sound := true
		for t := range typesOf(p.release()) {
			if t != nil && m.parse(m.text(t)).err != nil {
				sound = false
				m.unreadable(p, t)
			}
		}
		m.sound[p.release()] = sound
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
func (m *meeting) unreadable(p party, t *registry.Type) {
	whole := true
	for part := range partsOf(t) {
		if m.parse(m.text(part)).err != nil {
			whole = false
			m.unreadable(p, part)
		}
	}
	if !whole {
		return
	}
	err := m.parse(m.text(t)).err
	message := err.Error()
	var fault *payload.Fault
	if errors.As(err, &fault) {
		message = fault.Message
	}
	help := "write a CUE type such as int, \"int & >0\", [string] or {productId: string}"
	if name, ok := strings.CutPrefix(message, "there is no type "); ok {
		help = diag.DidYouMean(name, []string{"bool", "float", "int", "null", "number", "string"}, help)
	}
	m.add(p, t.Text, diag.Diagnostic{Rule: "contract/type", Message: "this is no type that a payload can have: " + message, Help: help})
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
			if !yield(&t.Fields[i].Type) {
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
