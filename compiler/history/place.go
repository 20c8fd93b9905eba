package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const cureMoved = "after a repository was moved, run `git worktree repair` in it; or make a fresh clone"

// place is where a repository lies.
type place struct {
	git    string // the git folder: it holds HEAD
	common string // holds objects, refs, config and shallow; differs from git in a linked work tree
	root   string // the top of the work tree; "" for a bare repository
}

// locate finds the repository of the folder dir, which must be absolute and without symbolic links.
func locate(dir, gitDir string) (place, error) {
	if gitDir != "" {
		abs, err := filepath.Abs(gitDir)
		if err != nil {
			return place{}, fmt.Errorf("locating git folder %q: %w", gitDir, err)
		}
		return readPlace(abs)
	}
	p, err := surrounding(dir)
	switch bare := isGitFolder(dir, dir); {
	case !bare || p.root == dir: // .git comes first, whatever lies beside it
		return p, err
	case errors.Is(err, ErrNotRepository) || err == nil && within(dir, p.git):
		return place{git: dir, common: dir}, nil
	case err != nil:
		return place{}, err
	default:
		return place{}, &unusable{
			problem: fmt.Sprintf("%q looks like a bare repository, and lies in the work tree of %q", dir, p.git),
			cure:    "say which one is meant with GIT_DIR",
		}
	}
}

// surrounding looks for .git in dir and the folders above it.
func surrounding(dir string) (place, error) {
	for at := dir; ; at = filepath.Dir(at) {
		dotGit := filepath.Join(at, ".git")
		_, err := os.Stat(dotGit)
		if err == nil {
			p, err := readPlace(dotGit)
			p.root = at
			return p, err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return place{}, fmt.Errorf("looking for a repository: %w", err)
		}
		if at == filepath.Dir(at) {
			return place{}, &unusable{
				kind:    ErrNotRepository,
				problem: fmt.Sprintf("%q is not in a git repository", dir),
				cure:    "name the registry's folder with -C, or make it a repository with `git init`",
			}
		}
	}
}

// readPlace follows a git folder, or a .git file that names one, to the folder that it shares with other work trees.
func readPlace(path string) (place, error) {
	git, err := linkTarget(path, "gitdir: ")
	if err != nil {
		return place{}, &unusable{problem: fmt.Sprintf("%q names no git folder", path), cause: err, cure: cureMoved}
	}
	common, err := linkTarget(filepath.Join(git, "commondir"), "")
	if errors.Is(err, fs.ErrNotExist) {
		common, err = git, nil
	}
	if err != nil || !isGitFolder(git, common) {
		problem := fmt.Sprintf("%q is not a git folder: it needs HEAD, objects and refs", git)
		return place{}, &unusable{problem: problem, cause: err, cure: cureMoved}
	}
	return place{git: git, common: common}, nil
}

// linkTarget is the folder that a one-line file names, relative to the file's own folder; a folder names itself.
func linkTarget(path, intro string) (string, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(strings.TrimRight(string(data), "\r\n"), intro)
	if !ok || target == "" {
		return "", fmt.Errorf("%q is not the one line %q and a path", path, intro)
	}
	return against(filepath.Dir(path), target), nil
}

// workTree is the top of the work tree of a git folder that was named rather than found: what core.worktree says, where a
// linked work tree was added, or the folder that .git lies in; "" if none of it applies.
func (p place) workTree(configured string) string {
	root := ""
	if configured != "" {
		root = against(p.git, configured)
	} else if dotGit, err := linkTarget(filepath.Join(p.git, "gitdir"), ""); err == nil {
		root = filepath.Dir(dotGit)
	} else if filepath.Base(p.git) == ".git" {
		root = filepath.Dir(p.git)
	}
	if real, err := realPath(root); root != "" && err == nil {
		return real
	}
	return root
}

func against(base, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// within reports whether dir is the folder outer or lies in it.
func within(dir, outer string) bool {
	outer, err := realPath(outer)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(outer, dir)
	return err == nil && filepath.IsLocal(rel)
}

// isGitFolder is git's own test (is_git_directory in its setup.c).
func isGitFolder(git, common string) bool {
	head, err := os.Lstat(filepath.Join(git, "HEAD"))
	return err == nil && !head.IsDir() && isFolder(filepath.Join(common, "objects")) && isFolder(filepath.Join(common, "refs"))
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
