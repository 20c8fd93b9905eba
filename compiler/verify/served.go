package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/compiler/diag"
	"muster/compiler/manifest"
	"muster/compiler/note"
	"muster/compiler/site"
)

// served looks at the pointer and what it names.
func (r *run) served(ctx context.Context) (Level, error) {
	l := Level{Name: Served}
	document := r.settle(ctx, &l)
	if r.pointer == nil {
		return l, nil
	}
	r.believe(&l, document)
	if !r.compiled {
		r.entered(ctx, &l)
	}
	if _, err := r.compile(); err != nil {
		return l, err
	}
	r.manifests(ctx, &l)
	if err := r.headers(ctx, &l); err != nil {
		return l, err
	}
	l.Summary = r.summary()
	return l, nil
}

const (
	look        = 3 * time.Second // between two looks at a pointer that is behind the log
	maxAhead    = 1000            // entries beyond the pointer that are looked at
	clockTurned = 5 * time.Minute // how far clocks may be apart
)

// settle reads the pointer, and again as long as the log is ahead of it: a publisher may be about to swap it, and caches may
// hold an old one for as long as its ttl promises.
func (r *run) settle(ctx context.Context, l *Level) (document []byte) {
	for waited := time.Duration(0); ; waited += look {
		next := Level{Name: l.Name}
		a := r.read(ctx, &next)
		ahead := 0
		if r.pointer != nil && !r.compiled {
			ahead = r.ahead(ctx, &next)
		}
		if ahead == 0 || waited >= r.patience() {
			if ahead > 0 {
				next.add("back", manifest.PointerPath, "it is of serial %d, and the log says that serial %d is published: somebody put an old pointer back, a cache holds it for too long, or a publisher has stopped on its way, who is to be run again", r.pointer.Serial, ahead)
			}
			l.Findings = next.Findings
			return a.Body
		}
		if r.Clock.Sleep(ctx, look) != nil {
			l.add(unavailable, manifest.PointerPath, "it is of serial %d, and the log says that serial %d is published; there was no time to wait for that", r.pointer.Serial, ahead)
			return a.Body
		}
	}
}

// patience is how long a pointer may be behind.
func (r *run) patience() time.Duration {
	if r.Site.Base() == "" {
		return look
	}
	return max(look, time.Duration(r.pointer.TTL)*time.Second)
}

// read reads the pointer.
func (r *run) read(ctx context.Context, l *Level) site.Answer {
	r.pointer, r.compiled, r.answers = nil, false, nil
	a, err := r.Site.GetFresh(ctx, manifest.PointerPath, note.MaxSize)
	if err != nil {
		l.failed("pointer", manifest.PointerPath, err)
		return a
	}
	r.answers = append(r.answers, answer{manifest.PointerPath, a})
	if r.pointer, err = site.ReadPointer(a.Body); err != nil {
		l.add("pointer", manifest.PointerPath, "%v", err)
		return a
	}
	if r.pointer.Issued != "" {
		return a
	}
	switch _, err := r.Site.Get(ctx, manifest.FirstPath, maxFirst); {
	case errors.Is(err, site.ErrMissing):
		r.compiled = true
	case err != nil:
		l.failed("log", manifest.FirstPath, err)
		r.pointer = nil // what it is supposed to be is not known
	default:
		l.add("pointer", manifest.PointerPath, "it was never published, but copied here from a compile")
	}
	return a
}

// ahead is the first serial beyond the pointer's that the log says is published; 0 if there is none. Entries that were passed
// over on the way to one that is not there yet are none.
func (r *run) ahead(ctx context.Context, l *Level) int {
	for serial := r.pointer.Serial + 1; serial <= r.pointer.Serial+maxAhead; serial++ {
		path := manifest.LogPath(serial)
		a, err := r.Site.GetFresh(ctx, path, note.MaxSize)
		if errors.Is(err, site.ErrMissing) {
			return 0
		}
		if err != nil {
			l.failed("log", path, err)
			return 0
		}
		e, err := manifest.ParseEntry(a.Body)
		if err != nil {
			l.add("log", path, "%v", err)
			return 0
		}
		if len(e.Cohorts) > 0 {
			return serial
		}
	}
	return 0
}

// believe asks of the pointer what a shell asks, and more.
func (r *run) believe(l *Level, document []byte) {
	p, now := r.pointer, r.Clock.Now()
	if r.Trust.Keys != nil {
		var err error
		if r.signed, err = note.Verify(document, r.Trust.Keys); err != nil {
			l.add("signature", manifest.PointerPath, "%v", err)
		}
	}
	if r.Trust.Registry != "" && p.Registry != r.Trust.Registry {
		l.add("registry", manifest.PointerPath, "it is of the registry %q, not of %q", p.Registry, r.Trust.Registry)
	}
	if p.Unpublishable != "" && r.Site.Base() != "" {
		l.add("unpublishable", manifest.PointerPath, "it says itself that it must not be published: %s", p.Unpublishable)
	}
	issued, _ := manifest.Moment(p.Issued) // ParsePointer has read both
	expires, _ := manifest.Moment(p.Expires)
	if p.Issued != "" && issued.Sub(now) > clockTurned {
		l.add("issued", manifest.PointerPath, "it was issued at %s, which has not come yet: one of the clocks is wrong", p.Issued)
	}
	if p.Expires != "" && !now.Before(expires) {
		l.add("expired", manifest.PointerPath, "it has expired at %s: sign it anew with `muster publish --refresh`", p.Expires)
	}
}

// entered asks that the log says the same as the pointer.
func (r *run) entered(ctx context.Context, l *Level) {
	path := manifest.LogPath(r.pointer.Serial)
	a, err := r.Site.Get(ctx, path, note.MaxSize)
	if err != nil {
		l.failed("log", path, err)
		return
	}
	r.answers, r.last = append(r.answers, answer{path, a}), a.Body
	want, err := r.pointer.Entry().Encode()
	if err != nil {
		l.add("pointer", manifest.PointerPath, "%v", err)
		return
	}
	if !bytes.Equal(a.Body, want) {
		f := Finding{ID: "served/log", Object: path, Message: "it is not what the pointer says"}
		if _, err := manifest.ParseEntry(a.Body); err != nil {
			f.Message = err.Error()
		} else {
			f.Was, f.Is = a.Body, want
		}
		l.Findings = append(l.Findings, f)
	}
}

// summary tells what was served.
func (r *run) summary() string {
	p := r.pointer
	var parts []string
	switch {
	case r.compiled && p.Commit == "":
		parts = append(parts, "compiled from no commit, not published")
	case r.compiled:
		parts = append(parts, fmt.Sprintf("compiled from commit %s, not published", diag.ShortID(p.Commit)))
	default:
		parts = append(parts, fmt.Sprintf("serial %d from commit %s", p.Serial, diag.ShortID(p.Commit)))
	}
	if r.Trust.Keys == nil {
		parts = append(parts, "no key to hold signatures against")
	} else {
		parts = append(parts, r.signed.String())
	}
	if p.Expires != "" {
		parts = append(parts, "expires "+p.Expires)
	}
	return fmt.Sprintf("%s; %s, %s", strings.Join(parts, ", "), count(len(p.Cohorts), "cohort"), count(len(r.answers), "object"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
