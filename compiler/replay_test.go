package compiler

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"testing"

	"muster/compiler/audit"
	"muster/compiler/generate"
	"muster/compiler/history"
	"muster/compiler/tries"
)

// historyOf makes a repository with a generated history.
func historyOf(t testing.TB, seed uint64, size generate.HistorySize) (*history.Repository, history.Commit) {
	t.Helper()
	dir := importHistory(t, seed, size)
	repo, err := history.Open(dir, history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	tip, err := repo.Resolve("main")
	if err != nil {
		t.Fatal(err)
	}
	return repo, tip
}

// importHistory makes a packed repository with a generated history, and returns its folder.
func importHistory(t testing.TB, seed uint64, size generate.HistorySize) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	dir := t.TempDir()
	var stream bytes.Buffer
	if err := generate.History(&stream, seed, size); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"fast-import", "--quiet"}, {"repack", "-adq"}} {
		git := exec.Command("git", append([]string{"-C", dir}, args...)...)
		git.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if args[0] == "fast-import" {
			git.Stdin = &stream
		}
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// told is what a replay tells of a commit: the events, and the id of every cohort's manifest after it.
type told struct {
	serial int
	events []audit.Event
	ids    map[string]string
}

// TestShortCutsChangeNothing holds a replay, which judges what changed, reads ahead and remembers what remotes and packages come to,
// against one that judges every registry as a whole when its turn comes. MUSTER_SEEDS=50 has more histories.
func TestShortCutsChangeNothing(t *testing.T) {
	t.Parallel()
	seeds := tries.Of(t, "MUSTER_SEEDS", 3)
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			size := generate.HistorySize{Remotes: 8 + 5*(seed%3), Cohorts: 2 + seed%4, Others: 5, Commits: 250, Merges: 0.1, Touching: 0.9}
			repo, tip := historyOf(t, uint64(seed), size)
			whole := newReplayer(repo)
			whole.depth, whole.inTurn = everything, true
			quick := newReplayer(repo)
			want, got := tell(t, whole, tip), tell(t, quick, tip)
			if len(got) != len(want) {
				t.Errorf("it tells of %d commits, want %d", len(got), len(want))
			}
			for i := range min(len(got), len(want)) {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Fatalf("commit %d: it tells\n%+v\nwant\n%+v", want[i].serial, got[i], want[i])
				}
			}
			if quick.whole > whole.whole/10 {
				t.Errorf("%d of %d registries were judged as a whole", quick.whole, whole.whole)
			}
		})
	}
}

func tell(t *testing.T, r *replayer, tip history.Commit) (all []told) {
	t.Helper()
	for m, err := range r.replay(tip) {
		if err != nil {
			t.Fatal(err)
		}
		one := told{serial: m.Serial, events: m.Events, ids: map[string]string{}}
		if m.After != nil {
			if r.depth == everything {
				m.After.encoders = newEncoders() // that remember nothing
			}
			for _, s := range m.After.State.Cohorts {
				id, ok, err := m.After.ManifestID(s.Declared.Name.Value)
				if err != nil || !ok {
					t.Fatal(err)
				}
				one.ids[s.Declared.Name.Value] = id.String()
			}
		}
		all = append(all, one)
	}
	return all
}

// TestReplayStops leaves a replay before its end, with registries that were read ahead.
func TestReplayStops(t *testing.T) {
	t.Parallel()
	repo, tip := historyOf(t, 1, generate.HistorySize{Remotes: 5, Cohorts: 2, Others: 5, Commits: 100, Touching: 1})
	for m, err := range Replay(repo, tip) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Serial > 3 {
			break
		}
	}
}
