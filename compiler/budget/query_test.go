package budget

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const server = "http://prometheus.acme.example/"

func TestExpand(t *testing.T) {
	t.Parallel()
	checkout := Subject{"checkout", "2.4.0", "canary"}
	odd := Subject{`a"b'c\d`, "1.0.0+é.\U000e0001", "one\ntwo"}
	for _, c := range []struct {
		name, query string
		subject     Subject
		want        string
	}{
		{"the example", `rate(e{remote="${remote}",version="${version}",cohort="${cohort}"}[10m])`, checkout,
			`rate(e{remote="checkout",version="2.4.0",cohort="canary"}[10m])`},
		{"nothing to expand", `1 - vector(1)`, checkout, `1 - vector(1)`},
		{"inside a value", `e{job="mf/${remote}@${version}"}`, checkout, `e{job="mf/checkout@2.4.0"}`},
		{"double quotes", `e{a="${remote}",b="${version}",c="${cohort}"}`, odd, `e{a="a\"b'c\\d",b="1.0.0+é.\U000e0001",c="one\u000atwo"}`},
		{"single quotes", `e{a='${remote}',c='${cohort}'}`, odd, `e{a='a"b\'c\\d',c='one\u000atwo'}`},
		{"a pattern", `e{version=~"${version}(-hotfix)?$"}`, checkout, `e{version=~"2\\.4\\.0(-hotfix)?$"}`},
		{"a pattern that must not match", `e{version !~  '${version}'}`, odd, `e{version !~  '1\\.0\\.0\\+é\\.\U000e0001'}`},
		{"a pattern, then none", `e{a=~".*",version="${version}"}`, checkout, `e{a=~".*",version="2.4.0"}`},
		{"dollars", `e{a=~"b$",c="$$",d="$${remote}",e="$d"}`, checkout, `e{a=~"b$",c="$",d="${remote}",e="$d"}`},
		{"escaped quotes", `e{a="\"${remote}\\"}`, checkout, `e{a="\"checkout\\"}`},
		{"an escaped dollar is the server's affair", `e{a="\${remote}"}`, checkout, `e{a="\${remote}"}`},
		{"a quote in a comment", "e # don't\n{a=\"${remote}\"} # \"", checkout, "e # don't\n{a=\"checkout\"} # \""},
		{"a number sign in a string", `e{a="#",b="${remote}"}`, checkout, `e{a="#",b="checkout"}`},
		{"quotes in other quotes", "e{a='\"',b=`'\\`,c=\"${remote}\"}", checkout, "e{a='\"',b=`'\\`,c=\"checkout\"}"},
		{"a value that looks like a placeholder", `e{a="${remote}"}`, Subject{"${version}", "1", "c"}, `e{a="${version}"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := ParseRule(server, c.query, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := expand(r.query, c.subject); got != c.want {
				t.Errorf("the query is\n%s, want\n%s", got, c.want)
			}
		})
	}
}

func TestParseRuleRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, server, query string
		threshold           float64
		want                string
	}{
		{"unknown name", server, `e{a="${release}"}`, 0, "there is no \"${release}\"; there are ${remote}, ${version} and ${cohort}"},
		{"no name", server, `e{a="${}"}`, 0, `there is no "${}"`},
		{"outside quotes", server, `e{a=${remote}}`, 0, "${remote} stands outside a string; put it in double quotes"},
		{"after a string", server, `e{a="b"} + ${remote}`, 0, "stands outside a string"},
		{"in a comment", server, `e # "${remote}"`, 0, "stands outside a string"},
		{"in backquotes", server, "e{a=`${remote}`}", 0, "stands in backquotes, where nothing can be escaped"},
		{"open placeholder", server, `e{a="${remote"`, 0, "a ${ is not closed"},
		{"open string", server, `e{a="${remote}}`, 0, `a string is not closed; add the " at its end`},
		{"open string that ends with a backslash", server, `e{a='b\`, 0, `a string is not closed; add the ' at its end`},
		{"empty", server, " \n", 0, "it is empty"},
		{"threshold NaN", server, "e", math.NaN(), "the threshold is NaN; give a finite number"},
		{"threshold infinite", server, "e", math.Inf(1), "the threshold is +Inf; give a finite number"},
		{"no scheme", "prometheus.acme.example:9090", "e", 0, `write a URL that begins with "https://"`},
		{"no host", "https:///prometheus", "e", 0, "and a host"},
		{"a port without a host", "https://:9090", "e", 0, "and a host"},
		{"another scheme", "file:///etc/passwd", "e", 0, "write a URL that begins with"},
		{"user in the URL", "https://u:hunter2@acme.example/", "e", 0, "has a user name or password in it"},
		{"user in a URL that is none", "https://u:hunter2@acme.example:x/", "e", 0, "the server is no URL"},
		{"query in the URL", "https://acme.example/?token=hunter", "e", 0, "has a query or fragment"},
		{"empty query in the URL", "https://acme.example/?", "e", 0, "has a query or fragment"},
		{"fragment in the URL", "https://acme.example/#graph", "e", 0, "has a query or fragment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseRule(c.server, c.query, c.threshold)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password shows: %v", err)
			}
		})
	}
}

// FuzzExpand puts any value into any query. Between double quotes it reads back as itself, by Go's rules, which there are
// PromQL's; after =~ it is a pattern that matches itself. In any query it adds no quote and no line that ends its string:
// what follows a value is lexed as it was when the rule was parsed.
func FuzzExpand(f *testing.F) {
	f.Add(`rate(e{remote="${remote}"}[10m])`, "checkout")
	f.Add(`e{a='${remote}'} # don't`, `a"b'c\`)
	f.Add(`e{a=~"$${x}${version}$",b='\'${cohort}'}`, "1.0.0+build.7")
	f.Add(`e{a="${remote}"}`, "one\ntwo\u2028\U000e0001\x7f")
	f.Fuzz(func(t *testing.T, query, value string) {
		subject := Subject{value, value, value}
		if subject.check() != nil {
			return
		}
		exact, pattern := expand(parsed(t, `"${remote}"`), subject), expand(parsed(t, `=~"${remote}"`), subject)
		if got, err := strconv.Unquote(exact); err != nil || got != value {
			t.Fatalf("%q is sent as %s", value, exact)
		}
		if got, err := strconv.Unquote(strings.TrimPrefix(pattern, "=~")); err != nil || !matchesOnly(t, got, value) {
			t.Fatalf("%q is sent as %s", value, pattern)
		}
		pieces, err := parseQuery(query)
		if err != nil {
			return
		}
		// Dollars are written twice, so that what was a value is text when it is read again.
		again := strings.ReplaceAll(expand(pieces, subject), "$", "$$")
		if _, err := parseQuery(again); err != nil {
			t.Fatalf("the query %q with %q is %q: %v", query, value, again, err)
		}
	})
}

func parsed(t *testing.T, query string) []piece {
	t.Helper()
	pieces, err := parseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return pieces
}

func matchesOnly(t *testing.T, pattern, value string) bool {
	t.Helper()
	re, err := regexp.Compile("^(?s:" + pattern + ")$")
	if err != nil {
		t.Fatal(err)
	}
	return re.MatchString(value) && !re.MatchString(value+"x")
}

// FuzzShown checks that what came from a server is one short line in which no secret stands.
func FuzzShown(f *testing.F) {
	f.Add("Bearer hunter2 \x1b[31m\n", "hunter2")
	f.Add(strings.Repeat("é", 600), "é")
	f.Fuzz(func(t *testing.T, text, token string) {
		r, err := Rule{}.With(Credentials{Token: token})
		if err != nil {
			return
		}
		shown := r.shown(text)
		if utf8.RuneCountInString(shown) > maxShown || strings.ContainsFunc(shown, func(c rune) bool { return !unicode.IsPrint(c) && c != unicode.ReplacementChar }) {
			t.Fatalf("%q is not a line to show", shown)
		}
		if len(token) > 3 && !strings.Contains(token, "***") && strings.Contains(shown, token) {
			t.Fatalf("%q shows the token %q", shown, token)
		}
	})
}
