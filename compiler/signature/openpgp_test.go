package signature

import (
	"cmp"
	"regexp"
	"strings"
	"testing"
	"time"
)

// gnupg is a bench with a key ring, where the time can be told.
type gnupg struct{ bench }

func newGnuPG(t *testing.T) gnupg {
	t.Helper()
	b := newBench(t, "gpg", "gpgconf")
	// gpg starts an agent for the folder, which must go when the folder goes.
	b = b.with("GNUPGHOME=" + b.dir)
	b.write(t, "gpg.conf", "batch\nno-tty\ntrust-model always\npinentry-mode loopback\npassphrase \"\"\nallow-weak-digest-algos\n")
	t.Cleanup(func() { b.run(t, "gpgconf", "--kill", "all") })
	b.write(t, "signing", "#!/bin/sh\nexec gpg --faked-system-time \"$SIGNED_AT\" $SIGN_OPTIONS \"$@\"\n")
	return gnupg{b}
}

// at runs gpg as if at a time, and returns what it says of keys.
func (g gnupg) at(t *testing.T, when time.Time, input string, args ...string) {
	t.Helper()
	args = append([]string{"--faked-system-time", when.UTC().Format("20060102T150405") + "!"}, args...)
	g.feed(t, input, "gpg", args...)
}

var fingerprint = regexp.MustCompile(`(?m)^fpr:+([0-9A-F]{40}):`)

// key makes a primary key and returns its fingerprint.
func (g gnupg) key(t *testing.T, name, kind, usage, expires string, made time.Time) string {
	t.Helper()
	g.at(t, made, "", "--quick-gen-key", name, kind, usage, expires)
	return g.fingerprints(t, name)[0]
}

func (g gnupg) fingerprints(t *testing.T, name string) (all []string) {
	t.Helper()
	for _, m := range fingerprint.FindAllStringSubmatch(g.run(t, "gpg", "--with-colons", "--fingerprint", "--fingerprint", "--list-keys", "="+name), -1) {
		all = append(all, m[1])
	}
	return all
}

// sign has git make a commit dated at one time and signed at another, with options for gpg.
func (g gnupg) sign(t *testing.T, key string, committed, signed time.Time, options string) string {
	t.Helper()
	b := g.with("SIGNED_AT="+signed.UTC().Format("20060102T150405")+"!", "SIGN_OPTIONS="+options)
	return b.commit(t, committed, "gpg.program="+g.path("signing"), "user.signingkey="+key)
}

func (g gnupg) export(t *testing.T, args ...string) string {
	t.Helper()
	return g.run(t, "gpg", append([]string{"--armor", "--export"}, args...)...)
}

// revoke withdraws a key. gpg asks for a reason: 0 for none, 1 for compromised, 2 for superseded, 3 for retired.
func (g gnupg) revoke(t *testing.T, key, reason string, when time.Time) {
	t.Helper()
	out, errs, err := g.bench.try("y\n"+reason+"\n\ny\n", "gpg", "--no-batch", "--command-fd", "0", "--faked-system-time", when.UTC().Format("20060102T150405")+"!", "--gen-revoke", key)
	if err != nil {
		t.Fatalf("gpg --gen-revoke: %v\n%s", err, errs)
	}
	g.feed(t, out, "gpg", "--import")
}

// pgpCase is a commit, a key ring, what muster must say, and what git says today.
type pgpCase struct {
	name   string
	ring   string
	object string
	state  State
	signer string
	key    string
	reason string // a part of it
	git    string // "%G?"
	today  string // the signer in git's words, if not the same
	record string // the file of testdata that keeps the case
}

const alice = "Alice <alice@example.com>"

func TestAgainstGnuPG(t *testing.T) {
	t.Parallel()
	g := newGnuPG(t)
	made, at := day("2024-01-01"), day("2024-01-10")
	var cases []pgpCase
	for _, kind := range []string{"ed25519", "rsa2048", "nistp256", "nistp384", "nistp521"} {
		name := kind + " <" + kind + "@example.com>"
		key := g.key(t, name, kind, "sign", "never", made)
		cases = append(cases, pgpCase{name: kind, ring: g.export(t, key), object: g.sign(t, key, at, at, ""), state: Good, signer: name, key: key, git: "G",
			record: "pgp-" + strings.ToLower(kind)})
	}
	for _, kind := range []string{"brainpoolP256r1", "secp256k1"} {
		key := g.key(t, kind, kind, "sign", "never", made)
		cases = append(cases, pgpCase{name: kind, ring: g.export(t, key), object: g.sign(t, key, at, at, ""), state: Unsupported, key: key, git: "G", reason: "elliptic curves"})
	}
	for _, f := range []func(*testing.T, gnupg) []pgpCase{wrongCases, weakCases, expiryCases, revokedCases, subkeyCases, nameCases} {
		cases = append(cases, f(t, g)...)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkPGP(t, c)
		})
	}
}

// checkPGP compares verdicts: muster's with the one wanted, and git's, which has that key ring only, with the one noted.
func checkPGP(t *testing.T, c pgpCase) {
	t.Helper()
	ring, faults := ParseKeyRing([]byte(c.ring))
	payload, armoured, at := split(c.object)
	r := Keys{PGP: ring}.Verify([]byte(payload), []byte(armoured), at)
	if r.State != c.state || r.Signer != c.signer || r.Key != c.key || !strings.Contains(r.Reason, c.reason) || r.Scheme != "openpgp" || (r.State == Good) != (r.Reason == "") {
		t.Errorf("the verdict is %+v, want %s of %q with %s, and reason %q; the ring has %v", r, c.state, c.signer, c.key, c.reason, faults)
	}
	g := newGnuPG(t)
	if c.ring != "" {
		g.feed(t, c.ring, "gpg", "--import")
	}
	letter, signer, key := g.letter(t, c.object)
	if letter != c.git {
		t.Errorf("git says %s, want %s", letter, c.git)
	}
	if letter == "G" && r.State == Good && (signer != cmp.Or(c.today, r.Signer) || key != r.Key) {
		t.Errorf("git says it is of %q with %s, and muster %q with %s", signer, key, r.Signer, r.Key)
	}
	record(t, c.record, fixture{keys: "ring", text: c.ring, object: c.object, result: r})
}

func wrongCases(t *testing.T, g gnupg) []pgpCase {
	at := day("2024-01-10")
	key, other := g.key(t, alice, "ed25519", "sign", "never", day("2024-01-01")), g.key(t, "Other", "ed25519", "sign", "never", day("2024-01-01"))
	good := g.sign(t, key, at, at, "")
	payload, armoured, _ := split(good)
	ring, tampered := g.export(t, key), strings.Replace(good, "promote", "demote", 1)
	message := g.feed(t, payload, "gpg", "--armor", "--sign", "-u", key)
	text := g.feed(t, payload, "gpg", "--armor", "--detach-sign", "--textmode", "-u", key)
	two := g.feed(t, payload, "gpg", "--armor", "--detach-sign", "-u", key, "-u", other)
	return []pgpCase{
		{name: "tampered", ring: ring, object: tampered, state: Bad, signer: alice, key: key, reason: "not of this commit", git: "B", record: "pgp-tampered"},
		{name: "other key", ring: g.export(t, other), object: good, state: UnknownKey, key: key, reason: "not in the key ring", git: "E", record: "pgp-other-key"},
		{name: "other key that claims a name", ring: g.export(t, other), object: g.sign(t, "alice@example.com", at, at, ""), state: UnknownKey, key: key, signer: "alice@example.com",
			reason: "not in the key ring", git: "E"},
		{name: "no keys", object: good, state: UnknownKey, key: key, reason: "not in the key ring", git: "E"},
		{name: "two signatures", ring: g.export(t, key, other), object: join(payload, two), state: Bad, reason: "git takes one", git: "E"},
		{name: "two blocks", ring: ring, object: join(payload, armoured+armoured), state: Bad, reason: "more text", git: "E"},
		{name: "a message", ring: ring, object: join(payload, message), state: Unsupported, reason: "whole OpenPGP message", git: "N"},
		{name: "a text", ring: ring, object: join(payload, text), state: Bad, reason: "binary data", git: "G"},
		{name: "a key instead", ring: ring, object: join(payload, strings.ReplaceAll(ring, "PUBLIC KEY BLOCK", "SIGNATURE")), state: Bad, reason: "no OpenPGP signature", git: "N"},
		{name: "a ring of two blocks", ring: g.export(t, other) + "\nAlice's:\n\n" + ring, object: good, state: Good, signer: alice, key: key, git: "G"},
		{name: "a future signature", ring: ring, object: g.sign(t, key, at, at.Add(time.Hour), ""), state: Good, signer: alice, key: key, git: "G"},
		{name: "an expired signature", ring: ring, object: g.sign(t, key, day("2024-02-10"), at, "--default-sig-expire 5d"), state: Expired, signer: alice, key: key,
			reason: "the signature had expired on 2024-01-15", git: "X"},
		{name: "a signature that expired later", ring: ring, object: g.sign(t, key, day("2024-01-12"), at, "--default-sig-expire 5d"), state: Good, signer: alice, key: key, git: "X"},
		{name: "a critical notation", ring: ring, object: g.sign(t, key, at, at, "--sig-notation !odd@example.com=1"), state: Unsupported, reason: "odd@example.com", git: "B"},
	}
}

func weakCases(t *testing.T, g gnupg) []pgpCase {
	made, at := day("2024-01-01"), day("2024-01-10")
	key := g.key(t, "Weak", "rsa2048", "sign", "never", made)
	short := g.key(t, "Short", "rsa1024", "sign", "never", made)
	dsa := g.key(t, "DSA", "dsa2048", "sign", "never", made)
	changed := g.key(t, "Changed", "ed25519", "sign", "never", made)
	out := day("2024-02-10")
	past := g.sign(t, changed, out, out, "")
	g.at(t, day("2024-01-20"), "change-usage\nS\nQ\nsave\n", "--no-batch", "--command-fd", "0", "--edit-key", changed)
	return []pgpCase{
		{name: "SHA-1", ring: g.export(t, key), object: g.sign(t, key, at, at, "--digest-algo SHA1"), state: Bad, reason: "SHA-1", git: "G", record: "pgp-sha1"},
		{name: "RIPEMD-160", ring: g.export(t, key), object: g.sign(t, key, at, at, "--digest-algo RIPEMD160"), state: Bad, reason: "RIPEMD-160", git: "G"},
		{name: "1024 bits", ring: g.export(t, short), object: g.sign(t, short, at, at, ""), state: Bad, key: short, reason: "1024 bits", git: "G", record: "pgp-short"},
		{name: "not for signing", ring: g.export(t, changed), object: past, state: Bad, signer: "Changed", key: changed, reason: "not for signing", git: "E", record: "pgp-usage"},
		{name: "DSA", ring: g.export(t, dsa), object: g.sign(t, dsa, at, at, ""), state: Bad, key: dsa, reason: "DSA", git: "G"},
	}
}

func expiryCases(t *testing.T, g gnupg) []pgpCase {
	made, in, out := day("2024-01-01"), day("2024-01-10"), day("2024-02-10")
	const name = "Short Lived <short@example.com>"
	key := g.key(t, name, "ed25519", "sign", "30d", made)
	before, past, early := g.sign(t, key, in, in, ""), g.sign(t, key, out, in, ""), g.sign(t, key, day("2023-12-31"), in, "")
	ring := g.export(t, key)
	const longer = "Extended <extended@example.com>"
	extended := g.key(t, longer, "ed25519", "sign", "30d", made)
	first, older := g.sign(t, extended, in, in, ""), g.export(t, extended)
	g.at(t, day("2024-01-20"), "", "--quick-set-expire", extended, "10y")
	second := g.sign(t, extended, out, out, "")
	full, least := g.export(t, extended), g.export(t, extended, "--export-options", "export-minimal")
	return []pgpCase{
		{name: "not yet expired", ring: ring, object: before, state: Good, signer: name, key: key, git: "Y", record: "pgp-not-yet-expired"},
		{name: "expired", ring: ring, object: past, state: Expired, signer: name, key: key, reason: "had expired on 2024-01-31", git: "Y", record: "pgp-expired"},
		{name: "made later", ring: ring, object: early, state: Expired, signer: name, key: key, reason: "made later, on 2024-01-01", git: "Y", record: "pgp-made-later"},
		{name: "extended later", ring: full, object: first, state: Good, signer: longer, key: extended, git: "G"},
		{name: "extended before", ring: full, object: second, state: Good, signer: longer, key: extended, git: "G"},
		{name: "extended before, with an older copy first", ring: older + full, object: second, state: Good, signer: longer, key: extended, git: "G"},
		{name: "extended later, least export", ring: least, object: first, state: Good, signer: longer, key: extended, git: "G"},
	}
}

func revokedCases(t *testing.T, g gnupg) (cases []pgpCase) {
	made, in, when, out := day("2024-01-01"), day("2024-01-10"), day("2024-01-20"), day("2024-02-10")
	for _, c := range []struct {
		name, reason  string
		before, after State
	}{
		{"no reason", "0", Revoked, Revoked},
		{"compromised", "1", Revoked, Revoked},
		{"superseded", "2", Good, Revoked},
		{"retired", "3", Good, Revoked},
	} {
		key := g.key(t, c.name, "ed25519", "sign", "never", made)
		before, past := g.sign(t, key, in, in, ""), g.sign(t, key, out, out, "")
		older := g.export(t, key)
		g.revoke(t, key, c.reason, when)
		reason := "revoked"
		if c.before == Good {
			reason = ""
		}
		ring := g.export(t, key)
		cases = append(cases,
			pgpCase{name: c.name + ", after, with an older copy first", ring: older + ring, object: past, state: c.after, signer: c.name, key: key, reason: "revoked", git: "R"},
			pgpCase{name: c.name + ", before", ring: ring, object: before, state: c.before, signer: c.name, key: key, reason: reason, git: "R", record: "pgp-" + strings.Fields(c.name)[0] + "-before"},
			pgpCase{name: c.name + ", after", ring: ring, object: past, state: c.after, signer: c.name, key: key, reason: "revoked", git: "R", record: "pgp-" + strings.Fields(c.name)[0] + "-after"})
	}
	return cases
}

func subkeyCases(t *testing.T, g gnupg) (cases []pgpCase) {
	made, in, out := day("2024-01-01"), day("2024-01-10"), day("2024-02-10")
	const name = "Sub Key <sub@example.com>"
	primary := g.key(t, name, "ed25519", "cert", "never", made)
	g.at(t, made, "", "--quick-add-key", primary, "ed25519", "sign", "30d")
	sub := g.fingerprints(t, name)[1]
	good, past := g.sign(t, sub+"!", in, in, ""), g.sign(t, sub+"!", out, in, "")
	ring := g.export(t, primary)
	g.at(t, made, "", "--quick-add-key", primary, "rsa2048", "sign", "never")
	lost := g.fingerprints(t, name)[2]
	of := g.sign(t, lost+"!", in, in, "")
	withTwo := g.export(t, primary)
	g.at(t, day("2024-01-20"), "key 2\nrevkey\ny\n1\n\ny\nsave\n", "--no-batch", "--command-fd", "0", "--edit-key", primary)
	withRevoked := g.export(t, primary)
	g.revoke(t, primary, "3", out)
	return []pgpCase{
		{name: "second subkey", ring: withTwo, object: of, state: Good, signer: name, key: lost, git: "G"},
		{name: "subkey revoked", ring: withRevoked, object: of, state: Revoked, signer: name, key: lost, reason: "revoked", git: "R"},
		{name: "subkey beside a revoked one", ring: withRevoked, object: good, state: Good, signer: name, key: sub, git: "Y"},
		{name: "subkey whose primary is retired later", ring: g.export(t, primary), object: good, state: Good, signer: name, key: sub, git: "Y"},
		{name: "subkey whose primary is retired", ring: g.export(t, primary), object: past, state: Revoked, signer: name, key: sub, reason: "revoked", git: "Y"},
		{name: "subkey", ring: ring, object: good, state: Good, signer: name, key: sub, git: "Y", record: "pgp-subkey"},
		{name: "subkey expired", ring: ring, object: past, state: Expired, signer: name, key: sub, reason: "had expired on 2024-01-31", git: "Y"},
	}
}

func nameCases(t *testing.T, g gnupg) []pgpCase {
	made, in, out := day("2024-01-01"), day("2024-01-10"), day("2024-02-10")
	const maiden, married = "Ann Maiden <maiden@example.com>", "Ann Married <married@example.com>"
	key := g.key(t, maiden, "ed25519", "sign", "never", made)
	g.at(t, day("2024-01-20"), "", "--quick-add-uid", key, married)
	g.at(t, day("2024-01-21"), "", "--quick-set-primary-uid", key, married)
	g.at(t, day("2024-01-22"), "", "--quick-revoke-uid", key, maiden)
	ring := g.export(t, key)
	return []pgpCase{
		{name: "the name of then", ring: ring, object: g.sign(t, key, in, in, ""), state: Good, signer: maiden, key: key, git: "G", today: married},
		{name: "the name since", ring: ring, object: g.sign(t, key, out, out, ""), state: Good, signer: married, key: key, git: "G"},
	}
}
