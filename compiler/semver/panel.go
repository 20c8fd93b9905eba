package semver

import (
	"slices"
	"strings"

	masterminds "github.com/Masterminds/semver/v3"
)

// panel is the engines that a lint asks.
type panel []engine

// engine answers for one range at a time, so that it is parsed once where that can be.
type engine struct {
	name string
	open func(rng string) func(version string) verdict
}

type verdict byte

const (
	takes verdict = iota
	refuses
	fails // cannot read the range or the version
)

// newPanel seats the engines, or all four if none is given.
func newPanel(engines []Dialect) panel {
	if len(engines) == 0 {
		engines = everyDialect[:]
	}
	var p panel
	for _, d := range engines {
		p = append(p, newEngine(d))
	}
	return p
}

// withWebpackBefore seats webpack's predecessor after webpack.
func (p panel) withWebpackBefore() panel {
	at := slices.Index(p.names(), Webpack.String()) + 1
	if at == 0 {
		return p
	}
	return slices.Insert(slices.Clone(p), at, newEngine(WebpackBefore112))
}

func newEngine(d Dialect) engine {
	if d == Masterminds {
		return engine{d.String(), openMasterminds}
	}
	return engine{d.String(), func(rng string) func(string) verdict {
		return func(version string) verdict { return verdictOf(d.Satisfies(version, rng)) }
	}}
}

func openMasterminds(rng string) func(version string) verdict {
	c, err := masterminds.NewConstraint(rng)
	return func(version string) verdict {
		v, versionErr := masterminds.NewVersion(version)
		if err != nil || versionErr != nil {
			return fails
		}
		return verdictOf(c.Check(v), nil)
	}
}

func verdictOf(ok bool, err error) verdict {
	switch {
	case err != nil:
		return fails
	case ok:
		return takes
	}
	return refuses
}

// part finds the version that most engines take of those on which they part, the first one if there are several.
func (p panel) part(rng string, versions []string) (witness string, parted bool) {
	opened := p.open(rng)
	most := -1
	for _, version := range versions {
		first := opened[0](version)
		same, takers := true, 0
		for _, answer := range opened {
			v := answer(version)
			same = same && v == first
			if v == takes {
				takers++
			}
		}
		if !same && takers > most {
			witness, most = version, takers
		}
	}
	return witness, most >= 0
}

func (p panel) open(rng string) []func(version string) verdict {
	opened := make([]func(string) verdict, len(p))
	for i, e := range p {
		opened[i] = e.open(rng)
	}
	return opened
}

func (p panel) takesNone(rng string, versions []string) bool {
	for _, ask := range p.open(rng) {
		for _, version := range versions {
			if ask(version) == takes {
				return false
			}
		}
	}
	return true
}

// opinion says what the engines make of a text that is no range, on a version on which they part if there is one.
func (p panel) opinion(rng string) string {
	versions := boundaries(findPartials(rng))
	version, parted := p.part(rng, versions)
	if !parted {
		version = versions[0]
	}
	return p.say(rng, version)
}

// say tells each engine's answer: "webpack and npm take 1.0.0, module-federation refuses it, masterminds cannot read the range".
func (p panel) say(rng, version string) string {
	return p.sayAs(version, "the range", p.ask(rng, version))
}

func (p panel) ask(rng, version string) []verdict {
	verdicts := make([]verdict, len(p))
	for i, answer := range p.open(rng) {
		verdicts[i] = answer(version)
	}
	return verdicts
}

// sayAs names the version as told, and what the engines fail to read. It leaves out webpack's predecessor where that answers
// what webpack answers.
func (p panel) sayAs(version, failing string, verdicts []verdict) string {
	var names [3][]string
	for i, v := range verdicts {
		if p[i].name != WebpackBefore112.String() || v != verdicts[i-1] {
			names[v] = append(names[v], p[i].name)
		}
	}
	var clauses []string
	if len(names[takes]) > 0 {
		clauses = append(clauses, agree(names[takes], "take")+" "+version)
		version = "it"
	}
	if len(names[refuses]) > 0 {
		clauses = append(clauses, agree(names[refuses], "refuse")+" "+version)
	}
	if len(names[fails]) > 0 {
		clauses = append(clauses, list(names[fails])+" cannot read "+failing)
	}
	return strings.Join(clauses, ", ")
}

// sayNone is said of a range for which no engine takes any version that was tried.
func (p panel) sayNone(rng string) string {
	if verdicts := p.ask(rng, "1.0.0"); verdicts[0] == fails {
		return p.sayAs("1.0.0", "the range", verdicts)
	}
	return "no version was found that " + p.anyTakes()
}

func (p panel) anyTakes() string {
	if len(p) == 1 {
		return p.predicate("take")
	}
	return "any of " + list(p.names()) + " takes"
}

// predicate says what all engines do.
func (p panel) predicate(verb string) string { return agree(p.names(), verb) }

// names leaves out webpack's predecessor.
func (p panel) names() []string {
	var names []string
	for _, e := range p {
		if e.name != WebpackBefore112.String() {
			names = append(names, e.name)
		}
	}
	return names
}

func agree(names []string, verb string) string {
	if len(names) == 1 {
		verb += "s"
	}
	return list(names) + " " + verb
}

func list(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
