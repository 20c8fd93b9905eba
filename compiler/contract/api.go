package contract

import (
	"fmt"
	"slices"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// offered is a service, and who provides it.
type offered struct {
	party
	api *registry.API
}

// services are what a cohort's hosts and gateways provide, by name. What a remote says it provides is apart: browsers reach no
// service through it.
type services struct {
	provided, idle map[string][]offered
	names          []string // of those provided
}

// checkAPIs holds the services that releases call against those that the cohort's hosts and gateways provide.
func (m *meeting) checkAPIs() {
	s := services{provided: map[string][]offered{}, idle: map[string][]offered{}}
	for p := range m.parties {
		for i := range p.release().Provides {
			s.add(offered{p, &p.release().Provides[i]})
		}
	}
	for p := range m.parties {
		r := p.release()
		for i := range r.Calls {
			m.called(p, &r.Calls[i], &s)
		}
	}
}

func (s *services) add(o offered) {
	name := o.api.Name.Value
	switch {
	case o.pin.Remote.Loaded():
		s.idle[name] = append(s.idle[name], o)
		return
	case s.provided[name] == nil:
		s.names = append(s.names, name)
	}
	s.provided[name] = append(s.provided[name], o)
}

// called looks for providers of a service. Every release that a split may put there has to fit; of several that provide it, one.
func (m *meeting) called(p party, api *registry.API, s *services) {
	all := s.provided[api.Name.Value]
	fits, offers := map[*resolve.Pin]int{}, map[*resolve.Pin]int{} // how many of its releases do
	for _, o := range all {
		offers[o.pin]++
		if m.Contains(api.Version, o.api.Version) {
			fits[o.pin]++
		}
	}
	for _, o := range all {
		if fits[o.pin] == len(o.pin.Choices) {
			return
		}
	}
	if len(all) == 0 {
		m.unprovided(p, api, s)
	}
	for i, o := range all {
		if !m.Contains(api.Version, o.api.Version) {
			m.add(p, api.Version, diag.Diagnostic{Rule: "contract/api", Help: "pin releases that fit, or widen the range",
				Message: fmt.Sprintf("%s calls %s %s, and %s provides %s", p, api.Name, api.Version, o, o.api.Version),
				Notes:   append([]diag.Note{p.note(), o.note(), o.pin.Remote.File.Note(o.api.Version, "it is provided here")}, s.uncounted(api)...)})
		}
		if first := i == 0 || all[i-1].pin != o.pin; first && offers[o.pin] < len(o.pin.Choices) {
			m.lacking(p, api, o.pin)
		}
	}
}

// unprovided reports a service that nobody provides, unless somebody would whose pin came to nothing, which is said already.
func (m *meeting) unprovided(p party, api *registry.API, s *services) {
	for _, r := range m.registry.Remotes {
		if name := r.Name.Value; !r.Loaded() && m.cohort.Pin(name) == nil && everProvided(r, api.Name.Value) && m.asks(name) {
			return
		}
	}
	m.add(p, api.Name, diag.Diagnostic{Rule: "contract/api", Message: fmt.Sprintf("%s calls %s, which no host or gateway of the cohort provides", p, api.Name),
		Notes: append([]diag.Note{p.note()}, s.uncounted(api)...),
		Help:  diag.DidYouMean(api.Name.Value, s.names, "pin a gateway that provides it, or say so in the host's apis.provides")})
}

// lacking reports the releases of a split that do not provide what its other releases do.
func (m *meeting) lacking(p party, api *registry.API, pin *resolve.Pin) {
	for i := range pin.Choices {
		by := party{pin, &pin.Choices[i]}
		if provides(by.release(), api.Name.Value) {
			continue
		}
		m.add(p, api.Name, diag.Diagnostic{Rule: "contract/api", Help: "split between releases that provide it, or pin one",
			Message: fmt.Sprintf("%s calls %s, which %s does not provide", p, api.Name, by),
			Notes:   []diag.Note{p.note(), by.note(), pin.Remote.File.Note(by.release().Version, "the release is declared here")}})
	}
}

// uncounted notes who says that it provides a service, and is in no place to.
func (s *services) uncounted(api *registry.API) (notes []diag.Note) {
	for _, o := range s.idle[api.Name.Value] {
		notes = append(notes, o.pin.Remote.File.Note(o.api.Name, o.String()+" says that it provides it, but is neither host nor gateway"))
	}
	return notes
}

func provides(r *registry.Release, service string) bool {
	return slices.ContainsFunc(r.Provides, func(a registry.API) bool { return a.Name.Value == service })
}

// everProvided reports whether some release of a remote provides a service.
func everProvided(r *registry.Remote, service string) bool {
	return slices.ContainsFunc(r.Releases, func(rel registry.Release) bool { return provides(&rel, service) })
}
