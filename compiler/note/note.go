// Package note signs pointers and says whether signatures hold. A signed pointer is one JSON document of two lines, which a
// reader that knows nothing of signatures takes like any other:
//
//	{"cohorts":[],"registry":"acme-shop","schema":"muster/pointer/v1","serial":12,"ttl":60
//	,"signatures":["— acme-shop-2026 5sn0Xm…=","— acme-shop-2027 kRt2…="]}
//
// What is signed, the text, is line 1 with the brace that it lacks and a newline: the canonical JSON (RFC 8785) of the pointer,
// and a newline. An unsigned pointer is that text without the newline. Each signature is a line of a C2SP signed note
// (https://c2sp.org/signed-note) with an Ed25519 key, so that the text, an empty line and those lines are a note which any tool
// for such notes verifies. As each name and each signature has one spelling only, a document is the same bytes before Split and
// after Join.
//
// A key is written as in that specification, NAME+HASH+BASE64. A private key is PRIVATE+KEY+NAME+HASH+BASE64, and no error of
// this package shows any part of one.
//
// Verify looks at the signatures alone. Accept is the whole of what a shell asks of a pointer before it believes it;
// testdata/verify.mjs is the same in JavaScript, and testdata/vectors.json is what both say of a table of documents.
package note

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"muster/compiler/canonical"
)

// What a document may come to: bytes, and signatures (C2SP asks for 16 at the least). A pointer to a thousand cohorts has a
// quarter of a megabyte, and nests five deep.
const (
	MaxSize       = 1 << 20
	maxSignatures = 100
	maxDepth      = 32
)

// ErrMalformed wraps what is wrong with bytes that are neither an unsigned nor a signed document.
var ErrMalformed = errors.New("neither an unsigned document, which is canonical JSON, nor a signed one, which has signatures on a second line")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))
}

// The second line of a signed document, around its signatures, and what is between two of them.
const (
	before  = `,"signatures":["`
	between = `","`
	after   = `"]}`
)

// Split takes a document apart: the text that is signed, which ends in a newline, and its signature lines without newlines, in
// their order; none if the document is unsigned. It takes just the two forms that the package describes, so that Join makes the
// same bytes of the parts again. The error wraps ErrMalformed.
func Split(doc []byte) (text []byte, lines []string, err error) {
	if len(doc) > MaxSize {
		return nil, nil, malformed("it has %d bytes, and %d are the most", len(doc), MaxSize)
	}
	first, second, signed := bytes.Cut(doc, []byte("\n"))
	if signed {
		first = append(bytes.Clone(first), '}')
		if lines, err = parseSignatures(string(second)); err != nil {
			return nil, nil, err
		}
	}
	if err := checkText(first); err != nil {
		return nil, nil, err
	}
	return append(bytes.Clone(first), '\n'), lines, nil
}

// checkText asks that an object is canonical, and has members and room for its signatures.
func checkText(object []byte) error {
	if err := canonical.Check(object, maxDepth); err != nil {
		return malformed("%w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return malformed("%w", err)
	}
	if len(members) == 0 { // behind {} the signatures' comma would be one too many
		return malformed("it is an object without members")
	}
	if _, signed := members["signatures"]; signed {
		return malformed("its signatures are not on a line of their own")
	}
	return nil
}

// Join is the document of a text and its signature lines, as Split returns them. The error wraps ErrMalformed.
func Join(text []byte, lines []string) ([]byte, error) {
	object, ok := bytes.CutSuffix(text, []byte("}\n"))
	if !ok {
		return nil, malformed("a text that is signed ends in a brace and a newline")
	}
	var doc []byte
	if len(lines) == 0 {
		doc = append(bytes.Clone(object), '}')
	} else {
		doc = append(bytes.Clone(object), "\n"+before+strings.Join(lines, between)+after+"\n"...)
	}
	_, parsed, err := Split(doc)
	if err == nil && len(parsed) != len(lines) {
		err = malformed("a signature holds another one")
	}
	if err != nil {
		return nil, err
	}
	return doc, nil
}

// nameForm are the names of keys: printable ASCII but for the plus, which C2SP refuses, and for the quote and the backslash,
// which JSON would have to escape.
const nameForm = `[!#-*,-\[\]-~]+`

// signatureForm has a name, and at least one byte of a signature behind the four that tell the key. Of base64 it takes padding
// where it belongs, and nowhere else.
var signatureForm = regexp.MustCompile(`^— (` + nameForm + `) ((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$`)

// parseSignatures reads line 2 of a signed document, with its newline.
func parseSignatures(line string) ([]string, error) {
	list, isLine := strings.CutPrefix(line, before)
	list, ends := strings.CutSuffix(list, after+"\n")
	if !isLine || !ends {
		return nil, malformed("line 2 must be %s…%s and a newline, and nothing may follow", before, after)
	}
	lines := strings.Split(list, between)
	if len(lines) > maxSignatures {
		return nil, malformed("it has %d signatures, and %d are the most", len(lines), maxSignatures)
	}
	for i, l := range lines {
		if _, err := parseSignature(l); err != nil {
			return nil, malformed("signature %d %w", i+1, err)
		}
	}
	return lines, nil
}

// signature is one line: a C2SP signature and whose it is said to be.
type signature struct {
	id  identity
	raw []byte // without the hash of the key
}

var errSignature = errors.New("must be \"— NAME BASE64\", with a dash U+2014 and single spaces")

func parseSignature(line string) (signature, error) {
	m := signatureForm.FindStringSubmatch(line)
	if m == nil {
		return signature{}, errSignature
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(m[2])
	if err != nil || len(raw) < 5 {
		return signature{}, errSignature
	}
	return signature{identity{m[1], [4]byte(raw)}, raw[4:]}, nil
}

// String is the line.
func (s signature) String() string {
	return "— " + s.id.name + " " + base64.StdEncoding.EncodeToString(append(s.id.hash[:], s.raw...))
}
