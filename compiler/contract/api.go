package contract

import (
	"fmt"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

// offered is a service, and who provides it.
type offered struct {
	party
	api *registry.API
}

// checkAPIs holds the services that releases call against those that the cohort's hosts and gateways provide.
func (m *meeting) checkAPIs() {
	provided := map[string][]offered{}
	var names []string
	for p := range m.parties {
		r := p.release()
		for i := range r.Provides {
			name := r.Provides[i].Name.Value
			if provided[name] == nil {
				names = append(names, name)
			}
			provided[name] = append(provided[name], offered{p, &r.Provides[i]})
		}
	}
	for p := range m.parties {
		r := p.release()
		for i := range r.Calls {
			m.called(p, &r.Calls[i], provided, names)
		}
	}
}

// called looks for providers of a service. Every release that a split may put there has to fit; of several that provide it, one.
func (m *meeting) called(p party, api *registry.API, provided map[string][]offered, names []string) {
	all := provided[api.Name.Value]
	if len(all) == 0 {
		m.add(p, api.Name, diag.Diagnostic{Rule: "contract/api", Message: fmt.Sprintf("%s calls %s, which no host or gateway of the cohort provides", p, api.Name),
			Notes: []diag.Note{p.note()}, Help: diag.DidYouMean(api.Name.Value, names, "pin a gateway that provides it, or say so in the host's apis.provides")})
		return
	}
	fits := map[string]int{} // by remote: how many of its releases do
	for _, o := range all {
		if m.contains(api.Version, o.api.Version) {
			fits[o.pin.Remote.Name.Value]++
		}
	}
	for _, o := range all {
		if fits[o.pin.Remote.Name.Value] == len(o.pin.Choices) {
			return
		}
	}
	for _, o := range all {
		if !m.contains(api.Version, o.api.Version) {
			m.add(p, api.Version, diag.Diagnostic{Rule: "contract/api", Help: "pin releases that fit, or widen the range",
				Message: fmt.Sprintf("%s calls %s %s, and %s provides %s", p, api.Name, api.Version, o, o.api.Version),
				Notes:   []diag.Note{p.note(), o.note(), o.pin.Remote.File.Note(o.api.Version, "it is provided here")}})
		}
	}
}
