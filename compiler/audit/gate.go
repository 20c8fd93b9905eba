package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
)

// Verdict is the answer of a gate, or of one of its conditions.
type Verdict int

// The verdicts, from good to bad.
const (
	Open    Verdict = iota // it may
	Pending                // it may later, if nothing else happens
	Refused                // it may not, until somebody does something
)

// String is "open", "pending" or "refused".
func (v Verdict) String() string { return [...]string{"open", "pending", "refused"}[v] }

// Gate says whether a release may come into a cohort, and why.
type Gate struct {
	Place
	Verdict    Verdict   // the worst of the conditions
	Opens      time.Time // when it does if nothing else happens; zero unless Pending
	Conditions []Condition
	Ahead      []Condition // freezes that will be on when the conditions are met: they are not on yet
}

// Condition is one thing that a gate asks for.
type Condition struct {
	Rule    string // of the finding where it is not met: gate/after, gate/soak ...
	Name    string // what is asked for, in a word or two
	Verdict Verdict
	Opens   time.Time // zero unless Pending
	Text    string    // the arithmetic, in words
	Help    string    // the cure; "" if it is met
	Notes   []diag.Note
}

// Admission is a release that is to come into a cohort, with all that gates depend on.
type Admission struct {
	Arrival
	Asks     *registry.Cohort   // the cohort as declared before the change; for a new one see Heirs
	Before   *registry.Registry // the registry before the change
	Explicit bool               // whether the change promotes it by name: the cohort's own pin names it, and nothing holds it there any more
	ByName   bool               // whether nothing else changes: what the release and the cohort are is looked at, too
	Back     bool               // whether it goes back to what the cohort had: nothing is asked then but whether it is held
	Timeline *Timeline
	Now      time.Time
	// Excused says in words which waiver excuses from a rule; "" if none does.
	Excused func(rule string) string
}

// Ask asks every gate, and works out when all of them are open.
func (e *Admission) Ask() Gate {
	g := Gate{Place: e.Place, Conditions: e.conditions()}
	for _, c := range g.Conditions {
		g.Verdict = max(g.Verdict, c.Verdict)
		if c.Opens.After(g.Opens) {
			g.Opens = c.Opens
		}
	}
	if g.Verdict != Pending {
		g.Opens = time.Time{}
		return g
	}
	if e.Excused(freezeRule) == "" {
		g.Ahead, g.Opens = e.ahead(g.Opens)
	}
	return g
}

// conditions are what is asked for, with what waivers make of it.
func (e *Admission) conditions() (all []Condition) {
	asked := []func() []Condition{e.after, e.frozen, e.held, e.proved}
	if e.Back || e.ByFreeze {
		asked = []func() []Condition{e.held}
	}
	if e.ByName {
		asked = append([]func() []Condition{e.usable}, asked...)
	}
	for _, ask := range asked {
		all = append(all, ask()...)
	}
	for i := range all {
		c := &all[i]
		if waiver := e.Excused(c.Rule); waiver != "" && c.Verdict != Open {
			*c = Condition{Rule: c.Rule, Name: c.Name, Text: c.Text + "; " + waiver}
		}
	}
	return all
}

// after asks that the release was live in a cohort before this one, for long enough.
func (e *Admission) after() []Condition {
	if len(e.Asks.After) == 0 {
		return nil
	}
	soak := registry.Duration(e.Asks.Soak.Value)
	file := e.Asks.File
	c := Condition{Rule: "gate/after", Name: "after " + listed(e.Asks.After), Verdict: Refused, Notes: []diag.Note{file.Note(e.Asks.After[0], "the order is set here")}}
	best, where := e.best(soak)
	if where == "" {
		c.Text = fmt.Sprintf("%s %s has not been live in %s, or was taken back there", e.Remote, e.Version, listed(e.Asks.After))
		if slices.ContainsFunc(e.Asks.After, func(t registry.Text) bool { return e.Timeline.Rebuilt(e.in(t.Value)) }) {
			c.Text = fmt.Sprintf("%s %s has been live in %s as another build: this one has not, or was taken back there", e.Remote, e.Version, listed(e.Asks.After))
		}
		c.Help = fmt.Sprintf("promote it to %s first", e.Asks.After[0])
		return []Condition{c}
	}
	lasted := best.For(e.Now)
	c.Text = fmt.Sprintf("live in %s since %s (commit %s)", where, best.Begun.UTC().Format(time.RFC3339), diag.ShortID(best.From))
	if best.To != "" {
		c.Text = fmt.Sprintf("was live in %s from %s (commit %s) to %s (commit %s)", where, best.Begun.UTC().Format(time.RFC3339), diag.ShortID(best.From), best.Ended.UTC().Format(time.RFC3339), diag.ShortID(best.To))
	}
	if best.Percent != "" {
		c.Text += ", for " + best.Percent + " % of its users"
	}
	c.Text += fmt.Sprintf(": %s of %s", duration(lasted), duration(soak))
	switch {
	case lasted >= soak:
		c.Verdict = Open
	case best.To == "":
		c.Rule, c.Verdict, c.Opens = "gate/soak", Pending, best.Begun.Add(soak)
		c.Notes = []diag.Note{file.Note(e.Asks.Soak, "the time is set here")}
		c.Help = wait(c.Opens)
	default:
		c.Rule, c.Help = "gate/soak", fmt.Sprintf("let %s have it for %s without a break", where, duration(soak))
	}
	return []Condition{c}
}

// best is the stay that counts in the cohorts that come before this one, and where that was; "" if there is none.
func (e *Admission) best(soak time.Duration) (best Stay, where string) {
	for _, cohort := range e.Asks.After {
		stay, ok := e.Timeline.Best(e.in(cohort.Value), soak, e.Now)
		if ok && (where == "" || stay.better(best, soak, e.Now)) {
			best, where = stay, cohort.Value
		}
	}
	return best, where
}

// in is the place of the release in a cohort.
func (e *Admission) in(cohort string) Place { return Place{cohort, e.Remote, e.Version} }

const freezeRule = "gate/freeze"

// window is a freeze of the policy.
type window struct {
	freeze   registry.Freeze
	from, to time.Time
}

func (w window) holds(at time.Time) bool { return !at.Before(w.from) && at.Before(w.to) }

func (e *Admission) windows() (all []window) {
	for _, f := range e.Before.Policy.Freezes {
		from, err1 := registry.Date(f.From.Value)
		to, err2 := registry.Date(f.To.Value)
		if err1 == nil && err2 == nil {
			all = append(all, window{f, from, to})
		}
	}
	return all
}

// frozen asks that no freeze of the policy is on. A change that is dated before what it follows is not out of one that is on by then.
func (e *Admission) frozen() (all []Condition) {
	for _, w := range e.windows() {
		if w.holds(e.Now) || e.Timeline.Latest().After(e.Now) && w.holds(e.Timeline.Latest()) {
			all = append(all, e.freeze(w))
		}
	}
	return all
}

func (e *Admission) freeze(w window) Condition {
	return Condition{Rule: freezeRule, Name: "freeze", Verdict: Pending, Opens: w.to,
		Text:  fmt.Sprintf("nothing is promoted from %s to %s: %s", w.freeze.From, w.freeze.To, w.freeze.Reason),
		Help:  wait(w.to),
		Notes: []diag.Note{e.Before.Policy.File.Note(w.freeze.From, "the freeze is set here")}}
}

// ahead is the first moment from another on at which no freeze is on, and the freezes between the two that are not on now.
func (e *Admission) ahead(from time.Time) (all []Condition, opens time.Time) {
	windows := e.windows()
	for opens = from; ; {
		i := slices.IndexFunc(windows, func(w window) bool { return w.holds(opens) })
		if i < 0 {
			return all, opens
		}
		opens = windows[i].to
		all = append(all, e.freeze(windows[i]))
	}
}

func wait(until time.Time) string { return "wait until " + until.UTC().Format(time.RFC3339) }

// held asks that nothing holds the release, here or in a cohort that comes before this one.
func (e *Admission) held() (all []Condition) {
	for _, c := range e.upstream() {
		for _, h := range c.Holds {
			if !h.Of(e.Former, e.Version) {
				continue
			}
			own := c == e.Asks
			if own && e.Explicit {
				all = append(all, Condition{Rule: "gate/hold", Name: "hold", Text: fmt.Sprintf("held (%s): %s; promoting it by name lifts that", h.Because, h.Reason)})
				continue
			}
			name, thaw := c.Name.Value, ""
			if own {
				name = e.Cohort
			}
			if own && c.Frozen != nil {
				thaw = " --thaw"
			}
			help := fmt.Sprintf("muster promote %s@%s --to %s%s, if it is meant: only that lifts it", e.Remote, e.Version, name, thaw)
			if h.Because.Value != registry.HeldByRollback {
				help = "muster budget asks again, and lifts it when the budget is kept"
			}
			if e.ByFreeze {
				help = "freeze it at a commit at which it did not have that; " + help
			}
			all = append(all, Condition{Rule: "gate/hold", Name: "hold", Verdict: Refused, Help: help,
				Text:  fmt.Sprintf("%s %s is held in %s (%s): %s", e.Remote, e.Version, name, h.Because, h.Reason),
				Notes: []diag.Note{c.File.Note(h.Remote, "it is held here")}})
		}
	}
	return all
}

// upstream are the cohort and those that come before it in the promotion order, as declared before the change.
func (e *Admission) upstream() []*registry.Cohort {
	all := []*registry.Cohort{e.Asks}
	for i := 0; i < len(all); i++ {
		for _, name := range all[i].After {
			c := e.Before.Cohort(name.Value)
			if c != nil && !slices.ContainsFunc(all, func(known *registry.Cohort) bool { return known.Name.Value == name.Value }) {
				all = append(all, c)
			}
		}
	}
	return all
}

// usable asks that the cohort can be given the release at all.
func (e *Admission) usable() (all []Condition) {
	r := e.Release
	if status := r.Status.Value; status != "" {
		c := Condition{Rule: "release/" + status, Name: status, Text: fmt.Sprintf("%s %s is %s: %s", e.Remote, e.Version, status, r.Reason)}
		if status == registry.Revoked {
			c.Verdict, c.Help = Refused, "promote another release"
		}
		all = append(all, c)
	}
	if v, err := semver.ParseVersion(e.Version); err == nil && v.Prerelease() && !e.Before.Policy.MayPrerelease(e.Cohort) {
		all = append(all, Condition{Rule: "prerelease/cohort", Name: "prerelease", Verdict: Refused, Text: e.Cohort + " may not have prereleases", Help: "ask the platform team to allow the cohort prereleases"})
	}
	if e.Back {
		all = append(all, Condition{Name: "step back", Text: fmt.Sprintf("%s had it before: that is free of the promotion order, soak, freezes and evidence", e.Cohort)})
	}
	if f := e.Asks.Frozen; f != nil {
		all = append(all, Condition{Name: "frozen", Text: fmt.Sprintf("frozen at %s: %s; promote --thaw ends that", diag.ShortID(f.At.Value), f.Reason)})
	}
	return all
}

// proved asks for evidence.
func (e *Admission) proved() (all []Condition) {
	for _, kind := range e.Asks.Requires {
		text, ok := resolve.Proved(e.Release, kind.Value)
		c := Condition{Rule: "release/evidence", Name: kind.Value, Text: text}
		if !ok {
			c.Verdict = Refused
			c.Help = fmt.Sprintf("muster evidence add %s@%s %s --status passed --url URL, from the pipeline that ran on the release's commit", e.Remote, e.Version, kind)
			c.Notes = []diag.Note{e.Asks.File.Note(kind, "it is asked for here")}
		}
		all = append(all, c)
	}
	return all
}

func listed(names []registry.Text) string {
	var all []string
	for _, n := range names {
		if !slices.Contains(all, n.Value) {
			all = append(all, n.Value)
		}
	}
	return strings.Join(all, " or ")
}

// duration is a time without empty parts: "9h12m", "24h", "0s".
func duration(d time.Duration) string {
	s := d.Truncate(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
