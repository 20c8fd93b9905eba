// Package site reads what is published as shells get it: over HTTP, past every cache on the way that a shell passes, or from a
// folder that is served somewhere.
//
// What answers may be anything. Bodies are bounded, every request has a time limit, redirects are followed within an origin
// only and reported, and plain HTTP is for this machine only.
package site

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var (
	// ErrMissing wraps an answer that says that there is nothing: 404 or 410, or 403, which object stores give for objects that
	// are not there to those who may not list.
	ErrMissing = errors.New("there is no such object")
	// ErrUnavailable wraps what may be over when one tries again: no connection, no answer in time, 429 and 5xx.
	ErrUnavailable = errors.New("there is no answer now")
	// ErrTooLarge wraps a body that is larger than was asked for.
	ErrTooLarge = errors.New("it is too large")
	// ErrRedirect wraps a redirect that is not followed.
	ErrRedirect = errors.New("it redirects elsewhere")
	// ErrInsecure is returned of an address that no shell should load from.
	ErrInsecure = errors.New("it is not https")
)

// Options say how a client asks.
type Options struct {
	// Origin is the origin of the page on whose behalf it asks, such as "https://shop.acme.example"; "" is AnyOrigin. Some servers
	// send their CORS fields only to those who send one.
	Origin string
	// Timeout is how long one answer may take, with its body; 0 is 30 s.
	Timeout time.Duration
}

// AnyOrigin is an origin that no server knows (RFC 6761).
const AnyOrigin = "https://shell.invalid"

const (
	defaultTimeout = 30 * time.Second
	connections    = 16 // to one host that are kept: as many as are used at once
	maxRedirects   = 5
	maxHeader      = 64 << 10 // bytes; what comes with each manifest of a pointer is kept
)

// Client asks servers. It may be used by several goroutines.
type Client struct {
	origin  string
	timeout time.Duration
	http    *http.Client
}

// NewClient returns a client. It takes proxies and certificates from where Go programs have them.
func NewClient(o Options) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = maxHeader
	transport.MaxIdleConnsPerHost = connections
	return &Client{origin: orDefault(o.Origin, AnyOrigin), timeout: orDefault(o.Timeout, defaultTimeout),
		http: &http.Client{Transport: transport, CheckRedirect: checkRedirect}}
}

func orDefault[T comparable](v, otherwise T) T {
	var none T
	if v == none {
		return otherwise
	}
	return v
}

// Answer is what came back.
type Answer struct {
	Header http.Header // nil from a folder
	Body   []byte      // nil if it went elsewhere
	Size   int64       // bytes of the body, after decompression
	// Redirected is the address that the body came from in the end; "" if it is the one that was asked for.
	Redirected string
}

// Request is what to ask for.
type Request struct {
	URL  string
	Most int64 // bytes of the body, after decompression
	// Fields are added to the header.
	Fields http.Header
}

// Fetch asks for an object, as a page does from a script with CORS, and writes the body to w. An error wraps one of those above
// where one fits; the others say what is wrong with the answer. With an error the answer is what is known of it, and w may
// have got a part of the body.
func (c *Client) Fetch(ctx context.Context, r Request, w io.Writer) (Answer, error) {
	if err := checkURL(r.URL); err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return Answer{}, err
	}
	for name, values := range r.Fields {
		request.Header[name] = values
	}
	request.Header.Set("Origin", c.origin)
	request.Header.Set("User-Agent", "muster-verify")
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, explain(ctx, err)
	}
	defer response.Body.Close()
	a := Answer{Header: response.Header}
	if last := response.Request.URL.String(); last != request.URL.String() {
		a.Redirected = last
	}
	if err := checkStatus(response); err != nil {
		return a, err
	}
	if coding := response.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return a, fmt.Errorf("it comes encoded as %.80q, which nobody asked for: a cache on the way may lack `Vary: Accept-Encoding`", coding)
	}
	if a.Size, err = io.Copy(w, io.LimitReader(response.Body, r.Most+1)); err != nil {
		return a, explain(ctx, err)
	}
	if a.Size > r.Most {
		return a, fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, r.Most)
	}
	return a, nil
}

// checkURL refuses addresses that a browser would not load code from, but for this machine's.
func checkURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return fmt.Errorf("%.200q is not an address to load from", address)
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%.200q: %w", address, ErrInsecure)
}

// loopback reports whether a host is this machine, as browsers see it (W3C Secure Contexts, section 3.1).
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// redirectError is a redirect that is not followed.
type redirectError string

func (e redirectError) Error() string { return ErrRedirect.Error() + ": " + string(e) }

func (e redirectError) Is(target error) bool { return target == ErrRedirect }

func checkRedirect(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	switch {
	case next.URL.Scheme != first.Scheme || next.URL.Host != first.Host:
		return redirectError(fmt.Sprintf("to another origin, %.200q", next.URL.Scheme+"://"+next.URL.Host))
	case len(before) > maxRedirects:
		return redirectError(fmt.Sprintf("more than %d times", maxRedirects))
	}
	return nil
}

// statusError is an answer without the object.
type statusError struct {
	status string
	kind   error
}

func (e *statusError) Error() string {
	if e.kind == nil {
		return fmt.Sprintf("the answer is %q, not 200", e.status)
	}
	return fmt.Sprintf("%v: the answer is %q", e.kind, e.status)
}

func (e *statusError) Unwrap() error { return e.kind }

func checkStatus(r *http.Response) error {
	switch code := r.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone, code == http.StatusForbidden:
		return &statusError{r.Status, ErrMissing}
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return &statusError{r.Status, ErrUnavailable}
	}
	return &statusError{r.Status, nil}
}

// explain tells what may pass from what stays as it is: a certificate that is not to be trusted, and a redirect.
func explain(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Canceled
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok { // the URL has been named
		err = wrapped.Err
	}
	if redirect, ok := errors.AsType[redirectError](err); ok {
		return redirect
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificate
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = errors.New("it takes too long")
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Origin is the origin of the page on whose behalf it asks.
func (c *Client) Origin() string { return c.origin }
