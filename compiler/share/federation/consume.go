package federation

import "cmp"

// Consume lets an app, which runs already, import a package that it declares: the index-th of its declarations of it.
func (p *Page) Consume(consumer, pkg string, index int) Outcome {
	a := p.apps[consumer]
	d := a.declaration(pkg, index)
	this := imported{pkg, index}
	if had, ok := a.imports[this]; ok {
		return had
	}
	k := p.asking(a, d)
	for _, name := range k.scopes {
		p.initialize(a, name, k.strategy)
	}
	if d.Eager && p.api == Bundler {
		out := p.consumeNow(a, d, k)
		p.settle()
		return out
	}
	p.settle()
	out, begun := p.consume(a, d, k)
	begun.finish()
	if p.api == Bundler && out.Err == "" {
		a.imports[this] = Outcome{Copy: out.Copy, Own: out.Own}
	}
	return out
}

// imported is an import that the bundler remembers: it asks once.
type imported struct {
	pkg   string
	index int
}

// declaration is what an app declares of a package: nothing but its name, if it declares nothing.
func (a *app) declaration(pkg string, index int) Declaration {
	for _, d := range a.Shared {
		if d.Package == pkg {
			if index == 0 {
				return d
			}
			index--
		}
	}
	return Declaration{Package: pkg, NoImport: true}
}

// fetch is a copy on its way to a scope, the zero fetch none.
type fetch struct {
	entry *shared
	copy  *Copy
}

func (f fetch) finish() {
	if f.entry != nil {
		f.entry.loaded, f.entry.lib = true, cmp.Or(f.entry.lib, f.copy)
	}
}

// consume is loadShare, after everything that it waits for has come in: the outcome, and what is still on its way.
func (p *Page) consume(a *app, d Declaration, k ask) (out Outcome, begun fetch) {
	found := p.choose(a, d.Package, k)
	out = found.outcome()
	switch {
	case found.err != "":
	case found.entry != nil:
		begun = take(a, d.Package, found.entry, &out)
	case p.api == Runtime:
		p.takeOwn(a, d.Package, k, &out)
	case d.NoImport:
		out.Err = noGetter
	default:
		out.Copy, out.Own = fallback(a, d), true
	}
	return out, begun
}

const (
	noGetter = "The getter for the shared module is not a function. This may be caused by setting \"shared.import: false\" " +
		"without the host providing the corresponding lib. #RUNTIME-012"
	noGet = "targetShared.get is not a function"
)

// take loads an entry of a scope, or waits for whoever is loading it.
func take(a *app, pkg string, entry *shared, out *Outcome) fetch {
	if entry.lib != nil {
		out.Copy = *entry.lib
		return fetch{}
	}
	l := entry.loading
	if l == nil || entry.loaded {
		l = load(entry)
		a.put(pkg, entry, change{from: a.Name, loading: l})
	}
	if out.Err = l.err; out.Err != "" {
		return fetch{}
	}
	out.Copy = l.copy
	return fetch{entry, &l.copy}
}

func load(entry *shared) *loading {
	if entry.source == nil {
		return &loading{err: noGet}
	}
	return &loading{copy: *entry.source}
}

// takeOwn is what the runtime's own interface does when the scopes yield nothing: the app's copy is registered.
func (p *Page) takeOwn(a *app, pkg string, k ask, out *Outcome) {
	mine := shared{version: "undefined", scopes: defaultScopes}
	if k.own != nil {
		mine = *k.own
	}
	l := load(&mine)
	a.put(pkg, &mine, change{from: a.Name, loading: l})
	if out.Err = l.err; out.Err != "" {
		return
	}
	again := p.choose(a, pkg, k)
	if again.err != "" {
		warnings := out.Warnings
		*out = again.outcome()
		out.Warnings = append(warnings, out.Warnings...)
		return
	}
	out.Warnings = append(out.Warnings, again.warnings...)
	out.Copy = l.copy
	if again.entry != nil {
		again.entry.lib, again.entry.loaded, again.entry.from = &l.copy, true, k.from
	}
}

// consumeNow is loadShareSync, which an eager import uses: it takes the scopes as they are and waits for nothing.
func (p *Page) consumeNow(a *app, d Declaration, k ask) Outcome {
	found := p.choose(a, d.Package, k)
	out := found.outcome()
	switch entry := found.entry; {
	case found.err != "":
		out.Log = notEager
	case entry != nil && entry.lib != nil:
		entry.loaded = true
		out.Copy = *entry.lib
	case entry != nil && entry.source != nil && entry.config.eager:
		a.put(d.Package, entry, change{from: a.Name, loaded: true, lib: entry.source})
		out.Copy = *entry.source
	case k.lib != nil:
		out.Copy = *k.lib
	case k.own != nil && k.own.config.eager:
		mine := *k.own
		mine.scopes, mine.config = k.scopes, k.config // it goes where the import asks for it
		a.put(d.Package, &mine, change{from: a.Name, loaded: true, lib: mine.source})
		out.Copy = *mine.source
	default:
		out.Err, out.Log = noSync, notEager
	}
	return out
}

const noSync = "Invalid loadShareSync function call from runtime #RUNTIME-006"

// notEager is what the bundler's runtime says before it lets an error of loadShareSync through.
var notEager = []string{
	"loadShareSync failed! The function should not be called unless you set \"eager:true\". If you do not set it, and encounter this " +
		"issue, you can check whether an async boundary is implemented.",
	"The original error message is as follows: ",
}
