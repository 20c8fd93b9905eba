package policy

import (
	"cmp"
	"slices"
	"strings"

	"muster/compiler/registry"
)

// Order is the order in which a shell asks cohorts whether a user is theirs, as their places in the list: the first whose audience fits
// takes the user. So claims come before mere percentages and the default comes last; among those of one kind the earlier in the promotion
// order comes first, then the more claims, then the name.
func Order(cohorts []*registry.Cohort) []int {
	stages := stages(cohorts)
	order := make([]int, len(cohorts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := cohorts[i], cohorts[j]
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(stages[a.Name.Value], stages[b.Name.Value]),
			cmp.Compare(claims(b), claims(a)), strings.Compare(a.Name.Value, b.Name.Value))
	})
	return order
}

func rank(c *registry.Cohort) int {
	switch {
	case c.Audience == nil:
		return 2
	case len(c.Audience.Claims) == 0:
		return 1
	}
	return 0
}

func claims(c *registry.Cohort) int {
	if c.Audience == nil {
		return 0
	}
	return len(c.Audience.Claims)
}

// stages counts how many cohorts come before each one in the promotion order, at the longest. The order has no circles.
func stages(cohorts []*registry.Cohort) map[string]int {
	byName, known := map[string]*registry.Cohort{}, map[string]int{}
	for _, c := range cohorts {
		byName[c.Name.Value] = c
	}
	var stage func(name string) int
	stage = func(name string) int {
		n, ok := known[name]
		if c := byName[name]; !ok && c != nil {
			for _, before := range c.After {
				n = max(n, stage(before.Value)+1)
			}
			known[name] = n
		}
		return n
	}
	for name := range byName {
		stage(name)
	}
	return known
}
