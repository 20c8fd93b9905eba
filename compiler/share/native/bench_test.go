package native

import (
	"fmt"
	"testing"
)

// familyPage is a page whose apps share the same packages in neighbouring versions.
func familyPage(remotes, packages int) Page {
	app := func(name string, minor int) App {
		a := App{Name: name, URL: "https://" + name + ".test/remoteEntry.json"}
		for p := range packages {
			name := fmt.Sprintf("@acme/p%d", p)
			a.Shared = append(a.Shared, External{Package: name, Version: fmt.Sprintf("19.%d.0", minor), RequiredVersion: "^19.0.0", Singleton: true, Strict: true,
				Entries: []Entry{{name, "index.js"}, {name + "/testing", "testing.js"}}})
		}
		return a
	}
	host := app(hostName, 1)
	page := Page{Host: &host}
	for i := range remotes {
		page.Remotes = append(page.Remotes, app(fmt.Sprintf("remote%d", i), i%3))
	}
	return page
}

func BenchmarkNegotiate(b *testing.B) {
	for _, rt := range []Runtime{Orchestrator, Classic} {
		for _, n := range []int{5, 20} {
			page := familyPage(n, 10)
			b.Run(fmt.Sprintf("%s/%d", rt, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					Negotiate(rt, page)
				}
			})
		}
	}
}

// BenchmarkTable looks up the last key of tables around the size from which on they keep a map of places.
func BenchmarkTable(b *testing.B) {
	for _, n := range []int{4, many, many + 1, 100} {
		t := newMap[int]()
		for i := range n {
			t.set(fmt.Sprintf("@acme/package-%d", i), i)
		}
		last := t.names()[n-1]
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				t.at(last)
			}
		})
	}
}
