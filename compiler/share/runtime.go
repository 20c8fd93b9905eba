package share

import (
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
	"muster/compiler/share/federation"
)

// runtimes are the versions of the federation runtime from which on it behaves as the next entry says. They were measured by
// running the 3,200 cases of testdata/vectors/negotiation.jsonl.gz through 20 versions from 0.12.0 to 2.9.2: another copy or
// error than the last one's, which is what muster replays, came of 835, 590, 562 and 9 of them, those 9 all with eager copies.
var runtimes = []struct {
	below  string
	differ string
	eager  bool // only builds that share something eagerly
}{
	{below: "0.15.0", differ: "it does not understand || in a range, and often chooses another copy"},
	{below: "0.21.3", differ: "it chooses another copy in one case of six"},
	{below: "2.9.0", differ: "it sometimes chooses another of several eager copies", eager: true},
}

// outdated is what a release's own runtime does differently from the one that its page is judged by, "" if nothing.
func (n *Negotiator) outdated(release *registry.Release) string {
	text := release.Bundler.Federation.Value
	if text == "" || len(release.Shared) == 0 {
		return ""
	}
	key := vintage{text, slices.ContainsFunc(release.Shared, func(s registry.Shared) bool { return s.Flags&registry.Eager != 0 })}
	known, ok := n.vintages[key]
	if !ok {
		known = key.differs()
		n.vintages[key] = known
	}
	return known
}

// vintage is what decides how a release's own runtime differs.
type vintage struct {
	federation string
	eager      bool
}

const unreadable = "unreadable"

func (b vintage) differs() string {
	version, err := semver.ParseVersion(b.federation)
	if err != nil {
		return unreadable
	}
	for _, r := range runtimes {
		below, _ := semver.ParseVersion(r.below)
		if version.Compare(below) < 0 && (b.eager || !r.eager) {
			return r.differ
		}
	}
	return ""
}

// checkRuntime warns of a build whose runtime is older than the rules that its page is judged by.
func (n *Negotiator) checkRuntime(c *resolve.Cohort, p *resolve.Pin, choice *resolve.Choice, differs string) {
	text := choice.Release.Bundler.Federation
	d := diag.Diagnostic{Rule: "share/old-runtime", Severity: diag.Warning, Remote: p.Remote.Name.Value, Notes: []diag.Note{broughtBy(p, choice)},
		Message: fmt.Sprintf("%s %s brings the federation runtime %s: %s", p.Remote.Name, choice.Release.Version, text, differs),
		Help:    "rebuild it with a current @module-federation/enhanced"}
	if differs == unreadable {
		d.Message = diag.Quote(text.Value) + " is not a full version, so it can't be told which runtime this build brings"
		d.Help = "write the version of @module-federation/enhanced, such as 2.9.2"
	}
	n.found.Add(c.Declared.Name.Value, p.Remote.File.Fault(text, d))
}

// manyRemotes is from how many remotes on a version-first host is advised against.
const manyRemotes = 10

// checkStrategy warns of a host that loads every entry before it starts.
func (n *Negotiator) checkStrategy(page *Page) {
	choice := page.Release
	if buildOf(choice.Release) != enhanced || strategyOf(choice.Release) != federation.VersionFirst || len(choice.Release.Shared) == 0 {
		return
	}
	remotes, manifests := page.entries()
	if len(remotes) < manyRemotes && len(manifests) == 0 {
		return
	}
	host := page.Host.Remote
	at, how := choice.Release.Bundler.ShareStrategy, "is version-first"
	if at.IsZero() {
		at, how = choice.Release.Version, "declares no shareStrategy, so it is version-first"
	}
	d := diag.Diagnostic{Rule: "share/version-first", Severity: diag.Warning, Remote: host.Name.Value, Help: "build it with shareStrategy: loaded-first, and say so in bundler:",
		Message: fmt.Sprintf("%s %s %s: it loads %s before it has its own first shared package", host.Name, choice.Release.Version, how, entriesOf(remotes)),
		Notes:   []diag.Note{broughtBy(page.Host, choice)}}
	if len(manifests) > 0 {
		d.Notes = append(d.Notes, diag.Note{Message: "an mf-manifest.json that can't be loaded takes the host's own packages with it: " + listed(manifests)})
	}
	n.found.Add(page.Cohort.Declared.Name.Value, host.File.Fault(at, d))
}

func entriesOf(remotes []string) string {
	if len(remotes) == 1 {
		return "its remote's entry"
	}
	return fmt.Sprintf("the entries of all %d remotes", len(remotes))
}

// entries are the names of the remotes that a host loads, and of those whose entry is a manifest.
func (page *Page) entries() (remotes, manifests []string) {
	for _, p := range page.Cohort.Pins {
		if p.Remote.Runtime != page.Host.Remote.Runtime || !slices.Contains(p.Hosts, page.Host.Remote.Name.Value) || len(p.Choices) == 0 {
			continue
		}
		remotes = append(remotes, p.Remote.Name.Value)
		if slices.ContainsFunc(p.Choices, func(choice resolve.Choice) bool { return isManifest(choice.Release.Entry.Value) }) {
			manifests = append(manifests, p.Remote.Name.Value)
		}
	}
	return remotes, manifests
}

func isManifest(entry string) bool {
	path, _, _ := strings.Cut(entry, "?")
	return strings.HasSuffix(path, ".json")
}

// listed names a few of many.
func listed(names []string) string {
	const most = 5
	if len(names) <= most {
		return and(names)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// and is "a", "a and b", "a, b and c".
func and(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
