package registry

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/compiler/generate"
	"muster/compiler/tries"
)

// revised reads after by what it changes in before, and as a whole, and reports whether the former was possible. Then both must come
// to the same, marks and all.
func revised[T, E any](t *testing.T, s *Schema, d documents[T], list *longList[T, E], before, after string) bool {
	t.Helper()
	f := File{Path: "remotes/x.yaml"}
	plain := s.plain(d.definition, f, before)
	if plain == nil {
		return false
	}
	first := d.decode(f, plain)
	was := list.newEdition(before, plain, first)
	if was == nil {
		return false
	}
	shapes := s.shapes.definition(d.definition).containers(list.field)
	is := reviser[T, E]{longList: list, file: f, was: was, shapes: shapes}.revise(after)
	if is == nil {
		return false
	}
	whole, plain := d.read(s, f, after)
	if plain == nil {
		t.Fatalf("a change was taken for a plain one; the whole text has faults, or is not plain: %v\n%s\n--- became\n%s", whole.findings, before, after)
	}
	if !reflect.DeepEqual(is, list.newEdition(after, plain, whole.value)) {
		t.Fatalf("a change came to something else than the whole text:\n%+v\n%+v\n%s\n--- became\n%s", is.value, whole.value, before, after)
	}
	if again, _ := d.read(s, f, before); !reflect.DeepEqual(first, again.value) {
		t.Fatalf("what was read of the text before was changed:\n%s\n--- became\n%s", before, after)
	}
	return true
}

func revisedAs(t *testing.T, s *Schema, definition, before, after string) bool {
	t.Helper()
	if definition == "#Remote" {
		return revised(t, s, remoteDocuments, &releasesOf, before, after)
	}
	return revised(t, s, cohortDocuments, &pinsOf, before, after)
}

// narrowing are constraints of a registry's own that can be compiled, so that CUE need not be asked about each document.
var narrowing = ownConstraints[:strings.Index(ownConstraints, "#Cohort:")] + "#Cohort: pins?: home?: =~\"^~\"\n"

const revisedCohort = "apiVersion: muster/v1\nname: a\npins:\n  cart: 1.2.3\n\n  # why\n  shop: {disabled: INC-1}\n  pay:\n    split: [{version: ~1.2, percent: 90}, {version: 2.0.0, percent: 10}]\n"

// TestReviseTakes is what changes of a file are read by themselves.
func TestReviseTakes(t *testing.T) {
	t.Parallel()
	remote := seedDocuments["#Remote"][0]
	release := remote[strings.Index(remote, "  - version"):]
	release = release[:strings.Index(release[3:], "  - version")+3]
	s := loadOwn(t, narrowing)
	for _, c := range []struct {
		name, definition, before, after string
		taken                           bool
	}{
		{"nothing", "#Remote", remote, remote, true},
		{"a release is added", "#Remote", remote, strings.Replace(remote, "releases:\n", "releases:\n"+strings.Replace(release, "\"", "\"1", 1), 1), true},
		{"a release is removed", "#Remote", remote, strings.Replace(remote, release, "", 1), true},
		{"a release changes", "#Remote", remote, strings.Replace(remote, "singleton: true", "singleton: false", 1), true},
		{"a pin changes", "#Cohort", revisedCohort, strings.Replace(revisedCohort, "1.2.3", "1.2.4", 1), true},
		{"a pin is removed", "#Cohort", revisedCohort, strings.Replace(revisedCohort, "  cart: 1.2.3\n", "", 1), true},
		{"a pin is added", "#Cohort", revisedCohort, revisedCohort + "  home: ~1\n", true},
		{"pins change places", "#Cohort", revisedCohort, strings.Replace(strings.Replace(revisedCohort, "  cart: 1.2.3\n", "", 1), "  pay:", "  cart: 1.2.3\n  pay:", 1), true},
		{"a comment", "#Cohort", revisedCohort, strings.Replace(revisedCohort, "# why", "# because", 1), true},
		{"a comment before the first", "#Cohort", revisedCohort, strings.Replace(revisedCohort, "pins:\n", "pins:\n\n  # why\n", 1), true},
		{"a control character before the first", "#Cohort", revisedCohort, strings.Replace(revisedCohort, "pins:\n", "pins:\n  # \x01\n", 1), false},
		{"what stands behind stays", "#Cohort", revisedCohort + "after: [b]\n", strings.Replace(revisedCohort, "1.2.3", "1.2.4", 1) + "after: [b]\n", true},
		{"what stands behind slides", "#Cohort", revisedCohort + "after: [b]\n", strings.Replace(revisedCohort, "  cart: 1.2.3\n", "", 1) + "after: [b]\n", false},
		{"what stands behind changes", "#Cohort", revisedCohort + "after: [b]\n", revisedCohort + "after: [c]\n", false},
		{"another field changes", "#Cohort", revisedCohort, strings.Replace(revisedCohort, "name: a", "name: b", 1), false},
		{"a pin comes twice", "#Cohort", revisedCohort, revisedCohort + "  cart: ~1\n", false},
		{"a pin is renamed to one that is there", "#Cohort", revisedCohort, strings.Replace(revisedCohort, "cart", "pay", 1), false},
		{"a pin is quoted, and there", "#Cohort", revisedCohort, revisedCohort + "  \"cart\": ~1\n", false},
		{"the last pin goes", "#Cohort", "apiVersion: muster/v1\nname: a\npins:\n  cart: 1.2.3\n", "apiVersion: muster/v1\nname: a\npins:\n", false},
		{"a pin with a fault", "#Cohort", revisedCohort, revisedCohort + "  Home: ~1\n", false},
		{"a pin that is a number", "#Cohort", revisedCohort, revisedCohort + "  home: 1\n", false},
		{"a pin that the registry refuses", "#Cohort", revisedCohort, revisedCohort + "  home: 9.9.9\n", false},
		{"an anchor", "#Cohort", revisedCohort, revisedCohort + "  home: &x ~1\n", false},
		{"a tab", "#Cohort", revisedCohort, revisedCohort + "  home:\t~1\n", false},
		{"a text that goes on", "#Cohort", revisedCohort, revisedCohort + "  home: ~1\n   ~2\n", false},
		{"a second document", "#Cohort", revisedCohort, revisedCohort + "---\na: b\n", false},
		{"a field that the registry refuses", "#Remote", remote, strings.Replace(remote, "name: webpack", "name: vite", 1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.before == c.after && c.name != "nothing" {
				t.Fatal("nothing is changed")
			}
			if taken := revisedAs(t, s, c.definition, c.before, c.after); taken != c.taken {
				t.Errorf("read by what changed: %v, want %v\n%s", taken, c.taken, c.after)
			}
		})
	}
}

// TestReviseNeedsSeparateEntries: what a registry asks of a list as a whole can't be judged by an entry.
func TestReviseNeedsSeparateEntries(t *testing.T) {
	t.Parallel()
	policy := "package schema\n\nregistry: {name: \"acme\", baseURL: \"https://m.acme.example/\"}\npolicy: origins: []\n"
	for own, separate := range map[string]bool{
		"":                                      true,
		"#Cohort: pins?: shop?: string":         true,
		"#Cohort: pins?: shop!: _":              false,
		"#Cohort: pins?: {shop: string}":        false,
		"#Cohort: pins?: {} | {shop!: _}":       false,
		"#Cohort: {pins?: {}} | {name!: \"b\"}": false,
		"#Cohort: after?: [...string]":          true,
	} {
		s, _, _, l := loadSchema([]ownFile{{path: "schema/policy.cue", text: []byte(policy + own + "\n")}}, false)
		if len(l) > 0 {
			t.Fatal(own, l)
		}
		if got := s.shapes.definition("#Cohort").containers("pins") != nil; got != separate {
			t.Errorf("%q: judged one by one: %v, want %v", own, got, separate)
		}
	}
}

// declarations are texts of each definition: those of this repository, generated ones, and ones with everything that a field may hold.
func declarations(t testing.TB) map[string][]string {
	texts := map[string][]string{"#Remote": slices.Clone(seedDocuments["#Remote"]), "#Cohort": {revisedCohort, seedDocuments["#Cohort"][0], seedDocuments["#Cohort"][1]}}
	for _, f := range generate.Files(3, generate.Size{Remotes: 3, Cohorts: 3, Releases: 4, Shared: 2}) {
		if definition := definitionOf(f.Path); definition != "" {
			texts[definition] = append(texts[definition], string(f.Text))
		}
	}
	for _, pattern := range []string{"remotes/*.yaml", "remotes/*/*.yaml", "cohorts/*.yaml"} {
		names, err := filepath.Glob("../../" + pattern)
		if err != nil || pattern != "remotes/*.yaml" && len(names) == 0 {
			t.Fatal("this repository has no", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			definition := definitionOf(strings.TrimPrefix(filepath.ToSlash(name), "../../"))
			texts[definition] = append(texts[definition], string(text))
		}
	}
	return texts
}

func definitionOf(path string) string {
	return map[string]string{remotesFolder: "#Remote", cohortsFolder: "#Cohort"}[path[:strings.IndexByte(path, '/')]]
}

// editor changes texts as people do, and as nobody should.
type editor struct{ rand *rand.Rand }

var hostilePieces = []string{" ", "\n", "  ", "- ", ": ", ":", "#", " #", "{", "}", "[", "]", ",", "\"", "'", "1", ".", "~", "?:", "?: ", "&x ", "*x", "!t ", "|", ">", "--- ", "---\n", "...\n", "\n\n", "<<: ", "null", "\\",
	"\t", "\r\n", "é", "\x00", "pins:\n", "releases:\n", "  - version: 1.2.3\n", "  cart: 1.2.3\n", "cart: 1\n", "% \n"}

func (e editor) edit(text string) string {
	lines := strings.SplitAfter(text, "\n")
	i, j := e.rand.IntN(len(lines)), e.rand.IntN(len(lines))
	switch e.rand.IntN(12) {
	case 0:
		return text + lines[i]
	case 1:
		return strings.Join(slices.Delete(lines, i, min(len(lines), i+1+e.rand.IntN(3))), "")
	case 2:
		return strings.Join(slices.Insert(lines, i, lines[j]), "")
	case 3:
		lines[i], lines[j] = lines[j], lines[i]
		return strings.Join(lines, "")
	case 4:
		return strings.Join(slices.Insert(lines, i, "# a comment\n", "\n"), "")
	case 5:
		lines[i] = []string{" ", "  "}[e.rand.IntN(2)] + lines[i]
		return strings.Join(lines, "")
	case 6:
		lines[i] = strings.TrimPrefix(lines[i], " ")
		return strings.Join(lines, "")
	case 7:
		return strings.TrimSuffix(text, "\n")
	case 8:
		at := e.rand.IntN(len(text) + 1)
		end := at + e.rand.IntN(min(3, len(text)-at+1))
		return text[:at] + hostilePieces[e.rand.IntN(len(hostilePieces))] + text[end:]
	}
	if e.rand.IntN(2) == 0 {
		return e.number(text)
	}
	return e.block(lines)
}

// number changes a digit.
func (e editor) number(text string) string {
	for range 200 {
		if i := e.rand.IntN(len(text) + 1); i < len(text) && text[i] >= '0' && text[i] <= '9' {
			return text[:i] + strconv.Itoa(e.rand.IntN(10)) + text[i+1:]
		}
	}
	return text
}

// block copies, moves or removes a line and all that is deeper.
func (e editor) block(lines []string) string {
	i := e.rand.IntN(len(lines))
	depth := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	end := i + 1
	for end < len(lines) && depth(lines[end]) > depth(lines[i]) {
		end++
	}
	block := slices.Clone(lines[i:end])
	to := e.rand.IntN(len(lines))
	switch e.rand.IntN(3) {
	case 0:
		return strings.Join(slices.Delete(lines, i, end), "")
	case 1:
		lines = slices.Delete(lines, i, end)
		to = min(to, len(lines))
	}
	for to < len(lines) && depth(lines[to]) > depth(block[0]) {
		to++
	}
	if len(block) > 1 { // of two that are the same, one would be at fault
		block[0] = e.number(block[0])
	}
	return strings.Join(slices.Insert(lines, to, block...), "")
}

// TestReviseIsReading edits declarations at random. MUSTER_MUTANTS sets how many edits are tried.
func TestReviseIsReading(t *testing.T) {
	t.Parallel()
	edits := tries.Of(t, "MUSTER_MUTANTS", 8000)
	e, taken := editor{rand.New(rand.NewPCG(3, 4))}, map[string]int{}
	for _, s := range []*Schema{loadOwn(t, narrowing), loadOwn(t, policies[0])} {
		for definition, texts := range declarations(t) {
			texts = slices.DeleteFunc(texts, func(text string) bool { return s.plain(definition, File{Path: "x.yaml"}, text) == nil })
			for range edits / 4 {
				before := texts[e.rand.IntN(len(texts))]
				after := e.edit(before)
				for range e.rand.IntN(3) {
					after = e.edit(after)
				}
				if revisedAs(t, s, definition, before, after) {
					taken[definition]++
				}
			}
		}
	}
	if taken["#Remote"] < edits/20 || taken["#Cohort"] < edits/20 {
		t.Errorf("of %d edits only %v were read by what changed", edits, taken)
	}
}

// TestPlainIsDocument holds documents that are read by the short way against what becomes of them by the long one.
func TestPlainIsDocument(t *testing.T) {
	t.Parallel()
	e, plain, edits := editor{rand.New(rand.NewPCG(12, 13))}, 0, tries.Of(t, "MUSTER_MUTANTS", 3000)
	var texts []string
	for _, some := range declarations(t) {
		texts = append(texts, some...)
	}
	slices.Sort(texts)
	for range edits {
		text := e.edit(texts[e.rand.IntN(len(texts))])
		if plainAgrees(t, text) {
			plain++
		}
	}
	if plain < edits/5 {
		t.Errorf("of %d texts only %d were plain", edits, plain)
	}
}

func plainAgrees(t *testing.T, text string) bool {
	t.Helper()
	n := parsePlain(File{Path: "x.yaml"}, text)
	if n == nil {
		return false
	}
	want, l := parseDocument(File{Path: "x.yaml"}, []byte(text))
	if len(l) > 0 || want == nil {
		t.Fatalf("a text is taken for plain, and has faults: %v\n%s", l, text)
	}
	if d := difference(want, n); d != "" {
		t.Fatalf("%s\n%s", d, text)
	}
	return true
}

func FuzzRevise(f *testing.F) {
	e := editor{rand.New(rand.NewPCG(5, 6))}
	for _, definition := range []string{"#Cohort", "#Remote"} {
		for _, text := range declarations(f)[definition] {
			if len(text) < 3000 {
				f.Add(definition == "#Remote", text, e.edit(text))
			}
		}
	}
	s := loadOwn(f, narrowing)
	f.Fuzz(func(t *testing.T, remote bool, before, after string) {
		definition := "#Cohort"
		if remote {
			definition = "#Remote"
		}
		revisedAs(t, s, definition, before, after)
		plainAgrees(t, after)
	})
}
