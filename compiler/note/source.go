package note

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// The prefixes of sources that are no files.
const (
	fromEnvironment = "env:"
	fromCommand     = "exec:"
)

const (
	maxKeyFile   = 4 << 10 // bytes; a private key has 100 or so
	maxSaid      = 4 << 10 // bytes of what a command says that are shown
	maxSignature = 1 << 10 // bytes of what a command answers that are looked at

	commandTime = time.Minute // how long a command may take: somebody may have to touch a security key
	waitTime    = time.Second // how long what a command has started may hold its streams once it has ended
)

// OpenSigner returns the signer of one of the keys whose signatures count, from a source:
//
//	FILE          a file that holds the private key, and that on Unix only its owner may read
//	env:NAME      the environment variable NAME, which holds the private key; lookup finds it, as os.LookupEnv does
//	exec:COMMAND  a command that signs, for keys that leave no KMS or hardware: a program and its arguments, cut at spaces. No
//	              shell reads them, so nothing in them is quoted or expanded. It gets the text on its standard input, and
//	              answers with the base64 of the 64 bytes of the Ed25519 signature of just these bytes (RFC 8032, "pure"). Of
//	              which of the keys that is, the signature itself tells. A command has a minute.
//
// A private key that belongs to none of the keys is refused, since no shell would take its signature. No error shows a private
// key, nor what a command answered or was given as arguments.
func OpenSigner(source string, lookup func(name string) (string, bool), keys *Keys) (Signer, error) {
	if strings.Contains(source, privatePrefix) {
		return nil, errors.New("a private key was given itself, instead of a file, env:NAME or exec:COMMAND; what has been on a command line may be in histories and logs, so replace the key")
	}
	if command, ok := strings.CutPrefix(source, fromCommand); ok {
		return commandSigner(strings.Fields(command), keys)
	}
	var private PrivateKey
	var err error
	if name, ok := strings.CutPrefix(source, fromEnvironment); ok {
		value, set := lookup(name)
		if !set || value == "" {
			return nil, fmt.Errorf("the environment variable %q is not set; it is to hold the private key", name)
		}
		if private, err = ParsePrivateKey(value); err != nil {
			return nil, fmt.Errorf("reading key from the environment variable %q: %w", name, err)
		}
	} else if private, err = ReadPrivateKey(source); err != nil {
		return nil, err
	}
	if key, known := keys.find(private.public.id); !known || !key.Same(private.public) {
		return nil, fmt.Errorf("the key %s in %q is none of those whose signatures count, which are %s; add %q to registry.signing.keys, and to the keys of the shells",
			private.public.id, source, keys, private.public)
	}
	return private.Signer(), nil
}

// ReadPrivateKey reads the private key in a file. On Unix the file must be closed to everybody but its owner, as ssh has it.
func ReadPrivateKey(name string) (PrivateKey, error) {
	f, err := os.Open(name)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("reading private key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return PrivateKey{}, fmt.Errorf("reading private key: %w", err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return PrivateKey{}, fmt.Errorf("the file %q has mode %04o: others than its owner can use the private key in it; run: chmod 600 -- %q", name, mode, name)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return PrivateKey{}, fmt.Errorf("reading private key: %w", err)
	}
	private, err := ParsePrivateKey(string(text))
	if err != nil {
		return PrivateKey{}, fmt.Errorf("reading private key from %q: %w", name, err)
	}
	return private, nil
}

// commandSigner returns what signs with a command.
func commandSigner(words []string, keys *Keys) (Signer, error) {
	if len(words) == 0 {
		return nil, errors.New("exec: takes a command that signs, such as exec:sign-with-kms")
	}
	return func(ctx context.Context, text []byte) (string, error) {
		answer, err := runCommand(ctx, words, text)
		if err != nil {
			return "", fmt.Errorf("signing with the command %q: %w", words[0], err)
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimRight(answer, "\r\n"))
		if err != nil || len(raw) != ed25519.SignatureSize {
			return "", fmt.Errorf("signing with the command %q: it answers with %d characters, and not with a line that is the base64 of the %d bytes of a raw Ed25519 signature",
				words[0], len(answer), ed25519.SignatureSize)
		}
		for _, k := range keys.list {
			if k.verifier.Verify(text, raw) {
				return signature{k.id, raw}.String(), nil
			}
		}
		return "", fmt.Errorf("signing with the command %q: its signature holds for none of the keys that count, which are %s; it must sign its standard input as it is, with one of them",
			words[0], keys)
	}, nil
}

// runCommand gives text to a command, and returns the beginning of what it answers.
func runCommand(ctx context.Context, words []string, text []byte) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commandTime, fmt.Errorf("there was no answer within %s", commandTime))
	defer cancel()
	answer, said := beginning{most: maxSignature}, beginning{most: maxSaid}
	run := exec.CommandContext(ctx, words[0], words[1:]...)
	run.Stdin, run.Stdout, run.Stderr, run.WaitDelay = bytes.NewReader(text), &answer, &said, waitTime
	err := run.Run()
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if complaint := strings.TrimSpace(said.String()); err != nil && complaint != "" {
		err = fmt.Errorf("%w; it says %q", err, complaint)
	}
	return answer.String(), err
}

// beginning keeps the first bytes that are written to it.
type beginning struct {
	text []byte
	most int
}

func (b *beginning) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(len(p), b.most-len(b.text))]...)
	return len(p), nil
}

func (b *beginning) String() string { return string(b.text) }
