package compiler

import (
	"cmp"
	"slices"
	"strings"

	"muster/compiler/audit"
	"muster/compiler/contract"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// pins works out the pins of every cohort again that depend on what changed.
func (a *advance) pins() {
	for i, s := range a.served {
		declared := a.next.Cohort(s.Declared.Name.Value)
		switch {
		case declared.Frozen != nil && declared != s.Declared:
			a.served[i] = &audit.Served{Declared: declared, Pins: s.Pins}
		case declared.Frozen != nil:
		case a.inherits(declared):
			a.repin(i, declared, a.increment.chooser.Sources(a.next, declared))
		default:
			a.rechoose(i)
		}
	}
}

// inherits reports whether a cohort has pins of one that was edited.
func (a *advance) inherits(c *registry.Cohort) bool {
	return len(a.edited) > 0 && slices.ContainsFunc(resolve.Chain(a.next, c), func(from *registry.Cohort) bool { return slices.Contains(a.edited, from) })
}

// rechoose looks at the pins of a cohort whose remotes changed, and nothing else.
func (a *advance) rechoose(place int) {
	var next *audit.Served
	s := a.served[place]
	for _, p := range a.changed {
		i, pinned := slices.BinarySearchFunc(s.Pins, p.name(), func(pin *resolve.Pin, name string) int { return strings.Compare(pin.Remote.Name.Value, name) })
		if !pinned {
			continue
		}
		if next == nil {
			next = &audit.Served{Declared: s.Declared, Pins: slices.Clone(s.Pins)}
			a.served[place] = next
		}
		next.Pins[i] = a.pin(place, s.Pins[i].From, s.Pins[i])
	}
}

// repin looks at all pins of a cohort, which is declared in another way or inherits from one that is.
func (a *advance) repin(place int, declared *registry.Cohort, sources []resolve.Source) {
	old := a.served[place].Pins
	next := &audit.Served{Declared: declared, Pins: make([]*resolve.Pin, 0, len(sources))}
	a.served[place] = next
	for _, from := range sources {
		for len(old) > 0 && old[0].Remote.Name.Value < from.Pin.Remote.Value {
			a.comes(place, contract.Repinned{Was: old[0]})
			old = old[1:]
		}
		var was *resolve.Pin
		if len(old) > 0 && old[0].Remote.Name.Value == from.Pin.Remote.Value {
			was, old = old[0], old[1:]
		}
		next.Pins = append(next.Pins, a.repinned(place, from, was))
	}
	for _, was := range old {
		a.comes(place, contract.Repinned{Was: was})
	}
}

// repinned is a pin of a cohort that is declared in another way.
func (a *advance) repinned(place int, from resolve.Source, was *resolve.Pin) *resolve.Pin {
	changed := slices.ContainsFunc(a.changed, func(p remotePair) bool { return p.name() == from.Pin.Remote.Value })
	switch {
	case was == nil || changed:
	case from == was.From:
		return was
	case from.Pin.Same(was.From.Pin):
		return a.same(asked(was, from))
	}
	return a.pin(place, from, was)
}

// asked is a pin that another line asks for in the same words.
func asked(p *resolve.Pin, from resolve.Source) *resolve.Pin {
	next := *p
	next.From, next.Choices = from, slices.Clone(p.Choices)
	for i := range next.Choices {
		if from.Pin.Split != nil {
			next.Choices[i].Asked = from.Pin.Split[i].Version
		} else {
			next.Choices[i].Asked = from.Pin.Range
		}
	}
	return &next
}

// pin works out a pin of a cohort, and notes what has to be judged again for it.
func (a *advance) pin(place int, from resolve.Source, was *resolve.Pin) *resolve.Pin {
	pin, ok := a.increment.chooser.Pin(a.next, a.served[place].Declared, from)
	switch {
	case !ok:
		a.judged[place].anew = true
		return cmp.Or(was, &pin)
	case was != nil:
		pin.Hosts = was.Hosts
	default:
		pin.Hosts = resolve.LoadedBy(pin.Remote, a.live.State.Cohorts[place].Pins)
	}
	next := a.same(&pin)
	if j := &a.judged[place]; was != nil && alike(was, next) {
		j.alike = append(j.alike, contract.Repinned{Was: was, Is: next})
	} else {
		a.comes(place, contract.Repinned{Was: was, Is: next})
	}
	return next
}

// same is a pin that another cohort has, too, if one does.
func (a *advance) same(p *resolve.Pin) *resolve.Pin {
	all := a.made[p.From.Pin]
	for _, known := range all {
		if known.Remote == p.Remote && slices.Equal(known.Hosts, p.Hosts) && slices.Equal(known.Choices, p.Choices) {
			return known
		}
	}
	a.made[p.From.Pin] = append(all, p)
	return p
}

// comes notes that a pin came, went, or brings something else. Where a host does, all is another matter.
func (a *advance) comes(place int, p contract.Repinned) {
	j, one := &a.judged[place], cmp.Or(p.Is, p.Was)
	here := func(p *resolve.Pin) bool { return p != nil && len(p.Choices) > 0 }
	if here(p.Was) != here(p.Is) {
		j.settle = j.settle || len(one.Remote.Routes)+len(one.Remote.Capabilities) > 0
		j.anew = j.anew || one.Remote.Host
	}
	j.pins = append(j.pins, p)
}
