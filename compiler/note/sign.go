package note

import (
	"context"
	"fmt"
	"slices"
)

// Signer returns the signature line of one key for a text. It may be used once or many times, and takes as long as ctx lets it.
type Signer func(ctx context.Context, text []byte) (line string, err error)

// Sign signs an unsigned document with each of the signers, in their order, and returns the signed one. It refuses a document
// that Split does not take or that is signed already, no signers, and two that sign with one key.
func Sign(ctx context.Context, doc []byte, signers ...Signer) ([]byte, error) {
	text, lines, err := Split(doc)
	switch {
	case err != nil:
		return nil, err
	case len(lines) > 0:
		return nil, fmt.Errorf("it is signed already; sign the unsigned document with all keys at once")
	case len(signers) == 0:
		return nil, fmt.Errorf("there is no key to sign with")
	}
	var ids []identity
	for _, sign := range signers {
		line, err := sign(ctx, text)
		if err != nil {
			return nil, err
		}
		s, err := parseSignature(line)
		if err != nil {
			return nil, fmt.Errorf("a signature %w", err)
		}
		if slices.Contains(ids, s.id) {
			return nil, fmt.Errorf("two of the sources sign with the key %s; name each key once", s.id)
		}
		ids, lines = append(ids, s.id), append(lines, line)
	}
	return Join(text, lines)
}

// Signer returns what signs with the key.
func (p PrivateKey) Signer() Signer {
	return func(_ context.Context, text []byte) (string, error) {
		raw, err := p.signer.Sign(text)
		if err != nil {
			return "", fmt.Errorf("signing with %s: %w", p.public.id, err)
		}
		return signature{p.public.id, raw}.String(), nil
	}
}
