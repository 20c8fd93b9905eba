// Package cdntest runs, for tests, real servers with the configurations that compiler/cdn prints.
package cdntest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Nginx runs nginx with configurations for its http block until the test ends, and returns the URL that it answers at,
// "http://127.0.0.1:<port>", without a path. What belongs to a machine is replaced: the port 80 by a free one, and the folder
// of caches by one of the test's. Without nginx the test is skipped.
func Nginx(t testing.TB, config []byte) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("nginx is not on the PATH")
		}
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	dir := folder(t)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, whole(dir, local(t, config, dir, socket.Addr())), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "-t", "-q", "-p", dir, "-c", file).CombinedOutput(); err != nil {
		t.Fatalf("nginx refuses the configuration: %v\n%s\n%s", err, out, config)
	}
	run(t, exec.Command(program, "-p", dir, "-c", file, "-g", "daemon off;"), dir, socket)
	return "http://" + socket.Addr().String()
}

// folder is one that nginx may write to: a path of t.TempDir would hold the test's name, which may be hostile.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nginx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// local puts a free port and a folder in the places that the configuration leaves to the machine.
func local(t testing.TB, config []byte, dir string, at net.Addr) []byte {
	t.Helper()
	port := []byte("\tlisten 80;\n")
	if !bytes.Contains(config, port) {
		t.Fatalf("the configuration does not listen on port 80:\n%s", config)
	}
	config = bytes.ReplaceAll(config, port, fmt.Appendf(nil, "\tlisten %s;\n", at))
	return bytes.ReplaceAll(config, []byte(`"/var/cache/nginx/`), []byte(`"`+dir+"/cache-"))
}

// whole is a configuration of nginx that writes to dir alone.
func whole(dir string, http []byte) []byte {
	var b bytes.Buffer
	if os.Geteuid() == 0 {
		b.WriteString("user root;\n") // its worker would not be let into dir
	}
	fmt.Fprintf(&b, "worker_processes 1;\npid %[1]s/pid;\nerror_log %[1]s/error.log;\nevents {}\nhttp {\naccess_log off;\ntypes { application/json json; }\n", dir)
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&b, "%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	b.Write(http)
	b.WriteString("}\n")
	return b.Bytes()
}

// run starts nginx with a socket that listens already, the way nginx hands its own to its successor: nobody else can take the
// port in between, and whoever connects at once waits until nginx accepts.
func run(t testing.TB, nginx *exec.Cmd, dir string, socket net.Listener) {
	t.Helper()
	file, err := socket.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	nginx.ExtraFiles = []*os.File{file} // 3
	nginx.Env = append(os.Environ(), "NGINX=3;")
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = nginx.Process.Signal(os.Interrupt)
		_ = nginx.Wait()
		if log, _ := os.ReadFile(filepath.Join(dir, "error.log")); t.Failed() {
			t.Logf("nginx says:\n%s", log)
		}
	})
}
