package policy

import (
	"fmt"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/semver"
)

var releaseRule = Rule{
	Findings: []diag.Rule{{
		ID:       "release/entry",
		Summary:  "a remote's release names its entry",
		Protects: "A shell can't load a release that has no URL.",
		Bad:      "- version: \"2.4.0\"",
		Good:     "- version: \"2.4.0\"\n  entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js",
	}, {
		ID:       "release/version",
		Summary:  "a release's version is a semantic version",
		Protects: "Ranges, promotions and rollbacks compare versions.",
		Bad:      "- version: \"2.4.0-01\"",
		Good:     "- version: \"2.4.0-1\"",
	}, {
		ID:       "release/duplicate",
		Summary:  "a version is released once",
		Protects: "A pin must mean one build. Build metadata does not tell versions apart: no range could choose between them.",
		Bad:      "- version: \"2.4.0+b2\"\n- version: \"2.4.0+b1\"",
		Good:     "- version: \"2.4.1\"\n- version: \"2.4.0\"",
	}, {
		ID:       "release/reason",
		Summary:  "a deprecated or revoked release says why",
		Protects: "On-call reads the reason at night.",
		Bad:      "status: revoked",
		Good:     "status: revoked\nreason: INC-4711 loses the cart on iOS",
	}},
	check: func(r *registry.Registry) (l diag.List) {
		for _, remote := range r.Remotes {
			l.Add(checkReleases(remote)...)
		}
		return l
	},
}

func checkReleases(r *registry.Remote) (l diag.List) {
	var seen []semver.Version
	var texts []registry.Text
	for _, release := range r.Releases {
		if release.Entry.IsZero() && r.Loaded() {
			l.Add(fault(r, release.Version, "release/entry", fmt.Sprintf("release %s has no entry", release.Version), "add entry: the URL of what a shell loads"))
		}
		if !release.Status.IsZero() && release.Reason.IsZero() {
			l.Add(fault(r, release.Status, "release/reason", fmt.Sprintf("release %s is %s without a reason", release.Version, release.Status), "add reason: what is wrong with it"))
		}
		v, err := semver.ParseVersion(release.Version.Value)
		if err != nil {
			l.Add(fault(r, release.Version, "release/version", diag.Quote(release.Version.Value)+" is not a semantic version",
				"numbers have no leading zeros, also in a prerelease, none is beyond 64 bits, and no part is empty"))
			continue
		}
		for i, w := range seen {
			if v.Compare(w) == 0 {
				l.Add(fault(r, release.Version, "release/duplicate", fmt.Sprintf("%s and %s are the same version", texts[i], release.Version),
					"give each release a version of its own", r.File.Note(texts[i], "the other one is here")))
				break
			}
		}
		seen, texts = append(seen, v), append(texts, release.Version)
	}
	return l
}
