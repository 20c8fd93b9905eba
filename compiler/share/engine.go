package share

import (
	"fmt"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/semver"
	"muster/compiler/share/federation"
	"muster/compiler/share/webpack"
)

// engine is a runtime's rules for one package in a page.
type engine struct {
	prove   func(federation.Contest) (federation.Reach, federation.Proof)
	judge   func(c federation.Contest, states int) (federation.Reach, federation.Proof)
	bound   func(federation.Contest) federation.Reach
	accepts func(federation.Requirement, string) bool
	prefix  string // what the console puts before a message
}

// build is who built a release's container, as far as that decides how it shares.
type build string

const (
	natively build = "Native Federation"
	enhanced build = "the federation runtime" // @module-federation/enhanced and its kin, or nothing is said
	bare     build = "webpack's own containers"
)

// buildOf tells what built a release: webpack without the version of a federation plugin is webpack by itself.
func buildOf(release *registry.Release) build {
	if release.Bundler.Name.Value == "webpack" && release.Bundler.Federation.IsZero() {
		return bare
	}
	return enhanced
}

func newEngines() map[build]engine {
	ranges, own := federation.NewRanges(), webpack.NewRanges()
	in := func(c federation.Contest) federation.Contest {
		c.Ranges = ranges
		return c
	}
	bared := func(c federation.Contest) webpack.Contest {
		return webpack.Contest{Host: c.Host, Remotes: c.Remotes, Starts: c.Starts, First: c.First, Ranges: own}
	}
	return map[build]engine{
		enhanced: {
			prove: func(c federation.Contest) (federation.Reach, federation.Proof) { return federation.Prove(in(c)) },
			judge: func(c federation.Contest, states int) (federation.Reach, federation.Proof) {
				return federation.Judge(in(c), states)
			},
			bound:   func(c federation.Contest) federation.Reach { return federation.Bound(in(c)) },
			accepts: ranges.Accepts, prefix: "[ Federation Runtime ]: ",
		},
		bare: {
			prove: func(c federation.Contest) (federation.Reach, federation.Proof) { return webpack.Prove(bared(c)) },
			judge: func(c federation.Contest, states int) (federation.Reach, federation.Proof) {
				return webpack.Judge(bared(c), states)
			},
			bound:   func(c federation.Contest) federation.Reach { return webpack.Bound(bared(c)) },
			accepts: own.Accepts,
		},
		natively: {accepts: acceptsNatively}, // nativePackages decides
	}
}

// acceptsNatively is npm's reading, which Native Federation's is.
func acceptsNatively(required federation.Requirement, version string) bool {
	if required.Kind != federation.Range || required.Range == "" {
		return true
	}
	fits, err := semver.NPM.Satisfies(version, required.Range)
	return err != nil || fits
}

// engine is the one whose rules hold for a runtime's packages in a page: of Module Federation's, the host's.
func (n *Negotiator) engine(page *Page, runtime string) engine {
	if runtime == registry.NativeFederation {
		return n.engines[natively]
	}
	return n.engines[buildOf(page.Release.Release)]
}

// checkBuilds warns of apps that share by other rules than their host.
func (n *Negotiator) checkBuilds(page *Page) {
	of := buildOf(page.Release.Release)
	for _, p := range page.Cohort.Pins {
		if p != page.Host && (p.Remote.Runtime != registry.ModuleFederation || !loads(page.Host, p)) {
			continue
		}
		for j := range p.Choices {
			choice := &p.Choices[j]
			if p == page.Host && choice != page.Release {
				continue
			}
			if by := buildOf(choice.Release); by != of && len(choice.Release.Shared) > 0 {
				n.found.Add(page.Cohort.Declared.Name.Value, p.Remote.File.Fault(choice.Release.Bundler.Name, builtOtherwise(page, p, choice, by, of)))
			}
		}
	}
}

func builtOtherwise(page *Page, p *resolve.Pin, choice *resolve.Choice, by, of build) diag.Diagnostic {
	return diag.Diagnostic{Rule: "share/builds", Severity: diag.Warning, Remote: p.Remote.Name.Value, Notes: []diag.Note{broughtBy(p, choice)},
		Message: fmt.Sprintf("%s %s shares by the rules of %s, and %s by those of %s, which are taken for all here", p.Remote.Name, choice.Release.Version, by, page.Title(), of),
		Help:    "build both alike, or declare bundler.federation if it was built with a federation plugin"}
}
