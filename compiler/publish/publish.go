// Package publish puts a compiled output where browsers fetch it, so that whoever reads the pointer, at any instant and
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
package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Object is one file of an output.
type Object struct {
	// Path is relative to the root of the output, slash-separated and clean: "manifests/general/<sha256>.json". It is
	// rejected if it is absolute, contains "..", a backslash or an element that begins with ".muster-tmp-", or can't be
	// a file name on this system.
	Path string
	// Body is the whole content; nil and empty are both an empty file. It is read, never changed.
	Body []byte
}

// Output is everything one compile puts out. No two of its objects may have the same path.
type Output struct {
	// Immutable objects never change once published. Where the name carries the SHA-256 of the content, as lower-case hex
	// anywhere in the last element of the path, a file of that name with other bytes can only be damaged, and is replaced.
	// Under any other name it is left as it is, and publishing fails.
	Immutable []Object
	// Mutable objects replace what is there, in this order. The last one is the pointer.
	Mutable []Object
}

// tempPrefix begins the name of every file that is not finished yet; the rest of the name is random. The leading dot
// keeps such files out of what static hosts serve and upload by default.
const tempPrefix = ".muster-tmp-"

var (
	errPath     = errors.New("a path must be relative, slash-separated and clean, without \"..\" or backslashes")
	errTempName = errors.New("names that begin with " + tempPrefix + " are kept for unfinished files")
	errTwice    = errors.New("two objects have this path")
	errTaken    = errors.New("the file exists with other content, and its name is not the hash of its content")
)

// objects returns all objects in the order in which they are written.
func (out Output) objects() []Object { return slices.Concat(out.Immutable, out.Mutable) }

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
	if !fs.ValidPath(p) || p == "." || strings.Contains(p, `\`) {
		return errPath
	}
	for element := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(element, tempPrefix) {
			return errTempName
		}
	}
	_, err := filepath.Localize(p) // drive letters and device names on Windows, NUL elsewhere
	return err
}

// folders returns every folder that out's objects are in, parents before what they hold, without the root.
func (out Output) folders() []string {
	var all []string
	for _, o := range out.objects() {
		for d := path.Dir(o.Path); d != "."; d = path.Dir(d) {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// namedByContent reports whether the name of o carries the hash of its body.
func (o Object) namedByContent() bool {
	sum := sha256.Sum256(o.Body)
	return strings.Contains(path.Base(o.Path), hex.EncodeToString(sum[:]))
}
