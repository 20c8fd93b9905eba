package compiler

import (
	"slices"

	"muster/compiler/audit"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// comeback is what a rollback would bring back to a cohort: the last manifest before the present one, and of each remote the last
// release before. What is held in the cohort does not come back.
type comeback struct {
	now     *audit.Served
	id      manifest.ID // of what is served now
	before  int         // the serial before which it was
	whole   *tenure     // nil: as far as was looked, there is none
	remotes []*remoteComeback
}

// remoteComeback is what a rollback of one remote would bring back.
type remoteComeback struct {
	now  *resolve.Pin
	seen *resolve.Pin // the last that was looked at
	pin  *resolve.Pin // the last that may come back, and of which cohort's manifest; nil: there is none
	in   *tenure
}

// comebacksOf are those of the cohorts that are served something, as of the commit that compiles to it.
func comebacksOf(repo *history.Repository, line []history.Step, live *Live, from history.Commit) (map[string]*comeback, error) {
	all := map[string]*comeback{}
	for _, now := range live.State.Cohorts {
		name := now.Declared.Name.Value
		id, _, err := live.ManifestID(name)
		if err != nil {
			return nil, err
		}
		back := &comeback{now: now, id: id, before: len(line) + 1}
		if all[name] = back; now.Declared.Frozen == nil {
			back.eachRemote()
		} else if err := back.beforeFreeze(repo, line, from); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// eachRemote looks for what comes back of each remote. A frozen cohort has to be thawed first, and what is switched off to be enabled.
func (b *comeback) eachRemote() {
	for _, p := range b.now.Pins {
		if p.Disabled().IsZero() {
			b.remotes = append(b.remotes, &remoteComeback{now: p})
		}
	}
}

// beforeFreeze has a frozen cohort go back from where it is frozen. If that is not on the line, it came with a merge: where it goes
// back to then was perhaps never published.
func (b *comeback) beforeFreeze(repo *history.Repository, line []history.Step, from history.Commit) error {
	at, err := repo.Ancestry(from).Find(b.now.Declared.Frozen.At.Value)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(line, func(s history.Step) bool { return s.ID.String() == at.ID }); i >= 0 {
		b.before = i + 1
		return nil
	}
	b.before = 0
	name := b.now.Declared.Name.Value
	then, _, err := Previous(repo, at, name, func(l *Live) (bool, error) {
		id, ok, err := l.ManifestID(name)
		return ok && b.whollyBack(l.Served(name), id), err
	})
	if then == nil || err != nil {
		return err
	}
	id, _, err := then.ManifestID(name)
	b.whole = &tenure{cohort: name, id: id, pins: then.Served(name).Pins}
	return err
}

// whollyBack reports whether what a cohort was served may come back.
func (b *comeback) whollyBack(then *audit.Served, id manifest.ID) bool {
	return id != b.id && !slices.ContainsFunc(then.Pins, func(p *resolve.Pin) bool {
		return slices.ContainsFunc(p.Choices, func(c resolve.Choice) bool {
			version := c.Release.Version.Value
			return b.held(p.Remote, version, registry.HeldByRollback) && !Has(b.now.Pin(p.Remote.Name.Value), version)
		})
	})
}

// held reports whether a release is held in the cohort for one of some reasons.
func (b *comeback) held(remote *registry.Remote, version string, because ...string) bool {
	return slices.ContainsFunc(b.now.Declared.Holds, func(h registry.Hold) bool {
		return h.Remote.Value == remote.Name.Value && h.Version.Value == version && slices.Contains(because, h.Because.Value)
	})
}

// pass takes in what the cohort was served at some time, later than what was taken in before.
func (b *comeback) pass(then *audit.Served, in *tenure) {
	if b.whollyBack(then, in.id) {
		b.whole = in
	}
	rest := then.Pins
	for _, r := range b.remotes {
		for len(rest) > 0 && rest[0].Remote.Name.Value < r.now.Remote.Name.Value {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return
		}
		if p := rest[0]; p.Remote.Name.Value == r.now.Remote.Name.Value && (p == r.pin || p != r.seen && b.back(p, r.now)) {
			r.pin, r.in, r.seen = p, in, p
		} else {
			r.seen = p
		}
	}
}

// back reports whether the single release of a pin may come back in the place of what there is now.
func (b *comeback) back(then, now *resolve.Pin) bool {
	if len(then.Choices) != 1 || audit.Text(then) == audit.Text(now) {
		return false
	}
	return !b.held(then.Remote, then.Choices[0].Release.Version.Value, registry.HeldByRollback, registry.HeldByBudget, registry.HeldForLackOfData)
}
