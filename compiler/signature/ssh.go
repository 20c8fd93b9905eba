package signature

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// namespace is what git signs commits and tags for: a signature of a file with the same key is none of a commit.
const namespace = "git"

// sshMagic is what both a signature and the text that it is made over start with (PROTOCOL.sshsig).
var sshMagic = [6]byte([]byte("SSHSIG"))

// kindDSA is the type of the keys that OpenSSH has given up.
const kindDSA = "ssh-dss"

// signatureFormats are the types of keys that sign commits, with the formats of their signatures. RSA with SHA-1
// ("ssh-rsa") is not among them.
var signatureFormats = map[string][]string{
	ssh.KeyAlgoED25519:    {ssh.KeyAlgoED25519},
	ssh.KeyAlgoRSA:        {ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512},
	ssh.KeyAlgoECDSA256:   {ssh.KeyAlgoECDSA256},
	ssh.KeyAlgoECDSA384:   {ssh.KeyAlgoECDSA384},
	ssh.KeyAlgoECDSA521:   {ssh.KeyAlgoECDSA521},
	ssh.KeyAlgoSKED25519:  {ssh.KeyAlgoSKED25519},
	ssh.KeyAlgoSKECDSA256: {ssh.KeyAlgoSKECDSA256},
}

// isKeyType reports whether a word is the type of a key or certificate, of those that some OpenSSH made.
func isKeyType(word string) bool {
	base, isCertificate := strings.CutSuffix(word, "-cert-v01@openssh.com")
	if isCertificate && strings.HasPrefix(base, "sk-") {
		base += "@openssh.com"
	}
	return signatureFormats[base] != nil || base == kindDSA
}

// sshSignature is a signature on the wire (PROTOCOL.sshsig, "Blob format").
type sshSignature struct {
	Magic     [6]byte
	Version   uint32
	PublicKey []byte
	Namespace string
	Reserved  []byte // to be ignored
	Hash      string
	Signature []byte
}

// signedText is what the key signs (PROTOCOL.sshsig, "Signed Data").
type signedText struct {
	Magic     [6]byte
	Namespace string
	Reserved  []byte
	Hash      string
	Sum       []byte
}

func parseSSH(text []byte) (sshSignature, error) {
	var s sshSignature
	data, err := armored(text, "SSH SIGNATURE")
	if err != nil {
		return s, err
	}
	if err := ssh.Unmarshal(data, &s); err != nil {
		return s, errors.New("the signature is damaged")
	}
	if s.Magic != sshMagic {
		return s, errors.New("the signature does not start with SSHSIG")
	}
	return s, nil
}

// key reads the key that made the signature, as the signature tells.
func (s sshSignature) key() (ssh.PublicKey, State, error) {
	var start struct {
		Type string
		Rest []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(s.PublicKey, &start) == nil && !isKeyType(start.Type) {
		return nil, Unsupported, fmt.Errorf("keys of type %q are not supported", oneLine(start.Type))
	}
	key, err := ssh.ParsePublicKey(s.PublicKey)
	if err != nil {
		return nil, Bad, errors.New("the key in the signature is damaged")
	}
	return key, Good, nil
}

// signed is the text that the key must have signed, of a payload.
func (s sshSignature) signed(payload []byte) ([]byte, error) {
	text := signedText{Magic: sshMagic, Namespace: s.Namespace, Hash: s.Hash}
	switch s.Hash {
	case "sha256":
		sum := sha256.Sum256(payload)
		text.Sum = sum[:]
	case "sha512":
		sum := sha512.Sum512(payload)
		text.Sum = sum[:]
	default:
		return nil, fmt.Errorf("the hash %q is neither sha256 nor sha512", oneLine(s.Hash))
	}
	return ssh.Marshal(text), nil
}

// check holds the signature against the payload and the key that it names. It doesn't ask whose key it is.
func (s sshSignature) check(payload []byte, key ssh.PublicKey) (State, error) {
	if s.Version != 1 {
		return Unsupported, fmt.Errorf("version %d of the format is not supported", s.Version)
	}
	if s.Namespace != namespace {
		return Bad, fmt.Errorf("it is for %q, and those of commits are for %q", oneLine(s.Namespace), namespace)
	}
	if err := weakness(key); err != nil {
		return Bad, err
	}
	text, err := s.signed(payload)
	if err != nil {
		return Bad, err
	}
	var sig ssh.Signature
	if err := ssh.Unmarshal(s.Signature, &sig); err != nil {
		return Bad, errors.New("the signature is damaged")
	}
	return checkFormat(key, text, &sig)
}

func checkFormat(key ssh.PublicKey, text []byte, sig *ssh.Signature) (State, error) {
	kind := plain(key).Type()
	isHardware := strings.HasPrefix(kind, "sk-")
	switch {
	case strings.HasPrefix(sig.Format, "webauthn-"):
		return Unsupported, errors.New("signatures that a browser made are not supported")
	case sig.Format == ssh.KeyAlgoRSA:
		return Bad, errors.New("it is made with SHA-1, which is too weak")
	case !slices.Contains(signatureFormats[kind], sig.Format):
		return Bad, fmt.Errorf("a key of type %s makes no signature of the format %q", kind, oneLine(sig.Format))
	case !isHardware && len(sig.Rest) > 0:
		return Bad, errors.New("more data follows the signature")
	case isHardware && len(sig.Rest) > 0 && sig.Rest[0]&1 == 0:
		return Bad, errors.New("it was made without a touch of the hardware key")
	case key.Verify(text, sig) != nil:
		return Bad, errors.New("it is not of this commit")
	}
	return Good, nil
}

// plain is a certificate's own key; any other key is plain already.
func plain(key ssh.PublicKey) ssh.PublicKey {
	if c, ok := key.(*ssh.Certificate); ok {
		return c.Key
	}
	return key
}

// weakness says why signatures of a key prove nothing, if so.
func weakness(key ssh.PublicKey) error {
	key = plain(key)
	if key.Type() == kindDSA {
		return errors.New("DSA keys are too weak")
	}
	if k, ok := key.(ssh.CryptoPublicKey); ok {
		if r, ok := k.CryptoPublicKey().(*rsa.PublicKey); ok && r.N.BitLen() < minRSA {
			return fmt.Errorf("the RSA key has %d bits; at least %d are wanted", r.N.BitLen(), minRSA)
		}
	}
	return nil
}

// verify checks an OpenSSH signature. As with git, whose first question is ssh-keygen -Y find-principals, it is good for
// any signer that a line with its key names.
func (k SSHKeys) verify(payload, armoured []byte, at time.Time) Result {
	s, err := parseSSH(armoured)
	if err != nil {
		return Result{State: Bad, Reason: err.Error()}
	}
	key, state, err := s.key()
	if err != nil {
		return Result{State: state, Reason: err.Error()}
	}
	r := Result{Key: ssh.FingerprintSHA256(plain(key))}
	if c, ok := key.(*ssh.Certificate); ok {
		r.Signer = c.KeyId
	}
	if r.State, err = s.check(payload, key); err != nil {
		r.Reason = err.Error()
		return r
	}
	v := k.trust(key, at)
	r.State, r.Reason = v.state, v.reason
	if v.signer != "" {
		r.Signer = v.signer
	}
	return r
}

// verdict is whether a key is trusted, and whose it is.
type verdict struct {
	state  State
	signer string // "" if nobody is known to have the key
	reason string
}

// trust looks for a line of the allowed signers that lets the key in.
func (k SSHKeys) trust(key ssh.PublicKey, at time.Time) verdict {
	if c, ok := key.(*ssh.Certificate); ok {
		return k.trustCertificate(c, at)
	}
	var lines []verdict
	for _, a := range k.lines[string(key.Marshal())] {
		if !a.authority {
			lines = append(lines, a.admit(a.principals, at))
		}
	}
	return settle(lines, "no allowed signer has this key")
}

// settle sums up what the lines with a key say: one that lets it in is enough, and otherwise the first tells why.
func settle(lines []verdict, ifNone string) verdict {
	if len(lines) == 0 {
		return verdict{state: UnknownKey, reason: ifNone}
	}
	return lines[max(0, slices.IndexFunc(lines, func(v verdict) bool { return v.state == Good }))]
}

// admit holds a line's options against the time of a commit.
func (a allowed) admit(signer string, at time.Time) verdict {
	v := verdict{state: Good, signer: signer}
	switch {
	case a.namespaces != "" && !matchList(namespace, a.namespaces):
		v.state = Bad
		v.reason = fmt.Sprintf("line %d of the allowed signers lets the key sign for %q, and not for %q", a.number, oneLine(a.namespaces), namespace)
	case !a.after.IsZero() && at.Before(a.after):
		v.state = Expired
		v.reason = fmt.Sprintf("line %d of the allowed signers: the key counts from %s on", a.number, a.after.Format(time.RFC3339))
	case !a.before.IsZero() && at.After(a.before):
		v.state = Expired
		v.reason = fmt.Sprintf("line %d of the allowed signers: the key counted up to %s", a.number, a.before.Format(time.RFC3339))
	}
	return v
}
