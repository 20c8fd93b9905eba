package folder

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
)

// kinds are the two disks that every crash and every error is tried on.
var kinds = []struct {
	name string
	on   func(scenario, *testing.T) place
}{{"disk", scenario.onDisk}, {"memory", scenario.inMemory}}

// TestMemoryBehavesLikeDisk runs every scenario on both disks and compares each step, each outcome and each file.
func TestMemoryBehavesLikeDisk(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		var logs [][]string
		var found []files
		for _, kind := range kinds {
			p, log := kind.on(s, t), &tap{}
			if err := p.apply(log); err != nil {
				t.Fatal(err)
			}
			logs, found = append(logs, log.log), append(found, p.files(t))
		}
		if !slices.Equal(logs[0], logs[1]) {
			t.Errorf("%s: steps on disk %q, in memory %q", s.name, logs[0], logs[1])
		}
		if !maps.Equal(found[0], found[1]) {
			t.Errorf("%s: files on disk %q, in memory %q", s.name, found[0], found[1])
		}
	}
}

// fault is a way in which steps go wrong.
type fault struct {
	name string
	late bool
	from func(i int) (fail func(n int) error, err error) // what tap.fail is to be if things go wrong at step i
}

var faults = []fault{
	{"killed", false, after(errors.New("killed"))}, // no step has an effect any more, so none tidies up either
	{"disk full from here on", false, after(syscall.ENOSPC)},
	{"one I/O error", false, once(syscall.EIO)},
	{"one I/O error that comes after the step took effect", true, once(syscall.EIO)},
}

func after(err error) func(int) (func(int) error, error) {
	return func(i int) (func(int) error, error) {
		return func(n int) error {
			if n >= i {
				return err
			}
			return nil
		}, err
	}
}

func once(err error) func(int) (func(int) error, error) {
	return func(i int) (func(int) error, error) {
		return func(n int) error {
			if n == i {
				return err
			}
			return nil
		}, err
	}
}

// TestEveryStepFails stops a run at each of its steps in turn: at once, as a kill does, or with an error. The promise to
// readers must hold, an error must be reported, and the next run must finish the work and leave nothing behind. Disks are
// slow, so half of the scenarios see one of the faults there; memory sees them all.
func TestEveryStepFails(t *testing.T) {
	t.Parallel()
	tried := pointsTried(t, "failing steps")
	for _, kind := range kinds {
		for i, s := range scenarios {
			for j, fault := range faults {
				if kind.name == "disk" && (i%2 == 1 || j != i%4) {
					continue
				}
				t.Run(kind.name+"/"+s.name+"/"+fault.name, func(t *testing.T) {
					t.Parallel()
					for i := range s.steps(t) {
						fail, want := fault.from(i)
						failsOnce(t, kind.on(s, t), &tap{fail: fail, late: fault.late}, want)
						tried.add(s.work, 1)
					}
				})
			}
		}
	}
}

// points are how many of something a test has tried.
type points map[string]*atomic.Int64

// pointsTried logs them when the test is over.
func pointsTried(t *testing.T, what string) points {
	p := points{compiling.name: new(atomic.Int64), publishing.name: new(atomic.Int64)}
	t.Cleanup(func() {
		for name, n := range p {
			t.Logf("points tried: %d %s of %s", n.Load(), what, name)
		}
	})
	return p
}

func (p points) add(w work, n int) { p[w.name].Add(int64(n)) }

// failsOnce does the work with faulty, checks what that leaves, and does it again.
func failsOnce(t *testing.T, p place, faulty *tap, want error) {
	t.Helper()
	before := p.files(t)
	err := p.apply(faulty)
	after := p.files(t)
	where := fmt.Sprintf("stopped at step %d or so, %q", len(faulty.log), faulty.log[len(faulty.log)-1])
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want one that wraps %v", where, err, want)
	}
	if err := errors.Join(after.promise(p.work.old(), p.out), after.keeps(before, p.out)); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	if err := p.apply(&tap{}); err != nil {
		t.Errorf("%s, and then: %v", where, err)
	}
	if err := p.files(t).complete(p.out); err != nil {
		t.Errorf("%s, run again: %v", where, err)
	}
}
