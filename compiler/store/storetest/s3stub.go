package storetest

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"muster/compiler/store"
)

// S3Stub is an S3 server in this process. It knows what stores are made of: objects are read, and written with or without a
// condition, Content-MD5 and x-amz-content-sha256 are compared with what arrived, and only AccessKey is let in, whatever the
// signature. It does not know multipart uploads or streaming signatures. As on S3 with encryption by KMS, ETags are not the
// MD5 of the bytes. (gofakes3 knows more, but keeps the header fields of the object that was there before: a client that
// forgets its own would pass.)
type S3Stub struct {
	// Objects are the objects of the bucket, by key.
	Objects *Memory
	// URL is where the server listens: "http://127.0.0.1:<port>".
	URL string
	// Bucket is the only bucket there is. AccessKey and SecretKey are the credentials of its owner.
	Bucket, AccessKey, SecretKey string

	options  S3StubOptions
	requests atomic.Int64
}

// S3StubOptions says how a stub differs from S3. The zero value is one that does not.
type S3StubOptions struct {
	// Fault returns what befalls the n-th request, counted from 1; nil stands for nothing. It may be called by several
	// goroutines at once.
	Fault func(n int, r *http.Request) Fault
	// Ignores are the header fields that the server does not know: a store without If-None-Match or If-Match loses writes.
	Ignores []string
}

// NewS3Stub starts a server that the end of the test stops.
func NewS3Stub(t testing.TB, options S3StubOptions) *S3Stub {
	t.Helper()
	s := &S3Stub{Objects: &Memory{}, Bucket: "stub", AccessKey: "stub-access-key", SecretKey: "stub-secret-key-4f1c", options: options}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Requests returns how many HTTP requests came in so far.
func (s *S3Stub) Requests() int { return int(s.requests.Load()) }

func (s *S3Stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := int(s.requests.Add(1))
	for _, field := range s.options.Ignores {
		r.Header.Del(field)
	}
	var fault Fault
	if s.options.Fault != nil {
		fault = s.options.Fault(n, r)
	}
	if fault == nil {
		fault = func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) { serve(w, r) }
	}
	fault(w, r, s.serve)
}

func (s *S3Stub) serve(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case !strings.Contains(r.Header.Get("Authorization"), "Credential="+s.AccessKey+"/"):
		answer(w, r, http.StatusForbidden, "InvalidAccessKeyId")
	case bucket != s.Bucket:
		answer(w, r, http.StatusNotFound, "NoSuchBucket")
	case key == "" || r.URL.RawQuery != "":
		answer(w, r, http.StatusNotImplemented, "NotImplemented")
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.get(w, r, key)
	case r.Method == http.MethodPut:
		s.put(w, r, key)
	default:
		answer(w, r, http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func (s *S3Stub) get(w http.ResponseWriter, r *http.Request, key string) {
	o, there := s.Objects.Objects()[key]
	if !there {
		answer(w, r, http.StatusNotFound, "NoSuchKey")
		return
	}
	h := w.Header()
	h.Set("Cache-Control", o.CacheControl)
	h.Set("Content-Type", o.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(o.Body)))
	h.Set("ETag", etag(o))
	h.Set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
	if r.Method == http.MethodGet {
		_, _ = w.Write(o.Body)
	}
}

func (s *S3Stub) put(w http.ResponseWriter, r *http.Request, key string) {
	body, err := io.ReadAll(r.Body)
	if err != nil || int64(len(body)) != r.ContentLength {
		answer(w, r, http.StatusBadRequest, "IncompleteBody")
		return
	}
	if code := damage(r.Header, body); code != "" {
		answer(w, r, http.StatusBadRequest, code)
		return
	}
	o := store.Object{Path: key, Body: body, CacheControl: r.Header.Get("Cache-Control"), ContentType: r.Header.Get("Content-Type")}
	if !s.Objects.update(o, func(old store.Object, there bool) bool { return meets(r.Header, old, there) }) {
		answer(w, r, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	w.Header().Set("ETag", etag(o))
}

// meets reports whether an object, if there, is in the state that the conditions of a request ask for.
func meets(h http.Header, old store.Object, there bool) bool {
	if ifMatch := h.Get("If-Match"); ifMatch != "" && (!there || !matches(ifMatch, old)) {
		return false
	}
	ifNoneMatch := h.Get("If-None-Match")
	return ifNoneMatch == "" || !there || !matches(ifNoneMatch, old)
}

// matches reports whether a list of ETags has the object's (RFC 9110, section 13.1.1).
func matches(list string, o store.Object) bool {
	return list == "*" || slices.Contains(strings.Split(list, ", "), etag(o))
}

// damage returns the code of the error that S3 gives if a body is not the one that the header fields promise.
func damage(h http.Header, body []byte) string {
	sum, sum5 := sha256.Sum256(body), md5.Sum(body)
	switch {
	case h.Get("Content-Md5") != "" && h.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum5[:]):
		return "BadDigest"
	case h.Get("X-Amz-Content-Sha256") == "UNSIGNED-PAYLOAD", h.Get("X-Amz-Content-Sha256") == hex.EncodeToString(sum[:]):
		return ""
	}
	return "XAmzContentSHA256Mismatch"
}

func etag(o store.Object) string { return `"` + string(tagOf(o)) + `"` }

// answer gives an error as S3 does, without a body to HEAD.
func answer(w http.ResponseWriter, r *http.Request, status int, code string) {
	type Error struct{ Code, Message, Resource, RequestID string }
	text, err := xml.Marshal(Error{code, "This is the message of " + code + ".", r.URL.Path, "1"})
	if err != nil {
		panic(err)
	}
	_, _ = io.Copy(io.Discard, r.Body) // so that the client reads the answer and not a broken connection
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, io.MultiReader(strings.NewReader(xml.Header), bytes.NewReader(text)))
	}
}
