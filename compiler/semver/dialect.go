package semver

import "fmt"

// Dialect is one engine's reading of versions and ranges.
type Dialect int

// The engines whose readings decide what a browser gets and what a cohort may have.
const (
	ModuleFederation Dialect = iota // satisfy of @module-federation/runtime-core 2.9.2
	Webpack                         // lib/sharing/semver.js of webpack 5.112
	NPM                             // satisfies of npm's semver 7.8.6, which Native Federation asks
	Masterminds                     // Masterminds/semver v3.5.0, which reads cohort pins and policy windows

	// WebpackBefore112 is webpack's reading until 5.111, measured on 5.110.3. From Webpack it differs in carets and tildes on
	// partial versions: "^0" takes only "0".
	WebpackBefore112
)

// String gives the dialect's name: "module-federation", "webpack", "npm", "masterminds" or "webpack before 5.112".
func (d Dialect) String() string {
	switch d {
	case ModuleFederation:
		return "module-federation"
	case Webpack:
		return "webpack"
	case NPM:
		return "npm"
	case Masterminds:
		return "masterminds"
	case WebpackBefore112:
		return "webpack before 5.112"
	}
	return fmt.Sprintf("dialect %d", int(d))
}

// Satisfies reports whether the engine takes the version for the range. Texts that are no version or range are answered as
// the engine answers them: the error is not nil where it throws. Module Federation and npm never do, webpack does at a hyphen
// or plus with nothing after it, and Masterminds at everything it cannot read, in its own words.
func (d Dialect) Satisfies(version, rng string) (bool, error) {
	switch d {
	case ModuleFederation:
		return federationSatisfies(version, rng), nil
	case Webpack, WebpackBefore112:
		ok, err := webpackSatisfies(version, rng, d == WebpackBefore112)
		if err != nil {
			err = fmt.Errorf("holding version %q against range %q: %w", version, rng, err)
		}
		return ok, err
	case NPM:
		return npmSatisfies(version, rng), nil
	case Masterminds:
		return mastermindsSatisfies(version, rng)
	}
	return false, fmt.Errorf("reading range %q: there is no %v", rng, d)
}

// Supersedes reports whether the engine, looking for the highest version, replaces current by candidate. Module Federation
// replaces a version by its equal too. Where the engine throws, nothing is replaced.
func (d Dialect) Supersedes(candidate, current string) bool {
	switch d {
	case ModuleFederation:
		return federationSupersedes(candidate, current)
	case Webpack, WebpackBefore112:
		return webpackSupersedes(candidate, current)
	case NPM:
		return npmSupersedes(candidate, current)
	case Masterminds:
		return mastermindsSupersedes(candidate, current)
	}
	return false
}

// everyDialect lists the dialects that are current, in their order.
var everyDialect = [...]Dialect{ModuleFederation, Webpack, NPM, Masterminds}
