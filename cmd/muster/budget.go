package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/budget"
)

func newBudget(g *globals) *cobra.Command {
	var q budgetQuestion
	cmd := &cobra.Command{
		Use:   "budget",
		Short: "ask Prometheus which releases keep within their error budget, and hold those that don't",
		Long: "budget asks the server of the policy's budgets.errors about every release that cohorts are served which others come after: those\n" +
			"from which it could go on to more users. With --write the verdicts become holds in the cohorts' files, and holds that are over\n" +
			"go. It takes nothing back. MUSTER_PROMETHEUS_TOKEN, or MUSTER_PROMETHEUS_USER and _PASSWORD, are sent to the server. The exit\n" +
			"status is 0 if all are within, 1 if one is not or nothing is known of it, and 75 if the server does not answer now.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.budget(cmd, q) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&q.cohorts, "cohort", nil, "ask about this `cohort`, whether others come after it or not; may be repeated")
	f.StringArrayVar(&q.remotes, "remote", nil, "ask about releases of this `remote` only; may be repeated")
	f.StringVar(&q.moment, "time", "", "ask about this `time`, such as 2026-11-20T14:05Z; default: now")
	f.BoolVar(&q.write, "write", false, "write holds into the cohorts' files")
	q.flags.add(cmd)
	return cmd
}

// budgetQuestion is what budget is asked.
type budgetQuestion struct {
	cohorts, remotes []string
	moment           string
	write            bool
	flags            changeFlags
}

func (g *globals) budget(cmd *cobra.Command, q budgetQuestion) error {
	for _, flag := range []string{"commit", "dry-run", "message"} {
		if cmd.Flags().Changed(flag) && !q.write {
			return usagef("--%s is about what is written; add --write", flag)
		}
	}
	at, err := parseTime("--time", q.moment, true)
	if err != nil {
		return err
	}
	c, err := g.openForChange(cmd, &q.flags)
	if err != nil {
		return err
	}
	defer c.Close()
	if at.IsZero() {
		at = c.now
	}
	b := &budgeting{changer: c, question: q}
	if b.rule, err = b.parseRule(); err != nil {
		return err
	}
	if err := b.choose(); err != nil {
		return err
	}
	if err := b.measure(at); err != nil {
		return err
	}
	if err := b.print(cmd.OutOrStdout()); err != nil {
		return err
	}
	if q.write {
		if err := b.writeHolds(); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(b.rows, func(r budgetRow) bool { return r.Verdict != budget.Within }) {
		return exitStatus(exitFindings)
	}
	return nil
}

// budgeting is a run of budget.
type budgeting struct {
	*changer
	question  budgetQuestion
	rule      budget.Rule
	threshold string
	cohorts   []*audit.Served
	rows      []budgetRow
	done      []heldOrLifted
}

// budgetRow is the answer about a release in a cohort.
type budgetRow struct {
	budget.Subject
	budget.Answer
}

// parseRule reads the rule in the policy, and takes the credentials from the environment.
func (b *budgeting) parseRule() (budget.Rule, error) {
	e := b.registry.Policy.Errors
	if e == nil {
		return budget.Rule{}, usagef("the policy has no budgets.errors; set it in schema/*.cue, such as policy: budgets: errors: " +
			`{server: "https://prometheus.acme.example/", query: "rate(mf_load_errors{remote=\"${remote}\",version=\"${version}\",cohort=\"${cohort}\"}[10m])", threshold: 0.01}`)
	}
	inPolicy := func(err error) error {
		pos := b.registry.Policy.File.Note(e.Query, "").Pos
		return fmt.Errorf("%s:%d: budgets.errors: %w", pos.File, pos.Line, err)
	}
	b.threshold = e.Threshold.Value
	threshold, err := strconv.ParseFloat(b.threshold, 64)
	if err != nil {
		return budget.Rule{}, inPolicy(fmt.Errorf("%q is no number that a query could come to", b.threshold))
	}
	rule, err := budget.ParseRule(e.Server.Value, e.Query.Value, threshold)
	if err != nil {
		return rule, inPolicy(err)
	}
	const prefix = "MUSTER_PROMETHEUS_"
	rule, err = rule.With(budget.Credentials{Token: os.Getenv(prefix + "TOKEN"), User: os.Getenv(prefix + "USER"), Password: os.Getenv(prefix + "PASSWORD")})
	if err != nil {
		return rule, usagef("%sTOKEN, _USER and _PASSWORD: %w", prefix, err)
	}
	return rule, nil
}

// choose finds the cohorts that are asked for, or else those that others come after, and what each is served.
func (b *budgeting) choose() error {
	for _, name := range b.question.remotes {
		if _, err := b.remote(name); err != nil {
			return err
		}
	}
	names := b.question.cohorts
	for _, name := range names {
		if _, err := b.cohort(name); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		for _, cohort := range b.registry.Cohorts {
			for _, before := range cohort.After {
				names = append(names, before.Value)
			}
		}
	}
	if len(names) == 0 {
		b.remarkf("no cohort comes after another one, so none keeps a release from others; name one with --cohort")
		return nil
	}
	in := b.Input
	in.Base = nil // what is served is judged, not how it came in
	if b.question.flags.commit {
		in.Tree = b.Base // what is committed is what the commit will be about
	}
	live, found, err := compiler.Serve(in)
	if err != nil {
		return err
	}
	if live == nil {
		return b.refuse(nil, found)
	}
	for _, name := range distinct(slices.Clone(names)) {
		if served := live.Served(name); served != nil {
			b.cohorts = append(b.cohorts, served)
		}
	}
	return nil
}

// asked are what a cohort is served: of a split each arm. Nobody loads a gateway, so there are no errors to count.
func asked(served *audit.Served) (all []budget.Subject) {
	for _, pin := range served.Pins {
		for _, choice := range pin.Choices {
			s := budget.Subject{Remote: pin.Remote.Name.Value, Version: choice.Release.Version.Value, Cohort: served.Declared.Name.Value}
			if !pin.Remote.Gateway && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

func (b *budgeting) wanted(remote string) bool {
	return len(b.question.remotes) == 0 || slices.Contains(b.question.remotes, remote)
}

// measure asks about every release. One question without an answer is the end: half of the verdicts are none.
func (b *budgeting) measure(at time.Time) error {
	warned := map[string]bool{}
	for _, served := range b.cohorts {
		for _, s := range asked(served) {
			if !b.wanted(s.Remote) {
				continue
			}
			answer, err := b.rule.Ask(b.cmd.Context(), s, at)
			if errors.Is(err, budget.ErrUnreachable) {
				b.remarkf("%v; nothing was written", err)
				return exitStatus(exitTryAgain)
			}
			if err != nil {
				return err
			}
			for _, w := range answer.Warnings {
				if !warned[w] {
					b.remarkf("the server: %s", w)
				}
				warned[w] = true
			}
			b.rows = append(b.rows, budgetRow{s, answer})
		}
	}
	return nil
}

// number is the value as text; "" if there is none.
func (r budgetRow) number() string {
	if r.Samples == 0 {
		return ""
	}
	return strconv.FormatFloat(r.Value, 'g', -1, 64)
}

// budgetRecord is a row as machines read it. A value is a number, "+Inf", or null if there is none.
type budgetRecord struct {
	Cohort    string `json:"cohort"`
	Remote    string `json:"remote"`
	Version   string `json:"version"`
	Value     any    `json:"value"`
	Threshold string `json:"threshold"`
	Verdict   string `json:"verdict"`
	Reason    string `json:"reason"`
	Query     string `json:"query"`
	Time      string `json:"time"`
}

func (b *budgeting) print(w io.Writer) error {
	if b.globals.output == "json" {
		return writeJSON(w, b.records())
	}
	if len(b.rows) == 0 {
		b.remarkf("there is no release to ask about")
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "COHORT\tRELEASE\tVALUE\tTHRESHOLD\tVERDICT")
	for _, r := range b.rows {
		verdict := r.Verdict.String()
		if r.Samples != 1 {
			verdict += ": " + r.Reason
		}
		fmt.Fprintf(table, "%s\t%s %s\t%s\t%s\t%s\n", r.Cohort, r.Remote, r.Version, cmp.Or(r.number(), "-"), b.threshold, printable(verdict))
	}
	return table.Flush()
}

func (b *budgeting) records() []budgetRecord {
	records := []budgetRecord{}
	for _, r := range b.rows {
		record := budgetRecord{Cohort: r.Cohort, Remote: r.Remote, Version: r.Version, Threshold: b.threshold,
			Verdict: r.Verdict.String(), Reason: r.Reason, Query: r.Query, Time: r.At.UTC().Format(time.RFC3339)}
		if record.Value = r.Value; r.Samples == 0 {
			record.Value = nil
		} else if math.IsInf(r.Value, 0) {
			record.Value = r.number()
		}
		records = append(records, record)
	}
	return records
}
