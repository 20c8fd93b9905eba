package s3

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"muster/compiler/store"
)

const form = "s3://bucket/prefix?endpoint=https://host&region=name&pathStyle=true"

// Open returns the store at an address of the form
//
//	s3://bucket/prefix?endpoint=https://host:port&region=eu-central-1&pathStyle=true
//
// The prefix and each parameter may be left out:
//
//   - endpoint is the server. By default it is the value of AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, or else Amazon's own. Plain
//     http is for servers on this machine only.
//   - region is the value of AWS_REGION or AWS_DEFAULT_REGION by default. Amazon's own servers need one; others get us-east-1.
//   - pathStyle says whether the bucket is part of the path (true) or of the host (false) in requests. By default it is in the
//     host for servers that are known to want it there.
//
// Credentials are never part of the address. They are looked for in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN, in the same under MinIO's names, in the profile AWS_PROFILE of the shared files, and at last as a role:
// of a web identity, a container or the machine. If there are none, operations return store.ErrRefused.
//
// Nothing is asked of the server before the first operation. Errors are about the address and name the cure.
func Open(u *url.URL) (store.Store, error) {
	s, err := open(u, surroundings{os.Getenv, roles(os.Getenv), usual()})
	if err != nil {
		bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path} // whatever else is there may be a secret by mistake
		return nil, fmt.Errorf("opening %q: %w", bare.String(), err)
	}
	return s, nil
}

// surroundings are what a store needs to know besides its address.
type surroundings struct {
	getenv      func(string) string
	credentials credentials.Provider
	patience    patience
}

func open(u *url.URL, with surroundings) (*bucket, error) {
	b, err := place(u)
	if err != nil {
		return nil, err
	}
	query, err := parameters(u)
	if err != nil {
		return nil, err
	}
	endpoint, err := endpointOf(query, with.getenv)
	if err != nil {
		return nil, err
	}
	region, err := regionOf(query, with.getenv, endpoint)
	if err != nil {
		return nil, err
	}
	transport, err := transport(endpoint, with.patience)
	if err != nil {
		return nil, err
	}
	b.patience = with.patience
	b.client, err = minio.NewCore(endpoint.Host, &minio.Options{
		Creds:        credentials.New(with.credentials),
		Secure:       endpoint.Scheme == "https",
		Transport:    transport,
		Region:       region,
		BucketLookup: lookups[query["pathStyle"]],
		MaxRetries:   1, // its own retries know nothing of conflicts and of broken answers
	})
	return b, err
}

// place returns the bucket and the prefix of an address.
func place(u *url.URL) (*bucket, error) {
	prefix := strings.Trim(u.Path, "/")
	switch {
	case u.User != nil:
		return nil, errors.New("credentials don't belong in an address: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.Scheme != "s3" || u.Opaque != "" || u.Host == "" || u.Port() != "" || u.Fragment != "":
		return nil, fmt.Errorf("an address has the form %s", form)
	}
	if err := s3utils.CheckValidBucketName(u.Host); err != nil {
		return nil, fmt.Errorf("%q can't be a bucket: %w; an address has the form %s", u.Host, err, form)
	}
	if prefix == "" {
		return &bucket{name: u.Host}, nil
	}
	if err := store.CheckPath(prefix); err != nil {
		return nil, fmt.Errorf("prefix %q: %w", prefix, err)
	}
	return &bucket{name: u.Host, prefix: prefix}, nil
}

// lookups are where the name of the bucket goes, by the value of pathStyle.
var lookups = map[string]minio.BucketLookupType{"": minio.BucketLookupAuto, "true": minio.BucketLookupPath, "false": minio.BucketLookupDNS}

// parameters returns the query of an address, each with one value.
func parameters(u *url.URL) (map[string]string, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("an address has the form %s: %w", form, err)
	}
	query := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains([]string{"endpoint", "region", "pathStyle"}, name) {
			return nil, fmt.Errorf("unknown parameter %q: there are endpoint, region and pathStyle", name)
		}
		if query[name] = values[name][0]; len(values[name]) != 1 || query[name] == "" {
			return nil, fmt.Errorf("parameter %q needs one value", name)
		}
	}
	if _, ok := lookups[query["pathStyle"]]; !ok {
		return nil, fmt.Errorf("pathStyle is %q: it is true or false", query["pathStyle"])
	}
	return query, nil
}

// endpointOf returns the server, as a URL without a path.
func endpointOf(query map[string]string, getenv func(string) string) (*url.URL, error) {
	text := cmp.Or(query["endpoint"], getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL"), "https://s3.amazonaws.com")
	u, err := url.Parse(text)
	switch {
	case err != nil: // its text may show a password
		return nil, errors.New("the endpoint is no URL: it has the form https://host:port")
	case u.User != nil, u.RawQuery != "", u.Fragment != "", u.Path != "" && u.Path != "/", u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("the endpoint with host %q: it has the form https://host:port", u.Host)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("endpoint %q: what goes to another machine needs https", u)
	}
	return u, nil
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func regionOf(query map[string]string, getenv func(string) string, endpoint *url.URL) (string, error) {
	region := cmp.Or(query["region"], getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), s3utils.GetRegionFromURL(*endpoint))
	if region == "" && s3utils.IsAmazonEndpoint(*endpoint) {
		return "", errors.New("the region is missing: add ?region= to the address or set AWS_REGION")
	}
	return cmp.Or(region, "us-east-1"), nil
}

// transport returns the client library's own, with less patience.
func transport(endpoint *url.URL, p patience) (http.RoundTripper, error) {
	t, err := minio.DefaultTransport(endpoint.Scheme == "https")
	if err != nil {
		return nil, err
	}
	t.DialContext = (&net.Dialer{Timeout: p.dial}).DialContext
	t.TLSHandshakeTimeout = p.dial
	t.ResponseHeaderTimeout = p.answer
	return t, nil
}
