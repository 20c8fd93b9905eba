package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/diag"
)

func newCheck(g *globals) *cobra.Command {
	var base string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "find everything that is wrong with the registry",
		Long: "check reads the registry and prints every fault at its file, line and column, with the cure. It exits with 0 if\n" +
			"there are no errors, and with 1 otherwise. --base adds what only a comparison can tell: what the change would\n" +
			"take from releases that are live.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := g.open()
			if err != nil {
				return err
			}
			defer s.Close()
			if cmd.Flags().Changed("base") {
				if base == "" {
					return usagef("--base takes a revision, not an empty text")
				}
				if err := s.compareWith(base); err != nil {
					return err
				}
			}
			_, found, err := compiler.Check(s.Input)
			if err != nil {
				return err
			}
			if err := g.render(cmd.OutOrStdout(), s, found, g.output); err != nil {
				return err
			}
			return conclude(cmd.ErrOrStderr(), found)
		},
	}
	cmd.Flags().StringVar(&base, "base", "", "compare with the commit that `rev` names, such as origin/main")
	return cmd
}

// render writes findings in an output format.
func (g *globals) render(w io.Writer, s *source, found diag.List, format string) error {
	return diag.Renderers[format](w, found, diag.RenderOptions{Source: s.text, Color: g.colored(w)})
}

// conclude says how many findings there are, and turns errors into the exit status.
func conclude(w io.Writer, found diag.List) error {
	errors, warnings := found.Count()
	if len(found) == 0 {
		fmt.Fprintln(w, "the registry is in order")
		return nil
	}
	fmt.Fprintf(w, "%s, %s\n", counted(errors, "error"), counted(warnings, "warning"))
	if errors > 0 {
		return exitStatus(exitFindings)
	}
	return nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
