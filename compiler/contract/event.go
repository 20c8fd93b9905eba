package contract

import (
	"fmt"

	"muster/compiler/contract/payload"
	"muster/compiler/diag"
	"muster/compiler/registry"
)

// heard is who emits an event or listens to it.
type heard struct {
	party
	event *registry.Event
}

// checkEvents holds what is sent against what is accepted, for all that can be in one page.
func (m *meeting) checkEvents() {
	listeners := map[string][]heard{}
	for p := range m.parties {
		r := p.release()
		for i := range r.Listens {
			name := r.Listens[i].Name.Value
			listeners[name] = append(listeners[name], heard{p, &r.Listens[i]})
		}
	}
	for p := range m.parties {
		r := p.release()
		for i := range r.Emits {
			for _, l := range listeners[r.Emits[i].Name.Value] {
				if m.meet(p, l.party) {
					m.event(heard{p, &r.Emits[i]}, l)
				}
			}
		}
	}
}

// meet reports whether two releases can be in one page. Two of a split never are.
func (m *meeting) meet(a, b party) bool {
	return (a.pin != b.pin || a.choice == b.choice) && m.together(a.pin, b.pin)
}

func (m *meeting) event(e, l heard) {
	v, ok := m.compare(&e.event.Payload, &l.event.Payload, event)
	if !ok || v.Answer == payload.Compatible {
		return
	}
	name := diag.Quote(e.event.Name.Value)
	d := diag.Diagnostic{Rule: "contract/event", Notes: []diag.Note{e.note(), l.note(), e.pin.Remote.File.Note(e.event.Name, e.String()+" emits it here")},
		Message: fmt.Sprintf("%s does not accept all that %s may send as %s: %s", l, e, name, v.Reason),
		Help:    "expand and contract: let the listener accept both, then change the emitter, then drop the old"}
	m.add(l.party, l.event.Name, unsure(witness(d, v, "may be sent and is refused"), v, fmt.Sprintf("whether %s accepts all that %s may send as %s", l, e, name)))
}
