package note

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// Why a document that is well signed is not to be believed. Errors of Accept wrap one of them.
var (
	// ErrSchema: the key signed something, but no pointer, or one of another version.
	ErrSchema = errors.New("it is another kind of document")
	// ErrRegistry: it is the pointer of another registry, which has the same key.
	ErrRegistry = errors.New("it is of another registry")
	// ErrReplayed: a newer one has been seen.
	ErrReplayed = errors.New("it is older than what was seen before")
	// ErrExpired: it was to be renewed by now. Somebody may be holding back the new one.
	ErrExpired = errors.New("it has expired")
)

// Expectation is what a shell knows before it reads a pointer.
type Expectation struct {
	// Keys are those that the shell trusts. nil: signatures are not asked for, and not looked at.
	Keys *Keys
	// Schema and Registry are the values that the pointer's members of that name must have.
	Schema, Registry string
	// Seen is the highest serial that was accepted from each key, by Key.String, or by "" where no signatures are asked for;
	// nil: nothing was seen. As each key has its own, a new key may go on from the last good serial after somebody signed
	// an absurdly high one with a stolen key.
	Seen map[string]int64
	// Now is the shell's clock.
	Now time.Time
}

// Accept says whether a pointer is to be believed: its signatures are enough, it is of the registry, its serial is not below
// the last one that was seen of any key that signed it, and it has not expired. A serial that was seen already is fine: that is
// how a pointer is renewed. When it was issued says nothing, as the clocks of shells are wrong in both directions.
//
// The serial is a whole number from 1 to 2^53-1. A pointer without expires never expires; it is a time in UTC, to the second,
// and over from that moment on. Checks run in the order of the errors: malformed, unsigned, signature, unknown keys, threshold,
// schema, registry, replayed, expired.
func Accept(doc []byte, e Expectation) (Result, error) {
	var r Result
	text, _, err := Split(doc)
	if err == nil && e.Keys != nil {
		r, err = Verify(doc, e.Keys)
	}
	if err != nil {
		return r, err
	}
	var members map[string]any // as encoding/json takes a field of a struct in any letter case
	if err := json.Unmarshal(bytes.TrimSpace(text), &members); err != nil {
		return r, malformed("%w", err)
	}
	if schema := members["schema"]; schema != e.Schema {
		return r, fmt.Errorf("%w: its schema is %s, and not %q", ErrSchema, shown(schema), e.Schema)
	}
	if name := members["registry"]; name != e.Registry {
		return r, fmt.Errorf("%w: it is that of %s, and not of %q", ErrRegistry, shown(name), e.Registry)
	}
	if err := r.ratchet(members["serial"], e.Seen); err != nil {
		return r, err
	}
	return r, checkExpires(members, e.Now)
}

// shown is a value as it stands in the document.
func shown(v any) string {
	if v == nil {
		return "not given"
	}
	text, _ := json.Marshal(v)
	return fmt.Sprintf("%.100s", text)
}

// ratchet asks that the serial went back for none of those who signed.
func (r Result) ratchet(v any, seen map[string]int64) error {
	serial, isNumber := v.(float64)
	if !isNumber || serial != math.Trunc(serial) || serial < 1 || serial > 1<<53-1 {
		return malformed("its serial is %s, and no whole number from 1 to 2^53-1", shown(v))
	}
	last := seen[""]
	if len(r.Signed) > 0 {
		last = 0
	}
	for _, k := range r.Signed {
		last = max(last, seen[k.String()])
	}
	if int64(serial) < last {
		return fmt.Errorf("%w: its serial is %d, and %d was seen", ErrReplayed, int64(serial), last)
	}
	return nil
}

const expiresForm = "2006-01-02T15:04:05Z"

// checkExpires asks that the moment to renew it has not come.
func checkExpires(members map[string]any, now time.Time) error {
	v, given := members["expires"]
	if !given {
		return nil
	}
	s, _ := v.(string)
	expires, err := time.Parse(expiresForm, s)
	if err != nil || len(s) != len(expiresForm) { // time.Parse takes fractions of a second
		return malformed("it expires at %s, and no time such as \"2026-12-01T18:00:00Z\"", shown(v))
	}
	if !now.Before(expires) {
		return fmt.Errorf("%w: it was to be renewed by %s", ErrExpired, s)
	}
	return nil
}
