package registry

import (
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// File is a registry file, by its slash-separated path relative to the registry's root; or all the files under schema/
// taken as one, their lines counted on, since together they are one CUE package.
type File struct {
	Path   string
	joined []ownFile // nil for a single file
}

// Pos is where m is in f.
func (f File) Pos(m Mark) diag.Pos { return f.pos(int(m.line), int(m.column&^(quotedBit|linesBit))) }

func (f File) pos(line, column int) diag.Pos {
	for i := len(f.joined) - 1; i >= 0; i-- {
		if own := f.joined[i]; line > own.before {
			return diag.Pos{File: own.path, Line: line - own.before, Column: column}
		}
	}
	return diag.Pos{File: f.Path, Line: line, Column: column}
}

// Mark is a place in a file, small enough to stand beside every value. The zero Mark means the value was not written
// down: it is a default.
type Mark struct {
	line   uint32 // 1-based
	column uint32 // 1-based, in characters; the top bits say what the token looks like
}

const (
	quotedBit = 1 << 31
	linesBit  = 1 << 30 // it goes on over several lines
)

// IsZero reports whether the value was not written down.
func (m Mark) IsZero() bool { return m.line == 0 }

// Text is a text of the registry and where it stands.
type Text struct {
	Value string
	Mark  Mark
}

// String is the text itself.
func (t Text) String() string { return t.Value }

// IsZero reports whether the text was not written down.
func (t Text) IsZero() bool { return t.Mark.IsZero() }

func markOf(n *yaml.Node) Mark {
	m := Mark{line: uint32(n.Line), column: uint32(n.Column)}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		m.column |= quotedBit
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		m.column |= linesBit
	}
	return m
}

// Fault is d at t: its position and length are filled in.
func (f File) Fault(t Text, d diag.Diagnostic) diag.Diagnostic {
	d.Pos = f.Pos(t.Mark)
	switch d.Length = utf8.RuneCountInString(t.Value); {
	case t.Mark.column&linesBit != 0:
		d.Length = 1
	case t.Mark.column&quotedBit != 0:
		d.Length += 2
	}
	return d
}

// Note points at t.
func (f File) Note(t Text, message string) diag.Note {
	return diag.Note{Pos: f.Pos(t.Mark), Message: message}
}

func (f File) nodePos(n *yaml.Node) diag.Pos { return f.pos(n.Line, n.Column) }

// at is d at a node.
func (f File) at(n *yaml.Node, d diag.Diagnostic) diag.Diagnostic {
	t := Text{Mark: markOf(n)}
	if n.Kind == yaml.ScalarNode {
		t.Value = n.Value
	}
	return f.Fault(t, d)
}

// whole is a finding about the file as a whole.
func (f File) whole(rule, message, help string) diag.Diagnostic {
	return diag.Diagnostic{Pos: diag.Pos{File: f.Path}, Rule: rule, Message: message, Help: help}
}
