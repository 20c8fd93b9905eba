// Package native replays what the runtimes of Native Federation do with shared packages in one page: which copy of a package
// each app gets, what the console says, and which import maps the browser is handed. There are two runtimes, the orchestrator 4.x and
// the classic runtime 3.x.
//
//	shell    (host) react 18.2.0, needs ^18.0.0, singleton, strictVersion
//	checkout        react 18.3.1, needs ^18.2.0, singleton, strictVersion
//	search          react 19.1.0, needs ^19.0.0, singleton, strictVersion
//	legacy          react 17.0.2, needs ^17.0.0, singleton
//
// The orchestrator shares the host's 18.2.0. checkout accepts it and gets it (skip), search insists on another and keeps its own
// (scope), legacy does not insist and so gets 18.2.0 against its range, without a word. Without the shell, each version is tried: it
// costs as many extra downloads as there are strict copies that it does not satisfy. 18.3.1 costs one (search), 19.1.0 one (checkout),
// 17.0.2 two; among equals the highest wins. So 19.1.0 is shared, checkout keeps its own, and legacy gets 19.1.0.
//
// The classic runtime compares no versions. Each app gets exactly the version it brings; where several bring the same one, the host's
// file goes to all, else that of the remote whose document arrived first.
//
// What else decides, under the orchestrator:
//   - a package that is no singleton is never shared; one without strictVersion takes the winner whatever its range;
//   - share scopes are apart from one another; in the scope "strict" every version is shared by those who bring just it;
//   - an entry point (react/jsx-runtime) that the winner lacks comes from the next version that has it, so that one app can get parts of
//     two versions; ScopeUncovered and Strict.Coverage prevent that;
//   - an app that is added later never changes who shares: it takes what is shared, or keeps its own, or is the first to share;
//   - packages that a build tags with one pool, or with AutoPool those of one npm scope, come from one build or from the app itself;
//   - what Storage keeps: by default a stored app is not asked for again while its address is the same, and an app that has left the
//     manifest stays in the map.
//
// # Order
//
// Under the orchestrator the order in which documents arrive changes nothing but the order of lines in the log and, with
// Strict.RemoteEntry, which of several missing remotes init names. The order of the manifest decides whose file is given where
// several apps bring the version that wins: the host's, else the one with the most entry points, else the first. It does not decide
// which version that is, who gets it and who keeps a copy, as long as
//   - the page starts from an empty Storage, and no two apps have one name or one folder;
//   - every package has a version, and of two versions one is the higher: no two differ in build metadata or a leading v only;
//   - no app brings a package twice, and no two packages have one entry point in common;
//   - no pool holds an app that would get versions which no build has shipped together;
//   - Strict.SameVersion is off, or the ranges for a version are equal.
//
// The order of later apps decides nothing about packages that are shared when init is done, save those in pools or, in a share scope,
// with further entry points. Of the others the first to come is given to the rest.
//
// Under the classic runtime versions never depend on order, save for a document of format 4, which it cannot read: that one loads only if
// others have brought all its versions before. Whose file it is goes by the order of arrival, unless the host brings it.
//
// # Limits
//
// Members that no build writes but the orchestrator would heed are not read: url, host and override at the top of a document. Names that
// every JavaScript object has, such as "constructor", break the orchestrator and are taken for ordinary names here. The orchestrator
// sorts pools by the visitor's language; this package sorts as English does, so that a Czech browser, which has "ch" after "h", may choose
// another build for a pool. Hashes are copied into the map but not checked: a document whose hash is wrong is one that Fails.
//
// The rules are those of @softarc/native-federation-orchestrator 4.6.1 and @softarc/native-federation-runtime 3.5.5; merging and
// resolving of import maps is the HTML standard's.
package native

// Runtime names a runtime of Native Federation.
type Runtime string

// The runtimes.
const (
	Orchestrator Runtime = "orchestrator" // @softarc/native-federation-orchestrator 4.x
	Classic      Runtime = "classic"      // @softarc/native-federation-runtime 3.x
)

// App is a host or a remote: what its remoteEntry.json says, and where that is. It must not be changed while a Storage holds it.
type App struct {
	// Name is the key in the manifest, or what the caller of a later app asks for. "" is the orchestrator's own name for a host, and
	// stands for a later app that its caller gives no name.
	Name      string
	Declares  string // the name in the document; "": Name. A host goes by Name alone
	URL       string // of the document, absolute or relative to the page
	Shared    []External
	Exposes   []Exposed
	Chunks    map[string][]string // files by bundle
	Integrity map[string]string   // hash by file
	// Fails is why there is no document, as the browser says it: "TypeError: Failed to fetch", or "404 - Not Found" for a status. ""
	// if there is one. The classic runtime does not look at the status, so that there it is what the JSON parser says.
	Fails string
}

// External is an element of a document's shared list, in the list's order.
type External struct {
	Package         string
	Version         string // "": missing
	RequiredVersion string // "": the version itself
	Singleton       bool   // false: never shared
	Strict          bool   // strictVersion
	Scope           string // shareScope; "": the global one, "__GLOBAL__"
	Pool            string
	Bundle          string
	File            string  // outFileName, in documents of format 3
	Entries         []Entry // in documents of format 4; nil in others
}

// Entry is one entry point of an external: what code imports, and the file.
type Entry struct{ Specifier, File string }

// Exposed is a module that an app gives to others.
type Exposed struct{ Key, File string }

// Page is one load of a page.
type Page struct {
	Base    string // the page's address; "": https://page.test/
	Options Options
	Host    *App     // nil: none, as the orchestrator allows; Classic throws
	Remotes []App    // in the order of the manifest; of two with one name, the last counts, in the place of the first
	Later   []App    // added when init is done, one after the other
	Arrival []string // names in the order in which documents arrive; those not named come last, in manifest order
	Stored  Storage  // what the orchestrator has kept of earlier pages; the zero Storage is empty
}

const defaultBase = "https://page.test/"

// Options are those of initFederation that change an outcome. The zero value is what a user gets who sets none.
type Options struct {
	Strict Strictness

	Latest              bool       // latestSharedExternal: without a host the highest version wins, whatever it costs
	SkipInvalidVersions bool       // skipInvalidExternalVersions: leave out a package whose version is none
	ScopeUncovered      bool       // scopeUncoveredEntrypoints: keep a copy whose entry points the winner lacks
	Override            Overriding // overrideCachedRemotes
	OverrideSameURL     bool       // overrideCachedRemotesIfURLMatches
	CacheTag            string     // of all documents; the classic runtime has one too
	HostCacheTag        string     // of the host's, in its place
	Flat                bool       // convertFlatSharedInfo: an entry point that is listed by itself joins its package
	AutoPool            bool       // useAutoExternalPooling

	ThrowIfNotFound bool   // throwIfRemoteNotFound, of the classic runtime
	DeployURL       string // deployUrl, of the classic runtime: the host's folder; "": ./
}

// Strictness turns what is a warning by default into an error that ends init, or the adding of a later app.
type Strictness struct {
	RemoteEntry   bool // a document is missing or has another name; also makes a later app's error the caller's
	Compatibility bool // a strict copy does not accept the winner
	SameVersion   bool // strict copies of one version have different ranges
	Version       bool // a version is none
	ImportMap     bool // two packages claim one entry point
	Coverage      bool // the winner lacks entry points
}

func (o Options) wantsCoverage() bool { return o.Strict.Coverage || o.ScopeUncovered }

// Overriding says when the orchestrator asks anew for the document of an app that is there already.
type Overriding string

// The ways. Whichever it is, an app is kept whose document is the remoteEntry.json at the address it had, unless OverrideSameURL is set.
const (
	InitOnly Overriding = ""       // at init, not for later apps
	Always   Overriding = "always" // for later apps too
	Never    Overriding = "never"
)

// Storage is what the orchestrator keeps from page to page in localStorage or sessionStorage, if it is told to; by default a page leaves
// nothing. It is never changed and may be shared.
type Storage struct{ kept *parts }

func (s Storage) parts() parts {
	if s.kept == nil {
		return newParts()
	}
	return *s.kept
}

// Outcome is what becomes of a page.
type Outcome struct {
	Err    string      // what initFederation throws; then there is no map, and nothing is stored
	Later  []string    // what adding each of Page.Later throws, "" for nothing
	Log    []Line      // warnings and errors; by default the orchestrator shows none of its own
	Maps   []ImportMap // as handed to the browser: init's, then one for each later app that got through
	Got    []Got       // by consumer in the order of the manifest, then of its document; nil if init throws
	Stored Storage     // for the visitor's next page
}

// Line is a line of the console. An error that comes with it stands at its end as "name: message".
type Line struct {
	Level Level
	Text  string
}

// Level is how loud a line is.
type Level string

// The levels.
const (
	Warn  Level = "warn"
	Error Level = "error"
)

// Got is what one app gets for one entry point that it imports, by the maps of the whole page.
type Got struct {
	Consumer string
	Scope    string // the share scope; "" for a package that is no singleton, and under the classic runtime
	Package  string
	Entry    string // the entry point, often the package itself
	Action   Action // "" under the classic runtime, and for what the orchestrator has left out
	Version  string // as the provider's document says it; "" with Err, and if the document says none
	Provider string // the app whose file it is
	Own      bool   // it is the consumer's file, by a rule for the consumer alone
	// Err is why the import fails: "unmapped", "void" for an address that import maps don't take, or "unknown" and an address at
	// which no document lists a file.
	Err string
}

// Action is what the orchestrator does with a copy.
type Action string

// The actions. Share, Skip, Scope and Override are the orchestrator's words.
const (
	Share    Action = "share"    // it is the winner, or goes with it
	Skip     Action = "skip"     // it is not used
	Scope    Action = "scope"    // the app keeps it for itself
	Override Action = "override" // it is not used, and a rule for the app alone says what is
	Served   Action = "served"   // it is not used: another build of the pool serves the app
	Private  Action = "private"  // it is no singleton
)

// Negotiate replays one page. It never fails: what the runtime throws is part of the outcome.
func Negotiate(rt Runtime, page Page) Outcome {
	if rt == Classic {
		return runClassic(page)
	}
	return orchestrate(page)
}
