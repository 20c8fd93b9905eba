package registry

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// explainer says, for a node that does not fit a shape, what is wrong where: every fault in one walk, which CUE would
// show in rounds (a missing field is silent in CUE while another error stands).
type explainer struct {
	file File
	list diag.List
	said map[diag.Pos]bool // where the findings of the list stand
}

func (e *explainer) add(d diag.Diagnostic) {
	if e.said == nil {
		e.said = map[diag.Pos]bool{}
	}
	e.said[d.Pos] = true
	e.list.Add(d)
}

// subject is what a fault is about: a field's name, or an item of a list.
type subject struct {
	name string     // "kind"; "" for the document
	item bool       // an item of the list called name
	keys bool       // a key in the mapping called name
	key  *yaml.Node // the field's key; nil for the document and for items
}

func (s subject) String() string {
	switch {
	case s.keys:
		return "a key in " + subject{name: s.name}.String()
	case s.name == "":
		return "the document"
	case s.item:
		return "an item of " + diag.Quote(s.name)
	}
	return diag.Quote(s.name)
}

func (e *explainer) fault(n *yaml.Node, s *shape, d diag.Diagnostic) {
	d = e.file.at(n, d)
	if s != nil && s.origin.Line > 0 {
		if e.said[d.Pos] {
			return // the built-in shape has said it already
		}
		d.Rule = "schema/constraint"
		d.Notes = append(d.Notes, diag.Note{Pos: s.origin, Message: "this registry asks for it here: " + s.source})
	}
	e.add(d)
}

// explain adds what is wrong with n, if anything.
func (e *explainer) explain(s *shape, n *yaml.Node, about subject) {
	k := kindOf(n)
	if s.opaque || s.fits(n) {
		return
	}
	if s.takes(nil)&k == 0 {
		e.wrongKind(s.refusing(k), n, k, about)
		return
	}
	before := len(e.list)
	switch {
	case len(s.arms) > 0:
		e.explainArms(s, n, k, about)
	case s.word != nil && *s.word != n.Value, slices.ContainsFunc(s.tests, func(t func(string) bool) bool { return !t(n.Value) }):
		e.mismatch(s, n, about)
	case n.Kind == yaml.MappingNode && s.fields != nil:
		e.explainFields(s, n, about)
	case n.Kind == yaml.SequenceNode && s.item != nil:
		for _, c := range n.Content {
			e.explain(s.item, c, subject{name: about.name, item: true})
		}
	}
	for _, part := range s.all {
		said := *part
		if s.say != "" && part.origin.Line == 0 {
			said.say = s.say
		}
		if len(e.list) == before || part.origin.Line > 0 || n.Kind != yaml.ScalarNode {
			e.explain(&said, n, about)
		}
	}
}

// refusing is the registry's own constraint that refuses a kind which muster's shape takes; s itself where there is none.
func (s *shape) refusing(k kind) *shape {
	var own *shape
	for _, part := range s.all {
		if part.takes(nil)&k != 0 {
			continue
		}
		if part = part.refusing(k); part.origin.Line == 0 {
			return s
		}
		own = part
	}
	if own == nil || s.kinds&k == 0 {
		return s
	}
	return own
}

// wrongKind is a text where a number belongs, and so on. Versions without quotes are the common case.
func (e *explainer) wrongKind(s *shape, n *yaml.Node, k kind, about subject) {
	takes := s.takes(nil)
	want := "must be " + s.describe()
	switch {
	case k == kindNull && (n.Value == "" || n.Value == "~"):
		switch {
		case about.key != nil:
			n = about.key
		case n.Value == "": // behind its dash
			dash := *n
			dash.Column, n = max(1, n.Column-1), &dash
		}
		e.fault(n, s, diag.Diagnostic{Rule: "schema/type", Message: about.String() + " is empty", Help: about.String() + " " + want})
	case e.file.joined == nil && takes&kindString != 0 && k&(kindInt|kindFloat|kindOdd|kindBool|kindNull) != 0:
		quoted := *n
		quoted.Style, quoted.Tag = yaml.DoubleQuotedStyle, "!!str"
		help := "put it in quotes: " + strconv.Quote(n.Value)
		if k&(kindBool|kindNull) != 0 {
			help = "put it in quotes if that is the text: " + strconv.Quote(n.Value)
		}
		if !s.fits(&quoted) {
			help = "write a text, in quotes: " + about.String() + " " + want
		}
		e.fault(n, s, diag.Diagnostic{Rule: "yaml/unquoted",
			Message: fmt.Sprintf("%s must be a text, and YAML reads %s as %s", about, n.Value, yamlReads(n, k)), Help: help})
	case k == kindOdd:
		odd := "a notation that tools read differently"
		if strings.Trim(n.Value, "123456789-0") == "" && len(n.Value) > 18 {
			odd = "more digits than tools agree on"
		}
		e.fault(n, s, diag.Diagnostic{Rule: "yaml/number", Message: fmt.Sprintf("%s is %s, %s", about, n.Value, odd),
			Help: about.String() + " " + want + ", in plain decimal digits"})
	default:
		d := diag.Diagnostic{Rule: "schema/type", Message: fmt.Sprintf("%s %s, not %s", about, want, shown(n, k))}
		bare, quoted := yaml.Node{Kind: yaml.ScalarNode, Value: n.Value}, yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: n.Value}
		switch {
		case n.Kind != yaml.ScalarNode:
		case k == kindString && s.fits(&bare):
			d.Help = "leave out the quotes"
		case takes&kindList != 0 && s.list() != nil && s.list().fits(n):
			d.Help = "write a list: [" + bracketed(n) + "]"
		case k != kindString && s.fits(&quoted):
			d.Help = "put it in quotes: " + strconv.Quote(n.Value)
		}
		e.fault(n, s, d)
	}
}

// bracketed is a scalar as it would stand in a list.
func bracketed(n *yaml.Node) string {
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		return strconv.Quote(n.Value)
	}
	return n.Value
}

// yamlReads is what YAML makes of an unquoted scalar: "the number 1.1" for 1.10.
func yamlReads(n *yaml.Node, k kind) string {
	switch k {
	case kindBool:
		return "a boolean"
	case kindNull:
		return "nothing"
	}
	var v any
	if n.Decode(&v) != nil || fmt.Sprint(v) == n.Value {
		return "a number"
	}
	return "the number " + fmt.Sprint(v)
}

func shown(n *yaml.Node, k kind) string {
	switch k {
	case kindStruct, kindList, kindNull:
		return k.String()
	case kindString:
		return diag.Quote(n.Value)
	}
	return n.Value
}

// mismatch is a value of the right kind that fails a literal, a pattern or a bound.
func (e *explainer) mismatch(s *shape, n *yaml.Node, about subject) {
	rule := "schema/pattern"
	if s.word != nil {
		rule = "schema/enum"
	}
	e.fault(n, s, diag.Diagnostic{Rule: rule, Message: fmt.Sprintf("%s must be %s, not %s", about, s.describe(), shown(n, kindOf(n)))})
}

// explainArms explains the one arm that n was meant for, where its kind tells; otherwise what all arms would take.
func (e *explainer) explainArms(s *shape, n *yaml.Node, k kind, about subject) {
	var meant []*shape
	var words []string
	for _, a := range s.arms {
		if a.takes(nil)&k != 0 {
			meant = append(meant, a)
			if a.word != nil {
				words = append(words, *a.word)
			}
		}
	}
	if len(meant) == 1 && meant[0].word == nil {
		e.explain(meant[0], n, about)
		return
	}
	d := diag.Diagnostic{Rule: "schema/enum", Message: fmt.Sprintf("%s must be %s, not %s", about, s.describe(), shown(n, k))}
	d.Help = diag.DidYouMean(n.Value, words, "")
	e.fault(n, s, d)
}

func (e *explainer) explainFields(s *shape, n *yaml.Node, about subject) {
	f := s.fields
	var meant []string // required fields that stand there under another name
	free := f.absent(n)
	for i := 0; i < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		in := subject{name: key.Value, key: key}
		known := f.open
		if named := f.named[key.Value]; named != nil {
			known = true
			e.explain(named.shape, val, in)
		}
		for _, p := range f.patterns {
			if p.key.fits(key) {
				known = true
				e.explain(p.value, val, in)
			}
		}
		if !known {
			name, s := e.unknown(f, key, about, free)
			if meant = append(meant, name); s != nil {
				e.explain(s, val, in)
			}
		}
	}
	for _, name := range f.required {
		if value(n, name) == nil && !slices.Contains(meant, name) {
			e.missing(s, f, n, name, about)
		}
	}
}

// absent are the known fields that n does not set.
func (f *fields) absent(n *yaml.Node) (free []string) {
	for _, name := range f.order {
		if value(n, name) == nil {
			free = append(free, name)
		}
	}
	return free
}

// unknown reports a field that is not in the shape, and returns the one of the free names that was probably meant, with the
// shape of its value; "" and nil if there is none.
func (e *explainer) unknown(f *fields, key *yaml.Node, about subject, free []string) (string, *shape) {
	if len(f.named) == 0 && len(f.patterns) == 1 {
		e.explain(f.patterns[0].key, key, subject{name: about.name, keys: true})
		return "", f.patterns[0].value
	}
	where := ""
	if about.name != "" {
		where = " in " + about.String()
	}
	e.fault(key, nil, diag.Diagnostic{Rule: "schema/unknown-field", Message: "unknown field " + diag.Quote(key.Value) + where,
		Help: diag.DidYouMean(key.Value, free, "the fields here are "+strings.Join(f.order, ", "))})
	if near := diag.Nearest(key.Value, free); near != "" {
		return near, f.named[near].shape
	}
	return "", nil
}

func (e *explainer) missing(s *shape, f *fields, n *yaml.Node, name string, about subject) {
	where, at := "", n
	if about.name != "" {
		where = " in " + about.String()
	}
	if about.key != nil {
		at = about.key
	} else if n.Kind == yaml.MappingNode && len(n.Content) > 0 && n.Style&yaml.FlowStyle == 0 {
		at = n.Content[0]
	}
	part := f.named[name].shape
	if s.origin.Line == 0 {
		part = s
	}
	d := diag.Diagnostic{Rule: "schema/missing-field", Message: diag.Quote(name) + " is missing" + where,
		Help: fmt.Sprintf("add %s: %s", diag.Quote(name), f.named[name].shape.describe())}
	if part.origin.Line > 0 {
		d.Rule = "schema/constraint"
		d.Notes = []diag.Note{{Pos: part.origin, Message: "this registry asks for it here: " + part.source}}
	}
	e.add(e.file.at(at, d))
}

// describe completes "must be ...".
func (s *shape) describe() string {
	switch {
	case s.say != "":
		return s.say
	case s.word != nil && s.kinds == kindString:
		return strconv.Quote(*s.word)
	case s.word != nil:
		return *s.word
	case len(s.arms) > 0 && !s.opaque:
		var each []string
		for _, a := range s.arms {
			each = append(each, a.describe())
		}
		return oneOf(each)
	case len(s.all) == 1:
		return s.all[0].describe()
	case s.source != "" && s.opaque:
		return "a value that satisfies " + s.source
	case s.source != "" && len(s.tests) > 0:
		return s.kinds.String() + " that satisfies " + s.source
	}
	return s.takes(nil).String()
}

// oneOf joins alternatives: "a", "a or b", "a, b or c".
func oneOf(each []string) string {
	if len(each) < 2 {
		return strings.Join(each, "")
	}
	return strings.Join(each[:len(each)-1], ", ") + " or " + each[len(each)-1]
}
