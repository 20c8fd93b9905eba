// Package cdn prints the configuration of what stands between the store and the browsers, derived from the one table of
// headers (manifest.HeaderTable) and the promise (policy.Promise). There is a file for each kind; every configuration
//
//   - serves the objects of the table, below the base URL, and nothing else;
//   - passes on Cache-Control and Content-Type as the store has them, so that a new ttl holds when the pointer is published
//     again, and sets the other fields of the table, which no object store keeps;
//   - keeps an object as long as its Cache-Control says, and no longer: an old pointer is served for
//     stale-while-revalidate at most, whatever the CDN would do by itself, and longer only while the store does not answer;
//   - sees one object whatever the query, cookies and other fields of a request, so that nobody gets past the cache;
//   - does not keep errors.
package cdn

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"muster/compiler/manifest"
	"muster/compiler/policy"
)

// Site is what is to be served.
type Site struct {
	Table   []manifest.Headers
	Promise policy.Promise // what the table's caching is derived from
	BaseURL string         // below which pages find the objects; it ends in "/"
	// Origin is where the objects are: the URL below which the store answers plain GET requests (http or https, without
	// credentials), or an absolute folder, which begins with "/".
	Origin string
}

// kind is one kind of CDN.
type kind struct {
	name  string
	print func(place) ([]byte, error)
}

var kinds = []kind{nginx, cloudfront, cloudflare}

// Kinds are the names of what Config prints, in the order of the documentation.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Config prints the configuration of one kind for one tier of the site. An error says that there is no such kind, or what of
// the site the kind can't express.
func Config(name string, s Site) ([]byte, error) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no configuration for %q: there is one for %s", name, strings.Join(Kinds(), ", "))
	}
	p, err := s.place()
	if err != nil {
		return nil, err
	}
	return kinds[i].print(p)
}

// place is a site with its URLs taken apart.
type place struct {
	Site
	host   string   // of the base URL, without a port
	base   string   // the decoded path of the base URL; it begins and ends with "/"
	origin *url.URL // nil for a folder; its path ends in "/"
}

func (s Site) place() (place, error) {
	base, err := plainURL(s.BaseURL)
	if err != nil {
		return place{}, fmt.Errorf("the base URL %w", err)
	}
	p := place{Site: s, host: base.Hostname(), base: cleanPath(base.Path)}
	if strings.HasPrefix(s.Origin, "/") {
		p.Origin = cleanPath(s.Origin)
		return p, nil
	}
	if p.origin, err = plainURL(s.Origin); err != nil {
		return place{}, fmt.Errorf("the origin %w", err)
	}
	p.origin = p.origin.JoinPath("/")
	return p, nil
}

// plainURL reads a URL that consists of scheme, host and path alone. Its errors do not repeat it: there may be a password
// in it.
func plainURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("is no URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("is no URL with http or https")
	case u.User != nil:
		return nil, errors.New("holds credentials: a configuration is no place for them")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("has a query or a fragment: write scheme, host and path")
	case u.Hostname() == "" || strings.ContainsFunc(u.Hostname(), notHost):
		return nil, errors.New("has no host name")
	case strings.ContainsFunc(u.Path, unicode.IsControl):
		return nil, errors.New("has a control character in its path")
	}
	return u, nil
}

func notHost(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:", r)
}

// cleanPath is a path as servers see it once they have resolved it, with a slash at either end.
func cleanPath(p string) string {
	if p = path.Clean("/" + p); p != "/" {
		p += "/"
	}
	return p
}

// kept reports whether object stores keep a field with the object, so that whoever stands before one only passes it on.
func kept(f manifest.Field) bool { return f.Name == "Cache-Control" || f.Name == "Content-Type" }

// own are the fields of a row that object stores do not keep.
func own(h manifest.Headers) (fields []manifest.Field) {
	for _, f := range h.Fields {
		if !kept(f) {
			fields = append(fields, f)
		}
	}
	return fields
}

// quote writes a text as one string: in nginx (https://nginx.org/en/docs/dev/development_guide.html#config_directives), where a
// dollar sign still begins a variable, and in Cloudflare's rules language
// (https://developers.cloudflare.com/ruleset-engine/rules-language/values/).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
