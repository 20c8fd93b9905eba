package federation

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
		if err := strict(raw, &list); err != nil {
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
	Steps []verdict                     `json:"steps"`
	Scope map[string]map[string][]entry `json:"scope"`
}

type verdict struct {
	W    string   `json:"w"`
	P    string   `json:"p"`
	V    string   `json:"v,omitempty"`
	F    string   `json:"f,omitempty"`
	Own  int      `json:"own,omitempty"`
	Warn []string `json:"warn,omitempty"`
	Err  string   `json:"err,omitempty"`
	Log  []string `json:"log,omitempty"`
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
		got := verdict{W: s.consumer, P: s.pkg}
		if got.Err = in.load(p, s.consumer); got.Err == "" {
			o := p.Consume(s.consumer, s.pkg, s.index)
			got.V, got.F, got.Warn, got.Err = o.Copy.Version, o.Copy.Provider, o.Warnings, o.Err
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

func TestNegotiationVectors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"negotiation", "negotiation-more"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := newTally(name)
			ranges := NewRanges()
			for v := range lines(t, name) {
				got := v.In.run(v.In.config(ranges))
				count.add(v.K, gocmp.Diff(*v.Out, got))
				if t := count.differ; t[""] < 10 && count.last != "" {
					fmt.Printf("%s %d (%s), -runtime +muster:\n%s", name, v.ID, v.K, count.last)
				}
			}
			count.report(t)
		})
	}
}

// tally counts cases by kind.
type tally struct {
	name            string
	checked, differ map[string]int
	last            string
}

func newTally(name string) *tally {
	return &tally{name: name, checked: map[string]int{}, differ: map[string]int{}}
}

func (c *tally) add(kind, diff string) {
	c.last = diff
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
		t.Logf("%s: %d checked, %d differ", cmp.Or(strings.TrimSpace(c.name+" "+k), c.name), c.checked[k], c.differ[k])
	}
	if c.checked[""] == 0 || c.differ[""] > 0 {
		t.Errorf("%s: %d checked, %d differ", c.name, c.checked[""], c.differ[""])
	}
}

// lines are the cases of a file of vectors, from testdata or the folder that MUSTER_VECTORS names.
func lines(t testing.TB, name string) func(func(vector) bool) {
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
