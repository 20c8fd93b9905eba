package manifest

import (
	"fmt"
	"slices"
	"time"

	"muster/compiler/policy"
	"muster/compiler/registry"
)

// PointerName says what a pointer is, and which version of the format.
const PointerName = "muster/pointer/v1"

// Origin is the commit that a compile read.
type Origin struct {
	Commit        string    // 40 hexadecimal digits; "" outside a git repository
	Time          time.Time // the committer's, UTC
	Serial        int       // commits on the first-parent line up to this one; 0 if the history is cut
	Unpublishable string    // why the pointer must not be published; "" if it may
}

type pointer struct {
	Schema        string          `json:"schema"`
	Registry      string          `json:"registry"`
	Serial        int             `json:"serial,omitempty"`
	Commit        string          `json:"commit,omitempty"`
	Time          string          `json:"time,omitempty"`
	TTL           int64           `json:"ttl"` // seconds
	Cohorts       []pointerCohort `json:"cohorts"`
	Unpublishable string          `json:"unpublishable,omitempty"`
}

type pointerCohort struct {
	Name     string    `json:"name"`
	Audience *audience `json:"audience,omitempty"`
	URL      string    `json:"url"`
	SHA256   string    `json:"sha256"`
	Size     int       `json:"size"` // bytes
}

type audience struct {
	Percent Raw                 `json:"percent,omitempty"`
	Claims  map[string][]string `json:"claims,omitempty"`
}

// Pointer encodes the pointer to the cohorts' manifests, which come in the order of cohorts. A shell takes the first cohort whose audience
// fits, in policy.Order.
func Pointer(p *registry.Policy, o Origin, cohorts []*registry.Cohort, manifests []Manifest) ([]byte, error) {
	out := pointer{Schema: PointerName, Registry: p.Name.Value, Serial: o.Serial, Commit: o.Commit, TTL: int64(p.TTL / time.Second),
		Cohorts: []pointerCohort{}, Unpublishable: o.Unpublishable}
	if !o.Time.IsZero() {
		out.Time = o.Time.UTC().Format(time.RFC3339)
	}
	for _, i := range policy.Order(cohorts) {
		m := manifests[i]
		out.Cohorts = append(out.Cohorts, pointerCohort{m.Cohort, audienceOf(cohorts[i]), p.BaseURL.Value + m.Path(), m.ID.String(), len(m.Bytes)})
	}
	b, err := Canonical(out)
	if err != nil {
		return nil, fmt.Errorf("encoding the pointer: %w", err)
	}
	return b, nil
}

func audienceOf(c *registry.Cohort) *audience {
	if c.Audience == nil {
		return nil
	}
	a := &audience{}
	if !c.Audience.Percent.IsZero() {
		hundredths, _ := policy.Hundredths(c.Audience.Percent.Value)
		a.Percent = Raw(policy.FormatPercent(hundredths))
	}
	for _, claim := range c.Audience.Claims {
		if a.Claims == nil {
			a.Claims = map[string][]string{}
		}
		for _, v := range claim.Values {
			a.Claims[claim.Name.Value] = append(a.Claims[claim.Name.Value], v.Value)
		}
		slices.Sort(a.Claims[claim.Name.Value])
	}
	return a
}
