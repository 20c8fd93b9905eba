package webpack

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"muster/compiler/share/federation"
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
	Steps []verdict                     `json:"steps"`
	Scope map[string]map[string][]holds `json:"scope"`
}

type verdict struct {
	W    string   `json:"w"`
	P    string   `json:"p"`
	V    string   `json:"v,omitempty"`
	F    string   `json:"f,omitempty"`
	Own  int      `json:"own,omitempty"`
	Warn []string `json:"warn,omitempty"`
	Err  string   `json:"err,omitempty"`
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
		got := verdict{W: s[0], P: s[1], V: o.Copy.Version, F: o.Copy.Provider, Warn: o.Warnings, Err: o.Err, Own: number(o.Own)}
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
	count := newTally("webpack")
	ranges := NewRanges()
	for v := range lines(t, "webpack") {
		diff := gocmp.Diff(*v.Out, v.In.run(v.In.config(ranges)))
		count.add(v.K, diff)
		if diff != "" && count.differ[""] <= 10 {
			fmt.Printf("webpack %d (%s), -webpack +muster:\n%s", v.ID, v.K, diff)
		}
	}
	count.report(t)
}

// tally counts cases by kind.
type tally struct {
	name            string
	checked, differ map[string]int
}

func newTally(name string) *tally {
	return &tally{name: name, checked: map[string]int{}, differ: map[string]int{}}
}

func (c *tally) add(kind, diff string) {
	for _, k := range []string{"", kind} {
		c.checked[k]++
		if diff != "" {
			c.differ[k]++
		}
	}
}

func (c *tally) report(t *testing.T) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(c.checked)) {
		t.Logf("%s: %d checked, %d differ", strings.TrimSpace(c.name+" "+k), c.checked[k], c.differ[k])
	}
	if c.checked[""] == 0 || c.differ[""] > 0 {
		t.Errorf("%s: %d checked, %d differ", c.name, c.checked[""], c.differ[""])
	}
}

// lines are the cases of a file of vectors, from testdata or the folder that MUSTER_VECTORS names.
func lines(t *testing.T, name string) func(func(vector) bool) {
	t.Helper()
	folder := cmp.Or(os.Getenv("MUSTER_VECTORS"), filepath.Join("..", "testdata", "vectors"))
	data, err := read(filepath.Join(folder, name+".jsonl"))
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("MUSTER_VECTORS") != "" {
		t.Skipf("MUSTER_VECTORS names a folder without %s.jsonl or %s.jsonl.gz", name, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(vector) bool) {
		s := bufio.NewScanner(bytes.NewReader(data))
		s.Buffer(nil, 1<<24)
		for s.Scan() {
			var v vector
			if err := strict(s.Bytes(), &v); err != nil || v.Out == nil {
				t.Fatalf("%s: %v in %s", name, err, s.Text())
			}
			if !yield(v) {
				return
			}
		}
	}
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func read(file string) ([]byte, error) {
	if b, err := os.ReadFile(file); err == nil {
		return b, nil
	}
	f, err := os.Open(file + ".gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
