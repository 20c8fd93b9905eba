package contract

import (
	"fmt"
	"iter"
	"slices"

	"muster/compiler/contract/payload"
	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// comparingEvents holds what new releases emit and listen to against those that are live. It warns: unlike the consumer of a
// module, nobody says which releases go with an event, and where two of them are to meet checkEvents has the last word.
func (m *comparison) comparingEvents() {
	for _, pin := range m.cohort.Pins {
		for n := range m.coming(pin) {
			for j := range n.Emits {
				if e := &n.Emits[j]; n.old == nil || !m.among(n.old.Emits, e) {
					m.nextEmitted(pin, n, e)
				}
			}
			for j := range n.Listens {
				if e := &n.Listens[j]; n.old == nil || !m.among(n.old.Listens, e) {
					m.nextHeard(pin, n, e)
				}
			}
		}
	}
}

// among reports whether an event is among others as it is.
func (m *comparison) among(events []registry.Event, e *registry.Event) bool {
	i := slices.IndexFunc(events, func(o registry.Event) bool { return o.Name.Value == e.Name.Value })
	return i >= 0 && m.text(&events[i].Payload) == m.text(&e.Payload)
}

// beside goes through the live releases that a release of a remote may meet next.
func (m *comparison) beside(pin *resolve.Pin, n next) iter.Seq[live] {
	return func(yield func(live) bool) {
		for _, p := range m.live {
			if p.pin != pin && m.together(p.pin, pin) && m.lets(p, registry.Text{}, n.Version) && !yield(p) {
				return
			}
		}
	}
}

func (m *comparison) nextEmitted(pin *resolve.Pin, n next, e *registry.Event) {
	for p := range m.beside(pin, n) {
		for i := range p.release().Listens {
			if l := &p.release().Listens[i]; l.Name.Value == e.Name.Value {
				m.nextEvent(p, n, e, "emits", e, l)
			}
		}
	}
}

func (m *comparison) nextHeard(pin *resolve.Pin, n next, l *registry.Event) {
	for p := range m.beside(pin, n) {
		for i := range p.release().Emits {
			if e := &p.release().Emits[i]; e.Name.Value == l.Name.Value {
				m.nextEvent(p, n, l, "listens to", e, l)
			}
		}
	}
}

// nextEvent compares what is sent with what is accepted, one of which, at, is a new release's, and the other a live one's.
func (m *comparison) nextEvent(p live, n next, at *registry.Event, verb string, sent, accepted *registry.Event) {
	v, ok := m.compare(&sent.Payload, &accepted.Payload, event)
	if !ok || v.Answer != payload.Incompatible || m.paired(p, n.remote, n.Release) {
		return
	}
	m.report(p, n, at.Name, witness(diag.Diagnostic{Rule: "contract/narrowed", Severity: diag.Warning,
		Message: fmt.Sprintf("%s %s %s in a way that does not go with %s, which is live: %s", n, verb, diag.Quote(at.Name.Value), p, v.Reason),
		Notes:   append([]diag.Note{{Message: fmt.Sprintf("%s is live in %s", p, m.name())}}, m.declared(p, verb, at.Name.Value)...),
		Help:    n.cure("expand and contract: let listeners accept both, promote them, then change what is sent")}, v, "may be sent and is refused"))
}

// declared notes where the head says what a live release does with an event that another one emits or listens to: the base's
// lines are none that the user sees.
func (m *comparison) declared(p live, verb, name string) (notes []diag.Note) {
	remote := m.head.Remote(p.pin.Remote.Name.Value)
	if remote == nil {
		return nil
	}
	release := remote.Release(p.release().Version.Value)
	if release == nil {
		return nil
	}
	events := release.Listens
	if verb != "emits" {
		events = release.Emits
	}
	for _, e := range events {
		if e.Name.Value == name {
			notes = append(notes, remote.File.Note(e.Name, "it says so here"))
		}
	}
	return notes
}
