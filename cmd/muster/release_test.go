package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"muster/compiler/edit"
	"muster/compiler/registry"
)

// build NAME DIR copies a build that a real bundler wrote, as it is recorded for compiler/build, into a folder.
func scriptBuild(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(filepath.Join(recordedBuilds, args[0]))))
}

// recordedBuilds is absolute: scripts run elsewhere.
var recordedBuilds = func() string {
	dir, err := filepath.Abs("../../compiler/build/testdata")
	if err != nil {
		panic(err)
	}
	return dir
}()

func TestSuccessor(t *testing.T) {
	t.Parallel()
	const cdn = "https://cdn.acme.example/"
	for _, c := range []struct{ before, was, is, file, want string }{
		{cdn + "checkout/2.4.0/remoteEntry.js", "2.4.0", "2.5.0", "remoteEntry.js", cdn + "checkout/2.5.0/remoteEntry.js"},
		{cdn + "checkout/v2.4.0/remoteEntry.js", "2.4.0", "2.5.0-rc.1", "remoteEntry.js", cdn + "checkout/v2.5.0-rc.1/remoteEntry.js"},
		{cdn + "2.4.0/checkout-2.4.0/remoteEntry.js", "2.4.0", "2.5.0", "remoteEntry.js", cdn + "2.5.0/checkout-2.5.0/remoteEntry.js"},
		{cdn + "checkout/2.4.0/remoteEntry.1a2b.js", "2.4.0", "2.5.0", "remoteEntry.3c4d.js", cdn + "checkout/2.5.0/remoteEntry.3c4d.js"},
		{cdn + "checkout/2.4.0/static/remoteEntry.1a2b.js", "2.4.0", "2.5.0", "static/remoteEntry.3c4d.js", cdn + "checkout/2.5.0/static/remoteEntry.3c4d.js"},
		{cdn + "checkout/remoteEntry-2.4.0.js", "2.4.0", "2.5.0", "", cdn + "checkout/remoteEntry-2.5.0.js"},
		{cdn + "12.4.0/2.4.0/remoteEntry.js", "2.4.0", "2.5.0", "remoteEntry.js", cdn + "12.4.0/2.5.0/remoteEntry.js"},
		{cdn + "2.4.01/remoteEntry.js", "2.4.0", "2.5.0", "remoteEntry.js", ""},
		{cdn + "2.4.0.1/remoteEntry.js", "2.4.0", "2.5.0", "remoteEntry.js", ""},
		{cdn + "checkout/latest/remoteEntry.js", "2.4.0", "2.5.0", "remoteEntry.js", ""},
		{cdn + "checkout/2.4.0/remoteEntry.js", "2.4.0", "2.5.0", "static/remoteEntry.js", ""}, // who knows what is above static
		{cdn + "checkout/remoteEntry-2.4.0.js", "2.4.0", "2.5.0", "remoteEntry.js", ""},
		{"", "", "2.5.0", "remoteEntry.js", ""},
	} {
		if got, ok := successor(c.before, c.was, c.is, c.file); got != c.want || ok != (c.want != "") {
			t.Errorf("after %s of %s, the entry %q of %s is at %q, %t; want %q", c.before, c.was, c.file, c.is, got, ok, c.want)
		}
	}
}

// TestOrdered: fields stand as in the other release, and new ones behind those that they follow by rights.
func TestOrdered(t *testing.T) {
	t.Parallel()
	fields := func(names string) (m edit.Map) {
		for _, name := range strings.Fields(names) {
			m = append(m, edit.Field{Key: name, Value: edit.Bool(true)})
		}
		return m
	}
	for _, c := range []struct{ like, release, want string }{
		{"", "version entry shared", "version entry shared"},
		{"version entry shared", "version entry type bundler exposes shared", "version entry type bundler exposes shared"},
		{"version shared entry", "version entry integrity exposes shared", "version shared entry integrity exposes"},
		{"entry version status", "version entry size events", "entry size events version"},
	} {
		d := &draft{like: fields(c.like)}
		if got := d.ordered(fields(c.release)); !slices.EqualFunc(got, fields(c.want), func(a, b edit.Field) bool { return a.Key == b.Key }) {
			t.Errorf("like %q: %v, want %s", c.like, got, c.want)
		}
	}
}

// TestAskedOnce adds the first release of every recorded build: whatever is asked for is asked for at once, and with what was
// asked for there is a release in order.
func TestAskedOnce(t *testing.T) {
	t.Parallel()
	builds, err := filepath.Glob(filepath.Join(recordedBuilds, "*-*"))
	if err != nil || len(builds) == 0 {
		t.Fatal("no recorded builds", err)
	}
	for _, build := range builds {
		t.Run(filepath.Base(build), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			name := buildShop(t, dir, filepath.Base(build))
			args := []string{"release", "add", name, "-C", dir, "--from", build}
			var out, errs bytes.Buffer
			if status := run(args, &out, &errs); status != exitUsage || out.Len() > 0 {
				t.Fatalf("exit status %d\n%s%s", status, out.String(), errs.String())
			}
			given := answers(t, errs.String())
			errs.Reset()
			if status := run(append(args, given...), &out, &errs); status != 0 {
				t.Fatalf("with %v: exit status %d\n%s%s", given, status, out.String(), errs.String())
			}
			if strings.Contains(errs.String(), "taken over") {
				t.Errorf("there is nothing to take over\n%s", errs.String())
			}
		})
	}
}

// answers gives each flag that is asked for.
func answers(t *testing.T, asked string) (args []string) {
	t.Helper()
	values := strings.NewReplacer("true|false", "false", "=RANGE", "=>=0.0.1", " URL", " https://cdn.acme.example/shop/9.0.0/entry.js", " VERSION", " 9.0.0",
		" module|global", " global", " version-first|loaded-first", " loaded-first")
	for line := range strings.Lines(asked) {
		if flag, _, ok := strings.Cut(strings.TrimPrefix(line, "  "), "  "); ok && strings.HasPrefix(line, "  --") {
			args = append(args, strings.Fields(values.Replace(flag))...)
		}
	}
	if len(args) == 0 {
		t.Fatalf("nothing is asked for: %s", asked)
	}
	return args
}

// buildShop writes a registry that a build fits into, and returns whose release it is.
func buildShop(t *testing.T, dir, build string) (remote string) {
	t.Helper()
	remote, kind, runtime := "checkout", "remote", registry.ModuleFederation
	if strings.HasSuffix(build, "-host") {
		remote, kind = "shell", "host"
	}
	if strings.HasPrefix(build, "native") {
		runtime = registry.NativeFederation
	}
	for name, text := range map[string]string{
		"schema/policy.cue":           "package schema\n\nregistry: {name: \"acme\", baseURL: \"https://manifests.acme.example/\"}\npolicy: origins: [\"https://cdn.acme.example\"]\n",
		"cohorts/general.yaml":        "apiVersion: muster/v1\nname: general\n",
		"remotes/catalog.yaml":        "apiVersion: muster/v1\nname: catalog\nowner: a\ncontainer: productCatalog\nreleases: [{version: 1.0.0, entry: https://cdn.acme.example/c.js, integrity: sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC, exposes: {./Price: {}}}]\n",
		"remotes/" + remote + ".yaml": fmt.Sprintf("apiVersion: muster/v1\nname: %s\nowner: a\nkind: %s\nruntime: %s\nreleases: []\n", remote, kind, runtime),
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return remote
}

// TestInsertedBetween puts a release between others in files of several layouts: every byte but its own stays.
func TestInsertedBetween(t *testing.T) {
	t.Parallel()
	const head = "name: cart\nreleases:\n"
	release := edit.Map{{Key: "version", Value: edit.Text("1.5.0")}, {Key: "entry", Value: edit.Text("https://a.example/1.5.0.js")}}
	const added = "  - version: \"1.5.0\"\n    entry: https://a.example/1.5.0.js\n"
	for name, c := range map[string]struct{ before, after string }{
		"plain":                  {"  - version: 2.0.0\n    entry: b\n", "  - version: 1.0.0\n    entry: b\n"},
		"comments of both sides": {"  # of 2\n  - version: 2.0.0 # of 2\n    entry: b\n    # of 2\n", "  # of 1\n  # of 1 too\n  - version: 1.0.0\n    entry: b\n# the end\n"},
		"blank lines":            {"  - version: 2.0.0\n    entry: b\n\n", "  # of 1\n  - version: 1.0.0\n    entry: b\n"},
		"fields behind the list": {"  - version: 2.0.0\n    entry: b\n", "  - version: 1.0.0\n    entry: b\nowner: team\n"},
	} {
		for _, eol := range []string{"\n", "\r\n"} {
			t.Run(fmt.Sprintf("%s %q", name, eol), func(t *testing.T) {
				t.Parallel()
				blank := ""
				if strings.HasSuffix(c.before, "\n\n") {
					blank = "\n"
				}
				with := func(s string) string { return strings.ReplaceAll(s, "\n", eol) }
				got := insertBefore(t, with(head+c.before+c.after), release)
				if got == nil {
					t.Fatal("the layout is refused")
				}
				differ(t, "the text", with(head+c.before+added+blank+c.after), string(got.Bytes()))
			})
		}
	}
	for _, layout := range []string{
		"name: cart\nreleases: [{version: 2.0.0}, {version: 1.0.0}]\n",
		"name: cart\nreleases:\n  - entry: b\n    version: 2.0.0\n  - entry: b\n    version: 1.0.0\n",
	} {
		if got := insertBefore(t, layout, release); got != nil {
			t.Errorf("%s became\n%s", layout, got.Bytes())
		}
	}
}

// insertBefore puts a release before the second one of a file.
func insertBefore(t *testing.T, text string, release edit.Map) *edit.File {
	t.Helper()
	f, err := edit.Parse("remotes/cart.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	line := 1 + strings.Count(text[:regexp.MustCompile(`1\.0\.0`).FindStringIndex(text)[0]], "\n")
	releases, _ := f.Get("releases").(edit.List)
	return insertedBetween(f, "remotes/cart.yaml", line, slices.Insert(slices.Clone(releases), 1, edit.Value(release)), release)
}
