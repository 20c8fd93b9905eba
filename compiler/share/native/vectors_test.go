package native

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"muster/compiler/vectors"

	gocmp "github.com/google/go-cmp/cmp"
)

// vector is a case that the real runtime decided; testdata/native-federation/generate.mjs tells the form.
type vector struct {
	ID int    `json:"id"`
	K  string `json:"k"`
	In struct {
		Runtime Runtime    `json:"runtime"`
		Pages   []jsonPage `json:"pages"`
	} `json:"in"`
	Out *struct {
		Pages []verdict `json:"pages"`
	} `json:"out"`
}

type jsonPage struct {
	Options      jsonOptions `json:"options"`
	Host         *jsonApp    `json:"host"`
	Remotes      []jsonApp   `json:"remotes"`
	Later        []jsonApp   `json:"later"`
	Arrival      []string    `json:"arrival"`
	HostCacheTag string      `json:"hostCacheTag"`
}

type jsonOptions struct {
	Strict  jsonStrict `json:"strict"`
	Profile struct {
		Latest          bool       `json:"latestSharedExternal"`
		SkipInvalid     bool       `json:"skipInvalidExternalVersions"`
		ScopeUncovered  bool       `json:"scopeUncoveredEntrypoints"`
		Override        Overriding `json:"overrideCachedRemotes"`
		OverrideSameURL bool       `json:"overrideCachedRemotesIfURLMatches"`
		CacheTag        string     `json:"cacheTag"`
	} `json:"profile"`
	Feature struct {
		Flat     bool `json:"convertFlatSharedInfo"`
		AutoPool bool `json:"useAutoExternalPooling"`
	} `json:"feature"`
	ThrowIfNotFound bool   `json:"throwIfRemoteNotFound"`
	DeployURL       string `json:"deployUrl"`
	CacheTag        string `json:"cacheTag"`
}

func (o jsonOptions) options() Options {
	p, override := o.Profile, o.Profile.Override
	if override == "init-only" {
		override = InitOnly
	}
	return Options{
		Strict: Strictness(o.Strict), Latest: p.Latest, SkipInvalidVersions: p.SkipInvalid, ScopeUncovered: p.ScopeUncovered, Override: override,
		OverrideSameURL: p.OverrideSameURL, CacheTag: cmp.Or(p.CacheTag, o.CacheTag), Flat: o.Feature.Flat, AutoPool: o.Feature.AutoPool,
		ThrowIfNotFound: o.ThrowIfNotFound, DeployURL: o.DeployURL,
	}
}

// jsonStrict is true for all flags, or an object of them.
type jsonStrict Strictness

func (s *jsonStrict) UnmarshalJSON(b []byte) error {
	if string(b) == "true" {
		*s = jsonStrict{true, true, true, true, true, true}
		return nil
	}
	var flags struct {
		RemoteEntry   bool `json:"strictRemoteEntry"`
		Compatibility bool `json:"strictExternalCompatibility"`
		SameVersion   bool `json:"strictExternalSameVersionCompatibility"`
		Version       bool `json:"strictExternalVersion"`
		ImportMap     bool `json:"strictImportMap"`
		Coverage      bool `json:"strictEntryPointCoverage"`
	}
	if err := json.Unmarshal(b, &flags); err != nil {
		return err
	}
	*s = jsonStrict(flags)
	return nil
}

type jsonApp struct {
	Name    string         `json:"name"`
	As      string         `json:"as"`
	URL     string         `json:"url"`
	Shared  []jsonExternal `json:"shared"`
	Exposes []struct {
		Key         string `json:"key"`
		OutFileName string `json:"outFileName"`
	} `json:"exposes"`
	Chunks    map[string][]string `json:"chunks"`
	Integrity map[string]string   `json:"integrity"`
	Fail      string              `json:"fail"`
}

func (a jsonApp) app() App {
	app := App{Name: a.Name, Declares: a.As, URL: cmp.Or(a.URL, "https://"+cmp.Or(a.Name, a.As)+".test/remoteEntry.json"),
		Chunks: a.Chunks, Integrity: a.Integrity, Fails: a.Fail}
	for _, e := range a.Shared {
		app.Shared = append(app.Shared, e.external())
	}
	for _, e := range a.Exposes {
		app.Exposes = append(app.Exposes, Exposed{e.Key, e.OutFileName})
	}
	return app
}

type jsonExternal struct {
	PackageName     string
	Version         string
	RequiredVersion string
	Singleton       bool
	StrictVersion   bool
	ShareScope      string
	Pool            string
	Bundle          string
	OutFileName     string
	Entries         entries
}

func (e jsonExternal) external() External {
	return External{e.PackageName, e.Version, e.RequiredVersion, e.Singleton, e.StrictVersion, e.ShareScope, e.Pool, e.Bundle, e.OutFileName, e.Entries}
}

// entries keep the order of the file.
type entries []Entry

func (l *entries) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return err
	}
	*l = entries{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var file string
		if err := d.Decode(&file); err != nil {
			return err
		}
		*l = append(*l, Entry{key.(string), file})
	}
	return nil
}

func (p jsonPage) page() Page {
	page := Page{Base: "https://page.test/", Options: p.Options.options(), Arrival: p.Arrival}
	page.Options.HostCacheTag = p.HostCacheTag
	if p.Host != nil {
		host := p.Host.app()
		host.URL = cmp.Or(p.Host.URL, "./remoteEntry.json")
		page.Host = &host
	}
	for _, a := range p.Remotes {
		page.Remotes = append(page.Remotes, a.app())
	}
	for _, a := range p.Later {
		page.Later = append(page.Later, a.app())
	}
	return page
}

// verdict is what became of a page.
type verdict struct {
	Err   string    `json:"err"`
	Later []string  `json:"later"`
	Log   []string  `json:"log"`
	Maps  []jsonMap `json:"maps"`
	Got   []jsonGot `json:"got"`
}

type jsonMap struct {
	Imports   map[string]string            `json:"imports"`
	Scopes    map[string]map[string]string `json:"scopes"`
	Integrity map[string]string            `json:"integrity"`
}

type jsonGot struct {
	W   string `json:"w"`
	P   string `json:"p"`
	E   string `json:"e"`
	A   Action `json:"a"`
	V   string `json:"v"`
	F   string `json:"f"`
	Own int    `json:"own"`
	Err string `json:"err"`
}

func verdictOf(o Outcome) verdict {
	v := verdict{Err: o.Err, Log: []string{}, Maps: []jsonMap{}, Got: []jsonGot{}}
	if slices.ContainsFunc(o.Later, func(err string) bool { return err != "" }) {
		v.Later = o.Later
	}
	for _, l := range o.Log {
		v.Log = append(v.Log, string(l.Level)+" "+l.Text)
	}
	for _, m := range o.Maps {
		v.Maps = append(v.Maps, jsonMap{m.Imports, m.Scopes, m.Integrity})
	}
	for _, g := range o.Got {
		j := jsonGot{W: g.Consumer, P: g.Package, A: g.Action, V: g.Version, F: g.Provider, Err: g.Err}
		if g.Entry != g.Package {
			j.E = g.Entry
		}
		if g.Own {
			j.Own = 1
		}
		v.Got = append(v.Got, j)
	}
	return v
}

// normal makes maps comparable: an absent scope map is an empty one.
func (v verdict) normal() verdict {
	for i := range v.Maps {
		if v.Maps[i].Scopes == nil {
			v.Maps[i].Scopes = map[string]map[string]string{}
		}
	}
	return v
}

func (v vector) replay() []verdict {
	var all []verdict
	var stored Storage
	for _, p := range v.In.Pages {
		page := p.page()
		page.Stored = stored
		out := Negotiate(v.In.Runtime, page)
		stored = out.Stored
		all = append(all, verdictOf(out))
	}
	return all
}

func TestNativeFederationVectors(t *testing.T) {
	t.Parallel()
	count := vectors.NewTally("native-federation")
	for _, v := range loadVectors(t) {
		for i := range v.Out.Pages {
			v.Out.Pages[i] = v.Out.Pages[i].normal()
		}
		diff, replayed := "", v.replay()
		if !reflect.DeepEqual(v.Out.Pages, replayed) {
			diff = fmt.Sprintf("case %d (-real +replay):\n%s", v.ID, gocmp.Diff(v.Out.Pages, replayed))
		}
		count.Count(t, v.K, diff)
	}
	count.Report(t)
}

func loadVectors(tb testing.TB) (all []vector) {
	tb.Helper()
	for line := range vectors.Lines(tb, filepath.Join("..", "testdata", "vectors"), "native-federation") {
		var v vector
		if err := json.Unmarshal(line, &v); err != nil {
			tb.Fatalf("%v in %s", err, line)
		}
		if v.Out == nil || len(v.Out.Pages) != len(v.In.Pages) || v.In.Runtime != Classic && v.In.Runtime != Orchestrator {
			tb.Fatalf("malformed: %s", line)
		}
		all = append(all, v)
	}
	return all
}
