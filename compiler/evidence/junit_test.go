package evidence

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// samples are the reports of testdata, and what each says. None passed but the one that can't know better.
var samples = map[string]Report{
	"pytest.xml": {Tests: 10, Failures: 2, Errors: 2, Skipped: 2,
		Failed:   []string{"test_cart: test_currency", "test_cart: test_stock", "test_cart: test_leak"},
		Warnings: []string{`suite "pytest" says tests="9", and its test cases come to 10`}},
	"gotestsum.xml": {Tests: 6, Failures: 3, Skipped: 1,
		Failed: []string{"acme.example/cart: TestPrice/gross_&_tax", "acme.example/cart: TestPrice", "acme.example/cart/broken: TestB"}},
	"gotestsum-does-not-compile.xml": {Tests: 1, Failures: 1, Unshown: 1,
		Failed: []string{"TestMain"},
		Warnings: []string{
			`suite "acme.example/cart/nobuild" says tests="0", and its test cases come to 1`,
			`suite "acme.example/cart/nobuild" says failures="0", and its test cases come to 1`,
			`suite "" says tests="0", and its test cases come to 1`,
			`suite "" says errors="1", and its test cases come to 0`,
		}},
	"go-junit-report.xml": {Tests: 6, Failures: 3, Skipped: 1,
		Failed: []string{"acme.example/cart: TestPrice", "acme.example/cart: TestPrice/gross_&_tax", "acme.example/cart/broken: TestB"}},
	"jest-junit-suite-errors.xml": {Tests: 6, Failures: 2, Errors: 1, Skipped: 1,
		Failed: []string{"cart badge counts", "Test suite failed to run: broken.test.js"},
		Warnings: []string{
			`suite "cart" says tests="3", and its test cases come to 4`,
			`suite "broken.test.js" says tests="0", and its test cases come to 2`,
			`suite "broken.test.js" says failures="0", and its test cases come to 1`,
			`suite "jest tests" says tests="3", and its test cases come to 6`,
			`suite "jest tests" says failures="1", and its test cases come to 2`,
		}},
	"jest-junit-file-does-not-load.xml": {Tests: 1},
	"playwright.xml": {Tests: 6, Failures: 1, Errors: 1, Skipped: 1,
		Failed: []string{"cart.spec.js: checkout › pays", "cart.spec.js: checkout › hangs"}},
	"surefire.xml": {Tests: 5, Failures: 1, Errors: 1, Skipped: 1,
		Failed: []string{"acme.CartTest: price", "acme.CartTest: stock"}},
	"googletest.xml": {Tests: 3, Failures: 1, Skipped: 1,
		Failed:   []string{"Cart: Adds"},
		Warnings: []string{`suite "Cart" says skipped="0", and its test cases come to 1`}},
}

func TestJUnitSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) != len(samples) {
		t.Fatalf("%d files in testdata, %d in the table: %v", len(files), len(samples), err)
	}
	for name, want := range samples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := JUnit(sample(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the report (-want +got):\n%s", diff)
			}
			if passed := name == "jest-junit-file-does-not-load.xml"; got.Passed() != passed {
				t.Errorf("Passed() = %t", got.Passed())
			}
		})
	}
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPassed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		passed     bool
		want       Report
	}{
		{"one test", `<testsuite><testcase name="a"/></testsuite>`, true, Report{Tests: 1}},
		{"one of two ran", `<testsuite><testcase/><testcase><skipped/></testcase></testsuite>`, true, Report{Tests: 2, Skipped: 1}},
		{"byte order mark, declaration, comment", "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- a --><testsuites><testcase/></testsuites>\n", true, Report{Tests: 1}},
		{"name space", `<j:testsuite xmlns:j="u"><j:testcase name="a"><j:failure/></j:testcase></j:testsuite>`, false, Report{Tests: 1, Failures: 1, Failed: []string{"a"}}},
		{"suites in suites", `<testsuites><testsuite><testsuite><testcase/></testsuite><testcase/></testsuite><testsuite><testcase/></testsuite></testsuites>`, true, Report{Tests: 3}},
		{"the test of a deep suite fails", `<testsuites><testsuite><testsuite><testcase name="a"><failure/></testcase></testsuite></testsuite></testsuites>`, false, Report{Tests: 1, Failures: 1, Failed: []string{"a"}}},
		{"no test", `<testsuites/>`, false, Report{}},
		{"attributes speak of tests, and there are none", `<testsuite name="s" tests="7"/>`, false,
			Report{Warnings: []string{`suite "s" says tests="7", and its test cases come to 0`}}},
		{"all skipped", `<testsuite><testcase><skipped/></testcase></testsuite>`, false, Report{Tests: 1, Skipped: 1}},
		{"not run", `<testsuite><testcase status="notrun"/></testsuite>`, false, Report{Tests: 1, Skipped: 1}},
		{"disabled", `<testsuite><testcase status="disabled"/></testsuite>`, false, Report{Tests: 1, Skipped: 1}},
		{"failed by its status alone", `<testsuite><testcase name="a" status="fail"/></testsuite>`, false, Report{Tests: 1, Failures: 1, Failed: []string{"a"}}},
		{"attributes that hide a failure", `<testsuite name="s" tests="1" failures="0"><testcase name="a"><failure/></testcase></testsuite>`, false,
			Report{Tests: 1, Failures: 1, Failed: []string{"a"}, Warnings: []string{`suite "s" says failures="0", and its test cases come to 1`}}},
		{"attributes that admit an error which no test shows", `<testsuite name="s" errors="1"><testcase/></testsuite>`, false,
			Report{Tests: 1, Unshown: 1, Warnings: []string{`suite "s" says errors="1", and its test cases come to 0`}}},
		{"admitted by an inner suite only", `<testsuites><testsuite name="s" failures="2"><testcase/></testsuite></testsuites>`, false,
			Report{Tests: 1, Unshown: 2, Warnings: []string{`suite "s" says failures="2", and its test cases come to 0`}}},
		{"a number that is none", `<testsuite name="s" failures="none"><testcase/></testsuite>`, true,
			Report{Tests: 1, Warnings: []string{`suite "s" says failures="none", and its test cases come to 0`}}},
		{"the suite itself fails", `<testsuite name="s"><testcase/><error/></testsuite>`, false, Report{Tests: 1, Errors: 1, Failed: []string{"s"}}},
		{"a suite that is skipped", `<testsuite name="s"><skipped/></testsuite>`, false, Report{}},
		{"failure and skipped", `<testsuite><testcase name="a"><failure/><skipped/></testcase></testsuite>`, false, Report{Tests: 1, Failures: 1, Failed: []string{"a"}}},
		{"failure and error", `<testsuite><testcase name="a"><failure/><error/></testcase></testsuite>`, false, Report{Tests: 1, Errors: 1, Failed: []string{"a"}}},
		{"a step fails", `<testsuite><testcase name="a"><testcase name="b"><failure/></testcase></testcase></testsuite>`, false, Report{Tests: 2, Failures: 1, Failed: []string{"b"}}},
		{"a failure further down says nothing", `<testsuite><testcase><properties><failure/></properties></testcase></testsuite>`, true, Report{Tests: 1}},
		{"no name", `<testsuite><testcase name=" "><failure/></testcase></testsuite>`, false, Report{Tests: 1, Failures: 1, Failed: []string{"(no name)"}}},
		{"the class is its name", `<testsuite><testcase classname="C"><failure/></testcase></testsuite>`, false, Report{Tests: 1, Failures: 1, Failed: []string{"C"}}},
		{"a name for the screen", "<testsuite><testcase name=\"a&#10;b\u202ec\u0085\"><failure/></testcase></testsuite>", false, Report{Tests: 1, Failures: 1, Failed: []string{"a\ufffdb\ufffdc"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := JUnit([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the report (-want +got):\n%s", diff)
			}
			if got.Passed() != c.passed {
				t.Errorf("Passed() = %t", got.Passed())
			}
		})
	}
}

// TestListsAreBounded has more failed tests and more disagreeing suites than a report names, and a name that is too long.
func TestListsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("<testsuites>")
	for i := range 30 {
		fmt.Fprintf(&b, `<testsuite tests="9"><testcase name="%d %s"><failure/></testcase></testsuite>`, i, strings.Repeat("ü", 300))
	}
	b.WriteString("</testsuites>")
	got, err := JUnit([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got.Failures != 30 || len(got.Failed) != 20 || len(got.Warnings) != 20 {
		t.Errorf("%d failures, %d named, %d warnings", got.Failures, len(got.Failed), len(got.Warnings))
	}
	if n := utf8.RuneCountInString(got.Failed[19]); n != 200 || !strings.HasPrefix(got.Failed[19], "19 ü") || !strings.HasSuffix(got.Failed[19], "ü…") {
		t.Errorf("the last name has %d characters: %q", n, got.Failed[19])
	}
}

func TestJUnitRefuses(t *testing.T) {
	t.Parallel()
	bomb := `<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>` + "\n<testsuite><testcase name=\"&b;\"/></testsuite>"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "line 1: there is no <testsuites> or <testsuite> in it"},
		{"JSON", `{"tests": 1}`, "line 1: there is text outside the root element"},
		{"HTML", "<html><body/></html>", "line 1: <html> stands at the root, not <testsuites> or <testsuite>"},
		{"a test case as root", "<testcase/>", "line 1: <testcase> stands at the root"},
		{"cut off", "<testsuite>\n<testcase>", "line 2: the report ends inside <testcase>"},
		{"cut off in a tag", "<testsuite>\n<testca", "line 2: unexpected EOF"},
		{"crossed", "<testsuite><testcase></testsuite>", "line 1: <testcase> is closed by </testsuite>"},
		{"closed twice", "<testsuite/></testsuite>", "line 1: </testsuite> closes nothing"},
		{"two roots", "<testsuite/>\n<testsuite/>", "line 2: there is a second root element"},
		{"two reports", "<testsuite/>\n<?xml version=\"1.0\"?><testsuite/>", "line 2: there is a second root element"},
		{"document type", bomb, "line 1: a report with a document type (<!DOCTYPE>) is not read"},
		{"external entity", `<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuite/>`, "line 1: a report with a document type"},
		{"unknown entity", `<testsuite name="&b;"/>`, "line 1: invalid character entity &b;"},
		{"a test in a test's output", "<testsuite><testcase><system-out>\n<testcase/></system-out></testcase></testsuite>", "line 2: <testcase> stands inside <system-out>"},
		{"a suite in a test", "<testsuite><testcase><testsuite/></testcase></testsuite>", "line 1: <testsuite> stands inside <testcase>"},
		{"another encoding", `<?xml version="1.0" encoding="ISO-8859-1"?><testsuite/>`, `line 1: xml: opening charset "ISO-8859-1": only UTF-8 is read`},
		{"not UTF-8", "<testsuite name=\"\xff\"/>", "line 1: invalid UTF-8"},
		{"a long name", "<" + strings.Repeat("x", maxTag/2) + "/>", "line 1: <" + strings.Repeat("x", 199) + "…> stands at the root"},
		{"a long entity", "<testsuite>&" + strings.Repeat("x", maxTag/2) + ";</testsuite>", "line 1: invalid character entity &xxx"},
		{"too deep", strings.Repeat("<testsuite>", 101), "line 1: elements nest deeper than 100"},
		{"a long tag", "<testsuite " + strings.Repeat(`a="" `, maxTag/5) + "/>", "line 1: a tag is longer than 1048576 bytes"},
		{"a long value", `<testsuite name='` + strings.Repeat(`">`, maxTag/2) + `'/>`, "line 1: a tag is longer than 1048576 bytes"},
		{"too long", strings.Repeat(" ", maxReport+1), "the report has 16777217 bytes, and at most 16777216 are read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := JUnit([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err != nil && len(err.Error()) > 600 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			if got.Passed() {
				t.Error("a report that can't be read has passed")
			}
		})
	}
}

// TestLongOutput reads a test's whole output: in an attribute, near the bound of a tag; beyond it in what is no tag.
func TestLongOutput(t *testing.T) {
	t.Parallel()
	attribute, output := strings.Repeat("x > y, ", maxTag/8), strings.Repeat("x ", maxTag*2/3)
	for _, text := range []string{
		`<testsuite><testcase><skipped message="` + attribute + `"/></testcase><testcase/></testsuite>`,
		`<testsuite><testcase><skipped/><system-out><![CDATA[` + output + `]]></system-out></testcase><testcase/></testsuite>`,
		`<testsuite><!-- ` + output + ` --><?x ` + output + ` ?><testcase><skipped/></testcase><testcase/></testsuite>`,
	} {
		if got, err := JUnit([]byte(text)); err != nil || !got.Passed() || got.Skipped != 1 {
			t.Errorf("%.60s: %+v, %v", text, got, err)
		}
	}
}

// TestMemory reads reports that make the most of their length: what is allocated in all, garbage included, stays within
// 60 times it. It runs alone, since it counts what the whole process allocates.
func TestMemory(t *testing.T) {
	const length = maxTag / 4
	fill := func(unit string) string { return strings.Repeat(unit, length/len(unit)) }
	for _, c := range []struct{ name, text string }{
		{"attributes", "<testsuite><a " + fill(`a="" `) + "/></testsuite>"},
		{"test cases", "<testsuite>" + fill("<testcase/>") + "</testsuite>"},
		{"failures", "<testsuite>" + fill(`<testcase name="a"><failure/></testcase>`) + "</testsuite>"},
		{"elements", "<testsuite>" + fill("<a/>") + "</testsuite>"},
		{"a text", "<testsuite>" + fill("&lt;") + "</testsuite>"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := JUnit([]byte(c.text))
		runtime.ReadMemStats(&after)
		times := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(c.text))
		if times > 60 || err != nil {
			t.Errorf("%s: allocated %.1f times the length, error %v", c.name, times, err)
		}
	}
}

// FuzzJUnit checks that a report's numbers fit together, and that a test that fails is never lost: with one more of them,
// no report passes.
func FuzzJUnit(f *testing.F) {
	for name := range samples {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`<a:testsuite xmlns:a="b" errors="99999999999999999999"><testsuite/><testcase status="notrun"/></a:testsuite>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := JUnit(text)
		if err != nil {
			if r.Passed() || r.Tests != 0 {
				t.Fatalf("%+v comes with the error %v", r, err)
			}
			return
		}
		failed := r.Failures + r.Errors
		if r.Skipped > r.Tests || r.Unshown < 0 || len(r.Failed) > failed || (failed > 0) != (len(r.Failed) > 0) {
			t.Fatalf("the numbers of %+v do not fit", r)
		}
		for _, line := range slices.Concat(r.Failed, r.Warnings) {
			if strings.ContainsFunc(line, func(c rune) bool { return !unicode.IsPrint(c) && c != unicode.ReplacementChar }) || !utf8.ValidString(line) {
				t.Fatalf("%q is not a line to show", line)
			}
		}
		end := strings.LastIndex(string(text), "</")
		if end < 0 {
			return
		}
		worse := string(text[:end]) + "<testcase><failure/></testcase>" + string(text[end:])
		if w, err := JUnit([]byte(worse)); err == nil && w.Tests > r.Tests && w.Passed() {
			t.Fatalf("passed with a failed test: %+v", w)
		}
	})
}
