package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os/signal"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/cdn"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/publish"
	"muster/compiler/site"
	"muster/compiler/store"
)

// publishing is what publish is asked.
type publishing struct {
	keys                       []string
	dry, refresh, repair, wait bool
	url, config                string
}

func newPublish(g *globals) *cobra.Command {
	var q publishing
	cmd := &cobra.Command{
		Use:   "publish destination",
		Short: "put a commit where browsers fetch it",
		Long: "publish compiles a commit, HEAD or the one that --at names, and puts it into a store: file:DIR, s3://BUCKET/PREFIX or\n" +
			"azblob://CONTAINER/PREFIX. It writes the manifests first, then the serial's entry in the log, and swaps the pointer last, and only\n" +
			"forward: where a later commit is published already, nothing is done. It may be run again at any time. Credentials come from the\n" +
			"environment, as the stores' own tools take them. The exit status is 4 if what is in the store is not what git says, and 75 if the\n" +
			"store does not answer now.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("%s takes one destination, such as: %s s3://bucket/prefix", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if q.config != "" {
				return g.printConfig(cmd, q.config, args[0])
			}
			return g.publish(cmd, args[0], q)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&q.keys, "key", nil, "sign with the private key in this `source`: a file, env:NAME, or exec:COMMAND; may be repeated")
	f.BoolVar(&q.dry, "dry-run", false, "show what would be done, and fail where that would")
	f.BoolVar(&q.refresh, "refresh", false, "issue the pointer anew if the commit is published already, so that it expires later")
	f.BoolVar(&q.repair, "repair", false, "replace a pointer that can't be read or is not to be believed")
	f.BoolVar(&q.wait, "wait", false, "wait until it is served at the registry's baseURL, and say how long that took")
	f.StringVar(&q.url, "url", "", "the `URL` to look at with --wait, in place of the registry's baseURL")
	f.StringVar(&q.config, "print-config", "", "publish nothing, and print the configuration of this `kind` of server for an origin, https://… or file:DIR:\n"+strings.Join(cdn.Kinds(), ", "))
	complete(cmd, "print-config", cdn.Kinds())
	return cmd
}

func (g *globals) publish(cmd *cobra.Command, destination string, q publishing) error {
	if q.url != "" && !q.wait || q.wait && q.dry {
		return usagef("--url is where --wait looks, and a dry run changes nothing to wait for")
	}
	to, err := openDestination(destination)
	if err != nil {
		return err
	}
	c, err := g.compileCommit(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	p := &publish.Publisher{Store: to, Headers: c.result.Headers, Refresh: q.refresh, Repair: q.repair, Now: time.Now}
	if err := authenticate(p, c.result.Policy, q.keys); err != nil {
		return err
	}
	if q.dry {
		p.Store = publish.Dry(to)
	}
	bar := newProgress(cmd.ErrOrStderr(), len(c.result.Manifests))
	p.Did = bar.did
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	defer stop()
	report, err := p.Publish(ctx, c.result.Release(c.repo, c.commit))
	bar.end()
	if err != nil {
		return fmt.Errorf("publishing to %s: %w", to, err)
	}
	record := publicationOf(c, to, report, q.dry)
	if err := publications[g.output](cmd.OutOrStdout(), record); err != nil {
		return err
	}
	concludePublish(cmd.ErrOrStderr(), record, report)
	if q.wait {
		return await(ctx, cmd.ErrOrStderr(), cmp.Or(q.url, c.result.Policy.BaseURL.Value), record)
	}
	return nil
}

// await waits until a URL serves what was published, or something later.
func await(ctx context.Context, w io.Writer, url string, p *publication) error {
	public, err := site.Open(url, site.Options{})
	if err != nil {
		return &usageError{err}
	}
	defer public.Close()
	limit := patiences * time.Duration(p.Promise.TTL) * time.Second
	took, err := public.Wait(ctx, p.Serial, limit, site.WallClock())
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", url, err)
	}
	late := ""
	if took > time.Duration(p.Promise.TTL)*time.Second {
		late = fmt.Sprintf(", and ttl promises %d s: see that the caches on the way are those of registry.cdn", p.Promise.TTL)
	}
	fmt.Fprintf(w, "%s serves it after %.1f s%s\n", url, took.Seconds(), late)
	return nil
}

// patiences is for how many ttls it is waited.
const patiences = 5

// compiledCommit is a commit's registry and what it compiles to.
type compiledCommit struct {
	*source
	commit history.Commit
	result *compiler.Result
}

// compileCommit compiles HEAD or the commit that --at names, from git's own objects. A work tree that differs from HEAD is no
// commit, and who has one may not mean HEAD.
func (g *globals) compileCommit(cmd *cobra.Command) (*compiledCommit, error) {
	s, err := g.open()
	if err != nil {
		return nil, err
	}
	unpublishable := s.Origin.Unpublishable
	s.Close()
	if unpublishable != "" {
		return nil, fmt.Errorf("only a commit can be published: %s%s", unpublishable, cureOf(unpublishable))
	}
	at := *g
	at.at = cmp.Or(g.at, "HEAD")
	if s, err = at.open(); err != nil {
		return nil, err
	}
	result, found, err := compiler.Compile(s.Input)
	if err == nil {
		err = g.render(cmd.ErrOrStderr(), s, found, "text")
	}
	if err == nil && result == nil {
		err = conclude(cmd.ErrOrStderr(), found)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return &compiledCommit{s, history.Commit{ID: s.Origin.Commit, Time: s.Origin.Time}, result}, nil
}

// cureOf is what to do about a registry that can't be published.
func cureOf(unpublishable string) string {
	switch unpublishable {
	case dirty:
		return "; commit the change, or name a commit with --at, such as --at HEAD"
	case incomplete:
		return "; fetch it: git fetch --unshallow (in CI: fetch-depth: 0)"
	}
	return ""
}

// publication is what publish tells.
type publication struct {
	Outcome    publish.Outcome `json:"outcome"`
	DryRun     bool            `json:"dryRun,omitempty"`
	Store      string          `json:"store"`
	Serial     int             `json:"serial"`
	Commit     string          `json:"commit"`
	Before     int             `json:"before,omitempty"` // the serial that was live
	Live       int             `json:"live,omitempty"`   // the serial that is live now
	Created    []string        `json:"created"`
	Found      []string        `json:"found"`
	PassedOver []int           `json:"passedOver,omitempty"`
	Expires    string          `json:"expires,omitempty"`
	Promise    policy.Promise  `json:"-"`
	sizes      map[string]int
}

func publicationOf(c *compiledCommit, to store.Store, r *publish.Report, dry bool) *publication {
	out := &publication{Outcome: r.Outcome, DryRun: dry, Store: to.String(), Serial: c.Origin.Serial, Commit: c.Origin.Commit,
		Created: slices.Sorted(slices.Values(r.Created)), Found: slices.Sorted(slices.Values(r.Found)),
		PassedOver: r.PassedOver, Promise: policy.PromiseOf(c.result.Policy), sizes: map[string]int{}}
	if r.Before != nil {
		out.Before = r.Before.Serial
	}
	if r.Live != nil {
		out.Live, out.Expires = r.Live.Serial, r.Live.Expires
	}
	for _, m := range c.result.Manifests {
		out.sizes[m.Path()] = len(m.Bytes)
	}
	return out
}

// publications are the ways to tell what was published.
var publications = map[string]func(io.Writer, *publication) error{
	"text": publicationText,
	"json": func(w io.Writer, p *publication) error { return writeJSON(w, p) },
}

// publicationText lists the objects in the order in which they were looked for: those that are new, and those that were there.
func publicationText(w io.Writer, p *publication) error {
	var b strings.Builder
	all := slices.Concat(p.Found, p.Created)
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(order(a)-order(b), strings.Compare(path.Dir(a), path.Dir(b)), len(a)-len(b), strings.Compare(a, b))
	})
	for _, name := range all {
		mark := map[bool]string{true: "+", false: "="}[slices.Contains(p.Created, name)]
		fmt.Fprintf(&b, "%s %s", mark, name)
		if size := p.sizes[name]; size > 0 {
			fmt.Fprintf(&b, "  %s", counted(size, "byte"))
		}
		b.WriteByte('\n')
	}
	if p.swapped() {
		fmt.Fprintf(&b, "> %s\n", manifest.PointerPath)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// order is 0 for objects that are looked for first, and 1 for the log.
func order(name string) int {
	if strings.HasPrefix(name, "log/") {
		return 1
	}
	return 0
}

// swapped reports whether the pointer is a new one.
func (p *publication) swapped() bool {
	return p.Outcome == publish.Published || p.Outcome == publish.Refreshed
}

// concludePublish says what it came to, for people.
func concludePublish(w io.Writer, p *publication, r *publish.Report) {
	commit := fmt.Sprintf("serial %d, commit %s", p.Serial, short(p.Commit))
	if r.Unproved != nil {
		fmt.Fprintf(w, "muster: the pointer that was there is not to be believed: %s\n", printable(r.Unproved.Error()))
	}
	if len(p.PassedOver) > 0 {
		fmt.Fprintf(w, "passed over in the log: serial %s\n", span(p.PassedOver))
	}
	tense := 0
	if p.DryRun {
		tense = 1
	}
	switch p.Outcome {
	case publish.Published:
		fmt.Fprintf(w, "%s %s, to %s%s\n", []string{"published", "would publish"}[tense], commit, p.Store, p.instead())
	case publish.Refreshed:
		fmt.Fprintf(w, "%s the pointer of %s, anew in %s\n", []string{"issued", "would issue"}[tense], commit, p.Store)
	case publish.Unchanged:
		fmt.Fprintf(w, "%s, is published in %s already\n", commit, p.Store)
	case publish.Superseded:
		fmt.Fprintf(w, "nothing was published: %s, comes too late, as %s has serial %d; to take a change back, publish the commit that does: muster rollback\n", commit, p.Store, max(p.Live, p.Serial+1))
		return
	}
	fmt.Fprintln(w, p.Promise)
}

func (p *publication) instead() string {
	if p.Before == 0 {
		return ""
	}
	return fmt.Sprintf(", in place of serial %d", p.Before)
}

// span writes ascending numbers as a range.
func span(numbers []int) string {
	first, last := numbers[0], numbers[len(numbers)-1]
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d to %d", first, last)
}
