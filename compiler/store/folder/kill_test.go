package folder

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// childDir is set in the environment of a child of the tests, to the folder that it shall publish current in.
const childDir = "MUSTER_TEST_PUBLISH_DIR"

const childStarted = "here it begins\n"

func init() {
	if os.Getenv(childDir) != "" {
		runtime.LockOSThread() // strace counts the calls of each thread by themselves
	}
}

func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	fmt.Print(childStarted)
	if err := Write(dir, current()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// straced runs a child under strace, which kills it as it enters a system call for the n-th time, or never if n is 0. It
// returns what the child wrote.
func straced(dir, call string, n int) (string, error) {
	args := []string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call}
	if n > 0 {
		args = append(args, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n))
	}
	cmd := exec.Command("strace", append(args, os.Args[0])...)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func wasKilled(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// TestKill publishes in a process of its own and kills it, with SIGKILL, at every system call that matters.
func TestKill(t *testing.T) {
	t.Parallel()
	if out, err := straced(t.TempDir(), "fsync", 0); err != nil {
		t.Skipf("strace is not to be had here: %v %s", err, out)
	}
	for _, s := range scenarios[:3] {
		for _, call := range []string{"mkdirat", "openat", "write", "fsync", "renameat", "unlinkat"} {
			t.Run(s.name+"/"+call, func(t *testing.T) {
				t.Parallel()
				kills := 0
				for n := 1; ; n++ {
					p := s.onDisk(t)
					out, err := straced(p.dir, call, n)
					if err == nil {
						break
					}
					if !wasKilled(err) {
						t.Fatalf("%v %s", err, out)
					}
					if strings.HasPrefix(out, childStarted) { // and not while the process was still starting
						kills++
					}
					checkKilled(t, p, fmt.Sprintf("%s %d", call, n))
				}
				t.Logf("killed %d times", kills)
				if kills == 0 && call != "unlinkat" { // only a stale temporary file is ever removed
					t.Error("never killed")
				}
			})
		}
	}
}

func checkKilled(t *testing.T, p place, where string) {
	t.Helper()
	if err := p.files(t).promise(old(), p.out); err != nil {
		t.Errorf("killed at %s: %v", where, err)
	}
	if err := p.apply(&tap{}); err != nil {
		t.Errorf("killed at %s, and then: %v", where, err)
	}
	if err := p.files(t).complete(p.out); err != nil {
		t.Errorf("killed at %s, run again: %v", where, err)
	}
}
