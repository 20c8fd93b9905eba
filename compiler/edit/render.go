package edit

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// lineWidth is how many columns a mapping or list may take on one line; beyond, it is written in block style.
const lineWidth = 120

// flow writes v on one line.
func flow(v Value) string {
	var b strings.Builder
	writeFlow(&b, v)
	return b.String()
}

func writeFlow(b *strings.Builder, v Value) {
	switch v := v.(type) {
	case List:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			writeFlow(b, item)
		}
		b.WriteByte(']')
	case Map:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(key(f.Key) + ": ")
			writeFlow(b, f.Value)
		}
		b.WriteByte('}')
	default:
		b.WriteString(scalar(v, inFlow))
	}
}

func scalar(v Value, around surroundings) string {
	switch v := v.(type) {
	case Text:
		return quoted(string(v), around)
	case Number:
		return string(v)
	case Bool:
		return strconv.FormatBool(bool(v))
	}
	return "null"
}

// line writes v on one line that is no part of a larger {...} or [...].
func line(v Value) string {
	switch v.(type) {
	case List, Map:
		return flow(v)
	}
	return scalar(v, inBlock)
}

// printer writes values in block style, as the file around them is written.
type printer struct {
	eol  string
	step int // how much deeper than its field a mapping stands
	dash int // the same of a list's dashes; may be 0
}

// fits reports whether v goes on one line of which so many columns are taken. A like is a value that v should look like: if
// it holds what v holds, in block style, v comes in block style; if it has v's fields, on one line, so has v.
func fits(v Value, taken int, like *node) bool {
	if entries(v) == 0 {
		return true
	}
	if m, ok := v.(Map); ok && like.hasInFlow(m) {
		return true
	}
	return !like.isBlockOf(v) && taken+utf8.RuneCountInString(flow(v)) <= lineWidth
}

// block writes a Map or a List of one entry or more whose fields or dashes stand at column. The first line has no
// indentation.
func (p printer) block(v Value, column int, like *node) string {
	var lines []string
	switch v := v.(type) {
	case Map:
		for _, f := range v {
			lines = append(lines, p.field(f, column, like.child(f.Key)))
		}
	case List:
		var first *node
		if like.is(blockList) {
			first = like.entries[0].value
		}
		for _, item := range v {
			lines = append(lines, p.item(item, column, gap(like), first))
		}
	}
	return strings.Join(lines, p.newLine(column))
}

func (p printer) newLine(column int) string { return p.eol + strings.Repeat(" ", column) }

// field writes a field of a block mapping at column; its value looks like another one.
func (p printer) field(f Field, column int, like *node) string {
	name := key(f.Key) + ":"
	if fits(f.Value, column+utf8.RuneCountInString(name)+1, like) {
		return name + " " + line(f.Value)
	}
	inner := column + p.indent(f.Value)
	return name + p.newLine(inner) + p.block(f.Value, inner, like)
}

// indent is how much deeper than its field v stands in block style.
func (p printer) indent(v Value) int {
	if _, list := v.(List); list {
		return p.dash
	}
	return p.step
}

// item writes an item whose dash stands at column and whose text begins so much behind it.
func (p printer) item(v Value, column, gap int, like *node) string {
	dash := "-" + strings.Repeat(" ", gap-1)
	if fits(v, column+gap, like) {
		return dash + line(v)
	}
	return dash + p.block(v, column+gap, like)
}

// gap is how far behind its dash the first item of a block list begins.
func gap(list *node) int {
	if list.is(blockList) {
		if first := list.entries[0]; first.value.isBlock() && first.value.column > list.column {
			return first.value.column - list.column
		}
	}
	return 2
}

// printer learns how new parts at a byte of the file should look: like another value, or else like the file's first.
func (f *File) printer(at int, like *node) printer {
	p := printer{eol: f.eol(at), step: -1, dash: -1}
	learn := func(n *node) {
		for _, e := range n.entries {
			switch deeper := e.value.column - n.column; {
			case n.form != blockMap || n.end == 0: // not of the file
			case e.value.form == blockMap && p.step < 0:
				p.step = deeper
			case e.value.form == blockList && p.dash < 0:
				p.dash = deeper
			}
		}
	}
	like.walk(learn)
	f.root.walk(learn)
	if p.step < 0 {
		p.step = 2
	}
	if p.dash < 0 {
		p.dash = 2
	}
	return p
}
