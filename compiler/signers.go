package compiler

import (
	"errors"
	"fmt"
	"io/fs"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/signature"
)

var signersRules = []diag.Rule{{
	ID:       "signers/file",
	Summary:  "the files of keys that the policy names are there and can be read",
	Protects: "A key that can't be read makes every commit it signed one of an unknown key in muster log, and nobody looks there until there was an incident.",
	Bad:      "# schema/allowed_signers: without the principal\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFGbA30f",
	Good:     "# schema/allowed_signers\nada@acme.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFGbA30f",
}}

// signers warns of files of keys that are missing, and of what in them can't be read.
func signers(tree fs.FS, p *registry.Policy) (l diag.List, err error) {
	for _, file := range []struct {
		named registry.Text
		parse func([]byte) []signature.Fault
		what  string
	}{
		{p.SSHSigners, func(text []byte) []signature.Fault { _, faults := signature.ParseAllowedSigners(text); return faults }, "allowed signers, as ssh-keygen reads them"},
		{p.GPGSigners, func(text []byte) []signature.Fault { _, faults := signature.ParseKeyRing(text); return faults }, "public keys, as gpg --export writes them"},
	} {
		if file.named.IsZero() {
			continue
		}
		info, err := fs.Lstat(tree, file.named.Value)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) || err == nil && !info.Mode().IsRegular() {
			l.Add(p.File.Fault(file.named, diag.Diagnostic{Rule: "signers/file", Severity: diag.Warning,
				Message: "there is no file " + diag.Quote(file.named.Value) + ", so no signature of such a key counts", Help: "put a file of " + file.what + " there"}))
			continue
		}
		if err != nil {
			return nil, err
		}
		text, err := fs.ReadFile(tree, file.named.Value)
		if err != nil {
			return nil, err
		}
		for _, f := range file.parse(text) {
			l.Add(diag.Diagnostic{Pos: diag.Pos{File: file.named.Value, Line: f.Line, Column: min(f.Line, 1)}, Rule: "signers/file", Severity: diag.Warning,
				Message: fmt.Sprintf("what this says counts for nothing: %s", f.Message), Help: "the file holds " + file.what})
		}
	}
	return l, nil
}
