// Package evidence reads what a test run left behind.
//
// JUnit XML has no standard, only the format of Ant's JUnit task that every runner writes in its own way. This is what
// they agree on:
//
//	<testsuites>
//	  <testsuite name="cart" tests="2" failures="1" errors="0" skipped="0">
//	    <testcase classname="cart" name="adds"/>
//	    <testcase classname="cart" name="counts"><failure message="3 is not 2"/></testcase>
//	  </testsuite>
//	</testsuites>
//
// A test case has passed unless it says otherwise. So a report can only tell of what its runner noticed: a file of tests
// that does not load leaves no trace in what jest-junit writes by default (JEST_JUNIT_REPORT_TEST_SUITE_ERRORS=true makes
// it write one), and its test.todo looks like a test that passed. The runner's exit status is evidence of its own.
package evidence

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

const (
	// maxReport is the longest report that is read, in bytes. Ten thousand tests with their output come to about 5 MiB.
	maxReport = 16 << 20
	// maxTag is the longest start tag, in bytes. A tag of many attributes costs fifty times its length while it is read;
	// on the other hand pytest and gotestsum put a test's whole output into one attribute.
	maxTag = 1 << 20
	// maxDepth is how deep elements may nest. Reports of real runners stay below 10.
	maxDepth = 100
	// maxListed is how many failed tests and how many warnings a report names.
	maxListed = 20
	// maxShown is how much of a test's name, or of anything else that comes from the report, is shown, in characters.
	maxShown = 200
)

// Report is what a JUnit XML report says, counted from its test cases.
type Report struct {
	// Tests is the number of test cases, the skipped ones included. A test case is counted once, as the worst of what it
	// says: an error, then a failure, then skipped. Some runners write several test cases for one test: pytest for one
	// that fails and whose teardown fails too, Go's for a test with subtests.
	Tests, Failures, Errors, Skipped int
	// Unshown is the number of failures and errors that the attributes of a suite admit and no test case shows, as when
	// a package does not compile.
	Unshown int
	// Failed names the first 20 tests that failed or broke off, in the report's order, each name once: "class: name", or
	// the name alone where the class says no more. One line of printable text, at most 200 characters.
	Failed []string
	// Warnings says, for the first 20 such suites, where the attributes of a suite disagree with its test cases.
	Warnings []string
}

// Passed reports whether the run proves anything: at least one test ran, and none failed that the report knows of.
func (r Report) Passed() bool {
	return r.Tests > r.Skipped && r.Failures+r.Errors+r.Unshown == 0
}

// JUnit reads a JUnit XML report: a testsuites or testsuite element at the root, suites within suites to any sensible depth.
// The text must be UTF-8, well-formed and at most 16 MiB; it may have no document type, and so no entities of its own. An
// error names the line. A test case or suite where none belongs, such as in a test's output, is an error: whatever it
// meant, leaving it out or counting it could be wrong.
func JUnit(text []byte) (Report, error) {
	if len(text) > maxReport {
		return Report{}, fmt.Errorf("the report has %d bytes, and at most %d are read", len(text), maxReport)
	}
	p := parser{text: bytes.TrimPrefix(text, []byte("\ufeff"))}
	p.decoder = xml.NewDecoder(bytes.NewReader(p.text))
	p.decoder.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("only UTF-8 is read") }
	if err := p.parse(); err != nil {
		line, _ := p.decoder.InputPos()
		return Report{}, fmt.Errorf("reading the JUnit report, line %d: %w", line, err)
	}
	return p.report, nil
}

// parser follows the elements of a report. Tokens are taken raw: matching names here costs little, and leaves no tables of
// name spaces to grow.
type parser struct {
	text    []byte
	decoder *xml.Decoder
	open    []element // from the root to the innermost
	rooted  bool      // a root element has been seen
	report  Report
}

func (p *parser) parse() error {
	for {
		if err := p.checkTag(); err != nil {
			return err
		}
		token, err := p.decoder.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return p.finish()
		case err != nil:
			return plain(err)
		}
		if err := p.take(token); err != nil {
			return err
		}
	}
}

// plain takes the line away from a syntax error, since JUnit gives it, and bounds what it quotes.
func plain(err error) error {
	text := err.Error()
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		text = syntax.Msg
	}
	return errors.New(printable(text))
}

func (p *parser) finish() error {
	switch {
	case len(p.open) > 0:
		return fmt.Errorf("the report ends inside <%s>", printable(p.open[len(p.open)-1].tag))
	case !p.rooted:
		return errors.New("there is no <testsuites> or <testsuite> in it")
	}
	return nil
}

// checkTag looks at the start tag that comes next, if one does, before the decoder spends memory on it.
func (p *parser) checkTag() error {
	rest := p.text[p.decoder.InputOffset():]
	if len(rest) < maxTag || rest[0] != '<' || rest[1] == '!' || rest[1] == '?' {
		return nil
	}
	var quote byte
	for _, c := range rest[:maxTag] {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == '>':
			return nil
		}
	}
	return fmt.Errorf("a tag is longer than %d bytes", maxTag)
}

func (p *parser) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		return p.start(token)
	case xml.EndElement:
		return p.end(token.Name)
	case xml.Directive:
		return errors.New("a report with a document type (<!DOCTYPE>) is not read")
	case xml.CharData:
		if len(p.open) == 0 && len(bytes.TrimSpace(token)) > 0 {
			return errors.New("there is text outside the root element")
		}
	}
	return nil
}

func (p *parser) start(tag xml.StartElement) error {
	e := newElement(tag)
	if len(p.open) == 0 && p.rooted {
		return errors.New("there is a second root element")
	}
	if len(p.open) == maxDepth {
		return fmt.Errorf("elements nest deeper than %d", maxDepth)
	}
	parent := element{kind: root}
	if len(p.open) > 0 {
		parent = p.open[len(p.open)-1]
	}
	if !e.kind.belongsIn(parent.kind) {
		return fmt.Errorf("<%s> stands %s", printable(e.tag), parent.place())
	}
	p.rooted = true
	if e.kind == other && (parent.kind == suite || parent.kind == testcase) {
		p.open[len(p.open)-1].note(outcomes[tag.Name.Local])
	}
	p.open = append(p.open, e)
	return nil
}

func (p *parser) end(name xml.Name) error {
	if len(p.open) == 0 {
		return fmt.Errorf("</%s> closes nothing", printable(qualified(name)))
	}
	e := p.open[len(p.open)-1]
	if e.tag != qualified(name) {
		return fmt.Errorf("<%s> is closed by </%s>", printable(e.tag), printable(qualified(name)))
	}
	p.open = p.open[:len(p.open)-1]
	counted := e.counts
	switch e.kind {
	case testcase:
		counted = counted.plus(e.outcome.asTest())
	case suite:
		counted = counted.plus(e.outcome.asSuite())
	}
	if e.outcome >= failed {
		p.list(e.attributes)
	}
	if e.kind == suite {
		p.compare(e.attributes, counted)
	}
	if len(p.open) > 0 {
		p.open[len(p.open)-1].counts = p.open[len(p.open)-1].counts.plus(counted)
		return nil
	}
	p.report.Tests, p.report.Failures, p.report.Errors, p.report.Skipped = counted.tests, counted.failures, counted.errors, counted.skipped
	return nil
}

// list adds a failed test, or a suite that failed as a whole, to those that the report names.
func (p *parser) list(attributes map[string]string) {
	if len(p.report.Failed) == maxListed {
		return
	}
	if name := label(attributes); !slices.Contains(p.report.Failed, name) {
		p.report.Failed = append(p.report.Failed, name)
	}
}

func label(attributes map[string]string) string {
	name, class := strings.TrimSpace(attributes["name"]), strings.TrimSpace(attributes["classname"])
	switch {
	case name == "" && class == "":
		return "(no name)"
	case name == "" || name == class:
		return printable(class)
	case class == "":
		return printable(name)
	}
	return printable(class + ": " + name)
}

// printable makes one line of a text that a terminal or a YAML file is to show: whatever a screen would not show as it is
// becomes U+FFFD.
func printable(text string) string {
	runes := []rune(text)
	if len(runes) > maxShown {
		runes = append(runes[:maxShown-1], '…')
	}
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = unicode.ReplacementChar
		}
	}
	return string(runes)
}
