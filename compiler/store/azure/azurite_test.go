package azure

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	blobcontainer "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// azurite is Microsoft's emulator of Azure Storage, which runs for one test on a port of its own. Its package.json replaces the
// telemetry library, which is switched off here, by an older one: that halves the size of the whole and the time to start.
type azurite struct {
	endpoint string // with the account
	key      string // random, base64
}

const account = "examplecorp"

// startAzurite skips the test if azurite is not installed.
func startAzurite(t *testing.T) azurite {
	t.Helper()
	const home = "testdata/azurite"
	if _, err := os.Stat(home + "/node_modules"); err != nil {
		t.Skipf("azurite is not installed: run npm ci --prefix compiler/store/azure/%s", home)
	}
	key := make([]byte, 64)
	rand.Read(key)
	a := azurite{key: base64.StdEncoding.EncodeToString(key)}
	// The SDK speaks a newer version of the protocol than azurite knows.
	cmd := exec.CommandContext(t.Context(), "node", home+"/serve.mjs", "--inMemoryPersistence", "--blobPort", "0", "--silent", "--disableTelemetry", "--skipApiVersionCheck")
	cmd.Env = append(os.Environ(), "AZURITE_ACCOUNTS="+account+":"+a.key)
	cmd.Stderr = t.Output()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has killed it
	listens := regexp.MustCompile(`successfully listens on (http://\S+)`)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if address := listens.FindStringSubmatch(lines.Text()); address != nil {
			a.endpoint = address[1] + "/" + account
			return a
		}
	}
	t.Fatal("azurite ended before it listened")
	return a
}

// with is surroundings with only these environment variables, as pairs of name and value, and with patience for a busy machine.
func with(pairs ...string) surroundings {
	sys := system()
	sys.client = newClient(time.Minute)
	sys.login = time.Minute
	sys.getenv = func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
	return sys
}

func (a azurite) withKey() surroundings { return with(envAccount, account, envKey, a.key) }

// container makes a container.
func (a azurite) container(t *testing.T, name string) *blobcontainer.Client {
	t.Helper()
	credential, err := blob.NewSharedKeyCredential(account, a.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := blobcontainer.NewClientWithSharedKeyCredential(a.endpoint+"/"+name, credential, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return c
}

func (a azurite) open(t *testing.T, sys surroundings, path string) store.Store {
	t.Helper()
	return openAt(t, sys, "azblob://"+path+"?endpoint="+a.endpoint)
}

func openAt(t *testing.T, sys surroundings, destination string) store.Store {
	t.Helper()
	u, err := url.Parse(destination)
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(u, sys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAzurite(t *testing.T) {
	t.Parallel()
	a := startAzurite(t)
	for name, test := range map[string]func(t *testing.T, a azurite){
		"conformance": testConformance,
		"credentials": testCredentials,
		"refused":     testRefused,
		"container":   testContainer,
		"lease":       testLease,
		"damage":      testDamage,
		"foreign":     testForeign,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, a)
		})
	}
}

func testConformance(t *testing.T, a azurite) {
	a.container(t, "conformance")
	storetest.Conformance(t, func(t *testing.T, prefix string) store.Store {
		return a.open(t, a.withKey(), "conformance/"+prefix)
	})
}

// sign returns a shared access signature for a container with some of the permissions to read, create and write.
func sign(t *testing.T, c *blobcontainer.Client, permissions sas.ContainerPermissions, until time.Time) string {
	t.Helper()
	signed, err := c.GetSASURL(permissions, until, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(signed, "?")
	return token
}

// testCredentials reads an object with each kind of credential, and writes one.
func testCredentials(t *testing.T, a azurite) {
	c := a.container(t, "credentials")
	token := sign(t, c, sas.ContainerPermissions{Read: true, Create: true, Write: true}, time.Now().Add(time.Hour))
	for name, sys := range map[string]surroundings{
		"key":                  a.withKey(),
		"signature":            with(envSAS, token),
		"connection-key":       with(envConnection, "AccountName="+account+";AccountKey="+a.key+";BlobEndpoint="+a.endpoint),
		"connection-signature": with(envConnection, "BlobEndpoint="+a.endpoint+"/;SharedAccessSignature="+token),
	} {
		s := a.open(t, sys, "credentials/"+name)
		o := object("special/a b+c%20d?e=f&é.json", "old") // all of it is signed
		if err := s.Create(t.Context(), o); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, tag, err := s.Get(t.Context(), o.Path)
		if err != nil || string(got.Body) != "old" {
			t.Errorf("%s: got %q with error %v", name, got.Body, err)
		}
		if err := s.Swap(t.Context(), o, tag); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func testRefused(t *testing.T, a azurite) {
	c := a.container(t, "refused")
	other := base64.StdEncoding.EncodeToString([]byte("the key of another account"))
	expired := sign(t, c, sas.ContainerPermissions{Read: true, Create: true, Write: true}, time.Now().Add(-time.Hour))
	signature := expired[strings.Index(expired, "sig=")+len("sig="):]
	for _, sys := range []surroundings{with(envAccount, account, envKey, other), with(envSAS, expired), with(envSAS, expired+"A")} {
		storetest.AlwaysFails(t, a.open(t, sys, "refused"), store.ErrRefused, other, signature, "sig=")
	}
	reader := with(envSAS, sign(t, c, sas.ContainerPermissions{Read: true}, time.Now().Add(time.Hour)))
	get, create, swap := operations(t, a.open(t, reader, "refused"))
	checkError(t, get, store.ErrNotFound, "")
	checkError(t, create, store.ErrRefused, "permission")
	checkError(t, swap, store.ErrRefused, "permission")
}

func testContainer(t *testing.T, a azurite) {
	get, create, swap := operations(t, a.open(t, a.withKey(), "missing"))
	for _, err := range []error{get, create, swap} {
		checkError(t, err, nil, "404 ContainerNotFound: create the container first")
	}
}

// testLease has somebody hold a lease on the pointer: that is no conflict, which reading again would solve.
func testLease(t *testing.T, a azurite) {
	c := a.container(t, "lease")
	s := a.open(t, a.withKey(), "lease")
	if err := s.Create(t.Context(), object("pointer.json", "old")); err != nil {
		t.Fatal(err)
	}
	_, tag, err := s.Get(t.Context(), "pointer.json")
	if err != nil {
		t.Fatal(err)
	}
	held, err := lease.NewBlobClient(c.NewBlockBlobClient("pointer.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.AcquireLease(t.Context(), -1, nil); err != nil {
		t.Fatal(err)
	}
	checkError(t, s.Swap(t.Context(), object("pointer.json", "new"), tag), nil, "412 LeaseIdMissing: somebody holds a lease")
}

// testDamage changes uploads on their way, after which nothing may be there.
func testDamage(t *testing.T, a azurite) {
	a.container(t, "damage")
	target, err := url.Parse(a.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host }}
	way := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { storetest.DamageUpload(w, r, proxy.ServeHTTP) }))
	damaged := openAt(t, a.withKey(), "azblob://damage?endpoint="+way.URL+"/"+account)
	err = damaged.Create(t.Context(), object("pointer.json", "{}"))
	checkError(t, err, store.ErrUnavailable, "Md5Mismatch: the upload was damaged")
	_, _, err = a.open(t, a.withKey(), "damage").Get(t.Context(), "pointer.json")
	checkError(t, err, store.ErrNotFound, "")
}

// testForeign reads what another program has uploaded in blocks, without a checksum or header fields.
func testForeign(t *testing.T, a azurite) {
	c := a.container(t, "foreign")
	client := c.NewBlockBlobClient("foreign.json")
	if _, err := client.StageBlock(t.Context(), "MDAw", streaming.NopCloser(strings.NewReader("{}")), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CommitBlockList(t.Context(), []string{"MDAw"}, nil); err != nil {
		t.Fatal(err)
	}
	s := a.open(t, a.withKey(), "foreign")
	o, tag, err := s.Get(t.Context(), "foreign.json")
	if err != nil || string(o.Body) != "{}" {
		t.Fatalf("got %q with error %v", o.Body, err)
	}
	if err := s.Swap(t.Context(), object("foreign.json", "[]"), tag); err != nil {
		t.Error(err)
	}
	if o, _, err := s.Get(t.Context(), "foreign.json"); err != nil || string(o.Body) != "[]" || o.CacheControl != "public, max-age=5" {
		t.Errorf("got %+v with error %v", o, err)
	}
}
