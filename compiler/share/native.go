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
	g := newGatherer(page)
	var pins []*resolve.Pin
	for _, p := range page.Cohort.Pins {
		if p.Remote.Runtime == registry.NativeFederation && len(p.Choices) > 0 && (p == page.Host || loads(page.Host, p)) {
			g.add(n, p)
			pins = append(pins, p)
		}
	}
	for _, pkg := range g.found {
		pkg.Runtime, pkg.Decision = registry.NativeFederation, ByRule
	}
	if len(g.found) > 0 {
		g.decideNatively(n, pins)
	}
	for _, pkg := range g.found {
		if len(pkg.Groups) == 1 && len(pkg.Groups[0].Uses) == 1 {
			pkg.Decision = Alone
		}
	}
	return g.found
}

// decideNatively runs every combination of the pins' releases, or tells what could come of any if there are too many.
func (g *gatherer) decideNatively(n *Negotiator, pins []*resolve.Pin) {
	combinations, few := g.chosen(pins)
	for _, pkg := range g.found {
		pkg.splits = len(combinations) != 1
		pkg.begin()
	}
	for _, c := range combinations {
		if g.takeNative(n, pins, c) == native.Classic {
			for _, pkg := range g.found {
				pkg.Decision = ByVersion
			}
		}
	}
	if few {
		return
	}
	rt := native.Orchestrator // which can do all that the classic runtime can
	if g.page.Host.Remote.Runtime == registry.NativeFederation {
		rt = runtimeOf(g.page.Release.Release)
	}
	for _, pkg := range g.found {
		pkg.Decision = Bounded
		pkg.boundNatively(rt)
	}
}

// runtimeOf is the runtime that a release's build brings.
func runtimeOf(release *registry.Release) native.Runtime {
	if strings.HasPrefix(release.Bundler.Federation.Value, "3.") {
		return native.Classic
	}
	return native.Orchestrator
}

// chosen are the combinations of the pins' releases, by their places among the choices; false if there are too many. Of the host
// it is the page's release.
func (g *gatherer) chosen(pins []*resolve.Pin) (all [][]int, few bool) {
	all = [][]int{nil}
	for _, p := range pins {
		var more [][]int
		for _, c := range all {
			for i := range p.Choices {
				if p != g.page.Host || &p.Choices[i] == g.page.Release {
					more = append(more, append(slices.Clip(c), i))
				}
			}
		}
		if all = more; len(all) > maxCombinations {
			return nil, false
		}
	}
	return all, true
}

// boundNatively gives every app all that it could get of a package, and more: any version that anybody brings, unless it insists
// on another and so keeps its own; under the classic runtime only the version that it brings itself.
func (p *Package) boundNatively(rt native.Runtime) {
	var brought []federation.Copy
	for _, g := range p.Groups {
		for _, d := range g.class.app.Shared {
			for _, u := range g.Uses {
				if !d.NoImport {
					brought = append(brought, federation.Copy{Version: d.Version, Provider: u.Name()})
				}
			}
		}
	}
	for _, g := range p.Groups {
		g.seated = 1
		for i, d := range g.class.app.Shared {
			if d.NoImport && !p.always(rt) {
				g.meet(i, p.unresolved(), nil)
			}
			for _, copy := range brought {
				if rt == native.Orchestrator || d.NoImport || copy.Version == d.Version {
					p.boundBy(g, i, d, copy)
				}
			}
		}
	}
}

// always reports whether the import map has a copy for everybody whatever the splits give: the host's, or, but not under the classic
// runtime, that of a remote all of whose releases share one.
func (p *Package) always(rt native.Runtime) bool {
	sharing := map[*resolve.Pin]int{}
	for _, g := range p.Groups {
		if !slices.ContainsFunc(g.class.app.Shared, func(d federation.Declaration) bool { return d.Singleton && !d.NoImport && scopesOf(d)[0] == "default" }) {
			continue
		}
		for _, u := range g.Uses {
			if sharing[u.Pin]++; g.Host || rt == native.Orchestrator && sharing[u.Pin] == len(u.Pin.Choices) {
				return true
			}
		}
	}
	return false
}

// unresolved is what an app gets that brings no copy, where the import map has none for everybody.
func (p *Package) unresolved() federation.Reached {
	return federation.Reached{Outcome: federation.Outcome{Err: "TypeError: Failed to resolve module specifier \"" + p.Name + "\""}}
}

// boundBy gives a declaration's app the copy that it could get of another, or its own if it refuses that.
func (p *Package) boundBy(g *Group, i int, d federation.Declaration, copy federation.Copy) {
	fits := acceptsNatively(d.Requires(), copy.Version)
	r := federation.Reached{Outcome: federation.Outcome{Copy: copy}, Providers: []string{copy.Provider}}
	switch own := g.Uses[0].Name(); {
	case d.NoImport && !fits:
		r.Warnings = []string{silent}
	case d.NoImport:
	case copy.Version != d.Version && (!d.Singleton || copy.Provider == own && len(g.Uses) == 1):
		return // what is no singleton is never shared; and its own other release is not there
	case !fits && d.Strict == federation.Strict && copy.Version != d.Version:
		r = federation.Reached{Outcome: federation.Outcome{Copy: federation.Copy{Version: d.Version, Provider: own}, Own: true}}
		if apart := []federation.Copy{copy, r.Copy}; len(p.Apart) == 0 && copy.Provider != own {
			p.Apart = apart
		}
	case !fits:
		r.Warnings = []string{silent}
	}
	g.meet(i, r, nil)
}

// takeNative runs one combination in the runtime that the host's build brings, and gives every app what it got.
func (g *gatherer) takeNative(n *Negotiator, pins []*resolve.Pin, choices []int) native.Runtime {
	p, rt := nativePage(g.page, pins, choices)
	got, everybodys := map[[2]string]native.Got{}, map[string]native.Got{}
	for _, o := range native.Negotiate(rt, p).Got {
		if o.Entry == o.Package {
			got[[2]string{o.Consumer, o.Package}] = o
		}
		if o.Entry == o.Package && (o.Action == native.Share && o.Scope == native.GlobalScope || rt == native.Classic && p.Host != nil && o.Provider == p.Host.Name) {
			everybodys[o.Package] = o
		}
	}
	titles := titlesOf(pins, choices)
	apart := map[*Package][]federation.Copy{}
	for i, pin := range pins {
		for _, use := range n.profile(pin.Remote, pin.Choices[choices[i]].Release).uses {
			pkg, group := g.packages[use.class.name], g.group(use.class, pin.Remote.Host)
			group.seated++
			if o, ok := got[[2]string{pin.Remote.Container.Value, use.class.name}]; ok {
				apart[pkg] = group.takeNative(o, givers(rt, p, o), titles, apart[pkg])
			} else {
				pkg.lacks(group, everybodys[use.class.name], titles)
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

// nativePage is a combination as the runtime is handed it: the host's, or in a page of another runtime the classic one if a remote
// brings it.
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
		if runtimeOf(release) == native.Classic {
			rt = native.Classic
		}
	}
	if p.Host != nil {
		rt = runtimeOf(page.Release.Release)
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

// titlesOf names the releases that splits give.
func titlesOf(pins []*resolve.Pin, choices []int) (titles []string) {
	for i, p := range pins {
		if len(p.Choices) > 1 && !p.Remote.Host {
			titles = append(titles, p.Remote.Name.Value+" "+p.Choices[choices[i]].Release.Version.Value)
		}
	}
	return titles
}

// lacks gives a group's app, which brings no copy, what the import map has for everybody.
func (p *Package) lacks(g *Group, everybodys native.Got, titles []string) {
	for i, d := range g.class.app.Shared {
		if !d.NoImport {
			continue
		}
		r := p.unresolved()
		if everybodys.Version != "" {
			r = reachedNative(everybodys, []string{everybodys.Provider}, d)
		}
		g.meet(i, r, titles)
	}
}

// takeNative gives a group what one of its apps got, and adds that to the copies that singletons' consumers have.
func (g *Group) takeNative(o native.Got, givers, titles []string, copies []federation.Copy) []federation.Copy {
	for i, d := range g.class.app.Shared {
		if d.Version != o.Version && len(g.class.app.Shared) > 1 {
			continue
		}
		g.meet(i, reachedNative(o, givers, d), titles)
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
