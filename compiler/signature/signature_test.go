package signature

import (
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/tools/txtar"
)

// section is one part of a recorded fixture.
func section(t testing.TB, file, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + file + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	t.Fatalf("%s has no %s", file, name)
	return ""
}

func TestStates(t *testing.T) {
	t.Parallel()
	for s, want := range map[State]string{Unsigned: "unsigned", Good: "good", UnknownKey: "unknown key", Bad: "bad", Expired: "expired",
		Revoked: "revoked", Unsupported: "unsupported"} {
		if s.String() != want {
			t.Errorf("%d is %q, want %q", s, s, want)
		}
	}
}

// TestText is about signatures that need no key to be judged.
func TestText(t *testing.T) {
	t.Parallel()
	_, armoured, _ := split(section(t, "ssh-ed25519", "commit"))
	_, pgp, _ := split(section(t, "pgp-ed25519", "commit"))
	s, err := parseSSH([]byte(armoured))
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*sshSignature)) string {
		c := s
		change(&c)
		return armour(c)
	}
	dsa := ssh.Marshal(struct{ Kind string }{"ssh-dss"})
	for _, c := range []struct {
		name, text string
		state      State
		scheme     string
		reason     string
	}{
		{"none", "", Unsigned, "", ""},
		{"blanks", " \n", Bad, "", "holds no signature"},
		{"garbage", "looks good to me\n", Bad, "", "holds no signature"},
		{"garbage before", "x\n" + armoured, Bad, "", "holds no signature"},
		{"X.509", "-----BEGIN SIGNED MESSAGE-----\nMIIB\n-----END SIGNED MESSAGE-----\n", Unsupported, "x509", "X.509"},
		{"OpenPGP message", "-----BEGIN PGP MESSAGE-----\n", Unsupported, "openpgp", "whole OpenPGP message"},
		{"long", armoured + strings.Repeat(" ", maxText), Bad, "ssh", "64 KiB"},
		{"long X.509", "-----BEGIN SIGNED MESSAGE-----\n" + strings.Repeat("A", maxText), Bad, "x509", "64 KiB"},
		{"longest", armoured + strings.Repeat("\n", maxText-len(armoured)), UnknownKey, "ssh", "no allowed signer"},
		{"CRLF", strings.ReplaceAll(armoured, "\n", "\r\n"), UnknownKey, "ssh", "no allowed signer"},
		{"first line goes on", "-----BEGIN SSH SIGNATURE----- x\nAAAA\n", Bad, "ssh", "does not start with a line"},
		{"no last line", "-----BEGIN SSH SIGNATURE-----\nAAAA\n", Bad, "ssh", `"-----END SSH SIGNATURE-----" is missing`},
		{"another last line", strings.Replace(armoured, "END SSH", "END PGP", 1), Bad, "ssh", "missing"},
		{"no base64", "-----BEGIN SSH SIGNATURE-----\n?\n-----END SSH SIGNATURE-----\n", Bad, "ssh", "not base64"},
		{"nothing within", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n", Bad, "ssh", "damaged"},
		{"magic", changed(func(s *sshSignature) { s.Magic[0] = 'x' }), Bad, "ssh", "SSHSIG"},
		{"version", changed(func(s *sshSignature) { s.Version = 2 }), Unsupported, "ssh", "version 2"},
		{"no namespace", changed(func(s *sshSignature) { s.Namespace = "" }), Bad, "ssh", `for ""`},
		{"namespace with a control character", changed(func(s *sshSignature) { s.Namespace = "\x1b[2J" }), Bad, "ssh", "�[2J"},
		{"reserved is ignored", changed(func(s *sshSignature) { s.Reserved = []byte("x") }), UnknownKey, "ssh", "no allowed signer"},
		{"hash", changed(func(s *sshSignature) { s.Hash = "md5" }), Bad, "ssh", `"md5"`},
		{"no key", changed(func(s *sshSignature) { s.PublicKey = nil }), Bad, "ssh", "key in the signature is damaged"},
		{"key of another kind", changed(func(s *sshSignature) { s.PublicKey = ssh.Marshal(struct{ Kind string }{"ssh-mldsa-44"}) }), Unsupported, "ssh", "ssh-mldsa-44"},
		{"DSA", changed(func(s *sshSignature) { s.PublicKey = dsa }), Bad, "ssh", "key in the signature is damaged"},
		{"no signature", changed(func(s *sshSignature) { s.Signature = nil }), Bad, "ssh", "damaged"},
		{"signature of another kind", changed(func(s *sshSignature) { s.Signature = ssh.Marshal(ssh.Signature{Format: "rsa-sha2-512"}) }), Bad, "ssh", "makes no signature"},
		{"data after the signature", changed(func(s *sshSignature) { s.Signature = append(s.Signature[:len(s.Signature):len(s.Signature)], 1) }), Bad, "ssh", "more data"},
		{"PGP garbage", "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n", Bad, "openpgp", "no OpenPGP signature"},
		{"PGP without a checksum", strings.Replace(pgp, pgp[strings.LastIndex(pgp, "\n="):strings.LastIndex(pgp, "\n--")], "", 1), UnknownKey, "openpgp", "not in the key ring"},
		{"PGP with a comment", strings.Replace(pgp, "\n\n", "\nComment: hello\n\n", 1), UnknownKey, "openpgp", "not in the key ring"},
		{"PGP version 3", pgpSignature(3, 5, 0), Unsupported, "openpgp", "version 3"},
		{"PGP with MD5", pgpSignature(4, 0, 22, 1), Bad, "openpgp", "MD5"},
		{"PGP cut off", pgpSignature(4, 0, 22, 8, 0), Bad, "openpgp", "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			payload, _, at := split(section(t, "ssh-ed25519", "commit"))
			r := Keys{}.Verify([]byte(payload), []byte(c.text), at)
			if r.State != c.state || r.Scheme != c.scheme || !strings.Contains(r.Reason, c.reason) || (r.Reason == "") != (c.reason == "") {
				t.Errorf("the verdict is %+v, want %s of scheme %q, with reason %q", r, c.state, c.scheme, c.reason)
			}
		})
	}
}

// pgpSignature is a signature packet with these bytes in it.
func pgpSignature(contents ...byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PGP SIGNATURE", Bytes: append([]byte{0xc2, byte(len(contents))}, contents...)}))
}

func TestAllowedSigners(t *testing.T) {
	t.Parallel()
	_, key, _ := strings.Cut(strings.TrimSpace(section(t, "ssh-ed25519", "allowed")), " ")
	_, weak, _ := strings.Cut(strings.TrimSpace(section(t, "ssh-weak", "allowed")), " ")
	kind, digits, _ := strings.Cut(key, " ")
	for _, c := range []struct{ line, fault string }{
		{"", ""},
		{" \t# comment", ""},
		{"a@x " + key, ""},
		{"a@x " + key + " a comment, with \"quotes", ""},
		{" \ta@x\t" + kind + "\t" + digits + "\r", ""},
		{`"a@x" ` + key, ""},
		{`"a b@x"` + key, ""},
		{`a@x namespaces="git,file",valid-after="20250101",cert-authority ` + key, ""},
		{`a@x namespaces="a b" ` + key, ""},
		{`a@x namespaces="a\"b" ` + key, ""},
		{`a@x valid-before="202501011200Z" ` + key, ""},
		{`a@x valid-before="20250101120059" ` + key, ""},
		{"a@x", `where the type of the key belongs stands ""`},
		{key, "neither an option nor a type of key"},
		{`"a@x ` + key, "does not end"},
		{`a"@x ` + key, "quote"},
		{`!a@x ` + key, "let nobody in"},
		{`, ` + key, "let nobody in"},
		{`"" ` + key, "let nobody in"},
		{strings.Repeat("a", maxPrincipals+1) + " " + key, "longer than 4 KiB"},
		{"a@x no-touch-required " + key, `"no-touch-required"`},
		{"a@x NAMESPACES=git " + key, "value in quotes"},
		{`a@x namespaces="" ` + key, "value in quotes"},
		{`a@x namespaces ` + key, "value in quotes"},
		{`a@x cert-authority="yes" ` + key, `"cert-authority"`},
		{`a@x cert-authority,cert-authority ` + key, "twice"},
		{`a@x valid-after="tomorrow" ` + key, `"tomorrow" is no time`},
		{`a@x valid-after="20250230" ` + key, "is no time"},
		{`a@x valid-after="20250101",valid-before="20240101" ` + key, "not before"},
		{"a@x " + kind, "can't be read"},
		{"a@x " + kind + " ???", "not base64"},
		{"a@x " + kind + " AAAA", "can't be read"},
		{"a@x ssh-rsa " + digits, "of type ssh-ed25519, and not ssh-rsa"},
		{"a@x ssh-mldsa-44 " + digits, `"ssh-mldsa-44"`},
		{"a@x " + weak, "1024 bits"},
		{"a@x \x1b[2J", "�[2j"},
	} {
		keys, faults := ParseAllowedSigners([]byte("# first\n" + c.line + "\nlast@x " + key + "\n"))
		switch {
		case c.fault == "" && len(faults) > 0:
			t.Errorf("%q: %v", c.line, faults)
		case c.fault != "" && (len(faults) != 1 || faults[0].Line != 2 || !strings.Contains(faults[0].Message, c.fault)):
			t.Errorf("%q: the faults are %v, want one on line 2 with %q", c.line, faults, c.fault)
		}
		payload, armoured, at := split(section(t, "ssh-ed25519", "commit"))
		if r := (Keys{SSH: keys}).Verify([]byte(payload), []byte(armoured), at); r.State != Good {
			t.Errorf("%q: the line after it does not count: %+v", c.line, r)
		}
	}
	keys, faults := ParseAllowedSigners(make([]byte, maxAllowed+1))
	if len(faults) != 1 || faults[0].Line != 0 || len(keys.lines) > 0 {
		t.Errorf("a file that is too long: %v", faults)
	}
}

func TestKeyRing(t *testing.T) {
	t.Parallel()
	ring, other := section(t, "pgp-ed25519", "ring"), section(t, "pgp-nistp256", "ring")
	weak := section(t, "pgp-short", "ring")
	b, _, err := nextBlock([]byte(ring), 1)
	if err != nil {
		t.Fatal(err)
	}
	binary := string(b.data)
	o, _, err := nextBlock([]byte(other), 1)
	if err != nil {
		t.Fatal(err)
	}
	armoured := func(kind string, data []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
	}
	secret := append([]byte{0xc5}, b.data[1:]...)
	for _, c := range []struct {
		name, text string
		state      State
		line       int
		fault      string
	}{
		{"armoured", ring, Good, 0, ""},
		{"binary", binary, Good, 0, ""},
		{"binary, the second key", string(o.data) + binary, Good, 0, ""},
		{"text before and after", "of Alice:\n" + ring + "of nobody\n", Good, 0, ""},
		{"two blocks", other + ring, Good, 0, ""},
		{"a weak key before", weak + ring, Good, 1, "1024 bits"},
		{"damage before", "# one\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n?\n-----END PGP PUBLIC KEY BLOCK-----\n" + ring, Good, 2, "not base64"},
		{"another block before", armoured("PGP MESSAGE", nil) + ring, Good, 1, `"PGP MESSAGE" has no place`},
		{"a private block", armoured("PGP PRIVATE KEY BLOCK", secret) + ring, Good, 1, "has no place"},
		{"a private key", string(secret), UnknownKey, 0, "private key"},
		{"no end", strings.Replace(ring, "END", "end", 1), UnknownKey, 1, "missing"},
		{"no end before", strings.Replace(other, "END", "end", 1) + ring, Good, 1, "missing"},
		{"cut off", binary[:len(binary)-10], UnknownKey, 0, "cut off"},
		{"another user id", strings.Replace(binary, "ed25519", "ed2551x", 1), Bad, 0, "no valid signature"},
		{"empty", "", UnknownKey, 0, "no line -----BEGIN PGP"},
		{"a block of nothing", armoured(publicBlock, nil), UnknownKey, 0, "no keys"},
		{"text", "hello\n", UnknownKey, 0, "no line -----BEGIN PGP"},
		{"too long", binary + strings.Repeat("\x00", maxRing), UnknownKey, 0, "4 MiB"},
		{"too many signatures", binary + string(o.data) + strings.Repeat("\xc2\x01\x04", maxRingSignatures), Good, 0, "more than 2000 signatures"},
		{"nothing but a user id", "\xcd\x01a", UnknownKey, 0, "can't be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keys, faults := ParseKeyRing([]byte(c.text))
			switch {
			case c.fault == "" && len(faults) > 0:
				t.Error(faults)
			case c.fault != "" && (len(faults) == 0 || faults[0].Line != c.line || !strings.Contains(faults[0].Message, c.fault)):
				t.Errorf("the faults are %v, want one on line %d with %q", faults, c.line, c.fault)
			}
			payload, armoured, at := split(section(t, "pgp-ed25519", "commit"))
			if r := (Keys{PGP: keys}).Verify([]byte(payload), []byte(armoured), at); r.State != c.state {
				t.Errorf("the verdict is %+v, want %s", r, c.state)
			}
		})
	}
}

func TestMatchList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, patterns string
		want           bool
	}{
		{"a", "a", true}, {"a", "b,a", true}, {"a", "b", false}, {"a", "", false}, {"", "", true}, {"", "*", true},
		{"a", "?", true}, {"ab", "?", false}, {"ab", "a*", true}, {"ab", "*b", true}, {"ab", "*a", false}, {"aXbXc", "a*b*c", true},
		{"a", "*,!a", false}, {"a", "!a,*", false}, {"b", "!a,*", true}, {"b", "!a", false}, {"A", "a", false}, {"ab", "**", true},
		{strings.Repeat("a", 4096), strings.Repeat("*a", 2000) + "b", false},
	} {
		if got := matchList(c.name, c.patterns); got != c.want {
			t.Errorf("%.20q in %.20q is %t", c.name, c.patterns, got)
		}
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "Jörg <j@x>": "Jörg <j@x>", "a\nb\x1b[0m\xff\u202e": "a�b�[0m��",
		strings.Repeat("ä", 257): strings.Repeat("ä", 255) + "…", strings.Repeat("ä", 256): strings.Repeat("ä", 256)} {
		if got := oneLine(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestZone: times without a zone are UTC, whatever the machine's zone is.
func TestZone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{"20260301": day("2026-03-01"), "20260301Z": day("2026-03-01"), "202603010001": day("2026-03-01").Add(time.Minute)} {
		if got, err := parseTime(text); err != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
}
