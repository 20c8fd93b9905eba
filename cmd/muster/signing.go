package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"

	"muster/compiler"
	"muster/compiler/history"
	"muster/compiler/note"
	"muster/compiler/policy"
	"muster/compiler/publish"
	"muster/compiler/registry"
)

// authenticate has a publisher sign with the private keys in sources, and believe what the policy's keys have signed.
func authenticate(p *publish.Publisher, rules *registry.Policy, sources []string) error {
	keys, err := policy.Keys(rules)
	if err != nil {
		return err
	}
	if p.Read = reader(keys); keys == nil {
		if len(sources) > 0 {
			return usagef("the policy lists no keys whose signatures count; add the public key to registry.signing.keys: `muster key public` prints it")
		}
		return nil
	}
	p.Lifetime = rules.Signing.Expires
	if len(sources) == 0 {
		return usagef("pointers of this registry are signed by %d of %s; name the private keys with --key", rules.Signing.Threshold, keys)
	}
	var signers []note.Signer
	for _, source := range sources {
		s, err := note.OpenSigner(source, os.LookupEnv, keys)
		if err != nil {
			return &usageError{err}
		}
		signers = append(signers, s)
	}
	p.Sign = func(ctx context.Context, pointer []byte) ([]byte, error) { return note.Sign(ctx, pointer, signers...) }
	return nil
}

// provedIn holds a document against the keys of the policy of a commit.
func provedIn(repo *history.Repository) func(commit string, document []byte) error {
	return func(commit string, document []byte) error {
		live, _, err := compiler.At(repo, history.Commit{ID: commit})
		if err != nil || live == nil {
			return cmp.Or(err, fmt.Errorf("commit %s does not compile", short(commit)))
		}
		keys, err := policy.Keys(live.State.Registry.Policy)
		if err == nil {
			_, err = reader(keys)(document)
		}
		return err
	}
}

// reader takes documents apart, and says what is wrong with their signatures.
func reader(keys *note.Keys) func(document []byte) ([]byte, error) {
	return func(document []byte) ([]byte, error) {
		text, _, err := note.Split(document)
		if err != nil {
			return nil, err
		}
		if keys != nil {
			_, err = note.Verify(document, keys)
		}
		return bytes.TrimSuffix(text, []byte("\n")), err
	}
}
