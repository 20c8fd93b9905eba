package registry

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"muster/compiler/generate"
	"muster/compiler/tries"
)

// differsFromYAML tells how a node is another than yaml.v3's of the same text, but for comments; "" if it is the same.
func differsFromYAML(text []byte, n *yaml.Node) string {
	d := yaml.NewDecoder(bytes.NewReader(optionalKey.ReplaceAll(text, []byte("${1}"+optionalMark+"${2}"))))
	var want, second yaml.Node
	if err := d.Decode(&want); err != nil {
		return fmt.Sprintf("yaml.v3 refuses it: %v", err)
	}
	if err := d.Decode(&second); err == nil {
		return "yaml.v3 finds a second document"
	}
	return difference(want.Content[0], n.Content[0])
}

func difference(want, n *yaml.Node) string {
	if want.Kind != n.Kind || want.Tag != n.Tag || strings.ReplaceAll(want.Value, optionalMark, "?") != n.Value || want.Style != n.Style || want.Line != n.Line || want.Column != n.Column ||
		want.Anchor != n.Anchor || len(want.Content) != len(n.Content) {
		return fmt.Sprintf("%d:%d %v %s %q style %v with %d, and by yaml.v3 %d:%d %v %s %q style %v with %d", n.Line, n.Column, n.Kind, n.Tag, n.Value, n.Style, len(n.Content),
			want.Line, want.Column, want.Kind, want.Tag, want.Value, want.Style, len(want.Content))
	}
	for i := range n.Content {
		if d := difference(want.Content[i], n.Content[i]); d != "" {
			return d
		}
	}
	return ""
}

// subsetSeeds are in the subset.
var subsetSeeds = []string{
	"a: 1\n", "a: b", "a:\n  b: c\n", "a:\n- b\n- c: d\n  e: f\nx: y\n", "a:\n  - {b: c, \"d\": [e, 'f', {}]}\n  -   g: []\n      h: i\n",
	"# top\na: b # why\n\n  # odd\nc: 'd # e'\n", "a: b#c\nd : e\n", "a: ^3 <2\n", "a: 1.2.3\nb: 12.\nc: ...\nd: .5\n", "a: ~3.1\nb: 1.5\nc: 1e3\nd: 0x1f\ne: 2026-01-01\nf: no\n",
	"u: https://a.example/x?y=1&z\n", "f: {u: https://a.example/x, v: ~1.2, w: 10}\n", "- a\n- b: c\n", "a:\n  b:\n    - c:\n        d: e\n  f: g\n",
}

// outsideSubset is for yaml.v3, whatever it makes of it.
var outsideSubset = []string{"", "a", "a:\n", "a: b\n c\n", "a: &x b\n", "a: |\n  b\n", "a: \"b\\n\"\n", "a: 'it''s'\n", "a: {b: c,\n  d: e}\n", "a: {b: c,}\n", "a: b: c\n", "a: [b: c]\n",
	"---\na: b\n", "a: b\n---\nc: d\n", "a: \tb\n", "a: é\n", "<<: b\n", "? a\n: b\n", "a: {b}\n", "a:\n    b: c\n  d: e\n", "a: {b: c} d\n", "a: \"b\"c\n", "a: {\"b\":c}\n", "a:b\n", "- - a\n",
	"a: {b?}\n", "a: {b?:c}\n", "a: {b ?: c}\n", "a: {b: c?: d}\n", "a: [b?: c]\n", "a: {?: b}\n", "a: b?: c\n", "a: {b?: }\n", "a: {.?: b}\n", "a: {b?:c: d}\n"}

func TestSubsetIsYAML(t *testing.T) {
	t.Parallel()
	for _, text := range subsetSeeds {
		if n := parseSubset(text); n == nil {
			t.Errorf("%q is taken for nothing", text)
		} else if d := differsFromYAML([]byte(text), n); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
	for _, text := range outsideSubset {
		if parseSubset(text) != nil {
			t.Errorf("%q is taken for the subset", text)
		}
	}
}

// TestSubsetReadsDeclarations holds the subset against what people write: it is of no use if it reads none of that.
func TestSubsetReadsDeclarations(t *testing.T) {
	t.Parallel()
	for _, f := range generate.Files(1, generate.Size{Remotes: 10, Cohorts: 3, Releases: 3, Shared: 4}) {
		if strings.HasSuffix(f.Path, ".yaml") && parseSubset(string(f.Text)) == nil {
			t.Errorf("%s is not read", f.Path)
		}
	}
	files, err := filepath.Glob("../../remotes/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no remotes", err)
	}
	read := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := parseSubset(string(text)); n != nil {
			if read++; differsFromYAML(text, n) != "" {
				t.Errorf("%s: %s", name, differsFromYAML(text, n))
			}
		}
	}
	if 2*read < len(files) {
		t.Errorf("%d of %d files are read", read, len(files))
	}
}

// TestSubsetIsYAMLWhateverIsWritten mutates declarations: pieces of YAML come and go anywhere.
func TestSubsetIsYAMLWhateverIsWritten(t *testing.T) {
	t.Parallel()
	pieces := []string{" ", "\n", "  ", "- ", ": ", ":", "#", " #", "{", "}", "[", "]", ",", ", ", "\"", "'", "a", "1", ".", "~", "?", "?: ", "&", "*", "!", "|", ">", "%", "-", "--- ", "\n\n", "<<", "=", "null", "\\", "a: b"}
	rng := rand.New(rand.NewPCG(7, 7))
	texts := append([]string(nil), subsetSeeds...)
	texts = append(texts, seedDocuments["#Remote"]...)
	texts = append(texts, seedDocuments["#Cohort"]...)
	taken := 0
	for range 60_000 / tries.Fewer {
		text := texts[rng.IntN(len(texts))]
		if len(text) > 600 {
			from := strings.LastIndexByte(text[:rng.IntN(len(text)-300)+1], '\n') + 1
			text = text[from:min(len(text), from+300)]
		}
		for range 1 + rng.IntN(3) {
			at := rng.IntN(len(text) + 1)
			end := at + rng.IntN(min(3, len(text)-at+1))
			text = text[:at] + pieces[rng.IntN(len(pieces))] + text[end:]
		}
		if n := parseSubset(text); n != nil {
			if taken++; differsFromYAML([]byte(text), n) != "" {
				t.Fatalf("%q: %s", text, differsFromYAML([]byte(text), n))
			}
		}
	}
	if taken < 5000/tries.Fewer {
		t.Errorf("only %d texts were in the subset", taken)
	}
}

func FuzzSubset(f *testing.F) {
	for _, text := range append(append([]string(nil), subsetSeeds...), outsideSubset...) {
		f.Add([]byte(text))
	}
	for _, text := range append(seedDocuments["#Remote"], seedDocuments["#Cohort"]...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if n := parseSubset(string(text)); n != nil {
			if d := differsFromYAML(text, n); d != "" {
				t.Error(d)
			}
		}
	})
}
