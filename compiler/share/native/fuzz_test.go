package native

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// choices turns bytes into a page that need not make sense: each byte chooses one thing, and when they are used up the rest is
// the first of its kind.
type choices []byte

func (c *choices) below(n int) int {
	if len(*c) == 0 {
		return 0
	}
	b := int((*c)[0])
	*c = (*c)[1:]
	return b % n
}

func (c *choices) of(all ...string) string { return all[c.below(len(all))] }

func (c *choices) flag() bool { return c.below(4) == 3 }

func (c *choices) page() Page {
	p := Page{Base: c.of("", "https://page.test/a/index.html", "%zz", "about:blank"), Options: c.options()}
	if c.below(2) == 1 {
		host := c.app()
		p.Host = &host
	}
	for range c.below(6) {
		p.Remotes = append(p.Remotes, c.app())
	}
	for range c.below(4) {
		p.Later = append(p.Later, c.app())
	}
	for range c.below(3) {
		p.Arrival = append(p.Arrival, c.name())
	}
	return p
}

func (c *choices) name() string { return c.of("cart", "shell", "zeta", "", "7", "Cart", "a/b") }

func (c *choices) app() App {
	a := App{Name: c.name(), URL: c.of("https://cart.test/remoteEntry.json", "https://shell.test/remoteEntry.json", "https://zeta.test/v1/remoteEntry.json", "./remoteEntry.json", "x", "", "https://cart.test", "//\x00")}
	if c.flag() {
		a.Declares = c.name()
	}
	if c.flag() {
		a.Fails = c.of("404 - Not Found", "TypeError: Failed to fetch", ": ", "x")
	}
	for range c.below(7) {
		a.Shared = append(a.Shared, c.external())
	}
	if c.flag() {
		a.Exposes = []Exposed{{c.of("./A", "", "A"), c.of("a.js", "")}}
		a.Chunks = map[string][]string{c.of("ng", "mapping-or-exposed", ""): {c.of("c.js", "./d.mjs", "", "js")}}
		a.Integrity = map[string]string{c.of("a.js", "r.js", "c.js"): c.of("sha384-x", "")}
	}
	return a
}

func (c *choices) external() External {
	pkg := func() string {
		return c.of("react", "@acme/ui", "@acme/core", "@acme/core/x", "react/jsx", "", "@", "@/x", "7", "@nf-internal/c")
	}
	e := External{Package: pkg(), Version: c.of("1.0.0", "1.1.0", "2.0.0", "2.0.0-rc.1", "2.0.0+b", "", "latest", "v1.0.0"), RequiredVersion: c.of("^1.0.0", "*", ">=1.1.0", "^2.0.0", "", "workspace:*", "<0", ">*"),
		Singleton: !c.flag(), Strict: c.below(2) == 1, File: c.of("r.js", "s.js", "")}
	if c.flag() {
		e.Scope = c.of("team", strictScope, GlobalScope)
	}
	if c.flag() {
		e.Pool, e.Bundle = c.of("ng", " ", "ui"), c.of("ng", "")
	}
	if c.below(2) == 1 {
		e.Entries = []Entry{}
		for range c.below(4) {
			e.Entries = append(e.Entries, Entry{pkg(), c.of("r.js", "s.js", "/t.js", "../u.js", "")})
		}
	}
	return e
}

func (c *choices) options() Options {
	if c.below(3) == 0 {
		return Options{AutoPool: c.flag()}
	}
	return Options{Strict: Strictness{c.flag(), c.flag(), c.flag(), c.flag(), c.flag(), c.flag()}, Latest: c.flag(), SkipInvalidVersions: c.flag(), ScopeUncovered: c.flag(),
		Override: Overriding(c.of("", "always", "never")), OverrideSameURL: c.flag(), CacheTag: c.of("", "v1"), Flat: c.flag(), AutoPool: c.below(2) == 1, ThrowIfNotFound: c.flag(), DeployURL: c.of("", "./a", "/")}
}

// FuzzNegotiate feeds pages that need not make sense, one after the other by one visitor. They neither panic nor are changed, come
// out the same twice, and what fails comes from nobody.
func FuzzNegotiate(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		b := make([]byte, 50+r.IntN(1000))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(checkPages)
}

func checkPages(t *testing.T, b []byte) {
	c, same := choices(b), choices(b)
	rt := Runtime(c.of(string(Orchestrator), string(Orchestrator), string(Classic)))
	same.below(3)
	var stored Storage
	for range 3 {
		page := c.page()
		page.Stored = stored
		first, second := Negotiate(rt, page), Negotiate(rt, page)
		checkOutcome(t, first)
		if !reflect.DeepEqual(first.Got, second.Got) || !slices.Equal(first.Log, second.Log) || !reflect.DeepEqual(first.Maps, second.Maps) {
			t.Error("two runs differ")
		}
		doubtsOf(rt, page)
		page.Stored, stored = Storage{}, first.Stored
		if !reflect.DeepEqual(page, same.page()) {
			t.Error("the page was changed")
		}
	}
}

func checkOutcome(t *testing.T, o Outcome) {
	t.Helper()
	if o.Err != "" && (len(o.Maps) > 0 || len(o.Got) > 0) {
		t.Errorf("init throws %q, and there are maps", o.Err)
	}
	for _, g := range o.Got {
		if g.Err != "" && (g.Provider != "" || g.Version != "" || g.Own) {
			t.Errorf("%+v fails, and has a provider", g)
		}
	}
}
