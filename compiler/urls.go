package compiler

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/policy"
	"muster/compiler/registry"
)

var urlRules = []diag.Rule{{
	ID:       "release/url-changed",
	Summary:  "a URL never means two contents",
	Protects: "Caches keep an entry for a year. A URL that once had another integrity is refused by browsers that have seen the old file, or serves it.",
	Bad:      "# in a new release\nentry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js    # which 2.4.0 had, with another integrity",
	Good:     "entry: https://cdn.acme.example/checkout/2.4.1/remoteEntry.js",
	Compared: true,
}}

// urls looks in the history for entries that a change brings with another integrity than they had.
func urls(past *Past, before, after *registry.Registry) (diag.List, error) {
	fresh := map[string][]use{} // by address
	for _, remote := range after.Remotes {
		was := before.Remote(remote.Name.Value)
		for i := range remote.Releases {
			release := &remote.Releases[i]
			if release.Entry.IsZero() || !remote.Code() || was != nil && slices.ContainsFunc(was.Releases, func(o registry.Release) bool {
				return o.Entry.Value == release.Entry.Value && o.Integrity.Value == release.Integrity.Value
			}) {
				continue
			}
			at := policy.Address(release.Entry.Value)
			fresh[at] = append(fresh[at], use{remote, release})
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return seen(past, fresh)
}

// use is a release of a remote.
type use struct {
	remote  *registry.Remote
	release *registry.Release
}

// seen goes through all versions of all remotes' files. Only those that name one of the URLs are read in full.
func seen(past *Past, fresh map[string][]use) (l diag.List, err error) {
	known := map[history.ObjectID]bool{}
	said := map[*registry.Release]bool{}
	for step, err := range past.Repo.Steps(past.Commit, []string{"remotes"}) {
		if err != nil {
			return nil, err
		}
		for _, change := range step.Changes {
			file := change.After
			if known[file.Blob] || file == (history.File{}) || !file.Mode.IsRegular() {
				continue
			}
			known[file.Blob] = true
			text, err := past.Repo.Blob(file.Blob)
			if err != nil {
				return nil, err
			}
			if mentions(text, fresh) {
				l.Add(reused(change.Path, text, step, fresh, said)...)
			}
		}
	}
	return l, nil
}

// reused finds the URLs that a version of a file has with another integrity, but for those about which that is said already.
func reused(file string, text []byte, step history.Step, fresh map[string][]use, said map[*registry.Release]bool) (l diag.List) {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	for _, old := range registry.Releases(file, text) {
		for _, u := range fresh[policy.Address(old.Entry.Value)] {
			if old.Integrity.Value == u.release.Integrity.Value || said[u.release] {
				continue
			}
			said[u.release] = true
			l.Add(u.remote.File.Fault(u.release.Entry, diag.Diagnostic{Rule: "release/url-changed", Remote: u.remote.Name.Value,
				Message: fmt.Sprintf("this URL has had another integrity: that of %s %s, as of commit %s of %s", name, old.Version, diag.ShortID(step.ID.String()), step.Time.Format(time.RFC3339)),
				Help:    "publish the new build under a URL of its own, with the version in its path"}))
		}
	}
	return l
}

// mentions reports whether a text holds the path of one of the addresses: a quick look before a slow one.
func mentions(text []byte, addresses map[string][]use) bool {
	for at := range addresses {
		if _, rest, ok := strings.Cut(at, "://"); ok {
			if i := strings.IndexByte(rest, '/'); i >= 0 && bytes.Contains(text, []byte(rest[i:])) {
				return true
			}
		}
	}
	return false
}
