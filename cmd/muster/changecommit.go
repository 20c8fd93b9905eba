package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"muster/compiler/history"
)

// git is a run of the user's git in the work tree, which it is told where a git folder is: without that, the folder in which it
// runs would be the top of the work tree.
func (c *changer) git(ctx context.Context, args ...string) *exec.Cmd {
	run := exec.CommandContext(ctx, "git", append([]string{"--literal-pathspecs"}, args...)...)
	run.Dir = c.globals.dir
	run.Cancel = func() error { return run.Process.Signal(syscall.SIGTERM) }
	run.Stderr = c.cmd.ErrOrStderr()
	run.Env = os.Environ()
	top := os.Getenv("GIT_WORK_TREE")
	if top == "" && os.Getenv("GIT_DIR") != "" && c.repo != nil {
		top = c.repo.WorkTree()
	}
	for name, value := range map[string]string{"GIT_DIR": os.Getenv("GIT_DIR"), "GIT_WORK_TREE": top} {
		if absolute, err := filepath.Abs(value); err == nil && value != "" { // it is relative to our folder, not to that of the registry
			run.Env = append(run.Env, name+"="+absolute)
		}
	}
	return run
}

// ask runs git for what it prints. ok is false where it exits with something else than 0.
func (c *changer) ask(args ...string) (answer string, ok bool, err error) {
	run := c.git(context.Background(), args...)
	run.Stderr = io.Discard
	out, err := run.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("running git: %w", err)
	}
	return strings.TrimRight(string(out), "\n"), true, nil
}

var errGit = errors.New("git can't tell about this work tree; `git status` says why")

// must is ask where git has to know.
func (c *changer) must(args ...string) (string, error) {
	answer, ok, err := c.ask(args...)
	if err == nil && !ok {
		err = errGit
	}
	return answer, err
}

// underWay are the files in the git folder that stand for something that another commit would come between.
var underWay = []struct{ file, what string }{
	{"MERGE_HEAD", "a merge"}, {"CHERRY_PICK_HEAD", "a cherry-pick"}, {"REVERT_HEAD", "a revert"},
	{"rebase-merge", "a rebase"}, {"rebase-apply", "a rebase, or git am,"}, {"BISECT_START", "a bisection"},
}

// mayCommit makes sure that the work tree can have a commit of a few files.
func (c *changer) mayCommit() error {
	if c.repo == nil {
		return fmt.Errorf("committing: %w", history.ErrNotRepository)
	}
	if c.head.ID == "" {
		return c.declinef("nothing has been committed yet; commit the registry first")
	}
	head, err := c.must("rev-parse", "HEAD")
	if err != nil {
		return err
	}
	if head != c.head.ID {
		return fmt.Errorf("git takes HEAD to be %q, and muster reads %q; say with -C where the registry is", head, c.head.ID)
	}
	prefix, err := c.must("rev-parse", "--show-prefix")
	if err != nil {
		return err
	}
	if prefix = strings.TrimSuffix(prefix, "/"); prefix != c.repo.Prefix() {
		return fmt.Errorf("git takes this for the folder %q of the work tree, and muster for %q; run it without GIT_DIR and GIT_WORK_TREE", prefix, c.repo.Prefix())
	}
	return c.mayMoveHead()
}

// mayMoveHead makes sure that a commit goes to a branch, and comes between nothing.
func (c *changer) mayMoveHead() error {
	for _, u := range underWay {
		path, err := c.must("rev-parse", "--git-path", u.file)
		if err != nil {
			return err
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.globals.dir, path)
		}
		if _, err := os.Lstat(path); err == nil {
			return c.declinef("%s is under way here; finish it first, or leave out --commit", u.what)
		}
	}
	if _, ok, err := c.ask("symbolic-ref", "-q", "HEAD"); err != nil || ok {
		return err
	}
	return c.declinef("HEAD is on no branch, so the commit would be on none; go to one first, such as: git switch main, or leave out --commit")
}

// The states of a file that git status --porcelain tells by two letters.
const (
	untracked = "??"
	ignored   = "!!"
)

// state is what git status says of a file; "" if there is nothing to say.
func (c *changer) state(f *workFile) (string, error) {
	answer, err := c.must("status", "--porcelain", "--untracked-files=all", "--ignored", "--", f.path)
	return answer[:min(len(answer), 2)], err
}

// mayCommitFiles makes sure that a commit of the changed files is one of this change and no other: if they have changes that are not
// committed, then because this change is there already.
func (c *changer) mayCommitFiles() error {
	for _, f := range c.files {
		if !f.changed() && f.written() {
			continue
		}
		state, err := c.state(f)
		if err != nil {
			return err
		}
		f.added = state == untracked
		there := f.uncommitted() && f.written()
		switch {
		case state == ignored:
			return c.declinef("%s is ignored by git, and can't be committed; see .gitignore", f.path)
		case state == "" && f.uncommitted() && !there:
			return c.declinef("%s is not what HEAD has, and git is told not to look; git update-index --no-assume-unchanged --no-skip-worktree -- %s shows it to git", f.path, quoted(f.path))
		case state == "" || f.added || strings.Contains(state, "A"):
		case there && (state == " M" || state == "M "):
		default:
			return c.declinef("%s has changes that are not committed, and the commit would take them along; commit them or put them away first", f.path)
		}
	}
	return nil
}

// commit writes and commits a change. If git or one of its hooks refuses, the files are as they were.
func (c *changer) commit(p *plan) error {
	if c.globals.output != "json" { // the plan comes first: a hook may ask questions
		if err := c.show(p, ""); err != nil {
			return err
		}
	}
	// They end git, and we see what became of the commit: only then are the files those that they are to be.
	ended, stop := signal.NotifyContext(context.Background(), ending...)
	defer stop()
	if err := c.write(p.files); err != nil {
		return err
	}
	failed := c.gitCommit(ended, p)
	var err error
	if p.committed, err = c.made(p); err != nil {
		return errors.Join(failed, err)
	}
	switch {
	case p.committed == "" && failed != nil:
		return c.takeBack(p, failed)
	case p.committed == "":
		return fmt.Errorf("git commit was content, and no commit since %s changes %s; `git reflog` tells where HEAD went", short(c.head.ID), listing(paths(p.files)))
	case failed != nil:
		c.remarkf("%v, but the commit had been made", failed)
	}
	p.written = true
	return c.tellCommit(p)
}

// tellCommit says which commit was made.
func (c *changer) tellCommit(p *plan) error {
	for _, f := range p.files {
		if now, err := os.ReadFile(filepath.Join(c.globals.dir, filepath.FromSlash(f.path))); err != nil || !bytes.Equal(now, f.Bytes()) {
			c.remarkf("%s is not as it was to be: a hook may have changed it; `muster log -n 1` tells what the commit does", f.path)
		}
	}
	outcome := "committed " + short(p.committed)
	if c.globals.output == "json" {
		return c.show(p, outcome)
	}
	fmt.Fprintln(c.cmd.ErrOrStderr(), outcome)
	return nil
}

// made finds the commit that git made of a change; "" if there is none. What HEAD is afterwards may be somebody else's: hooks commit,
// and so do other people.
func (c *changer) made(p *plan) (string, error) {
	answer, err := c.must(append([]string{"rev-list", "--reverse", "--max-count=100", c.head.ID + "..HEAD", "--"}, paths(p.files)...)...)
	if err != nil || answer == "" {
		return "", err
	}
	ids := strings.Split(answer, "\n")
	for _, id := range ids {
		if subject, err := c.must("show", "-s", "--no-show-signature", "--format=%s", id); err != nil || subject == p.subject {
			return id, err
		}
	}
	return ids[0], nil // a hook has its own idea of the message
}

// added are the paths of files that git does not know yet.
func added(files []*workFile) []string {
	return paths(slices.DeleteFunc(slices.Clone(files), func(f *workFile) bool { return !f.added }))
}

// gitCommit runs git so that its hooks, signatures and prompts are at home; what they print goes to stderr.
func (c *changer) gitCommit(ctx context.Context, p *plan) error {
	if unknown := added(p.files); len(unknown) > 0 {
		if err := c.git(ctx, append([]string{"add", "-N", "--"}, unknown...)...).Run(); err != nil {
			return fmt.Errorf("git add: %w", err)
		}
	}
	args := []string{"commit", "-q", "--only", "--cleanup=whitespace", "-m", inMessage(p.subject)}
	if p.body != "" {
		args = append(args, "-m", inMessage(p.body))
	}
	run := c.git(ctx, slices.Concat(args, []string{"-m", p.trailerLines(), "--"}, paths(p.files))...)
	run.Stdin, run.Stdout = c.cmd.InOrStdin(), c.cmd.ErrOrStderr()
	if err := run.Run(); err != nil {
		return fmt.Errorf("git commit: %w", err)
	}
	return nil
}

// inMessage is a text as a part of a commit's message: a line of dashes would end the message for those who look for trailers
// (git-interpret-trailers(1)), and so it is indented.
func inMessage(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "---") {
			lines[i] = " " + line
		}
	}
	return strings.Join(lines, "\n")
}

// trailerLines are the end of the commit's message, for git interpret-trailers(1) and for muster log.
func (p *plan) trailerLines() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Muster-Action: %s\n", p.action)
	for _, t := range p.trailers {
		fmt.Fprintf(&b, "%s: %s\n", t[0], t[1])
	}
	return b.String()
}

func paths(files []*workFile) (all []string) {
	for _, f := range files {
		all = append(all, f.path)
	}
	return all
}

// takeBack undoes what was written for a commit that failed.
func (c *changer) takeBack(p *plan, why error) error {
	ours := slices.DeleteFunc(slices.Clone(p.files), (*workFile).written)
	var left []string
	err := c.atOnce(func(root *os.Root) (err error) {
		left, err = putBack(root, ours)
		return err
	})
	if unknown := added(p.files); len(unknown) > 0 {
		_, _, failed := c.ask(append([]string{"reset", "-q", "--"}, unknown...)...)
		err = errors.Join(err, failed)
	}
	if err != nil {
		return errors.Join(why, err)
	}
	if len(left) > 0 {
		return c.declinef("%v; nothing was committed; %s has been changed since this change was written, by a hook or by somebody else, and is left as it is: `git diff` shows both changes", why, listing(left))
	}
	return c.declinef("%v; nothing was committed, and the work tree is as it was", why)
}

// howToCommit says how to commit a change by hand; nothing outside a repository.
func (c *changer) howToCommit(p *plan) string {
	if c.repo == nil {
		return ""
	}
	git := "git"
	if top := c.repo.WorkTree(); os.Getenv("GIT_DIR") != "" && top != "" {
		git += " --work-tree=" + quoted(top)
	}
	if c.globals.dir != "." {
		git += " -C " + quoted(c.globals.dir)
	}
	var commands []string
	for _, f := range p.files {
		if state, err := c.state(f); err == nil && state == untracked {
			commands = append(commands, git+" add -N -- "+quoted(f.path))
		}
	}
	words := []string{git, "commit", "-m", quoted(p.subject), "--"}
	for _, path := range paths(p.files) {
		words = append(words, quoted(path))
	}
	return "; commit it: " + strings.Join(append(commands, strings.Join(words, " ")), " && ")
}

// quoted is a word for a POSIX shell.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("./_-@:+,=", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
