package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"muster/compiler/provenance"
	"muster/compiler/store/folder"
)

// write puts out an output, and beside its folder the statement of where it comes from. The old statement goes first and the new
// one comes last, so that wherever a run ends none stands beside an output that it does not speak of. Of two runs at once on one
// folder each may have the last word about one of the two: there only the hashes in the statement tell.
func (c compiling) write(cmd *cobra.Command, s *source, registry string, out folder.Output) error {
	statement, err := c.state(s, registry, out)
	if err != nil {
		return err
	}
	file := besideFolder(c.out)
	stands := statement != nil && file.holds(statement)
	if !stands {
		if err := file.retract(); err != nil {
			return err
		}
	}
	if err := folder.Write(cmd.Context(), c.out, out); err != nil {
		return err
	}
	switch {
	case statement == nil || stands:
		return nil
	case file == "":
		fmt.Fprintf(cmd.ErrOrStderr(), "muster: no statement of provenance is written: it stands beside the output folder, and %q gives that no name\n", c.out)
		return nil
	}
	return file.write(statement)
}

// state returns the statement of provenance; nil if the output must not be published.
func (c compiling) state(s *source, registry string, out folder.Output) ([]byte, error) {
	if s.Origin.Unpublishable != "" {
		return nil, nil
	}
	program := about()
	statement, err := provenance.Statement(provenance.Input{
		Objects: slices.Concat(out.Immutable, out.Mutable), Registry: registry, Commit: s.Origin.Commit, Folder: s.repo.Prefix(), Keep: c.keep,
		Repository: c.repository, Builder: c.builder, Muster: program.Version, Go: program.Go,
	})
	switch {
	case errors.Is(err, provenance.ErrRepository):
		return nil, usagef("--repository: %w", provenance.ErrRepository)
	case errors.Is(err, provenance.ErrBuilder):
		return nil, usagef("--builder: %w", provenance.ErrBuilder)
	}
	return statement, err
}

// statementFile is where the statement of an output folder stands; "" if there is no place beside it.
type statementFile string

// besideFolder is the place beside a folder. That of "." is somewhere above, where nobody looks for it.
func besideFolder(out string) statementFile {
	clean := filepath.Clean(out)
	switch filepath.Base(clean) {
	case ".", "..", string(filepath.Separator):
		return ""
	}
	return statementFile(clean + ".intoto.json")
}

func (f statementFile) holds(statement []byte) bool {
	info, err := os.Lstat(string(f))
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	b, err := os.ReadFile(string(f))
	return err == nil && bytes.Equal(b, statement)
}

// retract removes a statement, if there is one. What keeps it from looking also keeps the output from being written, which
// has more to say about that.
func (f statementFile) retract() error {
	info, err := os.Lstat(string(f))
	if err != nil || info.IsDir() {
		return nil
	}
	if err := os.Remove(string(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the old statement of provenance: %w", err)
	}
	f.sync()
	return nil
}

// write puts a statement in its place in one step, as folder.Write would. That one sweeps whole folders of what crashed runs
// left, and the folder around the output may be anybody's: here a crash leaves one file, which the next run replaces.
func (f statementFile) write(statement []byte) error {
	temporary := filepath.Join(filepath.Dir(string(f)), "."+filepath.Base(string(f))+".muster")
	err := create(temporary, statement)
	if err == nil {
		err = os.Rename(temporary, string(f))
	}
	if err != nil {
		_ = os.Remove(temporary) // the first error is the one to report
		return fmt.Errorf("writing the statement of provenance beside the output folder: %w; let --out name one whose parent can be written to", err)
	}
	f.sync()
	return nil
}

// create writes a new file, down to the disk. One that is there is removed, and whoever else has it open goes on with that one.
func create(name string, body []byte) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	to, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = to.Write(body)
	return cmp.Or(err, to.Sync(), to.Close())
}

// sync makes the names around the statement durable where the file system can. A statement that a loss of power takes or
// brings back is put right by the next compile, and until then the hashes in it tell.
func (f statementFile) sync() {
	if around, err := os.Open(filepath.Dir(string(f))); err == nil {
		_ = around.Sync()
		_ = around.Close()
	}
}
