package policy

import (
	"fmt"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var urlRule = Rule{
	Findings: []diag.Rule{{
		ID:       "release/url-reused",
		Summary:  "one URL means one content",
		Protects: "An entry is cached for a year: a second content under the same URL fails its integrity check for some users only.",
		Bad:      "- {version: 2.4.1, entry: https://cdn.acme.example/checkout/remoteEntry.js, integrity: sha384-B...}\n- {version: 2.4.0, entry: https://cdn.acme.example/checkout/remoteEntry.js, integrity: sha384-A...}",
		Good:     "- {version: 2.4.1, entry: https://cdn.acme.example/checkout/2.4.1/remoteEntry.js, integrity: sha384-B...}\n- {version: 2.4.0, entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js, integrity: sha384-A...}",
	}},
	check: checkURLs,
}

// use is the first release that names a URL.
type use struct {
	remote  *registry.Remote
	release *registry.Release
}

func checkURLs(r *registry.Registry) (l diag.List) {
	seen := map[string]use{}
	for _, remote := range r.Remotes {
		if !remote.Code() {
			continue
		}
		for i := range remote.Releases {
			release := &remote.Releases[i]
			at := Address(release.Entry.Value)
			first, ok := seen[at]
			switch {
			case release.Entry.IsZero():
			case !ok:
				seen[at] = use{remote, release}
			case first.release.Integrity.Value != release.Integrity.Value:
				l.Add(fault(remote, release.Entry, "release/url-reused",
					fmt.Sprintf("%s %s has this URL too, with another integrity", first.remote.Name, first.release.Version),
					"give every release a URL of its own, with the version in its path",
					first.remote.File.Note(first.release.Entry, "it is used here")))
			}
		}
	}
	return l
}

// Address is a URL with its origin as browsers write it: two spellings of one URL are one. A malformed one is itself.
func Address(raw string) string {
	origin, err := Origin(raw)
	if err != nil {
		return raw
	}
	rest := raw[strings.Index(raw, "://")+3:]
	path := strings.IndexAny(rest, "/?")
	switch {
	case path < 0:
		return origin + "/"
	case rest[path] == '?':
		return origin + "/" + rest[path:]
	}
	return origin + rest[path:]
}
