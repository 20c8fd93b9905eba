// Package registry reads a registry's folders into values, each with the place where it stands.
//
// A file goes through three steps, each of which finds every fault it can: YAML to nodes (document.go refuses what YAML
// allows and muster does not), nodes against the shape in CUE (shape.go says yes in microseconds, schema.go asks CUE about
// the rest), and nodes to the values below (decode.go, which passes over what is faulty). What the values mean, and whether they
// fit together, is the matter of compiler/policy.
package registry

import (
	"slices"
	"time"

	"muster/compiler/diag"
)

// Registry is everything that a registry's files declare. It must not be changed.
type Registry struct {
	Remotes []*Remote // remotes and hosts by name; two of one name are both here, in the order of their paths
	Cohorts []*Cohort // by name, likewise
	Policy  *Policy

	faulty  map[string]bool   // by the names of files that have faults of form
	spoiled map[diag.Pos]bool // the places of those faults, and what they bear on
}

// Absent reports whether a name belongs, or may belong, to a file that was found faulty or misnamed: what refers to it is not
// to blame.
func (r *Registry) Absent(name string) bool { return r.faulty[name] }

// Complete reports whether every file could be taken.
func (r *Registry) Complete() bool { return len(r.faulty) == 0 }

// Remote returns the remote or host of that name, nil if there is none.
func (r *Registry) Remote(name string) *Remote { return find(r.Remotes, name, (*Remote).name) }

// Cohort returns the cohort of that name, nil if there is none.
func (r *Registry) Cohort(name string) *Cohort { return find(r.Cohorts, name, (*Cohort).name) }

// Release returns the release of that version as it is written, nil if there is none.
func (r *Remote) Release(version string) *Release {
	i := slices.IndexFunc(r.Releases, func(rel Release) bool { return rel.Version.Value == version })
	if i < 0 {
		return nil
	}
	return &r.Releases[i]
}

// Bars reports whether a release is held in the cohort.
func (c *Cohort) Bars(remote, version string) bool {
	return slices.ContainsFunc(c.Holds, func(h Hold) bool { return h.Of(remote, version) })
}

// Of reports whether it is this release that is held.
func (h Hold) Of(remote, version string) bool {
	return h.Remote.Value == remote && h.Version.Value == version
}

// Names reports whether the cohort's own file pins a remote to exactly that version, as it is written.
func (c *Cohort) Names(remote, version string) bool {
	return slices.ContainsFunc(c.Pins, func(p Pin) bool { return p.Remote.Value == remote && p.Range.Value == version })
}

// MayPrerelease reports whether a cohort may have prereleases.
func (p *Policy) MayPrerelease(cohort string) bool {
	return slices.ContainsFunc(p.Prereleases, func(t Text) bool { return t.Value == cohort })
}

func (r *Remote) name() string { return r.Name.Value }
func (c *Cohort) name() string { return c.Name.Value }

// The runtimes that load a remote.
const (
	ModuleFederation = "module-federation"
	NativeFederation = "native-federation"
	ImportMap        = "import-map"
	Iframe           = "iframe"
	Page             = "page" // a plain URL that the browser navigates to
)

// Remote is one file under remotes/.
type Remote struct {
	File         File
	Name         Text
	Owner        Text
	Host         bool   // kind: host
	Gateway      bool   // kind: gateway
	Runtime      string // one of the constants above
	Container    Text   // as declared, or the name in camelCase with a zero Mark
	Hosts        []Text // nil: every host of the same runtime
	Routes       []Route
	Capabilities []Capability
	Load         Loading
	Releases     []Release // as in the file
}

// Code reports whether the remote's entry is code that runs in the host's page.
func (r *Remote) Code() bool { return !r.Gateway && r.Runtime != Iframe && r.Runtime != Page }

// Loaded reports whether hosts load it: it is neither a host nor a gateway.
func (r *Remote) Loaded() bool { return !r.Host && !r.Gateway }

// Route is a path of the page that a remote takes, or a whole subtree if it ends in "/*".
type Route struct{ Path, Expose Text }

// Capability is a named place in a page that a remote can fill.
type Capability struct{ Place, Expose Text }

// Loading is how a host loads a remote.
type Loading struct {
	Timeout  time.Duration // default 10 s
	Retries  int           // default 1
	Prefetch string        // none, idle, route or eager; default none
	Redirect Text          // where to send the user if the remote can't be loaded
	Message  Text          // or what to show
}

// Release is one immutable build of a remote.
type Release struct {
	Version   Text
	Entry     Text   // zero for a host
	Type      string // module or global; default module
	Integrity Text
	Size      int64 // bytes of the entry, uncompressed; 0 if not declared
	SizeAt    Text
	Files     []Chunk
	Status    Text // zero, deprecated or revoked
	Reason    Text
	Bundler   Bundler
	Source    Source
	Evidence  []Proof
	Exposes   []Exposed
	Consumes  []Consumed
	Emits     []Event
	Listens   []Event
	Calls     []API // apis.consumes: the version is a range, or zero for any
	Provides  []API // apis.provides
	Shared    []Shared
}

// Bundler is what built a release. Federation is the version of the Module Federation plugin, whose runtime's rules
// hold; ShareStrategy is version-first, loaded-first or zero.
type Bundler struct{ Name, Version, Federation, ShareStrategy Text }

// Source is the commit that a release was built from.
type Source struct{ Repository, Commit Text }

// Proof is what a pipeline says of a release. Status is Passed or Failed; Commit is the one that the pipeline ran on.
type Proof struct{ Kind, Status, URL, Commit Text }

// The values of Proof.Status.
const (
	Passed = "passed"
	Failed = "failed"
)

// Exposed is a module that a release exposes, or uses of another. Nil Props say nothing of what may be passed.
type Exposed struct {
	Text
	Props *Type
}

// Event is an event and what its payload may be.
type Event struct {
	Name    Text
	Payload Type
}

// API is a service and its version.
type API struct{ Name, Version Text }

// Type is a contract's type as it is written: a CUE expression, a list or a structure.
type Type struct {
	Text   Text    // the place, and the expression; for a list or a structure only the place
	Form   Form    // which of the three it is
	Items  []Type  // of a list: one type for any number of items, or a type for each
	Fields []Field // of a structure
}

// Field is a field of a structure. Its name ends in "?" in the file if it is optional.
type Field struct {
	Name     Text // without the "?"
	Optional bool
	Type     Type
}

// Form tells the forms of a type apart.
type Form uint8

// The forms of a type.
const (
	Expression Form = iota
	Literal         // a number, true, false or null, written without quotes
	List
	Structure
)

// The values of Release.Status.
const (
	Deprecated = "deprecated"
	Revoked    = "revoked"
)

// Chunk is a file of an ES module remote, relative to its entry.
type Chunk struct{ Path, Integrity Text }

// Consumed is a remote that a release loads modules of.
type Consumed struct {
	Remote  Text
	Version Text // a range; zero: any
	Exposes []Exposed
}

// Shared is one shared declaration, in Module Federation's terms.
type Shared struct {
	Package         Text
	Version         Text   // zero: not declared
	RequiredVersion Text   // zero: not declared; the text "false" without quotes in the file: any
	Scopes          []Text // nil: default; empty: none, which a file may say
	Size            int64  // bytes; 0 if not declared
	Flags           SharedFlags
}

// SharedFlags are the booleans of a shared declaration, and which of them were written down.
type SharedFlags uint16

// Each flag has a bit for its value and one that says it is declared. NoImport is import: false.
const (
	Singleton SharedFlags = 1 << iota
	SingletonSet
	StrictVersion
	StrictVersionSet
	Eager
	EagerSet
	NoImport
	AnyVersion // requiredVersion: false
)

// Cohort is one file under cohorts/.
type Cohort struct {
	File         File
	Name         Text
	Extends      Text
	Audience     *Audience // nil: the default cohort
	After        []Text
	Soak         Text
	Requires     []Text
	Capabilities []Choice
	Routes       []Choice
	Pins         []Pin
	Holds        []Hold
	Frozen       *Frozen // nil: not frozen
}

// Hold keeps a release out of a cohort, and of those after it, until it is promoted by name. Because is one of the constants
// below.
type Hold struct{ Remote, Version, Because, Reason Text }

// The values of Hold.Because.
const (
	HeldByRollback    = "rollback"     // the cohort had it, and was taken back
	HeldByBudget      = "budget"       // it used up its error budget
	HeldForLackOfData = "inconclusive" // nothing is known of its errors
)

// Audience is who is in a cohort: subjects of whom every claim holds, and of those a percentage.
type Audience struct {
	At      Text    // the field's key
	Percent Text    // zero: all of them
	Claims  []Claim // as in the file
}

// Claim is a claim of a subject and the values it may have.
type Claim struct {
	Name   Text
	Values []Text
}

// Choice says which remote fills a place or owns a path.
type Choice struct{ What, Remote Text }

// Pin is a cohort's choice of release for one remote: exactly one of Range, Disabled and Split is set.
type Pin struct {
	Remote   Text
	Range    Text // an exact version, a range, or "*"
	Disabled Text // the reason
	Split    []Variant
}

// Variant is one arm of a split.
type Variant struct {
	Version Text
	Percent Text
	Name    Text // zero: none
}

// Frozen names the commit whose manifest a cohort is served.
type Frozen struct{ At, Reason, Until Text }

// Policy is what schema/*.cue sets.
type Policy struct {
	File         File
	Name         Text
	BaseURL      Text
	TTL          time.Duration // whole seconds, 1 s to 60 s, default 60 s: the longest time until a page load sees a change
	TTLAt        Text
	CDN          CDN
	Adapters     []Text
	Signing      *Signing // nil: pointers are not signed
	Origins      []Text
	FrameOrigins []Text
	Owners       []Text
	Singletons   []SingletonRule
	Prereleases  []Text
	EntryBytes   Text         // zero: no budget
	Errors       *ErrorBudget // nil: none
	Freezes      []Freeze
	Waivers      []Waiver
	SSHSigners   Text   // a file; zero: none
	GPGSigners   Text   // likewise
	Constraints  string // what the registry's own definitions add to the built-in ones, as it is written
}

// CDN is what lies between the store and the browsers. What of the caching is not written down follows from the ttl.
type CDN struct {
	Tiers                              int  // shared caches that a request passes one after the other: 0 to 5, default 1
	MaxAge, StaleWhileRevalidate, Poll Text // whole seconds such as "5s"; zero: derived
}

// Signing is whose signatures a pointer needs.
type Signing struct {
	At          Text   // the field's key
	Keys        []Text // public keys, as compiler/note reads them
	Threshold   int    // how many of them have to sign, default 1
	ThresholdAt Text
	Expires     time.Duration // from when a pointer is signed; 0: pointers don't expire
	ExpiresAt   Text
}

// ErrorBudget is how much may go wrong with a release: the most that a query to a Prometheus server may come to.
type ErrorBudget struct{ Server, Query, Threshold Text }

// SingletonRule is what the platform team asks of a package that a page may hold once.
type SingletonRule struct {
	Package, Window, Owner Text
	Strict                 bool
}

// Freeze is a time in which nothing is promoted.
type Freeze struct{ From, To, Reason Text }

// Waiver excuses findings of one rule until a day.
type Waiver struct{ Rule, Remote, Cohort, Until, Reason Text }
