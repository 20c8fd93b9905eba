package policy

import (
	"fmt"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/semver"
)

var referenceRule = Rule{
	Findings: []diag.Rule{{
		ID:       "reference/remote",
		Summary:  "a remote that is named exists",
		Protects: "A pin of a misspelt remote would silently do nothing.",
		Bad:      "pins: {chekout: \"2.4.0\"}",
		Good:     "pins: {checkout: \"2.4.0\"}",
	}, {
		ID:       "reference/host",
		Summary:  "a host that is named exists and is a host",
		Protects: "A remote that no shell loads is dead without a word.",
		Bad:      "hosts: [checkout]",
		Good:     "hosts: [shell]",
	}, {
		ID:       "reference/cohort",
		Summary:  "a cohort that is named exists",
		Protects: "A promotion order or an inheritance through a misspelt cohort would silently not hold.",
		Bad:      "after: [staf]",
		Good:     "after: [staff]",
	}, {
		ID:       "reference/expose",
		Summary:  "an exposed module that is named exists in some release",
		Protects: "The runtime finds out in the user's browser: \"module ./Route does not exist in container\".",
		Bad:      "routes: [{path: /checkout, expose: ./Route}]    # the releases expose ./Routes",
		Good:     "routes: [{path: /checkout, expose: ./Routes}]",
	}, {
		ID:       "reference/range",
		Summary:  "a version range can be read",
		Protects: "A range that nobody can read pins nothing.",
		Bad:      "consumes: {catalog: {version: \"^^3\"}}",
		Good:     "consumes: {catalog: {version: ^3.0.0}}",
	}},
	check: func(r *registry.Registry) (l diag.List) {
		c := references{Registry: r, remotes: map[string]*registry.Remote{}, cohorts: map[string]bool{}, ranges: map[string]bool{}}
		for _, remote := range r.Remotes {
			c.remotes[remote.Name.Value] = remote
			c.remoteNames = append(c.remoteNames, remote.Name.Value)
			if remote.Host {
				c.hosts = append(c.hosts, remote.Name.Value)
			}
		}
		for _, cohort := range r.Cohorts {
			c.cohorts[cohort.Name.Value] = true
			c.cohortNames = append(c.cohortNames, cohort.Name.Value)
		}
		for _, remote := range r.Remotes {
			l.Add(c.remote(remote)...)
		}
		for _, cohort := range r.Cohorts {
			l.Add(c.cohort(cohort)...)
		}
		return append(l, c.policy()...)
	},
}

// references finds names that name nothing.
type references struct {
	*registry.Registry
	remotes                         map[string]*registry.Remote
	cohorts                         map[string]bool
	ranges                          map[string]bool // whether they can be read
	remoteNames, cohortNames, hosts []string
}

func (c references) remote(r *registry.Remote) (l diag.List) {
	for _, h := range r.Hosts {
		switch host := c.remotes[h.Value]; {
		case host == nil && c.Absent(h.Value):
		case host == nil:
			l.Add(fault(r, h, "reference/host", "there is no host "+diag.Quote(h.Value), diag.DidYouMean(h.Value, c.hosts, listing("hosts", c.hosts))))
		case !host.Host:
			l.Add(fault(r, h, "reference/host", diag.Quote(h.Value)+" is a remote, not a host", listing("hosts", c.hosts),
				host.File.Note(host.Name, "it is declared here")))
		}
	}
	for _, route := range r.Routes {
		l.Add(c.expose(r, route.Expose)...)
	}
	for _, place := range r.Capabilities {
		l.Add(c.expose(r, place.Expose)...)
	}
	for _, release := range r.Releases {
		for _, consumed := range release.Consumes {
			l.Add(c.consumed(r, consumed)...)
		}
		for _, called := range release.Calls {
			l.Add(c.readable(r, called.Version)...)
		}
	}
	return l
}

func (c references) readable(r *registry.Remote, version registry.Text) diag.List {
	if version.IsZero() {
		return nil
	}
	readable, known := c.ranges[version.Value]
	if !known {
		_, err := semver.ParseRange(version.Value)
		readable = err == nil
		c.ranges[version.Value] = readable
	}
	if readable {
		return nil
	}
	return diag.List{fault(r, version, "reference/range", diag.Quote(version.Value)+" is not a version range", "write a range such as ^3.0.0")}
}

// expose looks for a module in the releases of the remote itself.
func (c references) expose(r *registry.Remote, expose registry.Text) diag.List {
	if expose.IsZero() || len(r.Releases) == 0 || c.Absent(r.Name.Value) {
		return nil
	}
	if exposes(r, expose.Value) {
		return nil
	}
	known := exposed(r)
	return diag.List{fault(r, expose, "reference/expose", "no release of "+r.Name.Value+" exposes "+diag.Quote(expose.Value),
		diag.DidYouMean(expose.Value, known, listing("exposed modules", known)))}
}

// exposes reports whether some release of a remote exposes a module.
func exposes(r *registry.Remote, module string) bool {
	return slices.ContainsFunc(r.Releases, func(release registry.Release) bool {
		return slices.ContainsFunc(release.Exposes, func(e registry.Exposed) bool { return e.Value == module })
	})
}

// exposed are all modules that releases of a remote expose.
func exposed(r *registry.Remote) (all []string) {
	for _, release := range r.Releases {
		for _, e := range release.Exposes {
			all = append(all, e.Value)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c references) consumed(r *registry.Remote, consumed registry.Consumed) (l diag.List) {
	l = c.readable(r, consumed.Version)
	provider := c.remotes[consumed.Remote.Value]
	if c.Absent(consumed.Remote.Value) {
		return l
	}
	if provider == nil {
		l.Add(fault(r, consumed.Remote, "reference/remote", "there is no remote "+diag.Quote(consumed.Remote.Value),
			diag.DidYouMean(consumed.Remote.Value, c.others(r), "declare it under remotes/")))
		return l
	}
	for _, e := range consumed.Exposes {
		if len(provider.Releases) > 0 && !exposes(provider, e.Value) {
			known := exposed(provider)
			l.Add(fault(r, e.Text, "reference/expose", "no release of "+provider.Name.Value+" exposes "+diag.Quote(e.Value),
				diag.DidYouMean(e.Value, known, listing("exposed modules", known)), provider.File.Note(provider.Name, provider.Name.Value+" is declared here")))
		}
	}
	return l
}

// others are the names of all remotes but one: nobody means to use its own modules.
func (c references) others(r *registry.Remote) []string {
	return slices.DeleteFunc(slices.Clone(c.remoteNames), func(name string) bool { return name == r.Name.Value })
}

func (c references) cohort(cohort *registry.Cohort) (l diag.List) {
	named := func(t registry.Text) {
		if !t.IsZero() && !c.cohorts[t.Value] && !c.Absent(t.Value) {
			l.Add(cohortFault(cohort, t, "reference/cohort", "there is no cohort "+diag.Quote(t.Value),
				diag.DidYouMean(t.Value, c.cohortNames, listing("cohorts", c.cohortNames))))
		}
	}
	remote := func(t registry.Text) {
		if c.remotes[t.Value] == nil && !c.Absent(t.Value) {
			l.Add(cohortFault(cohort, t, "reference/remote", "there is no remote "+diag.Quote(t.Value),
				diag.DidYouMean(t.Value, c.remoteNames, "declare it under remotes/")))
		}
	}
	named(cohort.Extends)
	for _, after := range cohort.After {
		named(after)
	}
	for _, p := range cohort.Pins {
		remote(p.Remote)
	}
	for _, choice := range slices.Concat(cohort.Capabilities, cohort.Routes) {
		remote(choice.Remote)
	}
	for _, h := range cohort.Holds {
		remote(h.Remote)
	}
	return l
}

func (c references) policy() (l diag.List) {
	p := c.Registry.Policy
	cohorts := slices.Clone(p.Prereleases)
	for _, w := range p.Waivers {
		if !w.Cohort.IsZero() {
			cohorts = append(cohorts, w.Cohort)
		}
		if !w.Remote.IsZero() && c.remotes[w.Remote.Value] == nil && !c.Absent(w.Remote.Value) {
			l.Add(policyFault(p, w.Remote, "reference/remote", "there is no remote "+diag.Quote(w.Remote.Value),
				diag.DidYouMean(w.Remote.Value, c.remoteNames, "remove the waiver")))
		}
	}
	for _, t := range cohorts {
		if !c.cohorts[t.Value] && !c.Absent(t.Value) {
			l.Add(policyFault(p, t, "reference/cohort", "there is no cohort "+diag.Quote(t.Value),
				diag.DidYouMean(t.Value, c.cohortNames, listing("cohorts", c.cohortNames))))
		}
	}
	return l
}

// listing names a few of what there is.
func listing(what string, known []string) string {
	switch n := len(known); {
	case n == 0:
		return "there are no " + what
	case n == 1:
		return "the only one is " + known[0]
	case n > 12:
		return fmt.Sprintf("the %s are %s and %d more", what, strings.Join(known[:12], ", "), n-12)
	}
	return "the " + what + " are " + strings.Join(known[:len(known)-1], ", ") + " and " + known[len(known)-1]
}
