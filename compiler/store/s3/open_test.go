package s3

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7/pkg/credentials"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		address string
		env     map[string]string
		want    string // how the bucket is reached, or the error
	}{
		{"s3://acme/?region=eu-central-1", nil, "https://acme.s3.dualstack.eu-central-1.amazonaws.com/"},
		{"s3://acme", map[string]string{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-west-1"}, "https://acme.s3.dualstack.eu-west-1.amazonaws.com/"},
		{"s3://acme", map[string]string{"AWS_DEFAULT_REGION": "us-west-1"}, "https://acme.s3.dualstack.us-west-1.amazonaws.com/"},
		{"s3://acme?region=eu-central-1", map[string]string{"AWS_REGION": "us-west-1"}, "https://acme.s3.dualstack.eu-central-1.amazonaws.com/"},
		{"s3://acme?region=eu-central-1&pathStyle=true", nil, "https://s3.dualstack.eu-central-1.amazonaws.com/acme/"},
		{"s3://acme?endpoint=https://s3.eu-west-3.amazonaws.com", nil, "https://acme.s3.dualstack.eu-west-3.amazonaws.com/"},
		{"s3://acme?endpoint=https://minio.acme.example:9000", nil, "https://minio.acme.example:9000/acme/"},
		{"s3://acme?endpoint=https://minio.acme.example&pathStyle=false", nil, "https://acme.minio.acme.example/"},
		{"s3://acme/a/b/?endpoint=https://minio.acme.example/", nil, "https://minio.acme.example/acme/"},
		{"s3://acme?endpoint=http://localhost:9000", nil, "http://localhost:9000/acme/"},
		{"s3://acme?endpoint=http://[::1]:9000", nil, "http://[::1]:9000/acme/"},
		{"s3://acme", map[string]string{"AWS_ENDPOINT_URL": "https://a.example", "AWS_ENDPOINT_URL_S3": "https://b.example"}, "https://b.example/acme/"},
		{"s3://acme", map[string]string{"AWS_ENDPOINT_URL": "https://a.example"}, "https://a.example/acme/"},
		{"s3://acme?endpoint=https://c.example", map[string]string{"AWS_ENDPOINT_URL_S3": "https://b.example"}, "https://c.example/acme/"},

		{"s3://acme", nil, "the region is missing"},
		{"s3:acme/prefix", nil, "an address has the form s3://bucket/prefix"},
		{"s3:///prefix", nil, "an address has the form s3://bucket/prefix"},
		{"file:///acme", nil, "an address has the form s3://bucket/prefix"},
		{"s3://acme#x", nil, "an address has the form s3://bucket/prefix"},
		{"s3://acme:80/", nil, "an address has the form s3://bucket/prefix"},
		{"s3://a/", nil, `"a" can't be a bucket`},
		{"s3://acme/a/../b", nil, `prefix "a/../b"`},
		{"s3://acme/a//b", nil, `prefix "a//b"`},
		{"s3://acme?profile=x", nil, `unknown parameter "profile": there are endpoint, region and pathStyle`},
		{"s3://acme?region=a&region=b", nil, `parameter "region" needs one value`},
		{"s3://acme?region=", nil, `parameter "region" needs one value`},
		{"s3://acme?pathStyle=yes", nil, `pathStyle is "yes": it is true or false`},
		{"s3://acme?a;b", nil, "an address has the form s3://bucket/prefix"},
		{"s3://acme?endpoint=minio.example:9000", nil, "it has the form https://host:port"},
		{"s3://acme?endpoint=minio.example", nil, "it has the form https://host:port"},
		{"s3://acme?endpoint=ftp://minio.example", nil, "it has the form https://host:port"},
		{"s3://acme?endpoint=https://minio.example/acme", nil, "it has the form https://host:port"},
		{"s3://acme?endpoint=http://minio.example", nil, `endpoint "http://minio.example": what goes to another machine needs https`},
		{"s3://acme", map[string]string{"AWS_ENDPOINT_URL": "http://10.0.0.1:9000"}, "needs https"},
	} {
		if got := reached(t, tt.address, tt.env); !strings.Contains(got, tt.want) {
			t.Errorf("%s %v: got %s, want %s", tt.address, tt.env, got, tt.want)
		}
	}
}

// reached returns where requests for an address go, or the error of opening it.
func reached(t *testing.T, address string, env map[string]string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(u, with(usual(), "key", "secret", env))
	if err != nil {
		return err.Error()
	}
	signed, err := s.client.PresignHeader(t.Context(), "GET", s.name, "key", 1e9, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(signed.Scheme+"://"+signed.Host+signed.Path, "key")
}

func TestString(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"s3://acme?region=r":  "s3://acme",
		"s3://acme/?region=r": "s3://acme",
		"s3://acme/a/b/?region=r&endpoint=https://example.com": "s3://acme/a/b",
	} {
		if got := mustOpen(t, address, with(usual(), "", "", nil)).String(); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// TestSecretsInAddress shows that what should not be in an address is in no error about it.
func TestSecretsInAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"s3://key:s3cr3t@acme/prefix?region=r",
		"s3://s3cr3t@acme/prefix?region=r",
		"s3://acme?secretKey=s3cr3t",
		"s3://acme?region=r&endpoint=https://key:s3cr3t@host",
		"s3://acme?region=r&endpoint=https://host?secret=s3cr3t",
		"s3://acme?region=r&endpoint=https://key:s3cr3t@host:port",
		"s3://acme#s3cr3t",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(u); err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.HasPrefix(err.Error(), `opening "s3://acme`) {
			t.Errorf("%s: got error %v", address, err)
		}
	}
}

// TestLongKey shows that a key which S3 can't have is no fault of the connection.
func TestLongKey(t *testing.T) {
	t.Parallel()
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{})
	s := openStub(t, stub, strings.Repeat("p", 1000), hasty())
	for _, err := range operations(t, s, strings.Repeat("k", 24)) {
		wantText(t, err, "can't be a key")
	}
	if n := stub.Requests(); n != 0 {
		t.Errorf("got %d requests", n)
	}
}

// usualEnv makes the environment one in which nothing is set that Open reads.
func usualEnv(t *testing.T) {
	t.Helper()
	for _, line := range os.Environ() {
		if name, _, _ := strings.Cut(line, "="); strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "MINIO_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func openPublic(t *testing.T, stub *storetest.S3Stub) store.Store {
	t.Helper()
	u, err := url.Parse("s3://" + stub.Bucket + "?endpoint=" + stub.URL)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(u)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCredentials(t *testing.T) {
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{})
	folder := t.TempDir()
	file := filepath.Join(folder, "credentials")
	profile := "[publisher]\naws_access_key_id = " + stub.AccessKey + "\naws_secret_access_key = " + stub.SecretKey + "\n"
	if err := os.WriteFile(file, []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, env := range map[string]map[string]string{
		"environment":       {"AWS_ACCESS_KEY_ID": stub.AccessKey, "AWS_SECRET_ACCESS_KEY": stub.SecretKey},
		"MinIO environment": {"MINIO_ROOT_USER": stub.AccessKey, "MINIO_ROOT_PASSWORD": stub.SecretKey},
		"profile":           {"AWS_SHARED_CREDENTIALS_FILE": file, "AWS_PROFILE": "publisher"},
	} {
		t.Run(name, func(t *testing.T) {
			usualEnv(t)
			for name, value := range env {
				t.Setenv(name, value)
			}
			if _, _, err := openPublic(t, stub).Get(t.Context(), "a.json"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("got error %v, want %v", err, store.ErrNotFound)
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	usualEnv(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t") // half of what it takes
	stub := storetest.NewS3Stub(t, storetest.S3StubOptions{})
	s := openPublic(t, stub)
	storetest.AlwaysFails(t, s, store.ErrRefused, "s3cr3t")
	for _, err := range operations(t, s, "a.json") {
		wantText(t, err, "set AWS_ACCESS_KEY_ID")
	}
	if n := stub.Requests(); n != 0 {
		t.Errorf("got %d requests without credentials", n)
	}
}

// TestHasRole shows when a role is asked for. Asking itself is the client library's.
func TestHasRole(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, true},
		{map[string]string{"AWS_EC2_METADATA_DISABLED": "false"}, true},
		{map[string]string{"AWS_EC2_METADATA_DISABLED": "TRUE"}, false},
		{map[string]string{"AWS_EC2_METADATA_DISABLED": "true", "AWS_WEB_IDENTITY_TOKEN_FILE": "token"}, true},
		{map[string]string{"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/"}, true},
	} {
		chain := roles(func(name string) string { return tt.env[name] }).(*signedOnly).Providers
		_, isRole := chain[len(chain)-1].(*credentials.IAM)
		if isRole != tt.want {
			t.Errorf("%v: got %v, want %v", tt.env, isRole, tt.want)
		}
	}
}
