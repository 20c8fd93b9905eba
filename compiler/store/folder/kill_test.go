package folder

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// childTask and childDir are set in the environment of a child of the tests: what it shall do, and in which folder.
const childTask, childDir = "MUSTER_TEST_TASK", "MUSTER_TEST_DIR"

const childStarted = "here it begins\n"

func init() {
	if os.Getenv(childTask) != "" {
		runtime.LockOSThread() // strace counts the calls of each thread by themselves
	}
}

func TestMain(m *testing.M) {
	task := os.Getenv(childTask)
	if task == "" {
		os.Exit(m.Run())
	}
	fmt.Print(childStarted)
	if err := child(task, os.Getenv(childDir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child contends, or does the work of a scenario.
func child(task, dir string) error {
	if task == contending {
		return contend(dir)
	}
	for _, s := range scenarios {
		if s.name == task {
			return s.work.do(folder{dir, osDisk()}, s.out())
		}
	}
	return fmt.Errorf("no task %q", task)
}

// straced runs a child under strace, which kills it as it enters a system call for the n-th time, or never if n is 0. It
// returns what the child wrote.
func straced(task, dir, call string, n int) (string, error) {
	args := []string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call}
	if n > 0 {
		args = append(args, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n))
	}
	cmd := exec.Command("strace", append(args, os.Args[0])...)
	cmd.Env = append(os.Environ(), childTask+"="+task, childDir+"="+dir)
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

// killed are the scenarios that are worth a process for each system call.
func killed() []scenario {
	return slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool {
		return !slices.Contains([]string{"no folder", "previous generation", "publish, no folder", "publish, previous generation"}, s.name)
	})
}

// TestKill works in a process of its own and kills it, with SIGKILL, at every system call that matters.
func TestKill(t *testing.T) {
	t.Parallel()
	if out, err := straced(scenarios[0].name, t.TempDir(), "fsync", 0); err != nil {
		t.Skipf("strace is not to be had here: %v %s", err, out)
	}
	tried := pointsTried(t, "kills at a system call in the course")
	for _, s := range killed() {
		for _, call := range []string{"mkdirat", "openat", "write", "fsync", "renameat", "unlinkat", "flock"} {
			t.Run(s.name+"/"+call, func(t *testing.T) {
				t.Parallel()
				kills := 0
				for n := 1; ; n++ {
					p := s.onDisk(t)
					out, err := straced(s.name, p.dir, call, n)
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
				tried.add(s.work, kills)
				if kills == 0 && call != "unlinkat" { // only a stale temporary file is ever removed
					t.Error("never killed")
				}
			})
		}
	}
}

func checkKilled(t *testing.T, p place, where string) {
	t.Helper()
	if err := p.files(t).promise(p.work.old(), p.out); err != nil {
		t.Errorf("killed at %s: %v", where, err)
	}
	if err := p.apply(&tap{}); err != nil {
		t.Errorf("killed at %s, and then: %v", where, err)
	}
	if err := p.files(t).complete(p.out); err != nil {
		t.Errorf("killed at %s, run again: %v", where, err)
	}
}
