package compiler

import (
	"maps"
	"slices"
	"time"

	"muster/compiler/ahead"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/resolve"
)

// Retention is what must not be deleted of what was published, and of what that names.
type Retention struct {
	Tip       Mark
	From      Mark               // what was served as of it, and since, is needed
	Manifests []RetainedManifest // by path
	Addresses []RetainedAddress  // by URL
}

// RetainedManifest is a manifest that is needed.
type RetainedManifest struct {
	Cohort string
	ID     manifest.ID
	Need
}

// Path is where the manifest is served, below the registry's baseURL.
func (m RetainedManifest) Path() string { return manifest.Manifest{Cohort: m.Cohort, ID: m.ID}.Path() }

// RetainedAddress is a URL that a browser loads because of a manifest that is needed.
type RetainedAddress struct {
	URL string
	Need
}

// Mark is a commit of the line.
type Mark struct {
	Serial int // the root has 1
	Commit history.Commit
}

// Need is why something is needed: the cohorts that are served it, by name and each once; nil for none.
type Need struct {
	Live     []string // now
	Frozen   []string // now, and until they are thawed
	Recent   []string // no more, but some time since From
	Rollback []string // if they were rolled back now
	Until    Mark     // the commit with which the last cohort lost it; zero while one is served it, and if it never was published
}

// RetainOptions say how far back a rollback may go: to what was served at any time since the earlier of two.
type RetainOptions struct {
	Since   time.Duration // before the tip's date
	Serials int           // before what is served at the tip, as Keep counts them
}

// Retain finds what is needed of what the first-parent line up to a commit has published: what is served, frozen or not, and what was
// lately; and what a rollback of a cohort, or of a remote in it, brings back, however old. Nil if nothing is served.
func Retain(repo *history.Repository, tip history.Commit, o RetainOptions) (*Retention, error) {
	line, err := lineUpTo(repo, tip)
	if err != nil {
		return nil, err
	}
	live, from, err := At(repo, tip)
	if live == nil || err != nil {
		return nil, err
	}
	r := &retainer{line: line, serials: o.Serials, since: servedSince(line, tip.Time.Add(-o.Since)), tenures: map[string][]*tenure{}}
	if r.comebacks, err = comebacksOf(repo, line, live, from); err != nil {
		return nil, err
	}
	for m, err := range ahead.Of(newReplayer(repo).along(line, 0)) {
		if err == nil {
			err = r.add(m)
		}
		if err != nil {
			return nil, err
		}
	}
	return r.conclude(), nil
}

// servedSince is the serial of the commit that was the last at a moment, or the first of those that could have been if some date lies.
func servedSince(line []history.Step, moment time.Time) int {
	later := slices.IndexFunc(line, func(s history.Step) bool { return s.Time.After(moment) })
	if later < 0 {
		return len(line)
	}
	return max(later, 1)
}

// retainer goes along a line.
type retainer struct {
	line      []history.Step
	serials   int                  // as in RetainOptions
	since     int                  // the serial as of which what is served is needed by its date
	good      []int                // the last serials that compile: one, and as many as are asked for before it
	tenures   map[string][]*tenure // by cohort, in their order
	comebacks map[string]*comeback // by cohort, of those that are served something now
}

// tenure is a time during which a cohort was served a manifest.
type tenure struct {
	cohort string
	id     manifest.ID
	until  int  // the serial that ended it; 0 while it lasts
	frozen bool // at last
	pins   []*resolve.Pin
}

// add takes in what a commit comes to.
func (r *retainer) add(m *Moment) error {
	if m.After == nil {
		return nil
	}
	if !m.broken {
		if r.good = append(r.good, m.Serial); len(r.good) > r.serials+1 {
			r.good = r.good[1:]
		}
	}
	for _, cohort := range m.changed() {
		if err := r.change(cohort, m); err != nil {
			return err
		}
	}
	return nil
}

// from is the serial as of which what is served is needed.
func (r *retainer) from() int { return min(r.since, r.good[0]) }

// change takes in what a cohort is served as of a commit.
func (r *retainer) change(cohort string, m *Moment) error {
	id, served, err := m.After.ManifestID(cohort)
	if err != nil {
		return err
	}
	all := r.tenures[cohort]
	var last *tenure
	if len(all) > 0 && all[len(all)-1].until == 0 {
		last = all[len(all)-1]
	}
	if last != nil && (!served || last.id != id) {
		last.until, last = m.Serial, nil
		from := r.from()
		all = slices.DeleteFunc(all, func(t *tenure) bool { return t.until > 0 && t.until <= from })
	}
	if served && last == nil {
		last = &tenure{cohort: cohort, id: id}
		all = append(all, last)
	}
	if r.tenures[cohort] = all; !served {
		return nil
	}
	is := m.After.Served(cohort)
	last.pins, last.frozen = is.Pins, is.Declared.Frozen != nil
	if back := r.comebacks[cohort]; back != nil && m.Serial < back.before {
		back.pass(is, last)
	}
	return nil
}

// conclude tells why what is needed is.
func (r *retainer) conclude() *Retention {
	from := r.from()
	g := gathering{line: r.line, manifests: map[string]*RetainedManifest{}, addresses: map[string]*RetainedAddress{}}
	for _, all := range r.tenures {
		for _, t := range all {
			switch {
			case t.until == 0 && t.frozen:
				g.tenure(t, func(n *Need) *[]string { return &n.Frozen })
			case t.until == 0:
				g.tenure(t, func(n *Need) *[]string { return &n.Live })
			case t.until > from:
				g.tenure(t, func(n *Need) *[]string { return &n.Recent })
			}
		}
	}
	for _, back := range r.comebacks {
		if back.whole != nil {
			g.tenure(back.whole, rolledBack)
		}
		for _, one := range back.remotes {
			if one.in != nil {
				g.pin(one.pin, one.in, rolledBack)
			}
		}
	}
	return g.retention(from)
}

func rolledBack(n *Need) *[]string { return &n.Rollback }

// gathering is what is needed, as far as it is known.
type gathering struct {
	line      []history.Step
	manifests map[string]*RetainedManifest // by path
	addresses map[string]*RetainedAddress  // by URL
}

// tenure notes that a manifest is needed with all that it names, for a reason.
func (g *gathering) tenure(t *tenure, reason func(*Need) *[]string) {
	m := &RetainedManifest{Cohort: t.cohort, ID: t.id}
	if known := g.manifests[m.Path()]; known != nil {
		m = known
	}
	g.manifests[m.Path()] = m
	g.note(&m.Need, t, reason)
	for _, p := range t.pins {
		g.pin(p, t, reason)
	}
}

// pin notes that what a pin brings is needed, if browsers load it.
func (g *gathering) pin(p *resolve.Pin, t *tenure, reason func(*Need) *[]string) {
	if p.Remote.Gateway {
		return
	}
	for _, choice := range p.Choices {
		for _, l := range loads(choice.Release) {
			a := g.addresses[l.address]
			if a == nil {
				a = &RetainedAddress{URL: l.address}
				g.addresses[l.address] = a
			}
			g.note(&a.Need, t, reason)
		}
	}
}

func (g *gathering) note(n *Need, t *tenure, reason func(*Need) *[]string) {
	if cohorts := reason(n); !slices.Contains(*cohorts, t.cohort) {
		*cohorts = append(*cohorts, t.cohort)
	}
	if t.until > n.Until.Serial {
		n.Until = g.mark(t.until)
	}
}

func (g *gathering) mark(serial int) Mark { return Mark{serial, commitOf(g.line[serial-1])} }

// retention puts in order what is needed.
func (g *gathering) retention(from int) *Retention {
	r := &Retention{Tip: g.mark(len(g.line)), From: g.mark(from)}
	for _, path := range slices.Sorted(maps.Keys(g.manifests)) {
		m := g.manifests[path]
		m.settle()
		r.Manifests = append(r.Manifests, *m)
	}
	for _, url := range slices.Sorted(maps.Keys(g.addresses)) {
		a := g.addresses[url]
		a.settle()
		r.Addresses = append(r.Addresses, *a)
	}
	return r
}

// settle puts the reasons in order: what is served is not also told to have been.
func (n *Need) settle() {
	n.Recent = slices.DeleteFunc(n.Recent, func(c string) bool { return slices.Contains(n.Live, c) || slices.Contains(n.Frozen, c) })
	for _, cohorts := range [][]string{n.Live, n.Frozen, n.Recent, n.Rollback} {
		slices.Sort(cohorts)
	}
	if len(n.Live)+len(n.Frozen) > 0 {
		n.Until = Mark{}
	}
}
