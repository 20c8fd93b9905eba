package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/note"
	"muster/compiler/site"
	"muster/compiler/store/storetest"
	"muster/compiler/verify"
)

const allRight = "served:ok history:ok rebuild:ok entries:skipped"

func TestInOrder(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.v.Entries, s.v.NoEntries = site.NewClient(site.Options{}), ""
	report, got := s.verify()
	if got != "served:ok history:ok rebuild:ok entries:ok" || report.Result() != verify.OK || report.Pointer.Serial != 7 || s.slept > 0 {
		t.Errorf("%s, slept %s: %+v", got, s.slept, report)
	}
	commit := s.line[6].ID[:12]
	for i, want := range []string{
		"serial 7 from commit " + commit + ", signed by acme-2026, expires 2026-11-09T14:00:00Z; 2 cohorts, 4 objects",
		"5 entries, serial 3 to 7, up to commit " + commit + " of the repository",
		"2 manifests and the pointer against what commit " + commit + " compiles to",
		"4 files from 1 origin",
	} {
		if got := report.Levels[i].Summary; got != want {
			t.Errorf("%s: %q, want %q", report.Levels[i].Name, got, want)
		}
	}
}

// TestCatches changes what is served in one way, and asks for just the findings that this comes to.
func TestCatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*scene)
		want   string
	}{
		{"nothing", func(*scene) {}, allRight},
		{"a changed manifest", func(s *scene) { s.edit(s.manifest("general"), "team-commerce", "team-commercf") },
			"served:drift served/manifest history:ok rebuild:ok entries:skipped"},
		{"a longer manifest", func(s *scene) { s.put(s.manifest("general"), s.body(s.manifest("general"))+" ") },
			"served:drift served/manifest history:ok rebuild:ok entries:skipped"},
		{"a shorter manifest", func(s *scene) { s.put(s.manifest("general"), "{}") },
			"served:drift served/manifest history:ok rebuild:ok entries:skipped"},
		{"a missing manifest", func(s *scene) { s.objects.Delete(s.manifest("staff")) },
			"served:drift served/missing history:ok rebuild:ok entries:skipped"},
		{"the manifest of another cohort", func(s *scene) { s.put(s.manifest("staff"), s.body(s.manifest("general"))) },
			"served:drift served/manifest history:ok rebuild:ok entries:skipped"},
		{"a missing pointer", func(s *scene) { s.objects.Delete("pointer.json") },
			"served:drift served/missing history:skipped rebuild:skipped entries:skipped"},
		{"a pointer that is no JSON", func(s *scene) { s.put("pointer.json", "<html>") },
			"served:drift served/pointer history:skipped rebuild:skipped entries:skipped"},
		{"a pointer with spaces", func(s *scene) { s.edit("pointer.json", `,"serial":`, `, "serial":`) },
			"served:drift served/pointer history:skipped rebuild:skipped entries:skipped"},
		{"an unknown member", func(s *scene) { s.edit("pointer.json", `,"serial":`, `,"serail":1,"serial":`) },
			"served:drift served/pointer history:skipped rebuild:skipped entries:skipped"},
		{"no signature", func(s *scene) {
			text, _, _ := strings.Cut(s.body("pointer.json"), "\n")
			s.put("pointer.json", text+"}")
		}, "served:drift served/signature history:ok rebuild:ok entries:skipped"},
		{"a signature of another text", func(s *scene) { s.edit("pointer.json", "2026-11-02T14:00:00Z", "2026-11-02T14:00:01Z") },
			"served:drift served/signature history:ok rebuild:ok entries:skipped"},
		{"a signature of another key", func(s *scene) {
			private, _, err := note.GenerateKey("thief")
			if err != nil {
				s.t.Fatal(err)
			}
			p := *s.pointer()
			document, _ := p.Encode()
			if document, err = sign(document, private); err != nil {
				s.t.Fatal(err)
			}
			s.put("pointer.json", string(document))
		}, "served:drift served/signature history:ok rebuild:ok entries:skipped"},
		{"another registry", func(s *scene) { s.v.Trust.Registry = "other" },
			"served:drift served/registry history:ok rebuild:ok entries:skipped"},
		{"expired", func(s *scene) { s.v.Clock.Now = func() time.Time { return clock.Add(lifetime) } },
			"served:drift served/expired history:ok rebuild:ok entries:skipped"},
		{"about to expire", func(s *scene) { s.v.Clock.Now = func() time.Time { return clock.Add(lifetime - time.Second) } }, allRight},
		{"issued in the future", func(s *scene) { s.v.Clock.Now = func() time.Time { return clock.Add(-6 * time.Minute) } },
			"served:drift served/issued history:ok rebuild:ok entries:skipped"},
		{"clocks that differ a little", func(s *scene) { s.v.Clock.Now = func() time.Time { return clock.Add(-4 * time.Minute) } }, allRight},
		{"another address", func(s *scene) {
			p := *s.pointer()
			p.Cohorts[1].URL = "https://elsewhere.example/" + p.Cohorts[1].Path()
			s.issue(&p)
		}, "served:drift served/url history:ok rebuild:drift rebuild/pointer entries:skipped"},
		{"a wrong header", func(s *scene) { s.hook = set("/manifests/", "Cache-Control", "max-age=60") },
			"served:drift served/header history:ok rebuild:ok entries:skipped"},
		{"no CORS", func(s *scene) { s.hook = remove("/log/", "Access-Control-Allow-Origin") },
			"served:drift served/header history:ok rebuild:ok entries:skipped"},
		{"another type", func(s *scene) { s.hook = set("/pointer.json", "Content-Type", "text/html") },
			"served:drift served/header history:ok rebuild:ok entries:skipped"},
		{"two wrong headers", func(s *scene) { s.hook = remove("/", "X-Content-Type-Options") },
			"served:drift served/header served/header served/header history:ok rebuild:ok entries:skipped"},
		{"the same headers in another spelling", func(s *scene) {
			s.hook = func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Cache-Control", strings.ReplaceAll(strings.ToUpper(w.Header().Get("Cache-Control")), ", ", ","))
				w.Header().Set("Content-Type", `Application/JSON;Charset="UTF-8"`)
				return false
			}
		}, allRight},
		{"an old answer", func(s *scene) { s.hook = set("/pointer.json", "Age", "17") },
			"served:drift served/age history:ok rebuild:ok entries:skipped"},
		{"an answer of an age that is promised", func(s *scene) { s.hook = set("/pointer.json", "Age", "16") }, allRight},
		{"a redirect", func(s *scene) { s.redirect(s.manifest("general"), "manifests/moved.json") },
			"served:drift served/redirect history:ok rebuild:ok entries:skipped"},
		{"a serial that went back", func(s *scene) { s.republish(4) },
			"served:drift served/back history:ok rebuild:ok entries:skipped"},
		{"an entry that is not what the pointer says", func(s *scene) { s.edit("log/7.json", `"ttl":60`, `"ttl":59`) },
			"served:drift served/log history:ok rebuild:ok entries:skipped"},
		{"no entry for the pointer", func(s *scene) { s.objects.Delete("log/7.json") },
			"served:drift served/missing history:drift history/missing rebuild:ok entries:skipped"},
		{"a next entry that can't be read", func(s *scene) { s.put("log/8.json", "{") },
			"served:drift served/log history:ok rebuild:ok entries:skipped"},
		{"a gap in the log", func(s *scene) { s.objects.Delete("log/5.json") },
			"served:ok history:drift history/missing rebuild:ok entries:skipped"},
		{"an entry that is changed", func(s *scene) { s.edit("log/4.json", `"ttl":60`, `"ttl":59`) },
			"served:ok history:drift history/chain rebuild:ok entries:skipped"},
		{"an entry that can't be read", func(s *scene) { s.put("log/4.json", "[]") },
			"served:ok history:drift history/entry rebuild:ok entries:skipped"},
		{"an entry of another serial", func(s *scene) { s.put("log/5.json", s.body("log/6.json")) },
			"served:ok history:drift history/entry rebuild:ok entries:skipped"},
		{"no beginning", func(s *scene) { s.objects.Delete("log/first.json") },
			"served:ok history:drift history/missing rebuild:ok entries:skipped"},
		{"another beginning", func(s *scene) { s.edit("log/first.json", `:3`, `:4`) },
			"served:ok history:drift history/chain rebuild:ok entries:skipped"},
		{"a beginning before the log", func(s *scene) { s.edit("log/first.json", `:3`, `:2`) },
			"served:ok history:drift history/missing rebuild:ok entries:skipped"},
		{"a beginning after the pointer", func(s *scene) { s.edit("log/first.json", `:3`, `:8`) },
			"served:ok history:drift history/first rebuild:ok entries:skipped"},
		{"a beginning of another registry", func(s *scene) { s.edit("log/first.json", `"acme"`, `"other"`) },
			"served:ok history:drift history/first rebuild:ok entries:skipped"},
		{"a beginning that is no JSON", func(s *scene) { s.put("log/first.json", "3") },
			"served:ok history:drift history/first rebuild:ok entries:skipped"},
		{"a commit off the line", func(s *scene) { s.branch() },
			"served:ok history:drift history/line rebuild:ok entries:skipped"},
		{"a pointer that claims another commit", func(s *scene) {
			p := *s.pointer()
			p.Commit, p.Time = s.line[5].ID, s.line[5].Time.Format(time.RFC3339)
			s.issue(&p)
		}, "served:ok history:drift history/line rebuild:drift rebuild/manifest rebuild/pointer entries:skipped"},
		{"a pointer that claims a commit that is nowhere", func(s *scene) {
			p := *s.pointer()
			p.Commit = strings.Repeat("5", 40)
			s.issue(&p)
		}, "served:ok history:drift history/line rebuild:drift rebuild/commit entries:skipped"},
		{"a pointer that claims another time", func(s *scene) {
			p := *s.pointer()
			p.Time = "2026-11-01T12:00:01Z"
			s.issue(&p)
		}, "served:ok history:drift history/line rebuild:drift rebuild/pointer entries:skipped"},
		{"a repository that is behind", func(s *scene) { s.v.Git = &verify.Git{Repo: s.repo, Tip: s.line[4]} },
			"served:ok history:drift history/line rebuild:ok entries:skipped"},
		{"other code, well signed", func(s *scene) { s.forge("general", "cart/1.1.0", "cart/6.6.6") },
			"served:ok history:ok rebuild:drift rebuild/manifest entries:skipped"},
		{"a manifest that is not canonical, well signed", func(s *scene) { s.forge("general", `"cohort":`, `"cohort": `) },
			"served:drift served/manifest history:ok rebuild:drift rebuild/manifest entries:skipped"},
		{"a manifest that says it is another's, well signed", func(s *scene) { s.forge("general", `"cohort":"general"`, `"cohort":"staff"`) },
			"served:drift served/manifest history:ok rebuild:drift rebuild/manifest entries:skipped"},
		{"another size, well signed", func(s *scene) {
			p := *s.pointer()
			p.Cohorts[0].Size++
			s.issue(&p)
		}, "served:drift served/manifest history:ok rebuild:drift rebuild/pointer entries:skipped"},
		{"a cohort less, well signed", func(s *scene) {
			p := *s.pointer()
			p.Cohorts = p.Cohorts[1:]
			s.issue(&p)
		}, "served:ok history:ok rebuild:drift rebuild/pointer entries:skipped"},
		{"a compile copied over what was published", func(s *scene) { s.copyCompile() },
			"served:drift served/pointer served/signature served/log history:ok rebuild:ok entries:skipped"},
		{"nobody answers", func(s *scene) { s.hook = status("/", 503) },
			"served:unavailable served/unavailable history:skipped rebuild:skipped entries:skipped"},
		{"too many requests", func(s *scene) { s.hook = status("/manifests/general", 429) },
			"served:unavailable served/unavailable history:ok rebuild:ok entries:skipped"},
		{"forbidden, as object stores have it of what is missing", func(s *scene) { s.hook = status("/manifests/general", 403) },
			"served:drift served/missing history:ok rebuild:ok entries:skipped"},
		{"drift outweighs", func(s *scene) {
			s.hook = status("/manifests/general", 500)
			s.objects.Delete(s.manifest("staff"))
		}, "served:drift served/missing served/unavailable history:ok rebuild:ok entries:skipped"},
		{"the log does not answer", func(s *scene) { s.hook = status("/log/5", 500) },
			"served:ok history:unavailable history/unavailable rebuild:ok entries:skipped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newWorld(t).newScene(t)
			tt.change(s)
			if report, got := s.verify(); got != tt.want {
				t.Errorf("got  %s\nwant %s\n%+v", got, tt.want, report.Levels)
			}
		})
	}
}

// TestThreshold takes two keys, of which one has signed.
func TestThreshold(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	_, other, err := note.GenerateKey("acme-2027")
	if err != nil {
		t.Fatal(err)
	}
	private, err := note.ParsePrivateKey(s.private)
	if err != nil {
		t.Fatal(err)
	}
	for threshold, want := range map[int]string{1: allRight, 2: "served:drift served/signature history:ok rebuild:ok entries:skipped"} {
		if s.v.Trust.Keys, err = note.NewKeys(threshold, private.Public(), other); err != nil {
			t.Fatal(err)
		}
		if _, got := s.verify(); got != want {
			t.Errorf("%d of 2 keys: %s, want %s", threshold, got, want)
		}
	}
}

// TestLag has the log be ahead of the pointer for a while.
func TestLag(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	newest := s.body("pointer.json")
	s.republish(4)
	looks := 0
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/pointer.json" {
			if r.Header.Get("Cache-Control") != "max-age=0" {
				t.Errorf("the pointer is asked for with %q", r.Header)
			}
			if looks++; looks == 4 {
				s.put("pointer.json", newest)
			}
		}
		return false
	}
	if report, got := s.verify(); got != allRight || report.Pointer.Serial != 7 || s.slept != 9*time.Second {
		t.Errorf("%s, serial %d after %s", got, report.Pointer.Serial, s.slept)
	}
	s.republish(4)
	looks, s.slept = 100, 0
	if _, got := s.verify(); !strings.Contains(got, "served/back") || s.slept != time.Minute {
		t.Errorf("%s after %s", got, s.slept)
	}
}

// TestPassedOver has a publisher stop after it has entered what it passes over: what is live is right.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	e, err := manifest.PassedOver("acme", manifest.Origin{Commit: strings.Repeat("a", 40), Serial: 8, Time: clock}, manifest.Sum([]byte(s.body("log/7.json"))).String()).Encode()
	if err != nil {
		t.Fatal(err)
	}
	s.put("log/8.json", string(e))
	if _, got := s.verify(); got != allRight || s.slept > 0 {
		t.Errorf("%s after %s", got, s.slept)
	}
}

// TestWithoutRepository has an auditor with nothing but keys, and one without.
func TestWithoutRepository(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.v.Git, s.v.Trust = nil, verify.Trust{Keys: s.trust.Keys, BaseURL: s.trust.BaseURL}
	report, got := s.verify()
	if got != "served:ok history:ok rebuild:skipped entries:skipped" || !strings.HasSuffix(report.Levels[1].Summary, "not held against git: no repository") || report.Levels[2].Summary != "no repository" {
		t.Errorf("%s: %+v", got, report.Levels)
	}
	for caching, want := range map[string]string{"max-age=5, stale-while-revalidate=11": "served:ok", "max-age=5, stale-while-revalidate=12": "served:drift served/header", "": "served:drift served/header",
		"max-age=x": "served:drift served/header", "stale-while-revalidate=1": "served:drift served/header"} {
		s.hook = set("/pointer.json", "Cache-Control", caching)
		if _, got := s.verify(); got != want+" history:ok rebuild:skipped entries:skipped" {
			t.Errorf("Cache-Control: %s comes to %s", caching, got)
		}
	}
	s.hook, s.v.Trust = nil, verify.Trust{}
	if _, got := s.verify(); got != "served:drift served/url served/url history:ok rebuild:skipped entries:skipped" {
		t.Errorf("without anything, and at another address: %s", got)
	}
}

// TestFolder verifies a folder that was published to, and one that a compile has written.
func TestFolder(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	verifyIn := func(objects *storetest.Memory) (*verify.Report, string) {
		t.Helper()
		dir := t.TempDir()
		for path, o := range objects.Objects() {
			file := filepath.Join(dir, filepath.FromSlash(path))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, o.Body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if s.v.Site, err = site.Open("file:"+dir, site.Options{}); err != nil {
			t.Fatal(err)
		}
		defer s.v.Site.Close()
		return s.verify()
	}
	if _, got := verifyIn(s.objects); got != allRight {
		t.Error(got)
	}
	rules := string(manifest.HeadersFile(s.trust.Headers))
	for text, want := range map[string]string{"# serial 7\n" + rules: "served:ok", rules: "served:ok", "/*\n": "served:drift served/header"} {
		s.put("_headers", text)
		if _, got := verifyIn(s.objects); got != want+" history:ok rebuild:ok entries:skipped" {
			t.Errorf("%q comes to %s", text, got)
		}
	}
	s.objects.Delete("_headers")
	s.objects.Delete("log/first.json")
	s.copyCompile()
	s.v.Trust.Keys = nil
	report, got := verifyIn(s.objects)
	if got != "served:ok history:skipped rebuild:ok entries:skipped" || !strings.HasPrefix(report.Levels[0].Summary, "compiled from commit "+s.line[6].ID[:12]+", not published") {
		t.Errorf("compiled: %s, %+v", got, report.Levels)
	}
	s.v.Git.Tip = s.line[3]
	if _, got := verifyIn(s.objects); got != "served:ok history:skipped rebuild:drift rebuild/line entries:skipped" {
		t.Errorf("compiled from another branch: %s", got)
	}
}

// TestUnpublishable serves what a compile has written that says that it must not be published.
func TestUnpublishable(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.objects.Delete("log/first.json")
	s.copyCompile()
	p := *s.pointer()
	p.Unpublishable = "the work tree differs from its commit"
	document, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s.put("pointer.json", string(document))
	s.v.Trust.Keys = nil
	if _, got := s.verify(); got != "served:drift served/unpublishable history:skipped rebuild:skipped entries:skipped" {
		t.Error(got)
	}
}

// TestNewest reads the end of the log only.
func TestNewest(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.objects.Delete("log/4.json")
	for newest, want := range map[int]string{3: "history:ok", 4: "history:drift history/missing", 99: "history:drift history/missing"} {
		s.v.Newest = newest
		if report, got := s.verify(); got != "served:ok "+want+" rebuild:ok entries:skipped" {
			t.Errorf("the newest %d: %s, %+v", newest, got, report.Levels[1])
		}
	}
	s.v.Newest = 2
	report, _ := s.verify()
	if got := report.Levels[1].Summary; !strings.HasPrefix(got, "2 entries, serial 6 to 7 of a log that begins with 3, up to commit") {
		t.Error(got)
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if report, err := s.v.Verify(ctx); err == nil {
		t.Errorf("%+v", report)
	}
}

// republish puts the pointer of an earlier serial back, as it was signed then.
func (s *scene) republish(serial int) {
	s.t.Helper()
	old := &storetest.Memory{}
	for _, n := range []int{3, 4} {
		if n > serial {
			break
		}
		if err := s.publish(old, s.line[:n], s.private); err != nil {
			s.t.Fatal(err)
		}
	}
	s.objects.Put(old.Objects()["pointer.json"])
}

// branch publishes the commit of the side branch in the place of the last one.
func (s *scene) branch() {
	s.t.Helper()
	s.objects = &storetest.Memory{}
	line := append(append([]history.Commit{}, s.line[:6]...), s.side)
	for _, n := range []int{3, 7} {
		if err := s.publish(s.objects, line[:n], s.private); err != nil {
			s.t.Fatal(err)
		}
	}
}

// forge changes a manifest and signs a pointer to it.
func (s *scene) forge(cohort, old, new string) {
	s.t.Helper()
	body := strings.ReplaceAll(s.body(s.manifest(cohort)), old, new)
	p := *s.pointer()
	for i := range p.Cohorts {
		if c := &p.Cohorts[i]; c.Name == cohort {
			c.URL = strings.TrimSuffix(c.URL, c.Path())
			c.SHA256, c.Size = manifest.Sum([]byte(body)).String(), len(body)
			c.URL += c.Path()
			s.put(c.Path(), body)
		}
	}
	s.issue(&p)
}

// copyCompile puts the pointer of a compile in the place of the published one.
func (s *scene) copyCompile() {
	s.t.Helper()
	result, err := s.compile(s.line)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := result.Pointer.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	s.put("pointer.json", string(b))
}

type hook = func(w http.ResponseWriter, r *http.Request) bool

func set(path, name, value string) hook {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, path) {
			w.Header().Set(name, value)
		}
		return false
	}
}

func remove(path, name string) hook {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, path) {
			w.Header().Del(name)
		}
		return false
	}
}

func status(path string, code int) hook {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, path) {
			return false
		}
		http.Error(w, fmt.Sprint(code), code)
		return true
	}
}

// redirect moves an object and redirects to it.
func (s *scene) redirect(path, to string) {
	s.put(to, s.body(path))
	s.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/"+path {
			return false
		}
		http.Redirect(w, r, "/"+to, http.StatusFound)
		return true
	}
}
