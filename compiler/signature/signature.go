// Package signature tells who signed a commit, by checking the signature against keys that the registry trusts.
//
// git stores a signature in the commit's header "gpgsig", made over the commit object without that header:
//
//	tree 3f2c91ab...
//	author A U Thor <a@example.com> 1767225600 +0100
//	committer C O Mitter <c@example.com> 1767225600 +0100
//	gpgsig -----BEGIN SSH SIGNATURE-----
//	 U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg...
//	 -----END SSH SIGNATURE-----
//
//	general: promote checkout 2.4.0
//
// The text's first line names the scheme, as in git's gpg-interface.c. OpenSSH signatures (PROTOCOL.sshsig) are held
// against an allowed signers file (ssh-keygen(1), "ALLOWED SIGNERS"), OpenPGP ones (RFC 9580) against a key ring. X.509 is
// recognized and not checked.
//
// A verdict depends on nothing but the arguments: no clock, key server, agent, configuration or time zone. A key counts
// if it was good at the time of the commit, so that old commits stay signed when keys expire. Committers write that time
// themselves: whoever holds an expired key can date a commit back. What ends a stolen key for all times is a revocation
// (OpenPGP), or taking the key out of the allowed signers.
package signature

import (
	"bytes"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxText is the longest signature that is looked at, in bytes: the longest real ones, of OpenSSH certificates and of
// post-quantum OpenPGP keys, need less.
const maxText = 64 << 10

// minRSA and maxRSA bound the modulus of RSA keys, in bits: below, keys can be broken; above, OpenSSH makes none, and
// checking them costs too much.
const minRSA, maxRSA = 2048, 16384

// State is what a signature is worth.
type State int

const (
	// Unsigned: the commit has no signature.
	Unsigned State = iota
	// Good: the signature is right, and of a key that was trusted and valid when the commit was made.
	Good
	// UnknownKey: no trusted key made it. An OpenPGP signature of an unknown key can't be checked at all.
	UnknownKey
	// Bad: the signature is not of this commit, not for commits, too weak, or no signature at all.
	Bad
	// Expired: the signature is right, but its key was not valid when the commit was made: no longer, or not yet.
	Expired
	// Revoked: the signature is right, but its key was withdrawn.
	Revoked
	// Unsupported: muster can't check signatures of this kind, and so doesn't know.
	Unsupported
)

// String is the state in words: "unsigned", "good", "unknown key", "bad", "expired", "revoked" or "unsupported".
func (s State) String() string {
	return [...]string{"unsigned", "good", "unknown key", "bad", "expired", "revoked", "unsupported"}[s]
}

// Result is the verdict on one commit's signature. The zero value is the verdict on a commit without one.
type Result struct {
	State State

	// Signer is who signed. Good: the principals on the key's line of the allowed signers as they stand there, the
	// principal of a certificate, or the OpenPGP user id, "" if the key has none (version 6). Any other state: what the
	// signature or the key that it names claims, which nobody has verified, or "". It is one line of text, of at most 256
	// characters, and has no control characters.
	Signer string

	// Key is the key that signed, as far as the signature names it, verified only if Good: for OpenSSH "SHA256:..." as
	// ssh-keygen -l prints it, of a certificate its own key's; for OpenPGP the fingerprint of the key or subkey in capital
	// hexadecimal digits, or the last 16 of them. "" if unknown.
	Key string

	// Scheme is "ssh", "openpgp" or "x509"; "" for no signature, and for text that is none.
	Scheme string

	// Reason says why the state is what it is, in words; "" for Good and Unsigned.
	Reason string
}

// Keys are the keys that a registry trusts. The zero value trusts none. They don't change: Verify may run concurrently.
type Keys struct {
	SSH SSHKeys
	PGP PGPKeys
}

// Fault is something wrong in a file of keys. What the fault is in counts for nothing, and the rest of the file does.
type Fault struct {
	Line    int // from 1; 0 for the file as a whole
	Message string
}

// schemes are the first lines by which git tells signatures apart (gpg-interface.c).
var schemes = []struct {
	begin, name string
	verify      func(k Keys, payload, armoured []byte, at time.Time) Result
}{
	{"-----BEGIN SSH SIGNATURE-----", "ssh", func(k Keys, payload, armoured []byte, at time.Time) Result {
		return k.SSH.verify(payload, armoured, at)
	}},
	{"-----BEGIN PGP SIGNATURE-----", "openpgp", func(k Keys, payload, armoured []byte, at time.Time) Result {
		return k.PGP.verify(payload, armoured, at)
	}},
	{"-----BEGIN PGP MESSAGE-----", "openpgp", func(Keys, []byte, []byte, time.Time) Result {
		return Result{State: Unsupported, Reason: "it is a whole OpenPGP message, not a detached signature"}
	}},
	{"-----BEGIN SIGNED MESSAGE-----", "x509", func(Keys, []byte, []byte, time.Time) Result {
		return Result{State: Unsupported, Reason: "X.509 signatures are not checked"}
	}},
}

// Verify checks the signature of a commit. The payload is the commit object without its gpgsig header, armoured is that
// header's text with the leading spaces of its lines taken off, empty if there is no header, and at is the committer's
// time: keys count if they were good then. Who the commit says has committed it is not compared with the signer: neither
// does git.
//
// What git verify-commit takes for good is Good, and nothing else, but for these:
//   - git asks for the state of an OpenPGP key today. Here a key that expired, or was superseded or retired, after the
//     commit is Good.
//   - git leaves it to its tools what is weak. Here RSA keys below 2048 bits, DSA keys and SHA-1 are Bad, and so are hardware
//     keys that were not touched, OpenPGP keys that don't say that they may sign, and OpenPGP signatures of text.
//   - Text after the signature is Bad. Certificates with critical options and rare elliptic curves are Unsupported.
func (k Keys) Verify(payload, armoured []byte, at time.Time) Result {
	if len(armoured) == 0 {
		return Result{}
	}
	for _, s := range schemes {
		if !bytes.HasPrefix(armoured, []byte(s.begin)) {
			continue
		}
		r := Result{State: Bad, Reason: "the signature is longer than 64 KiB"}
		if len(armoured) <= maxText {
			r = s.verify(k, payload, armoured, at)
		}
		r.Scheme, r.Signer = s.name, oneLine(r.Signer)
		return r
	}
	return Result{State: Bad, Reason: "the header holds no signature"}
}

// oneLine makes foreign text fit for a line of output: terminals obey control characters.
func oneLine(text string) string {
	const longest = 256
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, text)
	if runes := []rune(clean); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return clean
}
