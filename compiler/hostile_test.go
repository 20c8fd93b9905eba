package compiler_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"muster/compiler"
	"muster/compiler/diag"
)

// hostile are registries that a pull request could hold, each made to exhaust something: the file that is laid over the
// base registry, and what a finding must say.
var hostile = []struct {
	name, file string
	text       func() []byte
	says       string
}{
	{"10 MB", "remotes/cart.yaml", func() []byte { return bytes.Repeat([]byte("# padding\n"), 1<<20) }, "the limit is 262144"},
	{"10 MB of policy", "schema/policy.cue", func() []byte { return bytes.Repeat([]byte("// padding\n"), 1<<20) }, "the limit is 262144"},
	{"100,000 keys", "remotes/cart.yaml", func() []byte { return keys(100_000) }, "the limit is"},
	{"keys up to the limit", "remotes/cart.yaml", func() []byte { return keys(20_000) }, "unknown field"},
	{"short keys up to the limit", "remotes/cart.yaml", func() []byte {
		return []byte("releases: {" + strings.Repeat("a,", 125_000) + "}")
	}, "set twice"},
	{"nesting in brackets", "remotes/cart.yaml", func() []byte { return bytes.Repeat([]byte("["), 100_000) }, "nesting deeper"},
	{"nesting in braces", "remotes/cart.yaml", func() []byte {
		return []byte(strings.Repeat("{a: ", 5_000) + "1" + strings.Repeat("}", 5_000))
	}, "nesting deeper"},
	{"nesting in dashes", "remotes/cart.yaml", func() []byte { return bytes.Repeat([]byte("- "), 100_000) }, "nesting deeper"},
	{"nesting by indentation", "remotes/cart.yaml", func() []byte {
		var b bytes.Buffer
		for i := range 700 {
			fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
		}
		return b.Bytes()
	}, "nesting deeper"},
	{"an alias bomb", "remotes/cart.yaml", aliasBomb, "anchor"},
	{"control characters", "remotes/cart.yaml", func() []byte { return bytes.Repeat([]byte{0x1b, '[', '2', 'J'}, 10_000) }, "control character"},
	{"a text of 1 MB", "remotes/cart.yaml", func() []byte { return []byte("name: " + strings.Repeat("x", 1<<20)) }, "the limit is"},
	{"a text of 250 KB", "remotes/cart.yaml", func() []byte {
		return []byte("apiVersion: muster/v1\nname: " + strings.Repeat("x", 250_000) + "\nowner: team\nreleases: []\n")
	}, "must be lower-case"},
	{"a key of 250 KB", "remotes/cart.yaml", func() []byte { return []byte(strings.Repeat("x", 250_000) + ": 1\n") }, ""},
	{"comments", "remotes/cart.yaml", func() []byte { return append([]byte("name: cart\n"), bytes.Repeat([]byte("#\n"), 125_000)...) }, "missing"},
	{"blank lines", "remotes/cart.yaml", func() []byte { return append([]byte("name:"), bytes.Repeat([]byte("\n"), 250_000)...) }, "is empty"},
	{"question marks", "remotes/cart.yaml", func() []byte { return bytes.Repeat([]byte("? "), 100_000) }, ""},
	{"quotes", "remotes/cart.yaml", func() []byte { return bytes.Repeat([]byte(`"`), 200_000) }, ""},
	{"colons", "remotes/cart.yaml", func() []byte { return bytes.Repeat([]byte("a: "), 80_000) }, ""},
	{"block scalars", "remotes/cart.yaml", func() []byte { return append([]byte("name: |\n"), bytes.Repeat([]byte(" \n"), 120_000)...) }, ""},
	{"documents", "remotes/cart.yaml", func() []byte { return bytes.Repeat([]byte("---\n"), 60_000) }, ""},
	{"path tricks", "remotes/../../etc/passwd.yaml", func() []byte { return []byte("name: x\n") }, ""},
	{"nested policy", "schema/policy.cue", func() []byte {
		return []byte("package schema\npolicy: " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000))
	}, "deep"},
	{"negations in the policy", "schema/policy.cue", func() []byte {
		return []byte("package schema\npolicy: " + strings.Repeat("-", 200_000) + "1")
	}, "deep"},
	{"a policy that doubles", "schema/policy.cue", func() []byte {
		var b bytes.Buffer
		b.WriteString("package schema\n_a0: {x: 1}\n")
		for i := range 40 {
			fmt.Fprintf(&b, "_a%d: {l: _a%d, r: _a%d}\n", i+1, i, i)
		}
		b.WriteString("policy: _a40\nregistry: name: \"x\"\n")
		return b.Bytes()
	}, "expand"},
	{"a policy of alternatives", "schema/policy.cue", func() []byte {
		var b bytes.Buffer
		b.WriteString("package schema\nregistry: name: \"x\"\npolicy: origins: []\n#Remote: owner: ")
		for i := range 24 {
			if i > 0 {
				b.WriteString(" & ")
			}
			fmt.Fprintf(&b, "(=~\"a%d\" | =~\"b%d\")", i, i)
		}
		return b.Bytes()
	}, ""},
	{"a policy of struct alternatives", "schema/policy.cue", func() []byte {
		var b bytes.Buffer
		b.WriteString("package schema\nregistry: name: \"x\"\n_s: ")
		for i := range 20 {
			if i > 0 {
				b.WriteString(" & ")
			}
			fmt.Fprintf(&b, "({a%d: 1} | {b%d: 1})", i, i)
		}
		b.WriteString("\npolicy: origins: [_s.x]\n")
		return b.Bytes()
	}, ""},
	{"a policy with a large regular expression", "schema/policy.cue", func() []byte {
		return []byte("package schema\n#Remote: owner: =~\"((a{0,100}){0,100}){0,100}\"\nregistry: name: \"x\"\npolicy: origins: []\n")
	}, ""},
	{"a large policy", "schema/policy.cue", func() []byte {
		return []byte("package schema\nregistry: {name: \"x\", baseURL: \"https://x.example/\"}\npolicy: origins: [" + strings.Repeat("\"https://a.example\",", 12_000) + "]\n")
	}, ""},
}

func keys(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	return b.Bytes()
}

func aliasBomb() []byte {
	var b bytes.Buffer
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 30 {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 8), i)
	}
	return b.Bytes()
}

// TestHostile asks that no input takes long, needs much memory or crashes. The bounds are those of the promise, a second
// and 200 MB, doubled for slow machines and the race detector; they catch what grows faster than the input.
func TestHostile(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			files := baseFiles(t)
			files[h.file] = &fstest.MapFile{Data: h.text(), Mode: 0o644}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, found, err := compiler.Check(compiler.Input{Tree: files})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			if h.says != "" && !strings.Contains(renderText(t, files, found), h.says) {
				t.Errorf("no finding says %q:\n%.2000s", h.says, renderText(t, files, found))
			}
			if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; allocated > 400 {
				t.Errorf("it allocated %d MB", allocated)
			}
			checkFindings(t, found)
			t.Logf("%d findings in %v, %d MB allocated", len(found), took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20)
		})
	}
}

// checkFindings asks what holds of every finding, whatever the input.
func checkFindings(t *testing.T, l diag.List) {
	t.Helper()
	for _, d := range l {
		if d.Message == "" || d.Rule == "" || len(d.Message) > 4000 || len(d.Help) > 4000 {
			t.Errorf("a finding with rule %q, and %d bytes of message and %d of help", d.Rule, len(d.Message), len(d.Help))
		}
		if d.Pos.Line < 0 || d.Pos.Line > 0 && d.Pos.Column < 1 {
			t.Errorf("%q is at line %d, column %d", d.Message, d.Pos.Line, d.Pos.Column)
		}
	}
}
