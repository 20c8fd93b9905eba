package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/registry"
)

// changeFlags are the flags of every command that changes files.
type changeFlags struct {
	commit, dryRun bool
	message, now   string
}

func (f *changeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.commit, "commit", false, "commit the change, and nothing else, with git")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show what would change, and write nothing")
	flags.StringVarP(&f.message, "message", "m", "", "the `subject` of the commit")
	flags.StringVar(&f.now, "now", "", "the `time` at which the commit is taken to be made")
	flags.MarkHidden("now")
}

// changer changes files of a registry's work tree. Its Input is that of the work tree, checked as of now; with --commit, it is
// that of HEAD, with the files that git does not know yet: the commit takes nothing else along.
type changer struct {
	*source
	globals  *globals
	cmd      *cobra.Command
	flags    *changeFlags
	now      time.Time // UTC
	head     history.Commit
	work     fs.FS // the work tree
	registry *registry.Registry
	form     diag.List // what is wrong with the form of the registry's files
	files    []*workFile
	instead  string // what else one could ask for, where the change is refused; "" for nothing
}

// change says what a change is for. What changes is in the files that the changer handed out.
type change struct {
	action   string // the command's name
	subject  string // of the commit
	body     string // the reason, "" for none
	trailers [][2]string
}

// openForChange opens the work tree that the flags name.
func (g *globals) openForChange(cmd *cobra.Command, f *changeFlags) (*changer, error) {
	if g.at != "" {
		return nil, usagef("%s changes the work tree, and takes no --at", cmd.CommandPath())
	}
	if cmd.Flags().Changed("message") && strings.TrimSpace(f.message) == "" {
		return nil, usagef("-m takes the subject of a commit, not an empty text")
	}
	if err := areTexts(cmd); err != nil {
		return nil, err
	}
	now, err := parseTime("--now", f.now, false)
	if err != nil {
		return nil, err
	}
	if now.IsZero() {
		now = time.Now().UTC().Truncate(time.Second)
	}
	s, err := g.openWorkTree()
	if errors.Is(err, errNoWorkTree) {
		err = fmt.Errorf("%w; go to a clone that has one", err)
	}
	if err != nil {
		return nil, err
	}
	c := &changer{source: s, globals: g, cmd: cmd, flags: f, now: now, work: s.Tree}
	c.Origin.Time = now
	if err := c.load(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// areTexts refuses bytes that can stand neither in a file nor in a message.
func areTexts(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !utf8.ValidString(f.Value.String()) {
			err = usagef("--%s takes UTF-8, which %q is not", f.Name, f.Value.String())
		}
	})
	return err
}

// load finds out what the change is a change of.
func (c *changer) load() (err error) {
	if c.repo != nil {
		c.head, err = c.repo.Resolve("HEAD")
	}
	switch {
	case errors.Is(err, history.ErrUnknownRevision):
		err = nil
	case err == nil && c.head.ID != "":
		err = c.compareWith(c.head.ID)
	}
	if err != nil {
		return err
	}
	if c.flags.commit {
		if err := c.mayCommit(); err != nil {
			return err
		}
		c.Tree = headFirst{c.Base, c.work}
	}
	if c.registry, c.form, err = registry.Load(c.Tree, registry.Options{}); err == nil && c.registry == nil {
		return c.refuse(nil, c.form.Sorted())
	}
	return err
}

// remarkf says something to the person at the terminal.
func (c *changer) remarkf(format string, args ...any) {
	fmt.Fprintln(c.cmd.ErrOrStderr(), "muster: "+printable(fmt.Sprintf(format, args...)))
}

// declinef refuses what was asked for because of what the registry says.
func (c *changer) declinef(format string, args ...any) error {
	c.remarkf(format, args...)
	return exitStatus(exitFindings)
}

// cohort finds a cohort of the work tree.
func (c *changer) cohort(name string) (*registry.Cohort, error) {
	if found := c.registry.Cohort(name); found != nil {
		return found, nil
	}
	var names []string
	for _, cohort := range c.registry.Cohorts {
		names = append(names, cohort.Name.Value)
	}
	return nil, c.unknown("cohort", name, names)
}

// remote finds a remote or host of the work tree.
func (c *changer) remote(name string) (*registry.Remote, error) {
	if found := c.registry.Remote(name); found != nil {
		return found, nil
	}
	return nil, c.unknown("remote", name, remoteNames(c.registry))
}

// unknown is the error for a name that is not there, or whose file can't be read.
func (c *changer) unknown(what, name string, names []string) error {
	if c.registry.Absent(name) || len(names) == 0 && c.form.HasErrors() {
		return c.refuse(nil, c.form.Sorted())
	}
	return c.asCommitted(unknownName(what, name, names))
}

// asCommitted adds to an error, with --commit, that the work tree may say something else.
func (c *changer) asCommitted(err error) error {
	if c.flags.commit && c.differs() {
		return fmt.Errorf("%w (--commit goes by HEAD, from which the work tree differs: if what is meant is there, commit it first)", err)
	}
	return err
}

// differs reports whether the work tree is another registry than HEAD, as far as that can be told.
func (c *changer) differs() bool {
	differs, err := c.repo.Differs(c.head, c.work, registry.Folders)
	return err == nil && differs
}

// cohortFile returns the file of a cohort, to be edited: for one name the same each time.
func (c *changer) cohortFile(name string) (*workFile, error) {
	cohort, err := c.cohort(name)
	if err != nil {
		return nil, err
	}
	return c.file(cohort.File.Path)
}

// remoteFile returns the file of a remote, as cohortFile does.
func (c *changer) remoteFile(name string) (*workFile, error) {
	remote, err := c.remote(name)
	if err != nil {
		return nil, err
	}
	return c.file(remote.File.Path)
}

// apply checks a change, shows it, and writes it if nothing is wrong with it.
func (c *changer) apply(ch change) error {
	if c.flags.message != "" {
		ch.subject = c.flags.message
	}
	changed := slices.DeleteFunc(slices.Clone(c.files), func(f *workFile) bool { return !f.changed() })
	p := &plan{change: ch, files: changed, events: []compiler.Told{}}
	if c.flags.commit {
		if err := c.mayCommitFiles(); err != nil {
			return err
		}
	}
	if len(changed) == 0 {
		c.remarkf("nothing to do")
		return c.show(p, "")
	}
	if err := c.propose(p); err != nil {
		return err
	}
	switch {
	case c.flags.dryRun:
		return c.show(p, "dry run: nothing was written")
	case c.flags.commit:
		return c.commit(p)
	}
	if err := c.write(changed); err != nil {
		return err
	}
	p.written = true
	return c.show(p, "written"+c.howToCommit(p))
}

// propose works out what a change does, and refuses it if anything is wrong with the registry afterwards.
func (c *changer) propose(p *plan) error {
	in := c.Input
	if c.flags.commit { // of the work tree, the commit takes the changed files alone
		in.Tree = c.Base
	}
	texts := map[string][]byte{}
	for _, f := range p.files {
		texts[f.path] = f.Bytes()
	}
	was, before, err := compiler.Serve(in)
	if err != nil {
		return err
	}
	in.Tree = overlay{in.Tree, texts}
	is, after, err := compiler.Serve(in)
	if err != nil {
		return err
	}
	c.Tree = in.Tree // for the lines below findings
	brought, known := divide(after, before)
	if is == nil {
		return c.refuse(brought, known)
	}
	p.brought = brought
	mended := false
	if was == nil && c.head.ID != "" {
		var from history.Commit
		if was, from, err = compiler.At(c.repo, c.head); err != nil {
			return err
		}
		mended = was == nil || from.ID != c.head.ID
	}
	if p.events, err = compiler.Tell(was, is); mended {
		p.events = slices.Insert(p.events, 0, compiler.Told{Event: audit.Event{Kind: audit.Mended}})
	}
	return err
}

// divide tells the findings that a change brings from those that were there. Lines may have moved.
func divide(after, before diag.List) (brought, known diag.List) {
	type key struct{ file, rule, message string }
	keyOf := func(d diag.Diagnostic) key { return key{d.Pos.File, d.Rule, d.Message} }
	were := map[key]int{}
	for _, d := range before {
		were[keyOf(d)]++
	}
	for _, d := range after {
		if k := keyOf(d); were[k] > 0 {
			were[k]--
			known = append(known, d)
		} else {
			brought = append(brought, d)
		}
	}
	return brought, known
}

// refuse shows what is wrong with a change, then the errors that are there without it, and that nothing was written.
func (c *changer) refuse(brought, known diag.List) error {
	known = slices.DeleteFunc(slices.Clone(known), func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
	found := slices.Concat(brought, known)
	if err := c.globals.render(c.cmd.OutOrStdout(), c.source, found, c.globals.output); err != nil {
		return err
	}
	conclude(c.cmd.ErrOrStderr(), found) // the exit status is below
	if len(brought) > 0 && c.instead != "" {
		c.remarkf("%s", c.instead)
	}
	if len(brought) > 0 && c.flags.commit && c.differs() {
		c.remarkf("this is HEAD with the change, which is all that --commit would commit; what else the work tree has is not there")
	}
	if len(known) > 0 {
		c.remarkf("without this change, %s would be there too; mend the registry first", counted(len(known), "error"))
	}
	c.remarkf("nothing was written")
	return exitStatus(exitFindings)
}
