package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	bundle "muster/compiler/build"
	"muster/compiler/diag"
	"muster/compiler/edit"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
)

func newRelease(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "release",
		Short: "add a release to a remote from its build, or take one out of use",
		Args:  noCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newReleaseAdd(g))
	for _, s := range []releaseStatus{
		{registry.Deprecated, "deprecate", "keep ranges from choosing a release, and warn who pins it",
			"deprecate marks a release: ranges pass it over, and exact pins of it get a warning. Cohorts that have it keep it."},
		{registry.Revoked, "revoke", "make a release an error wherever it is served",
			"revoke marks a release that nobody may be served. While a cohort pins it, frozen ones included, that is an error: roll back or\n" +
				"disable there first, or in the same commit."},
	} {
		cmd.AddCommand(newReleaseStatus(g, s))
	}
	return cmd
}

func newReleaseAdd(g *globals) *cobra.Command {
	var o releaseOptions
	var flags changeFlags
	cmd := &cobra.Command{
		Use:   "add remote",
		Short: "add a release from what the bundler wrote",
		Long: "add reads a build and puts its release into the remote's file, before the first lower version. It takes what the build says,\n" +
			"computes integrity and sizes, and takes the rest from the release before it: contracts, and flags of shared packages that the\n" +
			"build leaves open. It tells what comes from there. What nothing says is asked for, all at once, with the flag that gives it.",
		Args: oneArgument("a remote, such as checkout"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.parse(); err != nil {
				return err
			}
			c, err := g.openForChange(cmd, &flags)
			if err != nil {
				return err
			}
			defer c.Close()
			return c.addRelease(args[0], o)
		},
	}
	o.add(cmd)
	flags.add(cmd)
	return cmd
}

// oneArgument asks for exactly one argument.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%s takes %s", cmd.CommandPath(), what)
		}
		return nil
	}
}

func (o *releaseOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "the `build`: its folder, mf-manifest.json, mf-stats.json, remoteEntry.json or the entry")
	f.StringVar(&o.version, "version", "", "the release's `version`; default: what the build says")
	f.StringVar(&o.like, "like", "", "the `version` that answers what the build leaves open; default: the highest below the new one")
	f.StringVar(&o.entry, "entry", "", "the entry's `URL`; default: that of the build's public path, or that of --like with the new version in it")
	f.StringVar(&o.base, "base", "", "the `URL` of the folder where the build is served from")
	f.StringVar(&o.kind, "type", "", "how the entry is loaded: `module` or global")
	f.StringVar(&o.bundler, "bundler", "", "what built it: a `name`, or name@version")
	f.StringVar(&o.federation, "federation", "", "the `version` of the Module Federation runtime in it")
	f.StringVar(&o.shareStrategy, "share-strategy", "", "the `strategy` of its configuration: version-first or loaded-first")
	f.StringArrayVar(&o.set, "set", nil, "a `field` of a shared package that the build leaves open, such as react.singleton=true; '*' is every package")
	f.StringVar(&o.sourceRepository, "source-repository", "", "the `URL` of the source; default: that of --like")
	f.StringVar(&o.sourceID, "source-commit", "", "the `commit` that was built; default: that of the git repository around the build, if nothing is changed there")
	complete(cmd, "type", []string{"module", "global"})
	complete(cmd, "share-strategy", []string{"version-first", "loaded-first"})
}

func (o *releaseOptions) parse() error {
	o.settings = nil
	for _, s := range o.set {
		set, err := parseSetting(s)
		if err != nil {
			return err
		}
		o.settings = append(o.settings, set)
	}
	for _, choice := range []struct {
		flag, value string
		values      []string
	}{{"--type", o.kind, []string{"module", "global"}}, {"--share-strategy", o.shareStrategy, []string{"version-first", "loaded-first"}}} {
		if choice.value != "" && !slices.Contains(choice.values, choice.value) {
			return usagef("%s takes %s, not %q", choice.flag, strings.Join(choice.values, " or "), choice.value)
		}
	}
	if o.entry != "" && o.base != "" {
		return usagef("--entry and --base both say where the entry is; give one of them")
	}
	if _, err := semver.ParseVersion(o.version); o.version != "" && err != nil {
		return usagef("--version takes a semantic version such as 2.5.0, not %q", o.version)
	}
	return nil
}

// addRelease reads a build and adds its release.
func (c *changer) addRelease(name string, o releaseOptions) error {
	file, err := c.remoteFile(name)
	if err != nil {
		return err
	}
	d := &draft{registry: c.registry, remote: c.registry.Remote(name), options: o}
	if err := d.read(c); err != nil {
		return err
	}
	version := d.version()
	releases, _ := file.Get("releases").(edit.List)
	if version != "" {
		if same := withSameVersion(releases, version); same != "" {
			return c.declinef("%s %s is released already: one version is one build; give this one another --version", name, same)
		}
	}
	if err := d.chooseLike(releases, version); err != nil {
		return err
	}
	release := d.release(version)
	if err := d.unknownSettings(); err != nil {
		return err
	}
	if len(d.missing) > 0 {
		return d.ask(c.cmd.ErrOrStderr())
	}
	d.tell(c, releases, release)
	if err := c.placeRelease(file, d.remote, release); err != nil {
		return err
	}
	return c.apply(change{
		action: "release", subject: fmt.Sprintf("%s: release %s", name, version), trailers: [][2]string{{"Muster-Remote", name + "@" + version}},
	})
}

// read reads the build, and refuses one that is none of the remote's.
func (d *draft) read(c *changer) (err error) {
	name := d.remote.Name.Value
	switch {
	case !d.remote.Code() && d.options.from == "":
		return nil
	case !d.remote.Code():
		return usagef("no bundler's build is behind a release of %s, of which %s; leave --from out", name, notCode(d.remote))
	case d.options.from == "":
		return usagef("--from is missing: the folder that the bundler wrote, or the description in it")
	}
	if d.build, err = bundle.Read(d.options.from); err != nil {
		return err
	}
	if refusal := d.foreign(); refusal != "" {
		return c.declinef("%s", refusal)
	}
	if d.options.sourceID == "" {
		dir := d.options.from
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			dir = filepath.Dir(dir)
		}
		if d.options.sourceID = sourceCommit(dir, c.globals.dir); d.options.sourceID != "" {
			d.remark("source.commit %s: that of the git repository around the build", short(d.options.sourceID))
		}
	}
	return nil
}

func notCode(r *registry.Remote) string {
	if r.Gateway {
		return "nothing is loaded: it is a gateway"
	}
	return "a browser loads a page: its runtime is " + r.Runtime
}

// foreign says why a build can't be one of the remote; "" if it can.
func (d *draft) foreign() string {
	b, r := d.build, d.remote
	if b.Kind != bundle.Bare && b.Runtime != r.Runtime {
		return fmt.Sprintf("the build is one of %s, and the runtime of %s is %s; is it the right build?", b.Runtime, r.Name, r.Runtime)
	}
	if b.Entry.Path == "" && r.Loaded() {
		return fmt.Sprintf("the build has no entry, as that of a host, and %s is a remote; is it the right build?", r.Name)
	}
	if b.Name == "" || b.Name == r.Container.Value || path.Base(b.Name) == r.Name.Value {
		return ""
	}
	for _, other := range d.registry.Remotes {
		if other != r && other.Container.Value == b.Name {
			return fmt.Sprintf("the build is of the container %s, which is that of %s, and not of %s", diag.Quote(b.Name), other.Name, r.Name)
		}
	}
	if b.Type == bundle.Global {
		return fmt.Sprintf("the build sets the global %s, and a page would look for %s: build it with that name, or write container: %s into the file of %s",
			diag.Quote(b.Name), diag.Quote(r.Container.Value), b.Name, r.Name)
	}
	if b.Runtime == registry.ModuleFederation {
		d.remark("the build's container is %s, and that of %s is %s; is it the right build?", diag.Quote(b.Name), r.Name, diag.Quote(r.Container.Value))
	}
	return ""
}

// sourceCommit is the commit that is checked out in the git repository around a build; "" if there is none, if anything in it
// is changed, or if it is the registry's own.
func sourceCommit(dir, registryDir string) string {
	top, ok := gitSays(dir, "rev-parse", "--show-toplevel")
	if ours, same := gitSays(registryDir, "rev-parse", "--show-toplevel"); !ok || same && ours == top {
		return ""
	}
	if changed, ok := gitSays(dir, "status", "--porcelain"); !ok || changed != "" {
		return ""
	}
	id, _ := gitSays(dir, "rev-parse", "--verify", "HEAD")
	return id
}

// gitSays asks git about the repository around a folder, whatever repository the environment names.
func gitSays(dir string, args ...string) (text string, ok bool) {
	git := exec.Command("git", append([]string{"-C", dir}, args...)...)
	git.Env = slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "GIT_DIR=") || strings.HasPrefix(s, "GIT_WORK_TREE=") || strings.HasPrefix(s, "GIT_INDEX_FILE=")
	})
	out, err := git.Output()
	return strings.TrimSpace(string(out)), err == nil
}

func withSameVersion(releases edit.List, version string) string {
	wanted, err := semver.ParseVersion(version)
	for _, r := range releases {
		if text, v, ok := versionOf(r); ok && err == nil && v.Compare(wanted) == 0 {
			return text
		}
	}
	return ""
}

// chooseLike finds the release that answers what the build leaves open: the one that is named, the highest below the new
// version, or else the highest.
func (d *draft) chooseLike(releases edit.List, version string) error {
	var names []string
	wanted, err := semver.ParseVersion(version)
	var best semver.Version
	bestIsBelow := false
	for _, r := range releases {
		text, v, ok := versionOf(r)
		names = append(names, text)
		if d.options.like != "" && text == d.options.like {
			d.like, _ = r.(edit.Map)
			return nil
		}
		below := err == nil && ok && v.Compare(wanted) < 0
		if ok && d.options.like == "" && (d.like == nil || below && !bestIsBelow || below == bestIsBelow && v.Compare(best) > 0) {
			d.like, _ = r.(edit.Map)
			best, bestIsBelow = v, below
		}
	}
	if d.options.like != "" {
		return usagef("--like: there is no release %q of %s: %s", d.options.like, d.remote.Name, diag.DidYouMean(d.options.like, names, "there are "+listing(names)))
	}
	return nil
}

// ask lists what is missing.
func (d *draft) ask(w io.Writer) error {
	silent := "the build does not say all that a release needs"
	if d.like != nil {
		silent += fmt.Sprintf(", and neither does %s %s", d.remote.Name, d.likeText("version"))
	}
	fmt.Fprintf(w, "muster: %s; give\n", silent)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range d.missing {
		fmt.Fprintf(table, "  %s\t%s\n", printable(m.flag), printable(m.what))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return exitStatus(exitUsage)
}

// tell says what a person should know of the release before it is added.
func (d *draft) tell(c *changer, releases edit.List, release edit.Map) {
	for _, r := range releases {
		m, _ := r.(edit.Map)
		if same := textAt(release, "integrity"); same != "" && textAt(m, "integrity") == same {
			d.remark("the entry is that of %s, byte for byte; is it the right build?", textAt(m, "version"))
		}
	}
	if d.build != nil {
		for _, w := range d.build.Warnings {
			c.remarkf("the build: %s", w)
		}
		for _, m := range d.unanswered() {
			c.remarkf("the build leaves open %s", m)
		}
	}
	for _, r := range d.remarks {
		c.remarkf("%s", r)
	}
	if len(d.taken) > 0 {
		c.remarkf("taken over from %s, check these:", d.likeText("version"))
		for _, t := range d.taken {
			fmt.Fprintf(c.cmd.ErrOrStderr(), "  %s\n", printable(t))
		}
	}
}

// newReleaseStatus is deprecate and revoke.
func newReleaseStatus(g *globals, s releaseStatus) *cobra.Command {
	var reason string
	var flags changeFlags
	cmd := &cobra.Command{
		Use:   s.verb + " remote@version",
		Short: s.short,
		Long:  s.long,
		Args:  oneArgument("a release, such as checkout@2.4.0"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return usagef("--reason is missing: on-call reads it at night")
			}
			c, err := g.openForChange(cmd, &flags)
			if err != nil {
				return err
			}
			defer c.Close()
			return c.setStatus(args[0], s, reason)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what is wrong with the release, in a `text` for those who have it")
	flags.add(cmd)
	return cmd
}

// releaseStatus is a status that takes a release out of use, with the command that sets it.
type releaseStatus struct{ status, verb, short, long string }

func (c *changer) setStatus(release string, s releaseStatus, reason string) error {
	r, err := c.release(release)
	if err != nil {
		return err
	}
	if s.status == registry.Deprecated && r.text("status") == registry.Revoked {
		return c.declinef("%s is revoked, which is more than deprecated; whoever wants it back edits %s", r, r.file.path)
	}
	for _, f := range []edit.Field{{Key: "status", Value: edit.Text(s.status)}, {Key: "reason", Value: edit.Text(reason)}} {
		if err := r.file.Set(f.Value, r.path(f.Key)...); err != nil {
			return err
		}
	}
	return c.apply(change{
		action: "release", subject: fmt.Sprintf("%s: %s %s", r.Remote, s.verb, r.Asked), body: reason, trailers: [][2]string{{"Muster-Remote", r.String()}},
	})
}

// filedRelease is a release and its place in the remote's file.
type filedRelease struct {
	resolve.Change
	file  *workFile
	place int
}

// path leads to a field of the release.
func (r filedRelease) path(fields ...string) []string {
	return append([]string{"releases", strconv.Itoa(r.place)}, fields...)
}

// text is a text of the release; "" if it is not there.
func (r filedRelease) text(fields ...string) string {
	t, _ := r.file.Get(r.path(fields...)...).(edit.Text)
	return string(t)
}

// release finds a release that a user names in its file.
func (c *changer) release(name string) (r filedRelease, err error) {
	named, err := c.namedRelease(name)
	if err != nil {
		return r, err
	}
	file, err := c.remoteFile(named.Remote)
	if err != nil {
		return r, err
	}
	releases, _ := file.Get("releases").(edit.List)
	at := slices.IndexFunc(releases, func(v edit.Value) bool {
		text, _, _ := versionOf(v)
		return text == named.Asked
	})
	return filedRelease{named, file, at}, nil
}
