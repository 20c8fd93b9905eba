package history_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"muster/compiler/history"
)

// BenchmarkReadAll reads a folder of 2,000 files. Looking each path up in a folder that is parsed anew each time, without
// the map of folders that a tree keeps, takes 40 times as long.
func BenchmarkReadAll(b *testing.B) {
	r := newRepo(b)
	var files []string
	for i := range 2000 {
		files = append(files, fmt.Sprintf("remotes/remote-%04d.yaml", i), strings.Repeat(fmt.Sprintf("line %d\n", i), 100))
	}
	r.commit(files...)
	r.git("gc", "-q")
	h := r.open()
	for b.Loop() {
		top := tree(b, h, "HEAD")
		entries, err := fs.ReadDir(top, "remotes")
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range entries {
			if _, err := e.Info(); err != nil {
				b.Fatal(err)
			}
			read(b, top, "remotes/"+e.Name())
		}
	}
}

// BenchmarkSerial counts 20,000 commits, from a cold start.
func BenchmarkSerial(b *testing.B) {
	r := newRepo(b)
	var stream strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 8\nmessage\n\n", i)
	}
	r.gitWith([]byte(stream.String()), "fast-import", "--quiet")
	for b.Loop() {
		h, err := history.Open(r.dir, history.Options{})
		if err != nil {
			b.Fatal(err)
		}
		c, err := h.Resolve("main")
		if err != nil {
			b.Fatal(err)
		}
		if n, err := h.Serial(c); n != 20_000 || err != nil {
			b.Fatal(n, err)
		}
		h.Close()
	}
}
