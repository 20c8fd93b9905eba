package semver

import (
	"strings"
	"testing"
)

// FuzzSatisfies holds every engine to an answer that is the same each time, and the lint to its word: texts it has no doubt
// about mean the same to all engines.
func FuzzSatisfies(f *testing.F) {
	for _, r := range readings {
		f.Add(r.version, r.rng)
	}
	for _, tt := range doubtfulRanges {
		f.Add("18.2.0", tt.rng)
	}
	for _, tt := range doubtfulVersions {
		f.Add(tt.version, "^18.0.0")
	}
	f.Fuzz(func(t *testing.T, version, rng string) {
		answers := answersOf(version, rng)
		if again := answersOf(version, rng); again != answers {
			t.Errorf("range %q, version %q: first %s, then %s", rng, version, answers, again)
		}
		for _, d := range everyDialect {
			if d.Supersedes(version, rng) && d.Supersedes(rng, version) && d != ModuleFederation {
				t.Errorf("%v replaces %q by %q and the other way round", d, version, rng)
			}
		}
		if LintRange(rng) == nil && LintVersion(version) == nil && !agreed(answers) {
			t.Errorf("range %q, version %q: %s, and no doubt", rng, version, answers)
		}
		for _, d := range append(LintRange(rng), LintVersion(version)...) {
			if d.Kind == "" || d.Text == "" {
				t.Errorf("range %q, version %q: an empty doubt %+v", rng, version, d)
			}
		}
	})
}

// answersOf gives a letter for each engine, webpack's predecessor too, in the order of the dialects.
func answersOf(version, rng string) string {
	answers := ""
	for _, d := range append(everyDialect[:], WebpackBefore112) {
		answers += answer(d, version, rng)
	}
	return answers
}

func agreed(answers string) bool { return strings.Count(answers, answers[:1]) == len(answers) }
