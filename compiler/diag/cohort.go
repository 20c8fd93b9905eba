package diag

import "slices"

// ByCohort gathers findings about resolved cohorts. A fault of a release, or of a pin that others inherit, concerns every
// cohort that gets it, and perhaps several hosts: it is said once, with all their names. The zero value is ready to use.
type ByCohort struct {
	all   List
	index map[fault]int
}

// fault is what makes two findings one.
type fault struct {
	rule    string
	pos     Pos
	message string
}

// Add appends a finding about a cohort, or the cohort's name to a finding that is known. Notes and help are those of the
// first cohort.
func (b *ByCohort) Add(cohort string, d Diagnostic) {
	key := fault{d.Rule, d.Pos, d.Message}
	i, known := b.index[key]
	if !known {
		if b.index == nil {
			b.index = map[fault]int{}
		}
		i = len(b.all)
		b.index[key] = i
		b.all.Add(d)
	}
	about := &b.all[i]
	if !slices.Contains(about.Cohorts, cohort) {
		about.Cohorts = append(about.Cohorts, cohort)
	}
	for _, h := range d.Hosts {
		if !slices.Contains(about.Hosts, h) {
			about.Hosts = append(slices.Clip(about.Hosts), h)
		}
	}
}

// List returns the findings in the order in which they came.
func (b *ByCohort) List() List { return b.all }
