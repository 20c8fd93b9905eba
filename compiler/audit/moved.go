package audit

import (
	"slices"
	"strings"

	"muster/compiler/policy"
	"muster/compiler/registry"
)

// Moved is how many users get another release than before, in hundredths of a percent.
type Moved struct {
	Cohort int // of the cohort's users; of a changed audience: of those whom the cohort is asked about, and of whom its claims hold
	All    int // of all users; -1 if claims leave that open, or what comes before the cohort changes, too

	of string // of whom Cohort is a share, in words
}

// Percent is the share of the cohort's users as a number: "12.5".
func (m *Moved) Percent() string { return policy.FormatPercent(m.Cohort) }

// PercentOfAll is the share of all users; "" if that can't be told.
func (m *Moved) PercentOfAll() string {
	if m.All < 0 {
		return ""
	}
	return policy.FormatPercent(m.All)
}

// String is the share in words: "20 % of all users".
func (m *Moved) String() string {
	if all := m.PercentOfAll(); all != "" {
		return all + " % of all users"
	}
	return m.Percent() + " % of " + m.of
}

// movedAudience tells how many users a change of percentage moves: those whose claims change can't be counted.
func movedAudience(was, is *registry.Audience) *Moved {
	if was == nil || is == nil || claims(was) != claims(is) {
		return nil
	}
	n := hundredths(is) - hundredths(was)
	m := &Moved{Cohort: max(n, -n), All: -1, of: "those whom no cohort before it takes"}
	if len(is.Claims) > 0 {
		m.of = "those of whom its claims hold"
	}
	return m
}

// reach works out which share of all users the events of a cohort move. Each cohort takes its percentage by a hash of its own among those
// whom no cohort before it takes, so that shares multiply.
func reach(events []Event, before, after *registry.Registry, cohort string) {
	if !slices.ContainsFunc(events, func(e Event) bool { return e.Moved != nil }) {
		return
	}
	is := after.Cohort(cohort)
	left, ok := leftFor(after, cohort)
	if was, known := leftFor(before, cohort); !ok || !known || was != left || is.Audience != nil && len(is.Audience.Claims) > 0 {
		return
	}
	for _, e := range events {
		if e.Moved == nil {
			continue
		}
		share := left * float64(e.Moved.Cohort)
		if e.Kind != AudienceChanged {
			share = share * float64(hundredths(is.Audience)) / 10000
		}
		e.Moved.All = int(share + 0.5)
	}
}

// leftFor is the share of all users, up to 1, whom no cohort takes that comes before one; false if claims leave that open.
func leftFor(r *registry.Registry, cohort string) (left float64, ok bool) {
	left = 1
	for _, i := range policy.Order(r.Cohorts) {
		c := r.Cohorts[i]
		switch {
		case c.Name.Value == cohort:
			return left, true
		case c.Audience != nil && len(c.Audience.Claims) > 0:
			return 0, false
		}
		left = left * float64(10000-hundredths(c.Audience)) / 10000
	}
	return left, false
}

// reordered lets the event of a changed promotion order say so where users fall to other cohorts by it: those are asked in that order, too.
func reordered(events []Event, before, after *registry.Registry) {
	for i := range events {
		e := &events[i]
		if e.Kind != CohortChanged || !slices.Contains(strings.Split(e.To, ", "), "after") {
			continue
		}
		was, is := asked(before, after), asked(after, before)
		if !slices.Equal(was, is) {
			e.Reason = "cohorts are asked in another order: " + strings.Join(is, ", ")
		}
	}
}

// asked are the cohorts of a registry that are in another one, too, in the order in which they are asked.
func asked(r, other *registry.Registry) (names []string) {
	for _, i := range policy.Order(r.Cohorts) {
		if name := r.Cohorts[i].Name.Value; other.Cohort(name) != nil {
			names = append(names, name)
		}
	}
	return names
}
