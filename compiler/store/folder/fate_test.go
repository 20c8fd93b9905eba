package folder

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// loss is a loss of power at one instant. It decides once for every name change (lost or kept) and once for every
// unsynced file (empty, half or whole).
type loss struct {
	of     *memDisk
	inodes []*inode
	ways   []int // how many ways there are for each decision
}

// fate is what a loss decides: for each decision a number below its ways, 0 being the worst.
type fate []int

func (m *memDisk) loss() loss {
	l := loss{of: m, inodes: m.inodes()}
	for _, n := range l.inodes {
		for range n.pending {
			l.ways = append(l.ways, 2)
		}
		if !n.isFolder() && !n.durable {
			l.ways = append(l.ways, 3)
		}
	}
	return l
}

// strike returns the disk that is found afterwards. The one it strikes is left as it is.
func (l loss) strike(f fate) *memDisk {
	next := func() int { d := f[0]; f = f[1:]; return d }
	after := make(map[*inode]*inode, len(l.inodes))
	for _, n := range l.inodes {
		left := &inode{durable: true, data: n.data}
		after[n] = left
		if n.isFolder() {
			left.kept = maps.Clone(n.kept)
		}
		for _, c := range n.pending {
			switch keep := next() == 1; {
			case keep && c.to == nil:
				delete(left.kept, c.name)
			case keep:
				left.kept[c.name] = c.to
			}
		}
		if !n.isFolder() && !n.durable {
			left.data = n.data[:len(n.data)*next()/2]
		}
	}
	for _, left := range after {
		for name, old := range left.kept {
			left.kept[name] = after[old]
		}
		left.names = maps.Clone(left.kept)
	}
	return &memDisk{after[l.of.root]}
}

// fingerprint is the same for two disks that are the same but for the random names of temporary files.
func (n *inode) fingerprint() string {
	if !n.isFolder() {
		return string(n.data)
	}
	var lines []string
	for name, child := range n.names {
		if strings.HasPrefix(name, tempPrefix) {
			name = tempPrefix
		}
		lines = append(lines, name+"{"+child.fingerprint()+"}")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// inodes returns everything that is there or may be there after a loss of power, in a fixed order.
func (m *memDisk) inodes() []*inode {
	list, seen := []*inode{m.root}, map[*inode]bool{m.root: true}
	visit := func(n *inode) {
		if n != nil && !seen[n] {
			list, seen[n] = append(list, n), true
		}
	}
	for i := 0; i < len(list); i++ {
		for _, name := range slices.Sorted(maps.Keys(list[i].kept)) {
			visit(list[i].kept[name])
		}
		for _, c := range list[i].pending {
			visit(c.to)
		}
	}
	return list
}

// fates returns what the loss may decide: everything if that is at most limit fates, and otherwise the extremes (every
// decision at its worst or at its best, and each one against all the others) and a sample, limit in all or a few more.
func (l loss) fates(limit int, random *rand.Rand) []fate {
	total := 1
	for _, w := range l.ways {
		if total *= w; total > limit {
			return l.sample(limit, random)
		}
	}
	var list []fate
	for n := range total {
		f := make(fate, len(l.ways))
		for i, w := range l.ways {
			f[i], n = n%w, n/w
		}
		list = append(list, f)
	}
	return list
}

func (l loss) sample(limit int, random *rand.Rand) []fate {
	worst, best := make(fate, len(l.ways)), make(fate, len(l.ways))
	for i, w := range l.ways {
		best[i] = w - 1
	}
	list := []fate{worst, best}
	for i := range l.ways {
		oneBest, oneWorst := slices.Clone(worst), slices.Clone(best)
		oneBest[i], oneWorst[i] = best[i], worst[i]
		list = append(list, oneBest, oneWorst)
	}
	for len(list) < limit {
		f := make(fate, len(l.ways))
		for i, w := range l.ways {
			f[i] = random.IntN(w)
		}
		list = append(list, f)
	}
	return list
}
