package share

import (
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
)

// problem is what is wrong with a declaration by itself, whoever makes it.
type problem struct {
	diag.Diagnostic
	index      int                                    // of the declaration
	at         func(s *registry.Shared) registry.Text // where it shows
	prerelease bool                                   // it is none in the cohorts that may have prereleases
	unreadable bool                                   // what a browser does with the declaration is not worth telling
	cure       func(remote string) string             // nil: Help is it
}

func atPackage(s *registry.Shared) registry.Text { return s.Package }

// atVersion is where a declaration says its version: there, or at the package's name.
func atVersion(s *registry.Shared) registry.Text {
	if s.Version.IsZero() {
		return s.Package
	}
	return s.Version
}

func atRequired(s *registry.Shared) registry.Text {
	if s.RequiredVersion.IsZero() {
		return atVersion(s)
	}
	return s.RequiredVersion
}

// problems judges declarations of a package, once for all that make them.
func (n *Negotiator) problems(declared []*registry.Shared) (all []problem) {
	rule, singleton := n.singleton(declared[0].Package.Value)
	for i, s := range declared {
		found := slices.Concat(n.required(s), n.version(s, singleton), scope(s))
		if singleton {
			found = slices.Concat(found, n.window(s, rule), n.flags(s, rule))
		}
		for _, p := range found {
			p.index = i
			all = append(all, p)
		}
	}
	return all
}

// scope judges an empty list of scopes.
func scope(s *registry.Shared) []problem {
	if s.Scopes == nil || len(s.Scopes) > 0 {
		return nil
	}
	return []problem{{Diagnostic: diag.Diagnostic{Rule: "share/scopes", Help: "leave shareScope out, or name a scope",
		Message: diag.Quote(s.Package.Value) + " is shared in no scope, so with nobody"}, at: atPackage, unreadable: true}}
}

// singleton is what the policy says of a package.
func (n *Negotiator) singleton(name string) (registry.SingletonRule, bool) {
	i := slices.IndexFunc(n.policy.Singletons, func(s registry.SingletonRule) bool { return s.Package.Value == name })
	if i < 0 {
		return registry.SingletonRule{}, false
	}
	return n.policy.Singletons[i], true
}

// window holds a version against the policy's window. A version that can't be compared is no way around it.
func (n *Negotiator) window(s *registry.Shared, rule registry.SingletonRule) []problem {
	window, err := semver.ParseRange(rule.Window.Value)
	if rule.Window.IsZero() || err != nil || s.Version.IsZero() && s.Flags&registry.NoImport != 0 {
		return nil // settings/window has said so; or it brings no copy of its own
	}
	name := diag.Quote(s.Package.Value)
	version, err := semver.ParseVersion(s.Version.Value)
	p := problem{Diagnostic: diag.Diagnostic{Rule: "singleton/window"}, at: atVersion}
	switch {
	case s.Version.IsZero():
		p.Message = fmt.Sprintf("%s has no version here, so it can't be held against the policy window %s", name, rule.Window)
	case err != nil:
		p.Message = fmt.Sprintf("%s %s is not a full version, so it can't be held against the policy window %s", name, s.Version, rule.Window)
	case window.Contains(version):
		return nil
	default:
		p.Message = fmt.Sprintf("%s %s is outside the policy window %s", name, s.Version, rule.Window)
	}
	p.Notes = []diag.Note{n.policy.File.Note(rule.Window, "the window is set here")}
	p.cure = func(remote string) string {
		return "build " + remote + " against a version in the window" + waiver(rule)
	}
	return []problem{p}
}

func waiver(rule registry.SingletonRule) string {
	if rule.Owner.IsZero() {
		return ""
	}
	return ", or ask @" + rule.Owner.Value + " for a waiver"
}

// flags holds a declaration against what the policy asks of a singleton.
func (n *Negotiator) flags(s *registry.Shared, rule registry.SingletonRule) []problem {
	notes := []diag.Note{n.policy.File.Note(rule.Package, "the policy makes it a singleton here")}
	name := diag.Quote(s.Package.Value)
	switch {
	case s.Flags&registry.Singleton == 0:
		return []problem{{Diagnostic: diag.Diagnostic{Rule: "singleton/missing", Notes: notes, Help: "add singleton: true in the build and here",
			Message: name + " is a singleton by policy, and is not shared as one"}, at: atPackage}}
	case rule.Strict && s.Flags&registry.StrictVersion == 0:
		return []problem{{Diagnostic: diag.Diagnostic{Rule: "singleton/strict", Notes: notes, Help: "add strictVersion: true in the build and here" + waiver(rule),
			Message: "the policy is strict about " + name + ", and this build is not: a version that does not fit would only be a warning in the console"}, at: atPackage}}
	}
	return nil
}

// inBrowsers are the engines that read a required version.
var inBrowsers = []semver.Dialect{semver.ModuleFederation, semver.Webpack, semver.NPM}

// noRanges are the kinds of text that stand for a range in a package.json and are none.
var noRanges = []semver.Kind{semver.Workspace, semver.Alias, semver.Catalog, semver.Path, semver.URL, semver.Protocol, semver.Tag}

// lint asks the engines about a range, once.
func (n *Negotiator) lint(rng string) []semver.Doubt {
	doubts, known := n.doubts[rng]
	if !known {
		doubts = semver.LintRange(rng, inBrowsers...)
		n.doubts[rng] = doubts
	}
	return doubts
}

// required judges a required version.
func (n *Negotiator) required(s *registry.Shared) []problem {
	name, text := diag.Quote(s.Package.Value), s.RequiredVersion.Value
	report := func(rule, message, help string, severity diag.Severity) []problem {
		return []problem{{Diagnostic: diag.Diagnostic{Rule: rule, Severity: severity, Message: message, Help: help}, at: atRequired}}
	}
	if s.RequiredVersion.IsZero() {
		return nil // ^version, or of a package that is not brought any
	}
	if s.Flags&registry.AnyVersion != 0 {
		return report("share/required-version", "requiredVersion: false accepts any version of "+name+", and nobody is told of one that does not fit",
			"write the range that it was built for", diag.Warning)
	}
	doubts := n.lint(text)
	if len(doubts) == 0 {
		return nil
	}
	d := doubts[0]
	help := "write the range that it was built for"
	if d.Safe != "" {
		help = "write " + d.Safe
	}
	switch {
	case d.Kind == semver.Empty:
		return report("share/required-version", "an empty required version accepts any version of "+name+", and nobody is told of one that does not fit",
			"write the range that it was built for", diag.Warning)
	case slices.Contains(noRanges, d.Kind):
		found := report("share/required-version", diag.Quote(text)+" is for a package manager, and no range to a browser: as the build has it, it accepts any version or none", help, diag.Error)
		found[0].unreadable = true
		return found
	}
	return report("share/unsafe-range", "runtimes may read this range differently: "+d.Text, help, diag.Warning)
}

// version judges a version that is no full release.
func (n *Negotiator) version(s *registry.Shared, singleton bool) []problem {
	if s.Flags&registry.NoImport != 0 {
		return nil
	}
	if s.Version.IsZero() {
		return []problem{{Diagnostic: diag.Diagnostic{Rule: "share/version", Severity: diag.Warning, Help: "write the version that the build finds in node_modules; or import: false, if it brings no copy",
			Message: diag.Quote(s.Package.Value) + " has no version here, so nobody can tell who gets which copy"}, at: atPackage, unreadable: true}}
	}
	doubts := semver.LintVersion(s.Version.Value, inBrowsers...)
	if len(doubts) == 0 {
		return nil
	}
	d, name := doubts[0], diag.Quote(s.Package.Value)
	if d.Kind != semver.Prerelease {
		return []problem{{Diagnostic: diag.Diagnostic{Rule: "share/version", Severity: diag.Warning, Help: helpVersion(d.Safe),
			Message: fmt.Sprintf("runtimes read the version %s of %s differently: %s", diag.Quote(s.Version.Value), name, d.Text)}, at: atVersion}}
	}
	severity := diag.Warning
	if singleton || s.Flags&registry.Singleton != 0 {
		severity = diag.Error
	}
	return []problem{{Diagnostic: diag.Diagnostic{Rule: "share/prerelease", Severity: severity, Help: "build against a release, or pin this one only where the policy allows prereleases",
		Message: fmt.Sprintf("%s %s is a prerelease, in a cohort that may not have one%s", name, s.Version, hijacked(s.Version.Value))},
		at: atVersion, prerelease: true}}
}

// hijacked names a range that only Module Federation takes a prerelease for.
func hijacked(version string) string {
	parts := strings.SplitN(version, ".", 2)
	for _, rng := range []string{"^" + parts[0] + ".0.0", ">=" + parts[0] + ".0.0", "*"} {
		taken, _ := semver.ModuleFederation.Satisfies(version, rng)
		others, _ := semver.NPM.Satisfies(version, rng)
		if taken && !others {
			return ": to Module Federation it satisfies ranges such as " + rng
		}
	}
	return ""
}

func helpVersion(safe string) string {
	if safe == "" {
		return "write the version as three numbers"
	}
	return "write " + safe
}

// checkReleases reports what is wrong with the declarations of the releases that a cohort gets.
func (n *Negotiator) checkReleases(c *resolve.Cohort, only Selection) {
	mayPrerelease := n.policy.MayPrerelease(c.Declared.Name.Value)
	for _, p := range c.Pins {
		if only.Host != "" && p.Remote.Name.Value != only.Host && !slices.Contains(p.Hosts, only.Host) {
			continue
		}
		for j := range p.Choices {
			choice := &p.Choices[j]
			profile := n.profile(p.Remote, choice.Release)
			if profile.differs != "" {
				n.checkRuntime(c, p, choice, profile.differs)
			}
			for k := range profile.uses {
				use := &profile.uses[k]
				if only.Package != "" && only.Package != use.class.name {
					continue
				}
				for _, problem := range use.class.problems {
					if !problem.prerelease || !mayPrerelease {
						n.report(c, Use{p, choice, use}, use.declared[problem.index], problem)
					}
				}
			}
		}
	}
}

func (n *Negotiator) report(c *resolve.Cohort, u Use, s *registry.Shared, p problem) {
	d := p.Diagnostic
	d.Remote = u.Pin.Remote.Name.Value
	d.Notes = append(slices.Clip(d.Notes), broughtBy(u.Pin, u.Choice))
	if p.cure != nil {
		d.Help = p.cure(d.Remote)
	}
	n.found.Add(c.Declared.Name.Value, u.Pin.Remote.File.Fault(p.at(s), d))
}

// broughtBy points at the pin that brings a release into a cohort.
func broughtBy(p *resolve.Pin, choice *resolve.Choice) diag.Note {
	return p.From.Cohort.File.Note(choice.Asked, fmt.Sprintf("this pin brings %s %s in", p.Remote.Name, choice.Release.Version))
}
