package compiler

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/policy"
	"muster/compiler/registry"
	"muster/compiler/resolve"
)

var frozenRules = []diag.Rule{{
	ID:       "frozen/no-history",
	Summary:  "a frozen cohort needs the git history",
	Protects: "Its manifest is that of another commit, byte for byte. Outside a repository there is no such commit.",
	Bad:      "# in a folder that is no git repository\nfrozen: {at: 3f2c91ab, reason: sprint review}",
	Good:     "# in a full clone: git clone, or fetch-depth: 0 in CI\nfrozen: {at: 3f2c91ab, reason: sprint review}",
}, {
	ID:       "frozen/commit",
	Summary:  "a frozen cohort names a commit at which it existed and compiled",
	Protects: "A freeze must bring back what was live, or say that it can't. With --base a new one names a commit of the base's line: those of a change have passed no gate.",
	Bad:      "frozen: {at: 0000000, reason: sprint review}",
	Good:     "frozen: {at: 3f2c91ab, reason: sprint review}",
}, {
	ID:       "frozen/until",
	Summary:  "a freeze whose day has passed is thawed or renewed",
	Protects: "A forgotten freeze keeps old code alive.",
	Bad:      "frozen: {at: 3f2c91ab, reason: sprint review, until: 2020-01-01}",
	Good:     "frozen: {at: 3f2c91ab, reason: sprint review, until: 2027-01-01}",
}}

const (
	maxThaws     = 32 // how many freezes of freezes are followed
	maxSnapshots = 64 // at how many commits a registry is read: each costs as much as a check
)

var errSnapshots = fmt.Errorf("freezes lead to more than %d commits, and no more are read", maxSnapshots)

// NewHistory gives the registries of the commits that led to one. Others are out of reach, though a clone may hold them: another
// clone may not, and nobody has merged what they say.
func NewHistory(repo *history.Repository, of history.Commit) History {
	return ancestors{repo, repo.Ancestry(of)}
}

type ancestors struct {
	repo *history.Repository
	of   *history.Ancestry
}

func (a ancestors) Snapshot(commit string) (Snapshot, error) {
	c, err := a.of.Find(commit)
	if err != nil {
		return Snapshot{}, err
	}
	tree, err := a.repo.Tree(c)
	return Snapshot{ID: c.ID, Tree: tree}, err
}

// thaw resolves the frozen cohorts at their commits.
func (c *Checked) thaw(in Input) (l diag.List, err error) {
	t := thawer{in: in, snapshots: in.snapshots, read: map[string]bool{}}
	if t.snapshots == nil {
		t.snapshots = map[string]*snapshot{}
	}
	c.frozen = map[string]frozen{}
	for _, cohort := range c.Plan.Cohorts {
		if cohort.Declared.Frozen == nil {
			continue
		}
		f, faults, err := t.cohort(cohort.Declared)
		if l.Add(faults...); err != nil {
			return l, err
		}
		if f.cohort != nil {
			c.frozen[cohort.Declared.Name.Value] = f
			l.Add(revoked(c.Plan.Registry, cohort.Declared, f.cohort)...)
		}
	}
	return l, nil
}

// thawer reads each commit once.
type thawer struct {
	in        Input
	snapshots map[string]*snapshot
	read      map[string]bool // that this registry leads to
}

type snapshot struct {
	plan   *resolve.Plan
	reason string // why it has no plan
}

func (t *thawer) cohort(c *registry.Cohort) (frozen, diag.List, error) {
	at := c.Frozen.At
	fault := func(rule, message, help string) diag.List {
		return diag.List{c.File.Fault(at, diag.Diagnostic{Rule: rule, Cohorts: []string{c.Name.Value}, Message: message, Help: help})}
	}
	if t.in.History == nil {
		return frozen{}, fault("frozen/no-history", c.Name.Value+" is frozen at a commit, and this folder is in no git repository",
			"compile in a clone of the registry's repository"), nil
	}
	var late diag.List
	if registry.Over(c.Frozen.Until, t.in.Origin.Time) {
		late.Add(c.File.Fault(c.Frozen.Until, diag.Diagnostic{Rule: "frozen/until", Severity: diag.Warning, Cohorts: []string{c.Name.Value},
			Message: fmt.Sprintf("%s was to be frozen until %s", c.Name, c.Frozen.Until), Help: "thaw it, or say until when"}))
	}
	commit := at.Value
	for range maxThaws {
		s, err := t.snapshot(commit)
		if err != nil && !errors.Is(err, history.ErrUnknownRevision) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errSnapshots) {
			return frozen{}, nil, fmt.Errorf("reading the commit that %s is frozen at: %w", c.Name, err)
		}
		if err != nil {
			return frozen{}, fault("frozen/commit", fmt.Sprintf("the commit of this freeze can't be read: %v", err), "name one of the commits that led to this one"), nil
		}
		if s.plan == nil {
			return frozen{}, fault("frozen/commit", "the registry at "+commit+" does not compile: "+s.reason, "name a commit at which it did"), nil
		}
		then := find(s.plan, c.Name.Value)
		if then == nil {
			return frozen{}, fault("frozen/commit", "there was no cohort "+c.Name.Value+" at "+commit, "name a commit at which there was"), nil
		}
		if then.Declared.Frozen == nil {
			return frozen{then, s.plan.Registry.Policy, commit}, late, nil
		}
		commit = then.Declared.Frozen.At.Value
	}
	return frozen{}, fault("frozen/commit", "this freeze leads through more than 32 others", "name the commit whose manifest is meant"), nil
}

func find(p *resolve.Plan, cohort string) *resolve.Cohort {
	for _, c := range p.Cohorts {
		if c.Declared.Name.Value == cohort {
			return c
		}
	}
	return nil
}

// snapshot resolves the registry at another commit, whose own findings are past mending: what compiled then is taken as
// it was, waivers and all.
func (t *thawer) snapshot(commit string) (*snapshot, error) {
	s, err := t.in.History.Snapshot(commit)
	if err != nil {
		return nil, err
	}
	if !t.read[s.ID] && len(t.read) == maxSnapshots {
		return nil, errSnapshots
	}
	t.read[s.ID] = true
	if known := t.snapshots[s.ID]; known != nil {
		return known, nil
	}
	plan, reason, err := resolveAt(s.Tree, t.in.Thorough)
	if err != nil {
		return nil, err
	}
	made := &snapshot{plan, reason}
	t.snapshots[s.ID] = made
	return made, nil
}

// resolveAt returns a plan, or the reason why there is none. An error is one of reading the tree.
func resolveAt(tree fs.FS, thorough bool) (*resolve.Plan, string, error) {
	plan, found, err := planAt(tree, thorough)
	if err != nil {
		return nil, "", err
	}
	if first := firstError(found); first != nil {
		return nil, place(first.Pos) + ": " + first.Message, nil
	}
	return plan, "", nil
}

// planAt resolves as much of a registry as can be read, and returns what its waivers leave of the findings. The plan is nil
// without a usable policy.
func planAt(tree fs.FS, thorough bool) (*resolve.Plan, diag.List, error) {
	r, found, err := load(tree, thorough)
	if err != nil || r == nil {
		return nil, found.Sorted(), err
	}
	plan, l := resolve.Resolve(r)
	found.Add(slices.DeleteFunc(slices.Concat(policy.Check(r), l), r.Echo)...)
	return plan, policy.NewWaivers(r, Rules(), time.Time{}).Apply(found).Sorted(), nil
}

// firstError is the first finding that is an error, nil if none is.
func firstError(l diag.List) *diag.Diagnostic {
	for i := range l {
		if l[i].Severity == diag.Error {
			return &l[i]
		}
	}
	return nil
}

func place(p diag.Pos) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// newFreezes holds the freezes that a change brings against the history that it is judged by: only what was live there may come back.
// A commit of the change itself has passed no gate.
func (c *Checked) newFreezes(in Input, before *registry.Registry) (l diag.List, err error) {
	for _, cohort := range c.Plan.Registry.Cohorts {
		name := cohort.Name.Value
		if _, read := c.frozen[name]; !read {
			continue
		}
		if was := before.Cohort(name); was != nil && was.Frozen != nil && was.Frozen.At.Value == cohort.Frozen.At.Value {
			continue
		}
		reason, err := in.Past.neverLive(in.History, cohort.Frozen.At.Value)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			l.Add(cohort.File.Fault(cohort.Frozen.At, diag.Diagnostic{Rule: "frozen/commit", Cohorts: []string{name},
				Message: "what is frozen has to have been live, and " + reason,
				Help:    fmt.Sprintf("name a commit on the first-parent line of the base, %s, at which the registry was in order; muster log lists them", diag.ShortID(in.Past.Commit.ID))}))
		}
	}
	return l, nil
}

// neverLive says why the registry at a commit was never live on the line of the base; "" if it was.
func (p *Past) neverLive(h History, rev string) (string, error) {
	s, err := h.Snapshot(rev)
	if err != nil {
		return "", err
	}
	for c, err := range p.Repo.Commits(p.Commit) {
		if err != nil {
			return "", err
		}
		if c.ID != s.ID {
			continue
		}
		live, err := at(p.Repo, c)
		if live == nil && err == nil {
			return "the registry at " + diag.ShortID(s.ID) + " does not compile", nil
		}
		return "", err
	}
	return diag.ShortID(s.ID) + " is not on the line of the base", nil
}

// revoked holds a frozen cohort's releases against today's revocations.
func revoked(today *registry.Registry, c *registry.Cohort, then *resolve.Cohort) (l diag.List) {
	for _, p := range then.Pins {
		remote := today.Remote(p.Remote.Name.Value)
		if remote == nil {
			continue
		}
		for _, choice := range p.Choices {
			for _, release := range remote.Releases {
				if release.Version.Value == choice.Release.Version.Value && release.Status.Value == registry.Revoked {
					l.Add(c.File.Fault(c.Frozen.At, diag.Diagnostic{Rule: "release/revoked", Remote: remote.Name.Value, Cohorts: []string{c.Name.Value},
						Message: fmt.Sprintf("%s is frozen with %s %s, which is revoked: %s", c.Name, remote.Name, release.Version, release.Reason),
						Notes:   []diag.Note{remote.File.Note(release.Status, "it is revoked here")},
						Help:    "freeze it at another commit, or thaw it"}))
				}
			}
		}
	}
	return l
}
