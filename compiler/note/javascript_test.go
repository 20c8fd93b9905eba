package note

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"muster/compiler/tries"
)

// javaScript is what verify.mjs says of each vector, as run.mjs prints it.
func javaScript(t *testing.T, all []vector) []string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not on the PATH")
	}
	for _, name := range []string{"testdata/run.mjs", "testdata/verify.mjs"} { // or go test takes the result that it has, when they changed
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	var questions bytes.Buffer
	e := json.NewEncoder(&questions)
	for _, v := range all {
		question := map[string]any{"doc": base64.StdEncoding.EncodeToString(v.bytes(t)), "schema": v.Schema, "registry": v.Registry, "now": v.Now}
		if v.Keys != nil {
			question["keys"], question["threshold"] = v.Keys, v.Threshold
		}
		if v.Seen != nil {
			question["seen"] = v.Seen
		}
		if err := e.Encode(question); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command("node", "testdata/run.mjs")
	var complaint bytes.Buffer
	run.Stdin, run.Stderr = &questions, &complaint
	out, err := run.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, complaint.String())
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != len(all) {
		t.Fatalf("node answers %d of %d questions\n%s", len(answers), len(all), complaint.String())
	}
	return answers
}

// TestVectorsInJavaScript runs the file through verify.mjs, which also has to agree on documents that were altered at random.
func TestVectorsInJavaScript(t *testing.T) {
	t.Parallel()
	all := append(readVectors(t), // and two that would swell the file
		vector{Name: "as large as it may be", Doc: string(large(MaxSize)), Now: "2026-12-02T00:00:00Z", Schema: "muster/pointer/v1", Want: "schema"},
		vector{Name: "too large", Doc: string(large(MaxSize + 1)), Now: "2026-12-02T00:00:00Z", Schema: "muster/pointer/v1", Want: "malformed"})
	for i, got := range javaScript(t, all) {
		if got != all[i].wanted() {
			t.Errorf("%s: got %q, want %q", all[i].Name, got, all[i].wanted())
		}
	}
}

// TestMutants asks both languages about altered documents. Half of them have a signature that holds for what they say now, so
// that the questions behind it are asked as well.
func TestMutants(t *testing.T) {
	t.Parallel()
	all := mutants(t)
	counts := map[string]int{}
	for i, inJavaScript := range javaScript(t, all) {
		inGo := all[i].answer(t)
		if inGo != inJavaScript {
			t.Errorf("%s: Go says %q, JavaScript %q\n%q", all[i].Name, inGo, inJavaScript, all[i].bytes(t))
		}
		reason, _, _ := strings.Cut(inGo, " "+old)
		counts[reason]++
		if strings.HasPrefix(all[i].Name, "altered") && reason == "ok" {
			t.Errorf("%s is accepted:\n%q", all[i].Name, all[i].bytes(t))
		}
	}
	t.Logf("points tried: %d mutants: %v", len(all), counts)
	for _, reason := range []string{"ok", "malformed", "signature", "unknown keys", "threshold", "schema", "registry", "replayed"} {
		if counts[reason] == 0 {
			t.Errorf("no mutant is refused as %s", reason)
		}
	}
}

// mutants are documents of two kinds: altered ones, every byte of one and random bytes of others, and ones that were signed
// after they were altered.
func mutants(t *testing.T) (all []vector) {
	t.Helper()
	r := rand.New(rand.NewPCG(2026, 12))
	key := publicOf(t, old).String()
	add := func(name string, threshold int, doc []byte) {
		all = append(all, vector{Name: fmt.Sprintf("%s, %d", name, len(all)), DocBase64: base64.StdEncoding.EncodeToString(doc), Keys: []string{key, publicOf(t, next).String()},
			Threshold: threshold, Schema: "muster/pointer/v1", Registry: "acme-shop", Seen: map[string]int64{key: 12}, Now: "2026-12-02T00:00:00Z"})
	}
	good := []byte(signed(t, pointer, old))
	for i := range good {
		m := bytes.Clone(good)
		m[i] ^= 1 << r.IntN(8)
		add("altered", 1, m)
	}
	for range 1500 / tries.Fewer {
		add("altered", 1, alter(r, good))
	}
	for range 2500 / tries.Fewer {
		text := []byte(replaced(t, pointer, `"serial":12`, fmt.Sprintf(`"serial":%d`, 8+r.IntN(20))))
		for range 1 + r.IntN(2) {
			text = alter(r, text)
		}
		add("signed again", 1+r.IntN(10)/9, []byte(forced(t, string(text), old)))
	}
	return all
}

// alter changes, takes out, puts in or doubles a part of a document. What it makes differs from what it was given.
func alter(r *rand.Rand, doc []byte) []byte {
	const words = `{}[]",:\/ 0123456789-+.eEtfn` + "\n\t\r\x00\x7f\u2028é😀"
	for {
		at := r.IntN(len(doc))
		end := min(len(doc), at+1+r.IntN(6))
		var m []byte
		switch r.IntN(5) {
		case 0:
			m = slices.Replace(bytes.Clone(doc), at, at+1, byte(r.IntN(256)))
		case 1:
			m = slices.Delete(bytes.Clone(doc), at, end)
		case 2:
			m = slices.Insert(bytes.Clone(doc), at, doc[at:end]...)
		case 3:
			m = slices.Insert(bytes.Clone(doc), at, words[r.IntN(len(words))])
		default:
			m = slices.Replace(bytes.Clone(doc), at, at+1, "0123456789"[r.IntN(10)])
		}
		if !bytes.Equal(m, doc) {
			return m
		}
	}
}
