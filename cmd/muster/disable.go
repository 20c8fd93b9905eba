package main

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler/edit"
	"muster/compiler/history"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// switching is what disable and enable are asked.
type switching struct {
	remote, reason, version string
	in                      []string
	flags                   changeFlags
}

func newDisable(g *globals) *cobra.Command {
	s := switching{}
	cmd := s.command("disable")
	cmd.Short = "switch a remote off in cohorts"
	cmd.Long = "disable throws the kill switch of a remote: the cohorts, and those that inherit from them, are served without it. The reason\n" +
		"is shown to people."
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(s.reason) == "" {
			return usagef("%s needs a reason, which is shown to people: --reason \"INC-4711 layout shift\"", cmd.CommandPath())
		}
		return g.switchRemote(cmd, args[0], s, (*changer).disable)
	}
	cmd.Flags().StringVar(&s.reason, "reason", "", "why, for people")
	s.flags.add(cmd)
	return cmd
}

func newEnable(g *globals) *cobra.Command {
	s := switching{}
	cmd := s.command("enable")
	cmd.Short = "switch a remote on again in cohorts"
	cmd.Long = "enable takes back the kill switch of a remote: each cohort's file gets the pin that it had before, or --version. Where it had\n" +
		"none of its own, the pin that it inherits holds again."
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("version") && s.version == "" {
			return usagef("--version takes a release, not an empty text")
		}
		return g.switchRemote(cmd, args[0], s, (*changer).enable)
	}
	cmd.Flags().StringVar(&s.version, "version", "", "the `release` to pin instead of what was pinned before")
	s.flags.add(cmd)
	return cmd
}

// command is what the two commands have in common.
func (s *switching) command(name string) *cobra.Command {
	cmd := &cobra.Command{Use: name + " remote", Args: func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%s takes one remote, such as: %s checkout --in general", cmd.CommandPath(), cmd.CommandPath())
		}
		return nil
	}}
	cmd.Flags().StringArrayVar(&s.in, "in", nil, "the `cohort`; may be repeated")
	return cmd
}

func (g *globals) switchRemote(cmd *cobra.Command, remote string, s switching, in func(*changer, *registry.Cohort, switching) error) error {
	if s.remote = remote; len(s.in) == 0 {
		return usagef("%s needs a cohort: %s %s --in general", cmd.CommandPath(), cmd.CommandPath(), remote)
	}
	if err := noneTwice("--in", s.in); err != nil {
		return err
	}
	c, err := g.openForChange(cmd, &s.flags)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.remote(remote); err != nil {
		return err
	}
	ch := change{action: cmd.Name(), subject: fmt.Sprintf("%s: %s %s", strings.Join(s.in, ", "), cmd.Name(), remote), body: s.reason}
	for _, name := range s.in {
		cohort, err := c.thawed(name)
		if err != nil {
			return err
		}
		if err := in(c, cohort, s); err != nil {
			return err
		}
		ch.trailers = append(ch.trailers, [2]string{"Muster-Cohort", name})
	}
	if cmd.Name() == "enable" && s.version == "" {
		c.instead = "to switch it on with another release: --version"
	}
	ch.trailers = append(ch.trailers, [2]string{"Muster-Remote", remote})
	if cmd.Name() == "disable" {
		c.tellUntouched(s)
		c.tellHostless(s)
	}
	return c.apply(ch)
}

// disable switches a remote off in a cohort.
func (c *changer) disable(cohort *registry.Cohort, s switching) error {
	if c.pinSource(cohort, s.remote) == nil {
		var names []string
		for _, from := range resolve.Sources(c.registry, cohort) {
			names = append(names, from.Pin.Remote.Value)
		}
		return usagef("%s has nothing of %s: it has %s", cohort.Name, s.remote, listing(names))
	}
	f, err := c.cohortFile(cohort.Name.Value)
	if err != nil {
		return err
	}
	if f.Get("pins", s.remote, "disabled") == edit.Text(s.reason) {
		c.remarkf("%s is switched off in %s already", s.remote, cohort.Name)
	}
	return f.Set(edit.Map{{Key: "disabled", Value: edit.Text(s.reason)}}, "pins", s.remote)
}

// tellUntouched names the cohorts that a remote stays on in, though they extend one in which it is switched off.
func (c *changer) tellUntouched(s switching) {
	var pinned, frozen []string
	for _, cohort := range c.registry.Cohorts {
		from := c.pinSource(cohort, s.remote)
		switch {
		case slices.Contains(s.in, cohort.Name.Value) || !c.extends(cohort, s.in):
		case cohort.Frozen != nil:
			frozen = append(frozen, cohort.Name.Value)
		case from != nil && from.Pin.Disabled.IsZero() && !c.reaches(cohort, from.Cohort, s.in):
			pinned = append(pinned, cohort.Name.Value)
		}
	}
	if len(pinned) > 0 {
		c.remarkf("%s stays on in %s, where a nearer pin comes first; --in switches it off there too", s.remote, listing(pinned))
	}
	if len(frozen) > 0 {
		c.remarkf("what %s is served is frozen, and does not change", listing(frozen))
	}
}

// tellHostless names the cohorts in which nothing is left that loads anything.
func (c *changer) tellHostless(s switching) {
	if host := c.registry.Remote(s.remote); host == nil || !host.Host {
		return
	}
	var without []string
	for _, name := range s.in {
		if !slices.ContainsFunc(resolve.Sources(c.registry, c.registry.Cohort(name)), func(from resolve.Source) bool {
			other := c.registry.Remote(from.Pin.Remote.Value)
			return other != nil && other.Host && other.Name.Value != s.remote && from.Pin.Disabled.IsZero()
		}) {
			without = append(without, name)
		}
	}
	if len(without) > 0 {
		c.remarkf("%s is the only host of %s: without it nobody there is served any page", s.remote, listing(without))
	}
}

// line is a cohort and those that it extends, the nearest first.
func (c *changer) line(cohort *registry.Cohort) (line []*registry.Cohort) {
	for cohort != nil && !slices.Contains(line, cohort) {
		line = append(line, cohort)
		cohort = c.registry.Cohort(cohort.Extends.Value)
	}
	return line
}

func (c *changer) extends(cohort *registry.Cohort, names []string) bool {
	return slices.ContainsFunc(c.line(cohort), func(o *registry.Cohort) bool { return slices.Contains(names, o.Name.Value) })
}

// reaches reports whether a pin of one of the names holds in a cohort, before or instead of that of another.
func (c *changer) reaches(cohort, other *registry.Cohort, names []string) bool {
	for _, o := range c.line(cohort) {
		if slices.Contains(names, o.Name.Value) {
			return true
		}
		if o == other {
			return false
		}
	}
	return false
}

// enable gives a cohort the pin that it had before a remote was switched off, or the version that is asked for.
func (c *changer) enable(cohort *registry.Cohort, s switching) error {
	name := cohort.Name.Value
	f, err := c.cohortFile(name)
	if err != nil {
		return err
	}
	if s.version != "" {
		release, err := c.namedRelease(s.remote + "@" + s.version)
		if err != nil {
			return err
		}
		return f.Set(edit.Text(release.Asked), "pins", s.remote)
	}
	if f.Get("pins", s.remote, "disabled") == nil {
		from := c.pinSource(cohort, s.remote)
		if from != nil && !from.Pin.Disabled.IsZero() {
			return c.declinef("%s is switched off in %s, from which %s inherits: enable it there, or give %s a pin of its own with --version", s.remote, from.Cohort.Name, name, name)
		}
		c.remarkf("%s is not switched off in %s", s.remote, name)
		return nil
	}
	before, err := c.pinBefore(f, s.remote)
	switch {
	case err != nil:
		return err
	case before != nil:
		return f.Set(before, "pins", s.remote)
	case c.inherits(cohort, s.remote):
		return f.Delete("pins", s.remote)
	}
	return c.declinef("%s had no other pin of %s before, and inherits none; say which with --version", name, s.remote)
}

// inherits reports whether a cohort would have a pin of a remote without one of its own.
func (c *changer) inherits(cohort *registry.Cohort, remote string) bool {
	parent := c.registry.Cohort(cohort.Extends.Value)
	return parent != nil && c.pinSource(parent, remote) != nil
}

// pinBefore is the pin of the nearest older state of a file, along the first-parent line, in which the remote was not switched
// off; nil if it had none.
func (c *changer) pinBefore(f *workFile, remote string) (edit.Value, error) {
	if err := c.needHistory(); err != nil {
		return nil, err
	}
	for text, err := range c.texts(f.path) {
		if err != nil {
			return nil, err
		}
		old, err := edit.Parse(f.path, text)
		if err != nil { // it served nobody
			continue
		}
		if old.Get("pins", remote, "disabled") == nil {
			return old.Get("pins", remote), nil
		}
	}
	return nil, nil
}

// texts are the states of a file along the first-parent line, the newest first. It is not followed beyond the commit that added it.
func (c *changer) texts(path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		files, err := c.repo.Files(c.head, []string{path})
		if err != nil || len(files) == 0 {
			if err != nil {
				yield(nil, err)
			}
			return
		}
		if !c.yieldBlob(files[0].After, yield) {
			return
		}
		for step, err := range c.repo.Steps(c.head, []string{path}) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, change := range step.Changes {
				if change.Before == (history.File{}) || !c.yieldBlob(change.Before, yield) {
					return
				}
			}
		}
	}
}

func (c *changer) yieldBlob(f history.File, yield func([]byte, error) bool) bool {
	text, err := c.repo.Blob(f.Blob)
	return yield(text, err) && err == nil
}
