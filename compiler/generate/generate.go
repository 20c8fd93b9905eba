// Package generate writes registries of any size for tests and benchmarks: seeded, so that one seed and size always give
// the same bytes, valid, and shaped like real ones (a file of five releases with eight shared packages has about 230
// lines and 8 KB).
package generate

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Size is how large a registry is.
type Size struct {
	Remotes  int // besides one host
	Cohorts  int // at least 1; every second one extends the first
	Releases int // of each remote
	Shared   int // packages that each release shares
}

// File is one file of a registry: its slash-separated path and text.
type File struct {
	Path string
	Text []byte
}

// Files returns a registry of that size. Remotes lie in team folders of fifty.
func Files(seed uint64, size Size) []File {
	g := generator{rand: rand.New(rand.NewPCG(seed, 0)), size: size}
	files := []File{{"schema/policy.cue", []byte(policy)}, {"remotes/shell.yaml", g.host()}}
	for i := range size.Remotes {
		files = append(files, File{fmt.Sprintf("remotes/team-%03d/%s.yaml", i/50, remoteName(i)), g.remote(i)})
	}
	for i := range size.Cohorts {
		files = append(files, File{"cohorts/" + cohortName(i) + ".yaml", g.cohort(i)})
	}
	return files
}

// Write puts files below a folder, which it makes.
func Write(dir string, files []File) error {
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("writing %q: %w", f.Path, err)
		}
		if err := os.WriteFile(name, f.Text, 0o644); err != nil {
			return fmt.Errorf("writing %q: %w", f.Path, err)
		}
	}
	return nil
}

const policy = `package schema

registry: {
	name:    "generated"
	baseURL: "https://manifests.acme.example/"
}
policy: {
	origins: ["https://cdn.acme.example"]
	singletons: {
		"@angular/core": {window: ">=21.0.0 <24.0.0", strict: true, owner: "platform"}
		rxjs: {window: "^7.8.0"}
	}
	budgets: entryBytes: 131072
}
`

// packages are what remotes share: name and the major version that is current.
var packages = []struct {
	name  string
	major int
}{{"@angular/core", 22}, {"@angular/common", 22}, {"@angular/router", 22}, {"rxjs", 7}, {"react", 19}, {"react-dom", 19},
	{"@acme/design-system", 4}, {"@acme/telemetry", 2}, {"zone.js", 1}, {"tslib", 2}, {"lodash-es", 4}, {"date-fns", 4}}

type generator struct {
	rand *rand.Rand
	size Size
}

func remoteName(i int) string { return fmt.Sprintf("remote-%05d", i) }
func cohortName(i int) string { return fmt.Sprintf("cohort-%02d", i) }

func integrity(of string) string {
	sum := sha512.Sum384([]byte(of))
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (g generator) host() []byte {
	var b bytes.Buffer
	b.WriteString("apiVersion: muster/v1\nname: shell\nowner: team-platform\nkind: host\nruntime: module-federation\nreleases:\n")
	b.WriteString("  - version: \"5.2.0\"\n    bundler: {name: webpack, federation: 2.9.2, shareStrategy: loaded-first}\n")
	g.shared(&b)
	return b.Bytes()
}

func (g generator) remote(i int) []byte {
	name := remoteName(i)
	var b bytes.Buffer
	fmt.Fprintf(&b, "apiVersion: muster/v1\nname: %s\nowner: team-%03d\ndescription: Generated remote number %d\nkind: remote\nruntime: module-federation\n", name, i/50, i)
	fmt.Fprintf(&b, "hosts: [shell]\nroutes:\n  - {path: /%s, expose: ./Routes}\ncapabilities: {%s.badge: ./Badge}\n", name, name)
	b.WriteString("load: {timeout: 4s, retries: 2, prefetch: route, fallback: {redirect: /}}\nreleases:\n")
	for r := g.size.Releases; r > 0; r-- {
		version := fmt.Sprintf("%d.%d.%d", r, g.rand.IntN(10), g.rand.IntN(10))
		fmt.Fprintf(&b, "  - version: \"%s\"\n    entry: https://cdn.acme.example/%s/%s/remoteEntry.js\n    type: module\n", version, name, version)
		fmt.Fprintf(&b, "    integrity: %s\n    size: %d\n    bundler: {name: webpack, federation: 2.9.2, shareStrategy: loaded-first}\n",
			integrity(name+version), 4000+g.rand.IntN(60000))
		fmt.Fprintf(&b, "    source: {repository: https://git.acme.example/%s, commit: %x}\n", name, sha512.Sum512_256([]byte(version+name)))
		b.WriteString("    exposes:\n      ./Routes: {}\n      ./Badge: {props: {count: int, currency: string}}\n")
		if i > 0 {
			fmt.Fprintf(&b, "    consumes:\n      %s: {version: \">=1.0.0\", exposes: [./Badge]}\n", remoteName(g.rand.IntN(i)))
		}
		fmt.Fprintf(&b, "    events:\n      emits: {\"%s:updated\": {count: int, total: number}}\n", name)
		g.shared(&b)
	}
	return b.Bytes()
}

func (g generator) shared(b *bytes.Buffer) {
	if g.size.Shared > 0 {
		b.WriteString("    shared:\n")
	}
	for i := range g.size.Shared {
		p := packages[i%len(packages)]
		minor, patch := g.rand.IntN(8)+8, g.rand.IntN(10)
		fmt.Fprintf(b, "      \"%s\":\n        version: %d.%d.%d\n        requiredVersion: ^%d.0.0\n        singleton: true\n", p.name, p.major, minor, patch, p.major)
		if i == 0 { // the policy is strict about the first
			b.WriteString("        strictVersion: true\n")
		}
	}
}

// cohort is one of: the default, which pins everything; an heir with some pins of its own; or one that pins everything
// itself, with ranges.
func (g generator) cohort(i int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "apiVersion: muster/v1\nname: %s\n", cohortName(i))
	if i > 0 {
		fmt.Fprintf(&b, "audience: {claims: {group: [group-%d]}}\n", i)
	}
	if i > 0 && i%2 == 1 {
		fmt.Fprintf(&b, "extends: %s\n", cohortName(0))
	}
	b.WriteString("pins:\n  shell: \"5.2.0\"\n")
	for r := range g.size.Remotes {
		switch {
		case i%2 == 1 && g.rand.IntN(10) > 0:
		case i == 0:
			fmt.Fprintf(&b, "  %s: ^%d\n", remoteName(r), g.size.Releases)
		default:
			fmt.Fprintf(&b, "  %s: \">=1 <%d\"\n", remoteName(r), 2+g.rand.IntN(g.size.Releases))
		}
	}
	return b.Bytes()
}
