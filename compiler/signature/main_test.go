package signature

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A bench is a folder with a repository in which the real tools work, cut off from the user's own settings.
type bench struct {
	dir string
	env []string
}

// newBench skips the test if a tool is missing. Sockets of gpg-agent stand in the folder, and their paths must be short.
func newBench(t *testing.T, tools ...string) bench {
	t.Helper()
	for _, tool := range append(tools, "git") {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: what it says of signatures is not compared", tool)
		}
	}
	dir, err := os.MkdirTemp("", "sig")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b := bench{dir: dir, env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TZ=UTC", "LC_ALL=C.UTF-8",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com"}}
	b.run(t, "git", "init", "-q", ".")
	return b
}

func (b bench) with(env ...string) bench {
	b.env = append(slices.Clone(b.env), env...)
	return b
}

func (b bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b bench) write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return b.path(name)
}

func (b bench) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (b bench) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return b.feed(t, "", name, args...)
}

func (b bench) feed(t *testing.T, input, name string, args ...string) string {
	t.Helper()
	out, errs, err := b.try(input, name, args...)
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, errs)
	}
	return out
}

func (b bench) try(input, name string, args ...string) (out, errs string, err error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = b.dir, b.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// commit has git make a signed commit, dated as told, and returns the object.
func (b bench) commit(t *testing.T, at time.Time, config ...string) string {
	t.Helper()
	args := []string{}
	for _, c := range config {
		args = append(args, "-c", c)
	}
	tree := strings.TrimSpace(b.run(t, "git", "write-tree"))
	dated := b.with("GIT_AUTHOR_DATE="+date(at), "GIT_COMMITTER_DATE="+date(at))
	id := dated.run(t, "git", append(args, "commit-tree", "-S", "-m", "promote checkout", tree)...)
	return b.run(t, "git", "cat-file", "commit", strings.TrimSpace(id))
}

// letter is what git says of a commit as "%G?" in git-log(1), with the signer and the key ("%GS", "%GF").
func (b bench) letter(t *testing.T, object string, config ...string) (letter, signer, key string) {
	t.Helper()
	id := b.feed(t, object, "git", "hash-object", "-t", "commit", "-w", "--stdin")
	args := []string{}
	for _, c := range config {
		args = append(args, "-c", c)
	}
	out, _, _ := b.try("", "git", append(args, "log", "-1", "--format=%G?%n%GS%n%GF", strings.TrimSpace(id))...)
	lines := append(strings.Split(out, "\n"), "", "", "")
	if lines[0] == "" {
		lines[0] = "refuses" // git dies of some signatures
	}
	return lines[0], lines[1], lines[2]
}

func date(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) + " +0000" }

// split takes a commit object apart, as a caller of Verify has to.
func split(object string) (payload, armoured string, at time.Time) {
	head, body, _ := strings.Cut(object, "\n\n")
	in := false
	var kept []string
	for _, line := range strings.Split(head, "\n") {
		text, begins := strings.CutPrefix(line, "gpgsig ")
		switch {
		case begins:
			in, armoured = true, text+"\n"
		case in && strings.HasPrefix(line, " "):
			armoured += line[1:] + "\n"
		default:
			in, kept = false, append(kept, line)
		}
	}
	seconds, _ := strconv.ParseInt(committed.FindStringSubmatch(head)[1], 10, 64)
	return strings.Join(kept, "\n") + "\n\n" + body, armoured, time.Unix(seconds, 0)
}

var committed = regexp.MustCompile(`(?m)^committer .*> (\d+) `)

// join puts a signature into a commit object.
func join(payload, armoured string) string {
	head, body, _ := strings.Cut(payload, "\n\n")
	return head + "\ngpgsig " + strings.ReplaceAll(strings.TrimSuffix(armoured, "\n"), "\n", "\n ") + "\n\n" + body
}

func payloadAt(at time.Time) string {
	return "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@example.com> " + date(at) +
		"\ncommitter C <c@example.com> " + date(at) + "\n\npromote checkout\n"
}

func day(text string) time.Time {
	t, err := time.Parse("2006-01-02", text)
	if err != nil {
		panic(err)
	}
	return t
}
