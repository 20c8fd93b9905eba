package azure

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	blobcontainer "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// azurite is Microsoft's emulator of Azure Storage, which runs for one test on a port of its own.
type azurite struct {
	endpoint string // with the account
	key      string // random, base64
}

const account = "examplecorp"

// startAzurite skips the test if azurite is not installed.
func startAzurite(t *testing.T, arguments ...string) azurite {
	t.Helper()
	const home = "testdata/azurite"
	if _, err := os.Stat(home + "/node_modules"); err != nil {
		t.Skipf("azurite is not installed: run npm ci --prefix compiler/store/azure/%s", home)
	}
	key := make([]byte, 64)
	rand.Read(key)
	a := azurite{key: base64.StdEncoding.EncodeToString(key)}
	// The SDK speaks a newer version of the protocol than azurite knows.
	arguments = append([]string{home + "/serve.mjs", "--inMemoryPersistence", "--blobPort", "0", "--silent", "--disableTelemetry", "--skipApiVersionCheck"}, arguments...)
	cmd := exec.CommandContext(t.Context(), "node", arguments...)
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
	listens := regexp.MustCompile(`successfully listens on (https?://\S+)`)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if address := listens.FindStringSubmatch(lines.Text()); address != nil {
			a.endpoint = address[1] + "/" + account
			return a
		}
	}
	t.Fatal("azurite ended before it listened")
	return a
}

// with is surroundings with only these environment variables, as pairs of name and value.
func with(pairs ...string) surroundings {
	sys := system()
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
	t.Run("conformance", func(t *testing.T) {
		t.Parallel()
		a.container(t, "conformance")
		storetest.Conformance(t, func(t *testing.T, prefix string) store.Store {
			return a.open(t, a.withKey(), "conformance/"+prefix)
		})
	})
}
