package registry

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// kind is what a YAML node is to CUE: one bit, or several for what a schema takes.
type kind uint8

const (
	kindNull kind = 1 << iota
	kindBool
	kindInt
	kindFloat
	kindString
	kindList
	kindStruct
	kindOdd // a number that YAML and CUE might read differently: 1e3, 0x1F, 1_000, .inf

	kindNumber = kindInt | kindFloat
	kindAny    = kindNull | kindBool | kindNumber | kindString | kindList | kindStruct
)

var kindNames = []struct {
	kind kind
	name string
}{
	{kindString, "a text"}, {kindNumber, "a number"}, {kindInt, "a whole number"}, {kindFloat, "a number"},
	{kindBool, "true or false"}, {kindNull, "nothing"}, {kindList, "a list"}, {kindStruct, "a mapping of fields"},
	{kindOdd, "a number in a notation that tools disagree on"},
}

// String names every kind in k: "a text", "a text or a list".
func (k kind) String() string {
	var names []string
	for _, n := range kindNames {
		if k&n.kind == n.kind {
			names, k = append(names, n.name), k&^n.kind
		}
	}
	return strings.Join(names, " or ")
}

var (
	plainInt   = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})$`)
	plainFloat = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}$`)
)

// kindOf is n's kind. A timestamp is a text: dates need no quotes.
func kindOf(n *yaml.Node) kind {
	switch n.Kind {
	case yaml.MappingNode:
		return kindStruct
	case yaml.SequenceNode:
		return kindList
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return kindString
	}
	switch n.ShortTag() {
	case "!!null":
		return kindNull
	case "!!bool":
		return kindBool
	case "!!int":
		if plainInt.MatchString(n.Value) {
			return kindInt
		}
		return kindOdd
	case "!!float":
		if plainFloat.MatchString(n.Value) {
			return kindFloat
		}
		return kindOdd
	}
	return kindString
}
