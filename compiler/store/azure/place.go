package azure

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"muster/compiler/store"
)

// place is where a store is.
type place struct {
	container string
	prefix    string // slash-separated and clean, "" for the container itself
	// endpoint is the address of the account's blob service, without a slash at the end: "https://NAME.blob.core.windows.net",
	// or "http://127.0.0.1:10000/NAME" where the account is not part of the host.
	endpoint string
	account  string // "" if the endpoint does not tell
	where    string // how the destination says so: "account=NAME" or "endpoint=URL"
}

// String is the destination as it was written, but for slashes at its end.
func (p place) String() string {
	return "azblob://" + strings.TrimSuffix(p.container+"/"+p.prefix, "/") + "?" + p.where
}

// address is the URL of the blob at a path below the prefix.
func (p place) address(path string) string {
	segments := strings.Split(strings.TrimPrefix(p.prefix+"/"+path, "/"), "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return p.endpoint + "/" + p.container + "/" + strings.Join(segments, "/")
}

// Names of containers and accounts, from "Naming and referencing containers, blobs, and metadata" and "Storage account
// overview". The container $web is what Azure serves as a static website.
var (
	containerName = regexp.MustCompile(`^(\$web|[a-z0-9](-?[a-z0-9])*)$`)
	accountName   = regexp.MustCompile(`^[a-z0-9]{3,24}$`)
)

const form = "write azblob://CONTAINER/PREFIX?account=NAME or azblob://CONTAINER/PREFIX?endpoint=URL"

// parsePlace never shows the destination in an error: somebody may have pasted a signed URL.
func parsePlace(u *url.URL) (place, error) {
	switch {
	case u.Scheme != "azblob" || u.Opaque != "" || u.Host == "":
		return place{}, errors.New("this is no Azure destination: " + form)
	case u.User != nil || u.Fragment != "":
		return place{}, errors.New("the destination has a user or a fragment: " + form)
	}
	at := place{container: u.Host, prefix: strings.Trim(u.Path, "/")}
	if !containerName.MatchString(at.container) || at.container != "$web" && (len(at.container) < 3 || len(at.container) > 63) {
		return place{}, fmt.Errorf("a container can't be called %q: its name has 3 to 63 lower-case letters, digits and single hyphens", at.container)
	}
	if at.prefix != "" {
		if err := store.CheckPath(at.prefix); err != nil {
			return place{}, fmt.Errorf("prefix %q: %w", at.prefix, err)
		}
	}
	return at, at.locate(u.RawQuery)
}

// locate reads which account it is from the parameters of the destination.
func (p *place) locate(query string) error {
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("the parameters of the destination are malformed: " + form)
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if name != "account" && name != "endpoint" {
			return fmt.Errorf("the destination has the unknown parameter %.20q: %s; credentials come from the environment, as %s", name, form, envSAS)
		}
	}
	account, endpoint := parameters["account"], parameters["endpoint"]
	switch {
	case len(account) == 1 && len(endpoint) == 0:
		return p.locateAccount(account[0])
	case len(account) == 0 && len(endpoint) == 1:
		return p.locateEndpoint(endpoint[0])
	}
	return errors.New("the destination must name one account or one endpoint: " + form)
}

func (p *place) locateAccount(name string) error {
	if !accountName.MatchString(name) {
		return fmt.Errorf("an account can't be called %.30q: its name has 3 to 24 lower-case letters and digits", name)
	}
	p.account, p.where = name, "account="+name
	p.endpoint = "https://" + name + ".blob.core.windows.net"
	return nil
}

func (p *place) locateEndpoint(text string) error {
	u, err := parseEndpoint(text)
	if err != nil {
		return err
	}
	p.endpoint = u.String()
	p.where = "endpoint=" + p.endpoint
	first, rest, _ := strings.Cut(u.Hostname(), ".")
	switch {
	case u.Path != "":
		p.account = u.Path[1:]
	case strings.HasPrefix(rest, "blob."):
		p.account = first
	}
	return nil
}

// parseEndpoint returns the address of a blob service, without a slash at its end.
func parseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the endpoint must be a URL as https://HOST or https://HOST/ACCOUNT, without a user, a query or a fragment")
	case u.Path != "" && !accountName.MatchString(u.Path[1:]):
		return nil, errors.New("the path of the endpoint must be the name of an account: the container comes before the \"?\" of the destination")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return nil, fmt.Errorf("the endpoint is at %q, and credentials go there: use https, or http on this machine only", u.Scheme+"://"+u.Host)
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
