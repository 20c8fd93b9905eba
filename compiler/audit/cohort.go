package audit

import (
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
)

// Cohort compares what a cohort was served with what it is served.
func Cohort(was, is *Served, renamed Renamed) (events []Event) {
	if was == is {
		return nil
	}
	b, a := was.Declared, is.Declared
	add := func(k Kind, at registry.Mark, e Event) {
		e.Kind, e.Cohort, e.Pos = k, is.name(), a.File.Pos(at)
		events = append(events, e)
	}
	if from, to := Audience(b.Audience), Audience(a.Audience); from != to {
		at := a.Name.Mark
		if a.Audience != nil {
			at = a.Audience.At.Mark
		}
		add(AudienceChanged, at, Event{From: from, To: to, Moved: movedAudience(b.Audience, a.Audience)})
	}
	if fields := b.Differences(a); len(fields) > 0 {
		add(CohortChanged, a.Name.Mark, Event{To: strings.Join(fields, ", ")})
	}
	switch {
	case b.Frozen.Same(a.Frozen):
	case a.Frozen == nil:
		add(Thawed, a.Name.Mark, Event{From: b.Frozen.At.Value, Reason: b.Frozen.Reason.Value})
	default:
		e := Event{To: a.Frozen.At.Value, Reason: a.Frozen.Reason.Value}
		if b.Frozen != nil {
			e.From = b.Frozen.At.Value
		}
		add(Frozen, a.Frozen.At.Mark, e)
	}
	events = append(events, holds(b, a)...)
	return append(events, pins(was, is, renamed)...)
}

// holds compares the holds of two declarations of a cohort.
func holds(was, is *registry.Cohort) (events []Event) {
	about := func(k Kind, c *registry.Cohort, h registry.Hold) {
		e := Event{Kind: k, Cohort: is.Name.Value, Remote: h.Remote.Value, Reason: h.Because.Value + ": " + h.Reason.Value, Pos: c.File.Pos(h.Remote.Mark)}
		if e.To = h.Version.Value; k == HoldLifted {
			e.From, e.To = e.To, ""
		}
		events = append(events, e)
	}
	for _, h := range is.Holds {
		if !slices.ContainsFunc(was.Holds, h.Same) {
			about(Held, is, h)
		}
	}
	for _, h := range was.Holds {
		if !slices.ContainsFunc(is.Holds, h.Same) {
			about(HoldLifted, was, h)
		}
	}
	return events
}

// Audience is who is in a cohort, in words: "5 %", "group=staff", "12.5 % of market=be,lu"; "everybody else" without one.
func Audience(a *registry.Audience) string {
	if a == nil {
		return "everybody else"
	}
	claims := claims(a)
	percent := ""
	if !a.Percent.IsZero() {
		percent = percentOf(a) + " %"
	}
	switch {
	case claims == "":
		return percent
	case percent == "":
		return claims
	}
	return percent + " of " + claims
}

func claims(a *registry.Audience) string {
	var parts []string
	for _, claim := range a.Claims {
		var values []string
		for _, v := range claim.Values {
			values = append(values, v.Value)
		}
		slices.Sort(values)
		parts = append(parts, claim.Name.Value+"="+strings.Join(values, ","))
	}
	slices.Sort(parts)
	return strings.Join(parts, " and ")
}

func percentOf(a *registry.Audience) string { return policy.FormatPercent(hundredths(a)) }

// hundredths is the percentage of an audience, all if it names none.
func hundredths(a *registry.Audience) int {
	if a == nil || a.Percent.IsZero() {
		return 10000
	}
	n, _ := policy.Hundredths(a.Percent.Value)
	return n
}

// pins compares the pins of a cohort.
func pins(was, is *Served, renamed Renamed) (events []Event) {
	before := was.Pins
	if len(renamed) > 0 {
		before = slices.Clone(before)
		for i := range before {
			old := before[i].Remote.Name.Value // which a frozen cohort may go on to serve it by
			if now := renamed[old]; now != "" && is.Pin(old) == nil {
				alias, pin := *before[i].Remote, *before[i]
				alias.Name.Value = now
				pin.Remote, before[i] = &alias, &pin
			}
		}
		slices.SortStableFunc(before, func(a, b *resolve.Pin) int { return strings.Compare(a.Remote.Name.Value, b.Remote.Name.Value) })
	}
	both(before, is.Pins, func(p *resolve.Pin) string { return p.Remote.Name.Value }, func(b, a *resolve.Pin) {
		if e, ok := Pin(was, is, b, a); ok {
			events = append(events, e)
		}
	})
	return events
}

// Pin compares what a cohort's pin of one remote came to with what it comes to; nil where there is none. It is false if users
// get what they got.
func Pin(was, is *Served, b, a *resolve.Pin) (Event, bool) {
	if sole(b) != nil && sole(b) == sole(a) && b.Remote == a.Remote { // most pins of most cohorts
		return Event{}, false
	}
	from, to := Text(b), Text(a)
	e := Event{Cohort: is.name(), From: from, To: to}
	if from == to && reasonOf(b) == reasonOf(a) {
		what := altered(was, b, a)
		if len(what) == 0 {
			return Event{}, false
		}
		e.Kind, e.Remote, e.Owner, e.Pos, e.Reason = Altered, a.Remote.Name.Value, a.Remote.Owner.Value, Position(a), strings.Join(what, ", ")
		return e, true
	}
	if a == nil {
		e.Kind, e.Remote, e.Owner, e.Pos = Withdrawn, b.Remote.Name.Value, b.Remote.Owner.Value, Position(b)
		return e, true
	}
	e.Remote, e.Owner, e.Pos, e.Via = a.Remote.Name.Value, a.Remote.Owner.Value, Position(a), via(was, is, b, a)
	switch {
	case off(a):
		e.Kind, e.To, e.Reason = Disabled, "", reasonOf(a)
	case off(b):
		e.Kind, e.From, e.Reason = Enabled, "", reasonOf(b)
	case len(a.Choices) > 1 || b != nil && len(b.Choices) > 1:
		e.Kind, e.Moved = SplitChanged, &Moved{Cohort: movedSplit(b, a), All: -1, of: "its users"}
	case b != nil && older(a, b):
		e.Kind = RolledBack
	default:
		e.Kind = Promoted
	}
	return e, true
}

// altered names what of a pin's remote and releases, of which the numbers are what they were, is another for a browser.
func altered(was *Served, b, a *resolve.Pin) (what []string) {
	if b == nil || a == nil || b.Remote == a.Remote {
		return nil
	}
	if was.Pin(a.Remote.Name.Value) == nil {
		what = append(what, "name")
	}
	fields := b.Remote.Differences(a.Remote)
	if off(a) { // what is shown in its place is all that there is of it
		return append(what, slices.DeleteFunc(fields, func(f string) bool { return f != "load" && f != "kind" })...)
	}
	what = append(what, fields...)
	for i := range a.Choices {
		for _, part := range inPlace(b.Choices[i].Release, a.Choices[i].Release) {
			if part != contracts && !slices.Contains(what, part) {
				what = append(what, part)
			}
		}
	}
	return what
}

// sole is the release that everybody gets of a pin; nil for a split and where there is none.
func sole(p *resolve.Pin) *registry.Release {
	if p == nil || len(p.Choices) != 1 || p.Choices[0].Variant != "" || off(p) {
		return nil
	}
	return p.Choices[0].Release
}

const disabled = "disabled"

func off(p *resolve.Pin) bool { return p != nil && !p.Disabled().IsZero() }

func reasonOf(p *resolve.Pin) string {
	if p == nil {
		return ""
	}
	return p.Disabled().Value
}

// Text is what a pin comes to, in words: "2.4.0", "disabled", "1.9.0 90 %, 2.0.0 10 % (new-layout)"; "" for none.
func Text(p *resolve.Pin) string {
	switch {
	case p == nil:
		return ""
	case off(p):
		return disabled
	case len(p.Choices) == 1 && p.Choices[0].Variant == "":
		return p.Choices[0].Release.Version.Value
	}
	var parts []string
	for _, c := range p.Choices {
		part := c.Release.Version.Value + " " + policy.FormatPercent(c.Hundredths) + " %"
		if c.Variant != "" {
			part += " (" + c.Variant + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func older(a, b *resolve.Pin) bool {
	return isOlder(a.Choices[0].Release.Version.Value, b.Choices[0].Release.Version.Value)
}

// isOlder reports whether a version is below another; it is false where either can't be read.
func isOlder(version, than string) bool {
	v, err1 := semver.ParseVersion(version)
	w, err2 := semver.ParseVersion(than)
	return err1 == nil && err2 == nil && v.Compare(w) < 0
}

// via finds out how a release came in.
func via(was, is *Served, b, a *resolve.Pin) Via {
	switch {
	case is.Declared.Frozen != nil:
		return ByFreeze
	case was.Declared.Frozen != nil:
		return ByThaw
	case b != nil && b.From.Cohort.Name.Value == a.From.Cohort.Name.Value && b.From.Pin.Same(a.From.Pin):
		return ByRange
	case a.From.Cohort.Name.Value != is.name():
		return ByInheritance
	}
	return ByPin
}

// Position is the line that decided.
func Position(p *resolve.Pin) diag.Pos {
	at := p.From.Pin.Remote.Mark
	if len(p.Choices) > 0 {
		at = p.Choices[0].Asked.Mark
	}
	return p.From.Cohort.File.Pos(at)
}

// movedSplit is how many of ten thousand users of a cohort get another release, where each release has a range of buckets in the
// order of the split.
func movedSplit(b, a *resolve.Pin) (moved int) {
	before, after := ranges(b), ranges(a)
	for i, j, at := 0, 0, 0; i < len(before) && j < len(after); {
		end := min(before[i].end, after[j].end)
		if before[i].version != after[j].version {
			moved += end - at
		}
		if at = end; before[i].end == end {
			i++
		}
		if after[j].end == end {
			j++
		}
	}
	return moved
}

type bucketRange struct {
	end     int
	version string
}

func ranges(p *resolve.Pin) (all []bucketRange) {
	end := 0
	if p != nil {
		for _, c := range p.Choices {
			end += c.Hundredths
			all = append(all, bucketRange{end, c.Release.Version.Value})
		}
	}
	if end < 10000 {
		all = append(all, bucketRange{10000, ""})
	}
	return slices.DeleteFunc(all, func(r bucketRange) bool { return r.end == 0 })
}
