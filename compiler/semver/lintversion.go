package semver

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// LintVersion tells why a version is not to be trusted to mean the same to the given engines, or to all four if none is given:
// one doubt, or nil. To more than one engine only releases of three numbers are trusted, of at most 15 digits each and without
// leading zeros.
func LintVersion(version string, engines ...Dialect) []Doubt {
	if isPlainRelease(version) {
		return nil
	}
	if len(engines) == 0 {
		engines = everyDialect[:]
	}
	text := newPanel(engines).doubtVersion(version, engines)
	if text == "" {
		return nil
	}
	return []Doubt{{versionKind(version), text, fullVersion(version)}}
}

func isPlainRelease(version string) bool {
	var p partial
	return p.parse(version) && p.isSafe() && p.known() == len(p.parts)
}

// doubtVersion finds a range for which the engines part on the version, or else parts them by the order they put it in. It is
// "" if there is but one engine, and that takes the version for some range.
func (p panel) doubtVersion(version string, engines []Dialect) string {
	taken := false
	for _, rng := range rangesAround(version) {
		verdicts := p.ask(rng, version)
		if slices.Max(verdicts) != slices.Min(verdicts) || verdicts[0] == fails {
			return fmt.Sprintf("for %q, %s", rng, p.sayAs(quote(version), "the version", verdicts))
		}
		taken = taken || verdicts[0] == takes
	}
	if !taken {
		return fmt.Sprintf("no range was found for which %s %s", p.anyTakes(), quote(version))
	}
	if text := p.doubtOrder(version, engines); text != "" || len(p) == 1 {
		return text
	}
	return fmt.Sprintf("%s is not three numbers alone, though no range was found on which %s", quote(version), p.predicate("part"))
}

// doubtOrder tells which engines put the version above the release of its numbers, if only some do.
func (p panel) doubtOrder(version string, engines []Dialect) string {
	core := coreVersion(version)
	var above, not panel
	for i, d := range engines {
		if d.Supersedes(version, core) && !d.Supersedes(core, version) {
			above = append(above, p[i])
		} else {
			not = append(not, p[i])
		}
	}
	if core == "" || len(above) == 0 || len(not) == 0 {
		return ""
	}
	return fmt.Sprintf("%s %s above %s, %s not", above.predicate("put"), quote(version), core, not.predicate("do"))
}

var coreText = regexp.MustCompile(`[0-9]+(\.[0-9]+){0,2}`)

// coreVersion is the first thing in a text that looks like a version, with zeros for what it lacks; "" if there is none.
func coreVersion(version string) string {
	var p partial
	if !p.parse(coreText.FindString(version)) || !p.isSafe() {
		return ""
	}
	return dotted(p.integers())
}

// rangesAround gives safe ranges that the version, read one way or another, is in or just beside.
func rangesAround(version string) []string {
	core := coreVersion(version)
	if core == "" {
		return []string{"*", "^1.0.0", ">=1.0.0", "<1.0.0"}
	}
	var p partial
	p.parse(core)
	major, minor, patch := p.integers()
	ranges := []string{"^" + core, core, ">=" + core, "<=" + core, ">" + core, "<" + core, "~" + core, "*", "<" + dotted(major+1, 0, 0), "~" + dotted(major, minor, patch+1)}
	if major > 0 {
		ranges = append([]string{"^" + dotted(major, 0, 0)}, ranges...)
	}
	return ranges
}

// versionKinds are tried in their order.
var versionKinds = []struct {
	kind    Kind
	pattern *regexp.Regexp
}{
	{Empty, regexp.MustCompile(`^\s*$`)},
	{Prefix, regexp.MustCompile(`^\s*[vV=^~<>]`)},
	{Spacing, regexp.MustCompile(`\s|[^ -~]`)},
	{Number, regexp.MustCompile(`^([0-9]+\.){0,2}(0[0-9]|[0-9]{16})`)},
	{Prerelease, regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}-`)},
	{Build, regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}\+`)},
	{Incomplete, regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)},
}

func versionKind(version string) Kind {
	for _, k := range versionKinds {
		if k.pattern.MatchString(version) {
			return k.kind
		}
	}
	return Unrecognized
}

// fullVersion is the release of three numbers that the engines take the version for, those of them that can read it; "" if
// there is none or they do not agree.
func fullVersion(version string) string {
	full, _, _ := strings.Cut(strings.TrimLeft(trimSpace(version), "v="), "+")
	var p partial
	if !p.parse(full) || !p.isSafe() {
		return ""
	}
	full = coreVersion(full)
	read := false
	for _, d := range []Dialect{ModuleFederation, NPM, Masterminds} {
		took, differs := compareOn(d, version, full)
		if took && differs {
			return ""
		}
		read = read || took
	}
	if !read {
		return ""
	}
	return full
}

// compareOn tells whether the engine takes the version for any range around it, and whether it takes another one otherwise.
func compareOn(d Dialect, version, other string) (took, differs bool) {
	for _, rng := range rangesAround(version) {
		a, b := verdictOf(d.Satisfies(version, rng)), verdictOf(d.Satisfies(other, rng))
		took = took || a == takes
		differs = differs || a != b
	}
	return took, differs
}
