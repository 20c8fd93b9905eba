package compiler_test

import (
	"fmt"
	"os"
	"testing"

	"muster/compiler"
	"muster/compiler/generate"
)

// BenchmarkCheck and BenchmarkCompile run on generated registries of growing size; time per remote should stay level.
func BenchmarkCheck(b *testing.B) {
	onSizes(b, func(in compiler.Input) error { _, _, err := compiler.Check(in); return err })
}
func BenchmarkCompile(b *testing.B) {
	onSizes(b, func(in compiler.Input) error { _, _, err := compiler.Compile(in); return err })
}

func onSizes(b *testing.B, run func(compiler.Input) error) {
	for _, size := range []generate.Size{{Remotes: 50, Cohorts: 6, Releases: 5, Shared: 8}, {Remotes: 1000, Cohorts: 12, Releases: 5, Shared: 8}} {
		b.Run(fmt.Sprintf("remotes=%d/cohorts=%d", size.Remotes, size.Cohorts), func(b *testing.B) {
			dir := b.TempDir()
			if err := generate.Write(dir, generate.Files(1, size)); err != nil {
				b.Fatal(err)
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				b.Fatal(err)
			}
			defer root.Close()
			for b.Loop() {
				if err := run(compiler.Input{Tree: root.FS()}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size.Remotes), "µs/remote")
		})
	}
}
