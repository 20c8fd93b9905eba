package semver

import "strings"

// rewriting says how an engine joins what white space parts before it splits a range into words. Both engines do it with the
// same regular expressions, but Module Federation's lack the global flag, and npm's match a single character where the
// others match a run. It matters only on hostile text: build metadata taken out of an npm range leaves two spaces.
type rewriting struct {
	spaces  int // the most white space characters that a `\s*` matches
	matches int // how many matches are replaced
	runs    runLimits
}

// runLimits are the longest runs that an engine's regular expressions match in a version.
type runLimits struct {
	digits int // after the first digit of a number, or before the first letter of an identifier
	tail   int // after an identifier's first letter
}

// apply gives a range with hyphen ranges turned into bounds and the white space after operators, tildes and carets removed.
func (w rewriting) apply(arm string) string {
	arm = w.hyphen(arm)
	arm = w.joinOperators(arm)
	arm = w.joinSign(arm, '~')
	return w.joinSign(arm, '^')
}

// hyphen turns "1.2 - 3" into ">=1.2.0 <4.0.0-0". It does not look at anything but a range that is two versions as a whole.
func (w rewriting) hyphen(arm string) string {
	start := skipSpace(arm, 0, w.spaces)
	var from, to partial
	fromEnd, ok := from.scan(arm, start)
	dash := skipSpace(arm, fromEnd, w.spaces)
	if !ok || dash == fromEnd || dash == len(arm) || arm[dash] != '-' {
		return arm
	}
	toStart := skipSpace(arm, dash+1, w.spaces)
	if toStart == dash+1 {
		return arm
	}
	toEnd, ok := to.scan(arm, toStart)
	if !ok || skipSpace(arm, toEnd, w.spaces) != len(arm) || !from.fits(w.runs) || !to.fits(w.runs) {
		return arm
	}
	return trimSpace(from.lowerBound(arm[start:fromEnd]) + " " + to.upperBound(arm[toStart:toEnd]))
}

// lowerBound is the text of the bound that a hyphen range begins with.
func (p *partial) lowerBound(written string) string {
	switch p.known() {
	case 0:
		return ""
	case 1:
		return ">=" + p.parts[0] + ".0.0"
	case 2:
		return ">=" + p.parts[0] + "." + p.parts[1] + ".0"
	}
	return ">=" + written
}

// upperBound is the text of the bound that a hyphen range ends with.
func (p *partial) upperBound(written string) string {
	past := p.floor()
	switch p.known() {
	case 0:
		return ""
	case 1:
		past.grow(0)
		return "<" + past.numbers[0].text() + ".0.0-0"
	case 2:
		past.grow(1)
		return "<" + p.parts[0] + "." + past.numbers[1].text() + ".0-0"
	}
	if p.pre != "" {
		return "<=" + strings.Join(p.parts[:], ".") + "-" + p.pre
	}
	return "<=" + written
}

// joinOperators removes the white space between an operator and the version after it.
func (w rewriting) joinOperators(arm string) string {
	var joined strings.Builder
	copied, i := 0, 0
	for range w.matches {
		start, end, ok := findOperated(arm, i)
		if !ok {
			break
		}
		gap := skipSpace(arm, start, w.spaces)
		gap += len(leadingOperator(arm[gap:]))
		if gapEnd := skipSpace(arm, gap, w.spaces); gapEnd > gap {
			joined.WriteString(arm[copied:gap])
			copied = gapEnd
		}
		i = end
	}
	if copied == 0 {
		return arm
	}
	return joined.String() + arm[copied:]
}

// findOperated finds the first place from s[i:] on where an operator, or white space and prefixes, and then a version stand,
// and where the version ends. A failed attempt is taken up where the next may begin, so no run is read more than twice.
func findOperated(s string, i int) (start, end int, ok bool) {
	for i < len(s) {
		start := i
		if at := skipSpace(s, i, unlimited); at < len(s) && (s[at] == '<' || s[at] == '>') {
			start, i = at, at+1
		}
		var p partial
		end, ok := p.scan(s, i)
		if ok {
			return start, end, true
		}
		i = max(start+1, end)
	}
	return 0, 0, false
}

// joinSign removes the white space after a tilde or caret, and the > of a "~> ".
func (w rewriting) joinSign(arm string, sign byte) string {
	var joined strings.Builder
	copied, matches := 0, 0
	for i := 0; i < len(arm) && matches < w.matches; i++ {
		if arm[i] != sign {
			continue
		}
		gap := i + 1
		if sign == '~' && gap < len(arm) && arm[gap] == '>' {
			gap++
		}
		if end := skipSpace(arm, gap, w.spaces); end > gap {
			joined.WriteString(arm[copied : i+1])
			copied = end
			matches++
		}
	}
	if copied == 0 {
		return arm
	}
	return joined.String() + arm[copied:]
}
