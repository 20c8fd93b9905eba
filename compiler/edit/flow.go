package edit

import "bytes"

// flowEntry writes a field or an item for n, which is in {} or [].
func flowEntry(n *node, e Field) string {
	if n.form == flowList {
		return flow(e.Value)
	}
	return key(e.Key) + ": " + flow(e.Value)
}

// closed is where an entry ends with its comma, if it has one.
func (e entry) closed() int {
	if e.comma >= 0 {
		return e.comma + 1
	}
	return e.value.end
}

// alone reports whether nothing but an entry and a comment stands on its lines.
func (f *File) alone(e entry) bool {
	rest := f.text[e.closed():f.lineEnd(e.closed())]
	return f.leads(e.start) && (isBlank(rest) || bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("#")))
}

func (f *File) addLastFlow(n *node, text string) []splice {
	if n.form == pairForm {
		return nil
	}
	if len(n.entries) == 0 {
		return f.addOnly(n, text)
	}
	e := n.entries[len(n.entries)-1]
	end := e.value.end
	if !f.alone(e) {
		return []splice{{end, end, ", " + text}}
	}
	next := f.lineEnd(e.closed())
	line := f.eol(next) + string(f.text[f.lineStart(e.start):e.start]) + text
	if e.comma >= 0 {
		return []splice{{next, next, line + ","}}
	}
	return []splice{{end, end, ","}, {next, next, line}}
}

// addOnly fills {} or [], and keeps comments in it.
func (f *File) addOnly(n *node, text string) []splice {
	from, to := n.start+1, n.end-1
	if !f.hollow(n) {
		to = from
	}
	return []splice{{from, to, text}}
}

// hollow reports whether {} or [] holds nothing, not even a comment.
func (f *File) hollow(n *node) bool { return isBlank(f.text[n.start+1 : n.end-1]) }

func (f *File) addFirstFlow(n *node, text string) []splice {
	e := n.entries[0]
	if !f.alone(e) {
		return []splice{{e.start, e.start, text + ", "}}
	}
	start := f.above(e.start)
	line := string(f.text[f.lineStart(e.start):e.start]) + text + "," + f.eol(e.start)
	return []splice{{start, start, line}}
}

// cutFlow removes an entry with the comma behind it, or else, from the last one, the comma before it.
func (f *File) cutFlow(n *node, i int) (cuts []splice) {
	e := n.entries[i]
	from, to := e.start, e.closed()
	if e.comma < 0 && i > 0 {
		before := n.entries[i-1]
		if isBlank(f.text[before.comma+1:from]) && !f.alone(e) {
			return []splice{{from: before.comma, to: to}}
		}
		cuts = []splice{{from: before.comma, to: before.comma + 1}}
	}
	switch {
	case f.alone(e):
		return append(cuts, f.lines(from, f.lineEnd(to)))
	case i > 0 && !f.leads(from):
		from = len(bytes.TrimRight(f.text[:from], " "))
	default:
		if rest := bytes.TrimLeft(f.text[to:], " "); !bytes.HasPrefix(rest, []byte("#")) {
			to = len(f.text) - len(rest)
		}
	}
	return append(cuts, splice{from: from, to: to})
}
