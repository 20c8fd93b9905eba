package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"muster/compiler/generate"
)

// BenchmarkProcess measures whole processes on generated registries, in turn so that a machine whose speed drifts treats
// them alike: muster check and compile, cue vet of the same files against the same definitions if cue is on PATH, and the
// floor, which is reading and hashing the bytes. It reports medians, in milliseconds and megabytes of peak memory. Sizes
// beyond MUSTER_BENCH_REMOTES (default 1000) are left out:
//
//	go install cuelang.org/go/cmd/cue@v0.17.1
//	MUSTER_BENCH_REMOTES=10000 go test ./cmd/muster -run '^$' -bench Process -benchtime 3x -timeout 60m
func BenchmarkProcess(b *testing.B) {
	most := 1000
	if n, err := strconv.Atoi(os.Getenv("MUSTER_BENCH_REMOTES")); err == nil {
		most = n
	}
	for _, size := range []generate.Size{{Remotes: 50, Cohorts: 6, Releases: 5, Shared: 8}, {Remotes: 1000, Cohorts: 12, Releases: 5, Shared: 8}, {Remotes: 10000, Cohorts: 20, Releases: 5, Shared: 8}} {
		if size.Remotes > most {
			continue
		}
		b.Run(fmt.Sprintf("remotes=%d/cohorts=%d", size.Remotes, size.Cohorts), func(b *testing.B) { benchmarkSize(b, size) })
	}
}

func benchmarkSize(b *testing.B, size generate.Size) {
	dir := b.TempDir()
	if err := generate.Write(dir, generate.Files(1, size)); err != nil {
		b.Fatal(err)
	}
	muster := filepath.Join(binFolder(b), "muster")
	peers := []peer{
		{name: "check", commands: [][]string{{muster, "check", "-C", dir}}},
		{name: "compile", commands: [][]string{{muster, "compile", "-C", dir, "--out", filepath.Join(dir, "dist")}}},
	}
	if cue, err := exec.LookPath("cue"); err == nil {
		peers = append(peers, peer{name: "cue", commands: [][]string{
			append(vet(b, cue, "#Remote"), yamlFiles(b, filepath.Join(dir, "remotes"))...),
			append(vet(b, cue, "#Cohort"), yamlFiles(b, filepath.Join(dir, "cohorts"))...)}})
	}
	floor := []time.Duration{}
	b.ResetTimer()
	for b.Loop() {
		for i := range peers {
			peers[i].run(b)
		}
		start := time.Now()
		hashAll(b, dir)
		floor = append(floor, time.Since(start))
	}
	for _, p := range peers {
		b.ReportMetric(median(p.took).Seconds()*1000, p.name+"-ms")
		b.ReportMetric(float64(p.peak)/1024, p.name+"-MB")
		if p.name != "check" {
			b.ReportMetric(float64(median(p.took))/float64(median(peers[0].took)), p.name+"/check")
		}
	}
	b.ReportMetric(median(floor).Seconds()*1000, "floor-ms")
	b.ReportMetric(0, "ns/op")
}

// peer is one thing to measure: commands run one after the other, each taken as a process of its own.
type peer struct {
	name     string
	commands [][]string
	took     []time.Duration
	peak     int64 // kilobytes, the largest of any run
}

func (p *peer) run(b *testing.B) {
	start := time.Now()
	for _, args := range p.commands {
		c := exec.Command(args[0], args[1:]...)
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%.2000s", args[0], err, out)
		}
		p.peak = max(p.peak, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	p.took = append(p.took, time.Since(start))
}

func vet(b *testing.B, cue, definition string) []string {
	schemas, err := filepath.Glob(filepath.Join(root, "schema/v1/*.cue"))
	if err != nil || len(schemas) == 0 {
		b.Fatal("no schema: ", err)
	}
	schemas = slices.DeleteFunc(schemas, func(s string) bool { return strings.HasSuffix(s, "root.cue") })
	return slices.Concat([]string{cue, "vet", "-d", definition}, schemas)
}

func yamlFiles(b *testing.B, dir string) (names []string) {
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return names
}

func hashAll(b *testing.B, dir string) {
	for _, name := range slices.Concat(yamlFiles(b, filepath.Join(dir, "remotes")), yamlFiles(b, filepath.Join(dir, "cohorts"))) {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		sha256.Sum256(text)
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// BenchmarkPublish measures what publishing a commit to a folder costs beside compiling it: the first commit of a registry, to an
// empty folder, and the same commit again.
func BenchmarkPublish(b *testing.B) {
	dir := b.TempDir()
	if err := generate.Write(dir, generate.Files(1, generate.Size{Remotes: 50, Cohorts: 6, Releases: 5, Shared: 8})); err != nil {
		b.Fatal(err)
	}
	git := process{dir: dir, env: append(gitEnvironment, "GIT_AUTHOR_DATE=2026-11-01T12:00:00Z", "GIT_COMMITTER_DATE=2026-11-01T12:00:00Z")}
	git.must(b, "git", "init", "-q")
	git.must(b, "git", "add", ".")
	git.must(b, "git", "commit", "-qm", "one")
	muster, out := filepath.Join(binFolder(b), "muster"), b.TempDir()
	site := func(n int) string { return "file:" + filepath.Join(out, strconv.Itoa(n)) }
	peers := []peer{{name: "compile"}, {name: "publish"}, {name: "again"}}
	for n := 0; b.Loop(); n++ {
		peers[0].commands = [][]string{{muster, "compile", "-C", dir, "--at", "HEAD", "--out", filepath.Join(out, "dist", strconv.Itoa(n))}}
		peers[1].commands = [][]string{{muster, "publish", "-C", dir, site(n)}}
		peers[2].commands = peers[1].commands
		for i := range peers {
			peers[i].run(b)
		}
	}
	for _, p := range peers {
		b.ReportMetric(median(p.took).Seconds()*1000, p.name+"-ms")
		if p.name != "compile" {
			b.ReportMetric(float64(median(p.took))/float64(median(peers[0].took)), p.name+"/compile")
		}
	}
	b.ReportMetric(0, "ns/op")
}
