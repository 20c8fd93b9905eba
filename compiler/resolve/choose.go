package resolve

import (
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/semver"
)

// candidate is a release with its version parsed.
type candidate struct {
	version semver.Version
	release *registry.Release
}

// candidates are a remote's releases, the highest first.
type candidates []candidate

func (v *resolver) releases(r *registry.Remote) candidates {
	known, ok := v.candidates[r]
	if !ok {
		for i := range r.Releases {
			if version, err := semver.ParseVersion(r.Releases[i].Version.Value); err == nil {
				known = append(known, candidate{version, &r.Releases[i]})
			}
		}
		slices.SortStableFunc(known, func(a, b candidate) int { return b.version.Compare(a.version) })
		v.candidates[r] = known
	}
	return known
}

// ranges parses each range once.
type ranges map[string]parsedRange

type parsedRange struct {
	semver.Range
	err error
}

func (r ranges) parse(s string) (semver.Range, error) {
	p, ok := r[s]
	if !ok {
		p.Range, p.err = semver.ParseRange(s)
		r[s] = p
	}
	return p.Range, p.err
}

// newest is the range that follows the newest release, a prerelease too where the cohort may have one. Other ranges
// catch a prerelease only if they name one.
const newest = "*"

// choose finds the release that a version or range means: an exact version whatever its state, a range the highest
// release that is neither deprecated nor revoked, nor, unless they are allowed, a prerelease.
func (v *resolver) choose(from Source, remote *registry.Remote, variant registry.Variant, prereleases bool) (Choice, bool) {
	asked := variant.Version
	hundredths, _ := policy.Hundredths(variant.Percent.Value)
	choice := Choice{Hundredths: hundredths, Variant: variant.Name.Value, Asked: asked}
	if exact, err := semver.ParseVersion(asked.Value); err == nil {
		choice.Release = v.exact(remote, asked.Value, exact)
		if choice.Release == nil {
			v.unmatched(from, remote, asked, fmt.Sprintf("%s has no release %s", remote.Name, asked))
		}
		return choice, choice.Release != nil
	}
	if strings.TrimSpace(asked.Value) == "" {
		return choice, false // pin/empty has said so
	}
	within, err := v.ranges.parse(asked.Value)
	if err != nil {
		v.found.Add(from.Cohort.Name.Value, from.Cohort.File.Fault(asked, diag.Diagnostic{Rule: "pin/version", Remote: remote.Name.Value,
			Message: diag.Quote(asked.Value) + " is neither a version nor a range",
			Help:    "write a version such as \"2.4.0\", a range such as ~2.4, or \"*\" for the newest"}))
		return choice, false
	}
	for _, candidate := range v.releases(remote) {
		allowed := candidate.release.Status.IsZero() && (prereleases || !candidate.version.Prerelease())
		if allowed && (strings.TrimSpace(asked.Value) == newest || within.Contains(candidate.version)) {
			choice.Release = candidate.release
			return choice, true
		}
	}
	v.unmatched(from, remote, asked, v.whyNone(remote, asked.Value, within))
	return choice, false
}

// whyNone says why a range finds no release.
func (v *resolver) whyNone(remote *registry.Remote, asked string, within semver.Range) string {
	why := "no release of " + remote.Name.Value + " is in " + diag.Quote(asked)
	for _, c := range v.releases(remote) {
		core, _, prerelease := strings.Cut(c.release.Version.Value, "-")
		final, err := semver.ParseVersion(core)
		switch {
		case within.Contains(c.version) && !c.release.Status.IsZero():
			return "every release of " + remote.Name.Value + " in " + diag.Quote(asked) + " is deprecated or revoked"
		case within.Contains(c.version):
			return why + " but prereleases, which the cohort may not have"
		case prerelease && err == nil && within.Contains(final):
			return why + "; a range catches no prerelease unless it names one"
		}
	}
	return why
}

// exact prefers the release that is written the same; build metadata may be left out.
func (v *resolver) exact(remote *registry.Remote, asked string, version semver.Version) *registry.Release {
	for i := range remote.Releases {
		if remote.Releases[i].Version.Value == asked {
			return &remote.Releases[i]
		}
	}
	for _, candidate := range v.releases(remote) {
		if !strings.Contains(asked, "+") && candidate.version.Compare(version) == 0 {
			return candidate.release
		}
	}
	return nil
}

// unmatched reports a pin that no release fits, with what there is.
func (v *resolver) unmatched(from Source, remote *registry.Remote, asked registry.Text, message string) {
	var there []string
	for _, c := range v.releases(remote) {
		s := c.release.Version.Value
		if !c.release.Status.IsZero() {
			s += " (" + c.release.Status.Value + ")"
		}
		there = append(there, s)
	}
	help := "it has no releases yet"
	if n := len(there); n > 8 {
		help = fmt.Sprintf("its releases are %s and %d older ones", strings.Join(there[:8], ", "), n-8)
	} else if n > 0 {
		help = "its releases are " + strings.Join(there, ", ")
	}
	v.found.Add(from.Cohort.Name.Value, from.Cohort.File.Fault(asked, diag.Diagnostic{Rule: "pin/no-match", Remote: remote.Name.Value, Message: message, Help: help,
		Notes: []diag.Note{remote.File.Note(remote.Name, remote.Name.Value+" is declared here")}}))
}
