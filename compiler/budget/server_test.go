package budget

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

var inf = math.Inf(1)

// moment is when the answers of these servers were sampled: Unix time 1700000000.
var moment = time.Unix(1_700_000_000, 0)

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// result is an answer to a query: the inside of a vector.
func result(samples string) string {
	return `{"status":"success","data":{"resultType":"vector","result":[` + samples + `]}}`
}

const good = `{"metric":{},"value":[1700000000,"0.01"]}`

func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // servers that cut themselves off say so
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// TestErrors has what a real server can't be made to do. The error says whether it is worth while to ask again.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		server http.HandlerFunc
		again  bool
		want   string
	}{
		{"server error", text(500, "<h1>oops"), true, "there is no answer now; try again later (server error: 500)"},
		{"too slow by its own clock", text(503, `{"status":"error","errorType":"timeout","error":"query timed out"}`), true, "server error: 503"},
		{"too slow, as some proxies say it", text(422, `{"status":"error","errorType":"timeout","error":"query timed out"}`), true, "query timed out"},
		{"too many requests", text(429, "slow down"), true, "server busy: 429"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "999")
			_, _ = io.WriteString(w, `{"status":"succ`)
		}, true, "unexpected EOF"},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, "EOF"},
		{"bad query", text(400, `{"status":"error","errorType":"bad_data","error":"parse \u001b[31merror"}`), false, "it can't evaluate the query: parse \ufffd[31merror"},
		{"unauthorized", text(401, "who are you?"), false, "it refuses to answer (client error: 401); are the URL and the credentials right?"},
		{"forbidden, by POST and by GET", text(403, "no"), false, "client error: 403"},
		{"no API there", text(404, "page not found"), false, "client error: 404"},
		{"a page", text(200, "<html>Please log in</html>"), false, "its answer can't be used"},
		{"nothing", text(200, ""), false, "its answer can't be used"},
		{"no data", text(200, `{"status":"success"}`), false, "the server's answer has no result"},
		{"neither success nor error", text(200, `{"status":"fine"}`), false, "the server's answer has no result"},
		{"a result of no kind", text(200, `{"status":"success","data":{"resultType":"poem","result":[]}}`), false, "its answer can't be used"},
		{"a value that is no number", text(200, result(`{"metric":{},"value":[1700000000,"few"]}`)), false, "its answer can't be used"},
		{"a native histogram", text(200, result(`{"metric":{},"histogram":[1700000000,{"count":"9","sum":"1"}]}`)), false, "native histogram"},
		{"a null for a series", text(200, result(`null`)), false, "a series in the server's answer is null"},
		{"huge", text(200, result(good)+strings.Repeat(" ", maxAnswer)), false, "the answer is longer than 1048576 bytes"},
		{"huge once unpacked", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(bytes.Repeat([]byte(" "), 64*maxAnswer))
			_ = z.Close()
		}, false, "the answer is longer than 1048576 bytes"},
		{"deep", text(200, strings.Repeat("[", maxAnswer)), false, "its answer can't be used"},
		{"redirect to another origin", http.RedirectHandler("https://login.acme.example/?u", http.StatusTemporaryRedirect).ServeHTTP, false,
			`it redirects to another origin, "https://login.acme.example"`},
		{"redirect that loses the form", http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP, false, "it redirects in a way that loses the query"},
		{"redirects for ever", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
		}, false, "it redirects more than 5 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, c.server)
			a, err := rule(t, url, "e", 1).Ask(t.Context(), checkout, moment)
			if err == nil || errors.Is(err, ErrUnreachable) != c.again || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, error %v, want %q", a, err, c.want)
			}
			if strings.Count(fmt.Sprint(err), url) > 1 {
				t.Errorf("the error names the server twice: %v", err)
			}
		})
	}
}

// TestAnswers has answers that a real server gives seldom.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const warned = `,"warnings":["partial response: store \u001b[1m\"eu\" is down"],"infos":["mf_errors might not be a counter"]}`
	for _, c := range []struct {
		name, body string
		want       Answer
	}{
		{"warnings", strings.TrimSuffix(result(good), "}") + warned, Answer{Value: 0.01, Samples: 1,
			Reason:   "0.01 is at most 1, but the server warns: partial response: store \ufffd[1m\"eu\" is down",
			Warnings: []string{"partial response: store \ufffd[1m\"eu\" is down", "mf_errors might not be a counter"}}},
		{"warnings of too much", strings.TrimSuffix(result(`{"metric":{},"value":[1700000000,"2"]}`), "}") + `,"warnings":["partial response"]}`,
			Answer{Verdict: Exceeded, Value: 2, Samples: 1, Reason: "2 is more than 1", Warnings: []string{"partial response"}}},
		{"notes", strings.TrimSuffix(result(good), "}") + `,"infos":["mf_errors might not be a counter"]}`,
			Answer{Verdict: Within, Value: 0.01, Samples: 1, Reason: "0.01 is at most 1", Warnings: []string{"mf_errors might not be a counter"}}},
		{"just fresh enough", result(`{"metric":{},"value":[1699999700,"2"]}`), Answer{Verdict: Exceeded, Value: 2, Samples: 1, Reason: "2 is more than 1"}},
		{"stale", result(`{"metric":{},"value":[1699999699.999,"2"]}`), Answer{Reason: "every sample is older than 5m0s"}},
		{"no sample in the series", result(`{"metric":{}}`), Answer{Reason: "every sample is older than 5m0s"}},
		{"a stale one is not the worst", result(`{"metric":{},"value":[1600000000,"2"]},` + good), Answer{Verdict: Within, Value: 0.01, Samples: 1, Reason: "0.01 is at most 1"}},
		{"stale and not a number", result(`{"metric":{},"value":[1600000000,"2"]},{"metric":{},"value":[1700000000,"NaN"]}`),
			Answer{Reason: "the value is not a number: nothing was measured"}},
		{"below zero", result(`{"metric":{},"value":[1700000000,"-3"]}`), Answer{Verdict: Within, Value: -3, Samples: 1, Reason: "-3 is at most 1"}},
		{"a label for the screen", result(good + `,{"metric":{"a":"\u202e\u009b"},"value":[1700000000,"2"]}`),
			Answer{Verdict: Exceeded, Value: 2, Samples: 2, Reason: `2 is more than 1, the highest of 2 series, that of {a="\u202e\u009b"}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := rule(t, serve(t, text(200, c.body)), "e", 1).Ask(t.Context(), checkout, moment)
			if err != nil {
				t.Fatal(err)
			}
			if got.Verdict != c.want.Verdict || got.Value != c.want.Value || got.Samples != c.want.Samples || got.Reason != c.want.Reason ||
				!slices.Equal(got.Warnings, c.want.Warnings) || got.Query != "e" || !got.At.Equal(moment) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

// TestRequest looks at what is sent, after a redirect within the origin and below a path.
func TestRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		credentials Credentials
		want        string
	}{
		{"no credentials", Credentials{}, ""},
		{"token", Credentials{Token: "hunter2"}, "Bearer hunter2"},
		{"basic", Credentials{User: "ci", Password: "hunter2"}, "Basic Y2k6aHVudGVyMg=="},
		{"basic without a password", Credentials{User: "ci"}, "Basic Y2k6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.Handle("/mimir/api/v1/query", http.RedirectHandler("/shard/7", http.StatusPermanentRedirect))
			mux.HandleFunc("POST /shard/7", func(w http.ResponseWriter, r *http.Request) {
				got := []string{r.Header.Get("Authorization"), r.FormValue("query"), r.FormValue("time"), r.FormValue("timeout")}
				if want := []string{c.want, `e{a="checkout"}`, "1700000000", "10s"}; !slices.Equal(got, want) {
					t.Errorf("sent %q, want %q", got, want)
				}
				text(200, result(good))(w, r)
			})
			r, err := rule(t, serve(t, mux)+"/mimir/", `e{a="${remote}"}`, 1).With(c.credentials)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := r.Ask(t.Context(), checkout, moment); err != nil || a.Verdict != Within {
				t.Errorf("%+v, error %v", a, err)
			}
		})
	}
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		credentials Credentials
		want        string
	}{
		{"both", Credentials{Token: "hunter2", User: "ci"}, "both a token and a user name"},
		{"a password alone", Credentials{Password: "hunter2"}, "the user name is missing"},
		{"a colon", Credentials{User: "c:i", Password: "hunter2"}, "has a colon in it"},
		{"a line break", Credentials{Token: "hunter2\n"}, "a line break"},
	} {
		_, err := rule(t, server, "e", 1).With(c.credentials)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// TestSecretsStaySecret has a server that says whatever it was sent, wherever it can.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	echo := func(status int, format string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			text(status, strings.ReplaceAll(format, "AUTH", r.Header.Get("Authorization")))(w, r)
		}
	}
	for _, h := range []http.HandlerFunc{
		echo(400, `{"status":"error","errorType":"bad_data","error":"AUTH"}`),
		echo(422, `{"status":"error","errorType":"timeout","error":"AUTH"}`),
		echo(200, `AUTH`),
		echo(200, `{"status":"success","data":{"resultType":"AUTH"}}`),
		echo(200, `{"warnings":["AUTH"],"infos":["AUTH"],`+result(good + `,{"metric":{"a":"AUTH"},"value":[1700000000,"2"]}`)[1:]),
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+strings.Fields(r.Header.Get("Authorization"))[1]+".example/", http.StatusTemporaryRedirect)
		},
	} {
		url := serve(t, h)
		for _, c := range []Credentials{{Token: "hunter2"}, {User: "ci", Password: "hunter2"}} {
			r, err := rule(t, url, "e", 1).With(c)
			if err != nil {
				t.Fatal(err)
			}
			a, err := r.Ask(t.Context(), checkout, moment)
			if said := fmt.Sprintf("%+v %v %+v", a, err, r); strings.Contains(said, "hunter2") || strings.Contains(said, "Y2k6aHVudGVyMg") {
				t.Errorf("the secret shows: %s", said)
			}
			if err == nil && a.Samples == 0 {
				t.Errorf("the server said nothing: %+v", a)
			}
		}
	}
}

// TestTimeouts has a server that never answers, and callers with less patience or none.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	asked := make(chan struct{}, 2)
	url := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-done
	}))
	t.Cleanup(func() { close(done) })
	r := rule(t, url, "e", 1)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Ask(ctx, checkout, moment); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("a deadline: %v", err)
	}
	<-asked

	ctx, cancel = context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := r.Ask(ctx, checkout, moment); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestCertificate has a server whose certificate nobody has signed: no reason to try again.
func TestCertificate(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(text(200, result(good)))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	a, err := rule(t, s.URL, "e", 1).Ask(t.Context(), checkout, moment)
	if err == nil || errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%+v, error %v", a, err)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	a, err := rule(t, "http://"+freeAddress(t), "e", 1).Ask(t.Context(), checkout, moment)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("%+v, error %v", a, err)
	}
}

func TestAskRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		subject Subject
		at      time.Time
		want    string
	}{
		{"no remote", Subject{"", "1", "c"}, moment, "the remote is missing"},
		{"no version", Subject{"r", "", "c"}, moment, "the version is missing"},
		{"no cohort", Subject{"r", "1", ""}, moment, "the cohort is missing"},
		{"not UTF-8", Subject{"r", "\xff", "c"}, moment, `the version "\xff" is not UTF-8`},
		{"no moment", checkout, time.Time{}, "the moment to ask about is missing"},
	} {
		if _, err := rule(t, server, "e", 1).Ask(t.Context(), c.subject, c.at); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// FuzzAnswer has a server that answers with any status and body: there is an error or a verdict that fits its number.
func FuzzAnswer(f *testing.F) {
	f.Add(200, result(good))
	f.Add(200, `{"status":"success","data":{"resultType":"scalar","result":[1700000000,"+Inf"]},"warnings":["w"]}`)
	f.Add(200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}}`)
	f.Add(400, `{"status":"error","errorType":"bad_data","error":"e"}`)
	f.Add(200, result(`{"metric":{"a":"b"},"histogram":[1700000000,{"count":"9","buckets":[[0,"1","2","3"]]}]}`))
	var status int
	var body string
	url := serve(f, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { text(status, body)(w, r) }))
	r, err := ParseRule(url, "e", 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s int, b string) {
		status, body = 200+(s%400+400)%400, b
		a, err := r.Ask(t.Context(), checkout, moment)
		want := map[bool]Verdict{true: Exceeded, false: Within}[a.Value > 1]
		if a.Samples == 0 {
			want = Inconclusive
		}
		if a.Verdict != want || math.IsNaN(a.Value) || (err == nil) == (a.Reason == "") {
			t.Fatalf("%+v, error %v", a, err)
		}
	})
}
