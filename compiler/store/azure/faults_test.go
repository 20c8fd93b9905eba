package azure

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// checkError tests that err wraps want and no other error of package store (none at all for a want of nil), is one line and
// shows no credential.
func checkError(t *testing.T, err, want error, text string) {
	t.Helper()
	if err == nil {
		t.Fatal("got no error")
	}
	for _, kind := range []error{store.ErrNotFound, store.ErrConflict, store.ErrUnavailable, store.ErrRefused} {
		if errors.Is(err, kind) != (kind == want) {
			t.Errorf("got error %q, want kind %v", err, want)
		}
	}
	if !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got error %q, want one line with %q", err, text)
	}
	for _, secret := range hidden {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q: %v", secret, err)
		}
	}
}

// operations are the errors of one Get, one Create and one Swap.
func operations(t *testing.T, s store.Store) (get, create, swap error) {
	t.Helper()
	o := object("pointer.json", "{}")
	_, _, get = s.Get(t.Context(), o.Path)
	return get, s.Create(t.Context(), o), s.Swap(t.Context(), o, "0x1")
}

// TestAnswers pairs answers of the service with what each operation makes of them.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status            int
		code              string
		get, create, swap error
		text              string
	}{
		{404, "BlobNotFound", store.ErrNotFound, nil, store.ErrConflict, ""},
		{404, "ContainerNotFound", nil, nil, nil, "create the container first"},
		{404, "ResourceNotFound", nil, nil, nil, "check the account and the container"},
		{404, "", nil, nil, nil, "the service answered 404"},
		{409, "BlobAlreadyExists", nil, store.ErrConflict, nil, ""},
		{409, "BlobImmutableDueToPolicy", nil, store.ErrConflict, nil, ""},
		{409, "BlobArchived", nil, nil, nil, "archived"},
		{409, "ContainerBeingDeleted", nil, nil, nil, "wait until the container is deleted"},
		{409, "", nil, nil, nil, "the service answered 409"},
		{412, "ConditionNotMet", nil, store.ErrConflict, store.ErrConflict, ""},
		{412, "TargetConditionNotMet", nil, nil, store.ErrConflict, ""},
		{412, "LeaseIdMissing", nil, nil, nil, "somebody holds a lease"},
		{412, "", nil, nil, nil, "the service answered 412"},
		{400, "Md5Mismatch", store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "damaged"},
		{400, "InvalidHeaderValue", nil, nil, nil, "the service answered 400 InvalidHeaderValue"},
		{400, "<b>sig=" + signature, nil, nil, nil, "the service answered 400"},
		{400, "InvalidAuthenticationInfo", store.ErrRefused, store.ErrRefused, store.ErrRefused, ""},
		{401, "NoAuthenticationInformation", store.ErrRefused, store.ErrRefused, store.ErrRefused, "NoAuthenticationInformation"},
		{403, "AuthenticationFailed", store.ErrRefused, store.ErrRefused, store.ErrRefused, "check the key or signature"},
		{403, "AuthorizationPermissionMismatch", store.ErrRefused, store.ErrRefused, store.ErrRefused, "Storage Blob Data Contributor"},
		{403, "", store.ErrRefused, store.ErrRefused, store.ErrRefused, "the service answered 403"},
		{408, "", store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "408"},
		{429, "", store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "429"},
		{500, "OperationTimedOut", store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "500 OperationTimedOut"},
		{501, "", store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "501"},
		{503, "ServerBusy", store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "503 ServerBusy"},
		{304, "", nil, nil, nil, ""},
		{204, "", nil, nil, nil, ""},
	} {
		t.Run(fmt.Sprint(test.status, test.code), func(t *testing.T) {
			t.Parallel()
			server := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { quote(w, r, test.status, test.code) }))
			for _, credential := range [][]string{{envKey, key}, {envSAS, pasted}} {
				get, create, swap := operations(t, openAt(t, quick(credential...), "azblob://releases?endpoint="+server.URL+"/"+account))
				checkError(t, get, test.get, `reading "pointer.json": `)
				checkError(t, create, test.create, `creating "pointer.json": `)
				checkError(t, swap, test.swap, `swapping "pointer.json": `)
				if all := fmt.Sprint(get, create, swap); !strings.Contains(all, test.text) {
					t.Errorf("got %q, want %q in it", all, test.text)
				}
			}
		})
	}
}

// quote refuses a request and quotes it, as the service does where signatures don't match.
func quote(w http.ResponseWriter, r *http.Request, status int, code string) {
	if code != "" {
		w.Header().Set("x-ms-error-code", code)
	}
	w.WriteHeader(status)
	if status >= 400 {
		fmt.Fprintf(w, "<Error><Message>Signature did not match: %s %s with %s</Message></Error>", r.URL, r.Header.Get("Authorization"), key)
	}
}

// TestLostAnswers breaks the first requests of an operation: those before the last try are repeated, and one that was carried
// out meets itself.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name              string
		fault             storetest.Fault
		broken            int64
		get, create, swap error
		stored            string
	}{
		{"before-once", storetest.CloseBefore, 1, nil, nil, nil, "new"},
		{"before-twice", storetest.CloseBefore, 2, nil, nil, nil, "new"},
		{"before-always", storetest.CloseBefore, 100, store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "old"},
		{"after-once", storetest.CloseAfter, 1, nil, store.ErrConflict, store.ErrConflict, "new"},
		{"after-always", storetest.CloseAfter, 100, store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "new"},
		{"busy", busy, 2, nil, nil, nil, "new"},
		{"busy-for-long", busyForLong, 1, store.ErrUnavailable, store.ErrUnavailable, store.ErrUnavailable, "old"},
		{"damaged", damage, 1, nil, store.ErrUnavailable, store.ErrUnavailable, "old"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newService()
			releases := serving(t, s)
			if err := releases.Create(t.Context(), object("pointer.json", "old")); err != nil {
				t.Fatal(err)
			}
			_, tag, err := releases.Get(t.Context(), "pointer.json")
			if err != nil {
				t.Fatal(err)
			}
			var broken atomic.Int64
			s.breakWith(func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
				if broken.Add(1) <= test.broken {
					test.fault(w, r, serve)
					return
				}
				serve(w, r)
			})
			check := func(err, want error) {
				t.Helper()
				if !errors.Is(err, want) {
					t.Errorf("got error %v, want %v", err, want)
				}
				broken.Store(0)
			}
			_, _, err = releases.Get(t.Context(), "pointer.json")
			check(err, test.get)
			check(releases.Create(t.Context(), object("new.json", "new")), test.create)
			check(releases.Swap(t.Context(), object("pointer.json", "new"), tag), test.swap)
			s.breakWith(noFault)
			if o, _, err := releases.Get(t.Context(), "pointer.json"); err != nil || string(o.Body) != test.stored {
				t.Errorf("stored is %q with error %v, want %q", o.Body, err, test.stored)
			}
			if _, _, err := releases.Get(t.Context(), "new.json"); errors.Is(err, store.ErrNotFound) != (test.stored == "old") {
				t.Errorf("reading the new object: %v", err)
			}
		})
	}
}

func busy(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
	refuse(w, http.StatusServiceUnavailable, "ServerBusy")
}

func busyForLong(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	w.Header().Set("Retry-After", "30")
	busy(w, r, serve)
}

func damage(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	storetest.DamageUpload(w, r, serve)
}

// TestBadObjects lets the service answer a Get with 200 and something that is not the whole object.
func TestBadObjects(t *testing.T) {
	t.Parallel()
	header := func(name, value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"0x1"`)
			w.Header().Set("Content-Length", "4")
			w.Header()[name] = []string{value}
			_, _ = w.Write([]byte("body"))
		}
	}
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
		text   string
	}{
		{"no-etag", header("Etag", ""), nil, "no strong ETag"},
		{"weak-etag", header("Etag", `W/"0x1"`), nil, "no strong ETag"},
		{"half-etag", header("Etag", `"0x1`), nil, "no strong ETag"},
		{"bare-etag", header("Etag", "0x1"), nil, "no strong ETag"},
		{"any-etag", header("Etag", `"*"`), nil, "no strong ETag"},
		{"list-etag", header("Etag", `"0x1", "0x2"`), nil, "no strong ETag"},
		{"range", header("Content-Range", "bytes 0-3/8"), nil, "not the whole object"},
		{"too-large", header("Content-Length", fmt.Sprint(store.MaxSize+1)), nil, "67108865 bytes"},
		{"checksum", header("Content-Md5", "AAAAAAAAAAAAAAAAAAAAAA=="), store.ErrUnavailable, "damaged"},
		{"malformed-checksum", header("Content-Md5", "no base64"), nil, ""},
		{"cut", header("Content-Length", "5"), store.ErrUnavailable, "unexpected EOF"},
		{"cut-at-once", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"0x1"`)
			w.Header().Set("Content-Length", "5")
		}, store.ErrUnavailable, "EOF"},
		{"no-length", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"0x1"`)
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write([]byte("body"))
		}, nil, "not the whole object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o, tag, err := serving(t, test.answer).Get(t.Context(), "pointer.json")
			checkError(t, err, test.want, test.text)
			if o.Body != nil || tag != "" {
				t.Errorf("got %q with tag %q as well", o.Body, tag)
			}
		})
	}
}

// TestSilence lets the service fall silent: before its answer, in the middle of it, and while it should read.
func TestSilence(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]storetest.Fault{
		"no-answer": storetest.Hang,
		"half-an-answer": func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			w.Header().Set("ETag", `"0x1"`)
			w.Header().Set("Content-Length", "8")
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			storetest.Hang(w, r, serve)
		},
		"does-not-read": func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				t.Cleanup(func() { _ = conn.Close() })
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService()
			s.breakWith(fault)
			sys := quick(envSAS, pasted)
			sys.client = newClient(500 * time.Millisecond)
			releases := openAt(t, sys, "azblob://releases?endpoint="+start(t, s).URL)
			_, _, err := releases.Get(t.Context(), "pointer.json")
			checkError(t, err, store.ErrUnavailable, "timeout")
			err = releases.Create(t.Context(), object("large.json", strings.Repeat("x", 32<<20)))
			checkError(t, err, store.ErrUnavailable, "")
			if n := len(s.asked()); n > 2 {
				t.Errorf("the service got %d requests, want each once", n)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	for _, credential := range [][]string{{envKey, key}, {envSAS, pasted}} {
		storetest.AlwaysFails(t, openAt(t, quick(credential...), "azblob://releases?endpoint="+server.URL+"/"+account), store.ErrUnavailable, hidden...)
	}
}

// TestUntrusted has a service with a certificate that nobody trusts: no second try can mend that.
func TestUntrusted(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(newService())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	get, create, swap := operations(t, openAt(t, quick(envSAS, pasted), "azblob://releases?endpoint="+server.URL))
	for _, err := range []error{get, create, swap} {
		checkError(t, err, nil, "certificate")
	}
}

// TestRedirect has a service that sends clients elsewhere, where a signature must not go.
func TestRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := newService()
	target, err := url.Parse(start(t, elsewhere).URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{301, 302, 307, 308} {
		releases := serving(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target.JoinPath(r.URL.Path).String()+"?"+r.URL.RawQuery, status)
		}))
		get, create, swap := operations(t, releases)
		for _, err := range []error{get, create, swap} {
			checkError(t, err, nil, fmt.Sprintf("the service answered %d", status))
		}
	}
	if n := len(elsewhere.asked()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// TestHidden explains an error of the HTTP client as bad as can be.
func TestHidden(t *testing.T) {
	t.Parallel()
	for _, credential := range [][]string{{envKey, key}, {envSAS, pasted}, {envSAS, "?" + pasted}} {
		c := openAt(t, quick(credential...), "azblob://releases?account="+account).(*container)
		secret := credential[1]
		if c.key == nil {
			secret = strings.Join([]string{pasted, sortedSAS, signature, url.QueryEscape(signature), url.PathEscape(signature)}, " ")
		}
		inner := &url.Error{Op: "Put", URL: "https://example.org/?" + pasted, Err: errors.New("refused:\n" + secret)}
		err := c.explain(t.Context(), fmt.Errorf("twice: %w", &url.Error{Op: "Put", URL: "https://example.org/?" + pasted, Err: inner}))
		checkError(t, err, store.ErrUnavailable, "refused: [hidden]")
	}
}

// deadlines counts how often its deadline is set.
type deadlines struct {
	net.Conn
	set int
}

func (d *deadlines) SetDeadline(time.Time) error { d.set++; return nil }

func (d *deadlines) Read([]byte) (int, error) { return 0, nil }

func (d *deadlines) Write([]byte) (int, error) { return 0, nil }

// TestWatchedConn has both directions put off the deadline of both: an upload goes on while nothing is read.
func TestWatchedConn(t *testing.T) {
	t.Parallel()
	d := new(deadlines)
	c := watchedConn{d, time.Hour}
	for i, move := range []func([]byte) (int, error){c.Read, c.Write, c.Read} {
		if _, err := move(nil); err != nil || d.set != i+1 {
			t.Errorf("after %d moves the deadline was set %d times, error %v", i+1, d.set, err)
		}
	}
}

// TestNoTag swaps with what can be no tag: the service is not even asked.
func TestNoTag(t *testing.T) {
	t.Parallel()
	s := newService()
	releases := serving(t, s)
	for _, tag := range []store.Tag{"", "*", `"0x1"`, `0x1", "0x2`, "0x1 0x2", "0x1\r\nIf-None-Match: x", "é"} {
		checkError(t, releases.Swap(t.Context(), object("pointer.json", "{}"), tag), store.ErrConflict, `swapping "pointer.json": `)
	}
	if n := len(s.asked()); n != 0 {
		t.Errorf("the service got %d requests", n)
	}
}
