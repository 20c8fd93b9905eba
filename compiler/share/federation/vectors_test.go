package federation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"testing"

	"muster/compiler/vectors"

	gocmp "github.com/google/go-cmp/cmp"
)

// vector is a case that the real runtime decided.
type vector struct {
	ID  int       `json:"id"`
	K   string    `json:"k"`
	In  page      `json:"in"`
	Out *verdicts `json:"out"`
}

type page struct {
	Strategy Strategy      `json:"strategy"`
	API      string        `json:"api"`
	Host     jsonApp       `json:"host"`
	Remotes  []jsonApp     `json:"remotes"`
	Arrival  []string      `json:"arrival"`
	Dynamic  []string      `json:"dynamic"`
	Steps    []consumption `json:"steps"`
}

type jsonApp struct {
	Name          string   `json:"name"`
	Shared        declared `json:"shared"`
	ShareStrategy Strategy `json:"shareStrategy"`
	ShareScope    texts    `json:"shareScope"`
	Remotes       []string `json:"remotes"`
	Fail          bool     `json:"fail"`
	NestedOnly    bool     `json:"nestedOnly"`
}

// texts is a text or a list of them.
type texts struct {
	all  []string
	list bool
}

func (t *texts) UnmarshalJSON(b []byte) error {
	if t.list = b[0] == '['; t.list {
		return json.Unmarshal(b, &t.all)
	}
	t.all = make([]string, 1)
	return json.Unmarshal(b, &t.all[0])
}

// declared are the declarations of an app in the order of the file, which is the order of registration.
type declared []Declaration

func (l *declared) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if raw[0] != '[' {
			raw = slices.Concat([]byte("["), raw, []byte("]"))
		}
		var list []jsonDeclaration
		if err := vectors.Decode(raw, &list); err != nil {
			return err
		}
		for _, j := range list {
			*l = append(*l, j.declaration(key.(string)))
		}
	}
	return nil
}

type jsonDeclaration struct {
	Version         string          `json:"version"`
	RequiredVersion json.RawMessage `json:"requiredVersion"`
	Singleton       bool            `json:"singleton"`
	StrictVersion   *bool           `json:"strictVersion"`
	Eager           bool            `json:"eager"`
	Import          *bool           `json:"import"`
	Scope           texts           `json:"scope"`
}

func (j jsonDeclaration) declaration(pkg string) Declaration {
	d := Declaration{Package: pkg, Version: j.Version, Singleton: j.Singleton, Eager: j.Eager, NoImport: j.Import != nil && !*j.Import, Scopes: j.Scope.all}
	if j.StrictVersion != nil {
		d.Strict = Lenient
		if *j.StrictVersion {
			d.Strict = Strict
		}
	}
	var text string
	switch {
	case j.RequiredVersion == nil:
	case json.Unmarshal(j.RequiredVersion, &text) == nil:
		d.Required = Requirement{Range: text, Kind: Range}
	default:
		d.Required = Requirement{Kind: Anything}
	}
	return d
}

// consumption is [consumer, package] or [consumer, package, index].
type consumption struct {
	consumer, pkg string
	index         int
}

func (s *consumption) UnmarshalJSON(b []byte) error {
	parts := []any{&s.consumer, &s.pkg, &s.index}
	return json.Unmarshal(b, &parts)
}

type verdicts struct {
	Steps []vectors.Step                `json:"steps"`
	Scope map[string]map[string][]entry `json:"scope"`
}

// entry is [version, from, loaded].
type entry [3]any

func (in page) config(ranges *Ranges) Config {
	c := Config{Host: in.Host.app(), Dynamic: in.Dynamic, Arrival: in.Arrival, Strategy: in.Strategy, Ranges: ranges}
	if in.API == "runtime" {
		c.API = Runtime
	}
	for _, r := range in.Remotes {
		c.Remotes = append(c.Remotes, r.app())
		if r.NestedOnly {
			c.Nested = append(c.Nested, r.Name)
		}
	}
	return c
}

func (j jsonApp) app() App {
	return App{Name: j.Name, Shared: j.Shared, Strategy: j.ShareStrategy, Scopes: j.ShareScope.all, ByList: j.ShareScope.list, Remotes: j.Remotes, Fails: j.Fail}
}

// run replays a case as the vectors were made: whoever consumes is loaded first, a nested remote by the one that knows it.
func (in page) run(c Config) verdicts {
	p := New(c)
	var out verdicts
	for _, s := range in.Steps {
		got := vectors.Step{Consumer: s.consumer, Package: s.pkg}
		if got.Err = in.load(p, s.consumer); got.Err == "" {
			o := p.Consume(s.consumer, s.pkg, s.index)
			got.Version, got.From, got.Warnings, got.Err = o.Copy.Version, o.Copy.Provider, o.Warnings, o.Err
			if o.Own {
				got.Own = 1
			}
			for _, line := range o.Log {
				got.Log = append(got.Log, "error:"+line[:min(len(line), 160)])
			}
		}
		out.Steps = append(out.Steps, got)
	}
	out.Scope = p.dump()
	return out
}

func (in page) load(p *Page, consumer string) string {
	if consumer == in.Host.Name {
		return ""
	}
	for _, r := range in.Remotes {
		if slices.Contains(r.Remotes, consumer) && slices.Contains(in.nested(), consumer) {
			if err := in.load(p, r.Name); err != "" {
				return err
			}
			return p.LoadFrom(r.Name, consumer)
		}
	}
	return p.Load(consumer)
}

func (in page) nested() (names []string) {
	for _, r := range in.Remotes {
		if r.NestedOnly {
			names = append(names, r.Name)
		}
	}
	return names
}

func (p *Page) dump() map[string]map[string][]entry {
	out := map[string]map[string][]entry{}
	for name, s := range p.host.scopes {
		out[name] = map[string][]entry{}
		for pkg, v := range s.packages {
			for _, key := range v.keys {
				loaded := 0.0
				if v.entries[key].loaded {
					loaded = 1
				}
				out[name][pkg] = append(out[name][pkg], entry{key, v.entries[key].from, loaded})
			}
		}
	}
	return out
}

// folder is where the vectors of all runtimes lie.
var folder = filepath.Join("..", "testdata", "vectors")

func TestNegotiationVectors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"negotiation", "negotiation-more"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count, ranges := vectors.NewTally(name), NewRanges()
			for v := range cases(t, name) {
				diff := gocmp.Diff(*v.Out, v.In.run(v.In.config(ranges)))
				if diff != "" {
					diff = fmt.Sprintf("case %d (-runtime +muster):\n%s", v.ID, diff)
				}
				count.Count(t, v.K, diff)
			}
			count.Report(t)
		})
	}
}

// cases are the cases of a file of vectors.
func cases(t testing.TB, name string) iter.Seq[vector] {
	t.Helper()
	return func(yield func(vector) bool) {
		for line := range vectors.Lines(t, folder, name) {
			var v vector
			if err := vectors.Decode(line, &v); err != nil || v.Out == nil {
				t.Fatalf("%s: %v in %s", name, err, line)
			}
			if !yield(v) {
				return
			}
		}
	}
}
