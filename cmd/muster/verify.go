package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/history"
	"muster/compiler/note"
	"muster/compiler/registry"
	"muster/compiler/site"
	"muster/compiler/verify"
)

// verification is what verify is asked.
type verification struct {
	keys      []string
	threshold int
	entries   bool
	origin    string
	newest    int
	all       bool
	limit     time.Duration
}

func newVerify(g *globals) *cobra.Command {
	var q verification
	cmd := &cobra.Command{
		Use:   "verify url|folder",
		Short: "prove that what is served is what git says",
		Long: "verify reads what is published as a browser does, from its URL or from a folder, and holds it against git. It has four levels:\n\n" +
			"  served   the pointer is signed, of this registry, the newest, and has not expired; each object that it names is there, with the\n" +
			"           right content and header fields\n" +
			"  history  the log has no gap, each entry names the one before, each commit is that of its serial on the line of first parents\n" +
			"  rebuild  the pointer's commit compiles to these manifests, byte for byte\n" +
			"  entries  (with --entries) each remote's files are, at their origins, what the manifests say\n\n" +
			"Whose signatures count, the registry's name and the line of commits are those of HEAD, or of the commit that --at names, and never\n" +
			"those of the commit that the pointer names: whoever can publish could name an old commit, with keys that are no longer good.\n" +
			"So fetch first, and let --at name the branch that is published from, such as origin/main. Without the repository give the keys with\n" +
			"--key; then history is held against itself only, and nothing is rebuilt. The exit status is 4 if anything is not as it should be, and\n" +
			"75 if all is that answers, and something doesn't.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usagef("%s takes a URL or a folder, such as: %s https://manifests.acme.example/", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.verify(cmd, args[0], q) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&q.keys, "key", nil, "a public `key` whose signatures count, instead of the registry's; may be repeated")
	f.IntVar(&q.threshold, "threshold", 1, "how many of the keys have to sign")
	f.BoolVar(&q.entries, "entries", false, "read every remote's files from their origins")
	f.StringVar(&q.origin, "origin", "", "with --entries, the `origin` of the page that loads them, such as https://shop.acme.example")
	f.DurationVar(&q.limit, "timeout", 10*time.Minute, "how long all of it may take: a `duration`")
	f.BoolVar(&q.all, "all", false, "compile the commit of every entry of the log, not just the pointer's")
	f.IntVar(&q.newest, "log", 0, "read only the newest `entries` of the log; 0: all")
	return cmd
}

func (g *globals) verify(cmd *cobra.Command, target string, q verification) error {
	v, err := q.verifier(cmd)
	if err != nil {
		return err
	}
	v.Site, err = site.Open(target, site.Options{})
	if errors.Is(err, site.ErrTarget) || errors.Is(err, site.ErrInsecure) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	defer v.Site.Close()
	closeRepository, err := g.trust(cmd, v)
	if err != nil {
		return err
	}
	defer closeRepository()
	if q.all && v.Git == nil {
		return fmt.Errorf("--all compiles commits: %s", v.NoGit)
	}
	if err := q.replaceKeys(v); err != nil {
		return err
	}
	report, err := v.Verify(cmd.Context())
	if err != nil {
		return err
	}
	record, err := verifiedOf(target, report)
	if err != nil {
		return err
	}
	if err := verifications[g.output](cmd.OutOrStdout(), record); err != nil {
		return err
	}
	return record.conclude(cmd.ErrOrStderr())
}

// verifier is what the command's own flags say.
func (q verification) verifier(cmd *cobra.Command) (*verify.Verifier, error) {
	v := &verify.Verifier{Newest: q.newest, All: q.all, Limit: q.limit, Clock: site.WallClock(), NoEntries: "not asked for (--entries)"}
	switch {
	case q.limit <= 0:
		return nil, usagef("--timeout takes a duration such as 10m, not %s", q.limit)
	case q.newest < 0:
		return nil, usagef("--log takes a number of entries, or 0 for all")
	case len(q.keys) == 0 && cmd.Flags().Changed("threshold"):
		return nil, usagef("--threshold says how many keys given with --key have to sign; the registry's own threshold is in its policy")
	case q.origin != "" && !q.entries:
		return nil, usagef("--origin says who loads the files that --entries reads")
	}
	if q.entries {
		v.Entries = site.NewClient(site.Options{Origin: q.origin})
	}
	return v, nil
}

// replaceKeys takes the keys that --key gives instead of the registry's.
func (q verification) replaceKeys(v *verify.Verifier) error {
	if len(q.keys) == 0 {
		return nil
	}
	var keys []note.Key
	for _, text := range q.keys {
		k, err := note.ParseKey(text)
		if err != nil {
			return usagef("--key: %w", err)
		}
		keys = append(keys, k)
	}
	var err error
	if v.Trust.Keys, err = note.NewKeys(q.threshold, keys...); err != nil {
		return usagef("--key: %w", err)
	}
	return nil
}

// trust finds what is known beforehand: the registry and its line of commits. Where none was named, and none is here, that is
// fine, and the levels that need it say so.
func (g *globals) trust(cmd *cobra.Command, v *verify.Verifier) (done func(), err error) {
	done = func() {}
	repo, err := g.openHistory()
	if errors.Is(err, history.ErrNotRepository) && g.at == "" {
		v.NoGit = "there is no git repository here; -C names one"
		return done, g.trustFolder(v)
	}
	if err != nil {
		return done, err
	}
	tip, err := resolveRevision(repo, cmp.Or(g.at, "HEAD"))
	if err == nil {
		err = trustCommit(repo, tip, v)
	}
	if errors.Is(err, errNothingThere) && g.at == "" && !cmd.Flags().Changed("dir") {
		repo.Close()
		v.NoGit = "there is no registry in this repository; -C names one"
		return done, nil
	}
	if err != nil {
		repo.Close()
		return done, err
	}
	return func() { repo.Close() }, nil // it was opened for reading
}

var errNothingThere = errors.New("there is nothing to hold it against")

// trustCommit trusts what is served as of a commit: if that does not compile, the one before it that does.
func trustCommit(repo *history.Repository, tip history.Commit, v *verify.Verifier) error {
	live, _, err := compiler.At(repo, tip)
	if err != nil {
		return err
	}
	if live == nil {
		if err := isThere(repo, tip); err != nil {
			return fmt.Errorf("%w: %w", errNothingThere, err)
		}
		return fmt.Errorf("no commit up to %s compiles, so there is nothing to hold it against; name one with --at", short(tip.ID))
	}
	v.Git = &verify.Git{Repo: repo, Tip: tip}
	v.Trust, err = verify.TrustOf(live.State.Registry.Policy)
	return err
}

// trustFolder trusts the policy in a folder that is in no repository, if it has one.
func (g *globals) trustFolder(v *verify.Verifier) error {
	root, err := os.OpenRoot(g.dir)
	if err != nil {
		return fmt.Errorf("opening the registry: %w", err)
	}
	defer root.Close()
	if _, err := root.Stat("schema"); err != nil {
		return nil
	}
	r, found, err := registry.Load(root.FS(), registry.Options{})
	if err != nil {
		return err
	}
	if r == nil || found.HasErrors() {
		return fmt.Errorf("the registry in %q has errors; muster check shows them", g.dir)
	}
	v.Trust, err = verify.TrustOf(r.Policy)
	return err
}

// verified is what verify tells.
type verified struct {
	Target string          `json:"target"`
	Result verify.Result   `json:"result"`
	Serial int             `json:"serial,omitempty"`
	Commit string          `json:"commit,omitempty"`
	Levels []verifiedLevel `json:"levels"`
}

type verifiedLevel struct {
	Level    string            `json:"level"`
	Result   verify.Result     `json:"result"`
	Summary  string            `json:"summary,omitempty"`
	Findings []verifiedFinding `json:"findings"`
}

type verifiedFinding struct {
	ID      string    `json:"id"`
	Object  string    `json:"object"`
	Message string    `json:"message"`
	Changes []changed `json:"changes,omitempty"` // from what git says to what is served
}

func verifiedOf(target string, r *verify.Report) (*verified, error) {
	out := &verified{Target: target, Result: r.Result()}
	if r.Pointer != nil {
		out.Serial, out.Commit = r.Pointer.Serial, r.Pointer.Commit
	}
	for _, l := range r.Levels {
		level := verifiedLevel{Level: l.Name, Result: l.Result, Summary: l.Summary, Findings: []verifiedFinding{}}
		for _, f := range l.Findings {
			changes, err := differences(f.Was, f.Is)
			if err != nil {
				return nil, err
			}
			level.Findings = append(level.Findings, verifiedFinding{f.ID, f.Object, f.Message, changes})
		}
		out.Levels = append(out.Levels, level)
	}
	return out, nil
}

// verifications are the ways to tell what was verified.
var verifications = map[string]func(io.Writer, *verified) error{
	"text": verifiedText,
	"json": func(w io.Writer, v *verified) error { return writeJSON(w, v) },
}

// mostChanges is how many differences of one document are shown to people.
const mostChanges = 5

func verifiedText(w io.Writer, v *verified) error {
	words := map[verify.Result]string{verify.OK: "ok", verify.Drift: "DRIFT", verify.Unavailable: "no answer", verify.Skipped: "skipped"}
	var b strings.Builder
	for _, l := range v.Levels {
		if len(l.Findings) == 0 {
			fmt.Fprintf(&b, "%-8s %-9s  %s\n", l.Level, words[l.Result], printable(l.Summary))
		}
		for _, f := range l.Findings {
			fmt.Fprintf(&b, "%-8s %-9s  %s: %s [%s]\n", l.Level, words[resultOf(f)], printable(f.Object), printable(f.Message), f.ID)
			for i, c := range f.Changes {
				if i == mostChanges {
					fmt.Fprintf(&b, "    and %s more\n", counted(len(f.Changes)-i, "difference"))
					break
				}
				fmt.Fprintf(&b, "    %s\n", c)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// resultOf is what a finding makes of its level.
func resultOf(f verifiedFinding) verify.Result {
	if strings.HasSuffix(f.ID, "/"+string(verify.Unavailable)) {
		return verify.Unavailable
	}
	return verify.Drift
}

// conclude says what it comes to, and turns it into the exit status.
func (v *verified) conclude(w io.Writer) error {
	findings, skipped := 0, 0
	for _, l := range v.Levels {
		findings += len(l.Findings)
		if l.Result == verify.Skipped {
			skipped++
		}
	}
	switch v.Result {
	case verify.Drift:
		fmt.Fprintf(w, "%s: what is served is not what it should be\n", counted(findings, "finding"))
		return exitStatus(exitDrift)
	case verify.Unavailable:
		fmt.Fprintf(w, "%s: something does not answer now; try again\n", counted(findings, "finding"))
		return exitStatus(exitTryAgain)
	}
	left := ""
	if skipped > 0 {
		left = fmt.Sprintf(", as far as was looked; %s skipped", counted(skipped, "level"))
	}
	fmt.Fprintf(w, "what is served is what it should be%s\n", left)
	return nil
}
