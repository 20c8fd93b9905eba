package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/compiler/audit"
	"muster/compiler/budget"
	"muster/compiler/edit"
	"muster/compiler/registry"
)

// heldOrLifted is a hold that a verdict brings, or takes away, in words.
type heldOrLifted struct{ cohort, release, did string }

// writeHolds writes the verdicts into the cohorts' files, as one change.
func (b *budgeting) writeHolds() error {
	for _, served := range b.cohorts {
		if err := b.holdIn(served); err != nil {
			return err
		}
	}
	return b.apply(b.asChange())
}

// asChange tells what became of the holds.
func (b *budgeting) asChange() change {
	ch := change{action: "budget"}
	var body, cohorts, releases []string
	for _, d := range b.done {
		body = append(body, d.cohort+": "+d.did)
		cohorts, releases = append(cohorts, d.cohort), append(releases, d.release)
	}
	cohorts, releases = distinct(cohorts), distinct(releases)
	if len(b.done) == 1 {
		ch.subject, _, _ = strings.Cut(body[0], ", ")
	} else {
		ch.subject = strings.Join(cohorts, ", ") + ": " + counted(len(b.done), "hold") + " by error budget"
	}
	ch.body = strings.Join(body, "\n")
	for _, name := range cohorts {
		ch.trailers = append(ch.trailers, [2]string{"Muster-Cohort", name})
	}
	for _, release := range releases {
		ch.trailers = append(ch.trailers, [2]string{"Muster-Remote", release})
	}
	return ch
}

// distinct are some names in order, each once.
func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func (b *budgeting) holdIn(served *audit.Served) error {
	cohort := served.Declared.Name.Value
	f, err := b.cohortFile(cohort)
	if err != nil {
		return err
	}
	for _, r := range b.rows {
		if r.Cohort != cohort {
			continue
		}
		if err := b.settle(f, r); err != nil {
			return err
		}
	}
	there := asked(served)
	return b.lift(f, cohort, "which is not served any more", func(remote, version string) bool {
		return b.wanted(remote) && !slices.Contains(there, budget.Subject{Remote: remote, Version: version, Cohort: cohort})
	})
}

// settle makes the holds of a release what its verdict asks for. A hold stays as it is while its grounds do: the reason tells
// when they were found. Lack of data does not clear what was found before, and a rollback is nobody's to judge here.
func (b *budgeting) settle(f *workFile, r budgetRow) error {
	if r.Verdict == budget.Within {
		return b.lift(f, r.Cohort, "which keeps within its budget", func(remote, version string) bool { return remote == r.Remote && version == r.Version })
	}
	because := registry.HeldForLackOfData
	at := r.At.UTC().Format(time.RFC3339)
	reason := fmt.Sprintf("no data at %s: %s", at, r.Reason)
	if r.Verdict == budget.Exceeded {
		because, reason = registry.HeldByBudget, fmt.Sprintf("%s > %s at %s", r.number(), b.threshold, at)
	}
	weaker := -1
	for i, h := range holdsIn(f) {
		if h.remote != r.Remote || h.version != r.Version {
			continue
		}
		if because != registry.HeldByBudget || h.because != registry.HeldForLackOfData {
			return nil
		}
		weaker = i
	}
	b.done = append(b.done, heldOrLifted{r.Cohort, r.Remote + "@" + r.Version, fmt.Sprintf("hold %s %s, %s: %s", r.Remote, r.Version, because, reason)})
	hold := edit.Map{{Key: "remote", Value: edit.Text(r.Remote)}, {Key: "version", Value: edit.Text(r.Version)},
		{Key: "because", Value: edit.Text(because)}, {Key: "reason", Value: edit.Text(reason)}}
	if weaker < 0 {
		return f.Append(hold, "holds")
	}
	for _, field := range hold[2:] {
		if err := f.Set(field.Value, "holds", strconv.Itoa(weaker), field.Key); err != nil {
			return err
		}
	}
	return nil
}

// lift deletes the holds by error budget, and no others, of the releases that are meant.
func (b *budgeting) lift(f *workFile, cohort, why string, meant func(remote, version string) bool) error {
	for i, h := range slices.Backward(holdsIn(f)) {
		if h.because == registry.HeldByRollback || !meant(h.remote, h.version) {
			continue
		}
		if err := f.Delete("holds", strconv.Itoa(i)); err != nil {
			return err
		}
		b.done = append(b.done, heldOrLifted{cohort, h.remote + "@" + h.version, fmt.Sprintf("lift the hold of %s %s, %s", h.remote, h.version, why)})
	}
	return nil
}

type filedHold struct{ remote, version, because string }

// holdsIn are the holds of a cohort's file, in its order.
func holdsIn(f *workFile) (all []filedHold) {
	list, _ := f.Get("holds").(edit.List)
	for _, v := range list {
		m, _ := v.(edit.Map)
		all = append(all, filedHold{textAt(m, "remote"), textAt(m, "version"), textAt(m, "because")})
	}
	return all
}
