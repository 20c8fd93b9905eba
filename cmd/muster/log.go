package main

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/diag"
	"muster/compiler/history"
)

func newLog(g *globals) *cobra.Command {
	q := logQuestion{}
	cmd := &cobra.Command{
		Use:   "log [revision | revision..revision]",
		Short: "who promoted, rolled back, switched off or changed what, for whom, when",
		Long: "log tells what happened to the cohorts along the first-parent line of a branch, the newest commit first: not which lines\n" +
			"changed, but who got which release of what, through ranges, inheritance, splits and freezes. A commit whose registry\n" +
			"does not compile served nothing new, and is told as such. Filters may be repeated; several values are alternatives.\n" +
			"With -o it also writes jsonl (an event a line) and csv.",
		Annotations: map[string]string{moreFormats: "jsonl csv"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes a revision or a range such as v1..main, not %d arguments", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.log(cmd, args, &q) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&q.options.Cohorts, "cohort", nil, "only events of this `cohort`")
	f.StringArrayVar(&q.options.Remotes, "remote", nil, "only events about this `remote`")
	f.StringArrayVar(&q.options.Owners, "owner", nil, "only events about remotes of this `owner`")
	f.StringArrayVar(&q.options.Persons, "person", nil, "only commits that this `person` wrote, committed, co-authored or approved: a part of a name or address")
	f.StringArrayVar(&q.kinds, "kind", nil, "only events of this `kind`, such as promoted")
	f.StringVar(&q.since, "since", "", "only commits dated at this `time` or later, such as 2026-11-20T14:05Z")
	f.StringVar(&q.until, "until", "", "only commits dated at this `time` or earlier")
	f.IntVarP(&q.options.Limit, "limit", "n", 0, "tell at most this `number` of commits, the newest; 0 for all")
	complete(cmd, "kind", kindNames())
	return cmd
}

func kindNames() (names []string) {
	for _, k := range audit.Kinds {
		names = append(names, string(k))
	}
	return names
}

// logQuestion is what log is asked.
type logQuestion struct {
	options             compiler.LogOptions
	kinds               []string
	since, until        string
	revision, exclusive string
}

func (g *globals) log(cmd *cobra.Command, args []string, q *logQuestion) error {
	if err := q.parse(args, g.at); err != nil {
		return err
	}
	repo, err := g.openHistory()
	if err != nil {
		return err
	}
	defer repo.Close()
	tip, err := resolveRevision(repo, q.revision)
	if err != nil {
		return err
	}
	if q.exclusive != "" {
		if q.options.Without, err = resolveRevision(repo, q.exclusive); err != nil {
			return err
		}
	}
	entries, known, err := compiler.Log(repo, tip, q.options)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		if err := isThere(repo, tip); err != nil {
			return err
		}
		if err := q.checkNames(known); err != nil {
			return err
		}
	}
	if err := logged[g.output](cmd.OutOrStdout(), entries); err != nil {
		return err
	}
	if len(entries) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "nothing of that kind happened")
	}
	return nil
}

func (q *logQuestion) parse(args []string, at string) error {
	q.revision = "HEAD"
	switch {
	case len(args) == 1 && at != "":
		return usagef("log takes a revision or --at, not both")
	case len(args) == 1:
		q.revision = args[0]
		if from, to, isRange := strings.Cut(args[0], ".."); isRange {
			q.exclusive, q.revision = from, to
			if from == "" || to == "" || strings.HasPrefix(to, ".") {
				return usagef("%q is not a range such as v1..main", args[0])
			}
		}
	case at != "":
		q.revision = at
	}
	for _, name := range q.kinds {
		if !slices.Contains(kindNames(), name) {
			return usagef("there is no kind of event %q: %s", name, diag.DidYouMean(name, kindNames(), "the kinds are "+strings.Join(kindNames(), ", ")))
		}
		q.options.Kinds = append(q.options.Kinds, audit.Kind(name))
	}
	if q.options.Limit < 0 {
		return usagef("-n takes a number of commits, not %d", q.options.Limit)
	}
	var err error
	if q.options.Since, err = parseTime("--since", q.since, false); err == nil {
		q.options.Until, err = parseTime("--until", q.until, true)
	}
	return err
}

// timeForms are the ways to write a moment; without a zone it is UTC.
var timeForms = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02T15:04:05",
	"2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05 -0700", time.DateOnly}

// parseTime reads a moment; of a day it is the first second, or with last the last. The empty text is the zero time.
func parseTime(flag, text string, last bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range timeForms {
		t, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		if form == time.DateOnly && last {
			t = t.AddDate(0, 0, 1).Add(-time.Second)
		}
		return t.UTC(), nil
	}
	return time.Time{}, usagef("%s takes a time such as 2026-11-20T14:05Z or a day such as 2026-11-20, not %q", flag, text)
}

// checkNames refuses a filter by a name that the history never used.
func (q *logQuestion) checkNames(known compiler.Known) error {
	for _, filter := range []struct {
		what         string
		names, known []string
	}{{"cohort", q.options.Cohorts, known.Cohorts}, {"remote", q.options.Remotes, known.Remotes}, {"owner", q.options.Owners, known.Owners}} {
		for _, name := range filter.names {
			if !slices.Contains(filter.known, name) {
				return usagef("there never was a %s %q: %s", filter.what, name, diag.DidYouMean(name, filter.known, "the "+filter.what+"s are "+listing(filter.known)))
			}
		}
	}
	return nil
}

// listing names a few of many.
func listing(names []string) string {
	if n := len(names); n > 12 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:12], ", "), n-12)
	}
	return strings.Join(names, ", ")
}

// openHistory opens the repository that the flags name, which must have its whole history.
func (g *globals) openHistory() (*history.Repository, error) {
	debug.SetMemoryLimit(historyMemory)
	repo, err := g.openRepository()
	if err != nil {
		return nil, err
	}
	if err := repo.Complete(); err != nil {
		repo.Close()
		return nil, err
	}
	return repo, nil
}

// resolveRevision finds the commit that a user names.
func resolveRevision(repo *history.Repository, rev string) (history.Commit, error) {
	c, err := repo.Resolve(rev)
	if errors.Is(err, history.ErrUnknownRevision) {
		return c, &usageError{err}
	}
	return c, err
}

// logged are the ways to write a log.
var logged = map[string]func(io.Writer, []*compiler.Entry) error{"text": logText, "json": logJSON, "jsonl": logJSONL, "csv": logCSV}
