package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/compiler"
	"muster/compiler/history"
	"muster/compiler/tries"
)

// published is a random history, and what compiling each commit of its line by itself writes.
type published struct {
	*randomHistory
	line  []string            // the oldest commit first
	times []time.Time         // of each
	files []map[string]string // the manifests of each, by path; nil for one that does not compile
}

func newPublished(t *testing.T, seed uint64) *published {
	h := newRandomHistory(t, seed)
	p := &published{randomHistory: h, line: strings.Fields(h.git("rev-list", "--first-parent", "--reverse", "main"))}
	for _, c := range p.line {
		p.times = append(p.times, h.committed(c))
		p.files = append(p.files, p.compileAt(c))
	}
	return p
}

// compileAt is what muster compile --at writes of manifests; nil if the commit does not compile.
func (p *published) compileAt(commit string, args ...string) map[string]string {
	p.Helper()
	out := p.TempDir()
	stdout, status := p.muster(append([]string{"compile", "--at", commit, "--out", out}, args...)...)
	if status == exitFindings {
		return nil
	}
	if status != 0 {
		p.Fatalf("compile --at %s: exit status %d\n%s", commit, status, stdout)
	}
	files := map[string]string{}
	paths, _ := filepath.Glob(filepath.Join(out, "manifests", "*", "*.json"))
	for _, name := range paths {
		text, err := os.ReadFile(name)
		if err != nil {
			p.Fatal(err)
		}
		rel, _ := filepath.Rel(out, name)
		files[filepath.ToSlash(rel)] = string(text)
	}
	return files
}

// muster runs the program in this process, and returns what it prints.
func (p *published) muster(args ...string) (stdout string, status int) {
	p.Helper()
	var out, errs bytes.Buffer
	status = run(append(args, "-C", p.dir), &out, &errs)
	if status != 0 && status != exitFindings {
		p.Errorf("muster %s: exit status %d\n%s", strings.Join(args, " "), status, &errs)
	}
	return out.String(), status
}

// servedBy is the place on the line of the commit that compiles to what is served as of one; -1 if none does.
func (p *published) servedBy(i int) int {
	for i >= 0 && p.files[i] == nil {
		i--
	}
	return i
}

// before are the places on the line of the last commits that compile, up to and with one.
func (p *published) before(i, n int) (places []int) {
	for i = p.servedBy(i); i >= 0 && len(places) < n; i = p.servedBy(i - 1) {
		places = append(places, i)
	}
	return places
}

// defaultPasts is how many histories are looked back at; MUSTER_SEEDS has more, as in TestReplayEqualsSlowPath.
const defaultPasts = 1

// TestPastEqualsEachCommit holds what is kept and retained of a history against what each of its commits compiles to, and against what
// the program rolls back to.
func TestPastEqualsEachCommit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	n := tries.Of(t, "MUSTER_SEEDS", defaultPasts)
	done := make([]int, n)
	t.Run("seed", func(t *testing.T) {
		for i := range n {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				p := newPublished(t, 200+uint64(i))
				p.compareKept()
				p.compareAllRetained()
				p.compareEntries()
				p.verifyAll()
				done[i] = p.rollBackAll()
			})
		}
	})
	all := 0
	for _, n := range done {
		all += n
	}
	if all < 3*n/tries.Fewer && !t.Failed() {
		t.Errorf("only %d rollbacks were carried out", all)
	}
}

// compareKept compares what is kept of some serials before some commits with what these compile to, one by one.
func (p *published) compareKept() {
	p.Helper()
	last := p.servedBy(len(p.line) - 1)
	for _, c := range []struct{ tip, n int }{{last, 0}, {last, 1}, {last, 7}, {last, maxKeep}} {
		p.compareKeep(c.tip, c.n)
	}
	for i := range p.line {
		if i%8 == 0 || i > 0 && p.files[i-1] == nil { // few are next to one that does not compile
			p.compareKeep(p.servedBy(i), 1+p.IntN(3))
		}
	}
}

func (p *published) compareKeep(tip, n int) {
	p.Helper()
	want := map[string]string{}
	for _, i := range p.before(tip, min(n, len(p.line))+1) {
		maps.Copy(want, p.files[i])
	}
	if got := p.compileAt(p.line[tip], "--keep", fmt.Sprint(n)); !maps.Equal(got, want) {
		p.Errorf("%s: commit %d with %d before: got %d manifests, want %d, or not the same bytes", p.Name(), tip+1, n, len(got), len(want))
	}
}

// verifyAll publishes every commit that compiles, and holds the log against what each of them compiles to.
func (p *published) verifyAll() {
	p.Helper()
	site := filepath.Join(p.TempDir(), "site")
	n := 0
	for i, c := range p.line {
		if p.files[i] != nil {
			p.muster("publish", "--at", c, "file:"+site)
			n++
		}
	}
	stdout, _ := p.muster("verify", "--all", site)
	if want := fmt.Sprintf(", %d of them against what their commits compile to\n", n); !strings.Contains(stdout, want) || strings.Contains(stdout, "DRIFT") {
		p.Errorf("%s: %d were published\n%s", p.Name(), n, stdout)
	}
}

// compareEntries asks that just those commits have an entry of their own that compile, as no log of publish's can show.
func (p *published) compareEntries() {
	p.Helper()
	repo, err := history.Open(p.dir, history.Options{})
	if err != nil {
		p.Fatal(err)
	}
	defer repo.Close()
	i := 0
	for e, err := range compiler.Entries(repo, history.Commit{ID: p.line[len(p.line)-1]}) {
		if err != nil || (e != nil) != (p.files[i] != nil) {
			p.Fatalf("%s: commit %d has the entry %v, %v", p.Name(), i+1, e, err)
		}
		i++
	}
	if i != len(p.line) {
		p.Errorf("%s: entries of %d commits, want %d", p.Name(), i, len(p.line))
	}
}

// retention is what retain prints.
type retention struct {
	Tip, From retainedMark
	Manifests []retainedManifest
	URLs      []retainedURL
}

func (p *published) retain(args ...string) (r retention) {
	p.Helper()
	stdout, _ := p.muster(append([]string{"retain", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		p.Fatalf("retain %v: %v\n%s", args, err, stdout)
	}
	return r
}

// manifests and urls are what is retained, for any reason or, of what rolls back alone, none.
func (r retention) manifests(rollbacks bool) (paths []string) {
	for _, m := range r.Manifests {
		if rollbacks || len(m.Live)+len(m.Frozen)+len(m.Recent) > 0 {
			paths = append(paths, m.Path)
		}
	}
	return paths
}

func (r retention) urls(rollbacks bool) (urls []string) {
	for _, u := range r.URLs {
		if rollbacks || len(u.Live)+len(u.Frozen)+len(u.Recent) > 0 {
			urls = append(urls, u.URL)
		}
	}
	return urls
}

// addressesIn are the URLs that a browser loads because of a manifest.
func addressesIn(t testing.TB, text string) (urls []string) {
	t.Helper()
	var m struct{ Hosts, Remotes map[string]namedRelease }
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	for _, group := range []map[string]namedRelease{m.Hosts, m.Remotes} {
		for _, r := range group {
			for _, release := range append(r.Split, r) {
				urls = append(urls, release.addresses(t)...)
			}
		}
	}
	return urls
}

// namedRelease is what a manifest names of a remote's release, or of those of a split.
type namedRelease struct {
	Entry string
	Files map[string]string
	Split []namedRelease
}

func (r namedRelease) addresses(t testing.TB) (urls []string) {
	if r.Entry == "" {
		return nil
	}
	urls = []string{r.Entry}
	for file := range r.Files {
		full, err := url.JoinPath(r.Entry, "..", file)
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, full)
	}
	return urls
}

// compareAllRetained compares what is retained as of the tip and another commit, as far back as various options reach.
func (p *published) compareAllRetained() {
	p.Helper()
	for _, o := range []struct {
		since   time.Duration
		serials int
	}{{0, 0}, {0, 4}, {36 * time.Hour, 0}, {200 * time.Hour, 9}, {720 * time.Hour, 50}, {100_000 * time.Hour, 0}} {
		p.compareRetained(len(p.line)-1, o.since, o.serials)
		p.compareRetained(len(p.line)/2+p.IntN(len(p.line)/2), o.since, o.serials)
	}
}

// compareRetained compares what is retained as of a commit with what those before it compile to.
func (p *published) compareRetained(tip int, since time.Duration, serials int) {
	p.Helper()
	got := p.retain("--at", p.line[tip], "--since", since.String(), "--serials", fmt.Sprint(serials))
	moment, manifests, urls := p.times[tip].Add(-since), map[string]bool{}, map[string]bool{}
	needed := p.before(tip, serials+1)
	for i := range tip + 1 {
		later := slices.ContainsFunc(p.times[:min(i+2, tip+1)], func(t time.Time) bool { return t.After(moment) })
		if by := p.servedBy(i); by >= 0 && (later || i > needed[len(needed)-1]) {
			needed = append(needed, by)
		}
	}
	for _, i := range needed {
		for path, text := range p.files[i] {
			manifests[path] = true
			for _, u := range addressesIn(p, text) {
				urls[u] = true
			}
		}
	}
	for _, c := range []struct {
		what      string
		got, want []string
	}{{"manifests", got.manifests(false), keysOf(manifests)}, {"URLs", got.urls(false), keysOf(urls)}} {
		if !slices.Equal(c.got, c.want) {
			p.Errorf("%s: as of commit %d, since %s and %d serials: %d %s, want %d\ngot %q\nwant %q", p.Name(), tip+1, since, serials, len(c.got), c.what, len(c.want), c.got, c.want)
		}
	}
	p.compareReasons(got, tip)
}

func keysOf(set map[string]bool) (keys []string) {
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// compareReasons holds who is served what against the pointer's manifests, and since when something no longer is against the line.
func (p *published) compareReasons(got retention, tip int) {
	p.Helper()
	rollbacks := map[string]int{}
	for _, m := range got.Manifests {
		_, live := p.files[p.servedBy(tip)][m.Path]
		if live != (len(m.Live)+len(m.Frozen) > 0) || live != (m.Until == nil) {
			p.Errorf("%s: is %s live? %v, and it is told to be %+v", p.Name(), m.Path, live, m.retainedNeed)
		}
		if m.Until != nil {
			was, is := p.servedBy(m.Until.Serial-2), p.servedBy(m.Until.Serial-1)
			if was < 0 || p.files[was][m.Path] == "" || p.files[is][m.Path] != "" || p.line[m.Until.Serial-1] != m.Until.Commit {
				p.Errorf("%s: %s was not lost with commit %d", p.Name(), m.Path, m.Until.Serial)
			}
		}
		for _, cohort := range m.Rollback {
			rollbacks[cohort]++
		}
	}
	for cohort, n := range rollbacks {
		if n > 1 {
			p.Errorf("%s: a rollback of %s brings back %d manifests", p.Name(), cohort, n)
		}
	}
}

// rollBackAll rolls each cohort back, each remote in it, and to some of the manifests of late. It returns how often that was done.
func (p *published) rollBackAll() (done int) {
	p.Helper()
	p.git("checkout", "-q", "-f", "main")
	head, least, usual := p.head(), p.retain("--since", "0s", "--serials", "0"), p.retain()
	for _, file := range p.cohorts() {
		cohort := p.load(file)["name"].(string)
		done += p.rollBack(head, least, cohort)
		for _, remote := range p.remotes()[:2] {
			done += p.rollBack(head, least, cohort, "--remote", p.load(remote)["name"].(string))
		}
		for _, m := range usual.Manifests {
			if m.Cohort == cohort && p.IntN(16) == 0 {
				done += p.rollBack(head, usual, cohort, "--to", m.SHA256)
			}
		}
	}
	return done
}

// rollBack rolls a cohort back, and asks that what it is served then is retained: of a remote that is rolled back, all that browsers
// load.
func (p *published) rollBack(head string, kept retention, cohort string, args ...string) int {
	p.Helper()
	defer p.git("reset", "-q", "--hard", head)
	date := p.now.Add(time.Hour).Format(time.RFC3339)
	command := append([]string{"rollback", cohort, "--reason", "back", "--commit", "--now", date}, args...)
	program := process{dir: p.dir, env: append([]string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date}, gitEnvironment...)}
	if _, _, status := program.run(p, "muster", command...); status != 0 || p.head() == head {
		return 0
	}
	for path, text := range p.compileAt("HEAD") {
		if !strings.HasPrefix(path, "manifests/"+cohort+"/") {
			continue
		}
		if !slices.Contains(args, "--remote") && !slices.Contains(kept.manifests(true), path) {
			p.Errorf("%s: muster %v brings back %s, which is not retained", p.Name(), command, path)
		}
		for _, u := range addressesIn(p, text) {
			if !slices.Contains(kept.urls(true), u) {
				p.Errorf("%s: muster %v brings back %s, which is not retained", p.Name(), command, u)
			}
		}
	}
	return 1
}
