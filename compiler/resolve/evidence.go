package resolve

import (
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

// Proved says what a release's evidence of a kind is worth, and whether it is good: there, passed, and of the commit that the
// release was built from.
func Proved(r *registry.Release, kind string) (text string, ok bool) {
	i := slices.IndexFunc(r.Evidence, func(p registry.Proof) bool { return p.Kind.Value == kind })
	if i < 0 {
		return "there is no evidence " + diag.Quote(kind), false
	}
	p := r.Evidence[i]
	look := ""
	if !p.URL.IsZero() {
		look = ", see " + p.URL.Value
	}
	switch {
	case p.Status.Value != registry.Passed:
		return fmt.Sprintf("%s %s%s", kind, p.Status, look), false
	case r.Source.Commit.IsZero():
		return fmt.Sprintf("%s passed%s", kind, look), true
	case p.Commit.IsZero():
		return fmt.Sprintf("%s passed, and does not say on which commit%s", kind, look), false
	case !sameCommit(p.Commit.Value, r.Source.Commit.Value):
		return fmt.Sprintf("%s passed on commit %s, and the release is of %s%s", kind, diag.ShortID(p.Commit.Value), diag.ShortID(r.Source.Commit.Value), look), false
	}
	return fmt.Sprintf("%s passed on commit %s%s", kind, diag.ShortID(p.Commit.Value), look), true
}

// sameCommit reports whether two ids, which may be cut, can be of one commit.
func sameCommit(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

// checkEvidence holds a release against the evidence that a cohort requires. What a cohort has already is not taken from it because
// a pipeline changed its mind: it is an error only for what comes in, which a gate decides.
func (v *resolver) checkEvidence(c *Cohort, p *Pin, choice Choice) {
	for _, kind := range c.Declared.Requires {
		text, ok := Proved(choice.Release, kind.Value)
		if ok {
			continue
		}
		v.found.Add(c.Declared.Name.Value, pinned(p, choice, diag.Diagnostic{Rule: "release/evidence", Severity: diag.Warning,
			Message: fmt.Sprintf("%s %s has not proved what %s requires: %s", p.Remote.Name, choice.Release.Version, c.Declared.Name, text),
			Notes:   []diag.Note{c.Declared.File.Note(kind, "it is required here"), p.Remote.File.Note(choice.Release.Version, "the release is declared here")},
			Help:    fmt.Sprintf("muster evidence add %s@%s %s, from the pipeline that ran on the release's commit; or pin a release that has it", p.Remote.Name, choice.Release.Version, kind)}))
	}
}
