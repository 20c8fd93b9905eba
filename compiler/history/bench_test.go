package history_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/compiler/generate"
	"muster/compiler/history"
)

// BenchmarkWalk finds what each commit of a packed history changed, in turn with `git log --raw`, and reports how many times
// as long it takes. The history is one of 50 remotes and 5,000 commits; with MUSTER_BENCH_COMMITS=100000, or any number from
// 20000, one of 300 remotes among 2,000 other files.
func BenchmarkWalk(b *testing.B) {
	size := generate.HistorySize{Remotes: 50, Cohorts: 6, Others: 200, Commits: 5000, Merges: 0.09, Touching: 0.6}
	if n, err := strconv.Atoi(os.Getenv("MUSTER_BENCH_COMMITS")); err == nil && n > 0 {
		if size.Commits = n; n >= 20_000 {
			size.Remotes, size.Cohorts, size.Others, size.Touching = 300, 20, 2000, 0.44
		}
	}
	var stream bytes.Buffer
	if err := generate.History(&stream, 1, size); err != nil {
		b.Fatal(err)
	}
	r := newRepo(b).packed(stream.Bytes())
	stream = bytes.Buffer{}
	var git, ours time.Duration
	for b.Loop() {
		start := time.Now()
		if err := r.command("log", "--first-parent", "--raw", "main", "--", "remotes", "cohorts", "schema").Run(); err != nil {
			b.Fatal(err)
		}
		git += time.Since(start)
		start = time.Now()
		walk(b, r)
		ours += time.Since(start)
	}
	b.ReportMetric(ours.Seconds()/git.Seconds(), "times-git")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/walk")
}

// BenchmarkKept walks along 20,000 commits by their objects, with the writing of the file at the end, and with the file.
func BenchmarkKept(b *testing.B) {
	var stream bytes.Buffer
	size := generate.HistorySize{Remotes: 100, Cohorts: 10, Others: 500, Commits: 20_000, Merges: 0.09, Touching: 0.5}
	if err := generate.History(&stream, 1, size); err != nil {
		b.Fatal(err)
	}
	r := newRepo(b).packed(stream.Bytes())
	path := r.kept()
	b.Run("objects", func(b *testing.B) {
		for b.Loop() {
			walk(b, r)
		}
	})
	b.Run("written", func(b *testing.B) {
		for b.Loop() {
			os.Remove(path)
			walk(b, r, roots...)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			walk(b, r, roots...)
		}
	})
}

// walk is all that a command does for a history, from a cold start.
func walk(b *testing.B, r repo, keep ...string) {
	h, err := history.Open(r.dir, history.Options{Keep: keep})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	tip, err := h.Resolve("main")
	if err != nil {
		b.Fatal(err)
	}
	below := keep
	if keep == nil {
		below = []string{"remotes", "cohorts", "schema"}
	}
	for _, err := range h.Steps(tip, below) {
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadAll reads a folder of 2,000 files. Looking each path up in a folder that is parsed anew each time, without
// the map of folders that a tree keeps, takes 40 times as long.
func BenchmarkReadAll(b *testing.B) {
	r := newRepo(b)
	var files []string
	for i := range 2000 {
		files = append(files, fmt.Sprintf("remotes/remote-%04d.yaml", i), strings.Repeat(fmt.Sprintf("line %d\n", i), 100))
	}
	r.commit(files...)
	r.git("gc", "-q")
	h := r.open()
	for b.Loop() {
		top := tree(b, h, "HEAD")
		entries, err := fs.ReadDir(top, "remotes")
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range entries {
			if _, err := e.Info(); err != nil {
				b.Fatal(err)
			}
			read(b, top, "remotes/"+e.Name())
		}
	}
}

// BenchmarkSerial counts 20,000 commits, from a cold start.
func BenchmarkSerial(b *testing.B) {
	r := newRepo(b)
	var stream strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 8\nmessage\n\n", i)
	}
	r.gitWith([]byte(stream.String()), "fast-import", "--quiet")
	for b.Loop() {
		h, err := history.Open(r.dir, history.Options{})
		if err != nil {
			b.Fatal(err)
		}
		c, err := h.Resolve("main")
		if err != nil {
			b.Fatal(err)
		}
		if n, err := h.Serial(c); n != 20_000 || err != nil {
			b.Fatal(n, err)
		}
		h.Close()
	}
}
