package policy

import (
	"fmt"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var splitRule = Rule{
	Findings: []diag.Rule{{
		ID:       "pin/kind",
		Summary:  "a pin is a version, disabled with a reason, or a split, and one of these",
		Protects: "A pin that is two things, or none, would be read differently by different eyes.",
		Bad:      "promo: {disabled: INC-4711, split: [...]}",
		Good:     "promo: {disabled: INC-4711 layout shift}",
	}, {
		ID:       "pin/empty",
		Summary:  "a pin's version is not empty",
		Protects: "Tools read an empty range as anything or nothing.",
		Bad:      "search: \"\"",
		Good:     "search: \"*\"",
	}, {
		ID:       "split/sum",
		Summary:  "the percentages of a split sum to 100",
		Protects: "What is left over would be served nothing, or by luck.",
		Bad:      "split: [{version: \"1.9.0\", percent: 90}, {version: \"2.0.0\", percent: 5}]",
		Good:     "split: [{version: \"1.9.0\", percent: 90}, {version: \"2.0.0\", percent: 10}]",
	}, {
		ID:       "split/variant",
		Summary:  "the variants of a split can be told apart",
		Protects: "An experiment whose arms have one name measures nothing.",
		Bad:      "split: [{version: \"1.9.0\", percent: 50, variant: a}, {version: \"2.0.0\", percent: 50, variant: a}]",
		Good:     "split: [{version: \"1.9.0\", percent: 50, variant: a}, {version: \"2.0.0\", percent: 50, variant: b}]",
	}},
	check: func(r *registry.Registry) (l diag.List) {
		for _, c := range r.Cohorts {
			for i := range c.Pins {
				l.Add(checkPin(c, &c.Pins[i])...)
			}
		}
		return l
	},
}

const emptyHelp = "write a version, a range, or \"*\" for the newest"

func checkPin(c *registry.Cohort, p *registry.Pin) diag.List {
	switch {
	case !p.Range.IsZero() && strings.TrimSpace(p.Range.Value) == "":
		return diag.List{cohortFault(c, p.Range, "pin/empty", "the pin of "+p.Remote.Value+" is empty", emptyHelp)}
	case !p.Range.IsZero():
		return nil
	case !p.Disabled.IsZero() && p.Split != nil:
		return diag.List{cohortFault(c, p.Remote, "pin/kind", p.Remote.Value+" is disabled and split at once", "keep one of the two")}
	case p.Disabled.IsZero() && len(p.Split) == 0:
		return diag.List{cohortFault(c, p.Remote, "pin/kind", "the pin of "+p.Remote.Value+" says neither disabled nor split", "write a version, or {disabled: reason}, or {split: [...]}")}
	}
	return checkSplit(c, p)
}

func checkSplit(c *registry.Cohort, p *registry.Pin) (l diag.List) {
	sum, exact := 0, true
	seen := map[string]registry.Text{}
	for _, v := range p.Split {
		if strings.TrimSpace(v.Version.Value) == "" {
			l.Add(cohortFault(c, v.Version, "pin/empty", "a variant of "+p.Remote.Value+" has an empty version", emptyHelp))
		}
		n, ok := Hundredths(v.Percent.Value)
		if sum += n; !ok {
			exact = false
			l.Add(cohortFault(c, v.Percent, "split/sum", v.Percent.Value+" percent has more than two decimals", "round it to hundredths"))
		}
		name := v.Name
		if name.IsZero() {
			name = v.Version
		}
		if first, ok := seen[name.Value]; ok {
			l.Add(cohortFault(c, name, "split/variant", "two variants of "+p.Remote.Value+" are called "+diag.Quote(name.Value), "give each variant: a name of its own",
				c.File.Note(first, "the other one is here")))
		}
		seen[name.Value] = name
	}
	if exact && len(p.Split) > 0 && sum != 10000 {
		l.Add(cohortFault(c, p.Remote, "split/sum", fmt.Sprintf("the split of %s sums to %s %%", p.Remote, FormatPercent(sum)), "make the percentages sum to 100"))
	}
	return l
}

// FormatPercent writes hundredths of a percent as the shortest decimal: 550 is "5.5".
func FormatPercent(hundredths int) string {
	s := fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
