package note

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// sources are where the tests keep keys.
func sources(t *testing.T) (file func(name, text string, mode os.FileMode) string, lookup func(string) (string, bool)) {
	t.Helper()
	dir := t.TempDir()
	file = func(name, text string, mode os.FileMode) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	environment := map[string]string{"KEY": privateText(t, old) + "\n", "NEXT": privateText(t, next), "EMPTY": "", "ALIEN": privateText(t, alien),
		"PUBLIC": publicOf(t, old).String(), "CUT": privateText(t, old)[:60]}
	return file, func(name string) (string, bool) { v, ok := environment[name]; return v, ok }
}

// command is the source of a key with which this test program signs.
func command(t *testing.T, name string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(program, " \t") {
		t.Skip("the test program's path has a space")
	}
	return "exec:" + program + " signing-command  " + name
}

func TestSources(t *testing.T) {
	t.Parallel()
	file, lookup := sources(t)
	keys := keysOf(t, 2, old, next)
	want := signed(t, pointer, old, next)
	for _, pair := range [][2]string{
		{file("a.key", privateText(t, old)+"\n", 0o600), "env:NEXT"},
		{file("read-only.key", privateText(t, old)+"\r\n", 0o400), command(t, next)},
		{"env:KEY", file("b.key", privateText(t, next), 0o600)},
		{command(t, old), command(t, next)},
	} {
		var signers []Signer
		for _, source := range pair {
			s, err := OpenSigner(source, lookup, keys)
			if err != nil {
				t.Fatal(err)
			}
			signers = append(signers, s)
		}
		doc, err := Sign(context.Background(), []byte(pointer), signers...)
		if err != nil || string(doc) != want {
			t.Errorf("%q sign:\n%s\n%v\nwant:\n%s", pair, doc, err, want)
		}
		if _, err := Verify(doc, keys); err != nil {
			t.Errorf("%q: %v", pair, err)
		}
	}
}

// TestSourcesRefused asks for keys that are none, or are not to be used.
func TestSourcesRefused(t *testing.T) {
	t.Parallel()
	file, lookup := sources(t)
	private := privateText(t, old)
	keys := keysOf(t, 1, old, next)
	for _, c := range []struct{ source, want string }{
		{file("missing", "", 0o600) + ".key", "reading private key: open "},
		{t.TempDir(), ""},
		{file("empty.key", "", 0o600), "it holds no private key"},
		{file("cut.key", private[:len(private)-5], 0o600), "cut or altered"},
		{file("public.key", publicOf(t, old).String(), 0o600), "it holds a public key"},
		{file("long.key", private+strings.Repeat("A", maxKeyFile), 0o600), "cut or altered"},
		{file("alien.key", privateText(t, alien), 0o600), "is none of those whose signatures count, which are " + keys.String() + "; add \"" + publicOf(t, alien).String()},
		{"env:ALIEN", "is none of those"},
		{"env:EMPTY", `the environment variable "EMPTY" is not set`},
		{"env:NOWHERE", `the environment variable "NOWHERE" is not set`},
		{"env:", `the environment variable "" is not set`},
		{"env:PUBLIC", "it holds a public key"},
		{"env:CUT", `reading key from the environment variable "CUT": it holds a private key that is cut or altered`},
		{"exec:", "takes a command"},
		{"exec: ", "takes a command"},
		{private, "a private key was given itself"},
		{"env:" + private, "a private key was given itself"},
		{"exec:sign " + private, "a private key was given itself"},
		{"./" + private, "a private key was given itself"},
		{"", "reading private key: open "},
	} {
		_, err := OpenSigner(c.source, lookup, keys)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.source, err, c.want)
			continue
		}
		assertSilent(t, private, err.Error())
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes here")
	}
	file, _ := sources(t)
	for _, mode := range []os.FileMode{0o640, 0o620, 0o604, 0o601, 0o777} {
		_, err := ReadPrivateKey(file("open.key", privateText(t, old), mode))
		if err == nil || !strings.Contains(err.Error(), "others than its owner") || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

// TestCommands runs commands that do what they should not.
func TestCommands(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, 1, old, next)
	for _, c := range []struct{ source, want string }{
		{command(t, alien), "its signature holds for none of the keys that count, which are " + keys.String()},
		{command(t, "fails"), `exit status 3; it says "no \x1b[31mcredentials!!!`},
		{command(t, "chatters"), "and not with a line that is the base64 of the 64 bytes"},
		{command(t, "hex"), "it answers with 129 characters"},
		{command(t, "short"), "it answers with 85 characters"},
		{command(t, "floods"), "it answers with 1024 characters"},
		{"exec:" + filepath.Join(t.TempDir(), "nothing") + " --pin 4711-secret-answer", "no such file"},
	} {
		sign, err := OpenSigner(c.source, nil, keys)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Sign(context.Background(), []byte(pointer), sign)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.source, err, c.want)
			continue
		}
		assertSilent(t, privateText(t, old), err.Error())
		if len(err.Error()) > 2*maxSaid {
			t.Errorf("%s: the error has %d bytes", c.source, len(err.Error()))
		}
		if strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("%s: the error has control characters: %q", c.source, err)
		}
	}
}

func TestCommandEnds(t *testing.T) {
	t.Parallel()
	sign, err := OpenSigner(command(t, "hangs"), nil, keysOf(t, 1, old))
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(context.Background(), 100*time.Millisecond, enough)
	defer cancel()
	if _, err := sign(ctx, []byte(pointer+"\n")); !errors.Is(err, enough) {
		t.Errorf("got %v, want %v", err, enough)
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	a, b := privateOf(t, old).Signer(), privateOf(t, next).Signer()
	broken := errors.New("no more ink")
	fails := func(context.Context, []byte) (string, error) { return "", broken }
	says := func(line string) Signer {
		return func(context.Context, []byte) (string, error) { return line, nil }
	}
	for _, c := range []struct {
		name, doc string
		signers   []Signer
		want      string
	}{
		{"a document with a newline", pointer + "\n", []Signer{a}, ErrMalformed.Error()},
		{"two lines", replaced(t, pointer, `,"commit"`, ",\n\"commit\""), []Signer{a}, ErrMalformed.Error()},
		{"no object", "[]", []Signer{a}, ErrMalformed.Error()},
		{"no canonical JSON", `{"a": 1}`, []Signer{a}, "it is not a canonical JSON object (RFC 8785): byte 6"},
		{"a signed document", signed(t, pointer, old), []Signer{b}, "it is signed already"},
		{"no signers", pointer, nil, "no key to sign with"},
		{"one key twice", pointer, []Signer{a, b, a}, "two of the sources sign with the key " + publicOf(t, old).id.String()},
		{"a signer that fails", pointer, []Signer{a, fails}, broken.Error()},
		{"a signer that says nothing", pointer, []Signer{says("")}, errSignature.Error()},
		{"a signer that says too much", pointer, []Signer{says(strings.Join(lineOf(t, pointer, old, next), `","`))}, errSignature.Error()},
	} {
		if doc, err := Sign(context.Background(), []byte(c.doc), c.signers...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, %v, want %q", c.name, doc, err, c.want)
		}
	}
	doc := []byte(pointer)
	if _, err := Sign(context.Background(), doc[:len(doc):len(doc)+0], a); err != nil || !bytes.Equal(doc, []byte(pointer)) {
		t.Errorf("signing changed what was to be signed: %v", err)
	}
}
