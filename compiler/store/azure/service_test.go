package azure

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// service is a blob service that knows Get Blob and Put Blob with conditions, and trusts everybody.
type service struct {
	mu       sync.Mutex
	blobs    map[string]state
	states   int
	requests []*http.Request
	fault    storetest.Fault
}

type state struct {
	body                            []byte
	etag, md5, cacheControl, coding string
}

func newService() *service {
	return &service{blobs: make(map[string]state), fault: noFault}
}

func noFault(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) { serve(w, r) }

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	fault := s.fault
	s.mu.Unlock()
	fault(w, r, s.serve)
}

// breakWith lets a fault answer the requests from now on.
func (s *service) breakWith(fault storetest.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// asked returns the requests since the last call.
func (s *service) asked() (all []*http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, s.requests = s.requests, nil
	return all
}

func (s *service) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, exists := s.blobs[r.URL.Path]
	switch {
	case r.Method == http.MethodPut:
		s.put(w, r, body)
	case !exists:
		refuse(w, http.StatusNotFound, "BlobNotFound")
	default:
		h := w.Header()
		h.Set("ETag", old.etag)
		h.Set("Content-MD5", old.md5)
		h.Set("Cache-Control", old.cacheControl)
		h.Set("Content-Type", old.coding)
		h.Set("Content-Length", fmt.Sprint(len(old.body)))
		_, _ = w.Write(old.body)
	}
}

func (s *service) put(w http.ResponseWriter, r *http.Request, body []byte) {
	old, exists := s.blobs[r.URL.Path]
	sum := md5.Sum(body)
	match := r.Header.Get("If-Match")
	switch h := r.Header; {
	case h.Get("Content-MD5") != base64.StdEncoding.EncodeToString(sum[:]):
		refuse(w, http.StatusBadRequest, "Md5Mismatch")
	case h.Get("If-None-Match") == "*" && exists:
		refuse(w, http.StatusConflict, "BlobAlreadyExists")
	case match != "" && old.etag != match:
		refuse(w, http.StatusPreconditionFailed, "ConditionNotMet")
	default:
		s.states++
		s.blobs[r.URL.Path] = state{body, fmt.Sprintf(`"0x%X"`, s.states), h.Get("x-ms-blob-content-md5"), h.Get("x-ms-blob-cache-control"), h.Get("x-ms-blob-content-type")}
		w.WriteHeader(http.StatusCreated)
	}
}

// refuse answers with an error as the service does.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code></Error>`, code)
}

// key is base64 and has characters that URLs escape, signature too.
const (
	key       = "c2VjcmV0+/1hY2NvdW50LWtleQ=="
	signature = "c2lnbmF0dXJl+/0="
	pasted    = "sv=2026-02-06&sp=rcw&sig=c2lnbmF0dXJl%2B%2F0%3D"
)

// hidden are the spellings in which no error may show a credential.
var hidden = []string{key, "c2VjcmV0", signature, "c2lnbmF0dXJl", "sig="}

// quick is surroundings in which nothing takes long.
func quick(pairs ...string) surroundings {
	sys := with(pairs...)
	sys.retry.RetryDelay = time.Microsecond
	sys.loginRetry.RetryDelay = time.Microsecond
	return sys
}

// start serves s on a port of its own until the test ends.
func start(t *testing.T, s http.Handler) *httptest.Server {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

// serving returns a store in container releases of s, with the account's key.
func serving(t *testing.T, s http.Handler) store.Store {
	t.Helper()
	return openAt(t, quick(envKey, key), "azblob://releases?endpoint="+start(t, s).URL+"/"+account)
}

func object(path, body string) store.Object {
	return store.Object{Path: path, Body: []byte(body), CacheControl: "public, max-age=5", ContentType: "application/json"}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	endpoint := start(t, newService()).URL + "/" + account
	storetest.Conformance(t, func(t *testing.T, prefix string) store.Store {
		return openAt(t, quick(envSAS, pasted), "azblob://releases/"+prefix+"?endpoint="+endpoint)
	})
}

// TestUpload looks at the requests: each object goes up in one piece with its checksum, whatever its size.
func TestUpload(t *testing.T) {
	t.Parallel()
	s := newService()
	releases := serving(t, s)
	for _, body := range []string{"", "{}", strings.Repeat("x", 5<<20)} {
		o := object(fmt.Sprintf("log/%d.json", len(body)), body)
		if err := releases.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		_, tag, err := releases.Get(t.Context(), o.Path)
		if err != nil {
			t.Fatal(err)
		}
		if err := releases.Swap(t.Context(), o, tag); err != nil {
			t.Fatal(err)
		}
		requests := s.asked()
		if len(requests) != 3 {
			t.Fatalf("%d bytes took %d requests, want 3", len(body), len(requests))
		}
		checkUpload(t, requests[0], body, "If-None-Match", "*")
		checkUpload(t, requests[2], body, "If-Match", `"`+string(tag)+`"`)
	}
}

func checkUpload(t *testing.T, r *http.Request, body, condition, value string) {
	t.Helper()
	digest := md5.Sum([]byte(body))
	sum := base64.StdEncoding.EncodeToString(digest[:])
	for name, want := range map[string]string{
		condition: value, "x-ms-blob-type": "BlockBlob", "Content-MD5": sum, "x-ms-blob-content-md5": sum,
		"x-ms-blob-cache-control": "public, max-age=5", "x-ms-blob-content-type": "application/json",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s %s: got %s %q, want %q", r.Method, r.URL.Path, name, got, want)
		}
	}
	if r.Method != http.MethodPut || r.URL.RawQuery != "" || r.ContentLength != int64(len(body)) {
		t.Errorf("got %s %s with %d bytes, want one Put Blob with %d", r.Method, r.URL, r.ContentLength, len(body))
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "SharedKey "+account+":") {
		t.Error("the request is not signed with the account's key")
	}
}
