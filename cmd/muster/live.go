package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/audit"
	"muster/compiler/history"
)

func newLive(g *globals) *cobra.Command {
	var moment string
	cmd := &cobra.Command{
		Use:   "live [cohort]",
		Short: "what every cohort was served at a moment",
		Long: "live tells which release of what each cohort was served, as of the last commit of the first-parent line that was there at\n" +
			"a moment, or as of the newest. From a commit until the last user has it, publishing and the ttl pass.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes a cohort, not %d arguments", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := parseTime("--time", moment, true)
			if err != nil {
				return err
			}
			if moment == "" {
				return g.live(cmd, args, nil)
			}
			return g.live(cmd, args, &at)
		},
	}
	cmd.Flags().StringVar(&moment, "time", "", "the `time`, such as 2026-11-20T14:05Z; without a zone it is UTC")
	return cmd
}

func (g *globals) live(cmd *cobra.Command, args []string, moment *time.Time) error {
	repo, tip, err := g.openAt()
	if err != nil {
		return err
	}
	defer repo.Close()
	dated, err := datedCommit(repo, tip, moment)
	if err != nil {
		return err
	}
	state, from, err := compiler.At(repo, dated.Commit)
	if err != nil {
		return err
	}
	if state == nil {
		return nothingServed(cmd, repo, dated.Commit)
	}
	served := state.State.Cohorts
	if len(args) == 1 {
		s, err := cohortOf(state, args[0])
		if err != nil {
			return err
		}
		served = []*audit.Served{s}
	}
	answer, err := liveAnswer(repo, state, from, dated, served)
	if err != nil {
		return err
	}
	warnDoubtful(cmd.ErrOrStderr(), dated, moment)
	if from.ID != dated.Commit.ID {
		fmt.Fprintf(cmd.ErrOrStderr(), "muster: commit %s does not compile: what was served is that of %s\n", short(dated.Commit.ID), short(from.ID))
	}
	if g.output == "json" {
		return writeJSON(cmd.OutOrStdout(), answer)
	}
	return answer.text(cmd.OutOrStdout())
}

// datedCommit is the last commit that was there at a moment, or the tip for none.
func datedCommit(repo *history.Repository, tip history.Commit, moment *time.Time) (compiler.Dated, error) {
	if moment == nil {
		serial, err := repo.Serial(tip)
		return compiler.Dated{Commit: tip, Serial: serial}, err
	}
	d, err := compiler.LastBefore(repo, tip, *moment)
	if errors.Is(err, compiler.ErrNoCommit) {
		return d, &usageError{err}
	}
	return d, err
}

// warnDoubtful says which other commits it could have been.
func warnDoubtful(w io.Writer, d compiler.Dated, moment *time.Time) {
	if len(d.Doubtful) == 0 {
		return
	}
	oldest := d.Doubtful[len(d.Doubtful)-1]
	fmt.Fprintf(w, "muster: dates run backwards here: by the order of commits, what was served at %s could be that of any of the %d commits from %s to %s\n",
		moment.UTC().Format(stamp), len(d.Doubtful), short(oldest.ID), short(d.Commit.ID))
}

// openAt opens the repository and finds the commit that --at names, or HEAD.
func (g *globals) openAt() (*history.Repository, history.Commit, error) {
	repo, err := g.openHistory()
	if err != nil {
		return nil, history.Commit{}, err
	}
	tip, err := resolveRevision(repo, cmp.Or(g.at, "HEAD"))
	if err != nil {
		repo.Close()
	}
	return repo, tip, err
}

// cohortOf finds a cohort of a state by its name.
func cohortOf(state *compiler.Live, name string) (*audit.Served, error) {
	if s := state.Served(name); s != nil {
		return s, nil
	}
	var names []string
	for _, s := range state.State.Cohorts {
		names = append(names, s.Declared.Name.Value)
	}
	return nil, unknownName("cohort", name, names)
}

// commitRecord is a commit as answers tell of it.
type commitRecord struct {
	Commit      string `json:"commit"`
	Time        string `json:"time"`
	Author      person `json:"author"`
	Subject     string `json:"subject"`
	PullRequest string `json:"pullRequest,omitempty"`
}

func commitOf(repo *history.Repository, id string) (commitRecord, error) {
	object, err := history.ParseID(id)
	if err != nil {
		return commitRecord{}, err
	}
	r, err := repo.Record(object)
	if err != nil {
		return commitRecord{}, err
	}
	m := audit.ParseMessage(r.Message)
	return commitRecord{id, r.Committer.When.UTC().Format(time.RFC3339), personOf(r.Author), m.Subject, m.PullRequest}, nil
}

func (c commitRecord) String() string {
	text := fmt.Sprintf("%s of %s, %s: %s", short(c.Commit), c.Time, c.Author, c.Subject)
	if c.PullRequest != "" {
		text += " (request " + c.PullRequest + ")"
	}
	return printable(text)
}

type liveRecord struct {
	Commit  commitRecord `json:"commit"`
	Serial  int          `json:"serial"`
	Cohorts []liveCohort `json:"cohorts"`
	// Doubtful are the commits that it could have been, the newest first, where dates run backwards.
	Doubtful []string `json:"doubtful,omitempty"`
}

type liveCohort struct {
	Cohort   string            `json:"cohort"`
	Audience string            `json:"audience"`
	Manifest string            `json:"manifest"`
	Frozen   string            `json:"frozen,omitempty"` // at this commit
	Remotes  map[string]string `json:"remotes"`          // what each remote comes to
	order    []string
}

func liveAnswer(repo *history.Repository, state *compiler.Live, from history.Commit, d compiler.Dated, served []*audit.Served) (liveRecord, error) {
	answer := liveRecord{Serial: d.Serial}
	for _, c := range d.Doubtful {
		answer.Doubtful = append(answer.Doubtful, c.ID)
	}
	var err error
	if answer.Commit, err = commitOf(repo, from.ID); err != nil {
		return answer, err
	}
	if from.ID != d.Commit.ID {
		if answer.Serial, err = repo.Serial(from); err != nil {
			return answer, err
		}
	}
	for _, s := range served {
		name := s.Declared.Name.Value
		c := liveCohort{Cohort: name, Audience: audit.Audience(s.Declared.Audience), Remotes: map[string]string{}}
		if s.Declared.Frozen != nil {
			c.Frozen = s.Declared.Frozen.At.Value
		}
		id, _, err := state.ManifestID(name)
		if err != nil {
			return answer, err
		}
		c.Manifest = id.String()
		for i := range s.Pins {
			remote := s.Pins[i].Remote.Name.Value
			c.Remotes[remote] = audit.Text(s.Pins[i])
			c.order = append(c.order, remote)
		}
		answer.Cohorts = append(answer.Cohorts, c)
	}
	return answer, nil
}

func (a liveRecord) text(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "commit %s, serial %d\n", a.Commit, a.Serial)
	for _, c := range a.Cohorts {
		frozen := ""
		if c.Frozen != "" {
			frozen = ", frozen at " + c.Frozen
		}
		fmt.Fprintf(table, "\n%s (%s%s), manifest %s\n", c.Cohort, printable(c.Audience), frozen, c.Manifest)
		for _, remote := range c.order {
			fmt.Fprintf(table, "  %s\t%s\n", remote, printable(c.Remotes[remote]))
		}
	}
	return table.Flush()
}
