package native

import (
	"fmt"
	"testing"
)

// family is a page whose apps share the same packages in neighbouring versions.
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
