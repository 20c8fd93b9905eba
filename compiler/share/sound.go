package share

import (
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/share/federation"
)

// Sound reports whether it is plain that Check finds no error in a cohort that is not frozen. Where a host is loaded-first and
// shares a package, federation.Prove asks of each of its remotes alone whether it takes the host's copy: if each does without a
// word, then so do all of them together, in every order and with every split, and what there is to say beyond that are warnings.
// Of everything else it says no, which means nothing.
func (n *Negotiator) Sound(c *resolve.Cohort) bool { return n.sound(c, c.Pins) }

// SoundStill is Sound of a cohort that was sound before some of its pins changed.
func (n *Negotiator) SoundStill(c *resolve.Cohort, changed []*resolve.Pin) bool {
	if slices.ContainsFunc(changed, func(p *resolve.Pin) bool { return p.Remote.Host }) {
		return n.Sound(c)
	}
	return n.sound(c, changed)
}

// sound asks whether pins of a cohort are sound with its hosts.
func (n *Negotiator) sound(c *resolve.Cohort, pins []*resolve.Pin) bool {
	mayPrerelease := n.policy.MayPrerelease(c.Declared.Name.Value)
	for _, p := range pins {
		if p.Remote.Runtime == registry.NativeFederation || p.Remote.Runtime == registry.ImportMap {
			return false
		}
		for j := range p.Choices {
			if release := p.Choices[j].Release; !n.faultless(p.Remote, release, mayPrerelease) {
				return false
			}
		}
	}
	for _, host := range c.Pins {
		for j := range host.Choices {
			if host.Remote.Host && !n.soundPage(pins, host, host.Choices[j].Release) {
				return false
			}
		}
	}
	return true
}

// faultless reports whether no declaration of a release is an error by itself.
func (n *Negotiator) faultless(r *registry.Remote, release *registry.Release, mayPrerelease bool) bool {
	uses := n.profile(r, release).uses
	for i := range uses {
		for j := range uses[i].class.problems {
			if p := &uses[i].class.problems[j]; p.Severity == diag.Error && (!p.prerelease || !mayPrerelease) {
				return false
			}
		}
	}
	return true
}

// soundPage reports whether each remote of a page that is among the pins takes the host's copies.
func (n *Negotiator) soundPage(pins []*resolve.Pin, host *resolve.Pin, release *registry.Release) bool {
	if host.Remote.Runtime != registry.ModuleFederation || buildOf(release) != enhanced || strategyOf(release) != federation.LoadedFirst {
		return false
	}
	shared := map[string]*class{}
	for _, use := range n.profile(host.Remote, release).uses {
		shared[use.class.name] = use.class
		if !n.takes(use.class, nil) {
			return false
		}
	}
	for _, p := range pins {
		if p.Remote.Runtime != registry.ModuleFederation || !loads(host, p) {
			continue
		}
		for j := range p.Choices {
			uses := n.profile(p.Remote, p.Choices[j].Release).uses
			for k := range uses {
				if hosts := shared[uses[k].class.name]; hosts == nil || !n.takes(hosts, uses[k].class) {
					return false
				}
			}
		}
	}
	return true
}

// pairing is a host's declarations of a package and a remote's; nil: the host by itself.
type pairing struct{ host, remote *class }

// takes reports whether apps of a class take a loaded-first host's copy, and neither they nor the host have anything to say to it.
func (n *Negotiator) takes(host, remote *class) bool {
	key := pairing{host, remote}
	answer, known := n.pairings[key]
	if !known {
		answer = n.pair(host, remote)
		n.pairings[key] = answer
	}
	return answer
}

func (n *Negotiator) pair(host, remote *class) bool {
	if strings.HasSuffix(host.name, "/") { // it stands for names that others share
		return false
	}
	c := federation.Contest{Host: host.app, First: true, Starts: true}
	c.Host.Name, c.Host.Scopes = "a host", nil
	if remote != nil {
		c.Remotes = []federation.Group{{App: remote.app, Names: []string{"a remote"}}}
	}
	reach, proof := n.engines[enhanced].prove(c)
	if proof != federation.HostsCopy {
		return false
	}
	for _, outcomes := range reach.Outcomes {
		for _, r := range outcomes {
			if r.Err != "" || len(r.Warnings) > 0 {
				return false
			}
		}
	}
	return true
}
