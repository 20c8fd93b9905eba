// Package edit changes one value in a YAML file of a registry and leaves every other byte as it is: comments, order,
// quotes, indentation, line ends. A YAML encoder can't do that; so the new text is spliced in where the YAML parser says
// that the old one stands.
//
//	pins:
//	  # shells
//	  shell: "5.2.0"   # LTS
//
// Set(Text("5.3.0"), "pins", "shell") replaces the seven bytes "5.2.0", quotes included, by seven others.
//
// Where an entry's text ends, and whose the comments around it are:
//   - a comment on the last line of an entry is the entry's, and so are those that go on in the same column below it;
//     comments above it are not, and stay when it is deleted;
//   - within a mapping or list that is replaced or deleted, comments go with it; behind it, those that are indented at
//     least as far as its entries;
//   - a new entry stands last, behind comments that are indented at least as far as it, so that one which was deleted and
//     is set again finds its comment. Prepend passes over the comments directly above the first item: they are that item's.
//
// A new mapping or list is written as {...} or [...] on one line if it stands in such a one, if it takes no more than 120
// columns, or if a mapping beside it with the same fields is; otherwise in block style, and so where what it replaces, or
// the item beside it, is in block style. Mappings that are made on the way to it are in block style, where they are not in
// {...}: they will grow.
//
// After every change the text is parsed again, and compared, as a tree, with what was meant. If they differ, there is an
// error and no change.
package edit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

// File is the text of a YAML file, and what it says. It is not safe for concurrent use.
type File struct {
	path string
	text []byte
	root *node
	tree Value
}

// InvalidError says why a file can't be read: what registry.Load finds in it before it looks at fields.
type InvalidError struct {
	Findings diag.List // one at least
}

// Error is the first finding with its place, and how many more there are.
func (e *InvalidError) Error() string {
	first := e.Findings.Sorted()[0]
	place := first.Pos.File
	if first.Pos.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", place, first.Pos.Line, first.Pos.Column)
	}
	text := place + ": " + first.Message
	if first.Help != "" {
		text += "; " + first.Help
	}
	if more := len(e.Findings) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// Parse reads a file of remotes/ or cohorts/; path is for messages. It refuses what a registry refuses (tabs, aliases, keys
// that are set twice, a second document ...) with an *InvalidError, and a document that is no mapping.
func Parse(path string, text []byte) (*File, error) {
	top, found := registry.ParseDocument(path, text)
	if len(found) > 0 {
		return nil, &InvalidError{found}
	}
	root, err := survey(text, top)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &File{path: path, text: bytes.Clone(text), root: root, tree: root.value()}
	if _, ok := f.tree.(Map); !ok {
		return nil, fmt.Errorf("%s: the file is no mapping of fields; write \"field: value\"", path)
	}
	return f, nil
}

// Bytes is the text as it stands after the changes so far; the caller's to keep.
func (f *File) Bytes() []byte { return bytes.Clone(f.text) }

// Get returns the value at a path of field names and places in lists, counted from 0: Get("releases", "0", "version"). It is
// nil if there is none, Null if it is empty, the whole file for no path; not to be changed.
func (f *File) Get(path ...string) Value { return at(f.tree, path) }

// Set gives the value at a path; what is missing on the way is made, as mappings. A scalar in the place of a scalar keeps the
// quotes, where the new text allows it; a text of several lines comes in double quotes. Errors: a value that no file can hold,
// a path through a text or to an item that is not there, a layout that can't be edited in place. On an error f is unchanged.
func (f *File) Set(value Value, path ...string) error {
	if len(path) == 0 {
		return errors.New("no field is named")
	}
	if err := checkAll(value, path); err != nil {
		return err
	}
	if old := f.Get(path...); old != nil && equal(old, value) {
		return nil
	}
	return f.set(value, path, nil, fmt.Sprintf("set %s to %s", dotted(path), brief(value)))
}

// Append puts a value last into the list at a path, which is made if it is missing. Errors are those of Set.
func (f *File) Append(value Value, path ...string) error {
	return f.insert(value, path, (*File).addLast, func(l List) List { return append(slices.Clone(l), value) })
}

// Prepend puts a value first into the list at a path, which is made if it is missing. Errors are those of Set.
func (f *File) Prepend(value Value, path ...string) error {
	return f.insert(value, path, (*File).addFirst, func(l List) List { return append(List{value}, l...) })
}

// Delete removes the entry at a path. A mapping or list that loses its last entry goes too, up to the whole file, which may
// not become empty. It is an error if nothing is there.
func (f *File) Delete(path ...string) error {
	if len(path) == 0 {
		return errors.New("no field is named")
	}
	what := "delete " + dotted(path)
	meant, err := without(f.tree, path)
	switch {
	case err != nil:
		return fmt.Errorf("%s: deleting %s: %w", f.path, dotted(path), err)
	case meant == nil:
		return fmt.Errorf("%s: nothing would be left without %s; delete the file", f.path, dotted(path))
	}
	for entries(f.Get(path[:len(path)-1]...)) == 1 {
		path = path[:len(path)-1]
	}
	n, i := f.parent(path)
	return f.change(f.cut(n, i), meant, what)
}

func checkAll(value Value, path []string) error {
	if err := check(value); err != nil {
		return err
	}
	for _, name := range path {
		if err := check(Text(name)); err != nil {
			return err
		}
	}
	return nil
}

// set writes a value that looks like another one, if that is not nil.
func (f *File) set(value Value, path []string, like *node, what string) error {
	meant, err := with(f.tree, path, value)
	if err != nil {
		return fmt.Errorf("%s: setting %s: %w", f.path, dotted(path), err)
	}
	n, rest := f.locate(path)
	if len(rest) == 0 || n.scalar == (Null{}) {
		value, like = made(value, rest, like)
		parent, i := f.parent(path[:len(path)-len(rest)])
		return f.change(f.replace(parent, i, value, like), meant, what)
	}
	value, like = made(value, rest[1:], like)
	return f.change(f.addLast(n, Field{rest[0], value}, like), meant, what)
}

// made wraps a value into mappings of one field each, and what it should look like into block mappings.
func made(v Value, names []string, like *node) (Value, *node) {
	for _, name := range slices.Backward(names) {
		if like == nil {
			like = &node{}
		}
		v = Map{{name, v}}
		like = &node{form: blockMap, entries: []entry{{key: &node{scalar: Text(name)}, value: like}}}
	}
	return v, like
}

// insert puts a value into a list by add. A list that is missing is set, and so is [] where it becomes one in block style.
func (f *File) insert(value Value, path []string, add func(*File, *node, Field, *node) []splice, meant func(List) List) error {
	if len(path) == 0 {
		return errors.New("no list is named")
	}
	if err := checkAll(value, path); err != nil {
		return err
	}
	what := fmt.Sprintf("add %s to %s", brief(value), dotted(path))
	old := f.Get(path...)
	list, ok := old.(List)
	if !ok && old != nil && old != (Null{}) {
		return fmt.Errorf("%s: %s is no list", f.path, dotted(path))
	}
	n, _ := f.locate(path)
	like := listFor(value)
	if !ok || len(list) == 0 && like != nil && f.hollow(n) {
		return f.set(List{value}, path, like, what)
	}
	tree, err := with(f.tree, path, meant(list))
	if err != nil {
		return fmt.Errorf("%s: adding to %s: %w", f.path, dotted(path), err)
	}
	if len(list) == 0 {
		return f.change(f.addOnly(n, flow(value)), tree, what)
	}
	return f.change(add(f, n, Field{Value: value}, n.entries[0].value), tree, what)
}

// listFor is what a new list of v should look like: one of mappings is in block style, nil leaves it open.
func listFor(v Value) *node {
	if _, ok := v.(Map); ok {
		return &node{form: blockList, entries: []entry{{value: &node{}}}}
	}
	return nil
}

// locate follows a path as far as it goes: the last node, and the names that lead no further.
func (f *File) locate(path []string) (n *node, rest []string) {
	n = f.root
	for i, name := range path {
		next := n.place(name)
		if next < 0 {
			return n, path[i:]
		}
		n = n.entries[next].value
	}
	return n, nil
}

// parent returns the node that holds the last entry of a path that exists, and which it is.
func (f *File) parent(path []string) (n *node, i int) {
	n, _ = f.locate(path[:len(path)-1])
	return n, n.place(path[len(path)-1])
}

// place is which entry of n a name means, -1 for none.
func (n *node) place(name string) int {
	for i, e := range n.entries {
		if e.key != nil && e.key.scalar == Text(name) {
			return i
		}
	}
	if n.form == blockList || n.form == flowList {
		if i, err := index(make(List, len(n.entries)), name); err == nil {
			return i
		}
	}
	return -1
}

// change applies splices, which are in order, if what comes of them is what was meant; none stand for a layout that no
// splice fits.
func (f *File) change(splices []splice, meant Value, what string) error {
	text, ok := f.spliced(splices)
	if len(text) > registry.MaxFileSize {
		return fmt.Errorf("%s: the file would be too large to %s: the limit is %d bytes", f.path, what, registry.MaxFileSize)
	}
	next, err := Parse(f.path, text)
	if !ok || err != nil || !equal(next.tree, meant) {
		return fmt.Errorf("%s: this file's layout can't be edited in place; change it by hand: %s", f.path, what)
	}
	*f = *next
	return nil
}

// spliced is not ok if there is nothing to splice, or if splices overlap: they take a block mapping to begin on a line of its
// own, and behind ": " of a key with "?" it need not.
func (f *File) spliced(splices []splice) (text []byte, ok bool) {
	done := 0
	for _, s := range splices {
		if s.from < done || s.to < s.from {
			return nil, false
		}
		text = append(append(text, f.text[done:s.from]...), s.text...)
		done = s.to
	}
	return append(text, f.text[done:]...), len(splices) > 0
}

// dotted is how messages name a path.
func dotted(path []string) string { return diag.Quote(strings.Join(path, ".")) }

// brief is as much of a value as a message needs.
func brief(v Value) string {
	text := []rune(flow(v))
	if len(text) > 80 {
		return string(text[:77]) + "..."
	}
	return string(text)
}
