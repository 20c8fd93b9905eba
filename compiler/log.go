package compiler

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"muster/compiler/ahead"
	"muster/compiler/audit"
	"muster/compiler/history"
	"muster/compiler/registry"
	"muster/compiler/signature"
)

// Entry is a commit of the log: what it says of itself, and what happened with it.
type Entry struct {
	Serial    int // the root has 1
	Commit    history.Record
	Message   audit.Message
	Signature signature.Result
	// Reverts are the commits that it says it reverts, or that one says which it merged: full ids where the line has one, else as written.
	Reverts []string
	// RevertedBy are the later commits of the line that say so of this one, or of a commit that it merged.
	RevertedBy []string
	// Merged are the commits that it merged, the newest first, at most maxMerged; MoreMerged is how many others there are.
	Merged     []Merged
	MoreMerged int
	Events     []Told

	brought []string // the ids of all that it merged
}

// Merged is a commit that came with a merge.
type Merged struct {
	history.Record
	Says audit.Message
}

// Told is an event with the ids of the manifests of its cohort, before and after; "" where there was none, or where it is about
// no cohort.
type Told struct {
	audit.Event
	Before, After string
}

// maxMerged is how many commits of a merge are told; filters and reverts see all.
const maxMerged = 50

// LogOptions say which events are wanted. An empty list lets everything through.
type LogOptions struct {
	Cohorts, Remotes, Owners, Persons []string
	Kinds                             []audit.Kind
	Since, Until                      time.Time // by the committer's date, both included; zero: no bound
	// Without leaves out the commits that are ancestors of one; the zero Commit leaves out none.
	Without history.Commit
	// Limit is how many commits are told at most, the newest ones; 0 is all.
	Limit int
}

// Known are the names that a history ever used, sorted: a filter that names another finds nothing, ever.
type Known struct{ Cohorts, Remotes, Owners []string }

// Log tells what happened along the first-parent line up to a commit, the newest commit first.
func Log(repo *history.Repository, tip history.Commit, o LogOptions) ([]*Entry, Known, error) {
	l := newLogger(repo, o)
	err := l.addAll(ahead.Of(Replay(repo, tip)))
	if err == nil {
		err = l.tellWaiting()
	}
	l.identifier.finish()
	if err == nil {
		err = l.finish()
	}
	return l.entries, l.names(), err
}

// logger gathers a log.
type logger struct {
	repo    *history.Repository
	options LogOptions
	without *history.Ancestry // nil: nothing is left out, or nothing is left to leave out
	rings   map[[2]registry.FileID]signature.Keys
	reverts []reverting
	known   map[string]int // the places on the line of its commits, of those that they merged, and of their requests, where anything happened

	waiting    []waiting // what may be told; the ids of its manifests are worked out when that is certain
	identifier *identifier
	entries    []*Entry
	changes    []change // of manifests, for all events of entries

	cohorts, remotes, owners map[string]bool
}

// reverting is a commit of the line that says of another that it reverts it.
type reverting struct {
	by     string
	serial int
	what   string // as in audit.Message
}

type waiting struct {
	entry  *Entry
	moment *Moment
}

// change is what an event does to the manifest of its cohort.
type change struct{ before, after *identity }

func newLogger(repo *history.Repository, o LogOptions) *logger {
	l := &logger{repo: repo, options: o, identifier: newIdentifier(), rings: map[[2]registry.FileID]signature.Keys{}, known: map[string]int{},
		cohorts: map[string]bool{}, remotes: map[string]bool{}, owners: map[string]bool{}}
	if o.Without.ID != "" {
		l.without = repo.Ancestry(o.Without)
	}
	return l
}

// excluded reports whether a moment lies before what is asked for. Those that do come first.
func (l *logger) excluded(m *Moment) (bool, error) {
	if l.without == nil {
		return false, nil
	}
	_, err := l.without.Find(m.Step.ID.String())
	if errors.Is(err, history.ErrUnknownRevision) {
		l.without, err = nil, nil
	}
	return l.without != nil, err
}

func (l *logger) addAll(moments iter.Seq2[*Moment, error]) error {
	for m, err := range moments {
		if err == nil {
			err = l.add(m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add takes in a moment.
func (l *logger) add(m *Moment) error {
	l.note(m)
	commit, err := l.repo.Record(m.Step.ID)
	if err != nil {
		return err
	}
	e := &Entry{Serial: m.Serial, Commit: commit, Message: audit.ParseMessage(commit.Message)}
	people, err := l.relate(e, m.Step.Merge)
	if err != nil {
		return err
	}
	o := l.options
	excluded, err := l.excluded(m)
	if err != nil || excluded || m.Step.Time.Before(o.Since) || !o.Until.IsZero() && m.Step.Time.After(o.Until) {
		return err
	}
	for _, event := range m.Events {
		if o.wants(event) {
			e.Events = append(e.Events, Told{Event: event})
		}
	}
	if len(e.Events) == 0 || len(o.Persons) > 0 && !anyOf(people, o.Persons) {
		return nil
	}
	if o.Limit == 0 {
		return l.tell(waiting{e, m})
	}
	if l.waiting = append(l.waiting, waiting{e, m}); len(l.waiting) > o.Limit {
		l.waiting = l.waiting[1:]
	}
	return nil
}

// note remembers the names that a moment is about.
func (l *logger) note(m *Moment) {
	for _, e := range m.Events {
		for name, in := range map[string]map[string]bool{e.Cohort: l.cohorts, e.Remote: l.remotes, e.Owner: l.owners} {
			if name != "" {
				in[name] = true
			}
		}
		if e.Kind == audit.OwnerChanged {
			l.owners[e.From], l.owners[e.To] = true, true
		}
	}
}

func (l *logger) names() Known {
	sorted := func(set map[string]bool) (names []string) {
		for name := range set {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	return Known{sorted(l.cohorts), sorted(l.remotes), sorted(l.owners)}
}

// wants reports whether an event passes the filters that are about events.
func (o LogOptions) wants(e audit.Event) bool {
	in := func(names []string, name string) bool { return len(names) == 0 || slices.Contains(names, name) }
	either := func(names []string, name string, k audit.Kind) bool {
		return in(names, name) || e.Kind == k && in(names, e.From)
	}
	return in(o.Cohorts, e.Cohort) && either(o.Remotes, e.Remote, audit.RemoteRenamed) && either(o.Owners, e.Owner, audit.OwnerChanged) && (len(o.Kinds) == 0 || slices.Contains(o.Kinds, e.Kind))
}

// Who is a person as git writes it: "Name <address>".
func Who(p history.Person) string { return p.Name + " <" + p.Email + ">" }

// relate finds what a commit of the line merged and reverts, and who is named by it or by what it merged.
func (l *logger) relate(e *Entry, merge bool) (people []string, err error) {
	e.Reverts = e.Message.Reverts
	people = peopleOf(e.Commit, e.Message)
	id := e.Commit.ID.String()
	names := []string{id, e.Message.PullRequest}
	if merge {
		commits, _, err := l.repo.Merged(e.Commit.ID, math.MaxInt)
		if err != nil {
			return nil, err
		}
		for i, c := range commits {
			r, err := l.record(c.ID)
			if err != nil {
				return nil, err
			}
			says := audit.ParseMessage(r.Message)
			if i < maxMerged {
				e.Merged = append(e.Merged, Merged{r, says})
			}
			people = append(people, peopleOf(r, says)...)
			e.Reverts = append(e.Reverts, says.Reverts...)
			names = append(names, c.ID)
			e.brought = append(e.brought, c.ID)
		}
		e.MoreMerged = len(commits) - len(e.Merged)
	}
	for _, name := range names {
		if _, known := l.known[name]; name != "" && !known {
			l.known[name] = e.Serial
		}
	}
	for _, what := range e.Reverts {
		l.reverts = append(l.reverts, reverting{id, e.Serial, what})
	}
	return people, nil
}

func (l *logger) record(id string) (history.Record, error) {
	object, err := history.ParseID(id)
	if err != nil {
		return history.Record{}, err
	}
	return l.repo.Record(object)
}

// peopleOf are those that a commit names.
func peopleOf(c history.Record, says audit.Message) []string {
	return slices.Concat([]string{Who(c.Author), Who(c.Committer)}, says.CoAuthors, says.Approvers)
}

// anyOf reports whether any of the people is meant by a part of a name or address.
func anyOf(people, parts []string) bool {
	return slices.ContainsFunc(people, func(who string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(strings.ToLower(who), strings.ToLower(p)) })
	})
}

// tell works out what costs most of an entry, and keeps it.
func (l *logger) tell(w waiting) (err error) {
	if w.entry.Signature, err = l.verify(w); err != nil {
		return err
	}
	for _, t := range w.entry.Events {
		c := change{}
		if t.Cohort != "" {
			c = change{l.identifier.ask(w.moment.Before, t.Cohort), l.identifier.ask(w.moment.After, t.Cohort)}
		}
		l.changes = append(l.changes, c)
	}
	w.entry.Commit.Signed, w.entry.Commit.Signature = nil, nil // which nobody asks for any more
	l.entries = append(l.entries, w.entry)
	return nil
}

// verify checks a commit's signature against the keys that the registry trusted before it: no commit can vouch for itself.
func (l *logger) verify(w waiting) (signature.Result, error) {
	ids := w.moment.signers
	keys, known := l.rings[ids]
	if !known {
		var err error
		if keys, err = l.keys(ids); err != nil {
			return signature.Result{}, err
		}
		l.rings[ids] = keys
	}
	c := w.entry.Commit
	r := keys.Verify(c.Signed, c.Signature, c.Committer.When)
	if r.State == signature.UnknownKey && ids == [2]registry.FileID{} {
		if r.Reason = "the policy named no keys when it was made"; w.moment.named {
			r.Reason = "the files of keys that the policy named were not there when it was made"
		}
	}
	return r, nil
}

// keys reads the files of keys; one that is not there holds none.
func (l *logger) keys(ids [2]registry.FileID) (keys signature.Keys, err error) {
	var texts [2][]byte
	for i, id := range ids {
		if id == (registry.FileID{}) {
			continue
		}
		if texts[i], err = l.repo.Blob(history.ObjectID(id)); err != nil {
			return keys, fmt.Errorf("reading the keys that the policy names: %w", err)
		}
	}
	keys.SSH, _ = signature.ParseAllowedSigners(texts[0])
	keys.PGP, _ = signature.ParseKeyRing(texts[1])
	return keys, nil
}

func (l *logger) tellWaiting() error {
	for _, w := range l.waiting {
		if err := l.tell(w); err != nil {
			return err
		}
	}
	return nil
}

// finish adds what the manifests are to what is told, and puts the newest first.
func (l *logger) finish() (err error) {
	rest := l.changes
	for _, e := range l.entries {
		for i := range e.Events {
			t, c := &e.Events[i], rest[0]
			rest = rest[1:]
			if t.Before, err = c.before.text(); err != nil {
				return err
			}
			if t.After, err = c.after.text(); err != nil {
				return err
			}
		}
	}
	l.link()
	slices.Reverse(l.entries)
	return nil
}

// link tells reverted commits by whom they are.
func (l *logger) link() {
	ids := slices.Sorted(maps.Keys(l.known))
	full := func(what string) string {
		if strings.ContainsAny(what, "#!") {
			return what
		}
		i, found := slices.BinarySearch(ids, what)
		if !found && i < len(ids) && strings.HasPrefix(ids[i], what) && (i+1 == len(ids) || !strings.HasPrefix(ids[i+1], what)) {
			return ids[i]
		}
		return what
	}
	by := map[string][]string{} // the reverting commits, by what they revert
	for _, r := range l.reverts {
		what := full(r.what)
		if serial, known := l.known[what]; known && serial < r.serial && !slices.Contains(by[what], r.by) {
			by[what] = append(by[what], r.by)
		}
	}
	for _, e := range l.entries {
		for i := range e.Reverts {
			e.Reverts[i] = full(e.Reverts[i])
		}
		e.Reverts = slices.Compact(slices.Sorted(slices.Values(e.Reverts)))
		for _, name := range append([]string{e.Commit.ID.String(), e.Message.PullRequest}, e.brought...) {
			for _, id := range by[name] {
				if !slices.Contains(e.RevertedBy, id) {
					e.RevertedBy = append(e.RevertedBy, id)
				}
			}
		}
	}
}
