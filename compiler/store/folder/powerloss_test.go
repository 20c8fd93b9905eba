package folder

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// survey tries what losses of power make of a disk, at one instant after another.
type survey struct {
	place
	log    *tap // how far the run has got
	limit  int  // fates tried per instant
	random *rand.Rand
	states int
	judged map[string]bool // by fingerprint, so that each state is judged once
	bad    error           // the first state in which a promise is broken; the survey ends there
}

func newSurvey(p place, limit int, seed uint64) *survey {
	return &survey{place: p, log: &tap{}, limit: limit, random: rand.New(rand.NewPCG(seed, 0)), judged: map[string]bool{}}
}

// look tries the fates of this instant. After each the promise must hold, and another run must finish the work.
func (s *survey) look() {
	s.each(func(after *memDisk) error {
		fingerprint := after.root.fingerprint()
		if s.judged[fingerprint] {
			return nil
		}
		s.judged[fingerprint] = true
		found, err := readFiles(after.disk(), s.dir)
		if err = errors.Join(err, found.promise(s.work.old(), s.out)); err != nil {
			return err
		}
		if err := s.work.do(folder{s.dir, after.disk()}, s.out); err != nil {
			return fmt.Errorf("and then %w", err)
		}
		again, err := readFiles(after.disk(), s.dir)
		return errors.Join(err, again.complete(s.out))
	})
}

// lookDone tries the fates after a run that said that it is done: everything must be there.
func (s *survey) lookDone() {
	s.each(func(after *memDisk) error {
		found, err := readFiles(after.disk(), s.dir)
		return errors.Join(err, found.holds(s.out))
	})
}

func (s *survey) each(judge func(after *memDisk) error) {
	l := s.mem.loss()
	for _, f := range l.fates(s.limit, s.random) {
		if s.bad != nil {
			return
		}
		s.states++
		if err := judge(l.strike(f)); err != nil {
			last := s.log.log[max(0, len(s.log.log)-3):]
			s.bad = fmt.Errorf("state %d, power lost about %q, fate %v of %v: %w", s.states, last, f, l.ways, err)
		}
	}
}

// run does the work. It looks at the start, after every step that changes anything, and at the end.
func (s *survey) run(t *testing.T) {
	s.look()
	s.log = &tap{fail: func(n int) error {
		if n > 0 && changes(s.log.log[n-1]) {
			s.look()
		}
		return nil
	}}
	if err := s.apply(s.log); err != nil {
		t.Error(err)
	}
	s.look()
	s.lookDone()
}

// changes reports whether a step changes what is on the disk, or what a loss of power makes of it.
func changes(step string) bool {
	kind, _, _ := strings.Cut(step, " ")
	return slices.Contains([]string{"create", "write", "fsync", "rename", "mkdir", "remove"}, kind)
}

// TestPowerLoss loses power after every step of a run.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	tried := pointsTried(t, "states after a loss of power in the course")
	for i, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			s := newSurvey(sc.inMemory(t), 1024, uint64(i))
			s.run(t)
			if s.bad != nil {
				t.Error(s.bad)
			}
			tried.add(sc.work, s.states)
		})
	}
}

// TestPowerLossAfterFault stops a run at every step that changes anything, by a kill or an error, and loses power after
// every step of the next: what the first one left is not durable, and the second one must not take it for durable.
func TestPowerLossAfterFault(t *testing.T) {
	t.Parallel()
	tried := pointsTried(t, "states after a fault and then a loss of power in the course")
	for i, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			states, judged := 0, map[string]bool{}
			for _, fault := range []fault{faults[0], faults[3]} { // the others leave nothing that these don't
				for n, step := range sc.steps(t) {
					if !changes(step) {
						continue
					}
					s := newSurvey(sc.inMemory(t), 8, uint64(i*1000+n))
					s.judged = judged
					fail, _ := fault.from(n)
					s.log = &tap{fail: fail, late: fault.late}
					_ = s.apply(s.log)
					s.run(t)
					if s.bad != nil {
						t.Fatalf("stopped at %q (%s): %v", step, fault.name, s.bad)
					}
					states += s.states
				}
			}
			tried.add(sc.work, states)
		})
	}
}

// TestPowerLossAfterCopy: what somebody has copied into the folder is durable once a publisher has found it in its place.
func TestPowerLossAfterCopy(t *testing.T) {
	t.Parallel()
	sc := scenario{work: publishing, out: published, unsettled: true, setup: func(d disk, parent, dir string) error {
		return errors.Join(makeDir(d, parent, dir), folder{parent, d}.syncFolders(nil), copied(d, dir, published().objects(), published()))
	}}
	s := newSurvey(sc.inMemory(t), 1024, 0)
	if err := s.apply(s.log); err != nil {
		t.Fatal(err)
	}
	if s.lookDone(); s.bad != nil {
		t.Error(s.bad)
	}
	if slices.ContainsFunc(s.log.log, func(step string) bool { return strings.HasPrefix(step, "rename") }) {
		t.Error("something was written again")
	}
}

// TestPowerLossFindsMissingFsync drops each fsync of a run in turn: the model must notice every one that is missing, or
// it proves nothing, and Write must make none that nothing needs. The exceptions are those below.
func TestPowerLossFindsMissingFsync(t *testing.T) {
	t.Parallel()
	spare := map[string][]string{
		"no folder":                          {"../../..", "."}, // needed if a crashed run made the first folder that exists; done again for _headers
		"empty folder":                       {"..", "."},       // the same
		"pointer alone":                      {".."},
		"objects copied here and not synced": {"."},
		"publish, one object":                {"../../.."},
		// Had the run before crashed, it would need all of them.
		"publish, previous generation": {"..", ".", "manifests", published().Immutable[1].Path, "manifests/general", "manifests", ".", "pointer.json", "."},
	}
	for i, sc := range scenarios {
		if want, ok := spare[sc.name]; ok {
			t.Run(sc.name, func(t *testing.T) {
				t.Parallel()
				if got := unnoticed(t, sc, uint64(i)); !slices.Equal(got, want) {
					t.Errorf("nothing bad was found without the fsync of %q, want %q", got, want)
				}
			})
		}
	}
}

// unnoticed returns what a run fsyncs although the model finds no bad state if it doesn't.
func unnoticed(t *testing.T, sc scenario, seed uint64) []string {
	var list []string
	for n, step := range sc.steps(t) {
		name, ok := strings.CutPrefix(step, "fsync ")
		if !ok {
			continue
		}
		s := newSurvey(sc.inMemory(t), 64, seed)
		s.disk = dropping(s.disk, func(string) bool { return len(s.log.log) == n+1 })
		if s.run(t); s.bad == nil {
			list = append(list, name)
		}
	}
	return list
}
