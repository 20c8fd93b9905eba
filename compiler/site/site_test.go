package site_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/compiler/site"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]error{
		"http://manifests.acme.example/":       site.ErrInsecure,
		"http://127.0.0.1.example/":            site.ErrInsecure,
		"https://user:secret@acme.example/":    site.ErrTarget,
		"https://acme.example/?a=b":            site.ErrTarget,
		"https://acme.example/#a":              site.ErrTarget,
		"https://acme.example/?":               site.ErrTarget,
		"https://acme.example/#":               site.ErrTarget,
		"s3://bucket/prefix":                   site.ErrTarget,
		"file:":                                site.ErrTarget,
		"":                                     site.ErrTarget,
		filepath.Join(t.TempDir(), "nonesuch"): os.ErrNotExist,
	} {
		if s, err := site.Open(target, site.Options{}); !errors.Is(err, want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v, error %v", target, s, err)
		}
	}
}

func TestOpenURL(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"https://acme.example":                "https://acme.example/",
		"https://acme.example/":               "https://acme.example/",
		"https://acme.example/pointer.json":   "https://acme.example/",
		"https://acme.example/a/b":            "https://acme.example/a/b/",
		"https://acme.example/a-pointer.json": "https://acme.example/a-pointer.json/",
		"http://localhost:8080/":              "http://localhost:8080/",
		"http://[::1]:8080":                   "http://[::1]:8080/",
	} {
		s, err := site.Open(target, site.Options{})
		if err != nil || s.Base() != want {
			t.Errorf("%q: got %v, error %v", target, s, err)
		}
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	dir := filepath.Join(outside, "dist")
	for name, text := range map[string]string{"secret": "secret", "dist/pointer.json": "{}", "dist/log/1.json": "[]"} {
		file := filepath.Join(outside, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret", filepath.Join(dir, "link.json")); err != nil {
		t.Skip("no symbolic links here")
	}
	for _, target := range []string{dir, "file:" + dir, "file://" + dir, filepath.Join(dir, "pointer.json")} {
		s, err := site.Open(target, site.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Base() != "" {
			t.Errorf("%s has the base %q", target, s.Base())
		}
		if a, err := s.Get(context.Background(), "log/1.json", 2); err != nil || string(a.Body) != "[]" || a.Size != 2 || a.Header != nil {
			t.Errorf("%s: %+v, %v", target, a, err)
		}
		for path, want := range map[string]error{"log/2.json": site.ErrMissing, "log": site.ErrMissing, "pointer.json": site.ErrTooLarge} {
			if _, err := s.Get(context.Background(), path, 1); !errors.Is(err, want) {
				t.Errorf("%s: got error %v", path, err)
			}
		}
		for _, path := range []string{"../secret", "link.json", "/etc/passwd", ""} {
			if a, err := s.Get(context.Background(), path, 100); err == nil {
				t.Errorf("%q gives %q", path, a.Body)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestGet meets answers of all kinds.
func TestGet(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, to := 0, ""
		if n, _ := fmt.Sscanf(r.URL.Path, "/%d.json", &code); n == 1 {
			http.Error(w, "", code)
			return
		}
		switch to = r.URL.Query().Get("to"); r.URL.Path {
		case "/moved.json":
			to = "/there.json"
		case "/away.json":
			to = "http://localhost.example/"
		case "/down.json":
			to = "http://" + strings.Replace(r.Host, "127.0.0.1", "localhost", 1) + "/there.json"
		case "/circle.json":
			to = "/circle.json"
		}
		if to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		fmt.Fprintf(w, "%s %s", r.Header.Get("Origin"), r.Header.Get("Cache-Control"))
	}))
	t.Cleanup(server.Close)
	s, err := site.Open(server.URL+"/pointer.json", site.Options{Origin: "https://shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	if a, err := s.Get(ctx, "there.json", 100); err != nil || string(a.Body) != "https://shop.example " || a.Redirected != "" {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := s.GetFresh(ctx, "moved.json", 100); err != nil || string(a.Body) != "https://shop.example max-age=0" || a.Redirected != server.URL+"/there.json" {
		t.Errorf("%+v, %v", a, err)
	}
	for path, want := range map[string]error{"404.json": site.ErrMissing, "410.json": site.ErrMissing, "403.json": site.ErrMissing, "429.json": site.ErrUnavailable, "408.json": site.ErrUnavailable,
		"500.json": site.ErrUnavailable, "503.json": site.ErrUnavailable, "away.json": site.ErrRedirect, "down.json": site.ErrRedirect, "circle.json": site.ErrRedirect} {
		if _, err := s.Get(ctx, path, 100); !errors.Is(err, want) {
			t.Errorf("%s: got error %v", path, err)
		}
	}
	for _, path := range []string{"401.json", "418.json", "204.json", "../x.json"} {
		if _, err := s.Get(ctx, path, 100); err == nil || errors.Is(err, site.ErrMissing) || errors.Is(err, site.ErrUnavailable) {
			t.Errorf("%s: got error %v", path, err)
		}
	}
	if _, err := s.Get(ctx, "there.json", 20); !errors.Is(err, site.ErrTooLarge) {
		t.Errorf("got error %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Get(canceled, "there.json", 100); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	server.Close()
	if _, err := s.Get(ctx, "there.json", 100); !errors.Is(err, site.ErrUnavailable) {
		t.Errorf("got error %v", err)
	}
}

// TestCertificate: one that nobody vouches for does not become better by waiting.
func TestCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	s, err := site.Open(server.URL, site.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Get(context.Background(), "pointer.json", 100); err == nil || errors.Is(err, site.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got error %v", err)
	}
}

// ticks is a clock that goes on while somebody sleeps.
func ticks() (site.Clock, *int) {
	slept := new(int)
	start := time.Date(2026, 11, 2, 14, 0, 0, 0, time.UTC)
	return site.Clock{Now: func() time.Time { return start.Add(time.Duration(*slept) * time.Second) },
		Sleep: func(ctx context.Context, d time.Duration) error { *slept += int(d / time.Second); return ctx.Err() }}, slept
}

func TestWait(t *testing.T) {
	t.Parallel()
	clock, slept := ticks()
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case *slept < 2:
			http.Error(w, "", http.StatusServiceUnavailable)
		case *slept < 4:
			fmt.Fprint(w, "{")
		case *slept > 100:
			cancel()
		default:
			fmt.Fprintf(w, pointerForm, min(*slept, 7))
		}
	}))
	t.Cleanup(server.Close)
	s, err := site.Open(server.URL, site.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if took, err := s.Wait(ctx, 6, time.Minute, clock); err != nil || took != 6*time.Second {
		t.Errorf("served after %s, error %v", took, err)
	}
	if took, err := s.Wait(ctx, 7, time.Minute, clock); err != nil || took != time.Second {
		t.Errorf("served after %s, error %v", took, err)
	}
	if took, err := s.Wait(ctx, 8, 10*time.Second, clock); !errors.Is(err, site.ErrNotServed) || !strings.Contains(err.Error(), "still of serial 7, not 8") || took != 10*time.Second {
		t.Errorf("gave up after %s, error %v", took, err)
	}
	*slept = 0
	if _, err := s.Wait(ctx, 1, time.Second, clock); !errors.Is(err, site.ErrNotServed) || !errors.Is(err, site.ErrUnavailable) {
		t.Errorf("got error %v", err)
	}
	*slept = 101
	if _, err := s.Wait(ctx, 1, time.Minute, clock); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}

const pointerForm = `{"cohorts":[{"name":"general","sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":1,"url":"https://acme.example/"}],` +
	`"commit":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","issued":"2026-11-02T14:00:00Z","registry":"acme","schema":"muster/pointer/v1","serial":%d,"ttl":60}`

// TestWallClock sleeps until the context ends, and not longer.
func TestWallClock(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	clock := site.WallClock()
	if err := clock.Sleep(ctx, 0); err != nil {
		t.Error(err)
	}
	cancel()
	if err := clock.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}

// TestEncoded has servers compress what they send: those that were asked to, and those that were not.
func TestEncoded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		coding := strings.Trim(r.URL.Path, "/")
		w.Header().Set("Content-Encoding", coding)
		if coding != "gzip" {
			fmt.Fprint(w, "text")
			return
		}
		z := gzip.NewWriter(w)
		fmt.Fprint(z, "text")
		z.Close()
	}))
	t.Cleanup(server.Close)
	s, err := site.Open(server.URL, site.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for coding, want := range map[string]string{"gzip": "", "identity": "", "br": "it comes encoded as \"br\", which nobody asked for"} {
		a, err := s.Get(context.Background(), coding, 4)
		if want == "" && (err != nil || string(a.Body) != "text") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %q, error %v", coding, a.Body, err)
		}
	}
}

// TestTimeIsUp tells a time that ran out from a call that was stopped.
func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]error{t.TempDir(): site.ErrUnavailable, "http://127.0.0.1:1/": site.ErrUnavailable} {
		s, err := site.Open(target, site.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
		defer cancel()
		if _, err := s.Get(ctx, "pointer.json", 4); !errors.Is(err, want) {
			t.Errorf("%s: after its time: %v", target, err)
		}
		stopped, stop := context.WithCancel(context.Background())
		stop()
		if _, err := s.Get(stopped, "pointer.json", 4); !errors.Is(err, context.Canceled) || errors.Is(err, site.ErrUnavailable) {
			t.Errorf("%s: when it is stopped: %v", target, err)
		}
	}
}
