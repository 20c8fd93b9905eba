package note

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func TestGenerateKey(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"acme-shop-2026", "acme.example/shop", "a", "!#[]~", strings.Repeat("x", maxName)} {
		private, public, err := GenerateKey(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParsePrivateKey(private + "\r\n")
		if err != nil {
			t.Fatal(err)
		}
		if p.Public().String() != public.String() || public.Name() != name {
			t.Errorf("the key %q belongs to the private key of %q", p.Public(), public)
		}
		again, err := ParseKey(public.String())
		if err != nil || !again.Same(public) {
			t.Errorf("%q: %v", public, err)
		}
		if other, _, _ := GenerateKey(name); other == private {
			t.Error("two keys are alike")
		}
		assertSilent(t, private, fmt.Sprintf("%v %+v %#v %s", p, p, p, public))
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "acme shop", "acme+shop", "acme\tshop", "acmé", "a\"b", `a\b`, "a\n", "\x7f", strings.Repeat("x", maxName+1)} {
		if err := CheckName(name); err == nil {
			t.Errorf("%q is taken", name)
		}
		if _, _, err := GenerateKey(name); err == nil {
			t.Errorf("%q gets a key", name)
		}
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	good := publicOf(t, old).String()
	hash, data := strings.Split(good, "+")[1], strings.SplitN(good, "+", 3)[2]
	ecdsa := replaced(t, good, "+A", "+B") // the first byte, the type, is 5 then
	for _, c := range []struct{ text, want string }{
		{"", "NAME+HASH+BASE64"},
		{old, "NAME+HASH+BASE64"},
		{old + "+" + hash, "NAME+HASH+BASE64"},
		{good + "\n", "is not base64"},
		{" " + good, "no name of a key"},
		{"+" + hash + "+" + data, "no name of a key"},
		{old + "++" + data, "the hash of this name and key is " + hash + `, and not ""`},
		{old + "+00000000+" + data, "the hash of this name and key is " + hash + `, and not "00000000": a character is missing or mistyped`},
		{old + "+" + strings.ToUpper(hash) + "+" + data, "mistyped"},
		{old + "+0" + hash + "+" + data, "mistyped"},
		{"acme-shop-2062+" + hash + "+" + data, "mistyped"},
		{strings.TrimSuffix(good, data[40:]), "Ed25519 key has 32 bytes, and this one 29"},
		{good[:len(good)-1], "is not base64"},
		{good + "AAAA", "Ed25519 key has 32 bytes, and this one 35"},
		{old + "+" + hash + "+", "is not base64"},
		{ecdsa, "a key of type 5, and muster takes Ed25519 keys, which are of type 1"},
	} {
		_, err := ParseKey(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
		if _, libraryErr := note.NewVerifier(c.text); libraryErr == nil && !strings.EqualFold(strings.TrimSpace(c.text), good) { // it reads several spellings
			t.Errorf("the library takes %q", c.text)
		}
	}
}

// TestParsePrivateKey cuts and alters a private key, of which no error may show a part.
func TestParsePrivateKey(t *testing.T) {
	t.Parallel()
	good := privateText(t, old)
	broken := []string{good + "A", " " + good, good + " ", strings.Replace(good, "acme", "acmé", 1), strings.Replace(good, "PRIVATE", "private", 1), "PRIVATE+KEY+" + good}
	broken = append(broken, privateText(t, "acmé"))
	for i := range len(good) {
		broken = append(broken, good[:i], good[:i]+"!"+good[i+1:])
	}
	for _, text := range broken {
		_, err := ParsePrivateKey(text)
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		assertSilent(t, good, err.Error())
		_, err = ParseKey(text)
		if err == nil {
			t.Errorf("%q is taken for a public key", text)
		} else if strings.Contains(text, privatePrefix) {
			if !errors.Is(err, ErrPrivate) {
				t.Errorf("%q: %v", text, err)
			}
			assertSilent(t, good, err.Error())
		}
	}
	if _, err := ParsePrivateKey(publicOf(t, old).String()); err == nil || !strings.Contains(err.Error(), "it holds a public key") {
		t.Errorf("a public key: %v", err)
	}
}

func TestNewKeys(t *testing.T) {
	t.Parallel()
	a, b := publicOf(t, old), publicOf(t, next)
	renamed, err := newKey("renamed", a.public)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		threshold int
		list      []Key
		want      string
	}{
		{1, nil, "1 of 0 keys"}, {0, []Key{a}, "0 of 1 keys"}, {-1, []Key{a}, "-1 of 1 keys"}, {3, []Key{a, b}, "3 of 2 keys"},
		{1, []Key{a, b, a}, "the key " + a.id.String() + " is listed twice"}, {2, []Key{a, renamed}, "the key renamed+"},
	} {
		if _, err := NewKeys(c.threshold, c.list...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d of %v: got %v, want %q", c.threshold, c.list, err, c.want)
		}
	}
}

// TestResult reads what people are told.
func TestResult(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, 2, old, next)
	for _, c := range []struct{ doc, want, err string }{
		{signed(t, pointer, next, old), "signed by acme-shop-2027, acme-shop-2026", "<nil>"},
		{signed(t, pointer, old, alien), "signed by acme-shop-2026 (1 of the 2 keys that it takes)", "too few keys signed it: it is signed by acme-shop-2026 (1 of the 2 keys that it takes)"},
		{signed(t, pointer, alien), "signed by no known key (0 of the 2 keys that it takes)",
			"no known key signed it, but " + publicOf(t, alien).id.String() + "; the keys that count are " + publicOf(t, old).id.String() + ", " + publicOf(t, next).id.String()},
		{pointer, "signed by no known key (0 of the 2 keys that it takes)", "it is not signed"},
		{framed(pointer, lineOf(t, "{}", old)...), "signed by no known key (0 of the 2 keys that it takes)", "a signature does not hold: that of " + publicOf(t, old).id.String()},
	} {
		r, err := Verify([]byte(c.doc), keys)
		if r.String() != c.want || fmt.Sprint(err) != c.err {
			t.Errorf("got %q, %q\nwant %q, %q", r, fmt.Sprint(err), c.want, c.err)
		}
	}
	r, err := Verify([]byte(framed(pointer, lineOf(t, pointer, alien, alien, old, old)...)), keysOf(t, 1, old))
	if err != nil || len(r.Signed) != 1 || len(r.Unknown) != 1 || r.Unknown[0] != publicOf(t, alien).id.String() || r.Threshold != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
}
