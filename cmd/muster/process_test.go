package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// process is how a program runs: where, and what it finds in its environment besides PATH.
type process struct {
	dir string
	env []string
}

func (p process) run(t testing.TB, name string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = p.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=/no-home", detector}, p.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// detector is what the race detector is told in the programs that tests run: by itself it has each of them wait a second at its end,
// and exit with 66 if it finds a race, which is a status of our own.
const detector = "GORACE=atexit_sleep_ms=10 exitcode=97"

// must runs a program that must succeed, and returns what it says on stdout.
func (p process) must(t testing.TB, name string, args ...string) string {
	t.Helper()
	stdout, stderr, status := p.run(t, name, args...)
	if status != 0 {
		t.Fatalf("%s %s: exit status %d\n%s%s", name, strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout
}

// pointer is what a shell reads of pointer.json.
type pointer struct {
	Schema, Registry, Commit, Time, Unpublishable string
	Serial, TTL                                   int
	Cohorts                                       []pointerCohort
}

type pointerCohort struct {
	Name, URL, SHA256 string
	Size              int
}

func readPointer(dir string) (p pointer, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "pointer.json"))
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, err
}

// manifest reads the manifest of a cohort, and holds it against what the pointer says of it.
func (p pointer) manifest(dir, cohort string) ([]byte, error) {
	for _, c := range p.Cohorts {
		if c.Name != cohort {
			continue
		}
		path := "manifests/" + c.Name + "/" + c.SHA256 + ".json"
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		if id := fmt.Sprintf("%x", sha256.Sum256(b)); id != c.SHA256 || len(b) != c.Size || !strings.HasSuffix(c.URL, "/"+path) {
			return nil, fmt.Errorf("the pointer says %+v of a manifest with id %s and %d bytes", c, id, len(b))
		}
		return b, nil
	}
	return nil, fmt.Errorf("the pointer names no cohort %q", cohort)
}
