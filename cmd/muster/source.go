package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/registry"
)

// source is an open registry.
type source struct {
	compiler.Input
	repo    *history.Repository // nil outside a git repository
	closers []func() error
}

func (s *source) Close() {
	for _, c := range s.closers {
		c() // everything was opened for reading
	}
}

// openRepository opens the repository around the folder that the flags name.
func (g *globals) openRepository() (*history.Repository, error) {
	if info, err := os.Stat(g.dir); err != nil {
		return nil, fmt.Errorf("opening the registry: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("opening the registry: %q is a file; -C names the folder that holds remotes, cohorts and schema", g.dir)
	}
	return history.Open(g.dir, history.Options{GitDir: os.Getenv("GIT_DIR"), Keep: registry.Folders})
}

// open opens the registry that the flags name, to read it: a folder, in a repository or not, or a commit.
func (g *globals) open() (*source, error) {
	s, err := g.openWorkTree()
	if errors.Is(err, errNoWorkTree) {
		err = fmt.Errorf("%w; name a commit with --at", err)
	} else if errors.Is(err, history.ErrSparse) {
		err = fmt.Errorf("%w, or read a commit with --at HEAD", err)
	}
	return s, err
}

var errNoWorkTree = errors.New("it has no work tree")

// openWorkTree is open without a word about --at, for those who don't take it.
func (g *globals) openWorkTree() (*source, error) {
	s := &source{}
	repo, err := g.openRepository()
	switch {
	case err == nil:
		s.repo = repo
		s.closers = append(s.closers, repo.Close)
	case !errors.Is(err, history.ErrNotRepository) || g.at != "":
		return nil, err
	}
	if g.at != "" {
		err = s.openCommit(repo, g.at)
	} else {
		err = s.openFolder(repo, g.dir)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *source) openCommit(repo *history.Repository, rev string) error {
	c, err := repo.Resolve(rev)
	if errors.Is(err, history.ErrUnknownRevision) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	s.History = compiler.NewHistory(repo, c)
	if s.Tree, err = repo.Tree(c); err != nil {
		return err
	}
	s.Origin, err = originOf(repo, c)
	return err
}

// compareWith takes the registry at a commit for the base; where the commit has no such folder yet, an empty one.
func (s *source) compareWith(rev string) error {
	if s.repo == nil {
		return fmt.Errorf("opening the base: %w", history.ErrNotRepository)
	}
	c, err := s.repo.Resolve(rev)
	if errors.Is(err, history.ErrUnknownRevision) {
		return &usageError{fmt.Errorf("--base: %w", err)}
	}
	if err != nil {
		return err
	}
	s.Past = &compiler.Past{Repo: s.repo, Commit: c, Head: history.Commit{ID: s.Origin.Commit}}
	if s.Base, err = s.repo.Tree(c); errors.Is(err, fs.ErrNotExist) {
		s.Base, err = nothing{}, nil
	}
	return err
}

// nothing is an empty tree.
type nothing struct{}

func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (s *source) openFolder(repo *history.Repository, dir string) error {
	if repo != nil && repo.Bare() {
		return fmt.Errorf("opening the registry: %q is a git folder: %w", dir, errNoWorkTree)
	}
	if repo != nil {
		if err := repo.Sparse(registry.Folders); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the registry: %w", err)
	}
	s.closers = append(s.closers, root.Close)
	s.Tree = root.FS()
	if repo == nil {
		s.Origin.Unpublishable = "the registry is in no git repository"
		return nil
	}
	return s.compare(repo)
}

// Why a registry in a repository is not to be published.
const (
	dirty      = "the work tree differs from its commit"
	incomplete = "this clone lacks a part of the history"
)

// compare finds out which commit the work tree is, and whether it is all of it.
func (s *source) compare(repo *history.Repository) error {
	c, err := repo.Resolve("HEAD")
	s.History = compiler.NewHistory(repo, c)
	if errors.Is(err, history.ErrUnknownRevision) {
		s.Origin.Unpublishable = "nothing has been committed yet"
		return nil
	}
	if err != nil {
		return err
	}
	if s.Origin, err = originOf(repo, c); err != nil {
		return err
	}
	changed, err := repo.Differs(c, s.Tree, registry.Folders)
	if changed {
		s.Origin.Unpublishable = dirty
	}
	return err
}

// originOf is what the pointer says of a commit. A clone without the whole history is good enough to compile, and no more.
func originOf(repo *history.Repository, c history.Commit) (manifest.Origin, error) {
	o := manifest.Origin{Commit: c.ID, Time: c.Time}
	if err := repo.Complete(); err != nil {
		o.Unpublishable = incomplete
		return o, nil
	}
	var err error
	o.Serial, err = repo.Serial(c)
	return o, err
}

// text reads a file of the registry for the lines below a finding.
func (s *source) text(file string) ([]byte, bool) {
	b, err := fs.ReadFile(s.Tree, file)
	return b, err == nil
}

// isThere is an error if no commit up to one ever had a registry where we look: that nothing happened to it would be no answer.
func isThere(repo *history.Repository, tip history.Commit) error {
	for step, err := range repo.Steps(tip, registry.Folders) {
		if err != nil || len(step.Changes) > 0 {
			return err
		}
	}
	where := "at the top of the repository"
	if repo.Prefix() != "" {
		where = fmt.Sprintf("in its folder %q", repo.Prefix())
	}
	return fmt.Errorf("no commit up to %s has a registry %s; -C names the folder that holds remotes, cohorts and schema", short(tip.ID), where)
}

// nothingServed says that no commit compiles, if there is a registry at all.
func nothingServed(cmd *cobra.Command, repo *history.Repository, tip history.Commit) error {
	if err := isThere(repo, tip); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "nothing is served: no commit up to %s compiles\n", short(tip.ID))
	return exitStatus(exitFindings)
}
