package verify_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/compiler/manifest"
	"muster/compiler/site"
)

// TestHostile has each object be what nobody would serve. There is a finding, soon, and no other object suffers.
func TestHostile(t *testing.T) {
	t.Parallel()
	objects := []string{"/pointer.json", "/log/first.json", "/log/5.json", "/log/8.json", "/manifests/general"}
	for name, answer := range map[string]hook{
		"an endless body": endless,
		"an endless header": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
			return false
		},
		"a slow body":          slow,
		"a body that ends":     cut,
		"redirects in circles": func(w http.ResponseWriter, r *http.Request) bool { return redirectTo(r.URL.Path+"x")(w, r) },
		"another origin":       redirectTo("http://169.254.169.254/latest/meta-data/"),
		"deep nesting":         write(strings.Repeat("[", 500_000)),
		"deep objects":         write(strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)),
		"a huge number":        write(`{"schema":"muster/pointer/v1","serial":1` + strings.Repeat("0", 100_000) + `}`),
		"an exponent":          write(`{"schema":"muster/log/v1","serial":1e999999999}`),
		"a negative serial":    write(`{"registry":"acme","schema":"muster/log-first/v1","serial":-1}`),
		"no JSON":              write("\x1b]0;owned\x07\x1b[31m\x00\xff\xfe"),
		"null":                 write("null"),
		"nothing":              write(""),
		"a teapot":             status("/", 418),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, object := range objects {
				s := newWorld(t).newScene(t)
				there, err := site.Open(s.v.Site.Base(), site.Options{Timeout: 500 * time.Millisecond})
				if err != nil {
					t.Fatal(err)
				}
				s.v.Site = there
				s.hook = func(w http.ResponseWriter, r *http.Request) bool {
					return (strings.HasPrefix(r.URL.Path, object) || r.URL.Path == "/x") && answer(w, r)
				}
				report, got := s.verify()
				if findings := strings.Count(got, "/"); findings < 1 || findings > 2 {
					t.Errorf("%s: %s", object, got)
				}
				for _, l := range report.Levels {
					for _, f := range l.Findings {
						if len(f.Message) > 1000 {
							t.Errorf("%s: %d bytes of message: %.300s", object, len(f.Message), f.Message)
						}
					}
				}
			}
		})
	}
}

func slow(w http.ResponseWriter, r *http.Request) bool {
	w.Write([]byte("{"))
	w.(http.Flusher).Flush()
	<-r.Context().Done()
	return true
}

// cut ends the body before it has come to the length that was said.
func cut(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Length", "1000")
	w.Write([]byte("{"))
	return true
}

// TestEndlessLog has a server answer for every serial, and a pointer of a serial that is far ahead.
func TestEndlessLog(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	p := *s.pointer()
	p.Serial = 1<<53 - 1
	s.issue(&p)
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/log/") || r.URL.Path == "/log/first.json" || r.URL.Path == "/"+manifest.LogPath(p.Serial) {
			return false
		}
		w.Write([]byte("{}"))
		return true
	}
	report, _ := s.verify()
	if l := report.Levels[1]; len(l.Findings) != 20 || !strings.Contains(l.Summary, "after these were left") {
		t.Errorf("%d findings: %s", len(l.Findings), l.Summary)
	}
}

// TestLongLog reads ten thousand entries.
func TestLongLog(t *testing.T) {
	t.Parallel()
	const entries = 10_000
	s := newWorld(t).newScene(t)
	s.v.Git = nil
	s.put("log/first.json", `{"registry":"acme","schema":"muster/log-first/v1","serial":1}`)
	log := make([][]byte, entries+1)
	previous := ""
	for serial := 1; serial < entries; serial++ {
		b, err := manifest.PassedOver("acme", manifest.Origin{Commit: strings.Repeat("a", 40), Serial: serial, Time: clock}, previous).Encode()
		if err != nil {
			t.Fatal(err)
		}
		log[serial], previous = b, manifest.Sum(b).String()
	}
	p := *s.pointer()
	p.Serial, p.Previous = entries, previous
	s.issue(&p)
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		serial := 0
		if _, err := fmt.Sscanf(r.URL.Path, "/log/%d.json", &serial); err == nil && serial < entries {
			w.Write(log[serial])
			return true
		}
		return false
	}
	report, got := s.verify()
	if got != "served:ok history:ok rebuild:skipped entries:skipped" || !strings.HasPrefix(report.Levels[1].Summary, "10000 entries, serial 1 to 10000;") {
		t.Errorf("%s: %+v", got, report.Levels[1])
	}
}
