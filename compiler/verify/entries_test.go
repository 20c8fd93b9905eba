package verify_test

import (
	"net/http"
	"strings"
	"testing"

	"muster/compiler/site"
)

// TestEntries swaps what an origin serves.
func TestEntries(t *testing.T) {
	t.Parallel()
	const entry, chunk = "/cart/1.1.0/remoteEntry.js", "/cart/1.1.0/chunk.js"
	for name, tt := range map[string]struct {
		path   string
		answer func(w http.ResponseWriter, r *http.Request) bool
		want   string
	}{
		"as it should be": {entry, func(http.ResponseWriter, *http.Request) bool { return false }, "entries:ok"},
		"a swapped entry": {entry, write(strings.Replace(contentOf(entry), "default", "defaulT", 1)), "entries:drift entries/integrity"},
		"a longer entry":  {entry, write(contentOf(entry) + ";"), "entries:drift entries/size"},
		"a shorter entry": {entry, write("steal()"), "entries:drift entries/size entries/integrity"},
		"a swapped chunk": {chunk, write("steal()"), "entries:drift entries/integrity"},
		"a missing chunk": {chunk, status("", 404), "entries:drift entries/missing"},
		"no content":      {chunk, status("", 204), "entries:drift entries/answer"},
		"a busy origin":   {chunk, status("", 429), "entries:unavailable entries/unavailable"},
		"no CORS":         {entry, remove("", "Access-Control-Allow-Origin"), "entries:drift entries/cors"},
		"CORS for another page": {entry, set("", "Access-Control-Allow-Origin", "https://other.example"),
			"entries:drift entries/cors"},
		"CORS for this page": {entry, func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			return false
		}, "entries:ok"},
		"another type":     {entry, set("", "Content-Type", "text/plain"), "entries:drift entries/type"},
		"an old type":      {entry, set("", "Content-Type", "application/x-javascript;charset=utf-8"), "entries:ok"},
		"a redirect":       {entry, redirectTo("/cart/1.1.0/moved.js"), "entries:drift entries/redirect entries/size entries/integrity"},
		"another origin":   {entry, redirectTo("https://www.example.com/x.js"), "entries:drift entries/redirect"},
		"round in circles": {entry, redirectTo(entry), "entries:drift entries/redirect"},
		"an endless entry": {entry, endless, "entries:drift entries/size"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newWorld(t).newScene(t)
			page := "https://" + strings.ReplaceAll(strings.ToLower(name), " ", "-") + ".example"
			cdn.hooks.Store(page, func(w http.ResponseWriter, r *http.Request) bool { return r.URL.Path == tt.path && tt.answer(w, r) })
			s.v.Entries, s.v.NoEntries = site.NewClient(site.Options{Origin: page}), ""
			if report, got := s.verify(); got != "served:ok history:ok rebuild:ok "+tt.want {
				t.Errorf("%s, want %s\n%+v", got, tt.want, report.Levels[3])
			}
		})
	}
}

// TestPlainEntry has a manifest, well signed, name an address that no browser loads from.
func TestPlainEntry(t *testing.T) {
	t.Parallel()
	s := newWorld(t).newScene(t)
	s.forge("general", "https://example.com/cart/1.1.0", "http://127.0.0.1/cart/1.1.0")
	s.v.Entries = site.NewClient(site.Options{})
	if _, got := s.verify(); got != "served:ok history:ok rebuild:drift rebuild/manifest entries:drift entries/https entries/https" {
		t.Error(got)
	}
}

func write(text string) hook {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Write([]byte(text))
		return true
	}
}

func redirectTo(to string) hook {
	return func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, to, http.StatusFound)
		return true
	}
}

// endless sends as long as anybody listens.
func endless(w http.ResponseWriter, _ *http.Request) bool {
	block := []byte(strings.Repeat(" ", 1<<16))
	for {
		if _, err := w.Write(block); err != nil {
			return true
		}
	}
}
