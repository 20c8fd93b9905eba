package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"muster/compiler/store"
)

// Site is a place that a registry is published to. It may be used by several goroutines.
type Site struct {
	base   string // ends in a slash; "" for a folder
	client *Client
	folder *os.Root
}

// ErrTarget is returned of a target that is neither an address nor a folder.
var ErrTarget = errors.New("write the URL that it is served at, or a folder")

// pointerName is how the address of a pointer ends.
const pointerName = "pointer.json"

// Open returns the site at an http(s) URL, that of the pointer or of the place it is in, or in a folder: a path, or file:PATH.
func Open(target string, o Options) (*Site, error) {
	if strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "http://") {
		return openURL(target, o)
	}
	if scheme, _, ok := strings.Cut(target, "://"); ok && scheme != "file" {
		return nil, fmt.Errorf("%.200q: %w", target, ErrTarget)
	}
	name := strings.TrimPrefix(strings.TrimPrefix(target, "file:"), "//")
	if name == "" {
		return nil, fmt.Errorf("%.200q: %w", target, ErrTarget)
	}
	if filepath.Base(name) == pointerName {
		name = filepath.Dir(name)
	}
	folder, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("opening the published folder: %w", err)
	}
	return &Site{folder: folder}, nil
}

func openURL(target string, o Options) (*Site, error) {
	u, err := url.Parse(target)
	if err != nil || u.User != nil || strings.ContainsAny(target, "?#") {
		return nil, fmt.Errorf("%w: an address has neither a user nor a query", ErrTarget)
	}
	if err := checkURL(target); err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(target, "/"+pointerName)
	if !strings.HasSuffix(base, "/") {
		base += "/"
	}
	return &Site{base: base, client: NewClient(o)}, nil
}

// Close releases the site.
func (s *Site) Close() error {
	if s.folder != nil {
		return s.folder.Close()
	}
	s.client.http.CloseIdleConnections()
	return nil
}

// Base is the address that paths are relative to, with a slash at its end; "" for a folder.
func (s *Site) Base() string { return s.base }

// Get returns the object at a path, of at most so many bytes. A folder fails as a server does.
func (s *Site) Get(ctx context.Context, path string, most int64) (Answer, error) {
	return s.get(ctx, path, most, nil)
}

// GetFresh is Get for what changes: it asks as a page does with fetch(url, {cache: "no-cache"}), past the browser's own cache.
func (s *Site) GetFresh(ctx context.Context, path string, most int64) (Answer, error) {
	return s.get(ctx, path, most, http.Header{"Cache-Control": {"max-age=0"}})
}

func (s *Site) get(ctx context.Context, path string, most int64, fields http.Header) (Answer, error) {
	if err := store.CheckPath(path); err != nil {
		return Answer{}, fmt.Errorf("%.200q: %w", path, err)
	}
	if err := ctx.Err(); err != nil {
		return Answer{}, explain(ctx, err)
	}
	if s.folder != nil {
		return s.read(path, most)
	}
	var body bytes.Buffer
	a, err := s.client.Fetch(ctx, Request{URL: s.base + path, Most: most, Fields: fields}, &body)
	a.Body = body.Bytes()
	return a, err
}

// read returns a file of the folder. A link must not lead out of it.
func (s *Site) read(path string, most int64) (Answer, error) {
	name := filepath.FromSlash(path)
	info, err := s.folder.Stat(name) // before it is opened, since opening a pipe waits for a writer
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Answer{}, ErrMissing
	case err != nil:
		return Answer{}, err
	case !info.Mode().IsRegular():
		return Answer{}, fmt.Errorf("%w: it is no file", ErrMissing)
	}
	f, err := s.folder.Open(name)
	if err != nil {
		return Answer{}, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return Answer{}, err
	}
	if int64(len(body)) > most {
		return Answer{}, fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, most)
	}
	return Answer{Body: body, Size: int64(len(body))}, nil
}
