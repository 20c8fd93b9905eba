package payload_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cuelang.org/go/cue/ast"

	"muster/compiler/contract/payload"
)

// tooLong is what no Parse or Compare takes, not on a busy machine and with the race detector either.
const tooLong = 5 * time.Second

// FuzzCompare tries any two sources: nothing panics or takes long, a fault points into its source, a type never is incompatible
// with itself, answers do not change, and CUE confirms each witness.
func FuzzCompare(f *testing.F) {
	text, err := os.ReadFile(casesFile)
	if err != nil {
		f.Fatal(err)
	}
	seeds := 0
	for _, b := range strings.Split(string(text), "\n\n") {
		var sources []string
		for _, line := range strings.Split(b, "\n") {
			if word, rest, _ := strings.Cut(line, " "); word == "sent" || word == "accepted" || word == "closed" {
				sources = append(sources, rest)
			}
		}
		if len(sources) == 2 {
			f.Add(sources[0], sources[1], strings.Contains(b, "\nclosed "))
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, sent, accepted string, closed bool) {
		producer, ok1 := parseAny(t, sent)
		consumer, ok2 := parseAny(t, accepted)
		if !ok1 || !ok2 {
			return
		}
		if closed {
			consumer = consumer.Closed()
		}
		for _, typ := range []payload.Type{producer, consumer} {
			if v := within(t, func() payload.Verdict { return payload.Compare(typ, typ) }); v.Answer == payload.Incompatible {
				t.Errorf("a type is not compatible with itself: %+v", v)
			}
		}
		v := within(t, func() payload.Verdict { return payload.Compare(producer, consumer) })
		if again := payload.Compare(producer, consumer); !reflect.DeepEqual(again, v) {
			t.Errorf("%+v, and then %+v", v, again)
		}
		checkVerdict(t, sent, accepted, closed, v)
	})
}

// FuzzExpression tries any text: what is one expression stays one within a structure or a list, and means there what it meant.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{"int", "int\n", "string // ISO date", `"a" | "b"`, `int), "m": (string`, "int}, {", "*1 | int", ">0", "-1", "{a: int\nb?: string}",
		"\"\\(1)\"", "[for x in [1] {x}]", "\"\"\"\n\ta\n\t\"\"\"", "_|_", "a.b[1](c)", "int // a\n/", "2026-11-22", "(int)", "#\"a\"#", "x?", "...", "for", "let", "// a\nif"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var fault *payload.Fault
		s, err := payload.Expression(text)
		if err != nil {
			if !errors.As(err, &fault) || s != "" {
				t.Fatalf("%q: %q, %v", text, s, err)
			}
			return
		}
		again, err := payload.Expression(s)
		if err != nil || again != s {
			t.Fatalf("%q is %q, and that is %q: %v", text, s, again, err)
		}
		field, ok := parse(t, `{"a": `+s+`, "b": int}`).(*ast.StructLit)
		if !ok || len(field.Elts) != 2 {
			t.Errorf("%q as a field is more than one", s)
		}
		items, ok := parse(t, "[int, "+s+"]").(*ast.ListLit)
		if !ok || len(items.Elts) != 2 {
			t.Errorf("%q in a list is more than one", s)
		}
		rest, ok := parse(t, "[..."+s+"]").(*ast.ListLit)
		if !ok || len(rest.Elts) != 1 {
			t.Errorf("%q in a list of many is more than one", s)
		}
	})
}

func checkVerdict(t *testing.T, sent, accepted string, closed bool, v payload.Verdict) {
	t.Helper()
	switch {
	case v.Answer == payload.Compatible && v != payload.Verdict{Answer: payload.Compatible}:
		t.Errorf("what is compatible has a witness or a reason: %+v", v)
	case v.Answer != payload.Compatible && (v.Reason == "" || !strings.Contains(v.Reason, v.Path) || len(v.Reason) > 2000):
		t.Errorf("%+v", v)
	case v.Answer == payload.Incompatible:
		if !json.Valid([]byte(v.Witness)) {
			t.Fatalf("the witness is not JSON: %s", v.Witness)
		}
		if len(sent)+len(accepted) > 500 {
			return // the oracle is not bounded
		}
		o := newOracle(t, sent, accepted, closed)
		if x := o.payload(t, v.Witness); !o.sends(x) || o.accepts(x) {
			t.Errorf("CUE does not confirm the witness: %+v", v)
		}
	}
}

func within[T any](t *testing.T, do func() T) T {
	t.Helper()
	start := time.Now()
	v := do()
	if took := time.Since(start); took > tooLong {
		t.Errorf("it took %v", took)
	}
	return v
}

// parseAny checks what is said of a source that may be anything.
func parseAny(t *testing.T, source string) (typ payload.Type, ok bool) {
	t.Helper()
	err := within(t, func() (err error) { typ, err = payload.Parse(source); return err })
	if err == nil {
		return typ, true
	}
	var fault *payload.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("%v is no fault", err)
	}
	lines := strings.Split(source, "\n")
	if fault.Line < 1 || fault.Line > len(lines) || fault.Column < 1 || fault.Length < 1 || fault.Message == "" {
		t.Fatalf("%+v", fault)
	}
	if fault.Column > utf8.RuneCountInString(lines[fault.Line-1])+1 {
		t.Fatalf("%+v is outside its line", fault)
	}
	return typ, false
}
