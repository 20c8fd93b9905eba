// Package semver reads versions and ranges for cohort pins and policy windows, as Masterminds/semver v3 does: strict
// versions of three numbers, and ranges such as "^3.1.0", "~3.1", ">=21 <23" or "1.x || 2.x". A prerelease fits a range only
// if the range names one ("^2.0.0-0").
package semver

import (
	"fmt"

	masterminds "github.com/Masterminds/semver/v3"
)

// Version is a full semantic version. It must not be changed and may be shared.
type Version struct{ v *masterminds.Version }

// ParseVersion reads a version of three numbers, with prerelease and build metadata if any: "2.4.0", "2.5.0-rc.1+b7".
func ParseVersion(s string) (Version, error) {
	v, err := masterminds.StrictNewVersion(s)
	if err != nil {
		return Version{}, fmt.Errorf("reading version %q: %w", s, err)
	}
	return Version{v}, nil
}

// Compare orders by semantic version precedence; build metadata does not count.
func (v Version) Compare(w Version) int { return v.v.Compare(w.v) }

// Prerelease reports whether the version is a prerelease.
func (v Version) Prerelease() bool { return v.v.Prerelease() != "" }

// Range is a set of versions. It must not be changed and may be shared.
type Range struct{ c *masterminds.Constraints }

// ParseRange reads a range.
func ParseRange(s string) (Range, error) {
	c, err := masterminds.NewConstraint(s)
	if err != nil {
		return Range{}, fmt.Errorf("reading range %q: %w", s, err)
	}
	return Range{c}, nil
}

// Contains reports whether v is in the range.
func (r Range) Contains(v Version) bool { return r.c.Check(v.v) }
