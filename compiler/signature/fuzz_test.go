package signature

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

// seeds gives the sections of every fixture.
func seeds(f *testing.F, add func(sections map[string]string)) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("there are no fixtures to start from")
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		sections := map[string]string{}
		for _, s := range archive.Files {
			sections[s.Name] = string(s.Data)
		}
		add(sections)
	}
}

// FuzzAllowedSigners: faults point into the file, and lines count or fault each for itself.
func FuzzAllowedSigners(f *testing.F) {
	seeds(f, func(s map[string]string) { f.Add(s["allowed"]) })
	f.Add(`"a b",c@x namespaces="git,\"f\"",valid-after="20250101" ssh-ed25519 AAAA` + "\r\n# x\n!a a")
	f.Fuzz(func(t *testing.T, text string) {
		keys, faults := ParseAllowedSigners([]byte(text))
		count := func(k SSHKeys) (n int) {
			for _, lines := range k.lines {
				n += len(lines)
			}
			return n
		}
		good, bad := 0, 0
		for line := range strings.SplitSeq(text, "\n") {
			k, fs := ParseAllowedSigners([]byte(line))
			good, bad = good+count(k), bad+len(fs)
		}
		if len(text) <= maxAllowed && (good != count(keys) || bad != len(faults)) {
			t.Errorf("line by line %d count and %d fault, together %d and %d", good, bad, count(keys), len(faults))
		}
		for _, fault := range faults {
			if fault.Line < 0 || fault.Line > strings.Count(text, "\n")+1 || !utf8.ValidString(fault.Message) || strings.ContainsAny(fault.Message, "\n\x1b") {
				t.Errorf("fault %+v", fault)
			}
		}
	})
}

// FuzzSSH: what can be read is written back the same.
func FuzzSSH(f *testing.F) {
	seeds(f, func(s map[string]string) {
		_, armoured, _ := split(s["commit"])
		f.Add(armoured)
	})
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSSH([]byte(text))
		if err != nil {
			return
		}
		again, err := parseSSH([]byte(armour(s)))
		if err != nil || armour(again) != armour(s) {
			t.Errorf("read %+v, and read again %+v, %v", s, again, err)
		}
	})
}

// FuzzVerify: a verdict has all its parts, is the same again, and is never good for another payload.
func FuzzVerify(f *testing.F) {
	seeds(f, func(s map[string]string) {
		payload, armoured, _ := split(s["commit"])
		f.Add(s["allowed"], s["ring"], payload, armoured)
	})
	f.Fuzz(func(t *testing.T, allowed, ring, payload, armoured string) {
		at := day("2024-01-10")
		var keys Keys
		keys.SSH, _ = ParseAllowedSigners([]byte(allowed))
		keys.PGP, _ = ParseKeyRing([]byte(ring))
		r := keys.Verify([]byte(payload), []byte(armoured), at)
		if (r.State == Unsigned) != (armoured == "") || (r.State == Good || r.State == Unsigned) != (r.Reason == "") || r.Signer != oneLine(r.Signer) ||
			r.State == Good && (r.Key == "" || r.Scheme == "") || strings.ContainsAny(r.Reason+r.Key, "\n\x1b") {
			t.Errorf("the verdict is %+v", r)
		}
		if again := keys.Verify([]byte(payload), []byte(armoured), at); again != r {
			t.Errorf("the verdict is %+v, and then %+v", r, again)
		}
		if other := keys.Verify([]byte(payload+"."), []byte(armoured), at); other.State == Good {
			t.Errorf("another payload is %+v", other)
		}
		if none := (Keys{}).Verify([]byte(payload), []byte(armoured), at); none.State == Good {
			t.Errorf("with no keys it is %+v", none)
		}
	})
}
