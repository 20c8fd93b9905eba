package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

func newGate(g *globals) *cobra.Command {
	var to, now string
	cmd := &cobra.Command{
		Use:   "gate remote@version --to cohort",
		Short: "may a release come into a cohort, or when may it",
		Long: "gate shows what a cohort asks of a release that is to come in, and the arithmetic: how long it was live in a cohort before this\n" +
			"one by the history, freezes, holds, evidence, and waivers. It exits with 0 if it may, with 3 if it may later by itself, and with 1 if somebody\n" +
			"has to do something first.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("%s takes a release, such as: %s checkout@2.4.0 --to canary", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			release, ok := resolve.ParseChange(args[0])
			if !ok || to == "" {
				return usagef("%s takes a release and a cohort, such as: %s checkout@2.4.0 --to canary", cmd.CommandPath(), cmd.CommandPath())
			}
			at, err := parseTime("--now", now, true)
			if err != nil {
				return err
			}
			return g.gate(cmd, audit.Place{Cohort: to, Remote: release.Remote, Version: release.Asked}, at)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the `cohort` that it is to come into")
	cmd.Flags().StringVar(&now, "now", "", "the `time` to judge by; default: that of the clock, or with --at that of the commit")
	return cmd
}

func (g *globals) gate(cmd *cobra.Command, place audit.Place, now time.Time) error {
	repo, tip, err := g.openAt()
	if err != nil {
		return err
	}
	defer repo.Close()
	switch {
	case !now.IsZero():
	case g.at != "":
		now = tip.Time
	default:
		now = time.Now().UTC()
	}
	live, from, err := compiler.At(repo, tip)
	if err != nil {
		return err
	}
	if live == nil {
		return nothingServed(cmd, repo, tip)
	}
	if err := checkPlace(live, place); err != nil {
		return err
	}
	past := &compiler.Past{Repo: repo, Commit: tip}
	answer, comes, err := past.Ask(live, place, now)
	if err != nil {
		return err
	}
	if from.ID != tip.ID {
		fmt.Fprintf(cmd.ErrOrStderr(), "muster: commit %s does not compile: this is by what is served, that of %s\n", short(tip.ID), short(from.ID))
	}
	record := gateOf(answer, now, live)
	record.Already = !comes
	write := record.text
	if g.output == "json" {
		write = func(w io.Writer) error { return writeJSON(w, record) }
	}
	if err := write(cmd.OutOrStdout()); err != nil {
		return err
	}
	switch answer.Verdict {
	case audit.Pending:
		return exitStatus(exitPending)
	case audit.Refused:
		return exitStatus(exitFindings)
	}
	return nil
}

// checkPlace refuses names that the registry does not know.
func checkPlace(live *compiler.Live, p audit.Place) error {
	if _, err := cohortOf(live, p.Cohort); err != nil {
		return err
	}
	r := live.State.Registry
	remote := r.Remote(p.Remote)
	if remote == nil {
		return unknownName("remote", p.Remote, remoteNames(r))
	}
	var versions []string
	for _, release := range remote.Releases {
		if release.Version.Value == p.Version {
			return nil
		}
		versions = append(versions, release.Version.Value)
	}
	return usagef("there is no release %q of %s: %s", p.Version, p.Remote, diag.DidYouMean(p.Version, versions, "its releases are "+listing(versions)))
}

func remoteNames(r *registry.Registry) (names []string) {
	for _, remote := range r.Remotes {
		names = append(names, remote.Name.Value)
	}
	return names
}

type gateRecord struct {
	Remote     string            `json:"remote"`
	Version    string            `json:"version"`
	Cohort     string            `json:"cohort"`
	Now        string            `json:"now"`
	Verdict    string            `json:"verdict"`
	Opens      string            `json:"opens,omitempty"`   // if pending
	Served     string            `json:"served,omitempty"`  // what the cohort has of the remote now
	Already    bool              `json:"already,omitempty"` // all of the cohort has it: nothing is asked
	Conditions []conditionRecord `json:"conditions"`
	Ahead      []conditionRecord `json:"ahead,omitempty"` // freezes that will be on when the conditions are met
}

type conditionRecord struct {
	Rule    string `json:"rule,omitempty"` // of the finding where it is not met
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
	Opens   string `json:"opens,omitempty"`
	Text    string `json:"text"`
	Help    string `json:"help,omitempty"`
}

func gateOf(g audit.Gate, now time.Time, live *compiler.Live) gateRecord {
	r := gateRecord{Remote: g.Remote, Version: g.Version, Cohort: g.Cohort, Now: now.Format(time.RFC3339), Verdict: g.Verdict.String(),
		Opens: opens(g.Opens), Served: audit.Text(live.Served(g.Cohort).Pin(g.Remote)), Conditions: []conditionRecord{}}
	for _, c := range g.Conditions {
		r.Conditions = append(r.Conditions, conditionOf(c))
	}
	for _, c := range g.Ahead {
		r.Ahead = append(r.Ahead, conditionOf(c))
	}
	return r
}

func conditionOf(c audit.Condition) conditionRecord {
	return conditionRecord{c.Rule, c.Name, c.Verdict.String(), opens(c.Opens), c.Text, c.Help}
}

func opens(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (r gateRecord) text(w io.Writer) error {
	var b strings.Builder
	if r.Already {
		_, err := fmt.Fprintf(w, "%s %s into %s: it already has it\njudged at %s\n", r.Remote, r.Version, r.Cohort, r.Now)
		return err
	}
	answer := map[string]string{"open": "it may", "pending": "not yet; it opens at " + r.Opens, "refused": "it may not"}[r.Verdict]
	fmt.Fprintf(&b, "%s %s into %s, which has %s: %s\n", r.Remote, r.Version, r.Cohort, cmp.Or(r.Served, "nothing of it"), answer)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range slices.Concat(r.Conditions, r.Ahead) {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", c.Verdict, c.Name, printable(c.Text))
		if c.Help != "" {
			fmt.Fprintf(table, "  \t\t%s\n", printable(c.Help))
		}
	}
	if len(r.Conditions) == 0 {
		fmt.Fprintf(table, "  %s\tasks for nothing\n", r.Cohort)
	}
	table.Flush() // the builder takes everything
	fmt.Fprintf(&b, "judged at %s\n", r.Now)
	_, err := io.WriteString(w, b.String())
	return err
}
