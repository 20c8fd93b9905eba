package native

import "testing"

func TestResolve(t *testing.T) {
	t.Parallel()
	maps := []ImportMap{
		{
			Imports: map[string]string{"react": "https://cart.test/react.js", "lodash": "./lodash.js", "rxjs": "rxjs.js"},
			Scopes: map[string]map[string]string{
				"https://page.test/":      {"lodash": "https://page.test/own.js"},
				"./shop/":                 {"react": "https://shop.test/react.js"},
				"https://page.test/shop/": {"rxjs": "/rxjs.js"},
				"https://":                {"react": "https://nowhere.test/react.js"},
			},
			order: []string{"https://page.test/", "./shop/", "https://page.test/shop/", "https://"},
		},
		{Imports: map[string]string{"react": "https://late.test/react.js", "late": "https://late.test/../a/late.js"}, Scopes: map[string]map[string]string{"https://page.test/": {"lodash": "https://late.test/lodash.js"}}, order: []string{"https://page.test/"}},
	}
	page := mergeMaps(maps, baseOf("https://page.test/index.html"))
	for _, test := range []struct {
		specifier, referrer string
		want                rule
		ok                  bool
	}{
		{"react", "https://other.test/main.js", rule{"https://cart.test/react.js", false}, true},
		{"react", "https://page.test/shop/main.js", rule{"https://cart.test/react.js", false}, true}, // ./shop/ is the same scope, and the last counts
		{"react", "https://page.test/shopping/main.js", rule{"https://cart.test/react.js", false}, true},
		{"lodash", "https://page.test/shop/main.js", rule{"https://page.test/own.js", true}, true},
		{"lodash", "https://other.test/main.js", rule{"https://page.test/lodash.js", false}, true},
		{"rxjs", "https://other.test/main.js", rule{"", false}, true},
		{"rxjs", "https://page.test/shop/main.js", rule{"https://page.test/rxjs.js", true}, true},
		{"late", "https://page.test/main.js", rule{"https://late.test/a/late.js", false}, true},
		{"vue", "https://page.test/main.js", rule{}, false},
	} {
		if got, ok := page.resolve(test.specifier, test.referrer); got != test.want || ok != test.ok {
			t.Errorf("%s from %s: %v %v, want %v %v", test.specifier, test.referrer, got, ok, test.want, test.ok)
		}
	}
}

func TestHomeOf(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		"": "", "https://cart.test/remoteEntry.json": "https://cart.test/", "https://cart.test/v2/": "https://cart.test/v2/", "https://cart.test/v2": "https://cart.test/v2/",
		"https://cart.test/v1.2": "https://cart.test/", "./remoteEntry.json": "./", "remoteEntry.json": "", "/assets/remoteEntry.json": "/assets/", "https://cart.test": "https://",
		"https://cart.test/v2?cacheTag=1": "https://cart.test/v2?cacheTag=1/",
	} {
		if got := homeOf(document); got != want {
			t.Errorf("%q: %q, want %q", document, got, want)
		}
	}
}
