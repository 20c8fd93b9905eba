package webpack

import (
	"muster/compiler/semver"
	"muster/compiler/share/federation"
)

// Ranges remembers what webpack says of versions and ranges. It is not safe for concurrent use.
type Ranges struct {
	satisfied, superseded map[[2]string]bool
	read                  map[string]bool
	parsed                map[string]parsed
}

// NewRanges returns an empty memory.
func NewRanges() *Ranges {
	return &Ranges{satisfied: map[[2]string]bool{}, superseded: map[[2]string]bool{}, read: map[string]bool{}, parsed: map[string]parsed{}}
}

// Accepts reports whether a version satisfies a requirement.
func (r *Ranges) Accepts(required federation.Requirement, version string) bool {
	if required.Kind != federation.Range {
		return true
	}
	key := [2]string{version, required.Range}
	answer, known := r.satisfied[key]
	if !known {
		ok, err := semver.WebpackBefore112.Satisfies(version, required.Range)
		answer = ok && err == nil
		r.satisfied[key] = answer
	}
	return answer
}

// text is a range as messages print it.
func (r *Ranges) text(rng string) string { return r.parse(rng).String() }

func (r *Ranges) parse(rng string) parsed {
	p, known := r.parsed[rng]
	if !known {
		p = parse(rng)
		r.parsed[rng] = p
	}
	return p
}

// supersedes reports whether a walk for the highest version goes on from current to candidate.
func (r *Ranges) supersedes(candidate, current string) bool {
	key := [2]string{candidate, current}
	answer, known := r.superseded[key]
	if !known {
		answer = semver.WebpackBefore112.Supersedes(candidate, current)
		r.superseded[key] = answer
	}
	return answer
}

// readable reports whether webpack can read a version; it throws where it can't.
func (r *Ranges) readable(version string) bool {
	answer, known := r.read[version]
	if !known {
		_, err := semver.WebpackBefore112.Satisfies(version, "*")
		answer = err == nil
		r.read[version] = answer
	}
	return answer
}
