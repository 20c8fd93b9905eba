package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/edit"
	"muster/compiler/history"
	"muster/compiler/registry"
)

// freezing is what freeze is asked.
type freezing struct {
	reason, until string
	flags         changeFlags
}

func newFreeze(g *globals) *cobra.Command {
	q := freezing{}
	cmd := &cobra.Command{
		Use:   "freeze cohort",
		Short: "serve a cohort the manifest of one commit, whatever happens elsewhere",
		Long: "freeze names the commit whose manifest a cohort is served from then on, byte for byte: the newest, or the one that --at names.\n" +
			"thaw ends that.",
		Args: oneCohort,
		RunE: func(cmd *cobra.Command, args []string) error { return g.freeze(cmd, args[0], q) },
	}
	cmd.Flags().StringVar(&g.at, "at", "", "the `rev` to freeze it at (default HEAD)")
	cmd.Flags().StringVar(&q.reason, "reason", "", "why, for people")
	cmd.Flags().StringVar(&q.until, "until", "", "the last `day` of it, such as 2026-12-01; from then on muster check asks whether it is still meant")
	q.flags.add(cmd)
	return cmd
}

func newThaw(g *globals) *cobra.Command {
	var flags changeFlags
	cmd := &cobra.Command{
		Use:   "thaw cohort",
		Short: "let a frozen cohort have its pins again",
		Long:  "thaw ends the freeze of a cohort: it is served what its pins come to today. Holds stay.",
		Args:  oneCohort,
		RunE:  func(cmd *cobra.Command, args []string) error { return g.thaw(cmd, args[0], flags) },
	}
	flags.add(cmd)
	return cmd
}

// oneCohort refuses everything but one argument.
func oneCohort(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("%s takes one cohort, such as: %s uat", cmd.CommandPath(), cmd.CommandPath())
	}
	return nil
}

func (g *globals) freeze(cmd *cobra.Command, name string, q freezing) error {
	if strings.TrimSpace(q.reason) == "" {
		return usagef("%s needs a reason, which is shown to people: --reason \"sprint review\"", cmd.CommandPath())
	}
	if _, err := registry.Date(q.until); err != nil && cmd.Flags().Changed("until") {
		return usagef("--until takes a day such as 2026-12-01 or a time such as 2026-12-01T18:00:00Z, not %q", q.until)
	}
	tree := *g
	tree.at = "" // it says what to freeze at, not what to change
	c, err := tree.openForChange(cmd, &q.flags)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.thawed(name); err != nil {
		return err
	}
	at, err := c.freezeCommit(g.at)
	if err != nil {
		return err
	}
	f, err := c.cohortFile(name)
	if err != nil {
		return err
	}
	frozen := edit.Map{{Key: "at", Value: edit.Text(at.ID)}, {Key: "reason", Value: edit.Text(q.reason)}}
	if q.until != "" {
		frozen = append(frozen, edit.Field{Key: "until", Value: edit.Text(q.until)})
	}
	if err := f.Set(frozen, "frozen"); err != nil {
		return err
	}
	if g.at == "" {
		err = c.onlyAsAsked(f)
	} else {
		err = c.mayFreezeAt(name, f, at)
	}
	if err != nil {
		return err
	}
	return c.apply(change{action: "freeze", subject: fmt.Sprintf("%s: freeze at %s", name, short(at.ID)), body: q.reason,
		trailers: [][2]string{{"Muster-Cohort", name}, {"Muster-Commit", at.ID}}})
}

// freezeCommit is the commit that a revision names, or else HEAD.
func (c *changer) freezeCommit(rev string) (history.Commit, error) {
	if c.repo == nil {
		return history.Commit{}, fmt.Errorf("freezing: %w", history.ErrNotRepository)
	}
	if c.head.ID == "" {
		return history.Commit{}, c.declinef("a freeze names a commit, and nothing has been committed yet")
	}
	if rev == "" {
		return c.head, nil
	}
	at, err := resolveRevision(c.repo, rev)
	if err != nil {
		return at, err
	}
	if err := c.onLine(at); err != nil {
		return at, &usageError{fmt.Errorf("--at: %w", err)}
	}
	return at, nil
}

// mayFreezeAt refuses a commit that would bring back what is held.
func (c *changer) mayFreezeAt(name string, f *workFile, at history.Commit) error {
	then, _, err := compiler.At(c.repo, at)
	if err != nil || then == nil || then.Served(name) == nil {
		return err // the check tells what is wrong with such a commit
	}
	b, err := c.lookBack(rollback{name: name})
	if err != nil {
		return err
	}
	return b.notHeld(f, then.Served(name))
}

// onlyAsAsked refuses a freeze at HEAD where the work tree is something else, but for that freeze.
func (c *changer) onlyAsAsked(f *workFile) error {
	work := c.work
	if f.written() {
		work = overlay{work, map[string][]byte{f.path: f.was}}
	}
	differs, err := c.repo.Differs(c.head, work, registry.Folders)
	if err == nil && differs {
		err = c.declinef("the work tree differs from HEAD, and a freeze names a commit: commit first, or say which with --at")
	}
	return err
}

func (g *globals) thaw(cmd *cobra.Command, name string, flags changeFlags) error {
	c, err := g.openForChange(cmd, &flags)
	if err != nil {
		return err
	}
	defer c.Close()
	cohort, err := c.cohort(name)
	if err != nil {
		return err
	}
	if cohort.Frozen == nil {
		c.remarkf("%s is not frozen", name)
	} else if err := c.endFreeze(name); err != nil {
		return err
	}
	return c.apply(change{action: "thaw", subject: name + ": thaw", trailers: [][2]string{{"Muster-Cohort", name}}})
}

// endFreeze takes the freeze out of a cohort's file.
func (c *changer) endFreeze(name string) error {
	f, err := c.cohortFile(name)
	if err != nil {
		return err
	}
	return f.Delete("frozen")
}
