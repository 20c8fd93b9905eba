package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"muster/compiler/tries"
)

// killed are the system calls by which a run leaves something behind. strace counts those of each thread by themselves, so a
// run is killed as soon as one of its threads comes to the n-th.
var killed = []string{"mkdirat", "openat", "flock", "write", "fsync", "renameat", "unlinkat"}

// TestKillEverything kills whole runs of compile and of publish to a folder, with SIGKILL, at each system call that matters: the
// pointer must name what is there, and the next run must come to the end.
func TestKillEverything(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not on the PATH")
	}
	r := newRepository(t)
	if err := os.CopyFS(r.dir, os.DirFS(filepath.Join(root, "examples", "promotion"))); err != nil {
		t.Fatal(err)
	}
	r.commit(t)
	before := filepath.Join(t.TempDir(), "site")
	r.must(t, "muster", "publish", "file:"+before)
	edit := filepath.Join(r.dir, "cohorts", "general.yaml")
	text, err := os.ReadFile(edit)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(edit, []byte(strings.Replace(string(text), "2.3.0", "2.4.0", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	r.commit(t)
	for _, tt := range []struct {
		name, before string
		command      func(site string) []string
	}{
		{"compile", "", func(site string) []string { return []string{"compile", "--out", site} }},
		{"publish the first", "", func(site string) []string { return []string{"publish", "file:" + site} }},
		{"publish the next", before, func(site string) []string { return []string{"publish", "file:" + site} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			points := 0
			for _, call := range killed {
				for n := 1; r.killAt(t, tt.before, tt.command, call, n); n += tries.Fewer {
					points++
				}
			}
			t.Logf("points tried: %d system calls at which %s was killed", points, tt.name)
		})
	}
}

// killAt reports whether there was an n-th system call of that kind to be killed at.
func (r repository) killAt(t *testing.T, before string, command func(string) []string, call string, n int) bool {
	t.Helper()
	site := filepath.Join(t.TempDir(), "site")
	if before != "" {
		if err := os.CopyFS(site, os.DirFS(before)); err != nil {
			t.Fatal(err)
		}
	}
	trace := []string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n), "muster"}
	_, stderr, status := r.run(t, "strace", append(trace, command(site)...)...)
	if status == 0 {
		return false
	}
	where := fmt.Sprintf("killed at %s %d", call, n)
	if status > 0 && status < 128 {
		t.Fatalf("%s: exit status %d\n%s", where, status, stderr)
	}
	checkNamed(t, site, where)
	r.must(t, "muster", command(site)...)
	if checkNamed(t, site, where+", and run again"); command(site)[0] == "publish" {
		r.must(t, "muster", "verify", site)
	}
	return true
}

// checkNamed asks that what the pointer names is there.
func checkNamed(t *testing.T, site, where string) {
	t.Helper()
	p, err := readPointer(site)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	for _, c := range p.Cohorts {
		if _, err := p.manifest(site, c.Name); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	if _, err := os.Stat(filepath.Join(site, "log")); err == nil {
		if _, err := os.Stat(filepath.Join(site, "log", fmt.Sprintf("%d.json", p.Serial))); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
}
