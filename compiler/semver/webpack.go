package semver

import "strings"

// webpackSatisfies is satisfy(parseRange(rng), version) of webpack 5.112.0 (lib/sharing/semver.js) or 5.110.3
// (lib/util/semver.js): the range is parsed when the bundle is built, the version is held against it in the browser. It throws
// where it cannot take a version apart: at a hyphen or plus with nothing after it, in any arm and on either side.
func webpackSatisfies(version, rng string, before bool) (bool, error) {
	var space webpackSpace
	items, err := appendWebpackVersion(space[:0], version)
	if err != nil {
		return false, err
	}
	w := webpackReader{before: before, version: items}
	if before {
		return w.throughStack(rng)
	}
	satisfied := false
	for more := true; more; {
		var arm string
		arm, rng, more = cutWebpackArm(rng)
		ok, err := w.arm(arm) // also where the answer is known: a later arm may throw
		if err != nil {
			return false, err
		}
		satisfied = satisfied || ok
	}
	return satisfied, nil
}

// webpackReader holds a version against the bounds of a range. Before webpack 5.112 carets and tildes could fix more items than
// are written: "^0" fixed two, and took no version of three.
type webpackReader struct {
	before  bool
	version []webpackItem
}

// webpackSpace is room for the items of what people write, kept on the stack.
type webpackSpace [12]webpackItem

func cutWebpackArm(rng string) (arm, rest string, more bool) {
	arm, rest, more = strings.Cut(rng, "||")
	if more {
		arm = strings.TrimRightFunc(arm, isSpace)
		rest = strings.TrimLeftFunc(rest, isSpace)
	}
	return arm, rest, more
}

func (w webpackReader) arm(arm string) (bool, error) {
	if from, to, ok := cutHyphen(arm); ok {
		return w.hyphen(from, to)
	}
	satisfied := true
	arm = trimSpace(arm)
	for more := true; more; {
		var word string
		word, arm, more = cutWebpackWord(arm)
		ok, err := w.word(word)
		if err != nil {
			return false, err
		}
		satisfied = satisfied && ok
	}
	return satisfied, nil
}

// cutWebpackWord takes the first word off the arm. A word ends where white space follows a letter, digit or hyphen, so
// "* <2" is one.
func cutWebpackWord(arm string) (word, rest string, more bool) {
	for i := range len(arm) {
		if isWord(arm[i]) && spaceAt(arm, i+1) > 0 {
			return arm[:i+1], arm[skipSpace(arm, i+1, unlimited):], true
		}
	}
	return arm, "", false
}

// cutHyphen takes the first two of the texts that hyphens with white space around them part.
func cutHyphen(arm string) (from, to string, ok bool) {
	from, rest, ok := cutAtHyphen(arm)
	to, _, _ = cutAtHyphen(rest)
	return from, to, ok
}

func cutAtHyphen(s string) (before, after string, ok bool) {
	for i := 0; i < len(s); i++ {
		if isInk(s[i]) || spaceAt(s, i) == 0 {
			continue
		}
		dash := skipSpace(s, i, unlimited)
		if end := skipSpace(s, dash+1, unlimited); dash < len(s) && s[dash] == '-' && end > dash+1 {
			return s[:i], s[end:], true
		}
		i = dash - 1
	}
	return s, "", false
}

func (w webpackReader) hyphen(from, to string) (bool, error) {
	var fromSpace, toSpace webpackSpace
	lower, err := appendWebpackPartial(fromSpace[:0], from)
	if err != nil {
		return false, err
	}
	upper, err := appendWebpackPartial(toSpace[:0], to)
	if err != nil {
		return false, err
	}
	return w.atLeast(lower) && (w.equals(upper) || w.below(upper)), nil
}

// word holds the version against an operator, or none, and a partial version.
func (w webpackReader) word(word string) (bool, error) {
	var space webpackSpace
	operator := webpackOperator(word)
	bound, err := appendWebpackPartial(space[:0], trimSpace(word[len(operator):]))
	if err != nil {
		return false, err
	}
	switch operator {
	case "^":
		return w.test(bound, w.fix(caretItems(bound), len(bound))), nil
	case "~":
		return w.test(bound, w.fix(tildeItems(bound), len(bound))), nil
	case ">=":
		return w.atLeast(bound), nil
	case ">":
		return w.atLeast(bound) && !w.equals(bound), nil
	case "<":
		return w.below(bound), nil
	case "<=":
		return w.below(bound) || w.equals(bound), nil
	case "!":
		return !w.equals(bound), nil
	}
	return w.equals(bound), nil
}

// webpackOperator is the operator that the word begins with. A v is one, and means what = means.
func webpackOperator(word string) string {
	if word == "" {
		return ""
	}
	switch word[0] {
	case '<', '>':
		return leadingOperator(word)
	case '^', '~', '=', 'v', '!':
		return word[:1]
	}
	return ""
}

// caretItems counts the items that a caret fixes: up to the first that is not zero, three at most.
func caretItems(bound []webpackItem) int {
	n := 0
	for n < min(2, len(bound)) && bound[n].isZero() {
		n++
	}
	return n + 1
}

// tildeItems counts the items that a tilde fixes: two, unless one is all there is.
func tildeItems(bound []webpackItem) int {
	if len(bound) == 1 {
		return 1
	}
	return 2
}

func (w webpackReader) fix(items, written int) int {
	if w.before {
		return items
	}
	return min(items, written)
}

func (w webpackReader) atLeast(bound []webpackItem) bool { return w.test(bound, 0) }

func (w webpackReader) below(bound []webpackItem) bool { return w.test(bound, negated) }

// equals fixes what is written, and of a whole version the end, beyond which no item may follow.
func (w webpackReader) equals(bound []webpackItem) bool {
	if len(bound) > 2 {
		return w.test(bound, len(bound)+1)
	}
	return w.test(bound, len(bound))
}

// negated in place of a number of fixed items turns "not below" into "below".
const negated = -1

// test holds the version against a bound, item by item; the first fixed items must be the same. Items are counted as fixed
// counts them, the first one of the bound as 1.
func (w webpackReader) test(bound []webpackItem, fixed int) bool {
	equal := true // all items so far
	for i, j := 0, 1; ; i, j = i+1, j+1 {
		want := webpackItem{kind: webpackEnd}
		if j <= len(bound) {
			want = bound[j-1]
		}
		if i >= len(w.version) || w.version[i].kind == webpackList {
			return !equal || endsWell(want.kind, fixed, j)
		}
		switch have := w.version[i]; {
		case have.kind == webpackHole:
			if !equal || want.kind != webpackHole {
				return false // a prerelease of other numbers
			}
		case want.kind == webpackEnd || want.kind == webpackHole:
			if equal && (fixed == negated || j <= fixed) {
				return false
			}
			equal = false
			j-- // the rest of the version is beyond the bound
		case equal:
			var ok bool
			if equal, ok = want.meets(have, fixed, j); !ok {
				return false
			}
		}
	}
}

// endsWell decides where the version has no more items, and the bound's j-th is of the kind given.
func endsWell(want webpackKind, fixed, j int) bool {
	if want == webpackHole { // the version is the release of the prerelease in the bound
		return fixed != negated && j > fixed
	}
	return (want == webpackEnd) != (fixed == negated)
}

// meets tells whether the version's item is the bound's j-th, and whether it is that or on the right side of it.
func (i webpackItem) meets(have webpackItem, fixed, j int) (equal, ok bool) {
	switch {
	case have.kind != i.kind:
		return false, j > fixed && (have.kind < i.kind) == (fixed == negated)
	case have.equal(i):
		return true, true
	case j <= fixed:
		return false, false
	}
	return false, (have.compare(i) < 0) == (fixed == negated)
}

// webpackSupersedes is versionLt(current, candidate), false where it throws. Unlike semver.org it counts build metadata.
func webpackSupersedes(candidate, current string) bool {
	var currentSpace, candidateSpace webpackSpace
	a, err := appendWebpackVersion(currentSpace[:0], current)
	if err != nil {
		return false
	}
	b, err := appendWebpackVersion(candidateSpace[:0], candidate)
	return err == nil && webpackLess(a, b)
}

func webpackLess(a, b []webpackItem) bool {
	for i := 0; ; i++ {
		switch {
		case i >= len(a):
			return i < len(b) && b[i].kind != webpackHole
		case i >= len(b):
			return a[i].kind == webpackHole
		case a[i].kind != b[i].kind:
			return a[i].kind == webpackList && b[i].kind == webpackNumber || b[i].kind == webpackText || a[i].kind == webpackHole
		case !a[i].equal(b[i]):
			return a[i].compare(b[i]) < 0
		}
	}
}
