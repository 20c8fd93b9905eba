// Package semver reads versions and ranges as four engines do. There is no one answer to which versions a range takes: each
// engine in a browser brings a reader of its own, and what a team writes into requiredVersion is read by the engine of whoever
// shares the package. All agree on releases and on the ranges people mostly write; they part on prereleases and odd syntax:
//
//	range                 version          module-federation  webpack  npm  masterminds
//	^18.0.0               18.2.0           1                  1        1    1
//	^18.0.0               18.3.0-canary-1  1                  0        0    0
//	*                     19.0.0-rc.1      1                  0        0    0
//	^19.0.0-rc            19.0.0-rc.1      0                  1        1    1
//	>=0.0.0               18.2.0           0                  1        1    1
//	>= 16.8.0 < 20.0.0    18.2.0           0                  1        1    1
//	^v18.0.0              18.2.0           1                  0        1    1
//	^18.0.0 ||            17.0.0           1                  1        1    E
//	>=1.0.0,<2.0.0        1.5.0            0                  1        0    1
//	^18.0.0               18.2             0                  1        0    1
//
// 1 is yes, 0 no, and E means that the engine throws. So what a browser will do is asked of the engine's own [Dialect], which
// reproduces it to the letter, and [LintRange] and [LintVersion] tell which texts the engines would part on.
//
// [Version] and [Range] are for cohort pins and policy windows, which only muster reads: strict versions of three numbers, and
// ranges as Masterminds/semver v3 has them, such as "^3.1.0", "~3.1", ">=21 <23" or "1.x || 2.x". A prerelease fits a range
// only if the range names one ("^2.0.0-0").
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
