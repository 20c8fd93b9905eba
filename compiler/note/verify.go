package note

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Why the signatures of a document are not enough. Errors of Verify and Accept wrap one of them, or ErrMalformed.
var (
	// ErrUnsigned: there is no signature.
	ErrUnsigned = errors.New("it is not signed")
	// ErrSignature: a signature that says it is of a known key is not, whatever the others are: the text was altered, or the
	// signature belongs to another text.
	ErrSignature = errors.New("a signature does not hold")
	// ErrUnknownKeys: there are signatures, and none of them is of a known key.
	ErrUnknownKeys = errors.New("no known key signed it")
	// ErrThreshold: known keys signed it, and fewer than it takes.
	ErrThreshold = errors.New("too few keys signed it")
)

// Keys are the public keys whose signatures count, and how many of them it takes. They must not be changed.
type Keys struct {
	list      []Key
	threshold int
}

// NewKeys returns keys of which threshold have to sign: one at the least, no two the same, and a threshold that they can meet.
func NewKeys(threshold int, list ...Key) (*Keys, error) {
	for i, k := range list {
		if slices.ContainsFunc(list[:i], k.Same) {
			return nil, fmt.Errorf("the key %s is listed twice; one key counts once", k.id)
		}
	}
	if threshold < 1 || threshold > len(list) {
		return nil, fmt.Errorf("%d of %d keys can't sign; write a threshold from 1 to the number of keys", threshold, len(list))
	}
	return &Keys{slices.Clone(list), threshold}, nil
}

// find returns the key that a signature says it is of.
func (k *Keys) find(id identity) (Key, bool) {
	i := slices.IndexFunc(k.list, func(key Key) bool { return key.id == id })
	if i < 0 {
		return Key{}, false
	}
	return k.list[i], true
}

// Result is what the signatures of a document come to.
type Result struct {
	Signed    []Key    // the known keys that signed, each once, in the order of their first signatures
	Unknown   []string // NAME+HASH of the other keys that are said to have signed, each once, likewise
	Threshold int      // how many known keys it takes
}

// String says who signed: "signed by acme-shop-2026 (1 of the 2 keys that it takes)".
func (r Result) String() string {
	who, missing := "no known key", ""
	if len(r.Signed) > 0 {
		names := make([]string, len(r.Signed))
		for i, k := range r.Signed {
			names[i] = k.Name()
		}
		who = strings.Join(names, ", ")
	}
	if len(r.Signed) < r.Threshold {
		missing = fmt.Sprintf(" (%d of the %d keys that it takes)", len(r.Signed), r.Threshold)
	}
	return "signed by " + who + missing
}

// Verify holds the signatures of a document against keys. As C2SP has it, a signature of an unknown key says nothing, and a
// wrong one of a known key spoils the document, be it signed otherwise. A key that signed several times counts once, and each
// of its signatures has to hold. With an error the result tells as much as was found out.
func Verify(doc []byte, keys *Keys) (Result, error) {
	text, lines, err := Split(doc)
	if err != nil {
		return Result{}, err
	}
	r := Result{Threshold: keys.threshold}
	if len(lines) == 0 {
		return r, ErrUnsigned
	}
	for _, line := range lines {
		s, err := parseSignature(line)
		if err != nil {
			return r, malformed("a signature %w", err)
		}
		if err := r.take(s, text, keys); err != nil {
			return r, err
		}
	}
	switch {
	case len(r.Signed) == 0:
		return r, fmt.Errorf("%w, but %s; the keys that count are %s", ErrUnknownKeys, strings.Join(r.Unknown, ", "), keys)
	case len(r.Signed) < keys.threshold:
		return r, fmt.Errorf("%w: it is %s", ErrThreshold, r)
	}
	return r, nil
}

// take judges one signature.
func (r *Result) take(s signature, text []byte, keys *Keys) error {
	key, known := keys.find(s.id)
	switch {
	case !known && !slices.Contains(r.Unknown, s.id.String()):
		r.Unknown = append(r.Unknown, s.id.String())
	case known && !key.verifier.Verify(text, s.raw):
		return fmt.Errorf("%w: that of %s", ErrSignature, s.id)
	case known && !slices.ContainsFunc(r.Signed, key.Same):
		r.Signed = append(r.Signed, key)
	}
	return nil
}

// String lists the keys: "acme-shop-2026+1a2b3c4d, acme-shop-2027+5e6f7081".
func (k *Keys) String() string {
	ids := make([]string, len(k.list))
	for i, key := range k.list {
		ids[i] = key.id.String()
	}
	return strings.Join(ids, ", ")
}
