package federation

import (
	"cmp"
	"fmt"
)

// ask is what an import asks for: the app's own declaration, overlaid with what the bundler wrote beside the import.
type ask struct {
	own      *shared // nil: the app brings no copy
	lib      *Copy   // of own, when it asked
	from     string
	scopes   []string
	config   config
	strategy Strategy
}

// nobody is who a message says asks for a package if the app brings no copy.
const nobody = "undefined"

func (p *Page) asking(a *app, d Declaration) ask {
	k := ask{from: nobody}
	if own := p.own(a, d.Package); own != nil {
		k = ask{own: own, lib: own.lib, from: own.from, scopes: own.scopes, config: own.config, strategy: own.strategy}
	}
	if p.api == Runtime {
		return k
	}
	k.scopes, k.config = d.scopes(), d.config(k.config)
	return k
}

// alone is what a declaration asks for where it is an app's only one, without an app that runs.
func (d Declaration) alone(a App) ask {
	if d.NoImport {
		return ask{from: nobody, config: d.config(config{})}
	}
	return ask{from: a.Name, config: d.config(config{required: Requirement{Range: "^" + d.Version, Kind: Range}})}
}

// config is what the bundler's plugin writes beside an import, over what the app's own declaration says.
func (d Declaration) config(own config) config {
	c := config{required: own.required, singleton: d.Singleton, eager: d.Eager}
	c.strict = d.Strict == Strict || d.Strict == StrictUnset && !d.NoImport && !d.Singleton
	switch {
	case d.Required.Kind != Unset:
		c.required = d.Required
	case d.Version != "":
		c.required = Requirement{Range: "^" + d.Version, Kind: Range}
	}
	return c
}

// own is an app's declaration of a package; of several, the one that its rule finds.
func (p *Page) own(a *app, pkg string) *shared {
	list := a.shared[pkg]
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	v := versions{entries: map[string]*shared{}}
	for _, s := range list {
		v.set(s)
	}
	return v.entries[p.ranges.highest(&v)]
}

// selected is what the scopes yield.
type selected struct {
	entry    *shared // nil: nothing that fits
	warnings []string
	err      string
	refused  *shared // what err is about
	asker    string
}

// outcome is what can be said before anything is loaded.
func (s selected) outcome() Outcome {
	out := Outcome{Warnings: s.warnings, Err: s.err, Asker: s.asker}
	if s.refused != nil {
		out.Refused = s.refused.offered()
	}
	return out
}

// offered is the copy that an entry stands for.
func (s *shared) offered() Copy {
	if s.source == nil {
		return Copy{Version: s.version}
	}
	return *s.source
}

// choose picks a copy from the first scope that holds the package.
func (p *Page) choose(a *app, pkg string, k ask) selected {
	for _, name := range k.scopes {
		if v := a.held(name, pkg); v != nil {
			return p.ranges.pick(pkg, v, k)
		}
	}
	return selected{}
}

func (r *Ranges) pick(pkg string, v *versions, k ask) selected {
	version := r.prefer(v, k.strategy)
	entry, required := v.entries[version], k.config.required
	switch {
	case k.config.singleton && required.Kind == Range && !r.satisfies(version, required.Range):
		return mismatch(pkg, version, entry, k)
	case !k.config.singleton && required.Kind == Unset && r.satisfies(version, ""):
		return selected{err: noRange, asker: k.from} // it is the version that is looked at first
	case k.config.singleton, required.Kind == Anything, required.Range == "*", r.satisfies(version, required.Range):
		return selected{entry: entry}
	}
	for _, key := range v.keys {
		if r.satisfies(key, required.Range) {
			return selected{entry: v.entries[key]}
		}
	}
	return selected{}
}

func mismatch(pkg, version string, entry *shared, k ask) selected {
	message := fmt.Sprintf("Version %s from %s of shared singleton module %s does not satisfy the requirement of %s which needs %s)",
		version, entry.from, pkg, k.from, k.config.required.Range)
	if k.config.strict {
		return selected{err: message, refused: entry, asker: k.from}
	}
	return selected{entry: entry, warnings: []string{message}, asker: k.from}
}

const noRange = "Cannot read properties of undefined (reading 'split')"

// prefer walks versions in key order for the one that a strategy likes best.
func (r *Ranges) prefer(v *versions, s Strategy) string {
	if s == LoadedFirst {
		return r.loaded(v)
	}
	return r.highest(v)
}

// highest prefers what is higher, unless what it has is loaded.
func (r *Ranges) highest(v *versions) string {
	return walk(v, func(prev, cur string) bool { return !v.entries[prev].isLoaded() && r.supersedes(cur, prev) })
}

// loaded prefers what is loaded or on its way, and then what is higher.
func (r *Ranges) loaded(v *versions) string {
	return walk(v, func(prev, cur string) bool {
		has, gets := v.entries[prev].busy(), v.entries[cur].busy()
		if has != gets {
			return gets
		}
		return r.supersedes(cur, prev)
	})
}

func walk(v *versions, better func(prev, cur string) bool) string {
	found := ""
	for _, cur := range v.keys {
		if found == "" || better(found, cur) || found == "0" {
			found = cur
		}
	}
	return found
}

// fallback is an app's own copy, outside every scope.
func fallback(a *app, d Declaration) Copy {
	return Copy{Version: cmp.Or(d.Version, "0"), Provider: a.Name}
}
