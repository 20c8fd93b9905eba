package semver

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Doubt is a reason not to trust a range or a version.
type Doubt struct {
	Kind Kind

	// Text says which engines part and on what: `for ">=0.0.0", webpack, npm and masterminds take 1.0.0, module-federation
	// refuses it`. Each engine it names was asked about the version it names.
	Text string

	// Safe is a text that gives rise to no doubt and means to npm what the doubtful one does, or "" if none was found: there is
	// none for most prereleases and for what npm cannot read. Of "npm:react@^18.0.0" and "workspace:^1.2.0" it is the range that
	// package managers put in their place.
	Safe string
}

// Kind names a cause of doubt. The names are stable, and policies may go by them.
type Kind string

// Texts in the place of a range that are none.
const (
	Empty     Kind = "empty"     // no text at all
	Workspace Kind = "workspace" // workspace:*
	Alias     Kind = "alias"     // npm:other@^1.0.0
	Catalog   Kind = "catalog"   // catalog:
	Path      Kind = "path"      // file:.., link:.., ./
	URL       Kind = "url"       // https://, git+ssh://, github:, owner/repository
	Protocol  Kind = "protocol"  // any other word before a colon
	Tag       Kind = "tag"       // latest, next
)

// What is doubtful about a range or a version. If several kinds fit, the first is given.
const (
	Length       Kind = "length"       // more than 512 bytes, 32 arms or 64 bounds
	Comma        Kind = "comma"        // >=1.0.0,<2.0.0
	Negation     Kind = "negation"     // !=1.0.0
	EmptyArm     Kind = "empty-arm"    // ^1.0.0 ||
	Operator     Kind = "operator"     // =>1.0.0, ~>1.0, ==1.0.0
	Prefix       Kind = "prefix"       // v1.0.0, ^v1.0.0; in a version = too
	Build        Kind = "build"        // 1.0.0+b7
	Number       Kind = "number"       // 01.0.0, 99999999999999999999.0.0
	Wildcard     Kind = "wildcard"     // ^*, 1.x.3, 1.* <1.5.0
	Spacing      Kind = "spacing"      // >=1.0.0 < 2.0.0; white space that is no space; in a version any
	Prerelease   Kind = "prerelease"   // 1.0.0-rc.1
	Hyphen       Kind = "hyphen"       // 1.0.0||2 - 3
	Zero         Kind = "zero"         // >=0.0.0, ^0, ~0.0.0
	Incomplete   Kind = "incomplete"   // 18.2 for a version
	Unrecognized Kind = "unrecognized" // anything else
)

// LintRange tells why a range, or a text in the place of one, is not to be trusted to mean the same to the given engines, or
// to all four if none is given: one doubt, or nil if they take the same release versions for it. To more than one engine a
// range is trusted only if it is in the safe grammar, and the engines agree on both sides of every bound in it.
//
// The safe grammar is "*" or "x", or bounds with spaces between them, or two versions with " - " between them; and "||" between
// such arms. A bound is a version with ^, ~, >=, >, <=, < or = before it, or nothing. A version is numbers of at most 15 digits;
// the minor and the patch number may be missing or an x, and in an arm of one bound a *. Only the first operator of an arm may
// have spaces after it. What the grammar lets through and the engines read in different ways, such as ">=0.0.0", gives rise to
// doubt all the same. With webpack goes webpack before 5.112, which takes no version for "^0".
func LintRange(rng string, engines ...Dialect) []Doubt {
	p := newPanel(engines)
	if kind, ok := otherThanRange(rng); ok {
		return []Doubt{{kind, fmt.Sprintf("%s is %s, not a range: %s", quote(rng), otherwise[kind], p.opinion(rng)), replacement(kind, rng)}}
	}
	text := p.doubtRange(rng)
	if text == "" {
		return nil
	}
	return []Doubt{{rangeKind(rng), text, respell(rng)}}
}

// doubtRange is "" if the engines agree on the range.
func (p panel) doubtRange(rng string) string {
	partials, safe := parseSafe(rng)
	if !safe {
		partials = findPartials(rng)
	}
	tried := boundaries(partials)
	if safe {
		p = p.withWebpackBefore()
	} else {
		tried = append(tried, prereleases(rng)...)
	}
	switch witness, parted := p.part(rng, tried); {
	case parted:
		return fmt.Sprintf("for %s, %s", quote(rng), p.say(rng, witness))
	case safe:
		return ""
	case p.takesNone(rng, tried):
		return fmt.Sprintf("for %s, %s", quote(rng), p.sayNone(rng))
	case len(p) == 1:
		return "" // nobody to part from
	}
	return fmt.Sprintf("%s is outside the grammar that engines are known to read alike, though no version was found on which %s", quote(rng), p.predicate("part"))
}

// quote shortens hostile texts.
func quote(text string) string {
	const most = 80
	if len(text) > most {
		return fmt.Sprintf("%.*q...", most, text)
	}
	return strconv.Quote(text)
}

// isAgreed reports whether all engines take the same releases for the range.
func isAgreed(rng string) bool {
	_, safe := parseSafe(rng)
	return safe && newPanel(nil).doubtRange(rng) == ""
}

// otherwise says what a text is that is no range.
var otherwise = map[Kind]string{
	Empty:     "empty",
	Workspace: "for a package manager",
	Alias:     "for a package manager",
	Catalog:   "for a package manager",
	Path:      "a path",
	URL:       "an address",
	Protocol:  "for a package manager",
	Tag:       "a dist tag",
}

var (
	protocolText = regexp.MustCompile(`^\s*([A-Za-z][A-Za-z0-9+.-]*):`)
	pathText     = regexp.MustCompile(`^\s*(\.{0,2}/|\.{1,2}$|~/)`)
	ownerText    = regexp.MustCompile(`^\s*[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9]|^\s*[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:`)
	tagText      = regexp.MustCompile(`^\s*[A-Za-z][A-Za-z0-9_.-]*\s*$`)
	versionText  = regexp.MustCompile(`^\s*([vV][0-9]|[vVxX](\.|\s*$))`)
)

// protocols are the words before a colon that say more than that.
var protocols = map[string]Kind{
	"workspace": Workspace, "npm": Alias, "catalog": Catalog, "file": Path, "link": Path, "portal": Path,
	"http": URL, "https": URL, "ssh": URL, "git": URL, "git+http": URL, "git+https": URL, "git+ssh": URL, "git+file": URL,
	"github": URL, "gitlab": URL, "bitbucket": URL, "gist": URL,
}

// otherThanRange tells what stands in the place of a range, in the terms of npm's package.json documentation and of the
// package managers that add words of their own.
func otherThanRange(rng string) (Kind, bool) {
	if trimSpace(rng) == "" {
		return Empty, true
	}
	if m := protocolText.FindStringSubmatch(rng); m != nil {
		if kind, ok := protocols[strings.ToLower(m[1])]; ok {
			return kind, true
		}
		return Protocol, true
	}
	switch {
	case pathText.MatchString(rng):
		return Path, true
	case ownerText.MatchString(rng):
		return URL, true
	}
	return Tag, tagText.MatchString(rng) && !versionText.MatchString(rng)
}

// replacement is the range that a package manager puts in the place of a text, as far as the text says.
func replacement(kind Kind, rng string) string {
	var to string
	switch kind {
	case Empty:
		return "*"
	case Alias:
		to = rng[strings.LastIndexByte(rng, '@')+1:]
	case Workspace:
		to = rng[strings.IndexByte(rng, ':')+1:]
	}
	if _, other := otherThanRange(to); other || to == "*" && kind == Workspace {
		return ""
	}
	if isAgreed(to) {
		return to
	}
	return respell(to)
}

// rangeKinds are tried in their order.
var rangeKinds = []struct {
	kind    Kind
	pattern *regexp.Regexp
}{
	{Comma, regexp.MustCompile(`,`)},
	{Negation, regexp.MustCompile(`!`)},
	{EmptyArm, regexp.MustCompile(`^\s*\|\||\|\|\s*(\|\||$)`)},
	{Operator, regexp.MustCompile(`=[<>=]|~[~^<>=]|\^[~^<>=]|[<>][~^<>]`)},
	{Prefix, regexp.MustCompile(`(^|[^0-9A-Za-z.+-])v\s*[0-9xX*]`)},
	{Build, regexp.MustCompile(`\+`)},
	{Number, regexp.MustCompile(`(^|[^0-9A-Za-z+-])0[0-9]|[0-9]{16}`)},
	{Wildcard, regexp.MustCompile(`[xX*]\.[0-9]|(^|[^0-9.])[xX*]\.|[~^<>=]\s*[xX*]|\*\s+[^|\s-]|[^|\s-]\s+[^|\s]*\*|(^|[|\s])[xX]\s+[^|\s]|[^|\s]\s+[xX](\s|\||$)`)},
	{Spacing, regexp.MustCompile(`^\s|\s$|[^ -~]|[^|\s~^<>=]\s*[~^<>=]+\s`)},
	{Prerelease, regexp.MustCompile(`[0-9xX*]-[0-9A-Za-z-]`)},
	{Hyphen, regexp.MustCompile(`\s-\s`)},
	{Zero, regexp.MustCompile(`(^|[^0-9.])0`)},
}

func rangeKind(rng string) Kind {
	if len(rng) > maxBytes || strings.Count(rng, "||") >= maxArms || len(findPartials(rng)) > maxBounds {
		return Length
	}
	for _, k := range rangeKinds {
		if k.pattern.MatchString(rng) {
			return k.kind
		}
	}
	return Unrecognized
}
