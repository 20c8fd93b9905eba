package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"muster/compiler/cdn/cdntest"
	"muster/compiler/store/storetest"
)

// realSite is what a shop publishes to: versitygw as the store, and before it two tiers of nginx, each with the configuration that muster prints.
type realSite struct {
	t           *testing.T
	shop        process
	destination string
	store       string // the URL of the store's objects
	edge        string // what browsers ask
	ttl         time.Duration
	stop        func() // the store
}

func newRealSite(t *testing.T) *realSite {
	gw, stop := storetest.StoppableVersityGW(t)
	s := &realSite{t: t, ttl: 12 * time.Second, stop: stop, store: gw.Endpoint + "/" + gw.Bucket + "/",
		destination: fmt.Sprintf("s3://%s?endpoint=%s&region=%s&pathStyle=true", gw.Bucket, gw.Endpoint, gw.Region)}
	letEverybodyRead(t, gw)
	s.shop = process{dir: filepath.Join(t.TempDir(), "shop"), env: append(gitEnvironment, "AWS_ACCESS_KEY_ID="+gw.AccessKey, "AWS_SECRET_ACCESS_KEY="+gw.SecretKey)}
	if err := os.CopyFS(s.shop.dir, os.DirFS(filepath.Join(root, "examples", "promotion"))); err != nil {
		t.Fatal(err)
	}
	s.edit(filepath.Join("schema", "policy.cue"), `"60s"`, "\"12s\"\n\tcdn: tiers: 2")
	s.shop.must(t, "git", "init", "-q", "-b", "main")
	s.commit("staff try checkout 2.4.0")
	s.edge = s.store
	for range 2 {
		s.edge = cdntest.Nginx(t, []byte(s.shop.must(t, "muster", "publish", s.edge, "--print-config", "nginx"))) + "/"
	}
	return s
}

// letEverybodyRead opens the objects of a bucket to all, as one does where a CDN reads it.
func letEverybodyRead(t *testing.T, gw storetest.S3Server) {
	t.Helper()
	c, err := minio.New(strings.TrimPrefix(gw.Endpoint, "http://"), &minio.Options{Creds: credentials.NewStaticV4(gw.AccessKey, gw.SecretKey, "")})
	if err == nil {
		err = c.SetBucketPolicy(context.Background(), gw.Bucket, fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}`, gw.Bucket))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *realSite) edit(file, old, new string) {
	s.t.Helper()
	name := filepath.Join(s.shop.dir, file)
	b, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(b), old) {
		s.t.Fatalf("%s: no %q: %v", file, old, err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(b), old, new, 1)), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *realSite) commit(message string) {
	s.t.Helper()
	s.shop.must(s.t, "git", "add", ".")
	s.shop.must(s.t, "git", "commit", "-qm", message)
}

// read asks the edge for the pointer, as a page does, and then for the manifest of general.
func (s *realSite) read() (serial int, checkout string, err error) {
	var p pointer
	if err := s.get("pointer.json", &p); err != nil {
		return 0, "", err
	}
	for _, c := range p.Cohorts {
		if c.Name == "general" {
			var m struct {
				Remotes map[string]struct{ Version string }
			}
			err := s.get("manifests/general/"+c.SHA256+".json", &m)
			return p.Serial, m.Remotes["checkout"].Version, err
		}
	}
	return 0, "", fmt.Errorf("the pointer has no cohort general")
}

func (s *realSite) get(path string, into any) error {
	r, err := http.NewRequest(http.MethodGet, s.edge+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Cache-Control", "max-age=0") // as fetch(url, {cache: "no-cache"})
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, resp.Status)
	}
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	return err
}

// crowd reads the site over and over, and notes when it was served what for the last time.
type crowd struct {
	mu    sync.Mutex
	last  map[string]time.Time // by the version of checkout
	stop  chan struct{}
	group sync.WaitGroup
}

func (s *realSite) gather() *crowd {
	c := &crowd{last: map[string]time.Time{}, stop: make(chan struct{})}
	for i := range 8 {
		c.group.Go(func() {
			for highest := 0; ; {
				serial, version, err := s.read()
				if err != nil {
					s.t.Errorf("reading the site: %v", err)
				}
				if highest = max(highest, serial); i == 0 && serial < highest-1 {
					s.t.Errorf("serial %d came after %d", serial, highest)
				}
				c.mu.Lock()
				c.last[version] = time.Now()
				c.mu.Unlock()
				select {
				case <-c.stop:
					return
				case <-time.After(time.Duration(20+60*i) * time.Millisecond):
				}
			}
		})
	}
	return c
}

func (c *crowd) lastSeen(version string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[version]
}

// TestEndToEnd promotes, publishes, reads and rolls back on real parts, and then takes the store away.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	s := newRealSite(t)
	publish := func() string {
		_, stderr, status := s.shop.run(t, "muster", "publish", s.destination, "--wait", "--url", s.edge)
		if status != 0 {
			t.Fatalf("publish: exit status %d\n%s", status, stderr)
		}
		return stderr
	}
	publish()
	c := s.gather()
	change := func(what, old string) {
		t.Helper()
		s.commit(what)
		start := time.Now()
		said := publish()
		if !strings.Contains(said, s.edge+" serves it after ") || strings.Contains(said, "and ttl promises") {
			t.Errorf("%s: publish says\n%s", what, said)
		}
		time.Sleep(time.Until(start.Add(s.ttl + time.Second)))
		took := c.lastSeen(old).Sub(start)
		t.Logf("%s: the last old answer came %.1f s after publishing began, ttl is %s", what, took.Seconds(), s.ttl)
		if took > s.ttl {
			t.Errorf("%s: the last old answer came after %s, and ttl promises %s", what, took, s.ttl)
		}
	}
	s.edit("cohorts/general.yaml", `checkout: "2.3.0"`, `checkout: "2.4.0"`)
	change("promotion", "2.3.0")
	s.edit("cohorts/general.yaml", `checkout: "2.4.0"`, `checkout: "2.3.0"`)
	change("rollback", "2.4.0")
	close(c.stop)
	c.group.Wait()

	s.stop()
	time.Sleep(s.ttl)
	serial, version, err := s.read()
	t.Logf("with the store gone a page gets serial %d, checkout %s, %v", serial, version, err)
	if err != nil || serial != 3 || version != "2.3.0" {
		t.Errorf("with the store gone: serial %d, checkout %q, %v", serial, version, err)
	}
	if _, stderr, status := s.shop.run(t, "muster", "publish", s.destination); status != exitTryAgain {
		t.Errorf("publishing with the store gone: exit status %d\n%s", status, stderr)
	}
}
