package evidence

import (
	"encoding/xml"
	"fmt"
	"strconv"
)

// kind is what an element of a report is.
type kind int

const (
	root     kind = iota // where the root element stands; no element
	suite                // testsuites or testsuite
	testcase             // testcase
	other                // anything else
)

var kinds = map[string]kind{"testsuites": suite, "testsuite": suite, "testcase": testcase}

// belongsIn reports whether an element of this kind may stand in one of the kind parent. Test cases within test cases, as
// some converters write steps, are tests like any other.
func (k kind) belongsIn(parent kind) bool {
	switch k {
	case suite:
		return parent == root || parent == suite
	case testcase:
		return parent == suite || parent == testcase
	default:
		return parent != root
	}
}

// outcome is how a test ended, the worst last.
type outcome int

const (
	passed outcome = iota
	skipped
	failed
	broken // by something other than what it checks
)

// outcomes are the elements in a test case, or in a suite, that say how it ended. flakyFailure, flakyError, rerunFailure and
// rerunError are not among them: Maven Surefire writes the former for a test that passed in the end, and the latter beside
// a failure (https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html).
var outcomes = map[string]outcome{"skipped": skipped, "failure": failed, "error": broken}

// statuses are the values of a test case's status attribute that say how it ended without an element that does: GoogleTest
// writes notrun for a disabled test, CTest disabled, notrun and fail.
var statuses = map[string]outcome{"notrun": skipped, "disabled": skipped, "fail": failed}

// element is an open element.
type element struct {
	tag        string // as written, with its name space's prefix
	kind       kind
	attributes map[string]string // nil for other
	outcome    outcome
	counts     counts // of the test cases inside that are closed
}

func newElement(tag xml.StartElement) element {
	e := element{tag: qualified(tag.Name), kind: other}
	if k, ok := kinds[tag.Name.Local]; ok {
		e.kind = k
		e.attributes = make(map[string]string, len(tag.Attr))
		for _, a := range tag.Attr {
			e.attributes[a.Name.Local] = a.Value
		}
	}
	if e.kind == testcase {
		e.note(statuses[e.attributes["status"]])
	}
	return e
}

func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

// place says where a child of the element stands.
func (e element) place() string {
	if e.kind == root {
		return "at the root, not <testsuites> or <testsuite>"
	}
	return "inside <" + printable(e.tag) + ">"
}

// note keeps the worst that is said of the element.
func (e *element) note(o outcome) { e.outcome = max(e.outcome, o) }

// counts are numbers of test cases, as in Report.
type counts struct{ tests, failures, errors, skipped int }

func (c counts) plus(d counts) counts {
	return counts{c.tests + d.tests, c.failures + d.failures, c.errors + d.errors, c.skipped + d.skipped}
}

var asTest = [...]counts{passed: {tests: 1}, skipped: {tests: 1, skipped: 1}, failed: {tests: 1, failures: 1}, broken: {tests: 1, errors: 1}}

func (o outcome) asTest() counts { return asTest[o] }

// asSuite counts what a suite says of itself: one that fails outside its tests is no test, but a failure. A suite that is
// skipped says so of tests that it does not list.
func (o outcome) asSuite() counts {
	c := o.asTest()
	return counts{failures: c.failures, errors: c.errors}
}

// compare sets what the attributes of a suite say beside what its test cases come to. An attribute that is not there says
// nothing.
func (p *parser) compare(attributes map[string]string, counted counts) {
	for _, c := range []struct {
		attribute string
		counted   int
	}{{"tests", counted.tests}, {"failures", counted.failures}, {"errors", counted.errors}, {"skipped", counted.skipped}} {
		said, ok := attributes[c.attribute]
		if ok && said != strconv.Itoa(c.counted) && len(p.report.Warnings) < maxListed {
			p.report.Warnings = append(p.report.Warnings, fmt.Sprintf("suite %q says %s=%q, and its test cases come to %d",
				printable(attributes["name"]), c.attribute, printable(said), c.counted))
		}
	}
	p.report.Unshown = max(p.report.Unshown, admitted(attributes)-counted.failures-counted.errors)
}

// admitted is how many failures and errors the attributes of a suite speak of; a number that can't be read is none.
func admitted(attributes map[string]string) int {
	failed, _ := strconv.ParseUint(attributes["failures"], 10, 24) // beyond the bound it gives the bound
	broken, _ := strconv.ParseUint(attributes["errors"], 10, 24)
	return int(failed + broken)
}
