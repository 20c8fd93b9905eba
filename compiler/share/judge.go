package share

import (
	"slices"
	"strconv"

	"muster/compiler/resolve"
	"muster/compiler/share/federation"
)

// judge works out what every group gets of a package, over all combinations of splits.
func (n *Negotiator) judge(page *Page, pkg *Package) {
	for _, g := range pkg.Groups {
		g.Outcomes = make([][]federation.Reached, len(g.class.app.Shared))
	}
	t, rules := tableOf(pkg), n.engine(page, pkg.Runtime)
	worst := federation.Highest
	for _, seated := range t.combinations() {
		c := n.contest(page, pkg, seated)
		j := n.ask(rules, c, t.bounded)
		worst = min(worst, j.proof)
		c.take(j)
		if len(j.reach.Apart) > len(pkg.Apart) {
			pkg.Apart, pkg.Order = j.reach.Apart, j.reach.ApartOrder
		}
		if c.lateMatters(rules.accepts) {
			c.First = false
			c.takeLate(n.ask(rules, c, t.bounded))
		}
	}
	pkg.Decision = decisions[worst]
	if len(pkg.Groups) == 1 && len(pkg.Groups[0].Uses) == 1 {
		pkg.Decision = Alone
	}
}

var decisions = map[federation.Proof]Decision{federation.None: Bounded, federation.Tried: EveryOrder, federation.HostsCopy: HostsCopy,
	federation.Highest: Highest}

// table is who sits at a page: those who always do, and seats that one of several takes.
type table struct {
	fixed   map[*Group][]string // the names of the apps that are always there
	seats   []seat
	bounded bool // there are too many combinations: everybody is there
}

// seat is a split whose releases share the package differently.
type seat struct {
	name    string
	options []*Group // nil: a release that does not share it
}

func tableOf(pkg *Package) *table {
	t := &table{fixed: map[*Group][]string{}}
	split := map[*resolve.Pin]*seat{}
	var pins []*resolve.Pin
	for _, g := range pkg.Groups {
		names := make([]string, 0, len(g.Uses))
		for _, u := range g.Uses {
			if len(u.Pin.Choices) == 1 {
				names = append(names, u.Name())
				continue
			}
			s := split[u.Pin]
			if s == nil {
				s = &seat{name: u.Name()}
				split[u.Pin] = s
				pins = append(pins, u.Pin)
			}
			s.options = append(s.options, g)
		}
		t.fixed[g] = names
	}
	for _, p := range pins {
		t.seat(*split[p], len(p.Choices))
	}
	return t
}

func (t *table) seat(s seat, choices int) {
	if len(s.options) < choices {
		s.options = append(s.options, nil)
	}
	if s.options = slices.Compact(s.options); len(s.options) == 1 {
		t.fixed[s.options[0]] = append(t.fixed[s.options[0]], s.name)
		return
	}
	t.seats = append(t.seats, s)
}

// combinations are the apps that can be in a page together, by group.
func (t *table) combinations() []map[*Group][]string {
	all := []map[*Group][]string{t.fixed}
	for _, s := range t.seats {
		if len(all)*len(s.options) > maxCombinations {
			return t.everybody()
		}
		var more []map[*Group][]string
		for _, seated := range all {
			for _, g := range s.options {
				more = append(more, with(seated, g, s.name))
			}
		}
		all = more
	}
	return all
}

func with(seated map[*Group][]string, g *Group, name string) map[*Group][]string {
	next := make(map[*Group][]string, len(seated)+1)
	for k, names := range seated {
		next[k] = slices.Clip(names)
	}
	if g != nil {
		next[g] = append(next[g], name)
	}
	return next
}

func (t *table) everybody() []map[*Group][]string {
	t.bounded = true
	all := t.fixed
	for _, s := range t.seats {
		for _, g := range s.options {
			all = with(all, g, s.name)
		}
	}
	return []map[*Group][]string{all}
}

// contest is a combination as the runtime's rules see it.
type contest struct {
	federation.Contest
	build   build    // whose rules hold
	host    *Group   // nil if the host does not share the package
	remotes []*Group // of Remotes
}

func (n *Negotiator) contest(page *Page, pkg *Package, seated map[*Group][]string) contest {
	c := contest{build: buildOf(page.Host.Choices[0].Release)}
	c.Host = federation.App{Strategy: strategyOf(page.Host.Choices[0].Release)}
	for _, g := range pkg.Groups {
		names := seated[g]
		switch {
		case len(names) == 0:
		case g.Host:
			c.host, c.Host = g, g.class.app
		default:
			c.remotes = append(c.remotes, g)
			c.Remotes = append(c.Remotes, federation.Group{App: g.class.app, Names: names})
		}
	}
	c.Host.Name, c.Host.Scopes = page.Host.Remote.Container.Value, nil
	c.First = true
	c.Starts = slices.ContainsFunc(page.Host.Choices, func(choice resolve.Choice) bool { return len(choice.Release.Shared) > 0 })
	return c
}

// lateMatters reports whether it could matter that the host comes after a remote: it brings a copy, and not everybody would
// be content with every copy.
func (c contest) lateMatters(accepts func(federation.Requirement, string) bool) bool {
	if c.host == nil || len(c.remotes) == 0 {
		return false
	}
	var versions []string
	required := map[federation.Requirement]bool{} // many declarations, and mostly few ranges
	for _, g := range append([]*Group{c.host}, c.remotes...) {
		for _, d := range g.class.app.Shared {
			if d.NoImport {
				return true
			}
			versions = append(versions, d.Version)
			required[d.Requires()] = true
		}
	}
	if len(versions)*len(required) > maxQuestions {
		return true
	}
	for r := range required {
		if slices.ContainsFunc(versions, func(v string) bool { return !accepts(r, v) }) {
			return true
		}
	}
	return false
}

// judged is what came of a contest.
type judged struct {
	reach federation.Reach
	proof federation.Proof
}

// ask judges a contest, once for all cohorts that have it.
func (n *Negotiator) ask(rules engine, c contest, bounded bool) judged {
	if bounded {
		return judged{reach: rules.bound(c.Contest)}
	}
	if reach, proof := rules.prove(c.Contest); proof != federation.None {
		return judged{reach, proof} // sooner done than looked up
	}
	key := c.key()
	j, known := n.judged[key]
	if !known {
		j.reach, j.proof = rules.judge(c.Contest)
		n.judged[key] = j
	}
	return j
}

func (c contest) key() string {
	b := append([]byte(c.Host.Name+" "+string(c.build)+" "+string(c.Host.Strategy)), ' ', flag(c.Starts), flag(c.First))
	if c.host != nil {
		b = strconv.AppendInt(b, int64(c.host.class.id), 10)
	}
	for i, g := range c.remotes {
		b = strconv.AppendInt(append(b, '\n'), int64(g.class.id), 10)
		for _, name := range c.Remotes[i].Names {
			b = append(append(b, ' '), name...)
		}
	}
	return string(b)
}

func flag(f bool) byte {
	if f {
		return '1'
	}
	return '0'
}

// take keeps what came of a combination.
func (c contest) take(j judged) {
	c.each(func(g *Group, n, i int) {
		for _, r := range j.reach.Outcomes[federation.Consumer{Group: n, Index: i}] {
			g.Outcomes[i] = add(g.Outcomes[i], r)
		}
	})
}

// takeLate keeps what can only go wrong if the host comes late.
func (c contest) takeLate(j judged) {
	c.each(func(g *Group, n, i int) {
		for _, r := range j.reach.Outcomes[federation.Consumer{Group: n, Index: i}] {
			if r.Err == "" || slices.ContainsFunc(g.Outcomes[i], func(o federation.Reached) bool { return o.Same(r.Outcome) }) {
				continue
			}
			if g.Late == nil {
				g.Late = make([][]federation.Reached, len(g.Outcomes))
			}
			g.Late[i] = add(g.Late[i], r)
		}
	})
}

// each goes through the declarations of the groups that took part.
func (c contest) each(f func(g *Group, n, i int)) {
	if c.host != nil {
		for i := range c.host.Outcomes {
			f(c.host, federation.Host, i)
		}
	}
	for n, g := range c.remotes {
		for i := range g.Outcomes {
			f(g, n, i)
		}
	}
}

// add merges an outcome into others.
func add(all []federation.Reached, r federation.Reached) []federation.Reached {
	i := slices.IndexFunc(all, func(o federation.Reached) bool { return o.Same(r.Outcome) })
	if i < 0 {
		return append(all, r)
	}
	for _, p := range r.Providers {
		if !slices.Contains(all[i].Providers, p) {
			all[i].Providers = append(slices.Clip(all[i].Providers), p)
			slices.Sort(all[i].Providers)
		}
	}
	return all
}
