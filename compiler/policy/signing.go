package policy

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/compiler/diag"
	"muster/compiler/note"
	"muster/compiler/registry"
)

// How long pointers may hold: a job that signs them anew must have time to fail and be mended, and a thief who holds back new
// ones must not have forever. An hour is 60 of the longest ttl.
const (
	minExpires = time.Hour
	maxExpires = 90 * 24 * time.Hour
)

var signingRule = Rule{
	Findings: []diag.Rule{{
		ID:       "signing/key",
		Summary:  "the keys of signing are public Ed25519 keys, each listed once",
		Protects: "A key that can't be read makes every signature of it one of an unknown key. A private key that anybody could read lets them sign what they like, and one key that is listed twice would count as two.",
		Bad:      "keys: [\"acme-shop-2026\"]",
		Good:     "keys: [\"acme-shop-2026+ebb0c3d9+AXoVHU4k83sY49LK59U1FkADInFWgR1x7EjYmuvfkPUI\"]",
	}, {
		ID:       "signing/threshold",
		Summary:  "signing asks for no more keys than it lists",
		Protects: "No pointer could ever be published.",
		Bad:      "threshold: 3    # of 2 keys",
		Good:     "threshold: 2",
	}, {
		ID:       "signing/expires",
		Summary:  "pointers hold for whole minutes, from an hour to 90 days",
		Protects: "A shell whose pointer has expired takes no other until a new one is signed: that must not hang on one late job. And who keeps new pointers from a shell must not be able to do so for ever.",
		Bad:      "expires: \"5m\"",
		Good:     "expires: \"168h\"",
	}},
	check: checkSigning,
}

func checkSigning(r *registry.Registry) (l diag.List) {
	p, s := r.Policy, r.Policy.Signing
	if s == nil {
		return nil
	}
	if _, err := readKeys(s); errors.Is(err, note.ErrPrivate) {
		return checkPrivate(p) // and nothing else, which could show the line
	}
	l = checkKeys(p)
	if s.Threshold > len(s.Keys) {
		at := s.ThresholdAt
		if at.IsZero() {
			at = s.At
		}
		l.Add(policyFault(p, at, "signing/threshold", fmt.Sprintf("signing takes %d of its keys, and lists %d", s.Threshold, len(s.Keys)), "add keys, or ask for fewer"))
	}
	if !s.ExpiresAt.IsZero() && (s.Expires < minExpires || s.Expires > maxExpires || s.Expires%time.Minute != 0) {
		l.Add(policyFault(p, s.ExpiresAt, "signing/expires", "expires is "+s.ExpiresAt.Value+"; it must be whole minutes from 1h to 90d", "write \"168h\", and have a job sign the pointer anew every day"))
	}
	return l
}

// checkPrivate tells of private keys without showing them, nor the lines where they stand.
func checkPrivate(p *registry.Policy) (l diag.List) {
	for _, t := range p.Signing.Keys {
		if _, err := note.ParseKey(t.Value); errors.Is(err, note.ErrPrivate) {
			at := p.File.Pos(t.Mark)
			l.Add(diag.Diagnostic{Pos: diag.Pos{File: at.File}, Rule: "signing/key",
				Message: fmt.Sprintf("line %d, column %d holds a PRIVATE key: whoever has read it can sign pointers", at.Line, at.Column),
				Help:    "never use this key again, not even if the commit is undone: make another one with muster key new, put its public key here and into the shells, and take the public key of this one out of both"})
		}
	}
	return l
}

func checkKeys(p *registry.Policy) (l diag.List) {
	var known []note.Key
	for _, t := range p.Signing.Keys {
		key, err := note.ParseKey(t.Value)
		twin := slices.IndexFunc(known, key.Same)
		switch {
		case err != nil:
			l.Add(policyFault(p, t, "signing/key", "this public key can't be read: "+err.Error(), "write the line that muster key new printed; muster key public prints it again"))
		case twin >= 0 && known[twin].Name() != key.Name():
			l.Add(policyFault(p, t, "signing/key", fmt.Sprintf("this is the key %s under another name", diag.Quote(known[twin].Name())), "one key counts once: take one of the two out"))
		case twin >= 0:
			l.Add(policyFault(p, t, "signing/key", "this key is listed twice", "take one of the two out"))
		default:
			known = append(known, key)
		}
	}
	return l
}

// Keys are the keys whose signatures a pointer needs; nil if it needs none. They can be read if Check finds nothing.
func Keys(p *registry.Policy) (*note.Keys, error) {
	if p.Signing == nil {
		return nil, nil
	}
	keys, err := readKeys(p.Signing)
	if err != nil {
		return nil, err
	}
	return note.NewKeys(p.Signing.Threshold, keys...)
}

func readKeys(s *registry.Signing) (keys []note.Key, err error) {
	for _, t := range s.Keys {
		key, keyErr := note.ParseKey(t.Value)
		keys, err = append(keys, key), errors.Join(err, keyErr)
	}
	return keys, err
}
