package manifest

import (
	"testing"

	"muster/compiler/policy"
)

// TestHeadersOf: which row of the table an object has, and what the pointer's caching is.
func TestHeadersOf(t *testing.T) {
	t.Parallel()
	table := HeaderTable(policy.Promise{TTL: 60, Tiers: 1, MaxAge: 5, StaleWhileRevalidate: 10, Poll: 44})
	const forever = "public, max-age=31536000, immutable"
	for path, want := range map[string]string{
		"pointer.json":             "public, max-age=5, stale-while-revalidate=10, stale-if-error=86400",
		"manifests/general/1.json": forever,
		"log/12.json":              forever,
		"log/":                     "",
		"log":                      "",
		"":                         "",
		"_headers":                 "",
		"pointer.json.bak":         "",
		"manifests":                "",
		"x/pointer.json":           "",
	} {
		h, ok := HeadersOf(table, path)
		if ok != (want != "") || h.Value("Cache-Control") != want {
			t.Errorf("%q: %v, %q instead of %q", path, ok, h.Value("Cache-Control"), want)
		}
		if ok && (h.Value("Content-Type") != "application/json; charset=utf-8" || h.Value("Access-Control-Allow-Origin") != "*") {
			t.Errorf("%q has the fields %v", path, h.Fields)
		}
	}
	h, _ := HeadersOf(HeaderTable(policy.Promise{TTL: 2, Tiers: 1, Poll: 2}), "pointer.json")
	if got := h.Value("Cache-Control"); got != "public, max-age=0, stale-if-error=86400" {
		t.Errorf("a pointer that no cache may keep has %q", got)
	}
	if got := h.Value("Expires"); got != "" {
		t.Errorf("a field that the table does not have is %q", got)
	}
}
