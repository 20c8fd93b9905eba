package generate

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// shop is a registry that changes.
type shop struct {
	rand    *rand.Rand
	size    HistorySize
	remotes []*shopRemote // by number
	cohorts []*shopCohort
	added   int // remotes ever
	freezes []string
}

type shopRemote struct {
	number, owner int
	consumes      string // the remote whose badge it shows, or nothing
	packages      uint64 // the seed of the versions of what it shares
	releases      []shopRelease
}

type shopRelease struct {
	version version
	text    string
	waived  bool // it is larger than the budget allows
}

type version struct{ major, minor, patch int }

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch) }

type shopCohort struct {
	number, percent int
	pins            map[int]shopPin
}

// shopPin is what a cohort says of a remote: one version, one line of patches, nothing for a reason, or two versions.
type shopPin struct {
	version  version
	patches  bool
	disabled string
	split    int // percent of users who get next
	next     version
}

func newShop(rng *rand.Rand, size HistorySize) *shop {
	s := &shop{rand: rng, size: size}
	for range size.Remotes {
		r := s.newRemote()
		for range size.Releases {
			s.release(r, false)
		}
	}
	for i := range size.Cohorts {
		c := &shopCohort{number: i, pins: map[int]shopPin{}}
		if i%3 == 2 {
			c.percent = 5
		}
		for _, r := range s.remotes {
			if i%2 == 0 || rng.IntN(10) == 0 {
				c.pins[r.number] = shopPin{version: r.releases[rng.IntN(2)%len(r.releases)].version, patches: rng.IntN(5) == 0}
			}
		}
		s.cohorts = append(s.cohorts, c)
	}
	return s
}

func (s *shop) newRemote() *shopRemote {
	r := &shopRemote{number: s.added, owner: s.added / 50}
	if !s.provides(r) {
		r.consumes = remoteName(4 * s.rand.IntN((s.size.Remotes+3)/4))
	}
	r.packages = s.rand.Uint64()
	s.added++
	s.remotes = append(s.remotes, r)
	return r
}

// provides reports whether other remotes may need a remote: every fourth of the first ones.
func (s *shop) provides(r *shopRemote) bool { return r.number < s.size.Remotes && r.number%4 == 0 }

// release adds a release to a remote and drops old ones that nobody pins. It reports whether a waiver went with them.
func (s *shop) release(r *shopRemote, large bool) (unwaived bool) {
	v := version{1, 0, 0}
	if len(r.releases) > 0 {
		v = r.releases[0].version
		switch n := s.rand.IntN(10); {
		case n < 6:
			v.patch++
		case n < 9:
			v = version{v.major, v.minor + 1, 0}
		default:
			v = version{v.major + 1, 0, 0}
		}
	}
	if s.rand.IntN(8) == 0 {
		r.packages = s.rand.Uint64()
	}
	r.releases = slices.Insert(r.releases, 0, shopRelease{v, s.releaseText(r, v, large), large})
	for i := len(r.releases) - 1; i > 0 && len(r.releases) > s.size.Releases; i-- {
		if !s.isPinned(r, r.releases[i].version) {
			unwaived = unwaived || r.releases[i].waived
			r.releases = slices.Delete(r.releases, i, i+1)
		}
	}
	return unwaived
}

// isPinned reports whether any cohort has a version or needs it for a range.
func (s *shop) isPinned(r *shopRemote, v version) bool {
	for _, c := range s.cohorts {
		p, ok := c.pins[r.number]
		if ok && p.disabled == "" && (p.version == v || p.split > 0 && p.next == v) {
			return true
		}
	}
	return false
}

// releaseText is a release as it stands in the file from now on.
func (s *shop) releaseText(r *shopRemote, v version, large bool) string {
	name, size := remoteName(r.number), 4000+s.rand.IntN(60000)
	if large {
		size += 131072 // the budget
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "  - version: \"%s\"\n    entry: https://cdn.acme.example/%s/%s/remoteEntry.js\n    type: module\n", v, name, v)
	fmt.Fprintf(&b, "    integrity: %s\n    size: %d\n    bundler: {name: webpack, federation: 2.9.2, shareStrategy: loaded-first}\n",
		integrity(name+v.String()), size)
	fmt.Fprintf(&b, "    source: {repository: https://git.acme.example/%s, commit: %x}\n", name, sha512.Sum512_256([]byte(v.String()+name)))
	b.WriteString("    exposes:\n      ./Routes: {}\n      ./Badge: {props: {count: int, currency: string}}\n")
	if r.consumes != "" {
		fmt.Fprintf(&b, "    consumes:\n      %s: {version: \">=1.0.0\", exposes: [./Badge]}\n", r.consumes)
	}
	fmt.Fprintf(&b, "    events:\n      emits: {\"%s:updated\": {count: int, total: number}}\n", name)
	generator{rand.New(rand.NewPCG(r.packages, 0)), Size{Shared: s.size.Shared}}.shared(&b)
	return b.String()
}

// files are all files of the registry.
func (s *shop) files() []File {
	host := generator{s.rand, Size{Shared: s.size.Shared}}
	files := []File{s.policyFile(), {"remotes/shell.yaml", host.host()}}
	for _, r := range s.remotes {
		files = append(files, r.file())
	}
	for _, c := range s.cohorts {
		files = append(files, c.file())
	}
	return files
}

func (r *shopRemote) path() string {
	return fmt.Sprintf("remotes/team-%03d/%s.yaml", r.number/50, remoteName(r.number))
}

func (r *shopRemote) file() File {
	var b bytes.Buffer
	head := generator{}.remote(r.number) // without releases
	b.Write(bytes.Replace(head, fmt.Appendf(nil, "owner: team-%03d", r.number/50), fmt.Appendf(nil, "owner: team-%03d", r.owner), 1))
	for _, release := range r.releases {
		b.WriteString(release.text)
	}
	return File{r.path(), b.Bytes()}
}

func (s *shop) policyFile() File {
	var waivers []string
	for _, r := range s.remotes {
		if slices.ContainsFunc(r.releases, func(r shopRelease) bool { return r.waived }) {
			waivers = append(waivers, fmt.Sprintf(`		{rule: "budget/entry-bytes", remote: "%s", until: "2099-12-31", reason: "the map gets a chunk"},`+"\n", remoteName(r.number)))
		}
	}
	text := strings.TrimSuffix(policy, "}\n")
	if len(s.freezes) > 0 {
		text += "\tfreezes: [\n" + strings.Join(s.freezes, "") + "\t]\n"
	}
	if len(waivers) > 0 {
		text += "\twaivers: [\n" + strings.Join(waivers, "") + "\t]\n"
	}
	return File{"schema/policy.cue", []byte(text + "}\n")}
}

func (c *shopCohort) file() File {
	var b bytes.Buffer
	fmt.Fprintf(&b, "apiVersion: muster/v1\nname: %s\n", cohortName(c.number))
	switch {
	case c.percent > 0:
		fmt.Fprintf(&b, "audience: {percent: %d, claims: {group: [group-%d]}}\n", c.percent, c.number)
	case c.number > 0:
		fmt.Fprintf(&b, "audience: {claims: {group: [group-%d]}}\n", c.number)
	}
	if c.number%2 == 1 {
		fmt.Fprintf(&b, "extends: %s\n", cohortName(0))
	}
	b.WriteString("pins:\n  shell: \"5.2.0\"\n")
	var numbers []int
	for n := range c.pins {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		fmt.Fprintf(&b, "  %s: %s\n", remoteName(n), c.pins[n])
	}
	return File{"cohorts/" + cohortName(c.number) + ".yaml", b.Bytes()}
}

func (p shopPin) String() string {
	switch {
	case p.disabled != "":
		return fmt.Sprintf("{disabled: %q}", p.disabled)
	case p.split > 0:
		return fmt.Sprintf(`{split: [{version: "%s", percent: %d}, {version: "%s", percent: %d, variant: next}]}`, p.version, 100-p.split, p.next, p.split)
	case p.patches:
		return fmt.Sprintf("~%d.%d", p.version.major, p.version.minor)
	}
	return fmt.Sprintf("%q", p.version)
}
