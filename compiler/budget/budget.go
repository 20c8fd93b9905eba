// Package budget asks a Prometheus server whether a release keeps within its error budget in a cohort.
//
// A rule is a PromQL query with a threshold:
//
//	rate(mf_load_errors{remote="${remote}",version="${version}",cohort="${cohort}"}[10m])    0.05
//
// For checkout 2.4.0 in canary the server is asked, by POST to its /api/v1/query, for
//
//	rate(mf_load_errors{remote="checkout",version="2.4.0",cohort="canary"}[10m])
//
// and 0.05 is within the budget, 0.051 exceeds it. No data is neither: a release that nobody has loaded yet has not shown
// anything. So a query should have a value whenever things go well; one that filters, such as rate(...) > 0.05, has none
// exactly then, and could never say "within".
//
// The API is https://prometheus.io/docs/prometheus/latest/querying/api/, which Thanos, Mimir and others serve too.
package budget

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// Timeout is how long Ask waits if its context has no deadline.
const Timeout = 10 * time.Second

// ErrUnreachable is wrapped by Ask's error if the same question may be answered later: the server refused the connection, took too
// long, was overloaded (429) or failed (5xx).
var ErrUnreachable = errors.New("there is no answer now; try again later")

// Rule is what the policy says: whom to ask, what, and how much is too much. ParseRule makes it; it may be shared.
type Rule struct {
	server    string
	query     []piece
	threshold float64
	login     login
}

// ParseRule checks the parts of a rule.
//
// server is the http or https URL below which the API stands, such as "https://prometheus.acme.example/" or
// "https://mimir.acme.example/prometheus". It may have no user name, password, query or fragment.
//
// query is PromQL in which ${remote}, ${version} and ${cohort}, within a string in single or double quotes, stand for the
// subject's. Values are escaped for the string, and as regular expressions too where the string follows =~ or !~, so that
// they match themselves only. $$ is a dollar, and so is a $ before anything but "{" or another "$": patterns end with it. An
// unknown ${name}, one outside quotes or in backquotes, where nothing can be escaped, and an open string are errors;
// whether the rest is PromQL is for the server to say.
//
// threshold is the highest value that is within the budget, finite.
func ParseRule(server, query string, threshold float64) (Rule, error) {
	if err := checkServer(server); err != nil {
		return Rule{}, err
	}
	if math.IsNaN(threshold) || math.IsInf(threshold, 0) {
		return Rule{}, fmt.Errorf("the threshold is %v; give a finite number", threshold)
	}
	pieces, err := parseQuery(query)
	if err != nil {
		return Rule{}, fmt.Errorf("the query %q: %w", query, err)
	}
	return Rule{server: server, query: pieces, threshold: threshold}, nil
}

// checkServer never quotes a URL that may hold a password.
func checkServer(server string) error {
	u, err := url.Parse(server)
	switch {
	case err != nil:
		return errors.New("the server is no URL; write it as in \"https://prometheus.acme.example/\"")
	case u.User != nil:
		return errors.New("the server's URL has a user name or password in it; credentials come from the environment")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return fmt.Errorf("the server is %q; write a URL that begins with \"https://\" or \"http://\" and a host", server)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("the server's URL %q has a query or fragment; the API's path is added to its end", server)
	}
	return nil
}

// Subject is the release and the cohort that a rule is asked about: three texts that are not empty.
type Subject struct{ Remote, Version, Cohort string }

func (s Subject) check() error {
	for _, v := range []struct{ name, value string }{{"remote", s.Remote}, {"version", s.Version}, {"cohort", s.Cohort}} {
		switch {
		case v.value == "": // {version=""} would match every series without a version
			return fmt.Errorf("the %s is missing", v.name)
		case !utf8.ValidString(v.value):
			return fmt.Errorf("the %s %q is not UTF-8", v.name, v.value)
		}
	}
	return nil
}

// Answer is what a server says of a subject.
type Answer struct {
	Verdict Verdict
	// Value is what the verdict is about: the highest, if several series answer; 0 if Samples is 0. It may be +Inf, which
	// JSON can't hold.
	Value float64
	// Samples is the number of series that answered with a number. NaN and -Inf, what divisions by zero leave, are none.
	Samples int
	// Query is the PromQL that was sent, with the values in place.
	Query string
	// Reason is a clause that gives the grounds of the verdict: "0.08 is more than 0.05".
	Reason string
	// At is the moment that was asked about.
	At time.Time
	// Warnings are the server's warnings and notes, such as that it answers from a part of its data only. With a warning no
	// verdict is Within; notes don't change it.
	Warnings []string
}

// Verdict says how a release does. The zero Verdict is the one that permits nothing.
type Verdict int

const (
	// Inconclusive is the verdict where there is no fresh number: reason enough to wait, none to roll back.
	Inconclusive Verdict = iota
	// Within means that no series is above the threshold.
	Within
	// Exceeded means that a series is above the threshold.
	Exceeded
)

// String returns "inconclusive", "within" or "exceeded".
func (v Verdict) String() string { return [...]string{"inconclusive", "within", "exceeded"}[v] }

// Ask asks the server about a subject at a moment, which must not be the zero Time. Without a deadline in ctx it waits for
// 10 seconds.
//
// An error is never a verdict. One that is ErrUnreachable passes by itself; context.Canceled is the caller's own doing;
// any other is for whoever wrote the rule: bad PromQL, a query with other than one number a series (range vectors, strings,
// native histograms), credentials that are missing or refused, a redirect to another origin, a certificate that
// does not verify, a server that is no Prometheus, an answer beyond 1 MiB.
func (r Rule) Ask(ctx context.Context, s Subject, at time.Time) (Answer, error) {
	if err := s.check(); err != nil {
		return Answer{}, err
	}
	if at.IsZero() {
		return Answer{}, errors.New("the moment to ask about is missing")
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, Timeout)
		defer cancel()
	}
	query := expand(r.query, s)
	value, warnings, notes, err := r.ask(ctx, query, at)
	if err != nil {
		return Answer{}, fmt.Errorf("asking %q: %w", r.server, r.explain(ctx, err))
	}
	a, err := r.judge(value, at)
	if err != nil {
		return Answer{}, fmt.Errorf("the query %q: %w", query, err)
	}
	if a.Verdict == Within && len(warnings) > 0 { // what is not in the answer may be the part that is down; a warning takes nothing from what is too much
		a.Verdict = Inconclusive
		a.Reason += ", but the server warns: " + warnings[0]
	}
	a.Query, a.At, a.Warnings = query, at, slices.Concat(warnings, notes)
	return a, nil
}

// maxShown is how much of a server's text is shown, in characters.
const maxShown = 500

// shown makes one line, without credentials, of a text that came from the server: whatever a screen would not show as it is
// becomes U+FFFD.
func (r Rule) shown(text string) string {
	if r.login.redact != nil {
		text = r.login.redact(text)
	}
	runes := []rune(text)
	if len(runes) > maxShown {
		runes = append(runes[:maxShown-1], '…')
	}
	for i, c := range runes {
		if !unicode.IsPrint(c) {
			runes[i] = unicode.ReplacementChar
		}
	}
	return string(runes)
}
