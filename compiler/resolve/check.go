package resolve

import (
	"fmt"
	"slices"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/semver"
)

// verdict is what can be said of a release whoever pins it; it is worked out once.
type verdict struct {
	prerelease bool
	missing    []need // modules that the remote's routes and places name, and this release does not expose
}

// need is a module that a route or a place of the remote asks for.
type need struct{ what, expose registry.Text }

func (v *resolver) judge(r *registry.Remote, release *registry.Release) verdict {
	known, ok := v.judged[release]
	if !ok {
		version, err := semver.ParseVersion(release.Version.Value)
		known.prerelease = err == nil && version.Prerelease()
		known.missing = missing(r, release)
		v.judged[release] = known
	}
	return known
}

// missing compares with what some release of the remote exposes; what none does is reference/expose's matter.
func missing(r *registry.Remote, release *registry.Release) (needs []need) {
	exposes := func(rel *registry.Release, expose registry.Text) bool {
		return slices.ContainsFunc(rel.Exposes, func(e registry.Exposed) bool { return e.Value == expose.Value })
	}
	check := func(what, expose registry.Text) {
		if expose.IsZero() || exposes(release, expose) {
			return
		}
		for i := range r.Releases {
			if exposes(&r.Releases[i], expose) {
				needs = append(needs, need{what, expose})
				return
			}
		}
	}
	for _, route := range r.Routes {
		check(route.Path, route.Expose)
	}
	for _, place := range r.Capabilities {
		check(place.Place, place.Expose)
	}
	return needs
}

// checkReleases judges the releases that a cohort ends up with.
func (v *resolver) checkReleases(c *Cohort) {
	for _, p := range c.Pins {
		for _, choice := range p.Choices {
			known := v.judge(p.Remote, choice.Release)
			v.checkStatus(c, p, choice)
			v.checkEvidence(c, p, choice)
			if known.prerelease && !v.registry.Policy.MayPrerelease(c.Declared.Name.Value) {
				v.prerelease(c, p, choice)
			}
			for _, n := range known.missing {
				v.missingExpose(c, p, choice, n)
			}
		}
	}
}

// pinned is a finding about a choice, at the line that asked for it.
func pinned(p *Pin, choice Choice, d diag.Diagnostic) diag.Diagnostic {
	d.Remote = p.Remote.Name.Value
	return p.From.Cohort.File.Fault(choice.Asked, d)
}

func (v *resolver) checkStatus(c *Cohort, p *Pin, choice Choice) {
	status, release := choice.Release.Status, choice.Release
	if status.IsZero() {
		return
	}
	message := fmt.Sprintf("%s %s is %s", p.Remote.Name, release.Version, status)
	if !release.Reason.IsZero() {
		message += ": " + release.Reason.Value
	}
	d := diag.Diagnostic{Rule: "release/" + status.Value, Message: message,
		Notes: []diag.Note{p.Remote.File.Note(status, "it is "+status.Value+" here")},
		Help:  "pin another release" + v.suggestion(p.Remote)}
	if status.Value == registry.Deprecated {
		d.Severity = diag.Warning
	}
	v.found.Add(c.Declared.Name.Value, pinned(p, choice, d))
}

// suggestion names the highest release that is in order.
func (v *resolver) suggestion(r *registry.Remote) string {
	for _, c := range v.releases(r) {
		if c.release.Status.IsZero() && !c.version.Prerelease() {
			return ", such as " + c.release.Version.Value
		}
	}
	return ""
}

func (v *resolver) prerelease(c *Cohort, p *Pin, choice Choice) {
	d := diag.Diagnostic{Rule: "prerelease/cohort", Help: "pin a release, or ask the platform team to allow the cohort prereleases",
		Message: fmt.Sprintf("%s %s is a prerelease, in a cohort that may not have one", p.Remote.Name, choice.Release.Version)}
	if allowed := v.registry.Policy.Prereleases; len(allowed) > 0 {
		d.Notes = []diag.Note{v.registry.Policy.File.Note(allowed[0], "the cohorts that may are listed here")}
	}
	v.found.Add(c.Declared.Name.Value, pinned(p, choice, d))
}

func (v *resolver) missingExpose(c *Cohort, p *Pin, choice Choice, n need) {
	v.found.Add(c.Declared.Name.Value, pinned(p, choice, diag.Diagnostic{Rule: "release/expose",
		Message: fmt.Sprintf("%s %s does not expose %s, which %s needs", p.Remote.Name, choice.Release.Version, n.expose, diag.Quote(n.what.Value)),
		Notes: []diag.Note{p.Remote.File.Note(n.expose, "it is asked for here"),
			p.Remote.File.Note(choice.Release.Version, "the release is declared here")},
		Help: "pin a release that exposes it, or change the remote's routes and capabilities"}))
}
