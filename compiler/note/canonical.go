package note

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"muster/compiler/codeunit"
)

// maxDepth is how deep a document may nest: a pointer nests five deep, and a reader in JavaScript may run out of stack.
const maxDepth = 32

// checkText asks that an object is written as RFC 8785 has it, which is the one way without white space, without members of
// one name, with the members in order and with no character escaped that need not be. What a reader makes of such a text is
// what any other makes of it.
func checkText(object []byte) error {
	var top any
	switch err := json.Unmarshal(object, &top); {
	case !utf8.Valid(object):
		return malformed("it is not UTF-8")
	case err != nil:
		return malformed("%w", err)
	}
	members, isObject := top.(map[string]any)
	if !isObject || len(members) == 0 { // behind {} the signatures' comma would be one too many
		return malformed("it is not a JSON object with members")
	}
	if _, signed := members["signatures"]; signed {
		return malformed("its signatures are not on a line of their own")
	}
	canonical, ok := appendCanonical(nil, top, 0)
	if !ok {
		return malformed("it nests more than %d deep", maxDepth)
	}
	if !bytes.Equal(canonical, object) {
		return malformed("it is not canonical (RFC 8785)")
	}
	return nil
}

// appendCanonical writes what encoding/json makes of a document, unless it nests too deep.
func appendCanonical(dst []byte, v any, depth int) ([]byte, bool) {
	ok := depth <= maxDepth
	switch v := v.(type) {
	case map[string]any:
		dst = append(dst, '{')
		for i, name := range slices.SortedFunc(maps.Keys(v), codeunit.Compare) {
			if i > 0 {
				dst = append(dst, ',')
			}
			if ok {
				dst, ok = appendCanonical(append(appendString(dst, name), ':'), v[name], depth+1)
			}
		}
		return append(dst, '}'), ok
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if ok {
				dst, ok = appendCanonical(dst, e, depth+1)
			}
		}
		return append(dst, ']'), ok
	case string:
		return appendString(dst, v), ok
	case float64:
		v += 0 // -0 is written 0
		number, _ := json.Marshal(v)
		return append(dst, number...), ok
	}
	literal, _ := json.Marshal(v)
	return append(dst, literal...), ok
}

// appendString writes a text with the escapes of RFC 8785, section 3.2.2.2.
func appendString(dst []byte, s string) []byte {
	const short, hex = "btn\x00fr", "0123456789abcdef" // \b is 8 and \r is 13; 11 has no short form
	dst = append(dst, '"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= '\b' && c <= '\r' && c != '\v':
			dst = append(dst, '\\', short[c-'\b'])
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
