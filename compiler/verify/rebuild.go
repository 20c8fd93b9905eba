package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"muster/compiler"
	"muster/compiler/canonical"
	"muster/compiler/diag"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/registry"
	"muster/compiler/store"
)

// rebuild compiles the pointer's commit and compares what comes out.
func (r *run) rebuild(ctx context.Context) (Level, error) {
	if why := r.cantRebuild(); why != "" {
		return skipped(Rebuild, why), nil
	}
	l := Level{Name: Rebuild}
	b, err := r.compile()
	if err != nil {
		return l, err
	}
	if b.result == nil {
		l.add("commit", manifest.PointerPath, "%s", b.why)
		return l, nil
	}
	if r.compiled { // of what is published, the log tells
		if err := r.onLine(&l); err != nil {
			return l, err
		}
	}
	r.lifetime(&l, b.result.Policy)
	r.compareManifests(ctx, &l, b.result)
	if err := r.comparePointer(&l, b.result.Pointer); err != nil {
		return l, err
	}
	l.Summary = fmt.Sprintf("%s and the pointer against what commit %s compiles to", count(len(r.pointer.Cohorts), "manifest"), diag.ShortID(r.pointer.Commit))
	return l, nil
}

// cantRebuild is why there is nothing to compare with; "" if there is.
func (r *run) cantRebuild() string {
	switch {
	case r.pointer == nil:
		return noPointer
	case r.Git == nil:
		return r.NoGit
	case r.pointer.Commit == "":
		return "it was compiled from no commit"
	case r.pointer.Unpublishable != "":
		return "it was compiled from more than a commit: " + r.pointer.Unpublishable
	}
	return ""
}

// compile compiles the pointer's commit, once. The error is one of the repository; what is wrong with the commit is in the build.
func (r *run) compile() (*build, error) {
	if r.built == nil {
		r.built = &build{}
		if r.cantRebuild() != "" {
			return r.built, nil
		}
		var err error
		if r.built, err = compileAt(r.Git.Repo, r.pointer.Commit); err != nil {
			return nil, err
		}
	}
	return r.built, nil
}

func compileAt(repo *history.Repository, commit string) (*build, error) {
	c, err := repo.Resolve(commit)
	if errors.Is(err, history.ErrUnknownRevision) {
		return &build{why: fmt.Sprintf("the repository does not have commit %s: fetch, or it is not ours", diag.ShortID(commit))}, nil
	}
	if err != nil {
		return nil, err
	}
	in := compiler.Input{History: compiler.NewHistory(repo, c), Origin: manifest.Origin{Commit: c.ID, Time: c.Time}}
	if in.Tree, err = repo.Tree(c); errors.Is(err, fs.ErrNotExist) {
		return &build{why: fmt.Sprintf("commit %s has no registry", diag.ShortID(commit))}, nil
	}
	if err != nil {
		return nil, err
	}
	if in.Origin.Serial, err = repo.Serial(c); err != nil {
		return nil, err
	}
	result, found, err := compiler.Compile(in)
	if err != nil {
		return nil, err
	}
	b := &build{result: result}
	if i := slices.IndexFunc(found, func(d diag.Diagnostic) bool { return d.Severity == diag.Error }); result == nil && i >= 0 {
		b.why = fmt.Sprintf("commit %s does not compile: %s", diag.ShortID(commit), found[i].Message)
	}
	return b, nil
}

// onLine asks that the pointer's commit is on the line that is trusted.
func (r *run) onLine(l *Level) error {
	line, err := r.commits()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(line, func(c history.Commit) bool { return c.ID == r.pointer.Commit }) {
		l.add("line", manifest.PointerPath, "commit %s is not on the line of first parents up to %s: it is on another branch, or the repository is behind", diag.ShortID(r.pointer.Commit), diag.ShortID(r.Git.Tip.ID))
	}
	return nil
}

// lifetime asks that the pointer is believed for no longer than its commit's policy says: who has a key could sign one for ever.
func (r *run) lifetime(l *Level, p *registry.Policy) {
	if r.pointer.Issued == "" || p.Signing == nil || p.Signing.Expires == 0 {
		return
	}
	issued, _ := manifest.Moment(r.pointer.Issued) // ParsePointer has read both
	expires, _ := manifest.Moment(r.pointer.Expires)
	if r.pointer.Expires == "" || expires.Sub(issued) > p.Signing.Expires {
		l.add("expires", manifest.PointerPath, "it was issued at %s and expires at %s, and the policy of commit %s has it expire after %s: somebody else has signed it", r.pointer.Issued, cmp.Or(r.pointer.Expires, "no time"), diag.ShortID(r.pointer.Commit), p.Signing.Expires)
	}
}

// compareManifests compares the manifests that the pointer names, by their hashes. One that differs is read for what differs.
func (r *run) compareManifests(ctx context.Context, l *Level, result *compiler.Result) {
	for _, c := range r.pointer.Cohorts {
		i := slices.IndexFunc(result.Manifests, func(m manifest.Manifest) bool { return m.Cohort == c.Name })
		if i < 0 || result.Manifests[i].ID.String() == c.SHA256 {
			continue // comparePointer tells of cohorts that only one has
		}
		m := result.Manifests[i]
		f := Finding{ID: "rebuild/manifest", Object: c.Path(), Was: m.Bytes,
			Message: fmt.Sprintf("it is not what commit %s compiles to, which is %s", diag.ShortID(r.pointer.Commit), diag.ShortID(m.ID.String()))}
		a, err := r.Site.Get(ctx, c.Path(), int64(min(c.Size, store.MaxSize)))
		if err == nil && canonical.Check(a.Body, maxDepth) == nil {
			f.Is = a.Body
		} else {
			f.Was = nil // that it can't be read is said
		}
		l.Findings = append(l.Findings, f)
	}
}

// comparePointer compares the pointer, but for what only publishing knows and for manifests, of which compareManifests tells.
func (r *run) comparePointer(l *Level, built *manifest.Pointer) error {
	is, was := *r.pointer, *built
	is.Issued, is.Expires, is.Previous = "", "", ""
	is.Cohorts = slices.Clone(is.Cohorts)
	for i, c := range is.Cohorts {
		for _, o := range was.Cohorts {
			if o.Name == c.Name && o.SHA256 != c.SHA256 {
				is.Cohorts[i].URL, is.Cohorts[i].SHA256, is.Cohorts[i].Size = o.URL, o.SHA256, o.Size
			}
		}
	}
	a, err := was.Encode()
	if err != nil {
		return err
	}
	b, err := is.Encode()
	if err != nil {
		return err
	}
	if string(a) != string(b) {
		l.Findings = append(l.Findings, Finding{ID: "rebuild/pointer", Object: manifest.PointerPath, Was: a, Is: b,
			Message: fmt.Sprintf("it is not what commit %s compiles to", diag.ShortID(r.pointer.Commit))})
	}
	return nil
}
