package verify

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"golang.org/x/sync/errgroup"

	"muster/compiler/canonical"
	"muster/compiler/manifest"
	"muster/compiler/site"
	"muster/compiler/store"
)

const (
	manifestsAtOnce = 4   // each may have store.MaxSize bytes
	maxDepth        = 100 // how deep a manifest may nest; none of ours has a depth of ten
)

// manifests looks at every manifest that the pointer names.
func (r *run) manifests(ctx context.Context, l *Level) {
	cohorts := r.pointer.Cohorts
	type looked struct {
		Level
		answer *answer
		wanted []wanted
	}
	all := make([]looked, len(cohorts))
	var g errgroup.Group
	g.SetLimit(manifestsAtOnce)
	base := r.base()
	for i, c := range cohorts {
		all[i].Name = l.Name
		g.Go(func() error {
			if want := base + c.Path(); c.URL != want {
				all[i].add("url", manifest.PointerPath, "the manifest of %s is to be loaded from %q, not from %q", c.Name, c.URL, want)
			}
			all[i].answer, all[i].wanted = r.manifest(ctx, &all[i].Level, c)
			return nil
		})
	}
	g.Wait() // no function fails
	for _, one := range all {
		l.Findings = append(l.Findings, one.Findings...)
		r.wanted = append(r.wanted, one.wanted...)
		if one.answer != nil {
			r.answers = append(r.answers, *one.answer)
		}
	}
}

// base is what the URLs of manifests must begin with.
func (r *run) base() string {
	if r.built != nil && r.built.result != nil { // a change of baseURL may be on its way
		return r.built.result.Policy.BaseURL.Value
	}
	if r.Trust.BaseURL != "" {
		return r.Trust.BaseURL
	}
	if base := r.Site.Base(); base != "" {
		return base
	}
	first := r.pointer.Cohorts[0] // there is one: ParsePointer
	return strings.TrimSuffix(first.URL, first.Path())
}

// manifest looks at one manifest, and returns what it names of remotes, if it is right.
func (r *run) manifest(ctx context.Context, l *Level, c manifest.PointerCohort) (*answer, []wanted) {
	path := c.Path()
	a, err := r.Site.Get(ctx, path, int64(min(c.Size, store.MaxSize)))
	if errors.Is(err, site.ErrTooLarge) {
		l.add("manifest", path, "it is larger than the %d bytes that the pointer says", c.Size)
		return nil, nil
	}
	if err != nil {
		l.failed("manifest", path, err)
		return nil, nil
	}
	body := a.Body
	a.Body = nil
	there := &answer{path, a}
	if len(body) != c.Size {
		l.add("manifest", path, "it has %d bytes, and the pointer says %d", len(body), c.Size)
		return there, nil
	}
	if sum := manifest.Sum(body).String(); sum != c.SHA256 {
		l.add("manifest", path, "its SHA-256 is %s: it was changed, or is another file", sum)
		return there, nil
	}
	d, err := parseManifest(body)
	switch {
	case err != nil:
		l.add("manifest", path, "%v", err)
		return there, nil
	case d.Schema != manifest.SchemaName || d.Registry != r.pointer.Registry || d.Cohort != c.Name:
		l.add("manifest", path, "it is a %q of cohort %q of the registry %q", d.Schema, d.Cohort, d.Registry)
		return there, nil
	}
	if r.Entries == nil {
		return there, nil
	}
	return there, d.wanted()
}

// document is what a manifest says, as far as it is needed here.
type document struct {
	Schema   string            `json:"schema"`
	Registry string            `json:"registry"`
	Cohort   string            `json:"cohort"`
	Hosts    map[string]remote `json:"hosts"`
	Remotes  map[string]remote `json:"remotes"`
}

type remote struct {
	Runtime   string            `json:"runtime"`
	Entry     string            `json:"entry"`
	Type      string            `json:"type"`
	Integrity string            `json:"integrity"`
	Size      int64             `json:"size"`
	Files     map[string]string `json:"files"`
	Split     []remote          `json:"split"`
}

func parseManifest(body []byte) (*document, error) {
	if err := canonical.Check(body, maxDepth); err != nil {
		return nil, err
	}
	d := &document{}
	if err := json.Unmarshal(body, d); err != nil {
		return nil, err
	}
	return d, nil
}
