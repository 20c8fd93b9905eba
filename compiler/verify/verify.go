// Package verify holds what is published against what git says, as somebody who trusts neither the store nor the CDN nor who
// publishes. It has four levels, each of which stands for itself:
//
//	served    the pointer is signed, of this registry and the newest; every object that it names is there, right, and has its header fields
//	history   the log has no gap, each entry names the one before, and each commit is that of its serial on the line;
//	          with All each entry says what its commit compiles to
//	rebuild   the pointer's commit compiles to just these manifests and this pointer
//	entries   every remote's files are, at their origins, what the manifests say
//
// What is trusted comes from the caller: the keys, the registry's name and the line of commits that it may publish. Nothing of
// what is found at the site is believed because it stands there.
package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/compiler"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/note"
	"muster/compiler/site"
)

// Result is what a level comes to.
type Result string

// The results. Drift outweighs Unavailable.
const (
	OK          Result = "ok"
	Drift       Result = "drift"       // what is found is not what it should be
	Unavailable Result = "unavailable" // something did not answer; what did was right
	Skipped     Result = "skipped"
)

// The names of the levels.
const (
	Served  = "served"
	History = "history"
	Rebuild = "rebuild"
	Entries = "entries"
)

// Finding is one thing that is wrong. Its texts may hold what a server sent: they are to be escaped where they are shown.
type Finding struct {
	ID      string // "served/signature": stable, and begins with the level
	Object  string // a path below the site's base, or a URL
	Message string // lower case, no full stop
	// Was and Is are what git says and what is served, where two JSON documents differ; else nil.
	Was, Is []byte
}

// Level is the result of one level.
type Level struct {
	Name     string
	Result   Result
	Summary  string // what was looked at, also where there are findings; of a level that was skipped, why
	Findings []Finding
}

// Report is what was found, the levels in their order.
type Report struct {
	Pointer *manifest.Pointer // nil if there is none that can be read
	Levels  []Level
}

// Result is the worst of the levels.
func (r *Report) Result() Result {
	worst := OK
	for _, l := range r.Levels {
		switch {
		case l.Result == Drift:
			return Drift
		case l.Result == Unavailable:
			worst = Unavailable
		}
	}
	return worst
}

// Trust is what is known beforehand.
type Trust struct {
	Registry string // the registry's name; "" takes any
	BaseURL  string // what URLs in the pointer begin with; "": the site's, and for a folder any that is the same for all
	// Keys are those whose signatures count; nil: signatures are not asked for.
	Keys *note.Keys
	// Headers is how objects are to be served, unless the pointer's commit tells. Nil: the pointer's caching is judged by its ttl.
	Headers []manifest.Headers
}

// Git is the history that is trusted.
type Git struct {
	Repo *history.Repository // with its whole history
	Tip  history.Commit      // what is published is of a commit on its line of first parents
}

// Verifier verifies one site.
type Verifier struct {
	Site  *site.Site
	Trust Trust
	Git   *Git   // nil: history is held against itself only, and nothing is rebuilt
	NoGit string // why Git is nil
	// Entries asks the origins of remotes; nil skips that level, for the reason NoEntries.
	Entries   *site.Client
	NoEntries string
	// Newest is how many entries of the log are read, from the pointer's back; 0 is all of them.
	Newest int
	// All compiles the commit of every entry of the log that is read, and not just the pointer's. It needs Git.
	All   bool
	Clock site.Clock
	// Limit is how long everything may take; 0 is for ever. What has not answered by then is unavailable.
	Limit time.Duration
}

// Verify looks at everything. An error says that the repository can't be used, or that ctx has ended; what the site answers is
// in the report.
func (v *Verifier) Verify(ctx context.Context) (*Report, error) {
	r := &run{Verifier: v}
	report := &Report{}
	within, cancel := ctx, context.CancelFunc(func() {})
	if v.Limit > 0 {
		within, cancel = context.WithTimeout(ctx, v.Limit)
	}
	defer cancel()
	for _, level := range []func(context.Context) (Level, error){r.served, r.history, r.rebuild, r.entries} {
		l, err := level(within)
		if err = errors.Join(ctx.Err(), err); err != nil {
			return nil, err
		}
		l.conclude()
		report.Levels = append(report.Levels, l)
	}
	report.Pointer = r.pointer
	return report, nil
}

// run is one call of Verify.
type run struct {
	*Verifier
	pointer  *manifest.Pointer // nil if there is none that can be read
	signed   note.Result       // by whom, if keys are known
	compiled bool              // the pointer was never published, and there is no log
	last     []byte            // the log's of the pointer, as compared with it: a server may send another when asked again
	answers  []answer          // for their header fields
	wanted   []wanted          // what the manifests that are right name of remotes

	line  []history.Commit // see commits
	built *build           // see compile
}

// answer is an object that is there, and what a server said with it.
type answer struct {
	path string
	site.Answer
}

// build is what the pointer's commit compiles to.
type build struct {
	result *compiler.Result // nil if it does not compile
	why    string           // it has no result
}

// maxMessage is how much of a message is kept, in bytes: some errors quote what a server sent.
const maxMessage = 800

func (l *Level) add(kind, object, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	l.Findings = append(l.Findings, Finding{ID: l.Name + "/" + kind, Object: object, Message: message})
}

const unavailable = "unavailable" // the kind of finding that is no drift

// failed adds what it means that an object could not be read; kind is for an answer that can be no such object.
func (l *Level) failed(kind, object string, err error) {
	switch {
	case errors.Is(err, site.ErrMissing):
		kind = "missing"
	case errors.Is(err, site.ErrUnavailable):
		kind = unavailable
	case errors.Is(err, site.ErrRedirect):
		kind = "redirect"
	}
	l.add(kind, object, "%v", err)
}

// conclude derives the result from the findings.
func (l *Level) conclude() {
	of := l.Name + "/" + unavailable
	switch {
	case l.Result == Skipped:
	case slices.ContainsFunc(l.Findings, func(f Finding) bool { return f.ID != of }):
		l.Result = Drift
	case len(l.Findings) > 0:
		l.Result = Unavailable
	default:
		l.Result = OK
	}
}

func skipped(name, why string) Level { return Level{Name: name, Result: Skipped, Summary: why} }

const noPointer = "there is no pointer to go by"
