package edit

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// splice replaces the bytes from..to of a text.
type splice struct {
	from, to int
	text     string
}

func (f *File) lineStart(p int) int { return bytes.LastIndexByte(f.text[:p], '\n') + 1 }

// lineEnd is where the line of p ends, without its line break.
func (f *File) lineEnd(p int) int { return p + lineLength(f.text[p:]) }

// column is how many characters stand before p on its line.
func (f *File) column(p int) int { return utf8.RuneCount(f.text[f.lineStart(p):p]) }

// leads reports whether nothing stands before p on its line.
func (f *File) leads(p int) bool { return isBlank(f.text[f.lineStart(p):p]) }

func isBlank(text []byte) bool { return len(bytes.Trim(text, " \r\n")) == 0 }

// eol is the line break of the line of p, or else of the one before it.
func (f *File) eol(p int) string {
	end := f.lineEnd(p)
	if end == len(f.text) {
		end = f.lineEnd(max(0, f.lineStart(p)-2))
	}
	if bytes.HasPrefix(f.text[end:], []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// lines removes whole lines, from that of one byte to that which ends at another. At the end of a file without a last line
// break, the break before them goes.
func (f *File) lines(from, end int) splice {
	from = f.lineStart(from)
	switch to := nextLine(f.text, end); {
	case end < len(f.text):
		return splice{from: from, to: to}
	case from > 1 && f.text[from-2] == '\r':
		from -= 2
	case from > 0:
		from--
	}
	return splice{from: from, to: end}
}

// comment returns the indentation of a line that holds nothing but a comment; -1 if it holds anything else.
func (f *File) comment(start int) int {
	rest := f.text[start:f.lineEnd(start)]
	if text := bytes.TrimLeft(rest, " "); bytes.HasPrefix(text, []byte("#")) {
		return len(rest) - len(text)
	}
	return -1
}

// owned moves the end of a line behind the comments below it that are indented as far as column, over blank lines.
func (f *File) owned(end, column int) int {
	for p := nextLine(f.text, end); p < len(f.text); p = nextLine(f.text, p) {
		switch e := f.lineEnd(p); {
		case f.comment(p) >= column:
			end = e
		case e > p && !isBlank(f.text[p:e]):
			return end
		}
	}
	return end
}

// endOf is where the last line of v ends, with the comments that are its own.
func (f *File) endOf(v *node) int {
	end := f.lineEnd(v.end)
	if v.isBlock() {
		return f.owned(end, v.indentation())
	}
	i := bytes.IndexByte(f.text[v.end:end], '#')
	if i < 0 {
		return end
	}
	column := f.column(v.end + i)
	for p := nextLine(f.text, end); p < len(f.text) && f.comment(p) == column; p = nextLine(f.text, p) {
		end = f.lineEnd(p)
	}
	return end
}

// indentation is how far comments within a block collection are indented at least. A list's dashes may stand in the column
// of the field above it; comments there are not the list's.
func (n *node) indentation() int { return max(n.column, n.around+1) }

// above is where the comments directly above the line of p begin.
func (f *File) above(p int) int {
	p = f.lineStart(p)
	for p > 0 {
		before := f.lineStart(p - 1)
		if f.comment(before) < 0 {
			break
		}
		p = before
	}
	return p
}

// separated reports whether a blank line stands between the first two entries of a list.
func (f *File) separated(n *node) bool {
	if n.form != blockList || len(n.entries) < 2 {
		return false
	}
	between := f.text[f.lineEnd(n.entries[0].value.end):n.entries[1].start]
	lines := strings.Split(string(between), "\n")
	for i := 1; i < len(lines)-1; i++ {
		if strings.Trim(lines[i], " \r") == "" {
			return true
		}
	}
	return false
}

// addLast adds an entry behind the last one of n. Its value looks like another one, if that is not nil.
func (f *File) addLast(n *node, e Field, like *node) []splice {
	if !n.isBlock() {
		return f.addLastFlow(n, flowEntry(n, e))
	}
	if m, ok := e.Value.(Map); ok && like == nil {
		like = n.beside(m)
	}
	end := f.owned(f.lineEnd(n.end), n.indentation())
	p := f.printer(end, like)
	text := p.newLine(n.column) + p.entry(n, e, like)
	if f.separated(n) {
		text = p.eol + text
	}
	return []splice{{end, end, text}}
}

// beside returns a value of n that shows how m should look: one with its fields, on one line. It is nil if there is none.
func (n *node) beside(m Map) *node {
	for _, e := range n.entries {
		if e.value.hasInFlow(m) {
			return e.value
		}
	}
	return nil
}

// addFirst adds an item before the first one of the list n.
func (f *File) addFirst(n *node, e Field, like *node) []splice {
	if !n.isBlock() {
		return f.addFirstFlow(n, flowEntry(n, e))
	}
	start := n.entries[0].start
	p := f.printer(start, like)
	text := p.entry(n, e, like)
	if !f.leads(start) {
		return []splice{{start, start, text + p.newLine(n.column)}}
	}
	if text = strings.Repeat(" ", n.column) + text + p.eol; f.separated(n) {
		text += p.eol
	}
	start = f.above(start)
	return []splice{{start, start, text}}
}

func (p printer) entry(n *node, e Field, like *node) string {
	if n.form == blockList {
		return p.item(e.Value, n.column, gap(n), like)
	}
	return p.field(e, n.column, like)
}

// replace writes v in the place of an entry's value; it looks like another one, or else like the old.
func (f *File) replace(n *node, i int, v Value, like *node) []splice {
	e := n.entries[i]
	if like == nil {
		like = e.value
	}
	switch taken := f.column(max(e.mark, e.start)) + 1; {
	case n.isFlow():
		return f.replaceText(e, rewritten(v, e.value, inFlow))
	case !fits(v, taken, like):
		return f.replaceByBlock(n, e, v, like)
	case !e.value.isBlock():
		return f.replaceText(e, rewritten(v, e.value, inBlock))
	case n.form == blockList:
		return []splice{{e.value.start, f.endOf(e.value), line(v)}}
	}
	return []splice{{e.mark, e.mark, " " + line(v)}, f.lines(e.value.start, f.endOf(e.value))}
}

// rewritten is v on one line in the place of an old value.
func rewritten(v Value, old *node, around surroundings) string {
	switch text, ok := v.(Text); {
	case ok && old.scalar != nil:
		return requoted(string(text), old, around)
	case around == inFlow:
		return flow(v)
	}
	return line(v)
}

// replaceText writes a text of one line in the place of a value that is no block collection.
func (f *File) replaceText(e entry, text string) []splice {
	switch old := e.value; {
	case old.form == absentForm && e.mark < 0:
		return []splice{{old.start, old.start, ": " + text}}
	case old.form == absentForm:
		return []splice{{old.start, old.start, " " + text}}
	default:
		head, tail := f.split(old)
		return []splice{{old.start, head, text}, {tail, old.end, ""}}
	}
}

// split returns the part of a value in which a comment of others may stand: behind the head of a text that begins with |
// or >.
func (f *File) split(old *node) (from, to int) {
	if old.form != linesForm {
		return old.end, old.end
	}
	to = f.lineEnd(old.start)
	head, _, _ := bytes.Cut(f.text[old.start:to], []byte("#"))
	return old.start + len(bytes.TrimRight(head, " ")), to
}

// replaceByBlock writes v in block style in the place of a value.
func (f *File) replaceByBlock(n *node, e entry, v Value, like *node) []splice {
	old := e.value
	p := f.printer(old.start, like)
	if n.form == blockList {
		switch {
		case old.form == absentForm:
			return []splice{{old.start, old.start, " " + p.block(v, n.column+2, like)}}
		case old.isBlock():
			return []splice{{old.start, f.endOf(old), p.block(v, old.column, like)}}
		}
		return []splice{{old.start, old.end, p.block(v, f.column(old.start), like)}}
	}
	column := n.column + p.indent(v)
	if old.isBlockOf(v) {
		column = old.column
	}
	text := p.block(v, column, like)
	switch head, tail := f.split(old); {
	case old.isBlock():
		return []splice{{f.lineStart(old.start), f.endOf(old), strings.Repeat(" ", column) + text}}
	case old.form == linesForm:
		return []splice{{e.mark, head, ""}, {tail, old.end, p.newLine(column) + text}}
	case f.leads(old.start):
		return []splice{{f.lineStart(old.start), old.end, strings.Repeat(" ", column) + text}}
	}
	end := f.endOf(old)
	return []splice{{e.mark, old.end, ""}, {end, end, p.newLine(column) + text}}
}

// cut removes an entry that is not the only one.
func (f *File) cut(n *node, i int) []splice {
	if !n.isBlock() {
		return f.cutFlow(n, i)
	}
	e := n.entries[i]
	end := f.endOf(e.value)
	if f.leads(e.start) {
		return []splice{f.lines(e.start, end)}
	}
	if i+1 == len(n.entries) || !isBlank(f.text[end:n.entries[i+1].start]) {
		return nil
	}
	return []splice{{from: e.start, to: n.entries[i+1].start}} // the next one moves up behind the dash
}
