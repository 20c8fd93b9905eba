package policy

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var originRule = Rule{
	Findings: []diag.Rule{{
		ID:      "origin/malformed",
		Summary: "a URL is absolute, https, plain ASCII, and without user name, fragment or dot segments",
		Protects: "Browsers, CDNs and Go read odd URLs differently (a backslash is a slash to a browser, and what stands before " +
			"an @ is a user name), so an odd URL can pass a check and load from elsewhere.",
		Bad:  "entry: https://cdn.acme.example@evil.example/remoteEntry.js",
		Good: "entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js",
	}, {
		ID:       "origin/scheme",
		Summary:  "everything is served over https",
		Protects: "Code fetched over http can be replaced on the way to the user.",
		Bad:      "entry: http://cdn.acme.example/checkout/2.4.0/remoteEntry.js",
		Good:     "entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js",
	}, {
		ID:      "origin/not-allowed",
		Summary: "entries come from the origins that the policy lists",
		Protects: "A remote's code runs with the rights of the page. Origins are compared as browsers compare them, so a " +
			"look-alike such as cdn.acme.example.evil.example is another origin.",
		Bad:  "entry: https://cdn.acme.example.evil.example/checkout/2.4.0/remoteEntry.js",
		Good: "entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js",
	}},
	check: checkOrigins,
}

// errScheme is a URL that is well-formed but not https.
var errScheme = errors.New("is not https")

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)
	allDigit = regexp.MustCompile(`^(0[xX][0-9A-Fa-f]*|[0-9]+)$`)
	schemed  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)
)

// Origin returns the origin of an https URL as browsers write it: lower case, without the default port. It refuses what
// URL parsers disagree on (see https://url.spec.whatwg.org/#url-parsing); the error completes "the URL ...".
func Origin(raw string) (string, error) {
	if i := strings.IndexFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\\^`{}<>\"|", r) }); i >= 0 {
		return "", fmt.Errorf("holds %q, which URL parsers treat differently", []rune(raw[i:])[0])
	}
	if !schemed.MatchString(raw) {
		return "", errors.New("is not absolute")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", errors.New("can't be parsed")
	case !strings.EqualFold(u.Scheme, "https"):
		return "", errScheme
	case u.User != nil:
		return "", errors.New("holds a user name")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return "", errors.New("holds a fragment")
	}
	host := strings.ToLower(u.Hostname())
	labels := strings.Split(host, ".")
	if !hostName.MatchString(host) || len(host) > 253 || allDigit.MatchString(labels[len(labels)-1]) {
		return "", errors.New("has no host name")
	}
	if err := plainPath(u.EscapedPath()); err != nil {
		return "", err
	}
	if p := u.Port(); strings.HasSuffix(u.Host, ":") {
		return "", errors.New("has an empty port")
	} else if n, err := strconv.Atoi(p); p != "" && (err != nil || n < 1 || n > 65535 || p[0] == '0') {
		return "", errors.New("has no valid port")
	} else if p != "" && p != "443" {
		host += ":" + p
	}
	return "https://" + host, nil
}

// plainPath refuses segments that a browser would resolve away, written out or escaped.
func plainPath(path string) error {
	for _, segment := range strings.Split(strings.ToLower(path), "/") {
		if s := strings.ReplaceAll(segment, "%2e", "."); s == "." || s == ".." {
			return errors.New("holds the path segment " + strconv.Quote(segment))
		}
		if strings.Contains(segment, "%2f") || strings.Contains(segment, "%5c") {
			return errors.New("holds an escaped slash")
		}
	}
	return nil
}

func checkOrigins(r *registry.Registry) (l diag.List) {
	code, codeFaults := listed(r.Policy, r.Policy.Origins)
	frames, frameFaults := listed(r.Policy, r.Policy.FrameOrigins)
	l.Add(append(codeFaults, frameFaults...)...)
	if o, err := Origin(r.Policy.BaseURL.Value); err != nil {
		l.Add(urlFault(r.Policy.File, r.Policy.BaseURL, err))
	} else if !strings.HasSuffix(r.Policy.BaseURL.Value, "/") || strings.Contains(r.Policy.BaseURL.Value, "?") {
		l.Add(policyFault(r.Policy, r.Policy.BaseURL, "origin/malformed", "baseURL must end in \"/\" and have no query",
			"write the folder that dist/ is served from, such as \""+o+"/\""))
	}
	if len(codeFaults)+len(frameFaults) > 0 {
		return l // what a faulty list allows can't be told
	}
	for _, remote := range r.Remotes {
		for i := range remote.Releases {
			l.Add(checkEntry(r.Policy, remote, &remote.Releases[i], code, frames)...)
		}
	}
	return l
}

// listed normalises the policy's own origins.
func listed(p *registry.Policy, texts []registry.Text) (origins []string, l diag.List) {
	for _, t := range texts {
		o, err := Origin(t.Value)
		switch {
		case err != nil:
			l.Add(urlFault(p.File, t, err))
		case !strings.EqualFold(strings.TrimSuffix(strings.TrimSuffix(t.Value, "/"), ":443"), o):
			l.Add(policyFault(p, t, "origin/malformed", "this is more than an origin", "write \""+o+"\": origins have no path"))
		default:
			origins = append(origins, o)
		}
	}
	return origins, l
}

func urlFault(f registry.File, t registry.Text, err error) diag.Diagnostic {
	d := diag.Diagnostic{Rule: "origin/malformed", Message: "the URL " + diag.Quote(t.Value) + " " + err.Error(),
		Help: "write it in full: https://, host, path"}
	if errors.Is(err, errScheme) {
		d.Rule, d.Help = "origin/scheme", "serve it over https"
	}
	return f.Fault(t, d)
}

func checkEntry(p *registry.Policy, r *registry.Remote, release *registry.Release, code, frames []string) (l diag.List) {
	if release.Entry.IsZero() {
		return nil
	}
	o, err := Origin(release.Entry.Value)
	if err != nil {
		d := urlFault(r.File, release.Entry, err)
		d.Remote = r.Name.Value
		return diag.List{d}
	}
	if slices.Contains(code, o) || !r.Code() && slices.Contains(frames, o) {
		return nil
	}
	allowed := code
	if !r.Code() {
		allowed = slices.Concat(code, frames)
	}
	if slices.Contains(frames, o) {
		return diag.List{fault(r, release.Entry, "origin/not-allowed", o+" may serve frames, not code",
			"serve the code from one for code: "+listing("origins", code), p.File.Note(p.FrameOrigins[slices.Index(frames, o)], "it is allowed for frames here"))}
	}
	help := "serve it from one that is allowed (" + listing("origins", allowed) + "), or ask the platform team to allow the origin"
	if near := diag.Nearest(o, allowed); near != "" {
		help = "did you mean " + near + "?"
	}
	d := fault(r, release.Entry, "origin/not-allowed", o+" is not an origin that the policy allows", help)
	if len(p.Origins) > 0 {
		d.Notes = append(d.Notes, p.File.Note(p.Origins[0], "the origins are listed here"))
	}
	return diag.List{d}
}
