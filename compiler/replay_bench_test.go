package compiler

import (
	"os/exec"
	"testing"
	"time"

	"muster/compiler/generate"
	"muster/compiler/history"
)

// historyA is fifty remotes and six cohorts over five thousand commits.
var historyA = generate.HistorySize{Remotes: 50, Cohorts: 6, Others: 40, Commits: 5000, Merges: 0.09, Touching: 0.5}

// BenchmarkReplay replays a history without working out a manifest's id, with and without reading ahead. The metric is how many
// times as long it takes as git does to find what changed.
func BenchmarkReplay(b *testing.B) {
	dir := importHistory(b, 1, historyA)
	git := time.Hour
	for range 3 {
		start := time.Now()
		if err := exec.Command("git", "-C", dir, "log", "--first-parent", "--raw", "main", "--", "remotes", "cohorts", "schema").Run(); err != nil {
			b.Fatal(err)
		}
		git = min(git, time.Since(start))
	}
	for _, c := range []struct {
		name   string
		inTurn bool
	}{{"ahead", false}, {"in-turn", true}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				replayAll(b, dir, c.inTurn)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(git), "×git")
		})
	}
}

func replayAll(b *testing.B, dir string, inTurn bool) {
	b.Helper()
	repo, err := history.Open(dir, history.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer repo.Close()
	tip, err := repo.Resolve("main")
	if err != nil {
		b.Fatal(err)
	}
	r := newReplayer(repo)
	r.inTurn = inTurn
	for _, err := range r.replay(tip) {
		if err != nil {
			b.Fatal(err)
		}
	}
}
