// Package compiler is the straight line from a registry's files to what shells fetch:
//
//	tree ─► registry ─► policy ─► resolve ─► share, contract ─► manifest
//	     (YAML+CUE)  (rules)   (pins)    (do they go together)    (bytes)
//
// It is a pure function of its Input: no network, clock, environment or global state. Each stage finds every fault it
// can in what the one before could take, so that a user sees all of them in one run; bytes are made only if there are none.
package compiler

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"muster/compiler/ahead"
	"muster/compiler/audit"
	"muster/compiler/contract"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/publish"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/share"
	"muster/compiler/store"
	"muster/compiler/store/folder"
)

// Input is what a compile depends on.
type Input struct {
	Tree   fs.FS           // the registry's root
	Origin manifest.Origin // where the tree comes from; its time is "now"
	// History gives the trees of other commits, for frozen cohorts. Nil outside a git repository.
	History History
	// Base is the registry that this one is to replace, for what only a comparison can tell. Nil: there is none.
	Base fs.FS
	// Past is the history that the registry is judged against: what may come in, and which URLs are taken. Nil: it is not asked.
	Past *Past
	// Thorough asks CUE about every document, for those who would rather not trust the checker.
	Thorough bool

	snapshots map[string]*snapshot // what is known of other commits; nil: nothing yet
}

// History is the commits that a registry can refer to.
type History interface {
	// Snapshot returns the registry's tree at a commit, given by its full id or an unambiguous beginning of it.
	Snapshot(commit string) (Snapshot, error)
}

// Snapshot is the registry at another commit.
type Snapshot struct {
	ID   string
	Tree fs.FS
}

// Checked is a registry without errors, and what each cohort resolves to.
type Checked struct {
	Plan   *resolve.Plan
	frozen map[string]frozen // by cohort
}

// frozen is a cohort as it was at another commit.
type frozen struct {
	cohort *resolve.Cohort
	policy *registry.Policy
	commit string // where it stands, as a freeze names it: where a freeze leads to another one, the last
}

// Check finds everything that is wrong with a registry. Checked is nil if any of it is an error. An error other than
// findings is one of reading the tree.
func Check(in Input) (*Checked, diag.List, error) {
	r, found, err := load(in.Tree, in.Thorough)
	if err != nil || r == nil {
		return nil, found.Sorted(), err
	}
	unread, err := signers(in.Tree, r.Policy)
	if err != nil {
		return nil, nil, err
	}
	found.Add(unread...)
	return judge(in, r, found, newStages(r.Policy))
}

// stages are the judges of a registry that keep what they know for the next one.
type stages struct {
	share    *share.Negotiator
	contract *contract.Checker
}

func newStages(p *registry.Policy) stages { return stages{share.New(p), contract.New()} }

// next are the stages for another registry, which go on with what they know as far as the policy lets them.
func (s stages) next(p *registry.Policy) stages {
	if s.share == nil {
		return newStages(p)
	}
	return stages{s.share.Next(p), s.contract.Next()}
}

// judge is a Check of what has been loaded, with the findings of that.
func judge(in Input, r *registry.Registry, found diag.List, s stages) (*Checked, diag.List, error) {
	waivers := policy.NewWaivers(r, Rules(), in.Origin.Time)
	policed := beside(func() diag.List { return policy.Check(r) }) // on thousands of remotes that saves a tenth of the time
	plan, l := resolve.Resolve(r)
	promised := beside(func() diag.List {
		s.contract.Check(plan)
		return s.contract.Findings()
	})
	l.Add(sharing(s.share, plan)...)
	l.Add(promised()...)
	compared, err := compare(in, plan)
	if err != nil {
		return nil, nil, err
	}
	checked := &Checked{Plan: plan}
	frozen, err := checked.thaw(in)
	if err != nil {
		return nil, nil, err
	}
	gated, err := checked.gates(in)
	if err != nil {
		return nil, nil, err
	}
	l = slices.DeleteFunc(l, func(d diag.Diagnostic) bool { // the gate says it with more weight
		return d.Rule == evidenceRule && slices.ContainsFunc(gated, func(g diag.Diagnostic) bool { return g.Rule == d.Rule && g.Pos == d.Pos })
	})
	faults := policed()
	found = waivers.Apply(slices.Concat(found, slices.DeleteFunc(slices.Concat(faults, l, frozen), r.Echo)))
	found.Add(slices.Concat(waivers.Check(), compared, gated)...)
	if found.HasErrors() {
		return nil, found.Sorted(), nil
	}
	return checked, found.Sorted(), nil
}

// evidenceRule is asked of what a cohort has, and at the gate of what comes in.
const evidenceRule = "release/evidence"

// beside runs a check in the background; the function that it returns waits for the findings. A panic there is the caller's.
func beside(check func() diag.List) func() diag.List {
	var l diag.List
	var bug string
	done := make(chan struct{})
	go func() {
		defer close(done)
		bug = ahead.Guarded(func() { l = check() })
	}()
	return func() diag.List {
		if <-done; bug != "" {
			panic(bug)
		}
		return l
	}
}

// sharing foretells what the browser does with the shared packages of every cohort.
func sharing(n *share.Negotiator, plan *resolve.Plan) diag.List {
	for _, c := range plan.Cohorts {
		n.Check(c)
	}
	return slices.Concat(n.Findings(), n.Unpinned(plan))
}

// compare finds what a registry takes from the one that it is to replace, as far as that one can be read.
func compare(in Input, head *resolve.Plan) (diag.List, error) {
	if in.Base == nil {
		return nil, nil
	}
	if empty(in.Base) {
		return diag.List{{Rule: "contract/base", Severity: diag.Warning, Message: "the base holds no registry yet, so there is nothing to compare with"}}, nil
	}
	base, found, err := planAt(in.Base, in.Thorough)
	if err != nil {
		return nil, fmt.Errorf("reading the base: %w", err)
	}
	c := contract.New()
	if base != nil {
		c.Compare(base, head)
	}
	l := c.Findings()
	if base != nil { // a change can't waive what it brings
		waivers, err := in.excusing(base.Registry)
		if err != nil {
			return nil, err
		}
		l = waivers.Apply(l)
	}
	ruled, err := underBase(in)
	if err != nil {
		return nil, fmt.Errorf("judging by the rules of the base: %w", err)
	}
	l.Add(ruled...)
	if first := firstError(found); first != nil {
		l.Add(diag.Diagnostic{Rule: "contract/base", Severity: diag.Warning, Message: "the base has errors: what they hide is not compared",
			Notes: []diag.Note{{Pos: first.Pos, Message: "in the base: " + first.Message}}, Help: "name a base that is in order, or look for yourself what the change takes from what is live"})
	}
	return l, nil
}

// excusing are the waivers of the base, as it is by now if the change left it a while ago; a change that claims to be older revives none.
func (in Input) excusing(base *registry.Registry) (*policy.Waivers, error) {
	if in.Past == nil {
		return policy.NewWaivers(base, Rules(), in.Origin.Time), nil
	}
	if in.Past.from().ID != in.Past.Commit.ID {
		tip, _, err := At(in.Past.Repo, in.Past.Commit)
		if err != nil {
			return nil, err
		}
		if tip != nil {
			base = tip.State.Registry
		}
	}
	now, err := in.Past.now(in.Origin.Time)
	return policy.NewWaivers(base, Rules(), now), err
}

// empty reports whether a tree holds nothing of a registry.
func empty(tree fs.FS) bool {
	return !slices.ContainsFunc(registry.Folders, func(folder string) bool {
		_, err := fs.Stat(tree, folder)
		return !errors.Is(err, fs.ErrNotExist)
	})
}

func load(tree fs.FS, thorough bool) (*registry.Registry, diag.List, error) {
	return registry.Load(tree, registry.Options{Thorough: thorough})
}

// Result is what a compile puts out.
type Result struct {
	Manifests []manifest.Manifest // by cohort name
	Kept      []manifest.Manifest // of earlier serials, for a host that would lose them: by path, and none of Manifests
	Pointer   *manifest.Pointer
	Headers   []manifest.Headers // how each kind of object is to be served
	Policy    *registry.Policy
}

// Compile checks a registry and encodes its manifests and pointer. The result is nil if the check finds errors.
func Compile(in Input) (*Result, diag.List, error) {
	checked, found, err := Check(in)
	if checked == nil || err != nil {
		return nil, found, err
	}
	today := checked.Plan.Registry.Policy
	out := &Result{Policy: today}
	encoders := newEncoders()
	for _, c := range checked.Plan.Cohorts {
		cohort, rules := c, today
		if f, ok := checked.frozen[c.Declared.Name.Value]; ok { // of a frozen one, what it was, under the policy of that time
			cohort, rules = f.cohort, f.policy
		}
		m, err := encoders.encode(cohort, rules)
		if err != nil {
			return nil, found, err
		}
		out.Manifests = append(out.Manifests, m)
	}
	promise := policy.PromiseOf(today)
	out.Headers = manifest.HeaderTable(promise)
	out.Pointer = manifest.NewPointer(today, promise, in.Origin, checked.Plan.Registry.Cohorts, out.Manifests)
	return out, found, nil
}

// Output is the result as a folder: the manifests never change, and the pointer comes last.
func (r *Result) Output(pointer []byte) folder.Output {
	return folder.Output{Immutable: append(r.Objects(), r.objects(r.Kept)...), Mutable: []store.Object{
		r.rules(),
		{Path: manifest.PointerPath, Body: pointer},
	}}
}

// Objects are the objects that the pointer names, to be served as the table says.
func (r *Result) Objects() []store.Object { return r.objects(r.Manifests) }

func (r *Result) objects(manifests []manifest.Manifest) (all []store.Object) {
	for _, m := range manifests {
		all = append(all, publish.Object(r.Headers, m.Path(), m.Bytes))
	}
	return all
}

// rules tell static hosts how to serve each kind of object.
func (r *Result) rules() store.Object {
	return store.Object{Path: "_headers", Body: manifest.HeadersFile(r.Headers)}
}

// Release is the result as it is published: of a commit, whose line of first parents is asked of the repository.
func (r *Result) Release(repo *history.Repository, c history.Commit) publish.Release {
	l := line{repo: repo, tip: c, serial: r.Pointer.Serial}
	return publish.Release{Pointer: r.Pointer, Objects: r.Objects(), Rules: r.rules(), Origin: l.origin}
}

// Rules are all rules there are, by id.
func Rules() []diag.Rule {
	all := slices.Concat(registry.Rules(), policy.Rules(), resolve.Rules(), share.Rules(), contract.Rules(), audit.Rules(), frozenRules, lineRules, urlRules, signersRules)
	slices.SortFunc(all, func(a, b diag.Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}
