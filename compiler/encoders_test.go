package compiler

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// TestEncodersRememberRightly encodes cohorts that share in all ways there are, one after another, and each by itself: what is remembered
// of the others must change nothing.
func TestEncodersRememberRightly(t *testing.T) {
	t.Parallel()
	var encoded, alike int
	for seed := range 10 {
		r, _, err := registry.Load(sharers(rand.New(rand.NewPCG(uint64(seed), 0))), registry.Options{})
		if err != nil || r == nil {
			t.Fatal(seed, err)
		}
		plan, _ := resolve.Resolve(r)
		all, seen := newEncoders(), map[string]bool{}
		for _, c := range plan.Cohorts {
			got, err := all.encode(c, r.Policy)
			if err != nil {
				t.Fatal(seed, err)
			}
			want, err := newEncoders().encode(c, r.Policy)
			if err != nil {
				t.Fatal(seed, err)
			}
			if !bytes.Equal(got.Bytes, want.Bytes) {
				t.Fatalf("registry %d, %s: it is\n%s\nand by itself\n%s", seed, c.Declared.Name, got.Bytes, want.Bytes)
			}
			_, shared, _ := bytes.Cut(got.Bytes, []byte(`"shared":`))
			shared, _, _ = bytes.Cut(shared, []byte(`"telemetry":`))
			if encoded++; seen[string(shared)] {
				alike++
			}
			seen[string(shared)] = true
		}
	}
	if alike < encoded/20 || alike > encoded*19/20 {
		t.Errorf("%d of %d cohorts share as one before: that shows little", alike, encoded)
	}
}

// sharers is a registry of a host, three remotes and twenty cohorts.
func sharers(rnd *rand.Rand) fstest.MapFS {
	files := fstest.MapFS{"schema/policy.cue": {Data: []byte("package schema\n\nregistry: {name: \"acme\", baseURL: \"https://m.acme.example/\"}\npolicy: origins: [\"https://cdn.acme.example\"]\n")}}
	names := []string{"shell", "cart", "promo", "search"}
	for i, name := range names {
		var b strings.Builder
		fmt.Fprintf(&b, "apiVersion: muster/v1\nname: %s\nowner: team\n", name)
		if i == 0 {
			b.WriteString("kind: host\n")
		}
		b.WriteString("releases:\n")
		for v := range 3 {
			fmt.Fprintf(&b, "  - version: 1.%d.0\n", v)
			if i > 0 {
				fmt.Fprintf(&b, "    entry: https://cdn.acme.example/%s/1.%d.0/e.js\n    integrity: sha384-%s\n", name, v, strings.Repeat("A", 64))
			}
			strategy := []string{"version-first", "loaded-first"}[rnd.IntN(2)]
			fmt.Fprintf(&b, "    bundler: {name: webpack, federation: 2.9.2, shareStrategy: %s}\n    shared:\n", strategy)
			for p := range 2 {
				if rnd.IntN(5) > 0 {
					fmt.Fprintf(&b, "      p%d: {version: 1.%d.0, requiredVersion: ^1.%d.0, singleton: %t, strictVersion: %t, eager: %t}\n",
						p, rnd.IntN(3), rnd.IntN(3), rnd.IntN(2) > 0, rnd.IntN(4) == 0, rnd.IntN(6) == 0)
				}
			}
			fmt.Fprintf(&b, "      q: {version: 1.0.0}\n")
		}
		files["remotes/"+name+".yaml"] = &fstest.MapFile{Data: []byte(b.String())}
	}
	for c := range 20 {
		var b strings.Builder
		fmt.Fprintf(&b, "apiVersion: muster/v1\nname: c%d\npins:\n", c)
		for i, name := range names {
			switch v := rnd.IntN(3); {
			case rnd.IntN(15) == 0:
				fmt.Fprintf(&b, "  %s: {split: [{version: 1.%d.0, percent: 20}, {version: 1.%d.0, percent: 80}]}\n", name, v, (v+1)%3)
			case rnd.IntN(4) > 0 || i == 0:
				fmt.Fprintf(&b, "  %s: 1.%d.0\n", name, v)
			}
		}
		files[fmt.Sprintf("cohorts/c%d.yaml", c)] = &fstest.MapFile{Data: []byte(b.String())}
	}
	return files
}
