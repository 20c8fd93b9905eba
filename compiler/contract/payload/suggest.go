package payload

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue/ast"
)

// spellings is the names that types have in other languages.
var spellings = map[string]string{
	"integer": "int", "long": "int", "short": "int", "bigint": "int", "boolean": "bool", "any": "_", "unknown": "_", "mixed": "_", "top": "_",
	"object": "{...}", "record": "{...}", "map": "{...}", "struct": "{...}", "dict": "{...}", "array": "[...]", "list": "[...]",
	"date": "string", "datetime": "string", "timestamp": "string", "time": "string", "str": "string", "text": "string", "char": "string",
	"uuid": "string", "double": "number", "decimal": "number", "real": "number", "numeric": "number", "num": "number",
	"true": "true", "false": "false", "none": "null", "nil": "null", "undefined": "null", "void": "null", "never": "_|_",
}

// Suggest is the type that is meant by a name from another language, such as int for integer; "" if there is none.
func Suggest(name string) string {
	lower := strings.ToLower(name)
	if s := spellings[lower]; s != "" {
		return s
	}
	if _, ok := kinds[lower]; ok && lower != name {
		return lower
	}
	return ""
}

// unknownType is the fault of a name that is no type's.
func (r *reader) unknownType(x *ast.Ident) error {
	message := "there is no type " + x.Name
	if s := Suggest(x.Name); s != "" {
		return r.help(x, message, "write "+s)
	}
	if strings.HasPrefix(x.Name, "#") || strings.HasPrefix(x.Name, "_") {
		return r.help(x, message, "write it out: a contract has nothing that it could refer to")
	}
	return r.help(x, message, fmt.Sprintf("a literal text needs its own quotes: '%q'", x.Name))
}
