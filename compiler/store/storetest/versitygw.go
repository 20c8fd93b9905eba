package storetest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// S3Server is a real S3 server with an empty bucket, and the credentials of its owner.
type S3Server struct {
	Endpoint string // "http://127.0.0.1:<port>"
	Region   string
	Bucket   string
	// Folder is where the objects of the bucket are files, by key.
	Folder               string
	AccessKey, SecretKey string
}

// VersityGW starts versitygw on a folder of its own; the end of the test stops it. The program is looked for on the PATH and
// in .ci/bin at the top of the repository. Where there is none the test is skipped.
//
// It runs without --sidecar, with which it loses conditional updates, so the folder for temporary files needs extended
// attributes.
func VersityGW(t testing.TB) S3Server {
	t.Helper()
	s, _ := StoppableVersityGW(t)
	return s
}

// StoppableVersityGW is VersityGW with a function that stops the server before the test ends.
func StoppableVersityGW(t testing.TB) (s S3Server, stop func()) {
	t.Helper()
	program := findTool(t, "versitygw")
	address := freeAddress(t)
	root := t.TempDir()
	s = S3Server{
		Endpoint: "http://" + address, Region: "us-east-1", Bucket: "muster", Folder: filepath.Join(root, "muster"),
		AccessKey: "versity-access-key", SecretKey: "versity-secret-key-91ab",
	}
	if err := os.Mkdir(s.Folder, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--port", address, "--quiet", "posix", root)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.AccessKey, "ROOT_SECRET_KEY="+s.SecretKey)
	return s, startServer(t, cmd, address)
}

// findTool returns the path of a program that CI installs.
func findTool(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if path, err := exec.LookPath(filepath.Join(dir, ".ci", "bin", name)); err == nil {
			return path
		}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	t.Skipf("%s is neither on the PATH nor in .ci/bin", name)
	return ""
}

// freeAddress returns an address of this machine where nobody listens at the moment.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startServer starts a program, waits until it listens, and lets the end of the test kill it, or the function that it returns.
func startServer(t testing.TB, cmd *exec.Cmd, address string) (stop func()) {
	t.Helper()
	var output lockedBuffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	t.Cleanup(stop)
	for giveUp := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return stop
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s ended (%v) and said:\n%s", cmd.Path, err, output.String())
		default:
		}
		if time.Now().After(giveUp) {
			t.Fatalf("%s does not listen at %s: %v; it said:\n%s", cmd.Path, address, err, output.String())
		}
	}
}

// lockedBuffer is what a program writes while a test may read it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
