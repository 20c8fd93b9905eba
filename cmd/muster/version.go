package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler/manifest"
)

func newVersion(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version, and those of the formats it reads and writes",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return versions[g.output](cmd.OutOrStdout(), about())
		},
	}
}

type build struct {
	Version  string   `json:"version"`
	Go       string   `json:"go"`
	Reads    []string `json:"reads"`
	Writes   []string `json:"writes"`
	Platform string   `json:"platform"`
}

func about() build {
	b := build{Version: "(devel)", Go: runtime.Version(), Reads: []string{"muster/v1"},
		Writes: []string{manifest.SchemaName, manifest.PointerName, manifest.LogName}, Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	return b
}

var versions = map[string]func(io.Writer, build) error{
	"text": func(w io.Writer, b build) error {
		_, err := fmt.Fprintf(w, "muster %s, %s %s\nreads %s; writes %s\n", b.Version, b.Go, b.Platform, strings.Join(b.Reads, ", "), strings.Join(b.Writes, ", "))
		return err
	},
	"json": func(w io.Writer, b build) error { return writeJSON(w, b) },
}
