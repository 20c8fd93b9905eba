package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
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
	Place
	Asks     *registry.Cohort   // the cohort as declared before the change
	Before   *registry.Registry // the registry before the change
	Release  *registry.Release  // as declared after it
	Explicit bool               // whether the change promotes it by name: the cohort's own pin names it, and nothing holds it there any more
	Back     bool               // whether it goes back to what the cohort had: nothing is asked then but whether it is held
	Timeline *Timeline
	Now      time.Time
}

// Ask asks every gate.
func (e *Admission) Ask() Gate {
	g := Gate{Place: e.Place}
	conditions := []func() []Condition{e.after, e.frozen, e.held, e.proved}
	if e.Back {
		conditions = []func() []Condition{e.held}
	}
	for _, condition := range conditions {
		g.Conditions = append(g.Conditions, condition()...)
	}
	for _, c := range g.Conditions {
		g.Verdict = max(g.Verdict, c.Verdict)
		if c.Opens.After(g.Opens) {
			g.Opens = c.Opens
		}
	}
	if g.Verdict != Pending {
		g.Opens = time.Time{}
	}
	return g
}

// after asks that the release was live in a cohort before this one, for long enough.
func (e *Admission) after() []Condition {
	if len(e.Asks.After) == 0 {
		return nil
	}
	soak := registry.Duration(e.Asks.Soak.Value)
	file := e.Asks.File
	c := Condition{Rule: "gate/after", Name: "after " + listed(e.Asks.After), Verdict: Refused, Notes: []diag.Note{file.Note(e.Asks.After[0], "the order is set here")}}
	var best Stay
	var where string
	for _, cohort := range e.Asks.After {
		stay, ok := e.Timeline.Best(Place{cohort.Value, e.Remote, e.Version}, e.Now)
		if ok && (where == "" || stay.For(e.Now) > best.For(e.Now)) {
			best, where = stay, cohort.Value
		}
	}
	if where == "" {
		c.Text = fmt.Sprintf("%s %s has not been live in %s, or was taken back there", e.Remote, e.Version, listed(e.Asks.After))
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
		c.Help = "wait until " + c.Opens.UTC().Format(time.RFC3339)
	default:
		c.Rule, c.Help = "gate/soak", fmt.Sprintf("let %s have it for %s without a break", where, duration(soak))
	}
	return []Condition{c}
}

// frozen asks that no freeze of the policy is on.
func (e *Admission) frozen() (all []Condition) {
	p := e.Before.Policy
	for _, f := range p.Freezes {
		from, err1 := registry.Date(f.From.Value)
		to, err2 := registry.Date(f.To.Value)
		if err1 != nil || err2 != nil || e.Now.Before(from) || !e.Now.Before(to) {
			continue
		}
		all = append(all, Condition{Rule: "gate/freeze", Name: "freeze", Verdict: Pending, Opens: to,
			Text:  fmt.Sprintf("nothing is promoted from %s to %s: %s", f.From, f.To, f.Reason),
			Help:  "wait until " + to.UTC().Format(time.RFC3339),
			Notes: []diag.Note{p.File.Note(f.From, "the freeze is set here")}})
	}
	return all
}

// held asks that nothing holds the release, here or in a cohort that comes before this one.
func (e *Admission) held() (all []Condition) {
	for _, c := range e.upstream() {
		for _, h := range c.Holds {
			if !h.Of(e.Remote, e.Version) {
				continue
			}
			own := c.Name.Value == e.Asks.Name.Value
			if own && e.Explicit {
				all = append(all, Condition{Rule: "gate/hold", Name: "hold", Text: fmt.Sprintf("held (%s): %s; promoting it by name lifts that", h.Because, h.Reason)})
				continue
			}
			thaw := ""
			if own && c.Frozen != nil {
				thaw = " --thaw"
			}
			help := fmt.Sprintf("muster promote %s@%s --to %s%s, if it is meant: only that lifts it", e.Remote, e.Version, c.Name, thaw)
			if h.Because.Value != registry.HeldByRollback {
				help = "muster budget asks again, and lifts it when the budget is kept"
			}
			all = append(all, Condition{Rule: "gate/hold", Name: "hold", Verdict: Refused, Help: help,
				Text:  fmt.Sprintf("%s %s is held in %s (%s): %s", e.Remote, e.Version, c.Name, h.Because, h.Reason),
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
		all = append(all, n.Value)
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

// Arrival is a release that comes into a cohort.
type Arrival struct {
	Place
	// Back says that it would be a step back if the cohort has had it before: to an older release, or to what a kill switch took away.
	Back bool
}

// Arrivals are the releases that cohorts get between two states, and did not have; but for what a freeze brings, which was let in once.
func Arrivals(before, after *State) (all []Arrival) {
	for _, s := range after.Cohorts {
		if s.Declared.Frozen != nil {
			continue
		}
		was := before.Cohort(s.name())
		for i := range s.Pins {
			for _, c := range s.Pins[i].Choices {
				a := Arrival{Place: Place{s.name(), s.Pins[i].Remote.Name.Value, c.Release.Version.Value}}
				if was != nil {
					old := was.Pin(a.Remote)
					if shareOf(old, a.Version) > 0 {
						continue
					}
					a.Back = off(old) || old != nil && len(old.Choices) > 0 && isOlder(a.Version, old.Choices[0].Release.Version.Value)
				}
				all = append(all, a)
			}
		}
	}
	return all
}
