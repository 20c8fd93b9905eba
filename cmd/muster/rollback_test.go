package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/compiler"
	"muster/compiler/edit"
	"muster/compiler/history"
	"muster/compiler/semver"
)

// TestRollbackRestores: whatever is promoted, a rollback brings back the manifest that there was, to the last byte, whether it
// takes back the cohort or the remote; and what a plan tells is what the log tells of its commit.
func TestRollbackRestores(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	done := make([]map[string]int, 4)
	t.Run("seed", func(t *testing.T) {
		for seed := range done {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				done[seed] = newShopkeeper(t, uint64(seed)).keep(5)
			})
		}
	})
	all := map[string]int{}
	for _, d := range done {
		for what, n := range d {
			all[what] += n
		}
	}
	for _, what := range []string{"cohort", "remote", "thaw", "named", "refused"} {
		if all[what] == 0 && !t.Failed() {
			t.Errorf("no round has a %s: %v", what, all)
		}
	}
}

// shopkeeper promotes and rolls back in a random registry.
type shopkeeper struct {
	*randomHistory
	done map[string]int // how often what was tried
	back *promoted      // what the last round has taken back with its cohort, which is frozen now
}

func newShopkeeper(t *testing.T, seed uint64) *shopkeeper {
	h := &randomHistory{TB: t, Rand: rand.New(rand.NewPCG(seed, 7)), dir: t.TempDir(), now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	h.git("init", "-q")
	h.found()
	h.commit("found")
	return &shopkeeper{randomHistory: h, done: map[string]int{}}
}

// keep goes through some rounds, and returns how often what was done.
func (s *shopkeeper) keep(rounds int) map[string]int {
	for range rounds {
		s.round()
	}
	return s.done
}

// promoted is a promotion: files, and a version.
type promoted struct{ cohort, remote, version string }

// any is any promotion, more often one of the newest release: that is what is done.
func (s *shopkeeper) any() promoted {
	p := promoted{cohort: pick(s.randomHistory, s.cohorts()), remote: pick(s.randomHistory, s.remotes())}
	versions := versionsOf(s.load(p.remote))
	p.version = pick(s.randomHistory, versions)
	if s.IntN(3) > 0 {
		p.version = slices.MaxFunc(versions, compareVersions)
	}
	return p
}

// round promotes some release to some cohort and takes it back.
func (s *shopkeeper) round() {
	p := s.any()
	if s.back != nil {
		p = *s.back
	}
	s.back = nil
	remote, cohort := s.load(p.remote), s.load(p.cohort)
	name, product := cohort["name"].(string), remote["name"].(string)
	before, head := s.manifest(name), s.head()
	release := product + "@" + p.version
	frozen := cohort["frozen"] != nil
	args := []string{"promote", release, "--to", name}
	if frozen {
		args = append(args, "--thaw")
	}
	if !s.change(args...) {
		s.done["refused"]++
		return
	}
	promoted := s.manifest(name)
	if promoted == before {
		return
	}
	if frozen {
		s.done["thaw"]++
	}
	for range s.IntN(3) { // others go on with their work
		s.write("notes", fmt.Append(nil, s.name("note")))
		s.commit("note")
	}
	args, kind := []string{"rollback", name}, "cohort"
	if s.IntN(2) == 0 && !frozen {
		args, kind = append(args, "--remote", product), "remote"
	}
	if !s.change(args...) {
		s.done["named"]++ // the promotion was of an older release: what it took back comes in again by name only
		if args = append(args, "--to", head); !s.change(args...) {
			if s.load(p.cohort)["holds"] == nil {
				s.Fatalf("muster %s is refused after muster promote %s --to %s", strings.Join(args, " "), release, name)
			}
			s.done["held"]++
			return
		}
	}
	if after := s.manifest(name); after != before {
		s.Errorf("muster %s: %s is served %s, not %s as before muster promote %s", strings.Join(args, " "), name, after, before, release)
	}
	if s.done[kind]++; !slices.Contains(args, "--remote") {
		s.back = &p
	}
}

func compareVersions(a, b string) int {
	v, _ := semver.ParseVersion(a)
	w, _ := semver.ParseVersion(b)
	return v.Compare(w)
}

// manifest is the id of what a cohort is served.
func (s *shopkeeper) manifest(cohort string) string {
	s.Helper()
	out := s.TB.TempDir()
	s.muster(0, "compile", "--out", out)
	p, err := readPointer(out)
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range p.Cohorts {
		if c.Name == cohort {
			return c.SHA256
		}
	}
	s.Fatalf("the pointer names no cohort %q", cohort)
	return ""
}

// change runs a command that changes the registry and commits, and holds what it planned against the log. It reports whether the
// command was carried out; if not, nothing may have changed.
func (s *shopkeeper) change(args ...string) bool {
	s.Helper()
	s.now = s.now.Add(time.Duration(1+s.IntN(3600)) * time.Second)
	head := s.head()
	stdout, stderr, status := s.run(append(args, "--commit", "-o", "json", "--now", s.now.Format(time.RFC3339))...)
	if dirty := s.git("status", "--porcelain"); dirty != "" {
		s.Fatalf("muster %s leaves\n%s", strings.Join(args, " "), dirty)
	}
	if status == exitFindings {
		if s.head() != head {
			s.Fatalf("muster %s is refused and commits", strings.Join(args, " "))
		}
		return false
	}
	if status != 0 {
		s.Fatalf("muster %s: exit status %d\n%s%s", strings.Join(args, " "), status, stdout, stderr)
	}
	var planned planRecord
	if err := json.Unmarshal([]byte(stdout), &planned); err != nil {
		s.Fatal(err)
	}
	var logged []eventRecord
	if s.head() != head {
		if err := json.Unmarshal([]byte(s.muster(0, "log", "-o", "json", head+"..HEAD")), &logged); err != nil {
			s.Fatal(err)
		}
	}
	if len(logged)+len(planned.Events) > 0 && !reflect.DeepEqual(logged, planned.Events) {
		s.Errorf("muster %s: planned\n%+v\nlogged\n%+v", strings.Join(args, " "), planned.Events, logged)
	}
	return true
}

func (s *shopkeeper) run(args ...string) (stdout, stderr string, status int) {
	s.Helper()
	stamp := s.now.Format(time.RFC3339)
	p := process{dir: s.dir, env: append([]string{"GIT_AUTHOR_DATE=" + stamp, "GIT_COMMITTER_DATE=" + stamp}, gitEnvironment...)}
	return p.run(s, "muster", args...)
}

func (s *shopkeeper) muster(want int, args ...string) string {
	s.Helper()
	stdout, stderr, status := s.run(args...)
	if status != want {
		s.Fatalf("muster %s: exit status %d\n%s%s", strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout
}

// TestPreviousEqualsEachCommit: the commit to go back to is the one that compiling each of them finds.
func TestPreviousEqualsEachCommit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	h := newRandomHistory(t, 3)
	repo, err := history.Open(h.dir, history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	line := strings.Fields(h.git("rev-list", "--first-parent", "main"))
	ids := make([]map[string]string, len(line)) // by cohort, of each commit; nil where it does not compile
	for i, c := range line {
		if ids[i], err = manifestIDs(repo, c); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for i := range line[:min(20, len(line))] {
		for cohort, id := range ids[i] {
			want := ""
			for j := i + 1; j < len(line) && want == ""; j++ {
				if was, ok := ids[j][cohort]; ok && was != id {
					want = line[j]
				}
			}
			live, at, err := compiler.Previous(repo, history.Commit{ID: line[i]}, cohort, func(l *compiler.Live) (bool, error) {
				was, ok, err := l.ManifestID(cohort)
				return ok && was.String() != id, err
			})
			if err != nil || (live != nil) != (want != "") || live != nil && at.ID != want {
				t.Errorf("before commit %d, %s had another manifest at %q, want %q, %v", len(line)-i, cohort, at.ID, want, err)
			}
			if live != nil {
				found++
			}
		}
	}
	if found == 0 {
		t.Error("no cohort ever had another manifest")
	}
}

// manifestIDs are those of the cohorts of a commit, nil if it does not compile.
func manifestIDs(repo *history.Repository, commit string) (map[string]string, error) {
	c, err := repo.Resolve(commit)
	if err != nil {
		return nil, err
	}
	live, at, err := compiler.At(repo, c)
	if err != nil || live == nil || at.ID != commit {
		return nil, err
	}
	ids := map[string]string{}
	for _, s := range live.State.Cohorts {
		id, _, err := live.ManifestID(s.Declared.Name.Value)
		if err != nil {
			return nil, err
		}
		ids[s.Declared.Name.Value] = id.String()
	}
	return ids, nil
}

// TestHunks: a plan shows the lines that a change touches, where they are, and no others.
func TestHunks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, after, want string }{
		{"one line", "a\nb\nc\n", "a\nB\nc\n", "2 -b +B"},
		{"two places", "a\nb\nc\nd\n", "A\nb\nc\nD\n", "1 -a +A, 4 -d +D"},
		{"added at the end", "a\n", "a\nb\nc\n", "2 +b +c"},
		{"added without a line's end", "a", "a\nb", "2 +b"},
		{"taken away", "a\nb\nc\nd\n", "a\nd\n", "2 -b -c"},
		{"CRLF", "a\r\nb\r\n", "a\r\nB\r\n", "2 -b +B"},
		{"the same line again", "x\nx\n", "x\nx\nx\n", "3 +x"},
		{"moved on", "a\nb\nc\n", "new\na\nc\nlast\n", "1 +new, 3 -b, 4 +last"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, h := range hunksOf([]byte(c.before), []byte(c.after)) {
				words := []string{fmt.Sprint(h.Line)}
				for _, line := range h.Before {
					words = append(words, "-"+line)
				}
				for _, line := range h.After {
					words = append(words, "+"+line)
				}
				got = append(got, strings.Join(words, " "))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %s, want %s", strings.Join(got, ", "), c.want)
			}
		})
	}
}

// TestWriteIsAllOrNothing: a file that somebody changed since it was read stays as it is, and so do the others of the change.
func TestWriteIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": "name: a\n", "b.yaml": "name: b\n", "link.yaml": ""} {
		if name == "link.yaml" {
			if err := os.Symlink("a.yaml", filepath.Join(dir, name)); err != nil {
				t.Skipf("links can't be made here: %v", err)
			}
		} else if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	c := &changer{globals: &globals{dir: dir}}
	for _, second := range []*workFile{testFile(t, "b.yaml", "name: other\n"), testFile(t, "link.yaml", "name: a\n"), testFile(t, "absent.yaml", "name: a\n")} {
		if err := c.write([]*workFile{testFile(t, "a.yaml", "name: a\n"), second}); err == nil {
			t.Errorf("%s is written", second.path)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "a.yaml")); string(text) != "name: a\n" {
			t.Errorf("with %s, a.yaml is %q, %v", second.path, text, err)
		}
	}
	if err := c.write([]*workFile{testFile(t, "a.yaml", "name: a\n"), testFile(t, "b.yaml", "name: b\n")}); err != nil {
		t.Error(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(names) != 3 || len(hidden) != 0 {
		t.Errorf("there are %q and %q, %v", names, hidden, err)
	}
	info, err := os.Stat(filepath.Join(dir, "b.yaml"))
	if text, _ := os.ReadFile(filepath.Join(dir, "b.yaml")); err != nil || info.Mode().Perm() != 0o640 || string(text) != "name: changed\n" {
		t.Errorf("b.yaml is %q, with mode %v, %v", text, info.Mode(), err)
	}
}

// testFile is a file as it was read, with a change to it.
func testFile(t *testing.T, path, was string) *workFile {
	t.Helper()
	f, err := edit.Parse(path, []byte(was))
	if err == nil {
		err = f.Set(edit.Text("changed"), "name")
	}
	if err != nil {
		t.Fatal(err)
	}
	return &workFile{File: f, path: path, was: []byte(was), disk: []byte(was)}
}
