package generate

import (
	"fmt"
	"slices"
	"strings"
)

// event changes the shop in one of the ways in which registries change, and returns the files that changed and a subject.
func (s *shop) event() ([]File, string) {
	for {
		n := s.rand.IntN(totalWeight)
		for _, e := range events {
			if n -= e.weight; n >= 0 {
				continue
			}
			if files, subject := e.happen(s); len(files) > 0 {
				return files, subject
			}
			break // it can't happen now
		}
	}
}

// events is what may happen and how often.
var events = []struct {
	weight int
	happen func(*shop) ([]File, string)
}{
	{50, (*shop).newRelease},
	{35, (*shop).promote},
	{5, (*shop).rollBack},
	{3, (*shop).disable},
	{4, (*shop).enable},
	{3, (*shop).startSplit},
	{6, (*shop).moveSplit},
	{3, (*shop).raisePercent},
	{2, (*shop).changeOwner},
	{2, (*shop).addRemote},
	{1, (*shop).removeRemote},
	{1, (*shop).freeze},
	{1, (*shop).waive},
}

var totalWeight = func() (sum int) {
	for _, e := range events {
		sum += e.weight
	}
	return sum
}()

func (s *shop) anyRemote() *shopRemote { return s.remotes[s.rand.IntN(len(s.remotes))] }
func (s *shop) anyCohort() *shopCohort { return s.cohorts[s.rand.IntN(len(s.cohorts))] }

func (s *shop) newRelease() ([]File, string) {
	r := s.anyRemote()
	unwaived := s.release(r, false)
	files := []File{r.file()}
	if unwaived {
		files = append(files, s.policyFile())
	}
	return files, fmt.Sprintf("Release %s %s", remoteName(r.number), r.releases[0].version)
}

// promote lets a cohort have the newest release of up to three remotes.
func (s *shop) promote() ([]File, string) {
	c := s.anyCohort()
	var names []string
	for range 1 + s.rand.IntN(3) {
		r := s.anyRemote()
		p, ok := c.pins[r.number]
		if newest := r.releases[0].version; (ok || c.number%2 == 1) && p.disabled == "" && p.split == 0 && p.version != newest {
			c.pins[r.number] = shopPin{version: newest, patches: s.rand.IntN(6) == 0}
			names = append(names, fmt.Sprintf("%s %s", remoteName(r.number), newest))
		}
	}
	if len(names) == 0 {
		return nil, ""
	}
	return []File{c.file()}, fmt.Sprintf("Promote %s to %s", strings.Join(names, ", "), cohortName(c.number))
}

// pinned picks a remote that a cohort pins in a certain way; nil if it happens on none.
func (s *shop) pinned(c *shopCohort, how func(shopPin) bool) *shopRemote {
	from := s.rand.IntN(len(s.remotes))
	for i := range s.remotes {
		r := s.remotes[(from+i)%len(s.remotes)]
		if p, ok := c.pins[r.number]; ok && how(p) {
			return r
		}
	}
	return nil
}

func isPlain(p shopPin) bool    { return p.disabled == "" && p.split == 0 }
func isDisabled(p shopPin) bool { return p.disabled != "" }
func isSplit(p shopPin) bool    { return p.split > 0 }

func (s *shop) rollBack() ([]File, string) {
	c := s.anyCohort()
	r := s.pinned(c, isPlain)
	if r == nil {
		return nil, ""
	}
	now := c.pins[r.number].version
	i := slices.IndexFunc(r.releases, func(r shopRelease) bool { return r.version == now })
	if i < 0 || i+1 == len(r.releases) {
		return nil, ""
	}
	c.pins[r.number] = shopPin{version: r.releases[i+1].version}
	return []File{c.file()}, fmt.Sprintf("Roll %s back to %s in %s", remoteName(r.number), r.releases[i+1].version, cohortName(c.number))
}

func (s *shop) disable() ([]File, string) {
	c := s.anyCohort()
	r := s.pinned(c, isPlain)
	if r == nil || s.provides(r) {
		return nil, ""
	}
	p := c.pins[r.number]
	p.disabled = fmt.Sprintf("INC-%d layout shift", s.rand.IntN(9000))
	c.pins[r.number] = p
	return []File{c.file()}, fmt.Sprintf("Disable %s in %s", remoteName(r.number), cohortName(c.number))
}

func (s *shop) enable() ([]File, string) {
	c := s.anyCohort()
	r := s.pinned(c, isDisabled)
	if r == nil {
		return nil, ""
	}
	c.pins[r.number] = shopPin{version: r.releases[0].version}
	return []File{c.file()}, fmt.Sprintf("Enable %s in %s again", remoteName(r.number), cohortName(c.number))
}

// startSplit shares a remote's users out between its two newest releases, unless the cohort has a split.
func (s *shop) startSplit() ([]File, string) {
	c := s.anyCohort()
	r := s.pinned(c, isPlain)
	if r == nil || len(r.releases) < 2 || s.pinned(c, isSplit) != nil {
		return nil, ""
	}
	c.pins[r.number] = shopPin{version: r.releases[1].version, next: r.releases[0].version, split: 10}
	return []File{c.file()}, fmt.Sprintf("Try %s %s on a tenth of %s", remoteName(r.number), r.releases[0].version, cohortName(c.number))
}

// moveSplit gives the newer release to more users, or to all.
func (s *shop) moveSplit() ([]File, string) {
	c := s.anyCohort()
	r := s.pinned(c, isSplit)
	if r == nil {
		return nil, ""
	}
	p := c.pins[r.number]
	subject := fmt.Sprintf("Give %s %s to more of %s", remoteName(r.number), p.next, cohortName(c.number))
	if p.split += 20; p.split > 50 {
		p = shopPin{version: p.next}
		subject = fmt.Sprintf("Give %s %s to all of %s", remoteName(r.number), p.version, cohortName(c.number))
	}
	c.pins[r.number] = p
	return []File{c.file()}, subject
}

func (s *shop) raisePercent() ([]File, string) {
	c := s.anyCohort()
	if c.percent == 0 {
		return nil, ""
	}
	if c.percent += 5; c.percent > 100 {
		c.percent = 5
	}
	return []File{c.file()}, fmt.Sprintf("%s gets %d %%", cohortName(c.number), c.percent)
}

func (s *shop) changeOwner() ([]File, string) {
	r := s.anyRemote()
	r.owner = (r.owner + 1) % (1 + s.size.Remotes/10)
	return []File{r.file()}, fmt.Sprintf("%s goes to another team", remoteName(r.number))
}

func (s *shop) addRemote() ([]File, string) {
	if len(s.remotes) > s.size.Remotes+s.size.Remotes/10 {
		return nil, ""
	}
	r := s.newRemote()
	s.release(r, false)
	s.cohorts[0].pins[r.number] = shopPin{version: r.releases[0].version}
	return []File{r.file(), s.cohorts[0].file()}, "Add " + remoteName(r.number)
}

func (s *shop) removeRemote() ([]File, string) {
	r := s.anyRemote()
	if s.provides(r) || len(s.remotes) < s.size.Remotes-s.size.Remotes/10 {
		return nil, ""
	}
	s.remotes = slices.DeleteFunc(s.remotes, func(o *shopRemote) bool { return o == r })
	files := []File{{Path: r.path()}, s.policyFile()}
	for _, c := range s.cohorts {
		if _, ok := c.pins[r.number]; ok {
			delete(c.pins, r.number)
			files = append(files, c.file())
		}
	}
	return files, "Remove " + remoteName(r.number)
}

// freeze adds a time in which nothing is promoted, and forgets all but the last three.
func (s *shop) freeze() ([]File, string) {
	day := s.rand.IntN(28) + 1
	s.freezes = append(s.freezes, fmt.Sprintf("\t\t{from: \"2026-%02d-%02dT00:00:00Z\", to: \"2027-01-%02dT00:00:00Z\", reason: \"holiday trading\"},\n", s.rand.IntN(12)+1, day, day))
	s.freezes = s.freezes[max(len(s.freezes)-3, 0):]
	return []File{s.policyFile()}, "Freeze for the holidays"
}

// waive releases something larger than the budget allows.
func (s *shop) waive() ([]File, string) {
	r := s.anyRemote()
	s.release(r, true)
	return []File{r.file(), s.policyFile()}, fmt.Sprintf("Let %s be larger than its budget", remoteName(r.number))
}
