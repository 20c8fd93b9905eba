package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/history"
	"muster/compiler/tries"
)

// defaultSeeds is how many histories are compared; MUSTER_SEEDS=200 has more. It takes some dozens until everything has happened.
const defaultSeeds, everythingHappens = 5, 50

// TestReplayEqualsSlowPath holds what is told of a history against checking out and compiling each of its commits, and
// comparing the JSON and YAML of one that compiles with that of the next.
func TestReplayEqualsSlowPath(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	n := tries.Of(t, "MUSTER_SEEDS", defaultSeeds)
	kinds := make([]map[audit.Kind]bool, n)
	t.Run("seed", func(t *testing.T) {
		for i := range n {
			t.Run(fmt.Sprint(1+i), func(t *testing.T) {
				t.Parallel()
				kinds[i] = newRandomHistory(t, uint64(1+i)).compareReplay()
			})
		}
	})
	seen := map[audit.Kind]bool{}
	for _, k := range kinds {
		if k == nil {
			return // it was not asked for, or failed
		}
		maps.Copy(seen, k)
	}
	for _, k := range audit.Kinds {
		if n >= everythingHappens && !seen[k] {
			t.Errorf("no history has an event %q", k)
		}
	}
}

// told is what is compared of an event.
type told struct{ Kind, Cohort, Remote, From, To, Via string }

func (e told) String() string {
	return fmt.Sprintf("%s cohort=%q remote=%q %q -> %q via %q", e.Kind, e.Cohort, e.Remote, e.From, e.To, e.Via)
}

// explains reports whether an event can be why a cohort is served another manifest.
func (e told) explains(cohort string) bool {
	return e.Cohort == cohort || e.Kind == "policy-changed"
}

// compareReplay replays the history, and compares it with the slow path commit by commit. It returns the kinds of events
// that there are.
func (h *randomHistory) compareReplay() map[audit.Kind]bool {
	kinds, moments := map[audit.Kind]bool{}, h.moments()
	for _, m := range moments {
		for _, e := range m.Events {
			kinds[e.Kind] = true
		}
	}
	w, repo := &walk{}, h.open()
	for _, c := range strings.Fields(h.git("rev-list", "--first-parent", "--reverse", "main")) {
		h.git("checkout", "-q", "--detach", c)
		before := w.live
		got := h.compareEvents(c, moments[c], w.step(h, c))
		h.compareManifests(c, moments[c], before, w.live)
		h.compareAt(repo, c, w.live)
		h.findHole(c, got, before, w.live)
		if w.serial++; moments[c] != nil && (moments[c].Serial != w.serial || !moments[c].Step.Time.Equal(h.committed(c))) {
			h.Errorf("%s, %s: it is commit %d of %v, want %d of %v", h.Name(), c, moments[c].Serial, moments[c].Step.Time, w.serial, h.committed(c))
		}
		delete(moments, c)
	}
	h.compareWhy(repo, w.line)
	for c := range moments {
		h.Errorf("there are events at %s, which is not on the line", c)
	}
	return kinds
}

// walk is how far the slow path has come.
type walk struct {
	serial int
	live   *served // what the last commit that compiles serves; nil for none
	line   []*servedAt
	last   time.Time // the date of the commit before
	broken bool
	over   []any // waivers of live that have expired
}

// step goes to the next commit, which is checked out, and tells what happens there.
func (w *walk) step(h *randomHistory, c string) (events []told) {
	now, at := h.serve(), h.committed(c)
	if at.Before(w.last) {
		events = append(events, told{Kind: "clock-backwards", To: w.last.Sub(at).String()})
	}
	w.last = at
	expired := w.expired(at)
	_, _, changed := h.try("diff", "--quiet", c+"^1", c, "--", "remotes", "cohorts", "schema")
	switch {
	case now == nil && (!w.broken || changed != 0 || len(expired) > 0): // again, with what is wrong now
		events = append(events, told{Kind: "broken", To: h.wrong[c]})
	case now != nil && w.broken:
		events = append(events, told{Kind: "mended"})
	}
	events = append(events, expired...)
	if w.broken = now == nil; !w.broken {
		events = append(events, between(w.live, now)...)
		w.line = append(w.line, &servedAt{now, c})
		w.live, w.over = now, nil // while it compiles, no waiver has expired
	}
	return events
}

// expired are the waivers of what is live whose day has come, each once until it compiles again.
func (w *walk) expired(at time.Time) (events []told) {
	if w.live == nil {
		return nil
	}
	all := listed(w.live.policy, "waivers")
	for _, v := range all {
		d := v.(fields)
		until, err := time.Parse(time.DateOnly, d["until"].(string))
		if err != nil || at.Before(until.AddDate(0, 0, 1)) || slices.ContainsFunc(w.over, same(v)) {
			continue
		}
		w.over = append(w.over, v)
		events = append(events, told{Kind: "waiver-expired", Remote: d["remote"].(string), From: waiverText(d)})
	}
	return events
}

func same(v any) func(any) bool { return func(w any) bool { return reflect.DeepEqual(v, w) } }

func (h *randomHistory) committed(c string) time.Time {
	seconds, err := strconv.ParseInt(strings.TrimSpace(h.git("show", "-s", "--format=%ct", c)), 10, 64)
	if err != nil {
		h.Fatal(err)
	}
	return time.Unix(seconds, 0)
}

func (h *randomHistory) open() *history.Repository {
	repo, err := history.Open(h.dir, history.Options{})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { repo.Close() })
	return repo
}

// compareAt holds what is served as of a commit by itself against what the whole line before it comes to.
func (h *randomHistory) compareAt(repo *history.Repository, c string, want *served) {
	at, err := repo.Resolve(c)
	if err != nil {
		h.Fatal(err)
	}
	live, _, err := compiler.At(repo, at)
	if err != nil {
		h.Fatal(err)
	}
	h.compareLive(c+" at", live, want)
}

// moments are what is replayed, by commit.
func (h *randomHistory) moments() map[string]*compiler.Moment {
	repo := h.open()
	tip, err := repo.Resolve("main")
	if err != nil {
		h.Fatal(err)
	}
	moments, last := map[string]*compiler.Moment{}, 0
	for m, err := range compiler.Replay(repo, tip) {
		if err != nil {
			h.Fatalf("replaying: %v", err)
		}
		if id := m.Step.ID.String(); m.Serial <= last || len(m.Events) == 0 {
			h.Errorf("%s: %s, commit %d, comes after %d with %d events", h.Name(), id, m.Serial, last, len(m.Events))
		}
		moments[m.Step.ID.String()], last = m, m.Serial
	}
	return moments
}

// wideKinds are the kinds that name what changed besides; only whom they are about is compared.
var wideKinds = []string{"remote-changed", "cohort-changed", "policy-changed"}

// compareEvents holds the events of a commit against those of the slow path, in whatever order, and returns them.
func (h *randomHistory) compareEvents(c string, m *compiler.Moment, want []told) (got []told) {
	if m != nil {
		for _, e := range m.Events {
			if frozen := func(l *compiler.Live) bool { return l.Served(e.Cohort).Declared.Frozen != nil }; e.Kind == audit.Altered && (frozen(m.Before) || frozen(m.After)) {
				continue // by a freeze at a commit that the slow path may never have seen
			}
			got = append(got, toldOf(e))
		}
	}
	g, w := lines(got), lines(want)
	if !slices.Equal(g, w) {
		h.Errorf("%s at %s\n%sreplayed, and not in the slow path:\n%sin the slow path, and not replayed:\n%s",
			h.Name(), c, h.git("show", "--first-parent", "-m", "--format=%s, %ci", c), only(g, w), only(w, g))
	}
	return got
}

func toldOf(e audit.Event) told {
	t := told{string(e.Kind), e.Cohort, e.Remote, e.From, e.To, string(e.Via)}
	switch {
	case e.Kind == audit.Broken:
		t.Remote = "" // of a finding there is only the file
	case slices.Contains(wideKinds, t.Kind):
		t.From, t.To = "", ""
	}
	return t
}

// lines are events in words, sorted. Several fields of one thing are one line.
func lines(events []told) (lines []string) {
	seen := map[told]bool{}
	for _, e := range events {
		if !seen[e] || !slices.Contains(wideKinds, e.Kind) {
			lines = append(lines, "\t"+e.String()+"\n")
		}
		seen[e] = true
	}
	slices.Sort(lines)
	return lines
}

// only joins what is in a and not in b, or more often.
func only(a, b []string) (text string) {
	b = slices.Clone(b)
	for _, s := range a {
		if i := slices.Index(b, s); i >= 0 {
			b = slices.Delete(b, i, i+1)
		} else {
			text += s
		}
	}
	return text
}

// compareManifests holds the manifests before and after a commit at which something happened against those that were compiled.
func (h *randomHistory) compareManifests(c string, m *compiler.Moment, before, after *served) {
	if m != nil {
		h.compareLive(c+" before", m.Before, before)
		h.compareLive(c+" after", m.After, after)
	}
}

// findHole looks for cohorts that are served something else after a commit without an event that says why.
func (h *randomHistory) findHole(c string, events []told, before, after *served) {
	if before == nil || before == after {
		return
	}
	for name := range union(before.ids, after.ids) {
		if reflect.DeepEqual(before.entry(name), after.entry(name)) {
			continue
		}
		if !slices.ContainsFunc(events, func(e told) bool { return e.explains(name) }) {
			h.Errorf("%s at %s: what %s is served changes, and nothing says why\n%s", h.Name(), c, name, strings.Join(lines(events), ""))
		}
	}
}

func (h *randomHistory) compareLive(when string, got *compiler.Live, want *served) {
	if (got == nil) != (want == nil) {
		h.Errorf("%s, %s: is anything served? %v, want %v", h.Name(), when, got != nil, want != nil)
	}
	if got == nil || want == nil {
		return
	}
	if len(got.State.Cohorts) != len(want.ids) {
		h.Errorf("%s, %s: %d cohorts, want %d", h.Name(), when, len(got.State.Cohorts), len(want.ids))
	}
	for cohort, sha := range want.ids {
		id, ok, err := got.ManifestID(cohort)
		if !ok || err != nil || id.String() != sha {
			h.Errorf("%s, %s: manifest of %s is %s (%v, %v), want %s", h.Name(), when, cohort, id, ok, err, sha)
		}
	}
}

// served is what the program writes for a commit, and what its files say.
type served struct {
	cohorts          []any // of the pointer
	ids              map[string]string
	manifests        map[string]fields // by cohort
	remotes          map[string]fields // the documents, by name
	declared         map[string]fields // cohorts, likewise
	disabled         map[string]fields // by cohort, the pins that are switched off
	registry, policy fields
	constraints      string // schema/house.cue
}

// serve compiles what is checked out, once for each commit; nil if it has faults.
func (h *randomHistory) serve() *served {
	c := h.head()
	s, ok := h.seen[c]
	if !ok {
		s = h.compile()
		h.seen[c] = s
	}
	return s
}

func (h *randomHistory) compile() *served {
	var out, errs bytes.Buffer
	switch status := run([]string{"compile", "-C", h.dir, "--out", h.dist, "-o", "json"}, &out, &errs); status {
	case 0:
	case exitFindings:
		h.findings = out.String()
		h.wrong[h.head()] = h.firstError(out.Bytes())
		return nil
	default:
		h.Fatalf("compile: exit status %d\n%s", status, &errs)
	}
	s := &served{ids: map[string]string{}, manifests: map[string]fields{}, disabled: map[string]fields{}}
	var p fields
	h.decode(filepath.Join(h.dist, "pointer.json"), &p)
	s.cohorts = p["cohorts"].([]any)
	for _, c := range s.cohorts {
		name, id := c.(fields)["name"].(string), c.(fields)["sha256"].(string)
		var m fields
		h.decode(filepath.Join(h.dist, "manifests", name, id+".json"), &m)
		s.ids[name], s.manifests[name] = id, m
	}
	s.remotes, s.declared = h.documents("remotes"), h.documents("cohorts")
	for name := range s.declared {
		s.disabled[name] = h.switchedOff(name, func(name string) fields { return s.declared[name] })
	}
	s.constraints = string(h.read("schema/house.cue"))
	var err error
	if s.registry, s.policy, err = readPolicy(h.read(policyFile)); err != nil {
		h.Fatalf("reading the policy: %v", err)
	}
	return s
}

// switchedOff are the pins of a cohort, its own and those that it inherits, that are disabled; if it is frozen, those of then.
func (h *randomHistory) switchedOff(cohort string, read func(cohort string) fields) fields {
	if f, ok := read(cohort)["frozen"].(fields); ok {
		return h.switchedOff(cohort, func(name string) fields { return h.cohortAt(f["at"].(string), name) })
	}
	pins := fields{}
	for name := cohort; name != ""; {
		c := read(name)
		own, _ := c["pins"].(fields)
		for remote, pin := range own {
			if pins[remote] == nil {
				pins[remote] = pin
			}
		}
		name, _ = c["extends"].(string)
	}
	maps.DeleteFunc(pins, func(_ string, pin any) bool {
		p, _ := pin.(fields)
		return p["disabled"] == nil
	})
	return pins
}

func (h *randomHistory) cohortAt(commit, cohort string) (c fields) {
	if err := yaml.Unmarshal([]byte(h.git("show", commit+":cohorts/"+cohort+".yaml")), &c); err != nil {
		h.Fatal(err)
	}
	return c
}

// firstError is the rule that the first error in what the program printed is about.
func (h *randomHistory) firstError(printed []byte) string {
	var found struct {
		Diagnostics []struct{ Severity, Rule string }
	}
	if err := json.Unmarshal(printed, &found); err != nil {
		h.Fatal(err)
	}
	var rules []string
	for _, d := range found.Diagnostics {
		if d.Severity == "error" {
			rules = append(rules, d.Rule)
		}
	}
	if len(rules) == 0 {
		h.Fatalf("no error in %s", printed)
	}
	rank := func(rule string) int { // what others come from goes before them
		switch stage, _, _ := strings.Cut(rule, "/"); stage {
		case "tree":
			return 0
		case "yaml", "schema":
			return 1
		case "reference":
			return 3
		}
		return 2
	}
	return slices.MinFunc(rules, func(a, b string) int { return rank(a) - rank(b) })
}

func (h *randomHistory) decode(file string, into *fields) {
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		h.Fatal(err)
	}
}

// documents reads the YAML files below a folder, by the name that each declares.
func (h *randomHistory) documents(folder string) map[string]fields {
	found := map[string]fields{}
	err := filepath.WalkDir(filepath.Join(h.dir, folder), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var doc fields
		if err := yaml.Unmarshal(text, &doc); err != nil {
			return err
		}
		found[doc["name"].(string)] = doc
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
	return found
}
