// Package federation replays what the Module Federation 2.x runtime does with shared packages in one page: which copy of
// a package each app of the page gets, what the console says, and what the share scope holds in the end.
//
//	shell    react 18.2.0, needs ^18.0.0, singleton
//	checkout react 18.3.1, needs ^18.2.0, singleton
//
// Under version-first the shell's first import of react loads checkout's entry too, finds 18.3.1 the highest, and both
// get checkout's copy. Under loaded-first the shell gets its own 18.2.0, because checkout is not there yet, and
// checkout gets it as well, because what is loaded comes before what is higher.
//
// The rules are those of runtime-core 2.9.2 (shared/index.ts, utils/share.ts, module/index.ts) and of what its bundler
// plugin adds on the consumer's side (webpack-bundler-runtime 2.9.2, consumes.ts), with their oddities: "from" in a
// message is the first consumer and not the provider, the older of two names that declare one version keeps it, and
// the order in which versions came decides among those that merely satisfy.
package federation

// Strategy is how an app picks among versions.
type Strategy string

// The strategies. An app without one is version-first.
const (
	VersionFirst Strategy = "version-first" // the highest; every remote's entry is loaded before the first choice
	LoadedFirst  Strategy = "loaded-first"  // what is loaded already; entries are loaded when they are needed
)

// App is a host or a remote, with what it shares and how it was built.
type App struct {
	Name     string // the container's name, as in the build
	Shared   []Declaration
	Strategy Strategy // "": that of the page
	Scopes   []string // the share scopes that the container is initialised with; nil: default
	ByList   bool     // they are written as a list, for which version-first does not load an entry in advance
	Remotes  []string // names of the remotes that it loads itself; the host's are those of the page
	Fails    bool     // its entry can't be loaded
}

// Declaration is one entry of an app's shared configuration.
type Declaration struct {
	Package   string
	Version   string // "": not declared, which the runtime takes for "0"
	Required  Requirement
	Singleton bool
	Strict    Strictness
	Eager     bool
	NoImport  bool     // import: false: it brings no copy of its own
	Scopes    []string // nil: default
}

// Requirement is a declaration's requiredVersion: a range, or any version, or unset, which means ^version.
type Requirement struct {
	Range string
	Kind  RequirementKind
}

// RequirementKind tells the three kinds of requirement apart.
type RequirementKind uint8

// The kinds of requirement.
const (
	Unset    RequirementKind = iota
	Range                    // the text in Requirement.Range, which may be empty
	Anything                 // requiredVersion: false
)

// Strictness is a declaration's strictVersion.
type Strictness uint8

// The values of strictVersion. Unset, the bundler plugin makes it true unless the declaration is a singleton or brings no copy.
const (
	StrictUnset Strictness = iota
	Strict
	Lenient
)

// Copy is a package's code: whose build it comes from, and its version there.
type Copy struct{ Version, Provider string }

// Outcome is what an app got for a package.
type Outcome struct {
	Copy     Copy     // zero if Err is set
	Refused  Copy     // the copy that it threw over, zero if it did not
	Asker    string   // who the warnings and Err say has the requirement
	Own      bool     // its own copy, beside the share scope
	Warnings []string // what the runtime warns of in the console
	Log      []string // what it logs as errors there
	Err      string   // what it throws, "" if nothing
}

// Missing reports whether an app threw because there was no copy, rather than one that it does not accept.
func (o Outcome) Missing() bool { return o.Err != "" && o.Refused == (Copy{}) }
