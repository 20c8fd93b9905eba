package compiler

import (
	"testing"

	"muster/compiler/history"
)

func BenchmarkReplayTmp(b *testing.B) {
	for b.Loop() {
		repo, err := history.Open("/tmp/A", history.Options{})
		if err != nil {
			b.Fatal(err)
		}
		tip, err := repo.Resolve("HEAD")
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range Replay(repo, tip) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		repo.Close()
	}
}
