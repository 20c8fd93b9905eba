package policy

import (
	"errors"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var routeRule = Rule{
	Findings: []diag.Rule{{
		ID:      "route/path",
		Summary: "a route is an absolute path prefix",
		Protects: "A shell finds the remote of a page by the longest route that the page's path begins with: /checkout takes " +
			"/checkout and all below it, / takes the home page alone, and /* takes what nobody else does. Patterns, queries and dot " +
			"segments would never match.",
		Bad:  "routes:\n  - {path: checkout/:step, expose: ./Routes}",
		Good: "routes:\n  - {path: /checkout, expose: ./Routes}",
	}, {
		ID:       "route/duplicate",
		Summary:  "a remote names a path once",
		Protects: "Two modules of one remote for one path: a shell could only guess.",
		Bad:      "routes:\n  - {path: /cart, expose: ./Cart}\n  - {path: /cart/*, expose: ./Other}",
		Good:     "routes:\n  - {path: /cart, expose: ./Cart}",
	}, {
		ID:       "route/redirect",
		Summary:  "a fallback redirects to a path of the same site",
		Protects: "A shell navigates to it when the remote fails: another site, or a javascript: URL, would be a way in.",
		Bad:      "fallback: {redirect: \"//elsewhere.example/cart\"}",
		Good:     "fallback: {redirect: /cart}",
	}},
	check: func(r *registry.Registry) (l diag.List) {
		for _, remote := range r.Remotes {
			l.Add(checkRoutes(remote)...)
		}
		for _, c := range r.Cohorts {
			for _, choice := range c.Routes {
				if _, err := ParseRoute(choice.What.Value); err != nil {
					l.Add(cohortFault(c, choice.What, "route/path", diag.Quote(choice.What.Value)+" "+err.Error(), "write an absolute path such as /checkout: it takes all below it, too"))
				}
			}
		}
		return l
	},
}

// Route is a parsed route: Path without a trailing "/*", and whether it takes all below it. The catch-all "/*" is the
// prefix "/"; the path "/" alone is exact.
type Route struct {
	Path   string
	Prefix bool
}

// ParseRoute reads a route as a remote or cohort declares it; the error completes "<the path> ...".
func ParseRoute(s string) (Route, error) {
	switch {
	case s == "/":
		return Route{Path: "/"}, nil
	case s == "/*":
		return Route{Path: "/", Prefix: true}, nil
	case !strings.HasPrefix(s, "/"):
		return Route{}, errors.New("is not an absolute path")
	case strings.ContainsAny(s, "?#"):
		return Route{}, errors.New("is more than a path")
	}
	path := strings.TrimSuffix(s, "/*")
	if strings.HasSuffix(path, "/") {
		return Route{}, errors.New("ends in a slash")
	}
	for _, segment := range strings.Split(path[1:], "/") {
		switch {
		case segment == "":
			return Route{}, errors.New("has an empty segment")
		case segment == "." || segment == "..":
			return Route{}, errors.New("has a segment that browsers resolve away")
		case strings.Contains(segment, "\\"):
			return Route{}, errors.New("holds a backslash")
		case strings.ContainsAny(segment, "*{}[]") || segment[0] == ':':
			return Route{}, errors.New("is a pattern; a route is a path prefix")
		}
	}
	return Route{Path: path, Prefix: true}, nil
}

func checkRoutes(r *registry.Remote) (l diag.List) {
	if to := r.Load.Redirect; !to.IsZero() && (!strings.HasPrefix(to.Value, "/") || strings.HasPrefix(to.Value, "//") || strings.Contains(to.Value, "\\")) {
		l.Add(fault(r, to, "route/redirect", diag.Quote(to.Value)+" is not a path of the same site", "write an absolute path such as /cart"))
	}
	seen := map[Route]registry.Text{}
	for _, route := range r.Routes {
		parsed, err := ParseRoute(route.Path.Value)
		if err != nil {
			l.Add(fault(r, route.Path, "route/path", diag.Quote(route.Path.Value)+" "+err.Error(), "write an absolute path such as /checkout: it takes all below it, too"))
			continue
		}
		if first, ok := seen[parsed]; ok {
			l.Add(fault(r, route.Path, "route/duplicate", diag.Quote(route.Path.Value)+" is the same route as "+diag.Quote(first.Value),
				"keep one of them", r.File.Note(first, "the other one is here")))
		}
		seen[parsed] = route.Path
	}
	return l
}
