// Package diag is what muster says about a registry: a position, what is wrong, where the other side of the conflict
// is, and the cure. Every stage of the compiler returns a List; nothing below cmd/muster prints.
//
//	remotes/checkout.yaml:31:24: "@angular/core" 18.2.0 is outside the policy window >=21 <23 [singleton/window]
//	   31 |       "@angular/core": {version: 18.2.0, requiredVersion: ^18.0.0, singleton: true}
//	      |                                  ^~~~~~
//	  note: schema/policy.cue:14:3: the window is set here
//	  help: build checkout against Angular 21 or 22, or ask @platform for a waiver
package diag

import (
	"cmp"
	"slices"
)

// Pos is a place in a registry file. The zero Pos means "nowhere": such a finding is about the registry as a whole.
type Pos struct {
	File   string // slash-separated, relative to the registry's root
	Line   int    // 1-based; 0 when the finding is about the file as a whole
	Column int    // 1-based, in characters (Unicode code points), not bytes
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Severity says whether a finding stops a compile.
type Severity uint8

const (
	Error   Severity = iota // the registry can't be compiled
	Warning                 // it can, and somebody should look
)

// String is "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Diagnostic is one finding.
type Diagnostic struct {
	Pos      Pos
	Length   int // characters of the offending token on its line; 0 or 1 draws a lone caret
	Severity Severity
	Rule     string // stable id such as "singleton/window", known to `muster explain`
	Message  string // what is wrong, in the user's words: lower case, no full stop
	Notes    []Note // the other sides of the conflict
	Help     string // the cure; may be empty where the message already is one

	// Remote and Cohorts name what the finding is about, so that a waiver can name it too: "" and nil for none.
	Remote  string
	Cohorts []string
	Hosts   []string // with their releases, if it is about pages of certain hosts: "shell 5.2.0"
}

// Note points at another place that a finding is about. Its Pos may be zero: then it is a plain remark.
type Note struct {
	Pos     Pos
	Message string
}

// List is any number of findings. The zero List is ready to use; it is not safe for concurrent use.
type List []Diagnostic

// Add appends findings.
func (l *List) Add(d ...Diagnostic) { *l = append(*l, d...) }

// HasErrors reports whether any finding stops a compile.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Count returns how many findings are errors and how many are warnings.
func (l List) Count() (errors, warnings int) {
	for _, d := range l {
		if d.Severity == Error {
			errors++
		} else {
			warnings++
		}
	}
	return errors, warnings
}

// Sorted returns the findings by position, then rule, then message, without duplicates: the order in which they are
// shown, whatever order they were found in.
func (l List) Sorted() List {
	s := slices.Clone(l)
	slices.SortStableFunc(s, Diagnostic.compare)
	return slices.CompactFunc(s, func(a, b Diagnostic) bool { return a.compare(b) == 0 })
}

func (d Diagnostic) compare(e Diagnostic) int {
	return cmp.Or(d.Pos.Compare(e.Pos), cmp.Compare(d.Severity, e.Severity), cmp.Compare(d.Rule, e.Rule),
		cmp.Compare(d.Message, e.Message), cmp.Compare(d.Remote, e.Remote), slices.Compare(d.Cohorts, e.Cohorts))
}
