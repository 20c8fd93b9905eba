package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/diag"
)

func newExplain(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [rule]",
		Short: "tell what a rule protects, with a bad and a good example",
		Long:  "explain tells about the rule whose id stands in brackets behind a finding; without one it lists all rules.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes one rule, not %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions(ruleIDs(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules := compiler.Rules()
			if len(args) == 1 {
				i := slices.IndexFunc(rules, func(r diag.Rule) bool { return r.ID == args[0] })
				if i < 0 {
					return usagef("there is no rule %q: %s", args[0], diag.DidYouMean(args[0], ruleIDs(), "`muster explain` lists them"))
				}
				rules = rules[i : i+1]
			}
			return explanations[g.output](cmd.OutOrStdout(), rules, len(args) == 1)
		},
	}
}

func ruleIDs() (ids []string) {
	for _, r := range compiler.Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

// explanations are the ways to tell about rules: one in full, or all in a line each.
var explanations = map[string]func(w io.Writer, rules []diag.Rule, full bool) error{
	"text": explainText,
	"json": func(w io.Writer, rules []diag.Rule, _ bool) error { return writeJSON(w, rules) },
}

func explainText(w io.Writer, rules []diag.Rule, full bool) error {
	var b strings.Builder
	if !full {
		for _, r := range rules {
			fmt.Fprintf(&b, "%-24s  %s\n", r.ID, r.Summary)
		}
	} else {
		r := rules[0]
		fmt.Fprintf(&b, "%s: %s\n\n%s\n\nbad:\n%s\n\ngood:\n%s\n", r.ID, r.Summary, r.Protects, indent(r.Bad), indent(r.Good))
		if r.Waivable {
			b.WriteString("\nThe platform team may waive it, in policy.waivers, for a remote or a cohort and until a day.\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
