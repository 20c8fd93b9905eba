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
	"muster/compiler/manifest"
)

func newPlan(g *globals) *cobra.Command {
	var detailed bool
	cmd := &cobra.Command{
		Use:   "plan base [head]",
		Short: "what a change does to whom, and whether it may",
		Long: "plan compares two commits: who gets which other release, route, copy of a shared package, and how many users that is. Findings\n" +
			"include what only a comparison can tell: promotion order, soak, holds, evidence, URLs used before, contracts of what is live, and\n" +
			"what the rules of the base say. Head is HEAD if it is not named; both are read from git, never from the work tree.",
		Annotations: map[string]string{moreFormats: "markdown"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usagef("%s takes a base and perhaps a head, such as: %s origin/main", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.plan(cmd, args, detailed) },
	}
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 if anything changes")
	return cmd
}

func (g *globals) plan(cmd *cobra.Command, args []string, detailed bool) error {
	if len(args) == 2 && g.at != "" {
		return usagef("plan takes a head or --at, not both")
	}
	repo, err := g.openHistory()
	if err != nil {
		return err
	}
	defer repo.Close()
	base, err := resolveRevision(repo, args[0])
	if err != nil {
		return err
	}
	rev := cmp.Or(g.at, "HEAD")
	if len(args) == 2 {
		rev = args[1]
	}
	head, err := resolveRevision(repo, rev)
	if err != nil {
		return err
	}
	p, err := compiler.PlanOf(repo, base, head)
	if err != nil {
		return err
	}
	if p.Base.ID != base.ID {
		fmt.Fprintf(cmd.ErrOrStderr(), "muster: %s has commits that %s lacks: this compares with %s, where they parted\n", printable(args[0]), short(head.ID), short(p.Base.ID))
	}
	s := &source{repo: repo}
	if s.Tree, err = repo.Tree(head); err != nil {
		return err
	}
	record, err := plannedOf(repo, p)
	if err != nil {
		return err
	}
	o := diag.RenderOptions{Source: s.text, Color: g.colored(cmd.OutOrStdout())}
	if err := plans[g.output](cmd.OutOrStdout(), record, p.Findings, o); err != nil {
		return err
	}
	if len(p.Findings) > 0 {
		if err := conclude(cmd.ErrOrStderr(), p.Findings); err != nil {
			return err
		}
	}
	if detailed && p.Changes() {
		return exitStatus(exitChanges)
	}
	return nil
}

type plannedRecord struct {
	Base     commitRecord    `json:"base"`
	Head     commitRecord    `json:"head"`
	Compiles bool            `json:"compiles"`
	Events   []eventRecord   `json:"events"`
	Cohorts  []plannedCohort `json:"cohorts"`
	Findings any             `json:"diagnostics"`
	events   []audit.Event   // the same, to be told in words
}

type plannedCohort struct {
	Cohort   string    `json:"cohort"`
	Audience string    `json:"audience"`
	Before   string    `json:"manifestBefore,omitempty"`
	After    string    `json:"manifestAfter,omitempty"`
	Changes  []changed `json:"changes"` // of the manifest, but for lists that only repeat others
}

func plannedOf(repo *history.Repository, p *compiler.Plan) (r plannedRecord, err error) {
	r = plannedRecord{Compiles: p.Compiles, Events: []eventRecord{}, Cohorts: []plannedCohort{}, Findings: p.Findings.JSON(), events: p.Events}
	if r.Base, err = commitOf(repo, p.Base.ID); err != nil {
		return r, err
	}
	if r.Head, err = commitOf(repo, p.Head.ID); err != nil {
		return r, err
	}
	for _, e := range p.Events {
		r.Events = append(r.Events, eventOf(compiler.Told{Event: e}))
	}
	for _, c := range p.Cohorts {
		planned := plannedCohort{Cohort: c.Cohort, Audience: audit.Audience(c.Declared.Declared.Audience), Before: idOf(c.Before), After: idOf(c.After)}
		all, err := differences(bytesOf(c.Before), bytesOf(c.After))
		if err != nil {
			return r, err
		}
		planned.Changes = []changed{}
		for _, change := range all {
			if !strings.HasPrefix(change.Path, "telemetry") && !strings.HasSuffix(change.Path, ".telemetry") {
				planned.Changes = append(planned.Changes, change)
			}
		}
		r.Cohorts = append(r.Cohorts, planned)
	}
	return r, nil
}

func idOf(m *manifest.Manifest) string {
	if m == nil {
		return ""
	}
	return m.ID.String()
}

func bytesOf(m *manifest.Manifest) []byte {
	if m == nil {
		return nil
	}
	return m.Bytes
}

// plans are the ways to write a plan.
var plans = map[string]func(io.Writer, plannedRecord, diag.List, diag.RenderOptions) error{"text": planText, "markdown": planMarkdown,
	"json": func(w io.Writer, r plannedRecord, _ diag.List, _ diag.RenderOptions) error { return writeJSON(w, r) }}

func planText(w io.Writer, r plannedRecord, found diag.List, o diag.RenderOptions) error {
	if _, err := io.WriteString(w, r.words()); err != nil {
		return err
	}
	return diag.Renderers["text"](w, found, o)
}

// planMarkdown is for a comment on a pull request.
func planMarkdown(w io.Writer, r plannedRecord, found diag.List, o diag.RenderOptions) error {
	var b strings.Builder
	b.WriteString("### muster plan\n\n```\n" + strings.ReplaceAll(r.words(), "```", "'''"))
	b.WriteString("```\n")
	if len(found) > 0 {
		b.WriteString("\n```\n")
		o.Color = false
		var text strings.Builder
		if err := diag.Renderers["text"](&text, found, o); err != nil {
			return err
		}
		b.WriteString(strings.ReplaceAll(text.String(), "```", "'''") + "```\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// words tell the plan: what happens, and which manifests change in what.
func (r plannedRecord) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "from %s\nto   %s\n", r.Base, r.Head)
	switch {
	case !r.Compiles:
		b.WriteString("it does not compile: nobody would be served anything else\n")
	case len(r.events) == 0 && len(r.Cohorts) == 0:
		b.WriteString("nothing changes for anybody\n")
	}
	for _, e := range r.events {
		fmt.Fprintf(&b, "  %s\n", printable(eventLine(e)))
	}
	for _, c := range r.Cohorts {
		fmt.Fprintf(&b, "%s (%s): manifest %s -> %s\n", c.Cohort, printable(c.Audience), cmp.Or(short(c.Before), "none"), cmp.Or(short(c.After), "none"))
		for _, change := range c.Changes {
			fmt.Fprintf(&b, "  %s\n", change)
		}
	}
	return b.String()
}
