package azure

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/compiler/store"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ destination, want, address string }{
		{"azblob://releases?account=examplecorp", "azblob://releases?account=examplecorp", "https://examplecorp.blob.core.windows.net/releases/log/a%20b.json"},
		{"azblob://releases/?account=examplecorp", "azblob://releases?account=examplecorp", "https://examplecorp.blob.core.windows.net/releases/log/a%20b.json"},
		{"azblob://$web/a/b/?account=examplecorp", "azblob://$web/a/b?account=examplecorp", "https://examplecorp.blob.core.windows.net/$web/a/b/log/a%20b.json"},
		{"azblob://releases/a%20b?endpoint=http://127.0.0.1:10000/examplecorp", "azblob://releases/a b?endpoint=http://127.0.0.1:10000/examplecorp", "http://127.0.0.1:10000/examplecorp/releases/a%20b/log/a%20b.json"},
		{"azblob://releases?endpoint=https%3A%2F%2Fexamplecorp.blob.core.chinacloudapi.cn/", "azblob://releases?endpoint=https://examplecorp.blob.core.chinacloudapi.cn", "https://examplecorp.blob.core.chinacloudapi.cn/releases/log/a%20b.json"},
		{"azblob://releases?endpoint=http://localhost:1", "azblob://releases?endpoint=http://localhost:1", "http://localhost:1/releases/log/a%20b.json"},
		{"azblob://releases?endpoint=http://[::1]:1", "azblob://releases?endpoint=http://[::1]:1", "http://[::1]:1/releases/log/a%20b.json"},
	} {
		c := openAt(t, quick(envAccount, account, envKey, key), test.destination).(*container)
		if got := c.String(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.destination, got, test.want)
		}
		if got := c.address("log/a b.json"); got != test.address {
			t.Errorf("%s: got address %s, want %s", test.destination, got, test.address)
		}
	}
}

func TestBadPlaces(t *testing.T) {
	t.Parallel()
	for destination, text := range map[string]string{
		"s3://releases?account=examplecorp":                                  "no Azure destination",
		"azblob:releases?account=examplecorp":                                "no Azure destination",
		"azblob:///releases?account=examplecorp":                             "no Azure destination",
		"azblob://" + key[:8] + "@releases?account=examplecorp":              "a user",
		"azblob://releases?account=examplecorp#" + key[:8]:                   "a fragment",
		"azblob://Releases?account=examplecorp":                              "3 to 63",
		"azblob://re?account=examplecorp":                                    "3 to 63",
		"azblob://" + strings.Repeat("r", 64) + "?account=examplecorp":       "3 to 63",
		"azblob://a--b?account=examplecorp":                                  "3 to 63",
		"azblob://releases:80?account=examplecorp":                           "3 to 63",
		"azblob://releases/a/../b?account=examplecorp":                       "prefix",
		"azblob://releases":                                                  "one account or one endpoint",
		"azblob://releases?account=examplecorp&account=other":                "one account or one endpoint",
		"azblob://releases?account=examplecorp&endpoint=https://example.org": "one account or one endpoint",
		"azblob://releases?account=EXAMPLE":                                  "3 to 24",
		"azblob://releases?account=a.b/c":                                    "3 to 24",
		"azblob://releases?account=examplecorp&" + pasted:                    `unknown parameter "sig"`,
		"azblob://releases?account=examplecorp&region=eu":                    `unknown parameter "region"`,
		"azblob://releases?account=%zz":                                      "malformed",
		"azblob://releases?endpoint=example.org":                             "must be a URL",
		"azblob://releases?endpoint=https://u:" + key[:8] + "@example.org":   "must be a URL",
		"azblob://releases?endpoint=https://example.org?" + pasted:           "unknown parameter",
		"azblob://releases?endpoint=https://example.org%3F" + "sig=" + key:   "must be a URL",
		"azblob://releases?endpoint=https://example.org/releases/x":          "name of an account",
		"azblob://releases?endpoint=http://example.org":                      "use https",
		"azblob://releases?endpoint=http://127.0.0.1.example.org":            "use https",
		"azblob://releases?endpoint=ftp://127.0.0.1":                         "use https",
	} {
		u, err := url.Parse(destination)
		if err != nil {
			t.Fatal(err)
		}
		_, err = open(u, quick(envAccount, account, envKey, key))
		checkError(t, err, nil, text)
	}
}

// TestAccess pairs environments with what authorizes the requests: "key" with the name of the account, "signature", "token",
// or a part of an error.
func TestAccess(t *testing.T) {
	t.Parallel()
	const (
		cloud   = "azblob://releases?account=examplecorp"
		own     = "azblob://releases?endpoint=https://storage.example.org"
		local   = "azblob://releases?endpoint=http://127.0.0.1:10000/examplecorp"
		china   = "azblob://releases?endpoint=https://examplecorp.blob.core.chinacloudapi.cn"
		keyed   = "AccountName=examplecorp;AccountKey=" + key
		atLocal = ";BlobEndpoint=http://127.0.0.1:10000/examplecorp"
	)
	for _, test := range []struct {
		destination string
		environment []string
		want        string
	}{
		{cloud, []string{envConnection, "DefaultEndpointsProtocol=https;" + keyed + ";EndpointSuffix=core.windows.net", envSAS, "x"}, "key examplecorp"},
		{cloud, []string{envConnection, keyed}, "key examplecorp"},
		{cloud, []string{envConnection, keyed + ";"}, "key examplecorp"},
		{cloud, []string{envConnection, "AccountName=examplecorp;SharedAccessSignature=" + pasted}, "signature"},
		{cloud, []string{envConnection, "BlobEndpoint=https://examplecorp.blob.core.windows.net/;SharedAccessSignature=" + pasted}, "signature"},
		{china, []string{envConnection, keyed + ";EndpointSuffix=core.chinacloudapi.cn"}, "key examplecorp"},
		{local, []string{envConnection, keyed + atLocal}, "key examplecorp"},
		{local, []string{envConnection, keyed}, `is for "https://examplecorp.blob.core.windows.net", and the destination is at "http://127.0.0.1:10000/examplecorp"`},
		{cloud, []string{envConnection, strings.Replace(keyed, "examplecorp", "other", 1)}, "the destination is at"},
		{cloud, []string{envConnection, "DefaultEndpointsProtocol=http;" + keyed}, "use https"},
		{cloud, []string{envConnection, "AccountName=examplecorp"}, "no account key and no shared access signature"},
		{cloud, []string{envConnection, key}, "neither BlobEndpoint nor AccountName"},
		{cloud, []string{envConnection, "BlobEndpoint=https://examplecorp.blob.core.windows.net?" + pasted}, "must be a URL"},
		{own, []string{envConnection, "BlobEndpoint=https://storage.example.org;AccountKey=" + key}, "set AZURE_STORAGE_ACCOUNT"},
		{cloud, []string{envAccount, "examplecorp", envKey, key, envSAS, pasted}, "key examplecorp"},
		{cloud, []string{envKey, key}, "key examplecorp"},
		{local, []string{envKey, key}, "key examplecorp"},
		{china, []string{envKey, key}, "key examplecorp"},
		{own, []string{envAccount, "other", envKey, key}, "key other"},
		{own, []string{envKey, key}, "set AZURE_STORAGE_ACCOUNT"},
		{cloud, []string{envAccount, "other", envKey, key}, `a key of account "other", and the destination is in "examplecorp"`},
		{cloud, []string{envKey, key + "!"}, "not base64"},
		{cloud, []string{envSAS, pasted}, "signature"},
		{cloud, []string{envSAS, "?" + pasted}, "signature"},
		{cloud, []string{envSAS, "sv=2026-02-06"}, "no shared access signature"},
		{cloud, []string{envSAS, "sig=%zz"}, "no shared access signature"},
		{cloud, []string{envAccount, "examplecorp"}, "token"},
		{cloud, nil, "token"},
		{local, nil, "plain http"},
	} {
		u, err := url.Parse(test.destination)
		if err != nil {
			t.Fatal(err)
		}
		c, err := open(u, quick(test.environment...))
		got := ""
		switch {
		case err != nil:
			checkError(t, err, nil, test.want)
			continue
		case c.key != nil:
			got = "key " + c.key.AccountName()
		case c.signature == "?"+sortedSAS:
			got = "signature"
		case c.bearer != nil:
			got = "token"
		}
		if got != test.want {
			t.Errorf("%s with %q: got %q, want %q", test.destination, test.environment, got, test.want)
		}
	}
}

// sortedSAS is how pasted appears in URLs.
const sortedSAS = "sig=c2lnbmF0dXJl%2B%2F0%3D&sp=rcw&sv=2026-02-06"

// TestOpen reads the process's own environment.
func TestOpen(t *testing.T) {
	server := start(t, newService())
	t.Setenv(envConnection, "")
	t.Setenv(envAccount, account)
	t.Setenv(envKey, key)
	u, err := url.Parse("azblob://releases?endpoint=" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(u)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), object("pointer.json", "{}")); err != nil || !s.KeepsHeaders() {
		t.Errorf("creating an object gave %v", err)
	}
	t.Setenv(envKey, signature+"!")
	_, err = Open(u)
	checkError(t, err, nil, "opening the Azure container: ")
}

// login is a login service of Entra ID, which gives a token for what a CI job has been given by its platform.
type login struct {
	status   int
	requests []string // the forms
}

func (l *login) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	base := "https://" + r.Host + "/tenant"
	switch {
	case strings.Contains(r.URL.Path, "instance"):
		_ = json.NewEncoder(w).Encode(map[string]any{"tenant_discovery_endpoint": base + "/v2.0/.well-known/openid-configuration", "metadata": []any{}})
	case strings.Contains(r.URL.Path, ".well-known"):
		_ = json.NewEncoder(w).Encode(map[string]any{"authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token", "issuer": base})
	default:
		_ = r.ParseForm()
		l.requests = append(l.requests, r.PostForm.Encode())
		w.WriteHeader(l.status)
		if l.status == http.StatusOK {
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token(time.Now()), "token_type": "Bearer", "expires_in": 3600})
			return
		}
		description := "AADSTS700016: unknown application\r\nwith " + r.PostForm.Get("client_secret")
		_ = json.NewEncoder(w).Encode(map[string]any{"error": "invalid_client", "error_description": description})
	}
}

// token is an unsigned token for the blob service.
func token(now time.Time) string {
	encode := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return encode(map[string]any{"alg": "RS256", "typ": "JWT"}) + "." + encode(map[string]any{
		"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/", "oid": "23657296-5cd5-45b0-a809-d972a7f4dfe1",
		"nbf": now.Add(-time.Minute).Unix(), "iat": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	}) + "." + base64.RawURLEncoding.EncodeToString([]byte("signed"))
}

// workload is surroundings as a CI job has them that runs as a workload identity: a file with a token of the platform, which
// the real credential chain of the SDK changes for one of Azure at the login service l. All connections go to addresses in
// routes, by host name.
func workload(t *testing.T, l http.Handler, routes map[string]string) surroundings {
	t.Helper()
	server := httptest.NewTLSServer(l)
	t.Cleanup(server.Close)
	routes["login.microsoftonline.com:443"] = server.Listener.Addr().String()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("platform-secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/", "AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client", "AZURE_FEDERATED_TOKEN_FILE": file,
		"AZURE_TOKEN_CREDENTIALS": "WorkloadIdentityCredential",
	} {
		t.Setenv(name, value)
	}
	sys := quick()
	transport := sys.client.Transport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		target, ok := routes[address]
		if !ok {
			return nil, fmt.Errorf("the test has no host %q", address)
		}
		return dial(ctx, network, target)
	}
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the certificates are the test's own
	return sys
}

func TestWorkloadIdentity(t *testing.T) {
	s := newService()
	server := httptest.NewTLSServer(s)
	t.Cleanup(server.Close)
	l := &login{status: http.StatusOK}
	releases := openAt(t, workload(t, l, map[string]string{"examplecorp.blob.core.windows.net:443": server.Listener.Addr().String()}), "azblob://releases?account=examplecorp")
	for i := range 3 {
		if err := releases.Create(t.Context(), object(fmt.Sprintf("log/%d.json", i), "{}")); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.requests) != 1 || !strings.Contains(l.requests[0], "client_assertion=platform-secret") || !strings.Contains(l.requests[0], url.QueryEscape(scope)) {
		t.Errorf("the login service got %q, want one request for 3 uploads", l.requests)
	}
	if got := s.asked()[2].Header.Get("Authorization"); !strings.HasPrefix(got, "Bearer ey") {
		t.Errorf("got Authorization %q, want a token", got)
	}
}

func TestNoToken(t *testing.T) {
	for _, test := range []struct {
		status int
		want   error
		text   string
	}{
		{http.StatusUnauthorized, store.ErrRefused, "AADSTS700016"},
		{http.StatusServiceUnavailable, store.ErrUnavailable, "getting a token"},
	} {
		t.Run(fmt.Sprint(test.status), func(t *testing.T) {
			releases := openAt(t, workload(t, &login{status: test.status}, map[string]string{}), "azblob://releases?account=examplecorp")
			get, create, swap := operations(t, releases)
			for _, err := range []error{get, create, swap} {
				checkError(t, err, test.want, test.text)
				if strings.Contains(err.Error(), "platform-secret") {
					t.Errorf("the error shows the platform's token: %v", err)
				}
			}
		})
	}
	t.Run("quoted", func(t *testing.T) {
		sys := workload(t, &login{status: http.StatusUnauthorized}, map[string]string{})
		sys.getenv = with("AZURE_CLIENT_SECRET", "client-secret").getenv
		t.Setenv("AZURE_CLIENT_SECRET", "client-secret")
		t.Setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
		get, _, _ := operations(t, openAt(t, sys, "azblob://releases?account=examplecorp"))
		checkError(t, get, store.ErrRefused, "unknown application\\r\\nwith [hidden]")
	})
	t.Run("nobody is logged in", func(t *testing.T) {
		sys := workload(t, http.NotFoundHandler(), map[string]string{})
		t.Setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
		get, _, _ := operations(t, openAt(t, sys, "azblob://releases?account=examplecorp"))
		checkError(t, get, store.ErrRefused, "EnvironmentCredential")
	})
}
