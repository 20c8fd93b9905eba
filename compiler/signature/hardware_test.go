package signature

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// A hardware key is made here in software, as OpenSSH's PROTOCOL.u2f describes what the hardware does, so that ssh-keygen
// can be asked what it thinks of it.
type hardware struct {
	public ssh.PublicKey
	sign   func(text []byte) []byte
}

const application = "ssh:"

func newHardware(t *testing.T, kind string) hardware {
	t.Helper()
	var wire []byte
	var h hardware
	switch kind {
	case ssh.KeyAlgoSKED25519:
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		wire = ssh.Marshal(struct {
			Kind        string
			Key         []byte
			Application string
		}{kind, public, application})
		h.sign = func(text []byte) []byte { return ed25519.Sign(private, text) }
	case ssh.KeyAlgoSKECDSA256:
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := private.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		wire = ssh.Marshal(struct {
			Kind, Curve string
			Key         []byte
			Application string
		}{kind, "nistp256", point, application})
		h.sign = func(text []byte) []byte {
			sum := sha256.Sum256(text)
			r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
			if err != nil {
				t.Fatal(err)
			}
			return ssh.Marshal(struct{ R, S *big.Int }{r, s})
		}
	}
	public, err := ssh.ParsePublicKey(wire)
	if err != nil {
		t.Fatal(err)
	}
	h.public = public
	return h
}

// signCommit signs with the flags told: 1 says that the key was touched.
func (h hardware) signCommit(t *testing.T, payload, format string, flags byte) string {
	t.Helper()
	return seal(t, payload, h.public, func(text []byte) ssh.Signature {
		app, sum := sha256.Sum256([]byte(application)), sha256.Sum256(text)
		rest := []byte{flags, 0, 0, 0, 7}
		signed := append(append(app[:], rest...), sum[:]...)
		return ssh.Signature{Format: format, Blob: h.sign(signed), Rest: rest}
	})
}

// seal makes a signed commit of a payload, in the format of PROTOCOL.sshsig.
func seal(t *testing.T, payload string, key ssh.PublicKey, sign func(text []byte) ssh.Signature) string {
	t.Helper()
	s := sshSignature{Magic: sshMagic, Version: 1, PublicKey: key.Marshal(), Namespace: "git", Hash: "sha512"}
	text, err := s.signed([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	s.Signature = ssh.Marshal(sign(text))
	return join(payload, armour(s))
}

func armour(s sshSignature) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "SSH SIGNATURE", Bytes: ssh.Marshal(s)}))
}

func line(key ssh.PublicKey) string {
	return "a@x " + key.Type() + " " + base64.StdEncoding.EncodeToString(key.Marshal())
}

func hardwareCases(t *testing.T, payload string) (cases []sshCase) {
	t.Helper()
	for _, kind := range []string{ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256} {
		h := newHardware(t, kind)
		name, _, _ := strings.Cut(kind, "@")
		good := h.signCommit(t, payload, kind, 1)
		cases = append(cases,
			sshCase{name: name, allowed: line(h.public), object: good, state: Good, signer: "a@x", git: "G", record: "ssh-" + name},
			sshCase{name: name + " tampered", allowed: line(h.public), object: strings.Replace(good, "promote", "demote", 1), state: Bad, git: "B",
				reason: "not of this commit"},
			sshCase{name: name + " untouched", allowed: line(h.public), object: h.signCommit(t, payload, kind, 0), state: Bad, git: "G",
				reason: "without a touch"})
		if kind == ssh.KeyAlgoSKECDSA256 {
			cases = append(cases, sshCase{name: name + " in a browser", allowed: line(h.public),
				object: h.signCommit(t, payload, "webauthn-"+kind, 1), state: Unsupported, git: "B", reason: "browser"})
		}
	}
	return cases
}

// TestSHA1 makes what ssh-keygen no longer makes: an RSA signature with SHA-1, right in all else.
func TestSHA1(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]State{ssh.KeyAlgoRSA: Bad, ssh.KeyAlgoRSASHA256: Good, ssh.KeyAlgoRSASHA512: Good} {
		object := seal(t, payloadAt(day("2026-03-01")), signer.PublicKey(), func(text []byte) ssh.Signature {
			s, err := signer.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, text, format)
			if err != nil {
				t.Fatal(err)
			}
			return *s
		})
		keys, _ := ParseAllowedSigners([]byte(line(signer.PublicKey())))
		payload, armoured, at := split(object)
		if r := (Keys{SSH: keys}).Verify([]byte(payload), []byte(armoured), at); r.State != want || want == Bad && !strings.Contains(r.Reason, "SHA-1") {
			t.Errorf("%s: %+v, want %s", format, r, want)
		}
	}
}
