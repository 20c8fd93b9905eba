package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/manifest"
	"muster/compiler/provenance"
)

func newCompile(g *globals) *cobra.Command {
	var c compiling
	cmd := &cobra.Command{
		Use:   "compile",
		Short: "write the manifests and the pointer to dist/",
		Long: "compile checks the registry and, if it holds no error, writes one manifest per cohort, the pointer and the\n" +
			"header rules. What is there already and still right is left alone; old manifests stay, for rollbacks. A host that\n" +
			"replaces the whole folder loses them: with --keep those of the last serials are written too, from history, byte for\n" +
			"byte as their commits compile. Commits that don't compile were never published, and don't count.\n" +
			"Of a commit that can be published it also says where the output comes from, for CI to sign: an in-toto statement\n" +
			"with SLSA provenance, beside the folder (dist.intoto.json).",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.compile(cmd, c) },
	}
	cmd.Flags().StringVar(&c.out, "out", "dist", "the `folder` to write to")
	cmd.Flags().IntVar(&c.keep, "keep", 0, "also write the manifests of this `number` of serials before")
	cmd.Flags().StringVar(&c.builder, "builder", provenance.Local, "the `uri` that the statement of provenance has for the builder, such as CI's workflow")
	cmd.Flags().StringVar(&c.repository, "repository", "", "the `url` that it has for the repository; credentials in it are left out")
	return cmd
}

// compiling is what the flags of compile ask for.
type compiling struct {
	out, builder, repository string
	keep                     int
}

func (g *globals) compile(cmd *cobra.Command, c compiling) error {
	if c.out == "" {
		return usagef("--out takes a folder, not an empty text")
	}
	if c.keep < 0 || c.keep > maxKeep {
		return usagef("--keep takes a number of serials, 0 to %d, not %d", maxKeep, c.keep)
	}
	debug.SetMemoryLimit(compileMemory)
	s, err := g.open()
	if err != nil {
		return err
	}
	defer s.Close()
	result, found, err := compiler.Compile(s.Input)
	if err != nil {
		return err
	}
	if result == nil && g.output != "text" {
		if err := g.render(cmd.OutOrStdout(), s, found, g.output); err != nil {
			return err
		}
	} else if err := g.render(cmd.ErrOrStderr(), s, found, "text"); err != nil {
		return err
	}
	if result == nil {
		return conclude(cmd.ErrOrStderr(), found)
	}
	if err := s.keep(result, c.keep); err != nil {
		return err
	}
	pointer, err := result.Pointer.Encode()
	if err != nil {
		return err
	}
	if err := c.write(cmd, s, result.Pointer.Registry, result.Output(pointer)); err != nil {
		return err
	}
	if err := compiled[g.output](cmd.OutOrStdout(), s.Origin, result, pointer); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "compiled %s into %s, %s\n", counted(len(result.Manifests), "cohort"), c.out, whence(s.Origin))
	return nil
}

func whence(o manifest.Origin) string {
	switch {
	case o.Commit == "":
		return "not to be published: " + o.Unpublishable
	case o.Unpublishable != "":
		return "from commit " + o.Commit[:12] + ", not to be published: " + o.Unpublishable
	}
	return fmt.Sprintf("from commit %s, serial %d", o.Commit[:12], o.Serial)
}

// compiled are the ways to list what was written.
var compiled = map[string]func(io.Writer, manifest.Origin, *compiler.Result, []byte) error{"text": compiledText, "json": compiledJSON}

func compiledText(w io.Writer, _ manifest.Origin, r *compiler.Result, pointer []byte) error {
	for _, m := range slices.Concat(r.Manifests, r.Kept) {
		if _, err := fmt.Fprintf(w, "%s  %d bytes\n", m.Path(), len(m.Bytes)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%s  %d bytes\n", manifest.PointerPath, len(pointer))
	return err
}

type compiledManifest struct {
	Cohort string `json:"cohort"`
	SHA256 string `json:"sha256"`
	Path   string `json:"path"`
	Size   int    `json:"size"`
}

func compiledJSON(w io.Writer, o manifest.Origin, r *compiler.Result, _ []byte) error {
	out := struct {
		Commit        string             `json:"commit,omitempty"`
		Serial        int                `json:"serial,omitempty"`
		Unpublishable string             `json:"unpublishable,omitempty"`
		Manifests     []compiledManifest `json:"manifests"`
		Kept          []compiledManifest `json:"kept,omitempty"` // of earlier serials
	}{o.Commit, o.Serial, o.Unpublishable, compiledManifests(r.Manifests), compiledManifests(r.Kept)}
	return writeJSON(w, out)
}

func compiledManifests(manifests []manifest.Manifest) []compiledManifest {
	records := []compiledManifest{}
	for _, m := range manifests {
		records = append(records, compiledManifest{m.Cohort, m.ID.String(), m.Path(), len(m.Bytes)})
	}
	return records
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
