package history

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// configs are of all the forms that git writes and people do, and of some that neither should.
var configs = []string{
	"", "[core]", "[core]\n\tbare = false\n", "[core] bare = false ; comment\n# comment\n; comment", "\ufeff[core]\r\n\tbare = false\r\n",
	"[Remote \"Origin\"]\n\tURL = https://example.com/a b?x=1;y#z\n\tpromisor\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n",
	"[branch \"feature/#1-ü\"] remote = origin\n\tmerge = refs/heads/x\n",
	"[alias]\n\tx = \"!f() { echo \\\"$1\\\" | sed 's/a/b/' ; }; f\" ; trailing\n\ty = !git log --oneline \\\n\t  --graph\n\ttab = a\\tb\\nc\\bd\\\\\n",
	"[Section.Sub]\n\tkey = v\n[a-b.c]\n\tk = \"unfinished \\\nline\"\n", "[diff \"a\\\"b\\\\c\\d\"]\n\tx = \"^[ \\t]*(([A-Z]+) .*)$\"\n",
	"[a]\nx =  two  spaces\t\there  \nx-1 = =\ny=\nz = \"\"\nq = \"a \"  \" b\"c ;d\nr = \" \"\n", "[a]\nx = 1\n[a]\nx = 2\n[b]\n[a]\nx",
	"[a]\nx = \\\n", "[a]\nx = a\\", "[a]\nx = a\rb\r", "[a \t \"b\"]\nx = 1", "[a.]\nx=1", "[a \"\"]\nx=1", "[.a]x=1",
	"[a", "[a\n]", "[a \"b]", "[a \"b\" ]", "[a b]", "[a \"b\n\"]", "[a_b]\nx=1", "x = 1", "[a]\n1 = 2", "[a]\nx y", "[a]\nx ; comment", "[a]\nx_y = 1",
	"[a]\nx = \"open\n\"", "[a]\nx = \\q", "[a]\n\v\fx = 1", "[a]\n-x = 1", "]", "[]\nx = 1",
}

func TestParseConfigAgreesWithGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH, and this test compares with it")
	}
	for _, text := range configs {
		got, err := parseConfig(text)
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, gitErr := exec.Command("git", "config", "--file", path, "--list", "-z").Output()
		if (err == nil) != (gitErr == nil) {
			t.Errorf("%q: got %q, %v; git says %q, %v", text, got, err, out, gitErr)
			continue
		}
		var want settings
		for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			key, value, ok := strings.Cut(line, "\n")
			if !ok {
				value = "true"
			}
			if key != "" {
				want = append(want, setting{key, value})
			}
		}
		if err == nil && !slices.Equal(got, want) {
			t.Errorf("%q: got %q, git says %q", text, got, want)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, text := range configs {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseConfig(text)
		if err != nil && all != nil {
			t.Errorf("%q: %q and %v", text, all, err)
		}
		for _, s := range all {
			if len(s.key)+len(s.value) > len(text)+len(".true") {
				t.Errorf("%q has %q", text, s)
			}
		}
	})
}
