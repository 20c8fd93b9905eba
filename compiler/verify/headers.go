package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/site"
)

// rulesPath is the file in which static hosts find the header fields.
const rulesPath = "_headers"

// headers asks that every object comes with the fields of the table, or that the folder tells a host so.
func (r *run) headers(ctx context.Context, l *Level) error {
	table := r.Trust.Headers
	if b, err := r.compile(); err != nil {
		return err
	} else if b.result != nil {
		table = b.result.Headers
	}
	if r.Site.Base() == "" {
		r.rules(ctx, l, table)
		return nil
	}
	r.redirects(l)
	r.age(l)
	if table == nil {
		table = r.table()
	}
	r.fields(l, table)
	return nil
}

// table is what is known of header fields without the registry: all but the pointer's caching.
func (r *run) table() []manifest.Headers {
	table := manifest.HeaderTable(policy.Promise{})
	table[0].Fields = slices.DeleteFunc(table[0].Fields, func(f manifest.Field) bool { return f.Name == cacheControl })
	return table
}

// rules looks at the file that tells a static host. Publishing writes the serial before it.
func (r *run) rules(ctx context.Context, l *Level, table []manifest.Headers) {
	a, err := r.Site.Get(ctx, rulesPath, maxRules)
	if errors.Is(err, site.ErrMissing) || table == nil {
		return // it is served by what knows them otherwise
	}
	if err != nil {
		l.failed("header", rulesPath, err)
		return
	}
	body := a.Body
	if line, rest, ok := bytes.Cut(body, []byte("\n")); ok && bytes.HasPrefix(line, []byte("# serial ")) {
		body = rest
	}
	if !bytes.Equal(body, manifest.HeadersFile(table)) {
		l.add("header", rulesPath, "it is not what the registry's settings come to")
	}
}

const (
	maxRules     = 1 << 20
	cacheControl = "Cache-Control"
)

func (r *run) redirects(l *Level) {
	for _, a := range r.answers {
		if a.Redirected != "" {
			l.add("redirect", a.path, "it redirects to %q; a shell that pins its address would not follow", a.Redirected)
		}
	}
}

// age asks that no cache has held the pointer for longer than its ttl leaves to caches.
func (r *run) age(l *Level) {
	text := r.answers[0].Header.Get("Age") // of the pointer
	if text == "" {
		return
	}
	age, err := strconv.Atoi(text)
	most := int(r.pointer.TTL - r.pointer.Poll)
	if err != nil || age < 0 || age > most {
		l.add("age", manifest.PointerPath, "a cache has held it for %q seconds, and of its ttl of %d s the promise leaves %d s to caches: it holds it for too long, or can't reach what is behind it", text, r.pointer.TTL, most)
	}
}

// fields compares the header fields of what was read. What is wrong with many objects of one kind is one finding.
func (r *run) fields(l *Level, table []manifest.Headers) {
	type fault struct{ kind, name, got string }
	var order []fault
	objects := map[fault][]string{}
	note := func(kind, path, name, message string) {
		f := fault{kind, name, message}
		if len(objects[f]) == 0 {
			order = append(order, f)
		}
		objects[f] = append(objects[f], path)
	}
	for _, a := range r.answers {
		row, _ := manifest.HeadersOf(table, a.path)
		for _, want := range row.Fields {
			if got := a.Header.Values(want.Name); !sameField(want, got) {
				note(row.Path, a.path, want.Name, fmt.Sprintf("%s is %s, not %q", want.Name, shown(got), want.Value))
			}
		}
		if row.Value(cacheControl) == "" && row.Path != "" {
			if got := a.Header.Values(cacheControl); !withinTTL(r.pointer, got) {
				note(row.Path, a.path, cacheControl, fmt.Sprintf("%s is %s, and the ttl of %d s leaves %d s to caches", cacheControl, shown(got), r.pointer.TTL, r.pointer.TTL-r.pointer.Poll))
			}
		}
	}
	for _, f := range order {
		more := ""
		if n := len(objects[f]) - 1; n > 0 {
			more = fmt.Sprintf(", and so it is with %s more", count(n, "object"))
		}
		l.add("header", objects[f][0], "%s%s", f.got, more)
	}
}

func shown(values []string) string {
	if len(values) == 0 {
		return "missing"
	}
	return fmt.Sprintf("%.200q", strings.Join(values, ", "))
}

// sameField compares a field with what was sent of that name: Cache-Control by its directives, Content-Type by its type and
// parameters, and what has one value in its spelling.
func sameField(want manifest.Field, got []string) bool {
	switch {
	case want.Name == cacheControl:
		return slices.Equal(directives([]string{want.Value}), directives(got))
	case len(got) != 1:
		return false
	case want.Name == "Content-Type":
		return sameType(want.Value, got[0])
	}
	return strings.EqualFold(want.Value, strings.TrimSpace(got[0]))
}

// directives are those of Cache-Control, in order and in lower case (RFC 9111, section 5.2).
func directives(values []string) (all []string) {
	for _, d := range strings.Split(strings.Join(values, ","), ",") {
		if d = strings.ToLower(strings.TrimSpace(d)); d != "" {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func sameType(want, got string) bool {
	wantType, wantParameters, _ := mime.ParseMediaType(want)
	gotType, gotParameters, err := mime.ParseMediaType(got)
	if err != nil || wantType != gotType || len(wantParameters) != len(gotParameters) {
		return false
	}
	for name, value := range wantParameters {
		if !strings.EqualFold(gotParameters[name], value) {
			return false
		}
	}
	return true
}

// withinTTL reports whether one cache keeps the pointer for no longer than its ttl leaves to caches.
func withinTTL(p *manifest.Pointer, got []string) bool {
	sum, found := int64(0), false
	for _, d := range directives(got) {
		name, value, _ := strings.Cut(d, "=")
		if name != "max-age" && name != "s-maxage" && name != "stale-while-revalidate" {
			continue
		}
		seconds, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32)
		if err != nil || seconds < 0 {
			return false
		}
		found = found || name == "max-age"
		sum += seconds
	}
	return found && sum <= p.TTL-p.Poll
}

// javaScript are the types that browsers take for JavaScript (https://mimesniff.spec.whatwg.org/#javascript-mime-type).
var javaScript = []string{"application/ecmascript", "application/javascript", "application/x-ecmascript", "application/x-javascript",
	"text/ecmascript", "text/javascript", "text/javascript1.0", "text/javascript1.1", "text/javascript1.2", "text/javascript1.3",
	"text/javascript1.4", "text/javascript1.5", "text/jscript", "text/livescript", "text/x-ecmascript", "text/x-javascript"}

func isJavaScript(h http.Header) bool {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return (err == nil || errors.Is(err, mime.ErrInvalidMediaParameter)) && slices.Contains(javaScript, t)
}
