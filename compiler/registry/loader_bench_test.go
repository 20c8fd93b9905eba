package registry

import (
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"muster/compiler/generate"
)

// BenchmarkLoader reads registries of fifty remotes one after another, each with one change: a release's size, a pin or the policy.
func BenchmarkLoader(b *testing.B) {
	tree, rng := map[string]string{}, rand.New(rand.NewPCG(1, 1))
	for _, f := range generate.Files(1, generate.Size{Remotes: 50, Cohorts: 6, Releases: 5, Shared: 8}) {
		tree[f.Path] = string(f.Text)
	}
	for name, kind := range map[string]struct{ folder, what string }{"release": {"remotes/team", "    size: "}, "pin": {"cohorts/", "  remote-000"}, "policy": {"schema/", "entryBytes: "}} {
		b.Run(name, func(b *testing.B) {
			blobs := map[FileID][]byte{}
			l := NewLoader(func(id FileID) ([]byte, error) { return blobs[id], nil })
			set := func(path, text string) {
				id := FileID(sha1.Sum([]byte(text)))
				blobs[id] = []byte(text)
				l.Apply([]Change{{Path: path, Mode: 0o644, ID: id}})
			}
			var paths []string
			for path, text := range tree {
				if set(path, text); strings.HasPrefix(path, kind.folder) {
					paths = append(paths, path)
				}
			}
			slices.Sort(paths)
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				path := paths[rng.IntN(len(paths))]
				before, after, _ := strings.Cut(tree[path], kind.what)
				if kind.what != "  remote-000" {
					after = fmt.Sprint(1+i%9) + after
				} else {
					after = after[:strings.IndexByte(after, ':')] + fmt.Sprintf(": ~%d.%d", i%9, i/9) + after[strings.IndexByte(after, '\n'):]
				}
				set(path, before+kind.what+after)
				b.StartTimer()
				if r, found, err := l.Load(); r == nil || len(found) > 0 || err != nil {
					b.Fatal(found, err)
				}
			}
		})
	}
}
