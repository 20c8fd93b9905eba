package policy

import (
	"slices"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

// aloneRules judge a declaration by itself and the policy: what they say of it does not depend on others.
var aloneRules = []Rule{originRule, integrityRule, releaseRule, routeRule, ownerRule, budgetRule, splitRule}

// Alone returns what can be said of some remotes and cohorts by themselves: what Check says of them, less what has to do with
// names and with other declarations.
func Alone(p *registry.Policy, remotes []*registry.Remote, cohorts []*registry.Cohort) (l diag.List) {
	part := &registry.Registry{Policy: p, Remotes: remotes, Cohorts: cohorts}
	for _, rule := range aloneRules {
		l.Add(rule.check(part)...)
	}
	for _, remote := range remotes {
		l.Add(checkGlobal(remote)...)
	}
	for _, c := range cohorts {
		if c.Audience != nil {
			l.Add(checkAudience(c)...)
		}
	}
	return l
}

// Settings returns what Check says of the policy by itself.
func Settings(p *registry.Policy) diag.List {
	r := &registry.Registry{Policy: p}
	return append(settingsRule.check(r), signingRule.check(r)...)
}

// JudgesAlone reports whether all findings of a rule are Alone's to make.
func JudgesAlone(rule string) bool {
	return slices.ContainsFunc(aloneRules, func(r Rule) bool {
		return slices.ContainsFunc(r.Findings, func(f diag.Rule) bool { return f.ID == rule })
	})
}

// Together returns what Check says of names and of what declarations say of each other, less what has to do with URLs.
func Together(r *registry.Registry) (l diag.List) {
	for _, rule := range []Rule{nameRule, referenceRule, cycleRule, cohortRule} {
		l.Add(rule.check(r)...)
	}
	return l
}

// Addresses are the URLs of a registry's entries, each with its integrities and how many releases have them: what
// release/url-reused needs, kept up as remotes change.
type Addresses map[string]map[string]int

// NewAddresses are those of a registry.
func NewAddresses(r *registry.Registry) Addresses {
	a := Addresses{}
	for _, remote := range r.Remotes {
		a.count(remote, 1)
	}
	return a
}

func (a Addresses) count(r *registry.Remote, n int) {
	for i := range r.Releases {
		release := &r.Releases[i]
		if !r.Code() || release.Entry.IsZero() {
			continue
		}
		at := Address(release.Entry.Value)
		if a[at] == nil {
			a[at] = map[string]int{}
		}
		if a[at][release.Integrity.Value] += n; a[at][release.Integrity.Value] == 0 {
			delete(a[at], release.Integrity.Value)
		}
		if len(a[at]) == 0 {
			delete(a, at)
		}
	}
}

// Replace takes in that a remote is declared in another way. It reports whether each URL of it that is new has one integrity.
func (a Addresses) Replace(was, is *registry.Remote) bool {
	before, after := *was, *is
	if was.Code() == is.Code() {
		before.Releases, after.Releases = apart(was.Releases, is.Releases)
	}
	a.count(&before, -1)
	a.count(&after, 1)
	for i := range after.Releases {
		if release := &after.Releases[i]; is.Code() && len(a[Address(release.Entry.Value)]) > 1 {
			return false
		}
	}
	return true
}

// apart leaves out the releases that are in both lists, as far as their URLs and integrities go: most are.
func apart(was, is []registry.Release) (gone, come []registry.Release) {
	gone = slices.Clone(was)
	for i := range is {
		same := func(o registry.Release) bool {
			return o.Entry.Value == is[i].Entry.Value && o.Integrity.Value == is[i].Integrity.Value
		}
		if at := slices.IndexFunc(gone, same); at >= 0 {
			gone = slices.Delete(gone, at, at+1)
		} else {
			come = append(come, is[i])
		}
	}
	return gone, come
}
