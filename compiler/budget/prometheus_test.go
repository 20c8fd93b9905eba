package budget

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// exporter serves series as Prometheus scrapes them. A series is written as in PromQL: e{remote="checkout"}.
type exporter struct {
	mu     sync.Mutex
	series map[string]string
}

func (e *exporter) set(series, value string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.series[series] = value
}

func (e *exporter) remove(series string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.series, series)
}

func (e *exporter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for series, value := range e.series {
		fmt.Fprintf(w, "%s %s\n", series, value)
	}
}

// realServer is a Prometheus that scrapes an exporter five times a second.
type realServer struct {
	url      string
	exporter *exporter
	stop     func()
}

func startPrometheus(t *testing.T, series map[string]string) realServer {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("prometheus is not on the PATH, and this test asks a real one; it is Debian's package of that name")
	}
	e := &exporter{series: series}
	target := httptest.NewServer(e)
	t.Cleanup(target.Close)
	folder, address := t.TempDir(), freeAddress(t)
	config := filepath.Join(folder, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: [{job_name: mf, static_configs: [{targets: [%q]}]}]\n", target.Listener.Addr())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	command := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"),
		"--web.listen-address="+address, "--log.level=warn")
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("prometheus wrote:\n%s", log.String())
		}
	})
	t.Cleanup(stop)
	return realServer{"http://" + address, e, stop}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// until asks every 50 ms until the verdict is the one that is waited for, and returns the last answer.
func (s realServer) until(t *testing.T, r Rule, subject Subject, verdict Verdict) Answer {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		a, err := r.Ask(t.Context(), subject, time.Now())
		if err == nil && a.Verdict == verdict || time.Now().After(deadline) {
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
}

func rule(t *testing.T, server, query string, threshold float64) Rule {
	t.Helper()
	r, err := ParseRule(server, query, threshold)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	checkout = Subject{"checkout", "2.4.0", "canary"}
	nobody   = Subject{"checkout", "9.9.9", "canary"}
	odd      = Subject{`sea"rch`, `1.0.0+a\b'c`, "one\ntwo é"}
)

const errorsOf = `mf_errors{remote="${remote}",version="${version}",cohort="${cohort}"}`

// TestRealPrometheus asks a real server whatever a real server can be made to say, and in the end a server that is gone.
func TestRealPrometheus(t *testing.T) {
	t.Parallel()
	const odds = `{remote="sea\"rch",version="1.0.0+a\\b'c",cohort="one\ntwo é"`
	s := startPrometheus(t, map[string]string{
		`mf_errors{remote="checkout",version="2.4.0",cohort="canary"}`: "0.05",
		`mf_errors{remote="checkout",version="2x4x0",cohort="canary"}`: "7",
		`mf_errors` + odds + `}`: "0.25",
		`mf_loads{remote="checkout",version="2.4.0",cohort="canary"}`:                "0",
		`mf_zone_errors{remote="checkout",version="2.4.0",cohort="canary",zone="a"}`: "0.01",
		`mf_zone_errors{remote="checkout",version="2.4.0",cohort="canary",zone="b"}`: "0.09",
		`mf_zone_errors{remote="checkout",version="2.4.0",cohort="canary",zone="c"}`: "NaN",
		`mf_changing`: "0",
		`mf_leaving`:  "0",
	})
	// Every series of a scrape is there at once. Asked about this moment, the server does not mind scrapes that fail later, on
	// a busy machine.
	scraped := s.until(t, rule(t, s.url, errorsOf, 1), checkout, Within).At

	t.Run("asked", func(t *testing.T) {
		for _, c := range answers {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				at := scraped.Add(-c.ago)
				a, err := rule(t, s.url, c.query, c.threshold).Ask(t.Context(), c.subject, at)
				if err != nil {
					t.Fatal(err)
				}
				if a.Verdict != c.verdict || a.Value != c.value || a.Samples != c.samples || a.Reason != c.reason || !a.At.Equal(at) {
					t.Errorf("%+v, want %v, %v, %d samples, %q", a, c.verdict, c.value, c.samples, c.reason)
				}
			})
		}
		for _, c := range faults {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				a, err := rule(t, s.url, c.query, 1).Ask(t.Context(), checkout, scraped)
				if err == nil || errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%+v, error %v, want %q", a, err, c.want)
				}
			})
		}
		t.Run("a value that changes", func(t *testing.T) {
			t.Parallel()
			changing := rule(t, s.url, "mf_changing", 0.5)
			s.until(t, changing, checkout, Within)
			s.exporter.set("mf_changing", "1")
			if a := s.until(t, changing, checkout, Exceeded); a.Value != 1 || a.Reason != "1 is more than 0.5" {
				t.Errorf("%+v", a)
			}
		})
		t.Run("a series that vanishes", func(t *testing.T) {
			t.Parallel()
			leaving := rule(t, s.url, "mf_leaving", 0.5)
			s.until(t, leaving, checkout, Within)
			s.exporter.remove("mf_leaving")
			if a := s.until(t, leaving, checkout, Inconclusive); a.Samples != 0 || a.Reason != "no series answers the query" {
				t.Errorf("%+v", a)
			}
		})
	})

	s.stop()
	if a, err := rule(t, s.url, errorsOf, 1).Ask(t.Context(), checkout, scraped); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a server that is gone: %+v, error %v", a, err)
	}
}

// answers are questions to the server of TestRealPrometheus.
var answers = []struct {
	name      string
	query     string
	threshold float64
	subject   Subject
	ago       time.Duration
	verdict   Verdict
	value     float64
	samples   int
	reason    string
}{
	{"at the threshold", errorsOf, 0.05, checkout, 0, Within, 0.05, 1, "0.05 is at most 0.05"},
	{"above the threshold", errorsOf, 0.049, checkout, 0, Exceeded, 0.05, 1, "0.05 is more than 0.049"},
	{"no data", errorsOf, 1, nobody, 0, Inconclusive, 0, 0, "no series answers the query"},
	{"before there was data", errorsOf, 1, checkout, time.Hour, Inconclusive, 0, 0, "no series answers the query"},
	{"0/0", errorsOf + ` * 0 / ` + `mf_loads{version="${version}"}`, 1, checkout, 0, Inconclusive, 0, 0, "the value is not a number: nothing was measured"},
	{"1/0", errorsOf + ` / mf_loads{version="${version}"}`, 1, checkout, 0, Exceeded, inf, 1, "+Inf is more than 1"},
	{"-1/0", `-` + errorsOf + ` / mf_loads{version="${version}"}`, 1, checkout, 0, Inconclusive, 0, 0, "the value is not a number: nothing was measured"},
	{"the worst of several series", `max without (instance, job) (mf_zone_errors{remote="${remote}"})`, 0.05, checkout, 0, Exceeded, 0.09, 2,
		`0.09 is more than 0.05, the highest of 2 series, that of {cohort="canary", remote="checkout", version="2.4.0", zone="b"}`},
	{"several series, all within", `sum by (zone) (mf_zone_errors)`, 0.1, checkout, 0, Within, 0.09, 2, `0.09 is at most 0.1, the highest of 2 series, that of {zone="b"}`},
	{"a scalar", `scalar(` + errorsOf + `)`, 1, checkout, 0, Within, 0.05, 1, "0.05 is at most 1"},
	{"the scalar of nothing", `scalar(` + errorsOf + `)`, 1, nobody, 0, Inconclusive, 0, 0, "the value is not a number: nothing was measured"},
	{"a pattern means the value only", `mf_errors{version=~"${version}"}`, 1, checkout, 0, Within, 0.05, 1, "0.05 is at most 1"},
	{"odd values in double quotes", errorsOf, 1, odd, 0, Within, 0.25, 1, "0.25 is at most 1"},
	{"odd values in single quotes", strings.ReplaceAll(errorsOf, `"`, `'`), 1, odd, 0, Within, 0.25, 1, "0.25 is at most 1"},
	{"odd values in patterns", strings.ReplaceAll(errorsOf, `=`, `=~`), 1, odd, 0, Within, 0.25, 1, "0.25 is at most 1"},
	{"odd values in patterns in single quotes", strings.NewReplacer(`=`, `=~`, `"`, `'`).Replace(errorsOf), 1, odd, 0, Within, 0.25, 1, "0.25 is at most 1"},
}

// faults are rules that the same server can't answer with numbers.
var faults = []struct{ name, query, want string }{
	{"bad PromQL", `sum(`, "it can't evaluate the query: invalid parameter \"query\""},
	{"an unknown function", `errors_of(mf_errors)`, "unknown function with name"},
	{"an escape that is none", `mf_errors{remote="\${remote}"}`, "it can't evaluate the query"},
	{"many to many", `mf_errors + on(job) mf_errors`, "it can't evaluate the query: found duplicate series"},
	{"a range vector", `mf_errors[1m]`, "it answers with a matrix, not with one number a series"},
	{"a string", `"checkout"`, `its answer can't be used: unexpected value type "string"`},
}
