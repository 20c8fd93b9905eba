package signature

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

// block is what stands between two lines of dashes.
type block struct {
	kind string // "SSH SIGNATURE"
	data []byte
	line int // of its first line in the text, from 1
}

var (
	armorBegin = []byte("-----BEGIN ")
	armorEnd   = []byte("-----END ")
	armorRule  = []byte("-----")
)

// armored reads one block, and nothing may follow it: a second signature would go unchecked.
func armored(text []byte, kind string) ([]byte, error) {
	b, rest, err := nextBlock(text, 1)
	switch {
	case err != nil:
		return nil, err
	case b.kind != kind:
		return nil, fmt.Errorf("it is a block of %q, and not of %q", b.kind, kind)
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("more text follows the signature")
	}
	return b.data, nil
}

// nextBlock reads the block that the text starts with, and returns what follows it. Lines of "Key: value" may come first,
// followed by an empty line, and a checksum last (RFC 9580, section 6), which is not checked: it protects nothing that
// the signature doesn't, and the RFC forbids to insist on it.
func nextBlock(text []byte, line int) (block, []byte, error) {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	first = bytes.TrimRight(first, " \t\r")
	if !bytes.HasPrefix(first, armorBegin) || !bytes.HasSuffix(first[len(armorBegin):], armorRule) {
		return block{}, rest, errors.New("it does not start with a line -----BEGIN ...-----")
	}
	kind := bytes.TrimSuffix(bytes.TrimPrefix(first, armorBegin), armorRule)
	end := append(append(bytes.Clone(armorEnd), kind...), armorRule...)
	var digits []byte
	for len(rest) > 0 && !bytes.HasPrefix(rest, armorBegin) {
		var l []byte
		l, rest, _ = bytes.Cut(rest, []byte("\n"))
		l = bytes.TrimRight(l, " \t\r")
		switch {
		case bytes.Equal(l, end):
			data, err := base64.StdEncoding.DecodeString(string(digits))
			if err != nil {
				return block{}, rest, errors.New("what stands between its lines of dashes is not base64")
			}
			return block{string(kind), data, line}, rest, nil
		case len(l) == 5 && l[0] == '=', bytes.Contains(l, []byte(": ")) && len(digits) == 0:
		default:
			digits = append(digits, l...)
		}
	}
	return block{}, rest, fmt.Errorf("the line %q is missing", end)
}
