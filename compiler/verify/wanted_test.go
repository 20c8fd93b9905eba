package verify

import (
	"net/http"
	"slices"
	"testing"

	"muster/compiler/manifest"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	d := newDigests()
	d.Write([]byte("alert('Hello, world.');"))
	const (
		sha256 = "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
		sha384 = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO" // the example of the W3C's text
		other  = "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
	)
	if got := d.integrity(); got != sha384 {
		t.Fatalf("integrity is %s", got)
	}
	for integrity, want := range map[string]bool{
		sha384: true, sha256: true, sha384 + "?x": true, sha256 + " " + sha384: true, " " + sha384 + "\t": true,
		"sha384-AAAA " + sha384: true, sha384 + " sha256-AAAA": true,
		sha384 + " " + other: false, sha256 + " sha384-AAAA": false, "sha384-AAAA": false, "md5-AAAA": false, "x": false, " ": false,
	} {
		if got := d.match(integrity); got != want {
			t.Errorf("%q: %t", integrity, got)
		}
	}
}

func TestWanted(t *testing.T) {
	t.Parallel()
	d, err := parseManifest([]byte(`{"cohort":"general","hosts":{"shell":{"entry":"https://x.example/shell.js","runtime":"module-federation"}},` +
		`"registry":"acme","remotes":{"a":{"entry":"https://x.example/a/remoteEntry.js","files":{"../b.css":"i1","c.js":"i2"},"integrity":"i0","runtime":"module-federation","size":5,"type":"module"},` +
		`"b":{"runtime":"module-federation","split":[{"entry":"https://x.example/b1.js","type":"global"},{"entry":"https://x.example/b2/mf-manifest.json","type":"module"}]},` +
		`"c":{"entry":"https://x.example/remoteEntry.json","runtime":"native-federation"},"d":{"entry":"https://x.example/","runtime":"page"},` +
		`"e":{"entry":"https://x.example/e.html","runtime":"iframe"}},"schema":"muster/manifest/v1"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []wanted{
		{"https://x.example/shell.js", "", 0, asModule}, {"https://x.example/a/remoteEntry.js", "i0", 5, asModule}, {"https://x.example/b.css", "i1", 0, asData},
		{"https://x.example/a/c.js", "i2", 0, asModule}, {"https://x.example/b1.js", "", 0, asScript}, {"https://x.example/b2/mf-manifest.json", "", 0, asData},
		{"https://x.example/remoteEntry.json", "", 0, asData}, {"https://x.example/", "", 0, asPage}, {"https://x.example/e.html", "", 0, asPage},
	}
	got := d.wanted()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%+v is not in %+v", w, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

func TestSameField(t *testing.T) {
	t.Parallel()
	caching := manifest.Field{Name: "Cache-Control", Value: "public, max-age=5, stale-while-revalidate=10"}
	kind := manifest.Field{Name: "Content-Type", Value: "application/json; charset=utf-8"}
	origin := manifest.Field{Name: "Access-Control-Allow-Origin", Value: "*"}
	for _, tt := range []struct {
		want manifest.Field
		got  []string
		same bool
	}{
		{caching, []string{"max-age=5,public , Stale-While-Revalidate=10"}, true},
		{caching, []string{"max-age=5", "public, stale-while-revalidate=10"}, true},
		{caching, []string{"public, max-age=5"}, false},
		{caching, []string{"public, max-age=5, stale-while-revalidate=10, s-maxage=60"}, false},
		{caching, nil, false},
		{kind, []string{`application/json;charset="UTF-8"`}, true},
		{kind, []string{"application/json"}, false},
		{kind, []string{"application/json; charset=utf-8; x=y"}, false},
		{kind, []string{"text/plain; charset=utf-8"}, false},
		{kind, []string{";"}, false},
		{origin, []string{"*"}, true},
		{origin, []string{"*", "*"}, false},
		{origin, []string{"https://shop.example"}, false},
	} {
		if got := sameField(tt.want, tt.got); got != tt.same {
			t.Errorf("%s %q: %t", tt.want.Name, tt.got, got)
		}
	}
}

func TestIsJavaScript(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"text/javascript": true, "Application/JavaScript; charset=utf-8": true, "text/javascript; charset=": true,
		"text/javascript; charset": true, "text/plain": false, "application/json": false, "": false, "javascript": false} {
		if got := isJavaScript(http.Header{"Content-Type": {text}}); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
