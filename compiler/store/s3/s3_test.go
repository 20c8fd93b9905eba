package s3

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// hasty is the patience of tests that let a server fail: few tries and short pauses, but no hurry with an answer that is to
// arrive, however busy the machine is.
func hasty() patience {
	return patience{tries: 2, pause: time.Millisecond, dial: time.Minute, answer: time.Minute, whole: 2 * time.Minute, extra: time.Second}
}

func with(p patience, accessKey, secretKey string, env map[string]string) surroundings {
	return surroundings{
		getenv:      func(name string) string { return env[name] },
		credentials: &credentials.Static{Value: credentials.Value{AccessKeyID: accessKey, SecretAccessKey: secretKey, SignerType: credentials.SignatureV4}},
		patience:    p,
	}
}

func mustOpen(t *testing.T, address string, with surroundings) *bucket {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(u, with)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return s
}

// openStub opens the stub's bucket at a prefix.
func openStub(t *testing.T, stub *storetest.S3Stub, prefix string, p patience) *bucket {
	t.Helper()
	return mustOpen(t, "s3://"+stub.Bucket+"/"+prefix+"?endpoint="+stub.URL, with(p, stub.AccessKey, stub.SecretKey, nil))
}

func object(path, body string) store.Object {
	return store.Object{Path: path, Body: []byte(body), CacheControl: "public, max-age=5", ContentType: "application/json"}
}

func TestStub(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{})
	storetest.Conformance(t, func(t *testing.T, prefix string) store.Store { return openStub(t, stub, prefix, usual()) })
}

func TestVersityGW(t *testing.T) {
	t.Parallel()
	server := storetest.VersityGW(t)
	storetest.Conformance(t, func(t *testing.T, prefix string) store.Store { return openVersityGW(t, server, prefix) })
}

func openVersityGW(t *testing.T, server storetest.S3Server, prefix string) *bucket {
	t.Helper()
	address := "s3://" + server.Bucket + "/" + prefix + "?endpoint=" + server.Endpoint + "&region=" + server.Region
	return mustOpen(t, address, with(usual(), server.AccessKey, server.SecretKey, nil))
}

func TestVersityGWRefuses(t *testing.T) {
	t.Parallel()
	server := storetest.VersityGW(t)
	address := "s3://" + server.Bucket + "?endpoint=" + server.Endpoint
	for name, s := range map[string]*bucket{
		"wrong secret": mustOpen(t, address, with(usual(), server.AccessKey, "another-secret-5d02", nil)),
		"wrong key":    mustOpen(t, address, with(usual(), "another-key", server.SecretKey, nil)),
	} {
		t.Run(name, func(t *testing.T) {
			storetest.AlwaysFails(t, s, store.ErrRefused, server.SecretKey, "another-secret-5d02")
		})
	}
	for name, address := range map[string]string{
		`there is no bucket "other" at ` + strings.TrimPrefix(server.Endpoint, "http://"): "s3://other?endpoint=" + server.Endpoint,
		"set the region of the bucket": address + "&region=eu-central-1",
	} {
		s := mustOpen(t, address, with(usual(), server.AccessKey, server.SecretKey, nil))
		for op, err := range operations(t, s, "a.json") {
			wantText(t, err, name)
			if isOneOf(err) {
				t.Errorf("%s: the error %v may pass for one that callers handle", op, err)
			}
		}
	}
}

// operations are the errors of one operation of each kind, by the word they begin with.
func operations(t *testing.T, s store.Store, path string) map[string]error {
	t.Helper()
	_, _, err := s.Get(t.Context(), path)
	return map[string]error{reading: err, creating: s.Create(t.Context(), object(path, "{}")), swapping: s.Swap(t.Context(), object(path, "{}"), "tag")}
}

func wantText(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got error %v, want one with %q", err, part)
	}
}
