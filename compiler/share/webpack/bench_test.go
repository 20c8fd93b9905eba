package webpack

import (
	"fmt"
	"testing"

	"muster/compiler/share/federation"
)

// crowd is a contest of many remotes with neighbouring versions, of which every fourth is no singleton.
func crowd(remotes int) Contest {
	c := Contest{Host: federation.App{Name: "shell", Shared: singleton("19.0.0")}, Starts: true, First: true}
	for i := range remotes {
		d := singleton(fmt.Sprintf("19.%d.0", i%3))
		d[0].Required = federation.Requirement{Range: fmt.Sprintf("^19.%d.0", i%2), Kind: federation.Range}
		if d[0].Singleton = i%4 > 0; !d[0].Singleton {
			d[0].Required.Range = "~19.1.0"
		}
		c.Remotes = append(c.Remotes, federation.Group{App: federation.App{Shared: d}, Names: []string{fmt.Sprintf("remote%d", i)}})
	}
	return c
}

func BenchmarkJudge(b *testing.B) {
	for _, n := range []int{5, 20, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := crowd(n)
			c.Ranges = NewRanges()
			b.ReportAllocs()
			for b.Loop() {
				Judge(c, 1000)
			}
		})
	}
}

func BenchmarkPage(b *testing.B) {
	for _, n := range []int{5, 20, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			config, _ := crowd(n).page()
			config.Ranges = NewRanges()
			b.ReportAllocs()
			for b.Loop() {
				p := New(config)
				for _, r := range config.Remotes {
					p.Consume(r.Name, pkg, 0)
				}
			}
		})
	}
}
