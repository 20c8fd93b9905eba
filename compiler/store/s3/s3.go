// Package s3 keeps objects in a bucket of Amazon S3 or of a server that speaks its language.
//
// Each operation is one request, so that it happens wholly or not at all: Get is GET, Create is PUT with If-None-Match: *, and
// Swap is PUT with If-Match. Bodies are never sent in parts, whose ETag would stand for the parts, and both digests that S3 compares
// go with them, Content-MD5 and x-amz-content-sha256, so that a damaged upload is refused. There are servers that ignore the
// conditions; whoever meets a new one has to try what it does.
//
// A request that may succeed when tried again is tried again, for about 20 seconds. One of the earlier tries may have had
// its effect and lost its answer, and the next one then meets it: that is store.ErrConflict.
package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"muster/compiler/store"
)

// The words that errors begin with.
const (
	reading  = "reading"
	creating = "creating"
	swapping = "swapping"
)

// bucket is the part of a bucket below a prefix. A tag is an ETag without its quotes.
type bucket struct {
	client       *minio.Core
	name, prefix string // the prefix is "" or a clean path
	patience     patience
}

func (b *bucket) KeepsHeaders() bool { return true }

func (b *bucket) String() string { return "s3://" + path.Join(b.name, b.prefix) }

func (b *bucket) Get(ctx context.Context, p string) (o store.Object, tag store.Tag, err error) {
	err = store.CheckPath(p)
	if err == nil {
		err = b.patience.try(ctx, func(ctx context.Context, more func(size int64)) (err error) {
			o, tag, err = b.get(ctx, p, more)
			return err
		})
	}
	if err != nil {
		return store.Object{}, "", fmt.Errorf("%s %q: %w", reading, p, err)
	}
	return o, tag, nil
}

func (b *bucket) Create(ctx context.Context, o store.Object) error {
	err := check(o)
	if err == nil {
		err = b.put(ctx, o, func(options *minio.PutObjectOptions) { options.SetMatchETagExcept("*") })
	}
	if errors.Is(err, store.ErrNotFound) { // which an object that is new can't be
		err = errNotS3
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", creating, o.Path, err)
	}
	return nil
}

func (b *bucket) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	err := check(o)
	switch {
	case err != nil:
	case !isETag(tag):
		err = store.ErrConflict
	default:
		err = b.put(ctx, o, func(options *minio.PutObjectOptions) { options.SetMatchETag(string(tag)) })
	}
	if errors.Is(err, store.ErrNotFound) {
		err = store.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", swapping, o.Path, err)
	}
	return nil
}

// check returns why o can't be an object of a bucket.
func check(o store.Object) error {
	if err := o.Check(); err != nil {
		return err
	}
	if len(o.Body) > store.MaxSize {
		return errTooLarge
	}
	return nil
}

// isETag reports whether a tag can be one that Get has returned. Between the quotes of If-Match others would be a list of ETags
// or, as "*", any state.
func isETag(tag store.Tag) bool {
	return tag != "" && tag != "*" && !strings.ContainsFunc(string(tag), func(r rune) bool { return r < '!' || r == '"' || r == 0x7f })
}

// key returns the key of the object at a path. It is an error if S3 has no such keys: they have at most 1024 bytes.
func (b *bucket) key(p string) (string, error) {
	key := path.Join(b.prefix, p)
	if err := s3utils.CheckValidObjectName(key); err != nil {
		return "", fmt.Errorf("%q can't be a key: %w", key, err)
	}
	return key, nil
}

func (b *bucket) get(ctx context.Context, p string, more func(size int64)) (store.Object, store.Tag, error) {
	key, err := b.key(p)
	if err != nil {
		return store.Object{}, "", err
	}
	body, info, header, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return store.Object{}, "", b.meaning(err)
	}
	defer body.Close()
	more(max(0, min(info.Size, store.MaxSize))) // -1 if the server does not say
	content, err := io.ReadAll(io.LimitReader(body, store.MaxSize+1))
	switch {
	case err != nil:
		return store.Object{}, "", b.meaning(err)
	case len(content) > store.MaxSize:
		return store.Object{}, "", errTooLarge
	case !isETag(store.Tag(info.ETag)):
		return store.Object{}, "", fmt.Errorf("%w: it is %q", errNoETag, header.Get("ETag"))
	}
	return store.Object{Path: p, Body: content, CacheControl: header.Get("Cache-Control"), ContentType: header.Get("Content-Type")}, store.Tag(info.ETag), nil
}

// put sends an object whose condition the server has to check.
func (b *bucket) put(ctx context.Context, o store.Object, condition func(*minio.PutObjectOptions)) error {
	key, err := b.key(o.Path)
	if err != nil {
		return err
	}
	// With a digest of the whole body there is no need for one per chunk, which not every server understands.
	options := minio.PutObjectOptions{CacheControl: o.CacheControl, ContentType: o.ContentType, DisableContentSha256: true}
	condition(&options)
	size, sum5, sum := int64(len(o.Body)), md5.Sum(o.Body), sha256.Sum256(o.Body)
	return b.patience.try(ctx, func(ctx context.Context, more func(size int64)) error {
		more(size)
		_, err := b.client.PutObject(ctx, b.name, key, bytes.NewReader(o.Body), size, base64.StdEncoding.EncodeToString(sum5[:]), hex.EncodeToString(sum[:]), options)
		return b.meaning(err)
	})
}
