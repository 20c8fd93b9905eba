package semver

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/compiler/tries"
	"muster/compiler/vectors"
)

var doubtfulRanges = []struct {
	rng  string
	kind Kind
	text string
	safe string
}{
	// where the engines part
	{"^19.0.0-rc", Prerelease, `for "^19.0.0-rc", webpack, npm and masterminds take 19.0.0-rc.1, module-federation refuses it`, ""},
	{">=0.0.0", Zero, `for ">=0.0.0", webpack, npm and masterminds take 1.0.0, module-federation refuses it`, "*"},
	{">=0", Zero, `for ">=0", webpack, npm and masterminds take 1.0.0, module-federation refuses it`, "*"},
	{">= 16.8.0 < 20.0.0", Spacing, `for ">= 16.8.0 < 20.0.0", webpack, npm and masterminds take 17.0.0, module-federation refuses it`, ">=16.8.0 <20.0.0"},
	{"~>18.2", Operator, `for "~>18.2", module-federation, npm and masterminds take 18.2.1, webpack refuses it`, "~18.2"},
	{"^v18.0.0", Prefix, `for "^v18.0.0", module-federation, npm and masterminds take 18.1.0, webpack refuses it`, "^18.0.0"},
	{"^18 ||", EmptyArm, `for "^18 ||", module-federation, webpack and npm take 19.0.0, masterminds cannot read the range`, "*"},
	{">=1.0.0,<2.0.0", Comma, `for ">=1.0.0,<2.0.0", webpack and masterminds take 1.1.0, module-federation and npm refuse it`, ""},
	{"!=1.0.0", Negation, `for "!=1.0.0", webpack and masterminds take 2.0.0, module-federation and npm refuse it`, ""},
	{"=>1.0.0", Operator, `for "=>1.0.0", masterminds takes 2.0.0, module-federation, webpack and npm refuse it`, ""},
	{"^0", Zero, `for "^0", module-federation, webpack, npm and masterminds take 0.1.0, webpack before 5.112 refuses it`, "0.x"},
	{"^0.0", Zero, `for "^0.0", module-federation, webpack, npm and masterminds take 0.0.1, webpack before 5.112 refuses it`, "0.0.x"},
	{"~0.0.0", Zero, `for "~0.0.0", masterminds takes 1.0.0, module-federation, webpack and npm refuse it`, "0.0.x"},
	{"^*", Wildcard, `for "^*", module-federation, webpack and npm take 2.0.0, masterminds refuses it`, "*"},
	{"1.* <2", Wildcard, `for "1.* <2", module-federation, npm and masterminds take 1.1.0, webpack refuses it`, "1 <2"},
	{"1.x.3", Wildcard, `for "1.x.3", module-federation and masterminds take 1.1.0, webpack and npm refuse it`, ""},
	{"<2.0.0-0", Prerelease, `for "<2.0.0-0", module-federation takes 2.0.0-0.1, webpack, npm and masterminds refuse it`, "<2.0.0"},
	{"^7.0.0 || ^8.0.0-0", Prerelease, `for "^7.0.0 || ^8.0.0-0", module-federation and masterminds take 8.0.1-rc.1, webpack and npm refuse it`, ""},
	{"^1.0.0\u00a0<1.5.0", Spacing, `for "^1.0.0\u00a0<1.5.0", module-federation, webpack and npm take 1.1.0, masterminds cannot read the range`, "^1.0.0 <1.5.0"},
	{"1||2 - 3", Hyphen, `for "1||2 - 3", masterminds takes 4.0.0, module-federation, webpack and npm refuse it`, "1 || >=2.0.0 <4.0.0"},
	{"^1.0.0 junk", Unrecognized, `for "^1.0.0 junk", module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{strings.Repeat("1 || ", 40) + "2", Length, `for "` + strings.Repeat("1 || ", 16) + `"..., module-federation, webpack and npm take 2.0.0, masterminds cannot read the range`, ""},

	// where they may
	{"v1.2.3", Prefix, `"v1.2.3" is outside the grammar that engines are known to read alike, though no version was found on which module-federation, webpack, npm and masterminds part`, "1.2.3"},
	{"1.2.3+b7", Build, `"1.2.3+b7" is outside the grammar that engines are known to read alike, though no version was found on which module-federation, webpack, npm and masterminds part`, "1.2.3"},
	{"12.0.0-beta-10", Prerelease, `"12.0.0-beta-10" is outside the grammar that engines are known to read alike, though no version was found on which module-federation, webpack, npm and masterminds part`, ""},
	{"01.2.3", Number, `for "01.2.3", no version was found that any of module-federation, webpack, npm and masterminds takes`, ""},

	// no ranges
	{"", Empty, `"" is empty, not a range: module-federation, webpack and npm take 2.0.0, masterminds cannot read the range`, "*"},
	{" ", Empty, `" " is empty, not a range: module-federation, webpack and npm take 2.0.0, masterminds cannot read the range`, "*"},
	{"workspace:*", Workspace, `"workspace:*" is for a package manager, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"workspace:^", Workspace, `"workspace:^" is for a package manager, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"workspace:^1.2.0", Workspace, `"workspace:^1.2.0" is for a package manager, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, "^1.2.0"},
	{"npm:react@^18.0.0", Alias, `"npm:react@^18.0.0" is for a package manager, not a range: module-federation, webpack and npm refuse 19.0.0, masterminds cannot read the range`, "^18.0.0"},
	{"npm:@types/react@v18", Alias, `"npm:@types/react@v18" is for a package manager, not a range: module-federation, webpack and npm refuse 19.0.0, masterminds cannot read the range`, "18"},
	{"npm:react", Alias, `"npm:react" is for a package manager, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"npm:a@npm:b@1", Alias, `"npm:a@npm:b@1" is for a package manager, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, "1"},
	{"catalog:", Catalog, `"catalog:" is for a package manager, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"file:..", Path, `"file:.." is a path, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"link:../x", Path, `"link:../x" is a path, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"./", Path, `"./" is a path, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"latest", Tag, `"latest" is a dist tag, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"next", Tag, `"next" is a dist tag, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"https://x.y/z.tgz", URL, `"https://x.y/z.tgz" is an address, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"git@github.com:a/b.git", URL, `"git@github.com:a/b.git" is an address, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"github:a/b", URL, `"github:a/b" is an address, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"a/b", URL, `"a/b" is an address, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
	{"jsr:@a/b@1", Protocol, `"jsr:@a/b@1" is for a package manager, not a range: module-federation, webpack and npm refuse 2.0.0, masterminds cannot read the range`, ""},
}

func TestLintRange(t *testing.T) {
	t.Parallel()
	for _, tt := range doubtfulRanges {
		if got, want := LintRange(tt.rng), (Doubt{tt.kind, tt.text, tt.safe}); len(got) != 1 || got[0] != want {
			t.Errorf("range %q:\n got %+v\nwant %+v", tt.rng, got, want)
		}
	}
}

func TestLintRangeForEngines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rng     string
		engines []Dialect
		text    string // "" for no doubt
	}{
		{">=1.0.0,<2.0.0", []Dialect{Masterminds}, ""},
		{">=1.0.0,<2.0.0", []Dialect{Webpack, Masterminds}, `for ">=1.0.0,<2.0.0", webpack takes 2.0.0, masterminds refuses it`},
		{">=1.0.0,<2.0.0", []Dialect{NPM}, `for ">=1.0.0,<2.0.0", no version was found that npm takes`},
		{">=1.0.0,<2.0.0", []Dialect{ModuleFederation, NPM}, `for ">=1.0.0,<2.0.0", no version was found that any of module-federation and npm takes`},
		{"^1 ||", []Dialect{Masterminds}, `for "^1 ||", masterminds cannot read the range`},
		{"^1 ||", []Dialect{ModuleFederation, NPM}, `"^1 ||" is outside the grammar that engines are known to read alike, though no version was found on which module-federation and npm part`},
		{"^v18.0.0", []Dialect{NPM}, ""},
		{"~0.0.0", []Dialect{ModuleFederation, Webpack, NPM}, ""},
		{"^0", []Dialect{ModuleFederation, NPM, Masterminds}, ""},
		{"^0", []Dialect{Webpack}, `for "^0", webpack takes 0.1.0, webpack before 5.112 refuses it`},
		{">=0.0.0", []Dialect{Webpack, NPM}, ""},
		{"", []Dialect{NPM}, `"" is empty, not a range: npm takes 2.0.0`},
	} {
		text := ""
		for _, d := range LintRange(tt.rng, tt.engines...) {
			text += d.Text
		}
		if text != tt.text {
			t.Errorf("range %q for %v:\n got %s\nwant %s", tt.rng, tt.engines, text, tt.text)
		}
	}
}

func TestNoDoubt(t *testing.T) {
	t.Parallel()
	for _, rng := range []string{
		"*", "x", "^18.0.0", "~18.2.0", ">=16.8.0", ">16.8.0", "<=16.8.0", "<16.8.0", "=16.8.0", "16.8.0", "^18", "~18", "18", ">=21", ">21", "<21", "<=21", "=21", "^18.2", "~18.2",
		"18.2", ">=18.2", "1.x", "1.2.x", "1.X", "1.*", "^1.x", "~1.2.x", ">=1.x", "<1.x", ">=1.0.0 <2.0.0", ">=21 <23", ">= 16.8.0", "^1.2.0 <1.5.0 >1.2.7", "1.2.3 - 2.0.0", "1 - 2",
		"^16.8.0 || ^17.0.0 || ^18.0.0", "^16.8.0||^17.0.0", "0.14 || 15 || 16", ">=0.0.0 <2.0.0", "^0.2.3", "^0.0.3", "^0.0.0", "~0.2", "0", "0.0", "~0", "<0.0.0",
		"999999999999998.0.0",
	} {
		if d := LintRange(rng); d != nil {
			t.Errorf("range %q: %+v", rng, d)
		}
	}
	for _, version := range []string{"0.0.0", "18.2.0", "999999999999999.0.0"} {
		if d := LintVersion(version); d != nil {
			t.Errorf("version %q: %+v", version, d)
		}
	}
}

var doubtfulVersions = []struct {
	version string
	kind    Kind
	text    string
	safe    string
}{
	{"18.3.0-canary-1", Prerelease, `for "^18.0.0", module-federation takes "18.3.0-canary-1", webpack, npm and masterminds refuse it`, ""},
	{"0.0.0-experimental-1", Prerelease, `for "^0.0.0", module-federation takes "0.0.0-experimental-1", webpack, npm and masterminds refuse it`, ""},
	{"18.2.0-rc.1+b7", Prerelease, `for "^18.0.0", module-federation takes "18.2.0-rc.1+b7", webpack, npm and masterminds refuse it`, ""},
	{"18.2", Incomplete, `for "^18.0.0", webpack and masterminds take "18.2", module-federation and npm refuse it`, "18.2.0"},
	{"18", Incomplete, `for "^18.0.0", masterminds takes "18", module-federation, webpack and npm refuse it`, "18.0.0"},
	{"v18.2.0", Prefix, `for "^18.0.0", module-federation, npm and masterminds take "v18.2.0", webpack refuses it`, "18.2.0"},
	{"=18.2.0", Prefix, `for "^18.0.0", module-federation takes "=18.2.0", webpack and npm refuse it, masterminds cannot read the version`, "18.2.0"},
	{">18.2.0", Prefix, `for "^18.0.0", module-federation takes ">18.2.0", webpack and npm refuse it, masterminds cannot read the version`, ""},
	{" 18.2.0", Spacing, `for "^18.0.0", module-federation, webpack and npm take " 18.2.0", masterminds cannot read the version`, "18.2.0"},
	{"18.2.0+b7", Build, `webpack puts "18.2.0+b7" above 18.2.0, module-federation, npm and masterminds do not`, "18.2.0"},
	{"018.2.0", Number, `for "*", webpack and masterminds take "018.2.0", module-federation and npm refuse it`, ""},
	{"99999999999999999999.0.0", Number, `for "*", module-federation and webpack take "99999999999999999999.0.0", npm refuses it, masterminds cannot read the version`, ""},
	{"1.2.3.4", Unrecognized, `for "^1.0.0", webpack takes "1.2.3.4", module-federation and npm refuse it, masterminds cannot read the version`, ""},
	{"latest", Unrecognized, `for "*", webpack takes "latest", module-federation and npm refuse it, masterminds cannot read the version`, ""},
	{"", Empty, `for "*", webpack takes "", module-federation and npm refuse it, masterminds cannot read the version`, ""},
}

func TestLintVersion(t *testing.T) {
	t.Parallel()
	for _, tt := range doubtfulVersions {
		if got, want := LintVersion(tt.version), (Doubt{tt.kind, tt.text, tt.safe}); len(got) != 1 || got[0] != want {
			t.Errorf("version %q:\n got %+v\nwant %+v", tt.version, got, want)
		}
	}
}

func TestLintVersionForEngines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		version string
		engines []Dialect
		text    string // "" for no doubt
	}{
		{"18.2.0+b7", []Dialect{ModuleFederation, NPM}, `"18.2.0+b7" is not three numbers alone, though no range was found on which module-federation and npm part`},
		{"18.2.0+b7", []Dialect{NPM}, ""},
		{"18.3.0-canary-1", []Dialect{ModuleFederation}, ""},
		{"18.3.0-canary-1", []Dialect{NPM}, `no range was found for which npm takes "18.3.0-canary-1"`},
		{"18.3.0-canary-1", []Dialect{Webpack, NPM}, `no range was found for which any of webpack and npm takes "18.3.0-canary-1"`},
		{"18.2", []Dialect{Masterminds}, ""},
		{"one", []Dialect{Masterminds}, `for "*", masterminds cannot read the version`},
	} {
		text := ""
		for _, d := range LintVersion(tt.version, tt.engines...) {
			text += d.Text
		}
		if text != tt.text {
			t.Errorf("version %q for %v:\n got %s\nwant %s", tt.version, tt.engines, text, tt.text)
		}
	}
}

// TestNoDoubtMeansAgreement draws ranges from the safe grammar and just outside it: those that give rise to no doubt take the
// same releases everywhere, also far from what the lint asks about, and so do the rewritings of the others, which npm reads as
// it reads the original.
func TestNoDoubtMeansAgreement(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 112))
	doubted, spelled := 0, 0
	const ranges = 1000 / tries.Fewer
	for range ranges {
		rng := randomRange(random)
		doubts := LintRange(rng)
		for range 12 {
			version := randomRelease(random)
			if answers := answersOf(version, rng); doubts == nil && !agreed(answers) {
				t.Errorf("range %q, version %q: %s, and no doubt", rng, version, answers)
			}
			for _, d := range doubts {
				checkSafe(t, d, rng, version)
			}
		}
		for _, d := range doubts {
			doubted++
			if d.Safe != "" {
				spelled++
				if again := LintRange(d.Safe); again != nil {
					t.Errorf("range %q: the rewriting %q gives rise to doubt: %+v", rng, d.Safe, again)
				}
			}
			checkWitness(t, rng, d)
		}
	}
	if doubted < ranges/10 || doubted > ranges*9/10 || spelled < doubted/10 {
		t.Errorf("%d of %d ranges are doubtful, %d of them rewritten: the draw is lopsided", doubted, ranges, spelled)
	}
}

func checkSafe(t *testing.T, d Doubt, rng, version string) {
	t.Helper()
	if d.Safe == "" {
		return
	}
	answers := answersOf(version, d.Safe)
	if !agreed(answers) {
		t.Errorf("range %q, version %q: the rewriting %q gives %s", rng, version, d.Safe, answers)
	}
	if npm := answer(NPM, version, rng); npm != answers[:1] && d.Kind != Alias && d.Kind != Workspace {
		t.Errorf("range %q, version %q: npm answers %s, the rewriting %q gives %s", rng, version, npm, d.Safe, answers)
	}
}

var said = regexp.MustCompile(`^for ("(?:[^"\\]|\\.)*")(?:\.\.\.)?, (?:(.*?) takes? ([0-9A-Za-z.-]+))?(?:, )?(?:(.*?) refuses? ([0-9A-Za-z.-]+))?(?:, )?(?:(.*) cannot read the range)?$`)

// checkWitness asks the engines again about what a doubt says of them.
func checkWitness(t *testing.T, rng string, d Doubt) {
	t.Helper()
	m := said.FindStringSubmatch(d.Text)
	if m == nil {
		return
	}
	if quoted, _ := strconv.Unquote(m[1]); len(rng) < 80 && quoted != rng {
		t.Errorf("range %q: %s", rng, d.Text)
	}
	version := m[3]
	if version == "" {
		version = m[5]
	}
	said := 0
	for i, want := range map[int]string{2: "1", 4: "0", 6: "E"} {
		for _, d := range everyDialect {
			names := strings.Split(strings.ReplaceAll(m[i], " and ", ", "), ", ")
			if slices.Contains(names, d.String()) {
				said++
				if got := answer(d, version, rng); got != want {
					t.Errorf("range %q, version %q: %v answers %s, the doubt says %s", rng, version, d, got, want)
				}
			}
		}
	}
	if said != len(everyDialect) {
		t.Errorf("range %q: %d engines in %s", rng, said, d.Text)
	}
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }

func randomRelease(random *rand.Rand) string {
	return dotted(random.IntN(5), random.IntN(5), random.IntN(5))
}

// randomRange is mostly in the safe grammar, or differs from it in one place.
func randomRange(random *rand.Rand) string {
	var arms []string
	for range 1 + random.IntN(3) {
		var bounds []string
		for range 1 + random.IntN(2) {
			bounds = append(bounds, randomBound(random))
		}
		arms = append(arms, strings.Join(bounds, pick(random, " ", " ", " ", " ", "  ", " - ", ",")))
	}
	return strings.Join(arms, pick(random, " || ", " || ", "||", "|| "))
}

func randomBound(random *rand.Rand) string {
	if random.IntN(12) == 0 {
		return pick(random, "*", "x", "X", "", "^*", "~x", ">=*", "<*")
	}
	operator := pick(random, "", "^", "~", ">=", ">", "<", "<=", "=", "^", ">=", "<")
	if random.IntN(12) == 0 {
		operator = pick(random, "~>", "v", "^v", "=>", "!=", ">= ", "^ ", "< ")
	}
	parts := strings.Split(randomRelease(random), ".")[:1+random.IntN(3)]
	for i := range parts {
		if i > 0 && random.IntN(8) == 0 {
			parts[i] = pick(random, "x", "X", "*")
		}
	}
	version := operator + strings.Join(parts, ".")
	if random.IntN(25) == 0 {
		version += pick(random, "-rc.1", "-0", "+b7", ".x", "x")
	}
	return version
}

// TestEveryPartingIsDoubted holds the lint to the ranges and versions that the engines were asked about: where they part, it
// says so. Of the larger sets it takes a part.
func TestEveryPartingIsDoubted(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]int{"ranges": 20, "ranges-natural": 4, "ranges-hostile": 12} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doubtful := map[string]bool{}
			for i, line := range arrays(t, vectors.Own(t, givenVectors, name), name, 6) {
				l, ok := parseRangeLine(line)
				if !ok || i%step > 0 {
					continue
				}
				if _, ok := doubtful[l.rng]; !ok {
					doubts := LintRange(l.rng)
					doubtful[l.rng] = doubts != nil
					for _, d := range doubts {
						checkWitness(t, l.rng, d)
						checkSafe(t, d, l.rng, "1.5.0")
					}
				}
				if answers := answersOf(l.version, l.rng); !agreed(answers) && !doubtful[l.rng] && LintVersion(l.version) == nil {
					t.Errorf("range %q, version %q: %s, and no doubt", l.rng, l.version, answers)
				}
			}
			if len(doubtful) < 200 {
				t.Errorf("%d ranges only", len(doubtful))
			}
		})
	}
}
