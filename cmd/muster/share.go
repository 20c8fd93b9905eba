package main

import (
	"cmp"
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
	if len(found) == 0 {
		return nil
	}
	return conclude(cmd.ErrOrStderr(), found)
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
	var hosts []string
	for _, c := range cohorts {
		more, l := n.Pages(c, q.changes)
		found.Add(l...)
		for _, page := range more {
			hosts = append(hosts, page.Host.Remote.Name.Value)
			if q.host == "" || q.host == page.Host.Remote.Name.Value {
				pages = append(pages, page)
			}
		}
	}
	slices.Sort(hosts)
	if hosts = slices.Compact(hosts); q.host != "" && len(pages) == 0 {
		return nil, nil, usagef("there is no page of a host %q: %s", q.host, diag.DidYouMean(q.host, hosts, "the hosts are "+strings.Join(hosts, ", ")))
	}
	if q.pkg != "" {
		for _, page := range pages {
			page.Packages = slices.DeleteFunc(page.Packages, func(p *share.Package) bool { return p.Name != q.pkg })
		}
		pages = slices.DeleteFunc(pages, func(p *share.Page) bool { return len(p.Packages) == 0 })
	}
	return pages, found.Sorted(), nil
}

// shared are the ways to show pages.
var shared = map[string]func(io.Writer, []*share.Page, diag.List, diag.RenderOptions) error{"text": sharedText, "json": sharedJSON}

func sharedText(w io.Writer, pages []*share.Page, found diag.List, o diag.RenderOptions) error {
	var b strings.Builder
	for _, page := range pages {
		fmt.Fprintf(&b, "cohort %s, host %s\n\n", page.Cohort.Declared.Name, page.Title())
		for _, pkg := range page.Packages {
			fmt.Fprintf(&b, "%s: %s\n", pkg.Title(page), pkg.Why())
			table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "  APP\tBRINGS\tNEEDS\tGETS\tVERDICT")
			for _, row := range pkg.Rows(page.Names()) {
				fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", row.App+" "+row.Release, cmp.Or(row.Brings, "none"), row.Needs, row.Gets(), row.Verdict())
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
	Releases []string        `json:"releases"`
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
		p := sharedPage{Cohort: page.Cohort.Declared.Name.Value, Host: page.Host.Remote.Name.Value, Releases: page.HostReleases(), Packages: []sharedPackage{}}
		for _, pkg := range page.Packages {
			p.Packages = append(p.Packages, sharedPackage{pkg.Name, pkg.Runtime, string(pkg.Decision), pkg.Rows(page.Names())})
		}
		out.Pages = append(out.Pages, p)
	}
	return writeJSON(w, out)
}
