package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"golang.org/x/tools/txtar"
)

// update rewrites the expectations: MUSTER_UPDATE=1 go test ./...
var update = os.Getenv("MUSTER_UPDATE") != ""

// TestMain makes this binary the programs that scripts and tests run, each in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"muster": main, "muster-with-a-bug": mainWithABug})
}

// mainWithABug is muster with one more command, which panics.
func mainWithABug() {
	commands = append(commands, func(*globals) *cobra.Command {
		return &cobra.Command{Use: "panic", Run: func(*cobra.Command, []string) { panic("two and two are five") }}
	})
	main()
}

// A script is a txtar archive: commands, then files. The registry of testdata/shop.txtar lies in the folder shop, below
// the script's own files. Besides the commands of testscript there are those of scriptCommands.
func TestScripts(t *testing.T) {
	shop, err := txtar.ParseFile("testdata/shop.txtar")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               func(e *testscript.Env) error { return setUp(e, shop) },
		Cmds:                scriptCommands,
		UpdateScripts:       update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// gitEnvironment gives the same commits on every machine; GIT_AUTHOR_DATE and GIT_COMMITTER_DATE are those of each commit.
var gitEnvironment = []string{
	"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
	"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com",
	"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com",
	"GIT_CONFIG_COUNT=3", "GIT_CONFIG_KEY_0=init.defaultBranch", "GIT_CONFIG_VALUE_0=main",
	"GIT_CONFIG_KEY_1=protocol.file.allow", "GIT_CONFIG_VALUE_1=always",
	"GIT_CONFIG_KEY_2=advice.detachedHead", "GIT_CONFIG_VALUE_2=false",
}

// minutes counts a script's commits, which come a minute after each other.
type minutes struct{}

func setUp(e *testscript.Env, shop *txtar.Archive) error {
	e.Vars = append(append(e.Vars, gitEnvironment...), detector)
	e.Values[minutes{}] = new(int)
	for _, f := range shop.Files {
		name := filepath.Join(e.WorkDir, "shop", filepath.FromSlash(f.Name))
		if _, err := os.Stat(name); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"status": scriptStatus, "commit": scriptCommit, "expand": scriptExpand, "list": scriptList, "manifest": scriptManifest,
	"pretty": scriptPretty, "build": scriptBuild,
	"put": scriptPut, "sign": scriptSign, "serve": scriptServe,
}

// status N PROGRAM ARGUMENTS... runs a program that must exit with the status N. In what it says, $WORK stands for the
// script's folder.
func scriptStatus(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	mask := func(s string) string { return strings.ReplaceAll(s, ts.Getenv("WORK"), "$WORK") }
	stdout, stderr := mask(ts.ReadFile("stdout")), mask(ts.ReadFile("stderr"))
	fmt.Fprint(ts.Stdout(), stdout)
	fmt.Fprint(ts.Stderr(), stderr)
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// commit NAME [DATE] commits all that is in the current folder's work tree. NAME is the message, and a variable that holds
// the commit's id; NAME_short holds the first digits of it.
func scriptCommit(ts *testscript.TestScript, _ bool, args []string) {
	tick := ts.Value(minutes{}).(*int)
	*tick++
	date := fmt.Sprintf("2026-11-01T12:%02d:00Z", *tick)
	if len(args) > 1 {
		date = args[1]
	}
	ts.Setenv("GIT_AUTHOR_DATE", date)
	ts.Setenv("GIT_COMMITTER_DATE", date)
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "-q", "--allow-empty", "-m", args[0]))
	ts.Check(ts.Exec("git", "rev-parse", "HEAD"))
	id := strings.TrimSpace(ts.ReadFile("stdout"))
	ts.Setenv(args[0], id)
	ts.Setenv(args[0]+"_short", id[:7])
}

// expand FILE... puts variables, such as the ids of commits, into files.
func scriptExpand(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(os.Expand(ts.ReadFile(file), ts.Getenv)), 0o644))
	}
}

// list DIR prints the files in a folder, each behind the beginning of its SHA-256.
func scriptList(ts *testscript.TestScript, _ bool, args []string) {
	root := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, name)
		fmt.Fprintf(ts.Stdout(), "%.12x  %s\n", sha256.Sum256([]byte(ts.ReadFile(name))), filepath.ToSlash(rel))
		return err
	}))
}

// manifest DIR COHORT prints the manifest that the pointer in a folder names, if it is what the pointer says.
func scriptManifest(ts *testscript.TestScript, _ bool, args []string) {
	p, err := readPointer(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := p.manifest(ts.MkAbs(args[0]), args[1])
	ts.Check(err)
	_, err = ts.Stdout().Write(b)
	ts.Check(err)
}

// pretty FILE prints JSON, or the stdout of the command before, in lines that a reviewer can read.
func scriptPretty(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	ts.Check(json.Indent(&b, []byte(ts.ReadFile(args[0])), "", "  "))
	fmt.Fprintln(ts.Stdout(), b.String())
}

// TestScriptsAssert asks that scripts leave nothing open: each run of muster is followed by a word about each of its
// streams, its exit status is part of the command, and every file is used.
func TestScriptsAssert(t *testing.T) {
	names, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range names {
		script, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		command, _, _ := strings.Cut(filepath.Base(name), "_")
		if _, err := find(newRoot(), []string{command}); err != nil && command != "muster" && command != "help" {
			t.Errorf("%s is not named after a command", name)
		}
		checkStreams(t, name, strings.Split(string(script.Comment), "\n"))
		checkFiles(t, name, script)
	}
}

// checkFiles asks that the commands name each file, or the folder at the top that it is in.
func checkFiles(t *testing.T, name string, script *txtar.Archive) {
	words := strings.Fields(strings.ReplaceAll(string(script.Comment), "/", " "))
	for _, f := range script.Files {
		if top, _, _ := strings.Cut(f.Name, "/"); !slices.Contains(words, top) {
			t.Errorf("%s does nothing with the file %s", name, f.Name)
		}
	}
}

func checkStreams(t *testing.T, name string, lines []string) {
	run, seen := "", map[string]bool{}
	for _, line := range append(lines, "status") {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if slices.Contains(words, "exec") && slices.Contains(words, "muster") {
			t.Errorf("%s: %q does not say the exit status", name, line)
		}
		if slices.Contains(words, "stdout") || slices.Contains(words, "stderr") {
			seen[words[slices.IndexFunc(words, func(w string) bool { return w == "stdout" || w == "stderr" })]] = true
		}
		if slices.Contains(words, "status") {
			if run != "" && (!seen["stdout"] || !seen["stderr"]) {
				t.Errorf("%s: after %q one of the streams goes unread", name, run)
			}
			run, seen = line, map[string]bool{}
		}
	}
}
