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
	case len(p.Commit.Value) < 7 || len(r.Source.Commit.Value) < 7:
		return fmt.Sprintf("%s passed on commit %s, and the release is of %s: fewer than 7 digits do not tell%s", kind, p.Commit, r.Source.Commit, look), false
	case !SameCommit(p.Commit.Value, r.Source.Commit.Value):
		return fmt.Sprintf("%s passed on commit %s, and the release is of %s%s", kind, diag.ShortID(p.Commit.Value), diag.ShortID(r.Source.Commit.Value), look), false
	}
	return fmt.Sprintf("%s passed on commit %s%s", kind, diag.ShortID(p.Commit.Value), look), true
}

// SameCommit reports whether two ids are of one commit, of which each may be a beginning: of 7 digits at least, by which git itself cuts
// ids, and 40 at the most if it is not a whole one of SHA-256.
func SameCommit(a, b string) bool {
	id := func(s string) bool { return len(s) >= 7 && len(s) <= 40 || len(s) == 64 }
	return id(a) && id(b) && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

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
