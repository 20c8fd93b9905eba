package share

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"muster/compiler/recent"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/share/federation"
)

// Fate is what becomes of a package in a page, whoever's page it is: the same apps that share it in the same way, with the same
// splits, get the same copies of it. Two packages with one Fate differ in nothing but the cohort, the releases' versions where
// nothing is split, and where declarations stand.
type Fate struct {
	groups          []Group // without their uses
	decision        Decision
	splits, ordered bool
	apart           []federation.Copy
	order           []federation.Event
	clean           bool // nothing is to be said of it
}

// maxGroups is how many groups of fates a negotiator remembers: twenty cohorts of three hundred remotes have some tens of thousands.
const maxGroups = 50_000

// fateKey is the digest of all that a fate depends on.
type fateKey [sha256.Size]byte

// judgeOnce is judge, once for all pages in which a package fares alike.
func (n *Negotiator) judgeOnce(page *Page, pkg *Package) {
	key := n.fateKey(page, pkg)
	if f, known := n.fates.Get(key); known {
		f.befall(pkg)
		return
	}
	n.judge(page, pkg)
	pkg.fate = fateOf(pkg)
	n.fates.Put(key, pkg.fate)
}

func fateOf(pkg *Package) *Fate {
	f := &Fate{decision: pkg.Decision, splits: pkg.splits, ordered: pkg.ordered, apart: pkg.Apart, order: pkg.Order}
	for _, g := range pkg.Groups {
		f.groups = append(f.groups, Group{Outcomes: g.Outcomes, Late: g.Late, fates: g.fates, seated: g.seated})
	}
	return f
}

// befall makes the fate a package's.
func (f *Fate) befall(pkg *Package) {
	pkg.fate, pkg.Decision, pkg.splits, pkg.ordered, pkg.Apart, pkg.Order = f, f.decision, f.splits, f.ordered, f.apart, f.order
	for i, g := range pkg.Groups {
		from := &f.groups[i]
		g.Outcomes, g.Late, g.fates, g.seated = from.Outcomes, from.Late, from.fates, from.seated
	}
}

// fateKey tells packages apart by what judge and check read of a page, but for texts that only messages hold.
func (n *Negotiator) fateKey(page *Page, pkg *Package) fateKey {
	b := n.appendHost(append(append(n.keys[:0], pkg.Runtime...), 0), page)
	names := page.Names()
	distinct := len(names) == len(page.Cohort.Pins) // or what is no container goes by the name of one
	for _, g := range pkg.Groups {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(g.class.id)), flag(g.Host))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(g.Uses)))
		for i := range g.Uses {
			u := &g.Uses[i]
			b = binary.LittleEndian.AppendUint32(b, n.app(u.Pin.Remote))
			if !distinct {
				b = append(append(b, names[u.Pin.Remote.Container.Value]...), 0)
			}
			b = appendSplit(b, u)
		}
	}
	n.keys = b
	return sha256.Sum256(b)
}

// appendSplit tells which of a split's releases a use is, and which others there are.
func appendSplit(b []byte, u *Use) []byte {
	if len(u.Pin.Choices) == 1 {
		return append(b, 1)
	}
	b = append(b, 2)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(u.Pin.Choices)))
	b = binary.LittleEndian.AppendUint32(b, uint32(slices.IndexFunc(u.Pin.Choices, func(c resolve.Choice) bool { return c.Release == u.Choice.Release })))
	for i := range u.Pin.Choices {
		b = append(append(b, u.Pin.Choices[i].Release.Version.Value...), 0)
	}
	return b
}

// app numbers the names that a remote goes by.
func (n *Negotiator) app(r *registry.Remote) uint32 {
	names := [2]string{r.Name.Value, r.Container.Value}
	id, known := n.apps[names]
	if !known {
		id = uint32(len(n.apps))
		n.apps[names] = id
	}
	return id
}

// Kind tells pages apart by all that their packages depend on. Those of one kind say the same of each package, to the words.
type Kind struct {
	sum fateKey
	of  *recent.Map[*registry.Release, *profile] // of the negotiator and those after it, whose numbers these are
}

// Kind is the kind of a page; false if it has none, because not only Module Federation's rules decide, or two of its apps have one name.
func (n *Negotiator) Kind(page *Page) (Kind, bool) {
	if page.Host.Remote.Runtime != registry.ModuleFederation || len(page.Names()) != len(page.Cohort.Pins) {
		return Kind{}, false
	}
	b := n.appendHost(n.keys[:0], page)
	b = binary.LittleEndian.AppendUint32(b, n.profile(page.Host.Remote, page.Release.Release).sharing)
	b = appendSplit(b, &Use{Pin: page.Host, Choice: page.Release})
	for _, p := range page.Cohort.Pins {
		if !loads(page.Host, p) {
			continue
		}
		if p.Remote.Runtime == registry.NativeFederation {
			return Kind{}, false
		}
		if p.Remote.Runtime != registry.ModuleFederation {
			continue
		}
		b = binary.LittleEndian.AppendUint32(b, n.app(p.Remote))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p.Choices)))
		for i := range p.Choices {
			b = binary.LittleEndian.AppendUint32(b, n.profile(p.Remote, p.Choices[i].Release).sharing)
			if len(p.Choices) > 1 {
				b = append(append(b, p.Choices[i].Release.Version.Value...), 0)
			}
		}
	}
	n.keys = b
	return Kind{sha256.Sum256(b), n.profiles}, true
}

// appendHost tells what a page's host is, but for what it shares.
func (n *Negotiator) appendHost(b []byte, page *Page) []byte {
	release := page.Release.Release
	b = append(append(b, buildOf(release)...), 0)
	b = append(append(b, strategyOf(release)...), 0, flag(len(release.Shared) > 0))
	return binary.LittleEndian.AppendUint32(b, n.app(page.Host.Remote))
}

// Fate is what becomes of the package, for those who keep what follows from it; nil where nobody has kept that.
func (p *Package) Fate() *Fate { return p.fate }
