// Package publish puts a compiled commit into a store, so that the pointer there never names what is missing or different,
// and never goes back, whatever crashes and however many publishers are at work. What it writes, in this order:
//
//	manifests/<cohort>/<sha256>.json   what the pointer names; an object that is there already must be equal
//	log/first.json                     once per store: at which serial its log begins
//	log/<serial>.json                  one for each serial since, the last for the commit that is published
//	pointer.json                       swapped, if nobody has swapped it meanwhile
//
// A commit's serial is its depth on the line of first parents, so it grows along a branch. The log has no gap: whoever
// publishes serial 12 after 8 enters 9, 10 and 11 as passed over. Entries are only ever created, each one names the hash of
// the one before, and so they put publishers into an order: who finds that its serial was passed over has come too late
// and stops. The pointer then follows the log, only ever forward.
//
// An entry follows from the commit and the entry before it: a run that crashed is simply run again, by anybody.
package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"muster/compiler/manifest"
	"muster/compiler/store"
)

var (
	// ErrDrift wraps what makes the store differ from what git says: a changed object, a pointer or a log entry that is not of
	// this line of commits.
	ErrDrift = errors.New("what is published is not what git says")
	// ErrUnsafe is returned of a store that writes although the condition does not hold.
	ErrUnsafe = errors.New("this store ignores conditions, and two publishers could overwrite each other")
	// ErrBusy is returned if others have swapped the pointer again and again.
	ErrBusy = errors.New("others keep publishing")
)

// Release is a compiled commit.
type Release struct {
	Pointer *manifest.Pointer // as compiled
	Objects []store.Object    // what it names, with their header fields
	// Rules is an object that tells static hosts which header fields to serve, or the zero Object. It is written where the
	// store keeps no fields.
	Rules store.Object
	// Origin returns the commit of a serial on the line that ends with the release's: 1 to its own.
	Origin func(serial int) (manifest.Origin, error)
}

// Publisher publishes to a store.
type Publisher struct {
	Store store.Store
	// Headers is how each kind of object is to be served.
	Headers []manifest.Headers
	// Sign adds signatures to the text of a pointer; it returns the whole document. Nil publishes it unsigned.
	Sign func(ctx context.Context, pointer []byte) ([]byte, error)
	// Read returns the text of a document that a store holds as its pointer, and why it is not to be believed: no signature
	// that counts. Without text it is no document at all.
	Read func(document []byte) (pointer []byte, unproved error)
	// Proved is why a document is not to be believed by the rules of the commit that it is of, which is on the release's line. It is
	// asked where Read has doubts: the keys may have changed since. Nil believes it.
	Proved func(commit string, document []byte) error
	// Lifetime is how long a pointer is believed after it was issued; 0 is for ever.
	Lifetime time.Duration
	// Now is the time at which the pointer is issued, UTC.
	Now func() time.Time
	// Refresh issues the pointer anew if the release is published already. Repair replaces a pointer that can't be read, is
	// not to be believed or is of another line, and goes by the log.
	Refresh, Repair bool
	// Did is called after each step, with a path; by one goroutine at a time. It may be nil.
	Did func(step Step, path string)
}

// Step is something that a publisher has done.
type Step uint8

// The steps. Found and Created come in the order in which the answers do.
const (
	Found   Step = iota // an object was there, and is right
	Created             // an object was not there
	Swapped             // the pointer, or another object, is a new one
)

// Outcome is what became of a release.
type Outcome string

// The outcomes.
const (
	Published  Outcome = "published"
	Unchanged  Outcome = "unchanged"  // it was published already
	Refreshed  Outcome = "refreshed"  // it was published already, and its pointer is issued anew
	Superseded Outcome = "superseded" // a later commit is published, or about to be: nothing was done
)

// Report is what a publisher has found and done.
type Report struct {
	Outcome Outcome
	// Before is the pointer that was found, nil if there was none that can be read. Unproved says why it was not to be believed.
	Before   *manifest.Pointer
	Unproved error
	// Live is the pointer that is there now, as far as this run has seen.
	Live *manifest.Pointer
	// Created and Found are the paths of objects, in no particular order. PassedOver are serials that never were published.
	Created, Found []string
	PassedOver     []int
}

// tries is how often a publisher begins anew because somebody else has swapped the pointer. Each time somebody has made
// progress.
const tries = 100

// Publish publishes a release. Errors wrap those above or those of the store, name the object and say what to do. A run that
// returns one, or is killed, has left the store fit to be read and to be published to again.
func (p *Publisher) Publish(ctx context.Context, r Release) (*Report, error) {
	if err := p.verify(r); err != nil {
		return nil, err
	}
	if _, err := p.document(ctx, r.Pointer.Issue(p.Now(), p.Lifetime)); err != nil {
		return nil, err
	}
	run := &run{Publisher: p, release: r, report: &Report{}, told: map[string]bool{}}
	for run.attempt = range tries {
		again, err := run.try(ctx)
		if !again || err != nil {
			return run.report, err
		}
	}
	return run.report, ErrBusy
}

// verify looks at what is to be published before anything is sent.
func (p *Publisher) verify(r Release) error {
	if r.Pointer.Unpublishable != "" {
		return fmt.Errorf("it can't be published: %s", r.Pointer.Unpublishable)
	}
	if b, err := r.Pointer.Entry().Encode(); err != nil {
		return err
	} else if _, err := manifest.ParseEntry(b); err != nil {
		return err
	}
	bodies := map[string][]byte{}
	for _, o := range r.Objects {
		bodies[o.Path] = o.Body
	}
	for _, c := range r.Pointer.Cohorts {
		if body := bodies[c.Path()]; len(body) != c.Size || manifest.Sum(body).String() != c.SHA256 {
			return fmt.Errorf("the pointer names %q, which is not what was compiled", c.Path())
		}
	}
	return nil
}

// document is a pointer as it is stored. One that nobody would believe is an error; so nothing is sent before there was a
// signature that would do.
func (p *Publisher) document(ctx context.Context, issued *manifest.Pointer) ([]byte, error) {
	document, err := issued.Encode()
	if err == nil && p.Sign != nil {
		document, err = p.Sign(ctx, document)
	}
	if err != nil {
		return nil, err
	}
	if _, unproved := p.Read(document); unproved != nil {
		return nil, fmt.Errorf("the new pointer would not be believed: %w", unproved)
	}
	return document, nil
}

// run is one call of Publish.
type run struct {
	*Publisher
	release Release
	report  *Report

	attempt int    // from 0
	objects bool   // the objects are there
	written []byte // the document that this run has tried to put in the pointer's place
	lock    sync.Mutex
	told    map[string]bool // by path: it was found or created by this attempt or an earlier one
}

// try publishes unless somebody else comes in between, and reports whether somebody did.
func (r *run) try(ctx context.Context) (again bool, err error) {
	live, err := r.pointer(ctx)
	if err != nil {
		return false, err
	}
	r.report.Live = live.pointer
	todo, err := r.judge(ctx, &live)
	if err != nil || todo == nothing {
		return false, err
	}
	if live.tag == "" {
		if err := r.probe(ctx); err != nil {
			return false, err
		}
	}
	if err := r.put(ctx); err != nil {
		return false, err
	}
	previous, late, err := r.enter(ctx, live)
	switch {
	case err != nil:
		return false, err
	case late:
		r.report.Outcome = Superseded
		return false, nil
	case todo == complete:
		return false, r.rules(ctx)
	}
	return r.swap(ctx, live, previous)
}

// swap puts the new pointer in the place of the live one.
func (r *run) swap(ctx context.Context, live live, previous string) (again bool, err error) {
	next := *r.release.Pointer
	next.Previous = previous
	issued := next.Issue(r.Now(), r.Lifetime)
	document, err := r.document(ctx, issued)
	if err != nil {
		return false, err
	}
	if err := r.rules(ctx); err != nil {
		return false, err
	}
	r.written = document
	err = r.replace(ctx, Object(r.Headers, manifest.PointerPath, document), live.tag)
	if errors.Is(err, store.ErrConflict) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	r.succeed(issued)
	return false, nil
}

// succeed notes that this run has put the pointer there.
func (r *run) succeed(p *manifest.Pointer) {
	r.report.Live, r.report.Outcome = p, Published
	if before := r.report.Before; before != nil && before.Serial == p.Serial {
		r.report.Outcome = Refreshed
	}
}

// replace swaps an object, or creates it if the tag says that there is none.
func (r *run) replace(ctx context.Context, o store.Object, tag store.Tag) (err error) {
	if tag == "" {
		err = r.Store.Create(ctx, o)
	} else {
		err = r.Store.Swap(ctx, o, tag)
	}
	if err == nil {
		r.did(Swapped, o.Path)
	}
	return err
}

// Object is an object with the header fields that a table gives to its path.
func Object(table []manifest.Headers, path string, body []byte) store.Object {
	h, _ := manifest.HeadersOf(table, path)
	return store.Object{Path: path, Body: body, CacheControl: h.Value("Cache-Control"), ContentType: h.Value("Content-Type")}
}

func (r *run) did(step Step, path string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if step != Swapped {
		if r.told[path] {
			return
		}
		r.told[path] = true
	}
	switch step {
	case Created:
		r.report.Created = append(r.report.Created, path)
	case Found:
		r.report.Found = append(r.report.Found, path)
	}
	if r.Did != nil {
		r.Did(step, path)
	}
}

// create makes an object that must be there from now on, and returns what is there: its body, or that of the object that
// was there before.
func (r *run) create(ctx context.Context, o store.Object) ([]byte, error) {
	found, _, err := r.Store.Get(ctx, o.Path)
	if errors.Is(err, store.ErrNotFound) {
		if err = r.Store.Create(ctx, o); err == nil {
			r.did(Created, o.Path)
			return o.Body, nil
		}
		if errors.Is(err, store.ErrConflict) { // another publisher, or an earlier try of this one whose answer got lost
			found, _, err = r.Store.Get(ctx, o.Path)
		}
	}
	if err != nil {
		return nil, err
	}
	if bytes.Equal(found.Body, o.Body) {
		r.did(Found, o.Path)
	}
	return found.Body, nil
}
