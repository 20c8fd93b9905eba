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
	"muster/compiler/history"
)

// TestReplayEqualsSlowPath holds what is told of a history against checking out and compiling each of its commits, and
// comparing the JSON and YAML of one that compiles with that of the next.
func TestReplayEqualsSlowPath(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	first, n := 1, 6
	if s := os.Getenv("MUSTER_SEEDS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatalf("MUSTER_SEEDS is not a number: %v", err)
		}
	}
	for seed := first; seed < first+n; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := newRandomHistory(t, uint64(seed))
			h.compareReplay()
		})
	}
}

// told is what is compared of an event.
type told struct{ Kind, Cohort, Remote, From, To, Via string }

func (e told) String() string {
	return fmt.Sprintf("%s cohort=%q remote=%q %q -> %q via %q", e.Kind, e.Cohort, e.Remote, e.From, e.To, e.Via)
}

// compareReplay replays the history, and compares it with the slow path commit by commit.
func (h *randomHistory) compareReplay() {
	moments := h.moments()
	w := &walk{}
	for _, c := range strings.Fields(h.git("rev-list", "--first-parent", "--reverse", "main")) {
		h.git("checkout", "-q", "--detach", c)
		before := w.live
		h.compareEvents(c, moments[c], w.step(h, c))
		h.compareManifests(c, moments[c], before, w.live)
		delete(moments, c)
	}
	for c := range moments {
		h.Errorf("there are events at %s, which is not on the line", c)
	}
}

// walk is how far the slow path has come.
type walk struct {
	live   *served // what the last commit that compiles serves; nil for none
	latest time.Time
	broken bool
	over   []any // waivers of live that have expired
}

// step goes to the next commit, which is checked out, and tells what happens there.
func (w *walk) step(h *randomHistory, c string) (events []told) {
	now, at := h.serve(), h.committed(c)
	if at.Before(w.latest) {
		events = append(events, told{Kind: "clock-backwards", To: w.latest.Sub(at).String()})
	} else {
		w.latest = at
	}
	_, _, unchanged := h.try("diff", "--quiet", c+"^1", c, "--", "remotes", "cohorts", "schema")
	switch {
	case now == nil && (!w.broken || unchanged != 0):
		events = append(events, told{Kind: "broken"})
	case now != nil && w.broken:
		events = append(events, told{Kind: "mended"})
	}
	events = append(events, w.expired(at)...)
	if w.broken = now == nil; !w.broken {
		events = append(events, between(w.live, now)...)
		w.live = now
	}
	return events
}

// expired are the waivers of what is live whose day has come, each once.
func (w *walk) expired(at time.Time) (events []told) {
	if w.live == nil {
		return nil
	}
	all := listed(w.live.policy, "waivers")
	w.over = slices.DeleteFunc(w.over, func(v any) bool { return !slices.ContainsFunc(all, same(v)) })
	for _, v := range all {
		d := v.(fields)
		until, err := time.Parse(time.DateOnly, d["until"].(string))
		if err != nil || at.Before(until.AddDate(0, 0, 1)) || slices.ContainsFunc(w.over, same(v)) {
			continue
		}
		w.over = append(w.over, v)
		events = append(events, told{Kind: "waiver-expired", Remote: d["remote"].(string), From: fmt.Sprintf("%v until %v", d["rule"], d["until"])})
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

// moments are what is replayed, by commit.
func (h *randomHistory) moments() map[string]*compiler.Moment {
	repo, err := history.Open(h.dir, history.Options{})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { repo.Close() })
	tip, err := repo.Resolve("main")
	if err != nil {
		h.Fatal(err)
	}
	moments := map[string]*compiler.Moment{}
	for m, err := range compiler.Replay(repo, tip) {
		if err != nil {
			h.Fatalf("replaying: %v", err)
		}
		moments[m.Step.ID.String()] = m
	}
	return moments
}

// wideKinds are the kinds that name what changed besides; only whom they are about is compared.
var wideKinds = []string{"remote-changed", "cohort-changed", "policy-changed"}

// compareEvents holds the events of a commit against those of the slow path, in whatever order.
func (h *randomHistory) compareEvents(c string, m *compiler.Moment, want []told) {
	var got []told
	if m != nil {
		for _, e := range m.Events {
			g := told{string(e.Kind), e.Cohort, e.Remote, e.From, e.To, string(e.Via)}
			switch {
			case g.Kind == "broken":
				g = told{Kind: g.Kind} // with its first finding, which is another test's matter
			case slices.Contains(wideKinds, g.Kind):
				g.From, g.To = "", ""
			}
			got = append(got, g)
		}
	}
	g, w := lines(got), lines(want)
	if slices.Equal(g, w) {
		return
	}
	h.Errorf("%s at %s\n%sreplayed, and not in the slow path:\n%sin the slow path, and not replayed:\n%s",
		h.Name(), c, h.git("show", "--first-parent", "-m", "--format=%s, %ci", c), only(g, w), only(w, g))
}

func lines(events []told) (lines []string) {
	for _, e := range events {
		lines = append(lines, "\t"+e.String()+"\n")
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// only joins what is in a and not in b.
func only(a, b []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) }), "")
}

// compareManifests holds the manifests before and after a commit against those that were compiled.
func (h *randomHistory) compareManifests(c string, m *compiler.Moment, before, after *served) {
	if after == nil {
		after = before
	}
	if m == nil {
		m = &compiler.Moment{}
		if before != nil && after != nil && before.text() != after.text() {
			h.Errorf("%s: what is served changes with %s, and there is no event:\n%s%s", h.Name(), c, before.text(), after.text())
		}
		return
	}
	h.compareLive(c+" before", m.Before, before)
	h.compareLive(c+" after", m.After, after)
}

func (h *randomHistory) compareLive(when string, got *compiler.Live, want *served) {
	if (got == nil) != (want == nil) {
		h.Errorf("%s, %s: is anything served? %v, want %v", h.Name(), when, got != nil, want != nil)
	}
	if got == nil || want == nil {
		return
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

// text is which manifests are served to whom.
func (s *served) text() string {
	b, err := json.MarshalIndent(s.cohorts, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(b)
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
		s.disabled[name] = fields{}
		for remote, pin := range h.pinsAt("HEAD", name) {
			if pin, _ := pin.(fields); pin["disabled"] != nil {
				s.disabled[name][remote] = pin
			}
		}
	}
	s.remotes, s.declared = h.documents("remotes"), h.documents("cohorts")
	s.constraints = string(h.read("schema/house.cue"))
	var err error
	if s.registry, s.policy, err = readPolicy(h.read(policyFile)); err != nil {
		h.Fatalf("reading the policy: %v", err)
	}
	return s
}

// pinsAt are the pins that a cohort has at a commit: its own, those that it inherits, and if it is frozen those of then.
func (h *randomHistory) pinsAt(commit, cohort string) fields {
	if f, ok := h.cohortAt(commit, cohort)["frozen"].(fields); ok {
		return h.pinsAt(f["at"].(string), cohort)
	}
	var pins []fields
	for name := cohort; name != ""; {
		c := h.cohortAt(commit, name)
		own, _ := c["pins"].(fields)
		pins = append(pins, own)
		name, _ = c["extends"].(string)
	}
	all := fields{}
	for _, own := range slices.Backward(pins) {
		maps.Copy(all, own)
	}
	return all
}

func (h *randomHistory) cohortAt(commit, cohort string) (c fields) {
	if err := yaml.Unmarshal([]byte(h.git("show", commit+":cohorts/"+cohort+".yaml")), &c); err != nil {
		h.Fatal(err)
	}
	return c
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
