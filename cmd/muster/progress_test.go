package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"muster/compiler/publish"
)

// TestProgressWidth looks at every line that is drawn: a terminal of eighty columns must not wrap it.
func TestProgressWidth(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := drawProgress(&b, 3)
	for range 5 { // entries that are passed over were not counted
		p.did(publish.Created, "manifests/general/"+strings.Repeat("a", 64)+".json")
	}
	p.end()
	lines := strings.Split(b.String(), "\r")
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > 79 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	if last := lines[len(lines)-1]; strings.TrimSpace(last) != "" || !strings.Contains(b.String(), "created manifests/") {
		t.Errorf("what stays is %q of %q", last, b.String())
	}
}

// TestDumbTerminal draws nothing where a line can't be drawn anew.
func TestDumbTerminal(t *testing.T) {
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // it passes for a terminal
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	for term, want := range map[string]bool{"dumb": false, "xterm": true} {
		t.Setenv("TERM", term)
		if got := newProgress(device, 1).bar != nil; got != want {
			t.Errorf("TERM=%s: draws %t", term, got)
		}
	}
}
