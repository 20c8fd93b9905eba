package cdn_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
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

// origin is a store as it answers over HTTP: the objects with the fields that it keeps, and fields of its own.
type origin struct {
	*httptest.Server
	table []manifest.Headers

	mutex    sync.Mutex
	objects  map[string][]byte // by the path of the request
	asked    []*http.Request
	answered map[int]int // by status
	status   int         // what every request is answered with; 0: what is there
	wait     chan struct{}
}

func newOrigin(t *testing.T, p policy.Promise, prefix string) *origin {
	o := &origin{table: manifest.HeaderTable(p), objects: map[string][]byte{}, answered: map[int]int{}}
	for _, path := range objectPaths {
		o.objects[prefix+path] = []byte(`{"path":"` + path + `","filler":"` + strings.Repeat("x", 1000) + `"}`)
	}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.serve(w, r, prefix) }))
	t.Cleanup(o.Close)
	return o
}

func (o *origin) serve(w http.ResponseWriter, r *http.Request, prefix string) {
	o.mutex.Lock()
	body, ok := o.objects[r.URL.Path]
	status, wait := o.status, o.wait
	o.asked = append(o.asked, r)
	o.mutex.Unlock()
	if wait != nil {
		<-wait
	}
	h := w.Header()
	for name, value := range map[string]string{"x-amz-request-id": "1", "Set-Cookie": "store=1", "Vary": "Origin, Accept-Encoding", "Age": "3",
		"Access-Control-Allow-Origin": "https://elsewhere.example", "X-Content-Type-Options": "none", "Expires": "Thu, 01 Jan 1970 00:00:00 GMT", "X-Accel-Expires": "1000"} {
		h.Set(name, value)
	}
	if status == 0 {
		status = http.StatusNotFound
	}
	if row, _ := manifest.HeadersOf(o.table, strings.TrimPrefix(r.URL.Path, prefix)); ok && o.status == 0 {
		tag := fmt.Sprintf(`"%x"`, sha256.Sum256(body))
		h.Set("ETag", tag)
		h.Set("Last-Modified", "Sun, 01 Nov 2026 12:00:00 GMT")
		if status = http.StatusNotModified; r.Header.Get("If-None-Match") != tag {
			status = http.StatusOK
			h.Set("Cache-Control", row.Value("Cache-Control")) // S3 leaves it out of a 304
			h.Set("Content-Type", row.Value("Content-Type"))
		}
	} else {
		body = []byte("<Error><BucketName>secret-bucket</BucketName></Error>")
	}
	w.WriteHeader(status)
	if status != http.StatusNotModified {
		_, _ = w.Write(body)
	}
	o.mutex.Lock()
	o.answered[status]++
	o.mutex.Unlock()
}

// change does something to the store between two requests.
func (o *origin) change(f func()) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	f()
}

// requests is how many requests came to a path, and how many to all for "".
func (o *origin) requests(path string) (n int) {
	o.change(func() {
		for _, r := range o.asked {
			if path == "" || r.URL.Path == path {
				n++
			}
		}
	})
	return n
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

type answer struct {
	*http.Response
	body string
}

// ask makes a request with the given fields, "Name: value" each. It takes what comes over the wire, unpacked by nobody.
func ask(t *testing.T, method, url string, fields ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	response, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, string(body)}
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

// TestNginxObjects: through two tiers every object comes as it is, with the fields of the table, each once, packed for who
// asks for that, and once from the store however one asks.
func TestNginxObjects(t *testing.T) {
	t.Parallel()
	p := policy.Promise{TTL: 60, Tiers: 2, MaxAge: 30, Poll: 1}
	store := newOrigin(t, p, "/bucket/a folder/")
	edge := tier(t, p, tier(t, p, store.URL+"/bucket/a%20folder/"))
	for _, path := range objectPaths {
		row, _ := manifest.HeadersOf(store.table, path)
		want := string(store.objects["/bucket/a folder/"+path])
		first := ask(t, "GET", edge+path, "Cookie: session=1", "Authorization: Bearer 1", "Origin: https://shop.example")
		checkFields(t, first, row)
		if first.StatusCode != http.StatusOK || first.body != want || first.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %s, %q, Vary %q", path, first.Status, first.body, first.Header.Get("Vary"))
		}
		head := ask(t, "HEAD", edge+path+"?x=1")
		checkFields(t, head, row)
		if head.StatusCode != http.StatusOK || head.body != "" {
			t.Errorf("HEAD %s: %s, %q", path, head.Status, head.body)
		}
		for i, fields := range []string{"Accept-Encoding: gzip", "Accept-Encoding: br, gzip;q=0.5", "Cache-Control: no-cache", "Pragma: no-cache", "User-Agent: another", "Origin: https://else.example", "Cookie: session=2"} {
			a := ask(t, "GET", fmt.Sprintf("%s%s?bust=%d", edge, path, i), fields)
			checkFields(t, a, row)
			if got := unpack(t, a); a.StatusCode != http.StatusOK || got != want || (a.Header.Get("Content-Encoding") == "gzip") != strings.Contains(fields, "gzip") {
				t.Errorf("%s with %s: %s, %q packed as %q", path, fields, a.Status, got, a.Header.Get("Content-Encoding"))
			}
		}
		same := ask(t, "GET", edge+path, "If-None-Match: "+first.Header.Get("ETag"))
		if same.StatusCode != http.StatusNotModified || same.body != "" || same.Header.Get("Cache-Control") != row.Value("Cache-Control") || same.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s again: %s with %v", path, same.Status, same.Header)
		}
		if n := store.requests("/bucket/a folder/" + path); n != 1 {
			t.Errorf("the store was asked for %s %d times", path, n)
		}
	}
	for _, r := range store.asked {
		if names := slices.Sorted(maps.Keys(r.Header)); len(names) > 0 || r.URL.RawQuery != "" {
			t.Errorf("the store was asked for %s with %v", r.URL, r.Header)
		}
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
	if last == 0 {
		t.Error("no answer was old: the tiers keep nothing")
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
	if bytes.Count(text, []byte("resolver 127.0.0.53 ")) != 1 {
		t.Fatalf("there is no resolver in\n%s", text)
	}
	base := cdntest.Nginx(t, bytes.ReplaceAll(text, []byte("resolver 127.0.0.53 "), []byte("resolver "+nameserver(t)+" ")))
	if a := ask(t, "GET", base+"/pointer.json"); a.StatusCode != http.StatusOK || store.asked[0].Host != "store.acme.example:"+port {
		t.Errorf("%s from %q", a.Status, store.asked[0].Host)
	}
}
