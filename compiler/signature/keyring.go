package signature

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// maxRing is the longest key ring, in bytes, and maxRingSignatures is how many signatures it may hold: reading it checks
// those that keys made on themselves, which takes 2 ms each on the slowest curve.
const maxRing, maxRingSignatures = 4 << 20, 2000

// PGPKeys are the keys of an OpenPGP key ring. The zero value has none.
type PGPKeys struct {
	keys map[uint64][]*pgpKey // by key id, which is short enough to be of several keys
}

// pgpKey is a primary key or a subkey, with what the primary key has signed about it. All of those signatures are checked.
type pgpKey struct {
	public   *packet.PublicKey
	unusable error     // why no signature of the key counts, whatever the rest says; nil if they may
	primary  *pgpKey   // itself, for a primary key
	bindings []binding // the oldest first, and of those made at once what ends last
	revoked  []revocation
	names    []userID  // of a primary key, in order
	limits   []binding // of a primary key: bindings of which nothing counts but when the key ends
}

// binding is a signature by which the primary key says what a key is good for.
type binding struct {
	made    time.Time
	ends    time.Time // when the signature expires; zero is never
	keyEnds time.Time // when the key expires; zero is never
	signs   bool      // the key may sign data
	first   bool      // the user id is the key's first
}

// revocation is a signature by which the primary key takes a binding back.
type revocation struct {
	from time.Time
	hard bool // the key may be in wrong hands, so that no signature of it counts, whatever time it claims
}

// userID is a name that the primary key gives itself: "Alice <alice@example.com>".
type userID struct {
	text     string
	bindings []binding
	revoked  []revocation
}

// ParseKeyRing reads an OpenPGP key ring as gpg --export writes it: binary, or armoured in one or more blocks, with any
// text between them. Keys that can't be read or trusted are faults, and the other keys count. So is a private key.
func ParseKeyRing(text []byte) (PGPKeys, []Fault) {
	if len(text) > maxRing {
		return PGPKeys{}, []Fault{{0, "the key ring is longer than 4 MiB"}}
	}
	blocks, faults := ringBlocks(text)
	r := ringReader{keys: map[uint64][]*pgpKey{}, faults: faults}
	for _, b := range blocks {
		r.readBlock(b)
	}
	if len(r.keys) == 0 && len(r.faults) == 0 {
		r.faults = append(r.faults, Fault{0, "the key ring has no keys"})
	}
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return PGPKeys{r.keys}, r.faults
}

// ringBlocks splits a key ring. Binary packets start with a byte that is no ASCII (RFC 9580, section 4.2), and text does
// not.
func ringBlocks(text []byte) (blocks []block, faults []Fault) {
	if len(text) > 0 && text[0] >= 0x80 {
		return []block{{kind: publicBlock, data: text}}, nil
	}
	for line := 1; len(text) > 0; {
		rest := text
		if bytes.HasPrefix(text, armorBegin) {
			b, after, err := nextBlock(text, line)
			rest = after
			switch {
			case err != nil:
				faults = append(faults, Fault{line, err.Error()})
			case b.kind != publicBlock:
				faults = append(faults, Fault{line, fmt.Sprintf("a block of %q has no place in a ring of public keys", oneLine(b.kind))})
			default:
				blocks = append(blocks, b)
			}
		} else {
			_, rest, _ = bytes.Cut(text, []byte("\n"))
		}
		line += bytes.Count(text[:len(text)-len(rest)], []byte("\n"))
		text = rest
	}
	if len(blocks) == 0 && len(faults) == 0 {
		faults = append(faults, Fault{0, "there is no line -----BEGIN " + publicBlock + "-----"})
	}
	return blocks, faults
}

const publicBlock = "PGP PUBLIC KEY BLOCK"

// Tags of packets (RFC 9580, section 5), and the bits that the first byte of a packet has besides its tag (section 4.2).
const (
	tagSignature = 2
	tagSecretKey = 5
	tagPublicKey = 6
	newFormat    = 0xc0
)

// ringReader gathers what the blocks of a key ring hold.
type ringReader struct {
	keys       map[uint64][]*pgpKey
	signatures int
	faults     []Fault
}

// readBlock reads the keys of one block, each apart from the others, so that one that can't be read spoils no other.
func (r *ringReader) readBlock(b block) {
	keys, err := r.splitKeys(b.data)
	if err != nil {
		r.faults = append(r.faults, Fault{b.line, err.Error()})
	}
	for i, raw := range keys {
		if err := r.add(raw); err != nil {
			r.faults = append(r.faults, Fault{b.line, fmt.Sprintf("key %d of the block: %v", i+1, err)})
		}
	}
}

// splitKeys splits a block before each of its primary keys. What comes before the damage counts.
func (r *ringReader) splitKeys(data []byte) (keys [][]byte, err error) {
	for packets := packet.NewOpaqueReader(bytes.NewReader(data)); ; {
		p, err := packets.Next()
		if err == io.EOF {
			return keys, nil
		}
		if err != nil {
			return keys, errors.New("the key ring is cut off or damaged")
		}
		if p.Tag == tagSignature {
			r.signatures++
		}
		if r.signatures > maxRingSignatures {
			return keys, fmt.Errorf("the key ring holds more than %d signatures; gpg --export-options export-minimal leaves out most", maxRingSignatures)
		}
		if p.Tag == tagPublicKey || p.Tag == tagSecretKey || len(keys) == 0 {
			keys = append(keys, nil)
		}
		var raw bytes.Buffer
		if err := p.Serialize(&raw); err != nil {
			return keys, errors.New("the key ring is cut off or damaged")
		}
		keys[len(keys)-1] = append(keys[len(keys)-1], raw.Bytes()...)
	}
}

// add reads one key with its subkeys and checks what it has signed about itself. A key that is of no use is kept too, so
// that commits that it signed can be told why.
func (r *ringReader) add(raw []byte) error {
	if raw[0] == newFormat|tagSecretKey {
		return errors.New("it is a private key, which has no place in a ring of public keys; gpg --export writes public ones")
	}
	e, err := openpgp.ReadEntity(packet.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return fmt.Errorf("it can't be read: %s", oneLine(err.Error()))
	}
	primary := newPrimary(e)
	r.put(primary)
	for _, s := range e.Subkeys {
		if s.PublicKey.PubKeyAlgo.CanSign() {
			r.put(newSubkey(primary, s))
		}
	}
	if primary.unusable != nil {
		return fmt.Errorf("%X: %w", e.PrimaryKey.Fingerprint, primary.unusable)
	}
	return nil
}

func (r *ringReader) put(key *pgpKey) {
	r.keys[key.public.KeyId] = append(r.keys[key.public.KeyId], key)
}

func newPrimary(e *openpgp.Entity) *pgpKey {
	key := &pgpKey{public: e.PrimaryKey, unusable: checkable(e.PrimaryKey)}
	key.primary = key
	if key.unusable != nil {
		return key
	}
	revocations := valid(e.Revocations, e.PrimaryKey.VerifyRevocationSignature)
	if len(revocations) < len(e.Revocations) {
		key.unusable = errForeignRevocation
		return key
	}
	key.revoked = revocationsOf(revocations)
	// Before version 6, user ids said what a key is for, and signatures on the key itself often say nothing of it.
	direct := bindingsOf(valid(e.DirectSignatures, e.PrimaryKey.VerifyDirectKeySignature), key.public)
	if key.public.Version >= 6 {
		key.bindings = direct
	} else {
		key.limits = slices.DeleteFunc(direct, func(b binding) bool { return b.keyEnds.IsZero() })
	}
	key.addNames(e)
	if len(key.bindings) == 0 {
		key.unusable = errors.New("it has no valid signature of its own")
	}
	return key
}

// addNames takes the user ids that the key has signed itself.
func (k *pgpKey) addNames(e *openpgp.Entity) {
	for name, id := range e.Identities {
		check := func(s *packet.Signature) error { return e.PrimaryKey.VerifyUserIdSignature(name, e.PrimaryKey, s) }
		if bindings := bindingsOf(valid(id.SelfCertifications, check), k.public); len(bindings) > 0 {
			k.names = append(k.names, userID{name, bindings, revocationsOf(valid(id.Revocations, check))})
		}
	}
	slices.SortFunc(k.names, func(a, b userID) int { return cmp.Compare(a.text, b.text) })
	if k.public.Version < 6 {
		for _, u := range k.names {
			k.bindings = append(k.bindings, u.bindings...)
		}
		slices.SortStableFunc(k.bindings, compareBindings)
	}
}

func newSubkey(primary *pgpKey, s openpgp.Subkey) *pgpKey {
	key := &pgpKey{public: s.PublicKey, primary: primary, unusable: cmp.Or(primary.unusable, checkable(s.PublicKey))}
	if key.unusable != nil {
		return key
	}
	// A subkey that may sign must have signed the primary key in turn, which this checks too: else a key could pass off
	// another's signatures as its own.
	key.bindings = bindingsOf(valid(s.Bindings, func(b *packet.Signature) error {
		return primary.public.VerifyKeySignature(s.PublicKey, b)
	}), s.PublicKey)
	revocations := valid(s.Revocations, func(r *packet.Signature) error {
		return primary.public.VerifySubkeyRevocationSignature(r, s.PublicKey)
	})
	key.revoked = revocationsOf(revocations)
	switch {
	case len(revocations) < len(s.Revocations):
		key.unusable = errForeignRevocation
	case len(key.bindings) == 0:
		key.unusable = errors.New("the subkey is not bound to its primary key")
	}
	return key
}

// valid are the signatures that pass a check. SHA-1 is let pass here, as gpg does: old keys have bound themselves with it,
// and nobody else chose what they signed.
func valid(all []*packet.VerifiableSignature, check func(*packet.Signature) error) (good []*packet.Signature) {
	for _, s := range all {
		if check(s.Packet) == nil && criticalNotation(s.Packet) == "" {
			good = append(good, s.Packet)
		}
	}
	return good
}

// criticalNotation is the name of an extension that whoever doesn't know it must not ignore, or "" (RFC 9580, section
// 5.2.3.24). No extension is known here.
func criticalNotation(s *packet.Signature) string {
	for _, n := range s.Notations {
		if n.IsCritical {
			return n.Name
		}
	}
	return ""
}

func bindingsOf(all []*packet.Signature, key *packet.PublicKey) (bindings []binding) {
	for _, s := range all {
		bindings = append(bindings, binding{
			made:    s.CreationTime,
			ends:    after(s.CreationTime, s.SigLifetimeSecs),
			keyEnds: after(key.CreationTime, s.KeyLifetimeSecs),
			signs:   s.FlagsValid && s.FlagSign,
			first:   s.IsPrimaryId != nil && *s.IsPrimaryId,
		})
	}
	slices.SortStableFunc(bindings, compareBindings)
	return bindings
}

// compareBindings puts the oldest first, and of those made at once what ends last, so that the stricter one is the last word.
func compareBindings(a, b binding) int {
	switch made := a.made.Compare(b.made); {
	case made != 0 || a.keyEnds.Equal(b.keyEnds):
		return made
	case a.keyEnds.IsZero():
		return -1
	case b.keyEnds.IsZero():
		return 1
	}
	return b.keyEnds.Compare(a.keyEnds)
}

// after is the end of a span; a span of none or no seconds has no end.
func after(start time.Time, seconds *uint32) time.Time {
	if seconds == nil || *seconds == 0 {
		return time.Time{}
	}
	return start.Add(time.Duration(*seconds) * time.Second)
}

// revocationsOf reads the reasons of revocations. Only those that say that the key was in good hands to the end are soft
// (RFC 9580, section 5.2.3.31); the certificate that gpg writes in advance, for a key that is lost, gives none.
func revocationsOf(all []*packet.Signature) (revocations []revocation) {
	for _, s := range all {
		soft := s.RevocationReason != nil && slices.Contains([]packet.ReasonForRevocation{
			packet.KeySuperseded, packet.KeyRetired, packet.UserIDNotValid}, *s.RevocationReason)
		revocations = append(revocations, revocation{from: s.CreationTime, hard: !soft})
	}
	return revocations
}

// errCurve is about curves on which one check takes up to 40 ms, so that a short key ring could hold up everything.
var errCurve = errors.New("of the elliptic curves only Curve25519, Curve448 and those of NIST are supported")

// errForeignRevocation: the key may have named another that may revoke it (RFC 9580, section 5.2.3.23), and the word of that
// other key can't be checked.
var errForeignRevocation = errors.New("it has a revocation that it did not make itself")

// checkable says why signatures of a key are not checked, if so: they prove nothing, or cost too much.
func checkable(key *packet.PublicKey) error {
	switch key.PubKeyAlgo {
	case packet.PubKeyAlgoDSA:
		return errors.New("DSA keys are too weak")
	case packet.PubKeyAlgoECDSA:
		if curve, err := key.Curve(); err != nil || !slices.Contains([]packet.Curve{packet.CurveNistP256, packet.CurveNistP384, packet.CurveNistP521}, curve) {
			return errCurve
		}
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly:
		if bits, err := key.BitLength(); err != nil || bits < minRSA || bits > maxRSA {
			return fmt.Errorf("the RSA key has %d bits; %d to %d are wanted", bits, minRSA, maxRSA)
		}
	}
	return nil
}
