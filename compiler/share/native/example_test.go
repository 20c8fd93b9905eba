package native_test

import (
	"fmt"

	"muster/compiler/share/native"
)

func remote(name, version, required string, strict bool) native.App {
	return native.App{Name: name, URL: "https://" + name + ".test/remoteEntry.json", Shared: []native.External{
		{Package: "react", Version: version, RequiredVersion: required, Singleton: true, Strict: strict, File: "react.js"},
	}}
}

func ExampleNegotiate() {
	shell := remote("shell", "18.2.0", "^18.0.0", true)
	page := native.Page{Host: &shell, Remotes: []native.App{
		remote("checkout", "18.3.1", "^18.2.0", true), remote("search", "19.1.0", "^19.0.0", true), remote("legacy", "17.0.2", "^17.0.0", false),
	}}
	show := func(rt native.Runtime) {
		for _, g := range native.Negotiate(rt, page).Got {
			fmt.Printf("  %s: %s from %s (%s)\n", g.Consumer, g.Version, g.Provider, g.Action)
		}
	}
	fmt.Println("orchestrator, with a host:")
	show(native.Orchestrator)
	page.Host = nil
	fmt.Println("orchestrator, without:")
	show(native.Orchestrator)
	page.Host = &shell
	fmt.Println("classic:")
	show(native.Classic)
	// Output:
	// orchestrator, with a host:
	//   checkout: 18.2.0 from shell (skip)
	//   search: 19.1.0 from search (scope)
	//   legacy: 18.2.0 from shell (skip)
	//   shell: 18.2.0 from shell (share)
	// orchestrator, without:
	//   checkout: 18.3.1 from checkout (scope)
	//   search: 19.1.0 from search (share)
	//   legacy: 19.1.0 from search (skip)
	// classic:
	//   shell: 18.2.0 from shell ()
	//   checkout: 18.3.1 from checkout ()
	//   search: 19.1.0 from search ()
	//   legacy: 17.0.2 from legacy ()
}
