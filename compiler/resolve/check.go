package resolve

import (
	"fmt"
	"slices"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/semver"
)

// findings gathers what is wrong with resolved cohorts. A fault of a release or an inherited pin concerns every cohort
// that gets it: it is said once, with all their names.
type findings struct {
	all   diag.List
	index map[string]int
}

func (f *findings) add(c *registry.Cohort, d diag.Diagnostic) {
	key := fmt.Sprint(d.Rule, d.Pos, d.Message)
	i, known := f.index[key]
	if !known {
		if f.index == nil {
			f.index = map[string]int{}
		}
		i = len(f.all)
		f.index[key] = i
		f.all.Add(d)
	}
	if about := &f.all[i].Cohorts; !slices.Contains(*about, c.Name.Value) {
		*about = append(*about, c.Name.Value)
	}
}

// checkReleases judges the releases that a cohort ends up with.
func (v *resolver) checkReleases(c *Cohort) {
	for i := range c.Pins {
		p := &c.Pins[i]
		for _, choice := range p.Choices {
			v.checkStatus(c, p, choice)
			v.checkPrerelease(c, p, choice)
			v.checkExposes(c, p, choice)
			v.checkWindows(c, p, choice)
		}
	}
}

// at is a finding about a choice, at the line that asked for it.
func at(p *Pin, choice Choice, d diag.Diagnostic) diag.Diagnostic {
	d.Remote = p.Remote.Name.Value
	return p.From.Cohort.File.Fault(choice.Asked, d)
}

func (v *resolver) checkStatus(c *Cohort, p *Pin, choice Choice) {
	status, release := choice.Release.Status, choice.Release
	if status.IsZero() {
		return
	}
	d := diag.Diagnostic{Rule: "release/" + status.Value,
		Message: fmt.Sprintf("%s %s is %s: %s", p.Remote.Name, release.Version, status, release.Reason),
		Notes:   []diag.Note{p.Remote.File.Note(status, "it is "+status.Value+" here")},
		Help:    "pin another release" + v.suggestion(p.Remote)}
	if status.Value == registry.Deprecated {
		d.Severity = diag.Warning
	}
	v.found.add(c.Declared, at(p, choice, d))
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

func (v *resolver) checkPrerelease(c *Cohort, p *Pin, choice Choice) {
	version, err := semver.ParseVersion(choice.Release.Version.Value)
	if err != nil || !version.Prerelease() || slices.Contains(v.prereleases, c.Declared.Name.Value) {
		return
	}
	d := diag.Diagnostic{Rule: "prerelease/cohort", Message: fmt.Sprintf("%s %s is a prerelease, and %s may not have one", p.Remote.Name, choice.Release.Version, c.Declared.Name),
		Help: "pin a release, or ask the platform team to allow prereleases in " + c.Declared.Name.Value}
	if allowed := v.registry.Policy.Prereleases; len(allowed) > 0 {
		d.Notes = []diag.Note{v.registry.Policy.File.Note(allowed[0], "the cohorts that may are listed here")}
	}
	v.found.add(c.Declared, at(p, choice, d))
}

// checkExposes asks whether the pinned release has the modules that the remote's routes and places name. Some release
// has: reference/expose sees to that.
func (v *resolver) checkExposes(c *Cohort, p *Pin, choice Choice) {
	check := func(what, expose registry.Text) {
		has := slices.ContainsFunc(choice.Release.Exposes, func(t registry.Text) bool { return t.Value == expose.Value })
		if expose.IsZero() || has {
			return
		}
		v.found.add(c.Declared, at(p, choice, diag.Diagnostic{Rule: "release/expose",
			Message: fmt.Sprintf("%s %s does not expose %s, which %s needs", p.Remote.Name, choice.Release.Version, expose, diag.Quote(what.Value)),
			Notes: []diag.Note{p.Remote.File.Note(expose, "it is asked for here"),
				p.Remote.File.Note(choice.Release.Version, "the release is declared here")},
			Help: "pin a release that exposes it, or change the remote's routes and capabilities"}))
	}
	for _, route := range p.Remote.Routes {
		check(route.Path, route.Expose)
	}
	for _, place := range p.Remote.Capabilities {
		check(place.Place, place.Expose)
	}
}

// checkWindows holds the shared packages of a pinned release against the policy's windows.
func (v *resolver) checkWindows(c *Cohort, p *Pin, choice Choice) {
	for _, singleton := range v.registry.Policy.Singletons {
		if singleton.Window.IsZero() {
			continue
		}
		window, err := v.ranges.parse(singleton.Window.Value)
		if err != nil {
			continue // settings/window has said so
		}
		for _, shared := range choice.Release.Shared {
			version, err := semver.ParseVersion(shared.Version.Value)
			if shared.Package.Value != singleton.Package.Value || err != nil || window.Contains(version) {
				continue
			}
			help := "build " + p.Remote.Name.Value + " against a version in the window"
			if !singleton.Owner.IsZero() {
				help += ", or ask @" + singleton.Owner.Value + " for a waiver"
			}
			v.found.add(c.Declared, p.Remote.File.Fault(shared.Version, diag.Diagnostic{Rule: "singleton/window", Remote: p.Remote.Name.Value,
				Message: fmt.Sprintf("%s %s is outside the policy window %s", diag.Quote(shared.Package.Value), shared.Version, singleton.Window),
				Notes: []diag.Note{v.registry.Policy.File.Note(singleton.Window, "the window is set here"),
					p.From.Cohort.File.Note(choice.Asked, "this pin brings "+p.Remote.Name.Value+" "+choice.Release.Version.Value+" in")},
				Help: help}))
		}
	}
}
