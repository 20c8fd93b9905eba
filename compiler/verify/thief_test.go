package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/compiler/manifest"
	"muster/compiler/store/storetest"
	"muster/compiler/verify"
)

// TestThief has somebody sign who has the key, and serve what they like.
func TestThief(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		serve func(s *scene)
		want  string
	}{
		{"a pointer for ever", func(s *scene) {
			p := *s.pointer()
			p.Expires = ""
			s.issue(&p)
		}, "served:ok history:ok rebuild:drift rebuild/expires entries:skipped"},
		{"a pointer for too long", func(s *scene) { s.issue(s.pointer().Issue(clock, lifetime+time.Second)) },
			"served:ok history:ok rebuild:drift rebuild/expires entries:skipped"},
		{"a pointer for less", func(s *scene) { s.issue(s.pointer().Issue(clock, time.Hour)) }, allRight},
		{"an entry of the pointer that is another when it is read again", func(s *scene) {
			p, entry := *s.pointer(), s.body("log/7.json")
			p.Previous = manifest.Sum(nil).String()
			s.issue(&p)
			s.hook = again("/log/7.json", entry)
		}, "served:ok history:drift history/chain rebuild:ok entries:skipped"},
		{"a manifest of another registry", func(s *scene) { s.forge("general", `"registry":"acme"`, `"registry":"other"`) },
			"served:drift served/manifest history:ok rebuild:drift rebuild/manifest entries:skipped"},
		{"a manifest of another schema", func(s *scene) { s.forge("general", `muster/manifest/v1`, `muster/manifest/v2`) },
			"served:drift served/manifest history:ok rebuild:drift rebuild/manifest entries:skipped"},
		{"an entry of another registry", func(s *scene) {
			p := *s.pointer()
			p.Previous = s.rewrite("log/6.json", `"acme"`, `"other"`)
			s.issue(&p)
		}, "served:ok history:drift history/entry rebuild:ok entries:skipped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newWorld(t).newScene(t)
			tt.serve(s)
			if report, got := s.verify(); got != tt.want {
				t.Errorf("got  %s\nwant %s\n%+v", got, tt.want, report.Levels)
			}
		})
	}
}

// TestAll meets a log that somebody wrote anew, whose next pointer then was signed: only who compiles every commit again finds it.
func TestAll(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		forge func(e *manifest.Pointer)
		want  string
	}{
		"as it was":              {func(*manifest.Pointer) {}, "history:ok"},
		"another ttl":            {func(e *manifest.Pointer) { e.TTL-- }, "history:drift history/content"},
		"another manifest":       {func(e *manifest.Pointer) { e.Cohorts[0].SHA256 = strings.Repeat("0", 64) }, "history:drift history/content"},
		"another size":           {func(e *manifest.Pointer) { e.Cohorts[1].Size++ }, "history:drift history/content"},
		"another audience":       {func(e *manifest.Pointer) { e.Cohorts[0].Audience = nil }, "history:drift history/content"},
		"a cohort less":          {func(e *manifest.Pointer) { e.Cohorts = e.Cohorts[1:] }, "history:drift history/content"},
		"it was passed over":     {func(e *manifest.Pointer) { e.TTL, e.Poll, e.Cohorts = 0, 0, nil }, "history:ok"}, // that git can't tell
		"it is another commit's": {func(e *manifest.Pointer) { e.Commit = strings.Repeat("0", 40) }, "history:drift history/line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newWorld(t).newScene(t)
			s.rechain(4, tt.forge)
			without := "history:ok"
			if strings.HasSuffix(tt.want, "/line") { // which takes no compile to find
				without = tt.want
			}
			if report, got := s.verify(); got != "served:ok "+without+" rebuild:ok entries:skipped" {
				t.Errorf("without: %s, %+v", got, report.Levels)
			}
			s.v.All = true
			report, got := s.verify()
			if got != "served:ok "+tt.want+" rebuild:ok entries:skipped" {
				t.Errorf("%s, %+v", got, report.Levels)
			}
			for _, f := range report.Levels[1].Findings {
				if strings.HasSuffix(tt.want, "content") && (f.Object != "log/4.json" || len(f.Was) == 0 || string(f.Is) != s.body("log/4.json")) {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

func TestAllSays(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.v.All = true
	for newest, want := range map[int]string{0: "5 entries, serial 3 to 7, up to commit ", 4: "4 entries, serial 4 to 7 of a log that begins with 3, up to commit "} {
		s.v.Newest = newest
		compared := fmt.Sprintf(" of the repository, %d of them against what their commits compile to", 3-min(newest, 1))
		report, _ := s.verify()
		if got := report.Levels[1].Summary; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, compared) {
			t.Errorf("%q, want %q and %q", got, want, compared)
		}
	}

	s.v.Newest, s.v.Limit = 0, 3*time.Second
	s.hook = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/log/5.json" {
			<-r.Context().Done()
		}
		return false
	}
	report, got := s.verify()
	if got != "served:ok history:unavailable history/unavailable history/unavailable rebuild:ok entries:skipped" ||
		report.Levels[1].Findings[0].Object != "log/3.json" || !strings.HasPrefix(report.Levels[1].Findings[0].Message, "the time was up") {
		t.Errorf("%s %+v", got, report.Levels[1])
	}
}

// rechain changes an entry of the log, and those after it for their chain, up to the pointer, which is signed anew.
func (s *scene) rechain(serial int, change func(*manifest.Pointer)) {
	s.t.Helper()
	previous := ""
	for ; serial < s.pointer().Serial; serial++ {
		e, err := manifest.ParseEntry([]byte(s.body(manifest.LogPath(serial))))
		if err != nil {
			s.t.Fatal(err)
		}
		if previous == "" {
			change(e)
		} else {
			e.Previous = previous
		}
		b, err := e.Encode()
		if err != nil {
			s.t.Fatal(err)
		}
		s.put(manifest.LogPath(serial), string(b))
		previous = manifest.Sum(b).String()
	}
	p := *s.pointer()
	p.Previous = previous
	s.issue(&p)
}

// rewrite edits an entry, and returns the hash that it has now.
func (s *scene) rewrite(path, old, new string) string {
	s.t.Helper()
	s.edit(path, old, new)
	return manifest.Sum([]byte(s.body(path))).String()
}

// again answers with a body whoever asks for an object once more.
func again(path, body string) hook {
	var asked atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) bool {
		return r.URL.Path == path && asked.Add(1) > 1 && write(body)(w, r)
	}
}

// TestOnItsWay verifies while a commit is on its way to what is served.
func TestOnItsWay(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.v.Trust.BaseURL = "https://new.acme.example/"
	if report, got := s.verify(); got != allRight {
		t.Errorf("a new baseURL is not published yet: %s %+v", got, report.Levels)
	}
	s.v.Git = nil
	if _, got := s.verify(); got != "served:drift served/url served/url history:ok rebuild:skipped entries:skipped" {
		t.Errorf("without the commit that is served there is no other baseURL: %s", got)
	}

	s = newWorld(t).newScene(t)
	s.objects = &storetest.Memory{}
	if err := s.publish(s.objects, s.line[:5], s.private); err != nil {
		t.Fatal(err)
	}
	report, got := s.verify()
	if got != allRight || !strings.HasSuffix(report.Levels[1].Summary, " of the repository, which has 2 commits more") {
		t.Errorf("two commits are not published yet: %s %+v", got, report.Levels[1])
	}
	s.v.Git = &verify.Git{Repo: s.repo, Tip: s.line[5]}
	if report, _ := s.verify(); !strings.HasSuffix(report.Levels[1].Summary, ", which has 1 commit more") {
		t.Errorf("one commit is not published yet: %+v", report.Levels[1])
	}
}

// TestLimit has time run out.
func TestLimit(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.v.Limit = 1
	if _, got := s.verify(); got != "served:unavailable served/unavailable history:skipped rebuild:skipped entries:skipped" {
		t.Errorf("after no time at all: %s", got)
	}
	s.v.Limit = time.Hour
	s.v.Clock.Sleep = func(context.Context, time.Duration) error { return context.DeadlineExceeded }
	s.put("log/8.json", strings.Replace(s.body("log/7.json"), `"serial":7`, `"serial":8`, 1))
	if _, got := s.verify(); got != "served:unavailable served/unavailable history:ok rebuild:ok entries:skipped" {
		t.Errorf("while a pointer is behind: %s", got)
	}
}

// TestNothingToCompare has a manifest be what it is not, when it is read to tell what differs.
func TestNothingToCompare(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.forge("general", "cart/1.1.0", "cart/6.6.6")
	s.hook = again("/"+s.manifest("general"), "{")
	report, got := s.verify()
	if got != "served:ok history:ok rebuild:drift rebuild/manifest entries:skipped" {
		t.Fatal(got)
	}
	if f := report.Levels[2].Findings[0]; f.Was != nil || f.Is != nil {
		t.Errorf("%q is shown beside %q", f.Is, f.Was)
	}
}

// TestUnknownWhatItIs: a pointer that was never published, and no answer whether anything was, is neither of the two.
func TestUnknownWhatItIs(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.copyCompile()
	s.hook = status("/log/first.json", 503)
	if _, got := s.verify(); got != "served:unavailable served/unavailable history:skipped rebuild:skipped entries:skipped" {
		t.Error(got)
	}
}

// TestAsksFresh: caches may hold that there is no next entry, and browsers' own the pointer.
func TestAsksFresh(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	var asked sync.Map
	s.hook = func(_ http.ResponseWriter, r *http.Request) bool {
		asked.Store(r.URL.Path, r.Header.Get("Cache-Control"))
		return false
	}
	s.verify()
	for path, want := range map[string]string{"/pointer.json": "max-age=0", "/log/8.json": "max-age=0", "/log/7.json": ""} {
		if got, ok := asked.Load(path); !ok || got != want {
			t.Errorf("%s: asked with Cache-Control %q, want %q", path, got, want)
		}
	}
}

// TestSharedCaches: what only caches on the way keep to counts too, where nothing is known but the ttl.
func TestSharedCaches(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.v.Git, s.v.Trust.Headers = nil, nil
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/pointer.json" {
			w.Header().Set("Cache-Control", "public, max-age=5, s-maxage=3600")
		}
		return false
	}
	if _, got := s.verify(); got != "served:drift served/header history:ok rebuild:skipped entries:skipped" {
		t.Error(got)
	}
}
