package verify

import (
	"strings"
	"testing"

	"muster/compiler/manifest"
	"muster/compiler/note"
)

var documents = map[string]bool{
	`{}`:              true,
	`{"a":1}`:         true,
	`{"a":[],"b":{}}`: true,
	`{"a":[1,"x",true,false,null,{"b":[2]}]}`: true,
	`{"a":"é\"\\\n"}`:                         true,
	`{"a":1,"b":2}`:                           true,
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

func TestCheckCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range documents {
		if err := checkCanonical([]byte(text)); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	deep := strings.Repeat(`{"a":`, maxDepth) + "1" + strings.Repeat("}", maxDepth)
	if err := checkCanonical([]byte(deep)); err != nil {
		t.Error(err)
	}
	if err := checkCanonical([]byte(`{"a":` + deep + `}`)); err == nil {
		t.Error("any depth is fine")
	}
}

// FuzzCheckCanonical compares with package note, which reads a document as a whole, and takes every number in one spelling only.
func FuzzCheckCanonical(f *testing.F) {
	for text := range documents {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, lines, err := note.Split(text)
		ours := checkCanonical(text)
		if err == nil && len(lines) == 0 && ours != nil && !strings.Contains(string(text), `"signatures"`) {
			t.Errorf("note takes %q, and we don't: %v", text, ours)
		}
		if ours == nil && err != nil && string(text) != "{}" && !strings.ContainsAny(string(text), "0123456789") && !strings.Contains(string(text), `"signatures"`) && !strings.Contains(err.Error(), "deep") {
			t.Errorf("we take %q, and note doesn't: %v", text, err)
		}
	})
}

// FuzzParse reads what a server may send as a manifest or as the beginning of a log.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"registry":"acme","schema":"muster/log-first/v1","serial":3}`))
	f.Add([]byte(`{"cohort":"general","remotes":{"a":{"entry":"https://x.example/a.js","files":{"./b.js":"sha384-x","http://[":""}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if start, err := manifest.ParseFirst(text); err == nil {
			if again, err := manifest.Canonical(start); err != nil || string(again) != string(text) || start.Serial < 1 {
				t.Errorf("%q is read as %+v", text, start)
			}
		}
		if d, err := parseManifest(text); err == nil {
			for _, w := range d.wanted() {
				if w.url == "" {
					t.Errorf("%q names a file without an address", text)
				}
			}
		}
	})
}
