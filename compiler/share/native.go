package share

import (
	"slices"
	"strings"

	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/share/federation"
	"muster/compiler/share/native"
)

// nativePackages works out what the remotes of Native Federation share in a page, with the host if it is one of them; in a page
// of another runtime they have an import map of their own. Their runtime chooses no version by load order: its documents are all
// there before it chooses, in the order of the manifest, which is that of the names.
func (n *Negotiator) nativePackages(page *Page) []*Package {
	g := gatherer{page: &Page{Cohort: page.Cohort, Host: page.Host}, packages: map[string]*Package{}, hosts: map[*class]*Group{}}
	var pins []*resolve.Pin
	for i := range page.Cohort.Pins {
		p := &page.Cohort.Pins[i]
		if p.Remote.Runtime == registry.NativeFederation && len(p.Choices) > 0 && (p == page.Host || loads(page.Host, p)) {
			g.add(n, p)
			pins = append(pins, p)
		}
	}
	for _, pkg := range g.page.Packages {
		pkg.Runtime, pkg.Decision = registry.NativeFederation, ByRule
		for _, group := range pkg.Groups {
			group.Outcomes = make([][]federation.Reached, len(group.class.app.Shared))
		}
	}
	combinations := chosen(pins)
	for _, choices := range combinations {
		if g.takeNative(n, page, pins, choices) == native.Classic {
			for _, pkg := range g.page.Packages {
				pkg.Decision = ByVersion
			}
		}
	}
	for _, pkg := range g.page.Packages {
		switch {
		case len(pkg.Groups) == 1 && len(pkg.Groups[0].Uses) == 1:
			pkg.Decision = Alone
		case len(combinations) > maxCombinations:
			pkg.Decision = Bounded
		}
	}
	return g.page.Packages
}

// chosen are the combinations of the pins' choices, by their places; if there are too many, as many as show each choice once.
func chosen(pins []*resolve.Pin) [][]int {
	all, most := [][]int{nil}, 0
	for _, p := range pins {
		most = max(most, len(p.Choices))
		if len(all) > maxCombinations {
			continue
		}
		var more [][]int
		for _, c := range all {
			for i := range p.Choices {
				more = append(more, append(slices.Clip(c), i))
			}
		}
		all = more
	}
	if len(all) <= maxCombinations {
		return all
	}
	all = nil
	for i := range most {
		var c []int
		for _, p := range pins {
			c = append(c, min(i, len(p.Choices)-1))
		}
		all = append(all, c)
	}
	return all
}

// takeNative runs one combination in the runtime that the host's build brings, and gives every app what it got.
func (g *gatherer) takeNative(n *Negotiator, page *Page, pins []*resolve.Pin, choices []int) native.Runtime {
	p, rt := nativePage(page, pins, choices)
	got := map[[2]string]native.Got{}
	for _, o := range native.Negotiate(rt, p).Got {
		if o.Entry == o.Package {
			got[[2]string{o.Consumer, o.Package}] = o
		}
	}
	apart := map[*Package][]federation.Copy{}
	for i, pin := range pins {
		for _, use := range n.profile(pin.Remote, pin.Choices[choices[i]].Release).uses {
			if o, ok := got[[2]string{pin.Remote.Container.Value, use.class.name}]; ok {
				pkg := g.packages[use.class.name]
				apart[pkg] = g.group(use.class, pin.Remote.Host).takeNative(o, givers(rt, p, o), apart[pkg])
			}
		}
	}
	for pkg, copies := range apart {
		if len(copies) > max(1, len(pkg.Apart)) {
			pkg.Apart = copies
		}
	}
	return rt
}

// nativePage is a combination as the runtime is handed it.
func nativePage(page *Page, pins []*resolve.Pin, choices []int) (p native.Page, rt native.Runtime) {
	rt = native.Orchestrator
	for i, pin := range pins {
		release := pin.Choices[choices[i]].Release
		app := nativeApp(pin, release)
		if pin == page.Host {
			p.Host = &app
		} else {
			p.Remotes = append(p.Remotes, app)
		}
		if strings.HasPrefix(release.Bundler.Federation.Value, "3.") && (pin == page.Host || p.Host == nil) {
			rt = native.Classic
		}
	}
	return p, rt
}

// givers are the apps whose file it may be that an app gets, nil if it can only be its own. Under the classic runtime it is that of
// the host, or of the remote whose document comes first of those that bring the version.
func givers(rt native.Runtime, p native.Page, o native.Got) (names []string) {
	if rt == native.Classic && (p.Host == nil || o.Provider != p.Host.Name) {
		for _, app := range p.Remotes {
			if slices.ContainsFunc(app.Shared, func(e native.External) bool { return e.Package == o.Package && e.Version == o.Version }) {
				names = append(names, app.Name)
			}
		}
	} else if !o.Own {
		return []string{o.Provider}
	}
	if len(names) < 2 {
		return nil
	}
	slices.Sort(names)
	return names
}

// takeNative gives a group what one of its apps got, and adds that to the copies that singletons' consumers have.
func (g *Group) takeNative(o native.Got, givers []string, copies []federation.Copy) []federation.Copy {
	for i, d := range g.class.app.Shared {
		if d.Version != o.Version && len(g.class.app.Shared) > 1 {
			continue
		}
		g.Outcomes[i] = add(g.Outcomes[i], reachedNative(o, givers, d))
		copy := federation.Copy{Version: o.Version, Provider: o.Provider}
		if d.Singleton && o.Err == "" && !slices.Contains(copies, copy) {
			copies = append(copies, copy)
		}
	}
	return copies
}

// nativeApp is a release as its remoteEntry.json would say it. Of a version that is not declared the runtime would say so, and
// what brings no copy is not in the document.
func nativeApp(pin *resolve.Pin, release *registry.Release) native.App {
	app := native.App{Name: pin.Remote.Container.Value, URL: release.Entry.Value}
	if app.URL == "" {
		app.URL = "./remoteEntry.json"
	}
	for i := range release.Shared {
		s := &release.Shared[i]
		if s.Flags&registry.NoImport != 0 {
			continue
		}
		e := native.External{Package: s.Package.Value, Version: s.Version.Value, RequiredVersion: s.RequiredVersion.Value,
			Singleton: s.Flags&registry.Singleton != 0, Strict: s.Flags&registry.StrictVersion != 0, File: s.Package.Value + ".js"}
		if s.Flags&registry.AnyVersion != 0 {
			e.RequiredVersion = "*"
		}
		if len(s.Scopes) > 0 && s.Scopes[0].Value != "default" {
			e.Scope = s.Scopes[0].Value
		}
		app.Shared = append(app.Shared, e)
	}
	return app
}

// silent is a complaint of which the console says nothing.
const silent = ""

// reachedNative is what an app got, in the terms of the other runtimes.
func reachedNative(o native.Got, givers []string, d federation.Declaration) federation.Reached {
	r := federation.Reached{Outcome: federation.Outcome{Copy: federation.Copy{Version: o.Version, Provider: o.Provider}, Own: givers == nil}, Providers: givers}
	if !acceptsNatively(d.Requires(), o.Version) {
		r.Warnings = []string{silent}
	}
	return r
}
