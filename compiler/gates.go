package compiler

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

var baseRules = []diag.Rule{{
	ID:       "release/url-changed",
	Summary:  "a URL never means two contents",
	Protects: "Caches keep an entry for a year. A URL that once had another integrity is refused by browsers that have seen the old file, or serves it.",
	Bad:      "# in a new release\nentry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js    # which 2.4.0 had, with another integrity",
	Good:     "entry: https://cdn.acme.example/checkout/2.4.1/remoteEntry.js",
	Compared: true,
}, {
	ID:       "history/line",
	Summary:  "the base is on the first-parent line of what replaces it",
	Protects: "That line is the audit log. A merge the wrong way round (of the main line into a branch, which then becomes the main line) hides from it who promoted what.",
	Bad:      "git checkout feature && git merge main && git push origin feature:main",
	Good:     "git checkout main && git merge --no-ff feature && git push",
	Compared: true,
}}

// Past is the history that a change is judged against: that of the commit whose registry it is to replace.
type Past struct {
	Repo   *history.Repository
	Commit history.Commit
	Head   history.Commit // that holds the change, or that it is made upon
}

// gates asks whether what a change brings to whom may come in.
func (c *Checked) gates(in Input) (diag.List, error) {
	if in.Past == nil {
		return nil, nil
	}
	line, err := onLine(in.Past)
	if err != nil {
		return nil, err
	}
	before, _, err := At(in.Past.Repo, in.Past.Commit)
	if before == nil || err != nil {
		return line, err
	}
	after := newLive(c, stages{})
	found := lifted(before.State, after.State)
	asked, err := entries(in.Past, before.State, after.State, in.Origin.Time)
	if err != nil {
		return nil, err
	}
	for _, e := range asked {
		pin := pinIn(after.Served(e.Place.Cohort), e.Place.Remote)
		for _, condition := range e.Ask().Conditions {
			if condition.Verdict != audit.Open {
				found.Add(barred(e.Place, pin, condition))
			}
		}
	}
	reused, err := urls(in.Past, before.State.Registry, after.State.Registry)
	found.Add(reused...)
	return append(policy.NewWaivers(before.State.Registry, Rules(), in.Origin.Time).Apply(found), line...), err
}

// onLine finds a base that what replaces it leaves off its line.
func onLine(past *Past) (diag.List, error) {
	if past.Head.ID == "" {
		return nil, nil
	}
	for c, err := range past.Repo.Commits(past.Head) {
		if err != nil {
			return nil, err
		}
		if c.ID == past.Commit.ID {
			return nil, nil
		}
	}
	ancestor, err := past.Repo.IsAncestor(past.Commit, past.Head)
	if err != nil {
		return nil, err
	}
	d := diag.Diagnostic{Rule: "history/line", Message: fmt.Sprintf("the base %s is not on the first-parent line of %s, but was merged into it: pushed as it is, the log would lose the base's commits", past.Commit.ID[:12], past.Head.ID[:12]),
		Help: "rebase onto the base, or check the result of the merge, whose first parent is the base"}
	if !ancestor {
		d.Severity = diag.Warning
		d.Message = fmt.Sprintf("the base %s has commits that %s lacks: what they changed looks undone", past.Commit.ID[:12], past.Head.ID[:12])
		d.Help = "rebase onto the base, or check the result of the merge"
	}
	return diag.List{d}, nil
}

// barred is the finding of a condition that is not met, at the pin that brings the release in.
func barred(p audit.Place, pin *resolve.Pin, c audit.Condition) diag.Diagnostic {
	at := pin.From.Pin.Remote
	for _, choice := range pin.Choices {
		if choice.Release.Version.Value == p.Version {
			at = choice.Asked
		}
	}
	message := fmt.Sprintf("%s %s may not come into %s yet: %s", p.Remote, p.Version, p.Cohort, c.Text)
	if c.Verdict == audit.Refused {
		message = fmt.Sprintf("%s %s may not come into %s: %s", p.Remote, p.Version, p.Cohort, c.Text)
	}
	return pin.From.Cohort.File.Fault(at, diag.Diagnostic{Rule: c.Rule, Remote: p.Remote, Cohorts: []string{p.Cohort}, Message: message, Help: c.Help, Notes: c.Notes})
}

func pinIn(s *audit.Served, remote string) *resolve.Pin {
	for i := range s.Pins {
		if s.Pins[i].Remote.Name.Value == remote {
			return &s.Pins[i]
		}
	}
	return nil
}

// entries are the releases that come into cohorts with a change, ready to be asked about.
func entries(past *Past, before, after *audit.State, now time.Time) ([]*audit.Entry, error) {
	arrivals := audit.Arrivals(before, after)
	if len(arrivals) == 0 {
		return nil, nil
	}
	var watched []audit.Place
	for _, a := range arrivals {
		watched = append(watched, a.Place)
		for _, cohort := range asks(before, after, a.Cohort).After {
			watched = append(watched, audit.Place{Cohort: cohort.Value, Remote: a.Remote, Version: a.Version})
		}
	}
	timeline, err := timelineOf(past, watched)
	if err != nil {
		return nil, err
	}
	var all []*audit.Entry
	for _, a := range arrivals {
		e := entry(a.Place, before, after, timeline, now)
		e.Back = a.Back && len(timeline.Stays(a.Place)) > 0
		all = append(all, e)
	}
	return all, nil
}

// Ask asks whether a release may come into a cohort, if somebody promoted it by name at a moment. The registry of the past must declare
// all three.
func (p *Past) Ask(live *Live, place audit.Place, now time.Time) (audit.Gate, error) {
	watched := []audit.Place{place}
	for _, cohort := range live.State.Registry.Cohort(place.Cohort).After {
		watched = append(watched, audit.Place{Cohort: cohort.Value, Remote: place.Remote, Version: place.Version})
	}
	timeline, err := timelineOf(p, watched)
	if err != nil {
		return audit.Gate{}, err
	}
	e := entry(place, live.State, live.State, timeline, now)
	e.Explicit = true
	return e.Ask(), nil
}

// asks is a cohort as it was declared before a change, or after it if it is new.
func asks(before, after *audit.State, cohort string) *registry.Cohort {
	return cmp.Or(before.Registry.Cohort(cohort), after.Registry.Cohort(cohort))
}

func entry(p audit.Place, before, after *audit.State, timeline *audit.Timeline, now time.Time) *audit.Entry {
	e := &audit.Entry{Place: p, Asks: asks(before, after, p.Cohort), Before: before.Registry, Timeline: timeline, Now: now}
	declared := after.Registry.Cohort(p.Cohort)
	held := slices.ContainsFunc(declared.Holds, func(h registry.Hold) bool { return h.Remote.Value == p.Remote && h.Version.Value == p.Version })
	named := slices.ContainsFunc(declared.Pins, func(pin registry.Pin) bool { return pin.Remote.Value == p.Remote && pin.Range.Value == p.Version })
	e.Explicit = named && !held
	e.Release = releaseOf(after.Registry.Remote(p.Remote), p.Version)
	return e
}

// timelineOf replays a history for the stays of some releases.
func timelineOf(past *Past, places []audit.Place) (*audit.Timeline, error) {
	timeline := audit.NewTimeline(places)
	var dates []time.Time // the newest first
	for c, err := range past.Repo.Commits(past.Commit) {
		if err != nil {
			return nil, err
		}
		dates = append(dates, c.Time)
	}
	seen := 0
	date := func(upTo int) {
		for ; seen < upTo; seen++ {
			timeline.Date(dates[len(dates)-1-seen])
		}
	}
	for m, err := range Replay(past.Repo, past.Commit) {
		if err != nil {
			return nil, err
		}
		date(m.Serial)
		if m.After != nil && m.After != m.Before {
			timeline.See(m.Step.ID.String(), m.Step.Time, m.After.State)
		}
	}
	date(len(dates))
	return timeline, nil
}

// lifted finds holds after a rollback that a change takes away without promoting what they hold.
func lifted(before, after *audit.State) (l diag.List) {
	for _, was := range before.Registry.Cohorts {
		is := after.Registry.Cohort(was.Name.Value)
		if is == nil {
			continue
		}
		for _, h := range was.Holds {
			remote := after.Registry.Remote(h.Remote.Value)
			if h.Because.Value != registry.HeldByRollback || remote == nil || releaseOf(remote, h.Version.Value) == nil || slices.ContainsFunc(is.Holds, func(o registry.Hold) bool {
				return o.Remote.Value == h.Remote.Value && o.Version.Value == h.Version.Value
			}) {
				continue
			}
			if slices.ContainsFunc(is.Pins, func(p registry.Pin) bool { return p.Remote.Value == h.Remote.Value && p.Range.Value == h.Version.Value }) {
				continue
			}
			l.Add(is.File.Fault(is.Name, diag.Diagnostic{Rule: "gate/lifted", Remote: h.Remote.Value, Cohorts: []string{is.Name.Value},
				Message: fmt.Sprintf("the hold of %s %s in %s is gone, and it is not promoted: %s", h.Remote, h.Version, is.Name, h.Reason),
				Help:    fmt.Sprintf("put it back; muster promote %s@%s --to %s lifts it", h.Remote, h.Version, is.Name)}))
		}
	}
	return l
}

// urls looks in the history for entries that a change brings with another integrity than they had.
func urls(past *Past, before, after *registry.Registry) (diag.List, error) {
	fresh := map[string][]use{} // by address
	for _, remote := range after.Remotes {
		was := before.Remote(remote.Name.Value)
		for i := range remote.Releases {
			release := &remote.Releases[i]
			if release.Entry.IsZero() || !remote.Code() || was != nil && slices.ContainsFunc(was.Releases, func(o registry.Release) bool {
				return o.Entry.Value == release.Entry.Value && o.Integrity.Value == release.Integrity.Value
			}) {
				continue
			}
			at := policy.Address(release.Entry.Value)
			fresh[at] = append(fresh[at], use{remote, release})
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return seen(past, fresh)
}

// use is a release of a remote.
type use struct {
	remote  *registry.Remote
	release *registry.Release
}

// seen goes through all versions of all remotes' files. Only those that name one of the URLs are read in full.
func seen(past *Past, fresh map[string][]use) (l diag.List, err error) {
	known := map[history.ObjectID]bool{}
	said := map[*registry.Release]bool{}
	for step, err := range past.Repo.Steps(past.Commit, []string{"remotes"}) {
		if err != nil {
			return nil, err
		}
		for _, change := range step.Changes {
			id := change.After.Blob
			if known[id] || change.After == (history.File{}) || !change.After.Mode.IsRegular() {
				continue
			}
			known[id] = true
			text, err := past.Repo.Blob(id)
			if err != nil {
				return nil, err
			}
			if !mentions(text, fresh) {
				continue
			}
			for _, old := range registry.Releases(change.Path, text) {
				for _, u := range fresh[policy.Address(old.Entry.Value)] {
					if old.Integrity.Value != u.release.Integrity.Value && !said[u.release] {
						said[u.release] = true
						l.Add(u.remote.File.Fault(u.release.Entry, diag.Diagnostic{Rule: "release/url-changed", Remote: u.remote.Name.Value,
							Message: fmt.Sprintf("this URL has had another integrity: that of %s %s, as of commit %s of %s", strings.TrimSuffix(path.Base(change.Path), path.Ext(change.Path)), old.Version, step.ID.String()[:12], step.Time.Format(time.RFC3339)),
							Help:    "publish the new build under a URL of its own, with the version in its path"}))
					}
				}
			}
		}
	}
	return l, nil
}

// mentions reports whether a text holds the path of one of the addresses: a quick look before a slow one.
func mentions(text []byte, addresses map[string][]use) bool {
	for at := range addresses {
		if _, rest, ok := strings.Cut(at, "://"); ok {
			if i := strings.IndexByte(rest, '/'); i >= 0 && bytes.Contains(text, []byte(rest[i:])) {
				return true
			}
		}
	}
	return false
}

// underBase finds what is wrong with a change by the rules of the base, if it changes the rules, and was not wrong before.
func underBase(in Input) (diag.List, error) {
	head, err := schemaOf(in.Tree)
	if err != nil {
		return nil, err
	}
	base, err := schemaOf(in.Base)
	if err != nil || slices.EqualFunc(head, base, func(a, b schemaFile) bool { return a.name == b.name && bytes.Equal(a.text, b.text) }) {
		return nil, err
	}
	mixed := Input{Tree: overlay{in.Tree, in.Base}, Origin: in.Origin, History: in.History, Thorough: in.Thorough}
	_, after, err := Check(mixed)
	if err != nil {
		return nil, err
	}
	_, before, err := Check(Input{Tree: in.Base, Origin: in.Origin, History: in.History, Thorough: in.Thorough})
	if err != nil {
		return nil, err
	}
	var l diag.List
	for _, d := range after {
		if d.Severity != diag.Error || strings.HasPrefix(d.Rule, "waiver/") || strings.HasPrefix(d.Pos.File, "schema") || slices.ContainsFunc(before, func(o diag.Diagnostic) bool {
			return o.Rule == d.Rule && o.Pos.File == d.Pos.File && o.Message == d.Message
		}) {
			continue
		}
		d.Notes = append(slices.Clip(d.Notes), diag.Note{Message: "this is judged by the rules of the base: a change to the rules has to be there before what needs it"})
		l.Add(d)
	}
	return l, nil
}

type schemaFile struct {
	name string
	text []byte
}

// schemaOf are the files of a registry's own schema.
func schemaOf(tree fs.FS) (files []schemaFile, err error) {
	names, err := fs.Glob(tree, "schema/*.cue")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, err)
		}
		files = append(files, schemaFile{name, text})
	}
	return files, nil
}

// overlay is a registry with the schema of another.
type overlay struct {
	fs.FS
	schema fs.FS
}

// Open opens a file of the one or the other.
func (o overlay) Open(name string) (fs.File, error) { return o.of(name).Open(name) }

func (o overlay) of(name string) fs.FS {
	if name == "schema" || strings.HasPrefix(name, "schema/") {
		return o.schema
	}
	return o.FS
}

// ReadDir, Stat and Lstat do likewise.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.of(name), name) }

func (o overlay) Stat(name string) (fs.FileInfo, error) { return fs.Stat(o.of(name), name) }

func (o overlay) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(o.of(name), name) }

func (o overlay) ReadLink(name string) (string, error) { return fs.ReadLink(o.of(name), name) }
