package federation

import (
	"slices"
	"testing"
)

// BenchmarkVectors runs every case of the vectors once: what testdata/runtime/mf.mjs does with the real runtime.
func BenchmarkVectors(b *testing.B) {
	all := slices.Collect(cases(b, "negotiation"))
	ranges := NewRanges() // as a check has one for all its pages
	b.ReportAllocs()
	for b.Loop() {
		for _, v := range all {
			v.In.run(v.In.config(ranges))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/pass")
}
