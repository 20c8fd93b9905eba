package registry

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// decodeExposes reads modules: a list of them, or a mapping to their props.
func decodeExposes(n *yaml.Node) []Exposed {
	if n.Kind == yaml.SequenceNode {
		return items(n, func(v *yaml.Node) Exposed { return Exposed{Text: text(v)} })
	}
	return pairs(n, func(name Text, v *yaml.Node) Exposed {
		e := Exposed{Text: name}
		each(v, func(key Text, v *yaml.Node) {
			switch key.Value {
			case "props":
				props := decodeType(v)
				e.Props = &props
			}
		})
		return e
	})
}

func decodeEvents(r *Release, n *yaml.Node) {
	event := func(name Text, v *yaml.Node) Event { return Event{name, decodeType(v)} }
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "emits":
			r.Emits = pairs(v, event)
		case "listens":
			r.Listens = pairs(v, event)
		}
	})
}

func decodeAPIs(r *Release, n *yaml.Node) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "consumes":
			r.Calls = pairs(v, decodeAPI)
		case "provides":
			r.Provides = pairs(v, decodeAPI)
		}
	})
}

func decodeAPI(name Text, n *yaml.Node) API {
	api := API{Name: name}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "version":
			api.Version = text(v)
		}
	})
	return api
}

// decodeType reads a contract's type. What stands in its expressions is compiler/contract's to judge.
func decodeType(n *yaml.Node) Type {
	t := Type{Text: recurring(text(n))}
	switch {
	case n.Kind == yaml.SequenceNode:
		t.Form, t.Items = List, items(n, decodeType)
	case n.Kind == yaml.MappingNode:
		t.Form, t.Fields = Structure, pairs(n, decodeField)
	case kindOf(n) != kindString:
		t.Form = Literal
	}
	return t
}

func decodeField(name Text, v *yaml.Node) Field {
	f := Field{Name: recurring(name), Type: decodeType(v)}
	f.Name.Value, f.Optional = strings.CutSuffix(name.Value, "?")
	return f
}
