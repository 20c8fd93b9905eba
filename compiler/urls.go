package compiler

import (
	"bytes"
	"fmt"
	"net/url"
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

// urls looks in the history for entries and files that a change brings with another integrity than they had.
func urls(past *Past, before, after *registry.Registry) (diag.List, error) {
	fresh := map[string][]use{} // by address
	for _, remote := range after.Remotes {
		if !remote.Code() {
			continue
		}
		had := map[loaded]bool{}
		if was := before.Remote(remote.Name.Value); was != nil {
			for i := range was.Releases {
				for _, l := range loads(&was.Releases[i]) {
					had[l] = true
				}
			}
		}
		for i := range remote.Releases {
			for n, l := range loads(&remote.Releases[i]) {
				if !had[l] {
					fresh[l.address] = append(fresh[l.address], use{remote, &remote.Releases[i], n, l.integrity})
				}
			}
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	return seen(past, fresh)
}

// loaded is what a browser loads of a release.
type loaded struct{ address, integrity string }

// loads is the entry of a release, and then its files; nothing of one without an entry.
func loads(r *registry.Release) (all []loaded) {
	if r.Entry.IsZero() {
		return nil
	}
	all = append(all, loaded{policy.Address(r.Entry.Value), r.Integrity.Value})
	base, err := url.Parse(all[0].address)
	if err != nil {
		return all // policy.Check says so
	}
	for _, f := range r.Files {
		if u, err := base.Parse(f.Path.Value); err == nil {
			all = append(all, loaded{u.String(), f.Integrity.Value})
		}
	}
	return all
}

// use is what is loaded of a release of a remote: its entry, 0, or one of its files.
type use struct {
	remote    *registry.Remote
	release   *registry.Release
	place     int
	integrity string
}

// at is the line that names it.
func (u use) at() registry.Text {
	if u.place == 0 {
		return u.release.Entry
	}
	return u.release.Files[u.place-1].Path
}

// seen goes through all versions of all remotes' files. Only those that may name one of the URLs are read in full.
func seen(past *Past, fresh map[string][]use) (l diag.List, err error) {
	known := map[history.ObjectID]bool{}
	said := map[use]bool{}
	marks := marksOf(fresh)
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
			if mentions(text, marks) {
				l.Add(reused(change.Path, text, step, fresh, said)...)
			}
		}
	}
	return l, nil
}

// reused finds the URLs that a version of a file has with another integrity, but for those about which that is said already.
func reused(file string, text []byte, step history.Step, fresh map[string][]use, said map[use]bool) (l diag.List) {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	old := registry.Releases(file, text)
	for i := range old {
		for _, was := range loads(&old[i]) {
			for _, u := range fresh[was.address] {
				if was.integrity == u.integrity || said[u] {
					continue
				}
				said[u] = true
				l.Add(u.remote.File.Fault(u.at(), diag.Diagnostic{Rule: "release/url-changed", Remote: u.remote.Name.Value,
					Message: fmt.Sprintf("this URL has had another integrity: that of %s %s, as of commit %s of %s", name, old[i].Version, diag.ShortID(step.ID.String()), step.Time.Format(time.RFC3339)),
					Help:    "publish the new build under a URL of its own, with the version in its path"}))
			}
		}
	}
	return l
}

// marksOf are texts of which a file that names one of the addresses as an entry or a file of its releases holds one, unless it is written
// with escapes.
func marksOf(fresh map[string][]use) (marks [][]byte) {
	for at, uses := range fresh {
		mark := ""
		if _, rest, ok := strings.Cut(at, "://"); ok {
			mark = strings.TrimSuffix(rest[max(0, strings.IndexByte(rest, '/')):], "/")
		}
		if slices.ContainsFunc(uses, func(u use) bool { return u.place > 0 }) {
			mark = path.Base(mark)
		}
		if i := strings.IndexByte(mark, '?'); i >= 0 {
			mark = mark[i:]
		}
		marks = append(marks, []byte(mark))
	}
	return marks
}

// mentions is a quick look before a slow one. In YAML a text without a backslash stands as it is, in one piece: a URL holds no space.
func mentions(text []byte, marks [][]byte) bool {
	return bytes.IndexByte(text, '\\') >= 0 || slices.ContainsFunc(marks, func(mark []byte) bool { return bytes.Contains(text, mark) })
}
