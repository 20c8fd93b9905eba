package cdn_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/compiler/manifest"
	"muster/compiler/policy"
)

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
