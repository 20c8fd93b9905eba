package main

import (
	"net/url"
	"path/filepath"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/store"

	"muster/compiler/store/azure"
	"muster/compiler/store/folder"
	"muster/compiler/store/s3"
)

// destinations are the places that can be published to, by the scheme of their URL. Another store is another row.
var destinations = []struct {
	scheme, example string
	open            func(u *url.URL) (store.Store, error)
}{
	{"file", "file:site", openFolder},
	{"s3", "s3://bucket/prefix?region=eu-central-1", s3.Open},
	{"azblob", "azblob://container/prefix?account=name", azure.Open},
}

// openDestination opens the store that a URL names. What it says of a wrong one shows no part of it that may be a secret.
func openDestination(text string) (store.Store, error) {
	var schemes, examples []string
	for _, d := range destinations {
		schemes, examples = append(schemes, d.scheme), append(examples, d.example)
	}
	forms := "write " + strings.Join(examples, ", ")
	u, err := url.Parse(text)
	if err != nil {
		return nil, usagef("that is no destination: %s", forms)
	}
	for _, d := range destinations {
		if d.scheme == u.Scheme {
			s, err := d.open(u)
			if err != nil {
				return nil, &usageError{err}
			}
			return s, nil
		}
	}
	if u.Scheme == "" {
		return nil, usagef("%q is no destination: %s", u.Path, forms)
	}
	return nil, usagef("there is no store %q: %s", u.Scheme, diag.DidYouMean(u.Scheme, schemes, forms))
}

// openFolder opens the folder that file:DIR names.
func openFolder(u *url.URL) (store.Store, error) {
	dir, err := folderOf(u)
	if err != nil {
		return nil, err
	}
	return folder.Open(dir)
}

// folderOf is the folder that a URL names: file:DIR, which is relative to the current folder, or file:///DIR.
func folderOf(u *url.URL) (string, error) {
	dir, err := u.Path, error(nil)
	if u.Opaque != "" {
		dir, err = url.PathUnescape(u.Opaque)
	}
	if err != nil || u.Host != "" || dir == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", usagef("a folder is file:site, or file:///srv/site")
	}
	return filepath.FromSlash(dir), nil
}
