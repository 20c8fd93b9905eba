package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"muster/compiler"
	"muster/compiler/history"
	"muster/compiler/manifest"
	"muster/compiler/note"
	"muster/compiler/policy"
	"muster/compiler/publish"
	"muster/compiler/store/storetest"
)

// put REPOSITORY FOLDER SERIAL... publishes commits of the line of HEAD into a folder, at the beginning of 2020, unsigned and for
// ever.
func scriptPut(ts *testscript.TestScript, _ bool, args []string) {
	repo, err := history.Open(ts.MkAbs(args[0]), history.Options{})
	ts.Check(err)
	defer repo.Close()
	tip, err := repo.Resolve("HEAD")
	ts.Check(err)
	var line []history.Commit
	for c, err := range repo.Commits(tip) {
		ts.Check(err)
		line = append(line, c)
	}
	slices.Reverse(line)
	to := &storetest.Memory{}
	for _, text := range args[2:] {
		serial := 0
		_, err := fmt.Sscan(text, &serial)
		ts.Check(err)
		ts.Check(put(repo, line[:serial], to))
	}
	for path, o := range to.Objects() {
		file := filepath.Join(ts.MkAbs(args[1]), filepath.FromSlash(path))
		ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
		ts.Check(os.WriteFile(file, o.Body, 0o644))
	}
}

func put(repo *history.Repository, line []history.Commit, to *storetest.Memory) error {
	origin := func(serial int) (manifest.Origin, error) {
		c := line[serial-1]
		return manifest.Origin{Commit: c.ID, Time: c.Time, Serial: serial}, nil
	}
	c := line[len(line)-1]
	tree, err := repo.Tree(c)
	if err != nil {
		return err
	}
	in := compiler.Input{Tree: tree, History: compiler.NewHistory(repo, c)}
	in.Origin, _ = origin(len(line))
	result, found, err := compiler.Compile(in)
	if result == nil {
		return fmt.Errorf("%v, %v", found, err)
	}
	p := &publish.Publisher{Store: to, Headers: result.Headers, Read: func(document []byte) ([]byte, error) { return document, nil },
		Now: func() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }}
	_, err = p.Publish(context.Background(), publish.Release{Pointer: result.Pointer, Objects: result.Objects(), Origin: origin})
	return err
}

// sign KEY FOLDER puts a pointer's signature in its place, whatever the pointer says now, and the log's entry of its serial after it:
// so does who has stolen the key.
func scriptSign(ts *testscript.TestScript, _ bool, args []string) {
	private, err := note.ParsePrivateKey(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(err)
	file := filepath.Join(ts.MkAbs(args[1]), manifest.PointerPath)
	text, _, err := note.Split([]byte(ts.ReadFile(file)))
	ts.Check(err)
	p, err := manifest.ParsePointer(text[:len(text)-1])
	ts.Check(err)
	document, err := note.Sign(context.Background(), text[:len(text)-1], private.Signer())
	ts.Check(err)
	entry, err := p.Entry().Encode()
	ts.Check(err)
	ts.Check(os.WriteFile(file, document, 0o644))
	ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[1]), filepath.FromSlash(manifest.LogPath(p.Serial))), entry, 0o644))
}

// serve FOLDER VARIABLE [FIELD VALUE] serves a folder with the header fields of the usual ttl, or with one that is another, at an
// address that the variable holds.
func scriptServe(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	table := manifest.HeaderTable(policy.Promise{TTL: 60, Tiers: 1, MaxAge: 5, StaleWhileRevalidate: 10, Poll: 44})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		row, _ := manifest.HeadersOf(table, strings.TrimPrefix(r.URL.Path, "/"))
		for _, f := range row.Fields {
			w.Header().Set(f.Name, f.Value)
		}
		if len(args) > 2 {
			w.Header().Set(args[2], args[3])
		}
		http.FileServer(http.Dir(dir)).ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[1], server.URL)
}
