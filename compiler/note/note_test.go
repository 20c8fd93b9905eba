package note

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// checkParts holds Split against all that is promised of it.
func checkParts(t *testing.T, doc []byte) {
	t.Helper()
	text, lines, err := Split(doc)
	if err != nil {
		if !errors.Is(err, ErrMalformed) {
			t.Fatalf("%q: %v", doc, err)
		}
		return
	}
	again, err := Join(text, lines)
	if err != nil || !bytes.Equal(again, doc) {
		t.Fatalf("joined again:\n%q\n%v\nfrom:\n%q", again, err, doc)
	}
	var whole, part map[string]any
	if err := json.Unmarshal(doc, &whole); err != nil {
		t.Fatalf("%q is no JSON: %v", doc, err)
	}
	if err := json.Unmarshal(text, &part); err != nil {
		t.Fatalf("%q is no JSON: %v", text, err)
	}
	if signatures, signed := whole["signatures"]; signed != (len(lines) > 0) {
		t.Fatalf("it has the signatures %v and the lines %q", signatures, lines)
	}
	delete(whole, "signatures")
	if !reflect.DeepEqual(whole, part) {
		t.Fatalf("the document says %v, and its text %v", whole, part)
	}
	checkNote(t, text, lines)
}

// checkNote asks that the parts are a note for the library, which knows none of the keys here.
func checkNote(t *testing.T, text []byte, lines []string) {
	t.Helper()
	if len(lines) == 0 {
		return
	}
	var unverified *note.UnverifiedNoteError
	_, err := note.Open(noteOf(text, lines), note.VerifierList())
	if !errors.As(err, &unverified) {
		t.Fatalf("the library says %v of %q, %q", err, text, lines)
	}
	if unverified.Note.Text != string(text) {
		t.Fatalf("the library takes %q for the text %q", unverified.Note.Text, text)
	}
}

// noteOf is the C2SP note that a signed document is.
func noteOf(text []byte, lines []string) []byte {
	return append(append(bytes.Clone(text), '\n'), strings.Join(lines, "\n")+"\n"...)
}

func TestParts(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t) {
		checkParts(t, v.bytes(t))
	}
}

func FuzzSplit(f *testing.F) {
	for _, v := range allVectors(f) {
		f.Add(v.bytes(f))
	}
	f.Fuzz(func(t *testing.T, doc []byte) { checkParts(t, doc) })
}

func FuzzJoin(f *testing.F) {
	f.Add(pointer+"\n", lineOf(f, pointer, old)[0], "")
	f.Add("{\"a\":1}\n", `— a AAAAAAA=","— a AAAAAAA=`, "— a AAAAAAA=")
	f.Add("}\n", "", "")
	f.Fuzz(func(t *testing.T, text, one, two string) {
		lines := []string{one, two}
		doc, err := Join([]byte(text), lines)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		again, parts, err := Split(doc)
		if err != nil || string(again) != text || !reflect.DeepEqual(parts, lines) {
			t.Fatalf("got %q, %q, %v of %q", again, parts, err, doc)
		}
	})
}

// TestOpen asks the library, with the same keys, about every document that is accepted; and what it refuses must be refused.
func TestOpen(t *testing.T) {
	t.Parallel()
	tried, opened := 0, 0
	for _, v := range append(readVectors(t), mutants(t)...) {
		text, lines, err := Split(v.bytes(t))
		if err != nil || v.Keys == nil || len(lines) == 0 {
			continue
		}
		var list []Key
		var verifiers []note.Verifier
		for _, k := range v.Keys {
			key, err := ParseKey(k)
			if err != nil {
				t.Fatal(err)
			}
			list, verifiers = append(list, key), append(verifiers, key.verifier)
		}
		keys, err := NewKeys(1, list...)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Verify(v.bytes(t), keys)
		n, libraryErr := note.Open(noteOf(text, lines), note.VerifierList(verifiers...))
		tried++
		if libraryErr == nil {
			opened++
		}
		// The library skips the second signature of a key; we ask that it holds, too.
		if (err == nil) != (libraryErr == nil) && v.Name != "a good and a wrong signature of one key" {
			t.Errorf("%s: we say %v, the library %v", v.Name, err, libraryErr)
		}
		if err == nil && len(n.Sigs) != len(r.Signed) {
			t.Errorf("%s: we count %d keys, the library %d", v.Name, len(r.Signed), len(n.Sigs))
		}
	}
	t.Logf("points tried: %d signed documents, of which the library opens %d", tried, opened)
	if opened < 50 || tried-opened < 50 {
		t.Errorf("the library opens %d of %d documents: they are of one kind", opened, tried)
	}
}

// large is a document of so many bytes.
func large(size int) []byte {
	return []byte(`{"a":"` + strings.Repeat("x", size-len(`{"a":""}`)) + `"}`)
}

func TestSize(t *testing.T) {
	t.Parallel()
	if _, _, err := Split(large(MaxSize)); err != nil {
		t.Error(err)
	}
	if _, _, err := Split(large(MaxSize + 1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a document of more than MaxSize: %v", err)
	}
	if _, err := Join(append(large(MaxSize), '\n'), lineOf(t, "{}", old)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a document that its signatures make too large: %v", err)
	}
}
