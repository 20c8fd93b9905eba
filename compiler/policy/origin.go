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

// urlError is what is wrong with a URL: words that complete "the URL ...", and the cure.
type urlError struct{ words, help string }

func (e urlError) Error() string { return e.words }

// errScheme is a URL that is well-formed but not https.
var errScheme = urlError{"is not https", "serve it over https"}

var (
	allDigit = regexp.MustCompile(`^(0[xX][0-9A-Fa-f]*|[0-9]+)$`)
	schemed  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)
)

// Origin returns the origin of an https URL as browsers write it: lower case, without the default port. It refuses what
// URL parsers disagree on (see https://url.spec.whatwg.org/#url-parsing); the error completes "the URL ...".
func Origin(raw string) (string, error) {
	if i := strings.IndexFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\\^`{}<>\"|", r) }); i >= 0 {
		r := []rune(raw[i:])[0]
		return "", urlError{fmt.Sprintf("holds %q, which URL parsers treat differently", string(r)), oddHelp(r)}
	}
	if !strings.HasPrefix(raw, "https://") && !schemed.MatchString(raw) {
		return "", urlError{"is not absolute", "write it in full: https://, host, path"}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil && strings.Contains(raw, "%"):
		return "", urlError{"holds a % that escapes nothing", "write %25 for a percent sign"}
	case err != nil:
		return "", urlError{"can't be parsed", "write it in full: https://, host, path"}
	case !strings.EqualFold(u.Scheme, "https"):
		return "", errScheme
	case u.User != nil:
		return "", urlError{"holds a user name", "remove what stands before the @: the host is what follows it"}
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return "", urlError{"holds a fragment", "remove the # and what follows it"}
	}
	host, err := plainHost(u)
	if err != nil {
		return "", err
	}
	if err := plainPath(u.EscapedPath()); err != nil {
		return "", err
	}
	return "https://" + host, nil
}

// oddHelp is what to write in the place of a character that has no place in a URL.
func oddHelp(r rune) string {
	switch {
	case r >= 0x80:
		return "write it in ASCII: a path in percent escapes, a host as xn--..."
	case r == '\\':
		return "write a slash"
	}
	return fmt.Sprintf("remove it, or write %%%02X in a path", r)
}

// plainHost returns the host name in lower case, with the port unless it is the default.
func plainHost(u *url.URL) (string, error) {
	host := strings.ToLower(u.Hostname())
	labels := strings.Split(host, ".")
	switch {
	case strings.HasSuffix(host, "."):
		return "", urlError{"has a host name that ends in a dot", "remove the dot: to a browser it is another origin"}
	case strings.Contains(host, ":") || numeric(labels[len(labels)-1]):
		return "", urlError{"names an address, not a host", "write a host name: an address has no certificate of yours"}
	case slices.ContainsFunc(labels, notLabel) || len(host) > 253:
		return "", urlError{"has no host name that browsers take", "write letters, digits and dashes, with dots between them"}
	}
	switch p := u.Port(); {
	case strings.HasSuffix(u.Host, ":"):
		return "", urlError{"has an empty port", "remove the colon"}
	case p == "" || p == "443":
		return host, nil
	default:
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 || p[0] == '0' {
			return "", urlError{"has no valid port", "a port is a number from 1 to 65535"}
		}
		return host + ":" + p, nil
	}
}

// numeric reports whether the last part of a host name makes it an address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func numeric(label string) bool {
	return label != "" && '0' <= label[0] && label[0] <= '9' && allDigit.MatchString(label)
}

// notLabel reports whether a part of a host name is none: letters, digits and dashes, the latter not at an end.
func notLabel(s string) bool {
	return s == "" || s[0] == '-' || s[len(s)-1] == '-' || strings.IndexFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) >= 0
}

// plainPath refuses segments that a browser would resolve away, written out or escaped.
func plainPath(path string) error {
	for segment := range strings.SplitSeq(path, "/") {
		if !strings.ContainsAny(segment, "%.") {
			continue
		}
		lower := strings.ToLower(segment)
		if s := strings.ReplaceAll(lower, "%2e", "."); s == "." || s == ".." {
			return urlError{"holds the path segment " + strconv.Quote(segment), "write the path that it leads to"}
		}
		if strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c") {
			return urlError{"holds an escaped slash", "write a slash, or a path without one"}
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
	for _, remote := range r.Remotes {
		for _, release := range remote.Releases {
			o, err := Origin(release.Entry.Value)
			switch {
			case release.Entry.IsZero():
			case err != nil:
				d := urlFault(remote.File, release.Entry, err)
				d.Remote = remote.Name.Value
				l.Add(d)
			case len(codeFaults)+len(frameFaults) == 0: // or what the lists allow can't be told
				l.Add(checkAllowed(r.Policy, remote, release.Entry, o, code, frames)...)
			}
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
	d := diag.Diagnostic{Rule: "origin/malformed", Message: "the URL " + diag.Quote(t.Value) + " " + err.Error()}
	if errors.Is(err, errScheme) {
		d.Rule = "origin/scheme"
	}
	var e urlError
	if errors.As(err, &e) {
		d.Help = e.help
	}
	return f.Fault(t, d)
}

func checkAllowed(p *registry.Policy, r *registry.Remote, entry registry.Text, o string, code, frames []string) diag.List {
	if slices.Contains(code, o) || !r.Code() && slices.Contains(frames, o) {
		return nil
	}
	allowed := code
	if !r.Code() {
		allowed = slices.Concat(code, frames)
	}
	if slices.Contains(frames, o) {
		return diag.List{fault(r, entry, "origin/not-allowed", o+" may serve frames, not code",
			"serve the code from one for code: "+listing("origins", code), p.File.Note(p.FrameOrigins[slices.Index(frames, o)], "it is allowed for frames here"))}
	}
	help := "serve it from one that is allowed (" + listing("origins", allowed) + "), or ask the platform team to allow the origin"
	if near := diag.Nearest(o, allowed); near != "" {
		help = "did you mean " + near + "?"
	}
	d := fault(r, entry, "origin/not-allowed", o+" is not an origin that the policy allows", help)
	if len(p.Origins) > 0 {
		d.Notes = append(d.Notes, p.File.Note(p.Origins[0], "the origins are listed here"))
	}
	return diag.List{d}
}
