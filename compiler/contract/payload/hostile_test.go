package payload_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/compiler/contract/payload"
)

func repeated(begin, part, sign, end string, n int) string {
	return begin + strings.TrimSuffix(strings.Repeat(part+sign, n), sign) + end
}

func numbered(part func(i int) string, sign string, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = part(i)
	}
	return strings.Join(all, sign)
}

func nested(begin, inner, end string, n int) string {
	return strings.Repeat(begin, n) + inner + strings.Repeat(end, n)
}

func someWords(from int) string {
	return numbered(func(i int) string { return fmt.Sprintf(`"w%d"`, from+i) }, "|", 800)
}

// hostile is sources that would take long, or much memory, if nothing were bounded.
var hostile = map[string]string{
	"choices of choices":     numbered(func(i int) string { return fmt.Sprintf("({a%d: 1} | {b%d: 1})", i, i) }, " & ", 60),
	"same choices":           repeated("", "({a?: int} | {b?: int} | {c?: int})", " & ", "", 40),
	"choices below":          nested("{a: ({x?: int} | {y?: int}) & ({z?: int} | {u?: int}) & {w?: ", "int", "}}", 20),
	"choices of lists":       repeated("", "([...int] | [...string] | [int, ...] | [string, ...])", " & ", "", 30),
	"many words":             numbered(func(i int) string { return fmt.Sprintf("%q", fmt.Sprint("w", i)) }, " | ", 1500),
	"many words twice":       "(" + someWords(0) + ") & (" + someWords(5) + ")",
	"many numbers":           numbered(func(i int) string { return fmt.Sprint(2 * i) }, " | ", 2000),
	"many holes":             numbered(func(i int) string { return fmt.Sprint("!=", 2*i) }, " & ", 2000),
	"many holes in text":     numbered(func(i int) string { return fmt.Sprintf(`!="%d"`, i) }, " & ", 1200),
	"many patterns":          numbered(func(i int) string { return fmt.Sprintf(`=~"a%d"`, i) }, " & ", 500),
	"any of many patterns":   numbered(func(i int) string { return fmt.Sprintf(`=~"a%d"`, i) }, " | ", 500),
	"patterns for names":     "{" + numbered(func(i int) string { return fmt.Sprintf(`[=~"%d"]: >%d`, i, i) }, ", ", 600) + "}",
	"fields and patterns":    "{" + numbered(func(i int) string { return fmt.Sprintf(`[=~"f"]: >%d, f%d?: int`, i, i) }, ", ", 400) + "}",
	"many fields":            "{" + numbered(func(i int) string { return fmt.Sprintf("f%d: int", i) }, ", ", 1200) + "}",
	"many structures":        numbered(func(i int) string { return fmt.Sprintf("{f%d: int}", i) }, " | ", 900),
	"structures in one":      numbered(func(i int) string { return fmt.Sprintf("{f%d: int}", i) }, " & ", 900),
	"one of each":            numbered(func(i int) string { return fmt.Sprintf("{a: >%d, b: <%d}", i, i) }, " | ", 600),
	"open ranges":            numbered(func(i int) string { return fmt.Sprintf("(>%d & <%d)", 3*i, 3*i+2) }, " | ", 900),
	"one field, many times":  repeated("{", "a: int", ", ", "}", 1500),
	"long list":              repeated("[", "int", ", ", "]", 3000),
	"lists of lists":         "[" + repeated("", "[]", ", ", "", 3000) + "]",
	"least lists":            nested("[...", "int", "] & list.MinItems(200)", 40),
	"longest list":           "list.MinItems(1000000000)",
	"longest text":           "strings.MinRunes(1000000000)",
	"deep brackets":          nested("[", "", "]", 8000),
	"deep braces":            nested("{a:", "1", "}", 3000),
	"deep labels":            "{" + strings.Repeat("a:", 8000) + "1}",
	"deep parentheses":       nested("(", "1", ")", 8000),
	"signs":                  strings.Repeat("- ", 8000) + "1",
	"not":                    strings.Repeat("!", 16000) + "1",
	"selectors":              strings.Repeat("a.", 8000) + "a",
	"calls":                  "a" + strings.Repeat("()", 8000),
	"clauses":                "{" + strings.Repeat("for a in b ", 1400) + "{}}",
	"attributes":             "{" + strings.Repeat("@a(", 5000) + "}",
	"bare attributes":        "{" + strings.Repeat("@", 16000) + "}",
	"interpolation":          `"` + strings.Repeat(`\(`, 8000) + `"`,
	"escapes":                `"` + strings.Repeat(`\q`, 8000) + `"`,
	"no UTF-8":               strings.Repeat("\x80", 16000),
	"backslashes":            strings.Repeat(`\`, 16000),
	"strings in a row":       "{" + strings.Repeat(`"a" `, 4000) + "}",
	"digits":                 strings.Repeat("9", 16000),
	"exponent":               "1e1000000000",
	"repeated repetition":    `=~"((a{30}){30}){30}"`,
	"classes":                `=~"` + strings.Repeat(`\\pL`, 240) + `"`,
	"folded classes":         `=~"(?i)` + strings.Repeat(`\\pL\\PL`, 120) + `"`,
	"states":                 `=~"^[ab]*a[ab]{40}$"`,
	"two kinds of states":    `=~"^[ab]*a[ab]{16}$" & =~"^[ab]*b[ab]{17}$"`,
	"states of many":         numbered(func(i int) string { return fmt.Sprintf(`=~"[ab]a[ab]{%d}$"`, i+8) }, " & ", 20),
	"counting":               `=~"^(a?){900}a{900}$"`,
	"long pattern":           `=~"` + strings.Repeat("a", 900) + `"`,
	"many long patterns":     numbered(func(i int) string { return fmt.Sprintf(`=~"^%s%d"`, strings.Repeat("[^a]?", 90), i) }, " | ", 30),
	"map of maps":            nested("{[string]: ", "int", "}", 45),
	"map of choices":         nested(`{[=~"a"]: {x?: int} | `, "{y?: string}", "}", 40),
	"choice at every level":  nested("{a: {b: 1} | ", "{c: 2}", "}", 40),
	"two choices each level": nested(`{k: "a" | "b", n?: {k: "a"} | {k: "b"}, m: `, "int", "}", 40),
	"closed at every level":  nested("close({a: ", "int", "})", 30),
	"independent choices":    "{" + numbered(func(i int) string { return fmt.Sprintf("f%d: 1 | 2", i) }, ", ", 40) + "}",
	"dependent choices":      numbered(func(i int) string { return fmt.Sprintf("{f%d: 1}", i) }, " | ", 40),
	"binary":                 numbered(func(i int) string { return fmt.Sprintf("{f%d: 1, f%d: 2, ...}", i, i+1) }, " | ", 200),
	"commas":                 "{" + strings.Repeat(",", 16000) + "}",
	"lines":                  strings.Repeat("\n", 16000) + "int",
	"comments":               strings.Repeat("//\n", 5000) + "int",
	"an open quote":          `"` + strings.Repeat("a", 16000),
	"huge":                   strings.Repeat("int | ", 100_000) + "int",
	"foreign parts":          "{" + numbered(func(i int) string { return fmt.Sprintf(`f%d: strings.HasPrefix("%d")`, i, i) }, ", ", 380) + "}",
	"foreign choices":        numbered(func(i int) string { return fmt.Sprintf(`{f: strings.HasPrefix("%d")}`, i) }, " | ", 400),
	"foreign conjuncts":      numbered(func(i int) string { return fmt.Sprintf(`strings.HasPrefix("%d")`, i) }, " & ", 500),
	"foreign products":       numbered(func(i int) string { return fmt.Sprintf(`(strings.HasPrefix("%d") | strings.HasSuffix("%d"))`, i, i) }, " & ", 200),
	"one foreign part":       repeated("{", "a: time.Time", ", ", "}", 1000),
	"much out of little":     `{a: strings.Repeat("a", 1000000000), b: list.Range(0, 1000000000, 1), c: strings.Replace("aaaa", "", "aaaa", -1)}`,
	"a long foreign part":    "{for x in [" + repeated("", "1", ", ", "", 5000) + "] {a: x}}",
	"loops":                  "[" + strings.Repeat("for a in list.Range(0, 1000, 1) ", 40) + "{a}]",
	"powers":                 "math.Pow(10, 1000000000)",
	"texts in texts":         strings.Repeat(`"\(`, 30) + "1" + strings.Repeat(`)"`, 30),
	"alternatives":           "matchN(1, [" + repeated("", "matchN(1, [int, string])", ", ", "", 300) + "])",
	"anything":               "_",
	"one field":              "{f1: int}",
}

// TestHostile compares each hostile type with itself and with some of the others.
func TestHostile(t *testing.T) {
	types := map[string]payload.Type{}
	var order []string
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		start := time.Now()
		typ, err := payload.Parse(hostile[name])
		notSlow(t, name, start)
		if err == nil {
			types[name] = typ
			order = append(order, name)
		}
	}
	for i, p := range order {
		for _, step := range []int{0, 1, 5, 11, 23} {
			c := order[(i+step)%len(order)]
			start := time.Now()
			v := payload.Compare(types[p], types[c])
			notSlow(t, fmt.Sprintf("%s into %s: %v", p, c, v.Answer), start)
			if step == 0 && v.Answer == payload.Incompatible {
				t.Errorf("%s is not compatible with itself: %s", p, v.Reason)
			}
		}
	}
}

func notSlow(t *testing.T, what string, start time.Time) {
	t.Helper()
	switch took := time.Since(start); {
	case took > tooLong:
		t.Errorf("%s took %v", what, took)
	case took > 50*time.Millisecond:
		t.Logf("%s took %v", what, took)
	}
}
