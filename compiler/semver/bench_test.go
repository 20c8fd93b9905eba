package semver

import "testing"

// BenchmarkSatisfies holds release versions against the ranges that packages write most.
func BenchmarkSatisfies(b *testing.B) {
	pairs := [][2]string{
		{"18.2.0", "^18.0.0"}, {"18.2.0", "~18.2.0"}, {"18.2.0", ">=16.8.0"}, {"18.2.0", "18.2.0"}, {"18.2.0", "18.x"}, {"18.2.0", ">=18.0.0 <19.0.0"},
		{"18.2.0", "^16.8.0 || ^17.0.0 || ^18.0.0"}, {"18.3.0-canary-1", "^18.0.0"},
	}
	for _, d := range everyDialect {
		b.Run(d.String(), func(b *testing.B) {
			for _, p := range pairs {
				b.Run(p[1]+" "+p[0], func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						_, _ = d.Satisfies(p[0], p[1])
					}
				})
			}
		})
	}
}

func BenchmarkSupersedes(b *testing.B) {
	for _, d := range everyDialect {
		b.Run(d.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Supersedes("18.2.0", "18.3.1")
			}
		})
	}
}
