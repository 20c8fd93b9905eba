// Package manifest encodes what a shell fetches: one immutable manifest per cohort, named by the hash of its bytes, and
// the pointer that names them all.
//
// Both are canonical JSON (RFC 8785), so that anybody can recompute an id with a JSON library and a SHA-256 in any
// language. A manifest holds what a shell needs and nothing about when or by whom: equal registries give equal ids. The
// JSON Schemas of both are published beside the program: schema/manifest.schema.json and schema/pointer.schema.json.
package manifest

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"muster/compiler/canonical"
	"muster/compiler/policy"
	"muster/compiler/recent"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/share"
)

// SchemaName says what a manifest is, and which version of the format.
const SchemaName = "muster/manifest/v1"

// Manifest is one cohort's manifest, encoded.
type Manifest struct {
	Cohort string
	ID     ID     // of Bytes
	Bytes  []byte // as served; must not be changed
}

// Path is where the manifest is served, below the registry's baseURL.
func (m Manifest) Path() string { return manifestPath(m.Cohort, m.ID.String()) }

func manifestPath(cohort, id string) string { return "manifests/" + cohort + "/" + id + ".json" }

// The structures below are the format; the JSON Schema tells what each field means to a shell.

type document struct {
	Schema       string                   `json:"schema"`
	Registry     string                   `json:"registry"`
	Cohort       string                   `json:"cohort"`
	Hosts        map[string]canonical.Raw `json:"hosts"`
	Remotes      map[string]canonical.Raw `json:"remotes"`
	Disabled     map[string]disabled      `json:"disabled"`
	Routes       []route                  `json:"routes"`
	Capabilities []capability             `json:"capabilities"`
	Shared       map[string]canonical.Raw `json:"shared"` // by host and its release: what its page makes of packages, by runtime and name
	CSP          csp                      `json:"csp"`
	Telemetry    telemetry                `json:"telemetry"`
}

// remote is a remote or a host; or one variant of a split, which has the release's fields and the first two.
type remote struct {
	Percent canonical.Raw `json:"percent,omitempty"`
	Variant string        `json:"variant,omitempty"`

	Runtime   string   `json:"runtime,omitempty"`
	Container string   `json:"container,omitempty"`
	Owner     string   `json:"owner,omitempty"`
	Hosts     []string `json:"hosts,omitempty"`
	Load      *load    `json:"load,omitempty"`
	Split     []remote `json:"split,omitempty"` // in place of the release's fields
	Salt      string   `json:"salt,omitempty"`  // of the split

	Version   string            `json:"version,omitempty"`
	Telemetry string            `json:"telemetry,omitempty"`
	Entry     string            `json:"entry,omitempty"`
	Type      string            `json:"type,omitempty"`
	Integrity string            `json:"integrity,omitempty"`
	Size      int64             `json:"size,omitempty"` // bytes
	Files     map[string]string `json:"files,omitempty"`
	Exposes   []string          `json:"exposes,omitempty"`
}

type load struct {
	Timeout  int64     `json:"timeout"` // milliseconds
	Retries  int       `json:"retries"`
	Prefetch string    `json:"prefetch"`
	Fallback *fallback `json:"fallback,omitempty"`
}

type fallback struct {
	Redirect string `json:"redirect,omitempty"`
	Message  string `json:"message,omitempty"`
}

type disabled struct {
	Fallback *fallback `json:"fallback,omitempty"`
}

type route struct {
	Path   string   `json:"path"`
	Match  string   `json:"match"`
	Remote string   `json:"remote"`
	Expose string   `json:"expose,omitempty"`
	Hosts  []string `json:"hosts,omitempty"`
}

type capability struct {
	Place  string   `json:"place"`
	Remote string   `json:"remote"`
	Expose string   `json:"expose"`
	Hosts  []string `json:"hosts,omitempty"`
}

type csp struct {
	Script  []string `json:"script-src"`
	Style   []string `json:"style-src"`
	Connect []string `json:"connect-src"`
	Frame   []string `json:"frame-src"`
}

type telemetry struct {
	Cohort  string   `json:"cohort"`
	Remotes []string `json:"remotes"`
}

// Encoder encodes the cohorts of one plan. Most cohorts serve most remotes the same: each such piece is encoded once.
// It is not safe for concurrent use.
type Encoder struct {
	policy  *registry.Policy
	pieces  *recent.Map[piece, canonical.Raw]
	fates   *recent.Map[*share.Fate, canonical.Raw] // what is written of packages
	pages   *recent.Map[share.Kind, canonical.Raw]  // and of pages
	origins *recent.Map[string, string]             // of entries
}

type piece struct {
	remote  *registry.Remote
	release *registry.Release
	hosts   string
}

// NewEncoder returns an encoder of plans under a policy.
func NewEncoder(p *registry.Policy) *Encoder {
	size := func(r canonical.Raw) int { return len(r) }
	return &Encoder{policy: p, pieces: recent.New[piece](0, size), fates: recent.New[*share.Fate, canonical.Raw](0, nil),
		pages: recent.New[share.Kind](0, size), origins: recent.New[string, string](0, nil)}
}

// How much an encoder remembers from one cohort to the next, beside what it met in between.
const (
	maxWritten = 1 << 20 // bytes of pieces, some hundreds each, which hold on to all of the file that declared them; and as many of pages
	maxFates   = 500     // which hold on to what becomes of every app
	maxOrigins = 5000
)

// Next is an encoder for another policy, which goes on with what is known of remotes and packages.
func (e *Encoder) Next(p *registry.Policy) *Encoder {
	next := *e
	next.policy = p
	return &next
}

// Encode encodes a cohort that is not frozen, with what comes of its pages.
func (e *Encoder) Encode(c *resolve.Cohort, n *share.Negotiator) (Manifest, error) {
	e.pieces.Age(maxWritten)
	e.fates.Age(maxFates)
	e.pages.Age(maxWritten)
	e.origins.Age(maxOrigins)
	d := document{Schema: SchemaName, Registry: e.policy.Name.Value, Cohort: c.Declared.Name.Value,
		Hosts: map[string]canonical.Raw{}, Remotes: map[string]canonical.Raw{}, Disabled: map[string]disabled{},
		Routes: make([]route, 0, len(c.Routes)), Capabilities: make([]capability, 0, len(c.Capabilities)),
		CSP: e.csp(c), Telemetry: telemetry{Cohort: c.Declared.Name.Value, Remotes: []string{}}}
	var err error
	if d.Shared, err = e.shared(c, n); err != nil {
		return Manifest{}, fmt.Errorf("encoding the shared packages of %q: %w", d.Cohort, err)
	}
	for i := range c.Pins {
		if err := e.pin(&d, c.Pins[i]); err != nil {
			return Manifest{}, err
		}
	}
	for _, r := range c.Routes {
		match := "exact"
		if r.Prefix {
			match = "prefix"
		}
		d.Routes = append(d.Routes, route{r.Path, match, r.Pin.Remote.Name.Value, r.Declared.Expose.Value, r.Pin.Hosts})
	}
	for _, p := range c.Capabilities {
		d.Capabilities = append(d.Capabilities, capability{p.Declared.Place.Value, p.Pin.Remote.Name.Value, p.Declared.Expose.Value, p.Pin.Hosts})
	}
	b, err := canonical.JSON(d)
	if err != nil {
		return Manifest{}, fmt.Errorf("encoding the manifest of %q: %w", d.Cohort, err)
	}
	return Manifest{Cohort: d.Cohort, ID: Sum(b), Bytes: b}, nil
}

func (e *Encoder) pin(d *document, p *resolve.Pin) error {
	name := p.Remote.Name.Value
	if p.Remote.Gateway {
		return nil // no browser loads it
	}
	if !p.Disabled().IsZero() {
		if p.Remote.Loaded() {
			d.Disabled[name] = disabled{loadOf(p.Remote).Fallback}
		}
		return nil
	}
	for _, choice := range p.Choices {
		d.Telemetry.Remotes = append(d.Telemetry.Remotes, name+"@"+choice.Release.Version.Value)
	}
	raw, err := e.piece(d.Cohort, p)
	if err != nil {
		return err
	}
	if p.Remote.Host {
		d.Hosts[name] = raw
	} else {
		d.Remotes[name] = raw
	}
	return nil
}

// Same reports whether a cohort's manifest has the same of two pins of one remote that ask for the same versions, as far as it has it
// where the remote is listed.
func Same(a, b *resolve.Pin) bool {
	return len(a.Choices) > 0 && len(b.Choices) > 0 && reflect.DeepEqual(listed("", a), listed("", b))
}

func (e *Encoder) piece(cohort string, p *resolve.Pin) (canonical.Raw, error) {
	key := piece{remote: p.Remote, release: p.Choices[0].Release, hosts: strings.Join(p.Hosts, " ")}
	whole := p.From.Pin.Split == nil
	if whole {
		if raw, ok := e.pieces.Get(key); ok {
			return raw, nil
		}
	}
	raw, err := canonical.JSON(listed(cohort, p))
	if err != nil {
		return nil, fmt.Errorf("encoding %q: %w", p.Remote.Name.Value, err)
	}
	if whole {
		e.pieces.Put(key, raw)
	}
	return raw, nil
}

// listed is what a manifest lists of a pin.
func listed(cohort string, p *resolve.Pin) remote {
	r := remoteOf(p.Remote, p.Hosts)
	if p.From.Pin.Split == nil {
		r.setRelease(p.Remote, p.Choices[0].Release)
		return r
	}
	r.Salt = cohort + "/" + p.Remote.Name.Value
	for _, choice := range p.Choices {
		v := remote{Percent: canonical.Raw(policy.FormatPercent(choice.Hundredths)), Variant: cmp.Or(choice.Variant, choice.Release.Version.Value)}
		v.setRelease(p.Remote, choice.Release)
		r.Split = append(r.Split, v)
	}
	return r
}

func remoteOf(r *registry.Remote, hosts []string) remote {
	out := remote{Runtime: r.Runtime, Owner: r.Owner.Value, Hosts: hosts}
	if r.Code() {
		out.Container = r.Container.Value
	}
	if r.Loaded() {
		out.Load = loadOf(r)
	}
	return out
}

func (out *remote) setRelease(r *registry.Remote, rel *registry.Release) {
	out.Version, out.Telemetry = rel.Version.Value, r.Name.Value+"@"+rel.Version.Value
	out.Entry, out.Integrity, out.Size = rel.Entry.Value, rel.Integrity.Value, rel.Size
	if r.Code() && !rel.Entry.IsZero() {
		out.Type = rel.Type
	}
	for _, e := range rel.Exposes {
		out.Exposes = append(out.Exposes, e.Value)
	}
	slices.Sort(out.Exposes)
	for _, f := range rel.Files {
		if out.Files == nil {
			out.Files = map[string]string{}
		}
		out.Files[f.Path.Value] = f.Integrity.Value
	}
}

func loadOf(r *registry.Remote) *load {
	l := &load{Timeout: r.Load.Timeout.Milliseconds(), Retries: r.Load.Retries, Prefetch: r.Load.Prefetch}
	if f := (fallback{r.Load.Redirect.Value, r.Load.Message.Value}); f != (fallback{}) {
		l.Fallback = &f
	}
	return l
}

// csp gathers the origins that a page of the cohort loads from, each directive sorted; 'self' is the shell's to add.
func (e *Encoder) csp(c *resolve.Cohort) csp {
	served := e.origin(e.policy.BaseURL.Value) // the pointer and the manifests
	code, frames := map[string]bool{}, map[string]bool{}
	for _, p := range c.Pins {
		for _, choice := range p.Choices {
			o := e.origin(choice.Release.Entry.Value)
			switch {
			case o == "" || p.Remote.Runtime == registry.Page:
			case p.Remote.Runtime == registry.Iframe:
				frames[o] = true
			default:
				code[o] = true
			}
		}
	}
	script := sorted(code)
	code[served] = true
	return csp{Script: script, Style: script, Connect: sorted(code), Frame: sorted(frames)}
}

func (e *Encoder) origin(url string) string {
	o, known := e.origins.Get(url)
	if !known && url != "" {
		o, _ = policy.Origin(url) // the policy has refused the others
		e.origins.Put(url, o)
	}
	return o
}

func sorted(set map[string]bool) []string {
	l := make([]string, 0, len(set))
	for s := range set {
		l = append(l, s)
	}
	slices.Sort(l)
	return l
}
