package cdn

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"text/template"
	"unicode"

	"muster/compiler/manifest"
)

// nginx prints what goes into the http block of nginx 1.11.10 or later, which is the first to read stale-while-revalidate and
// stale-if-error (https://nginx.org/en/docs/http/ngx_http_proxy_module.html). Before a store it is a caching proxy; for a
// folder it is the origin itself.
//
// What it sees to beside the headers: proxy_cache_use_stale has no "updating", which would let a tier that was idle serve
// what it has, however old; stale-while-revalidate permits the same within bounds. A location with an add_header inherits
// none, so each repeats all. The name of a store is looked up again and again (a variable in proxy_pass), since addresses of
// object stores change. The folder's pointer has no validators: nginx makes them of the second of the last change and the size, and
// two pointers within a second would be one for ever to whoever asks If-None-Match.
var nginx = kind{"nginx", func(p place) ([]byte, error) {
	if p.origin == nil && (strings.Contains(p.Origin, "$") || strings.ContainsFunc(p.Origin, unicode.IsControl)) {
		return nil, errors.New("nginx can't serve a folder with a dollar sign or a control character in its path")
	}
	var b bytes.Buffer
	if err := nginxTemplate.Execute(&b, nginxValues(p)); err != nil {
		return nil, fmt.Errorf("printing the nginx configuration: %w", err)
	}
	return b.Bytes(), nil
}}

//go:embed nginx.tmpl
var nginxText string

var nginxTemplate = template.Must(template.New("nginx").Funcs(template.FuncMap{"quote": quote}).Parse(nginxText))

// nginxSite is what the template shows.
type nginxSite struct {
	BaseURL, Promise, Host string
	Zone                   string           // a name of this site's own, for its cache
	Everywhere             []manifest.Field // what every answer has, whatever it is
	Hidden                 []string         // fields of the store's answers that are set here
	Locations              []nginxLocation
	Folder                 string // "" for a proxy
	Origin                 nginxOrigin
}

type nginxOrigin struct {
	Scheme, Host, Name, Prefix string // Host may have a port, Name has none, Prefix is an escaped path
	Resolved                   bool   // the name is none that is an address
}

type nginxLocation struct {
	Pattern     string // matches the whole path, and names the object $muster_object
	Caching     string
	ContentType string
	Own         []manifest.Field
	Mutable     bool
}

func nginxValues(p place) nginxSite {
	s := nginxSite{BaseURL: p.BaseURL, Promise: p.Promise.String(), Host: p.host, Zone: nginxZone(p), Everywhere: own(p.Table[0])}
	for _, f := range s.Everywhere {
		s.Hidden = append(s.Hidden, f.Name)
	}
	for _, h := range p.Table {
		s.Locations = append(s.Locations, nginxLocation{
			Pattern:     "^" + regexp.QuoteMeta(p.base) + "(?<muster_object>" + objectPattern(h.Path) + ")$",
			Caching:     h.Value("Cache-Control"),
			ContentType: h.Value("Content-Type"),
			Own:         own(h),
			Mutable:     !strings.HasSuffix(h.Path, "*"),
		})
	}
	if p.origin == nil {
		s.Folder = p.Origin
		return s
	}
	_, err := netip.ParseAddr(p.origin.Hostname())
	s.Origin = nginxOrigin{Scheme: p.origin.Scheme, Host: p.origin.Host, Name: p.origin.Hostname(),
		Prefix: strings.ReplaceAll(p.origin.EscapedPath(), "$", "%24"), Resolved: err != nil}
	return s
}

// objectPattern is a path of the table as a regular expression. What a "*" stands for is of the form that published paths
// have. No name begins with a dot, like a file that is still being written; the last one has an extension, so that no folder is
// redirected to; and nothing could reach beyond a request line.
func objectPattern(path string) string {
	prefix, all := strings.CutSuffix(path, "*")
	pattern := regexp.QuoteMeta(prefix)
	if all {
		pattern += `(?:[0-9A-Za-z_-]+/)*[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)+`
	}
	return pattern
}

// nginxZone is a name that other sites in the same nginx do not have.
func nginxZone(p place) string {
	return "muster_" + strings.Trim(regexp.MustCompile(`[^0-9A-Za-z]+`).ReplaceAllString(p.host+p.base, "_"), "_")
}
