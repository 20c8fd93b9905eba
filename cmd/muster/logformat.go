package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/signature"
)

// stamp is how a moment in UTC is shown to people.
const stamp = "2006-01-02 15:04:05Z"

func short(id string) string { return diag.ShortID(id) }

func logText(w io.Writer, entries []*compiler.Entry) error {
	b := bufio.NewWriter(w)
	for i, e := range entries {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "%s  %s  #%d  %s\n", e.Commit.Committer.When.UTC().Format(stamp), short(e.Commit.ID.String()), e.Serial, printable(people(e)))
		if e.Message.Subject != "" {
			fmt.Fprintf(b, "  %s\n", printable(e.Message.Subject))
		}
		for _, line := range provenanceOf(e) {
			fmt.Fprintf(b, "  %s\n", printable(line))
		}
		logEvents(b, e.Events)
	}
	return b.Flush()
}

func printable(s string) string { return diag.Printable(s) }

// people are those behind a commit.
func people(e *compiler.Entry) string {
	author, committer := named(compiler.Who(e.Commit.Author)), named(compiler.Who(e.Commit.Committer))
	text := author
	if committer != author {
		text += ", committed by " + committer
	}
	text += namedAfter(", with ", e.Message.CoAuthors) + namedAfter(", approved by ", e.Message.Approvers)
	return text
}

func namedAfter(what string, people []string) (text string) {
	for _, who := range people {
		text += what + named(who)
		what = ", "
	}
	return text
}

// named is a person on a line with others: in quotes if the name could be taken for one of them.
func named(who string) string {
	if strings.ContainsAny(who, `,"`) {
		return strconv.Quote(who)
	}
	return who
}

// provenanceOf is what else is known of a commit: request, signature, reverts, what it merged.
func provenanceOf(e *compiler.Entry) (lines []string) {
	first := signed(e.Signature)
	if e.Message.PullRequest != "" {
		first = "request " + e.Message.PullRequest + ", " + first
	}
	lines = append(lines, first)
	for _, id := range e.Reverts {
		lines = append(lines, "reverts "+short(id))
	}
	for _, id := range e.RevertedBy {
		lines = append(lines, "reverted by "+short(id))
	}
	for _, c := range e.Merged {
		lines = append(lines, fmt.Sprintf("merged %s by %s: %s", short(c.ID.String()), named(compiler.Who(c.Author)), c.Says.Subject))
	}
	if e.MoreMerged > 0 {
		lines = append(lines, fmt.Sprintf("merged %d more", e.MoreMerged))
	}
	return lines
}

// signed is what a signature is worth, in words.
func signed(r signature.Result) string {
	switch r.State {
	case signature.Unsigned:
		return "unsigned"
	case signature.Good:
		return fmt.Sprintf("signed by %s (%s %s)", r.Signer, r.Scheme, r.Key)
	}
	return "signature not good: " + r.State.String() + ", " + cmp.Or(r.Reason, "no reason is known")
}

// logEvents writes the events of a commit, those of one cohort together.
func logEvents(b *bufio.Writer, events []compiler.Told) {
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].Cohort == events[0].Cohort {
			n++
		}
		group := events[:n]
		events = events[n:]
		for _, t := range group {
			fmt.Fprintf(b, "    %s\n", printable(eventLine(t.Event)))
		}
		if last := group[n-1]; last.Before != last.After {
			fmt.Fprintf(b, "      manifest %s -> %s\n", cmp.Or(short(last.Before), "none"), cmp.Or(short(last.After), "none"))
		}
	}
}

// eventLine is an event in words, with what it is about and where. It may hold what disturbs a terminal.
func eventLine(e audit.Event) string {
	about := e.Cohort
	switch {
	case strings.HasPrefix(string(e.Kind), "waiver"):
		about = "policy"
	case e.Cohort == "":
		about = "registry"
	}
	return about + ": " + e.String() + whereabouts(e.Pos)
}

func whereabouts(p diag.Pos) string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return " (" + p.File + ")"
	}
	return fmt.Sprintf(" (%s:%d)", p.File, p.Line)
}

// eventRecord is one event as machines read it. Fields that have nothing to say are left out.
type eventRecord struct {
	Kind   audit.Kind `json:"kind"`
	Cohort string     `json:"cohort,omitempty"`
	Remote string     `json:"remote,omitempty"`
	Owner  string     `json:"owner,omitempty"`
	From   string     `json:"from,omitempty"`
	To     string     `json:"to,omitempty"`
	Via    audit.Via  `json:"via,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Moved  *moved     `json:"moved,omitempty"`
	At     *place     `json:"at,omitempty"`
	Before string     `json:"manifestBefore,omitempty"`
	After  string     `json:"manifestAfter,omitempty"`
}

func eventOf(t compiler.Told) eventRecord {
	r := eventRecord{t.Kind, t.Cohort, t.Remote, t.Owner, t.From, t.To, t.Via, t.Reason, movedOf(t.Moved), nil, t.Before, t.After}
	if t.Pos.File != "" {
		r.At = &place{t.Pos.File, t.Pos.Line, t.Pos.Column}
	}
	return r
}

// record is one event with its commit.
type record struct {
	eventRecord
	Serial      int            `json:"serial"`
	Commit      string         `json:"commit"`
	Time        string         `json:"time"` // the committer's, UTC
	Subject     string         `json:"subject,omitempty"`
	Author      person         `json:"author"`
	Committer   person         `json:"committer"`
	CoAuthors   []string       `json:"coAuthors,omitempty"`
	Approvers   []string       `json:"approvers,omitempty"`
	PullRequest string         `json:"pullRequest,omitempty"`
	Signature   signedRecord   `json:"signature"`
	Reverts     []string       `json:"reverts,omitempty"`
	RevertedBy  []string       `json:"revertedBy,omitempty"`
	Merged      []mergedRecord `json:"merged,omitempty"`     // the newest 50
	MoreMerged  int            `json:"moreMerged,omitempty"` // how many others
}

type moved struct {
	Cohort json.Number `json:"cohort"`        // percent of the cohort's users; of a changed audience: of those of whom its claims hold
	All    json.Number `json:"all,omitempty"` // percent of all users; left out where claims, or other cohorts, leave that open
}

type place struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

type person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Time  string `json:"time"` // with the zone that was recorded
}

type signedRecord struct {
	State  string `json:"state"`
	Signer string `json:"signer,omitempty"`
	Key    string `json:"key,omitempty"`
	Scheme string `json:"scheme,omitempty"`
	Reason string `json:"reason,omitempty"`
}

type mergedRecord struct {
	Commit  string `json:"commit"`
	Author  person `json:"author"`
	Subject string `json:"subject"`
}

func personOf(p history.Person) person { return person{p.Name, p.Email, p.When.Format(time.RFC3339)} }

// recordsOf are the events of an entry, each by itself.
func recordsOf(e *compiler.Entry) (all []record) {
	s := e.Signature
	common := record{Serial: e.Serial, Commit: e.Commit.ID.String(), Time: e.Commit.Committer.When.UTC().Format(time.RFC3339), Subject: e.Message.Subject,
		Author: personOf(e.Commit.Author), Committer: personOf(e.Commit.Committer), CoAuthors: e.Message.CoAuthors, Approvers: e.Message.Approvers,
		PullRequest: e.Message.PullRequest, Signature: signedRecord{s.State.String(), s.Signer, s.Key, s.Scheme, s.Reason},
		Reverts: e.Reverts, RevertedBy: e.RevertedBy, MoreMerged: e.MoreMerged}
	for _, c := range e.Merged {
		common.Merged = append(common.Merged, mergedRecord{c.ID.String(), personOf(c.Author), c.Says.Subject})
	}
	for _, t := range e.Events {
		r := common
		r.eventRecord = eventOf(t)
		all = append(all, r)
	}
	return all
}

func movedOf(m *audit.Moved) *moved {
	if m == nil {
		return nil
	}
	return &moved{json.Number(m.Percent()), json.Number(m.PercentOfAll())}
}

func logJSON(w io.Writer, entries []*compiler.Entry) error {
	all := []record{}
	for _, e := range entries {
		all = append(all, recordsOf(e)...)
	}
	return writeJSON(w, all)
}

func logJSONL(w io.Writer, entries []*compiler.Entry) error {
	b := bufio.NewWriter(w)
	out := json.NewEncoder(b)
	out.SetEscapeHTML(false)
	for _, e := range entries {
		for _, r := range recordsOf(e) {
			if err := out.Encode(r); err != nil {
				return err
			}
		}
	}
	return b.Flush()
}

var csvHeader = []string{"time", "serial", "commit", "kind", "cohort", "remote", "owner", "from", "to", "via", "reason", "movedOfCohort", "movedOfAll",
	"author", "committer", "coAuthors", "approvers", "pullRequest", "signature", "signer", "key", "manifestBefore", "manifestAfter", "file", "line", "reverts", "revertedBy", "subject"}

func logCSV(w io.Writer, entries []*compiler.Entry) error {
	out := csv.NewWriter(w)
	out.Write(csvHeader) // Error below has what went wrong
	for _, e := range entries {
		for _, r := range recordsOf(e) {
			out.Write(r.row())
		}
	}
	out.Flush()
	return out.Error()
}

func (r record) row() []string {
	list := func(l []string) string { return strings.Join(l, "; ") }
	row := []string{r.Time, strconv.Itoa(r.Serial), r.Commit, string(r.Kind), r.Cohort, r.Remote, r.Owner, r.From, r.To, string(r.Via), r.Reason, "", "",
		r.Author.String(), r.Committer.String(), list(r.CoAuthors), list(r.Approvers), r.PullRequest, r.Signature.State, r.Signature.Signer, r.Signature.Key,
		r.Before, r.After, "", "", list(r.Reverts), list(r.RevertedBy), r.Subject}
	if r.Moved != nil {
		row[11], row[12] = r.Moved.Cohort.String(), r.Moved.All.String()
	}
	if r.At != nil {
		row[23], row[24] = r.At.File, strconv.Itoa(r.At.Line)
	}
	for i, cell := range row {
		row[i] = harmless(printable(cell))
	}
	return row
}

func (p person) String() string { return p.Name + " <" + p.Email + ">" }

// harmless keeps a cell from being taken for a formula by spreadsheets (OWASP, "CSV Injection").
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
