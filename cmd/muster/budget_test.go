package main

import (
	"bytes"
	"encoding/json"
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

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"muster/compiler/budget"
	"muster/compiler/edit"
)

// exporter serves series, written as in PromQL, as Prometheus scrapes them.
type exporter struct {
	mu     sync.Mutex
	series map[string]string
}

func (e *exporter) set(series, value string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.series[series] = value
}

func (e *exporter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for series, value := range e.series {
		fmt.Fprintf(w, "%s %s\n", series, value)
	}
}

// startPrometheus starts a server that scrapes an exporter five times a second.
func startPrometheus(t *testing.T, e *exporter) (url string, stop func()) {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("prometheus is not on the PATH, and this test asks a real one; it is Debian's package of that name")
	}
	target := httptest.NewServer(e)
	t.Cleanup(target.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	folder := t.TempDir()
	config := filepath.Join(folder, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: [{job_name: mf, static_configs: [{targets: [%q]}]}]\n", target.Listener.Addr())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address, "--log.level=error")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	t.Cleanup(stop)
	return "http://" + address + "/", stop
}

const budgetQuery = `mf_errors{remote="${remote}",version="${version}",cohort="${cohort}"}`

func series(remote, version, cohort string) string {
	return fmt.Sprintf("mf_errors{remote=%q,version=%q,cohort=%q}", remote, version, cohort)
}

// waitFor waits until the server has a verdict, and returns a moment, in whole seconds, at which it has it.
func waitFor(t *testing.T, server string, s budget.Subject, verdict budget.Verdict) time.Time {
	t.Helper()
	rule, err := budget.ParseRule(server, budgetQuery, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		at := time.Now().Truncate(time.Second)
		if answer, err := rule.Ask(t.Context(), s, at); err == nil && answer.Verdict == verdict {
			return at.UTC()
		}
	}
	t.Fatalf("no %v for %v within a minute", verdict, s)
	return time.Time{}
}

// budgetShop is a registry in which general comes after canary, as a git repository.
func budgetShop(t *testing.T, server string) (dir string, git func(args ...string) string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH, and this test commits")
	}
	archive, err := txtar.ParseFile("testdata/budget.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, f := range archive.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, bytes.ReplaceAll(f.Data, []byte("http://server/"), []byte(server)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git = func(args ...string) string {
		t.Helper()
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	git("init", "-q")
	for key, value := range map[string]string{"user.name": "C O Mitter", "user.email": "committer@example.com", "commit.gpgsign": "false", "core.hooksPath": os.DevNull} {
		git("config", key, value)
	}
	git("add", ".")
	git("commit", "-qm", "the shop")
	return dir, git
}

// musterIn runs the program on a registry.
func musterIn(t *testing.T, dir string, wantStatus int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if status := run(append(args, "-C", dir), &out, &errs); status != wantStatus {
		t.Fatalf("muster %v: exit status %d, want %d\n%s%s", args, status, wantStatus, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

func readText(t *testing.T, elements ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func differ(t *testing.T, what, want, got string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got)\n%s", what, d)
	}
}

// TestBudget has a real server judge a canary, until the server is gone.
func TestBudget(t *testing.T) {
	t.Parallel()
	metrics := &exporter{series: map[string]string{
		series("checkout", "2.4.0", "canary"): "0.031",
		series("cart", "1.1.0", "canary"):     "0.01",
		series("shell", "5.2.0", "canary"):    "0",
		series("search", "3.1.0", "canary"):   "0",
		series("search", "3.1.0", "general"):  "7", // it is nobody's business what the last cohort has
	}}
	server, stop := startPrometheus(t, metrics)
	dir, git := budgetShop(t, server)
	before := readText(t, dir, "cohorts/canary.yaml")
	subject := budget.Subject{Remote: "checkout", Version: "2.4.0", Cohort: "canary"}
	at := waitFor(t, server, subject, budget.Exceeded).Format(time.RFC3339)

	const table = "COHORT  RELEASE         VALUE  THRESHOLD  VERDICT\n" +
		"canary  cart 1.1.0      0.01   0.01       within\n" +
		"canary  checkout 2.4.0  0.031  0.01       exceeded\n" +
		"canary  search 3.1.0    0      0.01       within\n" +
		"canary  search 3.2.0    -      0.01       inconclusive: no series answers the query\n" +
		"canary  shell 5.2.0     0      0.01       within\n"
	out, errs := musterIn(t, dir, 1, "budget", "--time", at)
	differ(t, "the table", table, out)
	differ(t, "stderr", "", errs)
	differ(t, "the file, which was not to be written", before, readText(t, dir, "cohorts/canary.yaml"))

	out, _ = musterIn(t, dir, 1, "budget", "--time", at, "--write", "--dry-run")
	if !strings.HasPrefix(out, table+"canary: 3 holds by error budget\n") {
		t.Errorf("the dry run says\n%s", out)
	}
	differ(t, "the file after the dry run", before, readText(t, dir, "cohorts/canary.yaml"))

	_, errs = musterIn(t, dir, 1, "budget", "--time", at, "--write", "--commit")
	if !strings.Contains(errs, "committed ") {
		t.Errorf("it was not committed: %s", errs)
	}
	// The hold of cart is over; the new ones stand behind the others, and all else is as it was.
	held := strings.Replace(before, "  - {remote: cart, version: \"1.1.0\", because: budget, reason: 0.2 > 0.01 at noon}\n", "", 1)
	held = strings.Replace(held, "# the end", fmt.Sprintf(""+
		"  - {remote: checkout, version: \"2.4.0\", because: budget, reason: %q}\n"+
		"  - {remote: search, version: \"3.2.0\", because: inconclusive, reason: %q}\n# the end",
		"0.031 > 0.01 at "+at, "no data at "+at+": no series answers the query"), 1)
	differ(t, "the file", held, readText(t, dir, "cohorts/canary.yaml"))
	differ(t, "the message", fmt.Sprintf(`canary: 3 holds by error budget

canary: lift the hold of cart 1.1.0, which keeps within its budget
canary: hold checkout 2.4.0, budget: 0.031 > 0.01 at %s
canary: hold search 3.2.0, inconclusive: no data at %s: no series answers the query

Muster-Action: budget
Muster-Cohort: canary
Muster-Remote: cart@1.1.0
Muster-Remote: checkout@2.4.0
Muster-Remote: search@3.2.0

`, at, at), git("log", "-1", "--format=%B"))
	differ(t, "the work tree", "", git("status", "--porcelain"))
	musterIn(t, dir, 0, "check")

	t.Run("again", func(t *testing.T) {
		head := git("rev-parse", "HEAD")
		later := waitFor(t, server, subject, budget.Exceeded).Add(time.Minute).Format(time.RFC3339)
		_, errs := musterIn(t, dir, 1, "budget", "--time", later, "--write", "--commit")
		differ(t, "stderr", "muster: nothing to do\n", errs)
		differ(t, "the commit", head, git("rev-parse", "HEAD"))
	})
	t.Run("for machines", func(t *testing.T) {
		out, _ := musterIn(t, dir, 1, "budget", "--time", at, "--remote", "checkout", "-o", "json")
		var got []map[string]any
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		want := []map[string]any{{"cohort": "canary", "remote": "checkout", "version": "2.4.0", "value": 0.031, "threshold": "0.01", "verdict": "exceeded",
			"reason": "0.031 is more than 0.01", "query": `mf_errors{remote="checkout",version="2.4.0",cohort="canary"}`, "time": at}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	})
	t.Run("a cohort that nobody waits for", func(t *testing.T) {
		out, _ := musterIn(t, dir, 1, "budget", "--time", at, "--cohort", "general", "--remote", "search")
		differ(t, "the table", "COHORT   RELEASE       VALUE  THRESHOLD  VERDICT\ngeneral  search 3.1.0  7      0.01       exceeded\n", out)
	})
	t.Run("mended", func(t *testing.T) {
		metrics.set(series("checkout", "2.4.0", "canary"), "0.002")
		at := waitFor(t, server, subject, budget.Within).Format(time.RFC3339)
		musterIn(t, dir, 0, "budget", "--time", at, "--remote", "checkout", "--write", "--commit")
		differ(t, "the file", strings.Replace(held, lineWith(held, "remote: checkout, version: \"2.4.0\""), "", 1), readText(t, dir, "cohorts/canary.yaml"))
		differ(t, "the subject", "canary: lift the hold of checkout 2.4.0\n", git("log", "-1", "--format=%s"))
	})
	t.Run("no longer served", func(t *testing.T) {
		musterIn(t, dir, 0, "budget", "--time", at, "--remote", "cart") // search is held still
		canary := filepath.Join(dir, "cohorts", "canary.yaml")
		pinned := strings.Replace(readText(t, canary), lineWith(readText(t, canary), "  search: {split"), "  search: \"3.1.0\"\n", 1)
		if err := os.WriteFile(canary, []byte(pinned), 0o644); err != nil {
			t.Fatal(err)
		}
		out, _ := musterIn(t, dir, 0, "budget", "--time", waitFor(t, server, subject, budget.Within).Format(time.RFC3339), "--write")
		if strings.Contains(out, "search 3.2.0 ") {
			t.Errorf("it asks about what is not served:\n%s", out)
		}
		differ(t, "the file", strings.Replace(pinned, lineWith(pinned, "because: inconclusive"), "", 1), readText(t, canary))
		git("checkout", "-q", ".")
	})

	stop()
	after := readText(t, dir, "cohorts/canary.yaml")
	out, errs = musterIn(t, dir, exitTryAgain, "budget", "--write", "--commit")
	if out != "" || !strings.Contains(errs, "; nothing was written\n") {
		t.Errorf("a server that is gone: %s%s", out, errs)
	}
	differ(t, "the file", after, readText(t, dir, "cohorts/canary.yaml"))
}

// lineWith is the line of a text that holds some words.
func lineWith(text, words string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, words) {
			return line
		}
	}
	return "no line has " + words
}

// TestBudgetServers are servers that fail, and one that wants credentials.
func TestBudgetServers(t *testing.T) {
	t.Setenv("MUSTER_PROMETHEUS_USER", "muster")
	t.Setenv("MUSTER_PROMETHEUS_PASSWORD", "geheim")
	for _, c := range []struct {
		name    string
		status  int
		answer  func(http.ResponseWriter, *http.Request)
		want    int
		message string
	}{
		{"overloaded", 1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, exitTryAgain, "there is no answer now"},
		{"broken", 1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, exitTryAgain, "there is no answer now"},
		{"no Prometheus", 1, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, exitUnusable, "is it a Prometheus"},
		{"refuses", 1, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, exitUnusable, "credentials"},
		{"within", 1, func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "muster" || password != "geheim" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[%d,"0"]}]}}`, time.Now().Unix())
		}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(c.answer))
			defer server.Close()
			dir, git := budgetShop(t, server.URL+"/")
			_, errs := musterIn(t, dir, c.want, "budget", "--remote", "checkout", "--write")
			if !strings.Contains(errs, c.message) || strings.Contains(errs, "geheim") {
				t.Errorf("stderr: %s", errs)
			}
			if c.want != 0 && git("status", "--porcelain") != "" {
				t.Error("something was written")
			}
		})
	}
}

// TestSettle: what becomes of the holds of a release.
func TestSettle(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	answers := map[string]budget.Answer{
		"within":       {Verdict: budget.Within, Samples: 1, At: at},
		"exceeded":     {Verdict: budget.Exceeded, Value: 0.031, Samples: 1, At: at},
		"inconclusive": {Reason: "no series answers the query", At: at},
	}
	const other = "{remote: cart, version: \"1.0.0\", because: budget, reason: another release}"
	const exceeded = `{remote: checkout, version: "2.4.0", because: budget, reason: "0.031 > 0.01 at 2026-11-22T05:00:00Z"}`
	const unknown = `{remote: checkout, version: "2.4.0", because: inconclusive, reason: "no data at 2026-11-22T05:00:00Z: no series answers the query"}`
	hold := func(because string) string {
		return `{remote: checkout, version: "2.4.0", because: ` + because + `, reason: as it was}`
	}
	for _, c := range []struct{ before, verdict, want string }{
		{"", "within", ""},
		{"", "exceeded", exceeded},
		{"", "inconclusive", unknown},
		{hold("budget"), "within", ""},
		{hold("budget"), "exceeded", hold("budget")},
		{hold("budget"), "inconclusive", hold("budget")},
		{hold("inconclusive"), "within", ""},
		{hold("inconclusive"), "exceeded", exceeded},
		{hold("inconclusive"), "inconclusive", hold("inconclusive")},
		{hold("rollback"), "within", hold("rollback")},
		{hold("rollback"), "exceeded", hold("rollback")},
		{hold("rollback"), "inconclusive", hold("rollback")},
		{hold("budget") + "\n  - " + hold("rollback") + "\n  - " + hold("inconclusive"), "within", hold("rollback")},
	} {
		text := func(holds string) string {
			if holds == "" {
				return "name: canary\nholds:\n  - " + other + "\n"
			}
			return "name: canary\nholds:\n  - " + other + "\n  - " + holds + "\n"
		}
		parsed, err := edit.Parse("cohorts/canary.yaml", []byte(text(c.before)))
		if err != nil {
			t.Fatal(err)
		}
		file := &workFile{File: parsed}
		b := &budgeting{threshold: "0.01"}
		if err := b.settle(file, budgetRow{budget.Subject{Remote: "checkout", Version: "2.4.0", Cohort: "canary"}, answers[c.verdict]}); err != nil {
			t.Fatal(err)
		}
		differ(t, c.before+", "+c.verdict, text(c.want), string(file.Bytes()))
		if changed := c.before != c.want; changed != (len(b.done) > 0) {
			t.Errorf("%s, %s: told as %v", c.before, c.verdict, b.done)
		}
	}
}
