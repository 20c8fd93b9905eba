package share

import (
	"slices"
	"strings"

	"muster/compiler/share/federation"
)

// Row is one declaration of one app in a page, and what becomes of it: a line of the table that `muster share` prints.
type Row struct {
	App       string   `json:"app"`
	Release   string   `json:"release"`
	Brings    string   `json:"brings,omitempty"` // a version; "" if it brings no copy
	Needs     string   `json:"needs"`            // a range, or "any"
	Singleton bool     `json:"singleton"`
	Strict    bool     `json:"strictVersion"`
	Eager     bool     `json:"eager"`
	Scopes    []string `json:"shareScope"`
	Outcomes  []Answer `json:"outcomes"`
}

// Answer is one thing that may become of a declaration.
type Answer struct {
	Version string   `json:"version,omitempty"`
	From    []string `json:"from,omitempty"`   // whose copy it is: one of these apps'
	Own     bool     `json:"own,omitempty"`    // its own copy, beside the share scope
	Misfit  bool     `json:"misfit,omitempty"` // it does not satisfy what the app needs
	Console []string `json:"console,omitempty"`
	Throws  string   `json:"throws,omitempty"`
	Order   []string `json:"order,omitempty"` // one that leads there, where the order decides
}

// Rows are a package's declarations in a page, the host's first, with the names of the page's apps.
func (p *Package) Rows(names map[string]string) []Row {
	rows, remotes := []Row{}, []Row{}
	for _, g := range p.Groups {
		for i, d := range g.class.app.Shared {
			for _, u := range g.Uses {
				row := Row{App: u.Pin.Remote.Name.Value, Release: u.Choice.Release.Version.Value, Needs: "any", Singleton: d.Singleton,
					Strict: d.Strict == federation.Strict, Eager: d.Eager, Scopes: scopesOf(d), Outcomes: []Answer{}}
				for _, r := range g.Outcomes[i] {
					row.Outcomes = append(row.Outcomes, p.answer(g.said(u, r), len(g.Outcomes[i]) > 1, names))
				}
				if !d.NoImport {
					row.Brings = d.Version
				}
				if required := d.Requires(); required.Kind == federation.Range && required.Range != "" {
					row.Needs = required.Range
				}
				if g.Host {
					rows = append(rows, row)
				} else {
					remotes = append(remotes, row)
				}
			}
		}
	}
	slices.SortStableFunc(remotes, func(a, b Row) int { return strings.Compare(a.App, b.App) })
	return append(rows, remotes...)
}

// answer is an outcome, which may be one of several.
func (p *Package) answer(r federation.Reached, one bool, names map[string]string) Answer {
	a := Answer{Version: r.Copy.Version, Own: r.Own, Misfit: len(r.Warnings) > 0, Throws: r.Err}
	for _, w := range r.Warnings {
		if w != silent {
			a.Console = append(a.Console, w)
		}
	}
	for _, provider := range r.Providers {
		a.From = append(a.From, names[provider])
	}
	slices.Sort(a.From)
	if p.ordered && one {
		for _, e := range r.Order {
			a.Order = append(a.Order, names[e.App]+" "+e.Verb.String())
		}
	}
	return a
}

// Gets says which copies it may be.
func (r Row) Gets() string {
	var parts []string
	for _, a := range r.Outcomes {
		switch {
		case a.Throws != "":
			parts = append(parts, "nothing")
		case a.Own:
			parts = append(parts, a.Version+" of its own")
		default:
			parts = append(parts, a.Version+" of "+strings.Join(a.From, " or "))
		}
	}
	return strings.Join(parts, ", or ")
}

// Verdict says what that means for the app.
func (r Row) Verdict() string {
	var parts []string
	for _, a := range r.Outcomes {
		word := "fits"
		switch {
		case a.Throws != "":
			word = "does not start"
		case len(a.Console) > 0:
			word = "the console warns"
		case a.Misfit:
			word = "does not fit, without a word"
		case a.Own:
			word = "a copy of its own"
		}
		if !slices.Contains(parts, word) {
			parts = append(parts, word)
		}
	}
	return strings.Join(parts, ", or ")
}
