// Package store is what publishing asks of a place that holds objects: a folder, an S3 bucket or an Azure container. Three
// operations are enough, each of which happens wholly or not at all, whoever else is at work:
//
//	Get     an object, and a tag that stands for just this state of it
//	Create  an object that must not be there yet            (HTTP: If-None-Match: *)
//	Swap    an object that must still be in a state         (HTTP: If-Match: <tag>)
//
// What depends on nobody else's having come first is made of Create; what is replaced is read, judged and swapped. There is
// no way to write without a condition, none to delete, and none to list.
//
// The packages below are the stores; storetest holds the test that all of them pass.
package store

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"unicode"
)

// Object is one object of a store.
type Object struct {
	// Path is relative to the root of the store, slash-separated and clean: "manifests/general/<sha256>.json". A store
	// rejects one that is absolute, contains "..", a backslash or a control character.
	Path string
	// Body is the whole content; nil and empty are both an empty object. It is read, never changed.
	Body []byte
	// CacheControl and ContentType are the header fields that every object needs and that every object store keeps with
	// it. A store rejects an object without them, unless it keeps no fields: by default, some let caches hold an object for
	// an hour.
	CacheControl, ContentType string
}

// Tag stands for one state of an object: its ETag, say. Equal states may have equal tags, so whoever swaps sees to it that no
// state comes back. It is "" for no object.
type Tag string

var (
	// ErrNotFound is what Get returns where there is no object.
	ErrNotFound = errors.New("there is no such object")
	// ErrConflict is what Create returns where there is an object, and Swap where it is in another state or gone. Nothing
	// was written, unless an earlier try of the same call was: a store that repeats a request whose answer got lost may
	// meet its own write. So read again what is there.
	ErrConflict = errors.New("somebody else was there first")
	// ErrUnavailable wraps what may be over when one tries again: no connection, no answer in time, an overloaded server.
	// Whether anything was written is unknown.
	ErrUnavailable = errors.New("the store does not answer now")
	// ErrRefused wraps an answer that says that the credentials are missing, wrong or not enough.
	ErrRefused = errors.New("the store refuses access")
)

// Store is a place that holds objects. It may be used by several goroutines. Errors name the object and what was done with
// it, `creating "log/12.json": …`, wrap one of the errors above where one fits, and never show a credential. What Create and
// Swap have returned nil for is durable, and Get sees it at once, in every process.
type Store interface {
	// Get returns the object at path. Its CacheControl and ContentType are "" in stores that keep none. A body of more
	// than MaxSize bytes is an error.
	Get(ctx context.Context, path string) (Object, Tag, error)
	// Create stores an object at a path that holds none.
	Create(ctx context.Context, o Object) error
	// Swap replaces an object that is still in the state that Get gave tag for. The empty tag is always a conflict.
	Swap(ctx context.Context, o Object, tag Tag) error
	// KeepsHeaders reports whether the store keeps CacheControl and ContentType with an object. If not, what serves the
	// objects has to know them.
	KeepsHeaders() bool
	// String is where the store is, as people write it and without credentials: "s3://bucket/prefix".
	String() string
}

// MaxSize is how large an object may be, in bytes: the manifest of ten thousand remotes is 6 MB.
const MaxSize = 64 << 20

var ErrPath = errors.New("a path must be relative, slash-separated and clean, without \"..\", backslashes or control characters")

var errHeader = errors.New("it has no Cache-Control or no Content-Type: what serves it would choose one")

// CheckPath returns ErrPath if p can be no path of an object.
func CheckPath(p string) error {
	if !fs.ValidPath(p) || p == "." || strings.Contains(p, `\`) || strings.ContainsFunc(p, unicode.IsControl) {
		return ErrPath
	}
	return nil
}

// Check returns why o can't be stored where header fields are kept.
func (o Object) Check() error {
	if o.CacheControl == "" || o.ContentType == "" {
		return errHeader
	}
	return CheckPath(o.Path)
}
