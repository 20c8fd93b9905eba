package semver

import (
	"errors"
	"math"
	"strings"

	"muster/compiler/codeunit"
)

// webpackItem is one part of a version or of a range's bound.
type webpackItem struct {
	kind   webpackKind
	number float64
	text   string
}

// webpackKind is the JavaScript type of an item.
type webpackKind byte

const (
	webpackHole   webpackKind = iota // undefined, stands before prerelease identifiers
	webpackList                      // an empty array, stands before build metadata
	webpackNumber                    // sorts before text, as the first letters of the types' names do
	webpackText
	webpackEnd // no item
)

func (i webpackItem) equal(j webpackItem) bool { return i.number == j.number && i.text == j.text }

func (i webpackItem) compare(j webpackItem) int {
	if i.kind == webpackNumber {
		return compareFloats(i.number, j.number)
	}
	return codeunit.Compare(i.text, j.text)
}

func (i webpackItem) isZero() bool { return i.kind == webpackNumber && i.number == 0 }

// isPlaceholder reports whether the item, at the end of a bound, stands for any.
func (i webpackItem) isPlaceholder() bool {
	return i.kind == webpackHole || i.kind == webpackText && (i.text == "*" || i.text == "x" || i.text == "X")
}

var errWebpackTail = errors.New("webpack throws at a hyphen or plus that nothing follows")

// cutWebpack takes a version apart at its first hyphen and the first plus after it. A part that is missing is "".
func cutWebpack(s string) (numbers, pre, build string, err error) {
	at := strings.IndexAny(s, "-+")
	if at < 0 {
		return s, "", "", nil
	}
	numbers, s = s[:at], s[at:]
	if s[0] == '-' {
		pre, _, _ = strings.Cut(s[1:], "+")
		if pre == "" {
			return "", "", "", errWebpackTail
		}
		s = s[1+len(pre):]
	}
	if s != "" { // a plus
		build = s[1:]
		if build == "" || strings.ContainsAny(build, "\n\r\u2028\u2029") {
			return "", "", "", errWebpackTail
		}
	}
	return numbers, pre, build, nil
}

// appendWebpackVersion takes a version apart for the browser.
func appendWebpackVersion(items []webpackItem, s string) ([]webpackItem, error) {
	numbers, pre, build, err := cutWebpack(s)
	if err != nil {
		return nil, err
	}
	if numbers != "" {
		items = appendNumbers(items, numbers)
	}
	if pre != "" {
		items = appendNumbers(append(items, webpackItem{kind: webpackHole}), pre)
	}
	if build != "" {
		items = appendNumbers(append(items, webpackItem{kind: webpackList}), build)
	}
	return items, nil
}

// appendNumbers makes a number of whatever is one to JavaScript: "0x10" and "" are.
func appendNumbers(items []webpackItem, dotted string) []webpackItem {
	for more := true; more; {
		var part string
		part, dotted, more = strings.Cut(dotted, ".")
		if n := toNumber(part); !math.IsNaN(n) {
			items = append(items, webpackItem{kind: webpackNumber, number: n})
		} else {
			items = append(items, webpackItem{kind: webpackText, text: part})
		}
	}
	return items
}

// appendWebpackPartial takes a bound's version apart for the build, without build metadata and without the wildcards
// any that it ends with.
func appendWebpackPartial(items []webpackItem, s string) ([]webpackItem, error) {
	numbers, pre, _, err := cutWebpack(s)
	if err != nil {
		return nil, err
	}
	if numbers != "" {
		items = appendPrinted(items, numbers)
	}
	if pre != "" {
		items = appendPrinted(append(items, webpackItem{}), pre)
	}
	for len(items) > 0 && items[len(items)-1].isPlaceholder() {
		items = items[:len(items)-1]
	}
	return items, nil
}

// appendPrinted makes a number of what prints as it was written: "01" is text.
func appendPrinted(items []webpackItem, dotted string) []webpackItem {
	for more := true; more; {
		var part string
		part, dotted, more = strings.Cut(dotted, ".")
		n, ok := shortInteger(part)
		if ok {
			ok = part[0] != '0' || len(part) == 1
		} else {
			n = toNumber(part)
			ok = !math.IsNaN(n) && formatNumber(n) == part
		}
		if ok {
			items = append(items, webpackItem{kind: webpackNumber, number: n})
		} else {
			items = append(items, webpackItem{kind: webpackText, text: part})
		}
	}
	return items
}
