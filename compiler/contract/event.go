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

// listener is who listens to an event, and the emitters that it does not go with, or of which nobody can tell.
type listener struct {
	heard
	refused, unsure []heard
}

// checkEvents holds what is sent against what is accepted, for all that can be in one page.
func (m *meeting) checkEvents() {
	listeners := map[string][]*listener{}
	var all []*listener
	for p := range m.parties {
		r := p.release()
		for i := range r.Listens {
			l := &listener{heard: heard{p, &r.Listens[i]}}
			listeners[l.event.Name.Value] = append(listeners[l.event.Name.Value], l)
			all = append(all, l)
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
	for _, l := range all {
		m.untold(l)
	}
}

// meet reports whether two releases can be in one page. Two of a split never are.
func (m *meeting) meet(a, b party) bool {
	return (a.pin != b.pin || a.choice == b.choice) && m.together(a.pin, b.pin)
}

// told is how many emitters of an event are told one by one where a listener goes with none of them. A listener that changed
// alone is at odds with all who emit, and they add nothing to what the first of them say.
const told = 5

func (m *meeting) event(e heard, l *listener) {
	v, ok := m.compare(&e.event.Payload, &l.event.Payload, event)
	if !ok || v.Answer == payload.Compatible {
		return
	}
	odd := &l.refused
	if v.Answer == payload.Unknown {
		odd = &l.unsure
	}
	if *odd = append(*odd, e); len(*odd) > told {
		return
	}
	name := diag.Quote(e.event.Name.Value)
	d := diag.Diagnostic{Rule: "contract/event", Notes: []diag.Note{e.note(), l.note(), e.pin.Remote.File.Note(e.event.Name, e.String()+" emits it here")},
		Message: fmt.Sprintf("%s does not accept all that %s may send as %s: %s", l, e, name, v.Reason),
		Help:    "expand and contract: let the listener accept both, then change the emitter, then drop the old"}
	m.add(l.party, l.event.Name, unsure(witness(d, v, "may be sent and is refused"), v, fmt.Sprintf("whether %s accepts all that %s may send as %s", l, e, name)))
}

// untold names the emitters beside those that are told.
func (m *meeting) untold(l *listener) {
	name := diag.Quote(l.event.Name.Value)
	if n := len(l.refused) - told; n > 0 {
		m.add(l.party, l.event.Name, diag.Diagnostic{Rule: "contract/event", Notes: l.emitters(l.refused[told:]), Help: "mend those that are shown first",
			Message: fmt.Sprintf("%s does not accept all that other releases may send as %s: there are %d more", l, name, n)})
	}
	if n := len(l.unsure) - told; n > 0 {
		m.add(l.party, l.event.Name, diag.Diagnostic{Rule: "contract/review", Severity: diag.Warning, Notes: l.emitters(l.unsure[told:]),
			Message: fmt.Sprintf("somebody has to look whether %s accepts all that other releases may send as %s: there are %d more", l, name, n),
			Help:    "look at those that are shown first"})
	}
}

// emitters notes where the event is emitted, up to the number that is named of a circle.
func (l *listener) emitters(all []heard) []diag.Note {
	notes := []diag.Note{l.note()}
	for _, e := range all[:min(len(all), longest)] {
		notes = append(notes, e.pin.Remote.File.Note(e.event.Name, e.String()+" emits it here"))
	}
	return notes
}
