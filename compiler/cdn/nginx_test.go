package cdn_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/compiler/cdn"
	"muster/compiler/cdn/cdntest"
	"muster/compiler/manifest"
	"muster/compiler/policy"
)

// short is a promise that a test can wait for: two tiers, 3 s each.
var short = policy.Promise{TTL: 8, Tiers: 2, MaxAge: 1, StaleWhileRevalidate: 1, Poll: 2}

// objectPaths are one of each kind.
var objectPaths = []string{
	"pointer.json",
	"manifests/general/8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4.json",
	"log/12.json",
}

// tier is an nginx before an origin, which serves below /mf/ what is at the origin's URL.
func tier(t *testing.T, p policy.Promise, origin string) string {
	t.Helper()
	return cdntest.Nginx(t, config(t, "nginx", p, "https://manifests.acme.example/mf/", origin)) + "/mf/"
}

func config(t *testing.T, kind string, p policy.Promise, base, origin string) []byte {
	t.Helper()
	b, err := cdn.Config(kind, cdn.Site{Table: manifest.HeaderTable(p), Promise: p, BaseURL: base, Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// served are the fields that an object may have beside those of the table.
var served = []string{"Accept-Ranges", "Connection", "Content-Encoding", "Content-Length", "Date", "Etag", "Last-Modified", "Server", "Transfer-Encoding", "Vary"}

// checkFields asks for each field of a row, just once, and for none that tells about the store.
func checkFields(t *testing.T, a answer, row manifest.Headers) {
	t.Helper()
	allowed := slices.Clone(served)
	for _, f := range row.Fields {
		allowed = append(allowed, f.Name)
		if got := a.Header.Values(f.Name); !slices.Equal(got, []string{f.Value}) {
			t.Errorf("%s %s: %s is %q instead of %q, once", a.Request.Method, a.Request.URL, f.Name, got, f.Value)
		}
	}
	for name := range a.Header {
		if !slices.Contains(allowed, name) {
			t.Errorf("%s %s has the field %s: %q", a.Request.Method, a.Request.URL, name, a.Header.Values(name))
		}
	}
}

// checkNothing asks for an answer that says that there is nothing, and that no cache keeps.
func checkNothing(t *testing.T, a answer, status int) {
	t.Helper()
	if a.StatusCode != status || strings.Contains(a.body, "secret-bucket") {
		t.Errorf("%s %s: %s %q", a.Request.Method, a.Request.URL, a.Status, a.body)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "X-Content-Type-Options": "nosniff"} {
		if got := a.Header.Values(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s %s: %s with %s %q", a.Request.Method, a.Request.URL, a.Status, name, got)
		}
	}
	for name := range a.Header {
		if strings.HasPrefix(name, "X-Amz") || name == "Set-Cookie" {
			t.Errorf("%s %s: %s with the field %s", a.Request.Method, a.Request.URL, a.Status, name)
		}
	}
}

// TestNginxObjects: through one tier and through two every object comes as it is, with the fields of the table, each once, packed
// for who asks for that, and once from the store however one asks.
func TestNginxObjects(t *testing.T) {
	t.Parallel()
	for tiers := 1; tiers <= 2; tiers++ {
		p := policy.Promise{TTL: 60, Tiers: tiers, MaxAge: 30, Poll: 1}
		store := newOrigin(t, p, "/bucket/a folder/")
		edge := store.URL + "/bucket/a%20folder/"
		for range tiers {
			edge = tier(t, p, edge)
		}
		for _, path := range objectPaths {
			row, _ := manifest.HeadersOf(store.table, path)
			checkObject(t, edge+path, row, string(store.objects["/bucket/a folder/"+path]))
			if n := store.requests("/bucket/a folder/" + path); n != 1 {
				t.Errorf("the store was asked for %s %d times", path, n)
			}
		}
		for _, r := range store.asked {
			if delete(r.Header, "Connection"); len(r.Header) > 0 || r.URL.RawQuery != "" || "http://"+r.Host != store.URL {
				t.Errorf("the store was asked for %s at %s with %v", r.URL, r.Host, r.Header)
			}
		}
	}
}

// checkObject asks for an object in all the ways that must not matter.
func checkObject(t *testing.T, url string, row manifest.Headers, want string) {
	t.Helper()
	first := ask(t, "GET", url, "Cookie: session=1", "Authorization: Bearer 1", "Origin: https://shop.example")
	checkFields(t, first, row)
	if first.StatusCode != http.StatusOK || first.body != want || first.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%s: %s, %q, Vary %q", url, first.Status, first.body, first.Header.Get("Vary"))
	}
	head := ask(t, "HEAD", url+"?x=1")
	checkFields(t, head, row)
	if head.StatusCode != http.StatusOK || head.body != "" {
		t.Errorf("HEAD %s: %s, %q", url, head.Status, head.body)
	}
	for i, fields := range [][]string{{"Accept-Encoding: gzip"}, {"Accept-Encoding: br, gzip;q=0.5", "Via: 1.1 cdn.example"}, {"Cache-Control: no-cache"}, {"Pragma: no-cache"},
		{"User-Agent: another"}, {"Origin: https://else.example"}, {"Cookie: session=2"}} {
		a := ask(t, "GET", fmt.Sprintf("%s?bust=%d", url, i), fields...)
		checkFields(t, a, row)
		if got := unpack(t, a); a.StatusCode != http.StatusOK || got != want || (a.Header.Get("Content-Encoding") == "gzip") != strings.Contains(fields[0], "gzip") {
			t.Errorf("%s with %s: %s, %q packed as %q", url, fields, a.Status, got, a.Header.Get("Content-Encoding"))
		}
	}
	same := ask(t, "GET", url, "If-None-Match: "+first.Header.Get("ETag"))
	if same.StatusCode != http.StatusNotModified || same.body != "" || same.Header.Get("Cache-Control") != row.Value("Cache-Control") || same.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%s again: %s with %v", url, same.Status, same.Header)
	}
}

func unpack(t *testing.T, a answer) string {
	t.Helper()
	if a.Header.Get("Content-Encoding") != "gzip" {
		return a.body
	}
	r, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNginxNothing: what is no object is not there, is not kept, and what can't be one does not reach the store.
func TestNginxNothing(t *testing.T) {
	t.Parallel()
	store := newOrigin(t, short, "/")
	edge := tier(t, short, tier(t, short, store.URL))
	root := strings.TrimSuffix(edge, "/mf/")
	for _, path := range []string{"/", "/mf/", "/pointer.json", "/mf/pointer.json/", "/mf/pointer_json", "/mf/_headers", "/mf/manifests/", "/mf/manifests/a/.temp-1.json",
		"/mf/manifests/..%2f..%2fetc/passwd", "/mf/manifests/a%0d%0aX-Injected:%201.json", "/mf/log/12", "/mf/log/%24host.json", "/mf/xpointer.json"} {
		checkNothing(t, ask(t, "GET", root+path), http.StatusNotFound)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PURGE"} {
		checkNothing(t, ask(t, method, edge+"pointer.json"), http.StatusMethodNotAllowed)
	}
	if n := store.requests(""); n != 0 {
		t.Errorf("%d of these requests reached the store", n)
	}
	const missing = "manifests/general/0000.json"
	for _, status := range []int{0, http.StatusForbidden} {
		store.change(func() { store.status = status })
		checkNothing(t, ask(t, "GET", edge+missing), http.StatusNotFound)
	}
	store.change(func() { store.status, store.objects["/"+missing] = 0, []byte("{}") })
	if a := ask(t, "GET", edge+missing); a.StatusCode != http.StatusOK || a.body != "{}" {
		t.Errorf("what was missing before is %s %q", a.Status, a.body)
	}
}

// TestNginxStale: an old pointer is served at once while a tier asks for the next, and when the store answers with an error or
// not at all.
func TestNginxStale(t *testing.T) {
	t.Parallel()
	p := policy.Promise{TTL: 60, Tiers: 1, MaxAge: 1, StaleWhileRevalidate: 50, Poll: 1}
	store := newOrigin(t, p, "/")
	edge := tier(t, p, store.URL)
	old := ask(t, "GET", edge+"pointer.json").body
	release := make(chan struct{})
	store.change(func() { store.objects["/pointer.json"], store.wait = []byte(`"new"`), release })
	time.Sleep(2100 * time.Millisecond)
	for range 3 { // the store has not answered yet
		if a := ask(t, "GET", edge+"pointer.json"); a.body != old {
			t.Errorf("while the store is asked, %s %q", a.Status, a.body)
		}
	}
	store.change(func() { store.wait = nil })
	close(release)
	eventually(t, func() bool { return ask(t, "GET", edge+"pointer.json").body == `"new"` })
	if n := store.requests("/pointer.json"); n > 4 {
		t.Errorf("the store was asked %d times", n)
	}
}

// TestNginxDead: when what keeps the objects answers with an error or not at all, the last pointer is served on.
func TestNginxDead(t *testing.T) {
	t.Parallel()
	p := policy.Promise{TTL: 60, Tiers: 1, MaxAge: 1, Poll: 1}
	store := newOrigin(t, p, "/")
	edge := tier(t, p, store.URL)
	want := ask(t, "GET", edge+"pointer.json")
	ask(t, "GET", edge+"log/12.json")
	time.Sleep(2100 * time.Millisecond)
	row, _ := manifest.HeadersOf(store.table, "pointer.json")
	for _, status := range []int{500, 502, 503, 504, -1} {
		if store.change(func() { store.status = status }); status == -1 {
			store.Close()
		}
		a := ask(t, "GET", edge+"pointer.json")
		if checkFields(t, a, row); a.StatusCode != http.StatusOK || a.body != want.body {
			t.Errorf("the store says %d, and the tier %s %q", status, a.Status, a.body)
		}
	}
	if a := ask(t, "GET", edge+"manifests/a/1.json"); a.StatusCode != http.StatusBadGateway || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Cache-Control") != "" {
		t.Errorf("what no cache has is %s with %v", a.Status, a.Header)
	}
}

// eventually waits until something holds, and not for ever.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("this never came to hold")
		}
	}
}

// TestNginxKeepsThePromise: after a change, the last old pointer comes out of the second tier within what the promise
// leaves to caches.
func TestNginxKeepsThePromise(t *testing.T) {
	t.Parallel()
	store, edge := changedStore(t)
	caches := time.Duration(short.Worst()-short.Poll) * time.Second
	start, last, asked := time.Now(), time.Duration(0), 0
	for time.Since(start) <= caches+time.Second {
		at := time.Since(start)
		if asked++; ask(t, "GET", edge+"pointer.json").body != `"new"` {
			last = at
		}
		time.Sleep(40 * time.Millisecond)
	}
	t.Logf("%d requests after the change, the last old answer %.1f s after it, %s allowed; the store was asked %d times", asked, last.Seconds(), caches, store.requests(""))
	if last >= caches {
		t.Errorf("an old pointer came %s after the change; the promise allows %s", last, caches)
	}
	if last == 0 || store.answered[http.StatusNotModified] == 0 {
		t.Errorf("the tiers keep nothing, or never ask whether it is still so: the store has answered %v", store.answered)
	}
}

// TestNginxKeepsThePromiseWhenQuiet: nor does it when nobody asks in between.
func TestNginxKeepsThePromiseWhenQuiet(t *testing.T) {
	t.Parallel()
	_, edge := changedStore(t)
	time.Sleep(time.Duration(short.Worst()-short.Poll) * time.Second)
	if a := ask(t, "GET", edge+"pointer.json"); a.body != `"new"` {
		t.Errorf("the first page after the time that the promise leaves to caches gets the old pointer: %s", a.Status)
	}
}

// changedStore is a store whose pointer has just changed, behind two tiers that pages have been asking.
func changedStore(t *testing.T) (store *origin, edge string) {
	store = newOrigin(t, short, "/")
	edge = tier(t, short, tier(t, short, store.URL))
	for start := time.Now(); time.Since(start) < 1700*time.Millisecond; time.Sleep(100 * time.Millisecond) {
		ask(t, "GET", edge+"pointer.json")
	}
	store.change(func() { store.objects["/pointer.json"] = []byte(`"new"`) })
	return store, edge
}

// TestNginxKeepsNothing: where the promise leaves nothing to caches, every request reaches the store.
func TestNginxKeepsNothing(t *testing.T) {
	t.Parallel()
	p := policy.Promise{TTL: 2, Tiers: 2, Poll: 2}
	store := newOrigin(t, p, "/")
	edge := tier(t, p, tier(t, p, store.URL))
	ask(t, "GET", edge+"pointer.json")
	store.change(func() { store.objects["/pointer.json"] = []byte(`"new"`) })
	if a := ask(t, "GET", edge+"pointer.json"); a.body != `"new"` {
		t.Errorf("after the change the pointer is %s %q", a.Status, a.body)
	}
}

// TestNginxFolder: a folder is served with the fields of the table, and of two pointers within a second, of one size,
// nobody takes the second for the first.
func TestNginxFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), `a "folder"; {with} \ 'things' #1`)
	table := manifest.HeaderTable(short)
	for _, path := range append(slices.Clone(objectPaths), "manifests/general/.temp-1.json", "_headers") {
		write(t, filepath.Join(dir, path), `{"version":1,"path":"`+path+`"}`)
	}
	base := cdntest.Nginx(t, config(t, "nginx", short, "https://manifests.acme.example/mf/", dir)) + "/mf/"
	for _, path := range objectPaths {
		row, _ := manifest.HeadersOf(table, path)
		a := ask(t, "GET", base+path+"?x=1")
		if checkFields(t, a, row); a.StatusCode != http.StatusOK || a.body != `{"version":1,"path":"`+path+`"}` {
			t.Errorf("%s: %s %q", path, a.Status, a.body)
		}
	}
	for _, path := range []string{"", "manifests/general/.temp-1.json", "_headers", "manifests/general", "manifests/general/0.json"} {
		checkNothing(t, ask(t, "GET", base+path), http.StatusNotFound)
	}
	checkNothing(t, ask(t, "PUT", base+"pointer.json"), http.StatusMethodNotAllowed)

	pointer := filepath.Join(dir, "pointer.json")
	info, err := os.Stat(pointer)
	if err != nil {
		t.Fatal(err)
	}
	first := ask(t, "GET", base+"pointer.json")
	if first.Header.Get("ETag") != "" || first.Header.Get("Last-Modified") != "" {
		t.Errorf("the pointer has validators: %v", first.Header)
	}
	write(t, pointer, `{"version":2,"path":"pointer.json"}`)
	if err := os.Chtimes(pointer, time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, "GET", base+"pointer.json", "If-Modified-Since: "+info.ModTime().UTC().Format(http.TimeFormat)); a.body != `{"version":2,"path":"pointer.json"}` {
		t.Errorf("the second pointer within a second: %s %q", a.Status, a.body)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestNginxHostile: what stands in a URL ends up in the configuration as just that.
func TestNginxHostile(t *testing.T) {
	t.Parallel()
	const odd = `/a "b"; {c} \d $host 'e' #f (g|h)* .+/`
	const escaped = `/a%20%22b%22;%20%7Bc%7D%20%5Cd%20$host%20'e'%20%23f%20(g%7Ch)*%20.+/`
	store := newOrigin(t, short, odd)
	base := cdntest.Nginx(t, config(t, "nginx", short, "https://manifests.acme.example"+escaped, store.URL+escaped))
	for _, path := range objectPaths {
		if a := ask(t, "GET", base+escaped+path); a.StatusCode != http.StatusOK || a.body != string(store.objects[odd+path]) {
			t.Errorf("%s: %s %q", path, a.Status, a.body)
		}
	}
	checkNothing(t, ask(t, "GET", base+"/pointer.json"), http.StatusNotFound)
}

// TestNginxNames: a store that has a name is looked up where the machine looks names up.
func TestNginxNames(t *testing.T) {
	t.Parallel()
	store := newOrigin(t, short, "/")
	_, port, _ := strings.Cut(strings.TrimPrefix(store.URL, "http://"), ":")
	text := config(t, "nginx", short, "https://manifests.acme.example/", "http://store.acme.example:"+port)
	if bytes.Count(text, []byte("resolver 127.0.0.53 valid=30s")) != 1 {
		t.Fatalf("there is no resolver in\n%s", text)
	}
	names := nameserver(t)
	base := cdntest.Nginx(t, bytes.ReplaceAll(text, []byte("resolver 127.0.0.53 valid=30s"), []byte("resolver "+names.LocalAddr().String()+" valid=1s")))
	if a := ask(t, "GET", base+"/pointer.json"); a.StatusCode != http.StatusOK || store.asked[0].Host != "store.acme.example:"+port {
		t.Errorf("%s from %q", a.Status, store.asked[0].Host)
	}
	names.Close()
	time.Sleep(3100 * time.Millisecond)
	if a := ask(t, "GET", base+"/pointer.json"); a.StatusCode != http.StatusOK || a.body != string(store.objects["/pointer.json"]) {
		t.Errorf("when no name can be looked up, %s %q", a.Status, a.body)
	}
}

// TestNginxOnce: of many who ask at once for what no cache has, the store hears once.
func TestNginxOnce(t *testing.T) {
	t.Parallel()
	store := newOrigin(t, short, "/")
	edge := tier(t, short, store.URL)
	release := make(chan struct{})
	store.wait = release
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() { ask(t, "GET", edge+"log/12.json") })
	}
	time.Sleep(300 * time.Millisecond)
	close(release)
	if all.Wait(); store.requests("") != 1 {
		t.Errorf("the store was asked %d times", store.requests(""))
	}
}
