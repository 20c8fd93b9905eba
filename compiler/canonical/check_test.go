package canonical

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

var documents = map[string]bool{
	`{}`:              true,
	`{"a":1}`:         true,
	`{"a":[],"b":{}}`: true,
	`{"a":[1,"x",true,false,null,{"b":[2]}]}`: true,
	`{"a":"é\"\\\n"}`:                         true,
	`{"a":1,"b":2}`:                           true,
	`{"a":-1}`:                                true,
	`{"a":0}`:                                 true,
	`{"a":-0}`:                                false,
	`{"a":-0.0}`:                              false,
	`{"a":1.0}`:                               false,
	`{"a":1.5}`:                               true,
	`{"a":1.50}`:                              false,
	`{"a":1e2}`:                               false,
	`{"a":1E+30}`:                             false,
	`{"a":1e+30}`:                             true,
	`{"a":1e30}`:                              false,
	`{"a":1e-7}`:                              true,
	`{"a":1e-07}`:                             false,
	`{"a":0.000001}`:                          true,
	`{"a":1e-6}`:                              false,
	`{"a":100000000000000000000}`:             true,
	`{"a":1000000000000000000000}`:            false,
	`{"a":9007199254740993}`:                  false, // as a double it ends in 2
	`{"a":333333333.33333329}`:                false,
	`{"a":01}`:                                false,
	`{"a":[[[[1]]]]}`:                         false, // deeper than the test takes
	`{"b":1,"a":2}`:                           false,
	`{"a":1,"a":1}`:                           false,
	`{"a":{"b":1,"b":2}}`:                     false,
	`{"a": 1}`:                                false,
	` {}`:                                     false,
	`{} `:                                     false,
	"{}\n":                                    false,
	`{}{}`:                                    false,
	`[]`:                                      false,
	`1`:                                       false,
	``:                                        false,
	`{`:                                       false,
	`{"a":1`:                                  false,
	`{"a":[1,]}`:                              false,
	`{"a":"\u0041"}`:                          false,
	`{"a":"\/"}`:                              false,
	`{"a":"\ud800"}`:                          false,
	"{\"a\":\"\xff\"}":                        false,
	`{"\u0061":1}`:                            false,
	`{"` + "\U0001F600" + `":1,"` + "\uFB33" + `":2}`: true, // by code units, not by runes
	`{"` + "\uFB33" + `":2,"` + "\U0001F600" + `":1}`: false,
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for text, want := range documents {
		if err := Check([]byte(text), 4); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCheckDepth(t *testing.T) {
	t.Parallel()
	const most = 100
	for _, brackets := range []struct{ open, close string }{{`{"a":`, "}"}, {"[", "]"}} {
		deep := strings.Repeat(brackets.open, most-1) + "1" + strings.Repeat(brackets.close, most-1)
		if err := Check([]byte(`{"a":`+deep+`}`), most); err != nil {
			t.Error(err)
		}
		if err := Check([]byte(`{"a":[`+deep+`]}`), most); err == nil || !strings.Contains(err.Error(), "byte ") || !strings.Contains(err.Error(), "nests more than 100 deep") {
			t.Errorf("one level more: %v", err)
		}
	}
}

// TestCheckSays looks at what is said of a document, and where.
func TestCheckSays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{\"a\":\"\xff\"}": "byte 1: it is not UTF-8",
		`{"a":1,"a":1}`:    "byte 7: a member is there twice, or out of order",
		`{"a": 1}`:         "byte 6: white space, a number in another spelling, or an escape that need not be",
		`{"a":1} `:         "byte 8: white space, a number in another spelling, or an escape that need not be",
		`{"a":1}{}`:        "byte 8: it is not one object",
		`[]`:               "byte 1: it is not one object",
		`{"a":1`:           "byte 7: it is not JSON",
		`{"a":1e400}`:      "byte 5: a number is too large",
	} {
		err := Check([]byte(text), 4)
		if !errors.Is(err, ErrNotCanonical) || err.Error() != ErrNotCanonical.Error()+": "+want {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
	}
}

// FuzzCheck compares with another implementation, which writes a document anew. It knows no depth.
func FuzzCheck(f *testing.F) {
	for text := range documents {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var again []byte
		if json.Valid(text) { // else it never ends
			again, _ = jcs.Transform(text)
		}
		want := len(again) > 0 && again[0] == '{' && bytes.Equal(again, text) && utf8.Valid(text)
		if got := Check(text, len(text)); (got == nil) != want {
			t.Errorf("%q: %v; the other implementation writes %q", text, got, again)
		}
	})
}
