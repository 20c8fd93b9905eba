package manifest

import (
	"fmt"
	"slices"
	"time"

	"muster/compiler/canonical"
	"muster/compiler/policy"
	"muster/compiler/registry"
)

// The two documents that name manifests, and their versions.
const (
	PointerName = "muster/pointer/v1"
	LogName     = "muster/log/v1"
)

// PointerPath is where the pointer is served, below the registry's baseURL.
const PointerPath = "pointer.json"

// LogPath is where the log entry of a serial is served, below the registry's baseURL.
func LogPath(serial int) string { return fmt.Sprintf("log/%d.json", serial) }

// Origin is the commit that a compile read.
type Origin struct {
	Commit        string    // 40 hexadecimal digits; "" outside a git repository
	Time          time.Time // the committer's, UTC
	Serial        int       // commits on the first-parent line up to this one; 0 if the history is cut
	Unpublishable string    // why the pointer must not be published; "" if it may
}

// Pointer names what each cohort is served. Compiling writes it; publishing adds Previous, Issued and Expires. A log entry,
// which says for good what a serial published, is the same document by another name and without Issued and Expires. An
// entry without cohorts stands for a commit that was never published: a later one was published in its place.
type Pointer struct {
	Schema        string          `json:"schema"` // PointerName or LogName
	Registry      string          `json:"registry"`
	Serial        int             `json:"serial,omitempty"`
	Commit        string          `json:"commit,omitempty"`
	Time          string          `json:"time,omitempty"` // when the commit was made: RFC 3339, UTC, whole seconds
	TTL           int64           `json:"ttl,omitempty"`  // seconds: the longest time until a page sees a change
	Poll          int64           `json:"poll,omitempty"` // seconds between two looks at the pointer, in a page that is open
	Cohorts       []PointerCohort `json:"cohorts,omitempty"`
	Previous      string          `json:"previous,omitempty"` // SHA-256 of the log entry of the serial before; "" in the first
	Issued        string          `json:"issued,omitempty"`   // when it was signed or published last; as Time
	Expires       string          `json:"expires,omitempty"`  // from when on it must not be believed; as Time; "" for never
	Unpublishable string          `json:"unpublishable,omitempty"`
}

// PointerCohort is the manifest that one cohort is served.
type PointerCohort struct {
	Name     string    `json:"name"`
	Audience *Audience `json:"audience,omitempty"` // nil is everybody
	URL      string    `json:"url"`
	SHA256   string    `json:"sha256"`
	Size     int       `json:"size"` // bytes
}

// Path is where the manifest is served, below the registry's baseURL.
func (c PointerCohort) Path() string { return manifestPath(c.Name, c.SHA256) }

// Audience is whom a cohort is for. If both are given, both must hold.
type Audience struct {
	Percent canonical.Raw       `json:"percent,omitempty"`
	Claims  map[string][]string `json:"claims,omitempty"`
}

// NewPointer returns the pointer to the cohorts' manifests, which come in the order of cohorts. A shell takes the first
// cohort whose audience fits, in policy.Order.
func NewPointer(p *registry.Policy, promise policy.Promise, o Origin, cohorts []*registry.Cohort, manifests []Manifest) *Pointer {
	out := &Pointer{Schema: PointerName, Registry: p.Name.Value, Serial: o.Serial, Commit: o.Commit, Time: timestamp(o.Time),
		TTL: int64(promise.TTL), Poll: int64(promise.Poll), Unpublishable: o.Unpublishable}
	for _, i := range policy.Order(cohorts) {
		m := manifests[i]
		out.Cohorts = append(out.Cohorts, PointerCohort{m.Cohort, audienceOf(cohorts[i]), p.BaseURL.Value + m.Path(), m.ID.String(), len(m.Bytes)})
	}
	return out
}

// PassedOver is the log entry of a commit that was not published, because a later one was.
func PassedOver(registry string, o Origin, previous string) *Pointer {
	return &Pointer{Schema: LogName, Registry: registry, Serial: o.Serial, Commit: o.Commit, Time: timestamp(o.Time), Previous: previous}
}

// Entry is the log entry of a pointer.
func (p *Pointer) Entry() *Pointer {
	e := *p
	e.Schema, e.Issued, e.Expires = LogName, "", ""
	return &e
}

// Issue returns the pointer as it is published at a moment, to be believed for a time; 0 is for ever.
func (p *Pointer) Issue(at time.Time, lifetime time.Duration) *Pointer {
	out := *p
	out.Schema, out.Issued, out.Expires = PointerName, timestamp(at), ""
	if lifetime > 0 {
		out.Expires = timestamp(at.Add(lifetime))
	}
	return &out
}

// Encode writes the document as canonical JSON. Equal documents give equal bytes.
func (p *Pointer) Encode() ([]byte, error) {
	b, err := canonical.JSON(*p)
	if err != nil {
		return nil, fmt.Errorf("encoding the pointer: %w", err)
	}
	return b, nil
}

// timestamp writes a moment as documents do; the zero time is "".
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func audienceOf(c *registry.Cohort) *Audience {
	if c.Audience == nil {
		return nil
	}
	a := &Audience{}
	if !c.Audience.Percent.IsZero() {
		hundredths, _ := policy.Hundredths(c.Audience.Percent.Value)
		a.Percent = canonical.Raw(policy.FormatPercent(hundredths))
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
