package native

// What the orchestrator keeps about the apps of a page, and from page to page. The words are its own: an external is a shared
// package within a share scope, of which there are versions, of which apps have copies.

// Names that the orchestrator gives a meaning.
const (
	hostName    = "__NF-HOST__" // an app that is the host, if nobody names it
	GlobalScope = "__GLOBAL__"  // the share scope of what declares none
	strictScope = "strict"      // the share scope in which every version is shared
)

type external struct {
	dirty    bool // to be decided at the next init
	versions []*version
}

type version struct {
	tag    string
	host   bool // the first copy is the host's
	action Action
	copies []*appCopy
}

// appCopy is what one app brings of a version, and what it asks for.
type appCopy struct {
	app      string
	required string
	strict   bool
	bundle   string
	pool     string
	entries  *table[string] // file by entry point
	cached   bool           // some import map has given it out
	servedBy string         // the app of its pool whose copies it gets instead; "" for none
}

// ownCopy is a package that is no singleton: nobody else gets it.
type ownCopy struct {
	bundle  string
	entries *table[string]
}

// installed is an app in force.
type installed struct {
	home   string // the folder of its files, with a slash at the end
	app    *App
	shared []External // of the app, as the runtime counts them
}

// parts are the four stores of the orchestrator. Each is kept by itself, and only if something has marked it as changed.
type parts struct {
	apps    *table[installed]
	private *table[*table[ownCopy]]     // by app and package
	shared  *table[*table[*external]]   // by share scope and package
	chunks  *table[map[string][]string] // by app and bundle
}

type changes struct{ apps, private, shared, chunks bool }

func newParts() parts {
	p := parts{newObject[installed](), newObject[*table[ownCopy]](), newObject[*table[*external]](), newObject[map[string][]string]()}
	p.shared.set(GlobalScope, newObject[*external]())
	return p
}

func (p parts) clone() parts {
	return parts{p.apps.clone(same), clonePrivate(p.private), cloneShared(p.shared), p.chunks.clone(same)}
}

func clonePrivate(t *table[*table[ownCopy]]) *table[*table[ownCopy]] {
	return t.clone(func(packages *table[ownCopy]) *table[ownCopy] { return packages.clone(same) })
}

func cloneShared(t *table[*table[*external]]) *table[*table[*external]] {
	return t.clone(func(scope *table[*external]) *table[*external] { return scope.clone((*external).clone) })
}

func same[V any](v V) V { return v }

func (e *external) clone() *external {
	c := &external{dirty: e.dirty, versions: make([]*version, len(e.versions))}
	for i, v := range e.versions {
		w := *v
		w.copies = make([]*appCopy, len(v.copies))
		for j, a := range v.copies {
			b := *a
			w.copies[j] = &b
		}
		c.versions[i] = &w
	}
	return c
}
