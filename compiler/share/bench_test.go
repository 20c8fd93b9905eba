package share

import (
	"fmt"
	"os"
	"testing"

	"muster/compiler/generate"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// BenchmarkNegotiate judges what every cohort of a registry shares; reading and resolving it is not counted.
// Time and memory per remote should stay level.
func BenchmarkNegotiate(b *testing.B) {
	for _, size := range []generate.Size{{Remotes: 50, Cohorts: 6, Releases: 5, Shared: 8}, {Remotes: 1000, Cohorts: 1, Releases: 5, Shared: 8},
		{Remotes: 4000, Cohorts: 1, Releases: 5, Shared: 8}, {Remotes: 1000, Cohorts: 12, Releases: 5, Shared: 8}} {
		b.Run(fmt.Sprintf("remotes=%d/cohorts=%d", size.Remotes, size.Cohorts), func(b *testing.B) {
			plan := generated(b, size)
			b.ReportAllocs()
			for b.Loop() {
				n := New(plan.Registry.Policy)
				for _, c := range plan.Cohorts {
					n.Check(c)
				}
			}
		})
	}
}

func generated(b *testing.B, size generate.Size) *resolve.Plan {
	b.Helper()
	dir := b.TempDir()
	if err := generate.Write(dir, generate.Files(1, size)); err != nil {
		b.Fatal(err)
	}
	r, found, err := registry.Load(os.DirFS(dir), registry.Options{})
	if err != nil || found.HasErrors() {
		b.Fatal(err, found)
	}
	plan, _ := resolve.Resolve(r)
	return plan
}
