package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
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
