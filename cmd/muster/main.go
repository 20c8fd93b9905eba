// Command muster compiles a git repository of micro-frontend declarations into what browser shells fetch at start-up.
// This package is flags, wiring, printing and exit status, with one file per command; the work is in muster/compiler.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/publish"
	"muster/compiler/site"
	"muster/compiler/store"
)

// The exit statuses; 0 is fine.
const (
	exitFindings = 1
	exitChanges  = 2 // only with --detailed-exitcode
	exitPending  = 3 // a gate is not open yet
	exitDrift    = 4 // what is published is not what git says
	exitUsage    = 64
	exitUnusable = 66 // the repository can't be used
	exitBug      = 70
	exitTryAgain = 75 // a server does not answer now, or somebody else is writing
)

// Where the collector begins to work harder, in bytes. They bound no input: ten thousand remotes and twenty cohorts need
// 200 MB to check, and the manifests themselves another 130.
const (
	checkMemory   = 400 << 20
	compileMemory = 640 << 20
	historyMemory = 300 << 20 // with the packs of a large repository, which are mapped, it stays below half a gigabyte
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program.
func run(args []string, stdout, stderr io.Writer) (status int) {
	// Most of what a check allocates lives to its end: collect seldom, until the registry is one of many thousands of files.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(checkMemory)
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "muster: this is a bug in muster: %v\n\n%s", r, debug.Stack())
			status = exitBug
		}
	}()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	var exit exitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.Is(err, history.ErrUnusable):
		fmt.Fprintf(stderr, "muster: %s\n", diag.Printable(err.Error()))
		return exitUnusable
	}
	fmt.Fprintf(stderr, "muster: %s\n", diag.Printable(err.Error()))
	var usage *usageError
	var again tryAgainError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &again), errors.Is(err, store.ErrUnavailable), errors.Is(err, site.ErrUnavailable), errors.Is(err, publish.ErrBusy):
		return exitTryAgain
	case errors.Is(err, publish.ErrDrift), errors.Is(err, site.ErrNotServed):
		return exitDrift
	}
	return exitUnusable
}

// exitStatus is an error that has been shown already.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usageError is a command line that can't be understood.
type usageError struct{ error }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// globals are the flags that every command takes.
type globals struct {
	dir, at, output, color string
}

// commands are the commands besides completion and help. Another command is another file with a function here.
var commands = []func(*globals) *cobra.Command{newBudget, newCheck, newCompile, newDisable, newEnable, newEvidence, newExplain, newFreeze, newGate, newKey, newLive, newLog, newPlan, newPromote, newPublish, newRelease, newRetain, newRollback, newShare, newShow, newThaw, newVerify, newVersion, newWhy}

func newRoot() *cobra.Command {
	g := &globals{}
	root := &cobra.Command{
		Use:   "muster",
		Short: "compile micro-frontend declarations into manifests for browser shells",
		Long: "muster checks a git repository of micro-frontend declarations and compiles it into one immutable manifest\n" +
			"per cohort and one short-lived pointer, for any CDN.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var invalid *pflag.InvalidValueError
		var number *strconv.NumError
		if errors.As(err, &invalid) && errors.As(err, &number) {
			err = fmt.Errorf("--%s takes a number, which %q is not", invalid.GetFlag().Name, invalid.GetValue())
		}
		return usagef("%w; `%s --help` shows the flags", err, cmd.CommandPath())
	})
	f := root.PersistentFlags()
	f.StringVarP(&g.dir, "dir", "C", ".", "the registry's `folder`, or a git repository with --at")
	f.StringVar(&g.at, "at", "", "read the commit that `rev` names instead of the work tree")
	f.StringVarP(&g.output, "output", "o", "text", "output `format`: "+strings.Join(formats(), " or "))
	f.StringVar(&g.color, "color", "auto", "`when` to colour text: auto, always or never")
	complete(root, "output", formats())
	complete(root, "color", []string{"auto", "always", "never"})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return g.validate(cmd) }
	for _, newCommand := range commands {
		root.AddCommand(newCommand(g))
	}
	root.SetHelpCommand(newHelp())
	addCompletion(root)
	return root
}

// addCompletion adds cobra's own command, and has it refuse what it can't use, as ours do: by itself it would print its
// help into the file that a script was to go to, and call that fine.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Args, c.RunE = noCommand, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		for _, shell := range c.Commands() {
			shell.Args = noArguments
		}
	}
}

// noCommand refuses words that are no command, with the one that was probably meant.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	list := "`" + strings.Replace(cmd.CommandPath(), "muster", "muster help", 1) + "` lists them"
	return usagef("there is no command %q: %s", args[0], diag.DidYouMean(args[0], names(cmd.Commands()), list))
}

func names(commands []*cobra.Command) (names []string) {
	for _, c := range commands {
		names = append(names, c.Name())
	}
	return names
}

// noArguments refuses arguments that a command does not take.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument %q", cmd.CommandPath(), args[0])
	}
	return nil
}

func complete(cmd *cobra.Command, flag string, values []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag is not there: a slip of ours that any run shows
	}
}

// moreFormats is the annotation of a command that lists its output formats besides those of all.
const moreFormats = "formats"

func formats() []string {
	var names []string
	for name := range diag.Renderers {
		names = append(names, name)
	}
	slices.Sort(names)
	slices.Reverse(names) // text first
	return names
}

func (g *globals) validate(cmd *cobra.Command) error {
	if cmd.Flags().Changed("at") && g.at == "" { // --at "$REV", and REV is not set: the work tree is not what was meant
		return usagef("--at takes a revision, not an empty text")
	}
	if g.dir == "" {
		return usagef("-C takes a folder, not an empty text")
	}
	if known := append(formats(), strings.Fields(cmd.Annotations[moreFormats])...); !slices.Contains(known, g.output) {
		return usagef("there is no output format %q: %s", g.output, diag.DidYouMean(g.output, known, "the formats are "+strings.Join(known, ", ")))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, g.color) {
		return usagef("--color takes auto, always or never, not %q", g.color)
	}
	return nil
}

// colored reports whether text on w is to have colours: a terminal, unless NO_COLOR (https://no-color.org) or the flag
// says otherwise.
func (g *globals) colored(w io.Writer) bool {
	switch g.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(w)
}

// terminal reports whether somebody may be looking at what is written to w.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
