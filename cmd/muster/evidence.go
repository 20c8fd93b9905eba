package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler/diag"
	"muster/compiler/edit"
	"muster/compiler/evidence"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

func newEvidence(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "record what a pipeline proved of a release",
		Args:  noCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEvidenceAdd(g))
	return cmd
}

// proof is what `evidence add` is told of a run.
type proof struct{ kind, status, url, commit, report string }

func newEvidenceAdd(g *globals) *cobra.Command {
	var p proof
	var flags changeFlags
	cmd := &cobra.Command{
		Use:   "add remote@version kind",
		Short: "write what a pipeline says of a release, in the place of what it said before",
		Long: "add writes evidence of a kind, such as e2e or accessibility, into a release: whether the run passed, where to look at it, and of\n" +
			"which commit it was. With --from the status is what a JUnit XML report says; a run of which no test ran proves nothing.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("%s takes a release and a kind of evidence, such as: %s checkout@2.4.0 e2e", cmd.CommandPath(), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p.kind = args[1]
			if err := p.check(); err != nil {
				return err
			}
			c, err := g.openForChange(cmd, &flags)
			if err != nil {
				return err
			}
			defer c.Close()
			return c.addEvidence(args[0], p)
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.status, "status", "", "how the run ended: `passed` or failed")
	f.StringVar(&p.url, "url", "", "the `URL` of the run")
	f.StringVar(&p.commit, "source-commit", "", "the `id` of the commit that the pipeline ran on")
	f.StringVar(&p.report, "from", "", "a JUnit XML `report` of the run; - is standard input")
	complete(cmd, "status", []string{registry.Passed, registry.Failed})
	flags.add(cmd)
	return cmd
}

// What schema/v1 takes for a kind of evidence and for a commit.
var (
	evidenceKind = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	commitID     = regexp.MustCompile(`^[0-9a-f]{4,64}$`)
)

// check refuses what can't be meant, and lists all that is missing.
func (p *proof) check() error {
	var missing []string
	if p.status == "" && p.report == "" {
		missing = append(missing, "--status passed|failed, or --from with a JUnit report")
	}
	if p.url == "" {
		missing = append(missing, "--url with the address of the run")
	}
	switch {
	case !evidenceKind.MatchString(p.kind):
		return usagef("%q is no kind of evidence; one has lower-case letters, digits and dashes, such as e2e", p.kind)
	case p.status != "" && p.status != registry.Passed && p.status != registry.Failed:
		return usagef("--status takes %s or %s, not %q", registry.Passed, registry.Failed, p.status)
	case p.url != "" && !webAddress(p.url):
		return usagef("--url takes the https address of the run, not %q", p.url)
	case p.commit != "" && !commitID.MatchString(p.commit):
		return usagef("--source-commit takes a commit's id in lower-case hexadecimal digits, not %q", p.commit)
	case len(missing) > 0:
		return usagef("something is missing: %s", strings.Join(missing, "; "))
	}
	return nil
}

// webAddress reports whether people can follow a link to it.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

func (c *changer) addEvidence(release string, p proof) error {
	r, err := c.release(release)
	if err != nil {
		return err
	}
	if p.report != "" {
		if err := c.readReport(&p); err != nil {
			return err
		}
	}
	built := r.text("source", "commit")
	switch {
	case built != "" && p.commit == "":
		return usagef("--source-commit is missing: %s says that it was built from %s, and evidence counts for the commit that the pipeline ran on", r, short(built))
	case built != "" && !resolve.SameCommit(built, p.commit):
		c.remarkf("the pipeline ran on %s, and %s was built from %s: a cohort that requires %s will refuse it", short(p.commit), r, short(built), p.kind)
	}
	m := edit.Map{{Key: "status", Value: edit.Text(p.status)}, {Key: "url", Value: edit.Text(p.url)}}
	if p.commit != "" {
		m = append(m, edit.Field{Key: "commit", Value: edit.Text(p.commit)})
	}
	if err := r.file.Set(m, r.path("evidence", p.kind)...); err != nil {
		return err
	}
	return c.apply(change{
		action: "evidence", subject: fmt.Sprintf("%s: %s of %s %s", r.Remote, p.kind, r.Asked, p.status),
		trailers: [][2]string{{"Muster-Remote", r.String()}, {"Muster-Evidence", p.kind + " " + p.status}},
	})
}

// maxReport is more than evidence.JUnit reads, so that it is the one to refuse.
const maxReport = 16<<20 + 1

// readReport takes the status from a test report. One that says the contrary of --status, or nothing, is refused.
func (c *changer) readReport(p *proof) error {
	text, err := c.readFile(p.report)
	if err != nil {
		return fmt.Errorf("reading report: %w", err)
	}
	report, err := evidence.JUnit(text)
	if err != nil {
		return fmt.Errorf("%q: %w", p.report, err)
	}
	for _, w := range report.Warnings {
		c.remarkf("the report: %s", w)
	}
	said := registry.Failed
	if report.Passed() {
		said = registry.Passed
	}
	if p.status == "" && report.Tests == report.Skipped && report.Unshown == 0 {
		return c.declinef("no test ran: %s, of which %d were skipped; such a report proves nothing, and --status failed says so outright",
			counted(report.Tests, "test"), report.Skipped)
	}
	if p.status != "" && p.status != said {
		return c.declinef("--status %s: the report says %s: %s", p.status, said, summary(report))
	}
	p.status = said
	c.remarkf("the report: %s", summary(report))
	return nil
}

func (c *changer) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(c.cmd.InOrStdin(), maxReport))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxReport))
}

// summary is a report in a line, with the tests that failed.
func summary(r evidence.Report) string {
	text := fmt.Sprintf("%s, %d failed, %d broke off, %d skipped", counted(r.Tests, "test"), r.Failures, r.Errors, r.Skipped)
	if r.Unshown > 0 {
		text += fmt.Sprintf("; %s that no test shows", counted(r.Unshown, "more failure"))
	}
	if len(r.Failed) > 0 {
		text += "; " + diag.Quote(r.Failed[0])
		if n := r.Failures + r.Errors - 1; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
	}
	return text
}
