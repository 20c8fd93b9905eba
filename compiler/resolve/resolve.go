// Package resolve works out what each cohort is served: for every remote the release that its pin means, through
// inheritance, ranges, kill switches and splits; and from those the route table and who fills which place.
//
//	cohorts/general.yaml  pins: {search: ~3.1, promo: {disabled: INC-4711}}
//	cohorts/canary.yaml   extends: general, pins: {search: "3.2.0"}
//
// gives general the highest release of search in ~3.1 and no promo, and canary search 3.2.0 and no promo either. Every
// value of the result knows the line that it comes from.
package resolve

import (
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/policy"
	"muster/compiler/registry"
)

// Plan is every cohort, resolved, by name.
type Plan struct {
	Registry *registry.Registry
	Cohorts  []*Cohort
}

// Cohort is what one cohort is served. Of a frozen cohort only Declared is set: its manifest is another commit's.
type Cohort struct {
	Declared     *registry.Cohort
	Pins         []*Pin       // by remote name
	Routes       []Route      // in the order in which a shell tries them: the longest first
	Capabilities []Capability // by place
}

// Pin is what the cohort has of a remote, nil for nothing.
func (c *Cohort) Pin(remote string) *Pin { return Find(c.Pins, remote) }

// Find finds the pin of a remote among pins by remote name, nil if there is none.
func Find(pins []*Pin, remote string) *Pin {
	i, ok := slices.BinarySearchFunc(pins, remote, func(p *Pin, remote string) int { return strings.Compare(p.Remote.Name.Value, remote) })
	if !ok {
		return nil
	}
	return pins[i]
}

// Pin is what a cohort's pin of one remote comes to.
type Pin struct {
	Remote  *registry.Remote
	From    Source
	Choices []Choice // one release for a plain pin, several for a split, none if disabled
	Hosts   []string // the cohort's hosts that load it, by name; nil for a host
}

// Disabled is the reason for which a remote is switched off; zero if it is not.
func (p *Pin) Disabled() registry.Text { return p.From.Pin.Disabled }

// Source is the line that decided: a pin, and the cohort that declares it, which may be one that is inherited from.
type Source struct {
	Cohort *registry.Cohort
	Pin    *registry.Pin
}

// Choice is a release and the share of subjects that get it.
type Choice struct {
	Release    *registry.Release
	Hundredths int           // of a percent: 10000 is everybody
	Variant    string        // the variant's name in a split, "" if it has none
	Asked      registry.Text // the version or range as written
}

// resolver is one run. What holds for every cohort is worked out once.
type resolver struct {
	registry   *registry.Registry
	ordinals   map[*registry.Remote]int // in registry.Remotes
	routes     []wish[policy.Route]     // of all remotes, in the order in which a shell tries them
	places     []wish[string]           // of all remotes, by name
	candidates map[*registry.Remote]candidates
	ranges     ranges
	judged     map[*registry.Release]verdict
	pins       map[asking]answer
	own        map[*registry.Cohort][]Source // that their files declare
	found      diag.ByCohort
}

// Resolve works out every cohort. What the policy finds fault with, a name that names nothing or a circle, is passed over
// here. A cohort with findings is still in the plan, without the pins that could not be resolved.
func Resolve(r *registry.Registry) (*Plan, diag.List) {
	v := newResolver(r)
	plan := &Plan{Registry: r}
	for _, c := range r.Cohorts {
		plan.Cohorts = append(plan.Cohorts, v.cohort(c))
	}
	return plan, v.found.List()
}

func newResolver(r *registry.Registry) *resolver {
	v := &resolver{registry: r, candidates: map[*registry.Remote]candidates{}, ranges: ranges{}, judged: map[*registry.Release]verdict{}, pins: map[asking]answer{}}
	v.index()
	return v
}

// index gathers what remotes wish for, unless that is done.
func (v *resolver) index() {
	if v.ordinals != nil {
		return
	}
	v.ordinals, v.routes, v.places = make(map[*registry.Remote]int, len(v.registry.Remotes)), routeWishes(v.registry), placeWishes(v.registry)
	for i, remote := range v.registry.Remotes {
		v.ordinals[remote] = i
	}
}

func (v *resolver) cohort(c *registry.Cohort) *Cohort {
	resolved := &Cohort{Declared: c}
	if c.Frozen != nil {
		return resolved
	}
	inherited := v.inherited(c)
	pins := make([]Pin, 0, len(inherited)) // in one piece
	resolved.Pins = make([]*Pin, 0, len(inherited))
	for _, from := range inherited {
		if pin, ok := v.pin(c, from); ok {
			pins = append(pins, pin)
			resolved.Pins = append(resolved.Pins, &pins[len(pins)-1])
		}
	}
	if len(inherited) == 0 && v.registry.Complete() && v.intact(c) {
		v.found.Add(c.Name.Value, c.File.Fault(c.Name, diag.Diagnostic{Rule: "cohort/empty", Severity: diag.Warning,
			Message: c.Name.Value + " pins nothing, so it is served an empty page", Help: "add pins:, or extends: another cohort"}))
	}
	v.hosts(resolved)
	v.checkReleases(resolved)
	v.settleAll(resolved)
	return resolved
}

// chain is a cohort and those it inherits from, nearest first.
func (v *resolver) chain(c *registry.Cohort) (chain []*registry.Cohort) {
	for c != nil && !slices.Contains(chain, c) {
		chain, c = append(chain, c), v.registry.Cohort(c.Extends.Value)
	}
	return chain
}

// intact reports whether a cohort's inheritance ends with one that inherits from none; or reference/cohort, or
// cohort/extends-cycle, says so.
func (v *resolver) intact(c *registry.Cohort) bool {
	chain := v.chain(c)
	return chain[len(chain)-1].Extends.IsZero()
}

// inherited are a cohort's pins by remote name, its own before those it inherits.
func (v *resolver) inherited(c *registry.Cohort) (pins []Source) {
	for _, from := range slices.Backward(v.chain(c)) {
		pins = overlaid(v.declared(from), pins)
	}
	return pins
}

// declared are the pins of a cohort's own file by remote name. Of two for one remote, which is an error, the first counts.
func (v *resolver) declared(c *registry.Cohort) []Source {
	pins, known := v.own[c]
	if known {
		return pins
	}
	for i := range c.Pins {
		pins = append(pins, Source{c, &c.Pins[i]})
	}
	slices.SortStableFunc(pins, bySource)
	pins = slices.CompactFunc(pins, func(a, b Source) bool { return bySource(a, b) == 0 })
	if v.own == nil {
		v.own = map[*registry.Cohort][]Source{}
	}
	v.own[c] = pins
	return pins
}

func bySource(a, b Source) int { return strings.Compare(a.Pin.Remote.Value, b.Pin.Remote.Value) }

// overlaid are the pins of two lists by remote name, the first list's where both have any.
func overlaid(over, under []Source) []Source {
	if len(under) == 0 {
		return over
	}
	all := make([]Source, 0, len(over)+len(under))
	for len(over) > 0 && len(under) > 0 {
		switch order := bySource(over[0], under[0]); {
		case order < 0:
			all, over = append(all, over[0]), over[1:]
		case order > 0:
			all, under = append(all, under[0]), under[1:]
		default:
			all, over, under = append(all, over[0]), over[1:], under[1:]
		}
	}
	return append(append(all, over...), under...)
}

// asking is a pin and whether the cohort that is served it may have prereleases: all that the answer depends on.
type asking struct {
	pin         *registry.Pin
	prereleases bool
}

// answer is a resolved pin; ok is false if nothing could be chosen, which is then a finding.
type answer struct {
	pin Pin
	ok  bool
}

// pin resolves one pin for a cohort. Cohorts that inherit it share the choices.
func (v *resolver) pin(c *registry.Cohort, from Source) (Pin, bool) {
	asked := asking{from.Pin, v.registry.Policy.MayPrerelease(c.Name.Value)}
	known, done := v.pins[asked]
	if !done {
		known.pin, known.ok = v.resolve(from, asked.prereleases)
		v.pins[asked] = known
	}
	return known.pin, known.ok
}

func (v *resolver) resolve(from Source, prereleases bool) (Pin, bool) {
	remote := v.registry.Remote(from.Pin.Remote.Value)
	if remote == nil || v.registry.Absent(remote.Name.Value) {
		return Pin{}, false // reference/remote has said so, or the remote's own file
	}
	pin := Pin{Remote: remote, From: from}
	if !pin.Disabled().IsZero() {
		return pin, true
	}
	variants := from.Pin.Split
	if !from.Pin.Range.IsZero() {
		variants = []registry.Variant{{Version: from.Pin.Range, Percent: registry.Text{Value: "100"}}}
	}
	for _, variant := range variants {
		if choice, ok := v.choose(from, remote, variant, prereleases); ok {
			pin.Choices = append(pin.Choices, choice)
		}
	}
	return pin, len(pin.Choices) == len(variants)
}

// hosts works out which of the cohort's hosts load each remote.
func (v *resolver) hosts(c *Cohort) {
	hosts := hostsAmong(c.Pins)
	var shared []string // most remotes are loaded by the same hosts: they share one list
	for _, p := range c.Pins {
		if !p.Remote.Loaded() {
			continue
		}
		p.Hosts = loadedBy(p.Remote, hosts)
		if slices.Equal(p.Hosts, shared) {
			p.Hosts = shared
		} else {
			shared = p.Hosts
		}
		if len(p.Hosts) == 0 && len(hosts) > 0 && p.Disabled().IsZero() && v.registry.Complete() {
			v.found.Add(c.Declared.Name.Value, p.From.Cohort.File.Fault(p.From.Pin.Remote, diag.Diagnostic{Rule: "pin/no-host", Severity: diag.Warning,
				Remote: p.Remote.Name.Value, Message: "no host loads " + p.Remote.Name.Value, Help: "pin a host that loads it, or add one to its hosts:",
				Notes: []diag.Note{p.Remote.File.Note(p.Remote.Name, p.Remote.Name.Value+" is declared here")}}))
		}
	}
}

// hostsAmong are the hosts that are not switched off.
func hostsAmong(pins []*Pin) (hosts []*registry.Remote) {
	for _, p := range pins {
		if p.Remote.Host && p.Disabled().IsZero() {
			hosts = append(hosts, p.Remote)
		}
	}
	return hosts
}

// loadedBy are the hosts that load a remote, by name: those that it names, or those of its runtime; frames and pages fit every host.
func loadedBy(r *registry.Remote, hosts []*registry.Remote) (names []string) {
	for _, h := range hosts {
		named := slices.ContainsFunc(r.Hosts, func(t registry.Text) bool { return t.Value == h.Name.Value })
		if named || r.Hosts == nil && (!r.Code() || r.Runtime == h.Runtime) {
			names = append(names, h.Name.Value)
		}
	}
	return names
}
