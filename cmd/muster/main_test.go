package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"muster/compiler"
)

// TestColored: a character device, as a terminal is one, has colours, unless something is against it.
func TestColored(t *testing.T) {
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		name                string
		w                   io.Writer
		flag, noColor, term string
		want                bool
	}{
		{"terminal", device, "auto", "", "xterm", true},
		{"terminal without TERM", device, "auto", "", "", true},
		{"NO_COLOR", device, "auto", "1", "xterm", false},
		{"NO_COLOR of any text", device, "auto", "false", "xterm", false},
		{"a dumb terminal", device, "auto", "", "dumb", false},
		{"never", device, "never", "", "xterm", false},
		{"always, whatever NO_COLOR", device, "always", "1", "dumb", true},
		{"a file", file, "auto", "", "xterm", false},
		{"a file, always", file, "always", "", "xterm", true},
		{"a buffer", &bytes.Buffer{}, "auto", "", "xterm", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", c.noColor)
			t.Setenv("TERM", c.term)
			if got := (&globals{color: c.flag}).colored(c.w); got != c.want {
				t.Errorf("colored is %t", got)
			}
		})
	}
}

// TestExplainAll: whatever rule stands behind a finding, there is more to be read about it.
func TestExplainAll(t *testing.T) {
	t.Parallel()
	var list bytes.Buffer
	if status := run([]string{"explain"}, &list, io.Discard); status != 0 {
		t.Fatalf("exit status %d", status)
	}
	if lines := strings.Count(list.String(), "\n"); lines != len(compiler.Rules()) {
		t.Errorf("%d lines for %d rules", lines, len(compiler.Rules()))
	}
	for _, r := range compiler.Rules() {
		var out, errs bytes.Buffer
		if status := run([]string{"explain", r.ID}, &out, &errs); status != 0 || errs.Len() > 0 {
			t.Errorf("%s: exit status %d\n%s", r.ID, status, errs.String())
		}
		if r.Summary == "" || r.Protects == "" || r.Bad == "" || r.Good == "" || r.Bad == r.Good {
			t.Errorf("%s lacks a part: %+v", r.ID, r)
		}
		if !strings.HasPrefix(out.String(), r.ID+": "+r.Summary+"\n\n"+r.Protects+"\n\nbad:\n  ") || !strings.Contains(out.String(), "\n\ngood:\n  ") {
			t.Errorf("%s is explained as\n%s", r.ID, out.String())
		}
		if !strings.Contains(list.String(), r.ID+" ") {
			t.Errorf("%s is not listed", r.ID)
		}
	}
}
