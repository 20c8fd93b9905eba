package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler/diag"
	"muster/compiler/edit"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
)

func newPromote(g *globals) *cobra.Command {
	p := promotion{}
	cmd := &cobra.Command{
		Use:   "promote remote@version...",
		Short: "give cohorts a release",
		Long: "promote makes releases the own pins of cohorts, and lifts the holds of these releases there. The change is checked, shown\n" +
			"and written to the cohorts' files, whose other bytes stay as they are.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("%s takes a release or more, such as: %s checkout@2.4.0 --to canary", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.promote(cmd, args, p) },
	}
	cmd.Flags().StringArrayVar(&p.to, "to", nil, "the `cohort` that gets it; may be repeated")
	cmd.Flags().BoolVar(&p.endSplit, "end-split", false, "replace a split of a cohort's users over releases")
	cmd.Flags().BoolVar(&p.thaw, "thaw", false, "end the freeze of a cohort with the same change: what was rolled back is held, so a thaw alone may be refused")
	p.flags.add(cmd)
	return cmd
}

// promotion is what promote is asked.
type promotion struct {
	to             []string
	endSplit, thaw bool
	flags          changeFlags
}

func (g *globals) promote(cmd *cobra.Command, args []string, p promotion) error {
	if len(p.to) == 0 {
		return usagef("%s needs a cohort: %s %s --to canary", cmd.CommandPath(), cmd.CommandPath(), args[0])
	}
	if err := noneTwice("--to", p.to); err != nil {
		return err
	}
	c, err := g.openForChange(cmd, &p.flags)
	if err != nil {
		return err
	}
	defer c.Close()
	releases, err := c.namedReleases(args)
	if err != nil {
		return err
	}
	ch := change{action: "promote", subject: strings.Join(p.to, ", ") + ": promote " + releaseList(releases)}
	for _, name := range p.to {
		if err := c.promoteIn(name, releases, p); err != nil {
			return err
		}
		ch.trailers = append(ch.trailers, [2]string{"Muster-Cohort", name})
	}
	for _, r := range releases {
		ch.trailers = append(ch.trailers, [2]string{"Muster-Remote", r.String()})
	}
	return c.apply(ch)
}

func releaseList(releases []resolve.Change) string {
	var names []string
	for _, r := range releases {
		names = append(names, r.Remote+" "+r.Asked)
	}
	return strings.Join(names, ", ")
}

// noneTwice refuses a name that is given twice.
func noneTwice(what string, names []string) error {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return usagef("%s names %s twice", what, name)
		}
	}
	return nil
}

// namedReleases finds the releases that a user names, one for each remote.
func (c *changer) namedReleases(args []string) (releases []resolve.Change, err error) {
	var remotes []string
	for _, text := range args {
		release, err := c.namedRelease(text)
		if err != nil {
			return nil, err
		}
		releases, remotes = append(releases, release), append(remotes, release.Remote)
	}
	return releases, noneTwice("the command", remotes)
}

// namedRelease finds a release that a user names.
func (c *changer) namedRelease(text string) (resolve.Change, error) {
	named, ok := resolve.ParseChange(text)
	if !ok {
		return named, usagef("%q is no release such as checkout@2.4.0", text)
	}
	remote, err := c.remote(named.Remote)
	if err != nil {
		return named, err
	}
	var versions []string
	for _, release := range remote.Releases {
		versions = append(versions, release.Version.Value)
	}
	if same := sameButBuild(named.Asked, versions); same != "" {
		return named, usagef("there is no release %q of %s: the one of this version is called %s@%s", named.Asked, named.Remote, named.Remote, same)
	}
	if !slices.Contains(versions, named.Asked) {
		return named, c.asCommitted(usagef("there is no release %q of %s: %s", named.Asked, named.Remote, diag.DidYouMean(named.Asked, versions, "the releases are "+listing(versions))))
	}
	return named, nil
}

// sameButBuild is the version that differs from one in its build metadata alone, which has no say in which comes first; "" if
// there is none, or if the version itself is there.
func sameButBuild(asked string, versions []string) (same string) {
	wanted, err := semver.ParseVersion(asked)
	if err != nil || slices.Contains(versions, asked) {
		return ""
	}
	for _, version := range versions {
		if v, err := semver.ParseVersion(version); err == nil && v.Compare(wanted) == 0 {
			return version
		}
	}
	return ""
}

// promoteIn pins releases in a cohort's file, and lifts their holds there.
func (c *changer) promoteIn(name string, releases []resolve.Change, p promotion) error {
	cohort, err := c.cohort(name)
	if err == nil && p.thaw && cohort.Frozen != nil {
		err = c.endFreeze(name)
	} else if err == nil {
		cohort, err = c.thawed(name)
	}
	if err != nil {
		return err
	}
	for _, r := range releases {
		if from := c.pinSource(cohort, r.Remote); from != nil && !from.Pin.Disabled.IsZero() {
			return c.declinef("%s is switched off in %s: %s; enable it first: muster enable %s --in %s", r.Remote, from.Cohort.Name, from.Pin.Disabled, r.Remote, from.Cohort.Name)
		} else if from != nil && len(from.Pin.Split) > 0 && !p.endSplit {
			return c.declinef("%s is split in %s: %s; --end-split replaces that by %s for everybody in %s", r.Remote, from.Cohort.Name, splitText(from.Pin.Split), r.Asked, name)
		}
		if err := c.pin(name, r); err != nil {
			return err
		}
	}
	return nil
}

// thawed finds a cohort whose pins are what it is served.
func (c *changer) thawed(name string) (*registry.Cohort, error) {
	cohort, err := c.cohort(name)
	if err != nil {
		return nil, err
	}
	if f := cohort.Frozen; f != nil {
		return nil, c.declinef("%s is frozen at %s: %s; thaw it first: muster thaw %s, or with a release: muster promote --thaw", name, short(f.At.Value), f.Reason, name)
	}
	return cohort, nil
}

// pinSource is the pin of a remote that holds in a cohort, its own or an inherited one; nil if there is none.
func (c *changer) pinSource(cohort *registry.Cohort, remote string) *resolve.Source {
	for _, from := range resolve.Sources(c.registry, cohort) {
		if from.Pin.Remote.Value == remote {
			return &from
		}
	}
	return nil
}

func splitText(split []registry.Variant) string {
	var arms []string
	for _, v := range split {
		arms = append(arms, v.Version.Value+" "+v.Percent.Value+" %")
	}
	return strings.Join(arms, ", ")
}

// pin gives a cohort a release of its own.
func (c *changer) pin(cohort string, r resolve.Change) error {
	f, err := c.cohortFile(cohort)
	if err != nil {
		return err
	}
	if f.Get("pins", r.Remote) == edit.Text(r.Asked) && holdOf(f, r, anyHold) < 0 {
		c.remarkf("%s has %s %s already", cohort, r.Remote, r.Asked)
		return nil
	}
	if err := f.Set(edit.Text(r.Asked), "pins", r.Remote); err != nil {
		return err
	}
	for at := holdOf(f, r, anyHold); at >= 0; at = holdOf(f, r, anyHold) {
		if err := f.Delete("holds", strconv.Itoa(at)); err != nil {
			return err
		}
	}
	return nil
}

// anyHold stands for every reason of a hold.
const anyHold = ""

// holdOf is which hold of a file is one of a release, -1 for none. because is one of registry's constants, or anyHold.
func holdOf(f *workFile, r resolve.Change, because string) int {
	holds, _ := f.Get("holds").(edit.List)
	return slices.IndexFunc(holds, func(v edit.Value) bool {
		hold, ok := v.(edit.Map)
		return ok && hold.Get("remote") == edit.Text(r.Remote) && hold.Get("version") == edit.Text(r.Asked) &&
			(because == anyHold || hold.Get("because") == edit.Text(because))
	})
}
