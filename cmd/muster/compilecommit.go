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
	return s.Origin.Commit, nil
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
