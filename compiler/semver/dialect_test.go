package semver

import (
	"os"
	"strings"
	"testing"
)

// readings are what the engines answer, one letter each in the order of the dialects: 1, 0, or E where the engine throws.
var readings = []struct{ rng, version, answers string }{
	// releases
	{"^18.0.0", "18.2.0", "1111"},
	{"^18.0.0", "19.0.0", "0000"},
	{"^0.2.3", "0.2.9", "1111"},
	{"^0.2.3", "0.3.0", "0000"},
	{"^0.0.3", "0.0.4", "0000"},
	{"~18.2.0", "18.2.7", "1111"},
	{"~18.2", "18.3.0", "0000"},
	{">=16.8.0 <20.0.0", "18.2.0", "1111"},
	{">=16.8.0 <20.0.0", "20.0.0", "0000"},
	{"^16.8.0 || ^17.0.0 || ^18.0.0", "18.2.0", "1111"},
	{"18.x", "18.2.0", "1111"},
	{"18", "18.2.0", "1111"},
	{">18", "18.2.0", "0000"},
	{"<=18", "18.2.0", "1111"},
	{"1.2.3 - 2", "2.9.9", "1111"},
	{"*", "18.2.0", "1111"},
	{">= 16.8.0", "18.2.0", "1111"},

	// prereleases
	{"^18.0.0", "18.3.0-canary-1", "1000"},
	{"*", "19.0.0-rc.1", "1000"},
	{"^19.0.0-rc", "19.0.0-rc.1", "0111"},
	{"^19.0.0-rc.1", "19.0.0-rc.2", "1111"},
	{"^19.0.0-rc.1", "19.0.0-rc", "1000"},
	{"<2.0.0-alpha", "2.0.0-1", "0111"},
	{">2.0.0-1", "2.0.0-alpha", "1111"},
	{"* || ^1.0.0-rc.1", "1.0.0-rc.2", "1101"},

	// odd syntax
	{">=0.0.0", "18.2.0", "0111"},
	{">=0", "18.2.0", "0111"},
	{">=0.0.0 <19.0.0", "18.2.0", "1111"},
	{">= 16.8.0 < 20.0.0", "18.2.0", "0111"},
	{"~>18.2", "18.2.0", "1011"},
	{"^v18.0.0", "18.2.0", "1011"},
	{"", "18.2.0", "111E"},
	{"^18 ||", "17.0.0", "111E"},
	{">=1.0.0,<2.0.0", "1.5.0", "0101"},
	{"!=1.0.0", "1.5.0", "0101"},
	{"=>1.0.0", "1.5.0", "0001"},
	{"^0", "0.5.0", "1111"},
	{"~0.0.0", "0.5.0", "0001"},
	{"^*", "18.2.0", "1110"},
	{"1.* <2", "1.5.0", "1011"},
	{"1.0.0- 2.0.0", "1.5.0", "0E0E"},
	{">=01020 <20.0.0", "18.2.0", "1000"}, // module-federation takes any characters for the dots of 0.0.0
	{"~ +a 1.2.3", "1.2.4", "001E"},

	// odd versions
	{"^18.0.0", "18.2", "0101"},
	{"^18.0.0", "v18.2.0", "1011"},
	{"^18.0.0", " 18.2.0", "111E"},
	{"^18.0.0", ">18.2.0", "100E"},
	{"^18.0.0", "18.2.0-", "0E0E"},
	{"18.2.0", "18.2.0+b7", "1111"},
	{"*", "99999999999999999999.0.0", "110E"},
}

func TestSatisfies(t *testing.T) {
	t.Parallel()
	for _, r := range readings {
		var got strings.Builder
		for _, d := range everyDialect {
			got.WriteString(answer(d, r.version, r.rng))
		}
		if got.String() != r.answers {
			t.Errorf("range %q, version %q: %s, want %s", r.rng, r.version, &got, r.answers)
		}
	}
}

// TestPackageTable holds the table of the package comment to the engines.
func TestPackageTable(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("semver.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(source)) {
		line, ok := strings.CutPrefix(line, "//\t")
		if !ok || strings.HasPrefix(line, "range ") {
			continue
		}
		rows++
		rng := strings.TrimSpace(line[:22])
		cells := strings.Fields(line[22:])
		for i, d := range everyDialect {
			if got := answer(d, cells[0], rng); got != cells[1+i] {
				t.Errorf("range %q, version %q: %v answers %s, the comment says %s", rng, cells[0], d, got, cells[1+i])
			}
		}
	}
	if rows < 10 {
		t.Errorf("the package comment's table has %d rows", rows)
	}
}

func TestSupersedes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ candidate, current, answers string }{
		{"18.3.0", "18.2.0", "1111"},
		{"18.2.0", "18.3.0", "0000"},
		{"18.10.0", "18.9.0", "1111"},
		{"18.2.0", "18.2.0", "1000"}, // module-federation asks for not above
		{"18.2.0", "18.2.0-rc.1", "1111"},
		{"18.2.0-rc.1", "18.2.0", "0000"},
		{"1.0.0-rc", "1.0.0-rc.1", "1000"}, // and puts the shorter prerelease on top
		{"1.0.0-rc.1", "1.0.0-rc", "0111"},
		{"1.0.0-alpha", "1.0.0-1", "0111"},
		{"1.0.0-1", "1.0.0-alpha", "0000"},
		{"1.0.0+b", "1.0.0", "1100"}, // webpack counts build metadata
		{"18.2", "17", "1101"},       // module-federation pads
		{"18", "0", "1101"},
		{"v2.0.0", "1.0.0", "1111"},
		{"latest", "1.0.0", "0100"},
		{"1.0.0", "latest", "0000"},
		{"", "1.0.0", "0000"},
		{"1.0.0", "", "0100"},
		{"2.0.0-", "1.0.0", "0000"},
		{"1.0.0", "1.0.0+", "0000"},
	} {
		got := ""
		for _, d := range everyDialect {
			got += map[bool]string{true: "1", false: "0"}[d.Supersedes(tt.candidate, tt.current)]
		}
		if got != tt.answers {
			t.Errorf("%q for %q: %s, want %s", tt.candidate, tt.current, got, tt.answers)
		}
	}
}

func TestDialectNames(t *testing.T) {
	t.Parallel()
	var names []string
	for _, d := range everyDialect {
		names = append(names, d.String())
	}
	if got := strings.Join(names, " "); got != "module-federation webpack npm masterminds" {
		t.Error(got)
	}
}

func TestUnknownDialect(t *testing.T) {
	t.Parallel()
	d := Dialect(7)
	if d.String() != "dialect 7" {
		t.Error(d.String())
	}
	if ok, err := d.Satisfies("1.0.0", "*"); ok || err == nil || err.Error() != `reading range "*": there is no dialect 7` {
		t.Error(ok, err)
	}
	if d.Supersedes("2.0.0", "1.0.0") {
		t.Error("an unknown dialect replaces a version")
	}
}

func TestSatisfiesErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d            Dialect
		version, rng string
		want         string
	}{
		{Webpack, "18.2.0-", "*", `holding version "18.2.0-" against range "*": webpack throws at a hyphen or plus that nothing follows`},
		{Webpack, "18.2.0", "^1.0.0+", `holding version "18.2.0" against range "^1.0.0+": webpack throws at a hyphen or plus that nothing follows`},
		{Masterminds, "1.0.0", "", `reading range "": improper constraint: ""`},
		{Masterminds, "one", "*", `reading version "one": invalid semantic version`},
	} {
		if _, err := tt.d.Satisfies(tt.version, tt.rng); err == nil || err.Error() != tt.want {
			t.Errorf("%v: %v, want %s", tt.d, err, tt.want)
		}
	}
}

// TestHostileLength holds each engine to texts of some 30,000 characters: a reader that takes a run up again and again does not
// come to an end.
func TestHostileLength(t *testing.T) {
	t.Parallel()
	const n = 1 << 15
	for _, unit := range []string{" ", "=", "v", "<", "~ ", "^", "*", "|", "-", "1.", "x.", "9", "+a", " - ", "1 ", "> ", "||1", "a.", "1.2.3-01.", "1.2.3+", ">1-", "\u00a0", ",", "= <"} {
		long := strings.Repeat(unit, n/len(unit))
		for _, text := range []string{long, "1.2.3-" + long, "^1.2.3 " + long + "1.2.3", long + " <1.2.3"} {
			for _, d := range everyDialect {
				_, _ = d.Satisfies("1.2.3-rc.1", text)
				_, _ = d.Satisfies(text, "^1.2.3-rc.1")
				_ = d.Supersedes(text, "1.2.3-1.2.3")
			}
			_ = LintRange(text[:n/8])
			_ = LintVersion(text[:n/8])
		}
	}
}
