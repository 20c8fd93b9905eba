package share

import (
	"fmt"
	"slices"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// Unpinned warns of releases that no cohort has and none could: a release is written once, and pinned by somebody else. What depends
// on a cohort, or on what the policy will ask by then, is told when one has it.
func (n *Negotiator) Unpinned(plan *resolve.Plan) (found diag.List) {
	pinned := map[*registry.Release]bool{}
	for _, c := range plan.Cohorts {
		for _, p := range c.Pins {
			for i := range p.Choices {
				pinned[p.Choices[i].Release] = true
			}
		}
	}
	for _, r := range plan.Registry.Remotes {
		for i := range r.Releases {
			release := &r.Releases[i]
			if r.Code() && !pinned[release] && release.Status.Value != registry.Revoked {
				found.Add(n.unpinned(r, release)...)
			}
		}
	}
	return found
}

func (n *Negotiator) unpinned(r *registry.Remote, release *registry.Release) (found diag.List) {
	for i := range release.Shared {
		s := &release.Shared[i]
		for _, p := range slices.Concat(n.required(s), scope(s)) {
			if !p.unreadable || p.Severity != diag.Error {
				continue
			}
			d := p.Diagnostic
			d.Severity, d.Remote = diag.Warning, r.Name.Value
			d.Notes = append(slices.Clip(d.Notes), diag.Note{Message: fmt.Sprintf("in a cohort that gets %s %s, this is an error", r.Name, release.Version)})
			found.Add(r.File.Fault(p.at(s), d))
		}
	}
	return found
}
