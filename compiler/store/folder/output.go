// Package folder puts a compiled output into a folder, so that whoever reads the pointer, at any instant and
// after any crash, finds every object that it names:
//
//	manifests/general/4f1c….json   immutable: the name carries the SHA-256 of the content
//	loader/muster-9a0e….js         immutable
//	_headers                       mutable
//	pointer.json                   mutable, and the last: it names the immutable ones
//
// The immutable objects are made durable first, names included, and only then are the mutable ones replaced, one by one
// and each in a single step. A run that stops half-way leaves the old pointer, whose objects are all still there, or the
// new one, whose objects are all there already. Nothing that an earlier run published is ever deleted: that is what makes
// a rollback as cheap as naming an old manifest again.
//
// The same folder can be a store, to which signed pointers are published; then it holds a log too, and only publishing
// writes there:
//
//	log/12.json                    immutable, created once
//	.muster-lock                   empty, stays; whoever writes holds a lock on it
package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"muster/compiler/store"
)

// Output is everything one compile puts out. No two of its objects may have the same path.
type Output struct {
	// Immutable objects never change once published. Where the name carries the SHA-256 of the content, as lower-case hex
	// anywhere in the last element of the path, a file of that name with other bytes can only be damaged, and is replaced.
	// Under any other name it is left as it is, and publishing fails.
	Immutable []store.Object
	// Mutable objects replace what is there, in this order. The last one is the pointer.
	Mutable []store.Object
}

// tempPrefix begins the name of every file that is not finished yet; the rest of the name is random. The leading dot
// keeps such files out of what static hosts serve and upload by default.
const tempPrefix = ".muster-tmp-"

var (
	errTempName = errors.New("names that begin with " + tempPrefix + " are kept for unfinished files")
	errLockName = errors.New("this name is kept for the file that is locked")
	errTwice    = errors.New("two objects have this path")
	errTaken    = errors.New("the file exists with other content, and its name is not the hash of its content")
)

// objects returns all objects in the order in which they are written.
func (out Output) objects() []store.Object { return slices.Concat(out.Immutable, out.Mutable) }

// check returns what is wrong with the paths of out, before anything is written.
func (out Output) check() error {
	seen := map[string]bool{}
	for _, o := range out.objects() {
		err := checkPath(o.Path)
		if err == nil && seen[o.Path] {
			err = errTwice
		}
		if err != nil {
			return fmt.Errorf("writing %q: %w", o.Path, err)
		}
		seen[o.Path] = true
	}
	return nil
}

func checkPath(p string) error {
	if err := store.CheckPath(p); err != nil {
		return err
	}
	for element := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(element, tempPrefix) {
			return errTempName
		}
	}
	if p == lockName {
		return errLockName
	}
	_, err := filepath.Localize(p) // drive letters and device names on Windows, NUL elsewhere
	return err
}

// folders returns every folder that out's objects are in, parents before what they hold, without the root.
func (out Output) folders() []string {
	var all []string
	for _, o := range out.objects() {
		all = append(all, foldersOf(o.Path)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// foldersOf returns every folder that an object of that path is in, parents before what they hold, without the root.
func foldersOf(p string) []string {
	var list []string
	for i, c := range p {
		if c == '/' {
			list = append(list, p[:i])
		}
	}
	return list
}

// namedByContent reports whether the name of o carries the hash of its body.
func namedByContent(o store.Object) bool {
	sum := sha256.Sum256(o.Body)
	return strings.Contains(path.Base(o.Path), hex.EncodeToString(sum[:]))
}
