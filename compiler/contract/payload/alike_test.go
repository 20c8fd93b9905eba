package payload_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/compiler/contract/payload"
)

// TestAlike compares types with themselves of which muster can read nothing, or not enough.
func TestAlike(t *testing.T) {
	t.Parallel()
	large := "{" + numbered(func(i int) string { return fmt.Sprintf("field%d: string", i) }, ", ", 1500) + "}"
	for name, source := range map[string]string{
		"more than 16 KiB":    large,
		"too deep":            nested("[", "int", "]", 60),
		"a part out of sight": "{a: int, b: a}",
		"a loop":              "[for x in [1, 2] {x}]",
		"patterns":            `=~"^[ab]*a[ab]{12}$" & =~"^[ab]*b[ab]{13}$" & !~"^[ab]*a[ab]{14}$"`,
	} {
		typ := mustParse(t, source)
		if v := payload.Compare(typ, typ); v.Answer != payload.Compatible {
			t.Errorf("%s: %+v", name, v)
		}
		if v := payload.Compare(typ, typ.Closed()); v.Answer != payload.Compatible {
			t.Errorf("%s, closed: %+v", name, v)
		}
	}
	if v := payload.Compare(mustParse(t, large), mustParse(t, strings.Replace(large, "field0: ", "field0: int | ", 1))); v.Answer != payload.Unknown {
		t.Errorf("large types that differ: %+v", v)
	}
}

// TestReasonShowsTypesAsWritten holds that a message has none of the brackets and quotes of a source that was generated.
func TestReasonShowsTypesAsWritten(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{`int`, `{"a": (int)}`, `the payload may be 0, but must be {a: int}`},
		{`int`, `{"n"?: (int), "x-y": ((string) | (null)) & (_), ..., [=~"^z"]: (int)}`,
			`the payload may be 0, but must be {n?: int, "x-y": (string | null) & _, [=~"^z"]: int, ...}`},
		{`int`, `[...("a" | ("b"))] & [..., ]`, `the payload may be 0, but must be [..."a" | "b"] & [...]`},
		{`int`, `close({"a": *1 | (int)})`, `the payload may be 0, but must be close({a: 1 | int})`},
		{`{a: int}`, `{a: string | null} & {a: string | bool}`, `a may be 0, but must be (string | null) & (string | bool)`},
	} {
		if v := payload.Compare(mustParse(t, c[0]), mustParse(t, c[1])); v.Reason != c[2] {
			t.Errorf("%s into %s:\n%s\nand not\n%s", c[0], c[1], v.Reason, c[2])
		}
	}
}
