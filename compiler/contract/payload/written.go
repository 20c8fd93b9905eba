package payload

import (
	"strings"

	"cuelang.org/go/cue/ast"
)

// written is a type as people write it: on one line, without brackets and quotes that it does not need, and not too long.
func (r *reader) written(x ast.Expr, e *expr) string {
	b := line{}
	switch e.op {
	case plain:
		if e.set == nothing {
			return e.cue
		}
		return short(r.text(x))
	case either, both:
		b.operands(e)
	case tuple:
		b.list(e)
	case structure:
		b.structure(e)
	}
	return short(b.String())
}

// text is what is written for e where it is a part.
func (e *expr) text() string {
	if e.set == nothing {
		return e.cue
	}
	return e.set.text
}

// line is the text of a type, put together from that of its parts until it is long enough to be cut.
type line struct{ strings.Builder }

// add writes an item of several, and reports whether there is room for another.
func (b *line) add(sign string, text ...string) bool {
	if s := b.String(); s != "" && !strings.HasSuffix(s, "{") && !strings.HasSuffix(s, "[") {
		b.WriteString(sign)
	}
	for _, t := range text {
		b.WriteString(t)
	}
	return b.Len() <= 4*maxShown
}

func (b *line) operands(e *expr) {
	sign := map[op]string{either: " | ", both: " & "}[e.op]
	for _, p := range e.parts {
		text := p.text()
		if e.op == both && p.op == either {
			text = "(" + text + ")"
		}
		if !b.add(sign, text) {
			return
		}
	}
}

func (b *line) list(e *expr) {
	b.WriteString("[")
	for _, p := range e.parts {
		if !b.add(", ", p.text()) {
			return
		}
	}
	switch {
	case e.rest == nil:
	case e.rest.set == everything:
		b.add(", ", "...")
	default:
		b.add(", ", "...", e.rest.text())
	}
	b.WriteString("]")
}

func (b *line) structure(e *expr) {
	if e.closed {
		b.WriteString("close(")
	}
	b.WriteString("{")
	for _, f := range e.fields {
		mark := ": "
		if f.optional {
			mark = "?: "
		}
		if !b.add(", ", label(f.name), mark, f.value.text()) {
			return
		}
	}
	for _, p := range e.patterns {
		if !b.add(", ", "[", p.key.set.text, "]: ", p.value.text()) {
			return
		}
	}
	if e.open {
		b.add(", ", "...")
	}
	b.WriteString("}")
	if e.closed {
		b.WriteString(")")
	}
}

// label is a field's name as it stands in a structure.
func label(name string) string {
	if ast.IsValidIdent(name) && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "#") {
		return name
	}
	return quoteJSON(name)
}
