package manifest

import (
	"slices"
	"strings"

	"muster/compiler/canonical"
	"muster/compiler/resolve"
	"muster/compiler/share"
	"muster/compiler/share/federation"
)

// shared is what a page makes of a package.
type shared struct {
	Decided string   `json:"decided"`
	Copies  []copied `json:"copies"`
	Refused []string `json:"refused,omitempty"`
}

// copied is a copy of a package that apps of the page get, or may get.
type copied struct {
	Version string   `json:"version"`
	From    []string `json:"from,omitempty"` // nil: each app's own
	For     []string `json:"for,omitempty"`  // nil: all that share the package
}

// shared are the negotiated scopes of a cohort's pages, by host and its release.
func (e *Encoder) shared(c *resolve.Cohort, n *share.Negotiator) (map[string]canonical.Raw, error) {
	scopes := map[string]canonical.Raw{}
	for _, page := range share.PagesOf(c) {
		raw, err := e.sharedPage(page, n)
		if err != nil {
			return nil, err
		}
		scopes[page.Host.Remote.Name.Value+"@"+page.Release.Release.Version.Value] = raw
	}
	return scopes, nil
}

// sharedPage is what is written of a page, once for all of a kind: packages by runtime and name.
func (e *Encoder) sharedPage(page *share.Page, n *share.Negotiator) (canonical.Raw, error) {
	kind, ok := n.Kind(page)
	if ok {
		if raw, known := e.pages.Get(kind); known {
			return raw, nil
		}
	}
	n.Negotiate(page)
	runtimes, names := map[string]map[string]canonical.Raw{}, page.Names()
	for _, pkg := range page.Packages {
		raw, err := e.sharedPackage(pkg, names)
		if err != nil {
			return nil, err
		}
		if runtimes[pkg.Runtime] == nil {
			runtimes[pkg.Runtime] = map[string]canonical.Raw{}
		}
		runtimes[pkg.Runtime][pkg.Name] = raw
	}
	raw, err := canonical.JSON(runtimes)
	if ok && err == nil {
		e.pages.Put(kind, raw)
	}
	return raw, err
}

// sharedPackage is what is written of a package, once for all pages in which it has one fate.
func (e *Encoder) sharedPackage(pkg *share.Package, names map[string]string) (canonical.Raw, error) {
	fate := pkg.Fate()
	if raw, known := e.fates.Get(fate); known {
		return raw, nil
	}
	raw, err := canonical.JSON(sharedOf(pkg, names))
	if err == nil && fate != nil {
		e.fates.Put(fate, raw)
	}
	return raw, err
}

func sharedOf(pkg *share.Package, names map[string]string) shared {
	s := shared{Decided: string(pkg.Decision), Copies: []copied{}}
	for _, g := range pkg.Groups {
		for _, outcomes := range g.Outcomes {
			for _, r := range outcomes {
				s.add(g, r, names)
			}
		}
	}
	for i := range s.Copies {
		c := &s.Copies[i]
		slices.Sort(c.For)
		if c.For = slices.Compact(c.For); len(s.Copies) == 1 && len(s.Refused) == 0 {
			c.For = nil
		}
	}
	slices.SortFunc(s.Copies, func(a, b copied) int {
		return slices.Compare([]string{a.Version, strings.Join(a.From, " ")}, []string{b.Version, strings.Join(b.From, " ")})
	})
	slices.Sort(s.Refused)
	s.Refused = slices.Compact(s.Refused)
	return s
}

// add enters an outcome of a group.
func (s *shared) add(g *share.Group, r federation.Reached, names map[string]string) {
	apps := make([]string, len(g.Uses))
	for i, u := range g.Uses {
		apps[i] = u.Pin.Remote.Name.Value
	}
	if r.Err != "" {
		s.Refused = append(s.Refused, apps...)
		return
	}
	c := copied{Version: r.Copy.Version}
	for _, p := range r.Providers {
		c.From = append(c.From, names[p])
	}
	slices.Sort(c.From)
	i := slices.IndexFunc(s.Copies, func(have copied) bool { return have.Version == c.Version && slices.Equal(have.From, c.From) })
	if i < 0 {
		i, s.Copies = len(s.Copies), append(s.Copies, c)
	}
	s.Copies[i].For = append(s.Copies[i].For, apps...)
}
