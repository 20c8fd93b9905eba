package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler/cdn"
	"muster/compiler/publish"
	"muster/compiler/site"
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
				for _, name := range []string{"key", "dry-run", "refresh", "repair", "wait", "url"} {
					if cmd.Flags().Changed(name) {
						return usagef("--print-config publishes nothing, and --%s is about publishing; leave one of them out", name)
					}
				}
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
	if err := openable(q.url); err != nil {
		return &usageError{err}
	}
	to, err := openDestination(destination)
	if err != nil {
		return err
	}
	compile := g.compileCommit
	if q.refresh {
		compile = g.compileLastGood
	}
	c, err := compile(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	p := &publish.Publisher{Store: to, Headers: c.result.Headers, Refresh: q.refresh, Repair: q.repair, Now: time.Now, Proved: provedIn(c.repo)}
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
		return fmt.Errorf("publishing to %s: %w", to, orStopped(ctx, err))
	}
	record := publicationOf(c, to, report, q.dry)
	err = publications[g.output](cmd.OutOrStdout(), record)
	concludePublish(cmd.ErrOrStderr(), record, report) // published it is, whoever has stopped listening
	if q.wait && err == nil {
		return await(ctx, cmd.ErrOrStderr(), cmp.Or(q.url, c.result.Policy.BaseURL.Value), record)
	}
	return err
}

// openable is an error if nothing could be waited for at a URL, whatever is published. A folder may be yet to be made.
func openable(url string) error {
	if url == "" {
		return nil
	}
	s, err := site.Open(url, site.Options{})
	if err == nil {
		err = s.Close()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// orStopped is an error, or that a signal has ended the run.
func orStopped(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return tryAgainError{errors.New("it was told to stop; what is published is whole, and another run goes on from there")}
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
		return fmt.Errorf("waiting for %s: %w", url, orStopped(ctx, err))
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
