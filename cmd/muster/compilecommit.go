package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/diag"
	"muster/compiler/history"
)

// compiledCommit is a commit's registry and what it compiles to.
type compiledCommit struct {
	*source
	commit history.Commit
	result *compiler.Result
}

// compileCommit compiles HEAD or the commit that --at names, from git's own objects. A work tree that differs from HEAD is no
// commit, and who has one may not mean HEAD.
func (g *globals) compileCommit(cmd *cobra.Command) (*compiledCommit, error) {
	id, err := g.publishable()
	if err != nil {
		return nil, err
	}
	c, found, err := g.compileAt(id)
	if err != nil {
		return nil, err
	}
	if err = g.render(cmd.ErrOrStderr(), c.source, found, "text"); err == nil && c.result == nil {
		err = conclude(cmd.ErrOrStderr(), found)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// compileLastGood is compileCommit for the last commit up to there that compiles. A broken commit serves nothing new, and what it
// leaves alone must not expire.
func (g *globals) compileLastGood(cmd *cobra.Command) (*compiledCommit, error) {
	id, err := g.publishable()
	if err != nil {
		return nil, err
	}
	repo, err := g.openRepository()
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	for commit, err := range repo.Commits(history.Commit{ID: id}) {
		if err != nil {
			return nil, err
		}
		c, _, err := g.compileAt(commit.ID)
		if err != nil {
			return nil, err
		}
		if c.result != nil {
			return c, nil
		}
		c.Close()
		fmt.Fprintf(cmd.ErrOrStderr(), "muster: commit %s does not compile, and serves what the one before it does\n", short(commit.ID))
	}
	return nil, fmt.Errorf("no commit up to %s compiles", short(id))
}

// publishable is the id of the commit that is to be published.
func (g *globals) publishable() (string, error) {
	s, err := g.open()
	if err != nil {
		return "", err
	}
	defer s.Close()
	if why := s.Origin.Unpublishable; why != "" {
		return "", fmt.Errorf("only a commit can be published: %s%s", why, cureOf(why))
	}
	if g.at != "" {
		return s.Origin.Commit, mergedAside(s.repo, s.Origin.Commit)
	}
	return s.Origin.Commit, nil
}

// mergedAside refuses a commit that came into the branch by a merge. It has a serial of its own line, which the branch has given
// to another commit: once it is published, no commit of the branch could follow it.
func mergedAside(repo *history.Repository, id string) error {
	head, err := repo.Resolve("HEAD")
	if err != nil || head.ID == id { // a bare repository need not have one
		return nil
	}
	in, err := repo.IsAncestor(history.Commit{ID: id}, head)
	if err != nil || !in {
		return err
	}
	for c, err := range repo.Commits(head) {
		if err != nil || c.ID == id {
			return err
		}
	}
	return usagef("commit %s came into HEAD by a merge, and is no commit of its line: publish the merge, or one of its first parents", short(id))
}

// compileAt compiles a commit. Its result is nil if it does not compile.
func (g *globals) compileAt(id string) (*compiledCommit, diag.List, error) {
	at := *g
	at.at = id
	s, err := at.open()
	if err != nil {
		return nil, nil, err
	}
	result, found, err := compiler.Compile(s.Input)
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return &compiledCommit{s, history.Commit{ID: s.Origin.Commit, Time: s.Origin.Time}, result}, found, nil
}

// cureOf is what to do about a registry that can't be published.
func cureOf(unpublishable string) string {
	switch unpublishable {
	case dirty:
		return "; commit the change, or name a commit with --at, such as --at HEAD"
	case incomplete:
		return "; fetch it: git fetch --unshallow (in CI: fetch-depth: 0)"
	}
	return ""
}
