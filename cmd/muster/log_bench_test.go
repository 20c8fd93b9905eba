//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"muster/compiler/generate"
)

// BenchmarkLog runs the whole program on generated histories: the walk alone, with no event shown, and with all events and the ids of
// their manifests. The metrics are how many times as long it takes as `git log --raw` in the same run, and the memory at its peak.
// MUSTER_HISTORY_B=1 adds a hundred thousand commits, which take minutes to make.
func BenchmarkLog(b *testing.B) {
	if _, err := exec.LookPath("git"); err != nil {
		b.Skip("git is not on the PATH")
	}
	muster := filepath.Join(b.TempDir(), "muster")
	if out, err := exec.Command("go", "build", "-o", muster, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	histories := map[string]generate.HistorySize{"A": {Remotes: 50, Cohorts: 6, Others: 40, Commits: 5000, Merges: 0.09, Touching: 0.5}}
	if os.Getenv("MUSTER_HISTORY_B") != "" {
		histories["B"] = generate.HistorySize{Remotes: 300, Cohorts: 20, Others: 2000, Commits: 100_000, Merges: 0.09, Touching: 0.44}
	}
	for name, size := range histories {
		b.Run(name, func(b *testing.B) {
			dir := benchHistory(b, size)
			b.Run("walk", func(b *testing.B) { benchLog(b, dir, muster, "--kind", "broken") })
			b.Run("newest", func(b *testing.B) { benchLog(b, dir, muster, "-n", "1") })
			if name == "A" {
				b.Run("ids", func(b *testing.B) { benchLog(b, dir, muster, "-o", "jsonl") })
			}
		})
	}
}

func benchLog(b *testing.B, dir, muster string, args ...string) {
	b.Helper()
	var git, log time.Duration
	var memory int64 // in KiB
	for b.Loop() {
		start := time.Now()
		benchRun(b, exec.Command("git", "-C", dir, "log", "--first-parent", "--raw", "--", "remotes", "cohorts", "schema"))
		git += time.Since(start)
		start = time.Now()
		memory = max(memory, benchRun(b, exec.Command(muster, append([]string{"log", "-C", dir}, args...)...)))
		log += time.Since(start)
	}
	b.ReportMetric(float64(log)/float64(git), "×git")
	b.ReportMetric(float64(memory)/1024, "MiB")
}

// benchRun runs a program and returns the most memory that it had, in KiB as Linux counts it.
func benchRun(b *testing.B, cmd *exec.Cmd) int64 {
	b.Helper()
	cmd.Stdout = io.Discard
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Maxrss)
}

// benchHistory makes a packed repository with a generated history.
func benchHistory(b *testing.B, size generate.HistorySize) string {
	b.Helper()
	dir := b.TempDir()
	git := func(in io.Reader, args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Stdin = in
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git(nil, "init", "-q", "-b", "main")
	stream, to := io.Pipe()
	go func() { to.CloseWithError(generate.History(to, 1, size)) }()
	git(stream, "fast-import", "--quiet")
	git(nil, "gc", "-q")
	return dir
}
