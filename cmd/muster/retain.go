package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/manifest"
)

func newRetain(g *globals) *cobra.Command {
	o := compiler.RetainOptions{}
	cmd := &cobra.Command{
		Use:   "retain",
		Short: "what must not be deleted of what was published",
		Long: "retain lists what is needed of what was published up to a commit: the manifests that cohorts are served, frozen or not; those\n" +
			"that they were served lately, as far back as --since or --serials reaches, whichever is further; those that `muster rollback`\n" +
			"brings back, however old; and the URLs of all entries and files that browsers load because of any of these. A page that stays\n" +
			"open keeps its manifest and loads remotes late: --since is to be longer than any page lives.\n\n" +
			"It prints one path below the place that is published to, or one URL, a line, each once and in the order of its bytes, the\n" +
			"paths first. pointer.json, _headers, log/first.json and the log entry of every serial are among them: they are never to be\n" +
			"deleted. With -o json it tells for each who needs it and why; there \"log/\" stands for all below.\n\n" +
			"What is not in the list may be new: a release that no cohort has had yet, or what is being published just now. A cleaning\n" +
			"job deletes what is not in the list and is also older than --since.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.retain(cmd, o) },
	}
	cmd.Flags().DurationVar(&o.Since, "since", 720*time.Hour, "needed is what was served within this `duration` before the commit's date")
	cmd.Flags().IntVar(&o.Serials, "serials", 50, "needed is what this `number` of serials before served, as compile --keep has them")
	return cmd
}

func (g *globals) retain(cmd *cobra.Command, o compiler.RetainOptions) error {
	if o.Since < 0 {
		return usagef("--since takes a duration such as 720h, not %s", o.Since)
	}
	if o.Serials < 0 {
		return usagef("--serials takes a number of serials, not %d", o.Serials)
	}
	repo, tip, err := g.openAt()
	if err != nil {
		return err
	}
	defer repo.Close()
	r, err := compiler.Retain(repo, tip, o)
	if err != nil {
		return err
	}
	if r == nil {
		return nothingServed(cmd, repo, tip)
	}
	if err := retained[g.output](cmd.OutOrStdout(), r); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "needed are %s and %s, of what was served from serial %d (%s, %s) to serial %d (%s, %s) and of what rollbacks bring back\n",
		counted(len(r.Manifests), "manifest"), counted(len(r.Addresses), "URL"), r.From.Serial, short(r.From.Commit.ID), r.From.Commit.Time.UTC().Format(time.RFC3339),
		r.Tip.Serial, short(r.Tip.Commit.ID), r.Tip.Commit.Time.UTC().Format(time.RFC3339))
	return nil
}

// retained are the ways to list what is needed.
var retained = map[string]func(io.Writer, *compiler.Retention) error{"text": retainedText, "json": retainedJSON}

const headersPath = "_headers"

func retainedText(w io.Writer, r *compiler.Retention) error {
	paths := []string{headersPath, manifest.PointerPath, manifest.FirstPath}
	for serial := range r.Tip.Serial {
		paths = append(paths, manifest.LogPath(serial+1))
	}
	for _, m := range r.Manifests {
		paths = append(paths, m.Path())
	}
	slices.Sort(paths)
	b := bufio.NewWriter(w)
	for _, path := range paths {
		fmt.Fprintln(b, path)
	}
	for _, a := range r.Addresses {
		fmt.Fprintln(b, printable(a.URL))
	}
	return b.Flush()
}

type retainedMark struct {
	Serial int    `json:"serial"`
	Commit string `json:"commit"`
	Time   string `json:"time"`
}

// retainedNeed is why something is needed: cohorts, and if none is served it now, since when.
type retainedNeed struct {
	Live     []string      `json:"live,omitempty"`
	Frozen   []string      `json:"frozen,omitempty"`
	Recent   []string      `json:"recent,omitempty"`
	Rollback []string      `json:"rollback,omitempty"`
	Until    *retainedMark `json:"until,omitempty"`
}

type retainedManifest struct {
	Path   string `json:"path"`
	Cohort string `json:"cohort"`
	SHA256 string `json:"sha256"`
	retainedNeed
}

type retainedURL struct {
	URL string `json:"url"`
	retainedNeed
}

func retainedJSON(w io.Writer, r *compiler.Retention) error {
	out := struct {
		Tip       *retainedMark      `json:"tip"`
		From      *retainedMark      `json:"from"`
		Always    []string           `json:"always"`
		Manifests []retainedManifest `json:"manifests"`
		URLs      []retainedURL      `json:"urls"`
	}{markOf(r.Tip), markOf(r.From), []string{headersPath, "log/", manifest.PointerPath}, []retainedManifest{}, []retainedURL{}}
	for _, m := range r.Manifests {
		out.Manifests = append(out.Manifests, retainedManifest{m.Path(), m.Cohort, m.ID.String(), needOf(m.Need)})
	}
	for _, a := range r.Addresses {
		out.URLs = append(out.URLs, retainedURL{a.URL, needOf(a.Need)})
	}
	return writeJSON(w, out)
}

func needOf(n compiler.Need) retainedNeed {
	return retainedNeed{n.Live, n.Frozen, n.Recent, n.Rollback, markOf(n.Until)}
}

// markOf is nil for the zero mark.
func markOf(m compiler.Mark) *retainedMark {
	if m.Serial == 0 {
		return nil
	}
	return &retainedMark{m.Serial, m.Commit.ID, m.Commit.Time.UTC().Format(time.RFC3339)}
}
