package s3

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// isOneOf reports whether err is one that callers handle.
func isOneOf(err error) bool {
	for _, known := range []error{store.ErrNotFound, store.ErrConflict, store.ErrUnavailable, store.ErrRefused} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// passing are the faults after which another try succeeds. lost says whether the request has had its effect, so that the other
// try of a write meets it.
var passing = map[string]struct {
	fault  storetest.Fault
	lost   bool
	answer time.Duration // how long to wait for one; 0 stands for hasty's
}{
	"500":                  {fault: storetest.Answer(500, "InternalError")},
	"502 of a proxy":       {fault: plain(502)},
	"503":                  {fault: storetest.Answer(503, "SlowDown")},
	"429":                  {fault: storetest.Answer(429, "TooManyRequests")},
	"409 of a race":        {fault: storetest.Answer(409, "ConditionalRequestConflict")},
	"409 of Ceph":          {fault: storetest.Answer(409, "ConcurrentModification")},
	"409 of an operation":  {fault: storetest.Answer(409, "OperationAborted")},
	"408 of a proxy":       {fault: plain(408)},
	"409 without a body":   {fault: plain(409)},
	"closed before":        {fault: storetest.CloseBefore},
	"closed after":         {fault: storetest.CloseAfter, lost: true},
	"answer cut":           {fault: storetest.CutAnswer, lost: true},
	"upload damaged":       {fault: storetest.DamageUpload},
	"no answer in time":    {fault: storetest.Hang, answer: 2 * time.Second},
	"not HTTP at all":      {fault: noise},
	"damage seen by proxy": {fault: storetest.Answer(400, "IncompleteBody")},
}

// plain is a fault whose answer is not one of S3.
func plain(status int) storetest.Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
	}
}

func noise(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(conn, "220 mail.example ESMTP\r\n")
	_ = conn.Close()
}

// scenario is a little of everything, and its requests are Get, Create, Get, Swap, Get, Create and Swap if nothing fails. The
// last two meet conflicts. It returns the error of each.
func scenario(t *testing.T, s store.Store) (errs []error) {
	t.Helper()
	get := func() store.Tag {
		_, tag, err := s.Get(t.Context(), "pointer.json")
		errs = append(errs, err)
		return tag
	}
	get()
	errs = append(errs, s.Create(t.Context(), object("pointer.json", "first")))
	old := get()
	errs = append(errs, s.Swap(t.Context(), object("pointer.json", "second"), old))
	get()
	errs = append(errs, s.Create(t.Context(), object("pointer.json", "third")), s.Swap(t.Context(), object("pointer.json", "fourth"), old))
	return errs
}

// What scenario returns without a fault, and which of it are writes that succeed.
var (
	scenarioErrors = []error{store.ErrNotFound, nil, nil, nil, nil, store.ErrConflict, store.ErrConflict}
	scenarioWrites = []int{1, 3}
)

// TestOneFault lets each request of a scenario meet each fault: another try hides it, except that a write may meet itself.
func TestOneFault(t *testing.T) {
	t.Parallel()
	for name, kind := range passing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var points sync.WaitGroup // and not subtests: they mostly wait, and of those only a few run at once
			for n := range scenarioErrors {
				stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(i int, _ *http.Request) storetest.Fault {
					if i == n+1 {
						return kind.fault
					}
					return nil
				}})
				p := hasty()
				p.answer = cmp.Or(kind.answer, p.answer)
				points.Go(func() { testOneFault(t, n, kind.lost, stub, p) })
			}
			points.Wait()
		})
	}
	t.Logf("%d points", len(passing)*len(scenarioErrors))
}

func testOneFault(t *testing.T, n int, lost bool, stub *storetest.S3Stub, p patience) {
	for i, err := range scenario(t, openStub(t, stub, "", p)) {
		want := scenarioErrors[i]
		if lost && i == n && slices.Contains(scenarioWrites, i) {
			want = store.ErrConflict
		}
		if !errors.Is(err, want) {
			t.Errorf("request %d failed, and operation %d gave %v, want %v", n, i, err, want)
		}
	}
	if o := stub.Objects.Objects()["pointer.json"]; string(o.Body) != "second" || o.CacheControl == "" || o.ContentType == "" {
		t.Errorf("request %d failed, and in the end there is %+v", n, o)
	}
}

// TestForEver lets all requests meet the same fault, or the same answer that no other try mends. Each is asked for a bounded
// number of times, at most twice that for reads: net/http repeats those by itself when a connection breaks that was in use before.
func TestForEver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		fault       storetest.Fault
		read, write error
		requests    int // of each operation
	}{
		{"500", storetest.Answer(500, "InternalError"), store.ErrUnavailable, store.ErrUnavailable, 2},
		{"502 of a proxy", plain(502), store.ErrUnavailable, store.ErrUnavailable, 2},
		{"503", storetest.Answer(503, "SlowDown"), store.ErrUnavailable, store.ErrUnavailable, 2},
		{"429", storetest.Answer(429, "TooManyRequests"), store.ErrUnavailable, store.ErrUnavailable, 2},
		{"409 of a race", storetest.Answer(409, "ConditionalRequestConflict"), store.ErrConflict, store.ErrConflict, 2},
		{"closed before", storetest.CloseBefore, store.ErrUnavailable, store.ErrUnavailable, 2},
		{"closed after", storetest.CloseAfter, store.ErrUnavailable, store.ErrUnavailable, 2},
		{"answer cut", storetest.CutAnswer, store.ErrUnavailable, store.ErrUnavailable, 2},
		{"upload damaged", storetest.DamageUpload, nil, store.ErrUnavailable, 2},
		{"not HTTP at all", noise, store.ErrUnavailable, store.ErrUnavailable, 2},
		{"403", storetest.Answer(403, "AccessDenied"), store.ErrRefused, store.ErrRefused, 1},
		{"403 of a signature", storetest.Answer(403, "SignatureDoesNotMatch"), store.ErrRefused, store.ErrRefused, 1},
		{"403 of a clock", storetest.Answer(403, "RequestTimeTooSkewed"), store.ErrRefused, store.ErrRefused, 1},
		{"401 of a proxy", plain(401), store.ErrRefused, store.ErrRefused, 1},
		{"400 of a token", storetest.Answer(400, "ExpiredToken"), store.ErrRefused, store.ErrRefused, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup
			for op, do := range map[string]func(store.Store) error{
				reading:  func(s store.Store) error { _, _, err := s.Get(t.Context(), "pointer.json"); return err },
				creating: func(s store.Store) error { return s.Create(t.Context(), object("log/1.json", "{}")) },
				swapping: func(s store.Store) error { return s.Swap(t.Context(), object("pointer.json", "{}"), "tag") },
			} {
				stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault { return tt.fault }})
				stub.Objects.Put(object("pointer.json", "first"))
				all.Go(func() {
					want, err := tt.write, testForEver(t, op, do, stub)
					n := stub.Requests()
					if op == reading {
						want, n = tt.read, min(n, tt.requests)
					}
					if !errors.Is(err, want) || want != nil && n != tt.requests {
						t.Errorf("%s: got error %v after %d requests, want %v after %d", op, err, stub.Requests(), want, tt.requests)
					}
				})
			}
			all.Wait()
		})
	}
}

func testForEver(t *testing.T, op string, do func(store.Store) error, stub *storetest.S3Stub) error {
	p := hasty()
	err := do(openStub(t, stub, "", p))
	if err != nil && strings.Contains(err.Error(), stub.SecretKey) {
		t.Errorf("%s: the error shows the secret: %v", op, err)
	}
	if n := stub.Requests(); n > 2*p.tries {
		t.Errorf("%s: got %d requests", op, n)
	}
	return err
}

// TestSettled lets the server say what no other try mends and what is none of the errors that callers handle.
func TestSettled(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("somebody followed the redirect") }))
	t.Cleanup(elsewhere.Close)
	for _, tt := range []struct {
		name, want string
		fault      storetest.Fault
	}{
		{"no bucket", `there is no bucket "stub" at 127.0.0.1:`, storetest.Answer(404, "NoSuchBucket")},
		{"another region", "?region=", storetest.Answer(400, "AuthorizationHeaderMalformed")},
		{"no conditions", "no conditional writes", storetest.Answer(501, "NotImplemented")},
		{"no S3", "is the endpoint right?", plain(404)},
		{"no S3, no PUT", "is the endpoint right?", plain(405)},
		{"no S3, nothing", "is the endpoint right?", plain(501)},
		{"unknown", `the server answered 400 Bad Request "MetadataTooLarge": "This is the message of MetadataTooLarge."`, storetest.Answer(400, "MetadataTooLarge")},
		{"redirect", errRedirect.Error(), func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
			_, _ = io.Copy(io.Discard, r.Body)
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}},
		{"permanent redirect", "?region=", func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			w.Header().Set("Location", elsewhere.URL)
			storetest.Answer(301, "PermanentRedirect")(w, r, serve)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault { return tt.fault }})
			for _, err := range operations(t, openStub(t, stub, "", hasty()), "pointer.json") {
				wantText(t, err, tt.want)
				if isOneOf(err) {
					t.Errorf("the error %v may pass for one that callers handle", err)
				}
			}
			if n := stub.Requests(); n != 3 {
				t.Errorf("3 operations made %d requests", n)
			}
		})
	}
}

// TestBodyOfAnother shows that the text of a proxy, which may repeat the request and its token, is in no error.
func TestBodyOfAnother(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 409, 500} {
		stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault {
			return func(w http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, r.Header.Get("Authorization")+" echo")
			}
		}})
		for _, err := range operations(t, openStub(t, stub, "", hasty()), "a.json") {
			if err == nil || strings.Contains(err.Error(), "echo") {
				t.Errorf("%d: got error %v", status, err)
			}
		}
	}
}

// TestUnavailable asks where nobody listens.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	s := mustOpen(t, "s3://bucket?endpoint="+server.URL, with(hasty(), "key", "secret-77aa", nil))
	storetest.AlwaysFails(t, s, store.ErrUnavailable, "secret-77aa")
}

// TestNotTLS asks servers that do not speak TLS, or show a certificate that nobody vouches for: no other try mends that.
func TestNotTLS(t *testing.T) {
	t.Parallel()
	cleartext, unknown := httptest.NewServer(http.NotFoundHandler()), httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS()
	t.Cleanup(cleartext.Close)
	t.Cleanup(unknown.Close)
	for server, want := range map[*httptest.Server]string{cleartext: "HTTP response to HTTPS client", unknown: "certificate"} {
		s := mustOpen(t, "s3://bucket?endpoint=https://"+server.Listener.Addr().String(), with(hasty(), "key", "secret", nil))
		for _, err := range operations(t, s, "a.json") {
			wantText(t, err, want)
			if isOneOf(err) {
				t.Errorf("the error %v may pass for one that callers handle", err)
			}
		}
	}
}

// TestHangs shows that a server which hangs is asked again, and not for ever.
func TestHangs(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault { return storetest.Hang }})
	p := hasty()
	p.answer = 100 * time.Millisecond
	storetest.AlwaysFails(t, openStub(t, stub, "", p), store.ErrUnavailable)
	if n := stub.Requests(); n != 3*p.tries {
		t.Errorf("3 operations made %d requests, want %d", n, 3*p.tries)
	}
}

// TestPatience shows that a server which hangs does so for a bounded time, and that whoever has no time left gets their own
// context's error.
func TestPatience(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault { return storetest.Hang }})
	p := hasty()
	p.answer, p.whole = time.Hour, 200*time.Millisecond
	storetest.AlwaysFails(t, openStub(t, stub, "", p), store.ErrUnavailable)
	wantText(t, openStub(t, stub, "", p).Create(t.Context(), object("a.json", "{}")), "no answer in ")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	p.whole = time.Hour
	if err := openStub(t, stub, "", p).Create(ctx, object("a.json", "{}")); !errors.Is(err, context.DeadlineExceeded) || isOneOf(err) {
		t.Errorf("got error %v, want %v", err, context.DeadlineExceeded)
	}
}

// TestSlowBody lets an upload and a download have the time that their size needs.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault {
		return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			recorder := httptest.NewRecorder()
			serve(recorder, r)
			maps.Copy(w.Header(), recorder.Header())
			if r.Method == http.MethodGet {
				w.WriteHeader(recorder.Code)
				_ = http.NewResponseController(w).Flush()
			}
			time.Sleep(2 * time.Second)
			_, _ = w.Write(recorder.Body.Bytes())
		}
	}})
	p := hasty()
	p.whole, p.extra = time.Second, time.Minute
	s, large := openStub(t, stub, "", p), object("large.json", strings.Repeat("x", 1<<20))
	stub.Objects.Put(large)
	stub.Objects.Put(object("small.json", "x"))
	var all sync.WaitGroup
	for name, do := range map[string]func() error{
		"creating large": func() error { return s.Create(t.Context(), object("new.json", string(large.Body))) },
		"reading large":  func() error { _, _, err := s.Get(t.Context(), "large.json"); return err },
		"reading small":  func() error { _, _, err := s.Get(t.Context(), "small.json"); return err },
	} {
		all.Go(func() {
			if err := do(); errors.Is(err, store.ErrUnavailable) != (name == "reading small") {
				t.Errorf("%s: got error %v", name, err)
			}
		})
	}
	all.Wait()
}

// TestNoMoreTries shows that the time for a large body is not used for more tries.
func TestNoMoreTries(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault { return plain(500) }})
	p := hasty()
	p.tries, p.pause, p.whole, p.extra = 8, 20*time.Millisecond, 100*time.Millisecond, time.Hour
	err := openStub(t, stub, "", p).Create(t.Context(), object("a.json", strings.Repeat("x", 1<<20)))
	if n := stub.Requests(); !errors.Is(err, store.ErrUnavailable) || n == p.tries {
		t.Errorf("got error %v after %d requests", err, n)
	}
}

// TestMissingKey lets the server say in so many words that there is no such key.
func TestMissingKey(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault { return storetest.Answer(404, "NoSuchKey") }})
	for op, err := range operations(t, openStub(t, stub, "", hasty()), "a.json") {
		want := map[string]error{reading: store.ErrNotFound, creating: errNotS3, swapping: store.ErrConflict}[op]
		if !errors.Is(err, want) || op == creating && isOneOf(err) {
			t.Errorf("%s: got error %v, want %v", op, err, want)
		}
	}
}

// TestOneRequest shows that nothing is asked besides, and that no upload is sent in parts or without its digests.
func TestOneRequest(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(_ int, r *http.Request) storetest.Fault {
		if r.Method == http.MethodPut && (r.Header.Get("Content-Md5") == "" || len(r.Header.Get("X-Amz-Content-Sha256")) != 64 || r.ContentLength < 0) {
			t.Errorf("got an upload with the fields %v", r.Header)
		}
		return nil
	}})
	s := openStub(t, stub, "deep/prefix", usual())
	o := object("a.json", strings.Repeat("x", 20<<20))
	if err := s.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	_, tag, err := s.Get(t.Context(), "a.json")
	if err := errors.Join(err, s.Swap(t.Context(), object("a.json", ""), tag)); err != nil {
		t.Fatal(err)
	}
	if n := stub.Requests(); n != 3 {
		t.Errorf("3 operations made %d requests", n)
	}
	if _, ok := stub.Objects.Objects()["deep/prefix/a.json"]; !ok {
		t.Error("the key is not the prefix and the path")
	}
}

// TestLargeObjects reads up to the limit, and no further.
func TestLargeObjects(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{})
	s := openStub(t, stub, "", hasty())
	for size, want := range map[int]error{store.MaxSize: nil, store.MaxSize + 1: errTooLarge} {
		stub.Objects.Put(store.Object{Path: "a.json", Body: make([]byte, size)})
		if o, _, err := s.Get(t.Context(), "a.json"); !errors.Is(err, want) || err == nil && len(o.Body) != size {
			t.Errorf("%d bytes: got %d and error %v, want %v", size, len(o.Body), err, want)
		}
	}
}

// TestStrangeETags reads objects that could not be swapped.
func TestStrangeETags(t *testing.T) {
	t.Parallel()
	for _, etag := range []string{"", `W/"1"`, `"*"`, `"a b"`, `"a"b"`} {
		stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Fault: func(int, *http.Request) storetest.Fault {
			return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) { serve(otherETag{w, etag}, r) }
		}})
		stub.Objects.Put(object("a.json", "{}"))
		if _, _, err := openStub(t, stub, "", hasty()).Get(t.Context(), "a.json"); !errors.Is(err, errNoETag) {
			t.Errorf("ETag %q: got error %v, want %v", etag, err, errNoETag)
		}
	}
}

// otherETag is an answer whose ETag somebody changes on the way.
type otherETag struct {
	http.ResponseWriter
	etag string
}

func (w otherETag) Write(p []byte) (int, error) {
	w.Header().Set("ETag", w.etag)
	return w.ResponseWriter.Write(p)
}

// TestUnsafeServers shows what the stub's options are for: a server that does not know a condition overwrites.
func TestUnsafeServers(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{Ignores: []string{"If-None-Match", "If-Match"}})
	s := openStub(t, stub, "", hasty())
	for i, body := range [][]byte{[]byte("first"), []byte("second")} {
		if err := s.Create(t.Context(), object("a.json", string(body))); err != nil || !bytes.Equal(stub.Objects.Objects()["a.json"].Body, body) {
			t.Errorf("create %d: got error %v", i, err)
		}
	}
	if err := s.Swap(t.Context(), object("a.json", "third"), "stale"); err != nil {
		t.Errorf("swap: got error %v", err)
	}
	if got := string(stub.Objects.Objects()["a.json"].Body); got != "third" {
		t.Errorf("got %q", got)
	}
}
