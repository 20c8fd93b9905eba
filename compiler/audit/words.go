package audit

import (
	"fmt"
	"strings"
)

// String is the event in words, without its cohort: "promoted checkout 2.3.0 -> 2.4.0, by its pin".
func (e Event) String() string {
	words := map[Kind]string{
		CohortAdded: "added, for " + e.To, CohortRemoved: "removed", CohortChanged: "changed: " + e.To,
		AudienceChanged: "audience " + change(e.From, e.To), Frozen: "frozen at " + e.To, Thawed: "thawed, was frozen at " + e.From,
		RemoteAdded: "added remote " + e.Remote, RemoteRemoved: "removed remote " + e.Remote, RemoteRenamed: "renamed remote " + e.From + " to " + e.To,
		RemoteChanged: "changed remote " + e.Remote + ": " + e.To, OwnerChanged: "owner of " + e.Remote + " " + change(e.From, e.To),
		Released: "released " + e.Remote + " " + e.To, ReleaseDropped: "dropped release " + e.Remote + " " + e.From, ReleaseChanged: "changed release " + e.Remote + " " + e.To + " in place",
		Deprecated: "deprecated " + e.Remote + " " + e.To, Revoked: "revoked " + e.Remote + " " + e.To, Reinstated: "reinstated " + e.Remote + " " + e.To,
		EvidenceAdded: "evidence for " + e.Remote + " " + e.To, Held: "held " + e.Remote + " " + e.To, HoldLifted: "lifted the hold of " + e.Remote + " " + e.From,
		Altered: "altered " + e.Remote + " " + e.To + " in place", Disabled: "disabled " + e.Remote, Enabled: "enabled " + e.Remote + " " + e.To, Withdrawn: "withdrew " + e.Remote + " " + e.From,
		PolicyChanged: "changed " + e.To, WaiverGranted: "waived " + e.To, WaiverEnded: "ended the waiver of " + e.From, WaiverExpired: "the waiver expired of " + e.From,
		Broken: "does not compile", Mended: "compiles again", ClockBackwards: "dated " + e.To + " before its first parent",
	}[e.Kind]
	if words == "" {
		words = strings.ReplaceAll(string(e.Kind), "-", " ") + " " + e.Remote
		if e.From != "" || e.To != "" {
			words += " " + change(e.From, e.To)
		}
	}
	if len(e.Kind) > 6 && e.Kind[:6] == "waiver" {
		words += e.waived()
	}
	words += e.how()
	if e.Moved != nil {
		words += ", moves " + e.Moved.String()
	}
	switch {
	case e.Kind == Disabled && e.From == disabled:
		words += ", which was so already"
	case e.Kind == Disabled && e.From != "":
		words += ", which was " + e.From
	case e.Kind == Enabled:
		return words + ", which was off: " + e.Reason
	}
	if e.Reason != "" {
		words += ": " + e.Reason
	}
	return words
}

func change(from, to string) string {
	switch {
	case from == "":
		return to
	case to == "":
		return from + " -> nothing"
	}
	return from + " -> " + to
}

// waived is what a waiver is for.
func (e Event) waived() string {
	var about []string
	if e.Remote != "" {
		about = append(about, e.Remote)
	}
	if e.Cohort != "" {
		about = append(about, e.Cohort)
	}
	return " for " + strings.Join(about, " in ")
}

// how says how a release came in.
func (e Event) how() string {
	switch e.Via {
	case ByInheritance:
		return fmt.Sprintf(", inherited from %s", e.declaredBy())
	case ByRange:
		if by := e.declaredBy(); by != e.Cohort {
			return ", caught by the range of " + by
		}
		return ", caught by its range"
	case ByFreeze:
		return ", by the freeze"
	case ByThaw:
		return ", by the thaw"
	}
	return ""
}

// declaredBy is the cohort whose pin decided: a file is named after what it declares.
func (e Event) declaredBy() string {
	base := e.Pos.File[strings.LastIndexByte(e.Pos.File, '/')+1:]
	name, _, _ := strings.Cut(base, ".")
	return name
}
