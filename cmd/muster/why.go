package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
)

func newWhy(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "why cohort remote",
		Short: "which line and which commit give a cohort what it has of a remote",
		Long: "why tells what a cohort is served of a remote, which line of which file decides that, which commit wrote the line, and with\n" +
			"which commit the release came in: another one where a range caught it.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("%s takes a cohort and a remote, such as: %s general checkout", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.why(cmd, args[0], args[1]) },
	}
}

func (g *globals) why(cmd *cobra.Command, cohort, remote string) error {
	repo, tip, err := g.openAt()
	if err != nil {
		return err
	}
	defer repo.Close()
	state, from, err := compiler.At(repo, tip)
	if err != nil {
		return err
	}
	if state == nil {
		return nothingServed(cmd, repo, tip)
	}
	if _, err := cohortOf(state, cohort); err != nil {
		return err
	}
	reason, err := compiler.Why(repo, state, from, cohort, remote)
	if err != nil {
		return err
	}
	if reason.Pin == nil {
		return noPin(reason.Served, remote)
	}
	answer, err := whyAnswer(repo, reason)
	if err != nil {
		return err
	}
	if from.ID != tip.ID {
		fmt.Fprintf(cmd.ErrOrStderr(), "muster: commit %s does not compile: what is served is that of %s\n", short(tip.ID), short(from.ID))
	}
	if g.output == "json" {
		return writeJSON(cmd.OutOrStdout(), answer)
	}
	return answer.text(cmd.OutOrStdout())
}

func noPin(s *audit.Served, remote string) error {
	var names []string
	for _, p := range s.Pins {
		names = append(names, p.Remote.Name.Value)
	}
	return usagef("%s has nothing of %q: %s", s.Declared.Name, remote, diag.DidYouMean(remote, names, "it has "+listing(names)))
}

func unknownName(what, name string, names []string) error {
	return usagef("there is no %s %q: %s", what, name, diag.DidYouMean(name, names, "the "+what+"s are "+listing(names)))
}

type whyRecord struct {
	Cohort   string        `json:"cohort"`
	Remote   string        `json:"remote"`
	Served   string        `json:"served"`           // what the remote comes to
	Pin      string        `json:"pin"`              // as written
	Chain    []string      `json:"chain,omitempty"`  // of cohorts from which the pin is inherited
	At       place         `json:"at"`               // the line that decides
	Written  commitRecord  `json:"written"`          // who wrote it
	Entered  commitRecord  `json:"entered"`          // with whom it came in
	Before   string        `json:"before,omitempty"` // what was there before
	Frozen   *commitRecord `json:"frozen,omitempty"` // the commit that the cohort is frozen at, in which the line stands
	Freeze   *freezeRecord `json:"freeze,omitempty"` // what froze it
	Disabled string        `json:"disabled,omitempty"`
}

// freezeRecord is the line that freezes a cohort.
type freezeRecord struct {
	At      place        `json:"at"`
	Commit  string       `json:"commit"` // as written
	Reason  string       `json:"reason"`
	Written commitRecord `json:"written"` // who wrote it
}

func whyAnswer(repo *history.Repository, r compiler.Reason) (a whyRecord, err error) {
	p := r.Pin
	pos := audit.Position(p)
	a = whyRecord{Cohort: r.Served.Declared.Name.Value, Remote: p.Remote.Name.Value, Served: audit.Text(p), Pin: p.From.Pin.Range.Value,
		At: place{pos.File, pos.Line, pos.Column}, Before: r.Before, Disabled: p.Disabled().Value}
	if by := p.From.Cohort.Name.Value; by != a.Cohort {
		a.Chain = []string{a.Cohort, by}
	}
	if a.Written, err = commitOf(repo, r.Written.ID); err != nil {
		return a, err
	}
	if a.Entered, err = commitOf(repo, r.Entered.ID); err != nil || r.Freeze == nil {
		return a, err
	}
	frozen, err := commitOf(repo, r.Freeze.Commit.ID)
	if err != nil {
		return a, err
	}
	declared := r.Freeze.Declared
	at := r.Served.Declared.File.Pos(declared.At.Mark)
	a.Frozen, a.Freeze = &frozen, &freezeRecord{At: place{at.File, at.Line, at.Column}, Commit: declared.At.Value, Reason: declared.Reason.Value}
	a.Freeze.Written, err = commitOf(repo, r.Freeze.Written.ID)
	return a, err
}

func (a whyRecord) text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is served %s %s\n", a.Cohort, a.Remote, printable(a.Served))
	if f := a.Freeze; f != nil {
		fmt.Fprintf(&b, "  frozen by  %s, at %s%s\n", f.At, printable(f.Commit), because(f.Reason))
		fmt.Fprintf(&b, "  written    %s\n", f.Written)
		a.entered(&b, f.Written)
		fmt.Fprintf(&b, "  frozen at  %s\n", *a.Frozen)
	}
	fmt.Fprintf(&b, "  by         %s%s\n", a.At, printable(a.pin()))
	fmt.Fprintf(&b, "  written    %s\n", a.Written)
	if a.Freeze == nil {
		a.entered(&b, a.Written)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// entered tells with which commit users got it, after the line that a commit wrote.
func (a whyRecord) entered(b *strings.Builder, written commitRecord) {
	entered := "with the same commit"
	if a.Entered.Commit != written.Commit {
		entered = a.Entered.String()
	}
	fmt.Fprintf(b, "  came in    %s; before it was %s\n", entered, printable(cmp.Or(a.Before, "nothing")))
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + printable(reason)
}

// pin is the deciding line in words.
func (a whyRecord) pin() string {
	text := ""
	switch {
	case a.Disabled != "":
		text = ", switched off"
	case a.Pin != "":
		text = ", the pin " + a.Pin
	}
	if len(a.Chain) > 0 {
		text += ", which " + a.Chain[0] + " inherits from " + a.Chain[1]
	}
	return text + because(a.Disabled)
}

func (p place) String() string { return printable(fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)) }
