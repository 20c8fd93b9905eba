package main

import (
	"slices"

	"github.com/spf13/cobra"
)

// newHelp takes the place of cobra's help, which shows the list of commands for a word that is none, and exits with 0.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "tell about a command and its flags",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			about, err := find(cmd.Root(), args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names(about.Commands()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, err := find(cmd.Root(), args)
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag() // cobra adds it to the command that it runs, which is this one
			return about.Help()
		},
	}
}

// find goes down from a command by name.
func find(c *cobra.Command, path []string) (*cobra.Command, error) {
	for _, name := range path {
		i := slices.Index(names(c.Commands()), name)
		if i < 0 {
			return nil, noCommand(c, []string{name})
		}
		c = c.Commands()[i]
	}
	return c, nil
}
