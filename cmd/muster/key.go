package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler/note"
)

func newKey(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "make the keys that sign pointers",
		Args:  noCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeyNew(g), newKeyPublic(g))
	return cmd
}

func newKeyNew(g *globals) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "new name",
		Short: "make a key: the private one into a file, the public one on stdout",
		Long: "new makes an Ed25519 key. The private key goes to a file that only its owner may read, never over another file, and never where git\n" +
			"would commit it; it belongs into the secret store of the CI. The public key is what is printed; it belongs into registry.signing.keys\n" +
			"of the policy, and to the keys of the shells. A year in the name, such as acme-shop-2026, helps when the key is changed.",
		Args: oneArgument("a name for the key, such as acme-shop-2026"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.textOnly(cmd); err != nil {
				return err
			}
			name := args[0]
			if err := note.CheckName(name); err != nil {
				return usagef("%w", err)
			}
			if cmd.Flags().Changed("out") && out == "" {
				return usagef("--out takes a file, not an empty text")
			}
			if out == "" && strings.ContainsAny(name, `/`+string(filepath.Separator)) {
				return usagef("--out is missing: %q can't be a part of a file's name", name)
			}
			if out == "" {
				out = name + ".key"
			}
			return makeKey(cmd, name, out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the `file` for the private key (default \"NAME.key\")")
	return cmd
}

func newKeyPublic(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "public file",
		Short: "print the public key that belongs to a private one",
		Args:  oneArgument("the file of a private key, such as acme-shop-2026.key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.textOnly(cmd); err != nil {
				return err
			}
			private, err := note.ReadPrivateKey(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), private.Public())
			return err
		},
	}
}

// textOnly refuses -o json where what is printed is one line for pipes.
func (g *globals) textOnly(cmd *cobra.Command) error {
	if g.output != "text" {
		return usagef("%s prints one line, and takes no -o %s", cmd.CommandPath(), g.output)
	}
	return nil
}

// makeKey writes a new private key, and prints the public one.
func makeKey(cmd *cobra.Command, name, out string) error {
	if err := outsideGit(out); err != nil {
		return err
	}
	private, public, err := note.GenerateKey(name)
	if err != nil {
		return err
	}
	if err := writePrivate(out, private+"\n"); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "private key: %s; put it into the secret store of the CI, and never into git: who has it can sign pointers\n"+
		"public key: on stdout; put it into registry.signing.keys of schema/policy.cue, and into the list of keys of each shell\n", out)
	_, err = fmt.Fprintln(cmd.OutOrStdout(), public)
	return err
}

// writePrivate makes a file that only its owner may read. A file that is there already stays as it is.
func writePrivate(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("there is a file %q already, and no private key is ever overwritten; name another one with --out", name)
	}
	if err != nil {
		return fmt.Errorf("writing private key: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing private key: %w", errors.Join(err, os.Remove(name)))
	}
	return nil
}

// outsideGit refuses a file that git would commit: one in a work tree that is not ignored. Where there may be a work tree and
// git can't say what it ignores, it is refused as well.
func outsideGit(name string) error {
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return fmt.Errorf("writing private key: %w", err)
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	top := workTree(dir)
	if top == "" {
		return nil
	}
	ask := exec.Command("git", "check-ignore", "--quiet", "--", filepath.Join(dir, filepath.Base(name)))
	ask.Dir = dir
	if ask.Run() == nil {
		return nil
	}
	return fmt.Errorf("%q would be in the git work tree %q, which is no place for a private key; name a file elsewhere with --out, or have git ignore it: a line *.key in .gitignore", name, top)
}

// workTree is the nearest folder from dir upwards that git has a folder or file in; "" if there is none.
func workTree(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
