package policy

import (
	"slices"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var ownerRule = Rule{
	Findings: []diag.Rule{{
		ID:       "owner/unknown",
		Summary:  "a remote's owner is one that the policy lists, where it lists any",
		Protects: "On-call must know whom to wake.",
		Bad:      "owner: team-comerce",
		Good:     "owner: team-commerce",
	}},
	check: func(r *registry.Registry) (l diag.List) {
		known := values(r.Policy.Owners)
		for _, remote := range r.Remotes {
			if len(known) > 0 && !slices.Contains(known, remote.Owner.Value) {
				l.Add(fault(remote, remote.Owner, "owner/unknown", diag.Quote(remote.Owner.Value)+" is not an owner that the policy lists",
					diag.DidYouMean(remote.Owner.Value, known, listing("owners", known)),
					r.Policy.File.Note(r.Policy.Owners[0], "the owners are listed here")))
			}
		}
		return l
	},
}
