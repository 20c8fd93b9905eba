package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"muster/compiler/history"
)

// write puts files into the work tree: all of them, or none.
func (c *changer) write(files []*workFile) error {
	root, err := os.OpenRoot(c.globals.dir)
	if err != nil {
		return fmt.Errorf("writing the change: %w", err)
	}
	defer root.Close()
	var temporary []string
	defer func() {
		for _, name := range temporary {
			root.Remove(name) // those that were renamed are not there
		}
	}()
	for _, f := range files {
		if err := f.stillAsRead(root); err != nil {
			return err
		}
		name, err := f.prepare(root, f.Bytes())
		if temporary = append(temporary, name); err != nil {
			return fmt.Errorf("writing %q: %w", f.path, err)
		}
	}
	for i, f := range files {
		err := f.stillAsRead(root)
		if err == nil {
			err = root.Rename(temporary[i], f.path)
		}
		if err != nil {
			return errors.Join(err, putBack(root, files[:i]))
		}
	}
	return nil
}

// stillAsRead makes sure that nobody has changed a file meanwhile, and that it is one.
func (f *workFile) stillAsRead(root *os.Root) error {
	info, err := root.Lstat(f.path)
	if err != nil {
		return fmt.Errorf("writing the change: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("writing the change: %q is no regular file; put the file itself there: links are not followed", f.path)
	}
	f.mode = info.Mode().Perm()
	now, err := root.ReadFile(f.path)
	if err != nil {
		return fmt.Errorf("writing the change: %w", err)
	}
	if !bytes.Equal(now, f.was) {
		return fmt.Errorf("writing the change: %q has been changed since it was read; run the command again", f.path)
	}
	return nil
}

// prepare writes a text, down to the disk, into a file beside the one whose place it is to take, and returns its name.
func (f *workFile) prepare(root *os.Root, text []byte) (name string, err error) {
	name = path.Join(path.Dir(f.path), fmt.Sprintf(".%s.%d", path.Base(f.path), os.Getpid()))
	to, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
	if err != nil {
		return name, err
	}
	_, err = to.Write(text)
	return name, errors.Join(err, to.Chmod(f.mode), to.Sync(), to.Close()) // the umask has a say in the mode of OpenFile
}

// putBack gives files the text that they had.
func putBack(root *os.Root, files []*workFile) (all error) {
	for _, f := range files {
		name, err := f.prepare(root, f.was)
		if err == nil {
			err = root.Rename(name, f.path)
		}
		if err != nil {
			all = errors.Join(all, fmt.Errorf("putting %q back: %w", f.path, err))
		}
	}
	return all
}

// git is a run of the user's git in the work tree.
func (c *changer) git(args ...string) *exec.Cmd {
	run := exec.Command("git", append([]string{"--literal-pathspecs"}, args...)...)
	run.Dir = c.globals.dir
	if dir := os.Getenv("GIT_DIR"); dir != "" {
		if absolute, err := filepath.Abs(dir); err == nil { // it is relative to our folder, not to that of the registry
			run.Env = append(os.Environ(), "GIT_DIR="+absolute)
		}
	}
	run.Stderr = c.cmd.ErrOrStderr()
	return run
}

// ask runs git for what it prints. ok is false where it exits with something else than 0.
func (c *changer) ask(args ...string) (answer string, ok bool, err error) {
	run := c.git(args...)
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

// underWay are the refs that stand for something that only a whole commit can end.
var underWay = []struct{ ref, what string }{{"MERGE_HEAD", "a merge"}, {"CHERRY_PICK_HEAD", "a cherry-pick"}, {"REVERT_HEAD", "a revert"}}

// mayCommit makes sure that the work tree can have a commit of a few files.
func (c *changer) mayCommit() error {
	if c.repo == nil {
		return fmt.Errorf("committing: %w", history.ErrNotRepository)
	}
	if c.head.ID == "" {
		return c.declinef("nothing has been committed yet; commit the registry first")
	}
	head, ok, err := c.ask("rev-parse", "HEAD")
	if err != nil {
		return err
	}
	if !ok {
		return errGit
	}
	if head != c.head.ID {
		return fmt.Errorf("git takes HEAD to be %q, and muster reads %q; say with -C where the registry is", head, c.head.ID)
	}
	for _, u := range underWay {
		if _, ok, err := c.ask("rev-parse", "-q", "--verify", u.ref); err != nil {
			return err
		} else if ok {
			return c.declinef("%s is under way here; finish it first, or leave out --commit", u.what)
		}
	}
	return nil
}

// The states of a file that git status --porcelain tells by two letters.
const (
	untracked = "??"
	ignored   = "!!"
)

// state is what git status says of a file; "" if there is nothing to say.
func (c *changer) state(f *workFile) (string, error) {
	answer, ok, err := c.ask("status", "--porcelain", "--untracked-files=all", "--ignored", "--", f.path)
	if err == nil && !ok {
		err = errGit
	}
	return answer[:min(len(answer), 2)], err
}

// mayCommitFiles makes sure that a commit of files is one of this change and no other.
func (c *changer) mayCommitFiles(files []*workFile) error {
	for _, f := range files {
		state, err := c.state(f)
		f.added = state == untracked
		switch {
		case err != nil:
			return err
		case state == ignored:
			return c.declinef("%s is ignored by git, and can't be committed; see .gitignore", f.path)
		case state != "" && state != untracked && !strings.Contains(state, "A"):
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
	if err := c.write(p.files); err != nil {
		return err
	}
	if err := c.gitCommit(p); err != nil {
		return c.takeBack(p, err)
	}
	p.written = true
	head, _, err := c.ask("rev-parse", "HEAD")
	if err != nil {
		return err
	}
	p.committed = head
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

// added are the paths of files that git does not know yet.
func added(files []*workFile) []string {
	return paths(slices.DeleteFunc(slices.Clone(files), func(f *workFile) bool { return !f.added }))
}

// gitCommit runs git so that its hooks, signatures and prompts are at home; what they print goes to stderr.
func (c *changer) gitCommit(p *plan) error {
	interrupts := make(chan os.Signal, 1) // they end git, and we put the files back
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	if unknown := added(p.files); len(unknown) > 0 {
		if err := c.git(append([]string{"add", "-N", "--"}, unknown...)...).Run(); err != nil {
			return fmt.Errorf("git add: %w", err)
		}
	}
	args := []string{"commit", "-q", "--only", "-m", p.subject}
	if p.body != "" {
		args = append(args, "-m", p.body)
	}
	run := c.git(slices.Concat(args, []string{"-m", p.trailerLines(), "--"}, paths(p.files))...)
	run.Stdin, run.Stdout = c.cmd.InOrStdin(), c.cmd.ErrOrStderr()
	if err := run.Run(); err != nil {
		return fmt.Errorf("git commit: %w", err)
	}
	return nil
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
	root, err := os.OpenRoot(c.globals.dir)
	if err == nil {
		defer root.Close()
		err = putBack(root, p.files)
	}
	if unknown := added(p.files); len(unknown) > 0 {
		_, _, failed := c.ask(append([]string{"reset", "-q", "--"}, unknown...)...)
		err = errors.Join(err, failed)
	}
	if err != nil {
		return errors.Join(why, err)
	}
	return c.declinef("%v; nothing was committed, and the work tree is as it was", why)
}

// howToCommit says how to commit a change by hand; nothing outside a repository.
func (c *changer) howToCommit(p *plan) string {
	if c.repo == nil {
		return ""
	}
	git := "git"
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
