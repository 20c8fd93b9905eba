package manifest

import (
	"fmt"
	"strings"
	"time"
)

// Headers are the response headers of one kind of object.
type Headers struct {
	Path   string // below baseURL; "*" stands for the rest of a path
	Fields []Field
}

// Field is one header field.
type Field struct{ Name, Value string }

// HeaderTable is how each kind of object is to be served. Whatever carries the objects (a static host's _headers, an
// object store's metadata, a CDN's configuration) is derived from it. Every object is public and readable from any
// origin: a cohort chooses code, it guards nothing.
func HeaderTable(ttl time.Duration) []Headers {
	return []Headers{
		{"pointer.json", object(pointerCaching(ttl))},
		{"manifests/*", object("public, max-age=31536000, immutable")},
		{"log/*", object("public, max-age=31536000, immutable")},
	}
}

func object(caching string) []Field {
	return []Field{
		{"Access-Control-Allow-Origin", "*"},
		{"Cache-Control", caching},
		{"Content-Type", "application/json; charset=utf-8"},
		{"Cross-Origin-Resource-Policy", "cross-origin"},
		{"X-Content-Type-Options", "nosniff"},
	}
}

// pointerCaching lets a cache serve the pointer for a twelfth of the ttl, and an old one for a sixth more while it asks
// for the new: a quarter of the promise for one tier, the rest is for further tiers and the clients' polling. When the
// origin is down, a day-old pointer is better than none. s-maxage and must-revalidate would forbid that (RFC 5861).
func pointerCaching(ttl time.Duration) string {
	seconds := int(ttl / time.Second)
	return fmt.Sprintf("public, max-age=%d, stale-while-revalidate=%d, stale-if-error=86400", max(1, seconds/12), seconds/6)
}

// HeadersFile writes the table in the form that static hosts read from a file called _headers.
func HeadersFile(table []Headers) []byte {
	var b strings.Builder
	for _, h := range table {
		b.WriteString("/" + h.Path + "\n")
		for _, f := range h.Fields {
			b.WriteString("  " + f.Name + ": " + f.Value + "\n")
		}
	}
	return []byte(b.String())
}

// HeadersOf returns what the table says of the object at path, or nothing if it says nothing.
func HeadersOf(table []Headers, path string) Headers {
	for _, h := range table {
		if rest, kind := strings.CutSuffix(h.Path, "*"); h.Path == path || kind && strings.HasPrefix(path, rest) {
			return h
		}
	}
	return Headers{}
}

// Get returns the value of a field, or "".
func (h Headers) Get(name string) string {
	for _, f := range h.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}
