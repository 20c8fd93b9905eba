package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/diag"
	"muster/compiler/resolve"
	"muster/compiler/share"
)

func newShare(g *globals) *cobra.Command {
	q := question{}
	cmd := &cobra.Command{
		Use:   "share [cohort [host]]",
		Short: "who gets which copy of which shared package",
		Long: "share replays what the browser does with shared packages, for a cohort and host, or for all of them: who brings\n" +
			"which version, who gets which copy and why, and what the console would say. --with answers \"what if\".",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 2 {
				return usagef("%s takes a cohort and a host, not %d arguments", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				q.cohort = args[0]
			}
			if len(args) > 1 {
				q.host = args[1]
			}
			return g.share(cmd, q)
		},
	}
	cmd.Flags().StringArrayVar(&q.with, "with", nil, "show the cohort as it would be with this `release`, such as checkout@2.5.0; may be repeated")
	cmd.Flags().StringVar(&q.pkg, "package", "", "show only this `package`")
	return cmd
}

// question is what share is asked.
type question struct {
	cohort, host, pkg string
	with              []string
	changes           []resolve.Change
}

func (g *globals) share(cmd *cobra.Command, q question) error {
	s, err := g.open()
	if err != nil {
		return err
	}
	defer s.Close()
	n, found, err := compiler.Negotiate(s.Input)
	if err != nil {
		return err
	}
	if n == nil {
		if err := g.render(cmd.OutOrStdout(), s, found, g.output); err != nil {
			return err
		}
		return conclude(cmd.ErrOrStderr(), found)
	}
	if err := q.validate(n); err != nil {
		return err
	}
	pages, found, err := q.pages(n)
	if err != nil {
		return err
	}
	if err := shared[g.output](cmd.OutOrStdout(), pages, found, diag.RenderOptions{Source: s.text, Color: g.colored(cmd.OutOrStdout())}); err != nil {
		return err
	}
	if n.Hidden > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "muster: errors elsewhere in the registry may leave something out here (%d): see muster check\n", n.Hidden)
	}
	if len(found) > 0 {
		err = conclude(cmd.ErrOrStderr(), found)
	}
	if err == nil && n.Hidden > 0 {
		return exitStatus(exitFindings)
	}
	return err
}

func (q *question) validate(n *compiler.Negotiation) error {
	known := func(what, name string, names []string) error {
		if name == "" || slices.Contains(names, name) {
			return nil
		}
		return usagef("there is no %s %q: %s", what, name, diag.DidYouMean(name, names, "the "+what+"s are "+strings.Join(names, ", ")))
	}
	if err := known("cohort", q.cohort, n.Cohorts()); err != nil {
		return err
	}
	if len(q.with) > 0 && q.cohort == "" {
		return usagef("--with needs a cohort: muster share COHORT --with %s", q.with[0])
	}
	if len(q.with) > 0 && n.Frozen(q.cohort) {
		return usagef("%s is frozen: --with %s changes nothing before it is thawed", q.cohort, q.with[0])
	}
	for _, text := range q.with {
		change, ok := resolve.ParseChange(text)
		if !ok {
			return usagef("--with takes a remote and its release, such as checkout@2.5.0, not %q", text)
		}
		if err := known("remote", change.Remote, n.Remotes()); err != nil {
			return err
		}
		q.changes = append(q.changes, change)
	}
	return nil
}

// pages are those that are asked for, and what is wrong with them.
func (q *question) pages(n *compiler.Negotiation) (pages []*share.Page, found diag.List, err error) {
	cohorts := n.Cohorts()
	if q.cohort != "" {
		cohorts = []string{q.cohort}
	}
	for _, c := range cohorts {
		more, l := n.Pages(c, q.changes, share.Selection{Host: q.host, Package: q.pkg})
		found.Add(l...)
		pages = append(pages, more...)
	}
	if len(pages) == 0 {
		if err := q.nothing(n, cohorts); err != nil {
			return nil, nil, err
		}
	}
	return pages, found.Sorted(), q.unmatched(n, found)
}

// nothing says why there is no page of what was asked for.
func (q *question) nothing(n *compiler.Negotiation, cohorts []string) error {
	var hosts, packages []string
	for _, c := range cohorts {
		all, _ := n.Pages(c, q.changes, share.Selection{})
		for _, page := range all {
			hosts = append(hosts, page.Host.Remote.Name.Value)
			for _, p := range page.Packages {
				packages = append(packages, p.Name)
			}
		}
	}
	slices.Sort(hosts)
	slices.Sort(packages)
	switch hosts, packages = slices.Compact(hosts), slices.Compact(packages); {
	case q.host != "" && !slices.Contains(hosts, q.host):
		return usagef("there is no page of a host %q: %s", q.host, diag.DidYouMean(q.host, hosts, "the hosts are "+strings.Join(hosts, ", ")))
	case q.pkg != "":
		return usagef("nobody shares a package %q there: %s", q.pkg, diag.DidYouMean(q.pkg, packages, "the packages are "+strings.Join(packages, ", ")))
	}
	return nil
}

// unmatched refuses a change that brings no release.
func (q *question) unmatched(n *compiler.Negotiation, found diag.List) error {
	for _, change := range q.changes {
		for _, d := range found {
			if d.Remote == change.Remote && (d.Rule == "pin/no-match" || d.Rule == "pin/version") {
				return usagef("--with %s: %s; %s", change, d.Message, d.Help)
			}
		}
	}
	return nil
}

// shared are the ways to show pages.
var shared = map[string]func(io.Writer, []*share.Page, diag.List, diag.RenderOptions) error{"text": sharedText, "json": sharedJSON}

func sharedText(w io.Writer, pages []*share.Page, found diag.List, o diag.RenderOptions) error {
	var b strings.Builder
	for _, page := range pages {
		fmt.Fprintf(&b, "cohort %s, host %s\n\n", page.Cohort.Declared.Name, page.Title())
		for _, pkg := range page.Packages {
			fmt.Fprintf(&b, "%s: %s\n", diag.Printable(pkg.Title(page)), pkg.Why(page))
			table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "  APP\tBRINGS\tNEEDS\tGETS\tVERDICT")
			for _, row := range pkg.Rows(page.Names()) {
				fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", row.App+" "+row.Release, diag.Printable(cmp.Or(row.Brings, "none")), diag.Printable(row.Needs), diag.Printable(row.Gets()), row.Verdict())
			}
			table.Flush() // the builder takes everything
			b.WriteByte('\n')
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return diag.Renderers["text"](w, found, o)
}

type sharedPage struct {
	Cohort   string          `json:"cohort"`
	Host     string          `json:"host"`
	Release  string          `json:"release"`
	Percent  json.Number     `json:"percent"` // of the cohort's subjects
	Packages []sharedPackage `json:"packages"`
}

type sharedPackage struct {
	Package string      `json:"package"`
	Runtime string      `json:"runtime"`
	Decided string      `json:"decided"`
	Uses    []share.Row `json:"uses"`
}

func sharedJSON(w io.Writer, pages []*share.Page, found diag.List, _ diag.RenderOptions) error {
	out := struct {
		Pages       []sharedPage `json:"pages"`
		Diagnostics any          `json:"diagnostics"`
	}{[]sharedPage{}, found.JSON()}
	for _, page := range pages {
		p := sharedPage{Cohort: page.Cohort.Declared.Name.Value, Host: page.Host.Remote.Name.Value, Release: page.Release.Release.Version.Value, Percent: json.Number(page.Percent()), Packages: []sharedPackage{}}
		for _, pkg := range page.Packages {
			p.Packages = append(p.Packages, sharedPackage{pkg.Name, pkg.Runtime, string(pkg.Decision), pkg.Rows(page.Names())})
		}
		out.Pages = append(out.Pages, p)
	}
	return writeJSON(w, out)
}
