package note

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Key is a public Ed25519 key and its name. The zero Key is none.
type Key struct {
	text     string
	id       identity
	public   ed25519.PublicKey
	verifier note.Verifier
}

// identity is what a signature tells of its key.
type identity struct {
	name string
	hash [4]byte
}

// String is NAME+HASH, which C2SP calls a key's name and id.
func (i identity) String() string { return i.name + "+" + hex.EncodeToString(i.hash[:]) }

const (
	ed25519Type   = 1 // C2SP's signature type
	maxName       = 128
	privatePrefix = "PRIVATE+KEY+"
)

// ErrPrivate is what ParseKey returns for a private key: where public ones are written it must never be.
var ErrPrivate = errors.New("this is a private key")

var wholeName = regexp.MustCompile(`^` + nameForm + `$`)

// CheckName returns what is wrong with the name of a key: 1 to 128 characters of printable ASCII, and none of them a space, a
// plus, a quote or a backslash, such as acme-shop-2026 or acme.example/shop.
func CheckName(name string) error {
	if len(name) > maxName || !wholeName.MatchString(name) {
		return fmt.Errorf("%.*q is no name of a key; one has 1 to %d characters of ASCII without spaces, plus signs, quotes and backslashes, such as acme-shop-2026", maxName, name, maxName)
	}
	return nil
}

// ParseKey reads a public key, NAME+HASH+BASE64. Each key has one spelling. It returns ErrPrivate for a private one; other errors
// say what is wrong.
func ParseKey(text string) (Key, error) {
	if strings.Contains(text, privatePrefix) {
		return Key{}, ErrPrivate
	}
	parts := strings.SplitN(text, "+", 3)
	if len(parts) < 3 {
		return Key{}, errors.New("a public key is NAME+HASH+BASE64, as `muster key new` prints it")
	}
	if err := CheckName(parts[0]); err != nil {
		return Key{}, err
	}
	public, err := parsePublic(parts[2])
	if err != nil {
		return Key{}, err
	}
	key, err := newKey(parts[0], public)
	if err == nil && key.text != text {
		err = fmt.Errorf("the hash of this name and key is %x, and not %.20q: a character is missing or mistyped", key.id.hash, parts[1])
	}
	if err != nil {
		return Key{}, err
	}
	return key, nil
}

// parsePublic reads the part of a key behind its hash.
func parsePublic(data string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(data)
	switch {
	case err != nil || base64.StdEncoding.EncodeToString(raw) != data || len(raw) == 0:
		return nil, errors.New("what follows the hash is not base64")
	case raw[0] != ed25519Type:
		return nil, fmt.Errorf("it is a key of type %d, and muster takes Ed25519 keys, which are of type %d", raw[0], ed25519Type)
	case len(raw) != 1+ed25519.PublicKeySize:
		return nil, fmt.Errorf("an Ed25519 key has %d bytes, and this one %d: a part is missing, or too much", ed25519.PublicKeySize, len(raw)-1)
	}
	return raw[1:], nil
}

func newKey(name string, public ed25519.PublicKey) (Key, error) {
	text, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		return Key{}, err
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return Key{}, err
	}
	k := Key{text: text, id: identity{name: name}, public: public, verifier: v}
	binary.BigEndian.PutUint32(k.id.hash[:], v.KeyHash())
	return k, nil
}

// Name is the key's name.
func (k Key) Name() string { return k.id.name }

// String is the key as ParseKey reads it.
func (k Key) String() string { return k.text }

// Same reports whether two keys count as one: they are the same public key, be it under two names, or signatures could not tell
// them apart.
func (k Key) Same(o Key) bool { return k.id == o.id || bytes.Equal(k.public, o.public) }

// GenerateKey makes a key of that name: the private key as ParsePrivateKey reads it, which is not to be shown, and the public
// one.
func GenerateKey(name string) (private string, public Key, err error) {
	if err := CheckName(name); err != nil {
		return "", Key{}, err
	}
	private, text, err := note.GenerateKey(nil, name)
	if err != nil {
		return "", Key{}, fmt.Errorf("generating key: %w", err)
	}
	public, err = ParseKey(text)
	return private, public, err
}

// PrivateKey is a key that signs.
type PrivateKey struct {
	public Key
	signer note.Signer
}

var errPrivate = errors.New("it holds a private key that is cut or altered: nothing can be signed with it")

// ParsePrivateKey reads a private key, and takes a line's end behind it. Errors begin with "it", for what the text is from, and
// show nothing of it.
func ParsePrivateKey(text string) (PrivateKey, error) {
	text = strings.TrimRight(text, "\r\n")
	if _, err := ParseKey(text); err == nil {
		return PrivateKey{}, errors.New("it holds a public key; signing takes the private one")
	}
	body, isPrivate := strings.CutPrefix(text, privatePrefix)
	if !isPrivate {
		return PrivateKey{}, errors.New("it holds no private key, which begins with " + privatePrefix)
	}
	signer, err := note.NewSigner(text)
	if err != nil {
		return PrivateKey{}, errPrivate
	}
	seed, err := base64.StdEncoding.DecodeString(strings.SplitN(body, "+", 3)[2])
	if err != nil || len(seed) != 1+ed25519.SeedSize || CheckName(signer.Name()) != nil {
		return PrivateKey{}, errPrivate
	}
	public, err := newKey(signer.Name(), ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey))
	return PrivateKey{public, signer}, err
}

// Public is the public key that belongs to it.
func (p PrivateKey) Public() Key { return p.public }
