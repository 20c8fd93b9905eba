package main

import (
	"bytes"
	"cmp"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"muster/compiler/tries"
)

// randomHistory is a registry in a git repository and what becomes of it: each commit is a random edit of its files, made
// with the git command line. One seed always gives the same commits.
type randomHistory struct {
	testing.TB
	*rand.Rand
	dir   string
	now   time.Time
	named int      // how many names have been given
	good  string   // the last commit of the main line that compiles
	bad   []damage // what keeps it from compiling; nil if that can't be told
	until int      // commits until it is mended; 0 while it compiles
	dist  string
	seen  map[string]*served // by commit; nil for one that does not compile
	wrong map[string]string  // by commit, the first rule that one that does not compile breaks

	findings string // of the last one that does not
}

// damage is a file and what stood in it before; nil for nothing.
type damage struct {
	path string
	text []byte
}

// fields are those of a YAML or JSON document.
type fields = map[string]any

// newRandomHistory makes a history of some 40 to 80 commits on the branch main.
func newRandomHistory(t testing.TB, seed uint64) *randomHistory {
	h := &randomHistory{TB: t, Rand: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), dist: t.TempDir(),
		now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), seen: map[string]*served{}, wrong: map[string]string{}}
	h.git("init", "-q")
	h.found()
	h.commit("found")
	if !h.compiles() {
		t.Fatalf("seed %d: the first commit does not compile:\n%s", seed, h.findings)
	}
	h.good = h.head()
	for n := (40 + h.IntN(41)) / tries.Fewer; n > 0; n-- {
		h.step()
	}
	return h
}

// step adds a commit, or those that a merge takes.
func (h *randomHistory) step() {
	h.pass()
	before := h.head()
	kept := h.advance()
	switch {
	case h.head() == before:
	case h.compiles():
		h.good, h.bad, h.until = h.head(), nil, 0
	case h.until == 0 && !kept && h.IntN(10) > 0: // it was not meant to break anything
		h.git("reset", "-q", "--hard", before)
	case h.until == 0:
		h.until = 1 + h.IntN(3)
	}
}

// advance commits a random change, and reports whether it may leave the registry broken.
func (h *randomHistory) advance() bool {
	if h.until--; h.until == 0 {
		h.mend()
		return true
	}
	h.until = max(h.until, 0)
	switch roll := h.IntN(100); {
	case roll < 7 && h.until == 0:
		h.commit(breakages[h.IntN(len(breakages))](h))
		return true
	case roll < 10:
		h.now = h.now.AddDate(0, 0, 3+h.IntN(10)) // a waiver may expire
		h.edit()
		return true
	case roll < 18:
		h.merge()
	case roll < 26:
		h.replay()
	default:
		h.edit()
	}
	return false
}

// pass lets some time pass, or none, or turns the clock back.
func (h *randomHistory) pass() {
	switch h.IntN(20) {
	case 0:
		h.now = h.now.Add(-time.Duration(h.IntN(5000)) * time.Minute)
	case 1:
	default:
		h.now = h.now.Add(time.Duration(h.IntN(36000)) * time.Second)
	}
}

// edit commits one change, and now and then several.
func (h *randomHistory) edit() {
	var done []string
	for n := 1 + h.IntN(8)/6 + h.IntN(8)/7; n > 0; n-- {
		for tries := 0; tries < 10; tries++ {
			if what := edits[h.IntN(len(edits))](h); what != "" {
				done = append(done, what)
				break
			}
		}
	}
	h.commit(strings.Join(done, "; "))
}

// mend takes back what was broken, and where that does not help, everything since.
func (h *randomHistory) mend() {
	for _, folder := range []string{"remotes", "cohorts"} {
		if info, err := os.Lstat(filepath.Join(h.dir, folder)); err == nil && !info.IsDir() {
			h.write(folder, nil)
		}
	}
	for _, d := range h.bad {
		h.write(d.path, d.text)
	}
	h.bad, h.until = nil, 0
	h.commit("mend")
	if h.compiles() {
		return
	}
	h.pass()
	h.git("rm", "-rqf", "--ignore-unmatch", "remotes", "cohorts", "schema")
	h.git("checkout", "-q", h.good, "--", "remotes", "cohorts", "schema")
	if !h.compilesAfter("back to " + h.good) { // a waiver has expired meanwhile
		h.changePolicy(func(_, policy fields) { policy["waivers"] = []any{} })
		for _, name := range h.remotes() {
			r := h.load(name)
			for _, release := range releasesOf(r) {
				release["size"] = 1000
			}
			h.save(name, r)
		}
		h.commit("no waivers")
	}
}

func (h *randomHistory) compilesAfter(message string) bool {
	h.commit(message)
	return h.compiles()
}

// merge makes a branch of one to four commits from here or from a while ago, moves the main line on and merges.
func (h *randomHistory) merge() {
	start, base := h.head(), "HEAD"
	if h.IntN(2) == 0 {
		base = pick(h, strings.Fields(h.git("rev-list", "--first-parent", "-6", "HEAD")))
	}
	h.git("checkout", "-q", "-B", "side", base)
	for n := 1 + h.IntN(4); n > 0; n-- {
		h.pass()
		if h.IntN(8) == 0 {
			breakages[h.IntN(len(breakages))](h)
		}
		h.edit()
	}
	h.bad = nil
	h.git("checkout", "-q", "main")
	for n := h.IntN(3); n > 0; n-- {
		h.edit()
	}
	h.pass()
	if _, _, status := h.try("merge", "-q", "--no-ff", "--no-commit", "side"); status != 0 {
		h.git("merge", "--abort")
	} else {
		if h.IntN(4) == 0 {
			edits[h.IntN(len(edits))](h)
		}
		h.commit("merge side")
	}
	if !h.compiles() && h.until == 0 {
		h.git("reset", "-q", "--hard", start)
	}
}

// replay reverts a commit, or picks one up again.
func (h *randomHistory) replay() {
	commits := strings.Split(strings.TrimSpace(h.git("log", "--first-parent", "-15", "--format=%H %P")), "\n")
	c := strings.Fields(pick(h, commits))
	args := []string{"revert", "--no-commit"}
	if len(c) > 1 && h.IntN(3) == 0 {
		args = []string{"cherry-pick", "--no-commit", "--allow-empty", "--keep-redundant-commits"}
	}
	if len(c) > 2 {
		args = append(args, "-m", "1")
	}
	if len(c) == 1 {
		return
	}
	if _, _, status := h.try(append(args, c[0])...); status != 0 {
		h.git("reset", "-q", "--hard")
		return
	}
	h.commit(args[0] + " " + c[0])
}

// found writes the first registry.
func (h *randomHistory) found() {
	h.savePolicy(fields{"name": "acme", "baseURL": "https://manifests.acme.example/"}, fields{
		"origins":     []any{"https://cdn.acme.example"},
		"singletons":  fields{"@angular/core": fields{"window": ">=21.0.0 <23.0.0", "strict": true}, "react": fields{"window": "^19.0.0"}},
		"prereleases": []any{"staff"},
		"budgets":     fields{"entryBytes": 100000},
		"waivers":     []any{},
	})
	pins := fields{}
	for _, name := range []string{"shell", "portal"}[:1+h.IntN(2)] {
		pins[name] = h.newRemote(name, fields{"kind": "host", "owner": "team-platform"})
	}
	names := []string{"cart", "catalog", "orders", "search", "promo", "chat", "loyalty", "account"}
	for _, name := range names[:4+h.IntN(5)] {
		pins[name] = h.newRemote(name, fields{"owner": "team-" + name, "routes": []any{fields{"path": "/" + name, "expose": "./Routes"}}})
	}
	h.newCohort("general", fields{"pins": pins})
	h.newCohort("staff", fields{"extends": "general", "audience": fields{"claims": fields{"group": []any{"staff"}}}})
	h.newCohort("canary", fields{"extends": "general", "audience": fields{"percent": 5}, "pins": fields{}})
	if h.IntN(2) == 0 {
		h.newCohort("beta", fields{"extends": "canary", "audience": fields{"percent": 20, "claims": fields{"market": []any{"be"}}}})
	}
	if h.IntN(2) == 0 {
		h.changePolicy(func(_, policy fields) { policy["prereleases"] = []any{"staff", "system"} })
		h.newCohort("system", fields{"audience": fields{"claims": fields{"actor": []any{"robot"}}}, "pins": maps.Clone(pins)})
	}
}

// newRemote writes a remote with some releases, and returns one that may be pinned.
func (h *randomHistory) newRemote(name string, r fields) string {
	r["apiVersion"], r["name"] = "muster/v1", name
	versions := []string{"1.0.0"}
	for n := 1 + h.IntN(5); n > 0; n-- {
		versions = append([]string{h.next(versions[0])}, versions...)
	}
	var releases []any
	for _, v := range versions {
		releases = append(releases, h.newRelease(name, v, r["kind"] == "host"))
	}
	r["releases"] = releases
	h.save("remotes/"+name+".yaml", r)
	stable := slices.DeleteFunc(versions, func(v string) bool { return strings.Contains(v, "-") })
	return pick(h, stable)
}

// next is a release after another, sometimes one before its time.
func (h *randomHistory) next(version string) string {
	numbers, pre, _ := strings.Cut(version, "-")
	var v [3]int
	fmt.Sscanf(numbers, "%d.%d.%d", &v[0], &v[1], &v[2])
	if pre != "" {
		return numbers
	}
	switch h.IntN(8) {
	case 0:
		v = [3]int{v[0] + 1, 0, 0}
	case 1, 2, 3:
		v = [3]int{v[0], v[1] + 1, 0}
	default:
		v[2]++
	}
	version = fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2])
	if h.IntN(8) == 0 {
		version += "-rc.1"
	}
	return version
}

func (h *randomHistory) newRelease(name, version string, host bool) fields {
	r := fields{"version": version, "shared": fields{
		"react": fields{"version": fmt.Sprintf("19.%d.0", h.IntN(3)), "requiredVersion": "^19.0.0", "singleton": true},
	}}
	if host || h.IntN(2) == 0 {
		r["shared"].(fields)["@angular/core"] = fields{
			"version": "22.2.6", "requiredVersion": "^22.0.0", "singleton": true, "strictVersion": true}
	}
	if host {
		return r
	}
	url := "https://cdn.acme.example/" + name + "/" + version + "/remoteEntry.js"
	r["entry"], r["integrity"], r["size"] = url, integrity(url), 1000+h.IntN(1000)
	r["exposes"] = fields{"./Routes": fields{}, "./Card": fields{}}
	switch name {
	case "catalog":
		r["events"] = fields{"emits": fields{"product:add": fields{"productId": "string"}}}
	case "cart":
		r["events"] = fields{"listens": fields{"product:add": fields{"productId": "string"}}}
	case "orders":
		r["consumes"] = fields{"cart": fields{"version": ">=1.0.0", "exposes": []any{"./Card"}}}
	}
	return r
}

func integrity(of string) string {
	sum := sha512.Sum384([]byte(of))
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (h *randomHistory) newCohort(name string, c fields) {
	c["apiVersion"], c["name"] = "muster/v1", name
	h.save("cohorts/"+name+".yaml", c)
}

func pick[T any](h *randomHistory, from []T) T { return from[h.IntN(len(from))] }

// name returns one that was not there before.
func (h *randomHistory) name(stem string) string {
	h.named++
	return stem + strconv.Itoa(h.named)
}

func (h *randomHistory) try(args ...string) (stdout, stderr string, status int) {
	h.Helper()
	stamp := h.now.Format(time.RFC3339)
	p := process{dir: h.dir, env: append([]string{"GIT_AUTHOR_DATE=" + stamp, "GIT_COMMITTER_DATE=" + stamp}, gitEnvironment...)}
	return p.run(h, "git", args...)
}

func (h *randomHistory) git(args ...string) string {
	h.Helper()
	stdout, stderr, status := h.try(args...)
	if status != 0 {
		h.Fatalf("git %s: exit status %d\n%s%s", strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout
}

func (h *randomHistory) head() string { return strings.TrimSpace(h.git("rev-parse", "HEAD")) }

func (h *randomHistory) commit(message string) {
	h.git("add", "-A")
	h.git("commit", "-q", "--allow-empty", "-m", cmp.Or(message, "nothing"))
}

func (h *randomHistory) compiles() bool { return h.serve() != nil }

// files are the registry's documents below a folder that can be read.
func (h *randomHistory) files(folder string) (names []string) {
	filepath.WalkDir(filepath.Join(h.dir, folder), func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && path.Ext(name) == ".yaml" {
			rel, _ := filepath.Rel(h.dir, name)
			if d := h.load(filepath.ToSlash(rel)); d["name"] != nil {
				names = append(names, filepath.ToSlash(rel))
			}
		}
		return nil
	})
	return names
}

func (h *randomHistory) remotes() []string { return h.files("remotes") }
func (h *randomHistory) cohorts() []string { return h.files("cohorts") }

func (h *randomHistory) load(name string) (d fields) {
	yaml.Unmarshal(h.read(name), &d) // what is broken stays as it is
	return d
}

func (h *randomHistory) save(name string, d fields) {
	text, err := yaml.Marshal(d)
	if err != nil {
		h.Fatal(err)
	}
	h.write(name, text)
}

// read returns a file's text, nil if there is none.
func (h *randomHistory) read(name string) []byte {
	b, _ := os.ReadFile(filepath.Join(h.dir, filepath.FromSlash(name)))
	return b
}

// write puts a file in the place of whatever is there; nil only takes that away.
func (h *randomHistory) write(name string, text []byte) {
	name = filepath.Join(h.dir, filepath.FromSlash(name))
	err := os.RemoveAll(name)
	if err == nil && text != nil {
		if err = os.MkdirAll(filepath.Dir(name), 0o755); err == nil {
			err = os.WriteFile(name, text, 0o644)
		}
	}
	if err != nil {
		h.Fatal(err)
	}
}

const policyFile = "schema/policy.cue"

// readPolicy reads the policy as savePolicy writes it, which is CUE and, but for two lines, JSON.
func readPolicy(text []byte) (registry, policy fields, err error) {
	_, text, _ = bytes.Cut(text, []byte("registry: "))
	first, second, _ := bytes.Cut(text, []byte("\npolicy: "))
	if err := json.Unmarshal(first, &registry); err != nil {
		return nil, nil, err
	}
	return registry, policy, json.Unmarshal(second, &policy)
}

func (h *randomHistory) savePolicy(registry, policy fields) {
	first, err := json.MarshalIndent(registry, "", "\t")
	if err != nil {
		h.Fatal(err)
	}
	second, err := json.MarshalIndent(policy, "", "\t")
	if err != nil {
		h.Fatal(err)
	}
	h.write(policyFile, fmt.Appendf(nil, "package schema\n\nregistry: %s\npolicy: %s\n", first, second))
}

// changePolicy reports whether there was a policy to change.
func (h *randomHistory) changePolicy(change func(registry, policy fields)) bool {
	registry, policy, err := readPolicy(h.read(policyFile))
	if err != nil {
		return false
	}
	change(registry, policy)
	h.savePolicy(registry, policy)
	return true
}

// releasesOf are a remote's releases; changes of one change the remote.
func releasesOf(remote fields) (releases []fields) {
	list, _ := remote["releases"].([]any)
	for _, r := range list {
		releases = append(releases, r.(fields))
	}
	return releases
}

func versionsOf(remote fields) (versions []string) {
	for _, r := range releasesOf(remote) {
		versions = append(versions, fmt.Sprint(r["version"]))
	}
	return versions
}
