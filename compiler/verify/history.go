package verify

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/compiler"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/note"
)

const (
	maxFirst       = 1 << 10 // bytes of the object that says where the log begins
	maxEntries     = 1 << 20 // of a log that are read: who has no keys may be told of any number
	entriesAtOnce  = 16
	entriesInBlock = 256 // are read before they are looked at, in order
	maxFindings    = 20  // of the log, after which its other entries are left
)

// history walks the log from its first entry to the pointer's.
func (r *run) history(ctx context.Context) (Level, error) {
	switch {
	case r.pointer == nil:
		return skipped(History, noPointer), nil
	case r.compiled:
		return skipped(History, "it was compiled, not published: there is no log"), nil
	}
	l := Level{Name: History}
	first := r.first(ctx, &l)
	if first == 0 {
		return l, nil
	}
	w := walk{run: r, level: &l, next: first, tip: r.pointer.Serial, chained: true}
	if r.Git != nil {
		line, err := r.commits()
		if err != nil {
			return l, err
		}
		w.line = line
	}
	if r.All && r.Git != nil {
		next, stop := iter.Pull2(compiler.Entries(r.Git.Repo, r.Git.Tip))
		defer stop()
		w.built = &rebuilder{next: next}
	}
	newest := maxEntries
	if r.Newest > 0 {
		newest = min(r.Newest, maxEntries)
	}
	if skip := w.tip - newest + 1; skip > w.next {
		w.next, w.chained = skip, false
	}
	from := w.next
	for w.next <= w.tip && len(l.Findings) < maxFindings { // soon, after ctx has ended
		if err := w.block(ctx); err != nil {
			return l, err
		}
	}
	l.Summary = r.walked(w, first, from)
	return l, nil
}

// walked tells how much of the log was read.
func (r *run) walked(w walk, first, from int) string {
	text := fmt.Sprintf("%s, serial %d to %d", counted(w.next-from, "entry", "entries"), from, w.next-1)
	if from > first {
		text += fmt.Sprintf(" of a log that begins with %d", first)
	}
	if w.next <= w.tip {
		text += fmt.Sprintf("; the %d after these were left", w.tip-w.next+1)
	}
	if r.Git == nil {
		return text + "; not held against git: " + r.NoGit
	}
	text += ", up to commit " + diag.ShortID(r.Git.Tip.ID) + " of the repository"
	if w.built != nil {
		text += fmt.Sprintf(", %d of them against what their commits compile to", w.built.compared)
	}
	if more := len(w.line) - w.tip; more > 0 { // not published yet, or all that came of them was taken away
		text += ", which has " + count(more, "commit") + " more"
	}
	return text
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// commits is the line that is trusted, the commit of serial 1 first. It is walked once.
func (r *run) commits() ([]history.Commit, error) {
	if r.line != nil {
		return r.line, nil
	}
	for c, err := range r.Git.Repo.Commits(r.Git.Tip) {
		if err != nil {
			return nil, err
		}
		r.line = append(r.line, history.Commit{ID: c.ID, Time: c.Time})
	}
	for i, j := 0, len(r.line)-1; i < j; i, j = i+1, j-1 {
		r.line[i], r.line[j] = r.line[j], r.line[i]
	}
	return r.line, nil
}

// first is the serial with which the log says that it begins; 0 if it doesn't, which is a finding.
func (r *run) first(ctx context.Context, l *Level) int {
	const path = manifest.FirstPath
	a, err := r.Site.Get(ctx, path, maxFirst)
	if err != nil {
		l.failed("first", path, err)
		return 0
	}
	start, err := manifest.ParseFirst(a.Body)
	switch {
	case err != nil:
		l.add("first", path, "%v", err)
		return 0
	case start.Registry != r.pointer.Registry:
		l.add("first", path, "it is of the registry %q", start.Registry)
		return 0
	case start.Serial > r.pointer.Serial:
		l.add("first", path, "it says that the log begins with serial %d, after that of the pointer, %d", start.Serial, r.pointer.Serial)
		return 0
	}
	return start.Serial
}

// walk is how far the log has been looked at.
type walk struct {
	*run
	level     *Level
	next, tip int // serials

	previous string // the hash of the entry before next; "" before the first
	chained  bool   // previous is known
	line     []history.Commit
	behind   bool // the end of the line was passed, and that was said
	built    *rebuilder
}

// rebuilder goes along the line beside the log, and knows what each commit compiles to.
type rebuilder struct {
	next     func() (*manifest.Pointer, error, bool)
	serial   int // the last that was asked for
	entry    *manifest.Pointer
	compared int // entries of the log
}

// at returns what the commit of a serial compiles to, as an entry; nil if it does not. Serials are asked for in their order, and are on
// the line.
func (b *rebuilder) at(ctx context.Context, serial int) (*manifest.Pointer, error) {
	for b.serial < serial {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err, ok := b.next()
		if err != nil || !ok {
			return nil, cmp.Or(err, io.ErrUnexpectedEOF)
		}
		b.serial++
		b.entry = e
	}
	return b.entry, nil
}

// block reads some entries at once, and looks at them in order. The error is one of the repository.
func (w *walk) block(ctx context.Context) error {
	type read struct {
		body []byte
		err  error
	}
	entries := make([]read, min(entriesInBlock, w.tip-w.next+1))
	var g errgroup.Group
	g.SetLimit(entriesAtOnce)
	for i := range entries {
		g.Go(func() error {
			if w.next+i == w.tip && w.last != nil {
				entries[i].body = w.last
				return nil
			}
			a, err := w.Site.Get(ctx, manifest.LogPath(w.next+i), note.MaxSize)
			entries[i] = read{a.Body, err}
			return nil
		})
	}
	g.Wait() // no function fails
	for _, e := range entries {
		if len(w.level.Findings) >= maxFindings {
			return nil
		}
		if err := w.entry(ctx, e.body, e.err); err != nil {
			return err
		}
		w.next++
	}
	return nil
}

// entry looks at the next entry. After one that is none the chain begins anew: that one is the fault, and is told of.
func (w *walk) entry(ctx context.Context, body []byte, err error) error {
	path := manifest.LogPath(w.next)
	previous, chained := w.previous, w.chained
	w.previous, w.chained = manifest.Sum(body).String(), false
	if err != nil {
		w.level.failed("entry", path, err)
		return nil
	}
	e, err := manifest.ParseEntry(body)
	if err != nil {
		w.level.add("entry", path, "%v", err)
		return nil
	}
	if e.Serial != w.next || e.Registry != w.pointer.Registry {
		w.level.add("entry", path, "it is of serial %d of the registry %q", e.Serial, e.Registry)
		return nil
	}
	if w.chained = true; chained && e.Previous != previous {
		w.level.add("chain", path, "it says that the hash of the entry before it is %q, and that is %q: the log was rewritten", e.Previous, previous)
	}
	if w.run.Git == nil || !w.commit(path, e) {
		return nil
	}
	return w.content(ctx, path, e, body)
}

// commit asks that an entry is of the commit that the line has at its serial, and reports whether it is.
func (w *walk) commit(path string, e *manifest.Pointer) bool {
	if e.Serial > len(w.line) {
		if !w.behind {
			w.behind = true
			w.level.add("line", path, "the repository's line ends with serial %d, commit %s: fetch, and name the branch that is published from with --at; or somebody else has published", len(w.line), diag.ShortID(w.Git.Tip.ID))
		}
		return false
	}
	c := w.line[e.Serial-1]
	if e.Commit != c.ID {
		w.level.add("line", path, "it is of commit %s, and the commit of serial %d is %s: history was rewritten, or this was published from another branch", diag.ShortID(e.Commit), e.Serial, diag.ShortID(c.ID))
		return false
	}
	if want := c.Time.UTC().Format(time.RFC3339); e.Time != want {
		w.level.add("line", path, "it says that commit %s is of %s, and that is %s", diag.ShortID(e.Commit), e.Time, want)
		return false
	}
	return true
}

// content asks that an entry says what its commit compiles to, if that is wanted. One that was passed over says nothing.
func (w *walk) content(ctx context.Context, path string, e *manifest.Pointer, body []byte) error {
	if w.built == nil || len(e.Cohorts) == 0 {
		return nil
	}
	built, err := w.built.at(ctx, e.Serial)
	if ctx.Err() != nil {
		w.built = nil
		w.level.add(unavailable, path, "the time was up before its commit and those after it were compiled")
		return nil
	}
	if err != nil {
		return err
	}
	w.built.compared++
	if built == nil {
		w.level.add("content", path, "it says that commit %s was published, and that does not compile", diag.ShortID(e.Commit))
		return nil
	}
	want := *built
	want.Previous = e.Previous
	b, err := want.Encode()
	if err != nil {
		return err
	}
	if !bytes.Equal(b, body) {
		w.level.Findings = append(w.level.Findings, Finding{ID: "history/content", Object: path, Was: b, Is: body,
			Message: fmt.Sprintf("it is not what commit %s compiles to", diag.ShortID(e.Commit))})
	}
	return nil
}
