package contract

import (
	"fmt"
	"slices"
	"strings"

	"muster/compiler/contract/payload"
	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// checkConsumed holds every module that a release uses against the releases that provide it.
func (m *meeting) checkConsumed() {
	for p := range m.parties {
		r := p.release()
		for i := range r.Consumes {
			m.consumed(p, &r.Consumes[i])
		}
	}
}

func (m *meeting) consumed(p party, consumed *registry.Consumed) {
	name := consumed.Remote.Value
	provider := m.cohort.Pin(name)
	switch {
	case provider == nil && m.explained(name):
		return
	case provider == nil:
		m.add(p, consumed.Remote, diag.Diagnostic{Rule: "contract/provider", Message: fmt.Sprintf("%s uses modules of %s, which the cohort does not pin", p, name),
			Notes: []diag.Note{p.note()}, Help: "pin " + name + " too, or a release that does not use it"})
		return
	case !provider.Disabled().IsZero():
		m.add(p, consumed.Remote, diag.Diagnostic{Rule: "contract/provider", Severity: diag.Warning,
			Message: fmt.Sprintf("%s uses modules of %s, which is switched off: %s", p, name, provider.Disabled()),
			Notes:   []diag.Note{p.note(), provider.From.Cohort.File.Note(provider.Disabled(), "it is switched off here")}, Help: "see that it copes without"})
		return
	}
	if why, help := m.unreachable(p, provider); why != "" {
		m.add(p, consumed.Remote, diag.Diagnostic{Rule: "contract/provider", Message: fmt.Sprintf("%s uses modules of %s, %s", p, name, why), Help: help,
			Notes: []diag.Note{p.note(), provider.Remote.File.Note(provider.Remote.Name, name+" is declared here")}})
		return
	}
	m.reachedByAll(p, consumed, provider)
	for i := range provider.Choices {
		m.served(p, consumed, party{provider, &provider.Choices[i]})
	}
}

// reachedByAll warns of a release that some of its hosts load without the remote that it uses. Whether it does so there too is
// not declared.
func (m *meeting) reachedByAll(p party, consumed *registry.Consumed, provider *resolve.Pin) {
	without := slices.DeleteFunc(slices.Clone(m.hosts(p.pin)), func(h string) bool { return slices.Contains(m.hosts(provider), h) })
	if !m.hosted || len(without) == 0 {
		return
	}
	by := strings.Join(without, " and ")
	m.add(p, consumed.Remote, diag.Diagnostic{Rule: "contract/provider", Severity: diag.Warning, Help: "let " + by + " load " + provider.Remote.Name.Value + ", or see that it copes without there",
		Message: fmt.Sprintf("%s uses modules of %s, which is not loaded by %s", p, provider.Remote.Name, by),
		Notes:   []diag.Note{p.note(), provider.Remote.File.Note(provider.Remote.Name, provider.Remote.Name.Value+" is declared here")}})
}

// explained reports whether something else says already why a remote is not in the cohort: it does not exist, its file or its
// pin is faulty.
func (m *meeting) explained(remote string) bool {
	return m.registry.Remote(remote) == nil || m.registry.Absent(remote) || m.asks(remote)
}

// unreachable says why a release can't load modules of a remote that is pinned, and the cure; "" if it can. A consumer that no
// host loads is pin/no-host's matter.
func (m *meeting) unreachable(p party, provider *resolve.Pin) (why, help string) {
	name, from := p.pin.Remote.Name.Value, provider.Remote.Name.Value
	switch {
	case provider.Remote.Gateway:
		return "which is a gateway and exposes nothing to load", "say in apis.consumes which of its services it calls"
	case !provider.Remote.Code():
		return "which is shown by itself (runtime: " + provider.Remote.Runtime + ") and exposes nothing to load", "use a remote that runs in the page"
	case !m.hosted || len(m.hosts(p.pin)) == 0 || m.together(p.pin, provider):
		return "", ""
	case p.pin.Remote.Host:
		return "which it does not load", "let " + name + " load " + from + ", or pin a release that does not use it"
	}
	by, load := strings.Join(m.hosts(p.pin), " and "), "loads"
	if len(m.hosts(p.pin)) > 1 {
		load = "load"
	}
	if help = "let " + by + " load " + from + ", or pin a release that does not use it"; provider.Remote.Host {
		help = "pin a release that does not use it, or let " + from + " load " + name
	}
	return fmt.Sprintf("which is not loaded by %s, which %s %s", by, load, name), help
}

// served holds what a release uses against one release that provides it.
func (m *meeting) served(p party, consumed *registry.Consumed, by party) {
	if !m.Contains(consumed.Version, by.release().Version) {
		m.add(p, consumed.Version, diag.Diagnostic{Rule: "contract/version", Notes: []diag.Note{p.note(), by.note()},
			Message: fmt.Sprintf("%s needs %s %s, and gets %s", p, by.pin.Remote.Name, consumed.Version, by.release().Version),
			Help:    "pin releases that fit, or widen the range"})
		return
	}
	for i := range consumed.Exposes {
		used := &consumed.Exposes[i]
		exposed := exposedBy(by.release(), used.Value)
		if exposed == nil && !everExposed(by.pin.Remote, used.Value) {
			continue // reference/expose says so
		}
		if exposed == nil {
			m.add(p, used.Text, diag.Diagnostic{Rule: "contract/expose", Notes: []diag.Note{p.note(), by.note(), by.pin.Remote.File.Note(by.release().Version, "the release is declared here")},
				Message: fmt.Sprintf("%s uses %s of %s, which %s does not expose", p, used, by.pin.Remote.Name, by),
				Help:    "pin a release that exposes it, or one that does not use it"})
			continue
		}
		m.passed(p, used, by, exposed)
	}
}

func exposedBy(r *registry.Release, module string) *registry.Exposed {
	i := slices.IndexFunc(r.Exposes, func(e registry.Exposed) bool { return e.Value == module })
	if i < 0 {
		return nil
	}
	return &r.Exposes[i]
}

// everExposed reports whether some release of a remote exposes a module.
func everExposed(r *registry.Remote, module string) bool {
	return slices.ContainsFunc(r.Releases, func(rel registry.Release) bool { return exposedBy(&rel, module) != nil })
}

// passed holds the props that a release passes against those that the module takes.
func (m *meeting) passed(p party, used *registry.Exposed, by party, exposed *registry.Exposed) {
	if used.Props == nil || exposed.Props == nil {
		return // nobody says what is passed, or what may be
	}
	v, ok := m.compare(used.Props, exposed.Props, props)
	if !ok || v.Answer == payload.Compatible {
		return
	}
	d := diag.Diagnostic{Rule: "contract/props", Notes: []diag.Note{p.note(), by.note(), by.pin.Remote.File.Note(exposed.Text, by.String()+" says here what it takes")},
		Message: fmt.Sprintf("%s passes %s of %s props that it does not take: %s", p, used, by, v.Reason),
		Help:    "pass what it takes, or let " + by.pin.Remote.Name.Value + " take both for a while"}
	m.add(p, used.Text, unsure(witness(d, v, "for example"), v, fmt.Sprintf("whether %s passes %s of %s props that it takes", p, used, by)))
}

// witness adds the payload that shows an incompatibility.
func witness(d diag.Diagnostic, v payload.Verdict, how string) diag.Diagnostic {
	if v.Witness != "" {
		d.Notes = append(slices.Clip(d.Notes), diag.Note{Message: how + ": " + v.Witness})
	}
	return d
}

// unsure turns a finding about a comparison that could not be decided into one that asks for a review.
func unsure(d diag.Diagnostic, v payload.Verdict, what string) diag.Diagnostic {
	if v.Answer != payload.Unknown {
		return d
	}
	d.Rule, d.Severity = "contract/review", diag.Warning
	d.Message, d.Help = "somebody has to look "+what+": "+v.Reason, "write the types so that they can be compared, or ask the platform team for a waiver"
	return d
}
