package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/edit"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

func newRollback(g *globals) *cobra.Command {
	r := rollback{}
	cmd := &cobra.Command{
		Use:   "rollback cohort",
		Short: "take a cohort, or one remote in it, back to what it had before",
		Long: "rollback freezes a cohort at the commit whose manifest it is to be served again: the one before the present, or the one that\n" +
			"--to names. With --remote it pins the release that the cohort had of that remote before, and leaves all else. Either way\n" +
			"the releases that are taken back are held: they don't come in again until somebody promotes them by name.",
		Args: oneCohort,
		RunE: func(cmd *cobra.Command, args []string) error {
			r.name = args[0]
			return g.rollback(cmd, r)
		},
	}
	cmd.Flags().StringVar(&r.to, "to", "", "back to what the cohort was served at this `revision`, or to the manifest of this id")
	cmd.Flags().StringVar(&r.only, "remote", "", "take only this `remote` back")
	cmd.Flags().StringVar(&r.reason, "reason", "", "why, for those who read the file and the log")
	r.flags.add(cmd)
	return cmd
}

// rollback is what rollback is asked.
type rollback struct {
	name, to, only, reason string // only: the remote
	flags                  changeFlags
}

func (g *globals) rollback(cmd *cobra.Command, r rollback) error {
	for _, flag := range []string{"to", "remote", "reason"} {
		if f := cmd.Flags().Lookup(flag); f.Changed && strings.TrimSpace(f.Value.String()) == "" {
			return usagef("--%s takes no empty text", flag)
		}
	}
	c, err := g.openForChange(cmd, &r.flags)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.cohort(r.name); err != nil {
		return err
	}
	b, err := c.lookBack(r)
	if err != nil {
		return err
	}
	if r.only != "" {
		return b.takeRemoteBack()
	}
	return b.takeCohortBack()
}

// back is a cohort that is to be taken back.
type back struct {
	*changer
	rollback
	live *compiler.Live // what is served now
	from history.Commit // that compiles to it
	now  *audit.Served
}

// lookBack finds out what a cohort is served now.
func (c *changer) lookBack(r rollback) (*back, error) {
	if err := c.needHistory(); err != nil {
		return nil, err
	}
	live, from, err := compiler.At(c.repo, c.head)
	if err != nil {
		return nil, err
	}
	if live == nil {
		return nil, c.declinef("nothing is served: no commit up to %s compiles", short(c.head.ID))
	}
	now := live.Served(r.name)
	if now == nil {
		return nil, c.declinef("%s is not served yet: no commit has it", r.name)
	}
	return &back{c, r, live, from, now}, nil
}

// needHistory refuses where there is no history to look back at.
func (c *changer) needHistory() error {
	if c.repo == nil {
		return fmt.Errorf("looking back: %w", history.ErrNotRepository)
	}
	if c.head.ID == "" {
		return c.declinef("nothing has been committed yet, so there is nothing to go back to")
	}
	return c.repo.Complete()
}

// takeCohortBack freezes the cohort at the commit of an earlier manifest.
func (b *back) takeCohortBack() error {
	id, _, err := b.live.ManifestID(b.name)
	if err != nil {
		return err
	}
	start := b.from
	if f := b.now.Declared.Frozen; f != nil {
		if start, err = b.repo.Ancestry(b.from).Find(f.At.Value); err != nil {
			return err
		}
	}
	f, err := b.cohortFile(b.name)
	if err != nil {
		return err
	}
	other := func(l *compiler.Live) (bool, error) {
		if len(b.held(f, l.Served(b.name), registry.HeldByRollback)) > 0 {
			return false, nil
		}
		was, ok, err := l.ManifestID(b.name)
		return ok && was != id, err
	}
	then, at, err := b.target(start, other)
	if err != nil {
		return err
	}
	if then == nil {
		return b.declinef("before manifest %s, %s was served no other without releases that have been taken back since: there is nothing to go back to", short(id.String()), b.name)
	}
	wanted, _, err := then.ManifestID(b.name)
	if err != nil {
		return err
	}
	if err := b.onlyBack(then, at, other, b.manifest); err != nil {
		return err
	}
	if err := b.notHeld(f, then.Served(b.name)); err != nil {
		return err
	}
	b.instead = fmt.Sprintf("to go back to something else: muster rollback %s --to a commit, or a manifest's id", b.name)
	if wanted == id {
		b.remarkf("%s is served manifest %s already", b.name, short(id.String()))
	} else if err := b.freezeAt(f, at, then.Served(b.name), wanted); err != nil {
		return err
	}
	return b.apply(change{action: "rollback", subject: fmt.Sprintf("%s: roll back to manifest %s", b.name, short(wanted.String())), body: b.reason,
		trailers: [][2]string{{"Muster-Cohort", b.name}, {"Muster-Commit", at.ID}}})
}

// freezeAt freezes the cohort at a commit. What is frozen for one reason is not to be frozen elsewhere for the same without a word.
func (b *back) freezeAt(f *workFile, at history.Commit, then *audit.Served, id manifest.ID) (err error) {
	reason := cmp.Or(b.reason, "rolled back to manifest "+short(id.String()))
	frozen, already := f.Get("frozen").(edit.Map)
	switch {
	case !already:
		err = f.Set(edit.Map{{Key: "at", Value: edit.Text(at.ID)}, {Key: "reason", Value: edit.Text(reason)}}, "frozen")
	case b.reason == "":
		err = usagef("%s is frozen already: %s; say with --reason why it goes back further", b.name, textAt(frozen, "reason"))
	default:
		if err = f.Set(edit.Text(at.ID), "frozen", "at"); err == nil {
			err = f.Set(edit.Text(reason), "frozen", "reason")
		}
	}
	if err != nil {
		return err
	}
	for _, release := range compiler.TakenBack(b.now, then) {
		if err := b.hold(f, release, reason); err != nil {
			return err
		}
		b.tellHeirs(release)
	}
	return nil
}

// tellHeirs names the cohorts that go on having a release because they inherit the cohort's pins: a freeze leaves those alone.
func (b *back) tellHeirs(release resolve.Change) {
	var heirs []string
	for _, s := range b.live.State.Cohorts {
		pin := s.Pin(release.Remote)
		if s != b.now && s.Declared.Frozen == nil && b.extends(s.Declared, []string{b.name}) && compiler.Has(pin, release.Asked) {
			heirs = append(heirs, s.Declared.Name.Value)
		}
	}
	if len(heirs) > 0 {
		b.remarkf("%s %s stays in %s: a freeze of %s leaves alone what others inherit from it", release.Remote, release.Asked, listing(heirs), b.name)
	}
}

// held are the releases that a cohort was served, is not served now, and may not have again: those that were taken back are no place
// to go back to.
func (b *back) held(f *workFile, then *audit.Served, because string) (releases []resolve.Change) {
	for _, p := range then.Pins {
		for _, c := range p.Choices {
			release := resolve.Change{Remote: p.Remote.Name.Value, Asked: c.Release.Version.Value}
			if holdOf(f, release, because) >= 0 && !compiler.Has(b.now.Pin(release.Remote), release.Asked) {
				releases = append(releases, release)
			}
		}
	}
	return releases
}

// notHeld refuses to bring back by a commit what is held.
func (b *back) notHeld(f *workFile, then *audit.Served) error {
	if held := b.held(f, then, anyHold); len(held) > 0 {
		return b.declinef("%s is held in %s, and comes in by its name only; if it is meant: muster promote %s --to %s --thaw", releaseList(held), b.name, held[0], b.name)
	}
	return nil
}

// choices is how many commits to go back to are offered.
const choices = 3

// onlyBack refuses a step back, if nobody has named it, that brings in again what was taken back since, by a revert or a kill switch:
// it would be a step forth. It says what there is to choose from, by the commits as of which the cohort was last served what
// label tells, and goes on from the first to those that are wanted.
func (b *back) onlyBack(then *compiler.Live, at history.Commit, wanted func(*compiler.Live) (bool, error), label func(*compiler.Live) (string, error)) error {
	again := b.takenBackSince(then)
	if b.to != "" || len(again) == 0 {
		return nil
	}
	b.remarkf("what %s had before would bring %s in again, which has been taken back since; say with --to what is meant:", b.name, releaseList(again))
	seen := map[string]bool{}
	for i := 0; i < choices && then != nil; i++ {
		name, err := label(then)
		if err != nil {
			return err
		}
		seen[name] = true
		line := fmt.Sprintf("--to %s  of %s: %s", short(at.ID), at.Time.UTC().Format(time.RFC3339), name)
		if again := b.takenBackSince(then); len(again) > 0 {
			line += ", with " + releaseList(again)
		}
		fmt.Fprintln(b.cmd.ErrOrStderr(), "  "+printable(line))
		then, at, err = compiler.Previous(b.repo, at, b.name, func(l *compiler.Live) (bool, error) {
			if ok, err := wanted(l); !ok || err != nil {
				return false, err
			}
			name, err := label(l)
			return !seen[name], err
		})
		if err != nil {
			return err
		}
	}
	return exitStatus(exitFindings)
}

// takenBackSince are the releases that a cohort, or the one remote in it, was served then and has lost to older ones or to none.
func (b *back) takenBackSince(then *compiler.Live) []resolve.Change {
	return slices.DeleteFunc(compiler.TakenBack(then.Served(b.name), b.now), func(r resolve.Change) bool { return b.only != "" && r.Remote != b.only })
}

// manifest names what a cohort is served as a whole.
func (b *back) manifest(l *compiler.Live) (string, error) {
	id, _, err := l.ManifestID(b.name)
	return "manifest " + short(id.String()), err
}

// release names what a cohort is served of the remote.
func (b *back) release(l *compiler.Live) (string, error) {
	return b.only + " " + audit.Text(l.Served(b.name).Pin(b.only)), nil
}

// hold keeps a release from coming in again, if it is still declared.
func (b *back) hold(f *workFile, release resolve.Change, reason string) error {
	remote := b.registry.Remote(release.Remote)
	declared := func(r registry.Release) bool { return r.Version.Value == release.Asked }
	if remote == nil || !slices.ContainsFunc(remote.Releases, declared) || holdOf(f, release, registry.HeldByRollback) >= 0 {
		return nil
	}
	return f.Append(edit.Map{{Key: "remote", Value: edit.Text(release.Remote)}, {Key: "version", Value: edit.Text(release.Asked)},
		{Key: "because", Value: edit.Text(registry.HeldByRollback)}, {Key: "reason", Value: edit.Text(reason)}}, "holds")
}

// target finds what to go back to: what --to names, or else the nearest commit before start that is wanted. Nil if there is none.
func (b *back) target(start history.Commit, wanted func(*compiler.Live) (bool, error)) (*compiler.Live, history.Commit, error) {
	if b.to == "" {
		return compiler.Previous(b.repo, start, b.name, wanted)
	}
	at, err := b.named()
	if err != nil {
		return nil, at, err
	}
	then, at, err := compiler.At(b.repo, at)
	if err == nil && (then == nil || then.Served(b.name) == nil) {
		err = usagef("--to: %s was not served yet as of %q", b.name, b.to)
	}
	return then, at, err
}

// named is the commit that --to names, itself or by a manifest that the cohort was served.
func (b *back) named() (history.Commit, error) {
	at, err := b.repo.Resolve(b.to)
	if errors.Is(err, history.ErrUnknownRevision) && isManifestID(b.to) {
		return b.byManifest()
	}
	if errors.Is(err, history.ErrUnknownRevision) {
		return at, &usageError{fmt.Errorf("--to: %w", err)}
	}
	if err != nil {
		return at, err
	}
	if err := b.onLine(at); err != nil {
		return at, &usageError{fmt.Errorf("--to: %w", err)}
	}
	return at, nil
}

// onLine makes sure that a commit is on the first-parent line of HEAD. What others brought into it by a merge was never published as
// it stood.
func (c *changer) onLine(at history.Commit) error {
	for commit, err := range c.repo.Commits(c.head) {
		if err != nil || commit.ID == at.ID {
			return err
		}
	}
	before, err := c.repo.IsAncestor(at, c.head)
	if err == nil && before {
		err = fmt.Errorf("%s came to HEAD's branch by a merge, and what it compiles to was never published; name the merge, or another commit of git log --first-parent", short(at.ID))
	} else if err == nil {
		err = fmt.Errorf("%s is none of the commits that led to HEAD; name one of git log --first-parent", short(at.ID))
	}
	return err
}

// byManifest finds the commit with which the cohort was last given the manifest whose id begins with --to.
func (b *back) byManifest() (at history.Commit, err error) {
	reigns, err := compiler.Show(b.repo, b.head, strings.ToLower(b.to))
	if err != nil {
		return at, err
	}
	var id manifest.ID
	for _, r := range reigns {
		switch {
		case r.Cohort != b.name:
		case at.ID != "" && r.ID != id:
			return at, usagef("--to: several manifests of %s begin with %q; give more digits", b.name, b.to)
		default:
			at, id = history.Commit{ID: r.From.Step.ID.String(), Time: r.From.Step.Time}, r.ID
		}
	}
	if at.ID == "" {
		return at, usagef("--to: %q is no revision, and %s was served no manifest whose id begins so", b.to, b.name)
	}
	return at, nil
}

// takeRemoteBack pins the release that the cohort had of a remote.
func (b *back) takeRemoteBack() error {
	if _, err := b.thawed(b.name); err != nil {
		return err
	}
	if _, err := b.remote(b.only); err != nil {
		return err
	}
	pin := b.now.Pin(b.only)
	if pin == nil {
		return noPin(b.now, b.only)
	}
	if reason := pin.Disabled(); !reason.IsZero() {
		return b.declinef("%s is switched off in %s: %s; to switch it on with another release: muster enable %s --in %s --version ...",
			b.only, pin.From.Cohort.Name, reason, b.only, pin.From.Cohort.Name)
	}
	f, err := b.cohortFile(b.name)
	if err != nil {
		return err
	}
	other := func(l *compiler.Live) (bool, error) { return b.other(f, pin, l.Served(b.name)), nil }
	then, at, err := b.target(b.from, other)
	if err != nil {
		return err
	}
	if then == nil {
		return b.declinef("%s had no release of %s before %s that may come in; to take it off: muster disable %s --in %s", b.name, b.only, audit.Text(pin), b.only, b.name)
	}
	was := then.Served(b.name).Pin(b.only)
	if was == nil || len(was.Choices) != 1 {
		return b.declinef("--to: %s had no single release of %s then, but %s", b.name, b.only, cmp.Or(audit.Text(was), "none"))
	}
	if err := b.onlyBack(then, at, other, b.release); err != nil {
		return err
	}
	b.instead = fmt.Sprintf("to go back to something else: muster rollback %s --remote %s --to a commit, or a manifest's id", b.name, b.only)
	return b.pinAgain(f, then.Served(b.name), was.Choices[0].Release.Version.Value, at)
}

// other reports whether a cohort had a single release of the remote that is not what it has now, and is not held.
func (b *back) other(f *workFile, now *resolve.Pin, then *audit.Served) bool {
	was := then.Pin(b.only)
	return was != nil && len(was.Choices) == 1 && audit.Text(was) != audit.Text(now) &&
		holdOf(f, resolve.Change{Remote: b.only, Asked: was.Choices[0].Release.Version.Value}, anyHold) < 0
}

func (b *back) pinAgain(f *workFile, then *audit.Served, version string, at history.Commit) error {
	if err := f.Set(edit.Text(version), "pins", b.only); err != nil {
		return err
	}
	for _, release := range compiler.TakenBack(b.now, then) {
		if release.Remote == b.only {
			if err := b.hold(f, release, cmp.Or(b.reason, "rolled back to "+version)); err != nil {
				return err
			}
		}
	}
	return b.apply(change{action: "rollback", subject: fmt.Sprintf("%s: roll back %s to %s", b.name, b.only, version), body: b.reason,
		trailers: [][2]string{{"Muster-Cohort", b.name}, {"Muster-Remote", b.only + "@" + version}, {"Muster-Commit", at.ID}}})
}
