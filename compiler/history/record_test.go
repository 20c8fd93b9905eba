package history_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"muster/compiler/history"
)

// TestRecordAgreesWithGit has commits as people, old tools and enemies write them.
func TestRecordAgreesWithGit(t *testing.T) {
	t.Parallel()
	r := forked(t)
	head := "tree " + r.git("rev-parse", "HEAD^{tree}") + "\nparent " + r.git("rev-parse", "HEAD") + "\n"
	people := "author Ä Ö <ä@b> 1767225600 +0530\ncommitter C O Mitter <c@d> 1767225601 -0330\n"
	h := r.open()
	for name, object := range map[string]string{
		"plain":                    head + people + "\nsubject\n\nbody\n",
		"no message":               head + people + "\n",
		"no line's end":            head + people + "\nsubject",
		"empty lines first":        head + people + "\n\n\nsubject\n",
		"latin 1":                  head + "author \xc4 <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\nencoding ISO-8859-1\n\ncaf\xe9\n",
		"latin-1, as in old mails": head + "author \xc4 <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\nencoding latin-1\n\ncaf\xe9\n",
		"Windows":                  head + "author A <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\nencoding windows-1252\n\n\x80 5\n",
		"Japanese":                 head + "author \x93\xfa\x96{ <a@b> 1 +0900\ncommitter C <c@d> 2 +0000\nencoding Shift_JIS\n\n\x93\xfa\x96{\n",
		"UTF-8, said":              head + "author Ä <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\nencoding utf8\n\nä\n",
		"an unknown encoding":      head + "author Ä <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\nencoding klingon\n\nä\n",
		"no text at all":           head + "author \xff\xfe <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\n\n\xff\n",
		"zone of a quarter":        head + "author A <a@b> 1767225600 +0545\ncommitter C <c@d> 1767225600 -1200\n\nx\n",
		"no zone":                  head + "author A <a@b> 1767225600\ncommitter C <c@d> 1767225600\n\nx\n",
		"no date":                  head + "author A <a@b>\ncommitter C <c@d>\n\nx\n",
		"no name":                  head + "author <a@b> 1 +0000\ncommitter  <c@d> 2 +0000\n\nx\n",
		"angle brackets":           head + "author A <B> <a@b> 5 +0100\ncommitter C <c<d>> 7 +0100\n\nx\n",
		"no parent":                "tree " + r.git("rev-parse", "HEAD^{tree}") + "\n" + people + "\nroot\n",
		"header lines of others":   head + people + "HG:extra x\nmergetag object x\n type commit\n\n y\n\nmessage\n",
	} {
		id := r.gitWith([]byte(object), "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
		rec := record(t, h, id)
		var parents []string
		for _, p := range rec.Parents {
			parents = append(parents, p.String())
		}
		stamp := func(p history.Person) string {
			return fmt.Sprintf("%d %s", p.When.Unix(), p.When.Format("-0700"))
		}
		got := strings.Join([]string{strings.Join(parents, " "), rec.Author.Name, rec.Author.Email, rec.Committer.Name, rec.Committer.Email,
			stamp(rec.Author), stamp(rec.Committer)}, "\n")
		want := r.git("log", "-1", "--encoding=UTF-8", "--date=format:%s %z", "--format=%P%n%an%n%ae%n%cn%n%ce%n%ad%n%cd", id)
		switch name { // git has a date without a zone for its own use, and does not show it
		case "no date":
			want = strings.TrimRight(want, "\n") + "\n0 +0000\n0 +0000"
		case "no zone":
			want = strings.TrimRight(want, "\n") + "\n1767225600 +0000\n1767225600 +0000"
		}
		if want = strings.ToValidUTF8(want, "\ufffd"); got != want {
			t.Errorf("%s: got\n%q\ngit says\n%q", name, got, want)
		}
		body := strings.ToValidUTF8(r.git("log", "-1", "--encoding=UTF-8", "--format=%B", id), "\ufffd")
		if strings.Trim(rec.Message, "\n") != strings.Trim(body, "\n") {
			t.Errorf("%s: got message %q, git says %q", name, rec.Message, body)
		}
		if rec.Signature != nil || string(rec.Signed) != object || rec.ID.String() != id {
			t.Errorf("%s: got %q signed, %q", name, rec.Signature, rec.Signed)
		}
	}
}

func record(t testing.TB, h *history.Repository, id string) history.Record {
	t.Helper()
	oid, err := history.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := h.Record(oid)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{rec.Author.Name, rec.Author.Email, rec.Committer.Name, rec.Committer.Email, rec.Message} {
		if !utf8.ValidString(text) {
			t.Errorf("%s: %q is not UTF-8", id, text)
		}
	}
	return rec
}

// TestRecordSigned has git sign a commit and ssh-keygen verify what comes out of it.
func TestRecordSigned(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not on the PATH, and this test signs with it")
	}
	r := newRepo(t)
	key := r.beside("key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "c", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r.write("a", "b")
	r.git("add", "-A")
	r.git("-c", "gpg.format=ssh", "-c", "user.signingKey="+key+".pub", "commit", "-q", "-S", "-m", "signed\n\n\nbody")
	rec := record(t, r.open(), r.git("rev-parse", "HEAD"))
	signature := filepath.Join(tempDir(t), "signature")
	if err := os.WriteFile(signature, rec.Signature, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		signed []byte
		good   bool
	}{{rec.Signed, true}, {append(bytes.Clone(rec.Signed), '\n'), false}} {
		verify := exec.Command("ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s", signature)
		verify.Stdin = bytes.NewReader(c.signed)
		if out, err := verify.CombinedOutput(); (err == nil) != c.good {
			t.Errorf("signature over\n%s: %v: %s", c.signed, err, out)
		}
	}
	if rec.Message != "signed\n\n\nbody\n" && rec.Message != "signed\n\nbody\n" {
		t.Errorf("got message %q", rec.Message)
	}
}

// TestRecordSignatures has the header in all forms that git knows how to leave out.
func TestRecordSignatures(t *testing.T) {
	t.Parallel()
	r := forked(t)
	tree := "tree " + r.git("rev-parse", "HEAD^{tree}") + "\n"
	people := "author A <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\n"
	const ours, others = "gpgsig -----BEGIN\n \n abc\n -----END\n", "gpgsig-sha256 -----BEGIN\n xyz\n -----END\n"
	const unfolded = "-----BEGIN\n\nabc\n-----END\n"
	message := "\nsubject\n\n" + ours + " gpgsig in the message\n"
	h := r.open()
	for name, c := range map[string]struct{ object, signature, signed string }{
		"one":            {tree + people + ours + message, unfolded, tree + people + message},
		"before others":  {tree + people + ours + "encoding UTF-8\n" + message, unfolded, tree + people + "encoding UTF-8\n" + message},
		"after a folded": {tree + people + "mergetag x\n y\n" + ours + message, unfolded, tree + people + "mergetag x\n y\n" + message},
		"with SHA-256":   {tree + people + ours + others + message, unfolded, tree + people + message},
		"SHA-256 first":  {tree + people + others + ours + message, unfolded, tree + people + message},
		"only SHA-256":   {tree + people + others + message, "", tree + people + message},
		"two":            {tree + people + ours + ours + message, unfolded + unfolded, tree + people + message},
		"none":           {tree + people + message, "", tree + people + message},
		"no message":     {tree + people + ours, unfolded, tree + people},
		"in the middle":  {tree + ours + people + message, unfolded, tree + people + message},
		"cut off":        {tree + people + "gpgsig -----BEGIN", "-----BEGIN", tree + people},
	} {
		id := r.gitWith([]byte(c.object), "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
		rec := record(t, h, id)
		if string(rec.Signature) != c.signature || (rec.Signature == nil) != (c.signature == "") {
			t.Errorf("%s: got signature %q", name, rec.Signature)
		}
		if string(rec.Signed) != c.signed {
			t.Errorf("%s: got %q signed, want %q", name, rec.Signed, c.signed)
		}
	}
}

func TestRecordRefuses(t *testing.T) {
	t.Parallel()
	r := forked(t)
	h := r.open()
	for rev, want := range map[string]error{"HEAD^{tree}": history.ErrUnknownRevision, "": history.ErrUnusable} {
		id := history.ObjectID{1}
		if rev != "" {
			var err error
			if id, err = history.ParseID(r.git("rev-parse", rev)); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Blob(id); !errors.Is(err, history.ErrUnusable) {
				t.Errorf("%q as a file: got %v", rev, err)
			}
		}
		if _, err := h.Record(id); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", rev, err, want)
		}
		if _, _, err := h.Merged(id, 1); !errors.Is(err, want) {
			t.Errorf("what %q merged: got %v, want %v", rev, err, want)
		}
	}
}
