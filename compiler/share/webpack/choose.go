package webpack

import (
	"fmt"
	"strings"

	"muster/compiler/share/federation"
)

// request is an import of a shared package.
type request struct {
	federation.Declaration
	app     string
	initial bool // an eager one of the host, which stands in the chunk that is there first
}

func (q request) scope() string { return scopeOf(q.Scopes) }

// strict is what webpack makes of a strictVersion that is not set.
func (q request) strict() bool {
	return q.Strict == federation.Strict || q.Strict == federation.StrictUnset && !q.NoImport && !q.Singleton
}

// requires is what a declaration requires: ^version where it does not say, for webpack looks into the app's package.json; and
// anything if there is no version either.
func requires(d federation.Declaration) federation.Requirement {
	switch {
	case d.Required.Kind != federation.Unset:
		return d.Required
	case d.Version == "":
		return federation.Requirement{Kind: federation.Anything}
	}
	return federation.Requirement{Range: "^" + d.Version, Kind: federation.Range}
}

// What JavaScript throws where webpack's runtime does not look. The wording is that of V8, in strict mode.
const (
	unreadable = "Cannot read properties of null (reading '1')"                                        // a version ends in a hyphen or plus
	noLatest   = "Cannot create property 'loaded' on number '0'"                                       // there are versions, and none is eager
	noKey      = "Cannot set properties of undefined (setting 'loaded')"                               // the same, for a singleton
	notEager   = "Shared module is not available for eager consumption: webpack/sharing/consume/%s/%s" // the same, if a version is "0"
)

// choose is what webpack does with an import when it has waited for what it waits for: v is what the scope has of the
// package, nil or empty if nothing. The copy that is taken is loaded from then on.
func (r *Ranges) choose(v *versions, q request) federation.Outcome {
	if v == nil || len(v.copies) == 0 {
		return q.fallback("Shared module " + q.Package + " doesn't exist in shared scope " + q.scope())
	}
	c := choice{ranges: r, versions: v, request: q, required: requires(q.Declaration)}
	switch {
	case q.Singleton:
		c.singleton()
	case c.required.Kind == federation.Range:
		c.version()
	default:
		c.take(c.walk(nil))
	}
	if c.thrown {
		return federation.Outcome{Err: unreadable}
	}
	return c.out
}

// fallback is the app's own copy, or the text thrown if it brings none.
func (q request) fallback(text string) federation.Outcome {
	if q.NoImport {
		return federation.Outcome{Err: text}
	}
	return federation.Outcome{Copy: own(q.app, q.Declaration), Own: true}
}

// choice is a choice among versions, of which there may be none where only eager ones count.
type choice struct {
	request
	ranges   *Ranges
	versions *versions
	required federation.Requirement
	thrown   bool // a version could not be read
	out      federation.Outcome
}

// walk goes through the versions that are wanted, all if wanted is nil, from one to each that is higher. It returns the place
// where it ends, below zero if there was none.
func (c *choice) walk(wanted func(version string) bool) int {
	found := -1
	for i, s := range c.versions.copies {
		if c.Eager && !s.eager || wanted != nil && !wanted(s.Version) {
			continue
		}
		if found < 0 || !c.settles(found) && c.higher(s.Version, c.versions.copies[found].Version) {
			found = i
		}
	}
	return found
}

// settles reports whether a walk goes no further than to a version: a singleton's does not where that is loaded.
func (c *choice) settles(at int) bool { return c.Singleton && c.versions.copies[at].loaded }

func (c *choice) higher(version, than string) bool {
	if !c.ranges.readable(version) || !c.ranges.readable(than) {
		c.thrown = true
	}
	return c.ranges.supersedes(version, than)
}

func (c *choice) fits(version string) bool {
	if c.required.Kind == federation.Range && !c.ranges.readable(version) {
		c.thrown = true
	}
	return c.ranges.Accepts(c.required, version)
}

// singleton takes what the walk finds; if that does not fit it warns, or refuses.
func (c *choice) singleton() {
	at := c.walk(nil)
	if at < 0 {
		c.singletonOfNone()
		return
	}
	found := c.versions.copies[at]
	if !c.fits(found.Version) && c.mismatch(found.Version, found.Provider) {
		c.out.Refused = found.Copy
		return
	}
	c.take(at)
}

// mismatch says that a version does not fit, and reports whether that is an error.
func (c *choice) mismatch(version, from string) bool {
	text := fmt.Sprintf("Unsatisfied version %s from %s of shared singleton module %s (required %s)",
		version, from, c.Package, c.ranges.text(c.required.Range))
	if c.strict() {
		c.out.Err = text
		return true
	}
	c.out.Warnings = append(c.out.Warnings, text)
	return false
}

// singletonOfNone is an eager singleton among versions of which none is eager: the walk ends where it starts, at the number
// 0, which then is looked up as if it were a version.
func (c *choice) singletonOfNone() {
	if !c.fits("0") && c.mismatch("0", "0") {
		return
	}
	if at := c.versions.find("0"); at >= 0 {
		c.take(at)
		return
	}
	c.out.Err = noKey
}

// version takes the highest version that satisfies. Where there is none, it falls back on its own copy or refuses if it is
// strict, and otherwise warns and takes the highest.
func (c *choice) version() {
	if at := c.walk(c.fits); at >= 0 {
		c.take(at)
		return
	}
	text := c.noneFits()
	if !c.strict() {
		c.out.Warnings = append(c.out.Warnings, text)
		c.take(c.walk(nil))
		return
	}
	c.out = c.fallback(text)
	if at := c.walk(nil); c.NoImport && at >= 0 {
		c.out.Refused = c.versions.copies[at].Copy
	}
}

func (c *choice) noneFits() string {
	var all []string
	for _, s := range c.versions.copies {
		all = append(all, s.Version+" from "+s.Provider)
	}
	eager := ""
	if c.Eager {
		eager = " for eager consumption"
	}
	return fmt.Sprintf("No satisfying version (%s)%s of shared module %s found in shared scope %s.\nAvailable versions: %s",
		c.ranges.text(c.required.Range), eager, c.Package, c.scope(), strings.Join(all, ", "))
}

// take takes the copy where a walk ended.
func (c *choice) take(at int) {
	switch {
	case c.thrown:
		return
	case at < 0:
		c.out.Err = noLatest
		return
	}
	s := &c.versions.copies[at]
	s.loaded = true
	if c.initial && !s.eager {
		c.out.Err = fmt.Sprintf(notEager, c.scope(), c.Package)
		return
	}
	c.out.Copy = s.Copy
}
