// Command muster-generate writes a registry of any size into a folder, to measure muster and its peers on:
//
//	go run ./cmd/muster-generate -remotes 1000 -cohorts 12 /tmp/registry
package main

import (
	"flag"
	"fmt"
	"os"

	"muster/compiler/generate"
)

func main() {
	seed := flag.Uint64("seed", 1, "what the registry is derived from")
	remotes := flag.Int("remotes", 50, "how many remotes")
	cohorts := flag.Int("cohorts", 6, "how many cohorts")
	releases := flag.Int("releases", 5, "how many releases each remote has")
	shared := flag.Int("shared", 8, "how many packages each release shares")
	flag.Parse()
	if flag.NArg() != 1 || *cohorts < 1 || *remotes < 0 || *releases < 1 || *shared < 0 {
		fmt.Fprintln(os.Stderr, "usage: muster-generate [flags] folder")
		flag.PrintDefaults()
		os.Exit(64)
	}
	files := generate.Files(*seed, generate.Size{Remotes: *remotes, Cohorts: *cohorts, Releases: *releases, Shared: *shared})
	if err := generate.Write(flag.Arg(0), files); err != nil {
		fmt.Fprintln(os.Stderr, "muster-generate:", err)
		os.Exit(1)
	}
}
