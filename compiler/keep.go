package compiler

import (
	"cmp"
	"slices"

	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/registry"
)

// Keep returns the manifests of the last n serials of the first-parent line up to and with tip, each once, by path; of all if there are
// fewer. A commit that does not compile was never published, and is none of the n. It goes back no further than it takes to find n, and
// fails as Steps does where the clone ends before.
func Keep(repo *history.Repository, tip history.Commit, n int) ([]manifest.Manifest, error) {
	if n <= 0 {
		return nil, nil
	}
	for reach := n; ; reach *= 2 {
		line, whole, err := lastSteps(repo, tip, reach)
		if err != nil {
			return nil, err
		}
		served, err := servedAlong(repo, line)
		if err != nil {
			return nil, err
		}
		if whole || len(served) >= n {
			return manifestsOf(served[max(0, len(served)-n):])
		}
	}
}

// lastSteps is the end of the line up to a commit, n steps or all of it, the oldest commit first. The first of a part brings the whole
// registry, as the first of a line does.
func lastSteps(repo *history.Repository, tip history.Commit, n int) (line []history.Step, whole bool, err error) {
	for step, err := range repo.Steps(tip, registry.Folders) {
		if err != nil {
			return nil, false, err
		}
		if line = append(line, step); len(line) == n {
			break
		}
	}
	slices.Reverse(line)
	if len(line) < n {
		return line, true, nil
	}
	line[0].Changes, err = repo.Files(commitOf(line[0]), registry.Folders)
	return line, false, err
}

// servedAlong is what the commits of a line that compile serve, in their order.
func servedAlong(repo *history.Repository, line []history.Step) (served []*Live, err error) {
	for m, err := range newReplayer(repo).along(line, 0) {
		if err != nil {
			return nil, err
		}
		if m.After != nil && !m.broken {
			served = append(served, m.After)
		}
	}
	return served, nil
}

// manifestsOf encodes what is served one after another. What stays the same is encoded once.
func manifestsOf(served []*Live) (all []manifest.Manifest, err error) {
	known := map[*identity]bool{}
	for _, live := range served {
		for _, c := range live.State.Cohorts {
			name := c.Declared.Name.Value
			if known[live.ids[name]] {
				continue
			}
			known[live.ids[name]] = true
			m, _, err := live.Manifest(name)
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b manifest.Manifest) int { return cmp.Compare(a.Path(), b.Path()) })
	return slices.CompactFunc(all, func(a, b manifest.Manifest) bool { return a.Path() == b.Path() }), nil
}
