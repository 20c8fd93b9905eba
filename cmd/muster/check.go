package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/diag"
)

func newCheck(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "find everything that is wrong with the registry",
		Long: "check reads the registry and prints every fault at its file, line and column, with the cure. It exits with 0 if\n" +
			"there are no errors, and with 1 otherwise.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := g.open()
			if err != nil {
				return err
			}
			defer s.Close()
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
