package registry

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// ownFile is one of a registry's own schema/*.cue.
type ownFile struct {
	path   string
	text   []byte
	before int      // lines of the files before it, where all are taken as one File
	lines  []string // by line number less one; "" for a line of plain ASCII, whose bytes are its characters
}

// column turns CUE's column, which counts bytes, into one that counts characters. A policy may hold thousands of values on
// one line, so a line of plain ASCII is not counted again for each.
func (f ownFile) column(line, column int) int {
	if line > len(f.lines) {
		return column
	}
	text := f.lines[line-1]
	if text == "" {
		return column
	}
	return utf8.RuneCountInString(text[:min(len(text), column-1)]) + 1
}

// split prepares the lines that hold more than ASCII.
func (f *ownFile) split() {
	f.lines = strings.Split(string(f.text), "\n")
	for i, line := range f.lines {
		if strings.IndexFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
			f.lines[i] = ""
		}
	}
}

// loadSchema reads a registry's own CUE files on top of the built-in shape. The documents are what they set the fields
// registry and policy to, as YAML nodes whose positions are those of the CUE sources; either is nil if it is not set. If
// anything is wrong with the files, the schema is the built-in one: no document is judged by a faulty rule.
func loadSchema(files []ownFile, thorough bool) (s *Schema, registry, policy *yaml.Node, l diag.List) {
	for i := range files {
		files[i].split()
	}
	for i := 1; i < len(files); i++ {
		files[i].before = files[i-1].before + bytes.Count(files[i-1].text, []byte("\n")) + 1
	}
	s = newSchema(files, thorough)
	for _, f := range files {
		tree, faults := s.parseOwn(f)
		if l.Add(faults...); tree != nil {
			s.ownTrees = append(s.ownTrees, tree)
			l.Add(s.checkTree(f, tree)...)
		}
	}
	if len(l) > 0 {
		return s, nil, nil, l
	}
	registry, policy, written := s.written()
	if !written || thorough {
		v, err := buildInstance(s.allFiles())
		if err != nil {
			return s, nil, nil, s.cueFaults(err)
		}
		b := nodeBuilder{schema: s}
		registry, policy = b.field(v, "registry"), b.field(v, "policy")
		l = b.list
	}
	for _, tree := range s.ownTrees {
		s.shapes.add(tree, false)
	}
	s.narrowed = len(s.ownTrees) > 0
	return s, registry, policy, l
}

// newSchema is the built-in shape.
func newSchema(files []ownFile, thorough bool) *Schema {
	s := &Schema{files: files, thorough: thorough, v1: builtin()}
	s.shapes = s.v1.shapes.extensible(s.position)
	s.builtin.files, s.own.files = definitionFiles, s.allFiles
	return s
}

// file is the registry's own files taken as one.
func (s *Schema) file() File { return File{Path: "schema", joined: s.files} }

// allFiles are the built-in files and the registry's own, parsed anew.
func (s *Schema) allFiles() []*ast.File {
	all := definitionFiles()
	for _, f := range s.files {
		if tree, err := parser.ParseFile(f.path, f.text); err == nil {
			all = append(all, tree)
		}
	}
	return all
}

func (s *Schema) parseOwn(f ownFile) (*ast.File, diag.List) {
	file := File{Path: f.path}
	if len(f.text) > maxCUESize {
		return nil, diag.List{file.whole("schema/cue", fmt.Sprintf("the file is too large: the limit is %d bytes", maxCUESize), "split it")}
	}
	if !utf8.Valid(f.text) {
		return nil, diag.List{file.whole("yaml/encoding", "the file is not UTF-8", "save the file as UTF-8")}
	}
	if i := bytes.IndexFunc(bytes.ReplaceAll(f.text, []byte("\r\n"), []byte("\n ")), control); i >= 0 {
		line := 1 + bytes.Count(f.text[:i], []byte("\n"))
		column := utf8.RuneCount(f.text[bytes.LastIndexByte(f.text[:i], '\n')+1:i]) + 1
		return nil, diag.List{{Pos: file.pos(line, column), Length: 1, Rule: "yaml/control",
			Message: fmt.Sprintf("a control character, %U", rune(f.text[i])), Help: "remove it"}}
	}
	if depth := deepest(f.text); depth > maxCUEDepth {
		return nil, diag.List{file.whole("schema/cue", fmt.Sprintf("brackets or signs %d deep; the limit is %d", depth, maxCUEDepth), "flatten it")}
	}
	tree, err := parser.ParseFile(f.path, f.text)
	if err != nil {
		return nil, s.cueFaults(err)[:1] // the others follow from the first
	}
	return tree, nil
}

// control reports characters that CUE and editors would place differently, or that hide text.
func control(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || noncharacter(r) }

// checkTree refuses what could hang CUE, widen the built-in shape, or be there without effect.
func (s *Schema) checkTree(f ownFile, tree *ast.File) (l diag.List) {
	if name := tree.PackageName(); name != "schema" {
		message := "the file belongs to package " + diag.Quote(name)
		if name == "" {
			message = "the file has no package line"
		}
		l.Add(File{Path: f.path}.whole("schema/cue", message, `begin it with "package schema"`))
	}
	l.Add(s.refuseCostly(tree)...)
	for _, d := range tree.Decls {
		if fd, ok := d.(*ast.Field); ok {
			l.Add(s.checkField(fd)...)
		}
	}
	return l
}

func (s *Schema) checkField(fd *ast.Field) diag.List {
	name, bare, err := ast.LabelName(fd.Label)
	switch {
	case err != nil:
		return diag.List{s.faultAt(fd.Label, "schema/cue", "a field whose name is computed", "write the name out")}
	case !bare && strings.Trim(name, "#_") != name:
		return diag.List{s.faultAt(fd.Label, "schema/unknown-field", "unknown field "+diag.Quote(name), "write "+name+" without quotes: within them it is no definition")}
	case slices.Contains(s.v1.names, name):
		return s.loosens(fd.Value, s.shapes.definition(name), name)
	case strings.HasPrefix(name, "#"):
		if near := diag.Nearest(name, s.v1.names); near != "" {
			return diag.List{s.faultAt(fd.Label, "schema/unknown-field", name+" is no definition of muster/v1", "did you mean "+near+"?")}
		}
		return nil
	case strings.HasPrefix(name, "_"):
		return nil
	case name == "registry" || name == "policy":
		return s.unset(fd)
	}
	return diag.List{s.faultAt(fd.Label, "schema/unknown-field", "unknown field "+diag.Quote(name),
		diag.DidYouMean(name, []string{"registry", "policy"}, "the fields here are registry and policy"))}
}

// unset finds fields of registry and policy that look set and are not: with a "?" or "!" CUE only constrains them.
func (s *Schema) unset(fd *ast.Field) (l diag.List) {
	if fd.Constraint != token.ILLEGAL {
		l.Add(s.faultAt(fd.Label, "schema/cue", "a field with a mark behind its name sets nothing", "remove the "+fd.Constraint.String()))
	}
	ast.Walk(fd.Value, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			name, _, err := ast.LabelName(n.Label)
			switch {
			case n.Constraint != token.ILLEGAL:
				l.Add(s.faultAt(n.Label, "schema/cue", "a field with a mark behind its name sets nothing", "remove the "+n.Constraint.String()))
			case err != nil || strings.HasPrefix(name, "#") || strings.HasPrefix(name, "_"):
				l.Add(s.faultAt(n.Label, "schema/cue", "this sets no field", "write the field's name and value"))
			}
		case *ast.Ellipsis:
			l.Add(s.faultAt(n, "schema/cue", "... sets nothing", "remove it"))
		}
		return true
	}, nil)
	return l
}

func (s *Schema) faultAt(n ast.Node, rule, message, help string) diag.Diagnostic {
	pos := s.position(n.Pos())
	length := 1
	if end := n.End(); end.IsValid() && end.Line() == n.Pos().Line() {
		length = max(1, s.position(end).Column-pos.Column)
	}
	return diag.Diagnostic{Pos: pos, Length: length, Rule: rule, Message: message, Help: help}
}

// position is a place in one of the registry's own files: CUE counts columns in bytes.
func (s *Schema) position(p token.Pos) diag.Pos {
	if !p.IsValid() {
		return diag.Pos{}
	}
	at := diag.Pos{File: p.Filename(), Line: p.Line(), Column: p.Column()}
	for _, f := range s.files {
		if f.path != at.File {
			continue
		}
		at.Column = f.column(at.Line, at.Column)
	}
	return at
}

// ownPosition is where in the registry's own files a CUE error comes from.
func (s *Schema) ownPosition(err errors.Error) (diag.Pos, bool) {
	for _, p := range append([]token.Pos{err.Position()}, err.InputPositions()...) {
		for _, f := range s.files {
			if p.IsValid() && p.Filename() == f.path {
				return s.position(p), true
			}
		}
	}
	return diag.Pos{}, false
}

// otherSides are the further places in the registry's own files that a CUE error is about.
func (s *Schema) otherSides(err errors.Error, pos diag.Pos) (notes []diag.Note) {
	for _, p := range err.InputPositions() {
		other := s.position(p)
		if slices.ContainsFunc(s.files, func(f ownFile) bool { return f.path == other.File }) && other != pos {
			notes = append(notes, diag.Note{Pos: other, Message: "the other side is here"})
			pos = other
		}
	}
	return notes
}

// onItsLine moves a place behind the end of a line, where CUE misses something, to the last character of the line.
func (s *Schema) onItsLine(pos diag.Pos) diag.Pos {
	for _, f := range s.files {
		if lines := bytes.Split(f.text, []byte("\n")); f.path == pos.File && pos.Line > 0 && pos.Line <= len(lines) {
			pos.Column = max(1, min(pos.Column, utf8.RuneCount(bytes.TrimRight(lines[pos.Line-1], "\r"))))
		}
	}
	return pos
}

// cueFaults are errors in the registry's own CUE itself.
func (s *Schema) cueFaults(err error) (l diag.List) {
	for _, e := range errors.Errors(err) {
		format, args := e.Msg()
		pos, ok := s.ownPosition(e)
		if !ok && len(s.files) > 0 {
			pos = diag.Pos{File: s.files[0].path}
		}
		pos = s.onItsLine(pos)
		message := fmt.Sprintf(format, args...)
		if path := strings.Join(e.Path(), "."); path != "" {
			message = path + ": " + message
		}
		l.Add(diag.Diagnostic{Pos: pos, Length: 1, Rule: "schema/cue", Message: message, Notes: s.otherSides(e, pos),
			Help: "the file is CUE: `cue vet` may tell more"})
	}
	slices.SortStableFunc(l, func(a, b diag.Diagnostic) int { return cmp.Compare(a.Message, b.Message) })
	return l
}
