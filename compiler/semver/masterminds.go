package semver

import (
	"fmt"

	masterminds "github.com/Masterminds/semver/v3"
)

// mastermindsSatisfies is Constraints.Check of Masterminds/semver v3.5.0 on NewConstraint and NewVersion, which unlike
// ParseVersion takes "18.2" and "v18.2.0".
func mastermindsSatisfies(version, rng string) (bool, error) {
	c, err := masterminds.NewConstraint(rng)
	if err != nil {
		return false, fmt.Errorf("reading range %q: %w", rng, err)
	}
	v, err := masterminds.NewVersion(version)
	if err != nil {
		return false, fmt.Errorf("reading version %q: %w", version, err)
	}
	return c.Check(v), nil
}

func mastermindsSupersedes(candidate, current string) bool {
	a, errA := masterminds.NewVersion(candidate)
	b, errB := masterminds.NewVersion(current)
	return errA == nil && errB == nil && a.GreaterThan(b)
}
