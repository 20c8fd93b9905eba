package share

import (
	"cmp"
	"slices"
	"strconv"

	"muster/compiler/resolve"
	"muster/compiler/share/federation"
)

// judge works out what every group gets of a package, over all combinations of splits.
func (n *Negotiator) judge(page *Page, pkg *Package) {
	t, rules := tableOf(pkg), n.engine(page, pkg.Runtime)
	pkg.splits = len(t.seats) > 0
	pkg.begin()
	all := n.judgeAll(page, pkg, t, rules)
	for i := range all {
		all[i].take(pkg)
	}
	everybody := all[0]
	if pkg.splits {
		everybody = n.contest(page, pkg, t.everybody())
	}
	n.judgeLate(everybody, all, rules)
	pkg.Decision = decided(all)
	if len(pkg.Groups) == 1 && len(pkg.Groups[0].Uses) == 1 {
		pkg.Decision = Alone
	}
}

// begin makes room for what comes of the package.
func (p *Package) begin() {
	for _, g := range p.Groups {
		if g.Outcomes = make([][]federation.Reached, len(g.class.app.Shared)); p.splits {
			g.fates = make([][]fate, len(g.class.app.Shared))
		}
	}
}

// judgeAll judges every combination, or everybody at once if there are too many of them.
func (n *Negotiator) judgeAll(page *Page, pkg *Package, t *table, rules engine) (all []contest) {
	var open []int
	seatings, few := t.combinations()
	for _, s := range seatings {
		c := n.contest(page, pkg, s)
		c.reach, c.proof = rules.prove(c.Contest)
		if c.proof == federation.None {
			open = append(open, len(all))
		}
		all = append(all, c)
	}
	if !few || len(open) > maxExplored {
		c := n.contest(page, pkg, t.everybody())
		c.bound(rules)
		return []contest{c}
	}
	for _, i := range open {
		n.explore(rules, &all[i], min(maxStates, maxAllStates/len(open)))
	}
	return all
}

// judgeLate adds what could go wrong if the host came after a remote: for one combination as the runtime has it, and for several
// what is proved for each, or a bound for all of them.
func (n *Negotiator) judgeLate(everybody contest, all []contest, rules engine) {
	everybody.First = false
	one, bounded := len(all) == 1, all[0].proof == federation.None
	if !everybody.lateMatters(rules.accepts) || one && bounded && !everybody.lacking() { // a bound is the same, whoever comes first
		return
	}
	for _, c := range all {
		c.First = false
		if c.proof != federation.None { // what is bounded may be more than ever meets, which a proof does not know
			c.reach, c.proof = rules.prove(c.Contest)
		}
		if c.proof == federation.None && one && !bounded {
			n.explore(rules, &c, maxStates)
		} else if c.proof == federation.None {
			everybody.bound(rules)
			everybody.takeLate()
			return
		}
		c.takeLate()
	}
}

// decided is the weakest of the combinations' decisions.
func decided(all []contest) Decision {
	proof := all[0].proof
	for _, c := range all[1:] {
		switch {
		case c.proof == proof:
		case c.proof == federation.None || proof == federation.None:
			proof = federation.None
		default:
			proof = federation.Tried
		}
	}
	return decisions[proof]
}

var decisions = map[federation.Proof]Decision{federation.None: Bounded, federation.Tried: EveryOrder, federation.HostsCopy: HostsCopy,
	federation.Highest: Highest}

// table is who sits at a page: those who always do, and seats that one of several takes.
type table struct {
	fixed map[*Group][]string // the names of the apps that are always there
	seats []seat
}

// seat is a split whose releases share the package differently.
type seat struct {
	name    string
	options []option
}

// option is what one or several releases of a split share: nil if they do not share the package.
type option struct {
	group *Group
	title string // "cart 1.2.0 or 1.3.0"
}

// seating is one combination of options.
type seating struct {
	names  map[*Group][]string
	titles []string // of the options
}

func tableOf(pkg *Package) *table {
	t := &table{fixed: map[*Group][]string{}}
	split := map[*resolve.Pin][]*Group{} // by the place of the choice
	var pins []*resolve.Pin
	for _, g := range pkg.Groups {
		names := make([]string, 0, len(g.Uses))
		for _, u := range g.Uses {
			if g.Host || len(u.Pin.Choices) == 1 {
				names = append(names, u.Name())
				continue
			}
			if split[u.Pin] == nil {
				split[u.Pin] = make([]*Group, len(u.Pin.Choices))
				pins = append(pins, u.Pin)
			}
			split[u.Pin][slices.IndexFunc(u.Pin.Choices, func(c resolve.Choice) bool { return c.Release == u.Choice.Release })] = g
		}
		t.fixed[g] = names
	}
	for _, p := range pins {
		t.seat(p, split[p])
	}
	return t
}

// seat takes in a split, given which group each of its releases belongs to.
func (t *table) seat(p *resolve.Pin, groups []*Group) {
	s := seat{name: p.Remote.Container.Value}
	for i, g := range groups {
		version := p.Choices[i].Release.Version.Value
		at := slices.IndexFunc(s.options, func(o option) bool { return o.group == g })
		if at < 0 {
			s.options = append(s.options, option{g, p.Remote.Name.Value + " " + version})
		} else {
			s.options[at].title += " or " + version
		}
	}
	if len(s.options) == 1 {
		t.fixed[groups[0]] = append(t.fixed[groups[0]], s.name)
		return
	}
	t.seats = append(t.seats, s)
}

// combinations are the apps that can be in a page together; false if there are too many combinations.
func (t *table) combinations() ([]seating, bool) {
	all := []seating{{names: t.fixed}}
	for _, s := range t.seats {
		if len(all)*len(s.options) > maxCombinations {
			return nil, false
		}
		var more []seating
		for _, seated := range all {
			for _, o := range s.options {
				more = append(more, seated.with(s.name, o))
			}
		}
		all = more
	}
	return all, true
}

func (s seating) with(name string, o option) seating {
	next := seating{names: make(map[*Group][]string, len(s.names)+1), titles: append(slices.Clip(s.titles), o.title)}
	for g, names := range s.names {
		next.names[g] = slices.Clip(names)
	}
	if o.group != nil {
		next.names[o.group] = append(next.names[o.group], name)
	}
	return next
}

// everybody is all options at once.
func (t *table) everybody() seating {
	all := seating{names: t.fixed}
	for _, s := range t.seats {
		for _, o := range s.options {
			all = all.with(s.name, o)
		}
	}
	all.titles = nil
	return all
}

// contest is a combination as the runtime's rules see it, and what comes of it.
type contest struct {
	federation.Contest
	build   build    // whose rules hold
	host    *Group   // nil if the host does not share the package
	remotes []*Group // of Remotes
	titles  []string // of what the splits give
	judged
}

// judged is what came of a contest.
type judged struct {
	reach federation.Reach
	proof federation.Proof
}

func (n *Negotiator) contest(page *Page, pkg *Package, seated seating) contest {
	c := contest{build: buildOf(page.Release.Release), titles: seated.titles}
	c.Host = federation.App{Strategy: strategyOf(page.Release.Release)}
	c.remotes, c.Remotes = make([]*Group, 0, len(pkg.Groups)), make([]federation.Group, 0, len(pkg.Groups))
	for _, g := range pkg.Groups {
		names := seated.names[g]
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
	c.Starts = len(page.Release.Release.Shared) > 0
	return c
}

// lateMatters reports whether it could matter that the host comes after a remote: it brings a copy, and not everybody would
// be content with every copy.
func (c *contest) lateMatters(accepts func(federation.Requirement, string) bool) bool {
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

// lacking reports whether an app brings no copy of its own.
func (c *contest) lacking() (found bool) {
	c.each(func(g *Group, _, i int) { found = found || g.class.app.Shared[i].NoImport })
	return found
}

// explore judges a contest, once for all cohorts that have it.
func (n *Negotiator) explore(rules engine, c *contest, states int) {
	key := c.key(states)
	j, known := n.judged[key]
	if !known {
		j.reach, j.proof = rules.judge(c.Contest, states)
		n.judged[key] = j
	}
	c.judged = j
}

// bound tells all that could come of a contest, and more, but for what splits rule out.
func (c *contest) bound(rules engine) {
	c.judged = judged{reach: rules.bound(c.Contest)}
	c.dropImpossible()
}

func (c *contest) key(states int) string {
	b := append([]byte(c.Host.Name+" "+string(c.build)+" "+string(c.Host.Strategy)), ' ', flag(c.Starts), flag(c.First))
	b = strconv.AppendInt(b, int64(states), 10)
	if c.host != nil {
		b = strconv.AppendInt(append(b, ' '), int64(c.host.class.id), 10)
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
func (c *contest) take(pkg *Package) {
	c.each(func(g *Group, n, i int) {
		all := c.reach.Outcomes[federation.Consumer{Group: n, Index: i}]
		pkg.ordered = pkg.ordered || len(all) > 1 && c.proof == federation.Tried
		if i == 0 {
			g.seated++
		}
		for _, r := range all {
			g.meet(i, r, c.titles)
		}
	})
	if len(c.reach.Apart) > len(pkg.Apart) {
		pkg.Apart, pkg.Order = c.reach.Apart, c.reach.ApartOrder
	}
}

// dropImpossible takes out of a bound what splits rule out: an app that gets a copy of its own other release, and two releases of
// one remote in a page.
func (c *contest) dropImpossible() {
	c.each(func(g *Group, n, i int) {
		if n == federation.Host || len(c.Remotes[n].Names) > 1 {
			return
		}
		of := federation.Consumer{Group: n, Index: i}
		c.reach.Outcomes[of] = slices.DeleteFunc(slices.Clone(c.reach.Outcomes[of]), func(r federation.Reached) bool {
			from := r.Providers
			if r.Err != "" && !r.Missing() {
				from = []string{r.Refused.Provider}
			}
			return slices.Equal(from, c.Remotes[n].Names) && !g.class.brings(offered(r).Version)
		})
	})
	var apart []federation.Copy
	for _, copy := range c.reach.Apart {
		if !slices.ContainsFunc(apart, func(have federation.Copy) bool { return have.Provider == copy.Provider }) {
			apart = append(apart, copy)
		}
	}
	if c.reach.Apart = apart; len(apart) < 2 {
		c.reach.Apart = nil
	}
}

// brings reports whether the apps of a class bring a version.
func (c *class) brings(version string) bool {
	return slices.ContainsFunc(c.app.Shared, func(d federation.Declaration) bool {
		return !d.NoImport && cmp.Or(d.Version, "0") == version
	})
}

// takeLate keeps what can only go wrong if the host comes late.
func (c *contest) takeLate() {
	c.each(func(g *Group, n, i int) {
		for _, r := range c.reach.Outcomes[federation.Consumer{Group: n, Index: i}] {
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
func (c *contest) each(f func(g *Group, n, i int)) {
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

// fate is when an outcome comes about.
type fate struct {
	titles []string // what the splits gave when it was met first
	times  int      // in how many combinations it was met
}

// meet adds an outcome of a declaration.
func (g *Group) meet(i int, r federation.Reached, titles []string) {
	g.Outcomes[i] = add(g.Outcomes[i], r)
	if g.fates == nil {
		return // nothing is split
	}
	if len(g.fates[i]) < len(g.Outcomes[i]) {
		g.fates[i] = append(g.fates[i], fate{titles: titles})
	}
	g.fates[i][slices.IndexFunc(g.Outcomes[i], func(o federation.Reached) bool { return o.Same(r.Outcome) })].times++
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
