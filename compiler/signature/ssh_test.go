package signature

import (
	"strings"
	"testing"
)

// sshKey makes a key with ssh-keygen and returns its line of an authorized keys file, less the comment.
func (b bench) sshKey(t *testing.T, name, kind, bits string) string {
	t.Helper()
	args := []string{"-q", "-N", "", "-C", "", "-t", kind, "-f", b.path(name)}
	if bits != "" {
		args = append(args, "-b", bits)
	}
	b.run(t, "ssh-keygen", args...)
	return strings.TrimSpace(b.read(t, name+".pub"))
}

// sshSign signs a commit's text for a namespace.
func (b bench) sshSign(t *testing.T, key, namespace, payload string, options ...string) string {
	t.Helper()
	args := append([]string{"-q", "-Y", "sign", "-n", namespace, "-f", b.path(key)}, options...)
	return join(payload, b.feed(t, payload, "ssh-keygen", args...))
}

// sshCase is a commit, a file of allowed signers, what muster must say, and what git says.
type sshCase struct {
	name    string
	allowed string
	object  string
	state   State
	signer  string
	reason  string // a part of it
	git     string // "%G?"
	record  string // the file of testdata that keeps the case
}

func TestAgainstSSHKeygen(t *testing.T) {
	t.Parallel()
	b := newBench(t, "ssh-keygen")
	at := day("2026-03-01")
	keys := map[string]string{}
	for _, k := range []struct{ name, kind, bits string }{
		{"ed25519", "ed25519", ""}, {"rsa", "rsa", "2048"}, {"weak", "rsa", "1024"}, {"p256", "ecdsa", "256"}, {"p384", "ecdsa", "384"},
		{"p521", "ecdsa", "521"}, {"other", "ed25519", ""}, {"ca", "ed25519", ""},
	} {
		keys[k.name] = b.sshKey(t, k.name, k.kind, k.bits)
	}
	signed := func(key string) string {
		return b.commit(t, at, "gpg.format=ssh", "user.signingkey="+b.path(key))
	}
	var cases []sshCase
	for _, key := range []string{"ed25519", "rsa", "p256", "p384", "p521"} {
		cases = append(cases, sshCase{name: key, allowed: "alice@example.com " + keys[key], object: signed(key), signer: "alice@example.com",
			state: Good, git: "G", record: "ssh-" + key})
	}
	good := cases[0].object
	ed := keys["ed25519"]
	payload, armoured, _ := split(good)
	add := func(c sshCase) { cases = append(cases, c) }
	line := func(name, allowed string, state State, git, reason string) {
		signer := strings.Trim(strings.Fields(allowed)[0], `"`)
		if state == UnknownKey {
			signer = ""
		}
		add(sshCase{name: name, allowed: allowed, object: good, state: state, signer: signer, reason: reason, git: git})
	}
	line("namespace git", `a@x namespaces="git" `+ed, Good, "G", "")
	line("namespaces by pattern", `a@x namespaces="file,g*" `+ed, Good, "G", "")
	line("namespace of files", `a@x namespaces="file" `+ed, Bad, "B", `for "file"`)
	line("valid for no time", `a@x valid-after="20260301Z",valid-before="20260301Z" `+ed, UnknownKey, "U", "")
	line("valid from that second", `a@x valid-after="20260301000000Z" `+ed, Good, "G", "")
	line("valid from the next second", `a@x valid-after="20260301000001Z" `+ed, Expired, "U", "counts from 2026-03-01T00:00:01Z")
	line("valid to that second", `a@x valid-before="20260301Z" `+ed, Good, "G", "")
	line("valid to the last minute", `a@x valid-before="202602282359Z" `+ed, Expired, "U", "counted up to 2026-02-28T23:59:00Z")
	line("time without a zone", `a@x valid-before="20260228" `+ed, Expired, "U", "counted up to 2026-02-28")
	line("a wildcard", "*@example.com "+ed, Good, "G", "")
	line("several principals", "a@x,b@x "+ed, Good, "G", "")
	line("in quotes", `"a@x,b@x" `+ed, Good, "G", "")
	line("nobody but", "!a@x,* "+ed, Good, "G", "")
	line("everybody refused", "!*,a@x "+ed, UnknownKey, "B", "")
	line("an authority is no signer", "a@x cert-authority "+ed, UnknownKey, "U", "no allowed signer")
	line("option in capitals", `a@x NameSpaces="git" `+ed, Good, "G", "")
	line("option unknown", `a@x no-touch `+ed, UnknownKey, "U", "")
	line("a fault before", "oops\na@x "+ed, Good, "G", "")
	cases[len(cases)-1].signer = "a@x"
	line("valid on a later line only", `a@x valid-before="20250101Z" `+ed+"\na@x "+ed, Good, "G", "")

	add(sshCase{name: "nobody allowed", allowed: "# nobody\n", object: good, state: UnknownKey, git: "U", reason: "no allowed signer"})
	add(sshCase{name: "another key", allowed: "a@x " + keys["other"], object: good, state: UnknownKey, git: "U", reason: "no allowed signer", record: "ssh-other-key"})
	add(sshCase{name: "tampered", allowed: "a@x " + ed, object: strings.Replace(good, "promote", "demote", 1), state: Bad, git: "B",
		reason: "not of this commit", record: "ssh-tampered"})
	add(sshCase{name: "tampered, of an unknown key", allowed: "", object: strings.Replace(good, "promote", "demote", 1), state: Bad, git: "B", reason: "not of this commit"})
	add(sshCase{name: "namespace of a file", allowed: "a@x " + ed, object: b.sshSign(t, "ed25519", "file", payload), state: Bad, git: "B",
		reason: `for "file"`, record: "ssh-namespace"})
	add(sshCase{name: "sha256", allowed: "a@x " + ed, object: b.sshSign(t, "ed25519", "git", payload, "-O", "hashalg=sha256"), state: Good, signer: "a@x", git: "G"})
	add(sshCase{name: "rsa of 1024 bits", allowed: "a@x " + keys["weak"], object: b.sshSign(t, "weak", "git", payload), state: Bad, git: "G",
		reason: "1024 bits", record: "ssh-weak"})
	if _, _, err := b.try("", "ssh-keygen", "-q", "-N", "", "-C", "", "-t", "dsa", "-f", b.path("dsa")); err == nil { // before OpenSSH 10
		add(sshCase{name: "dsa", allowed: "a@x " + strings.TrimSpace(b.read(t, "dsa.pub")), object: b.sshSign(t, "dsa", "git", payload), state: Bad, git: "G",
			reason: "DSA", record: "ssh-dsa"})
	}
	add(sshCase{name: "expired", allowed: `a@x valid-before="20260101Z" ` + ed, object: good, state: Expired, signer: "a@x", git: "U",
		reason: "counted up to", record: "ssh-expired"})
	add(sshCase{name: "cut off", allowed: "a@x " + ed, object: join(payload, armoured[:len(armoured)/2]), state: Bad, git: "B", reason: "missing"})
	add(sshCase{name: "two signatures", allowed: "a@x " + ed, object: join(payload, armoured+armoured), state: Bad, git: "G", reason: "more text"})
	cases = append(cases, certificateCases(t, b, keys, payload)...)
	cases = append(cases, hardwareCases(t, payload)...)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkSSH(t, b, c)
		})
	}
}

// checkSSH compares verdicts: muster's with the one wanted, and git's with the one noted.
func checkSSH(t *testing.T, b bench, c sshCase) {
	t.Helper()
	ssh, _ := ParseAllowedSigners([]byte(c.allowed))
	payload, armoured, at := split(c.object)
	r := Keys{SSH: ssh}.Verify([]byte(payload), []byte(armoured), at)
	if r.State != c.state || r.Signer != c.signer || !strings.Contains(r.Reason, c.reason) || r.Scheme != "ssh" || (r.State == Good) != (r.Reason == "") {
		t.Errorf("the verdict is %+v, want %s of %q, with reason %q", r, c.state, c.signer, c.reason)
	}
	file := b.write(t, strings.Map(letters, t.Name()), c.allowed+"\n")
	letter, signer, key := b.letter(t, c.object, "gpg.ssh.allowedSignersFile="+file)
	if letter != c.git {
		t.Errorf("git says %s, want %s", letter, c.git)
	}
	if letter == "G" && r.State == Good && (!matchList(signer, r.Signer) || key != r.Key) {
		t.Errorf("git says it is of %q with %s, and muster %q with %s", signer, key, r.Signer, r.Key)
	}
	record(t, c.record, fixture{keys: "allowed", text: c.allowed, object: c.object, result: r})
}

func letters(r rune) rune {
	if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r) {
		return r
	}
	return '-'
}

func certificateCases(t *testing.T, b bench, keys map[string]string, payload string) (cases []sshCase) {
	t.Helper()
	issue := func(key string, options ...string) string {
		args := append([]string{"-q", "-s", b.path("ca"), "-I", "the id"}, options...)
		b.run(t, "ssh-keygen", append(args, b.path(key+".pub"))...)
		return b.sshSign(t, key+"-cert.pub", "git", payload)
	}
	within := []string{"-V", "20260101:20270101"}
	authority := "*@example.com cert-authority " + keys["ca"]
	for _, c := range []struct {
		sshCase
		options []string
	}{
		{sshCase{name: "certificate", allowed: authority, state: Good, signer: "alice@example.com", git: "G", record: "ssh-certificate"},
			append([]string{"-n", "alice,alice@example.com"}, within...)},
		{sshCase{name: "certificate of another authority", allowed: "* cert-authority " + keys["other"], state: UnknownKey, signer: "the id", git: "U", reason: "no authority"},
			append([]string{"-n", "alice@example.com"}, within...)},
		{sshCase{name: "certificate whose authority signs commits", allowed: "* " + keys["ca"], state: UnknownKey, signer: "the id", git: "U", reason: "no authority"},
			append([]string{"-n", "alice@example.com"}, within...)},
		{sshCase{name: "certificate beside its own key", allowed: "* " + keys["ed25519"], state: UnknownKey, signer: "the id", git: "U", reason: "no authority"},
			append([]string{"-n", "alice@example.com"}, within...)},
		{sshCase{name: "certificate of a stranger", allowed: authority, state: UnknownKey, signer: "the id", git: "U", reason: `may not certify "mallory@example.org"`},
			append([]string{"-n", "mallory@example.org"}, within...)},
		{sshCase{name: "certificate expired", allowed: authority, state: Expired, signer: "the id", git: "U", reason: "not valid when"},
			[]string{"-n", "alice@example.com", "-V", "20250101:20260101"}},
		{sshCase{name: "certificate made later", allowed: authority, state: Expired, signer: "the id", git: "U", reason: "not valid when"},
			[]string{"-n", "alice@example.com", "-V", "20260401:20270101"}},
		{sshCase{name: "certificate for nobody", allowed: authority, state: Bad, signer: "the id", git: "U", reason: "names 0 users"}, within},
		{sshCase{name: "certificate of a host", allowed: authority, state: Bad, signer: "the id", git: "U", reason: "not of a user"},
			append([]string{"-h", "-n", "alice@example.com"}, within...)},
		{sshCase{name: "certificate with a critical option", allowed: authority, state: Unsupported, signer: "the id", git: "G", reason: "critical options"},
			append([]string{"-n", "alice@example.com", "-O", "force-command=true"}, within...)},
		{sshCase{name: "authority for files only", allowed: `*@example.com cert-authority,namespaces="file" ` + keys["ca"], state: Bad, signer: "alice@example.com", git: "B",
			reason: `for "file"`}, append([]string{"-n", "alice@example.com"}, within...)},
	} {
		c.object = issue("ed25519", c.options...)
		cases = append(cases, c.sshCase)
	}
	return cases
}
