package compiler

import (
	"fmt"

	"muster/compiler/diag"
)

var lineRules = []diag.Rule{{
	ID:       "history/line",
	Summary:  "the base is on the first-parent line of what replaces it",
	Protects: "That line is the audit log. A merge the wrong way round (of the main line into a branch, which then becomes the main line) hides from it who promoted what.",
	Bad:      "git checkout feature && git merge main && git push origin feature:main",
	Good:     "git checkout main && git merge --no-ff feature && git push",
	Compared: true,
}}

// onLine finds a base that what replaces it leaves off its line.
func onLine(past *Past) (diag.List, error) {
	if past.Head.ID == "" {
		return nil, nil
	}
	base := past.from()
	for c, err := range past.Repo.Commits(past.Head) {
		if err != nil {
			return nil, err
		}
		if c.ID == base.ID {
			return nil, nil
		}
	}
	ancestor, err := past.Repo.IsAncestor(base, past.Head)
	if err != nil {
		return nil, err
	}
	d := diag.Diagnostic{Rule: "history/line", Message: fmt.Sprintf("the base %s is not on the first-parent line of %s, but was merged into it: pushed as it is, the log would lose the base's commits", diag.ShortID(base.ID), diag.ShortID(past.Head.ID)),
		Help: "rebase onto the base, or check the result of the merge, whose first parent is the base"}
	if !ancestor {
		d.Severity = diag.Warning
		d.Message = fmt.Sprintf("the base %s has commits that %s lacks: what they changed looks undone", diag.ShortID(base.ID), diag.ShortID(past.Head.ID))
		d.Help = "rebase onto the base, or check the result of the merge"
	}
	return diag.List{d}, nil
}
