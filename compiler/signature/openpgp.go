package signature

import (
	"bytes"
	goerrors "errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// weakHashes are too weak to sign data with, by their ids in RFC 9580, section 9.5.
var weakHashes = map[byte]string{1: "MD5", 2: "SHA-1", 3: "RIPEMD-160"}

// verify checks an OpenPGP signature.
func (k PGPKeys) verify(payload, armoured []byte, at time.Time) Result {
	s, state, err := parsePGP(armoured)
	if err != nil {
		return Result{State: state, Reason: err.Error()}
	}
	r := Result{Key: issuer(s)}
	if s.SignerUserId != nil {
		r.Signer = *s.SignerUserId
	}
	candidates := k.keys[*s.IssuerKeyId]
	if len(candidates) == 0 {
		r.State, r.Reason = UnknownKey, "the key is not in the key ring"
		return r
	}
	var results []Result
	for _, key := range candidates {
		results = append(results, key.verify(s, payload, at))
	}
	return slices.MaxFunc(results, func(a, b Result) int { return slices.Index(weight, a.State) - slices.Index(weight, b.State) })
}

// weight orders what several keys with one id make of a signature, the word that counts last. They may be copies of one
// key of different age, which gpg merges: a revocation in one of them holds, and so does a longer life.
var weight = []State{Bad, Unsupported, Expired, Good, Revoked}

// verify holds a signature against one key.
func (k *pgpKey) verify(s *packet.Signature, payload []byte, at time.Time) Result {
	r := Result{State: Bad, Key: fmt.Sprintf("%X", k.public.Fingerprint), Signer: k.primary.name(at)}
	switch {
	case goerrors.Is(k.unusable, errCurve):
		r.State, r.Reason = Unsupported, errCurve.Error()
	case k.unusable != nil:
		r.Reason = "its key counts for nothing: " + k.unusable.Error()
	case !k.made(s, payload):
		r.Reason = "it is not of this commit"
	default:
		r.State, r.Reason = judge(k, s, at)
	}
	return r
}

// parsePGP reads the one signature of a header. git counts none if there are several (parse_gpg_output in
// gpg-interface.c).
func parsePGP(text []byte) (*packet.Signature, State, error) {
	data, err := armored(text, "PGP SIGNATURE")
	if err != nil {
		return nil, Bad, err
	}
	packets := packet.NewOpaqueReader(bytes.NewReader(data))
	first, err := packets.Next()
	if err != nil || first.Tag != tagSignature {
		return nil, Bad, goerrors.New("the header holds no OpenPGP signature")
	}
	if _, err := packets.Next(); err != io.EOF {
		return nil, Bad, goerrors.New("more follows the signature, and git takes one only")
	}
	if c := first.Contents; len(c) > 3 && c[0] >= 4 && weakHashes[c[3]] != "" {
		return nil, Bad, fmt.Errorf("it is made with %s, which is too weak", weakHashes[c[3]])
	}
	return readPGP(first)
}

func readPGP(p *packet.OpaquePacket) (*packet.Signature, State, error) {
	parsed, err := p.Parse()
	if unsupported := errors.UnsupportedError(""); goerrors.As(err, &unsupported) {
		return nil, Unsupported, fmt.Errorf("not supported: %s", oneLine(string(unsupported)))
	}
	s, ok := parsed.(*packet.Signature)
	switch {
	case err != nil || !ok:
		return nil, Bad, goerrors.New("the signature is damaged")
	case s.SigType != packet.SigTypeBinary:
		return nil, Bad, goerrors.New("it is not a signature of binary data, as git makes them")
	case criticalNotation(s) != "":
		return nil, Unsupported, fmt.Errorf("the extension %q is not supported", oneLine(criticalNotation(s)))
	case s.IssuerKeyId == nil:
		return nil, Bad, goerrors.New("it names no key")
	}
	return s, Good, nil
}

// issuer is the key that a signature names: its fingerprint, or else its id.
func issuer(s *packet.Signature) string {
	if len(s.IssuerFingerprint) > 0 {
		return fmt.Sprintf("%X", s.IssuerFingerprint)
	}
	return fmt.Sprintf("%016X", *s.IssuerKeyId)
}

// made reports whether the key made the signature over a payload.
func (k *pgpKey) made(s *packet.Signature, payload []byte) bool {
	h, err := s.PrepareVerify()
	if err != nil {
		return false
	}
	h.Write(payload)
	return k.public.VerifySignature(h, s) == nil
}

// judge holds a right signature against the times: that of the commit, and that at which the signature says it was made.
// The latter may be later, while the committer wrote the message or a rebase kept the date, so the signature may be of the
// commit's future; its key must have been good at both times.
func judge(key *pgpKey, s *packet.Signature, at time.Time) (State, string) {
	for _, t := range []time.Time{at, s.CreationTime} {
		for _, k := range []*pgpKey{key.primary, key} {
			if state, reason := k.goodAt(t); state != Good {
				return state, reason
			}
		}
	}
	if b, _ := current(key.bindings, at); !b.signs {
		return Bad, "the key is not for signing"
	}
	if len(key.primary.names) > 0 && key.primary.name(at) == "" {
		return Revoked, "every user id of the key was revoked"
	}
	if ends := after(s.CreationTime, s.SigLifetimeSecs); !ends.IsZero() && at.After(ends) {
		return Expired, "the signature had expired on " + ends.UTC().Format(time.RFC3339)
	}
	return Good, ""
}

// goodAt reports whether a key was valid at a time: Good, Revoked or Expired, with the reason.
func (k *pgpKey) goodAt(t time.Time) (State, string) {
	for _, r := range k.revoked {
		if r.hard {
			return Revoked, "the key was revoked, and not just retired: none of its signatures counts"
		}
		if !t.Before(r.from) {
			return Revoked, "the key was revoked on " + r.from.UTC().Format(time.RFC3339)
		}
	}
	if t.Before(k.public.CreationTime) {
		return Expired, "the key was made later, on " + k.public.CreationTime.UTC().Format(time.RFC3339)
	}
	b, ok := current(k.bindings, t)
	if !ok {
		return Expired, "what bound the key to its owner had expired"
	}
	limit, _ := current(k.limits, t)
	for _, ends := range []time.Time{b.keyEnds, limit.keyEnds} {
		if !ends.IsZero() && t.After(ends) {
			return Expired, "the key had expired on " + ends.UTC().Format(time.RFC3339)
		}
	}
	return Good, ""
}

// current is what was last said about a key by a time, of bindings in order. Exports of keys often keep the newest only (gpg
// --export-options export-minimal), so if all was said later, the first of it counts.
func current(bindings []binding, t time.Time) (last binding, ok bool) {
	for _, b := range bindings {
		expired := !b.ends.IsZero() && t.After(b.ends)
		if !expired && (!ok || !b.made.After(t)) {
			last, ok = b, true
		}
	}
	return last, ok
}

// name is the user id of a primary key at a time; "" if it has none.
func (k *pgpKey) name(t time.Time) string {
	var best string
	var by binding
	for _, u := range k.names {
		b, ok := current(u.bindings, t)
		if ok && !u.revokedAt(t, b) && (best == "" || b.better(by, t)) {
			best, by = u.text, b
		}
	}
	return best
}

// better orders user ids: one that was there at the time comes before one that was not, then the one marked as the first,
// then the newest.
func (b binding) better(than binding, t time.Time) bool {
	if later := b.made.After(t); later != than.made.After(t) {
		return !later
	}
	if b.first != than.first {
		return b.first
	}
	return b.made.After(than.made)
}

// revokedAt reports whether a user id had been taken back by a time, and not been given again since.
func (u userID) revokedAt(t time.Time, last binding) bool {
	return slices.ContainsFunc(u.revoked, func(r revocation) bool { return !t.Before(r.from) && !r.from.Before(last.made) })
}
