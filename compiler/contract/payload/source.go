package payload

import (
	"fmt"
	"strings"
)

// source is a CUE file that gives a name to a type.
func source(name string, e *expr) string {
	p := printer{imports: map[string]bool{}}
	p.expr(e)
	var b strings.Builder
	for _, pkg := range []string{"list", "strings"} {
		if p.imports[pkg] {
			fmt.Fprintf(&b, "import %q\n", pkg)
		}
	}
	return b.String() + name + ": " + p.String()
}

// printer writes types in CUE as confirmed asks about them.
type printer struct {
	strings.Builder
	imports map[string]bool
}

func (p *printer) expr(e *expr) {
	switch e.op {
	case plain:
		p.imports[e.pkg] = true
		p.WriteString(e.cue)
	case either:
		p.WriteString("matchN(>=1, [")
		p.all(e.parts, ", ")
		p.WriteString("])")
	case both:
		p.WriteString("(")
		p.all(e.parts, " & ")
		p.WriteString(")")
	case tuple:
		p.list(e)
	case structure:
		p.structure(e)
	}
}

func (p *printer) all(parts []*expr, sign string) {
	for i, part := range parts {
		if i > 0 {
			p.WriteString(sign)
		}
		p.expr(part)
	}
}

func (p *printer) list(e *expr) {
	p.WriteString("[")
	p.all(e.parts, ", ")
	if e.rest != nil {
		if len(e.parts) > 0 {
			p.WriteString(", ")
		}
		p.WriteString("...")
		p.expr(e.rest)
	}
	p.WriteString("]")
}

func (p *printer) structure(e *expr) {
	if e.closed {
		p.WriteString("close(")
	}
	p.WriteString("{")
	for _, f := range e.fields {
		mark := "!"
		if f.optional {
			mark = "?"
		}
		p.WriteString(quoteCUE(f.name) + mark + ": ")
		p.expr(f.value)
		p.WriteString(", ")
	}
	for _, f := range e.patterns {
		p.WriteString("[")
		p.key(f.key)
		p.WriteString("]: ")
		p.expr(f.value)
		p.WriteString(", ")
	}
	if e.open {
		p.WriteString("...")
	}
	p.WriteString("}")
	if e.closed {
		p.WriteString(")")
	}
}

// key writes a pattern for names: CUE takes no matchN there, and has no trouble with a choice of texts.
func (p *printer) key(e *expr) {
	if e.op != either && e.op != both {
		p.expr(e)
		return
	}
	sign := " | "
	if e.op == both {
		sign = " & "
	}
	p.WriteString("(")
	for i, part := range e.parts {
		if i > 0 {
			p.WriteString(sign)
		}
		p.key(part)
	}
	p.WriteString(")")
}

// children goes through the types that e is made of.
func (e *expr) children(visit func(*expr)) {
	for _, p := range e.parts {
		visit(p)
	}
	if e.rest != nil {
		visit(e.rest)
	}
	for _, f := range e.fields {
		visit(f.value)
	}
	for _, f := range e.patterns {
		visit(f.key)
		visit(f.value)
	}
}

// size counts the parts of a type.
func (e *expr) size() int {
	n := 1
	e.children(func(p *expr) { n += p.size() })
	return n
}

// unasked reports whether there is something in e that CUE is not to evaluate.
func (e *expr) unasked() bool {
	is := e.barred
	e.children(func(p *expr) { is = is || p.unasked() })
	return is
}
