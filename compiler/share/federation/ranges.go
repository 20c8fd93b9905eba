package federation

import "muster/compiler/semver"

// Ranges remembers what the runtime says of versions and ranges. It is not safe for concurrent use.
type Ranges struct {
	satisfied, superseded map[[2]string]bool
}

// NewRanges returns an empty memory.
func NewRanges() *Ranges {
	return &Ranges{satisfied: map[[2]string]bool{}, superseded: map[[2]string]bool{}}
}

func (r *Ranges) satisfies(version, rng string) bool {
	key := [2]string{version, rng}
	answer, known := r.satisfied[key]
	if !known {
		answer, _ = semver.ModuleFederation.Satisfies(version, rng) // this engine throws at nothing
		r.satisfied[key] = answer
	}
	return answer
}

// maxAsked is how many answers there may be for those to questions that may never be asked again to be kept, too.
const maxAsked = 20_000

// asked is satisfies for questions of which there may be too many to remember.
func (r *Ranges) asked(version, rng string) bool {
	if len(r.satisfied) < maxAsked {
		return r.satisfies(version, rng)
	}
	answer, known := r.satisfied[[2]string{version, rng}]
	if !known {
		answer, _ = semver.ModuleFederation.Satisfies(version, rng)
	}
	return answer
}

// supersedes reports whether a walk for the highest version goes on from current to candidate.
func (r *Ranges) supersedes(candidate, current string) bool {
	key := [2]string{candidate, current}
	answer, known := r.superseded[key]
	if !known {
		answer = semver.ModuleFederation.Supersedes(candidate, current)
		r.superseded[key] = answer
	}
	return answer
}

// Accepts reports whether a version satisfies a requirement, whichever way an app would come by it.
func (r *Ranges) Accepts(required Requirement, version string) bool {
	return required.Kind != Range || required.Range == "*" || r.asked(version, required.Range)
}

// Requires is what a declaration requires, ^version where it does not say.
func (d Declaration) Requires() Requirement { return d.alone(App{}).config.required }
