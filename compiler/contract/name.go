package contract

import (
	"strconv"
	"strings"

	"muster/compiler/registry"
)

// Names of fields are written as in CUE where they say more than a name: "note?" may be absent, "id!" may not, as any other,
// "..." lets other fields come, and a name in brackets is a pattern for names: "[string]", '[=~"^x-"]'.

// rest is the name of the field that lets a structure hold more than it names.
const rest = "..."

// pattern is what stands between the brackets of a pattern for names.
func pattern(name string) (string, bool) {
	inner, opens := strings.CutPrefix(name, "[")
	inner, closes := strings.CutSuffix(inner, "]")
	return inner, opens && closes
}

// appendName appends a field's name and mark as CUE writes them.
func (c *Checker) appendName(b []byte, f *registry.Field) []byte {
	if inner, ok := pattern(f.Name.Value); ok {
		s, _ := c.expression(inner) // or the name would have been refused
		return append(append(append(b, '['), s...), ']')
	}
	if f.Optional {
		return append(strconv.AppendQuote(b, f.Name.Value), '?')
	}
	return strconv.AppendQuote(b, plain(f.Name.Value))
}

// plain is a name without the mark that says that the field is required, as fields are anyhow.
func plain(name string) string {
	if len(name) > 1 {
		return strings.TrimSuffix(name, "!")
	}
	return name
}

// misnamed says what is wrong with a name that is written as in CUE, and the cure; "" where nothing is.
func (c *Checker) misnamed(f *registry.Field) (message, help string) {
	name := f.Name.Value
	inner, isPattern := pattern(name)
	switch {
	case f.Optional && name == rest:
		return `"..." lets other fields come, and is not optional`, `write "...": {}`
	case name == rest && !anything(&f.Type):
		return `"..." lets fields of any type come`, `write "...": {}, or "[string]": int for fields of one type`
	case f.Optional && isPattern:
		return name + " is a pattern for names, and not optional", "leave out the question mark: fields that match a pattern may be absent anyhow"
	case f.Optional && plain(name) != name:
		return "a field is required or optional, not both", `write "` + plain(name) + `?" if it may be absent`
	case isPattern:
		s, err := c.expression(inner)
		if err == nil {
			err = c.parse(s).err
		}
		if err != nil {
			message, _ := said(err)
			return "this is no pattern for names: " + message, `write "[string]", or a pattern such as '[=~"^x-"]'`
		}
	}
	return "", ""
}

// anything reports whether the type beside "..." is nothing, {} or _.
func anything(t *registry.Type) bool {
	switch t.Form {
	case registry.Structure:
		return len(t.Fields) == 0
	case registry.Literal:
		return literal(t.Text.Value) == "null"
	}
	return t.Form == registry.Expression && t.Text.Value == "_"
}
