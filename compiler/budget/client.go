package budget

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/api"
	prometheus "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// maxAnswer is the longest body that is read, unpacked, in bytes: some 10,000 series.
const maxAnswer = 1 << 20

// maxRedirects is how many redirects are followed, all within one origin.
const maxRedirects = 5

// Credentials are what the server asks for: a bearer token, or a user name and password for basic authentication. No error
// and no Answer shows them.
type Credentials struct{ Token, User, Password string }

// login is what becomes of credentials. It holds functions, so that printing a rule does not print them.
type login struct {
	authorize func(http.Header)   // nil without credentials
	redact    func(string) string // nil without credentials
}

// With returns the rule with the credentials that it is to send; none at all is fine. It refuses a token beside a user name or
// password, a password without a user name, and values that a header can't hold.
func (r Rule) With(c Credentials) (Rule, error) {
	basic := c.User != "" || c.Password != ""
	switch {
	case c.Token != "" && basic:
		return Rule{}, errors.New("there are both a token and a user name or password; give one or the other")
	case basic && (c.User == "" || strings.Contains(c.User, ":")):
		return Rule{}, errors.New("the user name is missing, or has a colon in it")
	case strings.ContainsFunc(c.Token+c.User+c.Password, unicode.IsControl):
		return Rule{}, errors.New("the credentials have a line break or another control character in them; remove it")
	case c.Token != "":
		r.login = newLogin("Bearer "+c.Token, c.Token)
	case basic:
		pair := base64.StdEncoding.EncodeToString([]byte(c.User + ":" + c.Password))
		r.login = newLogin("Basic "+pair, pair, c.Password)
	}
	return r, nil
}

func newLogin(authorization string, secrets ...string) login {
	var pairs []string
	for _, s := range slices.DeleteFunc(secrets, func(s string) bool { return s == "" }) {
		pairs = append(pairs, s, "***")
	}
	return login{
		authorize: func(h http.Header) { h.Set("Authorization", authorization) },
		redact:    strings.NewReplacer(pairs...).Replace,
	}
}

// refusal is an answer of the server, or of its transport, that asking again does not better.
type refusal string

func (r refusal) Error() string { return string(r) }

// ask sends the query. Warnings, which put the value in doubt, and notes are fit to be shown.
func (r Rule) ask(ctx context.Context, query string, at time.Time) (value model.Value, warnings, notes []string, err error) {
	client, err := api.NewClient(api.Config{Address: r.server, Client: &http.Client{Transport: transport{r.login}, CheckRedirect: checkRedirect}})
	if err != nil {
		return nil, nil, nil, err
	}
	value, doubts, infos, err := prometheus.NewAPI(client).Query(ctx, query, at, prometheus.WithTimeout(patience(ctx)))
	for _, w := range doubts {
		warnings = append(warnings, r.shown(w))
	}
	for _, i := range infos {
		notes = append(notes, r.shown(i))
	}
	return value, warnings, notes, err
}

// patience is how long the server may take, so that it does not go on when nobody listens any more: whole seconds, since its
// durations have no fractions.
func patience(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline() // Ask sets one
	return max(time.Second, (time.Until(deadline) + time.Second - 1).Truncate(time.Second))
}

// transport bounds what is read and sends the credentials. Redirects within the origin get them too, others are not followed.
type transport struct{ login login }

// RoundTrip returns a response whose body has been read.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if t.login.authorize != nil {
		request = request.Clone(request.Context())
		t.login.authorize(request.Header)
	}
	response, err := api.DefaultRoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxAnswer:
		return nil, refusal(fmt.Sprintf("the answer is longer than %d bytes; aggregate in the query", maxAnswer))
	case response.StatusCode == http.StatusTooManyRequests: // the client calls it an error of ours, like 401
		return nil, errors.New("server busy: 429")
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

func checkRedirect(next *http.Request, before []*http.Request) error {
	first := before[0]
	switch {
	case next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host:
		return refusal(fmt.Sprintf("it redirects to another origin, %q; if that is the server, name it in the rule", next.URL.Scheme+"://"+next.URL.Host))
	case next.Method != first.Method: // 301, 302 and 303 turn a POST into a GET without its form
		return refusal("it redirects in a way that loses the query; name the URL that it redirects to in the rule")
	case len(before) > maxRedirects:
		return refusal(fmt.Sprintf("it redirects more than %d times", maxRedirects))
	}
	return nil
}

// explain sorts out who has to do something about an error: the caller who gave up, time itself, or whoever wrote the rule.
func (r Rule) explain(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	if answer, ok := errors.AsType[*prometheus.Error](err); ok {
		return r.explainAnswer(answer)
	}
	if refused, ok := errors.AsType[refusal](err); ok {
		return errors.New(r.shown(string(refused)))
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the URL has been named
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errors.New(r.shown(certificate.Error()))
	}
	return fmt.Errorf("%w (%s)", ErrUnreachable, r.shown(err.Error()))
}

// explainAnswer goes by the client's types of errors. The type of a response other than 400 and 422 is that of its status:
// Prometheus gives 503 when it takes too long.
func (r Rule) explainAnswer(answer *prometheus.Error) error {
	text := r.shown(answer.Msg)
	switch answer.Type {
	case prometheus.ErrServer, prometheus.ErrTimeout, prometheus.ErrCanceled:
		return fmt.Errorf("%w (%s)", ErrUnreachable, text)
	case prometheus.ErrBadData, prometheus.ErrExec:
		return fmt.Errorf("it can't evaluate the query: %s", text)
	case prometheus.ErrClient:
		return fmt.Errorf("it refuses to answer (%s); are the URL and the credentials right?", text)
	default:
		return fmt.Errorf("its answer can't be used: %s; is it a Prometheus, and the query one for numbers?", text)
	}
}
