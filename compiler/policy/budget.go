package policy

import (
	"fmt"
	"strconv"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var budgetRule = Rule{
	Findings: []diag.Rule{{
		ID:       "budget/entry-bytes",
		Summary:  "an entry is no larger than the policy's budget",
		Protects: "Every page load fetches every entry it needs: one fat entry is everybody's start-up time.",
		Bad:      "size: 400000    # with budgets: entryBytes: 131072",
		Good:     "size: 5312",
		Waivable: true,
	}, {
		ID:       "budget/no-size",
		Summary:  "where there is a budget, an entry declares its size",
		Protects: "A budget can't hold what it can't see.",
		Bad:      "- version: \"2.4.0\"\n  entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js",
		Good:     "- version: \"2.4.0\"\n  entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js\n  size: 5312",
		Waivable: true,
	}},
	check: checkBudgets,
}

func checkBudgets(r *registry.Registry) (l diag.List) {
	if r.Policy.EntryBytes.IsZero() {
		return nil
	}
	limit, _ := strconv.ParseInt(r.Policy.EntryBytes.Value, 10, 64)
	note := r.Policy.File.Note(r.Policy.EntryBytes, "the budget is set here")
	for _, remote := range r.Remotes {
		for _, release := range remote.Releases {
			switch {
			case !remote.Code() || release.Entry.IsZero():
			case release.SizeAt.IsZero():
				d := fault(remote, release.Version, "budget/no-size", fmt.Sprintf("release %s declares no size, so its budget can't be checked", release.Version),
					"add size: the entry's bytes, uncompressed", note)
				d.Severity = diag.Warning
				l.Add(d)
			case release.Size > limit:
				l.Add(fault(remote, release.SizeAt, "budget/entry-bytes", fmt.Sprintf("the entry has %d bytes; the budget is %d", release.Size, limit),
					"move code out of the entry into chunks, or ask the platform team for a waiver", note))
			}
		}
	}
	return l
}
