package azure

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// surroundings are what a store finds around it.
type surroundings struct {
	getenv func(name string) string
	client *http.Client
	retry  policy.RetryOptions
	// login is how long getting a token may take. By default each kind of credential knows which answers to ask again for.
	login      time.Duration
	loginRetry policy.RetryOptions
}

// silence is how long a connection may be idle while a request is under way, in either direction.
const silence = 12 * time.Second

// system is the process's own environment, and patience of about 20 seconds: three tries if they fail at once, and one if
// nothing comes back, for a second try after a silence could only tell that the first one has been written.
func system() surroundings {
	return surroundings{
		getenv: os.Getenv,
		client: newClient(silence),
		retry: policy.RetryOptions{
			MaxRetries:    2,
			RetryDelay:    500 * time.Millisecond, // then three times as long
			MaxRetryDelay: 4 * time.Second,        // a service that asks for more is not available
			ShouldRetry:   shouldRetry,
		},
		login: 20 * time.Second,
	}
}

// newClient returns an HTTP client that follows no redirects, which could take a signed URL elsewhere, that leaves bodies as
// they come, and that gives up a connection after a silence rather than after a time: 64 MB may take long.
func newClient(silence time.Duration) *http.Client {
	dialer := net.Dialer{Timeout: silence, KeepAlive: 30 * time.Second}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dialer.DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return watchedConn{conn, silence}, nil
			},
			TLSHandshakeTimeout:   silence,
			ExpectContinueTimeout: time.Second,
			IdleConnTimeout:       silence / 2, // before the connection's own deadline, so that no request meets it
			MaxIdleConnsPerHost:   16,
			DisableCompression:    true,
		},
	}
}

// watchedConn is a connection that fails when for a while neither a byte came nor one could be sent.
type watchedConn struct {
	net.Conn
	silence time.Duration
}

func (c watchedConn) Read(b []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c watchedConn) Write(b []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// shouldRetry is asked only about requests whose context is still alive.
func shouldRetry(answer *http.Response, err error) bool {
	if err != nil {
		return isTransport(err) && !isSilence(err)
	}
	return slices.Contains([]int{408, 429, 500, 502, 503, 504}, answer.StatusCode)
}

// isSilence reports whether a connection was given up. When the side that reads does so, the one that writes meets a connection
// that is closed.
func isSilence(err error) bool {
	var network net.Error // below the *url.Error, which knows only the very next error
	return errors.Is(err, net.ErrClosed) || errors.As(cause(err), &network) && network.Timeout()
}
