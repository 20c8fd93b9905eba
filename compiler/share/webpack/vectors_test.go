package webpack

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"muster/compiler/share/federation"
	"muster/compiler/vectors"
)

// vector is a case that the real runtime decided.
type vector struct {
	ID  int       `json:"id"`
	K   string    `json:"k"`
	In  page      `json:"in"`
	Out *verdicts `json:"out"`
}

type page struct {
	Host    jsonApp       `json:"host"`
	Remotes []jsonApp     `json:"remotes"`
	Arrival []string      `json:"arrival"`
	Steps   []consumption `json:"steps"`
}

type jsonApp struct {
	Name       string                     `json:"name"`
	Shared     map[string]jsonDeclaration `json:"shared"`
	ShareScope string                     `json:"shareScope"`
	Remotes    []string                   `json:"remotes"`
	Fail       bool                       `json:"fail"`
	NestedOnly bool                       `json:"nestedOnly"`
}

type jsonDeclaration struct {
	Version         textOrFalse  `json:"version"`
	RequiredVersion *textOrFalse `json:"requiredVersion"`
	Singleton       bool         `json:"singleton"`
	StrictVersion   *bool        `json:"strictVersion"`
	Eager           bool         `json:"eager"`
	Import          *bool        `json:"import"`
	Scope           string       `json:"scope"`
}

// textOrFalse is a text, or false.
type textOrFalse struct {
	text string
	no   bool
}

func (t *textOrFalse) UnmarshalJSON(b []byte) error {
	if t.no = string(b) == "false"; t.no {
		return nil
	}
	return json.Unmarshal(b, &t.text)
}

func (j jsonDeclaration) declaration(pkg string) federation.Declaration {
	d := federation.Declaration{Package: pkg, Version: j.Version.text, Singleton: j.Singleton, Eager: j.Eager, NoImport: j.Import != nil && !*j.Import,
		Scopes: scopes(j.Scope)}
	if j.StrictVersion != nil {
		d.Strict = federation.Lenient
		if *j.StrictVersion {
			d.Strict = federation.Strict
		}
	}
	switch r := j.RequiredVersion; {
	case r == nil:
	case r.no:
		d.Required = federation.Requirement{Kind: federation.Anything}
	default:
		d.Required = federation.Requirement{Range: r.text, Kind: federation.Range}
	}
	return d
}

func scopes(one string) []string {
	if one == "" {
		return nil
	}
	return []string{one}
}

// consumption is [consumer, package].
type consumption [2]string

type verdicts struct {
	Steps []vectors.Step                `json:"steps"`
	Scope map[string]map[string][]holds `json:"scope"`
}

// holds is [version, from, loaded, eager].
type holds [4]any

func (in page) config(ranges *Ranges) Config {
	c := Config{Host: in.Host.app(), Arrival: in.Arrival, Ranges: ranges}
	for _, r := range in.Remotes {
		c.Remotes = append(c.Remotes, r.app())
		if r.NestedOnly {
			c.Nested = append(c.Nested, r.Name)
		}
	}
	return c
}

func (j jsonApp) app() federation.App {
	a := federation.App{Name: j.Name, Scopes: scopes(j.ShareScope), Remotes: j.Remotes, Fails: j.Fail}
	for _, pkg := range slices.Sorted(maps.Keys(j.Shared)) {
		a.Shared = append(a.Shared, j.Shared[pkg].declaration(pkg))
	}
	return a
}

// run replays a case as the vectors were made.
func (in page) run(c Config) verdicts {
	p := New(c)
	var out verdicts
	for _, s := range in.Steps {
		o := p.Consume(s[0], s[1], 0)
		got := vectors.Step{Consumer: s[0], Package: s[1], Version: o.Copy.Version, From: o.Copy.Provider, Warnings: o.Warnings, Err: o.Err, Own: number(o.Own)}
		out.Steps = append(out.Steps, got)
	}
	out.Scope = p.dump()
	return out
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *Page) dump() map[string]map[string][]holds {
	out := map[string]map[string][]holds{}
	for name, s := range p.host.scopes {
		out[name] = map[string][]holds{}
		for pkg, v := range s.packages {
			for _, c := range v.copies {
				out[name][pkg] = append(out[name][pkg], holds{c.Version, c.Provider, float64(number(c.loaded)), float64(number(c.eager))})
			}
		}
	}
	return out
}

func TestWebpackVectors(t *testing.T) {
	t.Parallel()
	check(t, "webpack", vectors.Lines(t, filepath.Join("..", "testdata", "vectors"), "webpack"))
}

// TestCorners has what the vectors leave out: errors in the words of V8, and imports made again.
// They were run on webpack too, as ../testdata/runtime does: node webpack.mjs check.
func TestCorners(t *testing.T) {
	t.Parallel()
	check(t, "corners", vectors.Own(t, "testdata", "corners"))
}

func check(t *testing.T, name string, lines iter.Seq[[]byte]) {
	t.Helper()
	count, ranges := vectors.NewTally(name), NewRanges()
	for line := range lines {
		var v vector
		if err := vectors.Decode(line, &v); err != nil || v.Out == nil {
			t.Fatalf("%s: %v in %s", name, err, line)
		}
		diff := gocmp.Diff(*v.Out, v.In.run(v.In.config(ranges)))
		if diff != "" {
			diff = fmt.Sprintf("case %d (-webpack +muster):\n%s", v.ID, diff)
		}
		count.Count(t, v.K, diff)
	}
	count.Report(t)
}
