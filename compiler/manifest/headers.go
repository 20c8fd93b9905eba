package manifest

import (
	"fmt"
	"strings"

	"muster/compiler/policy"
)

// Headers are the response headers of one kind of object.
type Headers struct {
	Path   string // below baseURL; a "*" at its end stands for the rest of a path
	Fields []Field
}

// Field is one header field.
type Field struct{ Name, Value string }

// HeaderTable is how each kind of object is to be served. Whatever carries the objects (a static host's _headers, an
// object store's metadata, a CDN's configuration) is derived from it. Every object is public and readable from any
// origin: a cohort chooses code, it guards nothing.
func HeaderTable(p policy.Promise) []Headers {
	const forever = "public, max-age=31536000, immutable"
	return []Headers{
		{"pointer.json", object(pointerCaching(p))},
		{"manifests/*", object(forever)},
		{"log/*", object(forever)},
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

// pointerCaching is what the promise leaves to caches. When the origin is down, a day-old pointer is better than none.
// s-maxage and must-revalidate would forbid that (RFC 5861).
func pointerCaching(p policy.Promise) string {
	caching := fmt.Sprintf("public, max-age=%d", p.MaxAge)
	if p.StaleWhileRevalidate > 0 {
		caching += fmt.Sprintf(", stale-while-revalidate=%d", p.StaleWhileRevalidate)
	}
	return caching + ", stale-if-error=86400"
}

// HeadersOf returns the row of the table for the object at a path below baseURL, and whether there is one.
func HeadersOf(table []Headers, path string) (Headers, bool) {
	for _, h := range table {
		prefix, all := strings.CutSuffix(h.Path, "*")
		if path == h.Path || all && strings.HasPrefix(path, prefix) && path != prefix {
			return h, true
		}
	}
	return Headers{}, false
}

// Value is the value of the field of that name, in the table's spelling; "" if there is none.
func (h Headers) Value(name string) string {
	for _, f := range h.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
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
