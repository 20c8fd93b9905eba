package verify_test

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/compiler"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/note"
	"muster/compiler/publish"
	"muster/compiler/site"
	"muster/compiler/store/storetest"
	"muster/compiler/verify"
)

// cdnURL is what the certificate of httptest's servers is for. A proxy leads there.
const cdnURL = "https://example.com"

// cdn serves the files of remotes over TLS. Tests tell their requests apart by the origin that they send.
var cdn struct {
	server *httptest.Server
	hooks  sync.Map // by origin: func(http.ResponseWriter, *http.Request) bool, true if it has answered
}

func serveFile(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	if hook, ok := cdn.hooks.Load(r.Header.Get("Origin")); ok && hook.(func(http.ResponseWriter, *http.Request) bool)(w, r) {
		return
	}
	w.Write([]byte(contentOf(r.URL.Path)))
}

func contentOf(path string) string { return "export default " + path }

func integrityOf(path string) string {
	sum := sha512.Sum384([]byte(contentOf(path)))
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

// tunnel is a proxy that leads to the server of remotes, whatever was asked for.
func tunnel(w http.ResponseWriter, _ *http.Request) {
	there, err := net.Dial("tcp", cdn.server.Listener.Addr().String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go io.Copy(there, here)
	io.Copy(here, there)
}

// TestMain has this process trust the certificate of httptest's servers.
func TestMain(m *testing.M) {
	cdn.server = httptest.NewTLSServer(http.HandlerFunc(serveFile))
	dir, err := os.MkdirTemp("", "verify")
	if err != nil {
		panic(err)
	}
	file := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cdn.server.Certificate().Raw}), 0o600); err != nil {
		panic(err)
	}
	os.Setenv("SSL_CERT_FILE", file)
	proxy := httptest.NewServer(http.HandlerFunc(tunnel))
	os.Setenv("HTTPS_PROXY", proxy.URL)
	status := m.Run()
	cdn.server.CloseClientConnections()
	proxy.CloseClientConnections()
	os.RemoveAll(dir)
	os.Exit(status)
}

// world is a repository of seven commits, of which some are published, and another branch that left the line after the sixth.
type world struct {
	dir     string
	repo    *history.Repository
	line    []history.Commit // serial 1 first
	side    history.Commit   // another seventh commit
	private string
	trust   verify.Trust
	objects *storetest.Memory // serials 3, 4 and 7 are published
}

// clock is when everything is issued, and verified.
var clock = time.Date(2026, 11, 2, 14, 0, 0, 0, time.UTC)

const lifetime = 7 * 24 * time.Hour

var shared = sync.OnceValues(makeWorld)

func newWorld(t testing.TB) *world {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	w, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func makeWorld() (*world, error) {
	dir, err := os.MkdirTemp(filepath.Dir(os.Getenv("SSL_CERT_FILE")), "repo")
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir, objects: &storetest.Memory{}}
	var public note.Key
	if w.private, public, err = note.GenerateKey("acme-2026"); err != nil {
		return nil, err
	}
	if err := w.commits(public); err != nil {
		return nil, err
	}
	if w.repo, err = history.Open(dir, history.Options{}); err != nil {
		return nil, err
	}
	tip, err := w.repo.Resolve("main")
	if err != nil {
		return nil, err
	}
	for c, err := range w.repo.Commits(tip) {
		if err != nil {
			return nil, err
		}
		w.line = append(w.line, c)
	}
	slices.Reverse(w.line)
	if w.side, err = w.repo.Resolve("side"); err != nil {
		return nil, err
	}
	for _, serial := range []int{3, 4, 7} {
		if err := w.publish(w.objects, w.line[:serial], w.private); err != nil {
			return nil, err
		}
	}
	live, _, err := compiler.At(w.repo, tip)
	if err != nil {
		return nil, err
	}
	w.trust, err = verify.TrustOf(live.State.Registry.Policy)
	return w, err
}

func (w *world) commits(public note.Key) error {
	files := map[string]string{
		"schema/policy.cue":  fmt.Sprintf("package schema\n\nregistry: {\n\tname: \"acme\"\n\tbaseURL: \"https://manifests.acme.example/\"\n\tsigning: {keys: [%q], expires: \"168h\"}\n}\npolicy: origins: [%q]\n", public, cdnURL),
		"remotes/shell.yaml": "apiVersion: muster/v1\nname: shell\nowner: team-platform\nkind: host\nreleases:\n  - version: \"5.2.0\"\n",
		"remotes/cart.yaml":  "apiVersion: muster/v1\nname: cart\nowner: team-commerce\nroutes: [{path: /cart, expose: ./Routes}]\nreleases:\n" + cartRelease("1.1.0") + cartRelease("1.0.0"),
		"cohorts/staff.yaml": "apiVersion: muster/v1\nname: staff\nextends: general\naudience: {claims: {group: [staff]}}\npins:\n  cart: {split: [{version: \"1.0.0\", percent: 50}, {version: \"1.1.0\", percent: 50}]}\n",
	}
	for name, text := range files {
		if err := w.write(name, text); err != nil {
			return err
		}
	}
	if err := w.git("init", "-q", "-b", "main"); err != nil {
		return err
	}
	for n := 1; n <= 7; n++ {
		if n == 7 {
			if err := w.git("branch", "side"); err != nil {
				return err
			}
		}
		if err := w.commit(n, fmt.Sprintf("1.%d.0", n%2)); err != nil {
			return err
		}
	}
	if err := w.git("checkout", "-q", "side"); err != nil {
		return err
	}
	return w.commit(8, "1.0.0")
}

func cartRelease(version string) string {
	entry, chunk := "/cart/"+version+"/remoteEntry.js", "/cart/"+version+"/chunk.js"
	return fmt.Sprintf("  - version: %q\n    entry: %s%s\n    integrity: %s\n    size: %d\n    files: {./chunk.js: %s}\n    exposes: {./Routes: {}}\n",
		version, cdnURL, entry, integrityOf(entry), len(contentOf(entry)), integrityOf(chunk))
}

func (w *world) commit(n int, version string) error {
	if err := w.write("cohorts/general.yaml", fmt.Sprintf("apiVersion: muster/v1\nname: general\npins:\n  shell: \"5.2.0\"\n  cart: %q\n", version)); err != nil {
		return err
	}
	if err := w.git("add", "-A"); err != nil {
		return err
	}
	return w.git("commit", "-q", "--allow-empty", "-m", fmt.Sprint(n), "--date", fmt.Sprintf("2026-11-01T12:%02d:00Z", n))
}

func (w *world) write(name, text string) error {
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

func (w *world) git(args ...string) error {
	cmd := exec.Command("git", args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=2026-11-01T12:00:00Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// publish publishes the last commit of a line with a key, or with "" unsigned.
func (w *world) publish(to *storetest.Memory, line []history.Commit, private string) error {
	result, err := w.compile(line)
	if err != nil {
		return err
	}
	p := &publish.Publisher{Store: to, Headers: result.Headers, Lifetime: lifetime, Now: func() time.Time { return clock }, Read: func(document []byte) ([]byte, error) {
		text, _, err := note.Split(document)
		if err != nil {
			return nil, err
		}
		return text[:len(text)-1], nil
	}}
	if private != "" {
		p.Sign = func(ctx context.Context, document []byte) ([]byte, error) { return sign(document, private) }
	}
	_, err = p.Publish(context.Background(), publish.Release{Pointer: result.Pointer, Objects: result.Objects(), Origin: func(serial int) (manifest.Origin, error) {
		return origin(line, serial), nil
	}})
	return err
}

func sign(document []byte, private string) ([]byte, error) {
	key, err := note.ParsePrivateKey(private)
	if err != nil {
		return nil, err
	}
	return note.Sign(context.Background(), document, key.Signer())
}

func origin(line []history.Commit, serial int) manifest.Origin {
	return manifest.Origin{Commit: line[serial-1].ID, Time: line[serial-1].Time, Serial: serial}
}

func (w *world) compile(line []history.Commit) (*compiler.Result, error) {
	c := line[len(line)-1]
	tree, err := w.repo.Tree(c)
	if err != nil {
		return nil, err
	}
	result, found, err := compiler.Compile(compiler.Input{Tree: tree, Origin: origin(line, len(line)), History: compiler.NewHistory(w.repo, c)})
	if result == nil && err == nil {
		err = fmt.Errorf("%v", found)
	}
	return result, err
}

// scene is one test's copy of what is published, and how it is served.
type scene struct {
	*world
	t       testing.TB
	objects *storetest.Memory
	hook    func(w http.ResponseWriter, r *http.Request) bool // true if it has answered; nil: there is none
	v       *verify.Verifier
	slept   time.Duration
}

// newScene serves what is published as it is to be, by HTTP.
func (w *world) newScene(t testing.TB) *scene {
	s := &scene{world: w, t: t, objects: &storetest.Memory{}}
	for _, o := range w.objects.Objects() {
		s.objects.Put(o)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	there, err := site.Open(server.URL, site.Options{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	s.v = &verify.Verifier{Site: there, Trust: w.trust, Git: &verify.Git{Repo: w.repo, Tip: w.line[len(w.line)-1]}, NoGit: "no repository", NoEntries: "not asked for",
		Clock: site.Clock{Now: func() time.Time { return clock }, Sleep: func(_ context.Context, d time.Duration) error { s.slept += d; return nil }}}
	return s
}

func (s *scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	row, _ := manifest.HeadersOf(s.trust.Headers, path)
	for _, f := range row.Fields {
		w.Header().Set(f.Name, f.Value)
	}
	if s.hook != nil && s.hook(w, r) {
		return
	}
	o, ok := s.objects.Objects()[path]
	if !ok {
		http.Error(w, "no such object", http.StatusNotFound)
		return
	}
	w.Write(o.Body)
}

// verify returns the results of the levels and the ids of their findings.
func (s *scene) verify() (*verify.Report, string) {
	s.t.Helper()
	report, err := s.v.Verify(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	var words []string
	for _, l := range report.Levels {
		words = append(words, l.Name+":"+string(l.Result))
		for _, f := range l.Findings {
			words = append(words, f.ID)
		}
	}
	return report, strings.Join(words, " ")
}

func (s *scene) body(path string) string {
	s.t.Helper()
	o, ok := s.objects.Objects()[path]
	if !ok {
		s.t.Fatalf("there is no %s", path)
	}
	return string(o.Body)
}

func (s *scene) put(path, body string) {
	o := s.objects.Objects()[path]
	o.Path, o.Body = path, []byte(body)
	s.objects.Put(o)
}

// edit replaces a text in an object, which must be there.
func (s *scene) edit(path, old, new string) {
	s.t.Helper()
	body := s.body(path)
	if !strings.Contains(body, old) {
		s.t.Fatalf("%q is not in %s", old, body)
	}
	s.put(path, strings.ReplaceAll(body, old, new))
}

// pointer is the one that is there.
func (s *scene) pointer() *manifest.Pointer {
	s.t.Helper()
	p, err := site.ReadPointer([]byte(s.body("pointer.json")))
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// issue puts a pointer there as somebody does who holds the key, with its entry in the log.
func (s *scene) issue(p *manifest.Pointer) {
	s.t.Helper()
	document, err := p.Encode()
	if err == nil {
		document, err = sign(document, s.private)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	entry, err := p.Entry().Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	s.put("pointer.json", string(document))
	s.put(manifest.LogPath(p.Serial), string(entry))
}

// manifest is the path of the manifest of a cohort.
func (s *scene) manifest(cohort string) string {
	for _, c := range s.pointer().Cohorts {
		if c.Name == cohort {
			return c.Path()
		}
	}
	s.t.Fatalf("there is no cohort %s", cohort)
	return ""
}
