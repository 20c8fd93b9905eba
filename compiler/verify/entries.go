package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"muster/compiler/policy"
	"muster/compiler/site"
	"muster/compiler/store"
)

// filesAtOnce is how many files of remotes are read at a time.
const filesAtOnce = 8

// wanted is what a manifest says of a file that browsers load.
type wanted struct {
	url       string
	integrity string // "" is any
	size      int64  // 0 is any
	use       use
}

// use is how a browser loads a file, and so what it asks of the answer.
type use uint8

const (
	asPage   use = iota // a document of its own: nothing is asked
	asData              // with fetch, which asks for CORS
	asScript            // a classic script: JavaScript, if the server says nosniff
	asModule            // a module: JavaScript
)

func (u use) code() bool { return u != asPage }

// wanted are the entries that a manifest names, and their files.
func (d *document) wanted() (all []wanted) {
	for _, group := range []map[string]remote{d.Hosts, d.Remotes} {
		for _, r := range group {
			all = append(all, r.wanted(r.Runtime)...)
		}
	}
	return all
}

func (r remote) wanted(runtime string) (all []wanted) {
	for _, variant := range r.Split {
		all = append(all, variant.wanted(runtime)...)
	}
	if r.Entry == "" {
		return all
	}
	entry := wanted{policy.Address(r.Entry), r.Integrity, r.Size, useOf(r, runtime)}
	all = append(all, entry)
	base, err := url.Parse(entry.url)
	if err != nil {
		return all // checkURL says so
	}
	for name, integrity := range r.Files {
		address := name // of one that can't be resolved, which is no URL either
		if u, err := base.Parse(name); err == nil {
			address = u.String()
		}
		all = append(all, wanted{address, integrity, 0, fileUse(address)})
	}
	return all
}

func useOf(r remote, runtime string) use {
	switch {
	case runtime == "iframe", runtime == "page":
		return asPage
	case runtime == "native-federation", fileUse(r.Entry) == asData:
		return asData // remoteEntry.json, or mf-manifest.json
	case r.Type == "global":
		return asScript
	}
	return asModule
}

// fileUse goes by the name of a file: what is no script is read or linked.
func fileUse(address string) use {
	name, _, _ := strings.Cut(address, "?")
	if ext := path.Ext(name); ext == ".json" || ext == ".css" || ext == ".wasm" || ext == ".map" {
		return asData
	}
	return asModule
}

// entries asks the origins of remotes for what the manifests name, once for each URL.
func (r *run) entries(ctx context.Context) (Level, error) {
	switch {
	case r.Entries == nil:
		return skipped(Entries, r.NoEntries), nil
	case r.pointer == nil:
		return skipped(Entries, noPointer), nil
	}
	l := Level{Name: Entries}
	all := slices.Clone(r.wanted)
	slices.SortFunc(all, func(a, b wanted) int {
		return cmp.Or(strings.Compare(a.url, b.url), strings.Compare(a.integrity, b.integrity), cmp.Compare(a.size, b.size), cmp.Compare(a.use, b.use))
	})
	all = slices.Compact(all)
	var levels []*Level
	var g errgroup.Group
	g.SetLimit(filesAtOnce)
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(w wanted) bool { return w.url != all[0].url })
		if n < 0 {
			n = len(all)
		}
		group, one := all[:n], &Level{Name: Entries}
		levels, all = append(levels, one), all[n:]
		g.Go(func() error {
			r.file(ctx, one, group)
			return nil
		})
	}
	g.Wait() // no function fails
	for _, one := range levels {
		l.Findings = append(l.Findings, one.Findings...)
	}
	l.Summary = fmt.Sprintf("%s from %s", count(len(levels), "file"), counted(origins(r.wanted), "origin", "origins"))
	return l, nil
}

func origins(all []wanted) int {
	seen := map[string]bool{}
	for _, w := range all {
		if u, err := url.Parse(w.url); err == nil {
			seen[u.Scheme+"://"+u.Host] = true
		}
	}
	return len(seen)
}

// file asks for one URL, and holds the answer against all that manifests say of it.
func (r *run) file(ctx context.Context, l *Level, group []wanted) {
	address, most := group[0].url, int64(0)
	for _, w := range group {
		most = max(most, min(w.size, store.MaxSize))
		if w.size == 0 {
			most = store.MaxSize
		}
	}
	if !strings.HasPrefix(address, "https://") {
		l.add("https", address, "browsers load no code from it: it is not https")
		return
	}
	d := newDigests()
	a, err := r.Entries.Fetch(ctx, site.Request{URL: address, Most: most}, d)
	switch {
	case errors.Is(err, site.ErrTooLarge):
		l.add("size", address, "it has more than %d bytes", most)
		return
	case err != nil:
		l.failed("answer", address, err)
		return
	case a.Redirected != "":
		l.add("redirect", address, "it redirects to %q, and modules find their files beside that", a.Redirected)
	}
	for _, w := range group {
		if w.size > 0 && a.Size != w.size {
			l.add("size", address, "it has %d bytes, and a manifest says %d", a.Size, w.size)
		}
		if w.integrity != "" && !d.match(w.integrity) {
			l.add("integrity", address, "its integrity is %s, and a manifest says %.300q: it was swapped, or built again", d.integrity(), w.integrity)
		}
	}
	r.loadable(l, a, group)
}

// loadable asks that a browser lets a page of another origin use the answer.
func (r *run) loadable(l *Level, a site.Answer, group []wanted) {
	most := asPage
	for _, w := range group {
		most = max(most, w.use)
	}
	if !most.code() {
		return
	}
	if allowed := a.Header.Values("Access-Control-Allow-Origin"); len(allowed) != 1 || allowed[0] != "*" && allowed[0] != r.Entries.Origin() {
		l.add("cors", group[0].url, "Access-Control-Allow-Origin is %s: a page of %s could not load it", shown(allowed), r.Entries.Origin())
	}
	nosniff := strings.EqualFold(strings.TrimSpace(a.Header.Get("X-Content-Type-Options")), "nosniff")
	if (most == asModule || most == asScript && nosniff) && !isJavaScript(a.Header) {
		l.add("type", group[0].url, "Content-Type is %s, and browsers run only JavaScript", shown(a.Header.Values("Content-Type")))
	}
}

// digests are the hashes of a file that an integrity value may be made of, the strongest first.
type digests struct {
	io.Writer
	hashes []digest
}

type digest struct {
	name string
	hash.Hash
}

func newDigests() digests {
	d := digests{hashes: []digest{{"sha512", sha512.New()}, {"sha384", sha512.New384()}, {"sha256", sha256.New()}}}
	d.Writer = io.MultiWriter(d.hashes[0], d.hashes[1], d.hashes[2])
	return d
}

// match reports whether a browser accepts the file for an integrity value: of the strongest algorithm in it, any hash will do
// (W3C Subresource Integrity, section 3.3.4). A value without a hash that browsers know would be no check at all.
func (d digests) match(integrity string) bool {
	values := strings.Fields(integrity)
	for _, h := range d.hashes {
		listed := false
		for _, v := range values {
			v, _, _ = strings.Cut(v, "?")
			want, ok := strings.CutPrefix(v, h.name+"-")
			if ok && want == base64.StdEncoding.EncodeToString(h.Sum(nil)) {
				return true
			}
			listed = listed || ok
		}
		if listed {
			return false
		}
	}
	return false
}

// integrity is the value that fits the file.
func (d digests) integrity() string {
	return "sha384-" + base64.StdEncoding.EncodeToString(d.hashes[1].Sum(nil))
}
