package note

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain is also the signing command of the tests: `program signing-command NAME` signs like the key of that name, and
// other names do what a command should not.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "signing-command" {
		os.Exit(signingCommand(os.Args[2]))
	}
	os.Exit(m.Run())
}

func signingCommand(name string) int {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 1
	}
	raw := ed25519.Sign(seedOf(name), text)
	switch name {
	case "fails":
		fmt.Print("secret-answer")
		fmt.Fprint(os.Stderr, "no \x1b[31mcredentials", strings.Repeat("!", 2*maxSaid))
		return 3
	case "hangs":
		time.Sleep(time.Hour)
	case "chatters":
		fmt.Println("secret-answer", base64.StdEncoding.EncodeToString(raw))
	case "hex":
		fmt.Printf("%x\n", raw)
	case "short":
		fmt.Println(base64.StdEncoding.EncodeToString(raw[1:]))
	case "floods":
		for range 1 << 10 {
			fmt.Println(strings.Repeat("A", 1<<10))
		}
	default:
		fmt.Println(base64.StdEncoding.EncodeToString(raw))
	}
	return 0
}

// seedOf is the private key of a name. Tests have the same ones in every run, and nobody else has a use for them.
func seedOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("a key for tests: " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicOf(t testing.TB, name string) Key {
	t.Helper()
	key, err := newKey(name, seedOf(name).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicsOf(t testing.TB, names ...string) (keys []Key) {
	t.Helper()
	for _, name := range names {
		keys = append(keys, publicOf(t, name))
	}
	return keys
}

// privateText is the private key as GenerateKey writes it.
func privateText(t testing.TB, name string) string {
	t.Helper()
	raw := append([]byte{ed25519Type}, seedOf(name).Seed()...)
	return privatePrefix + publicOf(t, name).id.String() + "+" + base64.StdEncoding.EncodeToString(raw)
}

func privateOf(t testing.TB, name string) PrivateKey {
	t.Helper()
	p, err := ParsePrivateKey(privateText(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func keysOf(t testing.TB, threshold int, names ...string) *Keys {
	t.Helper()
	keys, err := NewKeys(threshold, publicsOf(t, names...)...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// signed signs a document.
func signed(t testing.TB, doc string, names ...string) string {
	t.Helper()
	var signers []Signer
	for _, name := range names {
		signers = append(signers, privateOf(t, name).Signer())
	}
	out, err := Sign(context.Background(), []byte(doc), signers...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// forced signs whatever it is given, in the frame of a signed document.
func forced(t testing.TB, doc string, names ...string) string {
	t.Helper()
	return framed(doc, lineOf(t, doc, names...)...)
}

// lineOf is the signature of each key for a document.
func lineOf(t testing.TB, doc string, names ...string) (lines []string) {
	t.Helper()
	for _, name := range names {
		lines = append(lines, signature{publicOf(t, name).id, ed25519.Sign(seedOf(name), []byte(doc+"\n"))}.String())
	}
	return lines
}

// framed puts signature lines behind a document.
func framed(doc string, lines ...string) string {
	return strings.TrimSuffix(doc, "}") + "\n" + `,"signatures":["` + strings.Join(lines, `","`) + `"]}` + "\n"
}

func replaced(t testing.TB, s, old, with string) string {
	t.Helper()
	if strings.Count(s, old) != 1 {
		t.Fatalf("%q is not once in %q", old, s)
	}
	return strings.Replace(s, old, with, 1)
}

// assertSilent asks that nothing of a private key is said.
func assertSilent(t testing.TB, private, said string) {
	t.Helper()
	secret := private[strings.LastIndex(private, "+")+1:]
	for i := 0; i+8 <= len(secret); i++ {
		if strings.Contains(said, secret[i:i+8]) {
			t.Fatalf("it shows a part of the private key: %s", said)
		}
	}
	if bytes.Contains([]byte(said), []byte("secret-answer")) {
		t.Fatalf("it shows what the command answered: %s", said)
	}
}
