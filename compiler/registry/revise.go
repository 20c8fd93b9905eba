package registry

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Along a history most changes of a file are to one entry of a long list in it: a release of a remote, a pin of a cohort. So of a
// version that differs from one that was without fault in nothing but such entries, only those are read, checked and decoded that
// are new; the rest is taken over, moved by as many lines as it slid. Whatever else changed, and whatever isn't plainly right, makes
// the file be read as a whole.

// longList is a field of documents that holds a list of items, or of fields, which are judged one by one.
type longList[T, E any] struct {
	field  string
	of     func(*T) *[]E
	decode func(*yaml.Node) []E
	move   func(entry E, lines int) E // the entry so many lines further down
	key    func(E) string             // which no two entries may have in common; nil if they may
}

var (
	releasesOf = longList[Remote, Release]{"releases", func(r *Remote) *[]Release { return &r.Releases }, decodeReleases, Release.moved, nil}
	pinsOf     = longList[Cohort, Pin]{"pins", func(c *Cohort) *[]Pin { return &c.Pins }, decodePins, Pin.moved, Pin.key}
)

func (p Pin) key() string { return p.Remote.Value }

// edition is a version of a file without fault, in the plain subset of YAML, with a long list that is not empty.
type edition[T any] struct {
	text   string
	value  *T
	layout layout
	spans  []span // where the entries of the list begin, and last what stands behind them
}

// layout is how the entries of a list are set.
type layout struct {
	indent int
	dashes bool // they are items, not fields
}

// span is the place of an entry.
type span struct{ from, line int } // the offset of its line, and the line's number, from 1

func (e *edition[T]) head() string       { return e.text[:e.spans[0].from] }
func (e *edition[T]) entry(i int) string { return e.text[e.spans[i].from:e.spans[i+1].from] }
func (e *edition[T]) end() span          { return e.spans[len(e.spans)-1] }
func (e *edition[T]) tail() string       { return e.text[e.end().from:] }

// newEdition notes where the entries of a list are in a text that has been read. It is nil if there are none, or if they are written
// in another way.
func (l *longList[T, E]) newEdition(text string, top *yaml.Node, read *T) *edition[T] {
	list := value(top, l.field)
	if list == nil || len(list.Content) == 0 || list.Style&yaml.FlowStyle != 0 {
		return nil
	}
	how := layout{list.Column - 1, list.Kind == yaml.SequenceNode}
	from := 0
	for range list.Line - 1 {
		from += strings.IndexByte(text[from:], '\n') + 1
	}
	spans := how.cut(text, span{from, list.Line}, len(list.Content))
	if len(spans)-1 != len(*l.of(read)) {
		return nil
	}
	return &edition[T]{text, read, how, spans}
}

// cut finds the entries of a list, about so many, from a place on where its first one should begin. Each goes on to the next line that
// is set as one, or less deep. The last span is what stands behind them, and the only one if no entry comes first.
func (how layout) cut(text string, at span, about int) []span {
	spans := make([]span, 0, about+1)
	for at.from < len(text) {
		i := at.from
		for i < len(text) && text[i] == ' ' {
			i++
		}
		indent, blank := i-at.from, i == len(text) || text[i] == '\n' || text[i] == '#'
		switch {
		case !blank && indent == how.indent && how.dashes == strings.HasPrefix(text[i:], "- "):
			spans = append(spans, at)
		case !blank && (len(spans) == 0 || indent <= how.indent):
			return append(spans, at)
		}
		end := strings.IndexByte(text[i:], '\n')
		if end < 0 {
			end = len(text) - i - 1
		}
		at = span{i + end + 1, at.line + 1}
	}
	return append(spans, at)
}

// reviser reads versions of the documents of a definition by what changed in them.
type reviser[T, E any] struct {
	*longList[T, E]
	file   File
	was    *edition[T]
	shapes []*shape // what the list has to fit
}

// maxAnew is how many entries are read one by one: to read the whole takes less time then.
const maxAnew = 32

// revise reads a text that differs from the edition in nothing but entries of its list. It is nil if it differs in more, or if something
// might be wrong with it.
func (r reviser[T, E]) revise(text string) *edition[T] {
	if len(text) > maxNodes || !strings.HasPrefix(text, r.was.head()) { // no text has more nodes than characters
		return nil
	}
	is := &edition[T]{text: text, layout: r.was.layout, spans: r.was.layout.cut(text, r.was.spans[0], len(r.was.spans))}
	switch head, tail := is.head(), is.tail(); {
	case len(is.spans) == 1, tail != r.was.tail():
		return nil
	case !plainCharacters(head[len(r.was.head()):]): // comments in front of the first entry
		return nil
	case tail != "" && is.end().line != r.was.end().line: // it slid
		return nil
	}
	entries, ok := r.entries(is)
	if !ok {
		return nil
	}
	read := *r.was.value
	*r.of(&read) = entries
	is.value = &read
	return is
}

// entries are those of a text, as far as they can be taken over from the edition before.
func (r reviser[T, E]) entries(is *edition[T]) (entries []E, ok bool) {
	before, next := *r.of(r.was.value), 0
	entries = make([]E, 0, len(is.spans)-1)
	var anew []int
	for i := range cap(entries) {
		text, at := is.entry(i), is.spans[i]
		if j := r.find(text, next); j >= 0 {
			entries = append(entries, r.moved(before[j], at.line-r.was.spans[j].line))
			next = j + 1
			continue
		}
		read := r.read(strings.Clone(text), at.line)
		if anew = append(anew, i); len(read) != 1 || len(anew) > maxAnew {
			return nil, false
		}
		entries = append(entries, read[0])
	}
	return entries, r.distinct(entries, anew)
}

// within is how far entries are looked for behind where the next one should be.
const within = 8

// find is the place of an entry of that text in the edition before, from a place on; -1 if it is not near.
func (r reviser[T, E]) find(text string, from int) int {
	for j := from; j < min(from+within, len(r.was.spans)-1); j++ {
		if r.was.entry(j) == text {
			return j
		}
	}
	return -1
}

func (r reviser[T, E]) moved(entry E, lines int) E {
	if lines == 0 {
		return entry // its lists are shared
	}
	return r.move(entry, lines)
}

// read reads an entry by itself. It is nil if anything might be wrong.
func (r reviser[T, E]) read(text string, line int) []E {
	list := parseSubsetBlock(text, line, r.was.layout.indent, 1)
	if list == nil || !plainNodes(r.file, list, 1, text, line) {
		return nil
	}
	for _, s := range r.shapes {
		if !s.fits(list) {
			return nil
		}
	}
	return r.decode(list)
}

// distinct reports whether no two entries have a key in common. Those that are not new had none with each other.
func (r reviser[T, E]) distinct(entries []E, anew []int) bool {
	if r.key == nil {
		return true
	}
	for _, i := range anew {
		key := r.key(entries[i])
		for j := range entries {
			if j != i && r.key(entries[j]) == key {
				return false
			}
		}
	}
	return true
}

// containers are the shapes that a field of a struct has to fit, if they judge each of its entries by itself: then an entry that
// fitted goes on to, whatever becomes of the others. It is nil if they don't, or if that can't be told.
func (s *shape) containers(field string) []*shape {
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: field}
	parts, ok := s.below(key)
	if !ok || len(parts) == 0 || slices.ContainsFunc(parts, func(s *shape) bool { return !s.separate() }) {
		return nil
	}
	return parts
}

// below are the shapes that the value of a key has to fit. It is false if that depends on something.
func (s *shape) below(key *yaml.Node) (parts []*shape, ok bool) {
	if s.opaque || len(s.arms) > 0 {
		return nil, false
	}
	if s.fields != nil {
		if named := s.fields.named[key.Value]; named != nil {
			parts = append(parts, named.shape)
		}
		for _, p := range s.fields.patterns {
			if p.key.fits(key) {
				parts = append(parts, p.value)
			}
		}
	}
	for _, part := range s.all {
		more, ok := part.below(key)
		if !ok {
			return nil, false
		}
		parts = append(parts, more...)
	}
	return parts, true
}

// separate reports whether a list or struct fits if and only if each of its entries does.
func (s *shape) separate() bool {
	return !s.opaque && len(s.arms) == 0 && (s.fields == nil || len(s.fields.required) == 0) &&
		!slices.ContainsFunc(s.all, func(part *shape) bool { return !part.separate() })
}
