package native

import (
	"fmt"
	"slices"
	"strings"
)

// elect decides, for every external that has changed, which version all share. It returns what it decided, by share scope.
func (s *session) elect() (map[string]*names, error) {
	decided := map[string]*names{}
	for scope, externals := range s.now.shared.all() {
		for name, e := range externals.all() {
			if !e.dirty {
				continue
			}
			if err := s.decide(name, e); err != nil {
				s.say(Error, 3, fmt.Sprintf("[%s] failed to determine shared externals.", scope), err)
				return nil, failure("Could not determine shared externals in scope %s.", scope)
			}
			s.changed.shared = true
			if decided[scope] == nil {
				decided[scope] = newMap[struct{}]()
			}
			decided[scope].set(name, struct{}{})
		}
	}
	return decided, nil
}

func (s *session) decide(name string, e *external) error {
	winner := s.winner(e)
	if winner == nil {
		return failure("[%s] Could not determine shared version!", name)
	}
	if len(e.versions) > 1 {
		if err := s.judge(name, e, winner); err != nil {
			return err
		}
	}
	winner.action = Share
	if err := s.requireCoverage(name, e); err != nil {
		return err
	}
	e.dirty = false
	return nil
}

// winner is the host's version; without a host the highest if the options say so, else the one that costs the fewest extra
// downloads, then tears the fewest entry points, then is the highest.
func (s *session) winner(e *external) *version {
	if i := slices.IndexFunc(e.versions, func(v *version) bool { return v.host }); i >= 0 {
		return e.versions[i]
	}
	if len(e.versions) == 1 || s.options.Latest && len(e.versions) > 0 {
		return e.versions[0]
	}
	var best *version
	var downloads, tears int
	for _, v := range e.versions {
		d := e.extraDownloads(v)
		if best != nil && d > downloads {
			continue
		}
		t := e.tears(v)
		if best == nil || d < downloads || t < tears {
			best, downloads, tears = v, d, t
		}
	}
	return best
}

// extraDownloads counts the copies that would be loaded besides v's: those that insist on another. What has been given out
// before does not count.
func (e *external) extraDownloads(v *version) int {
	n := 0
	for _, other := range e.versions {
		if other == v {
			continue
		}
		for _, c := range other.copies {
			if !c.cached && c.objects(v.tag) {
				n++
			}
		}
	}
	return n
}

// tears counts the entry points that apps content with v would miss in it.
func (e *external) tears(v *version) int {
	n := 0
	given := v.entries(nil)
	for _, other := range e.versions {
		if other == v || !other.accepted(v.tag) {
			continue
		}
		for _, c := range other.copies {
			if c.servedBy == "" {
				n += len(c.uncovered(given))
			}
		}
	}
	return n
}

// judge gives each version its action now that winner is shared. Copies that insist on their range are scoped.
func (s *session) judge(name string, e *external, winner *version) error {
	var versions []*version
	for _, v := range e.versions {
		versions = append(versions, v)
		if v.accepted(winner.tag) {
			v.action = Skip
			continue
		}
		objecting := copiesThat(v, func(c *appCopy) bool { return c.objects(winner.tag) })
		if len(objecting) > 0 && s.options.Strict.Compatibility {
			s.say(Error, 3, fmt.Sprintf("[%s][%s@%s] Is not compatible with requiredRange '%s' of shared %s@%s.",
				objecting[0].app, name, v.tag, objecting[0].required, name, winner.tag))
			return failure("External %s@%s could not be shared.", name, v.tag)
		}
		if v == winner {
			continue
		}
		v.action = Skip
		switch len(objecting) {
		case 0:
		case len(v.copies):
			v.action = Scope
		default:
			v.copies = copiesThat(v, func(c *appCopy) bool { return !c.objects(winner.tag) })
			versions = append(versions, &version{tag: v.tag, action: Scope, copies: objecting})
		}
	}
	e.versions = merged(versions)
	return nil
}

func copiesThat(v *version, ok func(*appCopy) bool) []*appCopy {
	return slices.DeleteFunc(slices.Clone(v.copies), func(c *appCopy) bool { return !ok(c) })
}

// merged joins versions of one tag and action.
func merged(versions []*version) []*version {
	type key struct {
		tag    string
		action Action
	}
	first := map[key]*version{}
	var kept []*version
	for _, v := range versions {
		k := key{v.tag, v.action}
		if first[k] == nil {
			first[k] = v
			kept = append(kept, v)
			continue
		}
		first[k].copies = append(first[k].copies, v.copies...)
	}
	return kept
}

// tear is a copy that would be replaced by a version without some of its entry points.
type tear struct {
	version   *version
	copy      *appCopy
	uncovered []string
}

// requireCoverage treats copies whose entry points the shared version lacks: an error, or a copy of their own, or nothing.
func (s *session) requireCoverage(name string, e *external) error {
	if !s.options.Strict.Coverage && !s.options.ScopeUncovered {
		return nil
	}
	torn := e.torn()
	if len(torn) == 0 {
		return nil
	}
	if s.options.Strict.Coverage {
		t := torn[0]
		s.say(Error, 3, fmt.Sprintf("[%s@%s][%s] Entrypoints not covered by the shared version: %s.",
			name, t.version.tag, t.copy.app, strings.Join(t.uncovered, ", ")))
		return failure("External %s could not be shared without tearing entrypoints.", name)
	}
	e.scopeTorn(torn)
	return nil
}

func (e *external) torn() []tear {
	shared := e.with(Share)
	if shared == nil {
		return nil
	}
	given := shared.entries(nil)
	var torn []tear
	for _, v := range e.versions {
		if v.action == Scope || v == shared {
			continue
		}
		for _, c := range v.copies {
			if c.servedBy != "" {
				continue
			}
			if uncovered := c.uncovered(given); len(uncovered) > 0 {
				torn = append(torn, tear{v, c, uncovered})
			}
		}
	}
	return torn
}

// scopeTorn takes the copies out of their versions and lets their apps keep them.
func (e *external) scopeTorn(torn []tear) {
	isTorn := map[*appCopy]bool{}
	byTag := newMap[[]*appCopy]()
	for _, t := range torn {
		isTorn[t.copy] = true
		byTag.set(t.version.tag, append(byTag.at(t.version.tag), t.copy))
	}
	for _, v := range e.versions {
		v.copies = copiesThat(v, func(c *appCopy) bool { return !isTorn[c] })
	}
	e.versions = slices.DeleteFunc(e.versions, func(v *version) bool { return len(v.copies) == 0 })
	for tag, copies := range byTag.all() {
		i := slices.IndexFunc(e.versions, func(v *version) bool { return v.tag == tag && v.action == Scope })
		if i < 0 {
			e.versions = append(e.versions, &version{tag: tag, action: Scope, copies: copies})
		} else {
			e.versions[i].copies = append(e.versions[i].copies, copies...)
		}
	}
}
